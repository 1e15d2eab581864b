//! Superiors in place of those without administrator (ACC-79), and what organisations were told.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Whether organisations have an administrator, and when the last one ended; those that never had one are missing.
pub(crate) async fn offices(
    conn: &mut PgConnection,
    orgs: &[Uuid],
) -> Result<Vec<(Uuid, bool, Option<DateTime<Utc>>)>> {
    let rows = sqlx::query!(
        r#"select org_id, bool_or(until is null) as "filled!", max(until) as last_end
           from org_admin where org_id = any($1) and role = 'administrator' group by org_id"#,
        orgs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.org_id, row.filled, row.last_end))
        .collect())
}

/// Begins one; answers whether none was open.
pub(crate) async fn begin(
    tx: &mut Tx,
    org: OrgId,
    superior: OrgId,
    vacant_since: DateTime<Utc>,
) -> Result<bool> {
    let now = tx.now();
    let made = sqlx::query!(
        "insert into org_stand_in (org_id, began_at, superior_id, vacant_since) values ($1, $2, $3, $4) on conflict do nothing",
        org.0,
        now,
        superior.0,
        vacant_since
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() > 0)
}

/// Ends the open one of an organisation; answers who stood in.
pub(crate) async fn end(tx: &mut Tx, org: OrgId) -> Result<Option<OrgId>> {
    let now = tx.now();
    let superior = sqlx::query_scalar!(
        "update org_stand_in set ended_at = $2 where org_id = $1 and ended_at is null returning superior_id",
        org.0,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(superior.map(OrgId))
}

/// All open ones: organisation and who stands in, in order of their ids.
pub(crate) async fn open_after(
    conn: &mut PgConnection,
    after: Uuid,
    most: i64,
) -> Result<Vec<(OrgId, OrgId)>> {
    let rows = sqlx::query!(
        "select org_id, superior_id from org_stand_in where ended_at is null and org_id > $1 order by org_id limit $2",
        after,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (OrgId(row.org_id), OrgId(row.superior_id)))
        .collect())
}

/// Who stands in for these organisations.
pub(crate) async fn open_of(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<(OrgId, OrgId)>> {
    let rows = sqlx::query!(
        "select org_id, superior_id from org_stand_in where org_id = any($1) and ended_at is null",
        orgs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (OrgId(row.org_id), OrgId(row.superior_id)))
        .collect())
}

/// A grant in force as the monthly list looks at it.
pub(crate) struct InForce {
    pub org: Uuid,
    pub account: Uuid,
    pub name: String,
    pub role: String,
    pub since: DateTime<Utc>,
}

/// Organisations with grants in force, in order of their ids.
pub(crate) async fn orgs_with_grants(
    conn: &mut PgConnection,
    after: Uuid,
    most: i64,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select distinct org_id from org_admin where org_id > $1 and until is null order by org_id limit $2",
        after,
        most
    )
    .fetch_all(conn)
    .await?)
}

/// The grants in force in these organisations.
pub(crate) async fn in_force(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<InForce>> {
    Ok(sqlx::query_as!(
        InForce,
        "select org_id as org, account_id as account, name, role, since from org_admin
         where org_id = any($1) and until is null order by org_id, since, grant_id",
        orgs
    )
    .fetch_all(conn)
    .await?)
}

/// Notes that an organisation is told something for a period; answers whether it was not yet.
pub(crate) async fn note(tx: &mut Tx, org: Uuid, kind: &str, period: &str) -> Result<bool> {
    let now = tx.now();
    let made = sqlx::query!(
        "insert into org_notice (org_id, kind, period, told_at) values ($1, $2, $3, $4) on conflict do nothing",
        org,
        kind,
        period,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() > 0)
}
