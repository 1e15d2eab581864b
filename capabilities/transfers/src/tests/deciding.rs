use super::kit::{GUANGDONG, Kit, because, job};
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
    // Both have the same step before their eyes, whoever's decision is read first.
    let step = kit.case(&transfer).await.step_no;
    let (yes, no) = tokio::join!(
        kit.pass_at(kit.admin(&league.college), &transfer, step, None),
        kit.send_back_at(
            kit.admin(&league.branch),
            &transfer,
            step,
            "mismatch",
            "",
            false
        ),
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
