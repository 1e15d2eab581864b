//! What forms and cookies promise: what was typed is kept (SEC-20), what is not declared is recorded (SEC-14), and the session is
//! a cookie nobody else reads (SEC-10, SEC-22).

use super::kit::{self, ADMIN_PASSWORD, PASSWORD};

/// The fields a refused form carries on: what stands in its hidden textareas.
fn carried(page: &testkit::Answer) -> Vec<(String, String)> {
    page.body
        .split("<textarea name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once('"').expect("a name");
            let value = rest.split_once(">\n").expect("a value").1;
            let value = value.split("</textarea>").next().unwrap_or_default();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn sec_20_what_was_typed_under_an_old_key_comes_back_with_a_new_one() {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 91);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let college = kit::admin(&app, "院演示", 92, &app.league.college.clone()).await;
    let again = kit::admin(&app, "另演示", 93, &app.league.college.clone()).await;
    // The page was made in a session that has ended since: another one sends it.
    let place = format!("/console/people/{person}/account/state");
    let old = again.get("/account").await.key();
    let fields = [
        ("_key", old.as_str()),
        ("act", "stop"),
        ("reason", "已调离<单位>"),
    ];
    let refused = college.post(&place, &fields).await.expect(409);
    let refused = refused
        .see("以〔信息学院团委〕重新提交")
        .see(&format!("action=\"{place}\""));
    let typed = carried(&refused);
    let want = [("act", "stop"), ("reason", "已调离&#60;单位&#62;")];
    assert_eq!(typed, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(
        kit::recorded(&app, "account.disabled", person.0).await,
        0,
        "nothing has changed"
    );
    let key = refused.key();
    assert_ne!(key, old);
    let fields = [
        ("_key", key.as_str()),
        ("act", "stop"),
        ("reason", "已调离<单位>"),
    ];
    college.post(&place, &fields).await.expect(303);
    assert_eq!(kit::recorded(&app, "account.disabled", person.0).await, 1);
    // Secrets are not written into a page, and who acts for nobody gets the same way back.
    let fields = [
        ("_key", old.as_str()),
        ("old", PASSWORD),
        ("password", "qing-he-lv-ye-26"),
        ("repeat", "qing-he-lv-ye-26"),
    ];
    let member = kit::id_number("20050305", 94);
    kit::account(&app, "周演示", &member, PASSWORD, None).await;
    let member = kit::signed_in(&app, member.reveal(), PASSWORD).await;
    let refused = member.post("/account/password", &fields).await.expect(403);
    let refused = refused
        .see("页面已过期，请刷新后重试")
        .see("密码不保留")
        .see("重新提交");
    assert!(
        !refused.has(PASSWORD) && !refused.has("qing-he-lv-ye-26"),
        "{}",
        refused.body
    );
    // Of a form with a file the fields stay and the file is asked for again.
    let fields = [("_key", old.as_str()), ("list", "孙演示")];
    let file = [("file", "名单.txt", "孙演示".as_bytes())];
    let refused = college
        .post_parts("/console/resets", &fields, &file)
        .await
        .expect(409);
    let refused = refused
        .see("multipart/form-data")
        .see("请重新选择文件“名单.txt”");
    assert_eq!(
        carried(&refused),
        [("list".to_owned(), "孙演示".to_owned())]
    );
}

#[tokio::test]
async fn sec_20_a_form_sent_after_the_session_ended_leads_back_to_its_page() {
    let app = kit::app().await;
    let ended = app.guest().with_cookie("tj_session=ended");
    let key = app.guest().get("/login").await.key();
    let from = |place: &str| format!("http://test{place}");
    let sent = ended.clone().from_page(&from("/console/resets?x=1"));
    let answer = sent
        .post("/console/resets", &[("_key", &key)])
        .await
        .expect(303);
    assert_eq!(answer.location, "/login?next=/console/resets%3Fx%3D1");
    // Only a page of our own is gone back to.
    let foreign = ended.from_page("http://evil.example/console/resets");
    let answer = foreign
        .post("/console/resets", &[("_key", &key)])
        .await
        .expect(303);
    assert_eq!(answer.location, "/login?next=/console/resets");
}

#[tokio::test]
async fn sec_14_files_and_flattened_forms_record_what_they_do_not_declare() {
    let app = kit::app_of("guangdong").await;
    let college = app.admin("院演示", &app.league.college.clone());
    let key = college.get("/account").await.expect(200).key();
    let fields = [("_key", key.as_str()), ("list", ""), ("state", "active")];
    let files = [
        ("file", "名单.txt", b"1".as_slice()),
        ("other", "b.txt", b"2".as_slice()),
    ];
    college.post_parts("/console/resets", &fields, &files).await;
    let key = app.guest().get("/login").await.key();
    let fields = [
        ("_key", key.as_str()),
        ("name", "孙演示"),
        ("owner_id", "1"),
    ];
    app.guest().post("/register/account", &fields).await;
    let mut conn = app.db.read().await.unwrap();
    let recorded = sqlx::query_scalar!(
        r#"select detail as "detail!" from security_event where kind = 'extra_fields' order by detail"#
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    assert!(
        recorded[0].starts_with("/console/resets other,state 编号"),
        "{recorded:?}"
    );
    assert!(
        recorded[1].starts_with("/register/account ") && recorded[1].contains("owner_id"),
        "{recorded:?}"
    );
}

async fn sign_in(browser: &testkit::Client, identifier: &str) -> testkit::Answer {
    let fields = [("identifier", identifier), ("password", ADMIN_PASSWORD)];
    browser.submit("/login", "/login", &fields).await
}

#[tokio::test]
async fn sec_10_in_production_the_session_is_a_host_cookie_that_pages_cannot_read() {
    let app = kit::secure_app().await;
    let number = kit::id_number("19900101", 17);
    kit::account(
        &app,
        "赵演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.college.clone()),
    )
    .await;
    let browser = app.guest();
    let answer = sign_in(&browser, number.reveal()).await.expect(303);
    let session = answer
        .cookies
        .iter()
        .find(|c| c.starts_with("__Host-tj="))
        .expect("a session");
    let parts: Vec<&str> = session.split("; ").skip(1).collect();
    for part in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(parts.contains(&part), "{session}");
    }
    // The prefix forbids a domain, and nothing else is sent in the clear.
    assert!(!session.contains("Domain"), "{session}");
    for cookie in &answer.cookies {
        assert!(
            cookie.contains("; Secure") && cookie.contains("; HttpOnly"),
            "{cookie}"
        );
    }
    let inside = browser.with_cookies_of(&answer);
    inside.get("/account").await.expect(200);
    // The name without the prefix is not looked at.
    let token = session
        .split(['=', ';'])
        .nth(1)
        .expect("a token")
        .to_owned();
    let plain = app.guest().with_cookie(&format!("tj_session={token}"));
    plain.get("/account").await.expect(303);
}

#[tokio::test]
async fn sec_22_signing_out_clears_the_browser_and_ends_the_session_on_the_server() {
    let app = kit::secure_app().await;
    let number = kit::id_number("19900101", 17);
    kit::account(
        &app,
        "赵演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.college.clone()),
    )
    .await;
    let inside = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let out = inside.submit("/account", "/logout", &[]).await.expect(303);
    let clear = out.headers.get("clear-site-data").expect("Clear-Site-Data");
    let clear = clear.to_str().expect("text");
    // The browser stays a known one (SEC-04): its own cookies are taken back one by one.
    for what in ["\"cache\"", "\"storage\""] {
        assert!(clear.contains(what), "{clear}");
    }
    assert!(
        out.cookies
            .iter()
            .any(|c| c.starts_with("__Host-tj=;") && c.contains("Max-Age=0")),
        "{:?}",
        out.cookies
    );
    // The cookie somebody kept is worth nothing.
    let after = inside.get("/account").await.expect(303);
    assert!(after.location.starts_with("/login"), "{}", after.location);
}
