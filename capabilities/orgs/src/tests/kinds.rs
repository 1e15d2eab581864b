//! Kinds of branches (ORG-06).

use super::kit::{app, create, org, policy};
use super::naming::org as made;
use crate::rules::*;
use crate::{BranchKind, NewOrg};
use access::Role;
use base::OrgCategory::{self, *};
use chrono::NaiveDate;

fn superior(
    depth: usize,
    category: OrgCategory,
    sector: Option<&str>,
    region: Option<&str>,
) -> Superior {
    let mut org = made(depth, category, "某组织");
    org.sector = sector.map(str::to_owned);
    org.region = region.map(str::to_owned);
    Superior {
        line: vec![org.clone()],
        org,
        school_code: None,
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn org_06_each_kind_has_its_superiors() {
    let policy = policy("national");
    let students = Some("普通高等院校(公办-学生)");
    let college = superior(4, Committee, students, None);
    let general = superior(5, GeneralBranch, students, None);
    let firm = superior(4, Committee, Some("国有企业"), None);
    let street = superior(4, WorkCommittee, Some("城市街道"), None);
    let province = superior(2, LeadingBody, None, Some("990000"));
    let city = superior(3, LeadingBody, None, Some("990100"));
    let county = superior(4, LeadingBody, None, Some("990102"));
    let may = |kind, superior: &Superior| {
        check_kind(kind, Branch, superior, &policy, day("2026-10-01")).is_ok()
    };
    for (kind, who) in [
        (BranchKind::DelayedGraduates, vec![&college, &general]),
        (BranchKind::StudyingAbroad, vec![&college]),
        (BranchKind::Floating, vec![&street, &county]),
        (BranchKind::HandoverTemporary, vec![&street]),
        (BranchKind::SpecialUnitVault, vec![&province]),
        (
            BranchKind::AwaitingTransfer,
            vec![&college, &firm, &street, &province, &city, &county],
        ),
    ] {
        for superior in [
            &college, &general, &firm, &street, &province, &city, &county,
        ] {
            let wanted = who.iter().any(|other| std::ptr::eq(*other, superior));
            assert_eq!(may(kind, superior), wanted, "{kind:?} {superior:?}");
        }
    }
    assert!(
        check_kind(
            BranchKind::Floating,
            GeneralBranch,
            &street,
            &policy,
            day("2026-10-01")
        )
        .is_err(),
        "branches only"
    );
}

#[test]
fn org_06_a_countys_floating_branch_from_1_september() {
    let policy = policy("national");
    let county = superior(4, LeadingBody, None, Some("990102"));
    let street = superior(4, WorkCommittee, Some("乡镇"), None);
    let check =
        |superior, text| check_kind(BranchKind::Floating, Branch, superior, &policy, day(text));
    let refused = check(&county, "2026-08-31").unwrap_err();
    assert_eq!(refused.message, "县级流动团员团支部自9月1日起可建。");
    assert!(check(&county, "2026-09-01").is_ok());
    assert!(check(&street, "2026-08-31").is_ok(), "towns at any time");
}

#[test]
fn org_06_towns_set_up_their_kinds_under_every_profiles_names() {
    for (profile, sectors) in [
        ("national", ["城市街道", "乡镇"]),
        ("beijing", ["城市街道", "乡镇"]),
        ("guangdong", ["城市社区", "农村"]),
    ] {
        let policy = policy(profile);
        for sector in sectors {
            let street = superior(4, Committee, Some(sector), None);
            for kind in [BranchKind::Floating, BranchKind::HandoverTemporary] {
                let checked = check_kind(kind, Branch, &street, &policy, day("2026-03-01"));
                assert!(checked.is_ok(), "{profile} {sector} {kind:?}");
            }
        }
        let firm = superior(4, Committee, Some("国有企业"), None);
        let refused = check_kind(
            BranchKind::Floating,
            Branch,
            &firm,
            &policy,
            day("2026-10-01"),
        );
        assert!(refused.is_err(), "{profile}");
    }
}

#[tokio::test]
async fn org_06_one_branch_awaiting_transfer_a_superior_and_the_form_offers_the_kinds() {
    let app = app("national").await;
    let policy = policy("national");
    let college = org(&app.db, &app.league.college).await;
    let page = app
        .admin("周演示", &app.league.college)
        .get("/console/orgs/new")
        .await
        .expect(200);
    assert!(page.has("延迟毕业团组织") && !page.has("流动团员团支部"));
    let waiting = |name: &str| NewOrg {
        kind: BranchKind::AwaitingTransfer,
        ..NewOrg::plain(Branch, name)
    };
    let actor = || app.actor("周演示", Role::Administrator, &app.league.college);
    let made = create(&app.db, actor(), &college, waiting("待接转团支部"), &policy)
        .await
        .unwrap();
    assert!(!made.accepts_registration);
    let again = create(
        &app.db,
        actor(),
        &college,
        waiting("另一待接转团支部"),
        &policy,
    )
    .await;
    assert_eq!(again.unwrap_err().code(), "org.kind_once");
}

#[test]
fn fld_07_a_work_committee_is_set_up_by_leading_bodies_only_in_guangdong() {
    let below = |category, profile| {
        let superior = superior(3, category, None, None);
        check_place(WorkCommittee, &superior.org, &policy(profile))
    };
    let refused = below(Committee, "guangdong").unwrap_err();
    assert_eq!(
        refused.message,
        "团工委只能由省、市、县级团的领导机关设立。"
    );
    assert!(below(LeadingBody, "guangdong").is_ok());
    assert!(below(Committee, "national").is_ok());
}

#[test]
fn fld_07_unusual_sizes_are_hints() {
    use base::OrgCategory::{Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};
    let said = |category, members| size_hint(category, members).unwrap_or_default();
    for (category, members, hint) in [
        (Branch, 2, "不足3人"),
        (Branch, 3, ""),
        (Branch, 30, ""),
        (Branch, 31, "超过30人"),
        (GeneralBranch, 29, "不足30人"),
        (GeneralBranch, 30, ""),
        (GeneralBranch, 100, ""),
        (GeneralBranch, 101, "超过100人"),
        (Committee, 99, "不足100人"),
        (Committee, 100, ""),
        (WorkCommittee, 5, ""),
        (LeadingBody, 5, ""),
    ] {
        let found = said(category, members);
        assert!(
            found.starts_with(hint) && found.is_empty() == hint.is_empty(),
            "{category:?} {members}: {found}"
        );
    }
}
