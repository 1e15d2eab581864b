//! What was asked of the citizens' register, and its answers.

use base::{PersonId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use people::{IdentityClaim, identity_mark};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Writes a lot down as sent.
pub(crate) async fn send(
    tx: &mut Tx,
    batch: Uuid,
    source: &str,
    claims: &[IdentityClaim],
) -> Result<()> {
    let now = tx.now();
    let people: Vec<Uuid> = claims.iter().map(|c| c.person.0).collect();
    let ids: Vec<Uuid> = claims.iter().map(|_| tx.new_id()).collect();
    let names: Vec<String> = claims.iter().map(|c| c.name.clone()).collect();
    let marks: Vec<Vec<u8>> = claims
        .iter()
        .map(|c| identity_mark(tx.keys(), &c.number))
        .collect();
    sqlx::query!(
        "insert into identity_check (person_id, check_id, batch_id, name, id_hash, source, sent_at, state)
         select u.person_id, u.check_id, $1, u.name, u.id_hash, $2, $3, 'sent'
         from unnest($4::uuid[], $5::uuid[], $6::text[], $7::bytea[]) as u (person_id, check_id, name, id_hash)",
        batch,
        source,
        now,
        &people,
        &ids,
        &names,
        &marks
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the answer about some people of a batch; `void` where it counts for nothing.
pub(crate) async fn answer(
    tx: &mut Tx,
    batch: Uuid,
    people: &[PersonId],
    state: &str,
) -> Result<()> {
    let (ids, now): (Vec<Uuid>, _) = (people.iter().map(|p| p.0).collect(), tx.now());
    sqlx::query!(
        "update identity_check set state = $3, answered_at = $4 where person_id = any($1) and batch_id = $2 and state = 'sent'",
        &ids,
        batch,
        state,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What nobody answered since: voids it and says whose it was.
pub(crate) async fn lapse(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<Vec<PersonId>> {
    let now = tx.now();
    let late = sqlx::query!(
        "select person_id, check_id from identity_check where state = 'sent' and sent_at <= $1 limit $2",
        before,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let (people, checks): (Vec<Uuid>, Vec<Uuid>) =
        late.iter().map(|row| (row.person_id, row.check_id)).unzip();
    sqlx::query!(
        "update identity_check set state = 'void', answered_at = $3 where person_id = any($1) and check_id = any($2)",
        &people,
        &checks,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(people.into_iter().map(PersonId).collect())
}

/// With which name and number each was last asked for before this batch and answered.
pub(crate) async fn asked_before(
    conn: &mut PgConnection,
    batch: Uuid,
    people: &[PersonId],
) -> Result<HashMap<PersonId, (String, Vec<u8>)>> {
    let ids: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    let rows = sqlx::query!(
        "select distinct on (person_id) person_id, name, id_hash from identity_check
         where person_id = any($1) and batch_id <> $2 and state not in ('sent', 'void')
         order by person_id, sent_at desc",
        &ids,
        batch
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (PersonId(row.person_id), (row.name, row.id_hash)))
        .collect())
}
