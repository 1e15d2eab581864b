//! What the marks of a subtree come to (ORG-50): how many branches have none, and what switches with each month (ORG-B5).

use crate::store::simulation::Standing;
use base::YearMonth;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A live branch of the school sector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marked {
    pub(crate) month: Option<YearMonth>,
    pub(crate) has_reason: bool,
    pub(crate) graduate: bool,
    /// Floating branches, holders and vaults never switch.
    pub(crate) ordinary: bool,
}

/// Branches that switch together: how many, with how many members and open transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Due {
    pub(crate) branches: i64,
    pub(crate) members: i64,
    pub(crate) leaving: i64,
    pub(crate) coming: i64,
}

impl Due {
    fn add(&mut self, other: &Due) {
        self.branches += other.branches;
        self.members += other.members;
        self.leaving += other.leaving;
        self.coming += other.coming;
    }
}

/// Counts of a subtree, the organisation itself included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks {
    pub(crate) unmarked: i64,
    /// No month can be named.
    pub(crate) reason: i64,
    /// What has not switched yet, by the index of its month.
    pub(crate) due: BTreeMap<i32, Due>,
}

impl Marks {
    /// One branch alone.
    pub(crate) fn of(branch: Marked, standing: Standing) -> Marks {
        let mut marks = Marks::default();
        match branch {
            Marked { graduate: true, .. } => {}
            Marked {
                month: Some(month),
                ordinary: true,
                ..
            } => {
                let due = Due {
                    branches: 1,
                    members: standing.members,
                    leaving: standing.leaving,
                    coming: standing.coming,
                };
                marks.due.insert(month.index(), due);
            }
            Marked {
                has_reason: true, ..
            } => marks.reason = 1,
            Marked { month: None, .. } => marks.unmarked = 1,
            Marked { month: Some(_), .. } => {}
        }
        marks
    }

    /// Adds another subtree.
    pub(crate) fn add(&mut self, other: &Marks) {
        self.unmarked += other.unmarked;
        self.reason += other.reason;
        for (month, due) in &other.due {
            self.due.entry(*month).or_default().add(due);
        }
    }

    /// What is marked with a month before this one and switches with it.
    pub(crate) fn before(&self, limit: YearMonth) -> Due {
        let mut all = Due::default();
        for (_, due) in self.due.range(..limit.index()) {
            all.add(due);
        }
        all
    }
}
