//! The figures of subtrees against a recount from the facts, after whatever happens to people and organisations.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read and move the facts past the pages"
)]

use access::Role;
use base::{OrgCategory, OrgId, OrgPath, PersonId, Random, Reserved, check_digit};
use orgs::{Figures, NewOrg, Org};
use people::{Demand, How, MemberInput, MembershipState, Nature, NewMember};
use sheets::wizard::Importer;
use testkit::{Setup, TestApp};
use uuid::Uuid;

async fn start() -> TestApp {
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies: tuanjian::wiring::policies("national").expect("a shipped profile"),
        jobs: Some(sheets::wizard::jobs),
        ..Setup::default()
    })
    .await
}

fn policy(app: &TestApp) -> people::Policy {
    app.app.policy::<people::Policy>().clone()
}

fn input(n: u32) -> MemberInput {
    // Every fifth turns 28 soon, every third lacks a date.
    let born = if n.is_multiple_of(5) {
        "19981001"
    } else {
        "20040520"
    };
    let digits = format!("999001{born}{n:03}");
    MemberInput {
        name: format!("测试{}", ["甲", "乙", "丙", "丁"][n as usize % 4]),
        id_number: format!("{digits}{}", check_digit(digits.as_bytes())),
        ethnic: "汉族".into(),
        political: if n.is_multiple_of(3) {
            "中共预备党员".into()
        } else {
            "共青团员".into()
        },
        education: "大学本科".into(),
        admitted_on: "2018-05".into(),
        admission_number: format!("20180000{n:04}"),
        phone: format!("1000000{n:04}"),
        ..MemberInput::default()
    }
}

fn member(app: &TestApp, n: u32) -> NewMember {
    let around = people::Circumstances {
        today: base::business_date(app.db.clock.now()),
        reserved: Reserved::Accepted,
        xinjiang: false,
        keep_number: false,
        demand: Demand::Member,
        category: OrgCategory::Branch,
    };
    people::check(&input(n), &policy(app), &around).expect("a good record")
}

async fn all_orgs(app: &TestApp) -> Vec<Org> {
    let mut reader = app.db.read().await.unwrap();
    let ids: Vec<Uuid> = sqlx::query_scalar("select org_id from org order by org_no")
        .fetch_all(&mut *reader)
        .await
        .unwrap();
    let ids: Vec<OrgId> = ids.into_iter().map(OrgId).collect();
    let mut orgs = orgs::find_many(&mut reader, &ids).await.unwrap();
    orgs.sort_by_key(|org| org.number);
    orgs
}

/// Figures of a subtree from the facts: memberships and profiles, posts, organisations, open steps.
async fn recount(app: &TestApp, org: &Org) -> Figures {
    let moment = base::business_date(app.db.clock.now());
    let soon = people::soon_28(moment, &policy(app));
    let mut reader = app.db.read().await.unwrap();
    let (low, high) = (org.path.as_str().to_owned(), org.path.subtree_end());
    let members: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where cardinality(p.missing) > 0), count(*) filter (where p.identity_state not in ('passed', 'passed_offline')),
                count(*) filter (where p.number_fault is not null), count(*) filter (where p.certification in ('none', 'failed')),
                count(*) filter (where p.born between $3 and $4)
         from membership m join person p on p.person_id = m.person_id join org o on o.org_id = m.branch_id
         where m.until is null and m.state = 'normal' and o.path >= $1 and o.path < $2",
    )
    .bind(&low)
    .bind(&high)
    .bind(soon.0)
    .bind(soon.1)
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    let (cadres, incomplete): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where b.cadre), count(*) filter (where b.gaps) from (
           select a.org_id, a.person_id, bool_or(a.cadre) as cadre, bool_or(cardinality(p.missing) > 0) as gaps from (
             select branch_id as org_id, person_id, false as cadre from membership where until is null and state = 'normal'
             union all select org_id, person_id, true from person_post where until is null) a
           join person p on p.person_id = a.person_id join org o on o.org_id = a.org_id
           where o.path >= $1 and o.path < $2 group by a.org_id, a.person_id) b",
    )
    .bind(&low)
    .bind(&high)
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from org_inbox i join org o on o.org_id = i.org_id
         where i.done_at is null and i.part = 'decide' and o.path >= $1 and o.path < $2",
    )
    .bind(&low)
    .bind(&high)
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    let below: Vec<Org> = all_orgs(app)
        .await
        .into_iter()
        .filter(|o| org.path.contains(&o.path) && o.state.is_live())
        .collect();
    let deepest = below.iter().map(|o| o.path.depth()).max().unwrap_or(0);
    let committees = [
        OrgCategory::Committee,
        OrgCategory::WorkCommittee,
        OrgCategory::GeneralBranch,
    ];
    let unfinished = below.iter().filter(|o| {
        committees.contains(&o.category)
            && !below
                .iter()
                .any(|b| b.is_branch() && o.path.contains(&b.path))
    });
    Figures {
        orgs: below.len() as i64,
        branches: below.iter().filter(|o| o.is_branch()).count() as i64,
        graduates: 0,
        unfinished: unfinished.count() as i64,
        members: members.0,
        cadres,
        incomplete,
        gaps: members.1,
        unverified: members.2,
        number_faults: members.3,
        uncertified: members.4,
        waiting,
        soon_28: members.5,
        levels: (org.path.depth()..=deepest)
            .map(|depth| below.iter().filter(|o| o.path.depth() == depth).count() as i64)
            .collect(),
        counted_at: None,
    }
}

async fn compare(app: &TestApp, after: &str) {
    tuanjian::figures::survey(&app.db, &policy(app))
        .await
        .unwrap();
    tuanjian::figures::roll(&app.db).await.unwrap();
    let now = app.db.clock.now();
    let moment = orgs::Moment {
        now,
        soon_28: people::soon_28(base::business_date(now), &policy(app)),
    };
    for org in all_orgs(app).await {
        let mut reader = app.db.read().await.unwrap();
        let mut kept = orgs::figures(&mut reader, &org.path, Some(moment))
            .await
            .unwrap();
        assert_eq!(kept.counted_at.is_some(), !org.is_branch(), "rolled up");
        kept.counted_at = None;
        while kept.levels.last() == Some(&0) {
            kept.levels.pop();
        }
        let mut counted = recount(app, &org).await;
        while counted.levels.last() == Some(&0) {
            counted.levels.pop();
        }
        assert_eq!(kept, counted, "{} after {after}", org.full_name);
    }
}

/// Moves a subtree below another organisation as DATA.md rule 9 says: the tree, then the tables with a copy of the path.
async fn move_subtree(app: &TestApp, moved: &Org, to: &Org, label: u32) {
    let path = to.path.child(label);
    let mut tx = app.db.begin(access::Actor::system("test")).await.unwrap();
    sqlx::query("update org set parent_id = $2 where org_id = $1")
        .bind(moved.id.0)
        .bind(to.id.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select org_id from org where path >= $1 and path < $2")
            .bind(moved.path.as_str())
            .bind(moved.path.subtree_end())
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    for table in ["org", "roster", "org_post", "branch_counter"] {
        let key = if table == "roster" {
            "branch_id"
        } else {
            "org_id"
        };
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "update {table} set path = $2 || substr(path, $3) where {key} = any($1)"
        )))
        .bind(&ids)
        .bind(path.as_str())
        .bind(moved.path.as_str().len() as i32 + 1)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    let marks: Vec<OrgId> = ids.into_iter().map(OrgId).collect();
    orgs::mark(&mut tx, &marks).await.unwrap();
    tx.commit_housekeeping().await.unwrap();
}

/// An import of members and its taking back, as somebody does both.
async fn import_and_take_back(app: &TestApp, branch: &access::OrgRef, from: u32) {
    let admin = app.admin("钱演示", branch);
    let template = {
        let mut r = app.db.read().await.unwrap();
        let importer = people::MemberImporter;
        let target = importer.target(&mut r, branch.id).await.unwrap().unwrap();
        importer.template(&app.app, &mut r, &target).await.unwrap()
    };
    let rows: Vec<sheets::Row> = (from..from + 4)
        .map(|n| {
            let typed = input(n);
            template.row(
                0,
                &[
                    ("name", &typed.name),
                    ("id_number", &typed.id_number),
                    ("ethnic", &typed.ethnic),
                    ("political", &typed.political),
                    ("education", &typed.education),
                    ("admitted_on", &typed.admitted_on),
                    ("admission_number", &typed.admission_number),
                    ("phone", &typed.phone),
                ],
            )
        })
        .collect();
    let page = "/console/import/members";
    let bytes = template.write(Some(&rows)).unwrap();
    let run = admin
        .upload(page, page, &[], "名册.xlsx", &bytes)
        .await
        .expect(303)
        .location;
    app.settle().await;
    admin
        .submit(&format!("{run}/confirm"), &format!("{run}/apply"), &[])
        .await
        .expect(303);
    app.settle().await;
    compare(app, "an import").await;
    admin
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    app.settle().await;
}

#[tokio::test]
async fn ops_50_the_figures_of_every_subtree_are_a_recount_after_whatever_happens() {
    let app = start().await;
    let tree = app.app.policy::<orgs::Policy>().clone();
    tuanjian::figures::refill(&app.db, &policy(&app), |_| async { Ok(()) })
        .await
        .unwrap();
    compare(&app, "the first refill").await;
    let dice = Random::seeded(3);
    let mut people: Vec<PersonId> = Vec::new();
    let mut made = 0_u32;
    let l = app.league.clone();
    let homes = [
        &l.branch,
        &l.branch_2,
        &l.branch_3,
        &l.workshop,
        &l.floating,
    ];
    for step in 0..60_u32 {
        let all = all_orgs(&app).await;
        let branches: Vec<&Org> = all
            .iter()
            .filter(|org| org.is_branch() && org.state.is_live())
            .collect();
        let home = branches[dice.below(branches.len() as u64) as usize];
        let person = (!people.is_empty()).then(|| people[dice.below(people.len() as u64) as usize]);
        let mut tx = app
            .db
            .begin(app.actor("王演示", Role::Administrator, &l.province))
            .await
            .unwrap();
        let what = match (dice.below(7), person) {
            (0..=2, _) | (_, None) => {
                made += 1;
                let new = member(&app, made);
                let person = people::enter_member(&mut tx, home, new, How::Entered, None)
                    .await
                    .unwrap();
                people.push(person);
                "entering"
            }
            (3, Some(person)) => {
                let moved =
                    people::move_member(&mut tx, person, home, How::Transferred, Uuid::nil()).await;
                if moved.is_err() {
                    continue;
                }
                "a transfer"
            }
            (4, Some(person)) => {
                let left = people::end_membership(
                    &mut tx,
                    person,
                    MembershipState::LeftAt28,
                    "年满28周岁",
                )
                .await;
                people.retain(|p| *p != person);
                if left.is_err() {
                    continue;
                }
                "leaving"
            }
            (5, Some(person)) => {
                let org = &all[dice.below(all.len() as u64) as usize];
                let appointed = people::appoint(
                    &mut tx,
                    person,
                    org,
                    people::titles(org.category)[1],
                    Nature::PartTime,
                    false,
                    "测试",
                )
                .await;
                if appointed.is_err() {
                    continue;
                }
                "an appointment"
            }
            (_, Some(person)) => {
                let Some(post) = people::posts(&mut tx, person).await.unwrap().pop() else {
                    continue;
                };
                let org = orgs::find(&mut tx, post.org).await.unwrap().unwrap();
                people::end_post(&mut tx, &post, &org).await.unwrap();
                "the end of a post"
            }
        };
        tx.commit().await.unwrap();
        if step % 4 == 0 {
            compare(&app, what).await;
        }
    }
    import_and_take_back(&app, homes[0], 500).await;
    compare(&app, "an import taken back").await;

    // New organisations, the deletion of one, the move of a subtree with its people.
    let find = async |id: OrgId| {
        let mut reader = app.db.read().await.unwrap();
        orgs::find(&mut reader, id).await.unwrap().unwrap()
    };
    let university = find(l.university.id).await;
    let mut tx = app
        .db
        .begin(app.actor("周演示", Role::Administrator, &l.university))
        .await
        .unwrap();
    let new = orgs::create(
        &mut tx,
        &university,
        NewOrg::plain(OrgCategory::GeneralBranch, "理学院团总支"),
        &tree,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    compare(&app, "a new organisation").await;
    move_subtree(
        &app,
        &find(l.college.id).await,
        &find(l.other_city.id).await,
        77,
    )
    .await;
    compare(&app, "the move of a subtree").await;
    let mut tx = app.db.begin(access::Actor::system("test")).await.unwrap();
    sqlx::query("update org set state = 'deleted' where org_id = $1")
        .bind(new.id.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    orgs::mark(&mut tx, &[new.id]).await.unwrap();
    tx.commit_housekeeping().await.unwrap();
    compare(&app, "a deletion").await;
    assert!(made > 15 && !people.is_empty(), "the dice did something");
}

#[tokio::test]
async fn ops_50_a_roll_up_beside_another_and_one_killed_in_between_come_to_the_same() {
    let app = start().await;
    let refill = || tuanjian::figures::refill(&app.db, app.app.policy(), |_| async { Ok(()) });
    refill().await.unwrap();
    let branch = {
        let mut reader = app.db.read().await.unwrap();
        orgs::find(&mut reader, app.league.branch.id)
            .await
            .unwrap()
            .unwrap()
    };
    for n in 1..=6 {
        let mut tx = app
            .db
            .begin(app.actor("钱演示", Role::Administrator, &app.league.branch))
            .await
            .unwrap();
        people::enter_member(&mut tx, &branch, member(&app, n), How::Entered, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        // Dropped at its first waiting: what it did is rolled back, its marks stay.
        let roll = tuanjian::figures::roll(&app.db);
        let killed =
            tokio::time::timeout(std::time::Duration::from_micros(u64::from(n) * 700), roll);
        let _ = killed.await;
    }
    let both = tokio::join!(
        tuanjian::figures::roll(&app.db),
        tuanjian::figures::roll(&app.db)
    );
    both.0.unwrap();
    both.1.unwrap();
    compare(&app, "two roll-ups").await;
    let root = OrgPath::root();
    let mut reader = app.db.read().await.unwrap();
    let figures = orgs::figures(&mut reader, &root, None).await.unwrap();
    assert_eq!(figures.members, 6);
    let marks: i64 = sqlx::query_scalar("select count(*) from figure_mark")
        .fetch_one(&mut *reader)
        .await
        .unwrap();
    assert_eq!(marks, 0);
}

#[tokio::test]
async fn data_21_the_dashboard_says_when_its_figures_were_counted_and_the_branch_is_exact() {
    let app = start().await;
    let policy = policy(&app);
    tuanjian::figures::refill(&app.db, &policy, |_| async { Ok(()) })
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let home = {
        let mut reader = app.db.read().await.unwrap();
        orgs::find(&mut reader, app.league.branch.id)
            .await
            .unwrap()
            .unwrap()
    };
    let mut tx = app
        .db
        .begin(app.actor("钱演示", Role::Administrator, &app.league.branch))
        .await
        .unwrap();
    people::enter_member(&mut tx, &home, member(&app, 1), How::Entered, None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let figure = |n: u32| format!("<span>团员</span><b>{n}</b>");
    branch.get("/console").await.expect(200).see(&figure(1));
    let province = app.admin("王演示", &app.league.province);
    province
        .get("/console")
        .await
        .expect(200)
        .see(&figure(0))
        .see("统计于");
    tuanjian::figures::roll(&app.db).await.unwrap();
    province.get("/console").await.see(&figure(1));
    let number = app.league.number(&app.league.city);
    province
        .get("/console")
        .await
        .see(&format!("/console/members?org={number}"));
    province
        .get(&format!("/console/members?org={number}"))
        .await
        .see("共 1 人");
}
