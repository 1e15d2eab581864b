//! Signing in: one path for everybody, known or not.

use super::sessions::{Entered, device_hash, open};
use crate::{
    Policy,
    policy::{Identifier, InitialPassword},
    rules::{
        entrance::{ELSEWHERE, Entrance},
        question,
        sign_in::{Claim, WRONG, initial_password},
    },
    secrets::{self, Lane},
    store,
    store::account::{Account, Happened, NewAccount},
};
use base::{PersonId, Reserved, Result, business_date, format_moment};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Tx, limits};
use messages::{Note, Receiver};
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// What a sign-in form brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    pub identifier: String,
    pub password: String,
    /// Token and typed answer of the question.
    pub question: (String, String),
    /// The browser's own token, empty if it has none.
    pub device: String,
    pub user_agent: String,
    pub address: String,
    /// The entrance of the employment action, where it is one (ACC-14).
    pub entrance: Option<Entrance>,
    /// No password was given: what is sensitive asks for it (ACC-67).
    pub unproved: bool,
    /// Two proofs were given at once: a passkey (SEC-06).
    pub strong: bool,
    /// The session this browser held before: it ends.
    pub before: Option<(Uuid, Vec<u8>)>,
}

impl Attempt {
    /// The same at an entrance of the employment action.
    pub(crate) fn at(mut self, entrance: Entrance) -> Self {
        self.entrance = Some(entrance);
        self
    }
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Signed in.
    In(Box<Entered>),
    /// Not; the sentence to show, and whether the next try needs the question.
    Refused { message: String, ask: bool },
    /// Too many from this address: seconds to wait.
    Busy(i64),
}

/// The account meant, as far as there is one.
struct Found {
    id: Uuid,
    account: Option<Account>,
    known: Option<people::Person>,
    /// Enrolled at the other entrance of the employment action only.
    elsewhere: bool,
}

async fn find(
    conn: &mut PgConnection,
    db: &Db,
    policy: &Policy,
    claim: &Claim,
    entrance: Option<Entrance>,
) -> Result<Option<Found>> {
    if let Some(here) = entrance {
        return find_at(conn, db, claim, here).await;
    }
    let id = match claim {
        Claim::Id(number) if policy.takes(Identifier::IdNumber) => {
            let hash = db.keys.blind("login", number.reveal());
            match store::account::by_login(conn, &hash).await? {
                Some(applicant) => Some(applicant),
                None => people::by_id_number(conn, &db.keys, number)
                    .await?
                    .map(|p| p.0),
            }
        }
        Claim::Phone(mobile) if policy.takes(Identifier::Phone) => {
            // Several persons may share a phone; the one with an account is meant.
            let mut holders = Vec::new();
            for person in people::by_phone(conn, &db.keys, mobile).await? {
                if store::account::find(conn, person.0).await?.is_some() {
                    holders.push(person.0);
                }
            }
            match holders.as_slice() {
                [one] => Some(*one),
                // Or an applicant.
                [] => {
                    store::account::by_login(conn, &db.keys.blind("login", mobile.reveal())).await?
                }
                _ => None,
            }
        }
        Claim::Name(name) => store::account::by_login(conn, &db.keys.blind("login", name)).await?,
        Claim::Id(_) | Claim::Phone(_) => None,
    };
    let Some(id) = id else { return Ok(None) };
    Ok(Some(Found {
        id,
        account: store::account::find(conn, id).await?,
        known: people::find(conn, &db.keys, PersonId(id)).await?,
        elsewhere: false,
    }))
}

/// The account of a phone at an entrance of the employment action: the phone is the only name there.
async fn find_at(
    conn: &mut PgConnection,
    db: &Db,
    claim: &Claim,
    here: Entrance,
) -> Result<Option<Found>> {
    let Claim::Phone(phone) = claim else {
        return Ok(None);
    };
    let hash = super::employment::login_hash(&db.keys, phone);
    let Some(id) = store::account::by_login(conn, &hash).await? else {
        return Ok(None);
    };
    let enrolled = super::employment::enrolments(conn, id).await?;
    Ok(Some(Found {
        id,
        account: store::account::find(conn, id).await?,
        known: None,
        elsewhere: !enrolled.contains(&here),
    }))
}

/// Whether the password is right. One Argon2 computation in every case, also for first passwords and for nobody.
async fn is_right(
    db: &Db,
    policy: &Policy,
    found: Option<&Found>,
    password: &str,
    lane: Lane,
) -> Result<bool> {
    let hash = found.and_then(|f| f.account.as_ref()?.password_hash.clone());
    let own = hash.is_some();
    let by_hash = secrets::verify(&db.keys, password, hash, lane).await?;
    let first = found.filter(|_| !own && policy.initial_password == InitialPassword::IdTail);
    let by_first = first.and_then(|f| f.known.as_ref()).is_some_and(|known| {
        let lapsed = known.entered_at + TimeDelta::days(policy.initial_days) <= db.clock.now();
        let want = initial_password(known.id_number.reveal());
        let same = bool::from(password.to_uppercase().as_bytes().ct_eq(want.as_bytes()));
        same && !lapsed
    });
    Ok(by_hash || by_first)
}

struct Counters {
    identifier: String,
    lock: String,
    address: String,
}

/// Seconds after which a stranger may come back when too many wait.
const CROWDED: i64 = 5;

/// Signs in or counts the failure.
pub(crate) async fn sign_in(
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    tx_actor: access::Actor,
    attempt: &Attempt,
) -> Result<Outcome> {
    // Before anything is read: whoever guesses by the thousand costs next to nothing.
    if attempt.device.is_empty() && secrets::crowded() {
        return Ok(Outcome::Busy(CROWDED));
    }
    let now = db.clock.now();
    let claim = match Claim::read(&attempt.identifier, business_date(now), reserved) {
        Ok(claim) => claim,
        Err(message) => {
            return Ok(Outcome::Refused {
                message: message.into(),
                ask: false,
            });
        }
    };
    let mut tx = db.begin(tx_actor.clone()).await?;
    if let Some(seconds) = per_minute(&mut tx, policy, &attempt.address).await? {
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Busy(seconds));
    }
    let found = find(&mut tx, db, policy, &claim, attempt.entrance).await?;
    let device = device_hash(&db.keys, &attempt.device);
    let known_device = match &found {
        Some(found) if !attempt.device.is_empty() => {
            let since = now - TimeDelta::days(policy.lock.known_device_days);
            store::account::knows_device(&mut tx, found.id, &device, since).await?
        }
        _ => false,
    };
    let lane = if known_device {
        Lane::Known
    } else {
        Lane::Stranger
    };
    if lane == Lane::Stranger && secrets::crowded() {
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Busy(CROWDED));
    }
    // A browser of the person's own has its own counter, so that strangers cannot lock the person out there (SEC-04).
    // By the account where there is one, whatever name was typed: what unlocks it knows no name but finds its locks.
    let account = found.as_ref().map(|found| found.id.to_string());
    let counted = account.as_deref().unwrap_or(claim.counted());
    let blind = blind_name(&db.keys, attempt.entrance, counted);
    let own = if known_device {
        URL_SAFE_NO_PAD.encode(&device)
    } else {
        String::new()
    };
    let keys = Counters {
        identifier: format!("signin.failed:{blind}:{own}"),
        lock: format!("signin.locked:{blind}:{own}"),
        address: format!("signin.address:{}", attempt.address),
    };
    let (locked, until) = limits::hits(&mut tx, &keys.lock, now, policy.lock.length()).await?;
    if locked > 0 {
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Refused {
            message: locked_text(policy, until, now),
            ask: true,
        });
    }
    let (elsewhere, until) =
        limits::hits(&mut tx, &keys.address, now, policy.lock.window()).await?;
    if elsewhere >= policy.lock.address_failures {
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Busy((until - now).num_seconds().max(1)));
    }
    let (before, _) = limits::hits(&mut tx, &keys.identifier, now, policy.lock.window()).await?;
    if before >= policy.lock.question_after {
        let (token, answer) = &attempt.question;
        let right = question::is_right(&db.keys, token, answer, now);
        // One answer a question: a program may not solve one and try a thousand passwords.
        let (uses, _) = limits::hit(
            &mut tx,
            &format!("question:{}", mark_of(token)),
            now,
            TimeDelta::minutes(10),
        )
        .await?;
        if !right || uses > 1 {
            tx.commit_housekeeping().await?;
            let message = "请先回答验证题。答错或过期会换一道新题。".to_owned();
            return Ok(Outcome::Refused { message, ask: true });
        }
    }
    // Counted before it is checked, so that many tries at once are many tries.
    let (failures, _) = limits::hit(&mut tx, &keys.identifier, now, policy.lock.window()).await?;
    tx.commit_housekeeping().await?;
    if failures > policy.lock.failures {
        return Ok(Outcome::Refused {
            message: WRONG.into(),
            ask: true,
        });
    }
    let right = is_right(db, policy, found.as_ref(), &attempt.password, lane).await?;
    let mut tx = db.begin(tx_actor).await?;
    match found {
        Some(found) if right && !found.elsewhere => {
            entered(tx, db, policy, &keys, found, &device, attempt).await
        }
        found => {
            let subject = found.as_ref().map_or_else(|| tx.new_id(), |f| f.id);
            limits::hit(&mut tx, &keys.address, now, policy.lock.window()).await?;
            let locks = failures >= policy.lock.failures;
            if locks {
                limits::hit(&mut tx, &keys.lock, now, policy.lock.length()).await?;
                limits::clear(&mut tx, &keys.identifier).await?;
                if found.is_some() {
                    messages::tell(
                        &mut tx,
                        Receiver::Person(PersonId(subject)),
                        locked_note(policy, &attempt.address),
                    )
                    .await?;
                }
            }
            note(
                &mut tx,
                subject,
                "sign_in",
                if locks { "locked" } else { "refused" },
                attempt,
                "",
            )
            .await?;
            tx.commit_housekeeping().await?;
            let message = if locks {
                locked_text(policy, now + policy.lock.length(), now)
            } else if found.is_some_and(|f| f.elsewhere) {
                ELSEWHERE.to_owned()
            } else {
                WRONG.to_owned()
            };
            Ok(Outcome::Refused {
                message,
                ask: failures >= policy.lock.question_after,
            })
        }
    }
}

async fn entered(
    mut tx: Tx,
    db: &Db,
    policy: &Policy,
    keys: &Counters,
    found: Found,
    device: &[u8],
    attempt: &Attempt,
) -> Result<Outcome> {
    let now = tx.now();
    if let Some(message) = found.account.as_ref().and_then(disabled) {
        note(&mut tx, found.id, "sign_in", "disabled", attempt, "").await?;
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Refused {
            message,
            ask: false,
        });
    }
    if let Some(message) = lapsed(policy, found.account.as_ref(), now) {
        note(&mut tx, found.id, "sign_in", "lapsed", attempt, "").await?;
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Refused {
            message,
            ask: false,
        });
    }
    if let Some(message) = idle(&mut tx, policy, found.id).await? {
        note(&mut tx, found.id, "sign_in", "idle", attempt, "").await?;
        tx.commit_housekeeping().await?;
        return Ok(Outcome::Refused {
            message,
            ask: false,
        });
    }
    limits::clear(&mut tx, &keys.identifier).await?;
    if found.account.is_none() {
        let new = NewAccount {
            id: found.id,
            kind: "personal",
            org: None,
            name: "",
            state: "initial",
            password_hash: None,
            must_change: true,
            privacy_version: None,
        };
        store::account::insert(&mut tx, &new).await?;
    }
    if let Some(hash) = found
        .account
        .as_ref()
        .and_then(|a| a.password_hash.as_deref())
        && secrets::is_weak(hash)
    {
        let hash = secrets::hash(&db.keys, &db.random, &attempt.password).await?;
        store::account::rehash(&mut tx, found.id, &hash).await?;
    }
    store::account::signed_in(&mut tx, found.id, now).await?;
    let entered = open(&mut tx, policy, found.id, device, attempt).await?;
    note(&mut tx, found.id, "sign_in", "done", attempt, "").await?;
    tx.commit_housekeeping().await?;
    Ok(Outcome::In(Box::new(entered)))
}

/// Months without a sign-in after which the password alone does not do (ACC-70).
const IDLE: u32 = 18;

/// What the holder of an account nobody used for long is told: the way back proves him again, by SMS or by a code from an
/// administrator.
pub(crate) async fn idle(tx: &mut Tx, policy: &Policy, account: Uuid) -> Result<Option<String>> {
    if !policy.asks_idle {
        return Ok(None);
    }
    let Some(last) = store::account::last_used(tx, account).await? else {
        return Ok(None);
    };
    let ends = last.checked_add_months(chrono::Months::new(IDLE));
    Ok(ends.is_some_and(|ends| ends <= tx.now()).then(|| {
        format!("这个账号已有{IDLE}个月没有登录。为了您的安全，请先点“忘记密码”，用短信验证码或管理员给的重置密码验证码重设密码；组织账号请联系直接上级组织重置。")
    }))
}

/// What the holder of a password given by somebody else is told after `reset.given_days` (SEC-05): it opens nothing more.
fn lapsed(policy: &Policy, account: Option<&Account>, now: DateTime<Utc>) -> Option<String> {
    let given = account.filter(|a| a.must_change && a.password_hash.is_some())?;
    let days = policy.reset.given_days;
    let over = given.password_at? + TimeDelta::days(days) <= now;
    over.then(|| {
        format!("这个密码是上级给的初始密码，{days}天内没有使用，已经失效。请联系给您密码的组织重新获取；本人账号也可以点“忘记密码”。")
    })
}

/// What the holder of a disabled account is told.
pub(crate) fn disabled(account: &Account) -> Option<String> {
    if !matches!(account.state.as_str(), "disabled" | "closed") {
        return None;
    }
    let reason = account.disabled_reason.as_deref().unwrap_or("未写明");
    Some(format!(
        "该账号已停用，原因：{reason}。如有疑问，请联系所在组织或直接上级团委管理员。"
    ))
}

/// Counts a sign-in of this address; answers the seconds to wait when there were too many this minute.
async fn per_minute(tx: &mut Tx, policy: &Policy, address: &str) -> Result<Option<i64>> {
    let (now, counter) = (tx.now(), format!("signin.minute:{address}"));
    let (hits, until) = limits::hit(tx, &counter, now, TimeDelta::minutes(1)).await?;
    Ok((hits > policy.rate.sign_in_minute).then(|| (until - now).num_seconds().max(1)))
}

/// The same in a transaction of its own: what is refused afterwards has counted.
pub(crate) async fn counted(
    db: &Db,
    actor: access::Actor,
    policy: &Policy,
    address: &str,
) -> Result<Option<i64>> {
    let mut tx = db.begin(actor).await?;
    let wait = per_minute(&mut tx, policy, address).await?;
    tx.commit_housekeeping().await?;
    Ok(wait)
}

/// A name in the counters of failures: each entrance counts for itself.
fn blind_name(keys: &db::Keyring, entrance: Option<Entrance>, name: &str) -> String {
    let blind = match entrance {
        Some(here) => keys.blind("signin", &format!("{}/{name}", here.code())),
        None => keys.blind("signin", name),
    };
    URL_SAFE_NO_PAD.encode(blind)
}

fn mark_of(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(web::session_token_hash(token))
}

/// Forgets the failures of an account, in strangers' browsers and in its own: a reset opens what was locked (2.1).
pub(crate) async fn unlock(tx: &mut Tx, account: Uuid) -> Result<()> {
    unlock_at(tx, None, account).await
}

/// The same at an entrance of the employment action.
pub(crate) async fn unlock_at(tx: &mut Tx, here: Option<Entrance>, account: Uuid) -> Result<()> {
    let blind = blind_name(tx.keys(), here, &account.to_string());
    let mut browsers = vec![String::new()];
    for device in store::account::devices_of(tx, account).await? {
        browsers.push(URL_SAFE_NO_PAD.encode(device));
    }
    for browser in browsers {
        limits::clear(tx, &format!("signin.failed:{blind}:{browser}")).await?;
        limits::clear(tx, &format!("signin.locked:{blind}:{browser}")).await?;
    }
    Ok(())
}

/// A line of the security log about this attempt.
pub(crate) async fn note(
    tx: &mut Tx,
    subject: Uuid,
    kind: &str,
    outcome: &str,
    attempt: &Attempt,
    detail: &str,
) -> Result<()> {
    let happened = Happened {
        subject,
        kind,
        outcome,
        org: None,
        address: &attempt.address,
        device: &attempt.user_agent,
        detail,
    };
    store::account::note(tx, &happened).await
}

fn locked_text(policy: &Policy, until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!(
        "密码连续错误{}次，账号已锁定{}分钟，{}后可再试，或重置密码。",
        policy.lock.failures,
        policy.lock.minutes,
        format_moment(until, now)
    )
}

fn locked_note(policy: &Policy, address: &str) -> Note {
    Note {
        kind: "account",
        title: "账号已被临时锁定".into(),
        body: format!(
            "密码连续错误{}次，账号锁定{}分钟（来自网络地址{address}）。如非本人操作，请解锁后修改密码。",
            policy.lock.failures, policy.lock.minutes
        ),
        jump: Some("/account".into()),
        about: None,
    }
}
