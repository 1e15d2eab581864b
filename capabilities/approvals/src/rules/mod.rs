//! What a case is and who may decide it when, as pure decisions.

mod case;
mod clock;
mod decide;
mod step;
mod words;

pub use case::{
    Case, CaseKey, CaseState, HowDone, Initiator, NewCase, Outcome, Past, ReturnCode, ReturnInput,
    Urgency, Waiting,
};
pub(crate) use clock::day_after;
pub use clock::{next_alarm, reminders, urgency};
pub use decide::{Desk, Standing, check_return, still_there, who_may};
pub use step::{AtDeadline, Deadline, Seat, Step, Superior};
pub use words::{StepState, StepView, explain, late, left, timeline_of};
pub(crate) use words::{done_words, settled};
