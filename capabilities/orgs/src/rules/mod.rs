//! What an organisation is and what its rules allow, as pure decisions.

mod contact;
mod creating;
mod history;
mod informing;
mod kind;
mod naming;
mod place;
mod school;

pub(crate) use contact::read_phone;
pub use creating::{Checked, NewOrg, OrgInput, Superior, check, hints};
pub(crate) use history::{TOLD, told};
pub use informing::{
    InfoInput, Information, OrgInfo, Secretary, asks_networks, cautions, check_information,
    decides_registrations, missing_information, needs_branches, needs_contact, needs_sector,
    needs_staffing,
};
pub use kind::{check_kind, kinds_below};
pub use naming::{check_alias, check_characters, check_short_name, full_name, is_class_name};
pub use place::{allowed_below, check_place, size_hint};
pub use school::read_school_code;

use access::OrgRef;
use base::{Error, OrgCategory, OrgId, OrgPath, YearMonth};

/// What is wrong with one field of a form or row; forms show all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the field.
    pub field: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// The sentence for the person who typed it.
    pub message: String,
}

impl Fault {
    /// A fault.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            code,
            message: message.into(),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::refused_at(fault.field, fault.code, fault.message)
    }
}

/// What kind of branch (支部类型, ORG-06); other categories are ordinary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchKind {
    /// 普通.
    Ordinary,
    /// 延迟毕业团组织.
    DelayedGraduates,
    /// 流动团员团支部.
    Floating,
    /// 待接转团支部.
    AwaitingTransfer,
    /// 出国（境）学习研究团员团支部.
    StudyingAbroad,
    /// 学社衔接临时团支部.
    HandoverTemporary,
    /// 特殊单位专属库.
    SpecialUnitVault,
}

impl BranchKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Ordinary,
        Self::DelayedGraduates,
        Self::Floating,
        Self::AwaitingTransfer,
        Self::StudyingAbroad,
        Self::HandoverTemporary,
        Self::SpecialUnitVault,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::DelayedGraduates => "delayed_graduates",
            Self::Floating => "floating",
            Self::AwaitingTransfer => "awaiting_transfer",
            Self::StudyingAbroad => "studying_abroad",
            Self::HandoverTemporary => "handover_temporary",
            Self::SpecialUnitVault => "special_unit_vault",
        }
    }

    /// Reads a stored code; an unknown one is ordinary.
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|kind| kind.code() == code)
            .unwrap_or(Self::Ordinary)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ordinary => "普通",
            Self::DelayedGraduates => "延迟毕业团组织",
            Self::Floating => "流动团员团支部",
            Self::AwaitingTransfer => "待接转团支部",
            Self::StudyingAbroad => "出国（境）学习研究团员团支部",
            Self::HandoverTemporary => "学社衔接临时团支部",
            Self::SpecialUnitVault => "特殊单位专属库",
        }
    }
}

/// Where an organisation stands in its life (02-organizations 2.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrgState {
    /// 已创建.
    Created,
    /// 正常.
    Active,
    /// 毕业生团组织.
    Graduate,
    /// 已合并.
    Merged,
    /// 已删除.
    Deleted,
    /// 已归档.
    Archived,
}

impl OrgState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Active,
        Self::Graduate,
        Self::Merged,
        Self::Deleted,
        Self::Archived,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Active => "active",
            Self::Graduate => "graduate",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
            Self::Archived => "archived",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .unwrap_or(Self::Created)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Created => "已创建",
            Self::Active => "正常",
            Self::Graduate => "毕业生团组织",
            Self::Merged => "已合并",
            Self::Deleted => "已删除",
            Self::Archived => "已归档",
        }
    }

    /// Whether it still takes part in League life.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Created | Self::Active | Self::Graduate)
    }
}

/// An organisation as other capabilities see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Which.
    pub id: OrgId,
    /// 组织ID as people know it.
    pub number: i64,
    /// Direct superior; none for the root.
    pub parent: Option<OrgId>,
    /// Place in the tree.
    pub path: OrgPath,
    /// What.
    pub category: OrgCategory,
    /// What kind of branch.
    pub kind: BranchKind,
    /// 组织简称.
    pub short_name: String,
    /// 组织全称.
    pub full_name: String,
    /// 单位所属行业类别.
    pub sector: Option<String>,
    /// GB/T 2260 code, on leading bodies and township organisations.
    pub region: Option<String>,
    /// State.
    pub state: OrgState,
    /// Office phone.
    pub phone: Option<String>,
    /// Marked graduation.
    pub graduation: Option<YearMonth>,
    /// Whether people may register with it (branches).
    pub accepts_registration: bool,
    /// Version for optimistic changes.
    pub version: i32,
}

impl Org {
    /// Identity and place, for permissions.
    pub fn to_ref(&self) -> OrgRef {
        OrgRef {
            id: self.id,
            path: self.path.clone(),
            category: self.category,
        }
    }

    /// Whether memberships may hang on it.
    pub fn is_branch(&self) -> bool {
        self.category == OrgCategory::Branch
    }

    /// What users read for its category: a graduate branch is called so.
    pub fn category_label(&self) -> &'static str {
        if self.state == OrgState::Graduate {
            self.state.label()
        } else {
            self.category.label()
        }
    }
}
