//! Forms about people as data: which fields, what is typed, what is wrong, what is locked and why.

use crate::rules::codes::{self, Codes};
use crate::rules::{DocType, Fault, MemberInput, Nature};
use web::list::Choice;

/// One field of a form.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub required: bool,
    /// What to type, or why the value is what it is.
    pub hint: &'static str,
    pub fault: String,
    /// Choices; a text field without.
    pub choices: Vec<Choice>,
    /// Why the field cannot be changed here, and who can (ROS-B7); empty if it can.
    pub locked: String,
    /// `text`, `tel`, `email`, `date`, `month`.
    pub kind: &'static str,
}

impl Field {
    pub(crate) fn text(
        name: &'static str,
        label: &'static str,
        value: &str,
        hint: &'static str,
    ) -> Self {
        Self {
            name,
            label,
            value: value.to_owned(),
            required: false,
            hint,
            fault: String::new(),
            choices: Vec::new(),
            locked: String::new(),
            kind: "text",
        }
    }

    pub(crate) fn choice(
        name: &'static str,
        label: &'static str,
        value: &str,
        choices: Vec<Choice>,
    ) -> Self {
        Self {
            choices,
            ..Self::text(name, label, value, "")
        }
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn locked(mut self, value: String, why: impl Into<String>) -> Self {
        self.value = value;
        self.locked = why.into();
        self.required = false;
        self
    }
}

/// Puts the faults beside their fields; those of no shown field come back.
pub(crate) fn put(fields: &mut [Field], faults: &[Fault]) -> Vec<String> {
    let mut rest = Vec::new();
    for fault in faults {
        match fields.iter_mut().find(|f| f.name == fault.field) {
            Some(field) if field.fault.is_empty() => field.fault.clone_from(&fault.message),
            Some(field) => field.fault = format!("{}；{}", field.fault, fault.message),
            None => rest.push(fault.message.clone()),
        }
    }
    rest
}

fn of(list: Codes, typed: &str) -> Vec<Choice> {
    let code = codes::code_of(list, typed).unwrap_or("");
    Choice::list(
        std::iter::once(("", "请选择")).chain(codes::pairs(list)),
        code,
    )
}

fn labels<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, typed: &'a str) -> Vec<Choice> {
    Choice::list(all, typed)
}

/// 姓名, 证件, 证件号码, 性别, 出生日期.
pub(crate) fn identity(t: &MemberInput) -> Vec<Field> {
    let types = DocType::ALL.iter().map(|d| (d.code(), d.label()));
    let chosen = DocType::from_label(&t.doc_type)
        .unwrap_or(DocType::ResidentId)
        .code();
    vec![
        Field::text("name", "姓名", &t.name, "与证件一致；少数民族姓名中间用“·”").required(),
        Field::choice("doc_type", "证件类型", &t.doc_type, labels(types, chosen)),
        Field::text(
            "id_number",
            "身份证号码",
            &t.id_number,
            "18位；其他证件填证件号码",
        )
        .required(),
        Field::choice(
            "sex",
            "性别",
            &t.sex,
            labels(
                [("", "按身份证号"), ("男", "男"), ("女", "女")].into_iter(),
                &t.sex,
            ),
        ),
        Field::text("birth_date", "出生日期", &t.birth_date, "居民身份证不用填").kind("date"),
    ]
}

/// The fields administrators may change in place.
pub(crate) fn profile(t: &MemberInput, member: bool) -> Vec<Field> {
    let admitted = Field::text("admitted_on", "入团年月", &t.admitted_on, "如 2019-05");
    vec![
        Field::choice("ethnic", "民族", &t.ethnic, of(codes::ETHNIC, &t.ethnic)).required(),
        Field::choice(
            "political",
            "政治面貌",
            &t.political,
            of(codes::POLITICAL, &t.political),
        )
        .required(),
        Field::choice(
            "education",
            "最高学历",
            &t.education,
            of(codes::EDUCATION, &t.education),
        )
        .required(),
        Field::text("phone", "手机号码", &t.phone, "本人手机，11位")
            .required()
            .kind("tel"),
        if member {
            admitted.required()
        } else {
            admitted
        },
        Field::text(
            "admission_number",
            "发展团员编号",
            &t.admission_number,
            "12位数字，见入团志愿书首页；2017年1月及以后入团必填",
        ),
        Field::text("party_on", "入党年月", &t.party_on, "党员必填，如 2024-06"),
    ]
}

/// 收入, where the profile asks for it (FLD-21).
pub(crate) fn income(t: &MemberInput) -> Field {
    let mut field = Field::choice("income", "收入", &t.income, of(codes::INCOME, &t.income));
    field.hint = "税后月收入所在的档，团费按它计算；修改后次月起按新档";
    field
}

/// What may be filled besides.
pub(crate) fn more(t: &MemberInput) -> Vec<Field> {
    vec![
        Field::choice(
            "is_student",
            "是否高校学生",
            &t.is_student,
            labels(
                [("", "未填写"), ("是", "是"), ("否", "否")].into_iter(),
                &t.is_student,
            ),
        ),
        Field::text("school", "学校", &t.school, ""),
        Field::text("student_no", "学号", &t.student_no, ""),
        Field::text("occupation", "职业", &t.occupation, ""),
        Field::text("employer", "工作单位", &t.employer, ""),
        Field::text("residence", "居住地", &t.residence, ""),
        Field::text("email", "电子邮箱", &t.email, "").kind("email"),
    ]
}

/// 职务, 专兼职, 任职时间.
pub(crate) fn post(
    t: &MemberInput,
    titles: &[&'static str],
    none: Option<&'static str>,
) -> Vec<Field> {
    let first = none.map_or(("", "请选择"), |label| ("", label));
    let chosen = Nature::from_label(&t.nature)
        .unwrap_or(Nature::PartTime)
        .code();
    let title = Field::choice(
        "title",
        "职务",
        &t.title,
        labels(
            std::iter::once(first).chain(titles.iter().map(|x| (*x, *x))),
            &t.title,
        ),
    );
    vec![
        if none.is_none() {
            title.required()
        } else {
            title
        },
        Field::choice(
            "nature",
            "专兼职",
            &t.nature,
            labels(Nature::ALL.iter().map(|n| (n.code(), n.label())), chosen),
        ),
        Field::text("since", "任职时间", &t.since, "如 2024-09-01，空为今天").kind("date"),
    ]
}
