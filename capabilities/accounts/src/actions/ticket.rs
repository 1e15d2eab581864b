//! Tickets: sealed, good for a short time, once. From the shell of the mini-program into its web-view (ACC-74), and the
//! challenges of passkeys (SEC-06).

use base::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Tx, limits};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// What a ticket is for and how long it is good; one kind never passes for another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// Name under which it is sealed.
    pub field: &'static str,
    /// How long.
    pub life: TimeDelta,
}

/// Into the web-view.
pub(crate) const SHELL: Kind = Kind {
    field: "ticket",
    life: TimeDelta::minutes(1),
};

#[derive(Serialize, Deserialize)]
struct Content<T> {
    what: T,
    until: DateTime<Utc>,
}

/// A ticket that stands for `what`.
pub(crate) fn issue<T: Serialize>(db: &Db, kind: Kind, what: T) -> Result<String> {
    let row = Uuid::from_bytes(db.random.bytes());
    let content = Content {
        what,
        until: db.clock.now() + kind.life,
    };
    let content = serde_json::to_string(&content).map_err(anyhow::Error::from)?;
    let mut ticket = row.as_bytes().to_vec();
    ticket.extend(db.keys.seal(&db.random, kind.field, row, &content));
    Ok(URL_SAFE_NO_PAD.encode(ticket))
}

/// What a ticket stands for; it is used up.
pub(crate) async fn take<T: DeserializeOwned>(
    tx: &mut Tx,
    kind: Kind,
    ticket: &str,
) -> Result<Option<T>> {
    let now = tx.now();
    let Some((row, content)) = read::<T>(tx, kind, ticket) else {
        return Ok(None);
    };
    // A clock moved back (demonstration) makes tickets of the future.
    if content.until <= now || content.until > now + kind.life {
        return Ok(None);
    }
    let key = format!("{}:{row}", kind.field);
    let (uses, _) = limits::hit(tx, &key, now, kind.life * 2).await?;
    Ok((uses == 1).then_some(content.what))
}

fn read<T: DeserializeOwned>(tx: &Tx, kind: Kind, ticket: &str) -> Option<(Uuid, Content<T>)> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).ok()?;
    let (row, sealed) = bytes.split_at_checked(16)?;
    let row = Uuid::from_slice(row).ok()?;
    let content = tx.keys().open(kind.field, row, sealed).ok()?;
    Some((row, serde_json::from_str(&content).ok()?))
}
