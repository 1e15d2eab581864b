//! 查找我的组织 (ACC-55): name, ID number and the phone on file tell a person where he is a member.

use super::register::count_registration;
use crate::Policy;
use base::{Error, IdNumber, OrgId, Reserved, Result, business_date};
use db::{Db, Tx};
use gateways::CodeLimits;
use people::Person;
use serde::Deserialize;

/// Named in the SMS.
const PURPOSE: &str = "查找我的组织";

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub name: String,
    pub id_number: String,
    pub code: String,
}

/// Where somebody belongs.
pub(crate) struct Found {
    pub full_name: String,
    pub above: String,
    pub number: i64,
    pub phone: Option<String>,
    pub as_what: &'static str,
}

async fn person(tx: &mut Tx, reserved: Reserved, typed: &Typed) -> Result<Option<Person>> {
    let name = base::text::normalise(&typed.name);
    if name.is_empty() {
        return Err(Error::refused_at("name", "required", "请填写姓名"));
    }
    let number = IdNumber::parse(&typed.id_number, business_date(tx.now()), reserved)
        .map_err(|f| Error::refused_at("id_number", "id.form", f.message()))?;
    let keys = tx.keys().clone();
    let Some(id) = people::by_id_number(tx, &keys, &number).await? else {
        return Ok(None);
    };
    let file = people::find(tx, &keys, id).await?;
    Ok(file.filter(|file| file.name == name))
}

/// What stands for somebody who is not here, where a person's phone would.
fn nobody(typed: &Typed) -> String {
    let normal = base::text::normalise;
    format!("{}/{}", normal(&typed.name), normal(&typed.id_number))
}

/// Sends the code to the phone on file, if there is such a person; the answer and the limits are the same if not.
pub(crate) async fn send(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    reserved: Reserved,
    sms: CodeLimits,
    typed: &Typed,
) -> Result<()> {
    let address = tx.actor().address.clone();
    count_registration(db, policy, &address).await?;
    let found = person(tx, reserved, typed).await?;
    match found.and_then(|file| file.phone) {
        Some(phone) => gateways::send_code(tx, &phone, PURPOSE, &address, sms).await,
        None => gateways::pretend_code(tx, &nobody(typed), PURPOSE, &address, sms).await,
    }
}

/// Where the person is a member, or else holds posts.
pub(crate) async fn look(
    tx: &mut Tx,
    db: &Db,
    reserved: Reserved,
    typed: &Typed,
) -> Result<Vec<Found>> {
    let found = person(tx, reserved, typed).await?;
    let Some((file, phone)) = found.and_then(|f| f.phone.clone().map(|phone| (f, phone))) else {
        let refused = gateways::refuse_code(db, &nobody(typed), PURPOSE, &typed.code).await;
        return refused.map(|()| Vec::new());
    };
    gateways::check_code(db, &phone, PURPOSE, &typed.code).await?;
    let mut places: Vec<(OrgId, &'static str)> = Vec::new();
    places.extend(
        people::membership(tx, file.id)
            .await?
            .map(|m| (m.branch, "团籍所在团支部")),
    );
    for post in people::posts(tx, file.id).await? {
        if places.iter().all(|(org, _)| *org != post.org) {
            places.push((post.org, "任职的组织"));
        }
    }
    let mut out = Vec::new();
    for (org, as_what) in places {
        let Some(org) = orgs::find(tx, org).await? else {
            continue;
        };
        let line = orgs::ancestors(tx, &org.path).await?;
        // The direct superior is whom to ask where the branch names no phone.
        let superior = line.iter().rev().find_map(|o| o.phone.clone());
        out.push(Found {
            above: line
                .iter()
                .skip(1)
                .map(|o| o.short_name.clone())
                .collect::<Vec<_>>()
                .join(" / "),
            phone: org.phone.clone().or(superior),
            number: org.number,
            full_name: org.full_name,
            as_what,
        });
    }
    Ok(out)
}
