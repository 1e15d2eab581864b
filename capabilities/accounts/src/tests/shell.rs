//! The shell of the mini-program: its short token and the way into the web-view (ACC-74).

use super::employing::{at_mini_program, privacy};
use super::kit;
use crate::rules::entrance::{CONSENT, NOT_AUTHORISED};
use gateways::SimulatedWechat;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().expect("a text").to_owned()
}

/// Token and renewal of a first sign-in.
async fn signed_in(app: &TestApp, serial: u32) -> (String, String) {
    let phone = kit::phone(serial);
    let body = json!({
        "login_code": SimulatedWechat::login_code(&app.db, &phone).unwrap(),
        "phone_code": SimulatedWechat::phone_code(&app.db, &phone).unwrap(),
        "privacy": privacy(),
    });
    let path = "/api/mini-program/sign-in";
    let told = read(&app.guest().send_json(path, &body).await.expect(200));
    assert_eq!(told["token_expires_in"], 1800);
    (text(&told, "token"), text(&told, "renewal"))
}

/// The answer to a renewal brought by the WeChat of `serial`.
async fn renew(app: &TestApp, serial: u32, renewal: &str) -> Answer {
    let login = SimulatedWechat::login_code(&app.db, &kit::phone(serial)).unwrap();
    let body = json!({ "login_code": login, "renewal": renewal });
    app.guest()
        .send_json("/api/mini-program/renew", &body)
        .await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.guest().call("GET", "/api/mini-program/me", token).await
}

#[tokio::test]
async fn acc_74_a_token_works_for_thirty_minutes_and_only_for_its_account() {
    let app = kit::app().await;
    let (token, _) = signed_in(&app, 1).await;
    let told = read(&me(&app, &token).await.expect(200));
    assert_eq!(told["phone"], "100****0001");
    assert_eq!(told["entrances"], json!(["mini_program"]));
    let mut other = token.clone();
    other.replace_range(60..61, if &token[60..61] == "A" { "B" } else { "A" });
    for wrong in [other.as_str(), "", "AAAA"] {
        me(&app, wrong).await.expect(401).see("登录已失效");
    }
    app.later_by(1799);
    me(&app, &token).await.expect(200);
    app.later_by(1);
    me(&app, &token).await.expect(401);
}

#[tokio::test]
async fn acc_74_a_token_is_renewed_for_seven_days_each_renewal_once() {
    let app = kit::app().await;
    let (first, renewal) = signed_in(&app, 1).await;
    app.later_by(1800);
    let told = read(&renew(&app, 1, &renewal).await.expect(200));
    let (second, next) = (text(&told, "token"), text(&told, "renewal"));
    me(&app, &first).await.expect(401);
    me(&app, &second).await.expect(200);
    // Until the last second of the week, and not a moment longer.
    app.later_by(7 * 86_400 - 1800 - 1);
    let told = read(&renew(&app, 1, &next).await.expect(200));
    let (third, last) = (text(&told, "token"), text(&told, "renewal"));
    me(&app, &third).await.expect(200);
    app.later_by(1);
    me(&app, &third).await.expect(401);
    renew(&app, 1, &last).await.expect(401).see("登录已失效");
}

#[tokio::test]
async fn acc_74_a_renewal_seen_twice_ends_the_sign_in() {
    let app = kit::app().await;
    let (_, renewal) = signed_in(&app, 1).await;
    let told = read(&renew(&app, 1, &renewal).await.expect(200));
    let (token, next) = (text(&told, "token"), text(&told, "renewal"));
    me(&app, &token).await.expect(200);
    renew(&app, 1, &renewal).await.expect(401);
    me(&app, &token).await.expect(401);
    renew(&app, 1, &next).await.expect(401);
}

#[tokio::test]
async fn acc_74_ending_all_sign_ins_ends_the_shells_tokens_too() {
    let app = kit::app().await;
    let (token, renewal) = signed_in(&app, 1).await;
    let (other, _) = signed_in(&app, 2).await;
    let mut tx = kit::begin(&app).await;
    let accounts: Vec<uuid::Uuid> =
        sqlx::query_scalar!("select account_id from shell_token order by created_at, shell_id")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    crate::store::session::end_others(&mut tx, accounts[0], None)
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    me(&app, &token).await.expect(401);
    renew(&app, 1, &renewal).await.expect(401);
    me(&app, &other).await.expect(200);
}

#[tokio::test]
async fn acc_74_another_wechat_renews_nothing() {
    let app = kit::app().await;
    let (token, renewal) = signed_in(&app, 1).await;
    signed_in(&app, 2).await;
    renew(&app, 2, &renewal).await.expect(401);
    // The owner's own renewal still works.
    me(&app, &token).await.expect(200);
    renew(&app, 1, &renewal).await.expect(200);
    let body = json!({ "login_code": "made up", "renewal": renewal });
    app.guest()
        .send_json("/api/mini-program/renew", &body)
        .await
        .expect(422)
        .see("微信登录凭证已失效");
}

#[tokio::test]
async fn acc_74_the_token_opens_the_web_view_and_signs_out() {
    let app = kit::app().await;
    let (token, renewal) = signed_in(&app, 1).await;
    let path = "/api/mini-program/ticket";
    let asked = app.guest().call("POST", path, &token).await.expect(200);
    let ticket = text(&read(&asked), "ticket");
    let place = format!("/employ/enter?ticket={ticket}");
    let entered = app.guest().get(&place).await.expect(303);
    let view = app.guest().with_cookies_of(&entered);
    view.get("/employ").await.expect(200).see("100****0001");
    // It opens no page by itself: pages know sessions only.
    let page = app.guest().call("GET", "/employ", &token).await.expect(200);
    assert!(!page.has("100****0001"));
    let out = "/api/mini-program/sign-out";
    app.guest().call("POST", out, &token).await.expect(204);
    me(&app, &token).await.expect(401);
    renew(&app, 1, &renewal).await.expect(401);
    app.guest().call("POST", out, &token).await.expect(401);
}

#[tokio::test]
async fn acc_68_a_disabled_accounts_token_is_refused_with_the_next_call() {
    let app = kit::app().await;
    let (token, renewal) = signed_in(&app, 1).await;
    kit::run(&app, "update account set state = 'disabled', disabled_reason = '样例停用' where kind = 'employment'").await;
    me(&app, &token).await.expect(401).see("样例停用");
    renew(&app, 1, &renewal).await.expect(401).see("样例停用");
}

#[tokio::test]
async fn acc_74_the_shell_hands_its_holder_over_to_the_web_view_once() {
    let app = kit::app().await;
    let phone = kit::phone(1);
    let sign_in = async |agree: bool| {
        let code = SimulatedWechat::phone_code(&app.db, &phone).unwrap();
        let version = if agree { privacy() } else { String::new() };
        let login = SimulatedWechat::login_code(&app.db, &phone).unwrap();
        let body =
            serde_json::json!({ "login_code": login, "phone_code": code, "privacy": version });
        app.guest()
            .send_json("/api/mini-program/sign-in", &body)
            .await
    };
    sign_in(false).await.expect(422).see(CONSENT);
    let told = sign_in(true).await.expect(200);
    assert!(told.cookies.is_empty(), "the shell keeps no session");
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["expires_in"], 60);
    let place = format!("/employ/enter?ticket={}", told["ticket"].as_str().unwrap());
    let entered = app.guest().get(&place).await.expect(303);
    assert_eq!(entered.location, "/employ");
    let view = app.guest().with_cookies_of(&entered);
    view.get("/employ").await.expect(200).see("100****0001");
    app.guest()
        .get(&place)
        .await
        .expect(422)
        .see("登录凭证已失效");
    // A ticket made up, and one a minute old.
    let made_up = app.guest().get("/employ/enter?ticket=AAAA").await;
    made_up.expect(422).see("登录凭证已失效");
    let told = sign_in(false).await.expect(200);
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    let place = format!("/employ/enter?ticket={}", told["ticket"].as_str().unwrap());
    app.later_by(60);
    app.guest().get(&place).await.expect(422);
}

#[tokio::test]
async fn acc_74_a_ticket_leads_nobody_into_somebody_elses_account() {
    let app = kit::app().await;
    let own = at_mini_program(&app, &kit::phone(1)).await;
    at_mini_program(&app, &kit::phone(2)).await;
    let code = SimulatedWechat::phone_code(&app.db, &kit::phone(2)).unwrap();
    let login = SimulatedWechat::login_code(&app.db, &kit::phone(2)).unwrap();
    let body = serde_json::json!({ "login_code": login, "phone_code": code });
    let told = app
        .guest()
        .send_json("/api/mini-program/sign-in", &body)
        .await
        .expect(200);
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    let place = format!("/employ/enter?ticket={}", told["ticket"].as_str().unwrap());
    let answer = own.get(&place).await.expect(303);
    assert!(answer.cookies.is_empty());
    own.get("/employ").await.expect(200).see("100****0001");
}

#[tokio::test]
async fn acc_74_a_refusal_is_told_to_the_shell() {
    let app = kit::app().await;
    let path = "/api/mini-program/sign-in";
    let nobody = serde_json::json!({ "phone_code": "" });
    let refused = app.guest().send_json(path, &nobody).await.expect(422);
    refused.see("没有带来微信登录凭证");
    let login = SimulatedWechat::login_code(&app.db, &kit::phone(1)).unwrap();
    let body = serde_json::json!({ "login_code": login, "phone_code": "" });
    let refused = app.guest().send_json(path, &body).await.expect(422);
    refused.see(NOT_AUTHORISED);
    app.guest().post(path, &[]).await.expect(422);
}

#[tokio::test]
async fn sec_76_who_brings_no_renewal_of_ours_costs_the_vendor_nothing_and_too_many_are_stopped() {
    let app = kit::app().await;
    let (_, renewal) = signed_in(&app, 1).await;
    // A code of nobody: WeChat would refuse it with another sentence, had it been asked.
    let body = json!({ "login_code": "made-up", "renewal": "AAAA" });
    let path = "/api/mini-program/renew";
    let answer = app.guest().send_json(path, &body).await;
    answer.expect(401).see("登录已失效");
    let most = kit::policy("national").rate.sign_in_minute;
    let mut last = 0;
    for _ in 0..=most {
        last = app.guest().send_json(path, &body).await.status;
    }
    assert_eq!(last, 429);
    renew(&app, 1, &renewal).await.expect(429);
    app.later_by(60);
    renew(&app, 1, &renewal).await.expect(200);
}
