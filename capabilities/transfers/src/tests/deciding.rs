use super::kit::{GUANGDONG, Kit, because, job};
use crate::actions::sight;
use crate::rules::{Kind, Reason, State, Step};
use base::Error;

#[tokio::test]
async fn trf_21_out_side_then_in_side_then_the_member_has_moved() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    let half = kit.now(&transfer).await;
    assert_eq!((half.state, half.step), (State::AwaitingIn, Step::In));
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    let done = kit.now(&transfer).await;
    assert_eq!(
        (done.state, done.how.as_deref()),
        (State::Completed, Some("reviewed"))
    );
}

#[tokio::test]
async fn trf_08_a_committee_passes_and_then_allocates() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.me(person, "李演示", &league.branch);
    let transfer = kit
        .start(me, Kind::Member, person, &league.company, job())
        .await
        .unwrap();
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.company), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingAllocation);
    assert_eq!(
        kit.branch_of(person).await,
        league.branch.id,
        "not placed in a committee"
    );
    let nothing = kit.pass(kit.admin(&league.company), &transfer, None).await;
    assert_eq!(nothing.unwrap_err().code(), "approval.no_choice");
    let elsewhere = kit
        .pass(
            kit.admin(&league.company),
            &transfer,
            Some(league.branch_2.id),
        )
        .await;
    assert_eq!(elsewhere.unwrap_err().code(), "transfer.no_such_branch");
    kit.pass(
        kit.admin(&league.company),
        &transfer,
        Some(league.workshop.id),
    )
    .await
    .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
}

#[tokio::test]
async fn trf_24_the_direct_superior_may_decide_and_nobody_two_levels_up() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let Err(Error::Forbidden(told)) = kit
        .pass(kit.admin(&league.university), &transfer, None)
        .await
    else {
        panic!("two levels up")
    };
    assert!(
        told.message.contains("软件2023级1班团支部") && told.message.contains("信息学院团委"),
        "{}",
        told.message
    );
    kit.pass(kit.admin(&league.college), &transfer, None)
        .await
        .unwrap();
    // Worked example 7, last sentence: the branch comes late.
    let late = kit
        .pass_at(kit.admin(&league.branch), &transfer, 1, None)
        .await;
    let Err(Error::Conflict(told)) = late else {
        panic!("decided twice")
    };
    assert!(told.contains("信息学院团委"), "{told}");
}

#[tokio::test]
async fn gen_09_of_opposite_decisions_at_once_the_first_stands() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let (yes, no) = tokio::join!(
        kit.pass(kit.admin(&league.college), &transfer, None),
        kit.send_back(kit.admin(&league.branch), &transfer, "mismatch", "", false),
    );
    assert!(yes.is_ok() != no.is_ok());
    let told = yes.err().or(no.err()).unwrap();
    assert!(matches!(told, Error::Conflict(_)), "{told}");
}

#[tokio::test]
async fn trf_25_in_guangdong_four_sides_decide_one_after_another() {
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let early = kit.pass(kit.admin(&league.college), &transfer, None).await;
    assert!(
        matches!(early, Err(Error::Forbidden(_))),
        "its own step comes next"
    );
    for org in [
        &league.branch,
        &league.college,
        &league.workshop,
        &league.company,
    ] {
        assert_ne!(kit.now(&transfer).await.state, State::Completed);
        kit.pass(kit.admin(org), &transfer, None).await.unwrap();
    }
    assert_eq!(kit.branch_of(transfer.person).await, league.workshop.id);
}

#[tokio::test]
async fn trf_25_a_common_superior_decides_once() {
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let mut request = because(Reason::Regroup);
    request.study_work = "海棠理工大学".into();
    let transfer = kit
        .start(
            kit.me(person, "李演示", &league.branch),
            Kind::Member,
            person,
            &league.branch_2,
            request,
        )
        .await
        .unwrap();
    for org in [&league.branch, &league.college, &league.branch_2] {
        kit.pass(kit.admin(org), &transfer, None).await.unwrap();
    }
    assert_eq!(kit.branch_of(person).await, league.branch_2.id);
}

#[tokio::test]
async fn trf_28_a_return_needs_a_ground_and_is_told() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let refused = kit
        .send_back(kit.admin(&league.branch), &transfer, "", "不同意", false)
        .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("退回须选择原因")
    );
    let only_temporary = kit
        .send_back(
            kit.admin(&league.branch),
            &transfer,
            "employed_elsewhere",
            "",
            false,
        )
        .await;
    assert!(only_temporary.is_err());
    kit.send_back(
        kit.admin(&league.branch),
        &transfer,
        "mismatch",
        "去向写错了",
        false,
    )
    .await
    .unwrap();
    let back = kit.now(&transfer).await;
    assert_eq!(
        (back.state, back.return_code.as_deref(), back.flagged),
        (State::Returned, Some("mismatch"), false)
    );
    assert_eq!(
        back.returned_by.as_deref(),
        Some("海棠理工大学信息学院软件2023级1班团支部")
    );
    let told = kit.told(transfer.person.0).await;
    assert!(
        told.iter()
            .any(|m| m.contains("去向不符") && m.contains("去向写错了")),
        "{told:?}"
    );
    assert_eq!(kit.branch_of(transfer.person).await, league.branch.id);
}

#[tokio::test]
async fn trf_28_a_temporary_branch_may_say_employed_elsewhere() {
    // Worked example 9, first sentence.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.set_org(&league.floating, "kind", "handover_temporary")
        .await;
    let person = kit.member("李演示", 1, &league.branch).await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            person,
            &league.floating,
            super::kit::home(),
        )
        .await
        .unwrap();
    kit.send_back(
        kit.admin(&league.floating),
        &transfer,
        "employed_elsewhere",
        "",
        false,
    )
    .await
    .unwrap();
    assert!(!kit.now(&transfer).await.flagged);
}

#[tokio::test]
async fn trf_29_an_inadmissible_ground_is_shown_the_rule_and_then_flagged() {
    // Worked example 9, second sentence.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    let boxed = kit
        .send_back(
            kit.admin(&league.workshop),
            &transfer,
            "not_ours",
            "试用期未满",
            false,
        )
        .await;
    assert_eq!(boxed.unwrap_err().code(), "approval.insist");
    kit.send_back(
        kit.admin(&league.workshop),
        &transfer,
        "not_ours",
        "试用期未满",
        true,
    )
    .await
    .unwrap();
    assert!(kit.now(&transfer).await.flagged);
    for superior in [league.company.id, league.city.id] {
        let told = kit.told(superior.0).await;
        assert!(
            told.iter().any(|m| m.starts_with("疑似不合理退回")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn trf_31_the_initiator_withdraws_and_the_to_dos_vanish() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let other = kit.withdraw(kit.admin(&league.branch), &transfer).await;
    assert_eq!(
        other.unwrap_err().to_string(),
        "此申请由团员本人发起，请本人撤回"
    );
    let me = kit.me(transfer.person, "李演示", &league.branch);
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.withdraw(me.clone(), &transfer).await.unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::Withdrawn);
    let late = kit.pass(kit.admin(&league.workshop), &transfer, None).await;
    assert!(matches!(late, Err(Error::Conflict(_))));
    let again = kit.withdraw(me, &transfer).await;
    assert_eq!(again.unwrap_err().code(), "transfer.ended");
}

#[tokio::test]
async fn trf_31_after_the_in_side_decided_it_is_too_late() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.me(person, "李演示", &league.branch);
    let transfer = kit
        .start(me.clone(), Kind::Member, person, &league.company, job())
        .await
        .unwrap();
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.company), &transfer, None)
        .await
        .unwrap();
    let late = kit.withdraw(me, &transfer).await;
    assert_eq!(
        late.unwrap_err().to_string(),
        crate::rules::WITHDRAW_TOO_LATE
    );
}

#[tokio::test]
async fn trf_31_in_guangdong_until_the_in_branchs_superior_approved() {
    // Worked example 14, first half.
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    for org in [&league.branch, &league.college, &league.workshop] {
        kit.pass(kit.admin(org), &transfer, None).await.unwrap();
    }
    kit.withdraw(kit.me(transfer.person, "李演示", &league.branch), &transfer)
        .await
        .unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::Withdrawn);
}

#[tokio::test]
async fn trf_43_completion_moves_everything_in_one_transaction() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let mut tx = kit.app.db.begin(kit.admin(&league.branch)).await.unwrap();
    let branch = orgs::find(&mut tx, league.branch.id)
        .await
        .unwrap()
        .unwrap();
    people::appoint(
        &mut tx,
        transfer.person,
        &branch,
        "宣传委员",
        people::Nature::PartTime,
        false,
        "任命",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    assert_eq!(
        (
            kit.members(&league.branch).await,
            kit.members(&league.workshop).await
        ),
        (0, 1)
    );
    let mut reader = kit.app.db.read().await.unwrap();
    assert!(
        people::posts(&mut reader, transfer.person)
            .await
            .unwrap()
            .is_empty(),
        "TRF-09: posts in the old branch end"
    );
    let past = people::memberships(&mut reader, transfer.person)
        .await
        .unwrap();
    assert_eq!(past.len(), 2);
    assert_eq!(past[0].basis, Some(transfer.id.0));
    let history = people::history(&mut reader, transfer.person, Some("transfer"))
        .await
        .unwrap();
    assert!(
        history[0]
            .title
            .contains("转入〔青禾制造公司总装车间团支部〕"),
        "{}",
        history[0].title
    );
    for receiver in [transfer.person.0, league.branch.id.0, league.workshop.id.0] {
        let told = kit.told(receiver).await;
        assert!(
            told.iter().any(|m| m.contains("组织关系转接已通过")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn trf_67_an_emptied_graduate_branch_is_proposed_for_deletion() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    kit.set_org(&league.branch, "state", "graduate").await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            person,
            &league.workshop,
            job(),
        )
        .await
        .unwrap();
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    let told = kit.told(league.college.id.0).await;
    assert!(
        told.iter()
            .any(|m| m.contains("该毕业生团组织已无团员，请删除")),
        "{told:?}"
    );
}

#[tokio::test]
async fn trf_120_the_timeline_names_who_decided_who_can_act_and_what_then() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.college), &transfer, None)
        .await
        .unwrap();
    let mut reader = kit.app.db.read().await.unwrap();
    let now = kit.now(&transfer).await;
    let standing = crate::case::standing(&mut reader, &now, kit.kinds())
        .await
        .unwrap();
    let lines: Vec<String> = standing
        .flow
        .iter()
        .map(|step| format!("{} {} {}", step.class, step.title, step.sub))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1].contains("信息学院团委") && lines[1].contains("赵演示"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("is-now 转入组织审核") && lines[2].contains("自动通过"),
        "{}",
        lines[2]
    );
    assert_eq!(standing.waiting_short, "总装车间团支部");
}

#[tokio::test]
async fn trf_121_history_keeps_the_names_of_its_time() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    kit.set_org(&league.branch, "full_name", "改名以后的团支部")
        .await;
    kit.set_org(&league.branch, "state", "deleted").await;
    assert_eq!(
        kit.now(&transfer).await.out_name,
        "海棠理工大学信息学院软件2023级1班团支部"
    );
}

#[tokio::test]
async fn trf_122_both_sides_and_their_superiors_see_it_and_the_in_side_sees_data_in_its_turn() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let mut reader = kit.app.db.read().await.unwrap();
    for org in [
        &league.branch,
        &league.college,
        &league.university,
        &league.city,
        &league.province,
    ] {
        assert!(
            sight(&mut reader, &kit.admin(org), &transfer)
                .await
                .unwrap()
                .whole,
            "{org:?}"
        );
    }
    for org in [&league.workshop, &league.company] {
        assert!(
            !sight(&mut reader, &kit.admin(org), &transfer)
                .await
                .unwrap()
                .whole,
            "{org:?}"
        );
    }
    for org in [
        &league.branch_2,
        &league.general,
        &league.street,
        &league.other_city,
    ] {
        assert!(
            matches!(
                sight(&mut reader, &kit.admin(org), &transfer).await,
                Err(Error::NotFound)
            ),
            "{org:?}"
        );
    }
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    let now = kit.now(&transfer).await;
    assert!(
        sight(&mut reader, &kit.admin(&league.workshop), &now)
            .await
            .unwrap()
            .whole
    );
}

#[tokio::test]
async fn trf_123_each_decision_is_told_to_the_member() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    let told = kit.told(transfer.person.0).await;
    assert!(
        told.iter()
            .any(|m| m.contains("转接有进展") && m.contains("接下来：转入组织审核")),
        "{told:?}"
    );
    let to_do = kit.told(league.workshop.id.0).await;
    assert!(to_do.iter().any(|m| m.contains("转入待审核")), "{to_do:?}");
}
