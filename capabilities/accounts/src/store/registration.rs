//! Registrations of members.

use base::{CaseId, OrgId, PersonId, Result};
use chrono::{DateTime, NaiveDate, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A registration's row; `form_sealed` opens as field `registration.form`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub registration_id: Uuid,
    /// None until one is chosen.
    pub branch_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub state: String,
    pub name: String,
    pub form_sealed: Vec<u8>,
    pub submitted_at: DateTime<Utc>,
    pub reason: Option<String>,
}

pub(crate) async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select registration_id, branch_id, case_id, state, name, form_sealed, submitted_at, reason
         from registration where registration_id = $1",
        id
    )
    .fetch_optional(conn)
    .await?)
}

pub(crate) async fn find_for_update(conn: &mut PgConnection, id: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select registration_id, branch_id, case_id, state, name, form_sealed, submitted_at, reason
         from registration where registration_id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// Writes a registration that waits for its branch; of one returned before, anew.
pub(crate) async fn put(
    tx: &mut Tx,
    id: Uuid,
    branch: OrgId,
    name: &str,
    form_sealed: &[u8],
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into registration (registration_id, branch_id, state, name, form_sealed, submitted_at, version)
         values ($1, $2, 'pending', $3, $4, $5, 1)
         on conflict (registration_id) do update
         set branch_id = excluded.branch_id, state = 'pending', name = excluded.name, form_sealed = excluded.form_sealed, submitted_at = excluded.submitted_at,
             case_id = null, reason = null, decided_at = null, version = registration.version + 1",
        id,
        branch.0,
        name,
        form_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what was typed of a registration that is not under way.
pub(crate) async fn keep(
    tx: &mut Tx,
    id: Uuid,
    branch: Option<OrgId>,
    form_sealed: &[u8],
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into registration (registration_id, branch_id, state, name, form_sealed, submitted_at, version)
         values ($1, $2, 'draft', '', $3, $4, 1)
         on conflict (registration_id) do update
         set branch_id = excluded.branch_id, form_sealed = excluded.form_sealed, version = registration.version + 1",
        id,
        branch.map(|b| b.0),
        form_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes the case a registration waits in.
pub(crate) async fn set_case(conn: &mut PgConnection, id: Uuid, case: CaseId) -> Result<()> {
    sqlx::query!(
        "update registration set case_id = $2 where registration_id = $1",
        id,
        case.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes how a registration ended.
pub(crate) async fn settle(
    tx: &mut Tx,
    id: Uuid,
    state: &str,
    reason: Option<&str>,
    person: Option<PersonId>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update registration set state = $2, reason = $3, person_id = $4, decided_at = $5, version = version + 1 where registration_id = $1",
        id,
        state,
        reason,
        person.map(|p| p.0),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Members of the same name and birth date (ACC-46), with their branch; found in the read model of the rosters.
pub(crate) async fn namesakes(
    conn: &mut PgConnection,
    name: &str,
    born: NaiveDate,
) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        "select branch_id from roster where name = $1 and born = $2 order by branch_id limit 5",
        name,
        born
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}
