use super::{Order, Scale, accounts_of, describe, plan::Plan, seed, store};
use crate::{server, wiring};
use access::{Actor, Grant, Port, Role, Who};
use approvals::{CaseKey, CaseState, Kinds};
use base::{Clock, IdNumber, Reserved};
use std::collections::HashSet;
use web::{App, Mode};

async fn app(url: &str, mode: Mode) -> App {
    let mut db = testkit::open_database(url).await;
    db.clock = Clock::fixed(testkit::now());
    let files = files::Store::folder(&std::env::temp_dir().join("tj-seed-tests")).unwrap();
    wiring::app(db, mode, "national", files, false).unwrap()
}

async fn bare() -> App {
    app(&testkit::bare_database().await, Mode::Demo).await
}

fn order(scale: Scale) -> Order {
    Order {
        chunk: 12,
        ..Order::new(scale, 7, 2)
    }
}

fn quiet(_: String) {}

/// Everything that is not sealed, in one hash a table.
async fn picture(app: &App) -> Vec<String> {
    let mut conn = app.db().pool.acquire().await.unwrap();
    let mut hashes = Vec::new();
    for table in super::copy::tables() {
        let columns: Vec<String> = sqlx::query_scalar!(
            r#"select column_name::text as "c!" from information_schema.columns
               where table_name = $1 and column_name !~ 'sealed|password_hash' order by 1"#,
            table
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let row = columns.join(", ");
        let statement = format!(
            "select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from (select {row} from {table}) t"
        );
        let row = sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        hashes.push(format!("{table} {}", sqlx::Row::get::<String, _>(&row, 0)));
    }
    hashes
}

#[tokio::test]
async fn a_seeding_stopped_between_chunks_goes_on_to_the_league_another_wrote_at_once() {
    let (whole, broken) = (bare().await, bare().await);
    seed(&whole, order(Scale::Class), quiet).await.unwrap();
    for _ in 0..2 {
        let some = Order {
            stop_after: Some(1),
            ..order(Scale::Class)
        };
        seed(&broken, some, quiet).await.unwrap();
        assert!(describe(&broken).await.is_err(), "not complete yet");
    }
    seed(&broken, order(Scale::Class), quiet).await.unwrap();
    assert_eq!(picture(&whole).await, picture(&broken).await);
    let other = bare().await;
    let another = Order {
        seed: 8,
        ..order(Scale::Class)
    };
    seed(&other, another, quiet).await.unwrap();
    assert_ne!(picture(&whole).await, picture(&other).await);
}

#[tokio::test]
async fn a_seeded_league_counts_what_is_there_and_its_accounts_sign_in() {
    let app = bare().await;
    seed(&app, order(Scale::Class), quiet).await.unwrap();
    let mut reader = app.db().read().await.unwrap();
    let plan = Plan::draw(Scale::Class, 7, testkit::now());
    for n in 0..plan.nodes.len() as u32 {
        let org = plan.org_id(n);
        let kept = sqlx::query!(
            "select members, cadres, persons, incomplete, gaps, unverified, number_faults, uncertified from branch_counter where org_id = $1",
            org.0
        )
        .fetch_one(&mut *reader)
        .await
        .unwrap();
        let rows = sqlx::query!(
            r#"select count(*)::int as "members!", count(*) filter (where cardinality(missing) > 0)::int as "gaps!",
                      count(*) filter (where identity_state <> 'passed')::int as "unverified!",
                      count(*) filter (where number_fault is not null)::int as "faults!",
                      count(*) filter (where certification in ('none', 'failed'))::int as "uncertified!"
               from roster where branch_id = $1"#,
            org.0
        )
        .fetch_one(&mut *reader)
        .await
        .unwrap();
        let posts = sqlx::query!(
            r#"select count(distinct person_id)::int as "cadres!", count(*) filter (where cardinality(missing) > 0)::int as "gaps!"
               from org_post where org_id = $1 and person_id not in (select r.person_id from roster r where r.branch_id = $1)"#,
            org.0
        )
        .fetch_one(&mut *reader)
        .await
        .unwrap();
        assert_eq!(
            (
                kept.members,
                kept.gaps,
                kept.unverified,
                kept.number_faults,
                kept.uncertified
            ),
            (
                rows.members,
                rows.gaps,
                rows.unverified,
                rows.faults,
                rows.uncertified
            )
        );
        assert_eq!(kept.persons, rows.members + posts.cadres);
        assert_eq!(kept.incomplete, rows.gaps + posts.gaps);
        assert!(kept.cadres > 0);
    }
    // Two reads, for the two tables lie in different places on a distributed database (DATA.md, rule 13).
    let mut listed: Vec<_> = sqlx::query!("select person_id, branch_id, since from roster")
        .fetch_all(&mut *reader)
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.person_id, row.branch_id, row.since))
        .collect();
    let mut held: Vec<_> =
        sqlx::query!("select person_id, branch_id, since from membership where until is null")
            .fetch_all(&mut *reader)
            .await
            .unwrap()
            .into_iter()
            .map(|row| (row.person_id, row.branch_id, row.since))
            .collect();
    listed.sort_unstable();
    held.sort_unstable();
    assert_eq!(listed, held);
    for (role, login) in accounts_of(&plan) {
        let number = IdNumber::trusted(login);
        let keys = reader.keys.clone();
        let person = people::by_id_number(&mut reader, &keys, &number)
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("{role}"));
        let has = sqlx::query_scalar!(
            r#"select exists (select 1 from account where account_id = $1 and state = 'active') as "yes!""#,
            person.0
        )
        .fetch_one(&mut *reader)
        .await
        .unwrap();
        assert!(has, "{role}");
    }
}

#[tokio::test]
async fn sec_08_a_seed_refuses_a_database_in_use_and_production_refuses_a_seed() {
    let league = app(&testkit::fresh_database().await, Mode::Demo).await;
    let refused = seed(&league, order(Scale::Class), quiet).await.unwrap_err();
    assert!(refused.to_string().contains("已经有组织"), "{refused}");

    let url = testkit::bare_database().await;
    let begun = app(&url, Mode::Demo).await;
    let some = Order {
        stop_after: Some(1),
        ..order(Scale::Class)
    };
    seed(&begun, some, quiet).await.unwrap();
    // Half a league is enough for production mode to keep away.
    let pool = &begun.db().pool;
    assert!(
        server::check_mode(pool, Mode::Production)
            .await
            .unwrap_err()
            .to_string()
            .contains("演示数据")
    );
    let other = seed(&begun, order(Scale::School), quiet).await.unwrap_err();
    assert!(other.to_string().contains("没写完"), "{other}");
    seed(&begun, order(Scale::Class), quiet).await.unwrap();
    let again = seed(&begun, order(Scale::Class), quiet).await.unwrap_err();
    assert!(again.to_string().contains("已经写好"), "{again}");
}

#[tokio::test]
async fn open_transfers_of_a_seeded_league_are_decided_like_any_other() {
    let app = bare().await;
    let some = Order {
        stop_after: Some(1),
        ..Order::new(Scale::School, 7, 1)
    };
    seed(&app, some, quiet).await.unwrap();
    let mut reader = app.db().read().await.unwrap();
    let open = sqlx::query!(
        "select t.person_id, t.case_id, t.in_org_id from transfer t join org o on o.org_id = t.in_org_id
         where t.state = 'awaiting_in' and o.category = 'branch' order by t.number limit 1"
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    let key = CaseKey {
        subject: base::PersonId(open.person_id),
        case: base::CaseId(open.case_id.unwrap()),
    };
    let case = approvals::find_case(&mut reader, key)
        .await
        .unwrap()
        .unwrap();
    let branch = orgs::find(&mut reader, base::OrgId(open.in_org_id))
        .await
        .unwrap()
        .unwrap();
    assert!(case.desks.contains(&branch.id));
    assert!(case.alarm_at.is_some_and(|at| at > testkit::now()));
    let actor = Actor {
        who: Who::System("test"),
        name: "王审核".into(),
        acting: Some(Grant {
            role: Role::Administrator,
            org: branch.to_ref(),
            org_name: branch.short_name.clone(),
            covers: Vec::new(),
            bounds: access::Bounds::Whole,
            root: access::Root::default(),
        }),
        branch: None,
        port: Port::Console,
        address: String::new(),
        request: String::new(),
    };
    let mut tx = app.db().begin(actor).await.unwrap();
    let kinds = app.policy::<Kinds>();
    let done = approvals::pass(&mut tx, kinds, key, case.step_no, "", None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(done.state, CaseState::Passed);
    let here = people::membership(&mut reader, key.subject)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(here.branch, branch.id);
    let counted = people::counts(&mut reader, branch.id).await.unwrap();
    let rows = sqlx::query_scalar!(
        r#"select count(*)::int as "n!" from roster where branch_id = $1"#,
        branch.id.0
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    assert_eq!(counted.members, rows);
}

#[test]
fn a_province_has_as_many_members_and_organisations_as_it_says_and_no_name_twice() {
    let plan = Plan::draw(Scale::Province, 2026, testkit::now());
    assert_eq!(plan.nodes.len(), 250_000);
    let members: u32 = plan.nodes.iter().map(|node| node.members).sum();
    assert_eq!(members, 5_000_000);
    let (mut siblings, mut full) = (HashSet::new(), HashSet::new());
    for node in &plan.nodes {
        assert!(
            siblings.insert((node.parent, node.short.as_str())),
            "{}",
            node.full
        );
        assert!(full.insert(node.full.as_str()), "{}", node.full);
    }
}

#[test]
fn people_of_a_city_have_numbers_of_their_own() {
    // Number space: order, region and class of birthday tell people apart whatever the draws are.
    let plan = Plan::draw(Scale::City, 3, testkit::now());
    assert_eq!(plan.nodes.len(), 20_000);
    let members: u32 = plan.nodes.iter().map(|node| node.members).sum();
    assert_eq!(members, Scale::City.members());
    let mut seen = HashSet::new();
    for n in 0..plan.nodes.len() as u32 {
        let node = &plan.nodes[n as usize];
        assert!(node.short.chars().count() <= 40);
        for i in (0..node.members + node.cadres).step_by(17) {
            let number = super::people::number_of(&plan, n, i);
            let parsed = IdNumber::parse(&number, plan.today, Reserved::Accepted).unwrap();
            assert!(seen.insert(parsed.reveal().to_owned()), "{number}");
        }
    }
}

#[tokio::test]
async fn a_league_is_marked_before_its_first_row() {
    let app = bare().await;
    let none = Order {
        stop_after: Some(0),
        ..order(Scale::Class)
    };
    seed(&app, none, quiet).await.unwrap();
    let mut conn = app.db().pool.acquire().await.unwrap();
    assert!(!store::any_org(&mut conn).await.unwrap());
    assert!(
        store::mark(&mut conn)
            .await
            .unwrap()
            .is_some_and(|mark| mark.unfinished)
    );
}
