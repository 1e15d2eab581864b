//! One cell: what was typed, what it means, what is wrong with it.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{Kind, moment};

/// What keeps a cell from having a meaning at all, whatever the rules of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A formula, which is never computed (SEC-33).
    Formula,
    /// A number with more digits than a spreadsheet keeps.
    LostDigits,
    /// A year and month stored as the number 2020.1, which may have been 2020.10.
    AmbiguousMonth,
    /// Control characters or a line break within.
    Characters,
    /// An error value such as `#N/A`.
    ErrorValue,
    /// Covered by a merged cell, which keeps its value in its first cell only.
    Merged,
}

/// One cell of a data row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Its `A1` name in the file; empty for a cell typed on a page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// As typed; goes into the file of failed rows unchanged.
    pub typed: String,
    /// As understood: trimmed, half-width, options as declared, months as `2020-09`, dates as `2020-09-01`.
    /// When it could not be understood, the cleaned text.
    pub text: String,
    /// Why it has no meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// A value as the file stores it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored {
    Text(String),
    Number(f64),
    Serial(f64),
    Bool(bool),
    Error(String),
}

impl Cell {
    /// A cell from what a person typed, on a page or in a text cell.
    #[must_use]
    pub fn typed(kind: &Kind, typed: &str) -> Self {
        // Our own files put an apostrophe before what could be taken for a formula (SEC-34); it is not part of the value.
        let typed = match typed.strip_prefix('\'') {
            Some(rest) if crate::write::looks_like_formula(rest) => rest,
            _ => typed,
        };
        let cleaned = clean(typed);
        let mut cell = Self {
            typed: typed.to_owned(),
            text: cleaned,
            ..Self::default()
        };
        if cell.text.chars().any(is_unfit) {
            cell.trouble = Some(Trouble::Characters);
            return cell;
        }
        match kind {
            Kind::IdLike | Kind::Integer => {
                cell.text = id_like(&cell.text);
                if is_scientific(&cell.text) {
                    cell.trouble = Some(Trouble::LostDigits);
                }
            }
            Kind::Code(options) => {
                // Nearly every cell comes from the dropdown, so the exact match is tried first.
                if !options.contains(&cell.text) {
                    let key = match_key(&cell.text);
                    if let Some(option) = options.iter().find(|o| match_key(o) == key) {
                        cell.text.clone_from(option);
                    }
                }
            }
            Kind::YearMonth => {
                if let Some((year, month)) = moment::year_month(&cell.text) {
                    cell.text = format!("{year:04}-{month:02}");
                }
            }
            Kind::Date => {
                if let Some(date) = moment::date(&cell.text) {
                    cell.text = date.to_string();
                }
            }
            Kind::Text => {}
        }
        cell
    }

    /// A cell from what the file stores.
    pub(crate) fn stored(kind: &Kind, stored: Stored, epoch_1904: bool) -> Self {
        let dated = matches!(kind, Kind::YearMonth | Kind::Date);
        match stored {
            Stored::Text(text) => Self::typed(kind, &text),
            Stored::Bool(yes) => Self::typed(kind, if yes { "TRUE" } else { "FALSE" }),
            Stored::Error(text) => Self {
                typed: text,
                trouble: Some(Trouble::ErrorValue),
                ..Self::default()
            },
            Stored::Serial(number) => match moment::from_serial(number, epoch_1904) {
                Some(day) => Self::typed(kind, &day.to_string()),
                None => Self::stored(kind, Stored::Number(number), epoch_1904),
            },
            // A date whose cell lost its date format: five digits, 1930 to 2064.
            Stored::Number(number) if dated && (10_958.0..60_000.0).contains(&number) => {
                match moment::from_serial(number, epoch_1904) {
                    Some(day) => Self::typed(kind, &day.to_string()),
                    None => Self::typed(kind, &number.to_string()),
                }
            }
            Stored::Number(number) if !number.is_finite() => Self {
                typed: number.to_string(),
                trouble: Some(Trouble::ErrorValue),
                ..Self::default()
            },
            Stored::Number(number) if number.abs() >= 1e15 => {
                let typed = format!("{number:E}");
                Self {
                    text: typed.clone(),
                    typed,
                    trouble: Some(Trouble::LostDigits),
                    ..Self::default()
                }
            }
            Stored::Number(number) => {
                let mut cell = Self::typed(kind, &number.to_string());
                // 2020.10 typed into a number cell is kept as 2020.1.
                if *kind == Kind::YearMonth && cell.typed.ends_with(".1") {
                    cell.trouble = Some(Trouble::AmbiguousMonth);
                }
                cell
            }
        }
    }

    /// Nothing typed, nothing wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.trouble.is_none()
    }
}

/// Letters, digits and blanks half-width, invisible characters gone, no blanks at the ends.
///
/// Full-width punctuation stays: brackets in an organisation's name are part of the name.
#[must_use]
pub fn clean(text: &str) -> String {
    let folded: String = text
        .nfc()
        .filter(|c| {
            !matches!(
                c,
                '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}'
            )
        })
        .map(|c| match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => half_width(c),
            '\u{3000}' | '\u{00A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' => ' ',
            _ => c,
        })
        .collect();
    folded.trim().to_owned()
}

/// The half-width twin of a full-width character.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{00A0}' => ' ',
        _ => c,
    }
}

/// Identifiers: all half-width, the apostrophe of "as text" taken off, the check sign of an ID number raised.
fn id_like(text: &str) -> String {
    let text: String = text.chars().map(half_width).collect();
    let text = text.trim_start_matches(['\'', '’', '‘', '`']).trim();
    match text.strip_suffix('x') {
        Some(rest) if rest.len() == 17 && rest.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{rest}X")
        }
        _ => text.to_owned(),
    }
}

/// `4.40106E+17`, even when it arrives as text.
fn is_scientific(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let power = power.strip_prefix('+').unwrap_or(power);
    let is_number = |s: &str| {
        s.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && s.bytes().all(|b| b.is_ascii_digit())
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    whole.len() == 1
        && is_number(whole)
        && is_number(fraction)
        && is_number(power)
        && power.len() <= 3
        && text.contains(['+', '.'])
}

/// Control characters and those that turn the direction of writing.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}' | '\u{FFFD}')
}

/// What two writings of an option or a heading have in common.
pub(crate) fn match_key(text: &str) -> String {
    clean(text)
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(kind: &Kind, value: f64) -> Cell {
        Cell::stored(kind, Stored::Number(value), false)
    }

    #[test]
    fn sec_33_numbers_become_text_without_loss_up_to_fifteen_digits() {
        for (value, text) in [
            (0.0, "0"),
            (10_000_000_001.0, "10000000001"),
            (201_737_000_123.0, "201737000123"),
            (999_999_999_999_999.0, "999999999999999"),
        ] {
            let cell = number(&Kind::IdLike, value);
            assert_eq!((cell.text.as_str(), cell.trouble), (text, None));
        }
        for value in [1e15, 999_101_199_901_011_237.0, 1.101_01E17, -1e15, 1e300] {
            assert_eq!(
                number(&Kind::IdLike, value).trouble,
                Some(Trouble::LostDigits),
                "{value}"
            );
        }
        assert_eq!(
            number(&Kind::Text, f64::NAN).trouble,
            Some(Trouble::ErrorValue)
        );
    }

    #[test]
    fn sec_33_scientific_notation_is_found_even_as_text() {
        for text in [
            "1.10101E+17",
            "4.40106e17",
            "１．１０１０１Ｅ＋１７",
            "1E+17",
        ] {
            assert_eq!(
                Cell::typed(&Kind::IdLike, text).trouble,
                Some(Trouble::LostDigits),
                "{text}"
            );
        }
        for text in ["E2017", "AB12E34", "12E345", "1E5", "E+1", ""] {
            assert_eq!(Cell::typed(&Kind::IdLike, text).trouble, None, "{text}");
        }
    }

    #[test]
    fn ros_18_full_width_is_folded_and_ends_are_trimmed_before_a_number_is_judged() {
        assert_eq!(
            Cell::typed(&Kind::IdLike, "　２０１７３７０００１２３ \u{200B}").text,
            "201737000123"
        );
        assert_eq!(
            Cell::typed(&Kind::IdLike, "'99910119990101123x").text,
            "99910119990101123X"
        );
        assert_eq!(
            Cell::typed(&Kind::IdLike, "2017-3700 012").text,
            "2017-3700 012"
        );
        assert_eq!(
            Cell::typed(&Kind::Text, " 海棠大学（南校区）２班 ").text,
            "海棠大学（南校区）2班"
        );
    }

    #[test]
    fn org_23_control_characters_are_refused() {
        for text in [
            "张\u{1}三",
            "张\n三",
            "张\u{202E}三",
            "张\t三",
            "张\u{FFFD}",
        ] {
            assert_eq!(
                Cell::typed(&Kind::Text, text).trouble,
                Some(Trouble::Characters),
                "{text:?}"
            );
        }
        assert_eq!(Cell::typed(&Kind::Text, "\t张三\n").trouble, None);
    }

    #[test]
    fn options_are_matched_however_wide_they_are_typed() {
        let kind = Kind::Code(vec!["团支部".into(), "A类（甲）".into()]);
        assert_eq!(Cell::typed(&kind, " 团 支部").text, "团支部");
        assert_eq!(Cell::typed(&kind, "ａ类(甲)").text, "A类（甲）");
        assert_eq!(Cell::typed(&kind, "团总支").text, "团总支");
    }

    #[test]
    fn months_stored_as_numbers_are_read_or_refused_but_never_guessed() {
        let month = |value| number(&Kind::YearMonth, value);
        assert_eq!(month(202_009.0).text, "2020-09");
        assert_eq!(month(20_200_901.0).text, "2020-09");
        assert_eq!(month(2020.09).text, "2020-09");
        assert_eq!(month(2020.12).text, "2020-12");
        assert_eq!(month(44_075.0).text, "2020-09");
        assert_eq!(month(2020.1).trouble, Some(Trouble::AmbiguousMonth));
        assert_eq!(Cell::typed(&Kind::YearMonth, "2020.1").trouble, None);
        assert_eq!(number(&Kind::Date, 44_075.0).text, "2020-09-01");
        assert_eq!(
            Cell::stored(&Kind::Date, Stored::Serial(42_613.0), true).text,
            "2020-09-01"
        );
    }
}
