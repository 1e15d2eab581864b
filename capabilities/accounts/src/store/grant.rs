//! Grants beside the account, their thin row beside the organisation, and the seats.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Somebody with a role in an organisation.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The grant.
    pub grant_id: Uuid,
    /// The account; of a person the person's id.
    pub account_id: Uuid,
    /// Name.
    pub name: String,
    /// Role's code.
    pub role: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why.
    pub basis: String,
    /// By whom.
    pub granted_by: String,
    /// 职位标签 of an operator.
    pub label: Option<String>,
}

/// Who holds what in an organisation now.
pub(crate) async fn holders(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Holder>> {
    Ok(sqlx::query_as!(
        Holder,
        "select grant_id, account_id, name, role, since, basis, granted_by, label from org_admin
         where org_id = $1 and until is null order by since, grant_id limit 200",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// Writes another name beside what an account holds in an organisation.
pub(crate) async fn rename(
    conn: &mut PgConnection,
    org: OrgId,
    account: Uuid,
    name: &str,
) -> Result<()> {
    sqlx::query!(
        "update org_admin set name = $3 where org_id = $1 and account_id = $2 and until is null",
        org.0,
        account,
        name
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Administrators of several organisations: how many and their names.
pub(crate) async fn seats(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        "select org_id, name from org_admin where org_id = any($1) and until is null and role = 'administrator'
         order by org_id, since, grant_id",
        orgs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.org_id, r.name)).collect())
}

/// Takes a seat of an organisation; `most` nought is no limit. Answers whether there was one.
pub(crate) async fn take_seat(conn: &mut PgConnection, org: OrgId, most: i32) -> Result<bool> {
    sqlx::query!(
        "insert into org_seat (org_id, administrators) values ($1, 0) on conflict do nothing",
        org.0
    )
    .execute(&mut *conn)
    .await?;
    let taken = sqlx::query_scalar!(
        "update org_seat set administrators = administrators + 1
         where org_id = $1 and ($2 = 0 or administrators < $2) returning administrators",
        org.0,
        most
    )
    .fetch_optional(conn)
    .await?;
    Ok(taken.is_some())
}

/// Gives a seat back.
pub(crate) async fn free_seat(conn: &mut PgConnection, org: OrgId) -> Result<()> {
    sqlx::query!(
        "update org_seat set administrators = administrators - 1 where org_id = $1 and administrators > 0",
        org.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new grant.
pub(crate) struct NewGrant<'a> {
    pub account: Uuid,
    pub name: &'a str,
    pub org: OrgId,
    pub role: &'a str,
    pub basis: &'a str,
}

/// Writes a grant in both places; answers whether the account did not hold it already.
pub(crate) async fn insert(tx: &mut Tx, new: &NewGrant<'_>) -> Result<bool> {
    let (id, now, by) = (tx.new_id::<Uuid>(), tx.now(), tx.actor().name.clone());
    let made = sqlx::query_scalar!(
        "insert into role_grant (account_id, grant_id, role, org_id, since, basis, granted_by)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning grant_id",
        new.account,
        id,
        new.role,
        new.org.0,
        now,
        new.basis,
        by
    )
    .fetch_optional(&mut **tx)
    .await?;
    if made.is_none() {
        return Ok(false);
    }
    sqlx::query!(
        "insert into org_admin (org_id, grant_id, account_id, name, role, since, basis, granted_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.org.0,
        id,
        new.account,
        new.name,
        new.role,
        now,
        new.basis,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Ends a grant in both places; answers its role if it was open.
pub(crate) async fn end(
    tx: &mut Tx,
    account: Uuid,
    org: OrgId,
    grant: Uuid,
) -> Result<Option<String>> {
    let (now, by) = (tx.now(), tx.actor().name.clone());
    let role = sqlx::query_scalar!(
        "update role_grant set until = $3, ended_by = $4 where account_id = $1 and grant_id = $2 and until is null returning role",
        account,
        grant,
        now,
        by
    )
    .fetch_optional(&mut **tx)
    .await?;
    if role.is_some() {
        sqlx::query!(
            "update org_admin set until = $3 where org_id = $1 and grant_id = $2",
            org.0,
            grant,
            now
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(role)
}

/// Administrators in office, the row locked until the transaction ends.
pub(crate) async fn lock_seats(conn: &mut PgConnection, org: OrgId) -> Result<i32> {
    sqlx::query!(
        "insert into org_seat (org_id, administrators) values ($1, 0) on conflict do nothing",
        org.0
    )
    .execute(&mut *conn)
    .await?;
    Ok(sqlx::query_scalar!(
        "select administrators from org_seat where org_id = $1 for update",
        org.0
    )
    .fetch_one(conn)
    .await?)
}

/// An administrator of one of several organisations.
pub(crate) struct Seat {
    pub org: Uuid,
    pub account: Uuid,
    pub name: String,
    pub basis: String,
}

/// Administrators of several organisations with their accounts.
pub(crate) async fn seats_with_accounts(
    conn: &mut PgConnection,
    orgs: &[Uuid],
) -> Result<Vec<Seat>> {
    Ok(sqlx::query_as!(
        Seat,
        "select org_id as org, account_id as account, name, basis from org_admin
         where org_id = any($1) and until is null and role = 'administrator' order by org_id, since, grant_id",
        orgs
    )
    .fetch_all(conn)
    .await?)
}

/// The open grants of these accounts: account, organisation, grant.
pub(crate) async fn open_grants(
    conn: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<(Uuid, OrgId, Uuid)>> {
    let rows = sqlx::query!(
        "select account_id, org_id, grant_id from role_grant where account_id = any($1) and until is null order by account_id, grant_id",
        accounts
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, OrgId(row.org_id), row.grant_id))
        .collect())
}

/// The organisations an account acts for: those of its grants, and the one it is the account of.
pub(crate) async fn orgs_of(tx: &mut Tx, account: Uuid) -> Result<Vec<OrgId>> {
    let now = tx.now();
    let orgs = sqlx::query_scalar!(
        r#"select org_id as "org!" from role_grant where account_id = $1 and (until is null or until > $2)
         union select org_id from account where account_id = $1 and org_id is not null order by 1 limit 20"#,
        account,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(orgs.into_iter().map(OrgId).collect())
}

/// Where an account is operator (one organisation at most).
pub(crate) async fn operates(conn: &mut PgConnection, account: Uuid) -> Result<Option<OrgId>> {
    let org = sqlx::query_scalar!(
        "select org_id from role_grant where account_id = $1 and role = 'operator' and until is null",
        account
    )
    .fetch_optional(conn)
    .await?;
    Ok(org.map(OrgId))
}

/// Writes an operator's position label in both places.
pub(crate) async fn set_label(
    tx: &mut Tx,
    org: OrgId,
    account: Uuid,
    grant: Uuid,
    label: &str,
) -> Result<()> {
    sqlx::query!(
        "update role_grant set label = $3 where account_id = $1 and grant_id = $2",
        account,
        grant,
        label
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_admin set label = $3 where org_id = $1 and grant_id = $2",
        org.0,
        grant,
        label
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something an operator did.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub at: DateTime<Utc>,
    pub actor_name: String,
    pub action: String,
    pub address: String,
}

/// What the operators of an organisation did before a moment, the newest first.
pub(crate) async fn acts(
    conn: &mut PgConnection,
    org: OrgId,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Act>> {
    Ok(sqlx::query_as!(
        Act,
        "select at, actor_name, action, address from audit_log
         where actor_org_id = $1 and actor_role = 'operator' and at < $2 order by at desc, seq desc limit $3",
        org.0,
        before,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Which of these persons are cadres of an organisation but disabled there (FLD-12).
pub(crate) async fn disabled(
    conn: &mut PgConnection,
    org: OrgId,
    persons: &[Uuid],
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select distinct person_id from org_post where org_id = $1 and person_id = any($2) and until is null and disabled",
        org.0,
        persons
    )
    .fetch_all(conn)
    .await?)
}
