//! 数据统计 and 查看分类统计.

use super::kit::Kit;
use access::OrgRef;

const HERE: &str = "/console/statistics";
const SECTORS: &str = "/console/statistics/sectors";

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
    let runs = store::runs(&mut reader).await.expect("query");
    let at = runs.at.expect("a run");
    let row = store::of(&mut reader, org.id, at).await.expect("query");
    row.expect("a row").0.all
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
    let whole = [("org", "10000004"), ("kind", "few")];
    let rows = kit
        .download(&client, &few, &format!("{HERE}/list/export"), &whole)
        .await;
    for name in ["上级全称", "软件2023级2班团支部", "汉语2024级1班团支部"] {
        assert!(
            rows.iter().flatten().any(|c| c.contains(name)),
            "{name}: {rows:?}"
        );
    }
    let shown = client.get(&format!("{HERE}/export")).await.expect(200);
    assert!(shown.bytes.starts_with(b"PK"));
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
    let runs = store::runs(&mut reader).await.expect("query");
    let (all, _) = store::of(&mut reader, league.city.id, runs.at.expect("a run"))
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

#[tokio::test]
async fn fld_12_a_disabled_cadre_counts_as_cadre_but_has_not_entered() {
    let kit = Kit::under("guangdong").await;
    let (a, b) = (&kit.app.league.branch, &kit.app.league.branch_2);
    let person = kit.cadre("李演示", 1, a, a, true).await;
    kit.cadre("王演示", 2, b, b, true).await;
    kit.sql(
        "insert into account (account_id, kind, name, state, must_change, created_at, version)
         select person_id, 'personal', name, 'active', false, '2026-09-01', 1 from person
         on conflict (account_id) do update set state = 'active'",
    )
    .await;
    let disable = |org: &OrgRef, yes: bool| {
        format!(
            "update org_post set disabled = {yes} where org_id = '{}' and person_id = '{person}'",
            org.id
        )
    };
    counted(&kit).await;
    let college = &kit.app.league.college;
    let all = figures(&kit, college).await;
    assert_eq!((all.cadres, all.joined), (2, 2));
    kit.sql(&disable(a, true)).await;
    counted(&kit).await;
    let all = figures(&kit, college).await;
    assert_eq!((all.cadres, all.joined), (2, 1), "a cadre as before");
    // C(x) counts enabled records: the branch has no cadre who may act.
    assert_eq!(figures(&kit, a).await.headless, 1);
    // Enabled in another organisation: the person has entered, counted once.
    let mut tx = kit.app.db.begin(kit.admin(b)).await.expect("begin");
    let org = kit.org(b.id).await;
    let title = people::titles(org.category)[1];
    let nature = people::Nature::PartTime;
    people::appoint(&mut tx, person, &org, title, nature, false, "test")
        .await
        .expect("appointed");
    tx.commit().await.expect("commit");
    counted(&kit).await;
    let all = figures(&kit, college).await;
    assert_eq!((all.cadres, all.joined), (2, 2));
    kit.sql(&disable(a, false)).await;
    counted(&kit).await;
    assert_eq!(figures(&kit, a).await.headless, 0);
}

#[tokio::test]
async fn fld_83_earlier_months_can_be_chosen_and_downloaded_as_they_were() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    counted(&kit).await;
    let city = kit.console(&league.city);
    let first = city.get(HERE).await.expect(200);
    assert!(!first.has("id=\"month\""), "nothing to choose yet");
    // The company's workshop is gone and another member there when October's night counts.
    kit.member("王演示", 2, &league.branch).await;
    kit.sql(&format!(
        "update org set state = 'deleted' where org_id = '{}'",
        league.workshop.id
    ))
    .await;
    kit.app.move_to("2026-10-01 02:00");
    kit.app.settle().await;
    let now = city.get(HERE).await.expect(200);
    now.see("2026年9月").see("2026年10月");
    let number = league.number(&league.company);
    let list = |more: &str| format!("{HERE}/list?org={number}&kind=branch{more}");
    let page = city.get(&format!("{HERE}?month=2026-09")).await.expect(200);
    assert!(page.has("是那个月的最后一次统计"));
    assert!(
        !page.has("/console/members?org="),
        "only today's list exists"
    );
    city.get(&list("&month=2026-09"))
        .await
        .expect(200)
        .see("总装车间团支部")
        .see("现已变动");
    assert!(!city.get(&list("")).await.expect(200).has("总装车间团支部"));
    for place in ["export", "sectors", "sectors/export", "list"] {
        let place = format!("{HERE}/{place}?month=2026-09");
        city.get(&place).await.expect(200);
    }
    let past = list("&month=2026-09");
    let fields = [
        ("org", number.to_string()),
        ("kind", "branch".into()),
        ("month", "2026-09".into()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let rows = kit
        .download(&city, &past, &format!("{HERE}/list/export"), &fields)
        .await;
    assert!(
        rows.iter().flatten().any(|cell| cell == "现已变动"),
        "{rows:?}"
    );
    // What was never kept does not exist.
    for month in ["2026-08", "rubbish"] {
        let page = city.get(&format!("{HERE}?month={month}")).await;
        assert_ne!(page.status, 200, "{month}");
    }
}

#[tokio::test]
async fn fld_u7_statistics_of_past_months_stay_where_they_were() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    counted(&kit).await;
    let university = kit.console(&league.university);
    let fields = [
        ("orgs", "10000005"),
        ("to", "10000010"),
        ("reason", "院系划归企业管理"),
    ];
    university
        .submit("/console/moves/new", "/console/moves", &fields)
        .await
        .expect(303);
    kit.pass(league.college.id, &league.company)
        .await
        .expect("agreed");
    // Until the next run the figures are those counted; the row says that it is elsewhere now.
    let page = university.get(HERE).await.expect(200);
    assert!(page.has("信息学院团委") && page.has("现已变动"));
    assert!(!page.has("statistics?org=10000005"));
    kit.app.move_to("2026-10-01 02:00");
    kit.app.settle().await;
    let company = kit.console(&league.company);
    let past = format!("{HERE}?month=2026-09");
    let college = "信息学院团委";
    university.get(&past).await.expect(200).see(college);
    assert!(!university.get(HERE).await.expect(200).has(college));
    assert!(!company.get(&past).await.expect(200).has(college));
    company.get(HERE).await.expect(200).see(college);
    // Its own page of the past month lists what stood below it then.
    let list = format!("{HERE}/list?org=10000005&kind=branch&month=2026-09");
    company
        .get(&list)
        .await
        .expect(200)
        .see("软件2023级1班团支部");
    let list = format!("{HERE}/list?kind=branch&month=2026-09");
    assert!(
        !company
            .get(&list)
            .await
            .expect(200)
            .has("软件2023级1班团支部")
    );
}

#[tokio::test]
async fn fld_81_a_hollow_or_empty_row_offers_to_merge_abolish_and_remind() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    counted(&kit).await;
    let few = format!("{HERE}/list?kind=few");
    let id = league.branch.id;
    let deeds = [
        format!("/console/merging/{id}"),
        format!("/console/orgs/{id}/remove"),
        format!("/console/orgs/{id}/gaps"),
    ];
    let page = kit.console(&league.college).get(&few).await.expect(200);
    for deed in &deeds {
        assert!(page.has(deed), "{deed}");
    }
    // Only the direct superior merges and abolishes; any superior reminds.
    let page = kit.console(&league.university).get(&few).await.expect(200);
    assert!(page.has(&deeds[2]) && !page.has(&deeds[0]) && !page.has(&deeds[1]));
}

#[tokio::test]
async fn fld_82_four_charts_one_of_them_by_band_of_income_where_it_is_asked() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    for (n, band) in [(1, "'b2'"), (2, "'b2'"), (3, "'student'"), (4, "null")] {
        let person = kit.member("李演示", n, &league.branch).await;
        kit.sql(&format!(
            "update roster set income = {band} where person_id = '{person}'"
        ))
        .await;
    }
    counted(&kit).await;
    let mut reader = kit.app.db.read().await.expect("reader");
    use crate::store::report as store;
    let at = store::runs(&mut reader).await.expect("query").at;
    let (all, _) = store::of(&mut reader, league.city.id, at.expect("a run"))
        .await
        .expect("query")
        .expect("a row");
    drop(reader);
    let of = |band: &str| all.income.get(band).copied().unwrap_or_default();
    assert_eq!((of("b2"), of("student"), of("")), (2, 1, 1));
    assert_eq!(all.income.values().sum::<i64>(), all.all.members);
    let page = kit.console(&league.city).get(SECTORS).await.expect(200);
    for text in [
        "组织按行业类别",
        "团员按最高学历",
        "团员按收入",
        "团干部按性质",
        "2000元至5000元",
        "学生（无收入）",
    ] {
        assert!(page.has(text), "{text}");
    }
    let kit = Kit::new().await;
    counted(&kit).await;
    let page = kit.console(&kit.app.league.city).get(SECTORS).await;
    assert!(!page.has("团员按收入"), "not asked for");
}

#[tokio::test]
async fn fld_83_the_page_shown_is_downloaded_at_once_and_all_rows_in_the_background() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    // 502 direct subordinates: a page and a bit, the organisation itself beside them.
    kit.sql(
        "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, version, created_at, accepts_registration)
         select md5('class' || n)::uuid, 20000000 + n, p.org_id, p.path || n, 'branch', 'ordinary', '第' || n || '班团支部', '学校第' || n || '班团支部', 'created', 9999, date '2026-09-01', 1, p.created_at, false
         from org p, generate_series(5000, 5499) n where p.org_no = 10000004",
    )
    .await;
    counted(&kit).await;
    let client = kit.console(&league.university);
    let page = client.get(HERE).await.expect(200);
    let next = page
        .body
        .split('"')
        .find(|part| part.contains("statistics?") && part.contains("after="))
        .expect("a second page")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let second = client.get(&next).await.expect(200);
    let link = second
        .body
        .split('"')
        .find(|part| part.contains("statistics/export?"))
        .expect("the download")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let shown = super::kit::table(client.get(&link).await.expect(200).bytes.to_vec());
    let names = |rows: &[Vec<String>]| -> Vec<String> {
        let names = rows.iter().map(|row| row[0].clone());
        names.filter(|name| name.ends_with("班团支部")).collect()
    };
    assert_eq!(
        names(&shown),
        ["第5498班团支部", "第5499班团支部"],
        "the page shown"
    );
    let all = kit
        .download(&client, HERE, &format!("{HERE}/export"), &[])
        .await;
    assert_eq!(names(&all).len(), 500, "every row once");
    for text in ["组织简称", "信息学院团委", "文学院团总支"] {
        assert!(all.iter().any(|row| row[0] == text), "{text}");
    }
    // The file is its starter's, and what was asked for stands in the record.
    kit.console(&league.branch)
        .submit(HERE, &format!("{HERE}/export"), &[("org", "10000004")])
        .await
        .expect(403);
}
