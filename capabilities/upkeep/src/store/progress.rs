//! Snapshots of the entry (ORG-46).

use crate::rules::progress::Below;
use access::Scope;
use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// One organisation's snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) id: OrgId,
    pub(crate) path: OrgPath,
    pub(crate) category: String,
    pub(crate) entered: bool,
    pub(crate) missing: Vec<String>,
    pub(crate) has_subs: bool,
    pub(crate) has_branch: bool,
    pub(crate) persons_done: bool,
    pub(crate) name_fault: Option<String>,
}

/// Which of these have live subordinates, and which a live branch somewhere below.
pub(crate) async fn parents(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<(HashSet<OrgId>, HashSet<OrgId>)> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select o.org_id, exists (select from org b where b.parent_id = o.org_id and b.state in ('created', 'active', 'graduate')) as "subs!",
                  exists (select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                            and b.state in ('created', 'active', 'graduate')) as "branch!"
           from org o where o.org_id = any($1) and o.category <> 'branch'"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    let (mut subs, mut branches) = (HashSet::new(), HashSet::new());
    for row in rows {
        if row.subs {
            subs.insert(OrgId(row.org_id));
        }
        if row.branch {
            branches.insert(OrgId(row.org_id));
        }
    }
    Ok((subs, branches))
}

/// What is counted of the people of one organisation itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Persons {
    pub(crate) cadres: i32,
    pub(crate) persons: i32,
    pub(crate) incomplete: i32,
}

/// Counts of the people of some organisations.
pub(crate) async fn persons(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Persons>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select org_id, cadres, persons, incomplete from branch_counter where org_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let of = Persons {
                cadres: r.cadres,
                persons: r.persons,
                incomplete: r.incomplete,
            };
            (OrgId(r.org_id), of)
        })
        .collect())
}

/// Writes snapshots, replacing older ones.
pub(crate) async fn save(
    conn: &mut PgConnection,
    shots: &[Snapshot],
    at: DateTime<Utc>,
) -> Result<()> {
    fn each<'a, T>(shots: &'a [Snapshot], of: impl Fn(&'a Snapshot) -> T) -> Vec<T> {
        shots.iter().map(of).collect()
    }
    // Lists of different length do not pass through unnest: they travel as one text each.
    let missing = each(shots, |s| s.missing.join("\n"));
    sqlx::query!(
        "insert into org_progress (org_id, path, category, entered, missing, has_subs, has_branch, persons_done, name_fault, at)
         select n.org_id, n.path, n.category, n.entered, string_to_array(n.missing, e'\n'), n.has_subs, n.has_branch, n.persons_done, n.name_fault, $10
         from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::boolean[], $7::boolean[], $8::boolean[], $9::text[])
              as n (org_id, path, category, entered, missing, has_subs, has_branch, persons_done, name_fault)
         on conflict (org_id) do update set
             path = excluded.path, category = excluded.category, entered = excluded.entered, missing = excluded.missing,
             has_subs = excluded.has_subs, has_branch = excluded.has_branch, persons_done = excluded.persons_done,
             name_fault = excluded.name_fault, at = excluded.at",
        &each(shots, |s| s.id.0),
        &each(shots, |s| s.path.to_string()),
        &each(shots, |s| s.category.clone()),
        &each(shots, |s| s.entered),
        &missing,
        &each(shots, |s| s.has_subs),
        &each(shots, |s| s.has_branch),
        &each(shots, |s| s.persons_done),
        &each(shots, |s| s.name_fault.clone()) as &[Option<String>],
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Something found wanting at an organisation: a filter of the progress list or a list of the check-up.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: OrgId,
    pub(crate) kind: String,
    pub(crate) path: OrgPath,
}

/// Writes what was found at these organisations; what is no longer so goes, what stays is not
/// touched, but for what was found before its day was kept: its day is that of this look.
pub(crate) async fn save_found(
    conn: &mut PgConnection,
    ids: &[OrgId],
    found: &[Found],
    at: DateTime<Utc>,
) -> Result<()> {
    let all: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let orgs: Vec<Uuid> = found.iter().map(|f| f.id.0).collect();
    let kinds: Vec<String> = found.iter().map(|f| f.kind.clone()).collect();
    let paths: Vec<String> = found.iter().map(|f| f.path.to_string()).collect();
    sqlx::query!(
        "delete from org_finding f where f.org_id = any($1)
           and not exists (select from unnest($2::uuid[], $3::text[]) as n (org_id, kind) where n.org_id = f.org_id and n.kind = f.kind)",
        &all,
        &orgs,
        &kinds
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into org_finding (org_id, kind, path, since) select n.org_id, n.kind, n.path, $4 from unnest($1::uuid[], $2::text[], $3::text[]) as n (org_id, kind, path)
         on conflict (org_id, kind) do update set path = excluded.path, since = coalesce(org_finding.since, excluded.since)
         where org_finding.path <> excluded.path or org_finding.since is null",
        &orgs,
        &kinds,
        &paths,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the sums of subtrees the walk has left.
pub(crate) async fn save_below(conn: &mut PgConnection, sums: &[(OrgId, Below)]) -> Result<()> {
    let ids: Vec<Uuid> = sums.iter().map(|(id, _)| id.0).collect();
    let below: Vec<serde_json::Value> = sums.iter().map(|(_, below)| json!(below)).collect();
    sqlx::query!(
        "update org_progress p set below = n.below from unnest($1::uuid[], $2::jsonb[]) as n (org_id, below) where p.org_id = n.org_id",
        &ids,
        &below
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sums of the subtree at an organisation; none before the first snapshot.
pub(crate) async fn below(conn: &mut PgConnection, org: OrgId) -> Result<Option<Below>> {
    Ok(sqlx::query_scalar!(
        r#"select below as "below: Json<Below>" from org_progress where org_id = $1"#,
        org.0
    )
    .fetch_optional(conn)
    .await?
    .flatten()
    .map(|Json(below)| below))
}

/// Drops what an earlier run left of organisations that are no longer there.
pub(crate) async fn sweep(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from org_finding f using org_progress p where p.org_id = f.org_id and p.at < $1",
        before
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from org_progress where at < $1", before)
        .execute(conn)
        .await?;
    Ok(())
}

/// When the snapshot of an organisation was made.
pub(crate) async fn made_at(conn: &mut PgConnection, org: OrgId) -> Result<Option<DateTime<Utc>>> {
    Ok(
        sqlx::query_scalar!("select at from org_progress where org_id = $1", org.0)
            .fetch_optional(conn)
            .await?,
    )
}

/// What an organisation still lacked at its snapshot, and when that was.
pub(crate) async fn lacked(
    conn: &mut PgConnection,
    org: OrgId,
) -> Result<Option<(Vec<String>, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "select missing, at from org_progress where org_id = $1",
        org.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.missing, row.at)))
}

/// What the list of one level asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// `out`: nobody signed in; `gaps`: information incomplete; `bare`: no subordinates; `people`: people incomplete.
    pub(crate) only: Option<&'a str>,
}

macro_rules! rows {
    ($conn:expr, $from:literal, $at:literal, $order:literal, $($bind:expr),*) => {
        sqlx::query_as!(
            Row,
            "select p.org_id, p.path, p.category, p.entered, p.missing, p.has_subs, p.has_branch, p.persons_done, p.name_fault
             from " + $from + " where " + $at + ".path > $1 and " + $at + ".path < $2 and length(" + $at + ".path) = $3 order by "
                + $at + ".path" + $order + " limit $4",
            $($bind),*
        )
        .fetch_all($conn)
        .await?
    };
}

struct Row {
    org_id: Uuid,
    path: String,
    category: String,
    entered: bool,
    missing: Vec<String>,
    has_subs: bool,
    has_branch: bool,
    persons_done: bool,
    name_fault: Option<String>,
}

/// Snapshots of one level in the order of the tree, read from the index of the level: a page of them and no more.
pub(crate) async fn rows(
    conn: &mut PgConnection,
    scope: &Scope,
    depth: usize,
    wanted: Wanted<'_>,
    after: Option<&OrgPath>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Snapshot>> {
    // An address may name a place outside: the page begins inside the subtree, or the database reads its way there.
    let (mut low, mut high) = (scope.low(), scope.high());
    match after {
        Some(path) if backwards => high = high.min(path.as_str()),
        Some(path) => low = low.max(path.as_str()),
        None => {}
    }
    let length = i32::try_from(depth * OrgPath::LABEL).unwrap_or(i32::MAX);
    let rows = match (wanted.only, backwards) {
        (None, false) => rows!(conn, "org_progress p", "p", "", low, high, length, limit),
        (None, true) => rows!(
            conn,
            "org_progress p",
            "p",
            " desc",
            low,
            high,
            length,
            limit
        ),
        (Some(kind), false) => rows!(
            conn,
            "org_finding f join org_progress p on p.org_id = f.org_id and f.kind = $5",
            "f",
            "",
            low,
            high,
            length,
            limit,
            kind
        ),
        (Some(kind), true) => rows!(
            conn,
            "org_finding f join org_progress p on p.org_id = f.org_id and f.kind = $5",
            "f",
            " desc",
            low,
            high,
            length,
            limit,
            kind
        ),
    };
    Ok(rows
        .into_iter()
        .map(|r| Snapshot {
            id: OrgId(r.org_id),
            path: OrgPath::new(r.path),
            category: r.category,
            entered: r.entered,
            missing: r.missing,
            has_subs: r.has_subs,
            has_branch: r.has_branch,
            persons_done: r.persons_done,
            name_fault: r.name_fault,
        })
        .collect())
}
