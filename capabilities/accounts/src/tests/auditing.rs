//! Auditors: two persons make one, each session has a purpose, organisations see what was unmasked (ACC-85, SEC-13).

use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use access::{Permission, Role, table::MATRIX};
use base::PersonId;
use testkit::{Client, TestApp};

async fn propose(app: &TestApp, person: PersonId, until: &str) -> base::Result<()> {
    let mut tx = kit::begin(app).await;
    crate::propose_auditor(&mut tx, person, "审演示", "年度等保测评", until).await?;
    tx.commit().await
}

async fn term(app: &TestApp) -> String {
    let mut reader = app.db.read().await.unwrap();
    crate::store::auditor::terms(&mut reader).await.unwrap()[0]
        .term_id
        .to_string()
}

async fn act(admin: &Client, term: &str, act: &str) -> testkit::Answer {
    let place = format!("/console/auditors/{term}");
    admin
        .submit("/console/auditors", &place, &[("act", act)])
        .await
}

#[tokio::test]
async fn acc_85_an_auditor_is_made_by_two_states_a_purpose_and_organisations_see_what_was_unmasked()
{
    let app = kit::app().await;
    let number = kit::id_number("20000305", 331);
    let person = kit::account(&app, "审演示", &number, PASSWORD, None).await;
    let member = kit::id_number("20050305", 332);
    let seen = kit::person(&app, "孙演示", &member, None, Some(&app.league.branch)).await;
    propose(&app, person, "2026-10-20").await.unwrap();
    assert!(
        propose(&app, person, "2026-10-20").await.is_err(),
        "one at a time"
    );
    // Proposed is not yet auditor.
    let early = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    early.get("/console/members").await.expect(403);
    let root = kit::admin(&app, "中演示", 333, &app.league.root).await;
    let college = kit::admin(&app, "院演示", 334, &app.league.college).await;
    let id = term(&app).await;
    college.get("/console/auditors").await.expect(403);
    act(&root, &id, "confirm").await.expect(303);
    act(&root, &id, "confirm").await.expect(409);
    // Nothing opens before the purpose is stated; it is per session.
    let auditor = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let place = auditor.get("/console/members").await.expect(303).location;
    assert_eq!(place, "/account/purpose");
    let page = "/account/purpose";
    auditor
        .submit(page, page, &[("purpose", "查")])
        .await
        .expect(422)
        .see("5–100字");
    let stated = [("purpose", "核查第三季度转接超期情况")];
    auditor.submit(page, page, &stated).await.expect(303);
    let record = format!("/console/members/{seen}");
    auditor.get(&record).await.expect(200).see("孙演示");
    // Each record needs a reason of its own.
    let reveal = format!("{record}/reveal");
    auditor
        .submit(&reveal, &reveal, &[("purpose", "其他"), ("other", "")])
        .await
        .expect(422);
    let fields = [("purpose", "其他"), ("other", "抽查身份信息一致性")];
    auditor
        .submit(&reveal, &reveal, &fields)
        .await
        .expect(200)
        .see(member.reveal());
    let told = kit::messages_to(&app, &app.league.branch).await;
    assert!(
        told.iter().any(|m| m.contains("抽查身份信息一致性")),
        "{told:?}"
    );
    let branch = kit::admin(&app, "支演示", 335, &app.league.branch).await;
    let page = branch.get("/console/grants").await.expect(200);
    page.see("审计查看记录")
        .see("审演示")
        .see("抽查身份信息一致性");
    let again = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    again.get(&record).await.expect(303);
    // The right ends on its day by itself.
    app.move_to("2026-10-20 23:59");
    let last = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    last.submit("/account/purpose", "/account/purpose", &stated)
        .await
        .expect(303);
    last.get(&record).await.expect(200);
    app.move_to("2026-10-21 00:00");
    last.get(&record).await.expect(403);
}

#[tokio::test]
async fn sec_13_security_duty_and_audit_duty_are_never_one_persons() {
    let app = kit::app().await;
    let number = kit::id_number("19900101", 336);
    let root = kit::account(
        &app,
        "中演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.root),
    )
    .await;
    let refused = propose(&app, root, "2027-01-31").await.unwrap_err();
    assert!(
        refused.to_string().contains("不能由同一人担任"),
        "{refused}"
    );
    let other = kit::id_number("20000305", 337);
    let person = kit::account(&app, "审演示", &other, PASSWORD, None).await;
    propose(&app, person, "2027-01-31").await.unwrap();
    let mut tx = kit::begin(&app).await;
    let org = orgs::find(&mut tx, app.league.root.id)
        .await
        .unwrap()
        .unwrap();
    let policy = kit::policy("national");
    let both = crate::grant(
        &mut tx,
        &policy,
        person,
        "审演示",
        &org,
        Role::Administrator,
        "seed",
    )
    .await;
    assert_eq!(both.unwrap_err().code(), "duty.clash");
    drop(tx);
    // Ended early, the other duty is open again.
    let admin = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let id = term(&app).await;
    act(&admin, &id, "confirm").await.expect(303);
    act(&admin, &id, "end").await.expect(303);
    let gone = kit::signed_in(&app, other.reveal(), PASSWORD).await;
    gone.get("/console/members").await.expect(403);
    let mut tx = kit::begin(&app).await;
    crate::grant(
        &mut tx,
        &policy,
        person,
        "审演示",
        &org,
        Role::Administrator,
        "seed",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn acc_82_the_technical_role_changes_nothing_anywhere() {
    let app = kit::app().await;
    let l = &app.league;
    let auditor = app.actor("审演示", Role::Auditor, &l.root);
    for (permission, ..) in MATRIX {
        for target in [
            &l.root,
            &l.province,
            &l.city,
            &l.college,
            &l.general,
            &l.branch,
        ] {
            let does = auditor.may(*permission, target);
            assert_eq!(
                does,
                *permission == Permission::UnmaskPeople,
                "{permission:?}"
            );
        }
    }
    // A direct call is refused in words that name who does it.
    let number = kit::id_number("20050305", 338);
    let person = kit::person(&app, "孙演示", &number, None, Some(&l.branch)).await;
    let client = app.client(testkit::signed_in("审演示", Role::Auditor, &l.root));
    let page = format!("/console/people/{person}/reset");
    client
        .submit(&page, &page, &[])
        .await
        .expect(403)
        .see("所在组织或直接上级的管理员");
}
