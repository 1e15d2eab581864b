//! Every check one typed record must pass, all faults at once (ROS-10..24). Nothing here reads the database: whether an
//! ID number or an admission number is already taken is asked afterwards, for all records together.

use super::admission::{number_fault, number_is_required};
use super::codes::{self, Codes};
use super::{
    Circumstances, Demand, DocType, Fault, MemberInput, Nature, NewMember, NewPost, Policy,
    missing, titles,
};
use base::{IdNumber, Mobile, Sex, YearMonth, text};
use chrono::NaiveDate;

pub(super) struct Checker<'a> {
    pub(super) policy: &'a Policy,
    pub(super) around: &'a Circumstances,
    faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
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
    let school = c.short("school", "学校", &input.school, policy.unit_max);
    let student_no = c.short("student_no", "学号", &input.student_no, 20);
    let occupation = c.short("occupation", "职业", &input.occupation, 40);
    let employer = c.short("employer", "工作单位", &input.employer, policy.unit_max);
    let income = match input.income.trim() {
        "" => None,
        typed => c.coded("income", "收入", codes::INCOME, typed),
    };
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
    let number_fault = number_fault(admission_number.as_deref(), admitted_on, policy, around);
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
        income,
        certification,
        missing,
        number_fault,
        warnings: c.warnings,
    })
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' | '〇')
}

impl Checker<'_> {
    pub(super) fn fault(
        &mut self,
        field: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.faults.push(Fault::new(field, code, message));
    }

    pub(super) fn demands(&self, field: &str) -> bool {
        match self.around.demand {
            Demand::Member => true,
            Demand::Cadre => !matches!(field, "admitted_on" | "admission_number"),
            Demand::Identity => false,
        }
    }

    pub(super) fn required(&mut self, field: &'static str, label: &str) {
        if self.demands(field) {
            self.fault(
                field,
                "required",
                format!("{label}未填写，此项必填，请补填"),
            );
        }
    }

    pub(super) fn doc_type(&mut self, typed: &str) -> DocType {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            return DocType::ResidentId;
        }
        DocType::from_label(&typed).unwrap_or_else(|| {
            self.fault("doc_type", "doc_type", format!("证件类型〔{typed}〕不在可选范围内，请选择居民身份证、港澳台居民居住证、护照或其他"));
            DocType::ResidentId
        })
    }

    pub(super) fn name(&mut self, typed: &str, doc_type: DocType) -> Option<String> {
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

    pub(super) fn document(
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

    pub(super) fn coded(
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
            let near = text::nearest(&typed, list.iter().map(|e| e.name)).join("、");
            self.fault(
                field,
                "code",
                format!("{label}〔{typed}〕不在代码表内，最接近的是{near}，请从下拉项中选择"),
            );
        }
        code.map(str::to_owned)
    }

    pub(super) fn political(&mut self, typed: &str) -> Option<String> {
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

    pub(super) fn phone(&mut self, typed: &str) -> Option<Mobile> {
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

    pub(super) fn post(&mut self, input: &MemberInput) -> Option<NewPost> {
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

    pub(super) fn email(&mut self, typed: &str) -> Option<String> {
        let email = self.short("email", "电子邮箱", typed, self.policy.email_max)?;
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

    pub(super) fn yes_no(&mut self, field: &'static str, label: &str, typed: &str) -> Option<bool> {
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

    pub(super) fn short(
        &mut self,
        field: &'static str,
        label: &str,
        typed: &str,
        most: usize,
    ) -> Option<String> {
        let value = text::normalise(typed);
        let length = value.chars().count();
        if length > most {
            self.fault(
                field,
                "long",
                format!("{label}最多{most}个字，现有{length}个字，请缩短"),
            );
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
