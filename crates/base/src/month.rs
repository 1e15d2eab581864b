use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A calendar month (年月), as admission and graduation are stated. Stored as `integer` year × 12 + month − 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct YearMonth(i32);

impl YearMonth {
    /// The month, if it is one (1900–2999).
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1900..3000).contains(&year) && (1..=12).contains(&month))
            .then(|| Self(year * 12 + month as i32 - 1))
    }

    /// The month of a date.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.year() * 12 + date.month0() as i32)
    }

    /// The month of a moment in China.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self::of(crate::business_date(now))
    }

    /// From the database.
    pub fn from_index(index: i32) -> Self {
        Self(index)
    }

    /// For the database.
    pub fn index(self) -> i32 {
        self.0
    }

    /// Year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Month, 1–12.
    pub fn month(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }

    /// Whole months from `earlier` to this.
    pub fn months_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// This month moved by `months`.
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// As people write it: `2020年9月`.
    pub fn chinese(self) -> String {
        format!("{}年{}月", self.year(), self.month())
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for YearMonth {
    type Err = ();

    /// Reads the many ways people write a month: `2020-9`, `2020.09`, `2020/9`, `2020年9月`, `202009`, or a whole date.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = crate::text::normalise(text);
        let parts: Vec<&str> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        if text
            .chars()
            .any(|c| !c.is_ascii_digit() && !"-./年月日 ".contains(c))
        {
            return Err(());
        }
        let (year, month) = match parts.as_slice() {
            [whole] if whole.len() == 6 || whole.len() == 8 => (&whole[..4], &whole[4..6]),
            [year, month] | [year, month, _] if year.len() == 4 && month.len() <= 2 => {
                (*year, *month)
            }
            _ => return Err(()),
        };
        let day_ok = match parts.as_slice() {
            [whole] if whole.len() == 8 => whole[6..]
                .parse::<u32>()
                .is_ok_and(|d| (1..=31).contains(&d)),
            [_, _, day] => {
                day.len() <= 2 && day.parse::<u32>().is_ok_and(|d| (1..=31).contains(&d))
            }
            _ => true,
        };
        let month = Self::new(
            year.parse().map_err(|_| ())?,
            month.parse().map_err(|_| ())?,
        );
        month.filter(|_| day_ok).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_in_all_usual_forms() {
        let want = YearMonth::new(2020, 9).unwrap();
        for form in [
            "2020-9",
            "2020.09",
            "2020/9",
            "2020年9月",
            "202009",
            "2020-09-01",
            "２０２０年９月",
            "20200930",
            " 2020-09 ",
        ] {
            assert_eq!(form.parse(), Ok(want), "{form}");
        }
        for form in [
            "",
            "2020",
            "2020-13",
            "2020-0",
            "20-09",
            "九月",
            "2020-09-32",
            "20209",
            "2020-9-1-1",
            "1899-01",
        ] {
            assert_eq!(form.parse::<YearMonth>(), Err(()), "{form}");
        }
        assert_eq!(want.to_string(), "2020-09");
        assert_eq!(want.plus(4).chinese(), "2021年1月");
    }
}
