//! Delayed graduates and teachers (ROS-50..53): who of a graduate branch has not graduated with it.

use super::Fault;
use base::{YearMonth, text};
use orgs::{BranchKind, Org, OrgState};

/// Most years after the branch's month.
const MOST_YEARS: i32 = 8;

/// What a member of a graduate branch is marked as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StudentMark {
    /// 延迟毕业生.
    Delayed,
    /// 教师.
    Teacher,
}

impl StudentMark {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Delayed, Self::Teacher];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Teacher => "teacher",
        }
    }

    /// Reads a stored or submitted code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delayed => "延迟毕业生",
            Self::Teacher => "教师",
        }
    }
}

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct MarkInput {
    /// Code of [`StudentMark`].
    pub kind: String,
    /// 预计毕业时间, `2027-07`.
    pub expected: String,
    /// 延迟毕业原因.
    pub reason: String,
}

/// A mark that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMark {
    /// Which.
    pub kind: StudentMark,
    /// Only of the delayed.
    pub expected: Option<YearMonth>,
    /// Only of the delayed.
    pub reason: Option<String>,
}

/// Checks a mark for members of these branches, all faults at once (ROS-51).
///
/// # Errors
/// Every fault with its field.
pub fn check_mark(input: &MarkInput, branches: &[Org]) -> Result<NewMark, Vec<Fault>> {
    let mut faults = Vec::new();
    for branch in branches {
        if branch.state != OrgState::Graduate {
            faults.push(Fault::new(
                "member",
                "mark.not_graduate",
                format!(
                    "〔{}〕还不是毕业生团组织。请先标记支部毕业时间，转为毕业生团组织后再标记个人。",
                    branch.short_name
                ),
            ));
        } else if branch.kind != BranchKind::Ordinary {
            faults.push(Fault::new(
                "member",
                "mark.kind",
                format!(
                    "〔{}〕是{}，其中的团员不用标记。",
                    branch.short_name,
                    branch.kind.label()
                ),
            ));
        }
    }
    let Some(kind) = StudentMark::from_code(&input.kind) else {
        faults.push(Fault::new(
            "kind",
            "mark.kind",
            "请选择标记为延迟毕业生还是教师。",
        ));
        return Err(faults);
    };
    if kind == StudentMark::Teacher {
        return if faults.is_empty() {
            Ok(NewMark {
                kind,
                expected: None,
                reason: None,
            })
        } else {
            Err(faults)
        };
    }
    let expected: Option<YearMonth> = input.expected.trim().parse().ok();
    // The latest of the branches bounds from below, the earliest from above.
    let months = branches.iter().filter_map(|branch| branch.graduation);
    match (expected, months.clone().max(), months.min()) {
        (None, ..) => faults.push(Fault::new(
            "expected",
            "mark.expected",
            "请填写预计毕业时间，如 2027-07。",
        )),
        (Some(month), Some(last), _) if month <= last => faults.push(Fault::new(
            "expected",
            "mark.early",
            format!("预计毕业时间须晚于本支部毕业时间〔{last}〕。"),
        )),
        (Some(month), _, Some(first)) if month.index() > first.index() + MOST_YEARS * 12 => {
            faults.push(Fault::new(
                "expected",
                "mark.late",
                format!(
                    "预计毕业时间最晚为〔{}〕，即支部毕业时间之后{MOST_YEARS}年。",
                    YearMonth::from_index(first.index() + MOST_YEARS * 12)
                ),
            ));
        }
        _ => {}
    }
    let reason = text::normalise(&input.reason);
    if !(5..=200).contains(&reason.chars().count()) || text::has_control(&reason) {
        faults.push(Fault::new(
            "reason",
            "mark.reason",
            "请写明延迟毕业原因，5–200字。",
        ));
    }
    if faults.is_empty() {
        Ok(NewMark {
            kind,
            expected,
            reason: Some(reason),
        })
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{OrgCategory, OrgId, OrgPath};

    fn branch(state: OrgState) -> Org {
        Org {
            id: OrgId(uuid::Uuid::nil()),
            number: 10_000_001,
            parent: None,
            path: OrgPath::new("a"),
            category: OrgCategory::Branch,
            kind: BranchKind::Ordinary,
            short_name: "软件2022级1班团支部".into(),
            full_name: "软件2022级1班团支部".into(),
            sector: None,
            region: None,
            state,
            phone: None,
            graduation: "2026-06".parse().ok(),
            accepts_registration: false,
            version: 1,
        }
    }

    fn codes(kind: &str, expected: &str, reason: &str, branch: &Org) -> Vec<&'static str> {
        let input = MarkInput {
            kind: kind.into(),
            expected: expected.into(),
            reason: reason.into(),
        };
        match check_mark(&input, std::slice::from_ref(branch)) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|f| f.code).collect(),
        }
    }

    #[test]
    fn ros_51_delayed_have_a_later_month_and_a_reason_and_teachers_neither() {
        let gone = branch(OrgState::Graduate);
        let why = "休学一年";
        assert_eq!(
            codes("delayed", "2026-06", "休学一年后复学", &gone),
            ["mark.early"]
        );
        assert!(codes("delayed", "2026-07", "休学一年后复学", &gone).is_empty());
        assert!(codes("delayed", "2034-06", "休学一年后复学", &gone).is_empty());
        assert_eq!(
            codes("delayed", "2034-07", "休学一年后复学", &gone),
            ["mark.late"]
        );
        assert_eq!(
            codes("delayed", "", why, &gone),
            ["mark.expected", "mark.reason"]
        );
        assert!(codes("delayed", "2026-07", "休学一年了", &gone).is_empty());
        assert!(codes("delayed", "2026-07", &"休".repeat(200), &gone).is_empty());
        assert_eq!(
            codes("delayed", "2026-07", &"休".repeat(201), &gone),
            ["mark.reason"]
        );
        assert!(codes("teacher", "", "", &gone).is_empty());
        assert_eq!(codes("", "", "", &gone), ["mark.kind"]);
        let still = branch(OrgState::Active);
        assert_eq!(codes("teacher", "", "", &still), ["mark.not_graduate"]);
        let input = MarkInput {
            kind: "delayed".into(),
            expected: "2026-06".into(),
            reason: "休学一年后复学".into(),
        };
        let words = check_mark(&input, &[gone]).unwrap_err().remove(0).message;
        assert_eq!(words, "预计毕业时间须晚于本支部毕业时间〔2026-06〕。");
    }
}
