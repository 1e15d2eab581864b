//! Until the people room is in: its two directories.

use base::{IdNumber, Mobile, PersonId, Result};
use db::Keyring;
use sqlx::PgConnection;

pub(crate) async fn by_id_number(
    conn: &mut PgConnection,
    keys: &Keyring,
    id: &IdNumber,
) -> Result<Option<PersonId>> {
    let hash = keys.blind("person.id_number", id.reveal());
    let found = sqlx::query_scalar!(
        "select person_id from person_identity where id_hash = $1",
        hash
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(PersonId))
}

pub(crate) async fn by_phone(
    conn: &mut PgConnection,
    keys: &Keyring,
    phone: &Mobile,
) -> Result<Vec<PersonId>> {
    let hash = keys.blind("person.phone", phone.reveal());
    let found = sqlx::query_scalar!(
        "select person_id from person_phone where phone_hash = $1 limit 20",
        hash
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(PersonId).collect())
}
