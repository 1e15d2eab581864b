//! The private PostgreSQL cluster for newcomers.
