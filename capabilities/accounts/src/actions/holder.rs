//! Handing over an organisation's account: who answers for it changes, and with him the password (ACC-31).

use super::password::{choose, letters, own_words};
use crate::{
    Policy, store,
    store::account::{Happened, find_for_update},
};
use base::{Error, Mobile, Reserved, Result};
use db::{Db, Event, Tx};
use gateways::CodeLimits;
use orgs::Org;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Named in the SMS.
const PURPOSE: &str = "组织账号交接";

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub name: String,
    pub phone: String,
    pub code: String,
    pub password: String,
    pub repeat: String,
}

fn phone_of(typed: &Typed, reserved: Reserved) -> Result<Mobile> {
    Mobile::parse(&typed.phone, reserved)
        .map_err(|f| Error::refused_at("phone", "phone.form", f.message()))
}

/// Sends the code to the new holder.
pub(crate) async fn send(
    tx: &mut Tx,
    limits: CodeLimits,
    reserved: Reserved,
    typed: &Typed,
) -> Result<()> {
    let phone = phone_of(typed, reserved)?;
    let address = tx.actor().address.clone();
    gateways::send_code(tx, &phone, PURPOSE, &address, limits).await
}

/// Who answers for an organisation's account: name and phone.
pub(crate) async fn holder(
    conn: &mut sqlx::PgConnection,
    keys: &db::Keyring,
    org: &Org,
    account: Uuid,
) -> Result<(String, Option<Mobile>)> {
    let holders = store::grant::holders(conn, org.id).await?;
    let name = holders
        .into_iter()
        .find(|h| h.account_id == account)
        .map(|h| h.name)
        .unwrap_or_default();
    Ok((name, store::entrance::phone(conn, keys, account).await?))
}

/// Hands it over: all sessions end, the former holder's knowledge is worth nothing any more.
pub(crate) async fn hand_over(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    (org, account): (&Org, Uuid),
    typed: &Typed,
) -> Result<()> {
    let name = web::text_field("name", "新负责人姓名", &typed.name, 30)?;
    if name.chars().count() < 2 {
        return Err(Error::refused_at(
            "name",
            "holder.name",
            "请填写新负责人的姓名",
        ));
    }
    let phone = phone_of(typed, reserved)?;
    find_for_update(tx, account).await?.ok_or(Error::NotFound)?;
    let number = org.number.to_string();
    let spelt = [letters(&name), letters(&org.short_name)];
    let words = own_words(None, &[phone.reveal(), &number, &spelt[0], &spelt[1]]);
    let hash = choose(
        tx,
        policy,
        account,
        true,
        &words,
        &typed.password,
        &typed.repeat,
    )
    .await?;
    gateways::check_code(db, &phone, PURPOSE, &typed.code).await?;
    let keys = tx.keys().clone();
    let (before, _) = holder(tx, &keys, org, account).await?;
    let now = tx.now();
    store::grant::rename(tx, org.id, account, &name).await?;
    store::entrance::put_phone(tx, account, &phone).await?;
    store::account::set_password(tx, account, &hash, false, now).await?;
    store::session::end_others(tx, account, None).await?;
    let address = tx.actor().address.clone();
    let happened = Happened {
        subject: account,
        kind: "holder",
        outcome: "changed",
        org: Some(org.id),
        address: &address,
        device: "",
        detail: "",
    };
    store::account::note(tx, &happened).await?;
    tx.record(
        Event::new("account.handed_over", "org", org.id)
            .org(org.id)
            .before(json!({ "holder": before }))
            .after(json!({ "holder": name, "phone": phone.masked() })),
    );
    Ok(())
}
