//! Changing the own phone (ACC-56): codes to the old and to the new one.

use crate::{
    Policy,
    policy::Identifier,
    store::{self, account::Happened},
};
use base::{Error, Mobile, PersonId, Reserved, Result};
use db::{Db, Tx};
use gateways::CodeLimits;
use messages::{Note, Receiver};
use people::Person;
use serde::Deserialize;

/// Named in the SMS.
pub(crate) const TO_NEW: &str = "更换手机号（新号码）";
/// Named in the SMS to the old number.
pub(crate) const TO_OLD: &str = "更换手机号（原号码）";

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    pub phone: String,
    pub new_code: String,
    pub old_code: String,
}

/// Who changes it, from where.
pub(crate) struct Own<'a> {
    pub person: PersonId,
    pub session: &'a [u8],
    pub device: &'a str,
}

async fn own(tx: &mut Tx, person: PersonId) -> Result<Person> {
    let keys = tx.keys().clone();
    people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)
}

/// The old number a code must come from: the one that was verified.
pub(crate) fn old(person: &Person) -> Option<&Mobile> {
    person.phone.as_ref().filter(|_| person.phone_confirmed)
}

fn new(person: &Person, typed: &str, reserved: Reserved) -> Result<Mobile> {
    let phone = Mobile::parse(typed, reserved)
        .map_err(|fault| Error::refused_at("phone", "phone.form", fault.message()))?;
    if person.phone_confirmed && person.phone.as_ref() == Some(&phone) {
        return Err(Error::refused_at(
            "phone",
            "phone.same",
            "这就是现在登记的手机号，请填写新号码",
        ));
    }
    Ok(phone)
}

/// Sends the code to the old or to the new number.
pub(crate) async fn send(
    tx: &mut Tx,
    limits: CodeLimits,
    reserved: Reserved,
    person: PersonId,
    typed: &str,
    to_old: bool,
) -> Result<()> {
    let (file, address) = (own(tx, person).await?, tx.actor().address.clone());
    if to_old {
        let phone = old(&file).ok_or(Error::NotFound)?;
        return gateways::send_code(tx, phone, TO_OLD, &address, limits)
            .await
            .map_err(|e| at(e, "old_code"));
    }
    let phone = new(&file, typed, reserved)?;
    gateways::send_code(tx, &phone, TO_NEW, &address, limits)
        .await
        .map_err(|e| at(e, "new_code"))
}

/// Changes it; answers the session's new token. Codes are asked last, as right ones are used up.
pub(crate) async fn change(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    who: &Own<'_>,
    input: &Input,
) -> Result<String> {
    let file = own(tx, who.person).await?;
    let phone = new(&file, &input.phone, reserved)?;
    if policy.takes(Identifier::Phone) {
        let holder = super::resets::holder(tx, &phone).await?;
        if holder.is_some_and(|holder| holder != who.person) {
            return Err(Error::refused_at(
                "phone",
                "phone.taken",
                "该手机号已被其他账号使用。",
            ));
        }
    }
    if old(&file).is_some() && input.old_code.trim().is_empty() {
        return Err(Error::refused_at(
            "old_code",
            "sms.empty",
            "请填写原手机号收到的验证码；原号码已停用的，请用登录页的“我要申诉”",
        ));
    }
    gateways::check_code(db, &phone, TO_NEW, &input.new_code)
        .await
        .map_err(|e| at(e, "new_code"))?;
    if let Some(old) = old(&file) {
        gateways::check_code(db, old, TO_OLD, &input.old_code)
            .await
            .map_err(|e| at(e, "old_code"))?;
    }
    people::confirm_phone(tx, &file, &phone).await?;
    store::session::end_others(tx, who.person.0, Some(who.session)).await?;
    let (token, now) = (super::sessions::new_token(tx), tx.now());
    store::session::prove(tx, who.session, &web::session_token_hash(&token), now).await?;
    let note = Note {
        kind: "account",
        title: "手机号已更换".into(),
        body: format!(
            "登记的手机号已换成{}，其他设备上的登录均已结束。如非本人操作，请立即联系所在团支部或直接上级管理员。",
            phone.masked()
        ),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(who.person), note).await?;
    let address = tx.actor().address.clone();
    let happened = Happened {
        subject: who.person.0,
        kind: "phone",
        outcome: "changed",
        org: None,
        address: &address,
        device: who.device,
        detail: "",
    };
    store::account::note(tx, &happened).await?;
    Ok(token)
}

/// The same refusal beside another field.
fn at(error: Error, field: &'static str) -> Error {
    match error {
        Error::Refused(refused) if refused.field == Some("code") => Error::Refused(base::Refused {
            field: Some(field),
            ..refused
        }),
        other => other,
    }
}
