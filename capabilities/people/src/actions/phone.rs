use super::edit::save;
use crate::rules::Person;
use crate::store;
use base::{Mobile, Result};
use db::{Event, Tx};
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
