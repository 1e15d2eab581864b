//! Registrations of members.
