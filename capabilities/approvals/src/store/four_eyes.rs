//! The acts a second administrator confirms (group `roster`).

use crate::four_eyes::Mode;
use base::{OrgId, Result};
use db::Tx;
use sqlx::PgConnection;

/// What an organisation has switched on.
pub(crate) async fn of_org(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Mode>> {
    Ok(sqlx::query_as!(
        Mode,
        "select act, since, set_by from four_eyes where org_id = $1 order by act",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// Switches one on.
pub(crate) async fn insert(tx: &mut Tx, org: OrgId, act: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().name.clone());
    sqlx::query!(
        "insert into four_eyes (org_id, act, since, set_by) values ($1, $2, $3, $4) on conflict do nothing",
        org.0,
        act,
        now,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Switches one off.
pub(crate) async fn delete(tx: &mut Tx, org: OrgId, act: &str) -> Result<()> {
    sqlx::query!(
        "delete from four_eyes where org_id = $1 and act = $2",
        org.0,
        act
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
