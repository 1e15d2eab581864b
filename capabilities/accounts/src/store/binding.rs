//! Bound WeChat and enterprise WeChat; found by their rows in `login`.

use crate::rules::binding::Vendor;
use base::Result;
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A binding's row.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub login_hash: Vec<u8>,
    pub bound_at: DateTime<Utc>,
}

/// What is bound to an account for the vendor's port.
pub(crate) async fn find(
    conn: &mut PgConnection,
    account: Uuid,
    vendor: Vendor,
) -> Result<Option<Binding>> {
    Ok(sqlx::query_as!(
        Binding,
        "select login_hash, bound_at from account_binding where account_id = $1 and kind = $2 and port = $3",
        account,
        vendor.code(),
        vendor.port().code()
    )
    .fetch_optional(conn)
    .await?)
}

/// Binds; answers whether there was nothing bound.
pub(crate) async fn insert(
    tx: &mut Tx,
    account: Uuid,
    vendor: Vendor,
    login_hash: &[u8],
) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "insert into account_binding (account_id, kind, port, login_hash, bound_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        account,
        vendor.code(),
        vendor.port().code(),
        login_hash,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Releases; the row in `login` is the caller's.
pub(crate) async fn delete(tx: &mut Tx, account: Uuid, vendor: Vendor) -> Result<()> {
    sqlx::query!(
        "delete from account_binding where account_id = $1 and kind = $2 and port = $3",
        account,
        vendor.code(),
        vendor.port().code()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
