//! Filings about a membership (ROS-85..88, FLD-35): what is asked for each kind, and who may still take one back.

use super::{Fault, MembershipState, Policy};
use base::text;
use chrono::{Months, NaiveDate};

/// What is filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FilingOf {
    /// 退团: at the member's own written request.
    Resign,
    /// 自行脱团除名.
    Lapse,
    /// 停止团籍: contact lost.
    Suspend,
    /// 恢复停止的团籍: contact found.
    Revive,
    /// 开除团籍.
    Expel,
    /// 去世.
    Decease,
}

impl FilingOf {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Resign,
        Self::Lapse,
        Self::Suspend,
        Self::Revive,
        Self::Expel,
        Self::Decease,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Resign => "resign",
            Self::Lapse => "lapse",
            Self::Suspend => "suspend",
            Self::Revive => "revive",
            Self::Expel => "expel",
            Self::Decease => "decease",
        }
    }

    /// Reads a stored or submitted code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Resign => "退团",
            Self::Lapse => "自行脱团除名",
            Self::Suspend => "停止团籍",
            Self::Revive => "恢复停止的团籍",
            Self::Expel => "开除团籍",
            Self::Decease => "去世",
        }
    }

    /// What must have been done offline, and what to upload.
    pub fn steps(self) -> &'static str {
        match self {
            Self::Resign => "本人书面申请，支部大会讨论通过，报上级备案。上传申请书和会议决议",
            Self::Lapse => {
                "没有正当理由连续六个月不交团费、不过组织生活或不做分配的工作，支部大会决定除名，报上级批准。停止团籍满两年仍无联系的也在此办理。上传会议决议"
            }
            Self::Suspend => "失去联系六个月以上，支部大会讨论，报上级批准。上传会议决议",
            Self::Revive => "重新取得联系并经支部核实，报上级批准。上传核实材料",
            Self::Expel => "按处分权限作出开除团籍的决定，报上级批准。上传处分决定书",
            Self::Decease => "上传死亡证明或单位证明",
        }
    }

    /// What the membership becomes.
    pub fn outcome(self) -> MembershipState {
        match self {
            Self::Resign => MembershipState::Resigned,
            Self::Lapse => MembershipState::StruckOff,
            Self::Suspend => MembershipState::Suspended,
            Self::Revive => MembershipState::Normal,
            Self::Expel => MembershipState::Expelled,
            Self::Decease => MembershipState::Deceased,
        }
    }

    /// Whether the membership ends with it.
    pub fn ends(self) -> bool {
        !matches!(self, Self::Suspend | Self::Revive)
    }

    fn may_follow(self, state: MembershipState) -> bool {
        match self {
            Self::Resign | Self::Suspend => state == MembershipState::Normal,
            Self::Revive => state == MembershipState::Suspended,
            Self::Lapse | Self::Expel | Self::Decease => {
                matches!(state, MembershipState::Normal | MembershipState::Suspended)
            }
        }
    }
}

/// Grounds of striking off.
pub const GROUNDS: [(&str, &str); 3] = [
    ("dues6", "连续六个月不交纳团费"),
    ("life6", "连续六个月不过团的组织生活"),
    ("work6", "连续六个月不做团组织分配的工作"),
];

/// What somebody typed.
#[derive(Clone, Debug, Default)]
pub struct FilingInput {
    /// Code of the kind.
    pub kind: String,
    /// 会议日期.
    pub decided_on: String,
    /// 决定机关.
    pub organ: String,
    /// 说明.
    pub reason: String,
    /// Codes of [`GROUNDS`].
    pub grounds: Vec<String>,
    /// Since when contact is lost.
    pub lost_since: String,
    /// The person's name once more (ROS-86).
    pub typed_name: String,
}

/// A filing that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFiling {
    /// Kind.
    pub kind: FilingOf,
    /// Day of the meeting.
    pub decided_on: NaiveDate,
    /// Who decided.
    pub organ: String,
    /// In words.
    pub reason: String,
    /// Grounds of striking off.
    pub grounds: Vec<String>,
    /// Since when contact is lost.
    pub lost_since: Option<NaiveDate>,
}

/// The member as the filing finds one.
#[derive(Clone, Debug)]
pub struct FilingFacts {
    /// Name, to be typed once more.
    pub name: String,
    /// State of the open membership.
    pub state: MembershipState,
    /// Since when suspended, if so.
    pub suspended_on: Option<NaiveDate>,
    /// What holds a resignation (arrears), empty if nothing.
    pub held: String,
    /// Today in China.
    pub today: NaiveDate,
}

/// Checks a filing, all faults at once.
///
/// # Errors
/// Every fault with its field.
pub fn check_filing(
    input: &FilingInput,
    facts: &FilingFacts,
    policy: &Policy,
) -> Result<NewFiling, Vec<Fault>> {
    let Some(kind) = FilingOf::from_code(&input.kind) else {
        return Err(vec![Fault::new("kind", "filing.kind", "请选择办理哪一种")]);
    };
    let mut faults = Vec::new();
    if !kind.may_follow(facts.state) {
        faults.push(Fault::new(
            "kind",
            "filing.state",
            format!(
                "〔{}〕的团员暂不能办理{}",
                facts.state.label(),
                kind.label()
            ),
        ));
    }
    if kind == FilingOf::Resign && !facts.held.is_empty() {
        faults.push(Fault::new(
            "kind",
            "filing.held",
            format!("{}，请先补交，再办理退团", facts.held),
        ));
    }
    let decided_on = input.decided_on.trim().parse::<NaiveDate>().ok();
    match decided_on {
        None => faults.push(Fault::new(
            "decided_on",
            "required",
            "请填写作出决定的会议日期，如 2026-09-01",
        )),
        Some(day) if day > facts.today => {
            faults.push(Fault::new("decided_on", "future", "时间不能晚于今天"));
        }
        Some(_) => {}
    }
    let organ = text::normalise(&input.organ);
    if !(2..=50).contains(&organ.chars().count()) {
        faults.push(Fault::new(
            "organ",
            "required",
            "请填写决定机关，2–50字，如“支部大会”",
        ));
    }
    let reason = text::normalise(&input.reason);
    let least = policy.exit_text_min;
    if reason.chars().count() < least || reason.chars().count() > 1000 {
        faults.push(Fault::new(
            "reason",
            "filing.reason",
            format!("说明不少于{least}字，最多1000字"),
        ));
    }
    let grounds: Vec<String> = GROUNDS
        .iter()
        .filter(|(code, _)| input.grounds.iter().any(|g| g == code))
        .map(|(code, _)| (*code).to_owned())
        .collect();
    if kind == FilingOf::Lapse {
        match facts.suspended_on {
            Some(since) => {
                let from = since + Months::new(12 * policy.suspend_strike_after_years);
                if facts.today < from {
                    let years = policy.suspend_strike_after_years;
                    faults.push(Fault::new(
                        "kind",
                        "filing.strike_early",
                        format!("停止团籍满{years}年（{from}起）仍无联系的，才可办理除名"),
                    ));
                }
            }
            None if grounds.is_empty() => faults.push(Fault::new(
                "grounds",
                "filing.grounds",
                "请至少勾选一项脱团理由",
            )),
            None => {}
        }
    }
    let lost_since = input.lost_since.trim().parse::<NaiveDate>().ok();
    if kind == FilingOf::Suspend {
        let months = policy.suspend_contact_lost_months;
        if lost_since.is_none_or(|day| day + Months::new(months) > facts.today) {
            faults.push(Fault::new(
                "lost_since",
                "filing.contact",
                format!("请填写何时起失去联系；满{months}个月才可停止团籍"),
            ));
        }
    }
    if text::normalise(&input.typed_name) != facts.name {
        faults.push(Fault::new(
            "typed_name",
            "filing.name",
            format!("请再输入一次团员姓名“{}”，以确认没有选错人", facts.name),
        ));
    }
    match decided_on {
        Some(decided_on) if faults.is_empty() => Ok(NewFiling {
            kind,
            decided_on,
            organ,
            reason,
            grounds,
            lost_since: lost_since.filter(|_| kind == FilingOf::Suspend),
        }),
        _ => Err(faults),
    }
}

/// Reads a document's sort from its content; `None` if it is none of PDF, JPG, PNG.
pub fn document_sort(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(b"%PDF-") {
        Some(("pdf", "application/pdf"))
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(("jpg", "image/jpeg"))
    } else if bytes.starts_with(&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a]) {
        Some(("png", "image/png"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::kit::policy;

    fn facts(state: MembershipState) -> FilingFacts {
        FilingFacts {
            name: "曾演示".into(),
            state,
            suspended_on: None,
            held: String::new(),
            today: "2026-09-18".parse().expect("a day"),
        }
    }

    fn typed(kind: FilingOf) -> FilingInput {
        FilingInput {
            kind: kind.code().into(),
            decided_on: "2026-09-01".into(),
            organ: "支部大会".into(),
            reason: "说".repeat(30),
            grounds: vec!["dues6".into()],
            lost_since: "2026-03-18".into(),
            typed_name: "曾演示".into(),
        }
    }

    fn codes(input: &FilingInput, facts: &FilingFacts) -> Vec<&'static str> {
        match check_filing(input, facts, &policy()) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|f| f.code).collect(),
        }
    }

    #[test]
    fn ros_85_each_kind_asks_for_its_steps_and_follows_its_states_only() {
        use MembershipState::{Floating, Normal, Suspended};
        for kind in FilingOf::ALL {
            for (state, good) in [
                (Normal, kind != FilingOf::Revive),
                (
                    Suspended,
                    !matches!(kind, FilingOf::Resign | FilingOf::Suspend),
                ),
                (Floating, false),
            ] {
                let found = codes(&typed(kind), &facts(state));
                assert_eq!(!found.contains(&"filing.state"), good, "{kind:?} {state:?}");
            }
        }
    }

    #[test]
    fn ros_85_fld_35_text_grounds_contact_and_two_years_at_their_limits() {
        let normal = facts(MembershipState::Normal);
        let mut short = typed(FilingOf::Resign);
        short.reason = "说".repeat(29);
        assert_eq!(codes(&short, &normal), ["filing.reason"]);
        let mut none = typed(FilingOf::Lapse);
        none.grounds.clear();
        assert_eq!(codes(&none, &normal), ["filing.grounds"]);
        let mut lost = typed(FilingOf::Suspend);
        assert!(codes(&lost, &normal).is_empty());
        lost.lost_since = "2026-03-19".into();
        assert_eq!(codes(&lost, &normal), ["filing.contact"]);
        let mut gone = facts(MembershipState::Suspended);
        gone.suspended_on = "2024-09-18".parse().ok();
        assert!(codes(&none, &gone).is_empty());
        gone.suspended_on = "2024-09-19".parse().ok();
        assert_eq!(codes(&none, &gone), ["filing.strike_early"]);
        let mut owing = facts(MembershipState::Normal);
        owing.held = "欠缴团费0.40元".into();
        assert_eq!(codes(&typed(FilingOf::Resign), &owing), ["filing.held"]);
        assert!(codes(&typed(FilingOf::Lapse), &owing).is_empty());
        let mut other = typed(FilingOf::Expel);
        other.typed_name = "贾演示".into();
        other.decided_on = "2026-09-19".into();
        assert_eq!(codes(&other, &normal), ["future", "filing.name"]);
    }
}
