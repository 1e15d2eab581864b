//! The yearly review of grants (ACC-B8): thin rows beside the organisation, the fact beside the account.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A grant as the review looks at it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub org_id: Uuid,
    pub grant_id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub role: String,
    pub since: DateTime<Utc>,
    pub reviewed_at: Option<DateTime<Utc>>,
    pub review_asked_at: Option<DateTime<Utc>>,
}

/// Organisations with grants to be asked about, in order of their ids.
pub(crate) async fn due_after(
    conn: &mut PgConnection,
    after: Uuid,
    before: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select distinct org_id from org_admin
         where org_id > $1 and until is null and review_asked_at is null and role in ('administrator', 'operator')
           and coalesce(reviewed_at, since) < $2 order by org_id limit $3",
        after,
        before,
        most
    )
    .fetch_all(conn)
    .await?)
}

/// Opens the review of what is a year old in an organisation; answers how many grants that is.
pub(crate) async fn ask(tx: &mut Tx, org: OrgId, before: DateTime<Utc>) -> Result<usize> {
    let now = tx.now();
    let asked = sqlx::query!(
        "update org_admin set review_asked_at = $3
         where org_id = $1 and until is null and review_asked_at is null and role in ('administrator', 'operator')
           and coalesce(reviewed_at, since) < $2 returning account_id, grant_id",
        org.0,
        before,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in &asked {
        sqlx::query!(
            "update role_grant set review_asked_at = $3 where account_id = $1 and grant_id = $2",
            row.account_id,
            row.grant_id,
            now
        )
        .execute(&mut **tx)
        .await?;
        mark_deputies(tx, org, row.account_id, Some(now)).await?;
    }
    Ok(asked.len())
}

/// The review of somebody's rights is one of his deputies' too, those still to come included: they have what he has.
pub(crate) async fn mark_deputies(
    tx: &mut Tx,
    org: OrgId,
    of: Uuid,
    asked: Option<DateTime<Utc>>,
) -> Result<()> {
    let now = tx.now();
    for deputy in super::deputy::after(tx, org, now).await? {
        if deputy.of_account != of {
            continue;
        }
        sqlx::query!(
            "update role_grant set review_asked_at = $3 where account_id = $1 and grant_id = $2",
            deputy.account_id,
            deputy.grant_id,
            asked
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// An organisation with open reviews.
pub(crate) struct Open {
    pub org: Uuid,
    pub asked: DateTime<Utc>,
    pub grants: i64,
}

/// Organisations with open reviews, in order of their ids, with the oldest asking.
pub(crate) async fn open_after(
    conn: &mut PgConnection,
    after: Uuid,
    most: i64,
) -> Result<Vec<Open>> {
    Ok(sqlx::query_as!(
        Open,
        r#"select org_id as org, min(review_asked_at) as "asked!", count(*) as "grants!" from org_admin
           where org_id > $1 and review_asked_at is not null and until is null group by org_id order by org_id limit $2"#,
        after,
        most
    )
    .fetch_all(conn)
    .await?)
}

/// All grants in force in an organisation.
pub(crate) async fn of_org(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, grant_id, account_id, name, role, since, reviewed_at, review_asked_at from org_admin
         where org_id = $1 and until is null and role in ('administrator', 'operator') order by since, grant_id limit 200",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// The open reviews of several organisations, the oldest first.
pub(crate) async fn open_in(conn: &mut PgConnection, orgs: &[Uuid], most: i64) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, grant_id, account_id, name, role, since, reviewed_at, review_asked_at from org_admin
         where org_id = any($1) and until is null and review_asked_at is not null
         order by review_asked_at, org_id, grant_id limit $2",
        orgs,
        most
    )
    .fetch_all(conn)
    .await?)
}

/// Confirms a grant whose review is open; answers whether it was.
pub(crate) async fn confirm(tx: &mut Tx, org: OrgId, grant: Uuid) -> Result<Option<Uuid>> {
    let now = tx.now();
    let account = sqlx::query_scalar!(
        "update org_admin set reviewed_at = $3, review_asked_at = null
         where org_id = $1 and grant_id = $2 and until is null and review_asked_at is not null returning account_id",
        org.0,
        grant,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(account) = account {
        sqlx::query!(
            "update role_grant set reviewed_at = $3, review_asked_at = null where account_id = $1 and grant_id = $2",
            account,
            grant,
            now
        )
        .execute(&mut **tx)
        .await?;
        mark_deputies(tx, org, account, None).await?;
    }
    Ok(account)
}

/// Counts everything in force as confirmed now (demonstration).
pub(crate) async fn confirm_all(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update role_grant set reviewed_at = $1 where until is null",
        now
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_admin set reviewed_at = $1 where until is null",
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
