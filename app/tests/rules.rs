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
    let db = testkit::database().await;
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
