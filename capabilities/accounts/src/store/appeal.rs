//! Appeals for a changed phone.

use base::{CaseId, OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// An appeal's row; `phone_sealed` opens as `phone_appeal.phone`, `offered_sealed` as `phone_appeal.offered`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub appeal_id: Uuid,
    pub person_id: Uuid,
    pub case_id: Option<Uuid>,
    pub state: String,
    pub name: String,
    pub phone_sealed: Vec<u8>,
    pub password_hash: String,
    pub note: String,
    pub applicant_id: Option<Uuid>,
    pub offered_sealed: Option<Vec<u8>>,
    pub submitted_at: DateTime<Utc>,
    pub effective_at: Option<DateTime<Utc>>,
    pub decided_org_id: Option<Uuid>,
    pub reason: Option<String>,
}

/// What a new appeal consists of.
pub(crate) struct New<'a> {
    pub id: Uuid,
    pub person: PersonId,
    pub name: &'a str,
    pub phone_sealed: &'a [u8],
    pub password_hash: &'a str,
    pub note: &'a str,
    pub applicant: Option<Uuid>,
    pub offered_sealed: Option<&'a [u8]>,
    pub progress_hash: &'a [u8],
}

/// Puts an appeal down.
pub(crate) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into phone_appeal (appeal_id, person_id, state, name, phone_sealed, password_hash, note, applicant_id, offered_sealed,
                                   progress_hash, submitted_at)
         values ($1, $2, 'submitted', $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        new.person.0,
        new.name,
        new.phone_sealed,
        new.password_hash,
        new.note,
        new.applicant,
        new.offered_sealed,
        new.progress_hash,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select appeal_id, person_id, case_id, state, name, phone_sealed, password_hash, note, applicant_id, offered_sealed,
                submitted_at, effective_at, decided_org_id, reason
         from phone_appeal where appeal_id = $1",
        id
    )
    .fetch_optional(conn)
    .await?)
}

pub(crate) async fn find_for_update(conn: &mut PgConnection, id: Uuid) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select appeal_id, person_id, case_id, state, name, phone_sealed, password_hash, note, applicant_id, offered_sealed,
                submitted_at, effective_at, decided_org_id, reason
         from phone_appeal where appeal_id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// The appeal one of whose codes has this hash, and whether it is the code of the old phone.
pub(crate) async fn by_code(conn: &mut PgConnection, hash: &[u8]) -> Result<Option<(Uuid, bool)>> {
    let own = sqlx::query_scalar!(
        "select appeal_id from phone_appeal where progress_hash = $1",
        hash
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(id) = own {
        return Ok(Some((id, false)));
    }
    let old = sqlx::query_scalar!(
        "select appeal_id from phone_appeal where objection_hash = $1",
        hash
    )
    .fetch_optional(conn)
    .await?;
    Ok(old.map(|id| (id, true)))
}

/// Whether an appeal of the person is under way.
pub(crate) async fn is_open(conn: &mut PgConnection, person: PersonId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select true as "open!" from phone_appeal where person_id = $1 and state in ('submitted', 'approved', 'disputed') limit 1"#,
        person.0
    )
    .fetch_optional(conn)
    .await?
    .is_some())
}

/// How many appeals of the person were rejected since then.
pub(crate) async fn rejections(
    conn: &mut PgConnection,
    person: PersonId,
    since: DateTime<Utc>,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from phone_appeal where person_id = $1 and state = 'rejected' and decided_at > $2"#,
        person.0,
        since
    )
    .fetch_one(conn)
    .await?)
}

/// Notes the case an appeal waits in.
pub(crate) async fn set_case(conn: &mut PgConnection, id: Uuid, case: CaseId) -> Result<()> {
    sqlx::query!(
        "update phone_appeal set case_id = $2 where appeal_id = $1",
        id,
        case.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How a reviewer decided.
pub(crate) struct Decided<'a> {
    pub state: &'a str,
    pub effective_at: Option<DateTime<Utc>>,
    pub org: Option<OrgId>,
    pub reviewer: &'a str,
    pub method: Option<&'a str>,
    pub reason: &'a str,
    pub objection_hash: Option<&'a [u8]>,
}

/// Notes a decision.
pub(crate) async fn decide(tx: &mut Tx, id: Uuid, decided: &Decided<'_>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update phone_appeal set state = $2, decided_at = $3, effective_at = $4, decided_org_id = $5, reviewer = $6,
                method = coalesce($7, method), reason = $8, objection_hash = $9
         where appeal_id = $1",
        id,
        decided.state,
        now,
        decided.effective_at,
        decided.org.map(|o| o.0),
        decided.reviewer,
        decided.method,
        decided.reason,
        decided.objection_hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves an appeal to another state.
pub(crate) async fn set_state(
    conn: &mut PgConnection,
    id: Uuid,
    state: &str,
    reason: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update phone_appeal set state = $2, reason = coalesce($3, reason) where appeal_id = $1",
        id,
        state,
        reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Approved appeals whose day is over.
pub(crate) async fn due(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select appeal_id from phone_appeal where state = 'approved' and effective_at <= $1 order by effective_at limit 500",
        now
    )
    .fetch_all(conn)
    .await?)
}
