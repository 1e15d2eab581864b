//! Changes of organisations that were applied for or ordered.

use base::{CaseId, OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A change as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) org: OrgId,
    pub(crate) id: Uuid,
    /// `administrator`, `correction`, `move`, `graduation`.
    pub(crate) kind: String,
    pub(crate) case: Option<CaseId>,
    pub(crate) title: String,
    pub(crate) detail: Value,
    pub(crate) reason: String,
    pub(crate) applicant: Option<PersonId>,
    pub(crate) applicant_name: String,
    pub(crate) applicant_org: Option<OrgId>,
    pub(crate) applicant_org_name: String,
    /// `pending`, `queued`, `effective`, `refused`, `withdrawn`.
    pub(crate) state: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

struct Row {
    org_id: Uuid,
    change_id: Uuid,
    kind: String,
    case_id: Option<Uuid>,
    title: String,
    detail: Value,
    reason: String,
    applicant_id: Option<Uuid>,
    applicant_name: String,
    applicant_org_id: Option<Uuid>,
    applicant_org_name: String,
    state: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Row> for Change {
    fn from(r: Row) -> Self {
        Self {
            org: OrgId(r.org_id),
            id: r.change_id,
            kind: r.kind,
            case: r.case_id.map(CaseId),
            title: r.title,
            detail: r.detail,
            reason: r.reason,
            applicant: r.applicant_id.map(PersonId),
            applicant_name: r.applicant_name,
            applicant_org: r.applicant_org_id.map(OrgId),
            applicant_org_name: r.applicant_org_name,
            state: r.state,
            created_at: r.created_at,
            ended_at: r.ended_at,
        }
    }
}

/// Keeps a new change.
pub(crate) async fn insert(conn: &mut PgConnection, c: &Change) -> Result<()> {
    sqlx::query!(
        "insert into org_change (org_id, change_id, kind, case_id, title, detail, reason, applicant_id, applicant_name, applicant_org_id,
                                 applicant_org_name, state, created_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        c.org.0,
        c.id,
        c.kind,
        c.case.map(|id| id.0),
        c.title,
        c.detail,
        c.reason,
        c.applicant.map(|id| id.0),
        c.applicant_name,
        c.applicant_org.map(|id| id.0),
        c.applicant_org_name,
        c.state,
        c.created_at,
        c.ended_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Names the approval of a change.
pub(crate) async fn set_case(
    conn: &mut PgConnection,
    org: OrgId,
    id: Uuid,
    case: CaseId,
) -> Result<()> {
    sqlx::query!(
        "update org_change set case_id = $3 where org_id = $1 and change_id = $2",
        org.0,
        id,
        case.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Where a change stands now.
pub(crate) async fn set_state(
    conn: &mut PgConnection,
    org: OrgId,
    id: Uuid,
    state: &str,
    ended: Option<DateTime<Utc>>,
) -> Result<()> {
    sqlx::query!(
        "update org_change set state = $3, ended_at = $4 where org_id = $1 and change_id = $2",
        org.0,
        id,
        state,
        ended
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a line to what a change says of itself.
pub(crate) async fn add_line(
    conn: &mut PgConnection,
    org: OrgId,
    id: Uuid,
    line: &crate::actions::change::Line,
) -> Result<()> {
    sqlx::query!(
        "update org_change set detail = jsonb_set(detail, '{lines}', (detail->'lines') || jsonb_build_array($3::jsonb))
         where org_id = $1 and change_id = $2",
        org.0,
        id,
        serde_json::json!(line)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One change, the row locked until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, org: OrgId, id: Uuid) -> Result<Option<Change>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, change_id, kind, case_id, title, detail, reason, applicant_id, applicant_name, applicant_org_id,
                applicant_org_name, state, created_at, ended_at
         from org_change where org_id = $1 and change_id = $2 for update",
        org.0,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Change::from))
}

/// One change.
pub(crate) async fn find(conn: &mut PgConnection, org: OrgId, id: Uuid) -> Result<Option<Change>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, change_id, kind, case_id, title, detail, reason, applicant_id, applicant_name, applicant_org_id,
                applicant_org_name, state, created_at, ended_at
         from org_change where org_id = $1 and change_id = $2",
        org.0,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Change::from))
}

/// Changes about an organisation or applied for by it, the latest first.
pub(crate) async fn of(
    conn: &mut PgConnection,
    org: OrgId,
    kind: Option<&str>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Change>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, change_id, kind, case_id, title, detail, reason, applicant_id, applicant_name, applicant_org_id,
                applicant_org_name, state, created_at, ended_at
         from org_change where (org_id = $1 or applicant_org_id = $1) and ($2::text is null or kind = $2)
           and ($3::timestamptz is null or (created_at, change_id) < ($3, $4::uuid))
         order by created_at desc, change_id desc limit $5",
        org.0,
        kind,
        before.map(|b| b.0),
        before.map(|b| b.1),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

/// What somebody did himself for an organisation since a moment and has not taken back, the latest first.
pub(crate) async fn done_by(
    conn: &mut PgConnection,
    org: OrgId,
    kind: &str,
    person: PersonId,
    since: DateTime<Utc>,
) -> Result<Vec<Change>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, change_id, kind, case_id, title, detail, reason, applicant_id, applicant_name, applicant_org_id,
                applicant_org_name, state, created_at, ended_at
         from org_change where org_id = $1 and created_at >= $4 and kind = $2 and applicant_id = $3 and state = 'effective'
         order by created_at desc, change_id desc limit 20",
        org.0,
        kind,
        person.0,
        since
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

/// Whether an open change of this kind concerns one of these organisations.
pub(crate) async fn is_open(conn: &mut PgConnection, kind: &str, orgs: &[OrgId]) -> Result<bool> {
    let ids: Vec<Uuid> = orgs.iter().map(|id| id.0).collect();
    let names: Vec<String> = orgs.iter().map(OrgId::to_string).collect();
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from org_change where kind = $1 and state in ('pending', 'queued')
             and (org_id = any($2) or detail->'orgs' ?| $3)) as "yes!""#,
        kind,
        &ids,
        &names
    )
    .fetch_one(conn)
    .await?)
}
