//! Signing in by phone and SMS (ACC-13, ACC-35).

use super::kit::{self, PASSWORD};
use crate::rules::binding::NO_CADRE;
use base::Mobile;
use testkit::{Answer, Client, TestApp};

const PLACE: &str = "/login/sms";

async fn by(app: &TestApp, browser: &Client, phone: &Mobile) -> Answer {
    browser
        .submit(PLACE, "/login/sms/code", &[("phone", phone.reveal())])
        .await
        .expect(200)
        .see("验证码已发送");
    let code = kit::last_code(app, phone).await;
    let fields = [("phone", phone.reveal()), ("code", code.as_str())];
    browser.submit(PLACE, PLACE, &fields).await
}

/// Gives somebody the phone an organisation has on file.
async fn with_phone(app: &TestApp, serial: u32, born: &str, account: bool) -> Mobile {
    let (number, phone) = (kit::id_number(born, serial), kit::phone(serial));
    if account {
        kit::account(app, "孙样本", &number, PASSWORD, None).await;
    } else {
        kit::person(app, "陈示例", &number, Some(&phone), None).await;
    }
    phone
}

#[tokio::test]
async fn acc_13_a_member_signs_in_by_phone_and_sms() {
    let app = kit::app_of("guangdong").await;
    let number = kit::id_number("20020505", 31);
    kit::account(&app, "孙样本", &number, PASSWORD, None).await;
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let person = people::by_id_number(&mut tx, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    let phone = file.phone.expect("a phone");
    drop(tx);
    app.guest()
        .get("/login")
        .await
        .expect(200)
        .see("用短信验证码登录");
    let browser = app.guest();
    let entered = by(&app, &browser, &phone).await.expect(303);
    let inside = browser.with_cookies_of(&entered);
    inside.get("/account").await.expect(200);
    // Used up, and a wrong one opens nothing.
    let fields = [("phone", phone.reveal()), ("code", "123456")];
    app.guest().submit(PLACE, PLACE, &fields).await.expect(422);
}

#[tokio::test]
async fn acc_35_a_cadre_proves_the_phone_and_owes_a_first_password() {
    let app = kit::app_of("guangdong").await;
    let cadre = with_phone(&app, 20, "20120101", false).await;
    let entered = by(&app, &app.guest(), &cadre).await.expect(303);
    assert_eq!(entered.location, "/account/first");
    // Whoever is no cadre and has no account is told so after proving the phone, and not before.
    let plain = with_phone(&app, 21, "20020505", false).await;
    for stranger in [plain, kit::phone(22)] {
        let refused = by(&app, &app.guest(), &stranger).await;
        assert!(refused.cookies.is_empty());
        refused.expect(422).see(NO_CADRE);
    }
}

#[tokio::test]
async fn sec_06_an_sms_is_not_both_proofs() {
    let app = kit::app_of("guangdong").await;
    let number = kit::id_number("19900101", 33);
    let org = app.league.college.clone();
    kit::account(&app, "周演示", &number, kit::ADMIN_PASSWORD, Some(&org)).await;
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let person = people::by_id_number(&mut tx, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    drop(tx);
    let phone = file.phone.expect("a phone");
    let refused = by(&app, &app.guest(), &phone).await;
    assert!(refused.cookies.is_empty());
    refused.expect(422).see("请用手机号和密码登录");
}

#[tokio::test]
async fn acc_76_other_profiles_and_deployments_without_sms_do_not_offer_it() {
    for profile in ["national", "beijing"] {
        let app = kit::app_of(profile).await;
        let login = app.guest().get("/login").await.expect(200);
        assert!(!login.has(PLACE), "{profile}");
        app.guest().get(PLACE).await.expect(403);
    }
    let none = gateways::Gateways {
        sms: None,
        ..gateways::Gateways::simulated()
    };
    let app = kit::app_with("guangdong", none).await;
    let login = app.guest().get("/login").await.expect(200);
    assert!(!login.has(PLACE));
    app.guest().get(PLACE).await.expect(422);
}

#[tokio::test]
async fn sec_76_wrong_codes_count_against_the_address_whoever_they_were_for() {
    let app = kit::app_of("guangdong").await;
    let most = kit::policy("guangdong").rate.sign_in_minute;
    let key = app.guest().get(PLACE).await.expect(200).key();
    let wrong = async |n: i32| {
        let phone = kit::phone(900 + n.unsigned_abs());
        let fields = [
            ("_key", key.as_str()),
            ("phone", phone.reveal()),
            ("code", "123456"),
        ];
        app.guest().post(PLACE, &fields).await.status
    };
    for n in 0..most {
        assert_eq!(wrong(n).await, 422);
    }
    assert_eq!(wrong(most).await, 429);
    let lines = kit::refused_sign_ins(&app, "短信验证码").await;
    assert_eq!(lines, i64::from(most));
}
