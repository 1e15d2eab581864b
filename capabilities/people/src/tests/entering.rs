use super::kit::{app, enter, member, org};
use crate::{How, MembershipState};
use access::Role;
use uuid::Uuid;

#[tokio::test]
async fn ros_07_an_entered_person_is_unverified_with_sealed_numbers_and_counted_once() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let found = crate::find(&mut r, &keys, person).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.identity_state.label()),
        ("李演示", "未认证")
    );
    assert_eq!(found.id_number.reveal(), super::kit::id("20040520", 1));
    assert_eq!(
        crate::by_id_number(&mut r, &keys, &found.id_number)
            .await
            .unwrap(),
        Some(person)
    );
    assert_eq!(
        crate::by_phone(&mut r, &keys, found.phone.as_ref().unwrap())
            .await
            .unwrap(),
        [person]
    );
    let open = crate::membership(&mut r, person).await.unwrap().unwrap();
    assert_eq!(
        (open.branch, open.state, open.how),
        (app.league.branch.id, MembershipState::Normal, How::Entered)
    );
    let counts = crate::counts(&mut r, app.league.branch.id).await.unwrap();
    assert_eq!(
        (
            counts.members,
            counts.cadres,
            counts.persons,
            counts.incomplete
        ),
        (1, 0, 1, 0)
    );
    assert_eq!(
        crate::members_of(&mut r, &keys, app.league.branch.id, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn ros_20_a_known_number_is_refused_by_where_it_is_and_whether_the_name_matches() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let again = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap_err();
    assert_eq!(
        (again.code(), again.to_string().as_str()),
        ("id_number.here", "已在本组织，无需重复录入")
    );
    let elsewhere = enter(&app, &app.league.branch_2, member("李演示", 1))
        .await
        .unwrap_err();
    assert!(
        elsewhere
            .to_string()
            .contains("海棠理工大学信息学院软件2023级1班团支部"),
        "{elsewhere}"
    );
    let stranger = enter(&app, &app.league.branch_2, member("王演示", 1))
        .await
        .unwrap_err();
    assert_eq!(stranger.code(), "id_number.other_name");
    assert!(
        !stranger.to_string().contains("软件2023级"),
        "the place is told only to whoever knows the name"
    );
}

#[tokio::test]
async fn ros_33_only_branches_have_memberships() {
    let app = app().await;
    for place in [&app.league.college, &app.league.general, &app.league.street] {
        let refused = enter(&app, place, member("李演示", 1)).await.unwrap_err();
        assert_eq!(refused.code(), "membership.not_branch");
    }
}

#[tokio::test]
async fn trf_43_a_move_closes_and_opens_and_ends_posts_in_the_old_branch() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let (from, to) = (
        org(&app, &app.league.branch).await,
        org(&app, &app.league.branch_2).await,
    );
    let mut tx = app
        .db
        .begin(app.actor("赵演示", Role::Administrator, &app.league.college))
        .await
        .unwrap();
    crate::appoint(
        &mut tx,
        person,
        &from,
        "组织委员",
        crate::Nature::PartTime,
        false,
        "支部大会选举",
    )
    .await
    .unwrap();
    let moved = crate::move_member(&mut tx, person, &to, How::Transferred, Uuid::from_u128(5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (moved.from, moved.ended_posts),
        (from.id, vec!["组织委员".to_owned()])
    );
    let mut r = app.db.read().await.unwrap();
    let all = crate::memberships(&mut r, person).await.unwrap();
    assert_eq!(
        (all[0].branch, all[0].state, all[1].state),
        (to.id, MembershipState::Normal, MembershipState::Transferred)
    );
    assert_eq!(all[0].basis, Some(Uuid::from_u128(5)));
    let (old, new) = (
        crate::counts(&mut r, from.id).await.unwrap(),
        crate::counts(&mut r, to.id).await.unwrap(),
    );
    assert_eq!((old.members, old.cadres, new.members), (0, 0, 1));
    let keys = r.keys.clone();
    assert!(
        crate::members_of(&mut r, &keys, from.id, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        crate::members_of(&mut r, &keys, to.id, None, 10)
            .await
            .unwrap()[0]
            .post,
        None
    );
    assert!(crate::posts(&mut r, person).await.unwrap().is_empty());
    assert_eq!(
        crate::history(&mut r, person, Some("transfer"))
            .await
            .unwrap()
            .len(),
        1
    );
}
