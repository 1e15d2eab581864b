//! 申请转入 of people who have an account (ACC-40, TRF-07).

use super::kit::*;
use crate::rules::{Kind, State, Step};
use people::MembershipState;
use web::SignedIn;

#[tokio::test]
async fn acc_40_who_has_an_account_asks_the_new_branch_and_comes_as_a_transfer() {
    let kit = Kit::under(BEIJING).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let phone = kit.phone(person, "李演示", &league.branch);
    phone
        .get("/member/org")
        .await
        .expect(200)
        .see("申请转入其他团支部")
        .see("/member/transfers");
    let me = kit.me(person, "李演示", &league.branch);
    let transfer = kit
        .start(me, Kind::Join, person, &league.workshop, job())
        .await
        .unwrap();
    let desk = kit.app.admin("赵演示", &league.workshop);
    let todo = web::list::encode("申请转入");
    desk.get(&format!("/console/inbox?kind={todo}"))
        .await
        .expect(200)
        .see("李演示");
    let other = web::list::encode("申请加入");
    let none = desk.get(&format!("/console/inbox?kind={other}")).await;
    assert!(!none.has("李演示"), "new accounts are another list");
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
}

#[tokio::test]
async fn acc_40_who_floats_after_the_branch_was_archived_joins_by_the_same_way() {
    let kit = Kit::under(BEIJING).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let mut tx = kit
        .app
        .db
        .begin(access::Actor::system("upkeep"))
        .await
        .unwrap();
    people::end_membership(
        &mut tx,
        person,
        MembershipState::Floating,
        "毕业生团组织归档",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    kit.set_org(&league.branch, "state", "archived").await;
    let me = SignedIn {
        branch: None,
        account: person.0,
        person: Some(person),
        grants: Vec::new(),
        acting: None,
        ..testkit::signed_in("李演示", access::Role::Member, &league.branch)
    };
    let phone = kit.app.client(me);
    phone
        .get("/member/org")
        .await
        .expect(200)
        .see("你目前没有所在团支部")
        .see("申请转入其他团支部");
    phone
        .get("/member/transfers/new")
        .await
        .expect(200)
        .see("可以申请");
    let mut actor = kit.me(person, "李演示", &league.branch);
    actor.branch = None;
    let transfer = kit
        .start(actor, Kind::Join, person, &league.workshop, job())
        .await
        .unwrap();
    assert_eq!(transfer.step, Step::In);
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::Completed);
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
    let mut reader = kit.app.db.read().await.unwrap();
    let stays = people::memberships(&mut reader, person).await.unwrap();
    assert_eq!(stays.len(), 2);
    assert_eq!(
        (stays[0].state, stays[1].state),
        (MembershipState::Normal, MembershipState::Floating),
        "what was closed stays as it was"
    );
}

#[tokio::test]
async fn acc_40_whose_membership_ended_otherwise_cannot_ask() {
    let kit = Kit::under(BEIJING).await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let mut tx = kit
        .app
        .db
        .begin(access::Actor::system("test"))
        .await
        .unwrap();
    people::end_membership(&mut tx, person, MembershipState::Resigned, "本人申请退团")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let me = kit.me(person, "李演示", &league.branch);
    let refused = kit
        .start(me, Kind::Join, person, &league.workshop, job())
        .await;
    assert_eq!(refused.unwrap_err().code(), "transfer.status");
}
