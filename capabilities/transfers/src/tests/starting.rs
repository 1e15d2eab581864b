use super::kit::{BEIJING, GUANGDONG, Kit, because, home, job};
use crate::rules::{Kind, Reason, State, Step};
use access::Role;
use base::Error;

#[tokio::test]
async fn trf_01_a_member_applies_for_the_own_membership_only() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    assert_eq!(
        (transfer.state, transfer.step),
        (State::AwaitingOut, Step::Out)
    );
    assert_eq!(transfer.number.to_string().len(), 12);
    let other = kit.member("王样本", 2, &league.branch).await;
    let me = kit.me(transfer.person, "李演示", &league.branch);
    let refused = kit
        .start(me, Kind::Member, other, &league.workshop, job())
        .await;
    assert!(matches!(refused, Err(Error::NotFound)));
    let told = kit.told(transfer.person.0).await;
    assert!(
        told[0].contains("转接申请已提交，等待软件2023级1班团支部审核"),
        "{told:?}"
    );
}

#[tokio::test]
async fn trf_02_a_branch_sends_its_own_members_and_the_in_side_decides() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let refused = kit
        .start(
            kit.admin(&league.branch_2),
            Kind::BranchOut,
            person,
            &league.workshop,
            job(),
        )
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "该团支部不在您的下级组织中"
    );
    let cadre = kit.app.actor("孙样例", Role::Cadre, &league.branch);
    let refused = kit
        .start(cadre, Kind::BranchOut, person, &league.workshop, job())
        .await;
    assert!(
        matches!(refused, Err(Error::Forbidden(_))),
        "a cadre looks only"
    );
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
    assert_eq!(transfer.step, Step::In);
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
}

#[tokio::test]
async fn trf_03_a_committee_sends_members_of_any_branch_below() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let transfer = kit
        .start(
            kit.admin(&league.university),
            Kind::BranchOut,
            person,
            &league.workshop,
            job(),
        )
        .await
        .unwrap();
    assert_eq!(transfer.starter_name, "海棠理工大学团委");
    let other = kit.member("王样本", 2, &league.workshop).await;
    let refused = kit
        .start(
            kit.admin(&league.university),
            Kind::BranchOut,
            other,
            &league.branch,
            because(Reason::Regroup),
        )
        .await;
    assert_eq!(refused.unwrap_err().code(), "transfer.not_below");
    let refused = kit
        .start(
            kit.admin(&league.city),
            Kind::BranchOut,
            other,
            &league.branch,
            because(Reason::Regroup),
        )
        .await;
    assert_eq!(
        refused.unwrap_err().code(),
        "transfer.leading_body",
        "TRF-05"
    );
}

#[tokio::test]
async fn trf_10_the_same_check_runs_again_at_submission_and_at_completion() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = || kit.me(person, "李演示", &league.branch);
    let refused = kit
        .start(me(), Kind::Member, person, &league.street, job())
        .await;
    assert_eq!(
        refused.unwrap_err().code(),
        "transfer.reason_target",
        "TRF-15"
    );
    let transfer = kit
        .start(me(), Kind::Member, person, &league.workshop, job())
        .await
        .unwrap();
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.set_org(&league.workshop, "state", "deleted").await;
    let refused = kit.pass(kit.admin(&league.company), &transfer, None).await;
    assert_eq!(refused.unwrap_err().code(), "transfer.target_gone");
    assert_eq!(kit.branch_of(person).await, league.branch.id);
}

#[tokio::test]
async fn trf_11_the_uncertified_cannot_be_moved_by_anyone() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .member_since("李演示", 1, &league.branch, "2020-01")
        .await;
    let me = kit.me(person, "李演示", &league.branch);
    for (actor, kind) in [
        (me, Kind::Member),
        (kit.admin(&league.branch), Kind::BranchOut),
    ] {
        let refused = kit
            .start(actor, kind, person, &league.workshop, job())
            .await;
        assert_eq!(
            refused.unwrap_err().code(),
            "transfer.uncertified",
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn trf_12_of_two_simultaneous_submissions_one_wins() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.me(person, "李演示", &league.branch);
    let (own, branch) = tokio::join!(
        kit.start(me.clone(), Kind::Member, person, &league.workshop, job()),
        kit.start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            person,
            &league.floating,
            home()
        ),
    );
    let won = [&own, &branch]
        .iter()
        .filter(|result| result.is_ok())
        .count();
    assert_eq!(won, 1);
    let told = own.err().or(branch.err()).unwrap();
    assert_eq!(told.code(), "transfer.already_open");
    assert!(
        told.to_string().starts_with("已有进行中的转接（1000000000"),
        "{told}"
    );
}

#[tokio::test]
async fn trf_14_the_own_branch_and_leading_bodies_are_no_targets() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = || kit.me(person, "李演示", &league.branch);
    for (target, code) in [
        (&league.branch, "transfer.same_branch"),
        (&league.city, "transfer.target_leading"),
    ] {
        let refused = kit
            .start(me(), Kind::Member, person, target, because(Reason::Regroup))
            .await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn trf_16_the_region_is_that_of_the_nearest_organisation_that_has_one() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let mut elsewhere = home();
    elsewhere.dest_region = "990203001".into();
    let me = kit.me(person, "李演示", &league.branch);
    let refused = kit
        .start(
            me.clone(),
            Kind::Member,
            person,
            &league.floating,
            elsewhere,
        )
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "转入组织不在所填地区，请核对区划代码或改选当地的乡镇、街道团组织"
    );
    assert!(
        kit.start(me, Kind::Member, person, &league.floating, home())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn trf_32_nothing_changes_before_completion() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(transfer.person).await, league.branch.id);
    assert_eq!(
        (
            kit.members(&league.branch).await,
            kit.members(&league.workshop).await
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn trf_50_members_of_a_graduate_branch_are_handed_over() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.set_org(&league.branch, "state", "graduate").await;
    let person = kit.member("李演示", 1, &league.branch_2).await;
    let ordinary = kit
        .start(
            kit.me(person, "李演示", &league.branch_2),
            Kind::Member,
            person,
            &league.workshop,
            job(),
        )
        .await
        .unwrap();
    assert!(!ordinary.is_handover);
    kit.set_org(&league.branch, "state", "active").await;
    let other = kit.member("王样本", 2, &league.branch).await;
    kit.set_org(&league.branch, "state", "graduate").await;
    let handed = kit
        .start(
            kit.me(other, "王样本", &league.branch),
            Kind::Member,
            other,
            &league.workshop,
            job(),
        )
        .await
        .unwrap();
    assert!(handed.is_handover);
}

#[tokio::test]
async fn trf_46_in_guangdong_the_member_confirms_what_the_branch_started() {
    // Worked example 14, second half.
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
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
    assert_eq!(transfer.state, State::AwaitingMember);
    let me = kit.me(person, "李演示", &league.branch);
    let answer = |yes: bool| {
        let (kit, me, transfer) = (&kit, me.clone(), transfer.clone());
        async move {
            let mut tx = kit.app.db.begin(me).await?;
            crate::actions::answer(&mut tx, transfer.person, transfer.id, yes, kit.kinds()).await?;
            tx.commit().await
        }
    };
    answer(true).await.unwrap();
    assert_eq!(kit.now(&transfer).await.step, Step::OutSuperior);
    assert!(
        matches!(answer(false).await, Err(Error::Conflict(_))),
        "asked once"
    );
    kit.pass(kit.admin(&league.college), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.company), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);

    let other = kit.member("王样本", 2, &league.branch).await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            other,
            &league.workshop,
            job(),
        )
        .await
        .unwrap();
    kit.app.move_to("2026-09-25 23:59");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::AwaitingMember);
    kit.app.move_to("2026-09-26 00:00");
    kit.app.settle().await;
    assert_eq!(kit.now(&transfer).await.state, State::Declined);
}

#[tokio::test]
async fn trf_07_in_beijing_a_member_joins_and_the_old_branch_is_told() {
    let kit = Kit::under(BEIJING).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let phone = kit.phone(person, "李演示", &league.branch);
    phone
        .get("/member/transfers/new")
        .await
        .expect(200)
        .see("可以申请");
    let me = kit.me(person, "李演示", &league.branch);
    let refused = kit
        .start(me.clone(), Kind::Member, person, &league.workshop, job())
        .await;
    assert_eq!(refused.unwrap_err().code(), "transfer.kind");
    let transfer = kit
        .start(me, Kind::Join, person, &league.workshop, job())
        .await
        .unwrap();
    assert_eq!(transfer.step, Step::In);
    let veto = kit.pass(kit.admin(&league.branch), &transfer, None).await;
    assert!(
        matches!(veto, Err(Error::Forbidden(_))),
        "the old branch has no say"
    );
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
    let told = kit.told(league.branch.id.0).await;
    assert!(
        told.iter().any(|m| m.contains("组织关系转接已通过")),
        "{told:?}"
    );
}
