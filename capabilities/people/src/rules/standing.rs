use crate::rules::Policy;
use base::OrgCategory;

/// Required fields of a person, by field name, with what users read.
const REQUIRED: &[(&str, &str)] = &[
    ("ethnic", "民族"),
    ("political", "政治面貌"),
    ("education", "最高学历"),
    ("phone", "手机号码"),
    ("admitted_on", "入团年月"),
    ("admission_number", "发展团员编号"),
    ("party_on", "入党年月"),
];

/// What users read for a required field.
pub fn required_label(field: &str) -> &str {
    REQUIRED
        .iter()
        .find(|(name, _)| *name == field)
        .map_or(field, |(_, label)| label)
}

/// Which required fields of a profile are empty (ROS-24, ROS-70); `have` answers for a field whether it is filled.
pub fn missing(
    is_member: bool,
    number_required: bool,
    political: Option<&str>,
    have: impl Fn(&str) -> bool,
) -> Vec<String> {
    REQUIRED
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| match *name {
            "admitted_on" => is_member,
            "admission_number" => is_member && number_required,
            "party_on" => matches!(political, Some("01" | "02")),
            _ => true,
        })
        .filter(|name| !have(name))
        .map(str::to_owned)
        .collect()
}

/// Whether an organisation's entry is complete (ROS-71..73), and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// 是 / 否.
    pub complete: bool,
    /// What is lacking, in words; empty if complete.
    pub reason: String,
}

/// Judges by the counts: `persons` members and cadres together, `cadres` alone, `incomplete` of these.
pub fn standing(
    category: OrgCategory,
    persons: i32,
    cadres: i32,
    incomplete: i32,
    policy: &Policy,
) -> Standing {
    let (have, need, whom) = match category {
        OrgCategory::LeadingBody => (cadres, 1, "团干部"),
        OrgCategory::Committee | OrgCategory::WorkCommittee | OrgCategory::GeneralBranch => {
            (cadres, policy.entry_min_committee_cadres, "团干部")
        }
        OrgCategory::Branch => (persons, policy.entry_min_branch, "团员和团干部"),
    };
    let mut reasons = Vec::new();
    if have < need {
        reasons.push(format!("{whom}至少{need}人，现录入{have}人"));
    }
    if incomplete > 0 {
        reasons.push(format!("{incomplete}人资料不完整"));
    }
    Standing {
        complete: reasons.is_empty(),
        reason: reasons.join("；"),
    }
}
