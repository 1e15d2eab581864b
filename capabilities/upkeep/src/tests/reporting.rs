//! 数据统计 and 查看分类统计.

use super::kit::Kit;
use access::OrgRef;

const HERE: &str = "/console/statistics";

async fn counted(kit: &Kit) {
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&kit.app.league.root))
        .await
        .expect("begin");
    crate::ask_progress(&mut tx).await.expect("asked");
    tx.commit().await.expect("commit");
    kit.app.settle().await;
}

async fn figures(kit: &Kit, org: &OrgRef) -> crate::rules::report::Counts {
    use crate::store::report as store;
    let mut reader = kit.app.db.read().await.expect("reader");
    let at = store::made_at(&mut reader)
        .await
        .expect("query")
        .expect("a run");
    let figures = store::of(&mut reader, org.id, at).await.expect("query");
    figures.expect("a row").all
}

#[tokio::test]
async fn org_34_statistics_lead_from_the_number_to_the_list_and_its_download() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let before = client.get(HERE).await.expect(200);
    assert!(before.has("还没有统计") && before.has("现在统计一次"));
    client
        .submit(HERE, "/console/statistics/make", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    let page = client.get(HERE).await.expect(200);
    for text in [
        "数据更新于",
        "信息学院团委",
        "文学院团总支",
        "组织关系转接统计",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("月度业务响应统计"), "guangdong's");
    // Three branches below, none has anybody.
    let few = format!("{HERE}/list?org=10000004&kind=few");
    assert!(page.has(&few.replace('&', "&#38;")) || page.has(&few.replace('&', "&amp;")));
    let list = client.get(&few).await.expect(200);
    for name in [
        "软件2023级1班团支部",
        "软件2023级2班团支部",
        "汉语2024级1班团支部",
    ] {
        assert!(list.has(name), "{name}");
    }
    let file = client
        .get(&format!("{HERE}/list/export?org=10000004&kind=few"))
        .await
        .expect(200);
    assert!(file.bytes.starts_with(b"PK"));
    let table = client.get(&format!("{HERE}/export")).await.expect(200);
    assert!(table.bytes.starts_with(b"PK"));
    // A subordinate's own page, and nothing of anybody else's (SEC-12).
    client
        .get(&format!("{HERE}?org=10000005"))
        .await
        .expect(200)
        .see("软件2023级1班团支部");
    for place in [
        HERE.to_owned(),
        format!("{HERE}/list"),
        format!("{HERE}/sectors"),
    ] {
        let place = format!("{place}?org=10000010");
        assert_ne!(client.get(&place).await.status, 200, "{place}");
    }
    kit.console(&league.branch).get(HERE).await.expect(200);
}

#[tokio::test]
async fn fld_80_hollow_few_and_headless_as_the_night_counts_them() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    for n in 1..3 {
        kit.member("李演示", n, &league.branch).await;
    }
    counted(&kit).await;
    let branch = figures(&kit, &league.branch).await;
    assert_eq!((branch.few, branch.headless, branch.members), (1, 1, 2));
    // The company's committee has the workshop; without it, it is hollow.
    assert_eq!(figures(&kit, &league.company).await.hollow, 0);
    kit.sql(&format!(
        "update org set state = 'deleted' where org_id = '{}'",
        league.workshop.id
    ))
    .await;
    kit.cadre("王演示", 3, &league.branch, &league.branch, true)
        .await;
    let page = kit.console(&league.city).get(HERE).await.expect(200);
    assert!(page.has("月度业务响应统计"));
    // What changed since shows after the next night, at 2:00 (FLD-83).
    assert_eq!(figures(&kit, &league.company).await.hollow, 0);
    kit.app.move_to("2026-09-19 02:00");
    kit.app.settle().await;
    let branch = figures(&kit, &league.branch).await;
    assert_eq!((branch.few, branch.headless, branch.members), (0, 0, 3));
    assert_eq!(figures(&kit, &league.company).await.hollow, 1);
    let city = figures(&kit, &league.city).await;
    assert_eq!((city.hollow, city.orgs, city.cadres), (1, 8, 1));
    let page = kit.console(&league.city).get(HERE).await.expect(200);
    assert!(page.has("aria-label=\"1 个空心\""), "red with a word");
}

#[tokio::test]
async fn fld_80_a_report_in_that_waits_counts_and_a_returned_one_does_not() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    let waiting = |how: &str, case: u32| {
        format!(
            "insert into org_inbox (org_id, case_id, step_no, subject_id, kind, todo, title, subject_name, summary, part, arrived_at,
                                    deadline_outcome, sort_at, done_at, done_how)
             values ('{}', '00000000-0000-0000-0000-{case:012}', 0, '00000000-0000-0000-0000-{case:012}', 'registration', '报到', '报到', '孙演示', '',
                     'decide', '2026-09-17T02:00:00Z', 'none', 'infinity', {how})",
            league.branch.id
        )
    };
    kit.sql(&waiting("null, null", 1)).await;
    kit.sql(&waiting("'2026-09-17T03:00:00Z', 'return'", 2))
        .await;
    counted(&kit).await;
    let branch = figures(&kit, &league.branch).await;
    assert_eq!((branch.members, branch.pending), (1, 1));
    // FLD-84: two were to be answered, one was in time.
    assert_eq!((branch.must, branch.done), (2, 1));
    let page = kit.console(&league.branch).get(HERE).await.expect(200);
    assert!(page.has("50.0%"), "{}", page.body);
}

#[tokio::test]
async fn fld_82_the_rows_of_the_sectors_add_up_to_the_sum() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .cadre("李演示", 1, &league.branch, &league.branch, true)
        .await;
    // The same person in the company: one person, in one row.
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.company))
        .await
        .expect("begin");
    let company = kit.org(league.company.id).await;
    let (title, nature) = (
        people::titles(company.category)[1],
        people::Nature::FullTime,
    );
    people::appoint(&mut tx, person, &company, title, nature, false, "test")
        .await
        .expect("appointed");
    tx.commit().await.expect("commit");
    kit.sql(&format!(
        "update roster set admitted_on = {} where person_id = '{person}'",
        2025 * 12 + 4
    ))
    .await;
    counted(&kit).await;
    use crate::store::report as store;
    let mut reader = kit.app.db.read().await.expect("reader");
    let at = store::made_at(&mut reader)
        .await
        .expect("query")
        .expect("a run");
    let all = store::of(&mut reader, league.city.id, at)
        .await
        .expect("query")
        .expect("a row");
    drop(reader);
    let sum = crate::rules::report::total(&all.sectors);
    assert_eq!((sum.branches, sum.members, sum.admitted), (4, 1, 1));
    assert_eq!((sum.full_time, sum.part_time, sum.seconded), (1, 0, 0));
    let city = kit.console(&league.city);
    let page = city.get("/console/statistics/sectors").await.expect(200);
    for text in [
        "合计",
        "领导机关",
        "未填",
        "普通高等院校(公办-学生)",
        "团干部按性质",
    ] {
        assert!(page.has(text), "{text}");
    }
    let list = "/console/statistics/list?kind=branch&sector=%E6%9C%AA%E5%A1%AB";
    let found = city.get(list).await.expect(200);
    assert!(!found.has("软件2023级1班团支部"), "it has a sector");
    city.get("/console/statistics/sectors/export")
        .await
        .expect(200);
}
