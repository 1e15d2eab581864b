use super::kit::Kit;
use base::{OrgId, PersonId};
use orgs::OrgState;

const HERE: &str = "/console/graduation";

/// Marks past the two pages.
async fn mark(kit: &Kit, branches: &[OrgId], month: &str) {
    let client = kit.console(&kit.app.league.university);
    let ids: Vec<String> = branches.iter().map(OrgId::to_string).collect();
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("branch", id.as_str())).collect();
    fields.push(("month", month));
    let page = client
        .submit(HERE, "/console/graduation/check", &fields)
        .await
        .expect(200);
    fields.push(("confirm", month));
    let key = page.key();
    fields.push(("_key", &key));
    client.post(HERE, &fields).await.expect(303);
}

#[tokio::test]
async fn org_51_school_committees_mark_leading_bodies_and_branches_do_not() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let page = kit.console(&league.college).get(HERE).await.expect(200);
    assert!(page.has("软件2023级1班团支部") && !page.has("汉语2024级1班团支部"));
    kit.console(&league.general).get(HERE).await.expect(200);
    for org in [&league.city, &league.branch] {
        kit.console(org)
            .get(HERE)
            .await
            .expect(403)
            .see("团的领导机关和团支部不能标记毕业时间。");
    }
    let answer = kit.console(&league.company).get(HERE).await.expect(403);
    assert!(answer.has("单位所属行业类别"), "{}", answer.body);
    let refused = crate::rules::graduation::may_mark(base::OrgCategory::LeadingBody, true);
    assert!(
        refused
            .expect_err("refused")
            .to_string()
            .contains("团的领导机关和团支部不能标记毕业时间。")
    );
    // Somebody else's branch is not there at all.
    let other = league.branch_3.id.to_string();
    kit.console(&league.college)
        .submit(
            HERE,
            "/console/graduation/check",
            &[("branch", &other), ("month", "2027-06")],
        )
        .await
        .expect(403);
}

#[tokio::test]
async fn org_52_marking_shows_the_effects_and_asks_to_be_typed_to() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    let client = kit.console(&league.college);
    let (one, two) = (league.branch.id.to_string(), league.branch_2.id.to_string());
    let fields = [
        ("branch", one.as_str()),
        ("branch", two.as_str()),
        ("month", "2027-06"),
    ];
    let check = "/console/graduation/check";
    let none = client.submit(HERE, check, &fields[..2]).await.expect(422);
    assert!(none.has("请选择毕业时间或填写理由。"));
    let both = [fields[0], fields[2], ("reason", "学制未定")];
    let both = client.submit(HERE, check, &both).await.expect(422);
    assert!(both.has("毕业时间与理由只能填写一项。"));
    let page = client.submit(HERE, check, &fields).await.expect(200);
    for text in ["2 个团支部、1 名团员", "2027年6月1日", "不能更改"] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(kit.org(league.branch.id).await.graduation.is_none());
    let key = page.key();
    let wrong = [fields.as_slice(), &[("confirm", "2027-07"), ("_key", &key)]].concat();
    let wrong = client.post(HERE, &wrong).await.expect(422);
    let key = wrong.key();
    let right = [fields.as_slice(), &[("confirm", "2027-06"), ("_key", &key)]].concat();
    client.post(HERE, &right).await.expect(303);
    // Sent twice it is done once.
    client.post(HERE, &right).await.expect(303);
    for branch in [&league.branch, &league.branch_2] {
        let month = kit.org(branch.id).await.graduation.expect("marked");
        assert_eq!(month.to_string(), "2027-06");
    }
    let told = kit.told(league.branch.id.0).await;
    assert!(told.len() == 1 && told[0].contains("2027年6月"), "{told:?}");
}

#[tokio::test]
async fn org_54_a_month_that_has_passed_is_asked_once_more() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.college);
    let (one, two) = (league.branch.id.to_string(), league.branch_2.id.to_string());
    let send = async |branch: &str, month: &str, past: &str| {
        let fields = [("branch", branch), ("month", month)];
        let check = "/console/graduation/check";
        let page = client.submit(HERE, check, &fields).await.expect(200);
        let asked = page.has("已经过去的月份");
        let key = page.key();
        let all = [("confirm", month), ("past", past), ("_key", &key)];
        (
            asked,
            client.post(HERE, &[&fields[..], &all].concat()).await,
        )
    };
    // Today is 18 September 2026.
    let (asked, sent) = send(&one, "2026-09", "").await;
    assert!(!asked, "this month has not passed");
    sent.expect(303);
    let (asked, sent) = send(&two, "2026-08", "").await;
    assert!(asked);
    sent.expect(422).see("确实如此请勾选确认");
    assert!(kit.org(league.branch_2.id).await.graduation.is_none());
    send(&two, "2026-08", "yes").await.1.expect(303);
    // A month of this year whose 1 June is past switches in the next nightly run.
    kit.app.move_to("2026-09-19 00:09");
    kit.app.settle().await;
    assert_ne!(kit.org(league.branch_2.id).await.state, OrgState::Graduate);
    kit.app.move_to("2026-09-19 00:10");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch_2.id).await.state, OrgState::Graduate);
}

#[tokio::test]
async fn org_54_a_month_of_last_year_switches_in_the_next_nightly_run() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.app.move_to("2027-03-10 10:00");
    kit.app.settle().await;
    kit.sql(&format!(
        "update org set graduation_month = 2026 * 12 + 6 where org_id = '{}';
         update org set graduation_month = 2027 * 12 + 0 where org_id = '{}'",
        league.branch.id, league.branch_2.id
    ))
    .await;
    kit.app.move_to("2027-03-11 00:10");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    assert_ne!(
        kit.org(league.branch_2.id).await.state,
        OrgState::Graduate,
        "this year's waits for 1 June"
    );
}

#[tokio::test]
async fn org_53_branches_of_different_years_are_marked_apart() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let (one, other) = (league.branch.id.to_string(), league.branch_3.id.to_string());
    let fields = [
        ("branch", one.as_str()),
        ("branch", other.as_str()),
        ("month", "2027-06"),
    ];
    let page = client
        .submit(HERE, "/console/graduation/check", &fields)
        .await
        .expect(422);
    for text in [
        "所选支部入学年份不同（2023级、2024级），请分别标记。",
        "单独标记2023级（1 个）",
        "单独标记2024级（1 个）",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    // Names without a year need the tick.
    kit.sql(&format!(
        "update org set short_name = '教工第一团支部' where org_id = '{one}'"
    ))
    .await;
    let page = client
        .submit(HERE, "/console/graduation/check", &fields)
        .await
        .expect(422);
    assert!(page.has("毕业时间相同"), "{}", page.body);
    let ticked = [fields.as_slice(), &[("same", "yes")]].concat();
    client
        .submit(HERE, "/console/graduation/check", &ticked)
        .await
        .expect(200);
}

#[tokio::test]
async fn org_55_a_marked_branch_is_not_marked_again_but_a_reason_may_end_in_a_month() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let one = league.branch.id.to_string();
    let check = "/console/graduation/check";
    let reason = [("branch", one.as_str()), ("reason", "联合培养")];
    let page = client.submit(HERE, check, &reason).await.expect(200);
    let key = page.key();
    let sent = [
        reason.as_slice(),
        &[("confirm", "无法确定"), ("_key", &key)],
    ]
    .concat();
    client.post(HERE, &sent).await.expect(303);
    assert!(
        client
            .get(HERE)
            .await
            .expect(200)
            .has("已标记（无法确定：联合培养）")
    );
    mark(&kit, &[league.branch.id], "2027-06").await;
    let again = [("branch", one.as_str()), ("month", "2027-07")];
    let refused = client.submit(HERE, check, &again).await.expect(422);
    assert!(refused.has("不可更改"), "{}", refused.body);
}

#[tokio::test]
async fn org_56_on_1_june_at_ten_past_midnight_marked_branches_become_graduates() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person: PersonId = kit.member("李演示", 1, &league.branch).await;
    mark(&kit, &[league.branch.id], "2027-12").await;
    mark(&kit, &[league.branch_2.id], "2028-01").await;
    kit.app.move_to("2027-05-31 23:59");
    kit.app.settle().await;
    assert_ne!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    kit.app.move_to("2027-06-01 00:09");
    kit.app.settle().await;
    assert_ne!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    kit.app.move_to("2027-06-01 00:10");
    kit.app.settle().await;
    let branch = kit.org(league.branch.id).await;
    assert_eq!(branch.state, OrgState::Graduate);
    assert!(!branch.accepts_registration, "new registrations end");
    assert_ne!(
        kit.org(league.branch_2.id).await.state,
        OrgState::Graduate,
        "next year's"
    );
    let told = |list: Vec<String>, word: &str| list.iter().any(|m| m.contains(word));
    assert!(told(
        kit.told(league.branch.id.0).await,
        "1 名团员已认定为毕业生"
    ));
    assert!(told(kit.told(league.college.id.0).await, "1 个团支部"));
    assert!(told(kit.told(league.university.id.0).await, "1 个团支部"));
    assert!(told(kit.told(person.0).await, "毕业生团员"));
    assert!(!told(kit.told(league.city.id.0).await, "毕业生团组织"));
    // Marked after the switch of the year: the next night.
    kit.app.move_to("2028-06-20 12:00");
    kit.app.settle().await;
    mark(&kit, &[league.branch_3.id], "2028-07").await;
    kit.app.move_to("2028-06-20 23:59");
    kit.app.settle().await;
    assert_ne!(kit.org(league.branch_3.id).await.state, OrgState::Graduate);
    kit.app.move_to("2028-06-21 00:10");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch_3.id).await.state, OrgState::Graduate);
}

#[tokio::test]
async fn org_56_only_ordinary_branches_of_the_school_sector_switch() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id in ('{}', '{}', '{}');
         update org set kind = 'delayed_graduates' where org_id = '{}'",
        league.branch.id, league.branch_2.id, league.workshop.id, league.branch_2.id
    ))
    .await;
    kit.app.move_to("2027-06-01 00:10");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    assert_ne!(kit.org(league.branch_2.id).await.state, OrgState::Graduate);
    assert_ne!(kit.org(league.workshop.id).await.state, OrgState::Graduate);
}

#[tokio::test]
async fn org_58_beijing_archives_a_graduate_branch_after_120_days() {
    let kit = Kit::under("beijing").await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    mark(&kit, &[league.branch.id, league.branch_2.id], "2027-06").await;
    kit.app.move_to("2027-06-01 00:10");
    kit.app.settle().await;
    kit.app.move_to("2027-09-29 00:09");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    kit.app.move_to("2027-09-30 00:10");
    kit.app.settle().await;
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Archived);
    assert_eq!(
        kit.org(league.branch_2.id).await.state,
        OrgState::Graduate,
        "nobody is left there: it is deleted (ORG-59)"
    );
    let mut reader = kit.app.db.read().await.expect("reader");
    assert!(
        people::membership(&mut reader, person)
            .await
            .expect("query")
            .is_none()
    );
    let told = kit.told(person.0).await;
    assert!(told.iter().any(|m| m.contains("流动团员")), "{told:?}");
}

#[tokio::test]
async fn org_58_the_committee_archives_a_graduate_branch_by_hand_in_beijing_only() {
    for profile in ["beijing", "national"] {
        let kit = Kit::under(profile).await;
        let league = &kit.app.league;
        let person = kit.member("李演示", 1, &league.branch).await;
        let client = kit.console(&league.college);
        let here = format!("/console/orgs/{}/remove", league.branch.id);
        let send = async |confirm: &str| {
            let fields = [("step", "archive"), ("confirm", confirm)];
            client.submit(&here, &here, &fields).await
        };
        send("1").await.expect(422).see("只有毕业生团组织可以归档");
        mark(&kit, &[league.branch.id], "2027-06").await;
        kit.app.move_to("2027-06-01 00:10");
        kit.app.settle().await;
        if profile == "national" {
            assert!(!client.get(&here).await.expect(200).has("确认归档"));
            send("1").await.expect(422);
            continue;
        }
        client.get(&here).await.expect(200).see("转为流动团员");
        send("2").await.expect(422).see("请输入仍在册的人数“1”");
        send("1").await.expect(303);
        assert_eq!(kit.org(league.branch.id).await.state, OrgState::Archived);
        let told = kit.told(person.0).await;
        assert!(
            told.iter().any(|m| m.contains("已由直接上级归档")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn org_50_superiors_are_reminded_of_unmarked_branches_from_march() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.app.move_to("2027-02-28 08:01");
    kit.app.settle().await;
    let told = kit.told(league.college.id.0).await;
    assert!(!told.iter().any(|m| m.contains("没有标记")), "{told:?}");
    assert!(!told.iter().any(|m| m.contains("还有")), "{told:?}");
    kit.app.move_to("2027-03-01 08:01");
    kit.app.settle().await;
    let told = kit.told(league.college.id.0).await;
    assert!(
        told.iter().any(|m| m.contains("还有 2 个团支部")),
        "{told:?}"
    );
    kit.app.move_to("2027-05-01 07:00");
    let page = kit.console(&league.college).get(HERE).await.expect(200);
    assert!(page.has("tj-note tj-bad"), "{}", page.body);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "looks at what was recorded")]
async fn org_b3_the_marker_takes_marks_back_within_sixty_minutes_and_a_trace_stays() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let undo = "/console/graduation/undo";
    let batch = async || -> String {
        let mut reader = kit.app.db.read().await.expect("reader");
        let changes =
            crate::store::change::of(&mut reader, league.university.id, None, None, 1).await;
        changes.expect("query")[0].id.to_string()
    };
    // What had a reason before has it again afterwards.
    kit.sql(&format!(
        "update org set graduation_reason = '学制未定' where org_id = '{}'",
        league.branch_2.id
    ))
    .await;
    kit.app.move_to("2026-09-18 11:00");
    mark(&kit, &[league.branch.id, league.branch_2.id], "2027-06").await;
    let change = batch().await;
    let page = client.get(HERE).await.expect(200);
    assert!(
        page.has("撤回这一批") && page.has("12:00之前您可以撤回"),
        "{}",
        page.body
    );
    // Nobody else, be it another administrator of the same organisation.
    let other = kit.app.admin("孙演示", &league.university);
    assert!(!other.get(HERE).await.expect(200).has("撤回这一批"));
    let refused = other
        .submit(HERE, undo, &[("change", &change)])
        .await
        .expect(422);
    assert!(refused.has("只有标记人〔赵演示〕本人可以撤回"));
    kit.console(&league.college)
        .submit(HERE, undo, &[("change", &change)])
        .await
        .expect(403);
    kit.app.move_to("2026-09-18 12:00");
    client
        .submit(HERE, undo, &[("change", &change)])
        .await
        .expect(303);
    assert!(kit.org(league.branch.id).await.graduation.is_none());
    let page = client.get(HERE).await.expect(200);
    assert!(page.has("无法确定：学制未定") && !page.has("撤回这一批"));
    // The trace: the list of changes, the branch's messages, the audit.
    let list = client
        .get("/console/changes?kind=graduation")
        .await
        .expect(200);
    assert!(
        list.has("毕业时间标记：2个团支部，2027年6月") && list.has("已撤销"),
        "{}",
        list.body
    );
    let told = kit.told(league.branch.id.0).await;
    assert!(told[1].contains("已由标记人撤回"), "{told:?}");
    let n: i64 = sqlx::query_scalar(
        "select count(*) from audit_log where action in ('org.graduation_marked', 'org.graduation_unmarked') and subject_id = $1",
    )
    .bind(league.branch.id.0)
    .fetch_one(&kit.app.db.pool)
    .await
    .expect("recorded");
    assert_eq!(n, 2);
    let twice = client
        .submit(HERE, undo, &[("change", &change)])
        .await
        .expect(422);
    assert!(twice.has("已经撤回"));
    // A minute too late ORG-55 holds.
    mark(&kit, &[league.branch.id], "2027-06").await;
    let change = batch().await;
    kit.app.move_to("2026-09-18 13:01");
    assert!(!client.get(HERE).await.expect(200).has("撤回这一批"));
    let late = client
        .submit(HERE, undo, &[("change", &change)])
        .await
        .expect(422);
    assert!(late.has("不可更改"), "{}", late.body);
    assert!(kit.org(league.branch.id).await.graduation.is_some());
}

#[tokio::test]
async fn org_b3_the_calendar_proposes_shows_contradictions_and_marks_by_group() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let here = "/console/graduation/calendar";
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id = '{}'",
        league.branch_3.id
    ))
    .await;
    let client = kit.console(&league.university);
    let page = client.get(here).await.expect(200);
    for text in [
        "学制4年，2027年6月毕业",
        "整组标记 2027-06（2 个）",
        "标记2027年6月，按入学年份应为2028年",
        "申请更正",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let longer = client
        .get("/console/graduation/calendar?years=5")
        .await
        .expect(200);
    assert!(longer.has("整组标记 2028-06（2 个）"));
    let (one, two) = (league.branch.id.to_string(), league.branch_2.id.to_string());
    client
        .submit(
            here,
            "/console/graduation/check",
            &[("branch", &one), ("branch", &two), ("month", "2027-06")],
        )
        .await
        .expect(200)
        .see("2 个团支部");
    kit.console(&league.city).get(here).await.expect(403);
}

#[tokio::test]
async fn org_b5_the_simulation_equals_the_real_run_on_the_same_data() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let one = kit.member("李演甲", 1, &league.branch).await;
    kit.member("李演乙", 2, &league.branch).await;
    kit.member("李演丙", 3, &league.branch_3).await;
    let staying = kit.member("李演丁", 4, &league.branch_2).await;
    // One of this year, one of the next, one of last year set late, one that is no school's.
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 11 where org_id in ('{}', '{}');
         update org set graduation_month = 2028 * 12 where org_id = '{}';
         update org set graduation_month = 2026 * 12 + 5 where org_id = '{}'",
        league.branch.id, league.workshop.id, league.branch_2.id, league.branch_3.id
    ))
    .await;
    kit.app.move_to("2027-05-31 22:00");
    let here = "/console/graduation/simulation";
    let client = kit.console(&league.university);
    let page = client.get(here).await.expect(200);
    for text in [
        "2027年6月1日0:10",
        "<b class=\"tj-num\">2</b> 个团支部",
        "<b class=\"tj-num\">3</b> 名团员",
        "软件2023级1班团支部",
        "汉语2024级1班团支部",
        "没有团干部",
        "今夜就会转换",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("软件2023级2班团支部") && !page.has("总装车间团支部"));
    client
        .get("/console/graduation/simulation?year=2028")
        .await
        .expect(200)
        .see("<b class=\"tj-num\">3</b> 个团支部");
    let college = kit.console(&league.college).get(here).await.expect(200);
    assert!(college.has("<b class=\"tj-num\">1</b> 个团支部"));
    kit.console(&league.branch).get(here).await.expect(403);
    // What is foretold, asked of the whole tree and of every branch.
    let policy = kit.app.app.policy::<orgs::Policy>();
    let sectors = policy.school_sectors();
    let due = orgs::Due {
        limit: crate::rules::graduation::due_limit(
            crate::rules::graduation::run_of(2027, kit.app.app.policy()),
            kit.app.app.policy(),
        ),
        sectors: Some(&sectors),
        range: ("", "~"),
        after: "",
    };
    let mut reader = kit.app.db.read().await.expect("reader");
    let foretold = orgs::due_to_graduate(&mut reader, due, 100)
        .await
        .expect("query");
    let mut foretold: Vec<OrgId> = foretold.iter().map(|org| org.id).collect();
    let persons = crate::store::simulation::members(&mut reader, &foretold)
        .await
        .expect("query");
    let all = access::Scope::subtree(&league.root.path);
    let marks = crate::store::simulation::marks_below(&mut reader, &all, due.sectors)
        .await
        .expect("query");
    let counted = marks.before(due.limit);
    assert_eq!(
        (counted.branches, counted.members),
        (2, persons.len() as i64)
    );
    drop(reader);
    assert_ne!(kit.org(league.branch.id).await.state, OrgState::Graduate);
    // The real run.
    let mut tx = {
        kit.app.move_to("2027-06-01 00:10");
        let system = access::Actor::system("upkeep.graduation");
        kit.app.db.begin(system).await.expect("begin")
    };
    let own = kit.app.app.policy();
    let n = crate::actions::graduation::switch_some(&mut tx, policy, own, 100)
        .await
        .expect("switched");
    tx.commit().await.expect("commit");
    assert_eq!(n, foretold.len());
    let mut switched = Vec::new();
    for branch in [
        &league.branch,
        &league.branch_2,
        &league.branch_3,
        &league.workshop,
    ] {
        if kit.org(branch.id).await.state == OrgState::Graduate {
            switched.push(branch.id);
        }
    }
    foretold.sort_unstable();
    switched.sort_unstable();
    assert_eq!(switched, foretold);
    for (_, person, name) in persons {
        let told = kit.told(person.0).await;
        assert!(told.iter().any(|m| m.contains("毕业生团员")), "{name}");
    }
    assert!(!kit.told(one.0).await.is_empty());
    assert!(kit.told(staying.0).await.is_empty());
}

#[tokio::test]
async fn org_b5_the_simulated_switch_is_downloaded_with_every_person() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.member("李演甲", 1, &league.branch).await;
    kit.member("李演乙", 2, &league.branch_2).await;
    mark(&kit, &[league.branch.id], "2027-06").await;
    let page = "/console/graduation/simulation?year=2027";
    let action = "/console/graduation/simulation/export";
    let client = kit.console(&league.university);
    let rows = kit
        .download(&client, page, action, &[("year", "2027")])
        .await;
    let has = |text: &str| rows.iter().flatten().any(|cell| cell == text);
    assert!(has("标记的毕业时间") && has("李演甲"), "{rows:?}");
    assert!(!has("李演乙"), "not marked");
}
