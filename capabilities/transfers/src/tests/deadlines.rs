use super::kit::{GUANGDONG, Kit, job};
use crate::rules::{Kind, State, Step};

#[tokio::test]
async fn trf_33_after_15_days_each_step_passes_by_itself_once() {
    // Worked example 1 and journey 4, with two workers.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.app.move_to("2026-10-03 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.step, Step::Out);
    kit.app.move_to("2026-10-04 00:00");
    tokio::join!(kit.app.settle(), kit.app.settle());
    let passed = kit.now(&transfer).await;
    assert_eq!((passed.step, passed.state), (Step::In, State::AwaitingIn));
    kit.app.move_to("2026-10-19 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingIn);
    kit.app.move_to("2026-10-20 00:00");
    tokio::join!(kit.app.settle(), kit.app.settle());
    let done = kit.now(&transfer).await;
    assert_eq!(
        (done.state, done.how.as_deref()),
        (State::Completed, Some("automatic"))
    );
    assert_eq!(kit.members(&league.workshop).await, 1);
    for receiver in [transfer.person.0, league.branch.id.0, league.workshop.id.0] {
        let told = kit.told(receiver).await;
        assert!(
            told.iter()
                .any(|m| m.contains("超过15天未审核，系统自动通过")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn trf_34_in_guangdong_the_in_branch_has_30_days_and_its_superior_72_hours() {
    // Worked example 3.
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.app.move_to("2027-03-01 00:00");
    kit.app.settle().await;
    assert_eq!(
        kit.now(&transfer).await.step,
        Step::Out,
        "the out side has no automatic pass"
    );
    kit.pass(kit.admin(&league.college), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.college), &transfer, None)
        .await
        .unwrap();
    kit.app.move_to("2027-03-31 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.step, Step::In);
    kit.app.move_to("2027-04-01 00:00");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.step, Step::InSuperior);
    kit.app.move_to("2027-04-03 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.step, Step::InSuperior);
    kit.app.move_to("2027-04-04 00:00");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::Completed);
}

async fn graduate(kit: &Kit, started: &str) -> crate::store::Transfer {
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    kit.set_org(&league.branch, "state", "graduate").await;
    kit.app.move_to(started);
    kit.start(
        kit.admin(&league.branch),
        Kind::BranchOut,
        person,
        &league.workshop,
        job(),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn trf_36_and_37_graduates_wait_until_september_and_then_pass() {
    // Worked example 2, first sentence, a year later.
    let kit = Kit::new().await;
    let transfer = graduate(&kit, "2027-06-10 10:00").await;
    assert!(transfer.is_handover && transfer.due.is_none());
    kit.app.move_to("2027-08-31 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingIn);
    kit.app.move_to("2027-09-01 00:00");
    kit.app.settle().await;
    assert!(kit.now(&transfer).await.due.is_some(), "TRF-40");
    kit.app.move_to("2027-09-16 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingIn);
    kit.app.move_to("2027-09-17 00:00");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::Completed);
}

#[tokio::test]
async fn trf_38_and_40_what_is_open_on_1_october_is_clocked_anew_and_returned() {
    // Worked example 2, second sentence.
    let kit = Kit::new().await;
    let transfer = graduate(&kit, "2026-09-25 10:00").await;
    kit.app.move_to("2026-10-01 00:00");
    kit.app.settle().await;
    let mut reader = kit.app.db.read().await.unwrap();
    let now = kit.now(&transfer).await;
    let flow = crate::case::standing(&mut reader, &now, kit.kinds())
        .await
        .unwrap()
        .flow;
    assert!(
        flow.iter()
            .any(|step| step.sub.contains("毕业转接进入收尾期")),
        "shown in the timeline"
    );
    kit.app.move_to("2026-10-11 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingIn);
    kit.app.move_to("2026-10-12 00:00");
    kit.app.settle().await;
    let back = kit.now(&transfer).await;
    assert_eq!(
        (back.state, back.return_code.as_deref()),
        (State::Returned, Some("overdue"))
    );
}

async fn unallocated(kit: &Kit) -> crate::store::Transfer {
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            person,
            &league.company,
            job(),
        )
        .await
        .unwrap();
    kit.pass(kit.admin(&league.company), &transfer, None)
        .await
        .unwrap();
    transfer
}

#[tokio::test]
async fn trf_41_who_is_not_allocated_in_15_days_goes_to_the_awaiting_branch() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = unallocated(&kit).await;
    kit.set_org(&league.workshop, "kind", "awaiting_transfer")
        .await;
    kit.app.move_to("2026-10-03 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingAllocation);
    kit.app.move_to("2026-10-04 00:00");
    kit.app.settle().await;
    assert_eq!(kit.branch_of(transfer.person).await, league.workshop.id);
}

#[tokio::test]
async fn trf_41_without_an_awaiting_branch_the_superior_is_told_daily() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = unallocated(&kit).await;
    for (day, times) in [
        ("2026-10-04 00:00", 1),
        ("2026-10-04 12:00", 1),
        ("2026-10-05 00:00", 2),
    ] {
        kit.app.move_to(day);
        kit.app.settle().await;
        let told = kit.told(league.city.id.0).await;
        assert_eq!(
            told.iter()
                .filter(|m| m.starts_with("转入团员超期未分配"))
                .count(),
            times,
            "{day}"
        );
    }
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingAllocation);
}

#[tokio::test]
async fn trf_30_a_deleted_target_returns_the_transfer() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.set_org(&league.workshop, "state", "deleted").await;
    kit.app.move_to("2026-09-19 03:30");
    kit.app.settle().await;
    let back = kit.now(&transfer).await;
    assert_eq!(
        (back.state, back.return_code.as_deref()),
        (State::Returned, Some("target_gone"))
    );
    let told = kit.told(transfer.person.0).await;
    assert!(
        told.iter().any(|m| m.contains("转入组织已撤销")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_membership_that_ended_closes_its_transfer() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let mut tx = kit.app.db.begin(kit.admin(&league.branch)).await.unwrap();
    people::end_membership(
        &mut tx,
        transfer.person,
        people::MembershipState::Resigned,
        "本人申请退团",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    kit.app.move_to("2026-09-19 03:30");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::Closed);
}
