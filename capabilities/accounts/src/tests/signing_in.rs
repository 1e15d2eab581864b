use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use crate::rules::sign_in::WRONG;
use testkit::{Answer, Client, TestApp};

async fn sign_in(client: &Client, identifier: &str, password: &str) -> Answer {
    client
        .submit(
            "/login",
            "/login",
            &[("identifier", identifier), ("password", password)],
        )
        .await
}

/// Answers the question of a refused sign-in, as a person reads it.
fn answered(answer: &Answer) -> (String, String) {
    let after = |mark: &str| {
        answer
            .body
            .split(mark)
            .nth(1)
            .expect("a question")
            .to_owned()
    };
    let text: String = after("验证题：")
        .chars()
        .take_while(|c| *c != '<')
        .collect();
    let token: String = after("name=\"question\" value=\"")
        .chars()
        .take_while(|c| *c != '"')
        .collect();
    let words = [
        "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三",
        "十四", "十五", "十六",
    ];
    let mut numbers = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let longest = (1..words.len())
            .filter(|n| rest.starts_with(words[*n]))
            .max_by_key(|n| words[*n].len());
        match longest {
            // “一共” is no number.
            Some(1) if rest.starts_with("一共") => rest = &rest["一共".len()..],
            Some(n) => {
                numbers.push(n);
                rest = &rest[words[n].len()..];
            }
            None => rest = &rest[rest.chars().next().map_or(1, char::len_utf8)..],
        }
    }
    let sum = if text.contains("拿走") {
        numbers[0] - numbers[1]
    } else {
        numbers[0] + numbers[1]
    };
    (token, sum.to_string())
}

/// Tries with the question answered if the page asks one.
async fn try_again(client: &Client, before: &Answer, identifier: &str, password: &str) -> Answer {
    let (token, sum) = if before.has("验证题") {
        answered(before)
    } else {
        Default::default()
    };
    let fields = [
        ("identifier", identifier),
        ("password", password),
        ("question", &token),
        ("answer", &sum),
    ];
    client.submit("/login", "/login", &fields).await
}

async fn fail(client: &Client, identifier: &str, times: usize) -> Answer {
    let mut last = sign_in(client, identifier, "wrong-password-1").await;
    for _ in 1..times {
        last = try_again(client, &last, identifier, "wrong-password-1").await;
    }
    last
}

async fn with_admin() -> (TestApp, String) {
    let app = kit::app().await;
    let number = kit::id_number("19900101", 17);
    kit::account(
        &app,
        "赵演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.college.clone()),
    )
    .await;
    (app, number.reveal().to_owned())
}

#[tokio::test]
async fn acc_01_the_sign_in_page_has_its_field_ways_out_and_help() {
    let app = kit::app().await;
    let page = app.guest().get("/login").await.expect(200);
    page.see("身份证号")
        .see("data-show-password")
        .see("忘记密码")
        .see("/register")
        .see("/help")
        .see("团委管理员");
}

#[tokio::test]
async fn acc_02_every_refusal_reads_alike() {
    let (app, number) = with_admin().await;
    let unknown = kit::id_number("19910101", 18);
    for (identifier, password) in [
        (number.as_str(), "wrong-password-1"),
        (unknown.reveal(), "wrong-password-1"),
        (number.as_str(), ""),
        ("no-such-name", "x"),
        ("999", "x"),
    ] {
        let answer = sign_in(&app.guest(), identifier, password)
            .await
            .expect(422)
            .see(WRONG);
        assert!(answer.cookies.is_empty());
    }
}

#[tokio::test]
async fn acc_03_id_numbers_are_taken_as_people_type_them() {
    let app = kit::app().await;
    let number = (0..200)
        .map(|n| kit::id_number("19900101", n))
        .find(|n| n.reveal().ends_with('X'))
        .expect("a number ending in X");
    kit::account(&app, "赵演示", &number, PASSWORD, None).await;
    let wide: String = number
        .reveal()
        .chars()
        .map(|c| char::from_u32(c as u32 + 0xfee0).expect("wide"))
        .collect();
    for typed in [
        number.reveal().to_lowercase(),
        format!("  {} ", number.reveal()),
        wide,
    ] {
        sign_in(&app.guest(), &typed, PASSWORD).await.expect(303);
    }
    sign_in(&app.guest(), "110105491231002", PASSWORD)
        .await
        .expect(422)
        .see("请输入18位身份证号。");
}

#[tokio::test]
async fn acc_05_people_land_where_their_role_works() {
    let (app, number) = with_admin().await;
    let answer = sign_in(&app.guest(), &number, ADMIN_PASSWORD)
        .await
        .expect(303);
    assert_eq!(answer.location, "/start?next=/console");
    let member = kit::id_number("20050101", 19);
    kit::account(&app, "钱演示", &member, PASSWORD, None).await;
    let answer = sign_in(&app.guest(), member.reveal(), PASSWORD)
        .await
        .expect(303);
    assert_eq!(answer.location, "/start?next=/member");
    let asked = [
        ("identifier", member.reveal()),
        ("password", PASSWORD),
        ("next", "/member/transfers?x=1"),
    ];
    let answer = app
        .guest()
        .submit("/login", "/login", &asked)
        .await
        .expect(303);
    assert_eq!(answer.location, "/start?next=/member/transfers%3Fx%3D1");
}

#[tokio::test]
async fn acc_05_no_address_outside_this_site_is_led_to() {
    let (app, number) = with_admin().await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/login",
        "/a\nb",
    ] {
        let asked = [
            ("identifier", number.as_str()),
            ("password", ADMIN_PASSWORD),
            ("next", next),
        ];
        let answer = app
            .guest()
            .submit("/login", "/login", &asked)
            .await
            .expect(303);
        assert_eq!(answer.location, "/start?next=/console", "{next}");
    }
}

#[tokio::test]
async fn acc_06_the_third_failure_asks_a_question() {
    let (app, number) = with_admin().await;
    let browser = app.guest();
    let second = fail(&browser, &number, 2).await;
    assert!(!second.has("验证题"));
    let third = try_again(&browser, &second, &number, "wrong-password-1")
        .await
        .see("验证题")
        .see(WRONG);
    // Without an answer even the right password is not looked at.
    sign_in(&browser, &number, ADMIN_PASSWORD)
        .await
        .expect(422)
        .see("请先回答验证题");
    try_again(&browser, &third, &number, ADMIN_PASSWORD)
        .await
        .expect(303);
}

#[tokio::test]
async fn acc_06_an_answered_question_is_good_for_one_try() {
    let (app, number) = with_admin().await;
    let browser = app.guest();
    let third = fail(&browser, &number, 3).await;
    try_again(&browser, &third, &number, "wrong-password-1")
        .await
        .see(WRONG);
    try_again(&browser, &third, &number, ADMIN_PASSWORD)
        .await
        .expect(422)
        .see("请先回答验证题");
}

#[tokio::test]
async fn acc_06_five_failures_lock_for_fifteen_minutes() {
    let (app, number) = with_admin().await;
    let browser = app.guest();
    let fourth = fail(&browser, &number, 4).await.see(WRONG);
    let fifth = try_again(&browser, &fourth, &number, "wrong-password-1").await;
    let locked = "密码连续错误5次，账号已锁定15分钟，9月18日 10:15后可再试，或重置密码。";
    fifth.expect(422).see(locked);
    app.move_to("2026-09-18 10:14");
    let still = sign_in(&browser, &number, ADMIN_PASSWORD)
        .await
        .expect(422)
        .see(locked);
    assert!(
        still.cookies.is_empty(),
        "a right password is not confirmed during the lock"
    );
    app.move_to("2026-09-18 10:15");
    sign_in(&browser, &number, ADMIN_PASSWORD).await.expect(303);
}

#[tokio::test]
async fn acc_06_an_unknown_number_locks_like_a_known_one() {
    let app = kit::app().await;
    let nobody = kit::id_number("19910101", 18);
    fail(&app.guest(), nobody.reveal(), 5)
        .await
        .see("账号已锁定15分钟");
}

#[tokio::test]
async fn acc_06_four_failures_and_a_right_password_begin_anew() {
    let (app, number) = with_admin().await;
    let browser = app.guest();
    let fourth = fail(&browser, &number, 4).await;
    try_again(&browser, &fourth, &number, ADMIN_PASSWORD)
        .await
        .expect(303);
    fail(&browser, &number, 4).await.see(WRONG);
}

#[tokio::test]
async fn sec_04_strangers_cannot_lock_a_known_device_out() {
    let (app, number) = with_admin().await;
    let own = app.guest();
    let first = sign_in(&own, &number, ADMIN_PASSWORD).await.expect(303);
    let own = own.with_cookies_of(&first);
    let out = own.submit("/account", "/logout", &[]).await.expect(303);
    let own = own.with_cookies_of(&out);
    fail(&app.guest(), &number, 5).await.see("账号已锁定");
    sign_in(&own, &number, ADMIN_PASSWORD).await.expect(303);
}

#[tokio::test]
async fn acc_06_unlocking_opens_the_persons_own_browser_whatever_name_was_typed() {
    let app = kit::app_of("guangdong").await;
    let number = kit::id_number("20020505", 61);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let mut reader = app.db.read().await.unwrap();
    let keys = reader.keys.clone();
    let file = people::find(&mut reader, &keys, person).await.unwrap();
    let phone = file.and_then(|file| file.phone).expect("a phone");
    drop(reader);
    let own = app.guest();
    let first = sign_in(&own, phone.reveal(), PASSWORD).await.expect(303);
    let own = own.with_cookies_of(&first);
    let out = own.submit("/account", "/logout", &[]).await.expect(303);
    let own = own.with_cookies_of(&out);
    fail(&own, phone.reveal(), 5).await.see("账号已锁定");
    sign_in(&own, phone.reveal(), PASSWORD)
        .await
        .expect(422)
        .see("账号已锁定");
    fail(&app.guest(), phone.reveal(), 5)
        .await
        .see("账号已锁定");
    let mut tx = kit::begin(&app).await;
    crate::actions::sign_in::unlock(&mut tx, person.0)
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    for browser in [own, app.guest()] {
        sign_in(&browser, phone.reveal(), PASSWORD)
            .await
            .expect(303);
    }
}

#[tokio::test]
async fn acc_12_the_first_password_opens_the_forced_change_only() {
    let app = kit::app().await;
    let number = (0..200)
        .map(|n| kit::id_number("20050305", n))
        .find(|n| n.reveal().ends_with('X'))
        .expect("a number ending in X");
    kit::person(&app, "孙演示", &number, None, Some(&app.league.branch)).await;
    let other: String = format!("0{}", &number.tail()[..7]);
    sign_in(&app.guest(), number.reveal(), &other)
        .await
        .expect(422)
        .see(WRONG);
    for first in [number.tail().to_owned(), number.tail().to_lowercase()] {
        let answer = sign_in(&app.guest(), number.reveal(), &first)
            .await
            .expect(303);
        assert_eq!(answer.location, "/account/first");
    }
}

#[tokio::test]
async fn sec_05_a_first_password_lapses_after_180_days() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 7);
    kit::person(&app, "孙演示", &number, None, Some(&app.league.branch)).await;
    app.move_to("2027-03-17 09:59");
    sign_in(&app.guest(), number.reveal(), number.tail())
        .await
        .expect(303);
    app.move_to("2027-03-17 10:00");
    sign_in(&app.guest(), number.reveal(), number.tail())
        .await
        .expect(422)
        .see(WRONG);
}

#[tokio::test]
async fn sec_76_the_31st_sign_in_of_a_minute_waits() {
    let app = kit::app().await;
    let browser = app.guest();
    for n in 0..30 {
        sign_in(&browser, &format!("name-{n}"), "x").await;
        // Twenty failures would lock the address first; this is about the minute.
        let mut tx = kit::begin(&app).await;
        db::limits::clear(&mut tx, "signin.address:")
            .await
            .expect("clear");
        tx.commit_housekeeping().await.expect("commit");
    }
    sign_in(&browser, "name-30", "x")
        .await
        .expect(429)
        .see("操作过于频繁");
    app.move_to("2026-09-18 10:01");
    sign_in(&browser, "name-31", "x").await.expect(422);
}

#[tokio::test]
async fn acc_06_twenty_failures_from_one_address_lock_it() {
    let app = kit::app().await;
    let browser = app.guest();
    for n in 0..20 {
        sign_in(&browser, &format!("name-{n}"), "x")
            .await
            .expect(422);
    }
    sign_in(&browser, "name-20", "x").await.expect(429);
    app.move_to("2026-09-18 10:15");
    sign_in(&browser, "name-20", "x").await.expect(422);
}

#[tokio::test]
async fn acc_65_signing_out_ends_the_session_on_the_server() {
    let (app, number) = with_admin().await;
    let browser = app.guest();
    let entered = sign_in(&browser, &number, ADMIN_PASSWORD).await.expect(303);
    assert!(
        entered
            .cookies
            .iter()
            .any(|c| c.contains("HttpOnly") && c.contains("SameSite=Lax")),
        "{:?}",
        entered.cookies
    );
    let browser = browser.with_cookies_of(&entered);
    browser.get("/account").await.expect(200);
    browser.submit("/account", "/logout", &[]).await.expect(303);
    // The same cookie again, as a thief would send it.
    assert!(
        browser
            .get("/account")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
}

#[tokio::test]
async fn acc_50_an_administrator_unlocks_without_another_password() {
    let (app, number) = with_admin().await;
    let person = kit::id_number("20050305", 481);
    let id = kit::account(&app, "孙演示", &person, kit::PASSWORD, None).await;
    let browser = app.guest();
    fail(&browser, person.reveal(), 5)
        .await
        .see("账号已锁定15分钟");
    sign_in(&browser, person.reveal(), kit::PASSWORD)
        .await
        .expect(422);
    let page = format!("/console/people/{id}/account");
    let elsewhere = kit::admin(&app, "外演示", 482, &app.league.company.clone()).await;
    let key = elsewhere.get("/account").await.key();
    elsewhere
        .post(&page, &[("_key", &key), ("act", "unlock")])
        .await
        .expect(403);
    sign_in(&browser, person.reveal(), kit::PASSWORD)
        .await
        .expect(422);
    let admin = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    admin
        .submit(&page, &page, &[("act", "unlock")])
        .await
        .expect(303);
    sign_in(&browser, person.reveal(), kit::PASSWORD)
        .await
        .expect(303);
    assert_eq!(kit::recorded(&app, "account.unlocked", id.0).await, 1);
}
