//! WeChat and enterprise WeChat as ways in (ACC-16, ACC-75, GWY-11, GWY-12).

use super::kit::{self, PASSWORD};
use crate::rules::binding::{BOUND_ELSEWHERE, NO_CADRE, NOT_ALLOWED};
use base::{Mobile, PersonId};
use gateways::{Gateways, SimulatedWeb};
use testkit::{Answer, Client, TestApp};

/// Out to the vendor: the browser with its state, and the state as the address tells it.
async fn away(browser: &Client, start: &str) -> (Client, String) {
    let led = browser.get(start).await.expect(303);
    let (_, state) = led.location.split_once("state=").expect("a state");
    (browser.with_cookies_of(&led), state.to_owned())
}

/// Out and back as whoever has this number.
async fn by(app: &TestApp, browser: &Client, kind: &'static str, phone: &Mobile) -> Answer {
    let (browser, state) = away(browser, &format!("/login/{kind}")).await;
    let code = SimulatedWeb(kind).code(&app.db, phone).expect("a code");
    let place = format!("/login/{kind}/back?code={code}&state={state}");
    browser.get(&place).await
}

async fn bind(app: &TestApp, browser: &Client, phone: &Mobile) -> Answer {
    let (browser, state) = away(browser, "/account/binding/wechat/begin").await;
    let code = SimulatedWeb("wechat").code(&app.db, phone).unwrap();
    let place = format!("/account/binding/wechat/back?code={code}&state={state}");
    browser.get(&place).await
}

/// A member of Beijing with an account, signed in by phone and password.
async fn member(app: &TestApp, serial: u32) -> (PersonId, Mobile, Client) {
    let (number, phone) = (kit::id_number("20020505", serial), kit::phone(serial));
    let id = kit::person(app, "林样本", &number, Some(&phone), None).await;
    let mut tx = kit::begin(app).await;
    let version = kit::policy("beijing").privacy_version;
    crate::make_account(&mut tx, id, PASSWORD, false, &version)
        .await
        .expect("account");
    tx.commit().await.expect("commit");
    let browser = kit::signed_in(app, phone.reveal(), PASSWORD).await;
    (id, phone, browser)
}

#[tokio::test]
async fn acc_16_a_bound_wechat_signs_in() {
    let app = kit::app_of("beijing").await;
    let (_, _, browser) = member(&app, 9).await;
    let wechat = kit::phone(500);
    let done = bind(&app, &browser, &wechat).await.expect(303);
    assert_eq!(done.location, "/account?done=bound");
    browser
        .get("/account")
        .await
        .expect(200)
        .see("可以用微信登录");
    let entered = by(&app, &app.guest(), "wechat", &wechat).await.expect(303);
    assert_eq!(entered.location, "/start?next=/member");
    let phone = app.guest().with_cookies_of(&entered);
    phone.get("/account").await.expect(200).see("微信");
    // No password was given: what is sensitive asks for it.
    let asked = phone.get("/account/phone").await.expect(303);
    assert!(asked.location.starts_with("/account/proof"), "{asked:?}");
}

#[tokio::test]
async fn acc_16_who_is_not_bound_or_does_not_allow_it_is_told_the_way() {
    let app = kit::app_of("beijing").await;
    member(&app, 9).await;
    let login = app.guest().get("/login").await.expect(200);
    login.see("href=\"/login/wechat\"");
    // The number bound to a WeChat is not what WeChat tells: it opens nothing.
    let refused = by(&app, &app.guest(), "wechat", &kit::phone(9)).await;
    refused.expect(422).see("这个微信还没有绑定账号");
    let (browser, state) = away(&app.guest(), "/login/wechat").await;
    let refused = browser
        .get(&format!("/login/wechat/back?state={state}"))
        .await;
    refused.expect(422).see(NOT_ALLOWED);
}

#[tokio::test]
async fn acc_75_one_wechat_an_account_and_one_account_a_wechat() {
    let app = kit::app_of("beijing").await;
    let (_, _, one) = member(&app, 9).await;
    let (_, _, two) = member(&app, 10).await;
    bind(&app, &one, &kit::phone(500)).await.expect(303);
    // The same again changes nothing.
    bind(&app, &one, &kit::phone(500)).await.expect(303);
    bind(&app, &two, &kit::phone(500))
        .await
        .expect(422)
        .see(BOUND_ELSEWHERE);
    bind(&app, &one, &kit::phone(501))
        .await
        .expect(422)
        .see("一个账号只能绑定一个");
    bind(&app, &two, &kit::phone(501)).await.expect(303);
}

#[tokio::test]
async fn acc_75_releasing_asks_a_code_by_sms() {
    let app = kit::app_of("beijing").await;
    let (_, phone, browser) = member(&app, 9).await;
    let wechat = kit::phone(500);
    bind(&app, &browser, &wechat).await.expect(303);
    let here = "/account/binding/wechat";
    browser
        .submit(here, "/account/binding/wechat/code", &[])
        .await
        .expect(200)
        .see("验证码已发送");
    let code = kit::last_code(&app, &phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = browser.submit(here, here, &[("code", wrong)]).await;
    refused.expect(422).see("验证码不正确");
    let done = browser.submit(here, here, &[("code", &code)]).await;
    assert_eq!(done.expect(303).location, "/account?done=released");
    let refused = by(&app, &app.guest(), "wechat", &wechat).await;
    refused.expect(422).see("这个微信还没有绑定账号");
    // Released, it is free for others.
    let (_, _, other) = member(&app, 10).await;
    bind(&app, &other, &wechat).await.expect(303);
}

#[tokio::test]
async fn acc_75_binding_and_releasing_ask_the_password_again_after_a_while() {
    let app = kit::app_of("beijing").await;
    let (_, _, browser) = member(&app, 9).await;
    bind(&app, &browser, &kit::phone(500)).await.expect(303);
    app.later_by(601);
    for path in ["/account/binding/wechat", "/account/binding/wechat/begin"] {
        let led = browser.get(path).await.expect(303);
        assert!(led.location.starts_with("/account/proof"), "{path}");
    }
}

#[tokio::test]
async fn gwy_11_only_the_browser_that_asked_brings_a_code_back() {
    let app = kit::app_of("beijing").await;
    let (_, _, browser) = member(&app, 9).await;
    let wechat = kit::phone(500);
    bind(&app, &browser, &wechat).await.expect(303);
    let (asked, state) = away(&app.guest(), "/login/wechat").await;
    let fresh = || SimulatedWeb("wechat").code(&app.db, &wechat).unwrap();
    let place = |code: &str, state: &str| format!("/login/wechat/back?code={code}&state={state}");
    let strange = "不是从本页发起的";
    let other = app.guest();
    other
        .get(&place(&fresh(), &state))
        .await
        .expect(422)
        .see(strange);
    asked
        .get(&place(&fresh(), "abc"))
        .await
        .expect(422)
        .see(strange);
    asked
        .get(&place(&fresh(), ""))
        .await
        .expect(422)
        .see(strange);
    let code = fresh();
    asked.get(&place(&code, &state)).await.expect(303);
    let (again, state) = away(&app.guest(), "/login/wechat").await;
    let used = again.get(&place(&code, &state)).await;
    used.expect(422).see("微信授权已失效");
    // Nor is anybody led out of this site afterwards.
    let (browser, state) = away(&app.guest(), "/login/wechat?next=https://a.example").await;
    let entered = browser.get(&place(&fresh(), &state)).await.expect(303);
    assert_eq!(entered.location, "/start?next=/member");
    // And a code is bound by nobody's browser but the one that asked.
    let (_, _, victim) = member(&app, 10).await;
    let planted = format!("/account/binding/wechat/back?code={}&state=abc", fresh());
    victim.get(&planted).await.expect(422).see(strange);
}

#[tokio::test]
async fn acc_35_enterprise_wechat_lets_in_whose_number_an_organisation_entered_as_cadre() {
    let app = kit::app_of("guangdong").await;
    let (cadre, plain) = (kit::phone(20), kit::phone(21));
    let number = kit::id_number("20120101", 20);
    kit::person(&app, "陈示例", &number, Some(&cadre), None).await;
    let number = kit::id_number("20020505", 21);
    kit::person(&app, "林样本", &number, Some(&plain), None).await;
    let entered = by(&app, &app.guest(), "wecom", &cadre).await.expect(303);
    assert_eq!(
        entered.location, "/account/first",
        "a first password is owed"
    );
    for stranger in [plain, kit::phone(22)] {
        let refused = by(&app, &app.guest(), "wecom", &stranger).await;
        refused.expect(422).see(NO_CADRE);
    }
}

#[tokio::test]
async fn acc_76_what_is_not_there_or_not_of_the_profile_is_not_offered() {
    for (profile, shown) in [
        ("national", [false, false]),
        ("beijing", [true, false]),
        ("guangdong", [true, true]),
    ] {
        let app = kit::app_of(profile).await;
        let login = app.guest().get("/login").await.expect(200);
        for (kind, shown) in ["wechat", "wecom"].into_iter().zip(shown) {
            let place = format!("/login/{kind}");
            assert_eq!(
                login.has(&format!("href=\"{place}\"")),
                shown,
                "{profile} {kind}"
            );
            let status = if shown { 303 } else { 403 };
            app.guest().get(&place).await.expect(status);
        }
    }
    let none = Gateways {
        wechat: None,
        ..Gateways::simulated()
    };
    let app = kit::app_with("beijing", none).await;
    let login = app.guest().get("/login").await.expect(200);
    assert!(!login.has("/login/wechat"), "{}", login.body);
    let (_, _, browser) = member(&app, 9).await;
    let account = browser.get("/account").await.expect(200);
    assert!(!account.has("绑定微信"), "{}", account.body);
}

#[tokio::test]
async fn gwy_01_the_demonstrations_wechat_offers_people_and_a_refusal() {
    let app = kit::app_of("beijing").await;
    let led = app.guest().get("/login/wechat").await.expect(303);
    let page = app.guest().get(&led.location).await.expect(200);
    page.see("100****0001").see("不允许");
    let open = "/demo/authorise?kind=wechat&back=https://a.example&state=x";
    app.guest().get(open).await.expect(403);
}
