//! What waits for a second administrator (ACC-B11).

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// An act that waits, or was confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub held_id: Uuid,
    pub what: String,
    pub title: String,
    pub detail: String,
    pub asked_by: String,
    pub state: String,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Puts one down.
pub(crate) async fn insert(
    tx: &mut Tx,
    org: OrgId,
    (what, title, detail): (&str, &str, &str),
    digest: &[u8],
) -> Result<Uuid> {
    let (id, now, by) = (tx.new_id::<Uuid>(), tx.now(), tx.actor().name.clone());
    sqlx::query!(
        "insert into held_act (org_id, held_id, what, title, detail, digest, asked_by, asked_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting')",
        org.0,
        id,
        what,
        title,
        detail,
        digest,
        by,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// The latest of exactly this that waits or was confirmed.
pub(crate) async fn open(tx: &mut Tx, org: OrgId, digest: &[u8]) -> Result<Option<Held>> {
    Ok(sqlx::query_as!(
        Held,
        "select held_id, what, title, detail, asked_by, state, decided_at from held_act
         where org_id = $1 and digest = $2 and state in ('waiting', 'confirmed') order by asked_at desc, held_id limit 1 for update",
        org.0,
        digest
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// One of them.
pub(crate) async fn find(conn: &mut PgConnection, org: OrgId, id: Uuid) -> Result<Option<Held>> {
    Ok(sqlx::query_as!(
        Held,
        "select held_id, what, title, detail, asked_by, state, decided_at from held_act where org_id = $1 and held_id = $2",
        org.0,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// Writes what became of it; what was done or lapsed needs its words no longer.
pub(crate) async fn set_state(tx: &mut Tx, org: OrgId, id: Uuid, state: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update held_act set state = $3, decided_at = $4, detail = case when $3 in ('used', 'lapsed') then '' else detail end
         where org_id = $1 and held_id = $2",
        org.0,
        id,
        state,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Confirmations nobody used in time lapse (nightly); answers how many.
pub(crate) async fn sweep(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "update held_act set state = 'lapsed', detail = '' where state = 'confirmed' and decided_at <= $1",
        before
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
