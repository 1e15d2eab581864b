//! WeChat and enterprise WeChat as ways in (ACC-16, ACC-75).

use super::entrance::Entrance;
use crate::policy::Identifier;

/// What a WeChat bound to somebody else is answered (ACC-75).
pub(crate) const BOUND_ELSEWHERE: &str = "该微信已绑定其他账号，请先解绑。";
/// What whoever allows nothing is answered.
pub(crate) const NOT_ALLOWED: &str = "您没有允许微信登录，可以改用账号和密码登录。";
/// What a cadre is answered whose number no organisation has entered (ACC-35).
pub(crate) const NO_CADRE: &str =
    "未找到该手机号的团干部信息，请联系所在团组织在管理后台录入或核对手机号。";

/// Who vouches for a browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Vendor {
    /// WeChat: members.
    Wechat,
    /// Enterprise WeChat: cadres.
    Wecom,
}

impl Vendor {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Wechat, Self::Wecom];

    /// Its name in addresses and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Wechat => "wechat",
            Self::Wecom => "wecom",
        }
    }

    /// From an address.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.code() == code)
    }

    /// Its name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Wechat => "微信",
            Self::Wecom => "企业微信",
        }
    }

    /// What a profile allows it by.
    pub(crate) fn identifier(self) -> Identifier {
        match self {
            Self::Wechat => Identifier::Wechat,
            Self::Wecom => Identifier::Wecom,
        }
    }

    /// The port it leads to: one identity an account and port.
    pub(crate) fn port(self) -> Entrance {
        match self {
            Self::Wechat => Entrance::Member,
            Self::Wecom => Entrance::Cadre,
        }
    }

    /// Whether this browser is one it knows who sits before.
    pub(crate) fn knows(self, user_agent: &str) -> bool {
        let enterprise = user_agent.contains("wxwork");
        match self {
            Self::Wechat => user_agent.contains("MicroMessenger") && !enterprise,
            Self::Wecom => enterprise,
        }
    }
}
