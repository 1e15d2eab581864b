//! Rows of pictures; the bytes lie sealed in the file store.

use base::Result;
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Puts a picture's row down.
pub(crate) async fn insert(tx: &mut Tx, owner: Uuid, picture: Uuid, purpose: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into picture (owner_id, picture_id, purpose, created_at) values ($1, $2, $3, $4)",
        owner,
        picture,
        purpose,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest picture of an owner for a purpose.
pub(crate) async fn latest(
    conn: &mut PgConnection,
    owner: Uuid,
    purpose: &str,
) -> Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select picture_id from picture where owner_id = $1 and purpose = $2 order by created_at desc, picture_id desc limit 1",
        owner,
        purpose
    )
    .fetch_optional(conn)
    .await?)
}

/// Lets all pictures of an owner go from this moment on, but the one that is kept.
pub(crate) async fn let_go(
    conn: &mut PgConnection,
    owner: Uuid,
    keep: Option<Uuid>,
    after: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update picture set delete_after = $3 where owner_id = $1 and picture_id is distinct from $2 and delete_after is null",
        owner,
        keep,
        after
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the pictures of an owner after all: another decision is due.
pub(crate) async fn hold(conn: &mut PgConnection, owner: Uuid) -> Result<()> {
    sqlx::query!(
        "update picture set delete_after = null where owner_id = $1",
        owner
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Pictures whose time is over, at most a thousand.
pub(crate) async fn due(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<(Uuid, Uuid)>> {
    let rows = sqlx::query!(
        "select owner_id, picture_id from picture where delete_after <= $1 order by delete_after limit 1000",
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.owner_id, r.picture_id))
        .collect())
}

/// Removes a row.
pub(crate) async fn delete(conn: &mut PgConnection, owner: Uuid, picture: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from picture where owner_id = $1 and picture_id = $2",
        owner,
        picture
    )
    .execute(conn)
    .await?;
    Ok(())
}
