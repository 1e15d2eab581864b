use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use access::Role;
use base::{Mobile, PersonId};
use testkit::{Answer, Client, TestApp};

const NEW: &str = "lv-ye-si-ji-26";

struct Newcomer {
    app: TestApp,
    browser: Client,
    number: String,
    phone: Mobile,
    person: PersonId,
}

/// A member at the first sign-in.
async fn newcomer(born: &str) -> Newcomer {
    let app = kit::app().await;
    let (number, phone) = (kit::id_number(born, 21), kit::phone(21));
    let person = kit::person(
        &app,
        "孙演示",
        &number,
        Some(&phone),
        Some(&app.league.branch),
    )
    .await;
    let browser = kit::signed_in(&app, number.reveal(), number.tail()).await;
    Newcomer {
        app,
        browser,
        number: number.reveal().to_owned(),
        phone,
        person,
    }
}

async fn finish(new: &Newcomer, change: &[(&str, &str)]) -> Answer {
    new.browser
        .submit("/account/first", "/account/first/code", &[])
        .await;
    let code = kit::last_code(&new.app, &new.phone).await;
    let mut fields: Vec<(&str, &str)> = vec![
        ("name", "孙演示"),
        ("code", &code),
        ("password", NEW),
        ("repeat", NEW),
        ("privacy", "2026-09"),
    ];
    for (name, value) in change {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    new.browser
        .submit("/account/first", "/account/first", &fields)
        .await
}

#[tokio::test]
async fn acc_15_the_first_sign_in_needs_name_code_and_a_new_password() {
    let new = newcomer("20050305").await;
    let page = new
        .browser
        .get("/account/first")
        .await
        .expect(200)
        .see("100****0021");
    assert!(!page.has(new.phone.reveal()));
    assert_eq!(
        new.browser.get("/account").await.expect(303).location,
        "/account/first"
    );
    finish(&new, &[("name", "孙样本")])
        .await
        .expect(422)
        .see("姓名与登记的不一致");
    new.app.move_to("2026-09-18 10:02");
    finish(&new, &[("code", "1")])
        .await
        .expect(422)
        .see("验证码不正确");
    new.app.move_to("2026-09-18 10:04");
    let done = finish(&new, &[]).await.expect(303);
    assert_eq!(done.location, "/start?next=/member");
    let browser = new.browser.with_cookies_of(&done);
    browser.get("/account").await.expect(200);
    // ACC-12: the first password works no more, in neither case.
    let tail = &new.number[10..];
    let answer = new
        .app
        .guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", &new.number), ("password", tail)],
        )
        .await;
    answer.expect(422).see("账号或密码不正确");
    kit::signed_in(&new.app, &new.number, NEW).await;
    let mut conn = new.app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::find(&mut conn, &keys, new.person)
        .await
        .unwrap()
        .unwrap();
    assert!(person.phone_confirmed);
}

#[tokio::test]
async fn acc_15_the_same_form_twice_is_done_once() {
    let new = newcomer("20050305").await;
    new.browser
        .submit("/account/first", "/account/first/code", &[])
        .await;
    let code = kit::last_code(&new.app, &new.phone).await;
    let key = new.browser.get("/account/first").await.key();
    let fields = [
        ("_key", key.as_str()),
        ("name", "孙演示"),
        ("code", &code),
        ("password", NEW),
        ("repeat", NEW),
        ("privacy", "2026-09"),
    ];
    let done = new
        .browser
        .post("/account/first", &fields)
        .await
        .expect(303);
    // The session has a new token, so the old page is stale; with the new cookie the way is open.
    let again = new.browser.post("/account/first", &fields).await;
    assert_ne!(again.status, 500);
    new.browser
        .with_cookies_of(&done)
        .get("/account")
        .await
        .expect(200);
}

#[tokio::test]
async fn acc_15_cancelling_signs_out() {
    let new = newcomer("20050305").await;
    new.browser
        .submit("/account/first", "/logout", &[])
        .await
        .expect(303);
    assert!(
        new.browser
            .get("/account/first")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
}

#[tokio::test]
async fn acc_11_who_an_administrator_entered_needs_no_registration() {
    let new = newcomer("20050305").await;
    finish(&new, &[]).await.expect(303);
}

#[tokio::test]
async fn acc_09_the_privacy_notice_is_accepted_before_first_use() {
    let new = newcomer("20050305").await;
    finish(&new, &[("privacy", "")])
        .await
        .expect(422)
        .see("请阅读并勾选同意隐私政策");
    new.app.move_to("2026-09-18 10:02");
    finish(&new, &[]).await.expect(303);
}

#[tokio::test]
async fn acc_09_below_14_a_guardian_consents() {
    // 14 on the day after.
    let new = newcomer("20120919").await;
    new.browser
        .get("/account/first")
        .await
        .see("未满14周岁需监护人同意后方可使用");
    finish(&new, &[])
        .await
        .expect(422)
        .see("未满14周岁需监护人同意后方可使用");
    let guardian = kit::phone(99);
    new.browser
        .submit(
            "/account/first",
            "/account/first/guardian",
            &[("guardian_phone", guardian.reveal())],
        )
        .await
        .expect(200);
    let code = kit::last_code(&new.app, &guardian).await;
    new.app.move_to("2026-09-18 10:02");
    let fields = [
        ("guardian", "孙父"),
        ("guardian_phone", guardian.reveal()),
        ("guardian_code", code.as_str()),
    ];
    finish(&new, &fields).await.expect(303);
}

#[tokio::test]
async fn acc_09_from_14_on_no_guardian_is_asked() {
    let new = newcomer("20120918").await;
    assert!(!new.browser.get("/account/first").await.has("监护人"));
    finish(&new, &[]).await.expect(303);
}

async fn member() -> (TestApp, Client, String) {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 22);
    kit::account(&app, "钱演示", &number, PASSWORD, None).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    (app, browser, number.reveal().to_owned())
}

async fn change(browser: &Client, old: &str, new: &str) -> Answer {
    browser
        .submit(
            "/account",
            "/account/password",
            &[("old", old), ("password", new), ("repeat", new)],
        )
        .await
}

#[tokio::test]
async fn acc_17_changing_asks_the_old_password_and_ends_other_sessions() {
    let (app, browser, number) = member().await;
    let other = kit::signed_in(&app, &number, PASSWORD).await;
    change(&browser, "not-it-1", NEW)
        .await
        .expect(422)
        .see("当前密码不正确");
    change(&browser, PASSWORD, "short1")
        .await
        .expect(422)
        .see("密码太短");
    let done = change(&browser, PASSWORD, NEW).await.expect(303);
    browser
        .with_cookies_of(&done)
        .get("/account")
        .await
        .expect(200)
        .see("修改密码");
    assert!(
        other
            .get("/account")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
    assert!(
        browser
            .get("/account")
            .await
            .expect(303)
            .location
            .starts_with("/login"),
        "the old token is dead"
    );
}

#[tokio::test]
async fn acc_17_the_last_five_passwords_are_not_taken_again() {
    let (app, mut browser, _) = member().await;
    let mut old = PASSWORD.to_owned();
    for n in 0..5 {
        app.move_to(&format!("2026-09-18 10:0{}", n + 1));
        let new = format!("{NEW}-{n}");
        let done = change(&browser, &old, &new).await.expect(303);
        browser = browser.with_cookies_of(&done);
        old = new;
    }
    change(&browser, &old, &format!("{NEW}-0"))
        .await
        .expect(422)
        .see("最近5次");
    // The sixth before is forgotten.
    change(&browser, &old, PASSWORD).await.expect(303);
}

#[tokio::test]
async fn acc_66_sessions_are_listed_and_ended() {
    let (app, browser, number) = member().await;
    let other = kit::signed_in(&app, &number, PASSWORD).await;
    let page = browser
        .get("/account")
        .await
        .expect(200)
        .see("本次登录")
        .see("结束其他登录");
    let id: String = page
        .body
        .split("name=\"session\" value=\"")
        .nth(1)
        .expect("another session")
        .chars()
        .take(64)
        .collect();
    browser
        .submit("/account", "/account/sessions/end", &[("session", &id)])
        .await
        .expect(303);
    other.get("/account").await.expect(303);
    browser.get("/account").await.expect(200);
    let third = kit::signed_in(&app, &number, PASSWORD).await;
    browser
        .submit("/account", "/account/sessions/end", &[])
        .await
        .expect(303);
    third.get("/account").await.expect(303);
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn acc_66_a_new_device_is_told() {
    let (app, _, number) = member().await;
    kit::signed_in(&app, &number, PASSWORD).await;
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let today = base::business_date(app.db.clock.now());
    let id = base::IdNumber::parse(&number, today, base::Reserved::Accepted).unwrap();
    let person = people::by_id_number(&mut conn, &keys, &id)
        .await
        .unwrap()
        .unwrap();
    let unread = messages::unread(&mut conn, &[messages::Receiver::Person(person)])
        .await
        .unwrap();
    assert_eq!(unread, 1, "the first device is not new");
}

#[tokio::test]
async fn sec_10_a_session_ends_after_rest_and_in_any_case() {
    let (app, browser, number) = member().await;
    app.move_to("2026-09-18 10:30");
    browser.get("/account").await.expect(200);
    app.move_to("2026-09-18 11:00");
    browser.get("/account").await.expect(200);
    app.move_to("2026-09-18 11:31");
    browser.get("/account").await.expect(303);
    let browser = kit::signed_in(&app, &number, PASSWORD).await;
    for hour in 12..=23 {
        for minute in ["00", "30"] {
            app.move_to(&format!("2026-09-18 {hour}:{minute}"));
            browser.get("/account").await.expect(200);
        }
    }
    app.move_to("2026-09-18 23:31");
    browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn sec_10_the_third_session_at_a_desk_ends_the_oldest() {
    let (app, first, number) = member().await;
    app.move_to("2026-09-18 10:01");
    let second = kit::signed_in(&app, &number, PASSWORD).await;
    app.move_to("2026-09-18 10:02");
    kit::signed_in(&app, &number, PASSWORD).await;
    first.get("/account").await.expect(303);
    second.get("/account").await.expect(200);
}

#[tokio::test]
async fn sec_10_while_the_clock_stands_the_session_just_begun_stays() {
    let (app, _, number) = member().await;
    for _ in 0..8 {
        let newest = kit::signed_in(&app, &number, PASSWORD).await;
        newest.get("/account").await.expect(200);
    }
}

/// Somebody with two organisations.
async fn switcher() -> (TestApp, Client, PersonId) {
    let app = kit::app().await;
    let number = kit::id_number("19900101", 23);
    let college = app.league.college.clone();
    let person = kit::account(&app, "李演示", &number, ADMIN_PASSWORD, Some(&college)).await;
    // Later than the first, which is therefore the one acted for at first.
    app.db
        .clock
        .move_to(app.db.clock.now() + chrono::TimeDelta::seconds(1));
    let mut tx = kit::begin(&app).await;
    let university = orgs::find(&mut tx, app.league.university.id)
        .await
        .unwrap()
        .unwrap();
    crate::grant(
        &mut tx,
        &kit::policy("national"),
        person,
        "李演示",
        &university,
        Role::Administrator,
        "seed",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let browser = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    (app, browser, person)
}

#[tokio::test]
async fn acc_57_switching_is_kept_for_the_next_sign_in() {
    let (app, browser, _) = switcher().await;
    browser.get("/account").await.see("信息学院团委");
    let org = app.league.university.id.to_string();
    let done = browser
        .submit("/account/switch", "/account/switch", &[("org", &org)])
        .await
        .expect(303);
    assert_eq!(done.location, "/console");
    let browser = browser.with_cookies_of(&done);
    browser
        .get("/account")
        .await
        .see("title=\"海棠理工大学团委\"");
    let number = kit::id_number("19900101", 23);
    kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD)
        .await
        .get("/account")
        .await
        .see("title=\"海棠理工大学团委\"");
    let elsewhere = app.league.company.id.to_string();
    browser
        .submit("/account/switch", "/account/switch", &[("org", &elsewhere)])
        .await
        .expect(403);
}

#[tokio::test]
async fn acc_58_a_form_made_for_the_other_organisation_is_refused() {
    let (app, browser, _) = switcher().await;
    let old_key = browser.get("/account").await.key();
    let org = app.league.university.id.to_string();
    let done = browser
        .submit("/account/switch", "/account/switch", &[("org", &org)])
        .await
        .expect(303);
    let browser = browser.with_cookies_of(&done);
    let answer = browser
        .post("/account/theme", &[("_key", &old_key), ("theme", "dark")])
        .await;
    answer
        .expect(409)
        .see("您已切换到〔海棠理工大学团委〕，请返回后重新提交。");
}

#[tokio::test]
async fn acc_68_a_grant_taken_back_is_gone_at_the_next_request() {
    let (app, browser, person) = switcher().await;
    for org in [&app.league.college, &app.league.university] {
        let mut tx = kit::begin(&app).await;
        crate::end_grants_in(&mut tx, org.id, person).await.unwrap();
        tx.commit().await.unwrap();
    }
    let page = browser.get("/account/switch").await.expect(200);
    page.see("您没有可代表的组织");
    let mut tx = kit::begin(&app).await;
    crate::disable(&mut tx, person, "调离本单位").await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        browser
            .get("/account")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
    let number = kit::id_number("19900101", 23);
    let answer = app
        .guest()
        .submit(
            "/login",
            "/login",
            &[
                ("identifier", number.reveal()),
                ("password", ADMIN_PASSWORD),
            ],
        )
        .await;
    answer.expect(422).see("该账号已停用，原因：调离本单位");
}

#[tokio::test]
async fn acc_67_the_password_is_asked_again_after_ten_minutes() {
    let (app, browser, _) = switcher().await;
    app.move_to("2026-09-18 10:20");
    let page = browser
        .get("/account/proof?next=/account")
        .await
        .expect(200);
    let wrong = browser
        .post(
            "/account/proof",
            &[
                ("_key", &page.key()),
                ("_proof_way", "password"),
                ("_proof_password", "x"),
                ("next", "/account"),
            ],
        )
        .await;
    wrong.expect(422).see("当前密码不正确");
    let fields = [
        ("_proof_way", "password"),
        ("_proof_password", ADMIN_PASSWORD),
        ("next", "https://evil.example"),
    ];
    let done = browser
        .submit("/account/proof", "/account/proof", &fields)
        .await
        .expect(303);
    assert_eq!(done.location, "/");
    browser.get("/account").await.expect(303);
    browser
        .with_cookies_of(&done)
        .get("/account")
        .await
        .expect(200);
}

#[tokio::test]
async fn acc_67_five_wrong_proofs_pause_the_asking() {
    let (app, browser, _) = switcher().await;
    app.move_to("2026-09-18 10:20");
    let give = async |password| {
        let fields = [("_proof_way", "password"), ("_proof_password", password)];
        let page = "/account/proof";
        browser.submit(page, page, &fields).await.expect(422)
    };
    for _ in 0..5 {
        give("x").await.see("当前密码不正确");
    }
    let sixth = give(ADMIN_PASSWORD).await;
    sixth.see("密码连续错误5次，9月18日 10:35后可再试");
}

#[tokio::test]
async fn acc_69_own_events_are_in_the_security_log() {
    let (app, browser, number) = member().await;
    app.guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", &number), ("password", "wrong-1")],
        )
        .await;
    browser
        .get("/account")
        .await
        .see("登录成功")
        .see("登录失败：密码不正确");
}

#[tokio::test]
async fn acc_69_the_log_is_kept_two_years() {
    let (app, _, number) = member().await;
    app.settle().await;
    // Somebody who signs in now and then (ACC-70).
    app.move_to("2027-10-01 12:00");
    kit::signed_in(&app, &number, PASSWORD).await;
    app.move_to("2028-09-18 12:00");
    app.settle().await;
    kit::signed_in(&app, &number, PASSWORD)
        .await
        .get("/account")
        .await
        .see("2026年9月18日 10:00");
    app.move_to("2028-09-19 12:00");
    app.settle().await;
    let page = kit::signed_in(&app, &number, PASSWORD)
        .await
        .get("/account")
        .await;
    assert!(!page.has("2026年9月18日 10:00"));
}
