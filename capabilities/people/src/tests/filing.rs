//! Filings about memberships, as the branch files them and its superior confirms and reverses them.

use super::kit::{app, enter, first_case as case, member, org};
use crate::{MembershipState, Nature};
use access::{OrgRef, Role};
use base::PersonId;
use testkit::{Answer, Client, TestApp};

const PDF: &[u8] = b"%PDF-1.7 an invented decision";

fn fields<'a>(person: &'a str, kind: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("person", person),
        ("kind", kind),
        ("decided_on", "2026-09-01"),
        ("organ", "支部大会"),
        (
            "reason",
            "经支部大会讨论并表决通过，本人知悉决定内容及其后果，材料附后，请上级审核备案。",
        ),
        ("lost_since", "2026-01-01"),
        ("dues6", "yes"),
        ("typed_name", name),
    ]
}

async fn file(client: &Client, person: PersonId, kind: &str, name: &str, bytes: &[u8]) -> Answer {
    let id = person.to_string();
    client
        .upload(
            &format!("/console/filings/new?person={id}"),
            "/console/filings/new",
            &fields(&id, kind, name),
            "决定.pdf",
            bytes,
        )
        .await
}

async fn state(app: &TestApp, person: PersonId) -> MembershipState {
    let mut r = app.db.read().await.unwrap();
    crate::memberships(&mut r, person)
        .await
        .unwrap()
        .remove(0)
        .state
}

async fn members(app: &TestApp, branch: &OrgRef) -> i32 {
    let mut r = app.db.read().await.unwrap();
    crate::counts(&mut r, branch.id).await.unwrap().members
}

#[tokio::test]
async fn ros_85_86_88_resigning_is_carried_out_with_its_document_and_ends_offices_everywhere() {
    let app = app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
    let mut tx = app.db.begin(actor).await.unwrap();
    let college = org(&app, &app.league.college).await;
    crate::appoint(
        &mut tx,
        who,
        &college,
        "委员",
        Nature::PartTime,
        false,
        "选举",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let admin = app.admin("钱演示", branch);
    file(&admin, who, "resign", "曾演示", b"")
        .await
        .expect(422)
        .see("须先履行线下程序并上传决定材料。");
    file(&admin, who, "resign", "曾演示", b"MZ not a document")
        .await
        .expect(422)
        .see("只收PDF、JPG、PNG");
    file(&admin, who, "resign", "贾演示", PDF)
        .await
        .expect(422)
        .see("请再输入一次团员姓名");
    app.admin("赵演示", &app.league.college)
        .get(&format!("/console/filings/new?person={who}"))
        .await
        .expect(403);
    let done = file(&admin, who, "resign", "曾演示", PDF).await.expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Resigned);
    assert_eq!(members(&app, branch).await, 0);
    assert!(!admin.get("/console/members").await.has("曾演示"));
    admin
        .get("/console/filings?view=carried")
        .await
        .expect(200)
        .see("曾演示")
        .see("退团");
    admin.get(&done.location).await.expect(200).see("支部大会");
    let paper = admin
        .get(&format!("{}/document", done.location))
        .await
        .expect(200);
    assert_eq!(paper.bytes, PDF);
    app.admin("孙演示", &app.league.workshop)
        .get(&format!("{}/document", done.location))
        .await
        .expect(403);
    let mut r = app.db.read().await.unwrap();
    assert!(crate::posts(&mut r, who).await.unwrap().is_empty());
    let own = messages::latest(&mut r, &[messages::Receiver::Person(who)], 5)
        .await
        .unwrap();
    assert!(
        own.iter()
            .any(|m| m.title == "已备案：退团" && m.body.contains("申诉"))
    );
    let above = [messages::Receiver::Org(app.league.college.id)];
    let above = messages::latest(&mut r, &above, 5).await.unwrap();
    assert!(above.iter().any(|m| m.title == "已备案：退团"));
    drop(r);
    // Nobody's member any more: nothing more can be filed.
    admin
        .get(&format!("/console/filings/new?person={who}"))
        .await
        .expect(409);
}

#[tokio::test]
async fn ros_85_fld_36_expelling_waits_for_the_direct_superior() {
    let app = app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let college = app.admin("赵演示", &app.league.college);
    file(&admin, who, "expel", "曾演示", PDF).await.expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    file(&admin, who, "expel", "曾演示", PDF)
        .await
        .expect(409)
        .see("不必再次提交");
    let link = case(&college).await;
    college
        .get(&link)
        .await
        .expect(200)
        .see("开除团籍")
        .see("打开材料");
    let decide = format!("{link}/decide");
    let back = [
        ("do", "return"),
        ("step_no", "1"),
        ("code", "document"),
        ("text", "决定书没有盖章"),
    ];
    college.submit(&link, &decide, &back).await.expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    admin
        .get("/console/filings?view=returned")
        .await
        .see("曾演示");
    file(&admin, who, "expel", "曾演示", PDF).await.expect(303);
    let link = case(&college).await;
    let pass = [("do", "pass"), ("step_no", "1")];
    college
        .submit(&link, &format!("{link}/decide"), &pass)
        .await
        .expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Expelled);
    assert_eq!(members(&app, branch).await, 0);
}

#[tokio::test]
async fn ros_85_86_a_suspended_member_is_not_counted_not_told_and_comes_back_when_found() {
    let app = app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let college = app.admin("赵演示", &app.league.college);
    for (kind, after, counted) in [
        ("suspend", MembershipState::Suspended, 0),
        ("revive", MembershipState::Normal, 1),
    ] {
        file(&admin, who, kind, "曾演示", PDF).await.expect(303);
        let link = case(&college).await;
        let pass = [("do", "pass"), ("step_no", "1")];
        college
            .submit(&link, &format!("{link}/decide"), &pass)
            .await
            .expect(303);
        assert_eq!(state(&app, who).await, after);
        assert_eq!(members(&app, branch).await, counted);
        let mut r = app.db.read().await.unwrap();
        let own = messages::latest(&mut r, &[messages::Receiver::Person(who)], 9)
            .await
            .unwrap();
        assert_eq!(own.is_empty(), kind == "suspend", "{kind}");
    }
    admin
        .get(&format!("/console/members/{who}"))
        .await
        .see("团籍：停止团籍");
}

#[tokio::test]
async fn ros_87_the_superior_takes_a_wrong_filing_back_for_thirty_days_then_the_province() {
    let app = app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let other = enter(&app, branch, member("贾演示", 2)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let college = app.admin("赵演示", &app.league.college);
    let first = file(&admin, who, "resign", "曾演示", PDF)
        .await
        .expect(303)
        .location;
    let second = file(&admin, other, "resign", "贾演示", PDF)
        .await
        .expect(303)
        .location;
    let why = [("reversal", "选错了人，本人没有申请")];
    let back = |place: &str| format!("{place}/reverse");
    admin.submit(&first, &back(&first), &why).await.expect(403);
    college
        .submit(&first, &back(&first), &[("reversal", "错")])
        .await
        .expect(422)
        .see("5–200字");
    app.move_to("2026-10-18 23:00");
    college
        .submit(&first, &back(&first), &why)
        .await
        .expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    assert_eq!(members(&app, branch).await, 1);
    college
        .submit(&first, &back(&first), &why)
        .await
        .expect(409);
    app.move_to("2026-10-19 00:00");
    college
        .submit(&second, &back(&second), &why)
        .await
        .expect(403)
        .see("请逐级报省级团委更正");
    app.admin("周演示", &app.league.province)
        .submit(&second, &back(&second), &why)
        .await
        .expect(303);
    assert_eq!(state(&app, other).await, MembershipState::Normal);
    college
        .get("/console/filings?view=reversed")
        .await
        .see("曾演示")
        .see("贾演示");
}

#[tokio::test]
async fn ros_86_a_filing_says_what_it_ends_wants_the_name_typed_and_tells_the_person_whom_to_appeal_to()
 {
    let app = app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let college = app.admin("赵演示", &app.league.college);
    admin
        .get(&format!("/console/filings/new?person={who}"))
        .await
        .expect(200)
        .see("团籍终止，退出名册和统计，职务、管理权限和进行中的转接一并结束，档案保留")
        .see("请再输入一次团员姓名以确认");
    for typed in ["", "曾演"] {
        file(&admin, who, "expel", typed, PDF)
            .await
            .expect(422)
            .see("请再输入一次团员姓名");
    }
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    file(&admin, who, "expel", "曾演示", PDF).await.expect(303);
    let told = async || {
        let mut r = app.db.read().await.unwrap();
        let to = [messages::Receiver::Person(who)];
        let all = messages::latest(&mut r, &to, 5).await.unwrap();
        all.into_iter()
            .map(|m| format!("{}｜{}", m.title, m.body))
            .collect::<Vec<_>>()
    };
    // Told while it waits, and again when it is carried out.
    assert_eq!(told().await.len(), 1);
    let link = case(&college).await;
    let pass = [("do", "pass"), ("step_no", "1")];
    college
        .submit(&link, &format!("{link}/decide"), &pass)
        .await
        .expect(303);
    let told = told().await;
    assert!(
        told.iter()
            .any(|m| m.starts_with("已备案：开除团籍") && m.contains("信息学院团委〕申诉")),
        "{told:?}"
    );
}

#[tokio::test]
async fn ros_88_ended_members_are_found_with_their_state_and_their_record_stays_readable() {
    let app = app().await;
    let branch = &app.league.branch;
    let left = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let dead = enter(&app, branch, member("贾演示", 2)).await.unwrap();
    let lost = enter(&app, branch, member("孙演示", 3)).await.unwrap();
    enter(&app, branch, member("李演示", 4)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let college = app.admin("赵演示", &app.league.college);
    let gone = file(&admin, left, "resign", "曾演示", PDF)
        .await
        .expect(303)
        .location;
    file(&admin, dead, "decease", "贾演示", PDF)
        .await
        .expect(303);
    file(&admin, lost, "suspend", "孙演示", PDF)
        .await
        .expect(303);
    let link = case(&college).await;
    let pass = [("do", "pass"), ("step_no", "1")];
    college
        .submit(&link, &format!("{link}/decide"), &pass)
        .await
        .expect(303);
    // Out of counts and lists; suspended is not ended and stands under its own filter.
    assert_eq!(members(&app, branch).await, 1);
    let roster = admin.get("/console/members").await.expect(200);
    for name in ["曾演示", "贾演示", "孙演示"] {
        assert!(!roster.has(name), "{name}");
    }
    for desk in [&admin, &college] {
        let page = desk.get("/console/filings?view=left").await.expect(200);
        for text in ["已离开团员", "曾演示", "退团", "贾演示", "去世"] {
            assert!(page.has(text), "{text}: {}", page.body);
        }
        assert!(!page.has("孙演示"));
        // The archive: data, timeline and state, and nothing to do with a membership any more.
        let own = desk.get(&format!("/console/members/{left}")).await;
        let own = own.expect(200).see("曾演示").see("201900000001");
        assert!(own.has("退团") && own.has("没有团籍，不能转接"));
    }
    let elsewhere = app.admin("孙演示", &app.league.workshop);
    let page = elsewhere.get("/console/filings?view=left").await;
    assert!(!page.has("曾演示"));
    // A wrong filing taken back: a member again, not among those who left.
    college
        .submit(
            &gone,
            &format!("{gone}/reverse"),
            &[("reversal", "选错了人，本人没有申请")],
        )
        .await
        .expect(303);
    let page = admin.get("/console/filings?view=left").await;
    assert!(!page.has("曾演示") && page.has("贾演示"));
    admin.get("/console/members").await.see("曾演示");
}

#[tokio::test]
async fn acc_b11_a_filing_waits_for_the_second_administrator_and_lapses_after_72_hours() {
    let app = app().await;
    app.settle().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let actor = app.actor("赵演示", Role::Administrator, branch);
    let mut tx = app.db.begin(actor).await.unwrap();
    let act = approvals::four_eyes::Act::Filing;
    approvals::four_eyes::switch(&mut tx, branch.id, act, true)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (first, second) = (app.admin("钱演示", branch), app.admin("孙演示", branch));
    let pass = [("do", "pass"), ("step_no", "1")];
    // Resigning, which no superior confirms: nobody did in time.
    file(&first, who, "resign", "曾演示", PDF).await.expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    let link = case(&second).await;
    let own = first.submit(&link, &format!("{link}/decide"), &pass).await;
    own.expect(403).see("不能办理本人提交的");
    app.later_by(72 * 3600);
    let late = second.submit(&link, &format!("{link}/decide"), &pass).await;
    late.expect(409).see("超过办理时限");
    app.settle().await;
    assert_eq!(state(&app, who).await, MembershipState::Normal);
    first
        .get("/console/filings?view=returned")
        .await
        .see("曾演示");
    // Again, confirmed in the last second: carried out, and the superior reads of it.
    file(&first, who, "resign", "曾演示", PDF).await.expect(303);
    let link = case(&second).await;
    app.later_by(72 * 3600 - 1);
    let done = second.submit(&link, &format!("{link}/decide"), &pass).await;
    done.expect(303);
    assert_eq!(state(&app, who).await, MembershipState::Resigned);
    // Expelling goes on to the superior afterwards.
    let other = enter(&app, branch, member("贾演示", 2)).await.unwrap();
    file(&first, other, "expel", "贾演示", PDF)
        .await
        .expect(303);
    let link = case(&second).await;
    second
        .submit(&link, &format!("{link}/decide"), &pass)
        .await
        .expect(303);
    assert_eq!(state(&app, other).await, MembershipState::Normal);
    let college = app.admin("赵演示", &app.league.college);
    let link = case(&college).await;
    let pass = [("do", "pass"), ("step_no", "2")];
    college
        .submit(&link, &format!("{link}/decide"), &pass)
        .await
        .expect(303);
    assert_eq!(state(&app, other).await, MembershipState::Expelled);
}
