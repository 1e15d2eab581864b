//! Client keys of outside systems (ACC-74).

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A client.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub client_id: Uuid,
    pub name: String,
    pub secret_hash: Vec<u8>,
    pub scopes: Vec<String>,
    pub org_ids: Vec<Uuid>,
    pub per_minute: i32,
    pub ends_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Row {
    /// The organisations it reads.
    pub(crate) fn orgs(&self) -> Vec<OrgId> {
        self.org_ids.iter().copied().map(OrgId).collect()
    }
}

/// Finds one.
pub(crate) async fn find(conn: &mut PgConnection, client: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select client_id, name, secret_hash, scopes, org_ids, per_minute, ends_at, revoked_at
         from api_client where client_id = $1",
        client
    )
    .fetch_optional(conn)
    .await?)
}

/// All of them, the newest first.
pub(crate) async fn all(conn: &mut PgConnection) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select client_id, name, secret_hash, scopes, org_ids, per_minute, ends_at, revoked_at
         from api_client order by created_at desc, client_id limit 500"
    )
    .fetch_all(conn)
    .await?)
}

/// Writes a new one.
pub(crate) async fn insert(tx: &mut Tx, row: &Row) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into api_client (client_id, name, secret_hash, scopes, org_ids, per_minute, ends_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.client_id,
        row.name,
        row.secret_hash,
        &row.scopes,
        &row.org_ids,
        row.per_minute,
        row.ends_at,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends one; answers whether it was in force.
pub(crate) async fn revoke(tx: &mut Tx, client: Uuid) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "update api_client set revoked_at = $2 where client_id = $1 and revoked_at is null",
        client,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
