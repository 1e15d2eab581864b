//! 困难毕业生 at /employ/declare (ACC-49).

use super::employing::{at_mini_program, privacy};
use super::kit;
use base::Mobile;
use testkit::{Answer, Client, TestApp};

const PLACE: &str = "/employ/declare";

async fn come(app: &TestApp, browser: &Client, phone: &Mobile) -> Answer {
    browser
        .submit(PLACE, "/employ/declare/code", &[("phone", phone.reveal())])
        .await
        .expect(200)
        .see("验证码已发送");
    let (code, version) = (kit::last_code(app, phone).await, privacy());
    let fields = [
        ("phone", phone.reveal()),
        ("code", &code),
        ("privacy", &version),
    ];
    browser.submit(PLACE, PLACE, &fields).await
}

#[tokio::test]
async fn acc_49_phone_and_sms_make_an_account_that_reaches_the_declaration_only() {
    let app = kit::app().await;
    let browser = app.guest();
    let entered = come(&app, &browser, &kit::phone(1)).await.expect(303);
    assert_eq!(entered.location, PLACE);
    let student = browser.with_cookies_of(&entered);
    student
        .get(PLACE)
        .await
        .expect(200)
        .see("100****0001")
        .see("只能办理本人的帮扶申报")
        .see("现在没有开放的填报周期");
    // 我的 of cadres is none of the student's, nor is any page of another port.
    assert_eq!(student.get("/employ").await.expect(303).location, PLACE);
    for path in [
        "/console",
        "/member",
        "/cadre",
        "/account",
        "/console/members",
    ] {
        let answer = student.get(path).await;
        assert_ne!(answer.status, 200, "{path}");
    }
    // The second time is the same account, in a new session.
    app.later_by(61);
    let again = app.guest();
    let entered = come(&app, &again, &kit::phone(1)).await.expect(303);
    again
        .with_cookies_of(&entered)
        .get(PLACE)
        .await
        .expect(200)
        .see("结束");
}

#[tokio::test]
async fn acc_49_a_wrong_code_or_no_consent_makes_no_account() {
    let app = kit::app().await;
    let (browser, phone, version) = (app.guest(), kit::phone(1), privacy());
    let send = [("phone", phone.reveal())];
    browser
        .submit(PLACE, "/employ/declare/code", &send)
        .await
        .expect(200);
    let code = kit::last_code(&app, &phone).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for (code, version, said) in [
        (wrong, version.as_str(), "验证码不正确"),
        (code.as_str(), "", "请阅读并勾选同意隐私政策"),
    ] {
        let fields = [
            ("phone", phone.reveal()),
            ("code", code),
            ("privacy", version),
        ];
        let refused = browser.submit(PLACE, PLACE, &fields).await.expect(422);
        assert!(refused.cookies.is_empty());
        refused.see(said);
    }
    let fields = [
        ("phone", phone.reveal()),
        ("code", code.as_str()),
        ("privacy", version.as_str()),
    ];
    browser.submit(PLACE, PLACE, &fields).await.expect(303);
}

#[tokio::test]
async fn acc_49_the_code_of_one_purpose_opens_no_other() {
    let app = kit::app().await;
    let (browser, phone, version) = (app.guest(), kit::phone(1), privacy());
    let send = [("phone", phone.reveal())];
    browser
        .submit("/employ/register", "/employ/register/code", &send)
        .await
        .expect(200);
    let code = kit::last_code(&app, &phone).await;
    let fields = [
        ("phone", phone.reveal()),
        ("code", code.as_str()),
        ("privacy", version.as_str()),
    ];
    browser
        .submit(PLACE, PLACE, &fields)
        .await
        .expect(422)
        .see("验证码已失效");
}

#[tokio::test]
async fn acc_49_one_number_may_be_cadre_and_student_in_one_account() {
    let app = kit::app().await;
    let cadre = at_mini_program(&app, &kit::phone(1)).await;
    let before = cadre.get("/employ").await.expect(200);
    assert!(!before.has("我的帮扶"));
    // Signed in as cadre, the number is proved here once more.
    let entered = come(&app, &cadre, &kit::phone(1)).await.expect(303);
    let both = cadre.with_cookies_of(&entered);
    both.get("/employ")
        .await
        .expect(200)
        .see("我的帮扶")
        .see("小程序“团团微就业”");
    both.get(PLACE).await.expect(200).see("100****0001");
}
