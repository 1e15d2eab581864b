//! Giving the password or a factor again (ACC-67, SEC-11): the form that was typed goes with the question.

use super::kit::{self, ADMIN_PASSWORD};
use super::passkeys::{ORIGIN, register};
use super::second::{code_now, confirm_phone, set_up};
use testkit::{
    Answer, Client, TestApp,
    authenticator::{Authenticator, text},
};

const CODES: &str = "/console/codes";

async fn late_admin(serial: u32) -> (TestApp, base::PersonId, Client) {
    let app = kit::app().await;
    let number = kit::id_number("19900101", serial);
    let college = app.league.college.clone();
    let person = kit::account(&app, "赵演示", &number, ADMIN_PASSWORD, Some(&college)).await;
    let browser = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    (app, person, browser)
}

fn issue(app: &TestApp) -> String {
    format!("{CODES}/{}/issue", app.league.branch.id)
}

/// Answers the question on a page that asks: the action, the way, what was given.
async fn give(browser: &Client, asked: &Answer, action: &str, given: &[(&str, &str)]) -> Answer {
    let key = asked.key();
    let mut fields = vec![("_key", key.as_str())];
    fields.extend_from_slice(given);
    browser.post(action, &fields).await
}

#[tokio::test]
async fn acc_67_a_code_for_an_administrator_is_made_with_the_password_and_nothing_typed_is_lost() {
    let (app, _, browser) = late_admin(17).await;
    let act = issue(&app);
    app.later_by(599);
    browser.submit(CODES, &act, &[]).await.expect(200);
    app.later_by(1);
    let batch = format!("{CODES}/batch");
    let org = "/console/codes/org";
    for (page, action) in [(CODES, act.as_str()), (CODES, batch.as_str())] {
        let asked = browser.submit(page, action, &[]).await.expect(422);
        asked
            .see("再次验证身份")
            .see(&format!("action=\"{action}\""));
    }
    assert_eq!(app.settle().await, 0, "no file was begun");
    let key = browser.get(CODES).await.key();
    let fields = [("_key", key.as_str()), ("number", "3")];
    let asked = browser.post(org, &fields).await.expect(422);
    asked.see("再次验证身份").see("name=\"number\" value=\"3\"");
    // A wrong password asks again, with the form still there; the right one does the act in the same request.
    let asked = browser.submit(CODES, &act, &[("kept", "“一”<二>")]).await;
    let wrong = [
        ("kept", "“一”<二>"),
        ("_proof_way", "password"),
        ("_proof_password", "x"),
    ];
    let asked = give(&browser, &asked, &act, &wrong).await.expect(422);
    let asked = asked
        .see("当前密码不正确")
        .see("name=\"kept\" value=\"“一”&#60;二&#62;\"");
    let right = [
        ("_proof_way", "password"),
        ("_proof_password", ADMIN_PASSWORD),
    ];
    let done = give(&browser, &asked, &act, &right).await;
    // The valid code stands already: the act itself answers so.
    assert!(!done.has("再次验证身份") && done.has("注册码"), "{done:?}");
    // The session goes on under a new token (SEC-10) and is asked nothing for ten minutes.
    assert_eq!(
        browser.get(CODES).await.status,
        303,
        "the former token ended"
    );
    let browser = browser.with_cookies_of(&done);
    app.later_by(599);
    let done = browser.submit(CODES, &batch, &[]).await.expect(303);
    assert!(done.location.starts_with("/jobs/"));
}

#[tokio::test]
async fn acc_67_a_session_renewed_on_the_way_stands_although_the_act_is_refused() {
    let (app, _, browser) = late_admin(18).await;
    app.later_by(600);
    // Not a direct subordinate.
    let act = format!("{CODES}/{}/issue", app.league.branch_3.id);
    let asked = browser.submit(CODES, &act, &[]).await.expect(422);
    let right = [
        ("_proof_way", "password"),
        ("_proof_password", ADMIN_PASSWORD),
    ];
    let refused = give(&browser, &asked, &act, &right).await.expect(403);
    browser
        .with_cookies_of(&refused)
        .get(CODES)
        .await
        .expect(200);
}

#[tokio::test]
async fn sec_20_the_question_is_put_to_our_own_forms_only() {
    let (app, _, browser) = late_admin(19).await;
    app.later_by(600);
    let fields = [
        ("_key", "AAAA"),
        ("_proof_way", "password"),
        ("_proof_password", ADMIN_PASSWORD),
    ];
    let answer = browser.post(&issue(&app), &fields).await;
    assert!(
        answer.status >= 400 && !answer.has("再次验证身份"),
        "{answer:?}"
    );
    assert!(answer.cookies.is_empty());
}

#[tokio::test]
async fn sec_11_a_form_with_a_file_keeps_what_was_typed_and_asks_for_the_file_again() {
    let (app, _, browser) = late_admin(20).await;
    app.later_by(600);
    let (page, list) = ("/console/resets", [("list", "张演示")]);
    let file = b"someone".as_slice();
    let asked = browser.upload(page, page, &list, "名单.txt", file).await;
    let asked = asked
        .expect(422)
        .see("name=\"list\" value=\"张演示\"")
        .see("请重新选择文件“名单.txt”");
    let right = [
        ("list", "张演示"),
        ("_proof_way", "password"),
        ("_proof_password", ADMIN_PASSWORD),
    ];
    drop(asked);
    let done = browser.upload(page, page, &right, "名单.txt", file).await;
    assert!(!done.has("再次验证身份"), "{done:?}");
    done.see("张演示");
}

#[tokio::test]
async fn sec_11_the_code_of_the_app_is_taken_once_instead_of_the_password() {
    let (app, _, browser) = late_admin(21).await;
    let (key, browser) = set_up(&app, &browser).await;
    app.later_by(600);
    let asked = browser.submit(CODES, &issue(&app), &[]).await.expect(422);
    let asked = asked.see("验证器上的6位验证码");
    let wrong = [("_proof_way", "code"), ("_proof_code", "000000")];
    let asked = give(&browser, &asked, &issue(&app), &wrong)
        .await
        .expect(422);
    let code = code_now(&app, &key);
    let right = [("_proof_way", "code"), ("_proof_code", code.as_str())];
    let done = give(&browser, &asked, &issue(&app), &right)
        .await
        .expect(200);
    let browser = browser.with_cookies_of(&done);
    app.later_by(600);
    let asked = browser.submit(CODES, &issue(&app), &[]).await.expect(422);
    give(&browser, &asked, &issue(&app), &right)
        .await
        .expect(422)
        .see("验证码不正确或已用过");
}

#[tokio::test]
async fn acc_67_an_sms_to_the_verified_phone_is_taken_and_strengthens_nothing() {
    let (app, person, browser) = late_admin(22).await;
    app.later_by(600);
    let act = issue(&app);
    let asked = browser.submit(CODES, &act, &[]).await.expect(422);
    assert!(!asked.has("短信验证码"), "the phone was never verified");
    let phone = confirm_phone(&app, person).await;
    let asked = browser.submit(CODES, &act, &[("kept", "1")]).await;
    // The button's value comes after the field it stands beside.
    let send = [
        ("kept", "1"),
        ("_proof_way", "code"),
        ("_proof_way", "send"),
    ];
    let sent = give(&browser, &asked, &act, &send).await.expect(422);
    let sent = sent.see("验证码已发送到").see("name=\"kept\" value=\"1\"");
    let code = kit::last_code(&app, &phone).await;
    let right = [("_proof_way", "code"), ("_proof_code", code.as_str())];
    give(&browser, &sent, &act, &right).await.expect(200);
}

#[tokio::test]
async fn sec_11_a_passkey_is_taken_and_its_challenge_serves_nothing_else() {
    let (app, _, browser) = late_admin(23).await;
    let mut device = Authenticator::new();
    let added = register(&browser, &mut device).await.expect(303);
    let browser = browser.with_cookies_of(&added);
    app.later_by(600);
    let act = issue(&app);
    let asked = browser.submit(CODES, &act, &[]).await.expect(422);
    let after = asked
        .body
        .split("name=\"_proof_challenge\" value=\"")
        .nth(1);
    let challenge = after
        .and_then(|after| after.split('"').next())
        .expect("a challenge");
    let got = device.get(challenge, ORIGIN);
    let parts = [&got.id, &got.client_data, &got.auth_data, &got.signature].map(|p| text(p));
    let fields = [
        ("_proof_way", "passkey"),
        ("_proof_challenge", challenge),
        ("_proof_credential", &parts[0]),
        ("_proof_client_data", &parts[1]),
        ("_proof_auth_data", &parts[2]),
        ("_proof_signature", &parts[3]),
    ];
    let done = give(&browser, &asked, &act, &fields).await.expect(200);
    let browser = browser.with_cookies_of(&done);
    app.later_by(600);
    let asked = browser.submit(CODES, &act, &[]).await.expect(422);
    give(&browser, &asked, &act, &fields).await.expect(422);
}
