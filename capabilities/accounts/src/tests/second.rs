use super::kit::{self, ADMIN_PASSWORD};
use crate::rules::second::code_at;
use base::PersonId;
use testkit::{Answer, Client, TestApp};

/// The key on the page of an app being set up.
fn key_on(page: &Answer) -> String {
    let text = page
        .body
        .split("密钥：</span><br><span class=\"tj-code\">")
        .nth(1)
        .expect("a key");
    text.chars()
        .take_while(|c| *c != '<')
        .filter(|c| *c != ' ')
        .collect()
}

pub(super) fn code_now(app: &TestApp, key: &str) -> String {
    code_at(key, app.db.clock.now().timestamp().unsigned_abs())
}

pub(super) async fn set_up(app: &TestApp, browser: &Client) -> (String, Client) {
    let page = "/account/authenticator";
    let begun = browser
        .submit(page, "/account/authenticator/begin", &[])
        .await
        .expect(200);
    let key = key_on(&begun);
    let done = browser
        .submit(page, page, &[("code", &code_now(app, &key))])
        .await
        .expect(303);
    (key, browser.with_cookies_of(&done))
}

/// Confirms the phone of somebody, as the first sign-in does.
pub(super) async fn confirm_phone(app: &TestApp, person: PersonId) -> base::Mobile {
    let mut tx = kit::begin(app).await;
    let keys = tx.keys().clone();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    let phone = file.phone.clone().expect("a phone");
    people::confirm_phone(&mut tx, &file, &phone).await.unwrap();
    tx.commit().await.unwrap();
    phone
}

#[tokio::test]
async fn sec_06_an_administrator_of_a_province_must_set_an_app_up_and_prove_it_at_each_sign_in() {
    let app = kit::strict_app().await;
    let browser = kit::admin(&app, "省演示", 41, &app.league.province).await;
    let place = browser.get("/account").await.expect(303).location;
    assert_eq!(place, "/account/authenticator", "nothing else opens");
    browser
        .get("/account/authenticator")
        .await
        .expect(200)
        .see("按规定必须设置");
    let (key, browser) = set_up(&app, &browser).await;
    browser
        .get("/account")
        .await
        .expect(200)
        .see("换一个验证器");
    // The next sign-in needs the code, a new one.
    let number = kit::id_number("19900101", 41);
    let again = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let place = again.get("/account").await.expect(303).location;
    assert_eq!(place, "/account/second");
    let place = again
        .get("/account/authenticator")
        .await
        .expect(303)
        .location;
    assert_eq!(place, "/account/second", "no other app in its place");
    let used = code_now(&app, &key);
    again
        .submit("/account/second", "/account/second", &[("code", &used)])
        .await
        .expect(422)
        .see("已用过");
    app.later_by(60);
    let fresh = code_now(&app, &key);
    let done = again
        .submit("/account/second", "/account/second", &[("code", &fresh)])
        .await
        .expect(303);
    let before = again.session().map(|(_, token)| token.to_owned());
    let inside = again.with_cookies_of(&done);
    assert_ne!(
        before,
        inside.session().map(|(_, t)| t.to_owned()),
        "SEC-10"
    );
    inside.get("/account").await.expect(200);
}

#[tokio::test]
async fn sec_06_below_the_province_a_code_to_the_verified_phone_is_enough_and_branches_need_none() {
    let app = kit::strict_app().await;
    let number = kit::id_number("19900101", 42);
    let person = kit::account(
        &app,
        "院演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.college),
    )
    .await;
    let phone = confirm_phone(&app, person).await;
    let browser = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let place = browser.get("/account").await.expect(303).location;
    assert_eq!(place, "/account/second");
    browser
        .submit("/account/second", "/account/second/code", &[])
        .await
        .expect(200)
        .see(&phone.masked());
    browser
        .submit("/account/second", "/account/second", &[("code", "000000")])
        .await
        .expect(422)
        .see("验证码不正确");
    let code = kit::last_code(&app, &phone).await;
    let done = browser
        .submit("/account/second", "/account/second", &[("code", &code)])
        .await
        .expect(303);
    browser
        .with_cookies_of(&done)
        .get("/account")
        .await
        .expect(200);
    let branch = kit::admin(&app, "支演示", 43, &app.league.branch).await;
    branch.get("/account").await.expect(200);
}

#[tokio::test]
async fn sec_06_five_wrong_codes_pause_the_asking() {
    let app = kit::app().await;
    let browser = kit::admin(&app, "院演示", 44, &app.league.college).await;
    let (key, _) = set_up(&app, &browser).await;
    let number = kit::id_number("19900101", 44);
    let again = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let page = "/account/second";
    app.later_by(60);
    for _ in 0..5 {
        again
            .submit(page, page, &[("code", "000000")])
            .await
            .expect(422)
            .see("验证码不正确");
    }
    let right = code_now(&app, &key);
    again
        .submit(page, page, &[("code", &right)])
        .await
        .expect(422)
        .see("连续错误5次");
}

#[tokio::test]
async fn sec_06_a_lost_app_is_taken_away_by_the_direct_superior_who_says_how_the_person_was_known()
{
    let app = kit::app().await;
    let admin = kit::admin(&app, "院演示", 45, &app.league.college).await;
    let (_, admin) = set_up(&app, &admin).await;
    let number = kit::id_number("19900101", 45);
    let person = {
        let mut conn = app.db.read().await.unwrap();
        let keys = conn.keys.clone();
        people::by_id_number(&mut conn, &keys, &number)
            .await
            .unwrap()
            .unwrap()
    };
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    let acting = |org: &access::OrgRef, who: u128| access::Actor {
        who: access::Who::Person(PersonId(uuid::Uuid::from_u128(who))),
        acting: Some(access::Grant {
            role: access::Role::Administrator,
            org: org.clone(),
            org_name: "甲".into(),
            covers: Vec::new(),
            bounds: access::Bounds::Whole,
            root: access::Root::default(),
        }),
        ..access::Actor::anonymous(access::Port::Console, String::new(), String::new())
    };
    drop(tx);
    for (org, how, told) in [
        (
            &app.league.branch_2,
            "当面核对身份证原件",
            "须由其直接上级组织",
        ),
        (&app.league.university, "当面", "请写明怎样核实"),
    ] {
        let mut tx = app.db.begin(acting(org, 9)).await.unwrap();
        let gone = crate::actions::second::take_away(&mut tx, &file, how).await;
        let refusal = gone.unwrap_err().to_string();
        assert!(refusal.contains(told), "{refusal}");
    }
    let mut tx = app.db.begin(acting(&app.league.workshop, 9)).await.unwrap();
    let unseen = crate::actions::second::take_away(&mut tx, &file, "当面核对身份证原件").await;
    assert!(matches!(unseen, Err(base::Error::NotFound)));
    drop(tx);
    admin.get("/account").await.expect(200);
    let mut tx = app
        .db
        .begin(acting(&app.league.university, 9))
        .await
        .unwrap();
    crate::actions::second::take_away(&mut tx, &file, "当面核对身份证原件")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let place = admin.get("/account").await.expect(303).location;
    assert!(place.starts_with("/login"), "its sessions end");
    let again = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    again.get("/account").await.expect(200).see("没有设置");
}
