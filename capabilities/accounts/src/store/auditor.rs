//! Auditors: proposed by the deployment owner, confirmed by an administrator of the root (01b section 1, SEC-13).

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A term as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub term_id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub reason: String,
    pub until: DateTime<Utc>,
    pub proposed_at: DateTime<Utc>,
    pub state: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by: Option<String>,
}

/// The latest terms.
pub(crate) async fn terms(conn: &mut PgConnection) -> Result<Vec<Term>> {
    Ok(sqlx::query_as!(
        Term,
        "select term_id, account_id, name, reason, until, proposed_at, state, decided_at, decided_by
         from auditor_term order by proposed_at desc, term_id limit 100"
    )
    .fetch_all(conn)
    .await?)
}

/// One term, its row locked.
pub(crate) async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<Term>> {
    Ok(sqlx::query_as!(
        Term,
        "select term_id, account_id, name, reason, until, proposed_at, state, decided_at, decided_by
         from auditor_term where term_id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// The open term of an account.
pub(crate) async fn open_of(conn: &mut PgConnection, account: Uuid) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select term_id from auditor_term where account_id = $1 and state in ('proposed', 'confirmed')",
        account
    )
    .fetch_optional(conn)
    .await?)
}

/// Puts a proposal down; answers whether there was none open.
pub(crate) async fn propose(
    tx: &mut Tx,
    account: Uuid,
    name: &str,
    reason: &str,
    until: DateTime<Utc>,
) -> Result<Option<Uuid>> {
    let (id, now): (Uuid, _) = (tx.new_id(), tx.now());
    let made = sqlx::query!(
        "insert into auditor_term (term_id, account_id, name, reason, until, proposed_at, state)
         values ($1, $2, $3, $4, $5, $6, 'proposed') on conflict do nothing",
        id,
        account,
        name,
        reason,
        until,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok((made.rows_affected() > 0).then_some(id))
}

/// Decides or ends a term.
pub(crate) async fn set_state(
    tx: &mut Tx,
    term: Uuid,
    state: &str,
    grant: Option<Uuid>,
) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().name.clone());
    sqlx::query!(
        "update auditor_term set state = $2, decided_at = $3, decided_by = $4, grant_id = coalesce($5, grant_id) where term_id = $1",
        term,
        state,
        now,
        by,
        grant
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Limits the open auditor's grant of an account in an organisation to a moment, in both places; answers which it is.
pub(crate) async fn limit_grant(
    tx: &mut Tx,
    account: Uuid,
    org: OrgId,
    until: DateTime<Utc>,
) -> Result<Option<Uuid>> {
    let grant = sqlx::query_scalar!(
        "update role_grant set until = $3 where account_id = $1 and org_id = $2 and role = 'auditor' and (until is null or until > $3)
         returning grant_id",
        account,
        org.0,
        until
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(grant) = grant {
        sqlx::query!(
            "update org_admin set until = $3 where org_id = $1 and grant_id = $2",
            org.0,
            grant,
            until
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(grant)
}

/// Terms whose end has come.
pub(crate) async fn outlived(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select term_id from auditor_term where state in ('proposed', 'confirmed') and until <= $1 order by term_id limit 1000",
        now
    )
    .fetch_all(conn)
    .await?)
}

/// Notes what a session is for (ACC-85).
pub(crate) async fn set_purpose(
    conn: &mut PgConnection,
    token_hash: &[u8],
    purpose: &str,
) -> Result<()> {
    sqlx::query!(
        "update session set purpose = $2 where token_hash = $1",
        token_hash,
        purpose
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What an auditor did about an organisation.
pub(crate) struct Look {
    pub at: DateTime<Utc>,
    pub actor_name: String,
    pub action: String,
    pub detail: String,
}

/// The latest looks of auditors at an organisation, for that organisation (ACC-85).
pub(crate) async fn looks(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Look>> {
    Ok(sqlx::query_as!(
        Look,
        "select at, actor_name, action, detail from audit_log
         where org_id = $1 and actor_role = 'auditor' order by at desc limit 20",
        org.0
    )
    .fetch_all(conn)
    .await?)
}
