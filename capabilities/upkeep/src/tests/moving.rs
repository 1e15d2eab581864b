use super::kit::Kit;
use crate::store::moving::{COPIES, KEPT};

const NEW: &str = "/console/moves/new";

#[tokio::test]
async fn fld_u7_siblings_move_with_everything_below_once_both_superiors_agree() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let member = kit.member("李演甲", 1, &league.branch).await;
    let client = kit.console(&league.university);
    // The college goes below the general branch's neighbour: a new committee of the city.
    let fields = [
        ("orgs", "10000005"),
        ("to", "10000010"),
        ("reason", "院系划归企业管理"),
    ];
    let preview = client
        .submit(NEW, "/console/moves/check", &fields)
        .await
        .expect(200);
    for text in [
        "组织 3 个、团员 1 名",
        "青禾制造公司信息学院团委",
        "海棠理工大学信息学院软件2023级1班团支部",
        "双方同意后立即进行",
        "两个上级的行业不同",
    ] {
        assert!(preview.has(text), "{text}: {}", preview.body);
    }
    let short = [fields[0], fields[1], ("reason", "划转")];
    let refused = client
        .submit(NEW, "/console/moves", &short)
        .await
        .expect(422);
    assert!(refused.has("5–249个字"));
    client
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    let twice = client
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(422);
    assert!(twice.has("已有在办的迁移"));
    let before = kit.org(league.college.id).await;
    assert_eq!(before.parent, Some(league.university.id));
    assert!(kit.pass(league.college.id, &league.city).await.is_err());
    kit.pass(league.college.id, &league.company)
        .await
        .expect("agreed");
    let (college, branch) = (
        kit.org(league.college.id).await,
        kit.org(league.branch.id).await,
    );
    assert_eq!(college.parent, Some(league.company.id));
    assert!(league.company.path.is_parent_of(&college.path));
    assert!(college.path.is_parent_of(&branch.path));
    assert_eq!(college.number, before.number, "the ID stays");
    assert_eq!(college.full_name, "青禾制造公司信息学院团委");
    assert_eq!(branch.full_name, "青禾制造公司信息学院软件2023级1班团支部");
    assert_eq!(kit.branch_of(member).await, league.branch.id);
    // The figures went along.
    let mut reader = kit.app.db.read().await.expect("reader");
    let company = orgs::figures(&mut reader, &league.company.path, None).await;
    assert_eq!(company.expect("query").members, 1);
    let university = orgs::figures(&mut reader, &league.university.path, None).await;
    assert_eq!(university.expect("query").members, 0);
    drop(reader);
    // Within seven days the way back is offered, after them not.
    let page = client.get("/console/changes").await.expect(200);
    assert!(page.has("迁回"), "{}", page.body);
    kit.app.move_to("2026-09-25 10:01");
    assert!(!client.get("/console/changes").await.expect(200).has("迁回"));
}

#[tokio::test]
async fn fld_u7_what_may_not_move_is_refused_with_the_reason() {
    let kit = Kit::new().await;
    let client = kit.console(&kit.app.league.university);
    let check = |orgs: &'static str, to: &'static str| {
        let client = &client;
        async move {
            client
                .submit(NEW, "/console/moves/check", &[("orgs", orgs), ("to", to)])
                .await
        }
    };
    for (orgs, to, words) in [
        (
            "10000005,10000009",
            "10000010",
            "一次只能迁移同一上级之下的组织",
        ),
        ("10000005", "10000006", "新上级不能是被迁移的组织或其下级"),
        ("10000005", "10000004", "现在就在"),
        ("10000005", "10000008", "不能建在"),
        ("10000005", "99999999", "没有组织ID为"),
    ] {
        let page = check(orgs, to).await.expect(422);
        assert!(page.has(words), "{words}: {}", page.body);
    }
    // Whoever is neither the present nor the new superior.
    kit.console(&kit.app.league.province)
        .submit(
            NEW,
            "/console/moves/check",
            &[("orgs", "10000005"), ("to", "10000010")],
        )
        .await
        .expect(403);
}

#[tokio::test]
async fn fld_u7_across_provinces_the_provincial_bodies_agree_too_and_a_refusal_ends_it() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    // A second province with a committee.
    kit.sql(
        "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, accepts_registration, created_at, version)
         select gen_random_uuid(), 20000001, org_id, path || '0009', 'leading_body', 'ordinary', '团杏花省委', '共青团杏花省委员会', 'active', 9, '2020-01-01', false, created_at, 1
         from org where org_no = 10000001;
         insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, accepts_registration, created_at, version)
         select gen_random_uuid(), 20000002, org_id, path || '0001', 'committee', 'ordinary', '杏花集团团委', '杏花集团团委', 'active', 1, '2020-01-01', false, created_at, 1
         from org where org_no = 20000001",
    )
    .await;
    let fields = [
        ("orgs", "10000011"),
        ("to", "20000002"),
        ("reason", "车间划归杏花集团"),
    ];
    kit.console(&league.company)
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    let mut reader = kit.app.db.read().await.expect("reader");
    let mut find = async |number| {
        orgs::by_number(&mut reader, number)
            .await
            .expect("query")
            .expect("org")
            .to_ref()
    };
    let (other, group) = (find(20000001).await, find(20000002).await);
    drop(reader);
    let id = league.workshop.id;
    kit.pass(id, &group).await.expect("the new superior");
    assert_eq!(kit.org(id).await.parent, Some(league.company.id));
    kit.pass(id, &league.province).await.expect("one province");
    kit.send_back(id, &other).await.expect("the other does not");
    assert_eq!(kit.change_state(id).await, "refused");
    assert_eq!(kit.org(id).await.parent, Some(league.company.id));
}

#[tokio::test]
async fn fld_u7_many_organisations_move_in_the_night_as_one_act() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql(&format!(
        "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, state, sort_no, founded_on, accepts_registration, created_at, version)
         select gen_random_uuid(), 30000000 + n, '{}', '{}' || to_char(n, 'FM1000'), 'branch', 'ordinary', '第' || n || '团支部', '海棠理工大学信息学院第' || n || '团支部', null, 'active', n, '2020-01-01', true, now(), 1
         from generate_series(1, 200) n",
        league.college.id, league.college.path
    ))
    .await;
    let fields = [
        ("orgs", "10000005"),
        ("to", "10000010"),
        ("reason", "院系划归企业管理"),
    ];
    kit.console(&league.university)
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    let id = league.college.id;
    kit.pass(id, &league.company).await.expect("agreed");
    assert_eq!(kit.change_state(id).await, "queued");
    kit.app.move_to("2026-09-19 01:59");
    kit.app.settle().await;
    assert_eq!(kit.org(id).await.parent, Some(league.university.id));
    kit.app.move_to("2026-09-19 02:01");
    kit.app.settle().await;
    assert_eq!(kit.org(id).await.parent, Some(league.company.id));
    assert_eq!(kit.change_state(id).await, "effective");
    let mut reader = kit.app.db.read().await.expect("reader");
    let company = orgs::figures(&mut reader, &league.company.path, None).await;
    assert_eq!(company.expect("query").branches, 203);
}

/// Whoever adds a table with a copy of places has to carry it along (DATA.md rule 9).
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "reads the catalogue")]
async fn fld_u7_every_copy_of_a_place_is_carried_along() {
    let kit = Kit::new().await;
    let found: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and column_name in ('path', 'shown_with', 'other_path') and table_name <> 'org' order by 1, 2",
    )
    .fetch_all(&kit.app.db.pool)
    .await
    .expect("catalogue");
    let mut known: Vec<(String, String)> = COPIES
        .iter()
        .chain(&KEPT)
        .map(|(table, column)| ((*table).to_owned(), (*column).to_owned()))
        .collect();
    known.sort();
    assert_eq!(found, known);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "looks at what was recorded")]
async fn org_b1_members_history_and_codes_stay_and_both_consents_are_recorded() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let member = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    let account = kit.app.app.policy::<accounts::Policy>();
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.university))
        .await
        .expect("begin");
    let college = orgs::find(&mut tx, league.college.id)
        .await
        .expect("query")
        .expect("org");
    let code = accounts::issue_code(&mut tx, account, &college)
        .await
        .expect("a code")
        .code;
    tx.commit().await.expect("commit");
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id = '{}'",
        league.branch.id
    ))
    .await;
    let kept = async || {
        let text = "select (select json_agg(m order by m.since)::text from membership m where m.person_id = $1),
                           (select json_agg(json_build_array(p.post_id, p.org_id, p.title, p.since))::text from org_post p where p.person_id = $1),
                           (select json_agg(json_build_array(c.code_id, c.org_id, c.state, c.expires_at) order by c.code_id)::text from registration_code c),
                           (select json_agg(json_build_array(o.org_no, o.short_name, o.graduation_month, o.founded_on, o.state) order by o.org_no)::text from org o)";
        let row: (
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
        ) = sqlx::query_as(text)
            .bind(member.0)
            .fetch_one(&kit.app.db.pool)
            .await
            .expect("the same as before");
        row
    };
    let before = kept().await;
    assert!(before.0.is_some() && before.1.is_some() && before.2.is_some());
    let fields = [
        ("orgs", "10000005"),
        ("to", "10000010"),
        ("reason", "院系划归企业管理"),
    ];
    let client = kit.console(&league.university);
    client
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    kit.pass(league.college.id, &league.company)
        .await
        .expect("agreed");
    assert_eq!(
        kit.org(league.branch.id).await.full_name,
        "青禾制造公司信息学院软件2023级1班团支部"
    );
    assert_eq!(kept().await, before);
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.company))
        .await
        .expect("begin");
    let shown = accounts::show_codes(&mut tx, &kit.org(league.college.id).await)
        .await
        .expect("the new superior shows it");
    assert_eq!(shown[0].code, code);
    drop(tx);
    // Both consents stand in the record of the move and in the list of who started it and who moved.
    let detail: String = sqlx::query_scalar(
        "select detail from audit_log where action = 'org.moved' and subject_id = $1",
    )
    .bind(league.college.id.0)
    .fetch_one(&kit.app.db.pool)
    .await
    .expect("recorded");
    for words in [
        "海棠理工大学团委",
        "赵演示（发起）",
        "青禾制造公司团委",
        "孙演示（同意）",
    ] {
        assert!(detail.contains(words), "{words}: {detail}");
    }
    for org in [&league.university, &league.college] {
        let page = kit.console(org).get("/console/changes").await.expect(200);
        assert!(
            page.has("双方意见") && page.has("孙演示（同意）"),
            "{}",
            page.body
        );
    }
}

#[tokio::test]
async fn fld_107_after_fifteen_days_the_common_superior_decides_not_each_ones_own() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    // From the university's general branch to the company: the city stands above both.
    let fields = [
        ("orgs", "10000009"),
        ("to", "10000010"),
        ("reason", "支部划归企业管理"),
    ];
    kit.console(&league.company)
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    let id = league.branch_3.id;
    kit.app.move_to("2026-10-02 23:59");
    for early in [&league.university, &league.city] {
        assert!(kit.pass(id, early).await.is_err());
    }
    kit.app.move_to("2026-10-03 00:00");
    let refused = kit.pass(id, &league.university).await.unwrap_err();
    assert!(
        refused.to_string().contains("共同上级〔团青禾市委〕"),
        "{refused}"
    );
    kit.pass(id, &league.city)
        .await
        .expect("the common superior");
    assert_eq!(kit.org(id).await.parent, Some(league.company.id));
}

#[tokio::test]
async fn fld_107_the_preview_says_in_guangdong_that_one_side_is_no_school() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    let client = kit.console(&league.university);
    let fields = [("orgs", "10000005"), ("to", "10000010")];
    let answer = |org: &access::OrgRef, school: bool| {
        format!(
            "update org set is_school = {school} where org_id = '{}'",
            org.id
        )
    };
    for (school, said) in [(true, false), (false, true)] {
        kit.sql(&answer(&league.university, true)).await;
        kit.sql(&answer(&league.company, school)).await;
        let page = client
            .submit(NEW, "/console/moves/check", &fields)
            .await
            .expect(200);
        assert_eq!(page.has("迁移后请核对"), said, "{}", page.body);
    }
}

#[tokio::test]
async fn org_16_a_moved_subtree_has_the_code_of_the_school_it_stands_below() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    kit.sql(&format!(
        "update org set is_school = true, school_code = '4137010425' where path >= '{0}' and path < '{0}~';
         update org set is_school = true, school_code = '3137010001' where org_id = '{1}';
         update org set is_school = false, school_code = null where org_id = '{2}'",
        league.university.path, league.branch_2.id, league.company.id
    ))
    .await;
    let schools = async || {
        let mut reader = kit.app.db.read().await.expect("reader");
        let mut out = Vec::new();
        for org in [&league.college, &league.branch, &league.branch_2] {
            let info = orgs::information(&mut reader, org.id).await;
            let info = info.expect("query").expect("org");
            out.push((info.school_code.unwrap_or_default(), info.is_school));
        }
        out
    };
    let own = ("3137010001".to_owned(), Some(true));
    let shift = async |from: &access::OrgRef, to: &access::OrgRef, number: &str| {
        let fields = [
            ("orgs", "10000005"),
            ("to", number),
            ("reason", "院系划归另一单位"),
        ];
        kit.console(from)
            .submit(NEW, "/console/moves", &fields)
            .await
            .expect(303);
        kit.pass(league.college.id, to).await.expect("agreed");
    };
    shift(&league.university, &league.company, "10000010").await;
    let none = (String::new(), Some(false));
    // The code of a school that stands inside what moves is its own.
    assert_eq!(schools().await, [none.clone(), none, own.clone()]);
    // To a school: those that are said to be none stay so.
    kit.sql(&format!(
        "update org set is_school = true, school_code = '4137010999' where org_id = '{}';
         update org set is_school = null where org_id = '{}'",
        league.university.id, league.college.id
    ))
    .await;
    kit.app.move_to("2026-09-18 10:01");
    shift(&league.company, &league.university, "10000004").await;
    let new = ("4137010999".to_owned(), Some(true));
    let stays = (String::new(), Some(false));
    assert_eq!(schools().await, [new, stays, own]);
}

#[tokio::test]
async fn org_b1_the_way_back_is_walked_and_puts_everything_where_it_was() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let before = [
        kit.org(league.college.id).await,
        kit.org(league.branch.id).await,
    ];
    let move_to = async |from: &access::OrgRef, to: &access::OrgRef, number: &str| {
        let fields = [
            ("orgs", "10000005"),
            ("to", number),
            ("reason", "院系划归另一单位"),
        ];
        kit.console(from)
            .submit(NEW, "/console/moves", &fields)
            .await
            .expect(303);
        kit.pass(league.college.id, to).await.expect("agreed");
    };
    move_to(&league.university, &league.company, "10000010").await;
    kit.app.move_to("2026-09-20 10:00");
    // The link of the list leads to the form, filled in.
    let page = kit
        .console(&league.company)
        .get("/console/changes")
        .await
        .expect(200);
    assert!(
        page.has("/console/moves/new?org=10000005&amp;to=10000004")
            || page.has("/console/moves/new?org=10000005&#38;to=10000004"),
        "{}",
        page.body
    );
    move_to(&league.company, &league.university, "10000004").await;
    for was in before {
        let now = kit.org(was.id).await;
        assert_eq!(
            (now.parent, now.full_name, now.number),
            (was.parent, was.full_name, was.number)
        );
    }
}

#[tokio::test]
async fn fld_107_three_siblings_with_120_branches_move_whole_or_not_at_all() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let policy = kit.app.app.policy::<orgs::Policy>();
    let plain = |category, name: String| orgs::NewOrg::plain(category, name);
    let make = async |parent: &orgs::Org, news: Vec<orgs::NewOrg>| {
        let mut tx = kit
            .app
            .db
            .begin(kit.admin(&parent.to_ref()))
            .await
            .expect("begin");
        let made = orgs::create_many(&mut tx, parent, news, policy).await;
        tx.commit().await.expect("commit");
        made.expect("created")
    };
    let university = kit.org(league.university.id).await;
    let names = ["理学院", "工学院", "农学院"];
    let committees = names.map(|n| plain(base::OrgCategory::Committee, format!("{n}团委")));
    let tops = make(&university, committees.to_vec()).await;
    let mut below = Vec::new();
    for top in &tops {
        let branches = (1..=40)
            .map(|n| plain(base::OrgCategory::Branch, format!("2026级{n}班团支部")))
            .collect();
        below.extend(make(top, branches).await);
    }
    let numbers: Vec<String> = tops.iter().map(|top| top.number.to_string()).collect();
    let fields = [
        ("orgs", numbers.join(",")),
        ("to", "10000010".to_owned()),
        ("reason", "三个学院划归企业管理".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let client = kit.console(&league.university);
    let preview = client
        .submit(NEW, "/console/moves/check", &fields)
        .await
        .expect(200);
    assert!(preview.has("组织 123 个"), "{}", preview.body);
    client
        .submit(NEW, "/console/moves", &fields)
        .await
        .expect(303);
    let stand = async |parent: &access::OrgRef| {
        let mut new = 0;
        for org in tops.iter().chain(&below) {
            let now = kit.org(org.id).await;
            let moved = parent.path.contains(&now.path);
            assert_eq!(
                moved,
                now.full_name.starts_with("青禾制造公司"),
                "place and name go together"
            );
            assert_eq!(now.number, org.number);
            new += usize::from(moved);
        }
        new
    };
    // Torn off after everything was written and before it was committed: all is as it was.
    let company = &league.company;
    let mut tx = kit.app.db.begin(kit.admin(company)).await.expect("begin");
    let first = crate::store::change::of(&mut tx, tops[0].id, None, None, 1)
        .await
        .expect("query")
        .remove(0);
    crate::actions::moving::carry_out(&mut tx, &first, policy)
        .await
        .expect("carried out");
    drop(tx);
    assert_eq!(stand(company).await, 0);
    kit.pass(tops[0].id, company).await.expect("agreed");
    assert_eq!(stand(company).await, 123);
}
