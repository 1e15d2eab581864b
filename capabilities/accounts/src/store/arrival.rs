//! 无法注册登记.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A person who could not register.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub org_id: Uuid,
    pub note_id: Uuid,
    pub desk_id: Uuid,
    pub name: String,
    pub reason: String,
    pub noted_at: DateTime<Utc>,
    pub passed_at: Option<DateTime<Utc>>,
    pub answer: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub answered_by: Option<String>,
}

/// Puts a note down.
pub(crate) async fn insert(
    tx: &mut Tx,
    org: OrgId,
    id: Uuid,
    desk: OrgId,
    (name, reason, by): (&str, &str, &str),
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into arrival_note (org_id, note_id, desk_id, name, reason, noted_at, noted_by) values ($1, $2, $3, $4, $5, $6, $7)",
        org.0,
        id,
        desk.0,
        name,
        reason,
        now,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A note for update.
pub(crate) async fn lock(conn: &mut PgConnection, org: Uuid, id: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, note_id, desk_id, name, reason, noted_at, passed_at, answer, answered_at, answered_by
         from arrival_note where org_id = $1 and note_id = $2 for update",
        org,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// A branch's own notes, newest first.
pub(crate) async fn of_branch(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, note_id, desk_id, name, reason, noted_at, passed_at, answer, answered_at, answered_by
         from arrival_note where org_id = $1 order by noted_at desc, note_id desc limit 200",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// What lies on a committee's desk, unanswered first, oldest first.
pub(crate) async fn at_desk(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, note_id, desk_id, name, reason, noted_at, passed_at, answer, answered_at, answered_by
         from arrival_note where desk_id = $1 order by (answered_at is not null), noted_at, note_id limit 500",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// Passes a note on.
pub(crate) async fn pass_on(tx: &mut Tx, row: &Row, desk: OrgId, by: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update arrival_note set desk_id = $3, passed_at = $4, passed_by = $5 where org_id = $1 and note_id = $2",
        row.org_id,
        row.note_id,
        desk.0,
        now,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Answers a note.
pub(crate) async fn answer(tx: &mut Tx, row: &Row, answer: &str, by: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update arrival_note set answer = $3, answered_at = $4, answered_by = $5 where org_id = $1 and note_id = $2",
        row.org_id,
        row.note_id,
        answer,
        now,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Names of who waits for a branch.
pub(crate) async fn waiting(conn: &mut PgConnection, branch: OrgId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select name from registration where branch_id = $1 and state = 'pending' order by name limit 2000",
        branch.0
    )
    .fetch_all(conn)
    .await?)
}
