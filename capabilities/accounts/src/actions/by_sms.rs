//! Signing in by phone and SMS (ACC-13, ACC-35): who proves the phone and has an account, or is a cadre an organisation entered
//! with it, is in.

use super::{
    binding::one_cadre,
    resets::{applicant, holder},
    sign_in::{Attempt, Outcome, counted, disabled, note},
};
use crate::{
    Policy,
    rules::{
        binding::NO_CADRE,
        second::{self, Demand},
    },
    store,
};
use base::{Error, Mobile, Reserved, Result};
use db::{Db, Tx};
use gateways::CodeLimits;
use uuid::Uuid;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "短信登录";

/// An SMS is one proof: it cannot be the first and the second as well (SEC-06).
const PASSWORD_FIRST: &str = "您担任的职责登录时须有两种验证，请用手机号和密码登录，再做二次验证。";

fn phone_of(typed: &str, reserved: Reserved) -> Result<Mobile> {
    Mobile::parse(typed, reserved)
        .map_err(|fault| Error::refused_at("phone", "phone.form", fault.message()))
}

/// Sends the code to whatever number is typed: only who holds it learns whether it is known.
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

/// The account behind a proved phone.
async fn account(tx: &mut Tx, phone: &Mobile) -> Result<Option<Uuid>> {
    if let Some(person) = holder(tx, phone).await? {
        return Ok(Some(person.0));
    }
    if let Some(cadre) = one_cadre(tx, phone).await? {
        return Ok(Some(cadre.0));
    }
    applicant(tx, phone).await
}

/// Signs in by the code.
pub(crate) async fn sign_in(
    mut tx: Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    attempt: &Attempt,
    (typed, code): (&str, &str),
) -> Result<Outcome> {
    let refused = |message: String| {
        Ok(Outcome::Refused {
            message,
            ask: false,
        })
    };
    let phone = phone_of(typed, reserved)?;
    let actor = tx.actor().clone();
    if let Some(seconds) = counted(db, actor, policy, &attempt.address).await? {
        return Ok(Outcome::Busy(seconds));
    }
    if let Err(wrong) = gateways::check_code(db, &phone, PURPOSE, code).await {
        let subject = account(&mut tx, &phone).await?;
        let subject = subject.unwrap_or_else(|| tx.new_id());
        note(
            &mut tx,
            subject,
            "sign_in",
            "refused",
            attempt,
            "短信验证码",
        )
        .await?;
        tx.commit_housekeeping().await?;
        return Err(wrong);
    }
    let Some(account) = account(&mut tx, &phone).await? else {
        tx.commit_housekeeping().await?;
        return refused(format!("{NO_CADRE}还没有账号的团员请先报到。"));
    };
    let row = store::account::find_for_update(&mut tx, account)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(message) = disabled(&row) {
        return refused(message);
    }
    let now = tx.now();
    let standing = store::session::standing(&mut tx, account, now)
        .await?
        .ok_or(Error::NotFound)?;
    if standing.app || second::demand(policy, &standing.grants) > Demand::None {
        return refused(PASSWORD_FIRST.into());
    }
    store::account::signed_in(&mut tx, account, now).await?;
    // No password was given: what is sensitive asks for it (ACC-67).
    let attempt = Attempt {
        unproved: true,
        ..attempt.clone()
    };
    let device = super::sessions::device_hash(tx.keys(), &attempt.device);
    let entered = super::sessions::open(&mut tx, policy, account, &device, &attempt).await?;
    note(&mut tx, account, "sign_in", "done", &attempt, "短信验证码").await?;
    tx.commit_housekeeping().await?;
    Ok(Outcome::In(Box::new(entered)))
}
