//! Every check one typed record must pass, all faults at once (ROS-10..24). Nothing here reads the database: whether an
//! ID number or an admission number is already taken is asked afterwards, for all records together.

use super::codes::{self, Codes};
use super::{DocType, MembershipState, Nature, Policy, missing, titles};
use base::{IdNumber, Mobile, OrgCategory, Refused, Reserved, Sex, YearMonth, text};
use chrono::NaiveDate;
use pinyin::ToPinyin;
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
    /// Why the number is irregular, where only a warning says so (ROS-19).
    pub number_fault: Option<String>,
    /// What is odd but allowed.
    pub warnings: Vec<Fault>,
}

struct Checker<'a> {
    policy: &'a Policy,
    around: &'a Circumstances,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

/// Checks one record; all faults are named at once (ROS-24).
pub fn check(
    input: &MemberInput,
    policy: &Policy,
    around: &Circumstances,
) -> Result<NewMember, Vec<Fault>> {
    let mut c = Checker {
        policy,
        around,
        faults: Vec::new(),
        warnings: Vec::new(),
    };
    let doc_type = c.doc_type(&input.doc_type);
    let name = c.name(&input.name, doc_type);
    let document = c.document(input, doc_type);
    let ethnic = c.coded("ethnic", "民族", codes::ETHNIC, &input.ethnic);
    let political = c.political(&input.political);
    let education = c.coded("education", "最高学历", codes::EDUCATION, &input.education);
    let phone = c.phone(&input.phone);
    let born = document.as_ref().map(|(_, born, _)| *born);
    let admitted_on = c.admitted(&input.admitted_on, born);
    let party_on = c.party(&input.party_on, admitted_on, born);
    let admission_number = c.number(&input.admission_number, admitted_on);
    let post = c.post(input);
    let email = c.email(&input.email);
    let is_student = c.yes_no("is_student", "是否高校学生", &input.is_student);
    let school = c.short("school", "学校", &input.school, 60);
    let student_no = c.short("student_no", "学号", &input.student_no, 20);
    let occupation = c.short("occupation", "职业", &input.occupation, 40);
    let employer = c.short("employer", "工作单位", &input.employer, 60);
    let residence = c.short("residence", "居住地", &input.residence, 100);
    let (Some(name), Some((id_number, born, sex)), true) = (name, document, c.faults.is_empty())
    else {
        return Err(c.faults);
    };
    let certification = match admitted_on {
        Some(month) if month >= policy.certification_from => "none",
        _ => "not_required",
    };
    let required =
        admitted_on.is_some_and(|month| number_is_required(policy, around.xinjiang, month));
    let is_member = around.demand == Demand::Member;
    let missing = missing(
        is_member,
        required,
        political.as_deref(),
        |field| match field {
            "ethnic" => ethnic.is_some(),
            "political" => political.is_some(),
            "education" => education.is_some(),
            "phone" => phone.is_some(),
            "admitted_on" => admitted_on.is_some(),
            "party_on" => party_on.is_some(),
            _ => admission_number.is_some(),
        },
    );
    Ok(NewMember {
        name,
        sex,
        doc_type,
        id_number,
        born,
        ethnic,
        political,
        education,
        phone,
        admitted_on,
        party_on,
        admission_number,
        post,
        email,
        is_student,
        school,
        student_no,
        occupation,
        employer,
        residence,
        certification,
        missing,
        // An irregular number is refused at entry; old ones may have any form (ROS-21).
        number_fault: None,
        warnings: c.warnings,
    })
}

/// From when on a number is required, seen from the month of admission (ROS-21).
pub fn number_is_required(policy: &Policy, xinjiang: bool, admitted: YearMonth) -> bool {
    admitted
        >= if xinjiang {
            policy.number_required_from_xinjiang
        } else {
            policy.number_required_from
        }
}

/// The first two digits of regions, which are the segments of admission numbers.
const SEGMENTS: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "66",
    "71", "81", "82",
];

/// The faults of an admission number's form, all together (ROS-16, 17, 18); empty if it is regular.
fn number_faults(
    number: &str,
    admitted: Option<YearMonth>,
    reserved: Reserved,
) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        faults.push((
            "number.form",
            "编号格式不正确，只能为数字，请去掉字母、空格和横线".to_owned(),
        ));
    }
    let year = number
        .get(..4)
        .filter(|y| y.bytes().all(|b| b.is_ascii_digit()));
    if let (Some(year), Some(admitted)) = (year, admitted)
        && year.parse() != Ok(admitted.year())
    {
        faults.push((
            "number.year",
            format!(
                "编号前四位〔{year}〕与入团年份〔{}〕不一致，请核对编号和入团年月",
                admitted.year()
            ),
        ));
    }
    if digits {
        let length = number.len();
        if length != 12 {
            faults.push((
                "number.length",
                format!("编号应为12位，现为〔{length}〕位，请对照入团志愿书首页核对"),
            ));
        } else {
            let segment = &number[4..6];
            let invented = reserved == Reserved::Accepted && segment == "00";
            if !invented && !SEGMENTS.contains(&segment) {
                faults.push((
                    "number.segment",
                    format!("编号第5–6位〔{segment}〕不是有效的省级号段，请对照入团志愿书首页核对"),
                ));
            }
        }
    }
    faults
}

/// Why a stored number is irregular (ROS-19), in words; only numbers from the month on in which they are required have
/// one form, older ones had others (ROS-21).
pub fn number_fault(
    number: Option<&str>,
    admitted: Option<YearMonth>,
    policy: &Policy,
    around: &Circumstances,
) -> Option<String> {
    let (number, month) = (number?, admitted?);
    if !number_is_required(policy, around.xinjiang, month) {
        return None;
    }
    let faults: Vec<String> = number_faults(number, admitted, around.reserved)
        .into_iter()
        .map(|(_, message)| message)
        .collect();
    (!faults.is_empty()).then(|| faults.join("；"))
}

/// Full pinyin without blanks and the initials of a name, for searching and sorting.
pub fn spell(name: &str) -> (String, String) {
    // The reading of these as family names differs from the usual one.
    const SURNAMES: [(char, &str); 20] = [
        ('单', "shan"),
        ('曾', "zeng"),
        ('解', "xie"),
        ('仇', "qiu"),
        ('查', "zha"),
        ('盖', "ge"),
        ('区', "ou"),
        ('朴', "piao"),
        ('翟', "zhai"),
        ('尉', "yu"),
        ('乐', "yue"),
        ('任', "ren"),
        ('覃', "qin"),
        ('员', "yun"),
        ('缪', "miao"),
        ('冼', "xian"),
        ('重', "chong"),
        ('种', "chong"),
        ('秘', "bi"),
        ('逄', "pang"),
    ];
    let (mut full, mut initials) = (String::new(), String::new());
    for (i, c) in name.chars().enumerate() {
        let surname = SURNAMES
            .iter()
            .find(|(x, _)| i == 0 && *x == c)
            .map(|(_, sound)| *sound);
        match surname.or_else(|| c.to_pinyin().map(pinyin::Pinyin::plain)) {
            // ü is typed as v.
            Some(sound) => {
                let sound = sound.replace('ü', "v");
                initials.extend(sound.chars().next());
                full.push_str(&sound);
            }
            None if c.is_ascii_alphanumeric() => {
                initials.push(c.to_ascii_lowercase());
                full.push(c.to_ascii_lowercase());
            }
            None => {}
        }
    }
    (full, initials)
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' | '〇')
}

impl Checker<'_> {
    fn fault(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(field, code, message));
    }

    fn demands(&self, field: &str) -> bool {
        match self.around.demand {
            Demand::Member => true,
            Demand::Cadre => !matches!(field, "admitted_on" | "admission_number"),
            Demand::Identity => false,
        }
    }

    fn required(&mut self, field: &'static str, label: &str) {
        if self.demands(field) {
            self.fault(
                field,
                "required",
                format!("{label}未填写，此项必填，请补填"),
            );
        }
    }

    fn doc_type(&mut self, typed: &str) -> DocType {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            return DocType::ResidentId;
        }
        DocType::from_label(&typed).unwrap_or_else(|| {
            self.fault("doc_type", "doc_type", format!("证件类型〔{typed}〕不在可选范围内，请选择居民身份证、港澳台居民居住证、护照或其他"));
            DocType::ResidentId
        })
    }

    fn name(&mut self, typed: &str, doc_type: DocType) -> Option<String> {
        let name: String = text::normalise(typed).replace(['•', '・', '．', '‧', '∙'], "·");
        if name.is_empty() {
            self.fault("name", "required", "姓名未填写，此项必填，请补填");
            return None;
        }
        let count = name.chars().count();
        let latin = !doc_type.is_resident()
            && name
                .chars()
                .all(|c| c.is_ascii_alphabetic() || " '-.".contains(c));
        let chinese = name.chars().all(|c| is_chinese(c) || c == '·')
            && !name.starts_with('·')
            && !name.ends_with('·');
        if !(2..=30).contains(&count) || !(chinese || latin) {
            self.fault("name", "name", "姓名应为2–30个汉字，少数民族姓名中间用“·”，不含数字、字母和空格（非居民身份证件可用拉丁字母），请对照证件核对");
            return None;
        }
        Some(name)
    }

    fn document(
        &mut self,
        input: &MemberInput,
        doc_type: DocType,
    ) -> Option<(IdNumber, NaiveDate, Sex)> {
        let typed_sex = match text::normalise(&input.sex).as_str() {
            "" => None,
            "男" | "1" => Some(Sex::Male),
            "女" | "2" => Some(Sex::Female),
            other => {
                self.fault("sex", "sex", format!("性别〔{other}〕应为男或女，请改正"));
                return None;
            }
        };
        if doc_type.is_resident() {
            let id =
                match IdNumber::parse(&input.id_number, self.around.today, self.around.reserved) {
                    Ok(id) => id,
                    Err(fault) => {
                        self.fault("id_number", "id_number", fault.message());
                        return None;
                    }
                };
            if typed_sex.is_some_and(|sex| sex != id.sex()) {
                self.fault(
                    "sex",
                    "sex.differs",
                    "性别与身份证号不符，请对照证件核对身份证号码第17位（单数为男，双数为女）",
                );
                return None;
            }
            let (born, sex) = (id.born(), id.sex());
            return Some((id, born, sex));
        }
        let number: String = text::normalise(&input.id_number).to_uppercase();
        let mut good = true;
        if !(5..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            self.fault(
                "id_number",
                "id_number",
                "证件号码应为5–20位字母和数字，请对照证件核对",
            );
            good = false;
        }
        let born = sheets::date(&text::normalise(&input.birth_date))
            .filter(|day| *day <= self.around.today);
        if born.is_none() {
            self.fault(
                "birth_date",
                "birth_date",
                "该证件不含出生日期，请填写出生日期，如2004-05-20，且不能晚于今天",
            );
        }
        if typed_sex.is_none() {
            self.fault("sex", "required", "该证件不含性别，请选择男或女");
        }
        good.then_some((IdNumber::trusted(number), born?, typed_sex?))
    }

    fn coded(
        &mut self,
        field: &'static str,
        label: &str,
        list: Codes,
        typed: &str,
    ) -> Option<String> {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            self.required(field, label);
            return None;
        }
        let code = codes::code_of(list, &typed);
        if code.is_none() {
            self.fault(
                field,
                "code",
                format!("{label}〔{typed}〕不在国家标准代码表内，请从下拉项中选择"),
            );
        }
        code.map(str::to_owned)
    }

    fn political(&mut self, typed: &str) -> Option<String> {
        let code = self.coded("political", "政治面貌", codes::POLITICAL, typed)?;
        if self.around.demand == Demand::Member && code == "13" {
            self.fault(
                "political",
                "political",
                "政治面貌为群众的不能录入为团员，请核对；青年请录入青年列表",
            );
            return None;
        }
        if !matches!(code.as_str(), "01" | "02" | "03" | "13") {
            self.warnings.push(Fault::new(
                "political",
                "political",
                "政治面貌为民主党派或无党派的团员很少见，请核对",
            ));
        }
        Some(code)
    }

    fn phone(&mut self, typed: &str) -> Option<Mobile> {
        if text::normalise(typed).is_empty() && self.around.demand == Demand::Identity {
            return None;
        }
        match Mobile::parse(typed, self.around.reserved) {
            Ok(phone) => Some(phone),
            Err(fault) => {
                self.fault("phone", "phone", fault.message());
                None
            }
        }
    }

    fn month(&mut self, field: &'static str, label: &str, typed: &str) -> Option<YearMonth> {
        let month = typed.parse().ok();
        match month {
            None => self.fault(
                field,
                "month",
                format!("{label}〔{typed}〕不是有效的年月，请填成2020-05这样的形式"),
            ),
            Some(month) if month > YearMonth::of(self.around.today) => {
                self.fault(
                    field,
                    "month.future",
                    format!("{label}不能晚于本月，请核对"),
                );
                return None;
            }
            Some(_) => {}
        }
        month
    }

    /// ROS-13 and ROS-23.
    fn admitted(&mut self, typed: &str, born: Option<NaiveDate>) -> Option<YearMonth> {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            self.required("admitted_on", "入团年月");
            return None;
        }
        let month = self.month("admitted_on", "入团年月", &typed)?;
        let Some(born) = born else { return Some(month) };
        let months = month.months_since(YearMonth::of(born));
        let from_2017 = month.year() >= 2017;
        let least = if from_2017 || self.around.xinjiang {
            self.policy.admission_min_age
        } else {
            self.policy.admission_min_age_before_2017
        };
        if months < least * 12 {
            self.fault(
                "admitted_on",
                "admission.too_young",
                format!("入团时不满〔{least}〕周岁，无法录入。如确属特殊情况，请由发展其入团的团组织或县级团委出具说明，逐级报省级团委汇总。"),
            );
            return None;
        }
        let most = self.policy.admission_max_age;
        if months >= most * 12 {
            self.fault(
                "admitted_on",
                "admission.too_old",
                format!("入团时已满{most}周岁，与入团年龄规定不符，请核对入团年月和身份证号码"),
            );
            return None;
        }
        let low = self.policy.admission_warn_below;
        if months < low * 12 {
            self.warnings.push(Fault::new(
                "admitted_on",
                "admission.young",
                format!("入团时不满{low}周岁，团章规定入团年龄为14–28周岁，请核对"),
            ));
        }
        Some(month)
    }

    fn party(
        &mut self,
        typed: &str,
        admitted: Option<YearMonth>,
        born: Option<NaiveDate>,
    ) -> Option<YearMonth> {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            return None;
        }
        let month = self.month("party_on", "入党年月", &typed)?;
        if born.is_some_and(|born| month.months_since(YearMonth::of(born)) < 18 * 12) {
            self.fault(
                "party_on",
                "party.too_young",
                "入党时不满18周岁，请核对入党年月和身份证号码",
            );
            return None;
        }
        if admitted.is_some_and(|admitted| month < admitted) {
            self.warnings.push(Fault::new(
                "party_on",
                "party.early",
                "入党年月早于入团年月，请核对",
            ));
        }
        Some(month)
    }

    /// ROS-16..18, 21.
    fn number(&mut self, typed: &str, admitted: Option<YearMonth>) -> Option<String> {
        let number = text::normalise(typed);
        let required = admitted
            .is_some_and(|month| number_is_required(self.policy, self.around.xinjiang, month));
        if number.is_empty() {
            if required && self.demands("admission_number") {
                let from = if self.around.xinjiang {
                    self.policy.number_required_from_xinjiang
                } else {
                    self.policy.number_required_from
                };
                self.fault(
                    "admission_number",
                    "number.required",
                    format!(
                        "{}及以后入团须填写发展团员编号，编号见入团志愿书首页",
                        from.chinese()
                    ),
                );
            }
            return None;
        }
        if number.chars().count() > 20 {
            self.fault(
                "admission_number",
                "number.long",
                "编号最多20个字符，请对照入团志愿书首页核对",
            );
            return None;
        }
        for (code, message) in number_faults(&number, admitted, self.around.reserved) {
            if required || admitted.is_none() {
                self.fault("admission_number", code, message);
            } else {
                self.warnings
                    .push(Fault::new("admission_number", code, message));
            }
        }
        Some(number)
    }

    fn post(&mut self, input: &MemberInput) -> Option<NewPost> {
        let title = text::normalise(&input.title);
        if title.is_empty() {
            return None;
        }
        let known = titles(self.around.category);
        if !known.contains(&title.as_str()) {
            self.fault(
                "title",
                "title",
                format!(
                    "职务〔{title}〕不在{}的职务表内，可填：{}",
                    self.around.category.label(),
                    known.join("、")
                ),
            );
        }
        let typed = text::normalise(&input.nature);
        let nature = if typed.is_empty() {
            Nature::PartTime
        } else {
            Nature::from_label(&typed).unwrap_or_else(|| {
                self.fault(
                    "nature",
                    "nature",
                    format!("专兼职〔{typed}〕应为专职、兼职或挂职，请改正"),
                );
                Nature::PartTime
            })
        };
        let typed = text::normalise(&input.since);
        let since = if typed.is_empty() {
            None
        } else {
            let day = sheets::date(&typed).or_else(|| {
                let month: YearMonth = typed.parse().ok()?;
                NaiveDate::from_ymd_opt(month.year(), month.month(), 1)
            });
            match day {
                Some(day) if day <= self.around.today => Some(day),
                Some(_) => {
                    self.fault("since", "since", "任职时间不能晚于今天，请核对");
                    None
                }
                None => {
                    self.fault(
                        "since",
                        "since",
                        format!("任职时间〔{typed}〕不是有效的日期，请填成2024-09-01这样的形式"),
                    );
                    None
                }
            }
        };
        Some(NewPost {
            title,
            nature,
            since,
        })
    }

    fn email(&mut self, typed: &str) -> Option<String> {
        let email = self.short("email", "电子邮箱", typed, 100)?;
        let parts: Vec<&str> = email.split('@').collect();
        let good = matches!(parts.as_slice(), [user, host] if !user.is_empty() && host.contains('.') && !email.contains(' '));
        if !good {
            self.fault(
                "email",
                "email",
                "电子邮箱格式不正确，应形如 name@example.com，请改正或留空",
            );
        }
        Some(email)
    }

    fn yes_no(&mut self, field: &'static str, label: &str, typed: &str) -> Option<bool> {
        match text::normalise(typed).as_str() {
            "" => None,
            "是" | "true" => Some(true),
            "否" | "false" => Some(false),
            _ => {
                self.fault(field, "yes_no", format!("{label}应填是或否，请改正"));
                None
            }
        }
    }

    fn short(
        &mut self,
        field: &'static str,
        label: &str,
        typed: &str,
        most: usize,
    ) -> Option<String> {
        let value = text::normalise(typed);
        if value.chars().count() > most {
            self.fault(field, "long", format!("{label}最多{most}个字，请缩短"));
        }
        if text::has_control(&value) {
            self.fault(
                field,
                "control",
                format!("{label}含有不可见字符，请重新键入"),
            );
        }
        (!value.is_empty()).then_some(value)
    }
}

/// What a person entered elsewhere is, as the refusals need it (ROS-20).
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// Name on file.
    pub name: String,
    /// Open membership: the branch's full name, whether it is this very branch, its state.
    pub membership: Option<(String, bool, MembershipState)>,
}

/// The refusal of a record whose ID number is already known, if it is one (ROS-20, FLD-106): the same name without a
/// membership anywhere may be added to the branch.
pub fn double(new: &NewMember, known: &Elsewhere) -> Option<Fault> {
    if new.name != known.name {
        return Some(Fault::new(
            "id_number",
            "id_number.other_name",
            "该身份证号在系统中已存在，姓名不符，请核对姓名和身份证号码；确认无误请联系直接上级团组织",
        ));
    }
    match &known.membership {
        None => None,
        Some((_, true, _)) => Some(Fault::new(
            "id_number",
            "id_number.here",
            "已在本组织，无需重复录入",
        )),
        Some((name, false, state)) => Some(Fault::new(
            "id_number",
            "id_number.elsewhere",
            format!(
                "该身份证号已在〔{name}〕（{}），请联系协调或办理组织关系转接",
                state.label()
            ),
        )),
    }
}

/// ROS-15.
pub fn number_taken() -> Fault {
    Fault::new(
        "admission_number",
        "number.taken",
        "该编号已被其他团员使用，可请求上级组织协助联系对方协商。",
    )
}

/// The second of two equal records in one file (ROS-20).
pub fn repeated() -> Fault {
    Fault::new(
        "id_number",
        "id_number.repeated",
        "该身份证号在本次提交中重复出现，只保留第一行，请删去重复的行",
    )
}
