use crate::text;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether the invented ranges of demonstrations and tests (ID numbers 999…, phones 100…) are taken; never in production.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reserved {
    /// Demonstration and tests.
    Accepted,
    /// Production.
    Refused,
}

/// Sex as GB/T 2261.1 counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// GB/T 2261.1 code.
    pub fn code(self) -> i16 {
        match self {
            Self::Male => 1,
            Self::Female => 2,
        }
    }

    /// Reads a GB/T 2261.1 code.
    pub fn from_code(code: i16) -> Self {
        if code == 1 { Self::Male } else { Self::Female }
    }

    /// 男 / 女.
    pub fn label(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

/// A citizen's 18-character ID number (GB 11643) that passed ROS-10. Its `Debug` and `Display` are masked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

/// Why a text is no ID number (ROS-10, ACC-03).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdFault {
    /// Nothing typed.
    Empty,
    /// A first-generation number.
    Fifteen,
    /// Not 18 characters, or other characters than digits and a final X.
    Length,
    /// Unknown province code.
    Province,
    /// No such day, a day to come, or more than 120 years ago.
    Birth,
    /// The check character does not fit.
    Check,
}

impl IdFault {
    /// The sentence for the person who typed it.
    pub fn message(self) -> &'static str {
        match self {
            Self::Empty => "请填写身份证号码",
            Self::Fifteen => "请输入18位身份证号。",
            Self::Length => "身份证号码应为18位：17位数字加1位数字或X，请对照证件核对",
            Self::Province => "身份证号码前两位不是有效的省级代码，请对照证件核对",
            Self::Birth => "身份证号码中的出生日期无效，请核对第7–14位",
            Self::Check => "身份证号码校验码不正确，请核对是否输错一位",
        }
    }
}

/// The check character of the first 17 digits (weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, modulo 11).
pub fn check_digit(digits: &[u8]) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(d, w)| u32::from(d.wrapping_sub(b'0')) * w)
        .sum();
    b"10X98765432"[(sum % 11) as usize] as char
}

const PROVINCES: [&str; 36] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "66",
    "71", "81", "82", "83",
];

impl IdNumber {
    /// Reads what a person typed (ACC-03: blanks, full-width digits, small x) and checks it (ROS-10) as of `today`.
    pub fn parse(typed: &str, today: NaiveDate, reserved: Reserved) -> Result<Self, IdFault> {
        let text: String = text::normalise(typed)
            .chars()
            .filter(|c| *c != ' ')
            .collect::<String>()
            .to_uppercase();
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(IdFault::Empty);
        }
        if bytes.len() == 15 && bytes.iter().all(u8::is_ascii_digit) {
            return Err(IdFault::Fifteen);
        }
        let last_ok = bytes
            .last()
            .is_some_and(|c| c.is_ascii_digit() || *c == b'X');
        if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) || !last_ok {
            return Err(IdFault::Length);
        }
        let invented = reserved == Reserved::Accepted && text.starts_with("999");
        if !invented && !PROVINCES.contains(&&text[..2]) {
            return Err(IdFault::Province);
        }
        let born = Self::date_in(&text).filter(|d| *d <= today && today.year() - d.year() <= 120);
        if born.is_none() {
            return Err(IdFault::Birth);
        }
        if check_digit(&bytes[..17]) != bytes[17] as char {
            return Err(IdFault::Check);
        }
        Ok(Self(text))
    }

    /// Takes a number back from the database, where only checked ones are kept.
    pub fn trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn date_in(text: &str) -> Option<NaiveDate> {
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
        NaiveDate::from_ymd_opt(part(6..10)? as i32, part(10..12)?, part(12..14)?)
    }

    /// Date of birth (ROS-11).
    pub fn born(&self) -> NaiveDate {
        Self::date_in(&self.0).unwrap_or_default()
    }

    /// Sex by the 17th digit (ROS-11: odd is male).
    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[16] % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// The whole number: only for encryption, the blind index and recorded unmasking.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last 8 characters: the first password of `national` (ACC-12).
    pub fn tail(&self) -> &str {
        &self.0[10..]
    }

    /// 前 3 后 4 with four stars whatever the length (DESIGN.md 8).
    pub fn masked(&self) -> String {
        mask_number(&self.0)
    }
}

/// `999****0017`: three first, four last, always four stars, so the length is not betrayed.
pub fn mask_number(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    if chars.len() < 8 {
        return "****".into();
    }
    let tail: String = chars[chars.len() - 4..].iter().collect();
    let head: String = chars[..3].iter().collect();
    format!("{head}****{tail}")
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A mainland mobile number; masked in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

/// Why a text is no mobile number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MobileFault {
    /// Nothing typed.
    Empty,
    /// Not 1[3-9] and nine digits.
    Form,
}

impl MobileFault {
    /// The sentence for the person who typed it.
    pub fn message(self) -> &'static str {
        match self {
            Self::Empty => "请填写手机号码",
            Self::Form => "手机号码应为11位、以13–19开头的数字，请核对",
        }
    }
}

impl Mobile {
    /// Reads what a person typed: `+86`, blanks and dashes removed; `1[3-9]` and nine digits, in demonstrations also 100….
    pub fn parse(typed: &str, reserved: Reserved) -> Result<Self, MobileFault> {
        let text: String = text::normalise(typed)
            .chars()
            .filter(|c| !" -".contains(*c))
            .collect();
        let text = text
            .strip_prefix("+86")
            .or_else(|| text.strip_prefix("0086"))
            .unwrap_or(&text);
        if text.is_empty() {
            return Err(MobileFault::Empty);
        }
        let bytes = text.as_bytes();
        let form = bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1';
        let range = form
            && ((b'3'..=b'9').contains(&bytes[1])
                || (reserved == Reserved::Accepted && text.starts_with("100")));
        range
            .then(|| Self(text.to_owned()))
            .ok_or(MobileFault::Form)
    }

    /// Takes a number back from the database.
    pub fn trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole number.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `100****0017`.
    pub fn masked(&self) -> String {
        mask_number(&self.0)
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, 18).unwrap()
    }

    fn parse(text: &str) -> Result<IdNumber, IdFault> {
        IdNumber::parse(text, today(), Reserved::Refused)
    }

    #[test]
    fn ros_10_id_numbers_are_checked_by_length_province_birth_and_check_character() {
        // Public sample numbers of the standard and of the worked examples.
        assert!(parse("11010519491231002X").is_ok());
        assert!(parse("110101200405200013").is_ok());
        assert_eq!(parse("110101200405200014"), Err(IdFault::Check));
        assert_eq!(parse("110101200402300018"), Err(IdFault::Birth));
        assert_eq!(parse("1101012004052000"), Err(IdFault::Length));
        assert_eq!(parse("991010200405200013"), Err(IdFault::Province));
        assert_eq!(
            parse("11010119000101001X"),
            Err(IdFault::Birth),
            "older than 120"
        );
        assert_eq!(parse("11010A200405200013"), Err(IdFault::Length));
        assert_eq!(parse(""), Err(IdFault::Empty));
    }

    #[test]
    fn acc_03_id_numbers_are_normalised_before_use() {
        let plain = parse("11010519491231002X").unwrap();
        assert_eq!(parse(" 11010519491231002x "), Ok(plain.clone()));
        assert_eq!(parse("１１０１０５１９４９１２３１００２Ｘ"), Ok(plain));
        assert_eq!(parse("110105491231002"), Err(IdFault::Fifteen));
        assert_eq!(IdFault::Fifteen.message(), "请输入18位身份证号。");
    }

    #[test]
    fn ros_11_birth_and_sex_come_from_the_number() {
        let body = b"11010120040520001";
        let number = format!("11010120040520001{}", check_digit(body));
        let id = parse(&number).unwrap();
        assert_eq!(id.born().to_string(), "2004-05-20");
        assert_eq!(id.sex(), Sex::Male);
    }

    #[test]
    fn gen_05_numbers_never_print_whole() {
        let id = parse("11010519491231002X").unwrap();
        assert_eq!(format!("{id} {id:?}"), "110****002X 110****002X");
        let phone = Mobile::parse("+86 138-0013-8000", Reserved::Refused).unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "138****8000 138****8000");
    }

    #[test]
    fn invented_ranges_are_taken_in_demonstrations_only() {
        let body = b"99900120040520001";
        let number = format!("99900120040520001{}", check_digit(body));
        assert_eq!(parse(&number), Err(IdFault::Province));
        assert!(IdNumber::parse(&number, today(), Reserved::Accepted).is_ok());
        assert_eq!(
            Mobile::parse("10000000017", Reserved::Refused),
            Err(MobileFault::Form)
        );
        assert!(Mobile::parse("10000000017", Reserved::Accepted).is_ok());
        assert_eq!(
            Mobile::parse("1380013800", Reserved::Refused),
            Err(MobileFault::Form)
        );
    }
}
