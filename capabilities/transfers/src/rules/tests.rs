mod chain;
mod clock;
mod review;
mod starting;

use super::*;
use crate::policy::Policy;
use base::{CST, Mobile, OrgCategory, OrgId, OrgPath, YearMonth};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use orgs::{BranchKind, Org, OrgState};
use serde::Deserialize;

#[derive(Deserialize)]
struct Profile {
    transfers: Policy,
}

fn profile(text: &str) -> Policy {
    toml::from_str::<Profile>(text).unwrap().transfers
}
fn national() -> Policy {
    profile(include_str!("../../../../profiles/national.toml"))
}
fn guangdong() -> Policy {
    profile(include_str!("../../../../profiles/guangdong.toml"))
}
fn beijing() -> Policy {
    profile(include_str!("../../../../profiles/beijing.toml"))
}

fn at(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .unwrap()
        .and_local_timezone(CST)
        .unwrap()
        .to_utc()
}

fn org(number: i64, category: OrgCategory, sector: &str, region: Option<&str>) -> Org {
    Org {
        id: OrgId(uuid::Uuid::from_u128(number as u128)),
        number,
        parent: None,
        path: OrgPath::root().child(number as u32),
        category,
        kind: BranchKind::Ordinary,
        short_name: format!("甲{number}"),
        full_name: format!("甲{number}团组织"),
        sector: (!sector.is_empty()).then(|| sector.into()),
        region: region.map(Into::into),
        state: OrgState::Active,
        phone: None,
        graduation: None,
        accepts_registration: true,
        version: 1,
    }
}

const CLASS: &str = "普通高等院校(公办-学生)";

fn class() -> Org {
    org(1, OrgCategory::Branch, CLASS, None)
}
fn new_class() -> Target {
    target(org(2, OrgCategory::Branch, CLASS, None))
}
fn street() -> Target {
    target(org(
        3,
        OrgCategory::WorkCommittee,
        "城市街道",
        Some("990202001"),
    ))
}
fn company() -> Target {
    target(org(4, OrgCategory::Committee, "国有企业", None))
}
fn target(org: Org) -> Target {
    Target {
        region: org.region.clone(),
        superior: None,
        has_branch: true,
        org,
    }
}
fn county_floating() -> Target {
    let mut floating = org(5, OrgCategory::Branch, "", Some("990202"));
    floating.kind = BranchKind::Floating;
    Target {
        superior: Some(org(6, OrgCategory::LeadingBody, "", Some("990202"))),
        ..target(floating)
    }
}

fn subject() -> Subject {
    Subject {
        name: "李演示".into(),
        born: NaiveDate::from_ymd_opt(2004, 5, 20).unwrap(),
        admitted_on: YearMonth::new(2019, 12),
        certified: false,
        membership: Some("normal".into()),
        branch: class(),
        holds_post: false,
        only_administrator: false,
        open: None,
        employer: None,
    }
}

fn request(reason: Reason) -> Request {
    Request {
        reason: Some(reason),
        dest_name: if reason == Reason::Unemployed {
            String::new()
        } else {
            "海棠数字公司".into()
        },
        dest_address: "青禾市云栖路1号".into(),
        dest_region: "990202001".into(),
        place: Some(Place::Household),
        contact: Some(Mobile::trusted("10000000017")),
        study_work: "海棠数字公司".into(),
        remark: "按本人意愿转到新的支部".into(),
        ..Request::default()
    }
}

fn now() -> DateTime<Utc> {
    at("2026-09-18 10:00:00")
}

fn codes(faults: &[Fault]) -> Vec<&'static str> {
    faults.iter().map(|fault| fault.code).collect()
}

fn onto(reason: Reason, target: &Target) -> Vec<&'static str> {
    codes(&about_target(
        target,
        &request(reason),
        Kind::Member,
        &subject(),
        now(),
        &national(),
    ))
}

fn steps(
    kind: Kind,
    policy: &Policy,
    out: &Org,
    out_up: &Org,
    to: &Org,
    in_up: &Org,
) -> Vec<(Step, Option<i64>, Option<i64>)> {
    let number = |id: OrgId| id.0.as_u128() as i64;
    let parties = Parties {
        out_branch: out,
        out_superior: Some(out_up),
        in_org: to,
        in_superior: Some(in_up),
    };
    plan(kind, parties, policy)
        .into_iter()
        .filter(|step| !step.skipped)
        .map(|step| {
            (
                step.step,
                step.org.map(|o| number(o.0)),
                step.superior.map(|o| number(o.0)),
            )
        })
        .collect()
}

fn four() -> (Org, Org, Org, Org) {
    (
        org(11, OrgCategory::Branch, CLASS, None),
        org(12, OrgCategory::Committee, CLASS, None),
        org(13, OrgCategory::Branch, "国有企业", None),
        org(14, OrgCategory::Committee, "国有企业", None),
    )
}
