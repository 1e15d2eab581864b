//! The information form and what is missing, as pure decisions.

use super::kit::policy;
use super::naming::{org, today};
use crate::rules::*;
use base::OrgCategory::{self, *};
use base::Reserved;
use uuid::Uuid;

fn info(category: OrgCategory) -> OrgInfo {
    OrgInfo {
        org: org(4, category, "某团支部"),
        alias: None,
        email: None,
        admin_posts: None,
        admin_actual: None,
        inst_posts: None,
        inst_actual: None,
        youth_14_28: None,
        recommended_to_party: None,
        is_school: None,
        school_code: None,
        uscc: None,
        league_code: None,
        wechat: None,
        weibo: None,
        graduation_reason: None,
        founded_on: today(),
        sort_no: 1,
        saved_at: None,
        secretary: None,
    }
}

fn inform(input: &InfoInput, info: &OrgInfo) -> Result<Information, Vec<Fault>> {
    check_information(input, info, &policy("national"), Reserved::Accepted)
}

fn committee_form() -> InfoInput {
    InfoInput {
        sector: "国有企业".into(),
        admin_posts: "0".into(),
        admin_actual: "0".into(),
        inst_posts: "0".into(),
        inst_actual: "0".into(),
        ..InfoInput::default()
    }
}

#[test]
fn org_13_staffing_numbers_are_never_blank() {
    let committee = info(Committee);
    let mut form = committee_form();
    assert!(inform(&form, &committee).is_ok());
    form.inst_actual = " ".into();
    let faults = inform(&form, &committee).unwrap_err();
    assert_eq!(
        (faults[0].field, faults[0].message.as_str()),
        ("inst_actual", "没有请填0。")
    );
    assert!(
        inform(&form, &info(Branch)).is_ok(),
        "not asked of a branch"
    );
    form.inst_actual = "2".into();
    assert_eq!(
        cautions(&inform(&form, &committee).unwrap()).len(),
        1,
        "more than there are posts"
    );
}

#[test]
fn org_14_numbers_of_the_young_have_limits() {
    let branch = info(Branch);
    let form = |youth: &str, party: &str| InfoInput {
        sector: "国有企业".into(),
        youth_14_28: youth.into(),
        recommended_to_party: party.into(),
        ..InfoInput::default()
    };
    assert!(inform(&form("10000", "1000"), &branch).is_ok());
    assert_eq!(
        inform(&form("10001", ""), &branch).unwrap_err()[0].message,
        "不能超过10000"
    );
    assert_eq!(
        inform(&form("", "1001"), &branch).unwrap_err()[0].message,
        "不能超过1000"
    );
    assert_eq!(
        inform(&form("-1", ""), &branch).unwrap_err()[0].code,
        "org.number"
    );
}

#[test]
fn org_11_locked_fields_stay_after_the_first_saving() {
    let mut saved = info(Branch);
    saved.org.sector = Some("国有企业".into());
    let form = InfoInput {
        sector: "机关".into(),
        ..InfoInput::default()
    };
    assert_eq!(
        inform(&form, &saved).unwrap().sector.as_deref(),
        Some("机关"),
        "not yet saved"
    );
    saved.saved_at = Some(testkit::now());
    assert_eq!(inform(&form, &saved).unwrap_err()[0].code, "org.locked");
    let renamed = InfoInput {
        short_name: "另一个团支部".into(),
        ..InfoInput::default()
    };
    assert_eq!(inform(&renamed, &saved).unwrap_err()[0].field, "short_name");
    let beijing =
        check_information(&renamed, &saved, &policy("beijing"), Reserved::Accepted).unwrap();
    assert_eq!(
        beijing.short_name, "另一个团支部",
        "names are the branch's own there"
    );
}

#[test]
fn org_10_office_contact_is_asked_of_leading_bodies_and_its_form_checked() {
    let leading = info(LeadingBody);
    let mut form = InfoInput {
        sector: String::new(),
        ..committee_form()
    };
    let fields: Vec<_> = inform(&form, &leading)
        .unwrap_err()
        .iter()
        .map(|f| f.field)
        .collect();
    assert_eq!(fields, ["phone", "email"]);
    form.email = "office@example.cn".into();
    for (phone, good) in [
        ("0531-88880000", true),
        ("053188880000", true),
        ("10000000017", true),
        ("8888000", false),
        ("0531-888-0000", false),
    ] {
        form.phone = phone.into();
        assert_eq!(inform(&form, &leading).is_ok(), good, "{phone}");
    }
    form.phone = "10000000017".into();
    form.uscc = "91350100M000100Y43".into();
    assert!(inform(&form, &leading).is_ok());
    form.uscc = "91350100M000100Y44".into();
    assert_eq!(inform(&form, &leading).unwrap_err()[0].code, "org.uscc");
}

#[test]
fn org_45_what_is_missing_names_the_secretarys_own_phone() {
    let mut info = info(Committee);
    assert_eq!(missing_information(&info, &policy("national")).len(), 7);
    info.org.sector = Some("国有企业".into());
    (
        info.admin_posts,
        info.admin_actual,
        info.inst_posts,
        info.inst_actual,
    ) = (Some(0), Some(0), Some(0), Some(0));
    info.saved_at = Some(testkit::now());
    assert_eq!(
        missing_information(&info, &policy("national")),
        ["书记未录入"]
    );
    info.org.phone = Some("10000000017".into());
    let secretary = |registered, phone| {
        Some(Secretary {
            person: base::PersonId(Uuid::from_u128(1)),
            name: "钱演示".into(),
            registered,
            phone,
        })
    };
    info.secretary = secretary(true, false);
    assert_eq!(
        missing_information(&info, &policy("national")),
        ["书记个人资料中手机号码未填写（不是组织联系电话）"],
        "the office phone does not count"
    );
    info.secretary = secretary(false, true);
    assert_eq!(
        missing_information(&info, &policy("national")),
        ["书记尚未注册登录"]
    );
    info.secretary = secretary(true, true);
    assert!(missing_information(&info, &policy("national")).is_empty());
}

#[test]
fn org_04_the_sector_decides_the_school_sector_and_in_guangdong_the_answer() {
    let mut info = info(Branch);
    info.org.sector = Some("中等职业学校".into());
    assert!(
        info.in_school_sector(&policy("national")) && !info.in_school_sector(&policy("guangdong"))
    );
    info.org.sector = Some("国有企业".into());
    info.is_school = Some(true);
    assert!(
        !info.in_school_sector(&policy("national")) && info.in_school_sector(&policy("guangdong"))
    );
}

#[test]
fn fld_03_guangdong_asks_phone_and_mail_of_all_and_staffing_of_all_but_branches() {
    let policy = policy("guangdong");
    for category in OrgCategory::ALL {
        let mut info = info(category);
        info.saved_at = Some(testkit::now());
        let missing = missing_information(&info, &policy);
        let has = |word: &str| missing.iter().any(|item| item.contains(word));
        assert!(has("联系电话") && has("电子邮箱"), "{category:?}");
        assert_eq!(has("行政编制数"), category != Branch, "{category:?}");
        assert_eq!(
            has("事业编制实际配备数"),
            category != Branch,
            "{category:?}"
        );
        assert_eq!(has("行业类别"), category != LeadingBody, "{category:?}");
        assert!(!has("书记"), "the secretary is optional");
        let faults = check_information(&InfoInput::default(), &info, &policy, Reserved::Accepted)
            .unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields.contains(&"inst_posts"), category != Branch);
        assert!(fields.contains(&"phone") && fields.contains(&"email"));
    }
}
