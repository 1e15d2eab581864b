//! The case and its history, beside the person (group `person`).

use crate::rules::{AtDeadline, Case, CaseKey, CaseState, HowDone, Initiator, Past, Step};
use base::{CaseId, OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

struct Row {
    subject_id: Uuid,
    case_id: Uuid,
    kind: String,
    object_id: Uuid,
    title: String,
    subject_name: String,
    summary: String,
    initiator_person_id: Option<Uuid>,
    initiator_org_id: Option<Uuid>,
    initiator_name: String,
    asked_by_person_id: Option<Uuid>,
    state: String,
    step_no: i32,
    steps: Json<Vec<Step>>,
    arrived_at: DateTime<Utc>,
    deadline_at: Option<DateTime<Utc>>,
    deadline_outcome: String,
    alarm_at: Option<DateTime<Utc>>,
    desks: Vec<Uuid>,
    watchers: Vec<Uuid>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    version: i32,
}

impl From<Row> for Case {
    fn from(row: Row) -> Self {
        let orgs = |ids: Vec<Uuid>| ids.into_iter().map(OrgId).collect();
        Self {
            key: CaseKey {
                subject: PersonId(row.subject_id),
                case: CaseId(row.case_id),
            },
            kind: row.kind,
            object: row.object_id,
            title: row.title,
            subject_name: row.subject_name,
            summary: row.summary,
            initiator: Initiator {
                person: row.initiator_person_id.map(PersonId),
                org: row.initiator_org_id.map(OrgId),
                name: row.initiator_name,
            },
            asked_by: row.asked_by_person_id.map(PersonId),
            state: CaseState::from_code(&row.state),
            step_no: row.step_no,
            steps: row.steps.0,
            arrived_at: row.arrived_at,
            deadline_at: row.deadline_at,
            deadline_outcome: AtDeadline::from_code(&row.deadline_outcome),
            alarm_at: row.alarm_at,
            desks: orgs(row.desks),
            watchers: orgs(row.watchers),
            created_at: row.created_at,
            finished_at: row.finished_at,
            version: row.version,
        }
    }
}

fn uuids(ids: &[OrgId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

pub(crate) async fn insert_case(tx: &mut Tx, case: &Case) -> Result<()> {
    sqlx::query!(
        "insert into approval_case (subject_id, case_id, kind, object_id, title, subject_name, summary, initiator_person_id,
                                    initiator_org_id, initiator_name, state, step_no, steps, arrived_at, deadline_at,
                                    deadline_outcome, alarm_at, desks, watchers, created_at, finished_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        case.key.subject.0,
        case.key.case.0,
        case.kind,
        case.object,
        case.title,
        case.subject_name,
        case.summary,
        case.initiator.person.map(|id| id.0),
        case.initiator.org.map(|id| id.0),
        case.initiator.name,
        case.state.code(),
        case.step_no,
        Json(&case.steps) as _,
        case.arrived_at,
        case.deadline_at,
        case.deadline_outcome.code(),
        case.alarm_at,
        &uuids(&case.desks),
        &uuids(&case.watchers),
        case.created_at,
        case.finished_at,
        case.version
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A case, without lock.
pub async fn find_case(conn: &mut PgConnection, key: CaseKey) -> Result<Option<Case>> {
    let row = sqlx::query_as!(
        Row,
        r#"select subject_id, case_id, kind, object_id, title, subject_name, summary, initiator_person_id, initiator_org_id,
                  initiator_name, asked_by_person_id, state, step_no, steps as "steps: Json<Vec<Step>>", arrived_at, deadline_at, deadline_outcome,
                  alarm_at, desks, watchers, created_at, finished_at, version
           from approval_case where subject_id = $1 and case_id = $2"#,
        key.subject.0,
        key.case.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Case::from))
}

/// The case of a capability's object, open or not; the newest if there were several.
pub async fn find_by_object(
    conn: &mut PgConnection,
    subject: PersonId,
    object: Uuid,
) -> Result<Option<Case>> {
    let row = sqlx::query_as!(
        Row,
        r#"select subject_id, case_id, kind, object_id, title, subject_name, summary, initiator_person_id, initiator_org_id,
                  initiator_name, asked_by_person_id, state, step_no, steps as "steps: Json<Vec<Step>>", arrived_at, deadline_at, deadline_outcome,
                  alarm_at, desks, watchers, created_at, finished_at, version
           from approval_case where subject_id = $1 and object_id = $2 order by case_id desc limit 1"#,
        subject.0,
        object
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Case::from))
}

/// A case, locked `for update`: whoever decides holds it until commit (GEN-09).
pub(crate) async fn lock_case(tx: &mut Tx, key: CaseKey) -> Result<Option<Case>> {
    let row = sqlx::query_as!(
        Row,
        r#"select subject_id, case_id, kind, object_id, title, subject_name, summary, initiator_person_id, initiator_org_id,
                  initiator_name, asked_by_person_id, state, step_no, steps as "steps: Json<Vec<Step>>", arrived_at, deadline_at, deadline_outcome,
                  alarm_at, desks, watchers, created_at, finished_at, version
           from approval_case where subject_id = $1 and case_id = $2 for update"#,
        key.subject.0,
        key.case.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Case::from))
}

/// Everything that changes in a case.
pub(crate) async fn save_case(tx: &mut Tx, case: &Case) -> Result<()> {
    sqlx::query!(
        "update approval_case set state = $3, step_no = $4, steps = $5, arrived_at = $6, deadline_at = $7, deadline_outcome = $8,
                alarm_at = $9, desks = $10, finished_at = $11, version = $12
         where subject_id = $1 and case_id = $2",
        case.key.subject.0,
        case.key.case.0,
        case.state.code(),
        case.step_no,
        Json(&case.steps) as _,
        case.arrived_at,
        case.deadline_at,
        case.deadline_outcome.code(),
        case.alarm_at,
        &uuids(&case.desks),
        case.finished_at,
        case.version
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_past(tx: &mut Tx, key: CaseKey, past: &Past) -> Result<()> {
    sqlx::query!(
        "insert into approval_step (subject_id, case_id, seq, step_no, arrived_at, deadline_at, decided_at, decided_by, decided_by_name,
                                    decided_by_role, decided_org_id, decided_org_name, outcome, code, comment, answer)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        key.subject.0,
        key.case.0,
        past.seq,
        past.step_no,
        past.arrived_at,
        past.deadline_at,
        past.decided_at,
        past.by.map(|id| id.0),
        past.by_name,
        past.by_role,
        past.org.map(|id| id.0),
        past.org_name,
        past.how.code(),
        past.code,
        past.comment,
        past.answer
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What happened to a case, in order.
pub async fn history(conn: &mut PgConnection, key: CaseKey) -> Result<Vec<Past>> {
    let rows = sqlx::query!(
        "select seq, step_no, arrived_at, deadline_at, decided_at, decided_by, decided_by_name, decided_by_role, decided_org_id,
                decided_org_name, outcome, code, comment, answer
         from approval_step where subject_id = $1 and case_id = $2 order by seq",
        key.subject.0,
        key.case.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Past {
            seq: row.seq,
            step_no: row.step_no,
            arrived_at: row.arrived_at,
            deadline_at: row.deadline_at,
            decided_at: row.decided_at,
            by: row.decided_by.map(PersonId),
            by_name: row.decided_by_name,
            by_role: row.decided_by_role,
            org: row.decided_org_id.map(OrgId),
            org_name: row.decided_org_name,
            how: HowDone::from_code(&row.outcome),
            code: row.code,
            comment: row.comment,
            answer: row.answer,
        })
        .collect())
}

/// Cases whose reminder or deadline has come, the longest waiting first. Keyless: for the deadline job only (rule 16).
pub(crate) async fn due_cases(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<CaseKey>> {
    let rows = sqlx::query!(
        "select subject_id, case_id from approval_case where alarm_at is not null and alarm_at <= $1 order by alarm_at, case_id limit $2",
        now,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CaseKey {
            subject: PersonId(row.subject_id),
            case: CaseId(row.case_id),
        })
        .collect())
}

/// Looks at a case again later: applying its deadline failed.
pub(crate) async fn postpone(tx: &mut Tx, key: CaseKey, until: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update approval_case set alarm_at = $3 where subject_id = $1 and case_id = $2 and alarm_at is not null",
        key.subject.0,
        key.case.0,
        until
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes another initiator into an open case.
pub(crate) async fn set_initiator(
    tx: &mut Tx,
    key: CaseKey,
    person: PersonId,
    name: &str,
) -> Result<()> {
    sqlx::query!(
        "update approval_case set asked_by_person_id = coalesce(asked_by_person_id, initiator_person_id),
                initiator_person_id = $3, initiator_name = $4 where subject_id = $1 and case_id = $2",
        key.subject.0,
        key.case.0,
        person.0,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
