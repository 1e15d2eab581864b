//! Passkeys: registering, removing, as second proof and as the whole sign-in (SEC-06, ACC-B1).

use super::{
    second,
    sign_in::{Attempt, Outcome, counted, disabled, note},
    ticket::{self, Kind},
};
use crate::{
    Policy,
    rules::passkey::{self as rules, Brought, Expected, Fault},
    store,
};
use access::Actor;
use base::{Error, PersonId, Result, text};
use chrono::TimeDelta;
use db::{Db, Event, Tx, limits};
use messages::{Note, Receiver};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// At most so many an account.
const MOST: usize = 5;
/// How long somebody may look for the device.
const CHALLENGE: Kind = Kind {
    field: "passkey",
    life: TimeDelta::minutes(5),
};

/// What a challenge was given for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A new passkey.
    Register,
    /// The second proof.
    Second,
    /// The whole sign-in.
    SignIn,
    /// Once more before a sensitive act (ACC-67).
    Proof,
}

#[derive(Serialize, Deserialize)]
struct Given {
    purpose: Purpose,
    /// The session, or the cookie of a browser nobody signed in with.
    bound: Vec<u8>,
}

/// What a form brought, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub challenge: String,
    /// Account the authenticator names; only in the whole sign-in.
    pub user: String,
    pub credential: String,
    pub client_data: String,
    pub auth_data: String,
    pub signature: String,
    pub attestation: String,
    pub name: String,
}

/// A challenge for one ceremony in one browser, once.
pub(crate) fn challenge(db: &Db, purpose: Purpose, bound: &[u8]) -> Result<String> {
    let given = Given {
        purpose,
        bound: bound.to_vec(),
    };
    ticket::issue(db, CHALLENGE, given)
}

fn refused() -> Error {
    Error::refused(
        "passkey.refused",
        "通行密钥没有通过验证，或本页面停留超过5分钟。请重新打开页面再试；仍不行请改用密码登录。",
    )
}

fn unless_fault<T>(outcome: std::result::Result<T, Fault>) -> Result<T> {
    outcome.map_err(|fault| {
        tracing::info!(?fault, "passkey refused");
        refused()
    })
}

async fn take(tx: &mut Tx, purpose: Purpose, bound: &[u8], challenge: &str) -> Result<()> {
    let given: Option<Given> = ticket::take(tx, CHALLENGE, challenge).await?;
    match given {
        Some(given) if given.purpose == purpose && given.bound == bound => Ok(()),
        _ => Err(refused()),
    }
}

/// Registers a passkey of the own account under a name; answers the session's new token: it has two proofs now.
pub(crate) async fn register(
    tx: &mut Tx,
    account: Uuid,
    session: &[u8],
    origin: &str,
    answer: &Answer,
) -> Result<String> {
    let name = text::normalise(&answer.name);
    if !(1..=20).contains(&name.chars().count()) || text::has_control(&name) {
        return Err(Error::refused_at(
            "name",
            "passkey.name",
            "请给它起个名字（1–20字），例如：办公室电脑",
        ));
    }
    if store::passkey::all(tx, account).await?.len() >= MOST {
        return Err(Error::refused_at(
            "name",
            "passkey.many",
            format!("一个账号最多{MOST}个通行密钥，请先删除不用的。"),
        ));
    }
    take(tx, Purpose::Register, session, &answer.challenge).await?;
    let want = Expected {
        challenge: &answer.challenge,
        origin,
        verified: true,
    };
    let client_data = unless_fault(rules::decode(&answer.client_data))?;
    let attestation = unless_fault(rules::decode(&answer.attestation))?;
    let key = unless_fault(rules::registered(&client_data, &attestation, want))?;
    if !store::passkey::insert(tx, account, &key, origin, &name).await? {
        return Err(Error::refused_at(
            "name",
            "passkey.known",
            "这台设备已经登记过，不需要再登记。",
        ));
    }
    tell(tx, account, "已添加通行密钥", &format!("您的账号添加了通行密钥“{name}”，以后可用它登录。如非本人操作，请立即在“账号与安全”中删除并修改密码。")).await?;
    tx.record(Event::new("account.passkey_added", "account", account));
    second::strengthen(tx, session).await
}

/// Removes one of the own account.
pub(crate) async fn remove(tx: &mut Tx, account: Uuid, credential: &str) -> Result<()> {
    let id = unless_fault(rules::decode(credential))?;
    if store::passkey::remove(tx, account, Some(&id)).await? == 0 {
        return Err(Error::NotFound);
    }
    tell(
        tx,
        account,
        "已删除通行密钥",
        "您账号的一个通行密钥已删除。如非本人操作，请立即修改密码并联系直接上级管理员。",
    )
    .await?;
    tx.record(Event::new("account.passkey_removed", "account", account));
    Ok(())
}

async fn tell(tx: &mut Tx, account: Uuid, title: &str, body: &str) -> Result<()> {
    let note = Note {
        kind: "account",
        title: title.into(),
        body: body.into(),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(PersonId(account)), note).await
}

/// Checks an answer against the account's key and notes its use.
async fn prove(tx: &mut Tx, account: Uuid, answer: &Answer) -> Result<()> {
    let id = unless_fault(rules::decode(&answer.credential))?;
    let key = store::passkey::lock(tx, account, &id)
        .await?
        .ok_or_else(refused)?;
    // The page it was made at, whatever host this request names.
    let want = Expected {
        challenge: &answer.challenge,
        origin: &key.origin,
        verified: true,
    };
    let brought = [&answer.client_data, &answer.auth_data, &answer.signature];
    let [client_data, auth_data, signature] = brought.map(|field| rules::decode(field));
    let (client_data, auth_data, signature) = (
        unless_fault(client_data)?,
        unless_fault(auth_data)?,
        unless_fault(signature)?,
    );
    let brought = Brought {
        client_data: &client_data,
        auth_data: &auth_data,
        signature: &signature,
    };
    let last = u32::try_from(key.sign_count).unwrap_or(u32::MAX);
    let count = unless_fault(rules::proved(brought, &key.public_key, last, want))?;
    store::passkey::used(tx, account, &id, count).await
}

/// The second proof of a session; answers its new token.
pub(crate) async fn second(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    session: &[u8],
    answer: &Answer,
) -> Result<String> {
    second::count(db, policy, account).await?;
    again(tx, account, session, Purpose::Second, answer).await?;
    limits::clear(tx, &second::counter(account)).await?;
    second::strengthen(tx, session).await
}

/// Takes an answer given in a session that stands.
pub(crate) async fn again(
    tx: &mut Tx,
    account: Uuid,
    session: &[u8],
    purpose: Purpose,
    answer: &Answer,
) -> Result<()> {
    take(tx, purpose, session, &answer.challenge).await?;
    prove(tx, account, answer).await
}

/// The whole sign-in: the device is what one has, its fingerprint or PIN what one is or knows, so the session has two proofs.
pub(crate) async fn sign_in(
    db: &Db,
    policy: &Policy,
    actor: Actor,
    attempt: &Attempt,
    bound: &[u8],
    answer: &Answer,
) -> Result<Outcome> {
    if let Some(seconds) = counted(db, actor.clone(), policy, &attempt.address).await? {
        return Ok(Outcome::Busy(seconds));
    }
    let mut tx = db.begin(actor).await?;
    match enter(&mut tx, policy, attempt, bound, answer).await {
        Ok(outcome) => {
            if matches!(outcome, Outcome::In(_)) {
                tx.commit_housekeeping().await?;
            }
            Ok(outcome)
        }
        Err(Error::Refused(refused)) => Ok(Outcome::Refused {
            message: refused.message,
            ask: false,
        }),
        Err(other) => Err(other),
    }
}

async fn enter(
    tx: &mut Tx,
    policy: &Policy,
    attempt: &Attempt,
    bound: &[u8],
    answer: &Answer,
) -> Result<Outcome> {
    take(tx, Purpose::SignIn, bound, &answer.challenge).await?;
    let user = unless_fault(rules::decode(&answer.user))?;
    let account = Uuid::from_slice(&user).map_err(|_| refused())?;
    prove(tx, account, answer).await?;
    let row = store::account::find_for_update(tx, account).await?;
    let row = row.ok_or_else(refused)?;
    if let Some(message) = disabled(&row) {
        return Ok(Outcome::Refused {
            message,
            ask: false,
        });
    }
    let now = tx.now();
    store::account::signed_in(tx, account, now).await?;
    let attempt = Attempt {
        strong: true,
        ..attempt.clone()
    };
    let device = super::sessions::device_hash(tx.keys(), &attempt.device);
    let entered = super::sessions::open(tx, policy, account, &device, &attempt).await?;
    note(tx, account, "sign_in", "done", &attempt, "通行密钥").await?;
    Ok(Outcome::In(Box::new(entered)))
}
