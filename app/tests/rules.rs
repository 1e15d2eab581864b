//! Rules that hold for the program as a whole, on a real database.

use access::Actor;
use base::Error;
use db::{Event, Keyring, Suite};
use http::Request;
use testkit::{Setup, TestApp};
use tower::ServiceExt;
use uuid::Uuid;
use web::Mode;

/// The wired program on a fresh database with the fake league.
async fn program(profile: &str) -> (web::App, db::Db) {
    program_on(profile, testkit::database().await)
}

fn program_on(profile: &str, db: db::Db) -> (web::App, db::Db) {
    let folder = std::env::temp_dir().join(format!(
        "tuanjian-rules-{}",
        Uuid::from_u128(u128::from(db.random.below(u64::MAX)))
    ));
    let files = files::Store::folder(&folder).expect("folder");
    let app = tuanjian::wiring::app(db.clone(), Mode::Demo, profile, files, false)
        .expect("a shipped profile");
    (app, db)
}

#[tokio::test]
async fn gen_02_each_profile_is_typed_policy_and_differs_where_its_rules_say_so() {
    let (national, _) = program("national").await;
    let (guangdong, _) = program("guangdong").await;
    let (beijing, _) = program("beijing").await;
    let chain = |app: &web::App| {
        app.policy::<transfers::Policy>()
            .allows(transfers::Kind::Batch)
    };
    assert_eq!(
        (chain(&national), chain(&guangdong), chain(&beijing)),
        (true, false, false),
        "TRF-42, TRF-06"
    );
    let seats = |app: &web::App| app.policy::<accounts::Policy>().max_administrators;
    assert_eq!(seats(&national), 2);
    assert_ne!(seats(&guangdong), 2);
    assert!(tuanjian::wiring::policies("atlantis").is_err());
}

#[tokio::test]
async fn gen_04_a_change_without_an_audit_record_is_not_committed() {
    let db = testkit::database().await;
    let mut tx = db.begin(Actor::system("test")).await.unwrap();
    sqlx::query!("insert into setting (name, value) values ('test', 'true')")
        .execute(&mut *tx)
        .await
        .unwrap();
    assert!(matches!(tx.commit().await, Err(Error::Internal(_))));
    let mut tx = db.begin(Actor::system("test")).await.unwrap();
    sqlx::query!("insert into setting (name, value) values ('test', 'true')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.record(
        Event::new("test.set", "setting", Uuid::nil())
            .before(serde_json::json!(null))
            .after(serde_json::json!(true)),
    );
    tx.commit().await.unwrap();
    let mut reader = db.read().await.unwrap();
    let kept = sqlx::query!("select action, actor_role, actor_name, detail, at from audit_log")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (
            kept[0].action.as_str(),
            kept[0].actor_role.as_str(),
            kept[0].at
        ),
        ("test.set", "system", testkit::now())
    );
    assert!(kept[0].detail.contains("\"after\":true"));
}

#[tokio::test]
async fn sec_42_the_keys_open_with_their_own_master_key_only() {
    let db = testkit::database().await;
    let mut conn = db.pool.acquire().await.unwrap();
    let answer = Keyring::load(&mut conn, &[7; 32], Suite::Sm, &db.random, testkit::now()).await;
    assert!(answer.unwrap_err().to_string().contains("主密钥"));
}

#[tokio::test]
async fn acc_28_the_first_administrator_comes_in_by_a_code_that_works_once() {
    let (app, db) = program("national").await;
    let mut conn = db.pool.acquire().await.unwrap();
    sqlx::raw_sql("delete from branch_counter; delete from org; update number_range set next = 10000001 where name = 'org'")
        .execute(&mut *conn)
        .await
        .unwrap();
    drop(conn);
    let front = "99900119800101001";
    let id = format!("{front}{}", base::check_digit(front.as_bytes()));
    assert!(
        tuanjian::founding::found(&app, "共青团演示省委员会", "钱首任", "123")
            .await
            .is_err(),
        "a wrong number founds nothing"
    );
    let told = tuanjian::founding::found(&app, "共青团演示省委员会", "钱首任", &id)
        .await
        .unwrap();
    assert!(
        told.contains("/forgot") && told.contains("只能用一次") && !told.contains(&id),
        "{told}"
    );
    let mut reader = db.read().await.unwrap();
    let root = orgs::by_path(&mut reader, &base::OrgPath::root())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        accounts::administrators(&mut reader, root.id)
            .await
            .unwrap()
            .len(),
        1
    );
    drop(reader);
    let again = tuanjian::founding::found(&app, "另一个", "孙再来", &id).await;
    assert!(again.unwrap_err().to_string().contains("不能重复初始化"));
}

#[tokio::test]
async fn sec_21_every_answer_carries_the_headers() {
    let (app, _) = program("national").await;
    for path in ["/login", "/no-such-page", "/console", "/assets/missing"] {
        let request = Request::builder()
            .uri(path)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = tuanjian::wiring::router(&app)
            .oneshot(request)
            .await
            .unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("")
                .to_owned()
        };
        assert!(
            header("content-security-policy")
                .starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            header("strict-transport-security").contains("31536000"),
            "{path}"
        );
        if !path.starts_with("/assets") {
            assert_eq!(header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn sec_75_an_unknown_page_answers_in_chinese_with_a_number_and_no_internals() {
    let app = TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies: tuanjian::wiring::policies("national").unwrap(),
        ..Setup::default()
    })
    .await;
    let answer = app.guest().get("/no-such-page").await.expect(404);
    assert!(answer.has("没有这个页面") && answer.has("编号") && !answer.has("axum"));
}

#[tokio::test]
async fn sec_22_every_answer_forbids_what_the_product_does_not_need() {
    let (app, _) = program("national").await;
    for path in ["/login", "/console", "/no-such-page"] {
        let request = Request::builder()
            .uri(path)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = tuanjian::wiring::router(&app)
            .oneshot(request)
            .await
            .unwrap();
        for (name, value) in [
            (
                "strict-transport-security",
                "max-age=31536000; includeSubDomains",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=()",
            ),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            let told = answer.headers().get(name).and_then(|v| v.to_str().ok());
            assert_eq!(told, Some(value), "{path} {name}");
        }
    }
}

/// The wired routes with the fake league.
async fn league() -> TestApp {
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies: tuanjian::wiring::policies("national").expect("set up"),
        ..Setup::default()
    })
    .await
}

/// Counts of a branch as if its members had these faults.
async fn count(app: &TestApp, faults: i32, uncertified: i32) {
    let mut conn = app.db.pool.acquire().await.expect("set up");
    sqlx::query!(
        "insert into branch_counter (org_id, path, members, cadres, persons, incomplete, number_faults, uncertified)
         values ($1, $2, 3, 0, 3, 0, $3, $4)
         on conflict (org_id) do update set number_faults = excluded.number_faults, uncertified = excluded.uncertified",
        app.league.branch.id.0,
        app.league.branch.path.as_str(),
        faults,
        uncertified
    )
    .execute(&mut *conn)
    .await
    .expect("set up");
}

#[tokio::test]
async fn acc_08_what_must_be_looked_at_after_sign_in_comes_in_order_and_the_information_last() {
    let app = league().await;
    let admin = app.admin("甲", &app.league.branch);
    let first = admin.get("/start?next=/console/inbox").await.expect(303);
    assert_eq!(
        first.location, "/console/info?later=/console/inbox",
        "ORG-10: nothing but the information is owed"
    );
    count(&app, 2, 1).await;
    let page = admin.get("/start?next=/console/inbox").await.expect(200);
    let at = |words: &str| page.body.find(words).unwrap_or(usize::MAX);
    assert!(at("2名团员的编号不规范") < at("1名团员的身份尚未认证"));
    assert!(at("1名团员的身份尚未认证") < at("知道了，去补全组织信息"));
    assert!(page.has("href=\"/console/info?later=/console/inbox\""));
    assert!(
        !page.has("下级组织录入进度"),
        "ORG-41: only once the own information is complete"
    );
    // Whoever may not edit the information is not asked for it.
    let cadre = app.client(testkit::signed_in(
        "乙",
        access::Role::Cadre,
        &app.league.college,
    ));
    let place = cadre.get("/start?next=/console").await.expect(303).location;
    assert_eq!(place, "/console");
}

#[tokio::test]
async fn org_10_the_information_is_asked_at_sign_in_and_may_be_postponed() {
    let app = league().await;
    let admin = app.admin("甲", &app.league.college);
    admin
        .get("/console/info?later=/console/inbox")
        .await
        .expect(200)
        .see("组织信息未完善：")
        .see("href=\"/console/inbox\">稍后再补，先进入系统");
    admin
        .get("/console")
        .await
        .expect(200)
        .see("组织信息未完善：");
    for outside in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let page = admin
            .get(&format!(
                "/console/info?later={}",
                web::list::encode(outside)
            ))
            .await;
        assert!(!page.has("evil.example"), "{outside}");
        let place = admin
            .get(&format!("/start?next={}", web::list::encode(outside)))
            .await
            .expect(303)
            .location;
        assert_eq!(place, "/console/info?later=/", "{outside}");
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a look past the capabilities")]
async fn org_07_leading_bodies_are_seeded_once_and_never_into_a_demonstration() {
    use tuanjian::bodies::{Seeded, seed};
    let (app, db) = program("national").await;
    let all = Seeded { made: 38, there: 0 };
    assert_eq!(seed(&app, None, 1).await.unwrap(), all);
    // Renamed meanwhile, it is known again by its region.
    sqlx::query("update org set short_name = '团津门委' where region = '120000'")
        .execute(&db.pool)
        .await
        .unwrap();
    let again = Seeded { made: 0, there: 38 };
    assert_eq!(seed(&app, None, 1).await.unwrap(), again);
    let tianjin = seed(&app, Some("12"), 3).await.unwrap();
    assert_eq!((tianjin.made, tianjin.there), (16, 1));
    let hebei = seed(&app, Some("13"), 2).await.unwrap();
    assert_eq!((hebei.made, hebei.there), (11, 1));
    let mut reader = db.read().await.unwrap();
    let found: Vec<(String, String)> = sqlx::query_as(
        "select short_name, full_name from org where region in ('130100', '120116') order by region",
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    let names = |n: usize| (found[n].0.as_str(), found[n].1.as_str());
    assert_eq!(names(0).0, "团滨海新区委");
    assert_eq!(names(1), ("团石家庄市委", "共青团河北省石家庄市委员会"));
    drop(reader);
    assert!(seed(&app, Some("99"), 1).await.is_err());
    sqlx::query("insert into setting (name, value) values ('demo', '{}')")
        .execute(&db.pool)
        .await
        .unwrap();
    let refused = seed(&app, None, 1).await.unwrap_err();
    assert!(refused.to_string().contains("演示"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a look past the capabilities")]
async fn org_07_a_root_that_is_a_provinces_body_is_known_by_its_name_and_alone_has_its_rights() {
    use tuanjian::bodies::{province_of, seed};
    assert_eq!(province_of("共青团山东省委员会"), Some("370000"));
    assert_eq!(province_of("团山东省委"), Some("370000"));
    for other in [
        "共青团中央委员会",
        "共青团山东省某某公司委员会",
        "共青团济南市委员会",
    ] {
        assert_eq!(province_of(other), None, "{other}");
    }
    let (app, db) = program("national").await;
    sqlx::query("update org set full_name = '共青团山东省委员会', short_name = '团山东省委' where parent_id is null")
        .execute(&db.pool)
        .await
        .unwrap();
    let refused = seed(&app, Some("44"), 2).await.unwrap_err();
    assert!(refused.to_string().contains("--province 37"), "{refused}");
    assert_eq!(seed(&app, None, 2).await.unwrap().made, 16, "its cities");
    let mut reader = db.read().await.unwrap();
    let root = orgs::by_path(&mut reader, &base::OrgPath::root())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(root.region.as_deref(), Some("370000"));
    let below = orgs::children(&mut reader, root.id).await.unwrap();
    let jinan = below
        .iter()
        .find(|org| org.short_name == "团济南市委")
        .unwrap();
    assert_eq!(jinan.full_name, "共青团山东省济南市委员会");
    let province = orgs::province(&mut reader, jinan).await.unwrap().unwrap();
    assert_eq!(province.id, root.id);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a look past the capabilities")]
async fn gwy_10_receipts_come_by_the_secret_address_only() {
    use gateways::{Approved, Caller, Gateways, Patience, Tencent, TencentAccount, Words};
    use testkit::vendors::sms;
    let db = testkit::database().await;
    let vendor = sms::Vendor::tencent(&db.clock).await;
    let code = Approved {
        id: sms::TEXT.into(),
        params: vec!["purpose".into(), "code".into()],
    };
    let account = TencentAccount {
        base: vendor.base.clone(),
        region: "ap-guangzhou".into(),
        secret_id: sms::KEY_ID.into(),
        secret_key: sms::KEY.into(),
        app_id: sms::APP.into(),
        sign: sms::SIGN.into(),
        texts: [("code".to_owned(), code)].into(),
    };
    let provider = Tencent::new(account, Caller::new(Patience::default()));
    let gateways = Gateways {
        sms: Some(std::sync::Arc::new(provider)),
        sms_receipts: Some("abcdefghij0123456789".into()),
        ..Gateways::default()
    };
    let mut jobs = db::jobs::Registry::default();
    jobs.add(gateways::jobs(&gateways), Vec::new());
    let mut policies = tuanjian::wiring::policies("national").unwrap();
    policies.add(gateways);
    let app = TestApp::with(
        Setup {
            routes: tuanjian::wiring::routes(),
            policies,
            ..Setup::default()
        },
        db,
    );
    let mut tx = app.db.begin(Actor::system("test")).await.unwrap();
    let words = Words::new("code", &[("purpose", "首次登录"), ("code", "012345")]);
    let phone = base::Mobile::trusted("10000000017");
    gateways::sms(&mut tx, &phone, "短信验证码", "验证码012345", &words)
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    jobs.drain(&app.db).await.unwrap();
    let called = serde_json::json!([{
        "user_receive_time": "2026-09-18 09:00:00", "nationcode": "86", "mobile": "10000000017",
        "report_status": "SUCCESS", "errmsg": "DELIVRD", "sid": vendor.taken()[0].serial,
    }]);
    let guest = app.guest();
    let own = "/gateway/sms/abcdefghij0123456789";
    for wrong in ["/gateway/sms/abcdefghij0123456780", "/gateway/sms/x"] {
        guest.send_json(wrong, &called).await.expect(403);
    }
    guest
        .send_json(own, &called)
        .await
        .expect(200)
        .see(r#""result":0"#);
    let strange = serde_json::json!([{ "report_status": "SUCCESS", "sid": "another" }]);
    for body in [strange, serde_json::json!({ "no": "list" })] {
        guest
            .send_json(own, &body)
            .await
            .expect(200)
            .see(r#""result":1"#);
    }
    let mut reader = app.db.read().await.unwrap();
    let kept: Option<String> = sqlx::query_scalar("select receipt from outgoing")
        .fetch_one(&mut *reader)
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some("delivered"));
}

#[tokio::test]
async fn gen_02_the_demonstration_stands_in_every_profile_and_lets_its_accounts_in() {
    for profile in ["national", "guangdong", "beijing"] {
        let url = testkit::bare_database().await;
        let (app, db) = program_on(profile, testkit::open_database(&url).await);
        if let Err(cause) = tuanjian::demo::seed(&app, tuanjian::demo::SEED).await {
            panic!("{profile}: {cause:#}");
        }
        let app = TestApp::with(
            Setup {
                routes: tuanjian::wiring::routes(),
                policies: tuanjian::wiring::policies(profile).unwrap(),
                ..Setup::default()
            },
            db,
        );
        for account in tuanjian::demo::accounts(app.app.policy()) {
            let typed = [
                ("identifier", account.login.as_str()),
                ("password", &account.password),
            ];
            let answer = app.guest().submit("/login", "/login", &typed).await;
            assert_eq!(
                answer.status, 303,
                "{profile}, {}: {}",
                account.role, answer.body
            );
        }
    }
}

#[test]
fn acc_67_what_asks_for_the_password_again_is_declared_on_its_route() {
    let routes = tuanjian::wiring::routes();
    let mut declared: Vec<String> = routes
        .table()
        .iter()
        .filter(|route| route.proved)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    declared.sort();
    let mut wanted = [
        // Administrators, operators, deputies, auditors, reviews (ACC-67).
        "POST /console/administrators",
        "POST /console/auditors/{id}",
        "POST /console/deputies",
        "POST /console/four-eyes",
        "POST /console/handover",
        "POST /console/operators",
        "POST /console/review",
        // Codes, passwords and factors of others.
        "POST /console/codes/batch",
        "POST /console/codes/credentials",
        "POST /console/codes/org",
        "POST /console/codes/{id}/credentials",
        "POST /console/codes/{id}/issue",
        "POST /console/people/{id}/account",
        "POST /console/people/{id}/account/state",
        "POST /console/people/{id}/reset",
        "POST /console/people/{id}/second",
        "POST /console/resets",
        // Organisations that end, come back or move.
        "POST /console/merging/{id}",
        "POST /console/moves",
        "POST /console/orgs/{id}/remove",
        "POST /console/recycle",
        // Memberships that end (SEC-11: bulk deletion).
        "GET /console/filings/new",
        "POST /console/filings/new",
        "POST /console/filings/{branch}/{id}/reverse",
        "POST /console/leaving",
        // The own account (SEC-11).
        "GET /account/binding/{kind}",
        "GET /account/binding/{kind}/begin",
        "GET /account/phone",
        "GET /account/redeem",
        "POST /account/binding/{kind}",
        "POST /account/binding/{kind}/code",
        "POST /account/holder",
        "POST /account/passkeys/remove",
        "POST /account/phone",
        "POST /account/phone/new",
        "POST /account/phone/old",
        "POST /account/proof",
        "POST /account/redeem",
    ];
    wanted.sort_unstable();
    assert_eq!(declared, wanted);
}
