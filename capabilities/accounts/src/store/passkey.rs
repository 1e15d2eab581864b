//! Passkeys of accounts (SEC-06).

use base::Result;
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A passkey.
#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub origin: String,
    pub name: String,
    pub sign_count: i64,
    pub created_at: DateTime<Utc>,
    pub last_used: Option<DateTime<Utc>>,
}

/// All of an account, the oldest first.
pub(crate) async fn all(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Passkey>> {
    Ok(sqlx::query_as!(
        Passkey,
        "select credential_id, public_key, origin, name, sign_count, created_at, last_used from passkey
         where account_id = $1 order by created_at, credential_id limit 20",
        account
    )
    .fetch_all(conn)
    .await?)
}

/// One of an account, its row locked.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    account: Uuid,
    credential: &[u8],
) -> Result<Option<Passkey>> {
    Ok(sqlx::query_as!(
        Passkey,
        "select credential_id, public_key, origin, name, sign_count, created_at, last_used from passkey
         where account_id = $1 and credential_id = $2 for update",
        account,
        credential
    )
    .fetch_optional(conn)
    .await?)
}

/// Keeps a new one; answers whether it was not there.
pub(crate) async fn insert(
    tx: &mut Tx,
    account: Uuid,
    key: &crate::rules::passkey::NewKey,
    origin: &str,
    name: &str,
) -> Result<bool> {
    let now = tx.now();
    let made = sqlx::query!(
        "insert into passkey (account_id, credential_id, public_key, origin, name, sign_count, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        account,
        key.credential_id,
        key.public_key,
        origin,
        name,
        i64::from(key.sign_count),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() > 0)
}

/// Notes that one was used.
pub(crate) async fn used(tx: &mut Tx, account: Uuid, credential: &[u8], count: u32) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update passkey set sign_count = $3, last_used = $4 where account_id = $1 and credential_id = $2",
        account,
        credential,
        i64::from(count),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes one of an account, or all; answers how many went.
pub(crate) async fn remove(
    conn: &mut PgConnection,
    account: Uuid,
    credential: Option<&[u8]>,
) -> Result<u64> {
    let gone = sqlx::query!(
        "delete from passkey where account_id = $1 and ($2::bytea is null or credential_id = $2)",
        account,
        credential
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
