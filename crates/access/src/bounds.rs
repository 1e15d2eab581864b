//! What a grant has less than its role's row of the matrix.

use crate::Permission;
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
        /// What was chosen.
        functions: Vec<Permission>,
    },
}

impl Bounds {
    /// Whether an act is barred. `None` is an act the matrix has no row for: it belongs to whole grants.
    pub fn bars(&self, permission: impl Into<Option<Permission>>) -> bool {
        match (self, permission.into()) {
            (Self::Whole, _) => false,
            (Self::Deputy { functions, .. }, Some(permission)) => !functions.contains(&permission),
            (Self::Deputy { .. }, None) => true,
        }
    }

    /// The sentence for whoever meets the bar, with the way on (ACC-71).
    pub fn refusal(&self, what: &str) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Deputy { of, .. } => format!(
                "您代〔{of}〕办理的事项不包括“{what}”。请由〔{of}〕本人或本组织其他管理员办理，或请其重新指定代理事项。"
            ),
        }
    }
}
