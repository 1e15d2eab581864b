//! The two entrances of the employment action: one account, known by its phone alone (ACC-14, EMP-04, EMP-05).

use super::{
    password::choose,
    sessions::{Entered, open},
    shell,
    sign_in::{Attempt, Outcome, counted, disabled, note},
    ticket,
};
use crate::{
    Policy,
    rules::{
        entrance::{CONSENT, CONSENT_DECLARE, Entrance, NOT_AUTHORISED, not_enrolled},
        password::{OwnWords, check},
    },
    store::{self, account::NewAccount},
};
use base::{Error, Mobile, Reserved, Result};
use db::{Db, Event, Keyring, Tx};
use gateways::{CodeLimits, MiniProgram, NotKnown};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "就业帮扶注册";

/// The name an employment account signs in with, as kept.
pub(crate) fn login_hash(keys: &Keyring, phone: &Mobile) -> Vec<u8> {
    keys.blind("login.employment", phone.reveal())
}

/// What the mini-program's sign-in brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authorised {
    /// WeChat's code for the number; empty when its holder refused.
    pub phone_code: String,
    /// Version of the privacy notice agreed to: the registration of who comes here first.
    pub privacy: String,
}

fn refused(message: impl Into<String>) -> Result<Outcome> {
    Ok(Outcome::Refused {
        message: message.into(),
        ask: false,
    })
}

/// Signs in by the phone WeChat hands over (ACC-14).
pub(crate) async fn by_mini_program(
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    wechat: &dyn MiniProgram,
    actor: access::Actor,
    attempt: &Attempt,
    brought: &Authorised,
) -> Result<Outcome> {
    if let Some(seconds) = counted(db, actor.clone(), policy, &attempt.address).await? {
        return Ok(Outcome::Busy(seconds));
    }
    match prove(db, policy, reserved, wechat, actor, brought).await? {
        Ok((tx, account)) => enter(tx, policy, account, Entrance::MiniProgram, attempt).await,
        Err(refused) => Ok(refused),
    }
}

/// What the shell of the mini-program is given.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    /// Opens the session in the web-view, which is another browser: once, within a minute.
    pub ticket: String,
    pub tokens: shell::Tokens,
}

/// Who the WeChat behind a code is; or the sentence to show.
pub(crate) async fn identity(
    db: &Db,
    wechat: &dyn MiniProgram,
    login_code: &str,
) -> Result<Result<String, &'static str>> {
    if login_code.is_empty() {
        return Ok(Err("小程序没有带来微信登录凭证，请更新小程序后再试。"));
    }
    Ok(match wechat.session(db, login_code).await {
        Ok(identity) => Ok(identity.openid),
        Err(NotKnown::Code) => {
            Err("微信登录凭证已失效（5分钟内有效，只能用一次），请重新进入小程序。")
        }
        Err(NotKnown::Unreachable(cause) | NotKnown::Refused(cause)) => {
            tracing::warn!(%cause, "mini-program");
            Err("微信暂时没有应答，请稍后再试。")
        }
    })
}

/// The sign-in of the mini-program's shell: WeChat's code and the phone authorisation for a short token of that account, and
/// the ticket into the web-view (ACC-74).
pub(crate) async fn hand_over(
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    wechat: &dyn MiniProgram,
    actor: access::Actor,
    brought: &Authorised,
    login_code: &str,
) -> Result<Result<Handed, Outcome>> {
    // WeChat is asked for nobody who comes too often.
    if let Some(seconds) = counted(db, actor.clone(), policy, &actor.address).await? {
        return Ok(Err(Outcome::Busy(seconds)));
    }
    let openid = match identity(db, wechat, login_code).await? {
        Ok(openid) => openid,
        Err(message) => {
            return Ok(Err(Outcome::Refused {
                message: message.to_owned(),
                ask: false,
            }));
        }
    };
    let (mut tx, account) = match prove(db, policy, reserved, wechat, actor, brought).await? {
        Ok(proved) => proved,
        Err(refused) => return Ok(Err(refused)),
    };
    let row = store::account::find(&mut tx, account)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(message) = disabled(&row) {
        return Ok(Err(Outcome::Refused {
            message,
            ask: false,
        }));
    }
    let tokens = shell::begin(&mut tx, account, &openid).await?;
    let ticket = ticket::issue(db, ticket::SHELL, account)?;
    tx.commit_housekeeping().await?;
    Ok(Ok(Handed { ticket, tokens }))
}

/// Opens the session a ticket of [`hand_over`] stands for.
pub(crate) async fn by_ticket(
    db: &Db,
    policy: &Policy,
    actor: access::Actor,
    attempt: &Attempt,
    ticket: &str,
) -> Result<Outcome> {
    let mut tx = db.begin(actor).await?;
    match ticket::take(&mut tx, ticket::SHELL, ticket).await? {
        Some(account) => enter(tx, policy, account, Entrance::MiniProgram, attempt).await,
        None => {
            tx.commit_housekeeping().await?;
            refused("登录凭证已失效（1分钟内有效，只能用一次），请回到小程序重新进入。")
        }
    }
}

/// The account of the phone WeChat hands over, enrolled at the mini-program, in an open transaction; or why not.
async fn prove(
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    wechat: &dyn MiniProgram,
    actor: access::Actor,
    brought: &Authorised,
) -> Result<Result<(Tx, Uuid), Outcome>> {
    let no = |message: &str| {
        Ok(Err(Outcome::Refused {
            message: message.to_owned(),
            ask: false,
        }))
    };
    if brought.phone_code.is_empty() {
        return no(NOT_AUTHORISED);
    }
    // Asked before anything is locked: a slow vendor holds up this request only.
    let number = match wechat.phone(db, &brought.phone_code).await {
        Ok(number) => number,
        Err(NotKnown::Code) => {
            return no("微信授权已失效（5分钟内有效，只能用一次），请重新授权手机号码。");
        }
        Err(NotKnown::Unreachable(cause) | NotKnown::Refused(cause)) => {
            tracing::warn!(%cause, "mini-program");
            return no("微信暂时没有应答，请稍后再试；也可以先从新闻APP“就业”频道登录。");
        }
    };
    let Ok(phone) = Mobile::parse(&number, reserved) else {
        return no("微信授权的不是大陆手机号，请在微信里换绑常用的大陆手机号后再试。");
    };
    let mut tx = db.begin(actor).await?;
    let hash = login_hash(tx.keys(), &phone);
    let found = store::account::by_login(&mut tx, &hash).await?;
    let enrolled = match found {
        Some(account) => enrolments(&mut tx, account).await?,
        None => Vec::new(),
    };
    let agreed = brought.privacy == policy.privacy_version;
    if let Some(message) = not_enrolled(&enrolled, Entrance::MiniProgram).filter(|_| !agreed) {
        return no(message);
    }
    let account = enrol(&mut tx, policy, &phone, Entrance::MiniProgram).await?;
    Ok(Ok((tx, account)))
}

/// The entrances an account is enrolled in.
pub(crate) async fn enrolments(
    conn: &mut sqlx::PgConnection,
    account: Uuid,
) -> Result<Vec<Entrance>> {
    let rows = store::entrance::of_account(conn, account).await?;
    Ok(rows.into_iter().map(|row| row.entrance).collect())
}

/// The account of a phone, made if there is none.
async fn account_of(tx: &mut Tx, policy: &Policy, phone: &Mobile) -> Result<Uuid> {
    let hash = login_hash(tx.keys(), phone);
    let new: Uuid = tx.new_id();
    // Of two at once the second waits here and finds the first one's account.
    let account = if store::account::take_login(tx, &hash, "employment", new).await? {
        let row = NewAccount {
            id: new,
            kind: "employment",
            org: None,
            name: &phone.masked(),
            state: "active",
            password_hash: None,
            must_change: false,
            privacy_version: Some(&policy.privacy_version),
        };
        store::account::insert(tx, &row).await?;
        store::entrance::put_phone(tx, new, phone).await?;
        new
    } else {
        store::account::by_login(tx, &hash)
            .await?
            .ok_or(Error::NotFound)?
    };
    Ok(account)
}

/// The same, enrolled at an entrance: both entrances lead to one account.
async fn enrol(tx: &mut Tx, policy: &Policy, phone: &Mobile, entrance: Entrance) -> Result<Uuid> {
    let account = account_of(tx, policy, phone).await?;
    if store::entrance::enrol(tx, account, entrance).await? {
        store::account::accept_privacy(tx, account, &policy.privacy_version).await?;
        tx.record(
            Event::new("account.enrolled", "account", account).after(json!({
                "entrance": entrance.code(), "privacy": policy.privacy_version,
            })),
        );
    }
    Ok(account)
}

/// Opens the session, unless the account was disabled.
async fn enter(
    mut tx: Tx,
    policy: &Policy,
    account: Uuid,
    entrance: Entrance,
    attempt: &Attempt,
) -> Result<Outcome> {
    let row = store::account::find_for_update(&mut tx, account)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(message) = disabled(&row) {
        return refused(message);
    }
    let (attempt, now) = (attempt.clone().at(entrance), tx.now());
    store::account::signed_in(&mut tx, account, now).await?;
    let device = super::sessions::device_hash(tx.keys(), &attempt.device);
    let entered: Entered = open(&mut tx, policy, account, &device, &attempt).await?;
    note(&mut tx, account, "sign_in", "done", &attempt, "").await?;
    tx.commit_housekeeping().await?;
    Ok(Outcome::In(Box::new(entered)))
}

/// Agrees to a new privacy notice (ACC-09).
pub(crate) async fn agree(tx: &mut Tx, account: Uuid, version: &str) -> Result<()> {
    store::account::accept_privacy(tx, account, version).await?;
    tx.record(
        Event::new("account.privacy_accepted", "account", account)
            .after(json!({ "privacy": version })),
    );
    Ok(())
}

/// What the registration at the news APP brought.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Registration {
    pub phone: String,
    pub code: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

fn phone_of(typed: &str, reserved: Reserved) -> Result<Mobile> {
    Mobile::parse(typed, reserved)
        .map_err(|fault| Error::refused_at("phone", "phone.form", fault.message()))
}

/// Sends the code to the number to be registered.
pub(crate) async fn send(
    tx: &mut Tx,
    limits: CodeLimits,
    reserved: Reserved,
    typed: &str,
) -> Result<()> {
    let phone = phone_of(typed, reserved)?;
    let address = tx.actor().address.clone();
    gateways::send_code(tx, &phone, PURPOSE, &address, limits).await
}

/// Registers at the news APP, or sets the password anew: phone, SMS code, password (EMP-05). Signs in.
pub(crate) async fn register(
    mut tx: Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    attempt: &Attempt,
    input: &Registration,
) -> Result<Outcome> {
    let phone = phone_of(&input.phone, reserved)?;
    let own = OwnWords(vec![phone.reveal().to_owned()]);
    // A weak password is told before the code is used up, whoever has the number.
    check(policy, false, &input.password, &own)?;
    if input.password != input.repeat {
        return Err(Error::refused_at(
            "repeat",
            "password.repeat",
            "两次输入的密码不一致，请重新输入",
        ));
    }
    if input.privacy != policy.privacy_version {
        return Err(Error::refused_at("privacy", "first.privacy", CONSENT));
    }
    gateways::check_code(db, &phone, PURPOSE, &input.code).await?;
    let account = enrol(&mut tx, policy, &phone, Entrance::NewsApp).await?;
    let hash = choose(
        &mut tx,
        policy,
        account,
        false,
        &own,
        &input.password,
        &input.repeat,
    )
    .await?;
    let now = tx.now();
    store::account::set_password(&mut tx, account, &hash, false, now).await?;
    store::session::end_others(&mut tx, account, None).await?;
    super::sign_in::unlock_at(&mut tx, Some(Entrance::NewsApp), account).await?;
    tx.record(Event::new("account.password_set", "account", account));
    enter(tx, policy, account, Entrance::NewsApp, attempt).await
}

/// Named in the SMS of who comes to declare himself.
pub(crate) const DECLARE: &str = "就业帮扶申报";

/// What whoever comes to declare himself brought.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Coming {
    pub phone: String,
    pub code: String,
    pub privacy: String,
}

/// Sends the code to who comes to declare himself.
pub(crate) async fn send_declaring(
    tx: &mut Tx,
    limits: CodeLimits,
    reserved: Reserved,
    typed: &str,
) -> Result<()> {
    let phone = phone_of(typed, reserved)?;
    let address = tx.actor().address.clone();
    gateways::send_code(tx, &phone, DECLARE, &address, limits).await
}

/// 困难毕业生 sign in by phone and SMS; the first time makes the account, which can file the self-declaration only (ACC-49).
/// The same number may belong to a cadre of the action: it stays one account (EMP-09).
pub(crate) async fn declaring(
    mut tx: Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    attempt: &Attempt,
    input: &Coming,
) -> Result<Outcome> {
    let phone = phone_of(&input.phone, reserved)?;
    if input.privacy != policy.privacy_version {
        return Err(Error::refused_at(
            "privacy",
            "first.privacy",
            CONSENT_DECLARE,
        ));
    }
    let actor = tx.actor().clone();
    if let Some(seconds) = counted(db, actor, policy, &attempt.address).await? {
        return Ok(Outcome::Busy(seconds));
    }
    gateways::check_code(db, &phone, DECLARE, &input.code).await?;
    let account = account_of(&mut tx, policy, &phone).await?;
    if !store::shell::is_student(&mut tx, account).await? {
        store::shell::put_student(&mut tx, account).await?;
        tx.record(
            Event::new("account.enrolled", "account", account)
                .after(json!({ "entrance": "declare", "privacy": policy.privacy_version })),
        );
    }
    store::account::accept_privacy(&mut tx, account, &policy.privacy_version).await?;
    enter(tx, policy, account, Entrance::Declare, attempt).await
}
