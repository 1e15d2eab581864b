//! 换届交接 in one act (ACC-B9).

use super::kit::Kit;
use access::{Actor, OrgRef, Role};
use base::PersonId;
use testkit::Client;

const HERE: &str = "/console/handover";

/// Somebody who holds an organisation, in a browser of the own.
fn desk(kit: &Kit, person: PersonId, name: &str, org: &OrgRef) -> Client {
    let mut me = testkit::signed_in(name, Role::Administrator, org);
    me.account = person.0;
    me.person = Some(person);
    kit.app.client(me)
}

fn actor(kit: &Kit, person: PersonId, name: &str, org: &OrgRef) -> Actor {
    let mut actor = kit.app.actor(name, Role::Administrator, org);
    actor.who = access::Who::Person(person);
    actor
}

/// What hangs on the administrator of the college: a code of a branch, a deputy, an application, an export.
async fn entangle(kit: &Kit, leaver: PersonId, deputy: PersonId, wanted: PersonId) {
    let league = &kit.app.league;
    let branch = kit.org(league.branch.id).await;
    let me = actor(kit, leaver, "赵演示", &league.college);
    let mut tx = kit.app.db.begin(me).await.unwrap();
    let policy = kit.app.app.policy::<accounts::Policy>();
    accounts::issue_code(&mut tx, policy, &branch)
        .await
        .unwrap();
    let college = kit.org(league.college.id).await;
    let typed = accounts::DeputyInput {
        person: deputy.to_string(),
        from: "2026-09-18".into(),
        to: "2026-09-30".into(),
        functions: vec!["ResetPasswords".into()],
    };
    accounts::name_deputy(&mut tx, &college, &typed)
        .await
        .unwrap();
    let file = tx.new_id();
    let facts = files::StoredFile {
        owner: leaver.0,
        name: "名册.xlsx".into(),
        content_type: "text/plain".into(),
        expires_at: None,
    };
    let now = tx.now();
    files::register(&mut tx, file, &facts, "people.export", 1, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // An application for the own organisation that waits above.
    let id = wanted.to_string();
    let fields = [("what", "add"), ("person", id.as_str())];
    let org = league.college.id.to_string();
    let fields = [("org", org.as_str()), fields[0], fields[1]];
    let page = "/console/administrators";
    desk(kit, leaver, "赵演示", &league.college)
        .submit(page, page, &fields)
        .await
        .expect(303);
}

/// What remains with somebody in the college, as the page counts it.
async fn remains(kit: &Kit, person: PersonId) -> crate::actions::handover::Remains {
    let college = kit.org(kit.app.league.college.id).await;
    let mut tx = kit.app.db.begin(Actor::system("test")).await.unwrap();
    crate::actions::handover::remains(&mut tx, &college, person.0)
        .await
        .unwrap()
}

#[tokio::test]
async fn acc_b9_after_one_act_nothing_remains_with_the_leaver() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (college, branch) = (league.college.clone(), league.branch.clone());
    let leaver = kit.cadre("赵演示", 1, &branch, &college, false).await;
    let next = kit.cadre("李演甲", 2, &branch, &college, false).await;
    let third = kit.cadre("李演乙", 3, &branch, &college, false).await;
    kit.grant(leaver, "赵演示", &college).await;
    entangle(&kit, leaver, third, third).await;
    let before = remains(&kit, leaver).await;
    assert_eq!(before.roles, ["组织管理员"]);
    assert_eq!(
        (before.deputies, before.codes, before.cases, before.files),
        (1, 1, 1, 1)
    );
    let superior = kit.console(&league.university);
    let org = college.id.to_string();
    let (from, to) = (leaver.to_string(), next.to_string());
    let place = format!("{HERE}?org={org}&leaver={from}");
    let page = superior.get(&place).await.expect(200);
    page.see("组织管理员").see("发起的在办申请").see("李演甲");
    let fields = [("org", org.as_str()), ("leaver", &from), ("successor", &to)];
    superior.submit(&place, HERE, &fields).await.expect(303);
    let after = remains(&kit, leaver).await;
    assert!(after.roles.is_empty(), "{after:?}");
    assert_eq!(
        (after.deputies, after.codes, after.cases, after.files),
        (0, 0, 0, 0)
    );
    assert_eq!(kit.administrators(&college).await, ["李演甲"]);
    // What was begun goes on, in the successor's hands.
    assert_eq!(remains(&kit, next).await.cases, 1);
    // Twice is once: whoever left holds nothing to hand over.
    let again = superior.submit(&place, HERE, &fields).await.expect(422);
    again.see("请选择交出的人");
}

#[tokio::test]
async fn acc_b9_the_own_administrators_handing_over_waits_for_the_superior_as_a_whole() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (college, branch) = (league.college.clone(), league.branch.clone());
    let leaver = kit.cadre("赵演示", 1, &branch, &college, false).await;
    let next = kit.cadre("李演甲", 2, &branch, &college, false).await;
    kit.grant(leaver, "赵演示", &college).await;
    let own = desk(&kit, leaver, "赵演示", &college);
    let (from, to) = (leaver.to_string(), next.to_string());
    own.get(HERE).await.expect(200).see("由直接上级批准后生效");
    let refused = own
        .submit(HERE, HERE, &[("leaver", &from)])
        .await
        .expect(422);
    refused.see("请选择接任的人");
    let refused = own
        .submit(HERE, HERE, &[("successor", &to)])
        .await
        .expect(422);
    refused.see("请选择交出的人");
    let fields = [("leaver", from.as_str()), ("successor", to.as_str())];
    let refused = own
        .submit(HERE, HERE, &[("leaver", &from), ("successor", &from)])
        .await;
    refused.expect(422).see("不能接任");
    own.submit(HERE, HERE, &fields).await.expect(303);
    assert_eq!(kit.administrators(&college).await, ["赵演示"], "still");
    own.submit(HERE, HERE, &fields)
        .await
        .expect(422)
        .see("在办的管理员变更");
    kit.pass(college.id, &league.university)
        .await
        .expect("approved");
    assert_eq!(kit.administrators(&college).await, ["李演甲"]);
    assert_eq!(kit.change_state(college.id).await, "effective");
    // A cadre, and an organisation elsewhere, are refused.
    let cadre = kit
        .app
        .client(testkit::signed_in("周演示", Role::Cadre, &college));
    cadre.get(HERE).await.expect(403);
    let elsewhere = kit.console(&league.company);
    elsewhere
        .get(&format!("{HERE}?org={}", college.id))
        .await
        .expect(403);
}

#[tokio::test]
async fn acc_b9_an_operator_hands_over_at_once_under_the_same_label() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    let (college, branch) = (league.college.clone(), league.branch.clone());
    let leaver = kit.cadre("赵演示", 1, &branch, &college, false).await;
    let next = kit.cadre("李演甲", 2, &branch, &college, false).await;
    let policy = kit.app.app.policy::<accounts::Policy>();
    let org = kit.org(college.id).await;
    let mut tx = kit.app.db.begin(kit.admin(&college)).await.unwrap();
    accounts::set_operator(&mut tx, policy, &org, leaver, "组织委员")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (from, to) = (leaver.to_string(), next.to_string());
    let place = format!("{HERE}?leaver={from}");
    let desk = kit.console(&college);
    desk.get(&place).await.expect(200).see("运营者（组织委员）");
    let fields = [("leaver", from.as_str()), ("successor", to.as_str())];
    // The successor had no account: the first password is shown once.
    desk.submit(&place, HERE, &fields)
        .await
        .expect(200)
        .see("只显示这一次");
    assert!(remains(&kit, leaver).await.roles.is_empty());
    assert_eq!(remains(&kit, next).await.roles, ["运营者（组织委员）"]);
}

#[tokio::test]
async fn acc_b9_an_operator_who_hands_the_own_desk_over_still_reads_the_first_password() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    let (college, branch) = (league.college.clone(), league.branch.clone());
    let leaver = kit.cadre("赵演示", 1, &branch, &college, false).await;
    let next = kit.cadre("李演甲", 2, &branch, &college, false).await;
    let policy = kit.app.app.policy::<accounts::Policy>();
    let org = kit.org(college.id).await;
    let mut tx = kit.app.db.begin(kit.admin(&college)).await.unwrap();
    accounts::set_operator(&mut tx, policy, &org, leaver, "组织委员")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut me = testkit::signed_in("赵演示", Role::Operator, &college);
    me.account = leaver.0;
    me.person = Some(leaver);
    let own = kit.app.client(me);
    let (from, to) = (leaver.to_string(), next.to_string());
    let fields = [("leaver", from.as_str()), ("successor", to.as_str())];
    // The direct superior neither sets operators nor hands their desks over.
    let superior = kit.console(&league.university);
    let id = college.id.to_string();
    let theirs = [("org", id.as_str()), fields[0], fields[1]];
    let place = format!("{HERE}?org={id}");
    let refused = superior.submit(&place, HERE, &theirs).await.expect(422);
    refused.see("直接上级不能代办");
    let place = format!("{HERE}?leaver={from}");
    let done = own.submit(&place, HERE, &fields).await.expect(200);
    done.see("只显示这一次");
    assert!(remains(&kit, leaver).await.roles.is_empty());
}
