//! Entrances an account is enrolled in, and the phone of an employment account.

use crate::rules::entrance::Entrance;
use base::{Mobile, Result};
use chrono::{DateTime, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use uuid::Uuid;

const PHONE: &str = "account_phone.phone";

/// An enrolment's row.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    pub entrance: Entrance,
    pub enrolled_at: DateTime<Utc>,
    pub first_sign_in_at: Option<DateTime<Utc>>,
}

/// Where an account is enrolled, oldest first.
pub(crate) async fn of_account(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Enrolment>> {
    let rows = sqlx::query!(
        "select entrance, enrolled_at, first_sign_in_at from entrance_enrolment
         where account_id = $1 order by enrolled_at, entrance",
        account
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Enrolment {
                entrance: Entrance::from_code(&row.entrance)?,
                enrolled_at: row.enrolled_at,
                first_sign_in_at: row.first_sign_in_at,
            })
        })
        .collect())
}

/// Enrols an account; answers whether it was not yet.
pub(crate) async fn enrol(tx: &mut Tx, account: Uuid, entrance: Entrance) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "insert into entrance_enrolment (account_id, entrance, enrolled_at) values ($1, $2, $3) on conflict do nothing",
        account,
        entrance.code(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes a sign-in at an entrance; the first one is kept.
pub(crate) async fn signed_in(tx: &mut Tx, account: Uuid, entrance: Entrance) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into entrance_enrolment as e (account_id, entrance, enrolled_at, first_sign_in_at) values ($1, $2, $3, $3)
         on conflict (account_id, entrance) do update
         set first_sign_in_at = coalesce(e.first_sign_in_at, excluded.first_sign_in_at)",
        account,
        entrance.code(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the phone of an employment account.
pub(crate) async fn put_phone(tx: &mut Tx, account: Uuid, phone: &Mobile) -> Result<()> {
    let sealed = tx.seal(PHONE, account, phone.reveal());
    sqlx::query!(
        "insert into account_phone (account_id, phone_sealed) values ($1, $2)
         on conflict (account_id) do update set phone_sealed = excluded.phone_sealed",
        account,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The phone of an employment account.
pub(crate) async fn phone(
    conn: &mut PgConnection,
    keys: &Keyring,
    account: Uuid,
) -> Result<Option<Mobile>> {
    let sealed = sqlx::query_scalar!(
        "select phone_sealed from account_phone where account_id = $1",
        account
    )
    .fetch_optional(conn)
    .await?;
    Ok(match sealed {
        Some(sealed) => Some(Mobile::trusted(keys.open(PHONE, account, &sealed)?)),
        None => None,
    })
}
