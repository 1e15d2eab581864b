//! All SQL of transfers: the fact beside the person.

mod lists;
mod targets;

pub use lists::{COUNTED, Filter, ListRow, list, numbered, place, tallies};
pub use targets::{awaiting_branch, branches_below, by_full_name, has_branch, search};

use crate::rules::{Due, Kind, Outcome, Place, Reason, Starter, State, Step};
use base::{CaseId, Error, Mobile, OrgId, PersonId, Result, TransferId};
use chrono::{DateTime, NaiveDate, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use uuid::Uuid;

/// Name of the field contacts are sealed as.
pub const CONTACT: &str = "transfer.contact";

/// A transfer (组织关系转接).
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Who moves.
    pub person: PersonId,
    /// Which transfer.
    pub id: TransferId,
    /// 转接编号.
    pub number: i64,
    /// How it was started.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// The member's name at the start.
    pub name: String,
    /// Who started it.
    pub starter: Starter,
    /// The starter's name at the start.
    pub starter_name: String,
    /// The approval; batches have none.
    pub case: Option<CaseId>,
    /// Branch the member leaves.
    pub out_branch: OrgId,
    /// Its full name at the start.
    pub out_name: String,
    /// Its direct superior at the start.
    pub out_superior: Option<OrgId>,
    /// Where the member goes.
    pub in_org: OrgId,
    /// Its full name at the start.
    pub in_name: String,
    /// Branch the member arrived in.
    pub in_branch: Option<OrgId>,
    /// Its full name then.
    pub in_branch_name: Option<String>,
    /// 新学校/工作单位名称.
    pub dest_name: String,
    /// 详细地址.
    pub dest_address: String,
    /// 所在地区划.
    pub dest_region: String,
    /// What that region is to the member.
    pub place: Option<Place>,
    /// When the member was told of a drop-out.
    pub informed_on: Option<NaiveDate>,
    /// 工作学习去向.
    pub study_work: String,
    /// 常用联系方式.
    pub contact: Option<Mobile>,
    /// 备注.
    pub remark: String,
    /// 学社衔接.
    pub is_handover: bool,
    /// Where it stands.
    pub state: State,
    /// Present step, or the last one.
    pub step: Step,
    /// When that step arrived.
    pub step_since: DateTime<Utc>,
    /// When the step decides itself, and how.
    pub due: Option<Due>,
    /// Name of who returned it.
    pub returned_by: Option<String>,
    /// Why, as code.
    pub return_code: Option<String>,
    /// Why, in words.
    pub return_text: Option<String>,
    /// 疑似不合理退回.
    pub flagged: bool,
    /// 完成方式.
    pub how: Option<String>,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// End.
    pub ended_at: Option<DateTime<Utc>>,
    /// For optimistic changes.
    pub version: i32,
}

struct Stored {
    person_id: Uuid,
    transfer_id: Uuid,
    number: i64,
    kind: String,
    reason: String,
    name: String,
    starter_kind: String,
    starter_id: Uuid,
    starter_name: String,
    case_id: Option<Uuid>,
    out_branch_id: Uuid,
    out_name: String,
    out_superior_id: Option<Uuid>,
    in_org_id: Uuid,
    in_name: String,
    in_branch_id: Option<Uuid>,
    in_branch_name: Option<String>,
    dest_name: String,
    dest_address: String,
    dest_region: String,
    place: Option<String>,
    informed_on: Option<NaiveDate>,
    study_work: String,
    contact_sealed: Option<Vec<u8>>,
    remark: String,
    is_handover: bool,
    state: String,
    step: String,
    step_since: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    due_outcome: Option<String>,
    returned_by: Option<String>,
    return_code: Option<String>,
    return_text: Option<String>,
    flagged: bool,
    how: Option<String>,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    version: i32,
}

impl Stored {
    fn open(self, keys: &Keyring) -> Result<Transfer> {
        let strange = || {
            Error::Internal(anyhow::anyhow!(
                "transfer {} holds an unknown code",
                self.transfer_id
            ))
        };
        let contact = match &self.contact_sealed {
            Some(sealed) => Some(Mobile::trusted(keys.open(
                CONTACT,
                self.transfer_id,
                sealed,
            )?)),
            None => None,
        };
        Ok(Transfer {
            kind: Kind::from_code(&self.kind).ok_or_else(strange)?,
            reason: Reason::from_code(&self.reason).ok_or_else(strange)?,
            step: Step::from_code(&self.step).ok_or_else(strange)?,
            starter: if self.starter_kind == "org" {
                Starter::Org(OrgId(self.starter_id))
            } else {
                Starter::Member(PersonId(self.starter_id))
            },
            due: self.due_at.map(|at| Due {
                at,
                outcome: Outcome::from_code(self.due_outcome.as_deref().unwrap_or("")),
            }),
            state: State::from_code(&self.state),
            place: self.place.as_deref().and_then(Place::from_code),
            person: PersonId(self.person_id),
            id: TransferId(self.transfer_id),
            number: self.number,
            name: self.name,
            starter_name: self.starter_name,
            case: self.case_id.map(CaseId),
            out_branch: OrgId(self.out_branch_id),
            out_name: self.out_name,
            out_superior: self.out_superior_id.map(OrgId),
            in_org: OrgId(self.in_org_id),
            in_name: self.in_name,
            in_branch: self.in_branch_id.map(OrgId),
            in_branch_name: self.in_branch_name,
            dest_name: self.dest_name,
            dest_address: self.dest_address,
            dest_region: self.dest_region,
            informed_on: self.informed_on,
            study_work: self.study_work,
            contact,
            remark: self.remark,
            is_handover: self.is_handover,
            step_since: self.step_since,
            returned_by: self.returned_by,
            return_code: self.return_code,
            return_text: self.return_text,
            flagged: self.flagged,
            how: self.how,
            started_at: self.started_at,
            ended_at: self.ended_at,
            version: self.version,
        })
    }
}

/// The next 转接编号.
pub async fn next_number(tx: &mut Tx) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"update number_range set next = next + 1 where name = 'transfer' returning next - 1 as "number!""#
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Puts a transfer down; `false` if the person has an open one already (TRF-12): of two at once the first wins.
pub async fn insert(tx: &mut Tx, t: &Transfer) -> Result<bool> {
    let contact = t
        .contact
        .as_ref()
        .map(|phone| tx.seal(CONTACT, t.id, phone.reveal()));
    let (starter_kind, starter_id) = match t.starter {
        Starter::Member(person) => ("member", person.0),
        Starter::Org(org) => ("org", org.0),
    };
    let inserted = sqlx::query_scalar!(
        "insert into transfer (person_id, transfer_id, number, kind, reason, name, starter_kind, starter_id, starter_name, case_id,
                               out_branch_id, out_name, out_superior_id, in_org_id, in_name, in_branch_id, in_branch_name,
                               dest_name, dest_address, dest_region, place, informed_on, study_work, contact_sealed, remark,
                               is_handover, state, step, step_since, due_at, due_outcome, returned_by, return_code, return_text,
                               flagged, how, started_at, ended_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
                 $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39)
         on conflict do nothing returning transfer_id",
        t.person.0,
        t.id.0,
        t.number,
        t.kind.code(),
        t.reason.code(),
        t.name,
        starter_kind,
        starter_id,
        t.starter_name,
        t.case.map(|id| id.0),
        t.out_branch.0,
        t.out_name,
        t.out_superior.map(|id| id.0),
        t.in_org.0,
        t.in_name,
        t.in_branch.map(|id| id.0),
        t.in_branch_name,
        t.dest_name,
        t.dest_address,
        t.dest_region,
        t.place.map(Place::code),
        t.informed_on,
        t.study_work,
        contact,
        t.remark,
        t.is_handover,
        t.state.code(),
        t.step.code(),
        t.step_since,
        t.due.map(|due| due.at),
        t.due.map(|due| due.outcome.code()),
        t.returned_by,
        t.return_code,
        t.return_text,
        t.flagged,
        t.how,
        t.started_at,
        t.ended_at,
        t.version
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(inserted.is_some())
}

/// Keeps what may change of a transfer; the row is locked by [`lock`] or was written in this transaction.
pub async fn save(tx: &mut Tx, t: &Transfer) -> Result<()> {
    sqlx::query!(
        "update transfer set case_id = $3, in_branch_id = $4, in_branch_name = $5, state = $6, step = $7, step_since = $8, due_at = $9,
                due_outcome = $10, returned_by = $11, return_code = $12, return_text = $13, flagged = $14, how = $15, ended_at = $16,
                version = version + 1
         where person_id = $1 and transfer_id = $2",
        t.person.0,
        t.id.0,
        t.case.map(|id| id.0),
        t.in_branch.map(|id| id.0),
        t.in_branch_name,
        t.state.code(),
        t.step.code(),
        t.step_since,
        t.due.map(|due| due.at),
        t.due.map(|due| due.outcome.code()),
        t.returned_by,
        t.return_code,
        t.return_text,
        t.flagged,
        t.how,
        t.ended_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

macro_rules! select {
    ($tail:literal, $($bind:expr),*) => {
        sqlx::query_as!(
            Stored,
            "select person_id, transfer_id, number, kind, reason, name, starter_kind, starter_id, starter_name, case_id, out_branch_id,
                    out_name, out_superior_id, in_org_id, in_name, in_branch_id, in_branch_name, dest_name, dest_address, dest_region,
                    place, informed_on, study_work, contact_sealed, remark, is_handover, state, step, step_since, due_at, due_outcome,
                    returned_by, return_code, return_text, flagged, how, started_at, ended_at, version
             from transfer " + $tail,
            $($bind),*
        )
    };
}

/// One transfer.
pub async fn find(
    conn: &mut PgConnection,
    keys: &Keyring,
    person: PersonId,
    id: TransferId,
) -> Result<Option<Transfer>> {
    let row = select!("where person_id = $1 and transfer_id = $2", person.0, id.0)
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.open(keys)).transpose()
}

/// One transfer, locked until the end of the unit of work.
pub async fn lock(tx: &mut Tx, person: PersonId, id: TransferId) -> Result<Option<Transfer>> {
    let keys = tx.keys().clone();
    let row = select!(
        "where person_id = $1 and transfer_id = $2 for update",
        person.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| row.open(&keys)).transpose()
}

/// The person's open transfer.
pub async fn open_of(
    conn: &mut PgConnection,
    keys: &Keyring,
    person: PersonId,
) -> Result<Option<Transfer>> {
    let row = select!(
        "where person_id = $1 and state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation')",
        person.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.open(keys)).transpose()
}

/// Which of these people have an open transfer.
pub(crate) async fn with_open(conn: &mut PgConnection, people: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select person_id from transfer
         where person_id = any($1) and state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation') order by person_id",
        people
    )
    .fetch_all(conn)
    .await?)
}

/// All transfers of a person, latest first (TRF-121).
pub async fn of_person(
    conn: &mut PgConnection,
    keys: &Keyring,
    person: PersonId,
) -> Result<Vec<Transfer>> {
    let rows = select!(
        "where person_id = $1 order by started_at desc, transfer_id desc limit 100",
        person.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.open(keys)).collect()
}

/// An open transfer, as jobs page through them.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// Whose, which.
    pub key: (PersonId, TransferId),
    /// From.
    pub out_branch: OrgId,
    /// To.
    pub in_org: OrgId,
}

/// A page of the open transfers after a transfer, in the order of the key: for jobs only.
pub async fn open_after(
    conn: &mut PgConnection,
    after: (PersonId, TransferId),
    handover_only: bool,
    limit: i64,
) -> Result<Vec<Open>> {
    let rows = sqlx::query!(
        "select person_id, transfer_id, out_branch_id, in_org_id from transfer
         where state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation')
           and (person_id, transfer_id) > ($1, $2) and (is_handover or not $3)
         order by person_id, transfer_id limit $4",
        after.0.0,
        after.1.0,
        handover_only,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Open {
            key: (PersonId(row.person_id), TransferId(row.transfer_id)),
            out_branch: OrgId(row.out_branch_id),
            in_org: OrgId(row.in_org_id),
        })
        .collect())
}
