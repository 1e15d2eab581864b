//! The two entrances of the employment action (ACC-14).

use super::kit::{self, PASSWORD};
use crate::rules::entrance::{CONSENT, ELSEWHERE, NOT_AUTHORISED};
use base::Mobile;
use gateways::SimulatedWechat;
use testkit::{Answer, Client, TestApp};

pub(super) fn privacy() -> String {
    kit::policy("national").privacy_version
}

/// What the shell of the mini-program sends after its holder allowed the number.
async fn hand_over(app: &TestApp, browser: &Client, phone: &Mobile, agree: bool) -> Answer {
    let code = SimulatedWechat::phone_code(&app.db, phone).expect("a code");
    send_code(browser, &code, agree).await
}

async fn send_code(browser: &Client, code: &str, agree: bool) -> Answer {
    let version = if agree { privacy() } else { String::new() };
    let fields = [("phone_code", code), ("privacy", version.as_str())];
    browser
        .submit("/employ/login", "/employ/mini-program", &fields)
        .await
}

/// Signed in at the mini-program.
pub(super) async fn at_mini_program(app: &TestApp, phone: &Mobile) -> Client {
    let browser = app.guest();
    let answer = hand_over(app, &browser, phone, true).await.expect(303);
    assert_eq!(answer.location, "/employ");
    browser.with_cookies_of(&answer)
}

async fn register(app: &TestApp, phone: &Mobile) -> Answer {
    let browser = app.guest();
    let number = phone.reveal();
    browser
        .submit(
            "/employ/register",
            "/employ/register/code",
            &[("phone", number)],
        )
        .await
        .expect(200);
    let (code, version) = (kit::last_code(app, phone).await, privacy());
    let fields = [
        ("phone", number),
        ("code", &code),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", &version),
    ];
    browser
        .submit("/employ/register", "/employ/register", &fields)
        .await
}

async fn by_password(app: &TestApp, phone: &Mobile, password: &str) -> Answer {
    let fields = [("identifier", phone.reveal()), ("password", password)];
    app.guest()
        .submit("/employ/login", "/employ/login", &fields)
        .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "counts rows past the capability's own queries"
)]
async fn accounts(app: &TestApp) -> i64 {
    let mut conn = app.db.read().await.expect("read");
    sqlx::query_scalar("select count(*) from account where kind = 'employment'")
        .fetch_one(&mut *conn)
        .await
        .expect("count")
}

#[tokio::test]
async fn acc_14_the_authorised_phone_signs_in_at_the_mini_program() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    let browser = at_mini_program(&app, &phone).await;
    let mine = browser.get("/employ").await.expect(200);
    mine.see("100****0001")
        .see("首次登录")
        .see("小程序“团团微就业”");
    // The second time nothing has to be agreed to.
    let again = hand_over(&app, &app.guest(), &phone, false).await;
    assert_eq!((again.status, again.location.as_str()), (303, "/employ"));
    assert_eq!(accounts(&app).await, 1);
}

#[tokio::test]
async fn acc_14_refusing_to_authorise_signs_nobody_in() {
    let app = kit::app().await;
    let browser = app.guest();
    let code = SimulatedWechat::phone_code(&app.db, &kit::phone(1)).unwrap();
    let refused = browser
        .submit(
            "/employ/login",
            "/employ/mini-program",
            &[("phone_code", &code), ("refuse", "1")],
        )
        .await;
    assert!(refused.cookies.is_empty());
    refused.expect(422).see(NOT_AUTHORISED);
    send_code(&browser, "", true)
        .await
        .expect(422)
        .see(NOT_AUTHORISED);
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn acc_14_a_phone_code_is_good_once_for_five_minutes_and_cannot_be_made_up() {
    let app = kit::app().await;
    let (phone, browser) = (kit::phone(1), app.guest());
    let used = SimulatedWechat::phone_code(&app.db, &phone).unwrap();
    send_code(&browser, &used, true).await.expect(303);
    let gone = "微信授权已失效";
    send_code(&browser, &used, true).await.expect(422).see(gone);
    let (early, late) = (
        SimulatedWechat::phone_code(&app.db, &phone).unwrap(),
        SimulatedWechat::phone_code(&app.db, &phone).unwrap(),
    );
    app.later_by(299);
    send_code(&browser, &early, true).await.expect(303);
    app.later_by(1);
    send_code(&browser, &late, true).await.expect(422).see(gone);
    let made_up = [
        phone.reveal(),
        "AAAA",
        "00000000-0000-0000-0000-000000000000",
    ];
    for code in made_up {
        send_code(&browser, code, true).await.expect(422).see(gone);
    }
}

#[tokio::test]
async fn acc_14_who_comes_first_agrees_to_the_privacy_notice() {
    let app = kit::app().await;
    let refused = hand_over(&app, &app.guest(), &kit::phone(1), false).await;
    refused.expect(422).see(CONSENT);
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn acc_14_both_entrances_lead_to_one_account() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    at_mini_program(&app, &phone).await;
    let answer = register(&app, &phone).await.expect(303);
    let there = app.guest().with_cookies_of(&answer);
    assert_eq!(accounts(&app).await, 1);
    let mine = there.get("/employ").await.expect(200);
    assert_eq!(mine.body.matches("已注册").count(), 2, "{}", mine.body);
    // From now on phone and password are enough there.
    by_password(&app, &phone, PASSWORD).await.expect(303);
}

#[tokio::test]
async fn acc_14_who_is_enrolled_at_the_mini_program_registers_at_the_app_first() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    at_mini_program(&app, &phone).await;
    by_password(&app, &phone, PASSWORD)
        .await
        .expect(422)
        .see(ELSEWHERE);
    register(&app, &phone).await.expect(303);
    by_password(&app, &phone, PASSWORD).await.expect(303);
    // A wrong password is only wrong from now on.
    let wrong = by_password(&app, &phone, "hai-tang-27").await.expect(422);
    assert!(!wrong.has(ELSEWHERE), "{}", wrong.body);
}

#[tokio::test]
async fn acc_14_who_is_enrolled_at_the_app_registers_at_the_mini_program_first() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    register(&app, &phone).await.expect(303);
    let first = hand_over(&app, &app.guest(), &phone, false).await;
    first.expect(422).see(ELSEWHERE);
    at_mini_program(&app, &phone).await;
    hand_over(&app, &app.guest(), &phone, false)
        .await
        .expect(303);
}

#[tokio::test]
async fn acc_14_registration_at_the_app_asks_code_password_and_consent() {
    let app = kit::app().await;
    let (phone, browser, version) = (kit::phone(1), app.guest(), privacy());
    let number = phone.reveal();
    let send = [("phone", number)];
    browser
        .submit("/employ/register", "/employ/register/code", &send)
        .await
        .expect(200)
        .see("验证码已发送");
    let code = kit::last_code(&app, &phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let cases = [
        (
            "1000000",
            code.as_str(),
            PASSWORD,
            PASSWORD,
            version.as_str(),
            "手机号",
        ),
        (number, &code, "12345678", "12345678", &version, "密码"),
        (
            number,
            &code,
            "a-10000000001",
            "a-10000000001",
            &version,
            "密码不能包含",
        ),
        (
            number,
            &code,
            PASSWORD,
            "hai-tang-27",
            &version,
            "两次输入的密码不一致",
        ),
        (number, &code, PASSWORD, PASSWORD, "", CONSENT),
        (number, wrong, PASSWORD, PASSWORD, &version, "验证码不正确"),
    ];
    for (phone, code, password, repeat, privacy, message) in cases {
        let fields = [
            ("phone", phone),
            ("code", code),
            ("password", password),
            ("repeat", repeat),
            ("privacy", privacy),
        ];
        let refused = browser
            .submit("/employ/register", "/employ/register", &fields)
            .await;
        assert!(!refused.body.contains(PASSWORD), "no password comes back");
        refused.expect(422).see(message);
    }
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn acc_14_a_new_password_by_sms_ends_what_was_signed_in_before() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    let answer = register(&app, &phone).await.expect(303);
    let before = app.guest().with_cookies_of(&answer);
    app.later_by(61);
    let version = privacy();
    let browser = app.guest();
    let send = [("phone", phone.reveal())];
    browser
        .submit("/employ/register", "/employ/register/code", &send)
        .await
        .expect(200);
    let code = kit::last_code(&app, &phone).await;
    let fields = [
        ("phone", phone.reveal()),
        ("code", &code),
        ("password", "hai-tang-27"),
        ("repeat", "hai-tang-27"),
        ("privacy", &version),
    ];
    browser
        .submit("/employ/register", "/employ/register", &fields)
        .await
        .expect(303);
    before.get("/employ").await.expect(200).see("登录/注册");
    by_password(&app, &phone, PASSWORD).await.expect(422);
    by_password(&app, &phone, "hai-tang-27").await.expect(303);
}

#[tokio::test]
async fn acc_14_an_employment_account_reaches_nothing_else() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    // The same number on a person's file opens nothing of that person.
    let number = kit::id_number("19900101", 7);
    kit::person(&app, "陈示例", &number, Some(&phone), None).await;
    let browser = at_mini_program(&app, &phone).await;
    for path in [
        "/account",
        "/account/phone",
        "/console/codes",
        "/register/mine",
    ] {
        let led = browser.get(path).await.expect(303);
        assert_eq!(led.location, "/employ", "{path}");
    }
    let mine = browser.get("/employ").await.expect(200);
    assert!(!mine.has("陈示例"), "{}", mine.body);
    let out = browser.submit("/employ", "/logout", &[]).await.expect(303);
    assert_eq!(out.location, "/employ?done=out");
    browser.get("/employ").await.expect(200).see("登录/注册");
}

#[tokio::test]
async fn acc_14_failures_lock_the_entrance_only() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    register(&app, &phone).await.expect(303);
    at_mini_program(&app, &phone).await;
    for _ in 0..3 {
        by_password(&app, &phone, "hai-tang-27").await.expect(422);
    }
    by_password(&app, &phone, PASSWORD)
        .await
        .expect(422)
        .see("验证题");
    hand_over(&app, &app.guest(), &phone, false)
        .await
        .expect(303);
}

#[tokio::test]
async fn acc_14_every_port_used_is_enrolled_once() {
    let app = kit::app().await;
    let number = kit::id_number("20020505", 9);
    let person = kit::account(&app, "林样本", &number, PASSWORD, None).await;
    kit::signed_in(&app, number.reveal(), PASSWORD).await;
    app.later_by(3600);
    kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let mut conn = app.db.read().await.unwrap();
    let rows = crate::store::entrance::of_account(&mut conn, person.0)
        .await
        .unwrap();
    let codes: Vec<_> = rows.iter().map(|r| r.entrance.code()).collect();
    assert_eq!(codes, ["member"]);
    assert_eq!(Some(rows[0].enrolled_at), rows[0].first_sign_in_at);
}

#[tokio::test]
async fn acc_14_the_demonstrations_wechat_shows_the_choice() {
    let app = kit::app().await;
    let browser = app.guest();
    browser
        .submit(
            "/demo/mini-program",
            "/demo/mini-program",
            &[("phone", "10000000001")],
        )
        .await
        .expect(200)
        .see("100****0001")
        .see("不允许")
        .see("允许");
    browser
        .submit(
            "/demo/mini-program",
            "/demo/mini-program",
            &[("phone", "10")],
        )
        .await
        .expect(422);
}

#[tokio::test]
async fn acc_76_without_a_mini_program_the_choice_is_hidden() {
    let gateways = gateways::Gateways {
        mini_program: None,
        ..gateways::Gateways::simulated()
    };
    let app = kit::app_with("national", gateways).await;
    let login = app.guest().get("/employ/login").await.expect(200);
    assert!(!login.has("授权手机号码登录"), "{}", login.body);
    send_code(&app.guest(), "code", true).await.expect(403);
}

#[tokio::test]
async fn sec_20_a_browser_whose_session_ended_signs_in_again() {
    let app = kit::app().await;
    let number = kit::id_number("20020505", 9);
    kit::account(&app, "林样本", &number, PASSWORD, None).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    app.later_by(3600);
    browser.get("/account").await.expect(303);
    let fields = [("identifier", number.reveal()), ("password", PASSWORD)];
    browser
        .submit("/login", "/login", &fields)
        .await
        .expect(303);
}
