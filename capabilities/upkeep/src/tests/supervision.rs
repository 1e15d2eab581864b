use super::kit::Kit;
use access::OrgRef;

const HERE: &str = "/console/progress";

/// The organisation's information is saved and whole, but for the secretary.
pub(super) async fn informed(kit: &Kit, org: &OrgRef) {
    kit.sql(&format!(
        "update org set state = 'active', info_saved_at = created_at, admin_posts = 0, admin_actual = 0, inst_posts = 0, inst_actual = 0
         where org_id = '{}'",
        org.id
    ))
    .await;
}

#[tokio::test]
async fn org_40_progress_by_level_with_the_sentence_and_drill_down() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let before = client.get(HERE).await.expect(200);
    assert!(before.has("还没有统计") && before.has("现在统计一次"));
    client
        .submit(HERE, "/console/progress/make", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    let page = client.get(HERE).await.expect(200);
    for text in [
        "共有二级组织2个",
        "三级组织",
        "信息学院团委",
        "文学院团总支",
        "统计数据每小时整点更新，修改后不会立即生效",
        "书记未录入",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("软件2023级1班团支部"));
    let third = client.get("/console/progress?level=3").await.expect(200);
    assert!(third.has("共有三级组织3个") && third.has("汉语2024级1班团支部"));
    let college = client
        .get("/console/progress?at=10000005")
        .await
        .expect(200);
    assert!(college.has("共有二级组织2个") && !college.has("汉语2024级1班团支部"));
    client
        .get("/console/progress?at=10000010")
        .await
        .expect(403);
    let rows = kit
        .download(
            &client,
            "/console/progress?level=3",
            "/console/progress/export",
            &[("level", "3")],
        )
        .await;
    let has = |text: &str| rows.iter().flatten().any(|cell| cell.contains(text));
    assert!(
        has("是否已登录过系统") && has("汉语2024级1班团支部"),
        "{rows:?}"
    );
    assert!(!has("信息学院团委"), "of another level");
    kit.console(&league.branch).get(HERE).await.expect(403);
}

#[tokio::test]
async fn org_46_a_correction_shows_after_the_next_full_hour() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    kit.sql("update org set state = 'created'").await;
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    let all = client.get(HERE).await.expect(200);
    assert!(
        all.has("截至2026年9月18日11时") && all.has("2个未登录"),
        "{}",
        all.body
    );
    informed(&kit, &league.college).await;
    kit.app.move_to("2026-09-18 11:25");
    kit.app.settle().await;
    assert!(client.get(HERE).await.expect(200).has("2个未登录"));
    kit.app.move_to("2026-09-18 12:00");
    kit.app.settle().await;
    let page = client.get(HERE).await.expect(200);
    assert!(page.has("截至2026年9月18日12时") && page.has("1个已登录系统，1个未登录"));
}

#[tokio::test]
async fn org_46_guangdong_counts_once_a_day_at_two() {
    let kit = Kit::under("guangdong").await;
    let client = kit.console(&kit.app.league.university);
    kit.app.move_to("2026-09-18 12:00");
    kit.app.settle().await;
    assert!(client.get(HERE).await.expect(200).has("还没有统计"));
    kit.app.move_to("2026-09-19 02:00");
    kit.app.settle().await;
    assert!(
        client
            .get(HERE)
            .await
            .expect(200)
            .has("截至2026年9月19日2时")
    );
}

#[tokio::test]
async fn org_40_a_reminder_names_what_is_missing_and_needs_somebody_to_read_it() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    kit.app.move_to("2026-09-18 11:00");
    kit.sql("update org set state = 'created'").await;
    informed(&kit, &league.college).await;
    kit.app.settle().await;
    let org = league.college.id.to_string();
    client
        .submit(HERE, "/console/progress/remind", &[("org", &org)])
        .await
        .expect(303);
    let told = kit.told(league.college.id.0).await;
    assert!(told[0].contains("书记未录入"), "{told:?}");
    let nobody = league.general.id.to_string();
    let refused = client
        .submit(HERE, "/console/progress/remind", &[("org", &nobody)])
        .await
        .expect(422);
    assert!(refused.has("还没有人登录"));
    let foreign = league.company.id.to_string();
    client
        .submit(HERE, "/console/progress/remind", &[("org", &foreign)])
        .await
        .expect(403);
}

#[tokio::test]
async fn org_70_branches_below_three_members_are_listed_once_they_stand_ninety_days() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    for n in 1..=3 {
        kit.member(
            ["李演甲", "李演乙", "李演丙", "李演丁", "李演戊"][n as usize - 1],
            n,
            &league.branch,
        )
        .await;
    }
    for n in 4..=5 {
        kit.member(
            ["李演甲", "李演乙", "李演丙", "李演丁", "李演戊"][n as usize - 1],
            n,
            &league.branch_2,
        )
        .await;
    }
    let client = kit.console(&league.college);
    kit.sql("update org set founded_on = '2026-09-18'::date - 89")
        .await;
    let page = client.get("/console/health?kind=small").await.expect(200);
    assert!(page.has("没有这样的组织"), "{}", page.body);
    kit.sql("update org set founded_on = '2026-09-18'::date - 90")
        .await;
    let page = client.get("/console/health?kind=small").await.expect(200);
    assert!(page.has("软件2023级2班团支部") && !page.has("软件2023级1班团支部"));
    assert!(page.has("合并方案"), "the direct superior mends it");
}

#[tokio::test]
async fn org_70_a_small_branch_reads_it_itself_with_the_days_until_a_third_member_joins() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let policy = crate::tests::policy("national");
    kit.sql("update org set founded_on = '2026-01-01'").await;
    kit.member("李演甲", 1, &league.branch).await;
    kit.member("李演乙", 2, &league.branch).await;
    let path = kit.org(league.branch.id).await.path;
    let short = async || {
        let mut reader = kit.app.db.read().await.expect("reader");
        let short = crate::shortage(&mut reader, &path, &policy).await;
        short.expect("query").map(|s| (s.members, s.least, s.days))
    };
    assert_eq!(short().await, Some((2, 3, 0)));
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    kit.app.move_to("2026-09-20 12:00");
    kit.app.settle().await;
    assert_eq!(short().await, Some((2, 3, 2)), "since it was found first");
    // Told once, the morning after it was found, and its superior with it.
    let letters = async |org: base::OrgId, title: &str| {
        let told = kit.told(org.0).await;
        told.iter().filter(|text| text.contains(title)).count()
    };
    kit.app.move_to("2026-09-21 08:01");
    kit.app.settle().await;
    assert_eq!(letters(league.branch.id, "本支部团员不足3人").await, 1);
    assert_eq!(letters(league.college.id, "不足3人的团支部").await, 1);
    assert_eq!(letters(league.university.id, "不足3人的团支部").await, 0);
    let client = kit.console(&league.college);
    let page = client.get("/console/health?kind=small").await.expect(200);
    assert!(page.has("已持续天数"), "{}", page.body);
    kit.member("李演丙", 3, &league.branch).await;
    assert_eq!(short().await, None);
}

#[tokio::test]
async fn org_78_a_general_branch_with_one_branch_is_flagged() {
    let kit = Kit::new().await;
    let client = kit.console(&kit.app.league.university);
    let page = client.get("/console/health?kind=few").await.expect(200);
    assert!(page.has("文学院团总支"), "{}", page.body);
}

#[tokio::test]
async fn fld_81_every_list_can_be_downloaded_and_reminded_together() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql("update org set state = 'created'").await;
    informed(&kit, &league.college).await;
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    let client = kit.console(&league.university);
    for kind in crate::rules::health::KINDS {
        let here = format!("/console/health?kind={}", kind.code);
        client.get(&here).await.expect(200).see(kind.title);
        let rows = kit
            .download(
                &client,
                &here,
                "/console/health/export",
                &[("kind", kind.code)],
            )
            .await;
        assert!(rows.iter().flatten().any(|cell| cell == "组织全称"));
    }
    let (one, two) = (league.college.id.to_string(), league.general.id.to_string());
    client
        .submit(
            "/console/health?kind=secretary",
            "/console/health/remind",
            &[("org", &one), ("org", &two), ("kind", "secretary")],
        )
        .await
        .expect(303);
    assert_eq!(kit.told(league.college.id.0).await.len(), 1);
    assert!(
        kit.told(league.general.id.0).await.is_empty(),
        "nobody is in"
    );
}

#[tokio::test]
async fn ops_52_what_a_large_subtree_reads_from_the_snapshot_equals_what_a_small_one_counts() {
    use crate::rules::health::{KINDS, limits};
    use crate::store::health::{Asked, counts, list};
    use crate::store::progress::{Wanted, below, rows};
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql(
        "update org set founded_on = '2020-01-01';
         update org set state = 'created', short_name = '软件一班' where short_name like '软件2023级1班%';
         update org set state = 'graduate' where short_name like '软件2023级2班%';
         update org set graduation_month = 2027 * 12 + 5 where short_name like '汉语%'",
    )
    .await;
    kit.member("李标记", 1, &league.branch_3).await;
    informed(&kit, &league.college).await;
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    let mut reader = kit.app.db.read().await.expect("reader");
    let limits = limits(&super::policy("national"), reader.now());
    let mut found = 0;
    for top in [&league.root, &league.university, &league.college] {
        let scope = access::Scope::subtree(&top.path);
        let sums = below(&mut reader, top.id)
            .await
            .expect("query")
            .expect("a snapshot");
        let live = counts(&mut reader, &scope, limits).await.expect("counts");
        for kind in KINDS {
            let n = live.get(kind.code).copied().unwrap_or(0);
            found += n;
            assert_eq!(
                n,
                sums.found.get(kind.code).copied().unwrap_or(0),
                "{kind:?}"
            );
            for backwards in [false, true] {
                let mut pages = Vec::new();
                for large in [false, true] {
                    let asked = Asked {
                        scope: &scope,
                        kind: kind.code,
                        after: None,
                        backwards,
                        limit: 100,
                        large,
                    };
                    let page = list(&mut reader, asked, limits).await.expect("a page");
                    pages.push(page.iter().map(|f| f.id).collect::<Vec<_>>());
                }
                assert_eq!(pages[0].len() as i64, n);
                assert_eq!(pages[0], pages[1], "{kind:?}");
            }
        }
        let sectors = kit.app.app.policy::<orgs::Policy>().school_filter();
        let marks = crate::store::simulation::marks_below(&mut reader, &scope, sectors.as_deref())
            .await
            .expect("query");
        assert_eq!(marks, sums.marks);
        let july = base::YearMonth::new(2027, 7).expect("a month");
        let due = marks.before(july);
        let marked = i64::from(top.id != league.college.id);
        assert_eq!((due.branches, due.members), (marked, marked));
        assert_eq!(marks.before(july.plus(-1)), Default::default());
        assert!(marks.unmarked > 0);
        for (n, level) in (1..).zip(&sums.levels) {
            let depth = top.path.depth() + n;
            for (only, wanted) in [
                (None, level.all),
                (Some("out"), level.all - level.entered),
                (Some("gaps"), level.all - level.complete),
                (Some("bare"), level.parents - level.with_subs),
                (Some("people"), level.all - level.persons_done),
            ] {
                let wants = Wanted { only };
                let first = rows(&mut reader, &scope, depth, wants, None, false, 100)
                    .await
                    .expect("rows");
                assert_eq!(first.len() as i64, wanted, "{only:?} at {depth}");
                // A page from the other end holds the same, and one after the first begins behind it.
                let mut last = rows(&mut reader, &scope, depth, wants, None, true, 100)
                    .await
                    .expect("rows");
                last.reverse();
                assert!(first.iter().map(|s| s.id).eq(last.iter().map(|s| s.id)));
                if let Some(one) = first.first() {
                    let rest = rows(
                        &mut reader,
                        &scope,
                        depth,
                        wants,
                        Some(&one.path),
                        false,
                        100,
                    )
                    .await
                    .expect("rows");
                    assert!(
                        rest.iter()
                            .map(|s| s.id)
                            .eq(first.iter().skip(1).map(|s| s.id))
                    );
                }
            }
        }
    }
    assert!(found > 5, "{found}");
    // What is mended leaves the list at once, and the sums with the next full hour.
    drop(reader);
    kit.sql("update org set short_name = '软件2023级1班团支部', state = 'active' where short_name = '软件一班'").await;
    let asked = |large| {
        let kit = &kit;
        async move {
            let mut reader = kit.app.db.read().await.expect("reader");
            let scope = access::Scope::subtree(&kit.app.league.root.path);
            let asked = Asked {
                scope: &scope,
                kind: "emptied",
                after: None,
                backwards: false,
                limit: 100,
                large,
            };
            list(&mut reader, asked, limits)
                .await
                .expect("a page")
                .len()
        }
    };
    assert_eq!(asked(true).await, 1);
    kit.sql("update org set state = 'active' where state = 'graduate'")
        .await;
    assert_eq!((asked(true).await, asked(false).await), (0, 0));
    kit.app.move_to("2026-09-18 12:00");
    kit.app.settle().await;
    let mut reader = kit.app.db.read().await.expect("reader");
    let sums = below(&mut reader, league.root.id).await.expect("query");
    assert_eq!(sums.expect("a snapshot").found.get("emptied"), None);
}

#[test]
fn org_19_a_proper_name_is_proposed_for_a_wrong_one() {
    let name = |category, name: &str| {
        let org = orgs::Org {
            id: base::OrgId(uuid::Uuid::from_u128(1)),
            number: 1,
            parent: None,
            path: base::OrgPath::root(),
            category,
            kind: orgs::BranchKind::Ordinary,
            short_name: name.into(),
            full_name: name.into(),
            sector: None,
            region: None,
            state: orgs::OrgState::Active,
            phone: None,
            graduation: None,
            accepts_registration: true,
            version: 1,
        };
        crate::rules::health::proposed_name(&org)
    };
    use base::OrgCategory::*;
    assert_eq!(
        name(Branch, "包装车间团委").as_deref(),
        Some("包装车间团支部")
    );
    assert_eq!(name(Committee, "北控集团").as_deref(), Some("北控集团团委"));
    assert_eq!(name(Branch, "包装车间团支部"), None);
    assert_eq!(name(Branch, "团支部"), None);
}

#[tokio::test]
async fn org_19_wrong_names_of_direct_subordinates_are_mended_together_after_a_preview() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql(&format!(
        "update org set state = 'created', short_name = '软件2023级1班团委' where org_id = '{}'",
        league.branch.id
    ))
    .await;
    let client = kit.console(&league.college);
    let here = "/console/health/names";
    let page = client.get(here).await.expect(200);
    assert!(page.has("软件2023级1班团委") && page.has("<b>软件2023级1班团支部</b>"));
    let nobody = client.submit(here, here, &[]).await.expect(422);
    assert!(nobody.has("请先勾选"));
    let org = league.branch.id.to_string();
    client
        .submit(here, here, &[("org", &org)])
        .await
        .expect(303);
    assert_eq!(
        kit.org(league.branch.id).await.short_name,
        "软件2023级1班团支部"
    );
}

#[tokio::test]
async fn org_41_the_root_sets_the_building_phase_and_nobody_else() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let here = "/console/building";
    kit.console(&league.province).get(here).await.expect(403);
    let root = kit.console(&league.root);
    let wrong = root
        .submit(here, here, &[("from", "2026-10-01"), ("to", "2026-09-01")])
        .await
        .expect(422);
    assert!(wrong.has("结束日期不能早于开始日期"));
    root.submit(here, here, &[("from", "2026-10-01"), ("to", "2026-10-31")])
        .await
        .expect(303);
    let open = async |day: &str| {
        kit.app.move_to(day);
        let mut reader = kit.app.db.read().await.expect("reader");
        let policy = kit.app.app.policy::<orgs::Policy>();
        let now = reader.now();
        orgs::building_phase(&mut reader, policy, now)
            .await
            .expect("query")
    };
    for (moment, wanted) in [
        ("2026-09-30 23:59", false),
        ("2026-10-01 00:00", true),
        ("2026-10-31 23:59", true),
        ("2026-11-01 00:00", false),
    ] {
        assert_eq!(open(moment).await, wanted, "{moment}");
    }
}

#[test]
fn org_41_the_pop_up_belongs_to_the_national_profile() {
    let popup = |profile| super::kit::policy(profile).progress_popup;
    assert_eq!(
        (popup("national"), popup("guangdong"), popup("beijing")),
        (true, false, false)
    );
}

#[tokio::test]
async fn org_b6_every_missing_item_names_who_fills_it_and_closing_all_turns_yes_at_the_snapshot() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let college = &league.college;
    let here = format!("/console/orgs/{}/gaps", college.id);
    kit.sql(&format!(
        "update org set state = 'created' where org_id = '{}'",
        college.id
    ))
    .await;
    let client = kit.console(&league.university);
    let page = client.get(&here).await.expect(200);
    for text in [
        "还没有人登录",
        "直接上级：海棠理工大学团委",
        "行政编制数未填写",
        "基本资料尚未提交",
        "书记未录入",
        "团员、团干部没有录全",
        "还没有统计",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    // The university itself lets the first administrator in; the city reminds it of that.
    let own = client.submit(&here, &here, &[]).await.expect(422);
    assert!(own.has("为它发放注册码"), "{}", own.body);
    let city = kit.console(&league.city);
    city.submit(&here, &here, &[]).await.expect(303);
    let told = kit.told(league.university.id.0).await;
    assert!(told[0].contains("请为〔信息学院团委〕发放"), "{told:?}");
    // Everything but the secretary's own phone.
    informed(&kit, college).await;
    let secretary = kit.cadre("李演甲", 1, &league.branch, college, true).await;
    kit.cadre("李演乙", 2, &league.branch_2, college, false)
        .await;
    kit.grant(secretary, "李演甲", college).await;
    let mut tx = kit
        .app
        .db
        .begin(access::Actor::system("test"))
        .await
        .expect("begin");
    accounts::make_account_hashed(&mut tx, secretary, "unused", false, "2026-09")
        .await
        .expect("an account");
    tx.commit().await.expect("commit");
    kit.sql(&format!(
        "update person set phone_confirmed = false where person_id = '{}'",
        secretary.0
    ))
    .await;
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    let page = client.get(&here).await.expect(200);
    assert!(
        page.has("组织信息缺 1 项") && page.has("书记本人：李演甲"),
        "{}",
        page.body
    );
    client.submit(&here, &here, &[]).await.expect(303);
    let told = kit.told(secretary.0).await;
    assert!(
        told.iter().any(|m| m.contains("手机号码未填写")),
        "{told:?}"
    );
    assert_eq!(kit.told(college.id.0).await.len(), 1);
    // He fills it: live at once, in the figures after the full hour.
    kit.sql(&format!(
        "update person set phone_confirmed = true where person_id = '{}'",
        secretary.0
    ))
    .await;
    let page = client.get(&here).await.expect(200);
    assert!(page.has("组织信息完整</span>") && page.has("组织信息完整：<b>否</b>"));
    assert!(page.has("12:00统计后变为“是”"), "{}", page.body);
    kit.app.move_to("2026-09-18 12:00");
    kit.app.settle().await;
    let page = client.get(&here).await.expect(200);
    assert!(page.has("组织信息完整：<b>是</b>"), "{}", page.body);
    let done = client.submit(&here, &here, &[]).await.expect(422);
    assert!(done.has("不用催办"));
    // A branch sees its own and nobody else's; it reminds nobody.
    let branch = kit.console(&league.branch);
    branch
        .get(&format!("/console/orgs/{}/gaps", league.branch.id))
        .await
        .expect(200);
    branch.get(&here).await.expect(403);
}

#[tokio::test]
async fn org_b7_a_planted_pair_is_found_with_the_way_to_one_and_can_be_settled() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let here = "/console/duplicates";
    // The company once more below the other city, and a workshop beside the workshop.
    let plant = |number: i64, parent: &OrgRef, label: &str, category: &str, name: &str| {
        format!(
            "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, accepts_registration, created_at, version)
             values (gen_random_uuid(), {number}, '{}', '{}' || '{label}', '{category}', 'ordinary', '{name}', '{name}', 'active', 9, '2020-01-01', true, now(), 1);",
            parent.id, parent.path
        )
    };
    kit.sql(&plant(
        20000001,
        &league.other_city,
        "0009",
        "committee",
        "青禾市青禾制造有限公司团委",
    ))
    .await;
    let mut reader = kit.app.db.read().await.expect("reader");
    let company = orgs::find(&mut reader, league.company.id)
        .await
        .expect("query")
        .expect("org");
    assert_eq!(company.full_name, "青禾制造公司团委");
    let workshop = orgs::find(&mut reader, league.workshop.id)
        .await
        .expect("query")
        .expect("org");
    drop(reader);
    let beside = workshop.full_name.replace("团支部", "公司团支部");
    kit.sql(&plant(20000002, &league.company, "0009", "branch", &beside))
        .await;
    let client = kit.console(&league.province);
    let before = client.get(here).await.expect(200);
    assert!(before.has("还没有查找过"));
    client
        .submit(here, "/console/duplicates/search", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    let page = client.get(here).await.expect(200);
    for text in [
        "同一单位建在两个上级之下",
        "青禾市青禾制造有限公司团委",
        "名称相近",
        "由〔团白露市委〕删除〔青禾市青禾制造有限公司团委〕",
        "合并到〔总装车间团支部〕",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("海棠理工大学"), "{}", page.body);
    // Who stands above one of them only sees nothing of the pair; the direct superior of both branches merges them.
    let city = kit.console(&league.city).get(here).await.expect(200);
    assert!(!city.has("青禾市青禾制造有限公司团委"));
    let company = kit.console(&league.company);
    let page = company.get(here).await.expect(200);
    let target = format!("/remove?target={}", league.workshop.id);
    assert!(page.has(&target), "{}", page.body);
    let mut reader = kit.app.db.read().await.expect("reader");
    let twin = orgs::by_number(&mut reader, 20000002)
        .await
        .expect("query")
        .expect("org");
    drop(reader);
    let place = format!("/console/orgs/{}{target}", twin.id);
    let form = company.get(&place).await.expect(200);
    let chosen = format!("value=\"{}\" selected", league.workshop.id);
    assert!(form.has(&chosen), "{}", form.body);
    // Two that are two are not shown again, also after the next search.
    let (one, other) = (league.workshop.id.to_string(), twin.id.to_string());
    let fields = [("one", one.as_str()), ("other", other.as_str())];
    let settle = "/console/duplicates/settle";
    kit.console(&league.university)
        .submit(here, settle, &fields)
        .await
        .expect(403);
    company.submit(here, settle, &fields).await.expect(303);
    kit.app.move_to("2026-09-19 03:40");
    kit.app.settle().await;
    let page = company.get(here).await.expect(200);
    assert!(page.has("没有疑似重复的组织"), "{}", page.body);
    let seen = company
        .get("/console/duplicates?settled=1")
        .await
        .expect(200);
    assert!(seen.has(&beside), "{}", seen.body);
    company.submit(here, settle, &fields).await.expect(409);
}

#[tokio::test]
async fn org_06_a_countys_floating_branch_is_reminded_and_red_after_a_year() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let floating = &league.floating;
    kit.member("李演示", 1, floating).await;
    // A county's: founded 1 September 2026, directly below a leading body.
    kit.sql(&format!(
        "update org set founded_on = '2026-09-01', parent_id = '{}' where org_id = '{}'",
        league.other_city.id, floating.id
    ))
    .await;
    let told = async || {
        let all = kit.told(floating.id.0).await;
        all.into_iter()
            .filter(|text| text.contains("县级流动团员团支部应转出团员"))
            .collect::<Vec<_>>()
    };
    let list = "/console/health?kind=floating";
    let red = async || {
        let page = kit.console(&league.other_city).get(list).await.expect(200);
        page.has("云栖街道流动团员团支部")
    };
    let morning = async |day: &str| {
        kit.app.move_to(&format!("{day} 08:00"));
        let system = access::Actor::system("upkeep.daily");
        let mut tx = kit.app.db.begin(system).await.expect("begin");
        let policy = super::policy("national");
        crate::actions::floating::remind(&mut tx, &policy)
            .await
            .expect("reminded");
        tx.commit_housekeeping().await.expect("commit");
    };
    for (day, times) in [
        ("2027-05-28", 0),
        ("2027-05-29", 1),
        ("2027-05-30", 1),
        ("2027-07-28", 2),
        ("2027-08-31", 2),
    ] {
        morning(day).await;
        assert_eq!(told().await.len(), times, "{day}");
        assert!(!red().await, "{day}");
    }
    assert!(told().await[0].contains("成立270天，尚有团员1名，还有95天满一年"));
    let superior = kit.told(league.other_city.id.0).await;
    assert!(superior.iter().any(|text| text.contains("成立330天")));
    morning("2027-09-01").await;
    assert!(told().await[2].contains("已满一年"));
    assert!(red().await);
    // A town's has no such year.
    kit.sql(&format!(
        "update org set parent_id = '{}' where org_id = '{}'",
        league.street.id, floating.id
    ))
    .await;
    assert!(!red().await);
}
