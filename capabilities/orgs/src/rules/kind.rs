//! Kinds of branches and who sets them up (支部类型, ORG-06).

use super::{BranchKind, Fault, Superior, root_of};
use crate::Policy;
use OrgCategory::{Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};
use base::OrgCategory;
use chrono::{Datelike, NaiveDate};

/// Whether the superior is a township or street organisation, in the words of the profile's list.
fn is_town(superior: &Superior, policy: &Policy) -> bool {
    let of = |name: &str| policy.sector(name).map(|sector| sector.name.as_str());
    let own = superior.org.sector.as_deref().and_then(of);
    own.is_some() && (own == of("城市街道") || own == of("乡镇"))
}

/// Whether the superior is the leading body of a county: a GB/T 2260 code that ends in its own two digits.
fn is_county(superior: &Superior) -> bool {
    superior.org.category == LeadingBody
        && superior
            .org
            .region
            .as_deref()
            .is_some_and(|code| code.len() == 6 && !code.ends_with("00"))
}

/// The kinds this superior may set up, ordinary first; by the time of the year they may still be refused.
pub fn kinds_below(superior: &Superior, policy: &Policy) -> Vec<BranchKind> {
    let category = superior.org.category;
    let school = policy.is_school(
        superior.org.sector.as_deref(),
        Some(superior.school_code.is_some()),
    );
    let may = |kind: BranchKind| match kind {
        BranchKind::Ordinary => true,
        BranchKind::DelayedGraduates => school && matches!(category, Committee | GeneralBranch),
        BranchKind::StudyingAbroad => school && category == Committee,
        BranchKind::Floating => is_town(superior, policy) || is_county(superior),
        BranchKind::HandoverTemporary => is_town(superior, policy),
        BranchKind::AwaitingTransfer => {
            matches!(category, LeadingBody | Committee | WorkCommittee)
        }
        BranchKind::SpecialUnitVault => {
            category == LeadingBody && root_of(&superior.line).is_provincial(&superior.org.path)
        }
    };
    BranchKind::ALL
        .into_iter()
        .filter(|kind| may(*kind))
        .collect()
}

/// Whether a branch of this kind may be set up here today.
pub fn check_kind(
    kind: BranchKind,
    category: OrgCategory,
    superior: &Superior,
    policy: &Policy,
    today: NaiveDate,
) -> Result<(), Fault> {
    let fault = |message: String| Err(Fault::new("kind", "org.kind", message));
    if kind == BranchKind::Ordinary {
        return Ok(());
    }
    if category != Branch {
        return fault(format!("只有团支部可以是“{}”。", kind.label()));
    }
    if !kinds_below(superior, policy).contains(&kind) {
        let who = match kind {
            BranchKind::DelayedGraduates => "学校的团委、团总支",
            BranchKind::StudyingAbroad => "学校的团委（校、院系）",
            BranchKind::Floating => "乡镇、街道团组织，县级团委自9月1日起",
            BranchKind::HandoverTemporary => "乡镇、街道团组织",
            BranchKind::SpecialUnitVault => "省级团委",
            BranchKind::AwaitingTransfer | BranchKind::Ordinary => "各级团委、团工委",
        };
        return fault(format!("“{}”由{who}设立，此处不能建。", kind.label()));
    }
    if kind == BranchKind::Floating && !is_town(superior, policy) && today.month() < 9 {
        return fault("县级流动团员团支部自9月1日起可建。".into());
    }
    Ok(())
}
