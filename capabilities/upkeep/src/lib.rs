#![doc = include_str!("../README.md")]

mod actions;
mod jobs;
mod kind;
mod pages;
mod policy;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use jobs::jobs;
pub use kind::ChangeKind;
pub use pages::routes;
pub use policy::Policy;
