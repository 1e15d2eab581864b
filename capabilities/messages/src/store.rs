//! All SQL of the messages.

use crate::rules::{Note, Receiver};
use base::{MessageId, Result};
use db::Tx;
use sqlx::PgConnection;

/// Writes a message in the transaction that caused it; the cause's audit record covers it.
pub async fn tell(tx: &mut Tx, receiver: Receiver, note: Note) -> Result<()> {
    let (id, now) = (tx.new_id::<MessageId>(), tx.now());
    sqlx::query!(
        "insert into message (receiver_id, message_id, kind, title, body, jump, about, merged, needs_confirm, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, false, $8)",
        receiver.key(),
        id.0,
        note.kind,
        note.title,
        note.body,
        note.jump,
        note.about,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Unread messages of several receivers (a person and the organisation acted for).
pub async fn unread(conn: &mut PgConnection, receivers: &[Receiver]) -> Result<i64> {
    let keys: Vec<uuid::Uuid> = receivers.iter().map(|r| r.key()).collect();
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from message where receiver_id = any($1) and read_at is null"#,
        &keys
    )
    .fetch_one(conn)
    .await?)
}
