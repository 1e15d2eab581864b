//! The permission matrix (01b-permissions section 3) as data. One row an action; the columns are the statute's.

use base::OrgCategory;
use serde::{Deserialize, Serialize};

use Mark::{Applies as A, Does as D, Looks as L, No as N};

/// What a cell of the matrix says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    /// `·` may not.
    No,
    /// `○` looks.
    Looks,
    /// `◐` applies, another approves.
    Applies,
    /// `●` does.
    Does,
}

impl Mark {
    /// The sign in words.
    pub fn words(self) -> &'static str {
        match self {
            N => "不可",
            L => "可看",
            A => "可申请",
            D => "可办",
        }
    }

    /// The statute's sign.
    pub fn sign(self) -> &'static str {
        match self {
            N => "·",
            L => "○",
            A => "◐",
            D => "●",
        }
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $label:literal $rule:literal $cells:tt;)*) => {
        /// An area of action the matrix has a row for.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// Its name in addresses and records.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }

        /// All rows of the matrix. Columns: own administrator of a branch, general branch, committee, leading body;
        /// direct superior, higher superior, provincial body, central body; cadre, member, applicant, auditor.
        pub const MATRIX: &[(Permission, &str, &str, [Mark; 12])] =
            &[$((Permission::$name, $label, $rule, $cells),)*];
    };
}

permissions! {
    /// Information and subtree of an organisation.
    ViewOrg "查看组织信息与下级" "ORG-33"            [L, L, L, L, L, L, L, L, L, L, N, L];
    /// The organisation's own information.
    EditOrg "编辑本组织信息" "ORG-10"                [D, D, D, D, N, N, N, N, N, N, N, N];
    /// Creating, importing, ordering direct subordinates.
    CreateSubordinates "创建、导入、排序直接下级" "ORG-20" [N, D, D, D, N, N, N, N, N, N, N, N];
    /// Codes of direct subordinates; the target is the subordinate.
    ManageCodes "直接下级的管理员注册码" "ACC-26"      [N, N, N, N, D, N, N, N, N, N, N, N];
    /// Who holds what in an organisation.
    ViewGrants "查看角色与权限" "ACC-86"             [L, L, L, L, L, L, L, L, N, N, N, L];
    /// Entering and importing members of a branch.
    EnterMembers "录入、导入支部团员" "ROS-01"        [D, N, N, N, D, N, N, N, N, N, N, N];
    /// Entering own cadres (posts other than branch secretary).
    EnterCadres "录入本级团干部" "ROS-40"            [D, D, D, D, N, N, N, N, N, N, N, N];
    /// Approving registrations into a branch (the direct superior from day 15, which the chain says).
    ApproveRegistrations "审批团员注册" "ACC-42"      [D, N, N, N, D, N, N, N, N, N, N, N];
    /// Members' data except identity fields.
    EditPeople "编辑团员资料（身份信息除外）" "ROS-25"  [D, N, N, N, D, N, N, N, N, N, N, N];
    /// Rosters and people of the subtree, masked.
    ViewPeople "查看下级人员" "ROS-91"               [L, L, L, L, L, L, L, L, L, N, N, L];
    /// Whole ID and phone numbers, each look recorded.
    UnmaskPeople "查看完整证件号、手机号" "GEN-05"     [D, D, D, D, D, N, D, D, N, N, N, D];
    /// Codes to reset a password.
    ResetPasswords "重置密码验证码" "ACC-50"          [D, D, D, D, D, N, N, N, N, N, N, N];
    /// Stopping an account and opening it again; the target is the direct subordinate (2.1).
    StopAccounts "停用、启用账号" "ACC-68"           [N, N, N, N, D, N, N, N, N, N, N, N];
    /// Leaving at 28 confirmed, memberships restored.
    ManageLeaving "满28岁离团与恢复团籍" "ROS-80"     [D, N, N, N, D, N, D, D, N, N, N, N];
    /// Filing what was decided about a membership: resigning, striking off, suspending, expelling.
    FileEndings "团籍变动备案" "ROS-85"              [D, N, N, N, L, L, L, L, N, N, N, L];
    /// Taking a wrong filing back.
    ReverseEndings "更正团籍备案" "ROS-87"           [N, N, N, N, D, N, D, D, N, N, N, N];
    /// Taking a finished import back.
    UndoImports "撤回导入" "PEER-11"                [D, D, D, D, D, N, N, N, N, N, N, N];
    /// A member out of a branch, or somebody in.
    StartTransfers "办理转出、转入" "TRF-02"          [D, D, D, N, D, N, N, N, N, N, N, N];
    /// Passing and returning transfers of a branch or to an organisation.
    DecideTransfers "审核组织关系转接" "TRF-24"       [D, D, D, N, D, N, N, N, N, N, N, N];
    /// Cases touching an organisation.
    ViewTransfers "查看组织关系转接" "TRF-122"        [L, L, L, L, L, L, L, L, L, N, N, L];
    /// Marking when branches of the subtree graduate; leading bodies are refused by the rule (ORG-51).
    MarkGraduation "标记团支部毕业时间" "ORG-51"       [N, D, D, N, D, D, N, N, N, N, N, N];
    /// Who of a graduate branch has not graduated with it; schools only, which the rule says.
    MarkDelayed "标记、撤销延迟毕业团员和教师" "ROS-51" [N, D, D, N, D, D, N, N, N, N, N, N];
    /// Correcting locked fields and graduation marks: applied for below, decided by the provincial body.
    CorrectOrgs "更正锁定信息、毕业时间" "ORG-15"       [A, A, A, A, A, A, D, D, N, N, N, N];
    /// How far the subtree's entry is, and reminders.
    ViewProgress "下级组织录入进度" "ORG-40"          [N, D, D, D, N, N, D, D, N, N, N, L];
    /// Emptying, deleting, restoring direct subordinates; the target is the superior.
    RemoveSubordinates "清空、删除、恢复直接下级" "ORG-71" [N, D, D, D, N, N, N, N, N, N, N, N];
    /// Operators of the own organisation with their position labels (`guangdong`).
    SetOperators "设置运营者" "ACC-33"               [D, D, D, D, N, N, N, N, N, N, N, N];
    /// Adding and changing administrators: the own ones are applied for.
    ChangeAdministrators "添加、变更管理员" "ORG-62"    [A, A, A, A, D, N, N, N, N, N, N, N];
    /// Revoking administrators; a branch secretary's by the superior only.
    RevokeAdministrators "撤销管理员" "ORG-64"         [D, D, D, D, D, N, N, N, N, N, N, N];
    /// Deputies, handing over, four eyes, what operators do not have: of the own organisation.
    ManageGrants "代理、管控本组织权限" "ACC-B5"          [D, D, D, D, N, N, N, N, N, N, N, N];
    /// Confirming once a year that grants are still needed: never the own one, which the rule says.
    ReviewGrants "年度权限复核" "ACC-B8"            [D, D, D, D, D, N, N, N, N, N, N, N];
    /// Moving direct subordinates to another superior; the target is the old or the new superior.
    MoveSubtrees "组织迁移" "FLD-U7"                 [N, A, A, A, N, N, N, N, N, N, N, N];
    /// The deployment's jobs, outboxes and clock (demonstration), security and audit pages.
    ViewSystem "系统运行与审计" "ACC-85"             [N, N, N, N, N, N, N, N, N, N, N, L];
}

impl Permission {
    /// The row.
    pub fn row(self) -> &'static (Permission, &'static str, &'static str, [Mark; 12]) {
        &MATRIX[self as usize]
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// The rule it stands on.
    pub fn rule(self) -> &'static str {
        self.row().2
    }

    /// Whether it gives or takes rights: such a function stays with whoever holds it and is not lent (ACC-B5).
    pub fn is_about_rights(self) -> bool {
        matches!(
            self,
            Self::SetOperators
                | Self::ChangeAdministrators
                | Self::RevokeAdministrators
                | Self::ManageGrants
                | Self::ReviewGrants
                | Self::ManageCodes
                | Self::StopAccounts
        )
    }

    /// Reads a name.
    pub fn from_code(code: &str) -> Option<Self> {
        MATRIX
            .iter()
            .map(|row| row.0)
            .find(|permission| permission.code() == code)
    }

    /// Whether the own administrators of an organisation of this category may do it, and whether those of its direct
    /// superior may.
    pub fn holders(self, category: OrgCategory) -> (bool, bool) {
        let cells = self.row().3;
        let own = match category {
            OrgCategory::Branch => cells[0],
            OrgCategory::GeneralBranch => cells[1],
            OrgCategory::Committee | OrgCategory::WorkCommittee => cells[2],
            OrgCategory::LeadingBody => cells[3],
        };
        (own == D, cells[4] == D)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_enum() {
        for (i, row) in MATRIX.iter().enumerate() {
            assert_eq!(row.0 as usize, i);
        }
    }
}
