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

#[test]
fn trf_05_leading_bodies_start_nothing() {
    let p = national();
    for kind in [Kind::PullIn, Kind::BranchOut, Kind::Batch] {
        assert_eq!(
            may_start(kind, OrgCategory::LeadingBody, &p)
                .unwrap_err()
                .code,
            "transfer.leading_body"
        );
        assert!(may_start(kind, OrgCategory::Committee, &p).is_ok());
    }
    let told = may_start(Kind::PullIn, OrgCategory::LeadingBody, &p)
        .unwrap_err()
        .message;
    assert!(told.starts_with("团的领导机关不能办理转入"));
}

#[test]
fn trf_06_guangdong_receivers_cannot_pull() {
    let p = guangdong();
    assert_eq!(
        may_start(Kind::PullIn, OrgCategory::Branch, &p)
            .unwrap_err()
            .message,
        "请由团员本人或转出团支部发起转接"
    );
    assert!(may_start(Kind::BranchOut, OrgCategory::Branch, &p).is_ok() && p.allows(Kind::Member));
}

#[test]
fn trf_07_beijing_members_join_and_the_receiving_branch_alone_decides() {
    let (out, up, to, in_up) = four();
    let p = beijing();
    assert!(p.allows(Kind::Join) && !p.allows(Kind::Member));
    assert_eq!(
        steps(Kind::Join, &p, &out, &up, &to, &in_up),
        [(Step::In, Some(13), Some(14))]
    );
}

#[test]
fn trf_08_an_organisation_without_branches_cannot_receive() {
    let mut empty = company();
    empty.has_branch = false;
    assert_eq!(onto(Reason::EmployedOrg, &empty), ["transfer.no_branch"]);
    assert!(onto(Reason::EmployedOrg, &company()).is_empty());
}

#[test]
fn trf_09_the_only_administrator_of_a_branch_must_be_replaced_first() {
    let mut who = Subject {
        only_administrator: true,
        ..subject()
    };
    assert_eq!(
        codes(&about_member(&who, true, now(), &national())),
        ["transfer.only_administrator"]
    );
    who.branch.state = OrgState::Graduate;
    assert!(about_member(&who, true, now(), &national()).is_empty());
}

#[test]
fn trf_10_all_faults_are_shown_at_once_each_with_its_remedy() {
    let who = Subject {
        admitted_on: YearMonth::new(2021, 5),
        open: Some(("100000000001".into(), "转出待审核")),
        only_administrator: true,
        ..subject()
    };
    let faults = about_member(&who, true, now(), &national());
    assert_eq!(
        codes(&faults),
        [
            "transfer.already_open",
            "transfer.uncertified",
            "transfer.only_administrator"
        ]
    );
    assert!(faults.iter().all(|fault| fault.remedy.is_some()));
    let typed = Request {
        reason: Some(Reason::Study),
        ..Request::default()
    };
    let faults = about_request(&typed, Kind::Member, &subject(), now(), &national());
    assert_eq!(
        codes(&faults),
        [
            "transfer.dest_name",
            "transfer.dest_address",
            "transfer.contact"
        ]
    );
}

#[test]
fn trf_11_members_admitted_since_2020_must_be_certified() {
    // Worked example 6.
    let (p, mut who) = (national(), subject());
    assert!(
        about_member(&who, true, now(), &p).is_empty(),
        "admitted 2019-12"
    );
    who.admitted_on = YearMonth::new(2020, 1);
    assert_eq!(
        codes(&about_member(&who, true, now(), &p)),
        ["transfer.uncertified"]
    );
    assert!(
        about_member(&who, true, now(), &guangdong()).is_empty(),
        "off there"
    );
    who.certified = true;
    assert!(about_member(&who, true, now(), &p).is_empty());
}

#[test]
fn trf_12_a_second_open_transfer_is_refused_with_number_and_step() {
    let who = Subject {
        open: Some(("100000000007".into(), "转入待审核")),
        ..subject()
    };
    let faults = about_member(&who, true, now(), &national());
    assert_eq!(
        faults[0].message,
        "已有进行中的转接（100000000007，转入待审核），请先撤销"
    );
}

#[test]
fn trf_14_targets_are_live_organisations_other_than_the_own_branch() {
    assert_eq!(
        onto(Reason::Regroup, &target(class())),
        ["transfer.same_branch"]
    );
    let mut gone = new_class();
    gone.org.state = OrgState::Deleted;
    assert_eq!(onto(Reason::Regroup, &gone), ["transfer.target_gone"]);
    let county = target(org(9, OrgCategory::LeadingBody, "", Some("990202")));
    assert_eq!(onto(Reason::Regroup, &county), ["transfer.target_leading"]);
    let faults = about_target(
        &company(),
        &request(Reason::EmployedOrg),
        Kind::Member,
        &subject(),
        now(),
        &guangdong(),
    );
    assert_eq!(
        codes(&faults),
        ["transfer.target_branch"],
        "guangdong needs a branch"
    );
}

#[test]
fn trf_15_every_reason_of_the_table_admits_its_targets_and_no_others() {
    // Worked example 8, second half, and one line a reason.
    let (school, township, unit) = (new_class(), street(), company());
    for reason in Reason::offered() {
        let admitted: Vec<bool> = [&school, &township, &unit]
            .map(|t| onto(reason, t).is_empty())
            .to_vec();
        let want = match reason.admits() {
            Admits::School => [true, false, false],
            // A school is a unit too: teachers are employed there.
            Admits::Unit => [true, false, true],
            Admits::Township => [false, true, false],
            Admits::UnitOrTownship | Admits::Any => [true, true, true],
            Admits::Vault => unreachable!(),
        };
        assert_eq!(admitted, want, "{reason:?}");
    }
    let faults = about_target(
        &township,
        &request(Reason::Study),
        Kind::Member,
        &subject(),
        now(),
        &national(),
    );
    assert_eq!(
        faults[0].message,
        "已升学的团员不能转往乡镇街道团组织，请选择录取学校的新生团组织"
    );
}

#[test]
fn trf_15_every_reason_demands_its_fields() {
    for reason in Reason::offered() {
        let empty = Request {
            reason: Some(reason),
            contact: Some(Mobile::trusted("10000000017")),
            ..Request::default()
        };
        let faults = about_request(&empty, Kind::Member, &subject(), now(), &national());
        let fields: Vec<_> = faults.iter().filter_map(|fault| fault.field).collect();
        let want: Vec<_> = reason
            .needs()
            .iter()
            .filter(|f| **f != Field::Informed)
            .map(|f| f.name())
            .collect();
        assert_eq!(fields, want, "{reason:?}");
        let mut full = request(reason);
        full.informed_on = NaiveDate::from_ymd_opt(2026, 9, 18);
        assert!(
            about_request(&full, Kind::BranchOut, &subject(), now(), &national()).is_empty(),
            "{reason:?}"
        );
    }
    let mut remark = request(Reason::Other);
    remark.remark = "九个字九个字九个字".into();
    assert_eq!(
        codes(&about_request(
            &remark,
            Kind::Member,
            &subject(),
            now(),
            &national()
        )),
        ["transfer.remark"]
    );
}

#[test]
fn trf_15_the_employed_do_not_go_home_as_unemployed() {
    let who = Subject {
        employer: Some("海棠数字公司".into()),
        ..subject()
    };
    let faults = about_request(
        &request(Reason::Unemployed),
        Kind::Member,
        &who,
        now(),
        &national(),
    );
    assert!(
        faults[0]
            .message
            .starts_with("已落实工作单位的团员不能按“未就业”转回户籍地")
    );
    assert!(
        about_request(
            &request(Reason::Unemployed),
            Kind::Member,
            &subject(),
            now(),
            &national()
        )
        .is_empty()
    );
}

#[test]
fn trf_16_the_township_must_lie_in_the_declared_region() {
    // Worked example 8, first half.
    assert!(onto(Reason::Unemployed, &street()).is_empty());
    let elsewhere = target(org(
        3,
        OrgCategory::WorkCommittee,
        "乡镇",
        Some("990203001"),
    ));
    assert_eq!(onto(Reason::Unemployed, &elsewhere), ["transfer.region"]);
    assert!(
        onto(Reason::Unemployed, &county_floating()).is_empty(),
        "its county"
    );
    let mut other_county = request(Reason::Unemployed);
    other_county.dest_region = "990203".into();
    let faults = about_target(
        &county_floating(),
        &other_county,
        Kind::Member,
        &subject(),
        now(),
        &national(),
    );
    assert_eq!(codes(&faults), ["transfer.region"]);
}

#[test]
fn trf_17_only_active_memberships_move_and_at_28_without_post_one_leaves() {
    let p = national();
    for state in [
        "suspended",
        "expelled",
        "resigned",
        "lapsed",
        "left_at_28",
        "struck_off",
    ] {
        let who = Subject {
            membership: Some(state.into()),
            ..subject()
        };
        assert_eq!(
            codes(&about_member(&who, true, now(), &p)),
            ["transfer.status"],
            "{state}"
        );
    }
    let mut who = Subject {
        born: NaiveDate::from_ymd_opt(1998, 9, 19).unwrap(),
        ..subject()
    };
    assert!(
        about_member(&who, true, now(), &p).is_empty(),
        "27 until tomorrow"
    );
    who.born = NaiveDate::from_ymd_opt(1998, 9, 18).unwrap();
    assert_eq!(
        codes(&about_member(&who, true, now(), &p)),
        ["transfer.leaving_age"]
    );
    who.holds_post = true;
    assert!(about_member(&who, true, now(), &p).is_empty());
}

#[test]
fn trf_18_a_graduate_branch_hinders_no_transfer_out_and_receives_nobody() {
    let mut who = subject();
    who.branch.state = OrgState::Graduate;
    who.branch.graduation = YearMonth::new(2026, 6);
    assert!(about_member(&who, true, now(), &national()).is_empty());
    let mut graduates = new_class();
    graduates.org.state = OrgState::Graduate;
    assert_eq!(
        onto(Reason::Study, &graduates),
        ["transfer.target_graduate"]
    );
}

#[test]
fn trf_19_leave_of_absence_needs_no_transfer_and_dropping_out_must_be_known() {
    let mut typed = request(Reason::Other);
    typed.remark = "休学一年，先回家乡休养身体".into();
    assert_eq!(
        codes(&about_request(
            &typed,
            Kind::Member,
            &subject(),
            now(),
            &national()
        )),
        ["transfer.leave_of_absence"]
    );
    let dropout = request(Reason::Dropout);
    assert_eq!(
        codes(&about_request(
            &dropout,
            Kind::BranchOut,
            &subject(),
            now(),
            &national()
        )),
        ["transfer.informed"]
    );
    let tomorrow = Request {
        informed_on: NaiveDate::from_ymd_opt(2026, 9, 19),
        ..dropout.clone()
    };
    assert_eq!(
        codes(&about_request(
            &tomorrow,
            Kind::BranchOut,
            &subject(),
            now(),
            &national()
        )),
        ["transfer.informed"]
    );
    assert!(about_request(&dropout, Kind::Member, &subject(), now(), &national()).is_empty());
}

#[test]
fn trf_21_a_members_own_application_passes_out_then_in_then_allocation() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::Member, &p, &out, &up, &to, &in_up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::In, Some(13), Some(14))
        ]
    );
    assert_eq!(
        steps(Kind::Member, &p, &out, &up, &in_up, &up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::In, Some(14), None),
            (Step::Allocate, Some(14), None)
        ]
    );
}

#[test]
fn trf_22_a_pull_passes_the_out_side_and_allocates() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::PullIn, &p, &out, &up, &to, &in_up),
        [(Step::Out, Some(11), Some(12))]
    );
    assert_eq!(
        steps(Kind::PullIn, &p, &out, &up, &in_up, &up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::Allocate, Some(14), None)
        ]
    );
}

#[test]
fn trf_23_a_transfer_out_passes_the_in_side_and_allocates() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::BranchOut, &p, &out, &up, &to, &in_up),
        [(Step::In, Some(13), Some(14))]
    );
    assert_eq!(
        steps(Kind::BranchOut, &p, &out, &up, &in_up, &up),
        [(Step::In, Some(14), None), (Step::Allocate, Some(14), None)]
    );
}

#[test]
fn trf_25_the_guangdong_chain_has_four_steps_and_skips_a_common_superior() {
    let (out, up, to, in_up) = four();
    let p = guangdong();
    let order = |steps: Vec<(Step, Option<i64>, Option<i64>)>| {
        steps.into_iter().map(|s| (s.0, s.1)).collect::<Vec<_>>()
    };
    assert_eq!(
        order(steps(Kind::Member, &p, &out, &up, &to, &in_up)),
        [
            (Step::Out, Some(11)),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13)),
            (Step::InSuperior, Some(14))
        ]
    );
    assert_eq!(
        order(steps(Kind::BranchOut, &p, &out, &up, &to, &in_up)),
        [
            (Step::Member, None),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13)),
            (Step::InSuperior, Some(14))
        ]
    );
    assert_eq!(
        order(steps(Kind::Member, &p, &out, &up, &to, &up)),
        [
            (Step::Out, Some(11)),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13))
        ]
    );
    let parties = Parties {
        out_branch: &out,
        out_superior: Some(&up),
        in_org: &to,
        in_superior: Some(&in_up),
    };
    let first = &plan(Kind::Member, parties, &p)[0];
    assert_eq!(
        first.superior_from,
        Some(15),
        "TRF-34: the superior stands in from day 15"
    );
}

#[test]
fn trf_46_pupils_need_not_confirm() {
    let (mut out, up, to, in_up) = four();
    out.sector = Some("初中".into());
    assert_eq!(
        steps(Kind::BranchOut, &guangdong(), &out, &up, &to, &in_up)[0].0,
        Step::OutSuperior
    );
}

#[test]
fn trf_28_returning_needs_a_ground_open_to_the_decider() {
    let to = BranchKind::Ordinary;
    let code =
        |code: &str, text: &str, kind| return_input(code, text, kind).map_err(|fault| fault.code);
    assert_eq!(
        return_input("", "", to).unwrap_err().message,
        "退回须选择原因"
    );
    assert_eq!(code("mismatch", "", to), Ok(Returned::Mismatch));
    assert_eq!(
        code("other", "九个字九个字九个字", to),
        Err("transfer.return_text")
    );
    assert_eq!(
        code("other", "十个字十个字十个字了", to),
        Ok(Returned::Other)
    );
    // Worked example 9: only branches for graduates without work may say so.
    assert_eq!(
        code("employed_elsewhere", "", to),
        Err("transfer.return_code")
    );
    assert_eq!(
        code("employed_elsewhere", "", BranchKind::HandoverTemporary),
        Ok(Returned::EmployedElsewhere)
    );
}

#[test]
fn trf_29_inadmissible_grounds_are_recognised_by_their_words() {
    let p = national();
    assert_eq!(
        inadmissible_ground("试用期未满，暂不接收", &p),
        Some("试用期")
    );
    assert_eq!(inadmissible_ground("还没见到档案", &p), Some("档案"));
    assert_eq!(inadmissible_ground("已在外地落实工作", &p), None);
}

#[test]
fn trf_31_the_initiator_withdraws_until_the_in_side_decided() {
    let p = national();
    let asked = |kind, step: Step, handover, when: &str, p: &Policy| {
        withdrawal(kind, step.state(), step, handover, at(when), p).is_ok()
    };
    let september = "2026-09-18 10:00:00";
    assert!(asked(Kind::Member, Step::Out, false, september, &p));
    assert!(asked(Kind::Member, Step::In, false, september, &p));
    assert!(!asked(Kind::Member, Step::Allocate, false, september, &p));
    assert!(asked(Kind::PullIn, Step::Allocate, false, september, &p));
    // Graduates: freely until 31 August.
    assert!(asked(
        Kind::Member,
        Step::Allocate,
        true,
        "2026-08-31 23:59:59",
        &p
    ));
    assert!(!asked(
        Kind::Member,
        Step::Allocate,
        true,
        "2026-09-01 00:00:00",
        &p
    ));
    // Worked example 14: in guangdong after the in branch and before its superior.
    assert!(asked(
        Kind::Member,
        Step::InSuperior,
        false,
        september,
        &guangdong()
    ));
    let late = withdrawal(
        Kind::Member,
        State::Completed,
        Step::InSuperior,
        false,
        now(),
        &guangdong(),
    )
    .unwrap_err();
    assert_eq!(late.code, "transfer.ended");
    let late = withdrawal(
        Kind::Member,
        State::AwaitingAllocation,
        Step::Allocate,
        false,
        now(),
        &p,
    )
    .unwrap_err();
    assert_eq!(late.message, WITHDRAW_TOO_LATE);
}

fn due(
    policy: &Policy,
    step: Step,
    arrived: &str,
    handover: bool,
    seen: &str,
) -> Option<(DateTime<Utc>, Outcome)> {
    deadline(
        step,
        &policy.step(step),
        at(arrived),
        handover,
        at(seen),
        &policy.handover,
    )
    .map(|due| (due.at, due.outcome))
}

#[test]
fn trf_33_after_15_natural_days_a_national_step_passes() {
    // Worked example 1.
    let got = due(
        &national(),
        Step::Out,
        "2020-03-02 10:00:00",
        false,
        "2020-03-02 10:00:00",
    )
    .unwrap();
    assert_eq!(got, (at("2020-03-18 00:00:00"), Outcome::Pass));
    assert!(at("2020-03-17 23:59:59") < got.0);
}

#[test]
fn trf_34_guangdong_waits_30_days_then_72_hours() {
    // Worked example 3.
    let p = guangdong();
    let branch = due(
        &p,
        Step::In,
        "2019-09-01 09:00:00",
        false,
        "2019-09-01 09:00:00",
    )
    .unwrap();
    assert_eq!(branch, (at("2019-10-02 00:00:00"), Outcome::Pass));
    let superior = due(
        &p,
        Step::InSuperior,
        "2019-10-02 00:00:00",
        false,
        "2019-10-02 00:00:00",
    )
    .unwrap();
    assert_eq!(superior, (at("2019-10-05 00:00:00"), Outcome::Pass));
    for step in [Step::Out, Step::OutSuperior] {
        assert_eq!(
            due(
                &p,
                step,
                "2019-09-01 09:00:00",
                false,
                "2019-12-01 00:00:00"
            ),
            None
        );
    }
    // TRF-46 and worked example 14: the member's week.
    let confirm = due(
        &p,
        Step::Member,
        "2019-09-01 10:00:00",
        false,
        "2019-09-01 10:00:00",
    )
    .unwrap();
    assert_eq!(confirm, (at("2019-09-09 00:00:00"), Outcome::Return));
}

#[test]
fn trf_36_nothing_is_forced_before_september() {
    let p = national();
    assert_eq!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            true,
            "2020-06-10 10:00:00"
        ),
        None
    );
    assert_eq!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            true,
            "2020-08-31 23:59:59"
        ),
        None
    );
    assert!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            false,
            "2020-08-31 23:59:59"
        )
        .is_some(),
        "others keep their clock"
    );
}

#[test]
fn trf_37_in_september_the_ordinary_clock_runs() {
    // Worked example 2, first sentence.
    let p = national();
    let got = due(
        &p,
        Step::In,
        "2020-06-10 10:00:00",
        true,
        "2020-09-01 00:00:00",
    );
    assert_eq!(got, Some((at("2020-09-17 00:00:00"), Outcome::Pass)));
    let later = due(
        &p,
        Step::In,
        "2020-09-10 10:00:00",
        true,
        "2020-09-10 10:00:00",
    );
    assert_eq!(later, Some((at("2020-09-26 00:00:00"), Outcome::Pass)));
}

#[test]
fn trf_38_from_october_undecided_steps_are_returned() {
    // Worked example 2, the rest.
    let p = national();
    let open_on_the_first = due(
        &p,
        Step::In,
        "2020-09-25 10:00:00",
        true,
        "2020-10-01 00:00:00",
    );
    assert_eq!(
        open_on_the_first,
        Some((at("2020-10-12 00:00:00"), Outcome::Return))
    );
    let fresh = due(
        &p,
        Step::In,
        "2020-10-05 10:00:00",
        true,
        "2020-10-05 10:00:00",
    );
    assert_eq!(fresh, Some((at("2020-10-16 00:00:00"), Outcome::Return)));
    let april = due(
        &p,
        Step::In,
        "2021-04-15 10:00:00",
        true,
        "2021-04-30 23:59:59",
    );
    assert_eq!(april.map(|d| d.1), Some(Outcome::Return));
    assert_eq!(
        due(
            &p,
            Step::In,
            "2021-04-25 10:00:00",
            true,
            "2021-05-01 00:00:00"
        ),
        None,
        "ends 30 April"
    );
    let allocation = due(
        &p,
        Step::Allocate,
        "2020-10-05 10:00:00",
        true,
        "2020-10-05 10:00:00",
    );
    assert_eq!(
        allocation,
        Some((at("2020-10-21 00:00:00"), Outcome::Pass)),
        "placing is no review"
    );
}

#[test]
fn trf_40_phase_changes_are_foreseen() {
    let p = national();
    let see = |arrived: &str, now: &str| {
        forecast(
            Step::In,
            &p.step(Step::In),
            at(arrived),
            true,
            at(now),
            &p.handover,
        )
        .map(|due| (due.at, due.outcome))
    };
    assert_eq!(
        see("2020-06-10 10:00:00", "2020-06-10 10:00:00"),
        Some((at("2020-09-17 00:00:00"), Outcome::Pass))
    );
    assert_eq!(
        see("2020-09-25 10:00:00", "2020-09-25 10:00:00"),
        Some((at("2020-10-12 00:00:00"), Outcome::Return))
    );
    assert_eq!(
        see("2020-09-15 10:00:00", "2020-09-15 10:00:00"),
        Some((at("2020-10-01 00:00:00"), Outcome::Pass)),
        "due as the phase changes"
    );
    assert_eq!(
        see("2021-04-25 10:00:00", "2021-04-25 10:00:00"),
        Some((at("2021-09-17 00:00:00"), Outcome::Pass))
    );
    let starts = [
        "2020-04-30 23:59:59",
        "2020-05-01 00:00:00",
        "2020-09-01 00:00:00",
        "2020-10-01 00:00:00",
        "2021-01-01 00:00:00",
    ];
    assert_eq!(
        starts.map(|t| phase(at(t), &p.handover)),
        [
            Phase::Close,
            Phase::Apply,
            Phase::Review,
            Phase::Close,
            Phase::Close
        ]
    );
}

#[test]
fn trf_42_batches_hold_30_in_national_and_are_absent_elsewhere() {
    assert_eq!(national().batch_max, 30);
    assert!(may_start(Kind::Batch, OrgCategory::GeneralBranch, &national()).is_ok());
    assert_eq!(
        may_start(Kind::Batch, OrgCategory::Branch, &national())
            .unwrap_err()
            .code,
        "transfer.batch_branch"
    );
    assert_eq!(
        may_start(Kind::Batch, OrgCategory::Committee, &guangdong())
            .unwrap_err()
            .code,
        "transfer.kind"
    );
}

#[test]
fn trf_50_graduates_of_this_year_are_handed_over_from_may_on() {
    let p = national();
    let mut branch = class();
    let is = |branch: &Org, when: &str| is_handover(branch, at(when), p.handover.apply_from);
    assert!(!is(&branch, "2026-06-10 00:00:00"));
    branch.graduation = YearMonth::new(2026, 6);
    assert!(!is(&branch, "2026-04-30 23:59:59") && is(&branch, "2026-05-01 00:00:00"));
    branch.graduation = YearMonth::new(2027, 6);
    assert!(!is(&branch, "2026-05-01 00:00:00"));
    branch.state = OrgState::Graduate;
    assert!(is(&branch, "2026-02-01 00:00:00"));
    branch.kind = BranchKind::DelayedGraduates;
    assert!(!is(&branch, "2026-06-01 00:00:00"), "TRF-57");
}

#[test]
fn trf_51_county_floating_branches_take_over_from_september() {
    // Worked example 10, first half.
    let onto = |when: &str| {
        codes(&about_target(
            &county_floating(),
            &request(Reason::EmployedNoOrg),
            Kind::Member,
            &subject(),
            at(when),
            &national(),
        ))
    };
    assert_eq!(onto("2020-08-31 23:59:59"), ["transfer.county_floating"]);
    assert!(onto("2020-09-01 00:00:00").is_empty());
}

#[test]
fn trf_70_army_and_secret_units_have_their_own_way() {
    let faults = about_request(
        &request(Reason::Army),
        Kind::Member,
        &subject(),
        now(),
        &national(),
    );
    assert_eq!(codes(&faults), ["transfer.vault"]);
    assert!(Reason::offered().all(|reason| reason.admits() != Admits::Vault));
}
