//! OPS-52: every statement of every capability is explained against the catalogue of a province, and none may read a large
//! table from end to end, or read, sort or hash more rows than a page may cost.
//!
//! The statements are those of `.sqlx`, so none is forgotten. The catalogue is an empty database with the statistics of
//! `catalogue.tsv` (`scripts/catalogue` takes them from a seeded one): the planner sees five million members, the disk none.
//! Plans are generic: what the server uses after the fifth time, and nobody's values.
#![expect(
    clippy::disallowed_methods,
    reason = "explains other statements and writes the catalogue"
)]

mod allowed;
mod walk;

use allowed::ALLOWED;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::collections::HashMap;

/// A table is large from so many rows on.
const LARGE: f64 = 50_000.0;
/// Rows a request may read, sort or hash by estimate: a page of a list reads at most 20,000 (`people::store::BUDGET`), and
/// of a range of places the planner assumes half a hundredth, which is 25,020 of five million members.
const PAGE: f64 = 26_000.0;

struct Statement {
    sql: String,
    types: Vec<String>,
}

/// The statements the workspace was compiled with.
fn statements() -> Vec<Statement> {
    let folder = std::env::var("SQLX_OFFLINE_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../.sqlx").into());
    let mut all: Vec<Statement> = std::fs::read_dir(folder)
        .expect("recorded queries")
        .filter_map(Result::ok)
        .filter(|file| file.path().extension().is_some_and(|e| e == "json"))
        .map(|file| {
            let text = std::fs::read_to_string(file.path()).expect("a recorded query");
            let query: Value = serde_json::from_str(&text).expect("JSON");
            Statement {
                sql: query["query"].as_str().expect("its text").to_owned(),
                types: query["describe"]["parameters"]["Left"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|name| sql_type(name.as_str().expect("a plain type")))
                    .collect(),
            }
        })
        .filter(|statement| {
            let start = statement.sql.trim_start().to_lowercase();
            ["select", "insert", "update", "delete", "with", "("]
                .iter()
                .any(|word| start.starts_with(word))
        })
        .collect();
    all.sort_by(|a, b| a.sql.cmp(&b.sql));
    all
}

/// `UuidArray` → `uuid[]`.
fn sql_type(recorded: &str) -> String {
    match recorded.strip_suffix("Array") {
        Some(element) => format!("{}[]", element.to_lowercase()),
        None => recorded.to_lowercase(),
    }
}

/// An empty database that looks like a province's; rows by table.
async fn province(conn: &mut PgConnection) -> HashMap<String, f64> {
    sqlx::raw_sql(
        "create temp table shape (what text, tbl text, col text, a text, b text, c text)",
    )
    .execute(&mut *conn)
    .await
    .expect("a table");
    for line in include_str!("../catalogue.tsv").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [what, table, second, third, fourth, fifth] = cells.as_slice() else {
            panic!("a line of six: {line}");
        };
        // Of a table the third cell is its rows.
        let (col, a, b, c) = if *what == "table" {
            ("", *second, "", "")
        } else {
            (*second, *third, *fourth, *fifth)
        };
        sqlx::query("insert into shape values ($1, $2, $3, $4, $5, $6)")
            .bind(what)
            .bind(table)
            .bind(col)
            .bind(a)
            .bind(b)
            .bind(c)
            .execute(&mut *conn)
            .await
            .expect("a row");
    }
    sqlx::raw_sql(include_str!("catalogue.sql"))
        .execute(&mut *conn)
        .await
        .expect("a superuser's changes of the catalogue");
    let rows: Vec<(String, f32)> = sqlx::query_as(
        "select relname::text, reltuples from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    )
    .fetch_all(conn)
    .await
    .expect("the catalogue");
    rows.into_iter()
        .map(|(name, n)| (name, f64::from(n)))
        .collect()
}

async fn explain(conn: &mut PgConnection, statement: &Statement) -> Value {
    let types = statement.types.join(", ");
    let nulls = vec!["null"; statement.types.len()].join(", ");
    let (types, nulls) = if statement.types.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("({types})"), format!("({nulls})"))
    };
    let sql = &statement.sql;
    sqlx::raw_sql(AssertSqlSafe(format!("prepare asked {types} as {sql}")))
        .execute(&mut *conn)
        .await
        .unwrap_or_else(|cause| panic!("{cause}: {sql}"));
    let plan: Value = {
        let row = sqlx::raw_sql(AssertSqlSafe(format!(
            "explain (format json) execute asked{nulls}"
        )));
        use sqlx::Row;
        let row = row.fetch_one(&mut *conn).await.expect("a plan");
        let text: String = row.try_get_unchecked(0).expect("its text");
        serde_json::from_str(&text).expect("JSON")
    };
    sqlx::raw_sql("deallocate asked")
        .execute(conn)
        .await
        .expect("forgotten");
    plan[0]["Plan"].clone()
}

/// On Citus the coordinator's plans are about shards, and its catalogue knows nothing of their rows: the walk is for one
/// PostgreSQL, and the run on one is where it fails.
fn elsewhere() -> bool {
    testkit::on_citus()
}

#[tokio::test]
async fn ops_52_no_statement_reads_a_large_table_or_more_than_its_page() {
    if elsewhere() {
        return;
    }
    let url = testkit::fresh_database().await;
    let mut conn = PgConnection::connect(&url).await.expect("a database");
    let rows = province(&mut conn).await;
    assert!(rows["roster"] > 4_000_000.0 && rows["org"] > 100_000.0);
    sqlx::raw_sql("set plan_cache_mode = force_generic_plan; set jit = off; set max_parallel_workers_per_gather = 0")
        .execute(&mut conn)
        .await
        .expect("settings");
    let statements = statements();
    assert!(statements.len() > 250, "{} statements", statements.len());
    let mut used = vec![false; ALLOWED.len()];
    let mut faults = Vec::new();
    for statement in &statements {
        let plan = explain(&mut conn, statement).await;
        let found = walk::faults(&plan, &rows, LARGE, PAGE);
        if found.is_empty() {
            continue;
        }
        let squeezed = statement
            .sql
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        match ALLOWED.iter().position(|(part, _)| squeezed.contains(part)) {
            Some(i) => used[i] = true,
            None => faults.push(format!("{}\n      {squeezed}", found.join("; "))),
        }
    }
    assert!(
        faults.is_empty(),
        "{} statements read too much:\n  {}",
        faults.len(),
        faults.join("\n  ")
    );
    for ((part, why), used) in ALLOWED.iter().zip(used) {
        assert!(
            used,
            "no longer needed in the list of the allowed: {part} ({why})"
        );
    }
}

#[tokio::test]
async fn ops_52_the_walk_sees_what_it_is_there_for() {
    if elsewhere() {
        return;
    }
    let url = testkit::fresh_database().await;
    let mut conn = PgConnection::connect(&url).await.expect("a database");
    let rows = province(&mut conn).await;
    sqlx::raw_sql(
        "set plan_cache_mode = force_generic_plan; set max_parallel_workers_per_gather = 0",
    )
    .execute(&mut conn)
    .await
    .expect("settings");
    let mut bad = async |sql: &str, types: &[&str]| {
        let statement = Statement {
            sql: sql.into(),
            types: types.iter().map(|t| (*t).to_owned()).collect(),
        };
        walk::faults(&explain(&mut conn, &statement).await, &rows, LARGE, PAGE)
    };
    for (sql, types) in [
        ("select name from person where employer = $1", vec!["text"]),
        ("select name from roster order by since limit 20", vec![]),
        ("select count(*) from roster", vec![]),
        (
            "select education, count(*) from roster where path >= $1 group by education",
            vec!["text"],
        ),
        (
            "select r.name from roster r join org_post o on o.person_id = r.person_id where r.born > $1",
            vec!["date"],
        ),
        ("select max(length(path)) from org", vec![]),
    ] {
        assert!(!bad(sql, &types).await.is_empty(), "{sql}");
    }
    for (sql, types) in [
        ("select name from person where person_id = $1", vec!["uuid"]),
        (
            "select name from roster where path >= $1 and path < $2 order by path, pinyin, person_id limit 20",
            vec!["text", "text"],
        ),
        (
            "select short_name from org where parent_id = $1 order by sort_no, org_no",
            vec!["uuid"],
        ),
    ] {
        let found = bad(sql, &types).await;
        assert!(found.is_empty(), "{sql}: {found:?}");
    }
}
