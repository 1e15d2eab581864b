//! Many members at once: who stands in some branches, and one line for each of them.

use base::{OrgId, PersonId, Result};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Members in state 正常 of some branches.
pub async fn members_in(
    conn: &mut PgConnection,
    branches: &[OrgId],
) -> Result<Vec<(OrgId, PersonId)>> {
    let ids: Vec<Uuid> = branches.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select branch_id, person_id from roster where branch_id = any($1) and state = 'normal' order by branch_id, pinyin, person_id",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.branch_id), PersonId(r.person_id)))
        .collect())
}

/// Writes the same line into the timelines of many; the cause's audit record covers it.
pub async fn note_all(
    tx: &mut Tx,
    persons: &[PersonId],
    kind: &str,
    title: &str,
    org: (OrgId, &str),
) -> Result<()> {
    let (now, actor) = (tx.now(), tx.actor().name.clone());
    let events: Vec<Uuid> = persons.iter().map(|_| tx.new_id::<Uuid>()).collect();
    let persons: Vec<Uuid> = persons.iter().map(|id| id.0).collect();
    sqlx::query!(
        "insert into life_event (person_id, at, event_id, kind, title, org_id, org_name, actor_name)
         select n.person_id, $3, n.event_id, $4, $5, $6, $7, $8 from unnest($1::uuid[], $2::uuid[]) as n (person_id, event_id)",
        &persons,
        &events,
        now,
        kind,
        title,
        org.0.0,
        org.1,
        actor
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
