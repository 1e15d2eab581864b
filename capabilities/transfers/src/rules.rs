//! What a transfer is and what its rules allow, as pure decisions.

mod chain;
mod check;
mod clock;
mod reasons;
mod review;
mod targets;

pub use chain::{Parties, Planned, plan};
pub use check::{Fault, Request, Subject, about_member, about_request};
pub use clock::{Due, MonthDay, Phase, deadline, forecast, phase, phase_start};
pub use reasons::{Admits, Field, Place, Reason};
pub use review::{
    Returned, Starter, inadmissible_ground, is_handover, may_start, return_input, withdrawal,
};
pub use targets::{Target, about_target};

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// How a transfer was started (转接类型). The remaining kinds of the statute (entry zone, Beijing's 申请转入, vault,
/// federated) join this list with their own chains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 团员申请.
    Member,
    /// 办理转出.
    BranchOut,
    /// 办理转入.
    PullIn,
    /// 批量转接.
    Batch,
    /// 申请转入: a member asks the new branch directly (TRF-07).
    Join,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Member,
        Self::BranchOut,
        Self::PullIn,
        Self::Batch,
        Self::Join,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::BranchOut => "branch_out",
            Self::PullIn => "pull_in",
            Self::Batch => "batch",
            Self::Join => "join",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Member => "团员申请",
            Self::BranchOut => "办理转出",
            Self::PullIn => "办理转入",
            Self::Batch => "批量转接",
            Self::Join => "申请转入",
        }
    }

    /// Whether the form asks where the member goes, as the reason demands; whoever receives or regroups knows it.
    pub fn asks_destination(self) -> bool {
        matches!(self, Self::Member | Self::BranchOut)
    }

    /// Whether the member started it.
    pub fn by_member(self) -> bool {
        matches!(self, Self::Member | Self::Join)
    }
}

/// A decision on the way (环节).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The member confirms what the branch started (TRF-46).
    Member,
    /// The branch the member leaves.
    Out,
    /// Its direct superior, as a step of its own (TRF-25).
    OutSuperior,
    /// The organisation or branch the member goes to.
    In,
    /// Its direct superior, as a step of its own (TRF-25).
    InSuperior,
    /// Choosing the branch below a receiving committee (TRF-08).
    Allocate,
}

impl Step {
    /// All steps in their order.
    pub const ALL: [Self; 6] = [
        Self::Member,
        Self::Out,
        Self::OutSuperior,
        Self::In,
        Self::InSuperior,
        Self::Allocate,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Out => "out",
            Self::OutSuperior => "out_superior",
            Self::In => "in",
            Self::InSuperior => "in_superior",
            Self::Allocate => "allocate",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// What users read in the flow.
    pub fn label(self) -> &'static str {
        match self {
            Self::Member => "团员确认",
            Self::Out => "转出团支部审核",
            Self::OutSuperior => "转出团支部的上级审核",
            Self::In => "转入组织审核",
            Self::InSuperior => "转入团支部的上级审核",
            Self::Allocate => "分配团支部",
        }
    }

    /// What the deciders' to-do is called for a kind: whoever joins by asking is told apart from all others (ACC-40).
    pub fn todo_of(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::In, Kind::Join) => Kind::Join.label(),
            _ => self.todo(),
        }
    }

    /// What the deciders' to-do is called.
    pub fn todo(self) -> &'static str {
        match self {
            Self::Member => "转接待团员确认",
            Self::Out | Self::OutSuperior => "转出待审核",
            Self::In | Self::InSuperior => "转入待审核",
            Self::Allocate => "分配团支部",
        }
    }

    /// The state of a transfer standing at it.
    pub fn state(self) -> State {
        match self {
            Self::Member => State::AwaitingMember,
            Self::Out | Self::OutSuperior => State::AwaitingOut,
            Self::In | Self::InSuperior => State::AwaitingIn,
            Self::Allocate => State::AwaitingAllocation,
        }
    }

    /// Whether the leaving side decides.
    pub fn is_out(self) -> bool {
        matches!(self, Self::Out | Self::OutSuperior)
    }

    /// Whether somebody reviews, so that the handover phases apply.
    pub fn is_review(self) -> bool {
        !matches!(self, Self::Member | Self::Allocate)
    }
}

/// What happens to a step nobody decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It waits on.
    #[default]
    Nothing,
    /// 自动通过.
    Pass,
    /// 超期退回, or cancelled where the member had to confirm.
    Return,
}

impl Outcome {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Pass => "pass",
            Self::Return => "return",
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

/// Where a transfer stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// 待团员确认.
    AwaitingMember,
    /// 待转出审核.
    AwaitingOut,
    /// 待转入审核.
    AwaitingIn,
    /// 待分配团支部.
    AwaitingAllocation,
    /// 已退回.
    Returned,
    /// 已撤销.
    Withdrawn,
    /// 团员不同意 or 逾期未确认.
    Declined,
    /// 已终止.
    Closed,
    /// 已完成.
    Completed,
}

impl State {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::AwaitingMember,
        Self::AwaitingOut,
        Self::AwaitingIn,
        Self::AwaitingAllocation,
        Self::Returned,
        Self::Withdrawn,
        Self::Declined,
        Self::Closed,
        Self::Completed,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::AwaitingMember => "awaiting_member",
            Self::AwaitingOut => "awaiting_out",
            Self::AwaitingIn => "awaiting_in",
            Self::AwaitingAllocation => "awaiting_allocation",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Declined => "declined",
            Self::Closed => "closed",
            Self::Completed => "completed",
        }
    }

    /// Reads a stored code; an unknown one is closed, where nothing can be done.
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .unwrap_or(Self::Closed)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::AwaitingMember => "待团员确认",
            Self::AwaitingOut => "待转出审核",
            Self::AwaitingIn => "待转入审核",
            Self::AwaitingAllocation => "待分配团支部",
            Self::Returned => "已退回",
            Self::Withdrawn => "已撤销",
            Self::Declined => "未确认",
            Self::Closed => "已终止",
            Self::Completed => "已完成",
        }
    }

    /// Colour of its label.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Completed => "tj-ok",
            Self::Returned => "tj-bad",
            Self::Withdrawn | Self::Declined | Self::Closed => "",
            _ => "tj-info",
        }
    }

    /// Whether somebody still has to decide; a person has at most one such transfer (TRF-12).
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::AwaitingMember | Self::AwaitingOut | Self::AwaitingIn | Self::AwaitingAllocation
        )
    }
}
