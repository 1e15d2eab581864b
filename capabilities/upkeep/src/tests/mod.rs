//! Actions and pages.

mod administrators;
mod correcting;
mod graduation;
mod kit;
mod moving;
mod removal;
mod reporting;
mod supervision;

pub(crate) use kit::{people_policy, policy};
