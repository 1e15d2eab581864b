//! A deployment that can send no SMS (ACC-76): what needs one is hidden, what does not works.

use super::kit::{self, PASSWORD};
use gateways::Gateways;
use testkit::TestApp;

async fn app(profile: &str) -> TestApp {
    kit::app_with(profile, Gateways::default()).await
}

#[tokio::test]
async fn acc_76_the_first_sign_in_asks_no_code() {
    let app = app("national").await;
    let (number, phone) = (kit::id_number("20020505", 9), kit::phone(9));
    kit::person(&app, "林样本", &number, Some(&phone), None).await;
    let browser = kit::signed_in(&app, number.reveal(), &number.reveal()[10..]).await;
    let page = browser.get("/account/first").await.expect(200);
    assert!(!page.has("短信验证码"), "{}", page.body);
    let version = kit::policy("national").privacy_version;
    let fields = |name: &'static str| {
        [
            ("name", name),
            ("password", PASSWORD),
            ("repeat", PASSWORD),
            ("privacy", version.as_str()),
        ]
    };
    let first = "/account/first";
    let wrong = browser.submit(first, first, &fields("林样品")).await;
    wrong.expect(422).see("姓名与登记的不一致");
    let done = browser.submit(first, first, &fields("林样本")).await;
    let browser = browser.with_cookies_of(&done.expect(303));
    let account = browser.get("/account").await.expect(200);
    account.see("100****0009").see("还没有开通短信");
    // What nobody proved is not called proved.
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let id = people::by_id_number(&mut conn, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    let file = people::find(&mut conn, &keys, id).await.unwrap().unwrap();
    assert!(!file.phone_confirmed);
}

#[tokio::test]
async fn acc_76_the_guardian_of_a_child_cannot_agree() {
    let app = app("national").await;
    let number = kit::id_number("20140505", 9);
    kit::person(&app, "林样本", &number, None, None).await;
    let browser = kit::signed_in(&app, number.reveal(), &number.reveal()[10..]).await;
    let version = kit::policy("national").privacy_version;
    let fields = [
        ("name", "林样本"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", version.as_str()),
        ("guardian", "林家长"),
        ("guardian_phone", "10000000008"),
    ];
    let first = "/account/first";
    let refused = browser.submit(first, first, &fields).await;
    refused.expect(422).see("本系统还没有开通短信");
}

#[tokio::test]
async fn acc_76_nothing_leads_to_what_needs_an_sms() {
    let app = app("guangdong").await;
    let guest = app.guest();
    let register = guest.get("/register").await.expect(200);
    assert!(!register.has("/register/member"), "{}", register.body);
    let forgot = guest.get("/forgot").await.expect(200);
    assert!(!forgot.has("获取验证码"), "{}", forgot.body);
    let login = guest.get("/employ/login").await.expect(200);
    assert!(!login.has("/employ/register"), "{}", login.body);
    login.see("就业帮扶暂时不能登录");
    for path in ["/register/member", "/employ/register"] {
        guest.get(path).await.expect(422).see("还没有开通短信");
    }
    let set = [("identifier", "10000000009"), ("code", "012345")];
    let refused = guest.submit("/login", "/forgot", &set).await;
    refused.expect(422).see("还没有开通短信");
}

#[tokio::test]
async fn acc_76_where_the_phone_is_no_name_members_register_without_sms() {
    let app = app("national").await;
    let guest = app.guest();
    guest
        .get("/register")
        .await
        .expect(200)
        .see("/register/member");
    guest.get("/register/member").await.expect(200);
    guest.get("/forgot").await.expect(200).see("重置密码验证码");
}
