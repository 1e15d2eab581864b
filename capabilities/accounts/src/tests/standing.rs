//! Who somebody is to the system: accounts, roles, and what ends them.

use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use access::Role;

#[tokio::test]
async fn acc_07_several_roles_are_one_account_and_add_up() {
    let app = kit::app().await;
    let number = kit::id_number("19900101", 91);
    let person = kit::account(
        &app,
        "赵演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.college),
    )
    .await;
    let mut tx = kit::begin(&app).await;
    let university = orgs::find(&mut tx, app.league.university.id)
        .await
        .unwrap()
        .unwrap();
    let policy = kit::policy("national");
    let role = Role::Administrator;
    crate::grant(
        &mut tx,
        &policy,
        person,
        "赵演示",
        &university,
        role,
        "seed",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let browser = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    browser
        .get("/account/switch")
        .await
        .expect(200)
        .see("信息学院团委")
        .see("海棠理工大学团委");
    // Also a member: the same account has its own data.
    browser
        .get("/account")
        .await
        .expect(200)
        .see("登记的手机号");
}

#[tokio::test]
async fn acc_10_the_national_console_knows_people_by_their_id_number_only() {
    let app = kit::app().await;
    let (number, phone) = (kit::id_number("20050305", 92), kit::phone(92));
    let branch = app.league.branch.clone();
    let person = kit::person(&app, "孙演示", &number, Some(&phone), Some(&branch)).await;
    let mut tx = kit::begin(&app).await;
    let version = kit::policy("national").privacy_version;
    crate::make_account(&mut tx, person, PASSWORD, false, &version)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let fields = [("identifier", phone.reveal()), ("password", PASSWORD)];
    app.guest()
        .submit("/login", "/login", &fields)
        .await
        .expect(422)
        .see("账号或密码不正确");
    app.guest().get("/login").await.see(">身份证号</label>");
}

#[tokio::test]
async fn acc_84_an_organisation_that_ended_gives_no_rights() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 93, &app.league.college.clone()).await;
    admin.get("/console/grants").await.expect(200);
    for (state, status) in [("graduate", 200), ("deleted", 403), ("merged", 403)] {
        let mut conn = app.db.pool.acquire().await.unwrap();
        sqlx::query!(
            "update org set state = $2 where org_id = $1",
            app.league.college.id.0,
            state
        )
        .execute(&mut *conn)
        .await
        .unwrap();
        drop(conn);
        admin.get("/console/grants").await.expect(status);
    }
}

#[tokio::test]
async fn sec_03_passwords_are_kept_as_salted_slow_hashes_and_made_anew_when_the_numbers_rise() {
    let app = kit::app().await;
    let mut stored = Vec::new();
    for serial in [94, 95] {
        let number = kit::id_number("20050305", serial);
        let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
        let mut conn = app.db.read().await.unwrap();
        let account = crate::store::account::find(&mut conn, person.0)
            .await
            .unwrap();
        stored.push(account.unwrap().password_hash.unwrap());
    }
    assert!(stored[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_ne!(stored[0], stored[1], "the same password, two salts");
    assert!(!crate::secrets::is_weak(&stored[0]));
    assert!(crate::secrets::is_weak(
        "$argon2id$v=19$m=9216,t=2,p=1$c2FsdA$aGFzaA"
    ));
}

#[tokio::test]
async fn sec_11_the_phone_and_the_app_change_only_shortly_after_the_password() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 96, &app.league.college.clone()).await;
    app.later_by(599);
    admin.get("/account/phone").await.expect(200);
    let page = admin.get("/account/authenticator").await.expect(200);
    app.later_by(1);
    let place = admin.get("/account/phone").await.expect(303).location;
    assert_eq!(place, "/account/proof?next=/account/phone");
    let key = page.key();
    let begun = admin
        .post("/account/authenticator/begin", &[("_key", &key)])
        .await
        .expect(303);
    assert_eq!(begun.location, "/account/proof?next=/account/authenticator");
}
