//! One-time codes by SMS (SEC-07): six digits, five minutes, five tries, bound to phone and purpose, stored hashed.

use crate::{outbox, sms::Words, store};
use base::{Error, Mobile, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Keyring, Tx, limits};
use subtle::ConstantTimeEq;

const LIFE: TimeDelta = TimeDelta::minutes(5);
const RESEND: TimeDelta = TimeDelta::seconds(60);
const TRIES: i32 = 5;

/// How many codes may be sent (`sec.sms_code`, SEC-76).
#[derive(Clone, Copy, Debug)]
pub struct CodeLimits {
    /// To one phone a day.
    pub phone_day: i32,
    /// From one address an hour.
    pub address_hour: i32,
}

fn hash(keys: &Keyring, phone: &[u8], purpose: &str, code: &str) -> Vec<u8> {
    let phone: String = phone.iter().map(|b| format!("{b:02x}")).collect();
    keys.blind("sms_code", &format!("{phone}/{purpose}/{code}"))
}

/// Sends a code for `purpose` (shown in the text, e.g. 首次登录). Refused within 60 seconds of the last one and beyond
/// the limits; sending a new one voids the old.
pub async fn send_code(
    tx: &mut Tx,
    phone: &Mobile,
    purpose: &str,
    address: &str,
    limits: CodeLimits,
) -> Result<()> {
    let now = tx.now();
    let code = new_code(tx, phone.reveal(), purpose, address, limits, async |tx| {
        let resting = frequent_key(tx.keys(), phone.reveal());
        let (frequent, until) = limits::hits(tx, &resting, now, FREQUENT).await?;
        if frequent > 0 {
            let again = base::format_moment(until, now);
            return Err(Error::refused_at(
                "code",
                "sms.frequent",
                format!("发送过于频繁，运营商暂停了向该号码发送，请{again}后再试"),
            ));
        }
        Ok(())
    })
    .await?;
    let text = format!(
        "【团建】您正在办理{purpose}，验证码{code}，5分钟内有效。如非本人操作请忽略，切勿告诉他人。"
    );
    let words = Words::new(
        "code",
        &[("purpose", purpose), ("code", &code), ("minutes", "5")],
    );
    outbox::sms(tx, phone, "短信验证码", &text, &words).await
}

/// Does all that sending does but send, for a phone or person nobody has: the same limits and the same answers, now and when
/// a code is typed, so that they tell nothing (ACC-52). `whose` is the phone typed, or what stands for the person.
pub async fn pretend_code(
    tx: &mut Tx,
    whose: &str,
    purpose: &str,
    address: &str,
    limits: CodeLimits,
) -> Result<()> {
    new_code(tx, whose, purpose, address, limits, async |_| Ok(())).await?;
    Ok(())
}

/// A new code, kept hashed, if the limits and whoever else has a say allow.
async fn new_code(
    tx: &mut Tx,
    whose: &str,
    purpose: &str,
    address: &str,
    limits: CodeLimits,
    may: impl AsyncFnOnce(&mut Tx) -> Result<()>,
) -> Result<String> {
    let now = tx.now();
    let key = tx.keys().blind("sms_phone", whose);
    if let Some(last) = store::last_code(tx, &key, purpose).await?
        && now - last < RESEND
        && now >= last
    {
        let wait = (last + RESEND - now).num_seconds().max(1);
        return Err(Error::refused_at(
            "code",
            "sms.resend",
            format!("验证码已发送，请{wait}秒后再获取"),
        ));
    }
    let day: String = key.iter().map(|b| format!("{b:02x}")).collect();
    within(
        tx,
        &format!("sms.phone:{day}"),
        now,
        TimeDelta::days(1),
        limits.phone_day,
    )
    .await?;
    within(
        tx,
        &format!("sms.address:{address}"),
        now,
        TimeDelta::hours(1),
        limits.address_hour,
    )
    .await?;
    may(tx).await?;
    let code = tx.random().code(b"0123456789", 6);
    let code_hash = hash(tx.keys(), &key, purpose, &code);
    store::put_code(tx, &key, purpose, &code_hash, now + LIFE).await?;
    Ok(code)
}

/// How long a number rests that its provider called frequent (GWY-10).
pub(crate) const FREQUENT: TimeDelta = TimeDelta::minutes(10);

/// The counter of a number its provider called frequent.
pub(crate) fn frequent_key(keys: &Keyring, phone: &str) -> String {
    let blind = keys.blind("sms_phone", phone);
    let blind: String = blind.iter().map(|b| format!("{b:02x}")).collect();
    format!("sms.frequent:{blind}")
}

async fn within(
    tx: &mut Tx,
    key: &str,
    now: DateTime<Utc>,
    window: TimeDelta,
    most: i32,
) -> Result<()> {
    let (hits, until) = limits::hit(tx, key, now, window).await?;
    if hits > most {
        let again = base::format_moment(until, now);
        return Err(Error::refused_at(
            "code",
            "sms.limit",
            format!("验证码获取次数已达上限，请{again}后再试"),
        ));
    }
    Ok(())
}

/// Whether the code is right; right ones are used up. It commits by itself, so that a wrong try counts although the
/// form it came with is refused; ask it last, after everything else of the form has passed.
pub async fn check_code(db: &Db, phone: &Mobile, purpose: &str, typed: &str) -> Result<()> {
    compare(db, phone.reveal(), purpose, typed, true).await
}

/// Whether the code is right, without using it up; wrong tries count. Asked before anything only the phone's holder may
/// learn, with [`check_code`] last.
pub async fn try_code(db: &Db, phone: &Mobile, purpose: &str, typed: &str) -> Result<()> {
    compare(db, phone.reveal(), purpose, typed, false).await
}

/// Answers a code typed for nobody as [`check_code`] answers a wrong one; `whose` as in [`pretend_code`].
pub async fn refuse_code(db: &Db, whose: &str, purpose: &str, typed: &str) -> Result<()> {
    compare(db, whose, purpose, typed, true).await?;
    Err(wrong())
}

fn wrong() -> Error {
    Error::refused_at("code", "sms.wrong", "验证码不正确，请核对短信后重新输入")
}

async fn compare(db: &Db, whose: &str, purpose: &str, typed: &str, use_up: bool) -> Result<()> {
    let mut tx = db.begin(access::Actor::system("sms_code")).await?;
    let key = db.keys.blind("sms_phone", whose);
    let typed: String = base::text::normalise(typed)
        .chars()
        .filter(|c| *c != ' ')
        .collect();
    let gone = || {
        Error::refused_at(
            "code",
            "sms.gone",
            "验证码已失效（5分钟内有效，错误5次作废），请重新获取",
        )
    };
    if typed.is_empty() {
        return Err(Error::refused_at("code", "sms.empty", "请填写短信验证码"));
    }
    let Some(standing) = store::code_for_update(&mut tx, &key, purpose).await? else {
        return Err(gone());
    };
    if standing.expires_at <= tx.now() || standing.tries >= TRIES {
        return Err(gone());
    }
    let right = bool::from(
        standing
            .code_hash
            .ct_eq(&hash(&db.keys, &key, purpose, &typed)),
    );
    match (right, use_up) {
        (true, true) => store::drop_code(&mut tx, &key, purpose).await?,
        (true, false) => {}
        (false, _) => store::count_try(&mut tx, &key, purpose).await?,
    }
    tx.commit_housekeeping().await?;
    if right { Ok(()) } else { Err(wrong()) }
}
