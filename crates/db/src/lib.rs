//! The database as the rest of the product sees it: [`Db`] hands out reading connections and [`Tx`], the unit of work
//! that carries actor, clock, randomness, keys, audit and jobs. Also the audit chain, field encryption, background work
//! and the private cluster for newcomers.

pub mod audit;
pub mod cluster;
pub mod crypto;
mod distribute;
pub mod jobs;
pub mod limits;
mod migrate;
pub mod overview;
pub mod security;
mod tx;

pub use audit::Event;
pub use crypto::{Keyring, Suite};
pub use distribute::{DISTRIBUTE, distribute, misplaced};
pub use migrate::{ensure_partitions, migrate, pending_migrations};
pub use tx::{Db, Mark, Reader, Tx};
