//! The information of an organisation: what is asked, what is missing (1.2, ORG-10..14, ORG-45).

use super::contact::{is_uscc, read_email, read_league_code, read_phone, read_wechat, read_weibo};
use super::creating::read_number;
use super::{BranchKind, Fault, Org, OrgState};
use crate::policy::{Locked, Policy, Required};
use OrgCategory::{Committee, GeneralBranch, LeadingBody, WorkCommittee};
use base::{OrgCategory, Reserved, text};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// What of the secretary counts for complete information (ORG-45).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secretary {
    /// Who.
    pub person: base::PersonId,
    /// Name.
    pub name: String,
    /// Has an account of the own.
    pub registered: bool,
    /// The phone in the personal profile is filled; one proposed by the organisation counts once confirmed there.
    pub phone: bool,
}

/// All that is known of an organisation itself.
#[derive(Clone, Debug)]
pub struct OrgInfo {
    /// The organisation.
    pub org: Org,
    /// 企业微信名称 (FLD-06).
    pub alias: Option<String>,
    /// 电子邮箱.
    pub email: Option<String>,
    /// 行政编制数.
    pub admin_posts: Option<i32>,
    /// 行政编制实际配备数.
    pub admin_actual: Option<i32>,
    /// 事业编制数.
    pub inst_posts: Option<i32>,
    /// 事业编制实际配备数.
    pub inst_actual: Option<i32>,
    /// 14-28周岁青年数.
    pub youth_14_28: Option<i32>,
    /// 年度经推优入党团员数.
    pub recommended_to_party: Option<i32>,
    /// 是否学校组织.
    pub is_school: Option<bool>,
    /// 学校编号.
    pub school_code: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 团组织机构代码 (FLD-03).
    pub league_code: Option<String>,
    /// 团组织微信号 (FLD-03).
    pub wechat: Option<String>,
    /// 微博号 (FLD-03).
    pub weibo: Option<String>,
    /// Why no month of graduation can be named.
    pub graduation_reason: Option<String>,
    /// 成立日期.
    pub founded_on: NaiveDate,
    /// 组织排序.
    pub sort_no: i32,
    /// First saving.
    pub saved_at: Option<DateTime<Utc>>,
    /// The secretary, if there is one.
    pub secretary: Option<Secretary>,
}

impl OrgInfo {
    /// Whether it belongs to the school sector (ORG-04).
    pub fn in_school_sector(&self, policy: &Policy) -> bool {
        policy.is_school(self.org.sector.as_deref(), self.is_school)
    }
}

/// Whether 单位所属行业类别 is required (1.2).
pub fn needs_sector(category: OrgCategory) -> bool {
    category != LeadingBody
}

/// Whether office phone and mail are required (1.2; of all where FLD-03 holds).
pub fn needs_contact(category: OrgCategory, policy: &Policy) -> bool {
    policy.required == Required::FieldPractice || category == LeadingBody
}

/// Whether the four staffing numbers are required (1.2; of all but branches where FLD-03 holds).
pub fn needs_staffing(category: OrgCategory, policy: &Policy) -> bool {
    match policy.required {
        Required::FieldPractice => category != OrgCategory::Branch,
        Required::ByCategory => matches!(category, LeadingBody | Committee | WorkCommittee),
    }
}

/// What is missing for 组织信息完整 (ORG-45), in the words of the form; empty when complete.
pub fn missing_information(info: &OrgInfo, policy: &Policy) -> Vec<&'static str> {
    let category = info.org.category;
    let mut missing = Vec::new();
    let mut need = |asked: bool, filled: bool, label: &'static str| {
        if asked && !filled {
            missing.push(label);
        }
    };
    need(
        needs_sector(category),
        info.org.sector.is_some(),
        "单位所属行业类别未填写",
    );
    need(
        needs_contact(category, policy),
        info.org.phone.is_some(),
        "联系电话未填写",
    );
    need(
        needs_contact(category, policy),
        info.email.is_some(),
        "电子邮箱未填写",
    );
    let staffing = needs_staffing(category, policy);
    need(staffing, info.admin_posts.is_some(), "行政编制数未填写");
    need(
        staffing,
        info.admin_actual.is_some(),
        "行政编制实际配备数未填写",
    );
    need(staffing, info.inst_posts.is_some(), "事业编制数未填写");
    need(
        staffing,
        info.inst_actual.is_some(),
        "事业编制实际配备数未填写",
    );
    need(true, info.saved_at.is_some(), "基本资料尚未提交");
    match &info.secretary {
        // FLD-03 leaves the secretary to the organisation.
        None if policy.required == Required::FieldPractice => {}
        None => missing.push("书记未录入"),
        Some(secretary) => {
            if !secretary.registered {
                missing.push("书记尚未注册登录");
            }
            // By far the commonest case: the office phone or the one typed in the form is taken for it.
            if !secretary.phone {
                missing.push("书记个人资料中手机号码未填写（不是组织联系电话）");
            }
        }
    }
    missing
}

/// What was typed into the information form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "fields of the form, named as in OrgInfo")]
pub struct InfoInput {
    pub short_name: String,
    pub full_name: String,
    pub sector: String,
    pub phone: String,
    pub email: String,
    pub admin_posts: String,
    pub admin_actual: String,
    pub inst_posts: String,
    pub inst_actual: String,
    pub youth_14_28: String,
    pub recommended_to_party: String,
    pub uscc: String,
    pub league_code: String,
    pub wechat: String,
    pub weibo: String,
    /// 接受报到, `yes` or `no`; empty leaves it as it is.
    pub accepts: String,
    /// Version of the information the form was filled from.
    pub version: String,
    /// The names and category were looked at (first saving, ORG-11).
    pub confirmed: String,
}

/// Checked information of one's own organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Information {
    pub short_name: String,
    pub full_name: String,
    pub sector: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub admin_posts: Option<i32>,
    pub admin_actual: Option<i32>,
    pub inst_posts: Option<i32>,
    pub inst_actual: Option<i32>,
    pub youth_14_28: Option<i32>,
    pub recommended_to_party: Option<i32>,
    pub uscc: Option<String>,
    pub league_code: Option<String>,
    pub wechat: Option<String>,
    pub weibo: Option<String>,
    pub accepts_registration: bool,
}

/// Whether the organisation may give its code and its names in the networks (FLD-03).
pub fn asks_networks(policy: &Policy) -> bool {
    policy.required == Required::FieldPractice
}

/// Whether the branch itself says if it takes registrations (1.1); the others never do.
pub fn decides_registrations(org: &Org) -> bool {
    org.is_branch()
        && org.state != OrgState::Graduate
        && !matches!(
            org.kind,
            BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
        )
}

/// Checks the information form and names all faults at once.
pub fn check_information(
    input: &InfoInput,
    info: &OrgInfo,
    policy: &Policy,
    reserved: Reserved,
) -> Result<Information, Vec<Fault>> {
    let category = info.org.category;
    let mut faults = Vec::new();
    let mut keep = |read: Result<Option<String>, Fault>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let phone = keep(read_phone(&input.phone, reserved));
    let email = keep(read_email(&input.email, policy.email_max));
    // Where they are not asked what a form may carry of them is left alone.
    let (league_code, wechat, weibo) = if asks_networks(policy) {
        (
            keep(read_league_code(&input.league_code)),
            keep(read_wechat(&input.wechat)),
            keep(read_weibo(&input.weibo)),
        )
    } else {
        let before = (&info.league_code, &info.wechat, &info.weibo);
        (before.0.clone(), before.1.clone(), before.2.clone())
    };
    if needs_contact(category, policy) {
        if phone.is_none() && text::normalise(&input.phone).is_empty() {
            faults.push(Fault::new("phone", "org.required", "请填写联系电话。"));
        }
        if email.is_none() && text::normalise(&input.email).is_empty() {
            faults.push(Fault::new("email", "org.required", "请填写电子邮箱。"));
        }
    }
    let mut staffing = |field, label: &str, typed: &str| {
        let read = read_number(field, label, typed, 99_999, "编制数不能超过99999");
        match read {
            Ok(None) if needs_staffing(category, policy) => {
                faults.push(Fault::new(field, "org.blank_number", "没有请填0。"));
                None
            }
            Ok(number) => number,
            Err(fault) => {
                faults.push(fault);
                None
            }
        }
    };
    let admin_posts = staffing("admin_posts", "行政编制数", &input.admin_posts);
    let admin_actual = staffing("admin_actual", "行政编制实际配备数", &input.admin_actual);
    let inst_posts = staffing("inst_posts", "事业编制数", &input.inst_posts);
    let inst_actual = staffing("inst_actual", "事业编制实际配备数", &input.inst_actual);
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
    let uscc = text::normalise(&input.uscc).to_uppercase();
    if !uscc.is_empty() && !is_uscc(&uscc) {
        faults.push(Fault::new(
            "uscc",
            "org.uscc",
            "统一社会信用代码应为18位且校验位正确，请对照营业执照或法人证书核对。",
        ));
    }
    let sector = own_sector(&input.sector, info, policy, &mut faults);
    let (short_name, full_name) = own_names(input, info, policy, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Information {
        short_name,
        full_name,
        sector,
        phone,
        email,
        admin_posts,
        admin_actual,
        inst_posts,
        inst_actual,
        youth_14_28,
        recommended_to_party,
        uscc: Some(uscc).filter(|code| !code.is_empty()),
        league_code,
        wechat,
        weibo,
        accepts_registration: match input.accepts.as_str() {
            "yes" if decides_registrations(&info.org) => true,
            "no" if decides_registrations(&info.org) => false,
            _ => info.org.accepts_registration,
        },
    })
}

/// How a locked field is corrected (ORG-11, ORG-15).
fn locked(field: &'static str, label: &str) -> Fault {
    Fault::new(
        field,
        "org.locked",
        format!(
            "{label}首次提交后不能自行修改。如有错误，请书面说明理由，逐级报省级团委核实更正。"
        ),
    )
}

fn own_sector(
    typed: &str,
    info: &OrgInfo,
    policy: &Policy,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    let typed = text::normalise(typed);
    let before = info.org.sector.clone();
    if Some(&typed) == before.as_ref() || !needs_sector(info.org.category) {
        return before;
    }
    if info.saved_at.is_some() && policy.locks(Locked::Sector) && before.is_some() {
        if !typed.is_empty() {
            faults.push(locked("sector", "单位所属行业类别"));
        }
        return before;
    }
    if typed.is_empty() {
        faults.push(Fault::new(
            "sector",
            "org.required",
            "请选择单位所属行业类别。",
        ));
        return None;
    }
    match policy.sector(&typed).filter(|sector| !sector.retired) {
        Some(sector) => Some(sector.name.clone()),
        None => {
            faults.push(Fault::new(
                "sector",
                "org.sector",
                format!("行业类别〔{typed}〕不存在，请从下拉项中选择。"),
            ));
            None
        }
    }
}

/// Names are the superior's where they are locked; elsewhere the organisation's own (`beijing`).
fn own_names(
    input: &InfoInput,
    info: &OrgInfo,
    policy: &Policy,
    faults: &mut Vec<Fault>,
) -> (String, String) {
    let mut name = |field, label, lock, typed: &str, before: &str| {
        let typed = text::normalise(typed);
        if typed.is_empty() || typed == before {
            return before.to_owned();
        }
        if policy.locks(lock) {
            faults.push(locked(field, label));
            return before.to_owned();
        }
        typed
    };
    let short_name = name(
        "short_name",
        "组织简称",
        Locked::ShortName,
        &input.short_name,
        &info.org.short_name,
    );
    let full_name = name(
        "full_name",
        "组织全称",
        Locked::FullName,
        &input.full_name,
        &info.org.full_name,
    );
    if short_name != info.org.short_name {
        faults.extend(super::check_short_name(info.org.category, &short_name).err());
    }
    if full_name != info.org.full_name {
        faults.extend(
            super::check_characters("full_name", "组织全称", &full_name, policy.full_name_max)
                .err(),
        );
    }
    (short_name, full_name)
}

/// What should be looked at once more: refuses nothing.
pub fn cautions(information: &Information) -> Vec<&'static str> {
    let more = |actual: Option<i32>, posts: Option<i32>| actual > posts && posts.is_some();
    let mut cautions = Vec::new();
    if more(information.admin_actual, information.admin_posts) {
        cautions.push("行政编制实际配备数大于编制数，请核对。");
    }
    if more(information.inst_actual, information.inst_posts) {
        cautions.push("事业编制实际配备数大于编制数，请核对。");
    }
    cautions
}

/// Whether it must have branches below (ORG-03).
pub fn needs_branches(category: OrgCategory) -> bool {
    matches!(category, Committee | WorkCommittee | GeneralBranch)
}
