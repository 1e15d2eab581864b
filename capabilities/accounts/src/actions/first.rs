//! The first own password (ACC-15) with real name, phone and privacy notice (ACC-09).

use super::password::{choose, count_guess, words_of};
use crate::{Policy, rules::password::is_admin, store, store::account::Account};
use base::{Error, Mobile, PersonId, Reserved, Result, business_date};
use db::{Db, Event, Tx};
use gateways::CodeLimits;
use serde::Deserialize;
use serde_json::json;
use web::SignedIn;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "首次登录";
/// Named in the SMS to the guardian.
pub(crate) const GUARDIAN: &str = "监护人同意";
const CONSENT_AGE: i32 = 14;
/// What somebody under fourteen is told where no SMS can be sent (ACC-09, ACC-76).
const NO_GUARDIAN: &str = "未满14周岁需监护人用短信验证码同意后方可使用，本系统还没有开通短信，请联系所在团组织的管理员。";

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    pub name: String,
    pub phone: String,
    pub code: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
    pub guardian: String,
    pub guardian_phone: String,
    pub guardian_code: String,
}

/// What this account still owes before anything else may be reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owed {
    /// A new password.
    pub password: bool,
    /// Proof of the real name and of a phone.
    pub proof: bool,
    /// Phone on file, masked.
    pub phone: Option<String>,
    /// Acceptance of the privacy notice.
    pub privacy: bool,
    /// A guardian's consent.
    pub guardian: bool,
    /// Whether the stricter rule for passwords holds.
    pub admin: bool,
    /// Whether codes can be sent; without, the name alone is the proof and no phone is confirmed (ACC-76).
    pub sms: bool,
}

impl Owed {
    /// Whether nothing is owed any more.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.password && !self.proof && !self.privacy
    }
}

/// What the signed-in account owes.
pub(crate) async fn owed(
    conn: &mut sqlx::PgConnection,
    db: &Db,
    policy: &Policy,
    me: &SignedIn,
) -> Result<Owed> {
    let account = store::account::find(conn, me.account)
        .await?
        .ok_or(Error::NotFound)?;
    let person = people::find(conn, &db.keys, PersonId(me.account)).await?;
    Ok(owed_by(
        &account,
        person.as_ref(),
        policy,
        me,
        db.clock.now(),
    ))
}

fn owed_by(
    account: &Account,
    person: Option<&people::Person>,
    policy: &Policy,
    me: &SignedIn,
    now: chrono::DateTime<chrono::Utc>,
) -> Owed {
    let privacy = account.privacy_version.as_deref() != Some(&policy.privacy_version);
    let young = person.is_some_and(|p| p.age(business_date(now)) < CONSENT_AGE);
    Owed {
        // The doorkeeper sends here for three reasons; what is not the privacy notice is the password.
        password: account.must_change || (me.must_change && !privacy),
        proof: account.state == "initial" && person.is_some(),
        phone: person.and_then(|p| p.phone.as_ref()).map(Mobile::masked),
        privacy,
        guardian: privacy && young,
        admin: is_admin(me.grants.iter().map(|g| g.role)),
        sms: policy.sms,
    }
}

fn phone_of(person: &people::Person, typed: &str, reserved: Reserved) -> Result<Mobile> {
    match &person.phone {
        Some(phone) => Ok(phone.clone()),
        None => Mobile::parse(typed, reserved)
            .map_err(|fault| Error::refused_at("phone", "phone.form", fault.message())),
    }
}

fn guardian_phone(typed: &str, reserved: Reserved) -> Result<Mobile> {
    Mobile::parse(typed, reserved)
        .map_err(|fault| Error::refused_at("guardian_phone", "phone.form", fault.message()))
}

/// Sends the code to the phone on file, or to the one typed where none is.
pub(crate) async fn send(
    tx: &mut Tx,
    limits: CodeLimits,
    reserved: Reserved,
    me: &SignedIn,
    input: &Input,
    to_guardian: bool,
    address: &str,
) -> Result<()> {
    let keys = tx.keys().clone();
    let person = people::find(tx, &keys, PersonId(me.account))
        .await?
        .ok_or(Error::NotFound)?;
    if to_guardian {
        let phone = guardian_phone(&input.guardian_phone, reserved)?;
        return gateways::send_code(tx, &phone, GUARDIAN, address, limits).await;
    }
    let phone = phone_of(&person, &input.phone, reserved)?;
    gateways::send_code(tx, &phone, PURPOSE, address, limits).await
}

/// Finishes what is owed; answers the session's new token. Codes are asked last, as a right one is used up.
pub(crate) async fn finish(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    me: &SignedIn,
    input: &Input,
) -> Result<String> {
    let keys = tx.keys().clone();
    let account = store::account::find_for_update(tx, me.account)
        .await?
        .ok_or(Error::NotFound)?;
    let person = people::find(tx, &keys, PersonId(me.account)).await?;
    let (now, owed) = (
        tx.now(),
        owed_by(&account, person.as_ref(), policy, me, tx.now()),
    );
    let mut phone = None;
    if let Some(person) = person.as_ref().filter(|_| owed.proof) {
        let typed = base::text::normalise(&input.name);
        if typed.is_empty() {
            return Err(Error::refused_at(
                "name",
                "first.name",
                "请填写本人真实姓名",
            ));
        }
        if !count_guess(db, "first.name", me.account, 10).await? {
            return Err(Error::refused_at(
                "name",
                "first.tries",
                "核对姓名次数过多，请一小时后再试",
            ));
        }
        if typed != person.name {
            return Err(Error::refused_at(
                "name",
                "first.name",
                "姓名与登记的不一致，请填写本人真实姓名；登记有误请联系所在团支部更正",
            ));
        }
        if owed.sms {
            phone = Some(phone_of(person, &input.phone, reserved)?);
        }
    }
    let mut hash = None;
    if owed.password {
        let words = words_of(tx, me.account, person.as_ref()).await?;
        let chosen = choose(
            tx,
            policy,
            me.account,
            owed.admin,
            &words,
            &input.password,
            &input.repeat,
        )
        .await?;
        hash = Some(chosen);
    }
    if owed.privacy {
        policy.consented(&input.privacy)?;
    }
    let mut guardian = None;
    if owed.guardian && !owed.sms {
        return Err(Error::refused_at("guardian", "first.no_sms", NO_GUARDIAN));
    }
    if owed.guardian {
        if input.guardian.trim().is_empty() || input.guardian_phone.trim().is_empty() {
            return Err(Error::refused_at(
                "guardian",
                "first.guardian",
                "未满14周岁需监护人同意后方可使用。请填写监护人姓名和手机号。",
            ));
        }
        let number = guardian_phone(&input.guardian_phone, reserved)?;
        gateways::check_code(db, &number, GUARDIAN, &input.guardian_code)
            .await
            .map_err(|e| at(e, "guardian_code"))?;
        guardian = Some(
            json!({ "name": base::text::mask_name(input.guardian.trim()), "phone": number.masked() }),
        );
    }
    if let Some(phone) = &phone {
        gateways::check_code(db, phone, PURPOSE, &input.code).await?;
    }
    if let (Some(person), Some(phone)) = (&person, &phone) {
        people::confirm_phone(tx, person, phone).await?;
    }
    if let Some(hash) = &hash {
        store::account::set_password(tx, me.account, hash, false, now).await?;
    }
    if account.state == "initial" {
        store::account::set_state(tx, me.account, "active", None).await?;
    }
    if owed.privacy {
        store::account::accept_privacy(tx, me.account, &policy.privacy_version).await?;
    }
    store::session::end_others(tx, me.account, Some(&me.session)).await?;
    let token = super::sessions::new_token(tx);
    let session = web::session_token_hash(&token);
    store::session::prove(tx, &me.session, &session, now).await?;
    if phone.is_some() {
        // The code to the phone was a second proof already (SEC-06).
        store::session::strengthen(tx, &session).await?;
    }
    tx.record(Event::new("account.first_sign_in", "account", me.account).after(json!({
        "password": owed.password, "privacy": owed.privacy.then_some(&policy.privacy_version), "guardian": guardian,
    })));
    Ok(token)
}

/// The same refusal beside another field.
fn at(error: Error, field: &'static str) -> Error {
    match error {
        Error::Refused(refused) => Error::Refused(base::Refused {
            field: Some(field),
            ..refused
        }),
        other => other,
    }
}
