//! The tree day by day (ORG-B8).

use crate::rules::history::Version;
use base::{OrgCategory, OrgId, OrgPath, Result};
use chrono::NaiveDate;
use orgs::{BranchKind, OrgState};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

struct Row {
    org_id: Uuid,
    parent_id: Option<Uuid>,
    place: String,
    org_no: i64,
    category: String,
    kind: String,
    short_name: String,
    full_name: String,
    state: String,
}

impl From<Row> for Version {
    fn from(r: Row) -> Self {
        Self {
            id: OrgId(r.org_id),
            parent: r.parent_id.map(OrgId),
            place: OrgPath::new(r.place),
            number: r.org_no,
            category: OrgCategory::from_code(&r.category).unwrap_or(OrgCategory::Branch),
            kind: BranchKind::from_code(&r.kind),
            short_name: r.short_name,
            full_name: r.full_name,
            state: OrgState::from_code(&r.state),
        }
    }
}

fn raw(ids: &[OrgId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

fn versions(rows: Vec<Row>) -> Vec<Version> {
    rows.into_iter().map(Version::from).collect()
}

/// Organisations as they are now after a place, ended ones included.
pub(crate) async fn present(
    conn: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, parent_id, path as place, org_no, category, kind, short_name, full_name, state
         from org where path > $1 order by path limit $2",
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(versions(rows))
}

/// What is kept of some organisations as the present.
pub(crate) async fn open(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Version>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, parent_id, place, org_no, category, kind, short_name, full_name, state
         from org_past where org_id = any($1) and until is null",
        &raw(ids)
    )
    .fetch_all(conn)
    .await?;
    Ok(versions(rows).into_iter().map(|v| (v.id, v)).collect())
}

/// Ends what was kept as the present of some organisations; what began the same day has never been.
pub(crate) async fn close(conn: &mut PgConnection, ids: &[OrgId], day: NaiveDate) -> Result<()> {
    sqlx::query!(
        "delete from org_past where org_id = any($1) and until is null and since >= $2",
        &raw(ids),
        day
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_past set until = $2 where org_id = any($1) and until is null",
        &raw(ids),
        day
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps versions that begin on a day.
pub(crate) async fn save(
    conn: &mut PgConnection,
    versions: &[Version],
    day: NaiveDate,
) -> Result<()> {
    fn each<'a, T>(all: &'a [Version], of: impl Fn(&'a Version) -> T) -> Vec<T> {
        all.iter().map(of).collect()
    }
    sqlx::query!(
        "insert into org_past (org_id, since, parent_id, place, org_no, category, kind, short_name, full_name, state)
         select n.org_id, $10, n.parent_id, n.place, n.org_no, n.category, n.kind, n.short_name, n.full_name, n.state
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
              as n (org_id, parent_id, place, org_no, category, kind, short_name, full_name, state)
         on conflict (org_id, since) do nothing",
        &each(versions, |v| v.id.0),
        &each(versions, |v| v.parent.map(|id| id.0)) as &[Option<Uuid>],
        &each(versions, |v| v.place.to_string()),
        &each(versions, |v| v.number),
        &each(versions, |v| v.category.code().to_owned()),
        &each(versions, |v| v.kind.code().to_owned()),
        &each(versions, |v| v.short_name.clone()),
        &each(versions, |v| v.full_name.clone()),
        &each(versions, |v| v.state.code().to_owned()),
        day
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// First and last day of which the tree is kept.
pub(crate) async fn days(conn: &mut PgConnection) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let value = sqlx::query_scalar!("select value from setting where name = 'tree_history'")
        .fetch_optional(conn)
        .await?;
    let day = |value: &serde_json::Value, name: &str| value[name].as_str()?.parse().ok();
    Ok(value.and_then(|value| Some((day(&value, "from")?, day(&value, "to")?))))
}

/// Notes the days.
pub(crate) async fn set_days(
    conn: &mut PgConnection,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        "insert into setting (name, value) values ('tree_history', $1) on conflict (name) do update set value = excluded.value",
        json!({ "from": from, "to": to })
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Some organisations as they were at the end of a day.
pub(crate) async fn at(
    conn: &mut PgConnection,
    ids: &[OrgId],
    day: NaiveDate,
) -> Result<HashMap<OrgId, Version>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, parent_id, place, org_no, category, kind, short_name, full_name, state
         from org_past where org_id = any($1) and since <= $2 and (until is null or until > $2)",
        &raw(ids),
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(versions(rows).into_iter().map(|v| (v.id, v)).collect())
}

/// Direct subordinates of that day after a place, in the order of the tree.
pub(crate) async fn below(
    conn: &mut PgConnection,
    superior: OrgId,
    day: NaiveDate,
    after: &str,
    limit: i64,
) -> Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, parent_id, place, org_no, category, kind, short_name, full_name, state
         from org_past where parent_id = $1 and since <= $2 and (until is null or until > $2) and place > $3 order by place limit $4",
        superior.0,
        day,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(versions(rows))
}

/// How many direct subordinates some organisations had.
pub(crate) async fn counts(
    conn: &mut PgConnection,
    superiors: &[OrgId],
    day: NaiveDate,
) -> Result<HashMap<OrgId, i64>> {
    let rows = sqlx::query!(
        r#"select parent_id as "parent!", count(*) as "n!" from org_past
           where parent_id = any($1) and since <= $2 and (until is null or until > $2) group by parent_id"#,
        &raw(superiors),
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (OrgId(r.parent), r.n)).collect())
}

/// A subtree of that day, its top first, some after a place.
pub(crate) async fn subtree(
    conn: &mut PgConnection,
    top: &OrgPath,
    day: NaiveDate,
    after: &str,
    limit: i64,
) -> Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, parent_id, place, org_no, category, kind, short_name, full_name, state
         from org_past where place >= $1 and place < $2 and place > $5 and since <= $3 and (until is null or until > $3) order by place limit $4",
        top.as_str(),
        top.subtree_end(),
        day,
        limit,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok(versions(rows))
}

/// Organisations of a subtree of which something began or ended after one day and by another, where they stood, some after
/// a place.
pub(crate) async fn touched(
    conn: &mut PgConnection,
    top: &OrgPath,
    (from, to): (NaiveDate, NaiveDate),
    after: &str,
    limit: i64,
) -> Result<Vec<(OrgId, OrgPath)>> {
    let rows = sqlx::query!(
        "select org_id, place from org_past
         where place >= $1 and place < $2 and place > $6 and ((since > $3 and since <= $4) or (until > $3 and until <= $4))
         order by place, since limit $5",
        top.as_str(),
        top.subtree_end(),
        from,
        to,
        limit,
        after
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|r| (OrgId(r.org_id), OrgPath::new(r.place)))
        .collect())
}
