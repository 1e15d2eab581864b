//! What becomes of an account when the membership or an office ends.

use super::kit::{self, PASSWORD};
use access::OrgRef;
use base::PersonId;
use people::{Departure, Gone, MembershipState, Nature};
use testkit::TestApp;

#[tokio::test]
async fn ros_78_the_account_of_somebody_who_left_reads_only_and_administers_nothing() {
    let app = kit::app().await;
    let branch = &app.league.branch_2;
    let number = kit::id_number("19980910", 31);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, Some(branch)).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    browser.get("/console/grants").await.expect(200);
    let gone = [Gone {
        person,
        branch: branch.id,
        state: MembershipState::LeftAt28,
        stays_cadre: false,
    }];
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture.ended(&mut tx, &gone).await.unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "read_only");
    let left = crate::administrators(&mut tx, branch.id).await.unwrap();
    assert!(left.iter().all(|holder| holder.account_id != person.0));
    tx.commit().await.unwrap();
    // Still signed in, for the own records; nothing to administer.
    assert_ne!(browser.get("/console/grants").await.status, 200);
    kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture
        .restored(&mut tx, person)
        .await
        .unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "active");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn ros_63_the_account_of_a_wrong_entry_is_closed() {
    let app = kit::app().await;
    let number = kit::id_number("20040910", 31);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let gone = [Gone {
        person,
        branch: app.league.branch_2.id,
        state: MembershipState::Void,
        stays_cadre: false,
    }];
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture.ended(&mut tx, &gone).await.unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "disabled");
    tx.commit().await.unwrap();
}

/// Somebody with a post in the branch and an administrator's right there.
async fn officer(app: &TestApp, name: &str, serial: u32, title: &str, org: &OrgRef) -> PersonId {
    let number = kit::id_number("19980910", serial);
    let person = kit::account(app, name, &number, PASSWORD, Some(org)).await;
    let mut tx = kit::begin(app).await;
    let org = orgs::find(&mut tx, org.id).await.unwrap().unwrap();
    let secretary = title == "书记";
    let nature = Nature::PartTime;
    people::appoint(&mut tx, person, &org, title, nature, secretary, "选举")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    person
}

async fn right_holders(app: &TestApp, org: &OrgRef) -> Vec<String> {
    let mut reader = app.db.read().await.unwrap();
    let held = crate::administrators(&mut reader, org.id).await.unwrap();
    held.into_iter().map(|holder| holder.name).collect()
}

#[tokio::test]
async fn org_67_the_end_of_the_last_office_ends_the_right_and_names_who_remains() {
    let app = kit::app().await;
    let branch = &app.league.branch;
    let first = officer(&app, "孙演示", 41, "组织委员", branch).await;
    officer(&app, "李演示", 42, "宣传委员", branch).await;
    let browser = kit::admin(&app, "赵演示", 43, &app.league.branch_2).await;
    let office = |person| {
        let app = &app;
        async move {
            let mut reader = app.db.read().await.unwrap();
            people::posts(&mut reader, person).await.unwrap()
        }
    };
    let post = office(first).await.remove(0).id;
    // Somebody elsewhere does not even learn that there is such a post.
    browser
        .get(&format!("/console/cadres/{post}"))
        .await
        .expect(403);
    let number = kit::id_number("19980910", 42);
    let desk = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let place = format!("/console/cadres/{post}");
    desk.get(&place)
        .await
        .expect(200)
        .see("在本组织的组织管理员权限同时结束，仍有组织管理员：李演示");
    // Another post in its place: the right stays.
    let change = [("act", "change"), ("title", "副书记")];
    desk.submit(&place, &place, &change).await.expect(303);
    assert_eq!(right_holders(&app, branch).await, ["孙演示", "李演示"]);
    let post = office(first).await.remove(0).id;
    let place = format!("/console/cadres/{post}");
    desk.submit(&place, &place, &[("act", "end")])
        .await
        .expect(303);
    assert_eq!(right_holders(&app, branch).await, ["李演示"]);
    let own = kit::signed_in(&app, kit::id_number("19980910", 41).reveal(), PASSWORD).await;
    assert_ne!(own.get("/console/cadres").await.status, 200, "ACC-68");
}

#[tokio::test]
async fn org_67_a_replaced_secretary_loses_the_right_and_the_page_says_so() {
    let app = kit::app().await;
    let branch = &app.league.branch;
    let old = officer(&app, "孙演示", 41, "书记", branch).await;
    let next = kit::id_number("19980910", 42);
    let person = kit::account(&app, "李演示", &next, PASSWORD, None).await;
    let mut tx = kit::begin(&app).await;
    let org = orgs::find(&mut tx, branch.id).await.unwrap().unwrap();
    let nature = Nature::PartTime;
    let post = people::appoint(&mut tx, person, &org, "委员", nature, false, "选举").await;
    let (post, number) = (post.unwrap(), org.number);
    tx.commit().await.unwrap();
    let superior = kit::admin(&app, "赵演示", 43, &app.league.college).await;
    let place = format!("/console/cadres/{post}");
    // The superior changes the secretary of a branch, also out of a plain post's page (ROS-41): here by entering.
    let page = format!("/console/cadres/new?org={number}");
    let (number, id) = (number.to_string(), next.reveal().to_owned());
    let fields = [
        ("org", number.as_str()),
        ("name", "李演示"),
        ("id_number", id.as_str()),
        ("title", "书记"),
        ("nature", "part_time"),
        ("replace", "yes"),
    ];
    superior
        .get(&format!("{place}?org={number}"))
        .await
        .expect(403);
    superior
        .submit(&page, "/console/cadres/new", &fields)
        .await
        .expect(303);
    assert!(right_holders(&app, branch).await.is_empty());
    let told = kit::messages_for(&app, old.0).await;
    assert!(told.iter().any(|text| text.contains("管理权限同时结束")));
}

#[tokio::test]
async fn ros_47_ending_an_office_warns_of_the_right_the_last_administrator_and_leaving_at_28() {
    let app = kit::app().await;
    let branch = &app.league.branch;
    // 28 since the tenth of the month.
    let person = officer(&app, "孙演示", 41, "组织委员", branch).await;
    let desk = kit::signed_in(&app, kit::id_number("19980910", 41).reveal(), PASSWORD).await;
    let posts = async || {
        let mut reader = app.db.read().await.unwrap();
        people::posts(&mut reader, person).await.unwrap()
    };
    let place = format!("/console/cadres/{}", posts().await[0].id);
    desk.get(&place)
        .await
        .expect(200)
        .see("在本组织的组织管理员权限同时结束，本组织将没有组织管理员，请先指定接任的人")
        .see("孙演示已满28周岁，这是最后一个团内职务：离任后，下一次核查时按满28岁离团办理");
    // An office elsewhere keeps the membership.
    let mut tx = kit::begin(&app).await;
    let college = orgs::find(&mut tx, app.league.college.id).await.unwrap();
    let college = college.unwrap();
    people::appoint(
        &mut tx,
        person,
        &college,
        "委员",
        Nature::PartTime,
        false,
        "选举",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let page = desk.get(&place).await.expect(200);
    assert!(
        page.has("团籍不受影响") && !page.has("按满28岁离团办理"),
        "{}",
        page.body
    );
    desk.submit(&place, &place, &[("act", "end")])
        .await
        .expect(303);
    assert!(right_holders(&app, branch).await.is_empty());
    assert_eq!(posts().await.len(), 1);
    // Somebody younger, without a right: neither is said.
    let number = kit::id_number("20040910", 44);
    let young = kit::account(&app, "李演示", &number, PASSWORD, None).await;
    let desk = kit::admin(&app, "赵演示", 43, branch).await;
    let mut tx = kit::begin(&app).await;
    let org = orgs::find(&mut tx, branch.id).await.unwrap().unwrap();
    let nature = Nature::PartTime;
    let post = people::appoint(&mut tx, young, &org, "委员", nature, false, "").await;
    let post = post.unwrap();
    tx.commit().await.unwrap();
    let page = desk.get(&format!("/console/cadres/{post}")).await;
    let page = page.expect(200).see("团籍不受影响");
    assert!(!page.has("权限同时结束") && !page.has("按满28岁离团办理"));
}

#[tokio::test]
async fn ros_46_the_account_of_a_cadre_who_leaves_the_league_lives_until_the_last_office_ends() {
    let app = kit::app_of("guangdong").await;
    let branch = &app.league.branch;
    let person = officer(&app, "孙演示", 41, "组织委员", branch).await;
    let state = async || {
        let mut reader = app.db.read().await.unwrap();
        let found = crate::store::account::find(&mut reader, person.0).await;
        found.unwrap().unwrap().state
    };
    let mut tx = kit::begin(&app).await;
    let gone = [Gone {
        person,
        branch: branch.id,
        state: MembershipState::Resigned,
        stays_cadre: true,
    }];
    crate::AccountDeparture.ended(&mut tx, &gone).await.unwrap();
    people::end_membership(&mut tx, person, MembershipState::Resigned, "本人书面申请")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state().await, "active");
    assert_eq!(right_holders(&app, branch).await, ["孙演示"]);
    let desk = app.admin("赵演示", branch);
    let id = person.to_string();
    let place = "/console/cadres/state";
    let remove = [
        ("person", id.as_str()),
        ("act", "remove"),
        ("confirm", "孙演示"),
    ];
    desk.submit(&format!("{place}?person={id}"), place, &remove)
        .await
        .expect(303);
    assert_eq!(state().await, "read_only");
    assert!(right_holders(&app, branch).await.is_empty());
}
