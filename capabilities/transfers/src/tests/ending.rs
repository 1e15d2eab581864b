use super::kit::{Kit, job};
use crate::actions::sight;
use crate::rules::Kind;
use base::Error;

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
            .any(|m| m.contains("该毕业生团组织已无团员，请删除")
                && m.contains("团员已全部转出，请及时删除该组织。")),
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

#[tokio::test]
async fn ros_78_an_open_transfer_ends_with_the_membership() {
    use people::Departure;
    let kit = Kit::new().await;
    let transfer = kit.applied().await;
    let gone = [people::Gone {
        person: transfer.person,
        branch: transfer.out_branch,
        state: people::MembershipState::LeftAt28,
        stays_cadre: false,
    }];
    let departure = crate::TransferDeparture(kit.kinds().clone());
    let mut tx = kit
        .app
        .db
        .begin(access::Actor::system("people.leave28"))
        .await
        .unwrap();
    departure.ended(&mut tx, &gone).await.unwrap();
    // Told twice, it finds nothing open the second time.
    departure.ended(&mut tx, &gone).await.unwrap();
    tx.commit().await.unwrap();
    let mut reader = kit.app.db.read().await.unwrap();
    let keys = reader.keys.clone();
    let open = crate::open_of(&mut reader, &keys, transfer.person).await;
    assert!(open.unwrap().is_none());
    let to = [messages::Receiver::Person(transfer.person)];
    let told = messages::latest(&mut reader, &to, 5).await.unwrap();
    assert!(told.iter().any(|m| m.body.contains("满28岁离团")));
}
