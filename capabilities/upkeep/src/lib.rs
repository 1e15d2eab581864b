#![doc = include_str!("../README.md")]

mod actions;
mod freshmen;
mod jobs;
mod kind;
mod pages;
mod policy;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use actions::progress::{ask as ask_progress, is_built};
pub use freshmen::FreshmanImporter;
pub use jobs::jobs;
pub use kind::ChangeKind;
pub use pages::{Popup, popup, routes};
pub use pages::{Shortage, shortage};
pub use policy::Policy;
pub use store::health::emptied;
