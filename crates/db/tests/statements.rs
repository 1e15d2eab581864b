//! Every checked statement of the program (`.sqlx/`): planned against the schema, and read for what a distributed database
//! would refuse or answer slowly. Planned on Citus (`./test --citus`), a statement that Citus cannot run does not pass.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Statements as recorded when they were checked.
fn recorded() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the data of the checked queries")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            serde_json::from_slice(&std::fs::read(file).expect("a record")).expect("its JSON")
        })
        .collect()
}

fn text(record: &Value) -> &str {
    record["query"].as_str().expect("a statement")
}

/// A value of a recorded parameter type.
fn sample(kind: &str) -> String {
    match kind {
        "Uuid" => "'00000000-0000-7000-8000-000000000001'::uuid".into(),
        "Bytea" => r"'\x00'::bytea".into(),
        "Bool" => "true".into(),
        "Int2" | "Int4" | "Int8" | "Float8" | "Numeric" => format!("1::{kind}"),
        "Json" | "Jsonb" => format!("'{{}}'::{kind}"),
        "Date" => "'2026-09-18'::date".into(),
        "Timestamptz" => "'2026-09-18T02:00:00Z'::timestamptz".into(),
        "Interval" => "'1 hour'::interval".into(),
        "Text" | "Varchar" | "Name" => format!("'x'::{kind}"),
        list => match list.strip_suffix("Array") {
            Some(kind) => format!("array[{}]", sample(kind)),
            None => panic!("no sample of {list}: write one"),
        },
    }
}

#[tokio::test]
async fn every_statement_can_be_planned() {
    let mut conn = PgConnection::connect(&testkit::fresh_database().await)
        .await
        .expect("a database with the schema");
    let mut refused = Vec::new();
    for record in recorded() {
        let kinds = record["describe"]["parameters"]["Left"]
            .as_array()
            .expect("types of parameters")
            .iter()
            .map(|kind| kind.as_str().expect("a built-in type"));
        let values: Vec<_> = kinds.map(sample).collect();
        let given = if values.is_empty() {
            String::new()
        } else {
            format!("({})", values.join(", "))
        };
        // The types are what PostgreSQL found when the statement was checked, and finds again.
        let statement = text(&record);
        let plan = format!("deallocate all; prepare it as {statement}; explain execute it {given}");
        let Err(mut cause) = sqlx::raw_sql(AssertSqlSafe(plan)).execute(&mut conn).await else {
            continue;
        };
        // Citus runs an insert of what it first brings together, and explains it only with the values in it.
        if cause
            .to_string()
            .contains("could not create distributed plan")
        {
            let filled = (1..=values.len())
                .rev()
                .fold(statement.to_owned(), |filled, n| {
                    filled.replace(&format!("${n}"), &values[n - 1])
                });
            let plan = format!("explain {filled}");
            match sqlx::raw_sql(AssertSqlSafe(plan)).execute(&mut conn).await {
                Ok(_) => continue,
                Err(other) => cause = other,
            }
        }
        refused.push(format!("{cause}\n{statement}"));
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}

/// Where a table lies: its distribution column and group, if it is distributed.
struct Place {
    kind: String,
    key: Option<String>,
    group: Option<String>,
}

type Places = BTreeMap<String, Place>;

async fn places() -> Places {
    let mut conn = PgConnection::connect(&testkit::fresh_database().await)
        .await
        .expect("a database with the schema");
    sqlx::query!("select tbl, kind, col, grp from table_placement")
        .fetch_all(&mut conn)
        .await
        .expect("places")
        .into_iter()
        .map(|row| {
            let place = Place {
                kind: row.kind,
                key: row.col,
                group: row.grp,
            };
            (row.tbl, place)
        })
        .collect()
}

/// Words and signs of a statement, texts in quotes left out.
fn words(statement: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => {
                let close = rest[1..].find(first).map_or(rest.len(), |at| at + 2);
                rest = &rest[close..];
                continue;
            }
            c if c.is_alphanumeric() || c == '_' || c == '$' => rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        if !first.is_whitespace() {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}

/// What in a statement breaks DATA.md, section 4.
fn faults(statement: &str, places: &Places) -> Vec<String> {
    let words = words(statement);
    let tables: BTreeSet<&str> = words
        .windows(2)
        .filter(|pair| ["from", "join", "update", "into", "using"].contains(&pair[0]))
        .map(|pair| pair[1])
        .filter(|name| places.contains_key(*name))
        .collect();
    let is = |table: &str, kind: &str| places[table].kind == kind;
    let groups: BTreeSet<&str> = tables
        .iter()
        .filter_map(|table| places[*table].group.as_deref())
        .collect();
    let mut faults = Vec::new();
    if groups.len() > 1 {
        faults.push(format!("joins the groups {groups:?} (13)"));
    }
    let written = words.windows(2).find_map(|pair| {
        let at = pair[1];
        (["update", "into"].contains(&pair[0]) && places.contains_key(at)).then_some(at)
    });
    if let Some(table) = written.filter(|table| is(table, "reference"))
        && !groups.is_empty()
    {
        faults.push(format!(
            "writes {table}, of which every node has a copy, from distributed rows (18)"
        ));
    }
    // `key = $1`, with or without the table's name before it.
    let keyed = |key: &str| {
        words
            .windows(3)
            .any(|w| w[0] == key && w[1] == "=" && w[2].starts_with('$'))
    };
    let locks = words
        .windows(2)
        .any(|pair| pair[0] == "for" && ["update", "share", "no"].contains(&pair[1]));
    for table in tables.iter().filter(|_| locks) {
        match &places[*table].key {
            Some(key) if !keyed(key) => {
                faults.push(format!("locks rows of {table} without {key} = $1 (14)"));
            }
            None if is(table, "reference") => {
                faults.push(format!("locks {table} in the whole country (14)"));
            }
            _ => {}
        }
    }
    if let Some(key) = written.and_then(|table| places[table].key.as_deref()) {
        let set = words.iter().position(|word| *word == "set");
        let set = set.map_or(&[][..], |at| {
            let rest = &words[at..];
            let end = rest
                .iter()
                .position(|word| ["where", "from", "returning"].contains(word));
            &rest[..end.unwrap_or(rest.len())]
        });
        if set
            .windows(3)
            .any(|w| ["set", ","].contains(&w[0]) && w[1] == key && w[2] == "=")
        {
            faults.push(format!(
                "changes {key}, by which its table is distributed (4)"
            ));
        }
    }
    let distributed = |table: &str| places.get(table).is_some_and(|p| p.kind == "distributed");
    if words.starts_with(&["select", "exists"])
        && words
            .windows(5)
            .any(|w| w[..4] == ["exists", "(", "select", "from"] && distributed(w[4]))
    {
        faults.push("asks `exists (select from …)` of distributed rows, which are first brought together and need a column: select 1 (18)".into());
    }
    // Rows every node has, looked at one by one against rows that lie on one.
    let outer = words
        .iter()
        .position(|word| *word == "from")
        .and_then(|at| words.get(at + 1));
    if outer.is_some_and(|table| places.get(*table).is_some_and(|p| p.kind == "reference"))
        && words
            .windows(5)
            .any(|w| w[..4] == ["exists", "(", "select", "from"] && distributed(w[4]))
    {
        faults.push("asks of each row of a table every node has whether distributed rows exist: join them (18)".into());
    }
    // `left join T t on t.key = o.…` beside another distributed table, with `o` a table every node has.
    let reference: BTreeSet<&str> = words
        .windows(3)
        .filter(|w| {
            ["from", "join"].contains(&w[0])
                && places.get(w[1]).is_some_and(|p| p.kind == "reference")
        })
        .map(|w| w[2])
        .collect();
    let several = tables.iter().filter(|table| distributed(table)).count() > 1;
    if several
        && words.windows(11).any(|w| {
            w[..2] == ["left", "join"]
                && distributed(w[2])
                && w[4] == "on"
                && w[6] == "."
                && w[8] == "="
                && reference.contains(w[9])
        })
    {
        faults.push(
            "hangs an outer join of distributed rows on the key of a table every node has (18)"
                .into(),
        );
    }
    if ["merge", "ctid", "rollup", "cube", "recursive"]
        .iter()
        .any(|ban| words.contains(ban))
    {
        faults.push("uses what is refused on distributed tables (18)".into());
    }
    faults
}

#[tokio::test]
async fn every_statement_keeps_the_rules_of_distribution() {
    let places = places().await;
    let found: Vec<_> = recorded()
        .iter()
        .flat_map(|record| {
            faults(text(record), &places)
                .into_iter()
                .map(|fault| format!("{fault}\n{}", text(record)))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[tokio::test]
async fn each_fault_of_a_statement_is_found() {
    let places = places().await;
    for (statement, rule) in [
        (
            "select m.since from membership m join roster r on r.person_id = m.person_id where m.person_id = $1",
            "(13)",
        ),
        (
            "insert into roster (branch_id) select branch_id from membership where person_id = $1",
            "(13)",
        ),
        (
            "update org set sort_no = 1 from roster where branch_id = org_id",
            "(18)",
        ),
        (
            "select o.org_id from org o where o.parent_id = $1 and not exists (select from org_admin a where a.org_id = o.org_id)",
            "(18)",
        ),
        (
            "select exists (select from org_change where kind = $1) as yes",
            "(18)",
        ),
        (
            "select c.members from org o join branch_counter c on c.org_id = o.org_id left join org_progress p on p.org_id = o.org_id",
            "(18)",
        ),
        (
            "select title from message where receiver_id = any($1) for update",
            "(14)",
        ),
        (
            "select state from account where state = $1 for no key update",
            "(14)",
        ),
        (
            "select version from org where org_id = $1 for update",
            "(14)",
        ),
        (
            "update roster set name = $1, branch_id = $2 where branch_id = $3",
            "(4)",
        ),
        (
            "update roster set branch_id = $2 where branch_id = $3",
            "(4)",
        ),
        ("delete from job where ctid = any($1)", "(18)"),
        ("with recursive t as (select 1) select 1 from t", "(18)"),
    ] {
        let found = faults(statement, &places);
        assert!(
            found.len() == 1 && found[0].ends_with(rule),
            "{statement}: {found:?}"
        );
    }
    for statement in [
        "select 'update from roster', m.since from membership m where m.person_id = $1 for update",
        "select o.full_name from membership m join org o on o.org_id = m.branch_id where m.person_id = $1",
        "select job_id from job where run_at <= $1 limit 1 for update skip locked",
        "update roster set name = $1 where branch_id = $2 and person_id = $3 returning branch_id",
        "insert into branch_counter (org_id, members) values ($1, $2) on conflict (org_id) do update set members = excluded.members",
    ] {
        assert_eq!(faults(statement, &places), [""; 0], "{statement}");
    }
}
