//! What a case is and who may decide it when, as pure decisions.

mod case;
mod clock;
mod decide;
mod words;

pub use case::{
    AtDeadline, Case, CaseKey, CaseState, Deadline, HowDone, Initiator, NewCase, Outcome, Past,
    ReturnCode, ReturnInput, Seat, Step, Superior, Urgency, Waiting,
};
pub(crate) use clock::day_after;
pub use clock::{next_alarm, reminders, urgency};
pub use decide::{Desk, Standing, check_return, still_there, who_may};
pub use words::{StepState, StepView, explain, late, left, timeline_of};
pub(crate) use words::{done_words, settled};
