//! Deputies: grants whose end stands in them from the beginning, with their thin row beside the organisation (ACC-B5).

use super::grant::Act;
use base::{OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A deputy of somebody in an organisation.
#[derive(Clone, Debug)]
pub(crate) struct Deputy {
    pub grant_id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub since: DateTime<Utc>,
    /// The first moment it is over.
    pub until: DateTime<Utc>,
    pub of_account: Uuid,
    pub of_name: String,
    /// Codes of the permission table.
    pub functions: Vec<String>,
}

/// A deputy to be.
pub(crate) struct NewDeputy<'a> {
    pub org: OrgId,
    pub person: PersonId,
    pub name: &'a str,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub of_account: Uuid,
    pub of_name: &'a str,
    pub functions: &'a [String],
}

/// Writes one in both places.
pub(crate) async fn insert(tx: &mut Tx, new: &NewDeputy<'_>) -> Result<()> {
    let (id, by) = (tx.new_id::<Uuid>(), tx.actor().name.clone());
    sqlx::query!(
        "insert into role_grant (account_id, grant_id, role, org_id, since, until, basis, granted_by, of_account, of_name, functions)
         values ($1, $2, 'deputy', $3, $4, $5, '指定代理', $6, $7, $8, $9)",
        new.person.0,
        id,
        new.org.0,
        new.since,
        new.until,
        by,
        new.of_account,
        new.of_name,
        new.functions
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into org_admin (org_id, grant_id, account_id, name, role, since, until, basis, granted_by, of_account, of_name, functions)
         values ($1, $2, $3, $4, 'deputy', $5, $6, '指定代理', $7, $8, $9, $10)",
        new.org.0,
        id,
        new.person.0,
        new.name,
        new.since,
        new.until,
        by,
        new.of_account,
        new.of_name,
        new.functions
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The deputies of an organisation that act or will act after a moment.
pub(crate) async fn after(
    conn: &mut PgConnection,
    org: OrgId,
    moment: DateTime<Utc>,
) -> Result<Vec<Deputy>> {
    Ok(sqlx::query_as!(
        Deputy,
        r#"select grant_id, account_id, name, since, until as "until!", of_account as "of_account!", of_name as "of_name!",
                  functions as "functions!"
           from org_admin where org_id = $1 and role = 'deputy' and until > $2 and until > since order by since, grant_id limit 200"#,
        org.0,
        moment
    )
    .fetch_all(conn)
    .await?)
}

/// Where somebody is or will be deputy.
pub(crate) async fn held_by(tx: &mut Tx, account: Uuid) -> Result<Vec<OrgId>> {
    let now = tx.now();
    let orgs = sqlx::query_scalar!(
        "select distinct org_id from role_grant where account_id = $1 and role = 'deputy' and until > $2 order by org_id",
        account,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(orgs.into_iter().map(OrgId).collect())
}

/// Ends one now in both places; one that has not begun never will.
pub(crate) async fn end(tx: &mut Tx, org: OrgId, deputy: &Deputy) -> Result<()> {
    let (until, by) = (tx.now().max(deputy.since), tx.actor().name.clone());
    sqlx::query!(
        "update role_grant set until = $3, ended_by = $4 where account_id = $1 and grant_id = $2",
        deputy.account_id,
        deputy.grant_id,
        until,
        by
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_admin set until = $3 where org_id = $1 and grant_id = $2",
        org.0,
        deputy.grant_id,
        until
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What deputies of an organisation did lately, the newest first.
pub(crate) async fn acts(conn: &mut PgConnection, org: OrgId, limit: i64) -> Result<Vec<Act>> {
    Ok(sqlx::query_as!(
        Act,
        "select at, actor_name, action, address from audit_log
         where actor_org_id = $1 and actor_role = 'deputy' order by at desc, seq desc limit $2",
        org.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}
