//! Menus per role (ACC-83): what is offered opens, what is not offered is refused, and members and administrators each
//! find their own.

use access::Role;
use testkit::{Client, Setup, TestApp, signed_in};

async fn start() -> TestApp {
    start_under("national").await
}

async fn start_under(profile: &str) -> TestApp {
    let policies = tuanjian::wiring::policies(profile).expect("a shipped profile");
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies,
        shell: Some(std::sync::Arc::new(tuanjian::shell::ProgramShell)),
        ..Setup::default()
    })
    .await
}

/// The places of the console's menu.
async fn menu(client: &Client) -> Vec<String> {
    let page = client.get("/console").await.expect(200);
    let nav = page.body.split("<nav").nth(1).expect("a menu");
    let nav = nav.split("</nav>").next().expect("its end");
    nav.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|place| place.starts_with("/console"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn acc_83_each_role_finds_in_its_menu_what_it_may_open_and_nothing_else() {
    let app = start().await;
    let l = &app.league;
    let committee_only = ["/console/subordinates", "/console/codes"];
    for (role, org) in [
        (Role::Administrator, &l.branch),
        (Role::Administrator, &l.general),
        (Role::Administrator, &l.college),
        (Role::Administrator, &l.city),
        (Role::Cadre, &l.college),
        (Role::Cadre, &l.branch),
        (Role::Auditor, &l.root),
    ] {
        let client = app.client(signed_in("赵演示", role, org));
        let places = menu(&client).await;
        assert!(places.len() > 5, "{role:?} {places:?}");
        for place in &places {
            let answer = client.get(place).await;
            assert_eq!(answer.status, 200, "{role:?} {:?} {place}", org.category);
        }
        for place in committee_only {
            let offered = places.iter().any(|p| p == place);
            let opens = client.get(place).await.status == 200;
            assert_eq!(offered, opens, "{role:?} {:?} {place}", org.category);
        }
        let manages = role == Role::Administrator && org.category != base::OrgCategory::Branch;
        assert_eq!(
            places.iter().any(|p| p == "/console/codes"),
            manages,
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn acc_83_members_have_their_own_port_and_whoever_is_both_finds_both() {
    let app = start().await;
    let l = &app.league;
    let person = base::PersonId(uuid::Uuid::from_u128(77));
    let member = app.member(person, "孙演示", &l.branch);
    member.get("/console").await.expect(403);
    let both = app.client(web::SignedIn {
        branch: Some(l.branch.clone()),
        ..signed_in("赵演示", Role::Administrator, &l.branch)
    });
    assert!(!menu(&both).await.is_empty());
    let cadre = both.get("/cadre").await.expect(200);
    cadre.see("href=\"/member\"").see("href=\"/console\"");
}

#[tokio::test]
async fn org_01_the_home_page_shows_the_four_steps_until_the_subtree_is_built() {
    for (profile, given) in [
        ("national", "生成并发放管理员注册码"),
        ("beijing", "发放组织注册码和登录资料"),
        ("guangdong", "生成并转交登录资料"),
    ] {
        let app = start_under(profile).await;
        let l = &app.league;
        let client = app.client(signed_in("赵演示", Role::Administrator, &l.general));
        let sql = async |text: String| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text))
                .execute(&app.db.pool)
                .await
                .expect("changed");
        };
        // Which of the four are done.
        let stand = async || {
            let page = client.get("/console").await.expect(200);
            let list = page.body.split("tj-flow").nth(1)?.split("</ol>").next()?;
            assert!(list.contains(given), "{profile}: {list}");
            let steps = list.split("<li class=\"").skip(1);
            Some(
                steps
                    .map(|s| if s.starts_with("is-done") { 'x' } else { '.' })
                    .collect::<String>(),
            )
        };
        let state = |state: &str| {
            format!(
                "update org set state = '{state}' where org_id = '{}'",
                l.branch_3.id
            )
        };
        sql(state("created")).await;
        assert_eq!(stand().await.as_deref(), Some("x.x."), "{profile}");
        // A good code or an account is a way in; a code that has lapsed is none.
        sql(format!(
            "insert into registration_code (org_id, code_id, kind, code_sealed, issued_at, issued_by, expires_at, state)
             values ('{}', gen_random_uuid(), 'admin', '', '2026-09-18', '赵演示', '2026-10-09', 'valid')",
            l.branch_3.id
        ))
        .await;
        assert_eq!(stand().await.as_deref(), Some("x.xx"), "{profile}");
        app.move_to("2026-10-09 10:00");
        assert_eq!(stand().await.as_deref(), Some("x.x."), "{profile}");
        sql(state("active")).await;
        assert_eq!(stand().await.as_deref(), Some("x.xx"), "{profile}");
        if profile != "guangdong" {
            continue;
        }
        // The own information is whole, but the subtree is not: the steps stay until a snapshot says it is.
        let snapshot = |complete: u8| {
            format!(
                "update org set info_saved_at = '2026-09-18', phone = '10000000001', email = 'a@b.example', admin_posts = 0, admin_actual = 0,
                        inst_posts = 0, inst_actual = 0, sector = coalesce(sector, '其他') where org_id = '{0}';
                 insert into org_progress (org_id, path, category, entered, missing, has_subs, has_branch, persons_done, at, below)
                 values ('{0}', '{1}', 'general_branch', true, '{{}}', true, true, true, '2026-09-18',
                         '{{\"at\": \"2026-09-18T02:00:00Z\", \"found\": {{}},
                            \"levels\": [{{\"all\": 1, \"entered\": 1, \"complete\": {complete}, \"parents\": 0, \"with_subs\": 0, \"persons_done\": 1}}]}}')
                 on conflict (org_id) do update set below = excluded.below",
                l.general.id, l.general.path
            )
        };
        sql(snapshot(0)).await;
        assert_eq!(stand().await.as_deref(), Some("xxxx"), "{profile}");
        sql(snapshot(1)).await;
        assert_eq!(stand().await, None);
    }
}

#[tokio::test]
async fn acc_29_a_file_of_first_passwords_is_taken_once() {
    let app = start_under("guangdong").await;
    let me = signed_in("赵演示", Role::Administrator, &app.league.college);
    let owner = me.account;
    let client = app.client(me);
    let file = |n: u128| base::FileId(uuid::Uuid::from_u128(n));
    for (n, purpose) in [(1, files::ONCE), (2, "codes")] {
        let bytes = axum::body::Bytes::from_static(b"x");
        app.app.files().put(file(n), bytes).await.expect("kept");
        let mut tx = app.db.begin(access::Actor::system("test")).await.unwrap();
        let now = tx.now();
        let facts = files::StoredFile {
            owner,
            name: "登录资料.xlsx".into(),
            content_type: "text/plain".into(),
            expires_at: Some(now + chrono::TimeDelta::hours(24)),
        };
        files::register(&mut tx, file(n), &facts, purpose, 1, now)
            .await
            .unwrap();
        tx.commit_housekeeping().await.unwrap();
        client.get(&format!("/files/{}", file(n))).await.expect(200);
    }
    app.move_to("2026-09-18 10:10");
    client.get(&format!("/files/{}", file(1))).await.expect(403);
    client.get(&format!("/files/{}", file(2))).await.expect(200);
}
