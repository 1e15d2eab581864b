//! Tickets: from the shell of the mini-program into its web-view (ACC-74). Sealed, good for a minute, once.

use base::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Tx, limits};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long one is good.
pub(crate) const LIFE: TimeDelta = TimeDelta::minutes(1);
const FIELD: &str = "ticket";

#[derive(Serialize, Deserialize)]
struct Content {
    account: Uuid,
    until: DateTime<Utc>,
}

/// A ticket for an account.
pub(crate) fn issue(db: &Db, account: Uuid) -> Result<String> {
    let row = Uuid::from_bytes(db.random.bytes());
    let content = Content {
        account,
        until: db.clock.now() + LIFE,
    };
    let content = serde_json::to_string(&content).map_err(anyhow::Error::from)?;
    let mut ticket = row.as_bytes().to_vec();
    ticket.extend(db.keys.seal(&db.random, FIELD, row, &content));
    Ok(URL_SAFE_NO_PAD.encode(ticket))
}

/// The account a ticket stands for; it is used up.
pub(crate) async fn take(tx: &mut Tx, ticket: &str) -> Result<Option<Uuid>> {
    let now = tx.now();
    let Some((row, content)) = read(tx, ticket) else {
        return Ok(None);
    };
    // A clock moved back (demonstration) makes tickets of the future.
    if content.until <= now || content.until > now + LIFE {
        return Ok(None);
    }
    let (uses, _) = limits::hit(tx, &format!("{FIELD}:{row}"), now, LIFE * 2).await?;
    Ok((uses == 1).then_some(content.account))
}

fn read(tx: &Tx, ticket: &str) -> Option<(Uuid, Content)> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).ok()?;
    let (row, sealed) = bytes.split_at_checked(16)?;
    let row = Uuid::from_slice(row).ok()?;
    let content = tx.keys().open(FIELD, row, sealed).ok()?;
    Some((row, serde_json::from_str(&content).ok()?))
}
