use super::*;

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
