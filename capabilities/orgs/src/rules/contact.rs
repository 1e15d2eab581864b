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
