//! What a new organisation must bring (ORG-16, ORG-19, ORG-20).

use super::contact::{read_email, read_phone};
use super::{
    BranchKind, Fault, Org, allowed_below, check_characters, check_kind, check_place,
    check_short_name, full_name, is_class_name, read_school_code,
};
use crate::Policy;
use base::{OrgCategory, Reserved, YearMonth, text};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

/// A new organisation, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrg {
    /// What.
    pub category: OrgCategory,
    /// What kind of branch.
    pub kind: BranchKind,
    /// 组织简称.
    pub short_name: String,
    /// 组织全称; none: generated.
    pub full_name: Option<String>,
    /// 单位所属行业类别.
    pub sector: Option<String>,
    /// 联系电话.
    pub phone: Option<String>,
    /// 电子邮箱.
    pub email: Option<String>,
    /// 14-28周岁青年数.
    pub youth_14_28: Option<i32>,
    /// 年度经推优入党团员数.
    pub recommended_to_party: Option<i32>,
    /// 是否学校组织.
    pub is_school: Option<bool>,
    /// 学校编号.
    pub school_code: Option<String>,
    /// 毕业年份, as the June of that year.
    pub graduation: Option<YearMonth>,
    /// 组织排序; none: after its siblings.
    pub sort_no: Option<i32>,
    /// 行政区划 (leading bodies, towns and streets).
    pub region: Option<String>,
    /// 成立日期; none: today.
    pub founded_on: Option<NaiveDate>,
}

impl NewOrg {
    /// An ordinary organisation with nothing but category and name.
    pub fn plain(category: OrgCategory, short_name: impl Into<String>) -> Self {
        Self {
            category,
            kind: BranchKind::Ordinary,
            short_name: short_name.into(),
            full_name: None,
            sector: None,
            phone: None,
            email: None,
            youth_14_28: None,
            recommended_to_party: None,
            is_school: None,
            school_code: None,
            graduation: None,
            sort_no: None,
            region: None,
            founded_on: None,
        }
    }
}

/// What was typed into the creation form, or stood in a row of the import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OrgInput {
    /// 组织类别, as code or as label.
    pub category: String,
    /// 支部类型, as code; empty: ordinary.
    pub kind: String,
    /// 组织简称.
    pub short_name: String,
    /// 组织全称; empty: generated.
    pub full_name: String,
    /// 单位所属行业类别.
    pub sector: String,
    /// 联系电话.
    pub phone: String,
    /// 电子邮箱.
    pub email: String,
    /// 14-28周岁青年数.
    pub youth_14_28: String,
    /// 年度经推优入党团员数.
    pub recommended_to_party: String,
    /// 是否学校组织: 是 or 否.
    pub is_school: String,
    /// 学校编号.
    pub school_code: String,
    /// 毕业年份.
    pub graduation_year: String,
    /// 组织排序.
    pub sort_no: String,
}

/// What of the superior matters for a new subordinate.
#[derive(Clone, Debug)]
pub struct Superior {
    /// The superior.
    pub org: Org,
    /// Its superiors, root first, and itself last.
    pub line: Vec<Org>,
    /// Its school code, which everything below inherits (ORG-16).
    pub school_code: Option<String>,
}

/// A checked creation with what should be looked at once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Ready for [`crate::create`].
    pub new: NewOrg,
    /// Hints that refuse nothing.
    pub warnings: Vec<String>,
}

/// Reads a category by code or label.
fn read_category(typed: &str) -> Option<OrgCategory> {
    OrgCategory::from_code(typed).or_else(|| {
        OrgCategory::ALL
            .into_iter()
            .find(|category| category.label() == typed)
    })
}

/// Reads a whole number of a range; blank is none.
pub(crate) fn read_number(
    field: &'static str,
    label: &str,
    typed: &str,
    max: i32,
    too_big: &str,
) -> Result<Option<i32>, Fault> {
    let typed = text::normalise(typed);
    if typed.is_empty() {
        return Ok(None);
    }
    match typed.parse::<i64>() {
        Ok(n) if n > i64::from(max) => Err(Fault::new(field, "org.number_big", too_big)),
        Ok(n) if n >= 0 => Ok(i32::try_from(n).ok()),
        _ => Err(Fault::new(
            field,
            "org.number",
            format!("{label}应为0–{max}的整数，请核对。"),
        )),
    }
}

/// Checks everything that was typed and names all faults at once.
pub fn check(
    input: &OrgInput,
    superior: &Superior,
    policy: &Policy,
    reserved: Reserved,
    today: NaiveDate,
) -> Result<Checked, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    let category = read_category(&text::normalise(&input.category));
    let short_name = text::normalise(&input.short_name);
    match category {
        None => {
            let allowed: Vec<_> = allowed_below(superior.org.category, policy)
                .iter()
                .map(|c| c.label())
                .collect();
            faults.push(Fault::new(
                "category",
                "org.category",
                format!("类别为空或不在下拉项内，可选：{}。", allowed.join("、")),
            ));
            if short_name.is_empty() {
                faults.push(Fault::new(
                    "short_name",
                    "org.name_empty",
                    "简称为空。请填写组织简称。",
                ));
            }
        }
        Some(category) => {
            faults.extend(check_place(category, &superior.org, policy).err());
            if category != OrgCategory::LeadingBody {
                faults.extend(check_short_name(category, &short_name).err());
            }
        }
    }
    let category = category.unwrap_or(OrgCategory::Branch);
    let kind = BranchKind::from_code(&text::normalise(&input.kind));
    faults.extend(check_kind(kind, category, superior, policy, today).err());
    let full = text::normalise(&input.full_name);
    let full = if full.is_empty() {
        full_name(&superior.line, category, &short_name, policy)
    } else {
        full
    };
    if faults.iter().all(|fault| fault.field != "short_name") {
        faults.extend(check_characters("full_name", "组织全称", &full, policy.full_name_max).err());
    }
    let sector_name = text::normalise(&input.sector);
    let sector = policy.sector(&sector_name);
    if !sector_name.is_empty() && sector.is_none_or(|s| s.retired) {
        faults.push(Fault::new(
            "sector",
            "org.sector",
            format!("行业类别〔{sector_name}〕不存在，请从下拉项中选择。"),
        ));
    }
    let mut keep = |read: Result<Option<i32>, Fault>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let youth_14_28 = keep(read_number(
        "youth_14_28",
        "14-28周岁青年数",
        &input.youth_14_28,
        10_000,
        "不能超过10000",
    ));
    let recommended_to_party = keep(read_number(
        "recommended_to_party",
        "年度经推优入党团员数",
        &input.recommended_to_party,
        1000,
        "不能超过1000",
    ));
    let whole = "组织排序应为1–9999的整数，请核对或留空。";
    let sort_no = read_number("sort_no", "组织排序", &input.sort_no, 9999, whole);
    let sort_no = keep(match sort_no {
        Ok(Some(0)) => Err(Fault::new("sort_no", "org.number", whole)),
        other => other,
    });
    let mut keep = |read: Result<Option<String>, Fault>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let phone = keep(read_phone(&input.phone, reserved));
    let email = keep(read_email(&input.email, policy.email_max));
    let mut new = NewOrg {
        kind,
        full_name: Some(full),
        sector: sector.map(|s| s.name.clone()),
        phone,
        email,
        youth_14_28,
        recommended_to_party,
        sort_no,
        ..NewOrg::plain(category, short_name)
    };
    school(
        input,
        superior,
        policy,
        today,
        &mut new,
        &mut faults,
        &mut warnings,
    );
    if !faults.is_empty() {
        return Err(faults);
    }
    warnings.extend(hints(&new, policy));
    Ok(Checked { new, warnings })
}

/// 是否学校组织, 学校编号, 毕业年份 (ORG-16).
fn school(
    input: &OrgInput,
    superior: &Superior,
    policy: &Policy,
    today: NaiveDate,
    new: &mut NewOrg,
    faults: &mut Vec<Fault>,
    warnings: &mut Vec<String>,
) {
    let code = text::normalise(&input.school_code);
    let inherited = superior.school_code.as_ref();
    new.is_school = match text::normalise(&input.is_school).as_str() {
        "是" => Some(true),
        "否" => Some(false),
        _ if inherited.is_some() => Some(true),
        _ => None,
    };
    if policy.asks_school && new.is_school.is_none() {
        faults.push(Fault::new(
            "is_school",
            "org.is_school",
            "请选择是否学校组织：是或否。",
        ));
    }
    if let Some(inherited) = inherited {
        if !code.is_empty() && code != *inherited {
            faults.push(Fault::new(
                "school_code",
                "org.school_inherited",
                format!("学校编号由独立学校的团组织填写，此处沿用〔{inherited}〕，请勿改动。"),
            ));
        }
        new.school_code = (new.is_school == Some(true)).then(|| inherited.clone());
    } else if !code.is_empty() || (policy.asks_school && new.is_school == Some(true)) {
        match read_school_code(&code) {
            Ok(read) => {
                new.school_code = Some(read.code);
                warnings.extend(read.warning);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !policy.graduation_at_creation {
        return;
    }
    let typed = text::normalise(&input.graduation_year);
    let wanted = new.is_school == Some(true) && new.category == OrgCategory::Branch;
    let (from, to) = (today.year() - 1, today.year() + 8);
    match typed.trim_end_matches('年').parse::<i32>() {
        Ok(year) if wanted && (from..=to).contains(&year) => {
            new.graduation = YearMonth::new(year, 6);
        }
        _ if wanted => faults.push(Fault::new(
            "graduation_year",
            "org.graduation_year",
            format!("学校团支部必须选择毕业年份（{from}–{to}）。"),
        )),
        _ => {}
    }
}

/// What should be looked at once more before creating: refuses nothing (ORG-05, ORG-19).
pub fn hints(new: &NewOrg, policy: &Policy) -> Vec<String> {
    let mut hints = Vec::new();
    let students = new
        .sector
        .as_deref()
        .and_then(|name| policy.sector(name))
        .is_some_and(|sector| sector.students);
    // FLD-05: here the short name has all the parts, the short form of a class is the alias'.
    if new.category == OrgCategory::Branch
        && new.is_school == Some(true)
        && policy.full_name_form == crate::policy::FullNameForm::Formal
        && !new.short_name.ends_with("班团支部")
    {
        hints.push(
            "学校班级团支部的简称一般为“学校＋院系＋专业＋班＋团支部”，如〔某某大学石油工程学院地质专业3班团支部〕，中学不含专业；“2017级3班团支部”这样的短式用作企业微信名称。教工、社团、宿舍支部可保留现名。"
                .into(),
        );
    }
    if new.category == OrgCategory::Branch
        && students
        && policy.full_name_form == crate::policy::FullNameForm::Generated
        && !is_class_name(&new.short_name)
    {
        hints.push(
            "学生班级团支部一般命名为“（专业）＋入学年份4位＋级＋班号＋班团支部”，如〔计算机专业2017级3班团支部〕；教工、社团、宿舍支部可保留现名。"
                .into(),
        );
    }
    hints
}
