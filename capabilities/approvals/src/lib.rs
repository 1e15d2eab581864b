#![doc = include_str!("../README.md")]

pub mod actions;
pub mod four_eyes;
mod jobs;
mod kinds;
mod pages;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use actions::{
    Decided, Decision, close, desk, follow, hand_on, hand_up, open, pass, reclock, return_,
    return_by_system, started_by, timeline, withdraw,
};
pub use jobs::jobs;
pub use kinds::{CaseKind, Due, Kinds, Sight};
pub use pages::routes;
pub use rules::{
    AtDeadline, Case, CaseKey, CaseState, Deadline, Desk, HowDone, Initiator, NewCase, Outcome,
    Past, ReturnCode, ReturnInput, Seat, Step, StepState, StepView, Superior, Urgency, Waiting,
    explain, next_alarm, timeline_of,
};
pub use store::{counts, find_by_object, find_case, history, waiting, waiting_here};
