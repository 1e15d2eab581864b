//! Entrances: where an account came in, and what the two of the employment action ask (ACC-14).

use access::{Grant, Role};

/// What a sign-in in the mini-program without the phone is answered (ACC-14).
pub(crate) const NOT_AUTHORISED: &str = "需授权手机号码才能登录。";
/// What whoever is enrolled at the other entrance only is answered (ACC-14).
pub(crate) const ELSEWHERE: &str = "该手机号已在团团微就业注册，请先完成本客户端的注册登录。";
/// What whoever is enrolled nowhere yet is answered in the mini-program (ACC-09).
pub(crate) const CONSENT: &str = "首次使用请阅读并勾选同意隐私政策，再授权手机号码。";

/// What whoever comes to declare himself without agreeing is answered (ACC-09).
pub(crate) const CONSENT_DECLARE: &str = "请阅读并勾选同意隐私政策。";

/// An entrance (入口).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entrance {
    /// 管理后台.
    Console,
    /// 团干部端.
    Cadre,
    /// 团员端.
    Member,
    /// 小程序“团团微就业”.
    MiniProgram,
    /// 新闻APP“就业”频道.
    NewsApp,
    /// 困难毕业生申报 at /employ/declare (ACC-49): by phone and SMS, no enrolment of its own.
    Declare,
}

impl Entrance {
    /// Its name in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Cadre => "cadre",
            Self::Member => "member",
            Self::MiniProgram => "mini_program",
            Self::NewsApp => "news_app",
            Self::Declare => "declare",
        }
    }

    /// From the database.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [
            Self::Console,
            Self::Cadre,
            Self::Member,
            Self::MiniProgram,
            Self::NewsApp,
            Self::Declare,
        ]
        .into_iter()
        .find(|e| e.code() == code)
    }

    /// Its name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Console => "管理后台",
            Self::Cadre => "团干部端",
            Self::Member => "团员端",
            Self::MiniProgram => "小程序“团团微就业”",
            Self::NewsApp => "新闻APP“就业”频道",
            Self::Declare => "困难毕业生申报",
        }
    }

    /// Where somebody who acts for `acting` comes in (ACC-05).
    pub(crate) fn of(acting: Option<&Grant>, phone: bool) -> Self {
        match acting.map(|g| g.role) {
            Some(Role::Administrator | Role::Operator | Role::Deputy | Role::Cadre) if phone => {
                Self::Cadre
            }
            Some(
                Role::Administrator | Role::Operator | Role::Deputy | Role::Auditor | Role::Cadre,
            ) => Self::Console,
            _ => Self::Member,
        }
    }

    /// The first page there.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Self::Console => "/console",
            Self::Cadre => "/cadre",
            Self::Member => "/member",
            Self::MiniProgram | Self::NewsApp | Self::Declare => "/employ",
        }
    }
}

/// Why somebody enrolled at these entrances may not come in at `here` without registering there, if so (ACC-14).
pub(crate) fn not_enrolled(enrolled: &[Entrance], here: Entrance) -> Option<&'static str> {
    match enrolled {
        [] => Some(CONSENT),
        list if list.contains(&here) => None,
        _ => Some(ELSEWHERE),
    }
}
