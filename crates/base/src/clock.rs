use chrono::{
    DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// China Standard Time, in which all business dates are counted (GEN-01).
pub const CST: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => unreachable!(),
};

/// The one clock (GEN-01). Clones share it. A demonstration may move it; tests fix it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Fixed moment in microseconds, or `i64::MIN` for the system's time.
    fixed: AtomicI64,
    /// Moved by this much (microseconds).
    offset: AtomicI64,
}

impl Clock {
    /// The system's time.
    pub fn system() -> Self {
        Self(Arc::new(Inner {
            fixed: AtomicI64::new(i64::MIN),
            offset: AtomicI64::new(0),
        }))
    }

    /// Stands still at `moment` until moved.
    pub fn fixed(moment: DateTime<Utc>) -> Self {
        Self(Arc::new(Inner {
            fixed: AtomicI64::new(moment.timestamp_micros()),
            offset: AtomicI64::new(0),
        }))
    }

    /// Now, in whole microseconds (what the database keeps).
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let base = match self.0.fixed.load(Ordering::Relaxed) {
            i64::MIN => Utc::now().timestamp_micros(),
            fixed => fixed,
        };
        let micros = base + self.0.offset.load(Ordering::Relaxed);
        Utc.timestamp_micros(micros).single().unwrap_or_default()
    }

    /// How far the clock is moved from its source.
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::microseconds(self.0.offset.load(Ordering::Relaxed))
    }

    /// Moves the clock to `offset` from its source.
    pub fn set_offset(&self, offset: TimeDelta) {
        self.0
            .offset
            .store(offset.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }

    /// Moves the clock so that it reads `moment` now.
    pub fn move_to(&self, moment: DateTime<Utc>) {
        let by = moment - self.now();
        self.set_offset(self.offset() + by);
    }
}

/// The moment as a clock in China shows it.
pub fn china_time(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    moment.with_timezone(&CST)
}

/// The calendar day in China.
pub fn business_date(moment: DateTime<Utc>) -> NaiveDate {
    china_time(moment).date_naive()
}

/// 00:00 in China at the beginning of `day`.
pub fn at_midnight(day: NaiveDate) -> DateTime<Utc> {
    CST.from_local_datetime(&day.and_time(NaiveTime::MIN))
        .single()
        .unwrap_or_default()
        .to_utc()
}

/// The first moment after N natural days: arrival day counts as day 0, the Nth day belongs wholly to the period
/// (04-transfers "Counting days", ACC-22).
pub fn days_until(arrived: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    at_midnight(business_date(arrived) + Days::new(u64::from(days) + 1))
}

/// `9月18日 14:05`, with the year where it is not the year of `now`.
pub fn format_moment(moment: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (moment, now) = (china_time(moment), china_time(now));
    let year = if moment.year() == now.year() {
        String::new()
    } else {
        format!("{}年", moment.year())
    };
    format!(
        "{year}{}月{}日 {:02}:{:02}",
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn gen_01_the_one_clock_can_be_fixed_and_moved() {
        let clock = Clock::fixed(at("2026-09-18T02:00:00Z"));
        assert_eq!(business_date(clock.now()).to_string(), "2026-09-18");
        clock.clone().move_to(at("2026-09-30T16:00:00Z"));
        assert_eq!(
            china_time(clock.now()).to_string(),
            "2026-10-01 00:00:00 +08:00"
        );
    }

    #[test]
    fn natural_days_end_at_midnight_after_the_nth_day() {
        // Worked example 1 of 04-transfers.
        let arrived = at("2020-03-02T02:00:00Z");
        assert_eq!(days_until(arrived, 15), at("2020-03-17T16:00:00Z"));
        assert_eq!(
            format_moment(arrived, at("2020-03-05T00:00:00Z")),
            "3月2日 10:00"
        );
        assert_eq!(
            format_moment(arrived, at("2021-03-05T00:00:00Z")),
            "2020年3月2日 10:00"
        );
    }
}
