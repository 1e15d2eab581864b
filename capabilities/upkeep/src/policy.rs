//! What the profiles decide differently: section `[upkeep]`.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Section `[upkeep]` of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Month and day from which the year's branches are graduates (`graduation.switch_on`).
    pub switch_on: (u32, u32),
    /// Days after which a graduate branch is archived, 0 never (`graduation.archive_after_days`).
    pub archive_after_days: u32,
    /// Hours between snapshots of the progress (`progress.refresh`).
    pub progress_hours: u32,
    /// While the tree is being built, its progress pops up after sign-in (`progress.popup`, ORG-41).
    pub progress_popup: bool,
    /// Hours within which a step is to be decided (`timely.hours`, FLD-84); 0 shows no response figures.
    pub timely_hours: i64,
    /// 已报到团员数 includes those whose report-in waits for review (FLD-80; approved ones only: INS-31).
    pub report_counts_pending: bool,
    /// Earlier months of the statistics that can be read (`stats.months_shown`, FLD-83).
    pub months_shown: usize,
    /// Own administrators need the superior's approval (`admin.own_needs_approval`).
    pub own_admin_needs_approval: bool,
    /// Members a branch has at least (`branch.min_members`).
    pub min_members: i32,
    /// Days before a new branch is listed for having fewer (ORG-70).
    pub new_branch_days: i64,
    /// Branches a general branch has at least (`general_branch.min_branches`).
    pub min_branches: i64,
    /// Days within which a county's floating branch passes its members on (`floating_county.empty_within_days`, ORG-06).
    pub floating_empty_days: i64,
    /// Days at which it is reminded of that.
    pub floating_remind_days: Vec<i64>,
    /// Days a deleted organisation can be brought back (ORG-B4).
    pub restore_days: i64,
    /// Days for the consents to a move (FLD-U7).
    pub move_days: u32,
    /// Below so many organisations a move runs at once, others at night.
    pub move_at_once: usize,
    /// Days in which a move can be undone.
    pub move_undo_days: i64,
    /// Minutes in which the marker may take graduation marks back (ORG-B3).
    pub undo_minutes: i64,
    /// Usual years of study by sector (ORG-B3); a sector without one gets no proposal.
    pub study_years: BTreeMap<String, i32>,
}

impl Policy {
    /// The day of this year's switch.
    pub fn switch_day(&self, year: i32) -> NaiveDate {
        let (month, day) = self.switch_on;
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
    }

    /// Whether the year of `now` has had its switch.
    pub(crate) fn switched(&self, now: DateTime<Utc>) -> bool {
        let today = base::business_date(now);
        today >= self.switch_day(today.year())
    }
}
