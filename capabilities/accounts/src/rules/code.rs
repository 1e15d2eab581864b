//! Codes: how they look and which message a wrong one gets (ACC-21, ACC-22).

use crate::store::code::Row;
use base::{Error, OrgId, Random, Result, business_date};
use chrono::{DateTime, Days, Utc};

/// Digits and letters without those that are mistaken for one another.
const MIXED: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
const CAPITALS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// What a code is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// 管理员注册码.
    Admin,
    /// 组织注册码.
    Org,
}

impl Kind {
    /// The stored code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Org => "org",
        }
    }

    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Admin => MIXED,
            Self::Org => CAPITALS,
        }
    }
}

/// A new code with at least one digit and one letter.
pub(crate) fn new_code(random: &Random, kind: Kind, length: usize) -> String {
    loop {
        let code = random.code(kind.alphabet(), length);
        if code.bytes().any(|c| c.is_ascii_digit()) && code.bytes().any(|c| c.is_ascii_alphabetic())
        {
            return code;
        }
    }
}

/// A code as typed: blanks and full-width characters put right, letter case kept. The first check of ACC-21.
pub(crate) fn read(kind: Kind, length: usize, typed: &str) -> Result<String> {
    let code: String = base::text::normalise(typed)
        .chars()
        .filter(|c| *c != ' ')
        .collect();
    if code.len() == length && code.bytes().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(code);
    }
    let message = match kind {
        Kind::Admin => format!("注册码为{length}位数字与字母，区分大小写。"),
        Kind::Org => format!("邀请码为{length}位数字与大写字母。"),
    };
    Err(Error::refused_at("code", "code.form", message))
}

/// The last day a code is good for.
pub(crate) fn last_day(expires_at: DateTime<Utc>) -> chrono::NaiveDate {
    business_date(expires_at) - Days::new(1)
}

pub(crate) fn unknown() -> Error {
    Error::refused_at("code", "code.unknown", "注册码不存在，请核对大小写。")
}

/// The remaining checks of ACC-21 in their order: other organisation, used, expired.
pub(crate) fn check(
    row: &Row,
    wanted: Option<(OrgId, &str)>,
    days: u32,
    now: DateTime<Utc>,
) -> Result<()> {
    let refuse = |code, message: String| Err(Error::refused_at("code", code, message));
    if let Some((org, name)) = wanted
        && row.org_id != org.0
    {
        return refuse("code.other_org", format!("该注册码不属于〔{name}〕。"));
    }
    match row.state.as_str() {
        "used" if wanted.is_some() => {
            return refuse(
                "code.used",
                "该注册码已被使用，一个注册码只能注册一位管理员。".into(),
            );
        }
        "used" => {
            return refuse(
                "code.used",
                "该邀请码已被使用，一个邀请码只能注册一个团支部。".into(),
            );
        }
        "void" => {
            return refuse(
                "code.void",
                "该注册码已作废，请联系上级团组织管理员重新生成。".into(),
            );
        }
        _ => {}
    }
    if row.expires_at <= now {
        let day = last_day(row.expires_at);
        return refuse(
            "code.expired",
            format!("注册码已过期（有效期{days}天，至{day}），请联系上级团组织管理员重新生成。"),
        );
    }
    Ok(())
}
