//! The security log as organisations and auditors read it (ACC-69).

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub at: DateTime<Utc>,
    pub event_id: Uuid,
    pub subject_id: Uuid,
    pub org_id: Option<Uuid>,
    pub kind: String,
    pub outcome: String,
    pub address: String,
    pub device: String,
    pub detail: String,
}

/// What happened to the accounts that act for an organisation, newest first, before a line; of one kind, or of all.
pub(crate) async fn of_org(
    conn: &mut PgConnection,
    org: OrgId,
    (before, event): (DateTime<Utc>, Uuid),
    kind: &str,
    many: i64,
) -> Result<Vec<Line>> {
    Ok(sqlx::query_as!(
        Line,
        r#"select at, event_id, subject_id, org_id as "org_id?", kind, outcome, address, device, detail from org_security_event
           where org_id = $1 and (at, event_id) < ($2, $3) and ($4 = '' or kind = $4) order by at desc, event_id desc limit $5"#,
        org.0,
        before,
        event,
        kind,
        many
    )
    .fetch_all(conn)
    .await?)
}

/// Everything that happened, for auditors.
pub(crate) async fn all(
    conn: &mut PgConnection,
    (before, event): (DateTime<Utc>, Uuid),
    kind: &str,
    many: i64,
) -> Result<Vec<Line>> {
    Ok(sqlx::query_as!(
        Line,
        "select at, event_id, subject_id, org_id, kind, outcome, address, device, detail from security_event
         where at <= $1 and (at, event_id) < ($1, $2) and ($3 = '' or kind = $3) order by at desc, event_id desc limit $4",
        before,
        event,
        kind,
        many
    )
    .fetch_all(conn)
    .await?)
}

/// Names of some accounts; of a name nobody has there is none.
pub(crate) async fn names(
    conn: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        r#"select a.account_id as "account_id!", coalesce(p.name, a.name) as "name!" from account a left join person p on p.person_id = a.account_id
           where a.account_id = any($1)"#,
        accounts
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, row.name))
        .collect())
}

/// Removes lines older than the keeping time, five thousand at a time.
pub(crate) async fn sweep(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "delete from org_security_event e using (select org_id, at, event_id from org_security_event where at < $1 order by at limit 5000) o
         where e.org_id = o.org_id and e.at = o.at and e.event_id = o.event_id",
        before
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Members who have no password of their own yet: where the first one is the tail of the ID number, whoever knows that number
/// can guess it (SEC-05).
pub(crate) async fn without_password(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from membership m where m.until is null
           and not exists (select from account a where a.account_id = m.person_id and a.password_hash is not null)"#
    )
    .fetch_one(conn)
    .await?)
}
