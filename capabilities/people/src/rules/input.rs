//! What somebody typed, what may be wrong with it, and a record that passed.

use super::{DocType, Nature, Person, codes};
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
    /// 收入.
    pub income: String,
}

/// Fields of a profile that a form changes, with what users read.
const LABELS: [(&str, &str); 15] = [
    ("ethnic", "民族"),
    ("political", "政治面貌"),
    ("education", "最高学历"),
    ("phone", "手机号码"),
    ("admitted_on", "入团年月"),
    ("admission_number", "发展团员编号"),
    ("party_on", "入党年月"),
    ("email", "电子邮箱"),
    ("is_student", "是否高校学生"),
    ("school", "学校"),
    ("student_no", "学号"),
    ("occupation", "职业"),
    ("employer", "工作单位"),
    ("residence", "居住地"),
    ("income", "收入"),
];

/// What users read for a field of a profile.
pub fn field_label(name: &str) -> &'static str {
    LABELS
        .iter()
        .find(|(field, _)| *field == name)
        .map_or("资料", |(_, label)| label)
}

/// A value as users read it: the label of a code.
pub fn field_words(name: &str, value: &str) -> String {
    match name {
        "ethnic" => codes::name_of(codes::ETHNIC, value),
        "political" => codes::name_of(codes::POLITICAL, value),
        "education" => codes::name_of(codes::EDUCATION, value),
        "income" => codes::name_of(codes::INCOME, value),
        _ => value.to_owned(),
    }
}

/// A value as it is kept: the code of a label.
pub fn field_code(name: &str, value: &str) -> String {
    let list = match name {
        "ethnic" => codes::ETHNIC,
        "political" => codes::POLITICAL,
        "education" => codes::EDUCATION,
        "income" => codes::INCOME,
        _ => return base::text::normalise(value),
    };
    codes::code_of(list, value).unwrap_or(value).to_owned()
}

impl MemberInput {
    /// A profile as a form shows it, numbers masked.
    pub fn of(person: &Person) -> Self {
        let text = |v: &Option<String>| v.clone().unwrap_or_default();
        let month = |v: Option<YearMonth>| v.map_or_else(String::new, |m| m.to_string());
        Self {
            name: person.name.clone(),
            sex: person.sex.label().into(),
            doc_type: person.doc_type.code().into(),
            id_number: person.id_number.masked(),
            birth_date: person.born.to_string(),
            ethnic: text(&person.ethnic),
            political: text(&person.political),
            education: text(&person.education),
            admitted_on: month(person.admitted_on),
            admission_number: text(&person.admission_number),
            phone: person
                .phone
                .as_ref()
                .map_or_else(String::new, Mobile::masked),
            party_on: month(person.party_on),
            email: text(&person.email),
            is_student: person
                .is_student
                .map_or("", |yes| if yes { "是" } else { "否" })
                .into(),
            school: text(&person.school),
            student_no: text(&person.student_no),
            occupation: text(&person.occupation),
            employer: text(&person.employer),
            residence: text(&person.residence),
            income: text(&person.income),
            ..Self::default()
        }
    }

    /// A field by its name, to be changed; identity fields are not among them.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "ethnic" => &mut self.ethnic,
            "political" => &mut self.political,
            "education" => &mut self.education,
            "phone" => &mut self.phone,
            "admitted_on" => &mut self.admitted_on,
            "admission_number" => &mut self.admission_number,
            "party_on" => &mut self.party_on,
            "email" => &mut self.email,
            "is_student" => &mut self.is_student,
            "school" => &mut self.school,
            "student_no" => &mut self.student_no,
            "occupation" => &mut self.occupation,
            "employer" => &mut self.employer,
            "residence" => &mut self.residence,
            "income" => &mut self.income,
            _ => return None,
        })
    }

    /// The value of a field by its name.
    pub fn field(&self, name: &str) -> Option<String> {
        self.clone().field_mut(name).map(|value| value.clone())
    }
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
    /// 收入档, code.
    pub income: Option<String>,
    /// `not_required` or `none` (05-archives).
    pub certification: &'static str,
    /// Required fields still empty.
    pub missing: Vec<String>,
    /// Why a number that stays all the same is irregular (ROS-19).
    pub number_fault: Option<String>,
    /// What is odd but allowed.
    pub warnings: Vec<Fault>,
}
