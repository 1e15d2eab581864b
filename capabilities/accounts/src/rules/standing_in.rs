//! When a superior acts in place of one without administrator (ACC-79), and which grants lie unused (01b section 6).

use base::business_date;
use chrono::{DateTime, TimeDelta, Utc};

/// Whole days without administrator after which the superior's superior acts.
const DAYS: i64 = 30;
/// Days without sign-in after which a grant is listed.
const UNUSED: i64 = 90;

/// Since when an organisation has no administrator: the last one's end, or its own beginning.
pub(crate) fn vacant_since(
    created_at: DateTime<Utc>,
    in_office: bool,
    last_end: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    (!in_office).then(|| last_end.unwrap_or(created_at))
}

/// Whether thirty whole days have passed: vacant on 1 March, in place from 1 April.
pub(crate) fn stands_in(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (business_date(now) - business_date(since)).num_days() > DAYS
}

/// Whether nobody signed in under a grant for ninety days; one given since then had no time.
pub(crate) fn is_unused(
    since: DateTime<Utc>,
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    now - last.map_or(since, |last| last.max(since)) >= TimeDelta::days(UNUSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn china(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().expect("a moment")
    }

    #[test]
    fn acc_79_thirty_whole_days_without_administrator() {
        let since = china("2026-03-01T10:00:00");
        assert!(!stands_in(since, china("2026-03-31T23:59:59")));
        assert!(stands_in(since, china("2026-04-01T00:00:00")));
        let (created, end) = (china("2025-09-01T08:00:00"), Some(since));
        assert_eq!(vacant_since(created, true, end), None);
        assert_eq!(vacant_since(created, false, end), end);
        assert_eq!(vacant_since(created, false, None), Some(created));
    }

    #[test]
    fn acc_79_grants_without_sign_in_for_ninety_days_are_listed() {
        let now = china("2026-12-01T04:10:00");
        let days = |n| now - TimeDelta::days(n);
        assert!(is_unused(days(200), None, now));
        assert!(is_unused(days(200), Some(days(90)), now));
        assert!(!is_unused(days(200), Some(days(89)), now));
        assert!(!is_unused(days(89), None, now), "given too lately");
        assert!(!is_unused(days(89), Some(days(300)), now));
    }
}
