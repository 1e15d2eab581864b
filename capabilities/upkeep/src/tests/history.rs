use super::kit::Kit;
use orgs::OrgState;

const HERE: &str = "/console/history";

/// What the audit recorded of an organisation, oldest first: before and after.
#[expect(clippy::disallowed_methods, reason = "looks at what was recorded")]
async fn recorded(kit: &Kit, action: &str) -> serde_json::Value {
    let detail: String = sqlx::query_scalar(
        "select detail from audit_log where action = $1 order by at desc limit 1",
    )
    .bind(action)
    .fetch_one(&kit.app.db.pool)
    .await
    .expect("recorded");
    serde_json::from_str(&detail).expect("JSON")
}

#[tokio::test]
async fn org_b8_the_tree_of_any_day_has_names_and_parents_as_the_audit_recorded_them() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    client.get(HERE).await.expect(200).see("还没有记录");
    client
        .submit(HERE, "/console/history/keep", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    let first = client.get(HERE).await.expect(200);
    assert!(
        first.has("记录从 2026-09-18 到 2026-09-18") && first.has("信息学院团委"),
        "{}",
        first.body
    );
    // 19 September: a branch is renamed by the college.
    kit.app.move_to("2026-09-19 10:00");
    kit.app.settle().await;
    kit.sql(&format!(
        "update org set state = 'created' where org_id = '{}'",
        league.branch.id
    ))
    .await;
    let policy = kit.app.app.policy::<orgs::Policy>();
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.college))
        .await
        .expect("begin");
    let branch = orgs::find(&mut tx, league.branch.id)
        .await
        .expect("query")
        .expect("org");
    let new = "海棠理工大学信息学院软件2023级9班团支部";
    orgs::rename(&mut tx, &branch, "软件2023级9班团支部", new, policy)
        .await
        .expect("renamed");
    tx.commit().await.expect("commit");
    // 20 September: the college moves to the company.
    kit.app.move_to("2026-09-20 10:00");
    kit.app.settle().await;
    let fields = [
        ("orgs", "10000005"),
        ("to", "10000010"),
        ("reason", "院系划归企业管理"),
    ];
    client
        .submit("/console/moves/new", "/console/moves", &fields)
        .await
        .expect(303);
    kit.pass(league.college.id, &league.company)
        .await
        .expect("agreed");
    kit.app.move_to("2026-09-21 00:00");
    kit.app.settle().await;
    // The branch on each of the three days, as the audit has it.
    let renamed = recorded(&kit, "org.renamed").await;
    let moved = recorded(&kit, "org.moved").await;
    let mut reader = kit.app.db.read().await.expect("reader");
    let mut at = async |id: base::OrgId, day: &str| {
        let day = day.parse().expect("a day");
        crate::store::history::at(&mut reader, &[id], day)
            .await
            .expect("query")
            .remove(&id)
            .expect("kept")
    };
    let name = |value: &serde_json::Value| value["full_name"].as_str().map(str::to_owned);
    let (old, new) = (
        at(league.branch.id, "2026-09-18").await,
        at(league.branch.id, "2026-09-19").await,
    );
    assert_eq!(Some(old.full_name), name(&renamed["before"]));
    assert_eq!(Some(new.full_name), name(&renamed["after"]));
    let (old, new) = (
        at(league.college.id, "2026-09-19").await,
        at(league.college.id, "2026-09-20").await,
    );
    let parent = |v: &crate::rules::history::Version| v.parent.map(|id| id.to_string());
    let id = |value: &serde_json::Value| value["superior_id"].as_str().map(str::to_owned);
    assert_eq!(parent(&old), id(&moved["before"]));
    assert_eq!(parent(&new), id(&moved["after"]));
    assert_eq!(old.place.as_str(), moved["before"]["path"]);
    assert_eq!(
        at(league.branch.id, "2026-09-20").await.full_name,
        "青禾制造公司信息学院软件2023级9班团支部"
    );
    drop(reader);
    // The pages: the university had the college on the 19th and has it no longer; the company the other way round.
    let then = format!("{HERE}?on=2026-09-19");
    let page = client.get(&then).await.expect(200);
    assert!(page.has("信息学院团委"), "{}", page.body);
    let node = format!("{then}&at={}", league.college.id);
    client
        .get(&node)
        .await
        .expect(200)
        .see("软件2023级9班团支部");
    let now = client.get(HERE).await.expect(200);
    assert!(
        !now.has("信息学院团委") && now.has("文学院团总支"),
        "{}",
        now.body
    );
    client
        .get(&format!("{HERE}?on=2026-09-20&at={}", league.college.id))
        .await
        .expect(403);
    let company = kit.console(&league.company);
    company.get(HERE).await.expect(200).see("信息学院团委");
    assert!(!company.get(&then).await.expect(200).has("信息学院团委"));
    // Differences between two days, for both sides, and nothing where nothing happened.
    let between = "/console/history/changes?from=2026-09-18&to=2026-09-20";
    let page = client.get(between).await.expect(200);
    for text in [
        "迁移",
        "海棠理工大学团委 → 青禾制造公司团委",
        "更名",
        "软件2023级1班团支部 → 软件2023级9班团支部",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    company
        .get(between)
        .await
        .expect(200)
        .see("海棠理工大学团委 → 青禾制造公司团委");
    let one = client
        .get("/console/history/changes?from=2026-09-18&to=2026-09-19")
        .await
        .expect(200);
    assert!(one.has("更名") && !one.has("迁移</span>"), "{}", one.body);
    kit.console(&league.general)
        .get(between)
        .await
        .expect(200)
        .see("没有变化");
    client
        .get("/console/history/changes?from=2026-09-20&to=2026-09-18")
        .await
        .expect(200)
        .see("请调换");
    let day = [("on", "2026-09-18")];
    let rows = kit
        .download(&client, HERE, "/console/history/export", &day)
        .await;
    let has = |rows: &[Vec<String>], text: &str| rows.iter().flatten().any(|c| c.contains(text));
    assert!(
        has(&rows, "级别") && has(&rows, "软件2023级1班团支部"),
        "{rows:?}"
    );
    let days = [("from", "2026-09-18"), ("to", "2026-09-20")];
    let rows = kit
        .download(&client, between, "/console/history/changes/export", &days)
        .await;
    assert!(has(&rows, "更名"), "{rows:?}");
    kit.console(&league.branch).get(HERE).await.expect(403);
}

#[tokio::test]
async fn org_b8_what_is_founded_and_ended_shows_on_its_days_and_a_second_run_changes_nothing() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    client
        .submit(HERE, "/console/history/keep", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    kit.app.move_to("2026-09-19 10:00");
    kit.app.settle().await;
    kit.sql(&format!(
        "update org set state = 'deleted', ended_at = now() where org_id = '{}';
         insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, accepts_registration, created_at, version)
         select gen_random_uuid(), 20000001, org_id, path || '0009', 'branch', 'ordinary', '第9团支部', '第9团支部', 'active', 9, '2020-01-01', true, now(), 1
         from org where org_id = '{}'",
        league.branch_2.id, league.college.id
    ))
    .await;
    assert_eq!(kit.org(league.branch_2.id).await.state, OrgState::Deleted);
    kit.app.move_to("2026-09-20 00:00");
    kit.app.settle().await;
    let between = "/console/history/changes?from=2026-09-18&to=2026-09-19";
    let page = client.get(between).await.expect(200);
    assert!(
        page.has("新建") && page.has("第9团支部") && page.has("撤销"),
        "{}",
        page.body
    );
    let count = async || {
        let mut reader = kit.app.db.read().await.expect("reader");
        let all = orgs::find(&mut reader, league.root.id).await;
        let root = all.expect("query").expect("the root");
        let day = "2026-09-19".parse().expect("a day");
        let tree = crate::store::history::subtree(&mut reader, &root.path, day, "", 1000).await;
        tree.expect("query").len()
    };
    let before = count().await;
    kit.app.move_to("2026-09-21 00:00");
    kit.app.settle().await;
    assert_eq!(count().await, before);
    client
        .get("/console/history/changes?from=2026-09-19&to=2026-09-20")
        .await
        .expect(200)
        .see("没有变化");
}
