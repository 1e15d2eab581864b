//! Changes of a profile that wait for the branch.

use base::{CaseId, OrgId, PersonId, Result};
use db::Tx;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A change somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub branch: OrgId,
    /// Field name to new value.
    pub fields: BTreeMap<String, String>,
    pub case: Option<CaseId>,
}

struct Row {
    branch_id: Uuid,
    fields: serde_json::Value,
    case_id: Option<Uuid>,
}

impl From<Row> for Change {
    fn from(row: Row) -> Self {
        Self {
            branch: OrgId(row.branch_id),
            fields: serde_json::from_value(row.fields).unwrap_or_default(),
            case: row.case_id.map(CaseId),
        }
    }
}

/// The change that waits.
pub(crate) async fn waiting_change(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<Change>> {
    let row = sqlx::query_as!(
        Row,
        "select branch_id, fields, case_id from profile_change where person_id = $1 and state = 'waiting'",
        person.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Change::from))
}

/// One change.
pub(crate) async fn change(
    conn: &mut PgConnection,
    person: PersonId,
    id: Uuid,
) -> Result<Option<Change>> {
    let row = sqlx::query_as!(
        Row,
        "select branch_id, fields, case_id from profile_change where person_id = $1 and change_id = $2",
        person.0,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Change::from))
}

/// Writes a change that waits; none if one waits already.
pub(crate) async fn insert_change(
    tx: &mut Tx,
    person: PersonId,
    branch: OrgId,
    fields: &BTreeMap<String, String>,
) -> Result<Option<Uuid>> {
    let (id, now): (Uuid, _) = (tx.new_id(), tx.now());
    Ok(sqlx::query_scalar!(
        "insert into profile_change (person_id, change_id, branch_id, fields, state, submitted_at) values ($1, $2, $3, $4, 'waiting', $5)
         on conflict do nothing returning change_id",
        person.0,
        id,
        branch.0,
        serde_json::to_value(fields).map_err(anyhow::Error::from)?,
        now
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Notes the case a change is decided in.
pub(crate) async fn place_change(
    tx: &mut Tx,
    person: PersonId,
    id: Uuid,
    case: CaseId,
) -> Result<()> {
    sqlx::query!(
        "update profile_change set case_id = $3 where person_id = $1 and change_id = $2",
        person.0,
        id,
        case.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a change.
pub(crate) async fn end_change(tx: &mut Tx, person: PersonId, id: Uuid, state: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update profile_change set state = $3, ended_at = $4 where person_id = $1 and change_id = $2",
        person.0,
        id,
        state,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
