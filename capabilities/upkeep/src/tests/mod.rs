//! Actions and pages.

mod administrators;
mod completion;
mod correcting;
mod downloads;
mod four_eyes;
mod freshmen;
mod graduation;
mod handover;
mod history;
mod kit;
mod moving;
mod removal;
mod reporting;
mod supervision;

pub(crate) use kit::{people_policy, policy};
