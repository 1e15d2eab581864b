//! The declared chain: steps, whose they are, until when.

use base::{OrgId, days_until};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What the deadline does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtDeadline {
    /// Passes by itself.
    Pass,
    /// Goes back by itself.
    Return,
    /// Nothing: it stands there overdue.
    Nothing,
}

impl AtDeadline {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Return => "return",
            Self::Nothing => "nothing",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Self {
        match code {
            "pass" => Self::Pass,
            "return" => Self::Return,
            _ => Self::Nothing,
        }
    }
}

/// Until when a step waits, and what then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    length: Length,
    /// What then.
    pub outcome: AtDeadline,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Length {
    Days(u32),
    Hours(u32),
    Until(DateTime<Utc>),
}

impl Deadline {
    /// N natural days: until 24:00 of the Nth day after arrival.
    pub fn days(days: u32, outcome: AtDeadline) -> Self {
        Self {
            length: Length::Days(days),
            outcome,
        }
    }

    /// Exact hours.
    pub fn hours(hours: u32, outcome: AtDeadline) -> Self {
        Self {
            length: Length::Hours(hours),
            outcome,
        }
    }

    /// A fixed moment.
    pub fn until(moment: DateTime<Utc>, outcome: AtDeadline) -> Self {
        Self {
            length: Length::Until(moment),
            outcome,
        }
    }

    /// The first moment that is too late.
    pub fn at(&self, arrived: DateTime<Utc>) -> DateTime<Utc> {
        match self.length {
            Length::Days(days) => days_until(arrived, days),
            Length::Hours(hours) => arrived + TimeDelta::hours(hours.into()),
            Length::Until(moment) => moment,
        }
    }

    /// `15天`, `72小时`; empty for a fixed moment.
    pub fn length_words(&self) -> String {
        match self.length {
            Length::Days(n) => format!("{n}天"),
            Length::Hours(n) => format!("{n}小时"),
            Length::Until(_) => String::new(),
        }
    }

    /// Whether it counts exact hours (reminders are then 24 and 6 hours before, TRF-35).
    pub fn is_hours(&self) -> bool {
        matches!(self.length, Length::Hours(_))
    }
}

/// Whose step it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// The organisation's.
    Own,
    /// Its direct superior's, whoever that is by then (TRF-30).
    Above,
    /// The person's the case is about (a confirmation).
    Subject,
}

/// Whether the direct superior may decide for the organisation (TRF-24, TRF-34, ACC-46).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Superior {
    /// No.
    Never,
    /// Either may decide.
    Also,
    /// From the beginning of the Nth day after arrival.
    FromDay(u32),
}

/// One step of a declared chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The kind's own code: `out`, `in`, `allocate`.
    pub code: String,
    /// In the timeline: `转出审核`.
    pub name: String,
    /// Type of to-do (registry of 09-communication): `转出待审核`.
    pub todo: String,
    /// The organisation the step belongs to, or whose superior it belongs to.
    pub org: OrgId,
    /// Its name when the case was opened.
    pub org_name: String,
    /// Whose step it is.
    pub seat: Seat,
    /// Whether the direct superior may act.
    pub superior: Superior,
    /// The other side of what is decided: the superior of both acts then, not the direct one (FLD-107).
    #[serde(default)]
    pub across: Option<OrgId>,
    /// Until when.
    pub deadline: Option<Deadline>,
    /// Extra reminders at the beginning of these days after arrival.
    pub remind_days: Vec<u32>,
    /// Passing needs a choice (`分配团支部`); the kind offers the options.
    pub choose: bool,
    /// Whether it can be sent back.
    pub may_return: bool,
    /// Settled if the organisation whose turn it is passed an earlier step (TRF-25).
    pub settled_by_earlier: bool,
}

impl Step {
    /// A step an organisation decides, with no deadline and nobody beside it.
    pub fn new(code: &str, name: &str, todo: &str, org: OrgId, org_name: &str) -> Self {
        Self {
            code: code.to_owned(),
            name: name.to_owned(),
            todo: todo.to_owned(),
            org,
            org_name: org_name.to_owned(),
            seat: Seat::Own,
            superior: Superior::Never,
            across: None,
            deadline: None,
            remind_days: Vec::new(),
            choose: false,
            may_return: true,
            settled_by_earlier: false,
        }
    }

    /// Decided by the direct superior of the organisation.
    pub fn above(mut self) -> Self {
        self.seat = Seat::Above;
        self
    }

    /// Decided by the person it is about; the kind asks that person (TRF-46), the engine reminds.
    pub fn by_subject(mut self) -> Self {
        self.seat = Seat::Subject;
        self
    }

    /// Whether the direct superior may act as well.
    pub fn superior(mut self, superior: Superior) -> Self {
        self.superior = superior;
        self
    }

    /// The superior who may act as well is that of both sides.
    pub fn across(mut self, other: OrgId) -> Self {
        self.across = Some(other);
        self
    }

    /// What the superior is called who may act as well.
    pub(crate) fn superior_words(&self) -> &'static str {
        match self.across {
            Some(_) => "共同上级",
            None => "直接上级",
        }
    }

    /// Until when, and what then.
    pub fn deadline(mut self, deadline: Option<Deadline>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Extra reminders.
    pub fn remind_on(mut self, days: &[u32]) -> Self {
        self.remind_days = days.to_vec();
        self
    }

    /// Passing needs a choice; there is nothing to send back.
    pub fn choose(mut self) -> Self {
        self.choose = true;
        self.may_return = false;
        self
    }

    /// Settled if the same organisation passed before.
    pub fn settled_by_earlier(mut self) -> Self {
        self.settled_by_earlier = true;
        self
    }
}
