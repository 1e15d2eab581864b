//! What changes organisations after they stand.

pub(crate) mod administrators;
pub(crate) mod change;
pub(crate) mod correction;
pub(crate) mod floating;
pub(crate) mod gaps;
pub(crate) mod graduation;
pub(crate) mod handover;
pub(crate) mod history;
pub(crate) mod moving;
pub(crate) mod progress;
pub(crate) mod removal;
pub(crate) mod report;
pub(crate) mod small;
pub(crate) mod twins;
