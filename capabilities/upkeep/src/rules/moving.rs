//! 组织迁移 (FLD-U7): what may move where, and what everything will be called.

use base::{Error, OrgId, OrgPath, Result};
use orgs::Org;
use std::collections::{HashMap, HashSet};

/// Whether these organisations may move below `to`; `deepest` is the greatest depth below one of them.
pub(crate) fn check(tops: &[Org], to: &Org, policy: &orgs::Policy, deepest: usize) -> Result<()> {
    let refuse = |code, message: String| Err(Error::refused_at("orgs", code, message));
    let Some(first) = tops.first() else {
        return refuse("move.nobody", "请填写要迁移的组织。".into());
    };
    if tops.iter().any(|org| org.parent != first.parent) {
        return refuse("move.siblings", "一次只能迁移同一上级之下的组织".into());
    }
    if let Some(gone) = tops.iter().find(|org| !org.state.is_live()) {
        return refuse(
            "move.gone",
            format!("〔{}〕{}，不能迁移。", gone.short_name, gone.state.label()),
        );
    }
    if tops.iter().any(|org| org.path.contains(&to.path)) {
        return refuse("move.inside", "新上级不能是被迁移的组织或其下级".into());
    }
    if first.parent == Some(to.id) {
        return refuse(
            "move.same",
            format!("所选组织现在就在〔{}〕之下。", to.short_name),
        );
    }
    for org in tops {
        orgs::check_place(org.category, to, policy)?;
    }
    let below = deepest.saturating_sub(first.path.depth());
    if to.path.depth() + 1 + below > policy.depth {
        return refuse(
            "move.depth",
            format!(
                "迁移后有组织到第{}级，组织树最多{}级。请选择较高一级的上级。",
                to.path.depth() + 1 + below,
                policy.depth
            ),
        );
    }
    Ok(())
}

/// Names of siblings that are taken below the new superior already.
pub(crate) fn clashes(tops: &[Org], there: &[String]) -> Vec<String> {
    let there: HashSet<&str> = there.iter().map(String::as_str).collect();
    tops.iter()
        .filter(|org| there.contains(org.short_name.as_str()))
        .map(|org| org.short_name.clone())
        .collect()
}

/// What organisations of the moved subtrees are called at the new place: names that were made by the rule follow it,
/// names somebody wrote stay. `before` and `after` are the lines above the tops, root first; `subtree` is in the order
/// of the tree.
pub(crate) fn new_names(
    before: &[Org],
    after: &[Org],
    subtree: &[Org],
    policy: &orgs::Policy,
) -> Vec<(OrgId, String)> {
    let by_path: HashMap<&OrgPath, &Org> = subtree.iter().map(|org| (&org.path, org)).collect();
    let mut names = Vec::new();
    for org in subtree {
        let inner: Vec<Org> = org
            .path
            .ancestors()
            .iter()
            .filter_map(|path| by_path.get(path).map(|org| (*org).clone()))
            .collect();
        let line = |above: &[Org]| -> Vec<Org> { above.iter().chain(&inner).cloned().collect() };
        let made = orgs::full_name(&line(before), org.category, &org.short_name, policy);
        if made != org.full_name {
            continue;
        }
        let new = orgs::full_name(&line(after), org.category, &org.short_name, policy);
        if new != org.full_name {
            names.push((org.id, new));
        }
    }
    names
}
