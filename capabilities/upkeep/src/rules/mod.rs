//! Pure decisions about organisations after they stand.

pub(crate) mod calendar;
pub(crate) mod freshmen;
pub(crate) mod gaps;
pub(crate) mod graduation;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod marks;
pub(crate) mod merging;
pub(crate) mod moving;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod twins;
pub(crate) mod walk;
