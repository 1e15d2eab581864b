//! All SQL of the gateways.

use crate::sms::Words;
use base::Result;
use chrono::{DateTime, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use uuid::Uuid;

/// A message in the outbox, opened.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Number.
    pub id: i64,
    /// `sms` or `mail`.
    pub channel: String,
    /// Phone or address, whole.
    pub receiver: String,
    /// The same, masked.
    pub receiver_mask: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub body: String,
    /// What providers take of an SMS; read for sending only.
    pub words: Option<Words>,
    /// `waiting`, `sending`, `sent`, `failed`, `unclear`.
    pub state: String,
    /// When it was put down.
    pub created_at: DateTime<Utc>,
}

const RECEIVER: &str = "outgoing.receiver";
const BODY: &str = "outgoing.body";
const PARAMS: &str = "outgoing.params";

/// A message to be put down.
pub(crate) struct Put<'a> {
    pub channel: &'static str,
    pub to: &'a str,
    pub mask: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub words: Option<&'a Words>,
}

pub(crate) async fn insert(tx: &mut Tx, put: &Put<'_>) -> Result<i64> {
    let (row, now): (Uuid, _) = (tx.new_id(), tx.now());
    let (receiver, body) = (tx.seal(RECEIVER, row, put.to), tx.seal(BODY, row, put.text));
    let params = match put.words {
        Some(words) => {
            let json = serde_json::to_string(&words.params).map_err(anyhow::Error::from)?;
            Some(tx.seal(PARAMS, row, &json))
        }
        None => None,
    };
    Ok(sqlx::query_scalar!(
        "insert into outgoing (channel, receiver_sealed, receiver_mask, subject, body_sealed, seal_row, state, created_at,
                               template, params_sealed)
         values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9) returning outgoing_id",
        put.channel,
        receiver,
        put.mask,
        put.subject,
        body,
        row,
        now,
        put.words.map(|words| words.template.as_str()),
        params
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A message not sent yet, or marked as being sent; locked.
pub(crate) async fn waiting_for_update(tx: &mut Tx, id: i64) -> Result<Option<Outgoing>> {
    let row = sqlx::query!(
        "select outgoing_id, channel, receiver_sealed, receiver_mask, subject, body_sealed, seal_row, state, created_at,
                template, params_sealed
         from outgoing where outgoing_id = $1 and state in ('waiting', 'sending') for update",
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let keys = tx.keys();
    let words = match (row.template, row.params_sealed) {
        (Some(template), Some(sealed)) => {
            let json = keys.open(PARAMS, row.seal_row, &sealed)?;
            let params = serde_json::from_str(&json).map_err(anyhow::Error::from)?;
            Some(Words { template, params })
        }
        _ => None,
    };
    Ok(Some(Outgoing {
        id: row.outgoing_id,
        channel: row.channel,
        receiver: keys.open(RECEIVER, row.seal_row, &row.receiver_sealed)?,
        receiver_mask: row.receiver_mask,
        subject: row.subject,
        body: keys.open(BODY, row.seal_row, &row.body_sealed)?,
        words,
        state: row.state,
        created_at: row.created_at,
    }))
}

/// How far a message came.
pub(crate) async fn settle(
    tx: &mut Tx,
    id: i64,
    state: &str,
    fault: Option<&str>,
    provider: Option<&str>,
    serial: Option<&str>,
) -> Result<()> {
    let sent = (state == "sent").then(|| tx.now());
    sqlx::query!(
        "update outgoing set state = $2, error = $3, sent_at = $4, provider = coalesce($5, provider), serial = coalesce($6, serial)
         where outgoing_id = $1",
        id,
        state,
        fault,
        sent,
        provider,
        serial
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts down what became of a message, unless something was before; answers whether the message is known.
pub(crate) async fn take_receipt(
    tx: &mut Tx,
    provider: &str,
    serial: &str,
    receipt: &str,
) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "update outgoing set receipt = coalesce(receipt, $3), receipt_at = coalesce(receipt_at, $4)
         where provider = $1 and serial = $2",
        provider,
        serial,
        receipt,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The latest messages, opened: for the outbox page of a demonstration only (ACC-76).
pub async fn outbox(conn: &mut PgConnection, keys: &Keyring, many: i64) -> Result<Vec<Outgoing>> {
    let rows = sqlx::query!(
        "select outgoing_id, channel, receiver_sealed, receiver_mask, subject, body_sealed, seal_row, state, created_at
         from outgoing order by outgoing_id desc limit $1",
        many
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Outgoing {
                id: row.outgoing_id,
                channel: row.channel,
                receiver: keys.open(RECEIVER, row.seal_row, &row.receiver_sealed)?,
                receiver_mask: row.receiver_mask,
                subject: row.subject,
                body: keys.open(BODY, row.seal_row, &row.body_sealed)?,
                words: None,
                state: row.state,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// When the last code was sent.
pub(crate) async fn last_code(
    conn: &mut PgConnection,
    phone: &[u8],
    purpose: &str,
) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select sent_at from sms_code where phone_hash = $1 and purpose = $2",
        phone,
        purpose
    )
    .fetch_optional(conn)
    .await?)
}

pub(crate) async fn put_code(
    tx: &mut Tx,
    phone: &[u8],
    purpose: &str,
    code_hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into sms_code (phone_hash, purpose, code_hash, sent_at, expires_at, tries) values ($1, $2, $3, $4, $5, 0)
         on conflict (phone_hash, purpose) do update
         set code_hash = excluded.code_hash, sent_at = excluded.sent_at, expires_at = excluded.expires_at, tries = 0",
        phone,
        purpose,
        code_hash,
        now,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) struct Code {
    pub code_hash: Vec<u8>,
    pub expires_at: DateTime<Utc>,
    pub tries: i32,
}

pub(crate) async fn code_for_update(
    tx: &mut Tx,
    phone: &[u8],
    purpose: &str,
) -> Result<Option<Code>> {
    Ok(sqlx::query_as!(
        Code,
        "select code_hash, expires_at, tries from sms_code where phone_hash = $1 and purpose = $2 for update",
        phone,
        purpose
    )
    .fetch_optional(&mut **tx)
    .await?)
}

pub(crate) async fn drop_code(tx: &mut Tx, phone: &[u8], purpose: &str) -> Result<()> {
    sqlx::query!(
        "delete from sms_code where phone_hash = $1 and purpose = $2",
        phone,
        purpose
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn count_try(tx: &mut Tx, phone: &[u8], purpose: &str) -> Result<()> {
    sqlx::query!(
        "update sms_code set tries = tries + 1 where phone_hash = $1 and purpose = $2",
        phone,
        purpose
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const TOKEN: &str = "vendor_token.token";

/// A vendor's token with its end, its row locked; made if there is none.
pub(crate) async fn token_for_update(
    tx: &mut Tx,
    vendor: &str,
) -> Result<Option<(String, DateTime<Utc>)>> {
    let (row, now): (Uuid, _) = (tx.new_id(), tx.now());
    sqlx::query!(
        "insert into vendor_token (vendor, seal_row, expires_at) values ($1, $2, $3) on conflict do nothing",
        vendor,
        row,
        now
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        "select token_sealed, seal_row, expires_at from vendor_token where vendor = $1 for update",
        vendor
    )
    .fetch_one(&mut **tx)
    .await?;
    let Some(sealed) = row.token_sealed else {
        return Ok(None);
    };
    let token = tx.keys().open(TOKEN, row.seal_row, &sealed)?;
    Ok(Some((token, row.expires_at)))
}

/// Keeps a vendor's token.
pub(crate) async fn put_token(
    tx: &mut Tx,
    vendor: &str,
    token: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let row: Uuid = tx.new_id();
    let sealed = tx.seal(TOKEN, row, token);
    sqlx::query!(
        "update vendor_token set token_sealed = $2, seal_row = $3, expires_at = $4 where vendor = $1",
        vendor,
        sealed,
        row,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How the outbox was chosen to answer.
pub(crate) async fn outbox_answer(conn: &mut PgConnection) -> Result<Option<String>> {
    let value = sqlx::query_scalar!("select value from setting where name = 'outbox_answer'")
        .fetch_optional(conn)
        .await?;
    Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
}

/// Chooses it.
pub(crate) async fn set_outbox_answer(conn: &mut PgConnection, code: &str) -> Result<()> {
    sqlx::query!(
        "insert into setting (name, value) values ('outbox_answer', $1) on conflict (name) do update set value = excluded.value",
        serde_json::Value::from(code)
    )
    .execute(conn)
    .await?;
    Ok(())
}
