//! Starting, returning and withdrawing: who may, and on which grounds.

use super::{Fault, Kind, MonthDay, Phase, State, Step, phase};
use crate::policy::Policy;
use base::{OrgCategory, OrgId, PersonId, business_date};
use chrono::{DateTime, Datelike, Utc};
use orgs::{BranchKind, Org, OrgState};

/// Why a reviewer returns a transfer (TRF-28).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returned {
    /// 去向不符.
    Mismatch,
    /// 信息有误.
    WrongInformation,
    /// 非本组织人员.
    NotOurs,
    /// 已在外地落实工作.
    EmployedElsewhere,
    /// 重复申请.
    Duplicate,
    /// 其他.
    Other,
}

impl Returned {
    /// All grounds a reviewer may choose.
    pub const ALL: [Self; 6] = [
        Self::Mismatch,
        Self::WrongInformation,
        Self::NotOurs,
        Self::EmployedElsewhere,
        Self::Duplicate,
        Self::Other,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mismatch => "mismatch",
            Self::WrongInformation => "wrong_information",
            Self::NotOurs => "not_ours",
            Self::EmployedElsewhere => "employed_elsewhere",
            Self::Duplicate => "duplicate",
            Self::Other => "other",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Mismatch => "去向不符",
            Self::WrongInformation => "信息有误",
            Self::NotOurs => "非本组织人员",
            Self::EmployedElsewhere => "已在外地落实工作",
            Self::Duplicate => "重复申请",
            Self::Other => "其他",
        }
    }

    /// Grounds open to who decides for `target`.
    pub fn open_to(target: BranchKind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |ground| {
            *ground != Self::EmployedElsewhere || target == BranchKind::HandoverTemporary
        })
    }
}

/// Checks what a reviewer gives as ground (TRF-28).
pub fn return_input(code: &str, text: &str, target: BranchKind) -> Result<Returned, Fault> {
    let ground = Returned::from_code(code)
        .filter(|ground| Returned::open_to(target).any(|open| open == *ground))
        .ok_or_else(|| Fault::at("code", "transfer.return_code", "退回须选择原因"))?;
    let length = text.chars().count();
    if ground == Returned::Other && length < 10 {
        return Err(Fault::at(
            "text",
            "transfer.return_text",
            "选“其他”时请写明退回原因，至少10个字",
        ));
    }
    if length > 200 {
        return Err(Fault::at(
            "text",
            "transfer.return_text",
            "退回说明最多200个字，请精简",
        ));
    }
    Ok(ground)
}

/// The word of a comment that points to an inadmissible ground (TRF-29): permanent staff, hukou, probation, paper files.
pub fn inadmissible_ground<'a>(text: &str, policy: &'a Policy) -> Option<&'a str> {
    policy
        .inadmissible_words
        .iter()
        .map(String::as_str)
        .find(|word| text.contains(word))
}

/// Who started a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Starter {
    /// The member.
    Member(PersonId),
    /// An organisation.
    Org(OrgId),
}

/// What whoever withdraws too late reads.
const WITHDRAW_TOO_LATE: &str = "转入方已审核，不能撤销；如转错请由现支部再次转出";

/// Whether the initiator may still withdraw (TRF-31); the caller has made sure that it is the initiator who asks.
pub fn withdrawal(
    kind: Kind,
    state: State,
    step: Step,
    is_handover: bool,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Result<(), Fault> {
    if !state.is_open() {
        return Err(Fault::new(
            "transfer.ended",
            format!("该转接{}，不能再撤销", state.label()),
        ));
    }
    let free =
        is_handover && policy.handover.phases && phase(now, &policy.handover) == Phase::Apply;
    // Who pulls somebody in is the in side itself: until it has placed the member nobody else relies on it.
    if free || kind == Kind::PullIn || step <= policy.withdraw_until {
        Ok(())
    } else {
        Err(Fault::new("transfer.withdraw_late", WITHDRAW_TOO_LATE))
    }
}

/// Whether a member's transfer is part of the graduates' hand-over (TRF-50).
pub fn is_handover(branch: &Org, now: DateTime<Utc>, apply_from: MonthDay) -> bool {
    if branch.kind == BranchKind::DelayedGraduates {
        return false;
    }
    let today = business_date(now);
    let this_year = branch
        .graduation
        .is_some_and(|month| month.year() == today.year());
    branch.state == OrgState::Graduate || (this_year && apply_from.reached(today.year(), now))
}

/// Whether an organisation may start a transfer this way (TRF-02..06, 42).
pub fn may_start(kind: Kind, org: OrgCategory, policy: &Policy) -> Result<(), Fault> {
    if org == OrgCategory::LeadingBody {
        return Err(Fault::new(
            "transfer.leading_body",
            match kind {
                Kind::PullIn => "团的领导机关不能办理转入，请由接收团员的团委、团总支或团支部办理",
                Kind::Batch => "团的领导机关不能批量转接，请由团委、团工委或团总支办理",
                _ => "团的领导机关不能办理转出，请由团员所在团支部或其上级团委办理",
            },
        ));
    }
    if !policy.allows(kind) {
        return Err(Fault::new(
            "transfer.kind",
            match kind {
                Kind::Batch => "本系统不办理批量转接，请由团支部逐人办理转出",
                _ => "请由团员本人或转出团支部发起转接",
            },
        ));
    }
    if kind == Kind::Batch && org == OrgCategory::Branch {
        return Err(Fault::new(
            "transfer.batch_branch",
            "团支部不能批量转接，请由上级团委、团工委或团总支办理",
        ));
    }
    Ok(())
}
