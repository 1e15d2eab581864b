//! Ways back and ways that end: 查找我的组织, an account nobody used for long, handing over an organisation's account,
//! cadres whose record is gone.

use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use base::{IdNumber, Mobile, PersonId};
use people::Nature;
use testkit::{Answer, TestApp};

fn number(serial: u32) -> IdNumber {
    kit::id_number("19990520", serial)
}

async fn find(app: &TestApp, action: &str, name: &str, number: &IdNumber, code: &str) -> Answer {
    let fields = [
        ("name", name),
        ("id_number", number.reveal()),
        ("code", code),
    ];
    app.guest().submit("/find-org", action, &fields).await
}

#[tokio::test]
async fn acc_55_the_phone_on_file_shows_the_organisation() {
    let app = kit::app().await;
    let (phone, number) = (kit::phone(81), number(81));
    let workshop = app.league.workshop.clone();
    kit::person(&app, "冯演示", &number, Some(&phone), Some(&workshop)).await;
    let same = "如果姓名、身份证号与登记一致";
    find(&app, "/find-org/code", "冯演示", &number, "")
        .await
        .expect(200)
        .see(same);
    let code = kit::last_code(&app, &phone).await;
    let refused = find(&app, "/find-org", "冯演示", &number, "000000")
        .await
        .expect(422);
    assert!(!refused.has("总装车间"));
    find(&app, "/find-org", "冯演示", &number, &code)
        .await
        .expect(200)
        .see("青禾制造公司总装车间团支部")
        .see(&app.league.number(&workshop).to_string());
}

#[tokio::test]
async fn acc_55_nobody_and_another_name_read_alike() {
    let app = kit::app().await;
    let (phone, known, unknown) = (kit::phone(81), number(81), number(82));
    kit::person(&app, "冯演示", &known, Some(&phone), None).await;
    for (name, number) in [("冯样本", &known), ("冯演示", &unknown)] {
        find(&app, "/find-org/code", name, number, "")
            .await
            .expect(200)
            .see("如果姓名、身份证号与登记一致");
        find(&app, "/find-org", name, number, "12345x")
            .await
            .expect(422)
            .see("验证码不正确");
        // So does asking again too soon.
        find(&app, "/find-org/code", name, number, "")
            .await
            .expect(422)
            .see("请60秒后再获取");
    }
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    assert!(
        gateways::outbox(&mut conn, &keys, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn sign_in(app: &TestApp, identifier: &str, password: &str) -> Answer {
    let fields = [("identifier", identifier), ("password", password)];
    app.guest().submit("/login", "/login", &fields).await
}

#[tokio::test]
async fn acc_70_after_eighteen_months_the_password_alone_does_not_do() {
    let app = kit::app().await;
    let number = number(83);
    kit::account(&app, "冯演示", &number, PASSWORD, None).await;
    app.move_to("2026-09-01 08:00");
    sign_in(&app, number.reveal(), PASSWORD).await.expect(303);
    app.move_to("2028-03-01 07:59");
    sign_in(&app, number.reveal(), PASSWORD).await.expect(303);
    app.move_to("2029-09-01 07:59");
    let refused = sign_in(&app, number.reveal(), PASSWORD).await.expect(422);
    refused.see("已有18个月没有登录").see("重置密码验证码");
    // A wrong password is told nothing of it.
    let wrong = sign_in(&app, number.reveal(), "nicht-richtig-26")
        .await
        .expect(422);
    assert!(!wrong.has("18个月"));
    // The administrator's code opens it again.
    let admin = kit::admin(&app, "钱样例", 84, &app.league.branch_2.clone()).await;
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    drop(conn);
    let place = format!("/console/people/{person}/reset");
    let shown = admin.submit(&place, &place, &[]).await.expect(200);
    let (_, code) = shown.body.split_once("tj-code").expect("a code");
    let (_, code) = code.split_once('>').expect("a code");
    let code: String = code.chars().take(8).collect();
    let fields = [
        ("identifier", number.reveal()),
        ("code", code.as_str()),
        ("password", "chong-xin-kai-2029"),
        ("repeat", "chong-xin-kai-2029"),
    ];
    app.guest()
        .submit("/forgot", "/forgot", &fields)
        .await
        .expect(303);
    sign_in(&app, number.reveal(), "chong-xin-kai-2029")
        .await
        .expect(303);
}

/// The account of the branch, with a password it has chosen.
async fn org_account(app: &TestApp) -> (String, &'static str) {
    let mut tx = app
        .db
        .begin(app.actor("赵演示", access::Role::Administrator, &app.league.college))
        .await
        .unwrap();
    let branch = orgs::find(&mut tx, app.league.branch.id)
        .await
        .unwrap()
        .unwrap();
    let policy = kit::policy("guangdong");
    let made = crate::give_credentials(&mut tx, &policy, &branch)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let entered = sign_in(app, &made.account, &made.password)
        .await
        .expect(303);
    let browser = app.guest().with_cookies_of(&entered);
    let new = "Tuan-zhi-bu-26-xin";
    let fields = [("password", new), ("repeat", new), ("privacy", "2026-09")];
    browser
        .submit("/account/first", "/account/first", &fields)
        .await
        .expect(303);
    (made.account, new)
}

#[tokio::test]
async fn acc_31_handing_over_asks_the_new_holders_phone_and_ends_all_sessions() {
    let app = kit::app_of("guangdong").await;
    let (account, password) = org_account(&app).await;
    let (desk, other) = (
        kit::signed_in(&app, &account, password).await,
        kit::signed_in(&app, &account, password).await,
    );
    desk.get("/account").await.expect(200).see("交接组织账号");
    let phone = kit::phone(85);
    let new = "Xin-ren-shang-ren-27";
    let send = async |name: &str, code: &str| {
        let fields = [
            ("name", name),
            ("phone", phone.reveal()),
            ("code", code),
            ("password", new),
            ("repeat", new),
        ];
        desk.submit("/account/holder", "/account/holder", &fields)
            .await
    };
    let asked = [("name", "周样例"), ("phone", phone.reveal())];
    desk.submit("/account/holder", "/account/holder/code", &asked)
        .await
        .expect(200)
        .see("验证码已发送到新负责人的手机");
    send("", "000000")
        .await
        .expect(422)
        .see("请填写新负责人的姓名");
    send("周样例", "000000")
        .await
        .expect(422)
        .see("验证码不正确");
    let code = kit::last_code(&app, &phone).await;
    let done = send("周样例", &code).await.expect(303);
    assert_eq!(done.location, "/login?done=holder");
    for session in [&desk, &other] {
        session.get("/account").await.expect(303);
    }
    sign_in(&app, &account, password).await.expect(422);
    let desk = kit::signed_in(&app, &account, new).await;
    desk.get("/account/holder")
        .await
        .expect(200)
        .see("现在的账号负责人：周样例，100****0085");
    // A person's account is not handed over, nor anything in the profile without such accounts.
    let national = kit::app().await;
    let admin = kit::admin(&national, "钱样例", 86, &national.league.branch.clone()).await;
    admin.get("/account/holder").await.expect(403);
}

/// A member of one branch who holds a post in the college.
async fn cadre(app: &TestApp, serial: u32) -> PersonId {
    let person = kit::account(app, "郑例", &number(serial), ADMIN_PASSWORD, None).await;
    let mut tx = kit::begin(app).await;
    let college = orgs::find(&mut tx, app.league.college.id)
        .await
        .unwrap()
        .unwrap();
    people::appoint(
        &mut tx,
        person,
        &college,
        "委员",
        Nature::PartTime,
        false,
        "选举",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    person
}

#[tokio::test]
async fn acc_37_the_end_of_the_cadre_record_ends_the_access_with_the_next_request() {
    let app = kit::app().await;
    let person = cadre(&app, 87).await;
    let browser = kit::signed_in(&app, number(87).reveal(), ADMIN_PASSWORD).await;
    browser.get("/console/cadres").await.expect(200);
    let mut tx = kit::begin(&app).await;
    let post = people::posts(&mut tx, person).await.unwrap().remove(0);
    let college = orgs::find(&mut tx, app.league.college.id)
        .await
        .unwrap()
        .unwrap();
    people::end_post(&mut tx, &post, &college).await.unwrap();
    tx.commit().await.unwrap();
    browser.get("/console/cadres").await.expect(403);
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn acc_59_a_post_elsewhere_is_read_only_and_no_second_membership() {
    let app = kit::app().await;
    let person = cadre(&app, 88).await;
    let browser = kit::signed_in(&app, number(88).reveal(), ADMIN_PASSWORD).await;
    browser.get("/console/cadres").await.expect(200);
    browser.get("/console/cadres/new").await.expect(403);
    let college = app.league.college.id.to_string();
    let switched = browser
        .submit("/account/switch", "/account/switch", &[("org", &college)])
        .await
        .expect(303);
    let browser = browser.with_cookies_of(&switched);
    browser.get("/console/cadres").await.expect(200);
    browser.get("/console/cadres/new").await.expect(403);
    let mut conn = app.db.read().await.unwrap();
    let member = people::membership(&mut conn, person)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(member.branch, app.league.branch_2.id);
    assert_eq!(
        people::memberships(&mut conn, person).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn acc_19_the_phone_of_an_employment_account_is_fixed() {
    let app = kit::app().await;
    let phone: Mobile = kit::phone(89);
    let code = gateways::SimulatedWechat::phone_code(&app.db, &phone).expect("a code");
    let privacy = kit::policy("national").privacy_version;
    let fields = [("phone_code", code.as_str()), ("privacy", privacy.as_str())];
    let entered = app
        .guest()
        .submit("/employ/login", "/employ/mini-program", &fields)
        .await
        .expect(303);
    let browser = app.guest().with_cookies_of(&entered);
    let mine = browser.get("/employ").await.expect(200).see("100****0089");
    assert!(!mine.has("name=\"phone\""), "it cannot be typed");
    // The page that changes a person's phone is not reached.
    let led = browser.get("/account/phone").await.expect(303);
    assert_eq!(led.location, "/employ");
}
