//! The nouns: a case and what happened to it.

use super::{AtDeadline, Step};
use base::{CaseId, OrgId, PersonId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where a case lies: beside the person it is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CaseKey {
    /// The person (or applicant) it is about.
    pub subject: PersonId,
    /// The case.
    pub case: CaseId,
}

/// Who started it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Initiator {
    /// The person.
    pub person: Option<PersonId>,
    /// The organisation, if it was started for one.
    pub org: Option<OrgId>,
    /// Name to show: the person's, or organisation and person.
    pub name: String,
}

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Code of its [`crate::CaseKind`].
    pub kind: &'static str,
    /// The person it is about.
    pub subject: PersonId,
    /// That person's name.
    pub subject_name: String,
    /// What it is about in the capability that opens it.
    pub object: Uuid,
    /// At most 60 characters: `升学`.
    pub title: String,
    /// One line for the list: from where to where.
    pub summary: String,
    /// Who started it.
    pub initiator: Initiator,
    /// The chain; at least one step.
    pub steps: Vec<Step>,
    /// Organisations that see it in their list without deciding.
    pub watchers: Vec<OrgId>,
}

/// Where a case stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseState {
    /// 办理中.
    Open,
    /// 已通过.
    Passed,
    /// 已退回.
    Returned,
    /// 已撤销.
    Withdrawn,
    /// 已终止.
    Closed,
}

impl CaseState {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Self {
        match code {
            "open" => Self::Open,
            "passed" => Self::Passed,
            "returned" => Self::Returned,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Closed,
        }
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "办理中",
            Self::Passed => "已通过",
            Self::Returned => "已退回",
            Self::Withdrawn => "已撤销",
            Self::Closed => "已终止",
        }
    }
}

/// A case as it stands.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it lies.
    pub key: CaseKey,
    /// Code of its kind.
    pub kind: String,
    /// What it is about.
    pub object: Uuid,
    /// Title.
    pub title: String,
    /// Name of the person it is about.
    pub subject_name: String,
    /// One line.
    pub summary: String,
    /// Who started it, or goes on with it in that one's place.
    pub initiator: Initiator,
    /// Who had started it, once it was handed on.
    pub asked_by: Option<PersonId>,
    /// Where it stands.
    pub state: CaseState,
    /// Present step, from 1; the last one decided once it ended.
    pub step_no: i32,
    /// The declared chain.
    pub steps: Vec<Step>,
    /// When it came to the present step.
    pub arrived_at: DateTime<Utc>,
    /// Until when the present step waits.
    pub deadline_at: Option<DateTime<Utc>>,
    /// What then.
    pub deadline_outcome: AtDeadline,
    /// When the deadline job looks next.
    pub alarm_at: Option<DateTime<Utc>>,
    /// Organisations with a row for the present step.
    pub desks: Vec<OrgId>,
    /// Organisations that started or watch it.
    pub watchers: Vec<OrgId>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i32,
}

impl Case {
    /// Whether somebody can still decide.
    pub fn is_open(&self) -> bool {
        self.state == CaseState::Open
    }

    /// The present step (the last decided one once it ended).
    pub fn step(&self) -> &Step {
        let last = self.steps.len().saturating_sub(1);
        let at = usize::try_from(self.step_no - 1).unwrap_or(0).min(last);
        &self.steps[at]
    }
}

/// How a step was settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HowDone {
    /// Decided: passed.
    Pass,
    /// Decided: sent back.
    Return,
    /// Passed by the deadline.
    AutoPass,
    /// Sent back by the deadline, or by the system for a reason.
    AutoReturn,
    /// Settled by an earlier decision of the same organisation.
    Skipped,
    /// Withdrawn or closed before a decision.
    Superseded,
    /// Got a new deadline.
    Reclocked,
    /// Handed to the direct superior (ACC-73).
    HandedUp,
}

impl HowDone {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Pass, "pass", "同意"),
        (Self::Return, "return", "退回"),
        (Self::AutoPass, "auto_pass", "系统自动通过"),
        (Self::AutoReturn, "auto_return", "系统自动退回"),
        (Self::Skipped, "skipped", "无需重复审核"),
        (Self::Superseded, "superseded", "未办理即结束"),
        (Self::Reclocked, "reclocked", "时限调整"),
        (Self::HandedUp, "handed_up", "转由直接上级办理"),
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|(_, c, _)| *c == code)
            .map_or(Self::Superseded, |(how, ..)| how)
    }

    /// Whether the step is over with it.
    pub fn settles(self) -> bool {
        !matches!(self, Self::Reclocked | Self::HandedUp)
    }
}

/// One line of the history.
#[derive(Clone, Debug)]
pub struct Past {
    /// Version of the case it made.
    pub seq: i32,
    /// Which step.
    pub step_no: i32,
    /// When the case came there.
    pub arrived_at: DateTime<Utc>,
    /// Until when it would have waited.
    pub deadline_at: Option<DateTime<Utc>>,
    /// When it was settled.
    pub decided_at: DateTime<Utc>,
    /// Who; none for the system.
    pub by: Option<PersonId>,
    /// Name.
    pub by_name: String,
    /// Role, as people read it.
    pub by_role: String,
    /// The organisation acted for.
    pub org: Option<OrgId>,
    /// Its name then.
    pub org_name: String,
    /// How.
    pub how: HowDone,
    /// Reason for sending back.
    pub code: String,
    /// What was said.
    pub comment: String,
    /// What was chosen.
    pub answer: Option<String>,
}

/// A reason for sending back (TRF-28).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnCode {
    /// Stored code.
    pub code: &'static str,
    /// What users read.
    pub label: &'static str,
    /// Least number of characters of the explanation.
    pub min_text: usize,
}

impl ReturnCode {
    /// A reason that explains itself.
    pub const fn new(code: &'static str, label: &'static str) -> Self {
        Self {
            code,
            label,
            min_text: 0,
        }
    }

    /// A reason that needs words (其他).
    pub const fn with_text(code: &'static str, label: &'static str, min_text: usize) -> Self {
        Self {
            code,
            label,
            min_text,
        }
    }
}

/// What is typed to send a case back.
#[derive(Clone, Debug, Default)]
pub struct ReturnInput {
    /// Reason.
    pub code: String,
    /// Explanation, at most 200 characters.
    pub text: String,
    /// Sent back although the rule against it was shown (TRF-29).
    pub insist: bool,
}

/// How a case ended, for the kind that opened it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where it ended.
    pub state: CaseState,
    /// From when it holds: the deadline for automatic outcomes.
    pub at: DateTime<Utc>,
    /// By the system.
    pub automatic: bool,
    /// Reason for sending back or closing.
    pub code: String,
    /// Words.
    pub comment: String,
    /// Sent back against the shown rule.
    pub insisted: bool,
    /// Choice of the last step, if it asked for one.
    pub answer: Option<String>,
    /// The organisation that decided last.
    pub org: Option<OrgId>,
}

/// How urgent an item is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Urgency {
    /// Past its deadline, or on its last day.
    Today,
    /// In the last third of its time (COM-05).
    Soon,
    /// Later.
    Later,
    /// No deadline.
    Open,
}

/// What waits for an organisation, of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Type of to-do.
    pub todo: String,
    /// All.
    pub all: i64,
    /// Due before the end of today, or overdue.
    pub today: i64,
    /// Due within 7 days, today's not among them.
    pub week: i64,
    /// Later or without deadline.
    pub later: i64,
}
