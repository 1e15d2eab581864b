//! Snapshots of the entry (ORG-46).

use access::Scope;
use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
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

/// Drops what an earlier run left of organisations that are no longer there.
pub(crate) async fn sweep(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<()> {
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

/// Counts of one level below an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// Levels from the root of the tree.
    pub(crate) depth: i64,
    pub(crate) all: i64,
    pub(crate) entered: i64,
    pub(crate) complete: i64,
    /// Not branches.
    pub(crate) parents: i64,
    pub(crate) with_subs: i64,
    pub(crate) persons_done: i64,
}

/// Counts by level of a subtree, without its top.
pub(crate) async fn levels(conn: &mut PgConnection, scope: &Scope) -> Result<Vec<Level>> {
    Ok(sqlx::query_as!(
        Level,
        r#"select (length(path) / 4)::bigint as "depth!", count(*) as "all!", count(*) filter (where entered) as "entered!",
                  count(*) filter (where cardinality(missing) = 0) as "complete!", count(*) filter (where category <> 'branch') as "parents!",
                  count(*) filter (where has_subs) as "with_subs!", count(*) filter (where persons_done) as "persons_done!"
           from org_progress where path > $1 and path < $2 group by 1 order by 1"#,
        scope.low(),
        scope.high()
    )
    .fetch_all(conn)
    .await?)
}

/// What the list of one level asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// `out`: nobody signed in; `gaps`: information incomplete; `bare`: no subordinates; `people`: people incomplete.
    pub(crate) only: Option<&'a str>,
}

/// Snapshots of one level in the order of the tree.
pub(crate) async fn rows(
    conn: &mut PgConnection,
    scope: &Scope,
    depth: i64,
    wanted: Wanted<'_>,
    after: Option<&OrgPath>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Snapshot>> {
    let rows = sqlx::query!(
        "select org_id, path, category, entered, missing, has_subs, has_branch, persons_done, name_fault from org_progress
         where path > $1 and path < $2 and length(path) = $3::bigint * 4
           and ($4::text is null or case $4
                  when 'out' then not entered
                  when 'gaps' then cardinality(missing) > 0
                  when 'bare' then category <> 'branch' and not has_subs
                  else not persons_done end)
           and ($5::text is null or case when $6 then path < $5 else path > $5 end)
         order by case when $6 then path end desc, path limit $7",
        scope.low(),
        scope.high(),
        depth,
        wanted.only,
        after.map(OrgPath::as_str),
        backwards,
        limit
    )
    .fetch_all(conn)
    .await?;
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
