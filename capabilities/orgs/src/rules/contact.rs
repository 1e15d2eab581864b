//! Phone, mail and credit code of an organisation.

use super::Fault;
use base::{Mobile, Reserved, text};

/// Reads an office phone: a mobile, or a landline with area code (FLD-03).
pub(crate) fn read_phone(typed: &str, reserved: Reserved) -> Result<Option<String>, Fault> {
    let value = text::normalise(typed);
    if value.is_empty() {
        return Ok(None);
    }
    let digits: String = value.chars().filter(|c| !"- ".contains(*c)).collect();
    let landline = digits.len() >= 10
        && digits.len() <= 12
        && digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit())
        && value.matches('-').count() <= 1;
    if landline {
        return Ok(Some(value));
    }
    match Mobile::parse(&value, reserved) {
        Ok(mobile) => Ok(Some(mobile.reveal().to_owned())),
        Err(_) => Err(Fault::new(
            "phone",
            "org.phone",
            "联系电话格式有误，应为手机号码，或区号加7–8位座机号码（如0531-88880000）。",
        )),
    }
}

/// Whether the check character of GB 32100 is right.
pub(super) fn is_uscc(code: &str) -> bool {
    const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<usize>> = code.chars().map(|c| SIGNS.find(c)).collect();
    let Some(values) = values.filter(|v| v.len() == 18) else {
        return false;
    };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// Reads a mail address.
pub(super) fn read_email(typed: &str, most: usize) -> Result<Option<String>, Fault> {
    let value = text::normalise(typed);
    let proper = value.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    }) && value.is_ascii()
        && !value.contains(' ')
        && value.matches('@').count() == 1;
    match (value.is_empty(), proper) {
        (true, _) => Ok(None),
        (_, true) if value.len() > most => Err(Fault::new(
            "email",
            "org.email_length",
            format!(
                "电子邮箱最多{most}个字符，现有{}个，请改填较短的邮箱。",
                value.len()
            ),
        )),
        (_, true) => Ok(Some(value)),
        _ => Err(Fault::new(
            "email",
            "org.email",
            "电子邮箱格式有误，应如 name@example.cn，请核对。",
        )),
    }
}

/// Reads 团组织机构代码 (FLD-03): the eighteen signs of GB 32100, or an older code of letters, figures and dashes.
pub(super) fn read_league_code(typed: &str) -> Result<Option<String>, Fault> {
    let value = text::normalise(typed).to_uppercase();
    let older = (4..=17).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match value.as_str() {
        "" => Ok(None),
        code if older || is_uscc(code) => Ok(Some(value)),
        _ => Err(Fault::new(
            "league_code",
            "org.league_code",
            "团组织机构代码有误：18位的校验位应正确，旧代码为4–17位字母、数字或短横。没有可不填。",
        )),
    }
}

/// Reads 团组织微信号 (FLD-03) by the rule of that network: a letter, then 5 to 19 letters, figures, `_` or `-`.
pub(super) fn read_wechat(typed: &str) -> Result<Option<String>, Fault> {
    let value = text::normalise(typed);
    let proper = (6..=20).contains(&value.len())
        && value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    match (value.is_empty(), proper) {
        (true, _) => Ok(None),
        (_, true) => Ok(Some(value)),
        _ => Err(Fault::new(
            "wechat",
            "org.wechat",
            "团组织微信号有误，应以字母开头，共6–20位字母、数字、下划线或短横。填的是微信号，不是昵称。",
        )),
    }
}

/// Reads 微博号 (FLD-03): its name, 30 characters at most.
pub(super) fn read_weibo(typed: &str) -> Result<Option<String>, Fault> {
    let value = text::normalise(typed);
    let value = value.trim_start_matches('@').to_owned();
    match value.chars().count() {
        0 => Ok(None),
        1..=30 => Ok(Some(value)),
        long => Err(Fault::new(
            "weibo",
            "org.weibo",
            format!("微博号最多30个字，现有{long}个，请核对。"),
        )),
    }
}
