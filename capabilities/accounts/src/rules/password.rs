//! Which passwords are taken (ACC-17, ACC-18, SEC-01, SEC-02).

use super::common::{COMMON, is_commonest};
use crate::{Policy, policy::OwnData, store::session::Standing};
use access::Role;
use base::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};

/// What the person must not hide the password in: own number, phone, username, name in letters.
#[derive(Clone, Debug, Default)]
pub struct OwnWords(pub Vec<String>);

fn refuse(code: &'static str, message: impl Into<String>) -> Error {
    Error::refused_at("password", code, message)
}

/// Checks a new password; `admin` for accounts with an administrator's or operator's grant.
pub fn check(policy: &Policy, admin: bool, password: &str, own: &OwnWords) -> Result<()> {
    let length = password.chars().count();
    let (least, kinds_wanted) = if admin {
        (
            policy.admin_password.min_length,
            policy.admin_password.kinds,
        )
    } else {
        (policy.password.min_length, policy.password.classes)
    };
    if length == 0 {
        return Err(refuse("password.empty", "请填写新密码"));
    }
    if length < least {
        let who = if admin { "管理员" } else { "" };
        return Err(refuse(
            "password.short",
            format!("密码太短：{who}密码至少{least}个字符，现在是{length}个，请加长"),
        ));
    }
    if length > policy.password.max_length {
        return Err(refuse(
            "password.long",
            format!("密码最多{}个字符，请缩短", policy.password.max_length),
        ));
    }
    if password.chars().any(char::is_control) {
        return Err(refuse(
            "password.control",
            "密码含有不可见的控制字符，请重新输入",
        ));
    }
    let kinds = if admin {
        kinds_of_4(password)
    } else {
        kinds_of_3(password)
    };
    if kinds < kinds_wanted {
        let message = if admin {
            format!(
                "管理员密码须包含大写字母、小写字母、数字、符号中的至少{kinds_wanted}种，现在只有{kinds}种"
            )
        } else {
            format!("密码须包含字母、数字、符号中的至少{kinds_wanted}种，现在只有{kinds}种")
        };
        return Err(refuse("password.kinds", message));
    }
    if policy.password.own_data == OwnData::Refuse && contains_own(password, own) {
        return Err(refuse(
            "password.own",
            "密码不能包含证件号、手机号或用户名。本人证件号、手机号、用户名、姓名拼音、所管理组织的ID和名称拼音中连续的4位以及系统名称也不行，请换一个与本人信息无关的密码。",
        ));
    }
    if is_common(password) {
        return Err(common());
    }
    Ok(())
}

/// The refusal of what everybody tries first.
pub(crate) fn common() -> Error {
    refuse(
        "password.common",
        "该密码已在公开泄露库中，请更换。建议用三四个不相关的词加数字。",
    )
}

fn kinds_of_3(password: &str) -> usize {
    let letters = password.chars().any(char::is_alphabetic);
    let digits = password.chars().any(|c| c.is_ascii_digit());
    let others = password
        .chars()
        .any(|c| !c.is_alphabetic() && !c.is_ascii_digit());
    usize::from(letters) + usize::from(digits) + usize::from(others)
}

fn kinds_of_4(password: &str) -> usize {
    let capitals = password.chars().any(|c| c.is_ascii_uppercase());
    // Chinese characters have no capitals; they count as small letters.
    let small = password
        .chars()
        .any(|c| c.is_alphabetic() && !c.is_ascii_uppercase());
    kinds_of_3(password) - usize::from(password.chars().any(char::is_alphabetic))
        + usize::from(capitals)
        + usize::from(small)
}

/// Characters in a row of one's own number, phone, username or name that no password may hold (SEC-02).
const IN_A_ROW: usize = 4;
/// Names of the product and of the organisation everybody here belongs to.
const PRODUCT: [&str; 3] = ["tuanjian", "gongqingtuan", "gqt"];

/// Whether it holds a piece of anything of one's own, or the product's name (SEC-02).
fn contains_own(password: &str, own: &OwnWords) -> bool {
    let password = password.to_lowercase();
    let own = own.0.iter().map(|w| w.to_lowercase()).any(|word| {
        let chars: Vec<char> = word.chars().collect();
        chars
            .windows(IN_A_ROW)
            .any(|part| password.contains(&part.iter().collect::<String>()))
    });
    own || PRODUCT.iter().any(|word| password.contains(word))
}

const ROWS: [&str; 7] = [
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
];

/// Whether everybody tries it first: a common word, a row of keys, repeated characters, each with usual additions.
pub(crate) fn is_common(password: &str) -> bool {
    let small = password.to_lowercase();
    let core = small.trim_matches(|c: char| !c.is_alphanumeric());
    let bare = core.trim_end_matches(|c: char| c.is_ascii_digit());
    let additions = &core[bare.len()..];
    let usual =
        additions.len() <= 3 || is_row(additions) || is_year(additions) || is_repeated(additions);
    is_commonest(&small)
        || COMMON.contains(&small.as_str())
        || COMMON.contains(&core)
        || is_row(core)
        || is_repeated(core)
        || is_date(core)
        || (usual
            && (COMMON.contains(&bare)
                || (bare.len() <= 3 && additions.len() >= 4)
                || (bare.len() > 3 && (is_row(bare) || is_repeated(bare)))))
}

fn is_row(text: &str) -> bool {
    text.len() >= 3 && ROWS.iter().any(|row| row.contains(text))
}

/// One short piece over and over: `aaaaaaaa`, `abab1212` is not, `12341234` is.
fn is_repeated(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=4.min(chars.len() / 2))
        .any(|n| chars.chunks(n).all(|piece| piece == &chars[..piece.len()]))
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && (text.starts_with("19") || text.starts_with("20"))
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && chrono::NaiveDate::parse_from_str(text, "%Y%m%d").is_ok()
}

/// Whether the holder of these grants falls under the stricter rule.
pub(crate) fn is_admin(roles: impl IntoIterator<Item = Role>) -> bool {
    roles
        .into_iter()
        .any(|role| role.administers() || role == Role::Auditor)
}

/// Whether an administrator's password has reached its age (`sec.admin.password`).
pub(crate) fn is_due(policy: &Policy, standing: &Standing, now: DateTime<Utc>) -> bool {
    let days = policy.admin_password.rotate_days;
    days > 0
        && is_admin(standing.grants.iter().map(|g| g.role))
        && standing
            .password_at
            .is_some_and(|at| at + TimeDelta::days(days) <= now)
}
