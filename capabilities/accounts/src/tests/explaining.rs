//! Why not, who can, and asking them (ACC-71, ACC-B4, SEC-B3); the trial of another role (ACC-B6).

use super::kit;
use access::{OrgRef, Permission, Role, table::MATRIX};
use testkit::TestApp;

/// The organisations above a branch, itself first, with their full names.
async fn line(app: &TestApp, branch: &OrgRef) -> Vec<orgs::Org> {
    let mut reader = app.db.read().await.unwrap();
    let mut above = orgs::ancestors(&mut reader, &branch.path).await.unwrap();
    above.extend(orgs::find(&mut reader, branch.id).await.unwrap());
    above.reverse();
    above
}

#[tokio::test]
async fn acc_b4_each_row_of_the_matrix_explains_itself_and_names_exactly_who_can() {
    let app = kit::app().await;
    let asker = app.client(testkit::signed_in("钱演示", Role::Cadre, &app.league.city));
    let targets = [app.league.branch.clone(), app.league.college.clone()];
    for target in &targets {
        let line = line(&app, target).await;
        for (permission, label, rule, _) in MATRIX {
            let link = format!("/account/ask?right={}&org={}", permission.code(), target.id);
            let page = asker.get(&link).await.expect(200);
            let page = page
                .see(label)
                .see(rule)
                .see("您现在的身份是团干部")
                .see("隔级上级");
            for org in &line {
                let really = app
                    .actor("孙演示", Role::Administrator, &org.to_ref())
                    .may(*permission, target);
                let offered = page.has(&format!("name=\"to\" value=\"{}\"", org.id));
                assert_eq!(offered, really, "{permission:?} {}", org.full_name);
            }
        }
    }
}

#[tokio::test]
async fn sec_b3_one_click_asks_who_can_and_the_request_opens_the_page_for_them() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 311);
    let branch = app.league.branch.clone();
    let person = kit::person(&app, "孙演示", &number, None, Some(&branch)).await;
    let university = app.league.university.clone();
    let admin = kit::admin(&app, "赵演示", 312, &university).await;
    let place = format!("/console/people/{person}/reset");
    let college = app.league.college.clone();
    let link = format!(
        "/account/ask?right=ResetPasswords&org={}&place={place}",
        branch.id
    );
    let page = admin.get(&link).await.expect(200);
    // One click: the form as it stands.
    let note = "请为〔软件2023级1班团支部〕办理“重置密码验证码”。";
    let page = page.see(note);
    drop(page);
    let (org, to) = (branch.id.to_string(), college.id.to_string());
    let fields = [
        ("right", "ResetPasswords"),
        ("org", org.as_str()),
        ("to", to.as_str()),
        ("place", place.as_str()),
        ("note", note),
    ];
    admin
        .submit(&link, "/account/ask", &fields)
        .await
        .expect(303);
    let told = kit::messages_to(&app, &college).await;
    assert!(
        told.iter().any(|m| m.contains("重置密码验证码")),
        "{told:?}"
    );
    // Whoever was asked opens the page the asker was refused.
    let mut reader = app.db.read().await.unwrap();
    let jump = sqlx::query_scalar!(
        r#"select jump as "jump!" from message where receiver_id = $1"#,
        college.id.0
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    assert_eq!(jump, place);
    let able = kit::admin(&app, "李演示", 313, &college).await;
    able.get(&jump).await.expect(200).see("孙演示");
    able.submit(&jump, &jump, &[])
        .await
        .expect(200)
        .see("验证码");
    admin.submit(&jump, &jump, &[]).await.expect(403);
}

#[tokio::test]
async fn acc_71_what_nobody_may_do_is_said_to_be_closed_and_offers_nobody_to_ask() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 314, &app.league.branch).await;
    let link = format!(
        "/account/ask?right=CreateSubordinates&org={}",
        app.league.branch.id
    );
    let page = admin.get(&link).await.expect(200).see("不开放");
    assert!(!page.has("name=\"to\""));
    // A refusal without a row of its own leads to the own rights.
    let refused = admin.get("/console/auditors").await.expect(403);
    refused.see("/account/rights").see("根组织的管理员确认");
}

#[tokio::test]
async fn acc_b6_the_trial_of_a_role_answers_as_the_server_does() {
    let app = kit::app().await;
    let l = &app.league;
    let admin = app.admin("赵演示", &l.university);
    let mut compared = 0;
    for role in [
        Role::Administrator,
        Role::Operator,
        Role::Cadre,
        Role::Auditor,
    ] {
        for target in [&l.university, &l.college, &l.general] {
            let link = format!(
                "/account/rights?role={}&org={}&target={}",
                role.code(),
                l.college.id,
                target.id
            );
            let page = admin.get(&link).await.expect(200).see("试算");
            let actor = app.actor("孙演示", role, &l.college);
            for (permission, label, ..) in MATRIX {
                let row = page.body.split(&format!("\">{label}</th>")).nth(1).unwrap();
                let row = row.split("</tr>").next().unwrap();
                let words = actor.mark(*permission, target).words();
                assert!(row.contains(words), "{role:?} {permission:?} {row}");
                let done = actor.require(*permission, target).is_ok();
                assert_eq!(done, row.contains("●"), "{role:?} {permission:?}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 100, "{compared}");
    let stranger = app.admin("钱演示", &l.workshop);
    let link = format!(
        "/account/rights?role=administrator&org={}&target={}",
        l.college.id, l.college.id
    );
    stranger.get(&link).await.expect(403);
}

#[tokio::test]
async fn acc_78_a_member_reads_what_a_member_may() {
    let app = kit::app().await;
    let person = base::PersonId(uuid::Uuid::from_u128(5));
    let member = app.member(person, "孙演示", &app.league.branch);
    let page = member.get("/account/rights").await.expect(200);
    let page = page
        .see("软件2023级1班团支部")
        .see(Permission::ViewOrg.label());
    assert!(
        !page.has("●") || page.body.matches("● 可办").count() == 1,
        "nothing is done by a member"
    );
}
