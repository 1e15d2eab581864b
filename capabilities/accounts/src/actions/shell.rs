//! The short token of the mini-program's shell (ACC-74): thirty minutes, renewed by the same WeChat identity until seven days
//! after the sign-in; each renewal is good once, and one seen twice ends the whole sign-in.

use crate::store::{self, shell::Row};
use base::{Error, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use db::{Db, Event, Keyring, Tx};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a token works.
pub(crate) const LIFE: TimeDelta = TimeDelta::minutes(30);
/// For how long after the sign-in it can be renewed.
pub(crate) const RENEWABLE: TimeDelta = TimeDelta::days(7);

/// What the shell is given.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub token: String,
    pub renewal: String,
}

/// Which sign-in a token or a renewal belongs to; the secret itself is kept as a hash only.
struct Named {
    account: Uuid,
    shell: Uuid,
}

fn make(tx: &Tx, account: Uuid, shell: Uuid) -> String {
    let mut bytes = account.as_bytes().to_vec();
    bytes.extend(shell.as_bytes());
    bytes.extend(tx.random().bytes::<32>());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn named(text: &str) -> Option<Named> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    if bytes.len() != 64 {
        return None;
    }
    Some(Named {
        account: Uuid::from_slice(&bytes[..16]).ok()?,
        shell: Uuid::from_slice(&bytes[16..32]).ok()?,
    })
}

fn hash(keys: &Keyring, kind: &str, text: &str) -> Vec<u8> {
    keys.blind(kind, text)
}

fn same(one: &[u8], other: &[u8]) -> bool {
    bool::from(one.ct_eq(other))
}

/// The refusal the shell answers by signing in anew.
pub(crate) fn gone() -> Error {
    Error::refused(
        "shell.gone",
        "登录已失效，请在小程序里重新授权手机号码登录。",
    )
}

async fn write(
    tx: &mut Tx,
    at: &Named,
    wechat: Vec<u8>,
    renewable_until: chrono::DateTime<chrono::Utc>,
    spent_hash: Option<Vec<u8>>,
) -> Result<Tokens> {
    let token = make(tx, at.account, at.shell);
    let renewal = make(tx, at.account, at.shell);
    let row = Row {
        wechat,
        access_hash: hash(tx.keys(), "shell.token", &token),
        // The last token before the week is over ends with it.
        access_until: (tx.now() + LIFE).min(renewable_until),
        renewal_hash: hash(tx.keys(), "shell.renewal", &renewal),
        spent_hash,
        renewable_until,
    };
    store::shell::put(tx, at.account, at.shell, &row).await?;
    Ok(Tokens { token, renewal })
}

/// The first token of a sign-in by `openid`.
pub(crate) async fn begin(tx: &mut Tx, account: Uuid, openid: &str) -> Result<Tokens> {
    let at = Named {
        account,
        shell: tx.new_id(),
    };
    let wechat = hash(tx.keys(), "shell.wechat", openid);
    let until = tx.now() + RENEWABLE;
    write(tx, &at, wechat, until, None).await
}

/// The account a token stands for at this moment, if it does.
pub(crate) async fn account_of(db: &Db, token: &str) -> Result<Uuid> {
    let at = named(token).ok_or_else(gone)?;
    let mut reader = db.read().await?;
    let now = reader.now();
    let row = store::shell::find(&mut reader, at.account, at.shell)
        .await?
        .ok_or_else(gone)?;
    let right = same(&row.access_hash, &hash(&db.keys, "shell.token", token));
    if !right || row.access_until <= now {
        return Err(gone());
    }
    still_open(&mut reader, at.account).await?;
    Ok(at.account)
}

/// Whatever ended meanwhile is gone with the next call (ACC-68).
async fn still_open(conn: &mut sqlx::PgConnection, account: Uuid) -> Result<()> {
    let row = store::account::find(conn, account)
        .await?
        .ok_or_else(gone)?;
    match super::sign_in::disabled(&row) {
        Some(message) => Err(Error::refused("account.disabled", message)),
        None => Ok(()),
    }
}

/// Whether a renewal belongs to a sign-in that stands, used or not: nobody else is asked about anything else.
pub(crate) async fn look(db: &Db, renewal: &str) -> Result<()> {
    let at = named(renewal).ok_or_else(gone)?;
    let mut reader = db.read().await?;
    let row = store::shell::find(&mut reader, at.account, at.shell)
        .await?
        .ok_or_else(gone)?;
    let brought = hash(&db.keys, "shell.renewal", renewal);
    let known = [Some(&row.renewal_hash), row.spent_hash.as_ref()];
    if known.into_iter().flatten().any(|had| same(had, &brought)) {
        return Ok(());
    }
    Err(gone())
}

/// New tokens for a renewal brought by the WeChat identity that signed in. A renewal that was used before ends the sign-in:
/// either it or its successor is in wrong hands.
pub(crate) async fn renew(mut tx: Tx, renewal: &str, openid: &str) -> Result<Tokens> {
    let at = named(renewal).ok_or_else(gone)?;
    let row = store::shell::find_for_update(&mut tx, at.account, at.shell)
        .await?
        .ok_or_else(gone)?;
    let brought = hash(tx.keys(), "shell.renewal", renewal);
    if row
        .spent_hash
        .as_deref()
        .is_some_and(|spent| same(spent, &brought))
    {
        store::shell::end(&mut tx, at.account, at.shell).await?;
        tx.record(
            Event::new("shell.renewal_copied", "account", at.account)
                .note("用过的续期凭证再次出现，该次小程序登录已结束"),
        );
        tx.commit().await?;
        return Err(gone());
    }
    let wechat = hash(tx.keys(), "shell.wechat", openid);
    let now = tx.now();
    if !same(&row.renewal_hash, &brought)
        || !same(&row.wechat, &wechat)
        || row.renewable_until <= now
    {
        return Err(gone());
    }
    still_open(&mut tx, at.account).await?;
    let tokens = write(&mut tx, &at, wechat, row.renewable_until, Some(brought)).await?;
    tx.commit_housekeeping().await?;
    Ok(tokens)
}

/// Ends the sign-in a token belongs to; a token of nothing ends nothing.
pub(crate) async fn end(mut tx: Tx, token: &str) -> Result<()> {
    let at = named(token).ok_or_else(gone)?;
    let row = store::shell::find_for_update(&mut tx, at.account, at.shell)
        .await?
        .ok_or_else(gone)?;
    if !same(&row.access_hash, &hash(tx.keys(), "shell.token", token)) {
        return Err(gone());
    }
    store::shell::end(&mut tx, at.account, at.shell).await?;
    tx.record(Event::new("shell.signed_out", "account", at.account));
    tx.commit().await
}
