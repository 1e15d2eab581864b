//! Year-months and dates in the forms people type them.

use chrono::{Datelike, Days, NaiveDate};

/// Years a person's data can lie in; anything else is a slip of the keyboard.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// Reads `2020-9`, `2020.09`, `2020/9`, `2020年9月`, `202009`, `2020-09-01` and kin; a day is checked, then dropped.
#[must_use]
pub fn year_month(text: &str) -> Option<(i32, u32)> {
    let (year, month, day) = parts(text)?;
    NaiveDate::from_ymd_opt(year, month, day.unwrap_or(1))?;
    Some((year, month))
}

/// Reads a full date in the same forms; one without its day is refused rather than guessed.
#[must_use]
pub fn date(text: &str) -> Option<NaiveDate> {
    let (year, month, day) = parts(text)?;
    NaiveDate::from_ymd_opt(year, month, day?)
}

/// The day a serial number of a spreadsheet means; `epoch_1904` is the other calendar some files use.
pub(crate) fn from_serial(serial: f64, epoch_1904: bool) -> Option<NaiveDate> {
    if !serial.is_finite() || !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    let days = serial.floor() as u64;
    let epoch = if epoch_1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else {
        // The 1900 calendar counts a 29 February 1900 that never was.
        NaiveDate::from_ymd_opt(1899, 12, if days < 60 { 31 } else { 30 })?
    };
    epoch
        .checked_add_days(Days::new(days))
        .filter(|day| YEARS.contains(&day.year()))
}

/// Year, month and, where given, day. A time of day of nought (as programs append it) is cut off.
fn parts(text: &str) -> Option<(i32, u32, Option<u32>)> {
    let text: String = text
        .chars()
        .map(crate::cell::half_width)
        .filter(|c| *c != ' ')
        .collect();
    let text = ["T00:00:00", "00:00:00", "00:00"]
        .iter()
        .find_map(|t| text.strip_suffix(t))
        .unwrap_or(&text);
    if text.chars().all(|c| c.is_ascii_digit()) {
        return match text.len() {
            6 => pack(text.get(..4)?, text.get(4..)?, None),
            8 => pack(text.get(..4)?, text.get(4..6)?, text.get(6..)),
            _ => None,
        };
    }
    if let Some((year, rest)) = text.split_once('年') {
        let (month, day) = match rest.split_once('月') {
            Some((month, "")) => (month, None),
            Some((month, day)) => (month, Some(day.strip_suffix(['日', '号']).unwrap_or(day))),
            None => (rest, None),
        };
        return pack(year, month, day);
    }
    // One sign throughout: 2020-09/01 is nobody's way of writing.
    let sign = text
        .chars()
        .find(|c| matches!(c, '-' | '.' | '/' | '。' | '、' | '—' | '–'))?;
    let mut pieces = text.split(sign);
    let (year, month, day) = (pieces.next()?, pieces.next()?, pieces.next());
    if pieces.next().is_some() {
        return None;
    }
    pack(year, month, day)
}

fn pack(year: &str, month: &str, day: Option<&str>) -> Option<(i32, u32, Option<u32>)> {
    let digits = |s: &str, most: usize| {
        (!s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit()))
            .then(|| s.parse::<u32>().ok())?
    };
    let year = digits(year, 4)
        .filter(|_| year.len() == 4)
        .and_then(|y| i32::try_from(y).ok())
        .filter(|y| YEARS.contains(y))?;
    let month = digits(month, 2).filter(|m| (1..=12).contains(m))?;
    let day = match day {
        Some(day) => Some(digits(day, 2).filter(|d| (1..=31).contains(d))?),
        None => None,
    };
    Some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms written out one by one, apart from the parser's own way of thinking.
    #[test]
    fn every_form_of_a_year_month_means_the_same_month() {
        for year in [1900, 1949, 1999, 2000, 2016, 2024, 2100] {
            for month in 1..=12u32 {
                let mut forms = vec![
                    format!("{year}-{month}"),
                    format!("{year}-{month:02}"),
                    format!("{year}.{month}"),
                    format!("{year}.{month:02}"),
                    format!("{year}/{month}"),
                    format!("{year}/{month:02}"),
                    format!("{year}年{month}月"),
                    format!("{year}年{month:02}月"),
                    format!("{year}{month:02}"),
                    format!("{year}-{month:02}-01"),
                    format!("{year}/{month}/1"),
                    format!("{year}{month:02}28"),
                    format!("{year}年{month}月1日"),
                    format!(" {year} 年 {month} 月 "),
                    format!("{year}-{month:02}-28 00:00:00"),
                    format!("{year}年{month}"),
                ];
                forms.push(
                    format!("{year}-{month:02}")
                        .chars()
                        .map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap_or(c))
                        .collect(),
                );
                for form in forms {
                    assert_eq!(year_month(&form), Some((year, month)), "{form}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_year_month_is_refused() {
        for form in [
            "",
            "2020",
            "20209",
            "9/1",
            "20-9",
            "2020-13",
            "2020-0",
            "2020-00",
            "202013",
            "202000",
            "2020年",
            "年9月",
            "2020-9-31-1",
            "2020-02-30",
            "1899-12",
            "2101-01",
            "九月",
            "2020-9月",
            "2020--9",
            "-2020-9",
            "2020-9-",
            "2020年9月1日2",
            "0x7E4-9",
            "2020-+9",
            "+2020-9",
            "٢٠٢٠-٩",
            "20200931",
            "2020-09/01",
            "Sep-19",
            "2020-009",
        ] {
            assert_eq!(year_month(form), None, "{form}");
        }
    }

    #[test]
    fn a_date_needs_its_day() {
        let want = NaiveDate::from_ymd_opt(2020, 9, 1);
        for form in [
            "2020-9-1",
            "2020-09-01",
            "2020.9.1",
            "2020/09/01",
            "2020年9月1日",
            "2020年09月01号",
            "20200901",
            "2020-09-01 00:00:00",
            "2020-09-01T00:00:00",
        ] {
            assert_eq!(date(form), want, "{form}");
        }
        for form in [
            "2020-9",
            "202009",
            "2020年9月",
            "2019-02-29",
            "9/1",
            "20-09-01",
        ] {
            assert_eq!(date(form), None, "{form}");
        }
    }

    #[test]
    fn serial_numbers_of_both_calendars_are_understood() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        assert_eq!(from_serial(1.0, false), day(1900, 1, 1));
        assert_eq!(from_serial(59.0, false), day(1900, 2, 28));
        assert_eq!(from_serial(61.0, false), day(1900, 3, 1));
        assert_eq!(from_serial(44_075.0, false), day(2020, 9, 1));
        assert_eq!(from_serial(44_075.75, false), day(2020, 9, 1));
        assert_eq!(from_serial(42_613.0, true), day(2020, 9, 1));
        for odd in [f64::NAN, f64::INFINITY, -1.0, 1e12, 2_958_466.0] {
            assert_eq!(from_serial(odd, false), None);
        }
    }
}
