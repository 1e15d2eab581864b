//! Pure decisions about organisations after they stand.

pub(crate) mod graduation;
pub(crate) mod health;
pub(crate) mod moving;
pub(crate) mod progress;
pub(crate) mod report;
