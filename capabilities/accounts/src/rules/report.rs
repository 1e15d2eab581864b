//! The forms of 报到 and 创建账号: what stands on which page, what must be filled, and which member number somebody
//! admitted before 2017 gets (ACC-38, ACC-39, ACC-41, FLD-21).

use crate::policy::RegistrationForm;
use base::{Refused, YearMonth, text};
use people::{MemberInput, codes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a field is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    /// A line of at most so many characters.
    Line(usize),
    /// A month, `2021-05`.
    Month,
    /// One of a national code list, by name.
    Code(codes::Codes),
    /// One of another list, by name.
    Listed(codes::Codes),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// To be ticked.
    Tick,
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub ask: Ask,
    pub hint: &'static str,
}

/// A page of a form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub title: &'static str,
    /// Which class its fields are (FLD-21).
    pub class: &'static str,
    pub fields: &'static [Field],
}

const fn field(name: &'static str, label: &'static str, ask: Ask, hint: &'static str) -> Field {
    Field {
        name,
        label,
        ask,
        hint,
    }
}

const YES_NO: Ask = Ask::OneOf(&["是", "否"]);
const NAME: Field = field("name", "姓名", Ask::Line(40), "与身份证一致");
const ID_NUMBER: Field = field(
    "id_number",
    "身份证号码",
    Ask::Line(24),
    "出生日期、性别从号码读出，不用填",
);
const ADMITTED: Field = field(
    "admitted_on",
    "入团年月",
    Ask::Month,
    "见入团志愿书或团员证，如2021-05",
);
const POLITICAL: Field = field("political", "政治面貌", Ask::Code(codes::POLITICAL), "");
const ETHNIC: Field = field("ethnic", "民族", Ask::Code(codes::ETHNIC), "");
const EDUCATION: Field = field("education", "最高学历", Ask::Code(codes::EDUCATION), "");

const POSTS: [&str; 9] = [
    "书记",
    "副书记",
    "组织委员",
    "宣传委员",
    "学习委员",
    "文体委员",
    "权益委员",
    "生产委员",
    "委员",
];

/// The branch is chosen on the first page of every form, before its fields.
const REPORT: [Page; 4] = [
    Page {
        title: "身份与团支部",
        class: "审核通过后本人不能再改，请对照证件仔细填写。",
        fields: &[NAME, ID_NUMBER, ADMITTED],
    },
    Page {
        title: "收入与职务",
        class: "审核通过后可以修改，修改须经团支部审核。",
        fields: &[
            POLITICAL,
            field("income", "收入", Ask::Code(codes::INCOME), "用于计算团费"),
            field(
                "title",
                "在本支部担任的团干职务",
                Ask::OneOf(&POSTS),
                "没有职务的不选",
            ),
            field("since", "任现职年月", Ask::Month, "有职务的填写"),
            field(
                "nature",
                "团干部性质",
                Ask::OneOf(&["兼职", "专职", "挂职"]),
                "学生团干部均为兼职",
            ),
            field("same_party", "是否同级党支部成员", YES_NO, "有职务的填写"),
        ],
    },
    Page {
        title: "学历与来处",
        class: "审核通过后可以随时修改，不用审核。手机号凭短信更换。",
        fields: &[
            ETHNIC,
            field("full_time", "全日制学历", Ask::Listed(codes::FULL_TIME), ""),
            EDUCATION,
            field(
                "household",
                "户籍所在地",
                Ask::Line(60),
                "写到省、市、县（区）",
            ),
            field(
                "admitted_at",
                "入团时所在单位",
                Ask::Line(29),
                "如青禾市第一中学",
            ),
        ],
    },
    Page {
        title: "其他资料",
        class: "选填，审核通过后可以随时修改。2017年及以后入团的须填团员编号。",
        fields: &[
            field(
                "admission_number",
                "团员编号",
                Ask::Line(20),
                "见入团志愿书首页",
            ),
            field("occupation", "职业", Ask::Listed(codes::OCCUPATION), ""),
            field("employer", "工作单位", Ask::Line(49), ""),
            field("email", "电子邮箱", Ask::Line(49), ""),
            field("qq", "QQ", Ask::Line(19), ""),
            field("wechat", "微信号", Ask::Line(29), ""),
            field("weibo", "微博号", Ask::Line(29), ""),
            field("party_on", "入党年月", Ask::Month, "政治面貌为党员的填写"),
            field("volunteer_since", "注册志愿者时间", Ask::Month, ""),
        ],
    },
];

const CREATE: [Page; 1] = [Page {
    title: "团员资料",
    class: "提交后由团支部审核；姓名、身份证号码通过后不能自行修改。",
    fields: &[
        NAME,
        ID_NUMBER,
        POLITICAL,
        ETHNIC,
        EDUCATION,
        ADMITTED,
        field(
            "admission_number",
            "团员编号",
            Ask::Line(20),
            "2017年及以后入团的必填，见入团志愿书或团员证；2015年及以前的由系统编号，可不填",
        ),
        field(
            "student_no",
            "学号",
            Ask::Line(20),
            "2016年入团、没有编号的，填学号后点“按学号生成”",
        ),
        field("is_student", "是否高校学生", YES_NO, ""),
        field("volunteer", "注册成为志愿者", Ask::Tick, ""),
    ],
}];

/// The pages of a form; none where everything is typed at once by a visitor.
pub(crate) fn pages(form: RegistrationForm) -> &'static [Page] {
    match form {
        RegistrationForm::One => &[],
        RegistrationForm::Create => &CREATE,
        RegistrationForm::Report => &REPORT,
    }
}

/// What an applicant has typed so far. Its text opens as [`MemberInput`] too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Report(BTreeMap<String, String>);

impl Report {
    /// A field, empty where it was not typed.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Writes a field.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Takes what a page brought: its own fields and no others (SEC-14).
    pub(crate) fn take(&mut self, page: &Page, typed: &BTreeMap<String, String>, fixed: &[&str]) {
        for field in page.fields.iter().filter(|f| !fixed.contains(&f.name)) {
            let value = typed.get(field.name).map_or("", String::as_str);
            self.set(field.name, text::normalise(value));
        }
    }

    /// As the roster's checks read it.
    pub(crate) fn member(&self) -> MemberInput {
        let mut member: MemberInput = serde_json::to_value(self)
            .and_then(serde_json::from_value)
            .unwrap_or_default();
        if member.title.is_empty() {
            member.nature.clear();
            member.since.clear();
        }
        member
    }

    /// 入团年月, where it can be read.
    pub(crate) fn admitted(&self) -> Option<YearMonth> {
        self.get("admitted_on").parse().ok()
    }
}

fn choose(label: &str) -> String {
    format!("{label}请从列出的各项中选择")
}

/// What a form asks beyond the roster's own checks, all at once.
pub(crate) fn faults(form: RegistrationForm, report: &Report, today: YearMonth) -> Vec<Refused> {
    let mut faults = Vec::new();
    let mut fault = |field: &'static str, code: &'static str, message: String| {
        faults.push(Refused {
            code,
            message,
            field: Some(field),
        });
    };
    for page in pages(form) {
        for field in page.fields {
            let value = report.get(field.name);
            match field.ask {
                Ask::OneOf(list) if !value.is_empty() && !list.contains(&value) => {
                    fault(field.name, "report.choice", choose(field.label));
                }
                Ask::Listed(list) if !value.is_empty() && list.iter().all(|e| e.name != value) => {
                    fault(field.name, "report.choice", choose(field.label));
                }
                Ask::Line(most) if value.chars().count() > most => {
                    let found = value.chars().count();
                    fault(
                        field.name,
                        "report.long",
                        format!("{}最多{most}个字，现为{found}个", field.label),
                    );
                }
                _ => {}
            }
        }
    }
    let required: &[(&'static str, &str)] = match form {
        RegistrationForm::One => &[],
        RegistrationForm::Create => &[("is_student", "是否高校学生")],
        RegistrationForm::Report => &[
            ("income", "收入"),
            ("full_time", "全日制学历"),
            ("household", "户籍所在地"),
            ("admitted_at", "入团时所在单位"),
        ],
    };
    let with_post: &[(&'static str, &str)] = match form {
        RegistrationForm::Report if !report.get("title").is_empty() => &[
            ("since", "任现职年月"),
            ("nature", "团干部性质"),
            ("same_party", "是否同级党支部成员"),
        ],
        _ => &[],
    };
    for (name, label) in required.iter().chain(with_post) {
        if report.get(name).is_empty() {
            fault(name, "required", format!("{label}未填写，此项必填，请补填"));
        }
    }
    if form == RegistrationForm::Report {
        match report.get("volunteer_since").parse::<YearMonth>() {
            Ok(month) if month > today => {
                fault("volunteer_since", "month.future", "时间不能晚于今天".into());
            }
            Err(()) if !report.get("volunteer_since").is_empty() => {
                fault(
                    "volunteer_since",
                    "month",
                    "注册志愿者时间请填成2020-05这样的形式".into(),
                );
            }
            _ => {}
        }
        if !report.get("qq").bytes().all(|b| b.is_ascii_digit()) {
            fault("qq", "report.qq", "QQ号只能是数字".into());
        }
    }
    if form == RegistrationForm::Create && report.get("volunteer").is_empty() {
        fault(
            "volunteer",
            "report.volunteer",
            "请勾选注册成为志愿者。".into(),
        );
    }
    faults
}

/// What becomes of the member number where the deployment makes numbers (ACC-41).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Number {
    /// As it was typed, or none is asked.
    Typed,
    /// The system gives one of this year.
    Given(i32),
    /// Of 2016: from the student number.
    FromStudentNo,
    /// From 2017 on it must be typed.
    Missing,
}

/// Which number somebody admitted in this month gets.
pub(crate) fn number(admitted: Option<YearMonth>, typed: &str) -> Number {
    match admitted.map(YearMonth::year) {
        _ if !typed.is_empty() => Number::Typed,
        Some(year) if year >= 2017 => Number::Missing,
        Some(2016) => Number::FromStudentNo,
        Some(year) => Number::Given(year),
        None => Number::Typed,
    }
}

/// `2016` and the last eight digits of the student number; letters fall away, what is short is filled with noughts.
pub(crate) fn from_student_no(typed: &str) -> Option<String> {
    let digits: String = text::normalise(typed)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.is_empty() {
        return None;
    }
    let tail = &digits[digits.len().saturating_sub(8)..];
    Some(format!("2016{tail:0>8}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Option<YearMonth> {
        text.parse().ok()
    }

    #[test]
    fn acc_41_the_number_depends_on_the_year_of_admission() {
        assert_eq!(number(month("2017-01"), ""), Number::Missing);
        assert_eq!(number(month("2016-12"), ""), Number::FromStudentNo);
        assert_eq!(number(month("2016-01"), "201600000001"), Number::Typed);
        assert_eq!(number(month("2015-12"), ""), Number::Given(2015));
        assert_eq!(number(None, ""), Number::Typed);
    }

    #[test]
    fn acc_41_a_number_of_2016_comes_from_the_student_number() {
        assert_eq!(
            from_student_no("1120201234").as_deref(),
            Some("201620201234")
        );
        assert_eq!(from_student_no("SY0712").as_deref(), Some("201600000712"));
        assert_eq!(from_student_no("１２３").as_deref(), Some("201600000123"));
        assert_eq!(from_student_no("无"), None);
    }

    #[test]
    fn fld_21_a_post_brings_its_questions_and_months_lie_not_ahead() {
        let now = month("2026-11").unwrap();
        let mut report = Report::default();
        let named = |report: &Report| -> Vec<&'static str> {
            faults(RegistrationForm::Report, report, now)
                .iter()
                .filter_map(|f| f.field)
                .collect()
        };
        assert_eq!(
            named(&report),
            ["income", "full_time", "household", "admitted_at"]
        );
        for (name, value) in [
            ("income", "学生（无收入）"),
            ("full_time", "本科在读"),
            ("household", "广东省"),
            ("admitted_at", "青禾市第一中学"),
        ] {
            report.set(name, value);
        }
        assert!(named(&report).is_empty());
        report.set("title", "书记");
        assert_eq!(named(&report), ["since", "nature", "same_party"]);
        report.set("title", "");
        report.set("volunteer_since", "2026-11");
        assert!(named(&report).is_empty());
        report.set("volunteer_since", "2026-12");
        assert_eq!(named(&report), ["volunteer_since"]);
        report.set("volunteer_since", "");
        report.set("full_time", "很多");
        assert_eq!(named(&report), ["full_time"]);
    }

    #[test]
    fn acc_39_the_volunteer_tick_is_required() {
        let now = month("2026-11").unwrap();
        let mut report = Report::default();
        report.set("is_student", "是");
        let said = faults(RegistrationForm::Create, &report, now);
        assert_eq!(said[0].message, "请勾选注册成为志愿者。");
        report.set("volunteer", "1");
        assert!(faults(RegistrationForm::Create, &report, now).is_empty());
    }

    #[test]
    fn sec_14_a_page_takes_its_own_fields_only() {
        let mut report = Report::default();
        report.set("phone", "10000000001");
        let typed = [
            ("income", "2000元以下"),
            ("phone", "10000000002"),
            ("name", "别人"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
        report.take(&REPORT[1], &typed, &[]);
        assert_eq!(report.get("income"), "2000元以下");
        assert_eq!(
            (report.get("phone"), report.get("name")),
            ("10000000001", "")
        );
    }
}
