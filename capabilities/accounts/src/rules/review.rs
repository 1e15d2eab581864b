//! The yearly review of grants (ACC-B8): when it is asked, until when it waits, who may confirm.

use base::{at_midnight, business_date};
use chrono::{DateTime, Days, Months, Utc};

/// Days an open review waits before the grant reads only.
pub(crate) const DAYS: u32 = 30;
/// Days after the asking on which it is said again; on the last it has taken effect.
const REMINDERS: [i64; 4] = [0, 15, 25, 31];

/// What was given or confirmed before this moment is a year old.
pub(crate) fn year_before(now: DateTime<Utc>) -> DateTime<Utc> {
    at_midnight(business_date(now) - Months::new(12) + Days::new(1))
}

/// What was asked before this moment reads only: thirty whole days have passed.
pub(crate) fn lapsed_before(now: DateTime<Utc>) -> DateTime<Utc> {
    at_midnight(business_date(now) - Days::new(DAYS.into()))
}

/// Which reminder it is time for.
pub(crate) fn stage(asked: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let days = (business_date(now) - business_date(asked)).num_days();
    let due = REMINDERS.into_iter().rev().find(|stage| *stage <= days);
    due.unwrap_or_default()
}

/// Whether somebody may confirm a grant: never the own one (ACC-73), unless nobody else could, which is the only holder of
/// the root organisation.
pub(crate) fn may_confirm(own: bool, root: bool, holders: usize) -> bool {
    !own || (root && holders == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn china(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().expect("a moment")
    }

    #[test]
    fn acc_b8_a_grant_is_reviewed_after_a_year_and_reads_only_after_thirty_days() {
        let given = china("2025-09-18T10:00:00");
        assert!(given >= year_before(china("2026-09-17T23:59:59")));
        assert!(given < year_before(china("2026-09-18T00:00:00")));
        let asked = china("2026-09-18T04:20:00");
        assert!(asked >= lapsed_before(china("2026-10-18T23:59:59")));
        assert!(asked < lapsed_before(china("2026-10-19T00:00:00")));
        let stage = |now| stage(asked, china(now));
        assert_eq!(stage("2026-09-18T04:20:00"), 0);
        assert_eq!(stage("2026-10-02T23:00:00"), 0);
        assert_eq!(stage("2026-10-03T04:20:00"), 15);
        assert_eq!(stage("2026-10-13T04:20:00"), 25);
        assert_eq!(stage("2026-10-18T04:20:00"), 25);
        assert_eq!(stage("2026-10-19T04:20:00"), 31);
        assert_eq!(stage("2027-10-19T04:20:00"), 31);
    }

    #[test]
    fn acc_b8_nobody_confirms_the_own_grant_but_the_roots_only_holder() {
        assert!(may_confirm(false, false, 1) && may_confirm(false, true, 2));
        assert!(!may_confirm(true, false, 1) && !may_confirm(true, true, 2));
        assert!(may_confirm(true, true, 1));
    }
}
