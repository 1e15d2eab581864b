//! Second factors.

use base::Result;
use chrono::{DateTime, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use uuid::Uuid;

const SECRET: &str = "second_factor.secret";

/// The key of an authenticator app.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    pub id: Uuid,
    /// Base32, as the app takes it.
    pub secret: String,
    pub last_step: i64,
}

/// The confirmed factor of an account, or with `confirmed` false the one being set up. Locks its row.
pub(crate) async fn find_for_update(
    conn: &mut PgConnection,
    keys: &Keyring,
    account: Uuid,
    confirmed: bool,
) -> Result<Option<Factor>> {
    let row = sqlx::query!(
        "select factor_id, secret_sealed, last_step from second_factor
         where account_id = $1 and (confirmed_at is not null) = $2 order by created_at desc limit 1 for update",
        account,
        confirmed
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Factor {
        id: row.factor_id,
        secret: keys.open(SECRET, row.factor_id, &row.secret_sealed)?,
        last_step: row.last_step,
    }))
}

/// Since when an account has a second factor.
pub(crate) async fn since(conn: &mut PgConnection, account: Uuid) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select max(confirmed_at) from second_factor where account_id = $1",
        account
    )
    .fetch_one(conn)
    .await?)
}

/// Begins setting one up; what was begun before and never finished goes.
pub(crate) async fn begin(tx: &mut Tx, account: Uuid, secret: &str) -> Result<()> {
    sqlx::query!(
        "delete from second_factor where account_id = $1 and confirmed_at is null",
        account
    )
    .execute(&mut **tx)
    .await?;
    let (id, now): (Uuid, _) = (tx.new_id(), tx.now());
    let sealed = tx.seal(SECRET, id, secret);
    sqlx::query!(
        "insert into second_factor (account_id, factor_id, kind, secret_sealed, created_at, last_step)
         values ($1, $2, 'totp', $3, $4, 0)",
        account,
        id,
        sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the code of this step was taken; the first one confirms the factor.
pub(crate) async fn used(tx: &mut Tx, account: Uuid, factor: Uuid, step: i64) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update second_factor set last_step = $3, confirmed_at = coalesce(confirmed_at, $4) where account_id = $1 and factor_id = $2",
        account,
        factor,
        step,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes all of an account but `keep`; answers whether a confirmed one went.
pub(crate) async fn remove(
    conn: &mut PgConnection,
    account: Uuid,
    keep: Option<Uuid>,
) -> Result<bool> {
    let gone = sqlx::query_scalar!(
        "delete from second_factor where account_id = $1 and ($2::uuid is null or factor_id <> $2) returning confirmed_at",
        account,
        keep
    )
    .fetch_all(conn)
    .await?;
    Ok(gone.iter().any(Option::is_some))
}
