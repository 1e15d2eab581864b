//! All SQL of the messages. Each statement names its receivers.

use crate::rules::{Message, Note, Receiver, merged_body};
use base::{MessageId, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Writes a message in the transaction that caused it; the cause's audit record covers it. What is told about the same
/// object within ten minutes becomes one message with a number, unread again (COM-06).
pub async fn tell(tx: &mut Tx, receiver: Receiver, note: Note) -> Result<()> {
    if let Some(about) = note.about {
        let since = tx.now() - TimeDelta::minutes(10);
        let last = sqlx::query!(
            "select message_id, body from message
             where receiver_id = $1 and about = $2 and created_at > $3 and not needs_confirm order by created_at desc, message_id desc limit 1",
            receiver.key(),
            about,
            since
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(last) = last {
            let now = tx.now();
            sqlx::query!(
                "update message set kind = $3, title = $4, body = $5, jump = $6, merged = merged + 1, created_at = $7, read_at = null
                 where receiver_id = $1 and message_id = $2",
                receiver.key(),
                last.message_id,
                note.kind,
                note.title,
                merged_body(&note.body, &last.body),
                note.jump,
                now
            )
            .execute(&mut **tx)
            .await?;
            return Ok(());
        }
    }
    insert(tx, receiver, note, false).await
}

/// A message that counts as read only once somebody says 我已知晓 (COM-07); never merged.
pub async fn tell_to_confirm(tx: &mut Tx, receiver: Receiver, note: Note) -> Result<()> {
    insert(tx, receiver, note, true).await
}

/// The same message to many, in one statement; what is told about one object is not merged here.
pub async fn tell_all(tx: &mut Tx, receivers: &[Receiver], note: &Note) -> Result<()> {
    let now = tx.now();
    let ids: Vec<Uuid> = receivers.iter().map(|_| tx.new_id::<Uuid>()).collect();
    sqlx::query!(
        "insert into message (receiver_id, message_id, kind, title, body, jump, about, merged, needs_confirm, created_at)
         select n.receiver_id, n.message_id, $3, $4, $5, $6, $7, 1, false, $8
         from unnest($1::uuid[], $2::uuid[]) as n (receiver_id, message_id)",
        &keys(receivers),
        &ids,
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

async fn insert(tx: &mut Tx, receiver: Receiver, note: Note, needs_confirm: bool) -> Result<()> {
    let (id, now) = (tx.new_id::<MessageId>(), tx.now());
    sqlx::query!(
        "insert into message (receiver_id, message_id, kind, title, body, jump, about, merged, needs_confirm, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)",
        receiver.key(),
        id.0,
        note.kind,
        note.title,
        note.body,
        note.jump,
        note.about,
        needs_confirm,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn keys(receivers: &[Receiver]) -> Vec<Uuid> {
    receivers.iter().map(|r| r.key()).collect()
}

/// Unread messages of a person and of the organisation acted for: of one receiver, or of two. Every page asks this, and
/// two keys instead of an array let the server keep its plan; an array of unknown length it would plan for each time anew.
pub async fn unread(conn: &mut PgConnection, receivers: &[Receiver]) -> Result<i64> {
    let (Some(one), Some(other)) = (receivers.first(), receivers.last()) else {
        return Ok(0);
    };
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from message where receiver_id in ($1, $2) and read_at is null"#,
        one.key(),
        other.key()
    )
    .fetch_one(conn)
    .await?)
}

struct Row {
    receiver_id: Uuid,
    message_id: Uuid,
    kind: String,
    title: String,
    body: String,
    jump: Option<String>,
    merged: i32,
    needs_confirm: bool,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            receiver: row.receiver_id,
            id: MessageId(row.message_id),
            kind: row.kind,
            title: row.title,
            body: row.body,
            jump: row.jump,
            merged: row.merged,
            needs_confirm: row.needs_confirm,
            at: row.created_at,
            read_at: row.read_at,
        }
    }
}

/// The newest messages, for home pages.
pub async fn latest(
    conn: &mut PgConnection,
    receivers: &[Receiver],
    limit: i64,
) -> Result<Vec<Message>> {
    let filter = Filter {
        kind: None,
        unread: false,
        from: None,
        backwards: false,
        limit,
    };
    page(conn, receivers, &filter).await
}

/// Which messages of a box.
pub(crate) struct Filter<'a> {
    pub(crate) kind: Option<&'a str>,
    pub(crate) unread: bool,
    pub(crate) from: Option<(DateTime<Utc>, Uuid)>,
    pub(crate) backwards: bool,
    pub(crate) limit: i64,
}

pub(crate) async fn page(
    conn: &mut PgConnection,
    receivers: &[Receiver],
    f: &Filter<'_>,
) -> Result<Vec<Message>> {
    let (at, id) = f.from.unzip();
    let rows = if f.backwards {
        sqlx::query_as!(
            Row,
            "select receiver_id, message_id, kind, title, body, jump, merged, needs_confirm, created_at, read_at from message
             where receiver_id = any($1) and ($2::text is null or kind = $2) and (not $3 or read_at is null)
               and (created_at, message_id) > ($4, $5)
             order by created_at, message_id limit $6",
            &keys(receivers), f.kind, f.unread, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            Row,
            "select receiver_id, message_id, kind, title, body, jump, merged, needs_confirm, created_at, read_at from message
             where receiver_id = any($1) and ($2::text is null or kind = $2) and (not $3 or read_at is null)
               and ($4::timestamptz is null or (created_at, message_id) < ($4, $5))
             order by created_at desc, message_id desc limit $6",
            &keys(receivers), f.kind, f.unread, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Marks one as read; answers where it leads, `None` if it is not in these boxes.
pub(crate) async fn read_one(
    tx: &mut Tx,
    receivers: &[Receiver],
    id: MessageId,
) -> Result<Option<Option<String>>> {
    let now = tx.now();
    let found = sqlx::query_scalar!(
        "update message set read_at = coalesce(read_at, $3) where receiver_id = any($1) and message_id = $2 returning jump",
        &keys(receivers),
        id.0,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// 全部已读: what the filter lists and was there at `until`, except what asks for 我已知晓 (COM-07).
pub(crate) async fn read_all(
    tx: &mut Tx,
    receivers: &[Receiver],
    kind: Option<&str>,
    until: DateTime<Utc>,
) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "update message set read_at = $4
         where receiver_id = any($1) and read_at is null and not needs_confirm and ($2::text is null or kind = $2) and created_at <= $3",
        &keys(receivers),
        kind,
        until,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
