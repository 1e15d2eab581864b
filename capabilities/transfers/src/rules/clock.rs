//! Deadlines (TRF-33..38, 40): how long a step may wait, and what happens then.

use super::{Outcome, Step};
use crate::policy::{HandoverPolicy, StepRule};
use base::{at_midnight, business_date, days_until};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;

/// A day of the year, `05-01` in a profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl TryFrom<String> for MonthDay {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fault = "a day of the year like 05-01";
        let (month, day) = text.split_once('-').ok_or(fault)?;
        let (month, day) = (
            month.parse().map_err(|_| fault)?,
            day.parse().map_err(|_| fault)?,
        );
        // 2001 has no 29 February, which no phase may begin on.
        NaiveDate::from_ymd_opt(2001, month, day).ok_or(fault)?;
        Ok(Self { month, day })
    }
}

impl MonthDay {
    fn in_year(self, year: i32) -> DateTime<Utc> {
        at_midnight(NaiveDate::from_ymd_opt(year, self.month, self.day).unwrap_or_default())
    }

    /// The last time this day began, `moment` included.
    fn last(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let year = business_date(moment).year();
        let this = self.in_year(year);
        if this <= moment {
            this
        } else {
            self.in_year(year - 1)
        }
    }

    /// The next time this day begins.
    fn next(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let year = business_date(moment).year();
        let this = self.in_year(year);
        if this > moment {
            this
        } else {
            self.in_year(year + 1)
        }
    }

    /// Whether this day of `year` has begun.
    pub(super) fn reached(self, year: i32, now: DateTime<Utc>) -> bool {
        self.in_year(year) <= now
    }

    /// `9月1日`.
    pub fn chinese(self) -> String {
        format!("{}月{}日", self.month, self.day)
    }
}

/// The part of the graduates' year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// 1 May to 31 August: nothing is forced.
    Apply,
    /// September: everything is to be decided.
    Review,
    /// From 1 October: what stays undecided is returned.
    Close,
}

impl Phase {
    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Apply => "集中申请期",
            Self::Review => "集中审核期",
            Self::Close => "收尾期",
        }
    }
}

/// The part of the graduates' year `now` lies in.
pub fn phase(now: DateTime<Utc>, policy: &HandoverPolicy) -> Phase {
    [
        (policy.apply_from, Phase::Apply),
        (policy.review_from, Phase::Review),
        (policy.close_from, Phase::Close),
    ]
    .into_iter()
    .max_by_key(|(from, _)| from.last(now))
    .map_or(Phase::Close, |(_, phase)| phase)
}

/// When the phase that `now` lies in began.
pub fn phase_start(now: DateTime<Utc>, policy: &HandoverPolicy) -> DateTime<Utc> {
    [policy.apply_from, policy.review_from, policy.close_from]
        .into_iter()
        .map(|from| from.last(now))
        .max()
        .unwrap_or(now)
}

fn next_phase(now: DateTime<Utc>, policy: &HandoverPolicy) -> DateTime<Utc> {
    [policy.apply_from, policy.review_from, policy.close_from]
        .into_iter()
        .map(|from| from.next(now))
        .min()
        .unwrap_or(now)
}

/// When a step decides itself, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// From this moment on it is too late.
    pub at: DateTime<Utc>,
    /// What happens.
    pub outcome: Outcome,
}

fn ordinary(rule: &StepRule, from: DateTime<Utc>) -> Option<Due> {
    let at = match (rule.days, rule.hours) {
        (Some(days), _) => days_until(from, days),
        (None, Some(hours)) => from + TimeDelta::hours(i64::from(hours)),
        (None, None) => return None,
    };
    Some(Due {
        at,
        outcome: rule.outcome,
    })
}

/// The deadline of a step that arrived at `arrived`, as it stands at `now`. Graduates' reviews follow the phase; a phase
/// change gives each open step a new deadline (TRF-40).
pub fn deadline(
    step: Step,
    rule: &StepRule,
    arrived: DateTime<Utc>,
    is_handover: bool,
    now: DateTime<Utc>,
    policy: &HandoverPolicy,
) -> Option<Due> {
    if !(is_handover && policy.phases && step.is_review()) {
        return ordinary(rule, arrived);
    }
    let from = arrived.max(phase_start(now, policy));
    match phase(now, policy) {
        Phase::Apply => None,
        Phase::Review => ordinary(rule, from),
        Phase::Close => Some(Due {
            at: days_until(from, policy.close_days),
            outcome: Outcome::Return,
        }),
    }
}

/// What really happens if nobody ever acts: the deadline seen through the phase changes still to come.
pub fn forecast(
    step: Step,
    rule: &StepRule,
    arrived: DateTime<Utc>,
    is_handover: bool,
    now: DateTime<Utc>,
    policy: &HandoverPolicy,
) -> Option<Due> {
    let mut seen_from = now;
    // A year has three phases: the fourth look sees nothing new.
    for _ in 0..4 {
        let due = deadline(step, rule, arrived, is_handover, seen_from, policy);
        let change = next_phase(seen_from, policy);
        match due {
            Some(due) if due.at <= change || !is_handover || !policy.phases => return Some(due),
            None if !is_handover || !policy.phases || !step.is_review() => return None,
            _ => seen_from = change,
        }
    }
    None
}
