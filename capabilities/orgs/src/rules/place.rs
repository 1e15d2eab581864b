//! Who may stand under whom (02-organizations 1.3).

use super::{Fault, Org};
use crate::Policy;
use OrgCategory::{Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};
use base::OrgCategory;

/// Whether `child` may stand directly below `parent`; leading bodies are seeded and never created.
fn may_stand(child: OrgCategory, parent: OrgCategory, policy: &Policy) -> bool {
    match child {
        LeadingBody => false,
        Committee => matches!(parent, LeadingBody | Committee | WorkCommittee),
        WorkCommittee => policy.work_committee_parents.contains(&parent),
        GeneralBranch => matches!(parent, LeadingBody | Committee | WorkCommittee),
        Branch => parent != Branch,
    }
}

/// What is said of an organisation whose size is unusual for its category (FLD-07): a hint in lists, never a refusal.
pub fn size_hint(category: OrgCategory, members: i64) -> Option<&'static str> {
    match category {
        Branch if members < 3 => Some("不足3人，宜合并或撤销"),
        Branch if members > 30 => Some("超过30人，宜设团总支"),
        GeneralBranch if members < 30 => Some("不足30人，少于团总支的一般规模"),
        GeneralBranch if members > 100 => Some("超过100人，宜设团委"),
        Committee if members < 100 => Some("不足100人，少于团委的一般规模"),
        _ => None,
    }
}

/// What the creation form offers below this superior.
pub fn allowed_below(parent: OrgCategory, policy: &Policy) -> Vec<OrgCategory> {
    OrgCategory::ALL
        .into_iter()
        .filter(|child| may_stand(*child, parent, policy))
        .collect()
}

/// Whether a new organisation of this category may be created below `parent`.
pub fn check_place(category: OrgCategory, parent: &Org, policy: &Policy) -> Result<(), Fault> {
    let fault = |code, message: String| Err(Fault::new("category", code, message));
    if category == LeadingBody {
        return fault(
            "org.seeded",
            "团的领导机关已初始化，无需创建，请核对排序和简称。".into(),
        );
    }
    if !parent.state.is_live() {
        return fault(
            "org.parent_gone",
            format!(
                "〔{}〕{}，不能在其下创建组织。请选择仍在使用的上级组织。",
                parent.short_name,
                parent.state.label()
            ),
        );
    }
    if !may_stand(category, parent.category, policy) {
        let message = if category == WorkCommittee && policy.work_committee_parents == [LeadingBody]
        {
            "团工委只能由省、市、县级团的领导机关设立。".into()
        } else {
            let allowed: Vec<_> = allowed_below(parent.category, policy)
                .iter()
                .map(|c| c.label())
                .collect();
            let next = if allowed.is_empty() {
                "团支部之下不设组织。".to_owned()
            } else {
                format!("可以创建：{}。", allowed.join("、"))
            };
            format!(
                "{}不能建在〔{}〕之下。{next}",
                category.label(),
                parent.category.label()
            )
        };
        return fault("org.place", message);
    }
    if parent.path.depth() >= policy.depth {
        return fault(
            "org.depth",
            format!(
                "组织树最多{}级，此处已是第{}级，不能再往下创建。请在上一级创建。",
                policy.depth,
                parent.path.depth()
            ),
        );
    }
    Ok(())
}
