//! Signing in by WeChat or enterprise WeChat, binding and releasing them (ACC-16, ACC-35, ACC-75).

use super::sign_in::{Attempt, Outcome, counted, disabled, note};
use crate::{
    Policy,
    rules::binding::{BOUND_ELSEWHERE, NO_CADRE, NOT_ALLOWED, Vendor},
    store::{
        self,
        account::{Happened, NewAccount},
    },
};
use base::{Error, Mobile, PersonId, Reserved, Result};
use db::{Db, Event, Keyring, Tx};
use gateways::{CodeLimits, NotKnown, Visitor, WebSignIn};
use serde_json::json;
use uuid::Uuid;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "解除微信绑定";

fn login_hash(keys: &Keyring, vendor: Vendor, id: &str) -> Vec<u8> {
    let port = vendor.port().code();
    keys.blind("login.outside", &format!("{}/{port}/{id}", vendor.code()))
}

/// Who the code stands for, or the sentence why nobody.
async fn visitor(
    db: &Db,
    gateway: &dyn WebSignIn,
    code: &str,
) -> Result<std::result::Result<Visitor, &'static str>> {
    if code.is_empty() {
        return Ok(Err(NOT_ALLOWED));
    }
    Ok(match gateway.visitor(db, code).await {
        Ok(visitor) => Ok(visitor),
        Err(NotKnown::Code) => Err("微信授权已失效（5分钟内有效，只能用一次），请重新点微信登录。"),
        Err(NotKnown::Unreachable(cause) | NotKnown::Refused(cause)) => {
            tracing::warn!(%cause, "web sign-in");
            Err("微信暂时没有应答，请稍后再试，或改用账号和密码登录。")
        }
    })
}

/// Signs in whoever the code stands for.
pub(crate) async fn sign_in(
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    actor: access::Actor,
    attempt: &Attempt,
    (vendor, gateway): (Vendor, &dyn WebSignIn),
    code: &str,
) -> Result<Outcome> {
    let refused = |message: &str| {
        Ok(Outcome::Refused {
            message: message.to_owned(),
            ask: false,
        })
    };
    if let Some(seconds) = counted(db, actor.clone(), policy, &attempt.address).await? {
        return Ok(Outcome::Busy(seconds));
    }
    let visitor = match visitor(db, gateway, code).await? {
        Ok(visitor) => visitor,
        Err(message) => return refused(message),
    };
    let mut tx = db.begin(actor).await?;
    let hash = login_hash(&db.keys, vendor, &visitor.id);
    let account = match store::account::by_login(&mut tx, &hash).await? {
        Some(account) => account,
        None if vendor == Vendor::Wecom => match cadre(&mut tx, &visitor, reserved).await? {
            Some(cadre) => cadre.0,
            None => return refused(NO_CADRE),
        },
        None => {
            return refused(
                "这个微信还没有绑定账号。请先用手机号或用户名和密码登录，再到“账号与安全”里绑定微信。",
            );
        }
    };
    let row = store::account::find_for_update(&mut tx, account)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(message) = disabled(&row) {
        return refused(&message);
    }
    if let Some(message) = super::sign_in::idle(&mut tx, policy, account).await? {
        return refused(&message);
    }
    let now = tx.now();
    store::account::signed_in(&mut tx, account, now).await?;
    // No password was given: what is sensitive asks for it (ACC-67).
    let attempt = Attempt {
        unproved: true,
        ..attempt.clone()
    };
    let device = super::sessions::device_hash(tx.keys(), &attempt.device);
    let entered = super::sessions::open(&mut tx, policy, account, &device, &attempt).await?;
    note(
        &mut tx,
        account,
        "sign_in",
        "done",
        &attempt,
        vendor.label(),
    )
    .await?;
    tx.commit_housekeeping().await?;
    Ok(Outcome::In(Box::new(entered)))
}

/// The one cadre with the number enterprise WeChat vouches for: the number decides who gets in (S2).
async fn cadre(tx: &mut Tx, visitor: &Visitor, reserved: Reserved) -> Result<Option<PersonId>> {
    let phone = visitor.phone.as_ref();
    match phone.and_then(|phone| Mobile::parse(phone, reserved).ok()) {
        Some(phone) => one_cadre(tx, &phone).await,
        None => Ok(None),
    }
}

/// The one cadre an organisation entered with this number, with an account: a first password is owed where it is new.
pub(crate) async fn one_cadre(tx: &mut Tx, phone: &Mobile) -> Result<Option<PersonId>> {
    let keys = tx.keys().clone();
    let mut cadres = Vec::new();
    for person in people::by_phone(tx, &keys, phone).await? {
        if !people::posts(tx, person).await?.is_empty() {
            cadres.push(person);
        }
    }
    let [one] = cadres.as_slice() else {
        return Ok(None);
    };
    let new = NewAccount {
        id: one.0,
        kind: "personal",
        org: None,
        name: "",
        state: "initial",
        password_hash: None,
        must_change: true,
        privacy_version: None,
    };
    store::account::insert(tx, &new).await?;
    Ok(Some(*one))
}

/// Binds whoever the code stands for to the own account (ACC-75).
pub(crate) async fn bind(
    db: &Db,
    actor: access::Actor,
    account: Uuid,
    device: &str,
    (vendor, gateway): (Vendor, &dyn WebSignIn),
    code: &str,
) -> Result<()> {
    let visitor = match visitor(db, gateway, code).await? {
        Ok(visitor) => visitor,
        Err(message) => return Err(Error::refused("binding.code", message)),
    };
    let mut tx = db.begin(actor).await?;
    let hash = login_hash(&db.keys, vendor, &visitor.id);
    // Of two at once the second waits here.
    if !store::account::take_login(&mut tx, &hash, vendor.code(), account).await? {
        let holder = store::account::by_login(&mut tx, &hash).await?;
        if holder == Some(account) {
            return Ok(());
        }
        return Err(Error::refused("binding.elsewhere", BOUND_ELSEWHERE));
    }
    if !store::binding::insert(&mut tx, account, vendor, &hash).await? {
        let label = vendor.label();
        return Err(Error::refused(
            "binding.second",
            format!("您已绑定了一个{label}，一个账号只能绑定一个。要换一个，请先解除绑定。"),
        ));
    }
    happened(&mut tx, account, device, "bound", vendor).await?;
    let kind = json!({ "kind": vendor.code() });
    tx.record(Event::new("account.bound", "account", account).after(kind));
    tx.commit().await
}

/// The phone the code for releasing goes to; none where none can be sent, and the password proves instead.
pub(crate) async fn phone(
    conn: &mut sqlx::PgConnection,
    db: &Db,
    policy: &Policy,
    account: Uuid,
) -> Result<Option<Mobile>> {
    if !policy.sms {
        return Ok(None);
    }
    let file = people::find(conn, &db.keys, PersonId(account)).await?;
    Ok(file.and_then(|file| file.phone))
}

/// Sends the code for releasing.
pub(crate) async fn send(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    limits: CodeLimits,
) -> Result<()> {
    let phone = phone(tx, db, policy, account).await?;
    let phone = phone.ok_or(Error::NotFound)?;
    let address = tx.actor().address.clone();
    gateways::send_code(tx, &phone, PURPOSE, &address, limits).await
}

/// Releases what is bound.
pub(crate) async fn release(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    device: &str,
    vendor: Vendor,
    typed: &str,
) -> Result<()> {
    let binding = store::binding::find(tx, account, vendor)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(phone) = phone(tx, db, policy, account).await? {
        gateways::check_code(db, &phone, PURPOSE, typed).await?;
    }
    store::binding::delete(tx, account, vendor).await?;
    store::account::free_login(tx, &binding.login_hash).await?;
    happened(tx, account, device, "released", vendor).await?;
    let kind = json!({ "kind": vendor.code() });
    tx.record(Event::new("account.released", "account", account).before(kind));
    Ok(())
}

async fn happened(
    tx: &mut Tx,
    account: Uuid,
    device: &str,
    outcome: &str,
    vendor: Vendor,
) -> Result<()> {
    let address = tx.actor().address.clone();
    let line = Happened {
        subject: account,
        kind: "binding",
        outcome,
        org: None,
        address: &address,
        device,
        detail: vendor.label(),
    };
    store::account::note(tx, &line).await
}
