//! The tree day by day (ORG-B8): what an organisation was, and what has become different.

use base::{OrgCategory, OrgId, OrgPath};
use orgs::{BranchKind, OrgState};
use std::collections::HashMap;

/// What an organisation was at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: OrgId,
    pub(crate) parent: Option<OrgId>,
    pub(crate) place: OrgPath,
    pub(crate) number: i64,
    pub(crate) category: OrgCategory,
    pub(crate) kind: BranchKind,
    pub(crate) short_name: String,
    pub(crate) full_name: String,
    pub(crate) state: OrgState,
}

impl Version {
    /// What users read for its category.
    pub(crate) fn category_label(&self) -> &'static str {
        match (self.state, self.kind) {
            (OrgState::Graduate, _) => self.state.label(),
            (_, BranchKind::Ordinary) => self.category.label(),
            (_, kind) => kind.label(),
        }
    }
}

/// A difference: what, before, after.
pub(crate) type Difference = (&'static str, String, String);

/// What became of an organisation between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// As it was then, or as it is where it was not yet.
    pub(crate) version: Version,
    pub(crate) word: &'static str,
    pub(crate) differences: Vec<Difference>,
}

/// Compares an organisation at two days; `before` and `after` name the superiors of those days.
pub(crate) fn change(
    old: Option<&Version>,
    new: Option<&Version>,
    before: &HashMap<OrgId, String>,
    after: &HashMap<OrgId, String>,
) -> Option<Change> {
    let superior = |version: &Version, names: &HashMap<OrgId, String>| {
        version
            .parent
            .and_then(|id| names.get(&id).cloned())
            .unwrap_or_default()
    };
    match (old, new) {
        (None, None) => None,
        (None, Some(new)) => Some(Change {
            version: new.clone(),
            word: "新建",
            differences: vec![
                ("组织全称", String::new(), new.full_name.clone()),
                ("上级组织", String::new(), superior(new, after)),
            ],
        }),
        (Some(old), None) => Some(Change {
            version: old.clone(),
            word: "撤销",
            differences: vec![
                ("组织全称", old.full_name.clone(), String::new()),
                ("上级组织", superior(old, before), String::new()),
            ],
        }),
        (Some(old), Some(new)) => {
            let mut differences = Vec::new();
            let mut differ = |what, old: String, new: String| {
                if old != new {
                    differences.push((what, old, new));
                }
            };
            if old.parent != new.parent {
                differ("上级组织", superior(old, before), superior(new, after));
            }
            differ("组织简称", old.short_name.clone(), new.short_name.clone());
            differ("组织全称", old.full_name.clone(), new.full_name.clone());
            differ(
                "类别",
                old.category_label().into(),
                new.category_label().into(),
            );
            differ("状态", old.state.label().into(), new.state.label().into());
            let word = match differences.first()?.0 {
                "上级组织" => "迁移",
                "组织简称" | "组织全称" => "更名",
                "类别" => "类别变化",
                _ => "状态变化",
            };
            Some(Change {
                version: new.clone(),
                word,
                differences,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(n: u128, parent: u128, name: &str) -> Version {
        Version {
            id: OrgId(uuid::Uuid::from_u128(n)),
            parent: Some(OrgId(uuid::Uuid::from_u128(parent))),
            place: OrgPath::root().child(1),
            number: 1,
            category: OrgCategory::Branch,
            kind: BranchKind::Ordinary,
            short_name: name.into(),
            full_name: format!("某某大学{name}"),
            state: OrgState::Active,
        }
    }

    #[test]
    fn org_b8_differences_are_named_by_what_matters_most() {
        let names = HashMap::from([
            (OrgId(uuid::Uuid::from_u128(8)), "甲学院团委".to_owned()),
            (OrgId(uuid::Uuid::from_u128(9)), "乙学院团委".to_owned()),
        ]);
        let word = |old: Option<&Version>, new: Option<&Version>| {
            change(old, new, &names, &names).map(|change| change.word)
        };
        let one = version(1, 8, "2026级1班团支部");
        assert_eq!(word(Some(&one), Some(&one)), None);
        assert_eq!(word(None, Some(&one)), Some("新建"));
        assert_eq!(word(Some(&one), None), Some("撤销"));
        let renamed = version(1, 8, "2026级2班团支部");
        assert_eq!(word(Some(&one), Some(&renamed)), Some("更名"));
        let moved = version(1, 9, "2026级2班团支部");
        let said = change(Some(&one), Some(&moved), &names, &names).expect("moved");
        assert_eq!(said.word, "迁移");
        assert_eq!(
            said.differences[0],
            ("上级组织", "甲学院团委".into(), "乙学院团委".into())
        );
        assert_eq!(said.differences.len(), 3);
        let graduate = Version {
            state: OrgState::Graduate,
            ..one.clone()
        };
        assert_eq!(word(Some(&one), Some(&graduate)), Some("类别变化"));
    }
}
