//! Passkeys as the whole sign-in and as second proof (SEC-06, ACC-B1).

use super::kit::{self, ADMIN_PASSWORD};
use testkit::{
    Answer, Client, TestApp,
    authenticator::{Authenticator, Lies, text},
};

pub(super) const ORIGIN: &str = "http://test";

/// The challenge on a page.
fn challenge(page: &Answer) -> String {
    let after = page.body.split("name=\"challenge\" value=\"").nth(1);
    after
        .expect("a challenge")
        .chars()
        .take_while(|c| *c != '"')
        .collect()
}

pub(super) async fn register(browser: &Client, device: &mut Authenticator) -> Answer {
    let place = "/account/passkeys";
    let page = browser.get(place).await.expect(200);
    let challenge = challenge(&page);
    let made = device.create(&challenge, ORIGIN);
    let (client_data, attestation) = (text(&made.client_data), text(&made.attestation));
    let key = page.key();
    let fields = [
        ("_key", key.as_str()),
        ("challenge", &challenge),
        ("name", "办公室电脑"),
        ("client_data", &client_data),
        ("attestation", &attestation),
    ];
    browser.post(place, &fields).await
}

/// Sends what the device answers to the challenge on `page`.
async fn answer(
    browser: &Client,
    device: &mut Authenticator,
    (page, action): (&str, &str),
    user: Option<base::PersonId>,
    lies: &Lies,
) -> Answer {
    let shown = browser.get(page).await.expect(200);
    let browser = browser.with_cookies_of(&shown);
    let challenge = challenge(&shown);
    let got = device.get_with(&challenge, ORIGIN, lies);
    let user = user.map(|id| text(id.0.as_bytes())).unwrap_or_default();
    let parts = [&got.id, &got.client_data, &got.auth_data, &got.signature].map(|p| text(p));
    let key = shown.key();
    let mut fields = vec![
        ("_key", key.as_str()),
        ("challenge", &challenge),
        ("credential", &parts[0]),
        ("client_data", &parts[1]),
        ("auth_data", &parts[2]),
        ("signature", &parts[3]),
    ];
    if !user.is_empty() {
        fields.push(("user", &user));
    }
    browser.post(action, &fields).await
}

const SIGN_IN: (&str, &str) = ("/login/passkey", "/login/passkey");
const SECOND: (&str, &str) = ("/account/second", "/account/second/passkey");

async fn admin(app: &TestApp, serial: u32) -> (base::PersonId, base::IdNumber, Client) {
    let number = kit::id_number("19900101", serial);
    let org = app.league.college.clone();
    let person = kit::account(app, "钥演示", &number, ADMIN_PASSWORD, Some(&org)).await;
    let browser = kit::signed_in(app, number.reveal(), ADMIN_PASSWORD).await;
    (person, number, browser)
}

#[tokio::test]
async fn acc_b1_an_administrator_signs_in_without_password() {
    let app = kit::app().await;
    let (person, number, browser) = admin(&app, 341).await;
    let mut device = Authenticator::new();
    let added = register(&browser, &mut device).await.expect(303);
    let browser = browser.with_cookies_of(&added);
    browser
        .get(&added.location)
        .await
        .expect(200)
        .see("办公室电脑");
    register(&browser, &mut device)
        .await
        .expect(422)
        .see("已经登记过");
    // Nobody signed in, no password: the console opens.
    let no = Lies::default();
    let came = answer(&app.guest(), &mut device, SIGN_IN, Some(person), &no)
        .await
        .expect(303);
    let inside = app.guest().with_cookies_of(&came);
    inside.get("/console/grants").await.expect(200);
    // It counts as two proofs: no second page although a second factor is set up.
    inside.get("/account").await.expect(200).see("已添加1个");
    // With the password alone the second proof is owed, and the passkey gives it.
    let again = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    assert_eq!(
        again.get("/console/grants").await.expect(303).location,
        "/account/second"
    );
    let lies = Lies {
        unverified: true,
        ..Lies::default()
    };
    answer(&again, &mut device, SECOND, None, &lies)
        .await
        .expect(422)
        .see("没有通过验证");
    let proved = answer(&again, &mut device, SECOND, None, &no)
        .await
        .expect(303);
    let inside = again.with_cookies_of(&proved);
    inside.get("/console/grants").await.expect(200);
    // Removed, it opens nothing any more.
    let page = "/account/passkeys";
    let id = text(&device.get("x", ORIGIN).id);
    inside
        .submit(page, "/account/passkeys/remove", &[("credential", &id)])
        .await
        .expect(303);
    answer(&app.guest(), &mut device, SIGN_IN, Some(person), &no)
        .await
        .expect(422)
        .see("没有通过验证");
}

#[tokio::test]
async fn sec_06_an_answer_works_once_in_its_own_browser_within_five_minutes_for_its_own_purpose() {
    let app = kit::app().await;
    let (person, _, browser) = admin(&app, 342).await;
    let mut device = Authenticator::new();
    register(&browser, &mut device).await.expect(303);
    // The defence each line takes away: `bound`, `limits::hit`, `until`, `purpose` in actions::passkey and ticket.
    let shown = app.guest().get("/login/passkey").await.expect(200);
    let own = app.guest().with_cookies_of(&shown);
    let challenge = challenge(&shown);
    let got = device.get(&challenge, ORIGIN);
    let user = text(person.0.as_bytes());
    let parts = [&got.id, &got.client_data, &got.auth_data, &got.signature].map(|p| text(p));
    let key = shown.key();
    let fields = [
        ("_key", key.as_str()),
        ("challenge", &challenge),
        ("user", &user),
        ("credential", &parts[0]),
        ("client_data", &parts[1]),
        ("auth_data", &parts[2]),
        ("signature", &parts[3]),
    ];
    let other = app.guest().get("/login/passkey").await.expect(200);
    let other = app.guest().with_cookies_of(&other);
    other.post("/login/passkey", &fields).await.expect(422);
    app.guest()
        .post("/login/passkey", &fields)
        .await
        .expect(422);
    own.post("/login/passkey", &fields).await.expect(303);
    own.post("/login/passkey", &fields).await.expect(422);
    // Too late.
    let shown = own.get("/login/passkey").await.expect(200);
    let late = self::challenge(&shown);
    let got = device.get(&late, ORIGIN);
    let parts = [&got.id, &got.client_data, &got.auth_data, &got.signature].map(|p| text(p));
    app.later_by(300);
    let key = shown.key();
    let fields = [
        ("_key", key.as_str()),
        ("challenge", &late),
        ("user", &user),
        ("credential", &parts[0]),
        ("client_data", &parts[1]),
        ("auth_data", &parts[2]),
        ("signature", &parts[3]),
    ];
    own.post("/login/passkey", &fields).await.expect(422);
    // Somebody else's page: what a phishing site passes on.
    let lies = Lies {
        origin: Some("http://evil.example"),
        ..Lies::default()
    };
    answer(&app.guest(), &mut device, SIGN_IN, Some(person), &lies)
        .await
        .expect(422);
    // Another account's name with the own key.
    let stranger = base::PersonId(uuid::Uuid::from_u128(3));
    let no = Lies::default();
    answer(&app.guest(), &mut device, SIGN_IN, Some(stranger), &no)
        .await
        .expect(422);
}

#[tokio::test]
async fn sec_06_a_passkey_satisfies_the_province_and_no_sms_takes_its_place() {
    let app = kit::strict_app().await;
    let number = kit::id_number("19900101", 343);
    let org = app.league.province.clone();
    let person = kit::account(&app, "省演示", &number, ADMIN_PASSWORD, Some(&org)).await;
    let browser = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let mut tx = kit::begin(&app).await;
    let mut device = Authenticator::new();
    let made = device.create("abc", ORIGIN);
    let want = crate::rules::passkey::Expected {
        challenge: "abc",
        origin: ORIGIN,
        verified: true,
    };
    let key =
        crate::rules::passkey::registered(&made.client_data, &made.attestation, want).unwrap();
    crate::store::passkey::insert(&mut tx, person.0, &key, ORIGIN, "电脑")
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    assert_eq!(
        browser.get("/account").await.expect(303).location,
        "/account/second"
    );
    let page = browser.get("/account/second").await.expect(200);
    assert!(!page.has("短信验证码"), "SMS is not enough at a province");
    let no = Lies::default();
    let proved = answer(&browser, &mut device, SECOND, None, &no)
        .await
        .expect(303);
    browser
        .with_cookies_of(&proved)
        .get("/account")
        .await
        .expect(200);
    // Recovery is the direct superior's, as of an app.
    let mut tx = kit::begin(&app).await;
    assert_eq!(
        crate::store::passkey::remove(&mut tx, person.0, None)
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn sec_06_who_must_set_a_second_factor_up_may_choose_a_passkey() {
    let app = kit::strict_app().await;
    let browser = kit::admin(&app, "省演示", 41, &app.league.province).await;
    browser
        .get("/account/authenticator")
        .await
        .expect(200)
        .see("改用通行密钥");
    browser
        .get("/account/passkeys")
        .await
        .expect(200)
        .see("添加以后才能继续");
    // Nothing else opens meanwhile.
    let place = browser.get("/account").await.expect(303).location;
    assert_eq!(place, "/account/authenticator");
    let mut device = Authenticator::new();
    let done = register(&browser, &mut device).await.expect(303);
    let inside = browser.with_cookies_of(&done);
    inside.get("/account").await.expect(200);
    // At the next sign-in the passkey is the second proof.
    let number = kit::id_number("19900101", 41);
    let again = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let place = again.get("/account").await.expect(303).location;
    assert_eq!(place, "/account/second");
    let place = again.get("/account/passkeys").await.expect(303).location;
    assert_eq!(place, "/account/second", "no other key in its place");
    let proved = answer(&again, &mut device, SECOND, None, &Lies::default()).await;
    let inside = again.with_cookies_of(&proved.expect(303));
    inside.get("/account").await.expect(200);
}
