//! Who somebody says to be, and where the signed-in land.

use super::entrance::Entrance;
use access::Grant;
use base::{IdFault, IdNumber, Mobile, Reserved};
use chrono::NaiveDate;

/// The one text of every refused sign-in (ACC-02).
pub(crate) const WRONG: &str = "账号或密码不正确。忘记密码请联系所在团支部或直接上级团委管理员；仍无法登录请联系团籍所在单位团委或团支部书记。";

/// What was typed as account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An ID number.
    Id(IdNumber),
    /// A mobile number.
    Phone(Mobile),
    /// Anything else: a username or an organisation's number, in small letters.
    Name(String),
}

impl Claim {
    /// Reads it (ACC-03). Only a first-generation number is answered apart; everything else is just wrong (ACC-02).
    pub(crate) fn read(
        typed: &str,
        today: NaiveDate,
        reserved: Reserved,
    ) -> Result<Self, &'static str> {
        match IdNumber::parse(typed, today, reserved) {
            Ok(number) => return Ok(Self::Id(number)),
            Err(IdFault::Fifteen) => return Err(IdFault::Fifteen.message()),
            Err(IdFault::Empty) => return Err("请填写账号"),
            Err(_) => {}
        }
        if let Ok(mobile) = Mobile::parse(typed, reserved) {
            return Ok(Self::Phone(mobile));
        }
        let name: String = base::text::normalise(typed).to_lowercase();
        Ok(Self::Name(name.chars().take(64).collect()))
    }

    /// One text for the counters, however it was typed.
    pub(crate) fn counted(&self) -> &str {
        match self {
            Self::Id(number) => number.reveal(),
            Self::Phone(mobile) => mobile.reveal(),
            Self::Name(name) => name,
        }
    }
}

/// The last eight characters of a document number, filled up with noughts: the first password (ACC-12).
pub(crate) fn initial_password(document: &str) -> String {
    let chars: Vec<char> = document.to_uppercase().chars().collect();
    let tail: String = chars[chars.len().saturating_sub(8)..].iter().collect();
    format!("{tail:0>8}")
}

/// Whether somebody who has signed in may be led there.
pub(crate) fn is_local(place: &str) -> bool {
    web::is_local(place) && !place.starts_with("/login") && !place.starts_with("/logout")
}

/// Where somebody lands after sign-in (ACC-05).
pub(crate) fn landing(next: &str, kind: &str, acting: Option<&Grant>, phone: bool) -> String {
    if kind == "applicant" {
        return "/register/mine".into();
    }
    if is_local(next) && next != "/" {
        return next.to_owned();
    }
    Entrance::of(acting, phone).home().into()
}

/// The way to there past what the reader must look at first (ACC-08).
pub(crate) fn past_prompts(place: &str) -> String {
    if place.starts_with("/register/") || place.starts_with("/account/") {
        return place.to_owned();
    }
    format!("/start?next={}", web::list::encode(place))
}

/// Whether the browser says it is a phone's.
pub(crate) fn is_phone(user_agent: &str) -> bool {
    ["Mobile", "Android", "iPhone", "MicroMessenger"]
        .iter()
        .any(|mark| user_agent.contains(mark))
}

/// Browser and system in words, for the list of sessions.
pub(crate) fn device_name(user_agent: &str) -> String {
    let pick = |list: &[(&str, &'static str)], other: &'static str| {
        list.iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map_or(other, |(_, name)| *name)
    };
    let browser = pick(
        &[
            ("MicroMessenger", "微信"),
            ("wxwork", "企业微信"),
            ("QQBrowser", "QQ浏览器"),
            ("Edg/", "Edge"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "浏览器",
    );
    let system = pick(
        &[
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("HarmonyOS", "鸿蒙"),
            ("Android", "安卓"),
            ("Windows", "Windows"),
            ("Mac OS", "macOS"),
            ("Linux", "Linux"),
        ],
        "未知系统",
    );
    format!("{browser} · {system}")
}

/// Names nobody takes, so that nobody is taken for the operator of the site.
pub(crate) fn is_free_name(name: &str) -> bool {
    !["admin", "administrator", "root", "system", "auditor"].contains(&name.to_lowercase().as_str())
}
