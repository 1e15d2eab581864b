//! Sessions: beginning and ending one, recent proof, sweeping, the moved clock.

use super::sign_in::Attempt;
use crate::{
    Policy,
    rules::{
        entrance::Entrance,
        sign_in::{device_name, is_phone},
    },
    store::{self, session::Row},
};
use base::{Error, PersonId, Result, business_date, format_moment};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Months, TimeDelta, Utc};
use db::{Tx, jobs::Run};
use messages::{Note, Receiver};
use uuid::Uuid;
use web::Ctx;

/// A fresh session.
#[derive(Debug)]
pub(crate) struct Entered {
    pub token: String,
    pub device: String,
    pub mobile: bool,
    pub kind: String,
    pub must_change: bool,
    pub acting: Option<access::Grant>,
}

/// Begins a session for an account: after sign-in, registration or reset.
pub(crate) async fn open(
    tx: &mut Tx,
    policy: &Policy,
    account: Uuid,
    device: &[u8],
    attempt: &Attempt,
) -> Result<Entered> {
    let now = tx.now();
    let standing = store::session::standing(tx, account, now)
        .await?
        .ok_or(Error::NotFound)?;
    // Both entrances of the employment action are on phones.
    let mobile = attempt.entrance.is_some() || is_phone(&attempt.user_agent);
    let port = match attempt.entrance {
        Some(here) => here.code(),
        None if mobile => "mobile",
        None => "console",
    };
    let (token, mut device_token) = (new_token(tx), attempt.device.clone());
    let mut device = device.to_vec();
    if device_token.is_empty() {
        device_token = web::new_device_token(tx.keys(), tx.random());
        device = device_hash(tx.keys(), &device_token);
    }
    let since = now - TimeDelta::days(policy.lock.known_device_days);
    let had_devices = store::account::devices(tx, account).await? > 0;
    // An employment account has no box of messages: its own page lists where it is signed in.
    let has_box = attempt.entrance.is_none();
    if has_box && had_devices && !store::account::knows_device(tx, account, &device, since).await? {
        let name = device_name(&attempt.user_agent);
        let note = Note {
            kind: "account",
            title: "新设备登录提醒".into(),
            body: format!(
                "您的账号于{}在新设备（{name}）登录。如非本人操作，请立即修改密码，并在“账号与安全”中结束该登录。",
                format_moment(now, now)
            ),
            jump: Some("/account".into()),
            about: None,
        };
        messages::tell(tx, Receiver::Person(PersonId(account)), note).await?;
    }
    store::account::remember_device(tx, account, &device, now).await?;
    if let Some((owner, before)) = &attempt.before {
        store::session::end(tx, *owner, before).await?;
    }
    let acting = standing
        .default_org
        .and_then(|org| standing.grants.iter().find(|g| g.org.id == org))
        .or_else(|| standing.grants.first())
        .cloned();
    let row = Row {
        token_hash: web::session_token_hash(&token),
        account_id: account,
        port: port.into(),
        acting_org_id: acting.as_ref().map(|g| g.org.id.0),
        device: attempt.user_agent.clone(),
        address: attempt.address.clone(),
        created_at: now,
        last_seen: now,
        proved_at: if attempt.unproved {
            now - TimeDelta::days(1)
        } else {
            now
        },
        strength: if attempt.strong { 2 } else { 1 },
        ends_at: now + policy.session.life(mobile),
        purpose: None,
    };
    let person = (standing.kind == "personal").then_some(PersonId(account));
    store::session::insert(tx, &row, person).await?;
    let most = policy.session.most(mobile);
    store::session::trim(tx, account, port, most, &row.token_hash).await?;
    let here = attempt.entrance;
    let here = here.unwrap_or_else(|| Entrance::of(acting.as_ref(), mobile));
    if standing.kind != "applicant" && here != Entrance::Declare {
        store::entrance::signed_in(tx, account, here).await?;
    }
    let must_change = standing.must_change
        || standing.privacy_version.as_deref() != Some(&policy.privacy_version);
    Ok(Entered {
        token,
        device: device_token,
        mobile,
        kind: standing.kind,
        must_change,
        acting,
    })
}

/// 256 random bits as text.
pub(crate) fn new_token(tx: &Tx) -> String {
    URL_SAFE_NO_PAD.encode(tx.random().bytes::<32>())
}

/// What the database keeps of a browser's token.
pub(crate) fn device_hash(keys: &db::Keyring, token: &str) -> Vec<u8> {
    keys.blind("device", token)
}

/// Ends a session on the server (ACC-65).
pub(crate) async fn sign_out(tx: &mut Tx, account: Uuid, session: &[u8]) -> Result<()> {
    store::session::end(tx, account, session).await?;
    Ok(())
}

/// Lets what only some must prove for pass for some minutes after a proof; otherwise the caller sends the person to the
/// address answered, which asks for it and leads to `next` (a page). What everybody must prove for says so on its route
/// ([`web::Routes::post_proved`]).
pub(crate) fn require_recent_proof(ctx: &Ctx, next: &str) -> Result<(), String> {
    if ctx.has_recent_proof() {
        return Ok(());
    }
    Err(format!("/account/proof?next={}", web::list::encode(next)))
}

/// Moves all sessions along with the demonstration's clock, so that travelling in time signs nobody out.
pub async fn carry_sessions(tx: &mut Tx, by: TimeDelta) -> Result<()> {
    store::session::carry(tx, by).await
}

/// Removes ended sessions and security lines older than two years (ACC-69), each batch for itself.
pub(crate) async fn sweep(run: Run) -> Result<()> {
    let now = run.db.clock.now();
    let before = two_years_before(now)?;
    let unused = now - TimeDelta::hours(approvals::four_eyes::HOURS.into());
    let mut done = 0;
    loop {
        let mut tx = run
            .db
            .begin(access::Actor::system("accounts.sweep"))
            .await?;
        let gone = store::session::sweep(&mut tx, now).await?
            + store::shell::sweep(&mut tx, now).await?
            + store::held::sweep(&mut tx, unused).await?
            + store::account::sweep_log(&mut tx, before).await?
            + store::security::sweep(&mut tx, before).await?;
        tx.commit_housekeeping().await?;
        if gone == 0 {
            return Ok(());
        }
        done += gone;
        run.progress(done, 0).await?;
    }
}

fn two_years_before(now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let day = business_date(now)
        .checked_sub_months(Months::new(24))
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("no date two years ago")))?;
    Ok(base::at_midnight(day))
}
