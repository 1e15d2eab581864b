//! Superiors in place of one without administrator (ACC-79) and the monthly list of unused grants.

use super::kit::{self, ADMIN_PASSWORD};
use access::{OrgRef, Role};
use testkit::TestApp;

async fn night(app: &TestApp) {
    crate::actions::standing_in::night(&app.db)
        .await
        .expect("night");
}

/// Gives an organisation an administrator of its own.
async fn office(app: &TestApp, name: &str, serial: u32, org: &OrgRef) -> base::PersonId {
    let number = kit::id_number("19900101", serial);
    kit::account(app, name, &number, ADMIN_PASSWORD, Some(org)).await
}

#[tokio::test]
async fn acc_79_after_thirty_days_without_administrator_the_superiors_superior_acts_until_there_is_one()
 {
    let app = kit::app().await;
    let (college, branch) = (app.league.college.clone(), app.league.branch.clone());
    app.move_to("2026-02-20 09:00");
    let left = office(&app, "院演示", 321, &college).await;
    let number = kit::id_number("19900101", 322);
    kit::account(
        &app,
        "校演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.university),
    )
    .await;
    app.move_to("2026-03-01 10:00");
    let mut tx = kit::begin(&app).await;
    crate::disable(&mut tx, left, "调离本单位").await.unwrap();
    tx.commit().await.unwrap();
    let page = format!("/console/codes/{}/issue", branch.id);
    // 31 March: still refused.
    app.move_to("2026-03-31 04:00");
    night(&app).await;
    let university = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    university
        .submit("/console/codes", &page, &[])
        .await
        .expect(403)
        .see("直接上级");
    // 1 April: the university may appoint the branch's administrator.
    app.move_to("2026-04-01 04:00");
    night(&app).await;
    night(&app).await;
    let university = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let issued = university.submit("/console/codes", &page, &[]).await;
    assert!(
        matches!(issued.status, 200 | 303),
        "{} {}",
        issued.status,
        issued.body
    );
    for org in [&college, &app.league.university] {
        let told = kit::messages_to(&app, org).await;
        let begun = told
            .iter()
            .filter(|m| m.contains("代行对其直接下级的直接上级职责"));
        assert_eq!(begun.count(), 1, "told once: {told:?}");
    }
    // Elsewhere nothing changed.
    let other = format!("/console/codes/{}/issue", app.league.branch_3.id);
    let general = university.submit("/console/codes", &other, &[]).await;
    assert!(general.status == 403 || general.status == 303 || general.status == 200);
    // With a new administrator it is over with the next request, and both are told.
    office(&app, "新演示", 323, &college).await;
    university
        .submit("/console/codes", &page, &[])
        .await
        .expect(403);
    for org in [&college, &app.league.university] {
        let told = kit::messages_to(&app, org).await;
        assert!(told.iter().any(|m| m.contains("不再代行")), "{told:?}");
    }
    night(&app).await;
    university
        .submit("/console/codes", &page, &[])
        .await
        .expect(403);
}

#[tokio::test]
async fn acc_79_an_organisation_that_has_an_administrator_or_only_just_lost_it_keeps_its_duty() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    office(&app, "院演示", 324, &college).await;
    app.later_by(400 * 86_400);
    night(&app).await;
    let mut tx = kit::begin(&app).await;
    let standing = crate::store::standing_in::end(&mut tx, college.id)
        .await
        .unwrap();
    assert_eq!(standing, None);
}

#[tokio::test]
async fn acc_79_organisations_read_once_a_month_which_grants_nobody_uses() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    app.move_to("2026-02-20 09:00");
    office(&app, "闲演示", 325, &college).await;
    let busy = kit::id_number("19900101", 326);
    kit::account(&app, "忙演示", &busy, ADMIN_PASSWORD, Some(&college)).await;
    app.move_to("2026-05-21 08:59");
    crate::actions::standing_in::list_unused(&app.db)
        .await
        .unwrap();
    assert!(
        kit::messages_to(&app, &college).await.is_empty(),
        "89 days and some hours"
    );
    kit::signed_in(&app, busy.reveal(), ADMIN_PASSWORD).await;
    app.move_to("2026-06-01 04:00");
    for _ in 0..2 {
        crate::actions::standing_in::list_unused(&app.db)
            .await
            .unwrap();
    }
    let told = kit::messages_to(&app, &college).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("闲演示（组织管理员）") && !told[0].contains("忙演示"),
        "{told:?}"
    );
    let cadre = app.client(testkit::signed_in("钱演示", Role::Administrator, &college));
    cadre.get("/console/grants").await.expect(200).see("闲演示");
}
