#![doc = include_str!("../README.md")]

mod actions;
mod case;
mod departure;
mod jobs;
mod pages;
mod policy;
mod rules;
mod store;
mod tell;
#[cfg(test)]
mod tests;

pub use actions::{Batch, Start, batch, start, withdraw};
pub use case::TransferKind;
pub use departure::TransferDeparture;
pub use jobs::jobs;
pub use pages::routes;
pub use policy::{HandoverPolicy, Policy, StepRule};
pub use rules::{Kind, Place, Reason, Request, State, Step};
pub use store::{Transfer, find, of_person, open_of};
