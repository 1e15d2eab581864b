//! How far the entry of an organisation is (ORG-40, ORG-45..47), and what is said about it.

use super::marks::Marks;
use crate::store::progress::{Persons, Snapshot};
use base::{OrgCategory, china_time};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of one level below an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Level {
    pub(crate) all: i64,
    pub(crate) entered: i64,
    pub(crate) complete: i64,
    /// Not branches.
    pub(crate) parents: i64,
    pub(crate) with_subs: i64,
    pub(crate) persons_done: i64,
}

impl Level {
    /// An organisation alone.
    pub(crate) fn of(shot: &Snapshot) -> Level {
        Level {
            all: 1,
            entered: shot.entered.into(),
            complete: shot.missing.is_empty().into(),
            parents: (shot.category != "branch").into(),
            with_subs: shot.has_subs.into(),
            persons_done: shot.persons_done.into(),
        }
    }

    fn add(&mut self, other: &Level) {
        self.all += other.all;
        self.entered += other.entered;
        self.complete += other.complete;
        self.parents += other.parents;
        self.with_subs += other.with_subs;
        self.persons_done += other.persons_done;
    }
}

/// Sums of a subtree at a snapshot, so that nobody counts a province to show its page (OPS-52).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Below {
    /// When the snapshot was made.
    pub(crate) at: DateTime<Utc>,
    /// The direct subordinates first.
    pub(crate) levels: Vec<Level>,
    /// How many of each finding, the organisation itself included.
    pub(crate) found: BTreeMap<String, i64>,
    /// Of its branches of the school sector.
    #[serde(default)]
    pub(crate) marks: Marks,
}

impl Below {
    /// An organisation without subordinates.
    pub(crate) fn new(at: DateTime<Utc>) -> Below {
        Below {
            at,
            levels: Vec::new(),
            found: BTreeMap::new(),
            marks: Marks::default(),
        }
    }

    /// Adds a direct subordinate with all below it.
    pub(crate) fn add(&mut self, own: &Level, below: &Below) {
        self.levels.resize(
            self.levels.len().max(below.levels.len() + 1),
            Level::default(),
        );
        let theirs = std::iter::once(own).chain(&below.levels);
        for (mine, theirs) in self.levels.iter_mut().zip(theirs) {
            mine.add(theirs);
        }
        for (kind, n) in &below.found {
            *self.found.entry(kind.clone()).or_default() += n;
        }
        self.marks.add(&below.marks);
    }

    /// Whether everything below is there and complete.
    pub(crate) fn is_built(&self) -> bool {
        let whole = |level: &Level| {
            level.entered == level.all
                && level.complete == level.all
                && level.with_subs == level.parents
        };
        !self.levels.is_empty() && self.levels.iter().all(whole)
    }

    /// Counts of the level an organisation calls its second, third, … (its own is the first).
    pub(crate) fn level(&self, n: usize) -> Option<&Level> {
        self.levels.get(n.checked_sub(2)?)
    }
}

/// The filters of the list of progress that match an organisation: nobody signed in, information incomplete, no
/// subordinates created, people incomplete.
pub(crate) fn wanting(shot: &Snapshot) -> impl Iterator<Item = &'static str> {
    [
        ("out", !shot.entered),
        ("gaps", !shot.missing.is_empty()),
        ("bare", shot.category != "branch" && !shot.has_subs),
        ("people", !shot.persons_done),
    ]
    .into_iter()
    .filter_map(|(kind, holds)| holds.then_some(kind))
}

/// Whether the people of an organisation itself are entered completely, and if not, why (ROS-71..74).
pub(crate) fn standing(
    category: OrgCategory,
    of: Persons,
    policy: &people::Policy,
) -> people::Standing {
    people::standing(category, of.persons, of.cadres, of.incomplete, policy)
}

/// Why a short name departs from the rules (ORG-08, ORG-19).
pub(crate) fn name_fault(category: OrgCategory, short_name: &str) -> Option<String> {
    // The root's name is the deployment's.
    if category == OrgCategory::LeadingBody {
        return None;
    }
    orgs::check_short_name(category, short_name)
        .err()
        .map(|fault| fault.message)
}

/// `二级` for the second level.
pub(crate) fn level_name(level: usize) -> String {
    const DIGITS: [&str; 11] = [
        "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十",
    ];
    DIGITS
        .get(level)
        .map_or_else(|| format!("{level}级"), |digit| format!("{digit}级"))
}

/// The sentence of ORG-40.
pub(crate) fn sentence(at: DateTime<Utc>, org: &str, level: usize, n: &Level) -> String {
    let at = china_time(at);
    let subs = if n.parents > 0 {
        format!(
            "；{}个已创建直属下级组织，{}个未",
            n.with_subs,
            n.parents - n.with_subs
        )
    } else {
        String::new()
    };
    format!(
        "截至{}年{}月{}日{}时{:02}分，〔{org}〕共有{}组织{}个，其中{}个已登录系统，{}个未登录；{}个已完整录入本组织信息，{}个未{subs}；{}个已录全团员、团干部，{}个未。",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        level_name(level),
        n.all,
        n.entered,
        n.all - n.entered,
        n.complete,
        n.all - n.complete,
        n.persons_done,
        n.all - n.persons_done
    )
}

/// Whether the snapshot is made at this full hour of China's day (ORG-46): each hour, or at 02:00.
pub(crate) fn is_due(hour: u32, every: u32) -> bool {
    if every >= 24 {
        hour == 2
    } else {
        hour.is_multiple_of(every.max(1))
    }
}

/// The next snapshot after `now`.
pub(crate) fn next(now: DateTime<Utc>, every: u32) -> DateTime<Utc> {
    let local = china_time(now);
    let seconds = i64::from(local.minute() * 60 + local.second());
    let mut at = now - TimeDelta::seconds(seconds) + TimeDelta::hours(1);
    while !is_due(china_time(at).hour(), every) {
        at += TimeDelta::hours(1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_46_snapshots_at_full_hours_or_at_two_in_the_night() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let now = at("2026-09-18T02:25:10Z"); // 10:25 in China
        assert_eq!(next(now, 1), at("2026-09-18T03:00:00Z"));
        assert_eq!(next(now, 24), at("2026-09-18T18:00:00Z"));
        assert!(is_due(2, 24) && !is_due(3, 24) && is_due(3, 1));
    }

    #[test]
    fn org_40_the_sentence_counts_both_sides() {
        let n = Level {
            all: 5,
            entered: 4,
            complete: 3,
            parents: 2,
            with_subs: 1,
            persons_done: 0,
        };
        let at = "2026-09-18T02:00:00Z".parse().expect("a moment");
        let said = sentence(at, "某大学团委", 2, &n);
        assert!(said.starts_with("截至2026年9月18日10时00分，〔某大学团委〕共有二级组织5个，其中4个已登录系统，1个未登录；3个已完整录入本组织信息，2个未；1个已创建直属下级组织，1个未"), "{said}");
        let branches = Level { parents: 0, ..n };
        assert!(!sentence(at, "某大学团委", 2, &branches).contains("直属下级"));
    }

    #[test]
    fn org_47_people_are_complete_by_category() {
        let policy = crate::tests::people_policy();
        let of = |cadres, persons, incomplete| Persons {
            cadres,
            persons,
            incomplete,
        };
        let done = |category, of, policy| standing(category, of, policy).complete;
        use OrgCategory::*;
        assert!(done(Branch, of(0, 3, 0), &policy));
        assert!(!done(Branch, of(1, 2, 0), &policy));
        assert!(!done(Branch, of(1, 9, 1), &policy));
        assert!(done(Committee, of(2, 2, 0), &policy));
        assert!(!done(Committee, of(1, 1, 0), &policy));
        assert!(done(LeadingBody, of(1, 1, 0), &policy));
        assert!(!done(LeadingBody, of(0, 0, 0), &policy));
    }
}
