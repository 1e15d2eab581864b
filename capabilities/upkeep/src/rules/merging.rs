//! Which branch a small one should be merged with (ORG-B9): the best first, each with its reasons.

use super::graduation::entry_year;
use orgs::{BranchKind, Org, OrgState};

/// A branch with its members.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) org: Org,
    pub(crate) members: i64,
}

/// A proposed target.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) org: Org,
    pub(crate) members: i64,
    /// Members after the merge.
    pub(crate) after: i64,
    /// Why it is proposed, or what speaks against it.
    pub(crate) reasons: Vec<&'static str>,
}

/// Whether a branch can be merged into another, or take one in: ordinary ones that are no graduates.
pub(crate) fn fits(org: &Org) -> bool {
    org.is_branch()
        && org.kind == BranchKind::Ordinary
        && matches!(org.state, OrgState::Created | OrgState::Active)
}

/// Siblings to merge `source` with, the best first: same sector, enough members afterwards, same entry year, then the
/// smaller one.
pub(crate) fn proposals(
    source: &Candidate,
    siblings: &[Candidate],
    min: i64,
    most: usize,
) -> Vec<Proposal> {
    let own = &source.org;
    let mut found: Vec<(_, Proposal)> = siblings
        .iter()
        .filter(|other| {
            other.org.id != own.id && other.org.parent == own.parent && fits(&other.org)
        })
        .map(|other| {
            let after = source.members + other.members;
            let sector = other.org.sector == own.sector;
            let year = entry_year(&other.org.short_name) == entry_year(&own.short_name);
            let mut reasons = vec!["同一上级"];
            reasons.push(if sector {
                "行业相同"
            } else {
                "行业不同，请核对"
            });
            if entry_year(&own.short_name).is_some() {
                reasons.push(if year {
                    "同年入学"
                } else {
                    "入学年份不同"
                });
            }
            reasons.push(if after >= min {
                "合并后人数达到要求"
            } else {
                "合并后仍不足，还要再并"
            });
            let order = (!sector, after < min, !year, other.members);
            let proposal = Proposal {
                org: other.org.clone(),
                members: other.members,
                after,
                reasons,
            };
            (order, proposal)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.org.path.cmp(&b.1.org.path)));
    found.into_iter().take(most).map(|(_, p)| p).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{OrgCategory, OrgId, OrgPath};

    fn branch(n: u32, name: &str, sector: &str, members: i64) -> Candidate {
        Candidate {
            org: Org {
                id: OrgId(uuid::Uuid::from_u128(n.into())),
                number: n.into(),
                parent: Some(OrgId(uuid::Uuid::from_u128(99))),
                path: OrgPath::root().child(n),
                category: OrgCategory::Branch,
                kind: BranchKind::Ordinary,
                short_name: name.into(),
                full_name: name.into(),
                sector: Some(sector.into()),
                region: None,
                state: OrgState::Active,
                phone: None,
                graduation: None,
                accepts_registration: true,
                version: 1,
            },
            members,
        }
    }

    #[test]
    fn org_b9_the_target_of_the_same_sector_size_and_year_comes_first() {
        let source = branch(1, "软件2023级1班团支部", "学生", 2);
        let mut graduate = branch(7, "软件2023级7班团支部", "学生", 9);
        graduate.org.state = OrgState::Graduate;
        let mut waiting = branch(8, "待接转团支部", "学生", 0);
        waiting.org.kind = BranchKind::AwaitingTransfer;
        let mut elsewhere = branch(9, "软件2023级9班团支部", "学生", 9);
        elsewhere.org.parent = None;
        let siblings = [
            source.clone(),
            branch(2, "教工第一团支部", "教职工", 5),
            branch(3, "软件2024级1班团支部", "学生", 10),
            branch(4, "软件2023级2班团支部", "学生", 30),
            branch(5, "软件2023级3班团支部", "学生", 12),
            branch(6, "软件2023级4班团支部", "学生", 0),
            graduate,
            waiting,
            elsewhere,
        ];
        let order: Vec<i64> = proposals(&source, &siblings, 3, 9)
            .iter()
            .map(|p| p.org.number)
            .collect();
        assert_eq!(order, [5, 4, 3, 6, 2]);
        let best = &proposals(&source, &siblings, 3, 1)[0];
        assert_eq!((best.members, best.after), (12, 14));
        assert_eq!(
            best.reasons,
            ["同一上级", "行业相同", "同年入学", "合并后人数达到要求"]
        );
    }
}
