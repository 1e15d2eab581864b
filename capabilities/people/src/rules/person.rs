use base::{IdNumber, MembershipId, Mobile, OrgCategory, OrgId, PersonId, PostId, Sex, YearMonth};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident, $default:ident { $($(#[$vdoc:meta])* $variant:ident $code:literal $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stored code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What users read.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// Reads a stored code; an unknown one is the most harmless.
            pub fn from_code(code: &str) -> Self {
                match code { $($code => Self::$variant,)* _ => Self::$default }
            }

            /// Reads what people read or type.
            pub fn from_label(label: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|x| x.label() == label || x.code() == label)
            }
        }
    };
}

coded! {
    /// 证件类型.
    DocType, Other {
        /// 居民身份证.
        ResidentId "resident_id" "居民身份证";
        /// 港澳台居民居住证: same form, codes 81, 82, 83.
        ResidencePermit "residence_permit" "港澳台居民居住证";
        /// 护照.
        Passport "passport" "护照";
        /// 其他.
        Other "other" "其他";
    }
}

impl DocType {
    /// Whether the number is checked as ROS-10 and tells birth and sex.
    pub fn is_resident(self) -> bool {
        matches!(self, Self::ResidentId | Self::ResidencePermit)
    }
}

coded! {
    /// State of a membership (2.1).
    MembershipState, Void {
        /// 正常.
        Normal "normal" "正常";
        /// 已转出: closed here, open elsewhere.
        Transferred "transferred" "已转出";
        /// 满28岁离团.
        LeftAt28 "left_at_28" "满28岁离团";
        /// 退团.
        Resigned "resigned" "退团";
        /// 自行脱团.
        Lapsed "lapsed" "自行脱团";
        /// 除名.
        StruckOff "struck_off" "除名";
        /// 停止团籍.
        Suspended "suspended" "停止团籍";
        /// 开除.
        Expelled "expelled" "开除";
        /// 去世.
        Deceased "deceased" "去世";
        /// 录入作废.
        Void "void" "录入作废";
        /// 流动: its branch was archived.
        Floating "floating" "流动";
    }
}

coded! {
    /// How a membership began.
    How, Entered {
        /// 录入.
        Entered "entered" "录入";
        /// 导入.
        Imported "imported" "导入";
        /// 报到.
        Registered "registered" "报到";
        /// 转入.
        Transferred "transferred" "转入";
        /// 恢复.
        Restored "restored" "恢复团籍";
    }
}

coded! {
    /// 专职 / 兼职 / 挂职.
    Nature, PartTime {
        /// 专职.
        FullTime "full_time" "专职";
        /// 兼职.
        PartTime "part_time" "兼职";
        /// 挂职.
        Seconded "seconded" "挂职";
    }
}

coded! {
    /// 认证状态 of the identity (ACC-61).
    IdentityState, Unverified {
        /// 未认证: the nightly batch has not been.
        Unverified "unverified" "未认证";
        /// 核验中: on its way to the register.
        Sent "sent" "核验中";
        /// 认证通过.
        Passed "passed" "认证通过";
        /// Reason 1 of ACC-62.
        Mismatch "failed_mismatch" "认证不通过（姓名与证件不一致）";
        /// Reason 2.
        Altered "failed_altered" "认证不通过（姓名、证件号曾被改成他人）";
        /// Reason 3: limits nothing, asked again every month.
        RegisterLag "failed_register_lag" "认证不通过（公民登记库尚未更新）";
        /// The direct superior has seen the ID card.
        PassedOffline "passed_offline" "线下核验通过";
    }
}

impl IdentityState {
    /// Whether the identity is settled.
    pub fn is_passed(self) -> bool {
        matches!(self, Self::Passed | Self::PassedOffline)
    }

    /// What it means and what is to be done (ACC-60, ACC-63): passing says nothing about completeness.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Unverified => "姓名和身份证号每天夜里成批送公民登记库核验，不影响资料录入。",
            Self::Sent => "已送公民登记库核验，72小时内有结果；没有结果的会再次送核。",
            Self::Passed => "姓名与身份证号一致。认证通过不代表其他资料完整。",
            Self::Mismatch => {
                "姓名或身份证号与公民登记不一致。请核对身份证；确有错误的，由管理员上报姓名和身份证号申请删除，再重新录入。"
            }
            Self::Altered => {
                "这条记录的姓名和身份证号曾被改成另一个人。请管理员上报姓名和身份证号申请删除，再分别重新录入。"
            }
            Self::RegisterLag => {
                "姓名和身份证号没有发现错误，公民登记库尚未更新。不影响任何业务，每月1日自动再次核验。"
            }
            Self::PassedOffline => "直接上级组织当面核对过身份证。",
        }
    }
}

/// A person with the member profile.
#[derive(Clone, Debug)]
pub struct Person {
    /// Which.
    pub id: PersonId,
    /// 姓名.
    pub name: String,
    /// 性别.
    pub sex: Sex,
    /// 证件类型.
    pub doc_type: DocType,
    /// 证件号码; of other documents the number as typed.
    pub id_number: IdNumber,
    /// 出生日期.
    pub born: NaiveDate,
    /// 民族, GB/T 3304 code.
    pub ethnic: Option<String>,
    /// 政治面貌, GB/T 4762 code.
    pub political: Option<String>,
    /// 最高学历, GB/T 4658 code.
    pub education: Option<String>,
    /// 手机号码.
    pub phone: Option<Mobile>,
    /// Whether the person confirmed it (ACC-53).
    pub phone_confirmed: bool,
    /// 电子邮箱.
    pub email: Option<String>,
    /// 是否高校学生.
    pub is_student: Option<bool>,
    /// 学校.
    pub school: Option<String>,
    /// 学号.
    pub student_no: Option<String>,
    /// 职业.
    pub occupation: Option<String>,
    /// 工作单位.
    pub employer: Option<String>,
    /// 居住地.
    pub residence: Option<String>,
    /// 收入档, code; empty where the profile does not ask.
    pub income: Option<String>,
    /// 入团年月.
    pub admitted_on: Option<YearMonth>,
    /// 入党年月.
    pub party_on: Option<YearMonth>,
    /// 发展团员编号.
    pub admission_number: Option<String>,
    /// 认证状态.
    pub identity_state: IdentityState,
    /// 团员身份认证: `not_required`, `none`, `failed`, `certified`.
    pub certification: String,
    /// Required fields still empty, by field name (ROS-24).
    pub missing: Vec<String>,
    /// Why the admission number is irregular (ROS-19).
    pub number_fault: Option<String>,
    /// When entered; the first sign-in lapses some time after (SEC-05).
    pub entered_at: DateTime<Utc>,
    /// Who entered the person first.
    pub entered_org: Option<OrgId>,
    /// Version for optimistic changes.
    pub version: i32,
}

impl Person {
    /// Last 8 characters of the document number, left-padded with 0: the first password of `national` (ACC-12).
    pub fn tail(&self) -> String {
        let number = self.id_number.reveal();
        let cut = number.len().saturating_sub(8);
        format!("{:0>8}", number.get(cut..).unwrap_or(number))
    }

    /// Age in whole years on `day`.
    pub fn age(&self, day: NaiveDate) -> i32 {
        day.years_since(self.born).map_or(0, |years| years as i32)
    }

    /// The day the person turns `years`.
    pub fn turns(&self, years: u32) -> NaiveDate {
        self.born
            .checked_add_months(chrono::Months::new(years * 12))
            .unwrap_or(self.born)
    }
}

/// A stretch of belonging to one branch (团籍).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub id: MembershipId,
    /// Where.
    pub branch: OrgId,
    /// Name of the branch when it began.
    pub branch_name: String,
    /// From.
    pub since: NaiveDate,
    /// Until; open without.
    pub until: Option<NaiveDate>,
    /// State.
    pub state: MembershipState,
    /// How it began.
    pub how: How,
    /// Import, registration or transfer that opened it.
    pub basis: Option<uuid::Uuid>,
}

/// A post held in an organisation (任职).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Which.
    pub id: PostId,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub org: OrgId,
    /// Name of the organisation when it began.
    pub org_name: String,
    /// 职务.
    pub title: String,
    /// 专兼职.
    pub nature: Nature,
    /// Whether it is the secretary's.
    pub is_secretary: bool,
    /// From.
    pub since: NaiveDate,
    /// Until; open without.
    pub until: Option<NaiveDate>,
}

/// What a change of branch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The branch left.
    pub from: OrgId,
    /// The new membership.
    pub membership: MembershipId,
    /// Posts in the old branch that ended with it.
    pub ended_posts: Vec<String>,
}

/// One line of a person's growth timeline.
#[derive(Clone, Debug)]
pub struct LifeEvent {
    /// Whose.
    pub person: PersonId,
    /// `entry`, `transfer`, `post`, `profile`, `account`, `number`.
    pub kind: &'static str,
    /// What happened.
    pub title: String,
    /// More of it.
    pub detail: Option<String>,
    /// Where, with the name as it is now.
    pub org: Option<(OrgId, String)>,
}

/// Posts an organisation of this category has (reference data of 1.4); the first is the secretary's.
pub fn titles(category: OrgCategory) -> &'static [&'static str] {
    match category {
        OrgCategory::LeadingBody | OrgCategory::Committee | OrgCategory::WorkCommittee => {
            &["书记", "副书记", "常委", "委员", "部门负责人", "工作人员"]
        }
        OrgCategory::GeneralBranch => &["书记", "副书记", "委员"],
        OrgCategory::Branch => &[
            "书记",
            "副书记",
            "组织委员",
            "宣传委员",
            "学习委员",
            "文体委员",
            "权益委员",
            "生产委员",
            "委员",
        ],
    }
}
