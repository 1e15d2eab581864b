//! Organisations that may be one and the same (ORG-B7): what is compared, what was found.

use crate::rules::twins::{Unit, Why};
use access::Scope;
use base::{OrgCategory, OrgId, OrgPath, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Live organisations after a place, without leading bodies, classes and branches of special kinds.
pub(crate) async fn units(
    conn: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<(Vec<Unit>, Option<String>)> {
    let rows = sqlx::query!(
        "select org_id, path, category, kind, short_name, full_name, school_code from org
         where path > $1 and state in ('created', 'active', 'graduate') order by path limit $2",
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    let last = rows.last().map(|r| r.path.clone());
    let units = rows
        .into_iter()
        .filter(|r| {
            r.kind == "ordinary" && !(r.category == "branch" && r.short_name.contains('级'))
        })
        .map(|r| Unit {
            id: OrgId(r.org_id),
            path: OrgPath::new(r.path),
            category: OrgCategory::from_code(&r.category).unwrap_or(OrgCategory::Branch),
            full_name: r.full_name,
            school_code: r.school_code,
        })
        .filter(|unit| unit.category != OrgCategory::LeadingBody)
        .collect();
    Ok((units, last))
}

/// A pair as it is kept.
pub(crate) struct Found<'a> {
    pub(crate) one: &'a Unit,
    pub(crate) other: &'a Unit,
    pub(crate) why: Vec<Why>,
}

/// Keeps pairs; what somebody settled stays settled.
pub(crate) async fn save(
    conn: &mut PgConnection,
    found: &[Found<'_>],
    at: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = found.iter().map(|f| f.one.id.0).collect();
    let others: Vec<Uuid> = found.iter().map(|f| f.other.id.0).collect();
    let paths: Vec<String> = found.iter().map(|f| f.one.path.to_string()).collect();
    let places: Vec<String> = found.iter().map(|f| f.other.path.to_string()).collect();
    let why: Vec<String> = found
        .iter()
        .map(|f| {
            let codes: Vec<&str> = f.why.iter().map(|why| why.code()).collect();
            codes.join(",")
        })
        .collect();
    sqlx::query!(
        "insert into org_twin (org_id, other_id, path, other_path, why, at)
         select n.org_id, n.other_id, n.path, n.other_path, string_to_array(n.why, ','), $6
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) as n (org_id, other_id, path, other_path, why)
         on conflict (org_id, other_id) do update set
             path = excluded.path, other_path = excluded.other_path, why = excluded.why, at = excluded.at",
        &ids,
        &others,
        &paths,
        &places,
        &why,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what this search did not find again, and notes when it was.
pub(crate) async fn finish(conn: &mut PgConnection, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from org_twin where at < $1", at)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into setting (name, value) values ('twins_searched', $1) on conflict (name) do update set value = excluded.value",
        json!(at)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When the last search ended.
pub(crate) async fn searched_at(conn: &mut PgConnection) -> Result<Option<DateTime<Utc>>> {
    let value = sqlx::query_scalar!("select value from setting where name = 'twins_searched'")
        .fetch_optional(conn)
        .await?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// A pair as it is listed.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) one: OrgId,
    pub(crate) other: OrgId,
    pub(crate) path: String,
    pub(crate) other_path: String,
    pub(crate) why: Vec<String>,
}

/// Pairs of which both stand in a subtree, after a place; settled ones apart.
pub(crate) async fn pairs(
    conn: &mut PgConnection,
    scope: &Scope,
    why: Option<&str>,
    settled: bool,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<Pair>> {
    let rows = sqlx::query!(
        "select org_id, other_id, path, other_path, why from org_twin
         where path >= $1 and path < $2 and other_path >= $1 and other_path < $2
           and ($3::text is null or $3 = any(why)) and (settled_at is not null) = $4 and (path, other_path) > ($5, $6)
         order by path, other_path limit $7",
        scope.low(),
        scope.high(),
        why,
        settled,
        after.0,
        after.1,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Pair {
            one: OrgId(r.org_id),
            other: OrgId(r.other_id),
            path: r.path,
            other_path: r.other_path,
            why: r.why,
        })
        .collect())
}

/// Somebody looked: the two are two. Answers whether the pair was there and open.
pub(crate) async fn settle(
    conn: &mut PgConnection,
    one: OrgId,
    other: OrgId,
    by: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update org_twin set settled_at = $4, settled_by = $3 where org_id = $1 and other_id = $2 and settled_at is null",
        one.0,
        other.0,
        by,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Organisations and members of the subtrees of some organisations.
pub(crate) async fn sizes(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, (i64, i64)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select org_id, orgs, members from org_stat where org_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), (r.orgs.into(), r.members.into())))
        .collect())
}

/// Numbers of the live direct subordinates of some organisations.
pub(crate) async fn subordinates(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Vec<i64>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select parent_id as "parent!", org_no from org where parent_id = any($1) and state in ('created', 'active', 'graduate')
           order by parent_id, sort_no, org_no limit 5000"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<OrgId, Vec<i64>> = HashMap::new();
    for row in rows {
        found.entry(OrgId(row.parent)).or_default().push(row.org_no);
    }
    Ok(found)
}
