use super::edit::save;
use crate::rules::Person;
use crate::store;
use base::{Error, Mobile, PersonId, Result};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;

/// The person has proved to hold this phone (ACC-15, ACC-56): it becomes the one on file and counts as confirmed.
pub async fn confirm_phone(tx: &mut Tx, old: &Person, phone: &Mobile) -> Result<()> {
    let mut person = old.clone();
    if old.phone.as_ref() != Some(phone) {
        store::replace_phone(tx, person.id, old.phone.as_ref(), Some(phone)).await?;
        person.phone = Some(phone.clone());
        person.missing.retain(|field| field != "phone");
    }
    person.phone_confirmed = true;
    save(tx, &person).await?;
    tx.record(
        Event::new("person.phone_confirmed", "person", person.id)
            .before(json!({ "phone": old.phone.as_ref().map(Mobile::masked) }))
            .after(json!({ "phone": phone.masked() })),
    );
    Ok(())
}

/// An organisation names its secretary's phone (ORG-12). It is a proposal: it enters the secretary's own profile unless
/// one the person has confirmed stands there, and counts only once the person confirms it (ORG-45).
pub(crate) async fn propose_phone(
    tx: &mut Tx,
    id: PersonId,
    phone: &Mobile,
    org: &Org,
) -> Result<()> {
    let keys = tx.keys().clone();
    let old = store::find(tx, &keys, id).await?.ok_or(Error::NotFound)?;
    let same = old.phone.as_ref() == Some(phone);
    if old.phone_confirmed && same {
        return Ok(());
    }
    let (org_name, shown) = (&org.full_name, phone.masked());
    let body = if old.phone_confirmed {
        format!(
            "〔{org_name}〕登记书记时填写的手机号是{shown}，与您本人确认过的不同。仍以您确认的为准；确已换号的，请在“账号与安全”更换。"
        )
    } else {
        if !same {
            let mut person = old.clone();
            store::replace_phone(tx, id, old.phone.as_ref(), Some(phone)).await?;
            person.phone = Some(phone.clone());
            person.missing.retain(|field| field != "phone");
            save(tx, &person).await?;
        }
        format!(
            "〔{org_name}〕登记您为书记，填写的手机号是{shown}。请用短信验证码确认，确认后组织信息才算完整。"
        )
    };
    tx.record(
        Event::new("person.phone_proposed", "person", id)
            .org(org.id)
            .before(json!({ "phone": old.phone.as_ref().map(Mobile::masked), "confirmed": old.phone_confirmed }))
            .after(json!({ "phone": shown })),
    );
    let note = Note {
        kind: "account",
        title: "请确认手机号码".into(),
        body,
        jump: Some("/account/phone".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(id), note).await
}
