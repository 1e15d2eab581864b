//! All SQL of this room. Writes to the tree itself are `orgs`' own; here are the lists and snapshots beside it.

pub(crate) mod change;
pub(crate) mod freshmen;
pub(crate) mod graduation;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod merging;
pub(crate) mod moving;
pub(crate) mod progress;
pub(crate) mod removal;
pub(crate) mod report;
pub(crate) mod simulation;
pub(crate) mod twins;
