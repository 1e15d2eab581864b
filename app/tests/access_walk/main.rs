//! Every declared route, as every role, on an organisation out of the role's sight (SEC-12): what the declaration says
//! is what the server does. The table of answers stands in docs/access-routes.md.

mod cells;
mod posts;
mod seats;

use access::Role;
use seats::start;
use testkit::{Client, TestApp, signed_in};
use uuid::Uuid;
use web::routes::Access;

/// The path with somebody else's organisation, or an id out of nowhere, in every parameter.
fn fill(path: &str, foreign: Uuid) -> String {
    path.split('/')
        .map(|part| match part {
            "{kind}" => "members".to_owned(),
            part if part.starts_with('{') => foreign.to_string(),
            part => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn visitors(app: &TestApp) -> Vec<(&'static str, Client)> {
    let l = &app.league;
    vec![
        ("访客", app.guest()),
        (
            "外单位团员",
            app.member(base::PersonId(Uuid::from_u128(77)), "甲", &l.workshop),
        ),
        (
            "外单位团干部",
            app.client(signed_in("乙", Role::Cadre, &l.workshop)),
        ),
        ("外单位支部管理员", app.admin("丙", &l.workshop)),
        ("外单位团委管理员", app.admin("丁", &l.company)),
        ("外市管理员", app.admin("戊", &l.other_city)),
    ]
}

#[tokio::test]
async fn sec_12_every_route_keeps_its_declaration_for_every_role() {
    let app = start().await;
    let foreign = app.league.branch_3.id.0;
    let visitors = visitors(&app);
    let mut table = String::from("| 方法 | 路径 | 声明 |");
    for (name, _) in &visitors {
        table.push_str(&format!(" {name} |"));
    }
    table.push_str(&format!(
        "\n|---|---|---|{}\n",
        "---|".repeat(visitors.len())
    ));
    let routes = tuanjian::wiring::routes();
    assert!(routes.table().len() > 40, "all capabilities are wired");
    for route in routes.table() {
        // Somebody refused this often within a minute would be told to wait (SEC-71).
        let clock = &app.db.clock;
        clock.move_to(clock.now() + chrono::TimeDelta::seconds(1));
        let path = fill(route.path, foreign);
        let declared = match route.access {
            Access::Public => "所有人".to_owned(),
            Access::SignedIn => "已登录".to_owned(),
            Access::Own => "本人".to_owned(),
            Access::Needs(permission) => permission.label().to_owned(),
            Access::Demo => "仅演示".to_owned(),
        };
        table.push_str(&format!(
            "| {} | {} | {declared} |",
            route.method, route.path
        ));
        for (name, client) in &visitors {
            let get = route.method == "GET";
            let answer = if get {
                client.get(&path).await
            } else {
                client.post(&path, &[]).await
            };
            let place = format!("{} {path} as {name}: {}", route.method, answer.status);
            assert!(answer.status < 500, "{place}: {}", answer.body);
            if !get {
                // Without a key of the own session nothing is taken, whoever asks (SEC-20); programs are asked for their token.
                let by_programs = route.path.starts_with("/api/") && answer.status == 401;
                assert!(
                    by_programs || matches!(answer.status, 303 | 403 | 404 | 409 | 422),
                    "{place}"
                );
                assert!(
                    answer.status != 303 || answer.location.starts_with("/login"),
                    "{place} {}",
                    answer.location
                );
            } else if *name == "访客" && !matches!(route.access, Access::Public | Access::Demo) {
                assert_eq!(
                    (answer.status, answer.location.starts_with("/login")),
                    (303, true),
                    "{place}"
                );
            } else if route.path.replace("{kind}", "").contains('{')
                && matches!(route.access, Access::Needs(_))
            {
                assert_ne!(
                    answer.status, 200,
                    "{place}: somebody else's object is shown"
                );
            }
            table.push_str(&format!(" {} |", answer.status));
        }
        table.push('\n');
    }
    let wrote: i64 = {
        let mut reader = app.db.read().await.unwrap();
        sqlx::query_scalar!(r#"select count(*) as "n!" from audit_log"#)
            .fetch_one(&mut *reader)
            .await
            .unwrap()
    };
    assert_eq!(wrote, 0, "a walk without keys changed something");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access-routes.md");
    let printed = format!(
        "# 路由与权限\n\n每条路由对“不在管理范围内的组织”的回答，由测试逐条访问得出（POST 不带表单密钥）。\n\n{table}"
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &printed).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap_or_default(),
        printed,
        "run ./test --bless after a wanted change"
    );
}

#[tokio::test]
async fn sec_12_somebody_elses_and_nobodys_object_answer_alike() {
    let app = start().await;
    let branch = app.admin("丙", &app.league.workshop);
    for path in ["/console/orgs/{}", "/console/members/{}"] {
        let foreign = branch
            .get(&path.replace("{}", &app.league.branch_3.id.to_string()))
            .await;
        let unknown = branch
            .get(&path.replace("{}", &Uuid::from_u128(5).to_string()))
            .await;
        assert_eq!((foreign.status, unknown.status), (403, 403), "{path}");
        let plain = |body: &str| {
            let start = body.find("编号").unwrap();
            let end = start + body[start..].find("</p>").unwrap();
            format!("{}{}", &body[..start], &body[end..])
        };
        assert_eq!(
            plain(&foreign.body),
            plain(&unknown.body),
            "equal but for the request's number"
        );
    }
}

#[tokio::test]
async fn sec_12_a_refusal_is_recorded() {
    let app = start().await;
    let branch = app.admin("丙", &app.league.workshop);
    branch
        .get(&format!("/console/orgs/{}", app.league.branch_3.id))
        .await
        .expect(403);
    let mut reader = app.db.read().await.unwrap();
    let noted = sqlx::query_scalar!(
        r#"select count(*) as "n!" from security_event where kind = 'refusal'"#
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    assert_eq!(noted, 1);
}
