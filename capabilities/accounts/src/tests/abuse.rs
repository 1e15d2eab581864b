//! What people with bad intentions try. Each test fails when its defence is taken away.

use super::kit::{self, ADMIN_PASSWORD, PASSWORD};
use testkit::{Client, TestApp};

async fn member(app: &TestApp, serial: u32) -> (base::IdNumber, Client) {
    let number = kit::id_number("20050305", serial);
    kit::account(app, "孙演示", &number, PASSWORD, None).await;
    let browser = kit::signed_in(app, number.reveal(), PASSWORD).await;
    (number, browser)
}

/// The form key on a page.
async fn key(client: &Client, page: &str) -> String {
    client.get(page).await.expect(200).key()
}

#[tokio::test]
async fn sec_10_a_session_planted_before_the_sign_in_is_worth_nothing_after_it() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 81);
    kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    // Somebody else's session, slipped into the victim's browser.
    let (_, planted) = member(&app, 82).await;
    let token = planted.session().map(|(_, t)| t.to_owned()).unwrap();
    let fields = [("identifier", number.reveal()), ("password", PASSWORD)];
    let mut all = vec![];
    let own_key = key(&app.guest(), "/login").await;
    all.push(("_key", own_key.as_str()));
    all.extend(fields);
    let answer = app.guest().post("/login", &all).await.expect(303);
    let inside = app.guest().with_cookies_of(&answer);
    let fresh = inside.session().map(|(_, t)| t.to_owned()).unwrap();
    assert_ne!(fresh, token);
    assert!(answer.cookies.iter().any(|c| c.starts_with("tj_session=")));
    // Chosen by the attacker, never given out by us.
    let chosen = app
        .guest()
        .with_cookies_of(&testkit_cookie(&answer, "tj_session=chosen-by-somebody"));
    let place = chosen.get("/account").await.expect(303).location;
    assert!(place.starts_with("/login"));
}

/// The answer with another cookie in place of its own.
fn testkit_cookie(answer: &testkit::Answer, cookie: &str) -> testkit::Answer {
    let mut answer = answer.clone();
    answer.cookies = vec![cookie.to_owned()];
    answer
}

#[tokio::test]
async fn sec_10_cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 83);
    kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let answer = app
        .guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", number.reveal()), ("password", PASSWORD)],
        )
        .await
        .expect(303);
    assert_eq!(answer.cookies.len(), 2, "{:?}", answer.cookies);
    for cookie in &answer.cookies {
        for part in ["; Path=/;", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "no other host: {cookie}");
    }
}

#[tokio::test]
async fn sec_20_a_form_of_another_session_changes_nothing() {
    let app = kit::app().await;
    let (_, victim) = member(&app, 84).await;
    let (_, attacker) = member(&app, 85).await;
    let foreign = key(&attacker, "/account").await;
    let guest = key(&app.guest(), "/login").await;
    for stolen in [foreign.as_str(), guest.as_str(), ""] {
        let fields = [("_key", stolen), ("session", "")];
        victim
            .post("/account/sessions/end", &fields)
            .await
            .expect(403)
            .see("页面已过期");
    }
    let own = key(&victim, "/account").await;
    let fields = [("_key", own.as_str()), ("session", "")];
    victim
        .post("/account/sessions/end", &fields)
        .await
        .expect(303);
}

#[tokio::test]
async fn sec_14_fields_a_form_does_not_declare_are_ignored_and_recorded() {
    let app = kit::app().await;
    let (number, browser) = member(&app, 86).await;
    let other = kit::id_number("19900101", 87);
    let admin = kit::account(
        &app,
        "赵演示",
        &other,
        ADMIN_PASSWORD,
        Some(&app.league.college),
    )
    .await;
    let admin = admin.to_string();
    let new = "qing-he-lv-ye-26";
    let fields = [
        ("old", PASSWORD),
        ("password", new),
        ("repeat", new),
        ("account", admin.as_str()),
        ("state", "active"),
        ("role", "administrator"),
    ];
    browser
        .submit("/account", "/account/password", &fields)
        .await
        .expect(303);
    // Nobody else's password changed, nobody's rights grew.
    kit::signed_in(&app, other.reveal(), ADMIN_PASSWORD).await;
    let inside = kit::signed_in(&app, number.reveal(), new).await;
    inside.get("/console/grants").await.expect(403);
    let mut conn = app.db.read().await.unwrap();
    let recorded = sqlx::query_scalar!(
        r#"select detail as "detail!" from security_event where kind = 'extra_fields'"#
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    assert_eq!(recorded.len(), 1);
    let fields = "/account/password account,state,role 编号";
    assert!(recorded[0].starts_with(fields), "{recorded:?}");
}

#[tokio::test]
async fn sec_23_the_host_a_visitor_names_is_on_no_page() {
    let app = kit::app().await;
    let answer = app
        .guest()
        .from_host("evil.example")
        .get("/login")
        .await
        .expect(200);
    assert!(!answer.has("evil.example"));
    let answer = app
        .guest()
        .from_host("evil.example")
        .get("/account")
        .await
        .expect(303);
    assert_eq!(answer.location, "/login?next=/account");
}

#[tokio::test]
async fn acc_71_a_refusal_names_who_has_the_right_and_leads_to_asking_them() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 88);
    let branch = app.league.branch.clone();
    let person = kit::person(&app, "孙演示", &number, None, Some(&branch)).await;
    let university = app.league.university.clone();
    let admin = kit::admin(&app, "赵演示", 17, &university).await;
    let page = format!("/console/people/{person}/reset");
    let refused = admin
        .submit(&page, &page, &[])
        .await
        .expect(403)
        .see("所在组织或直接上级的管理员")
        .see("请有权限的组织办理");
    let link = refused
        .body
        .split("href=\"/account/ask?")
        .nth(1)
        .expect("a link");
    let link: String = link.chars().take_while(|c| *c != '"').collect();
    let link = format!(
        "/account/ask?{}",
        link.replace("&#38;", "&").replace("&amp;", "&")
    );
    let ask = admin.get(&link).await.expect(200);
    let ask = ask.see("软件2023级1班团支部").see("信息学院团委");
    drop(ask);
    let org = branch.id.to_string();
    let to = app.league.college.id.to_string();
    let fields = [
        ("right", "ResetPasswords"),
        ("org", org.as_str()),
        ("to", to.as_str()),
        ("place", "https://evil.example"),
    ];
    admin
        .submit(&link, "/account/ask", &fields)
        .await
        .expect(422)
        .see("请用一句话写明");
    let mut fields = fields.to_vec();
    fields.push(("note", "孙演示忘记密码，请生成验证码"));
    let sent = admin
        .submit(&link, "/account/ask", &fields)
        .await
        .expect(303);
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("请求已发送");
    let told = kit::messages_to(&app, &app.league.college).await;
    assert!(
        told.iter().any(|m| m.contains("孙演示忘记密码")),
        "{told:?}"
    );
    // What one cannot see one cannot ask about.
    let stranger = kit::admin(&app, "钱演示", 18, &app.league.workshop.clone()).await;
    stranger
        .get(&link)
        .await
        .expect(403)
        .see("不在您的管理范围内");
}

#[tokio::test]
async fn acc_56_the_phone_changes_with_codes_to_the_old_and_the_new_number() {
    let app = kit::app().await;
    let (number, browser) = member(&app, 89).await;
    let (page, new) = ("/account/phone", kit::phone(4711));
    // No verified number yet: only the new one is asked.
    let typed = [("phone", new.reveal())];
    browser
        .submit(page, "/account/phone/new", &typed)
        .await
        .expect(200);
    let code = kit::last_code(&app, &new).await;
    let fields = [("phone", new.reveal()), ("new_code", "12345x")];
    browser
        .submit(page, page, &fields)
        .await
        .expect(422)
        .see("验证码不正确");
    let fields = [("phone", new.reveal()), ("new_code", code.as_str())];
    let done = browser.submit(page, page, &fields).await.expect(303);
    let browser = browser.with_cookies_of(&done);
    browser.get("/account").await.expect(200).see(&new.masked());
    // The next change needs both.
    let next = kit::phone(4712);
    app.later_by(61);
    browser
        .submit(page, "/account/phone/new", &[("phone", new.reveal())])
        .await
        .expect(422)
        .see("这就是现在登记的手机号");
    browser
        .submit(page, "/account/phone/new", &[("phone", next.reveal())])
        .await
        .expect(200);
    let code = kit::last_code(&app, &next).await;
    let fields = [("phone", next.reveal()), ("new_code", code.as_str())];
    browser
        .submit(page, page, &fields)
        .await
        .expect(422)
        .see("请填写原手机号收到的验证码");
    browser
        .submit(page, "/account/phone/old", &[("phone", next.reveal())])
        .await
        .expect(200);
    let old = kit::last_code(&app, &new).await;
    let fields = [
        ("phone", next.reveal()),
        ("new_code", code.as_str()),
        ("old_code", old.as_str()),
    ];
    browser.submit(page, page, &fields).await.expect(303);
    kit::signed_in(&app, number.reveal(), PASSWORD)
        .await
        .get("/account")
        .await
        .see(&next.masked());
}

#[tokio::test]
async fn sec_23_no_address_given_in_a_request_leads_to_another_site() {
    // Fails without `is_local` in the landing after sign-in, in the proof page and in the request to whoever has a right.
    let app = kit::app().await;
    let number = kit::id_number("20050305", 90);
    kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ] {
        let fields = [
            ("identifier", number.reveal()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let came = app
            .guest()
            .submit("/login", "/login", &fields)
            .await
            .expect(303);
        assert_eq!(came.location, "/start?next=/member", "{next}");
        let inside = app.guest().with_cookies_of(&came);
        let fields = [
            ("_proof_way", "password"),
            ("_proof_password", PASSWORD),
            ("next", next),
        ];
        app.later_by(600);
        let page = "/account/proof";
        let proved = inside.submit(page, page, &fields).await.expect(303);
        assert_eq!(proved.location, "/", "{next}");
        app.later_by(1);
    }
}

#[tokio::test]
async fn sec_04_text_and_work_do_not_tell_known_from_unknown_accounts() {
    // Fails when the refusals differ, or when `secrets::verify` answers for nobody without computing: the work is counted,
    // not timed, as the time of a busy machine proves nothing.
    let app = kit::app().await;
    let known = kit::id_number("20050305", 91);
    kit::account(&app, "孙演示", &known, PASSWORD, None).await;
    let unknown = kit::id_number("20050305", 92);
    let entered = kit::id_number("20050305", 93);
    kit::person(&app, "李演示", &entered, None, None).await;
    let mut bodies = Vec::new();
    for number in [&known, &unknown, &entered] {
        let before = crate::secrets::computed();
        let fields = [("identifier", number.reveal()), ("password", "falsch-26-x")];
        let page = app
            .guest()
            .submit("/login", "/login", &fields)
            .await
            .expect(422);
        assert_eq!(
            crate::secrets::computed() - before,
            1,
            "the same work for everybody"
        );
        let text = page.body.replace(number.reveal(), "");
        let key = page.key();
        bodies.push(text.replace(&key, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[0], bodies[2]);
    // The way back tells nothing either.
    let mut bodies = Vec::new();
    for number in [&known, &unknown] {
        let fields = [
            ("identifier", number.reveal()),
            ("code", "123456"),
            ("password", "qing-he-lv-ye-26"),
            ("repeat", "qing-he-lv-ye-26"),
        ];
        let page = app
            .guest()
            .submit("/forgot", "/forgot", &fields)
            .await
            .expect(422);
        let key = page.key();
        bodies.push(page.body.replace(number.reveal(), "").replace(&key, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn sec_20_a_request_from_another_site_changes_nothing_though_the_cookie_comes_along() {
    // Fails without `same_origin` in web::guard. The key is right: only the origin speaks against it.
    let app = kit::app().await;
    let (_, victim) = member(&app, 94).await;
    let own = key(&victim, "/account").await;
    let fields = [("_key", own.as_str()), ("session", "")];
    victim
        .clone()
        .from_site("https://evil.example")
        .post("/account/sessions/end", &fields)
        .await
        .expect(403)
        .see("页面已过期");
    victim.get("/account").await.expect(200);
}

#[tokio::test]
async fn sec_20_opening_pages_changes_nothing() {
    // Fails when a GET writes: every page of the own account is opened, nothing is recorded.
    let app = kit::app().await;
    let (_, browser) = member(&app, 95).await;
    let count = async || {
        let mut conn = app.db.read().await.unwrap();
        sqlx::query_scalar!(r#"select count(*) as "n!" from audit_log"#)
            .fetch_one(&mut *conn)
            .await
            .unwrap()
    };
    let before = count().await;
    for route in crate::routes().table() {
        if route.method == "GET" && !route.path.contains('{') {
            browser.get(route.path).await;
        }
    }
    assert_eq!(count().await, before);
}
