//! What somebody typed, what may be wrong with it, and a record that passed.

use super::{DocType, Nature};
use base::{IdNumber, Mobile, OrgCategory, Refused, Reserved, Sex, YearMonth};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What somebody typed about a person, in the words of the forms and of the templates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberInput {
    /// 姓名.
    pub name: String,
    /// 性别; may be empty where the ID number tells.
    pub sex: String,
    /// 证件类型; empty is 居民身份证.
    pub doc_type: String,
    /// 身份证号码.
    pub id_number: String,
    /// 出生日期, for documents that do not tell it.
    pub birth_date: String,
    /// 民族.
    pub ethnic: String,
    /// 政治面貌.
    pub political: String,
    /// 最高学历.
    pub education: String,
    /// 入团年月.
    pub admitted_on: String,
    /// 发展团员编号.
    pub admission_number: String,
    /// 手机号码.
    pub phone: String,
    /// 职务; empty is a plain member.
    pub title: String,
    /// 专兼职.
    pub nature: String,
    /// 任职时间.
    pub since: String,
    /// 入党年月.
    pub party_on: String,
    /// 电子邮箱.
    pub email: String,
    /// 是否高校学生: 是 / 否.
    pub is_student: String,
    /// 学校.
    pub school: String,
    /// 学号.
    pub student_no: String,
    /// 职业.
    pub occupation: String,
    /// 工作单位.
    pub employer: String,
    /// 居住地.
    pub residence: String,
}

/// What is wrong with one field: rule and next step, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Field of [`MemberInput`].
    pub field: &'static str,
    /// Stable code for tests and logs.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

impl Fault {
    /// A fault of a field.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            code,
            message: message.into(),
        }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self {
            code: fault.code,
            message: fault.message,
            field: Some(fault.field),
        }
    }
}

/// How much must be filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demand {
    /// A member of a branch: everything required.
    Member,
    /// A cadre: no admission data, as Party members hold posts too.
    Cadre,
    /// Name, document and phone only (ORG-12); the rest is shown as missing.
    Identity,
}

/// What the checks depend on besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// Today in China.
    pub today: NaiveDate,
    /// Whether invented numbers are taken.
    pub reserved: Reserved,
    /// Whether the organisation stands under the provincial body of region 65 (ROS-13, ROS-21).
    pub xinjiang: bool,
    /// Whether an irregular number stays as it is with a mark (ROS-19) instead of being refused: one on file already.
    pub keep_number: bool,
    /// How much must be filled.
    pub demand: Demand,
    /// What the organisation is: its posts.
    pub category: OrgCategory,
}

/// A post to be held from the entry on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPost {
    /// 职务.
    pub title: String,
    /// 专兼职.
    pub nature: Nature,
    /// From; none is the day of entry.
    pub since: Option<NaiveDate>,
}

/// A record that passed.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// 姓名.
    pub name: String,
    /// 性别.
    pub sex: Sex,
    /// 证件类型.
    pub doc_type: DocType,
    /// 证件号码.
    pub id_number: IdNumber,
    /// 出生日期.
    pub born: NaiveDate,
    /// 民族, code.
    pub ethnic: Option<String>,
    /// 政治面貌, code.
    pub political: Option<String>,
    /// 最高学历, code.
    pub education: Option<String>,
    /// 手机号码.
    pub phone: Option<Mobile>,
    /// 入团年月.
    pub admitted_on: Option<YearMonth>,
    /// 入党年月.
    pub party_on: Option<YearMonth>,
    /// 发展团员编号.
    pub admission_number: Option<String>,
    /// 职务, if any.
    pub post: Option<NewPost>,
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
    /// `not_required` or `none` (05-archives).
    pub certification: &'static str,
    /// Required fields still empty.
    pub missing: Vec<String>,
    /// Why a number that stays all the same is irregular (ROS-19).
    pub number_fault: Option<String>,
    /// What is odd but allowed.
    pub warnings: Vec<Fault>,
}
