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

pub use actions::{Batch, Parties, Start, batch, start, withdraw};
pub use case::{TransferKind, chain_of};
pub use departure::TransferDeparture;
pub use jobs::jobs;
pub use pages::{NumberHit, numbered, routes};
pub use policy::{HandoverPolicy, Policy, StepRule};
pub use rules::{Due, Kind, Outcome, Place, Reason, Request, Starter, State, Step, deadline};
pub use store::{CONTACT, Transfer, find, of_person, open_of};
