//! What a grant has less than its role's row of the matrix.

use crate::Permission;
use base::PersonId;
use serde::{Deserialize, Serialize};

/// How far a grant reaches. What it bars is looked at, at most, whatever the role says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bounds {
    /// All its role has.
    #[default]
    Whole,
    /// A deputy for some time: these functions of the administrator `of`, and otherwise what every cadre has (ACC-B5).
    Deputy {
        /// In whose place.
        of: String,
        /// Whose account that is: what is his own matter is the deputy's too (ACC-73).
        account: PersonId,
        /// What was chosen.
        functions: Vec<Permission>,
    },
    /// The yearly review was not confirmed in time: it reads, and confirms others (ACC-B8).
    Unreviewed,
}

impl Bounds {
    /// Whether an act is barred. `None` is an act the matrix has no row for: it belongs to whole grants.
    pub fn bars(&self, permission: impl Into<Option<Permission>>) -> bool {
        match (self, permission.into()) {
            (Self::Whole, _) => false,
            (Self::Deputy { functions, .. }, Some(permission)) => !functions.contains(&permission),
            (Self::Deputy { .. } | Self::Unreviewed, None) => true,
            (Self::Unreviewed, Some(permission)) => permission != Permission::ReviewGrants,
        }
    }

    /// In whose place the grant acts.
    pub fn principal(&self) -> Option<PersonId> {
        match self {
            Self::Deputy { account, .. } => Some(*account),
            Self::Whole | Self::Unreviewed => None,
        }
    }

    /// The sentence for whoever meets the bar, with the way on (ACC-71).
    pub fn refusal(&self, what: &str) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Unreviewed => "您在本组织的权限超过年度复核期限没有确认，现在只能查看。请本组织其他管理员或直接上级在“角色与权限→年度复核”中确认，确认后立即恢复。".into(),
            Self::Deputy { of, .. } => format!(
                "您代〔{of}〕办理的事项不包括“{what}”。请由〔{of}〕本人或本组织其他管理员办理，或请其重新指定代理事项。"
            ),
        }
    }
}
