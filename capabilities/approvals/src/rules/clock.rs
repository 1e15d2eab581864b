//! Deadlines, reminders, urgency.

use super::{AtDeadline, Deadline, Step, Superior, Urgency};
use base::{at_midnight, business_date};
use chrono::{DateTime, Days, TimeDelta, Utc};

/// The beginning of the Nth day after arrival.
pub(crate) fn day_after(arrived: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    at_midnight(business_date(arrived) + Days::new(days.into()))
}

/// When the responsible are reminded (TRF-35): at half the time, 3 days and 1 day before (24 and 6 hours where hours
/// count), on the step's own days, and when the superior joins.
pub fn reminders(
    step: &Step,
    arrived: DateTime<Utc>,
    deadline: Option<DateTime<Utc>>,
) -> Vec<DateTime<Utc>> {
    let mut moments: Vec<_> = step
        .remind_days
        .iter()
        .map(|days| day_after(arrived, *days))
        .collect();
    if let Superior::FromDay(days) = step.superior {
        moments.push(day_after(arrived, days));
    }
    if let Some(deadline) = deadline {
        moments.push(arrived + (deadline - arrived) / 2);
        let before = if step.deadline.as_ref().is_some_and(Deadline::is_hours) {
            [TimeDelta::hours(24), TimeDelta::hours(6)]
        } else {
            [TimeDelta::days(3), TimeDelta::days(1)]
        };
        moments.extend(before.map(|span| deadline - span));
        moments.retain(|moment| *moment < deadline);
    }
    moments.retain(|moment| *moment > arrived);
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// When the deadline job must look after `moment`: the next reminder, or the deadline if it does something.
pub fn next_alarm(
    step: &Step,
    arrived: DateTime<Utc>,
    deadline: Option<DateTime<Utc>>,
    outcome: AtDeadline,
    moment: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let reminder = reminders(step, arrived, deadline)
        .into_iter()
        .find(|at| *at > moment);
    let end = deadline.filter(|_| outcome != AtDeadline::Nothing);
    reminder.into_iter().chain(end).min()
}

/// How urgent it is: the last day is red, the last third yellow (COM-05).
pub fn urgency(
    arrived: DateTime<Utc>,
    deadline: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Urgency {
    let Some(deadline) = deadline else {
        return Urgency::Open;
    };
    let left = deadline - now;
    if left <= TimeDelta::hours(24) {
        Urgency::Today
    } else if left <= (deadline - arrived) / 3 {
        Urgency::Soon
    } else {
        Urgency::Later
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::OrgId;
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn step() -> Step {
        Step::new("in", "转入审核", "转入待审核", OrgId(Uuid::nil()), "甲")
    }

    #[test]
    fn trf_35_reminders_come_at_half_time_and_three_and_one_day_before() {
        let arrived = at("2026-09-01T02:00:00+08:00");
        let deadline = Deadline::days(15, AtDeadline::Pass);
        let end = deadline.at(arrived);
        assert_eq!(end, at("2026-09-17T00:00:00+08:00"));
        let moments = reminders(&step().deadline(Some(deadline)), arrived, Some(end));
        assert_eq!(
            moments,
            [
                at("2026-09-09T01:00:00+08:00"),
                at("2026-09-14T00:00:00+08:00"),
                at("2026-09-16T00:00:00+08:00")
            ]
        );
        let hours = Deadline::hours(72, AtDeadline::Pass);
        let moments = reminders(
            &step().deadline(Some(hours)),
            arrived,
            Some(hours.at(arrived)),
        );
        assert_eq!(
            moments,
            [
                at("2026-09-02T14:00:00+08:00"),
                at("2026-09-03T02:00:00+08:00"),
                at("2026-09-03T20:00:00+08:00")
            ]
        );
    }

    #[test]
    fn trf_35_steps_without_deadline_have_their_own_reminders() {
        let arrived = at("2026-09-01T02:00:00+08:00");
        let step = step()
            .remind_on(&[3, 7, 14])
            .superior(Superior::FromDay(15));
        let moments = reminders(&step, arrived, None);
        assert_eq!(moments.len(), 4);
        assert_eq!(moments[0], at("2026-09-04T00:00:00+08:00"));
        let alarm = |moment| next_alarm(&step, arrived, None, AtDeadline::Nothing, moment);
        assert_eq!(alarm(arrived), Some(moments[0]));
        assert_eq!(alarm(moments[3]), None);
    }

    #[test]
    fn com_05_the_last_third_is_yellow_and_the_last_day_red() {
        let arrived = at("2026-09-01T00:00:00+08:00");
        let end = Some(at("2026-09-16T00:00:00+08:00"));
        let of = |now: &str| urgency(arrived, end, at(now));
        assert_eq!(of("2026-09-10T23:59:59+08:00"), Urgency::Later);
        assert_eq!(of("2026-09-11T00:00:00+08:00"), Urgency::Soon);
        assert_eq!(of("2026-09-14T23:59:59+08:00"), Urgency::Soon);
        assert_eq!(of("2026-09-15T00:00:00+08:00"), Urgency::Today);
        assert_eq!(urgency(arrived, None, arrived), Urgency::Open);
    }
}
