//! A person and what hangs on one.

use crate::rules::{DocType, How, IdentityState, Membership, MembershipState, Person};
use base::{IdNumber, MembershipId, Mobile, OrgId, PersonId, Result, Sex, YearMonth};
use chrono::{DateTime, NaiveDate, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Name of the field ID numbers are sealed and blinded as.
pub const ID_FIELD: &str = "person.id_number";
/// Name of the field mobile numbers are sealed and blinded as.
pub const PHONE_FIELD: &str = "person.phone";

pub(crate) fn blind_id(keys: &Keyring, id: &IdNumber) -> Vec<u8> {
    keys.blind(ID_FIELD, id.reveal())
}

pub(crate) fn blind_phone(keys: &Keyring, phone: &Mobile) -> Vec<u8> {
    keys.blind(PHONE_FIELD, phone.reveal())
}

/// Opens a sealed ID number of `person`.
pub(crate) fn open_id(keys: &Keyring, person: Uuid, sealed: &[u8]) -> Result<IdNumber> {
    Ok(IdNumber::trusted(keys.open(ID_FIELD, person, sealed)?))
}

/// Opens a sealed phone number of `person`.
pub(crate) fn open_phone(
    keys: &Keyring,
    person: Uuid,
    sealed: Option<&[u8]>,
) -> Result<Option<Mobile>> {
    Ok(sealed
        .map(|s| keys.open(PHONE_FIELD, person, s))
        .transpose()?
        .map(Mobile::trusted))
}

/// One person.
pub async fn find(conn: &mut PgConnection, keys: &Keyring, id: PersonId) -> Result<Option<Person>> {
    let row = sqlx::query!(
        "select name, sex, doc_type, id_sealed, born, ethnic, political, education, phone_sealed, phone_confirmed, email, is_student, school,
                student_no, occupation, employer, residence, income, admitted_on, party_on, admission_number, identity_state, certification, missing,
                number_fault, entered_at, entered_org_id, version
         from person where person_id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Person {
        id,
        name: row.name,
        sex: Sex::from_code(row.sex),
        doc_type: DocType::from_code(&row.doc_type),
        id_number: open_id(keys, id.0, &row.id_sealed)?,
        born: row.born,
        ethnic: row.ethnic,
        political: row.political,
        education: row.education,
        phone: open_phone(keys, id.0, row.phone_sealed.as_deref())?,
        phone_confirmed: row.phone_confirmed,
        email: row.email,
        is_student: row.is_student,
        school: row.school,
        student_no: row.student_no,
        occupation: row.occupation,
        employer: row.employer,
        residence: row.residence,
        income: row.income,
        admitted_on: row.admitted_on.map(YearMonth::from_index),
        party_on: row.party_on.map(YearMonth::from_index),
        admission_number: row.admission_number,
        identity_state: IdentityState::from_code(&row.identity_state),
        certification: row.certification,
        missing: row.missing,
        number_fault: row.number_fault,
        entered_at: row.entered_at,
        entered_org: row.entered_org_id.map(OrgId),
        version: row.version,
    }))
}

/// Whose ID number this is, if anybody's.
pub async fn by_id_number(
    conn: &mut PgConnection,
    keys: &Keyring,
    id: &IdNumber,
) -> Result<Option<PersonId>> {
    let found = sqlx::query_scalar!(
        "select person_id from person_identity where id_hash = $1",
        blind_id(keys, id)
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(PersonId))
}

/// Everybody with this phone number; several may share one (ROS-44).
pub async fn by_phone(
    conn: &mut PgConnection,
    keys: &Keyring,
    phone: &Mobile,
) -> Result<Vec<PersonId>> {
    let found = sqlx::query_scalar!(
        "select person_id from person_phone where phone_hash = $1 order by person_id limit 20",
        blind_phone(keys, phone)
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(PersonId).collect())
}

struct MembershipRow {
    membership_id: Uuid,
    branch_id: Uuid,
    branch_name: String,
    since: NaiveDate,
    until: Option<NaiveDate>,
    state: String,
    how: String,
    basis: Option<Uuid>,
}

impl From<MembershipRow> for Membership {
    fn from(row: MembershipRow) -> Self {
        Self {
            id: MembershipId(row.membership_id),
            branch: OrgId(row.branch_id),
            branch_name: row.branch_name,
            since: row.since,
            until: row.until,
            state: MembershipState::from_code(&row.state),
            how: How::from_code(&row.how),
            basis: row.basis,
        }
    }
}

/// The open membership.
pub async fn membership(conn: &mut PgConnection, person: PersonId) -> Result<Option<Membership>> {
    let row = sqlx::query_as!(
        MembershipRow,
        "select membership_id, branch_id, branch_name, since, until, state, how, basis from membership where person_id = $1 and until is null",
        person.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Membership::from))
}

/// Where the open memberships of these persons lie, and how they stand.
pub async fn homes(
    conn: &mut PgConnection,
    people: &[PersonId],
) -> Result<HashMap<PersonId, (OrgId, MembershipState)>> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        "select person_id, branch_id, state from membership where person_id = any($1) and until is null",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let home = (OrgId(row.branch_id), MembershipState::from_code(&row.state));
            (PersonId(row.person_id), home)
        })
        .collect())
}

/// All memberships, the newest first.
pub async fn memberships(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Membership>> {
    let rows = sqlx::query_as!(
        MembershipRow,
        "select membership_id, branch_id, branch_name, since, until, state, how, basis from membership where person_id = $1
         order by until is null desc, since desc, membership_id desc limit 50",
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Membership::from).collect())
}

/// The open membership, locked until the transaction ends.
pub async fn lock_membership(tx: &mut Tx, person: PersonId) -> Result<Option<Membership>> {
    let row = sqlx::query_as!(
        MembershipRow,
        "select membership_id, branch_id, branch_name, since, until, state, how, basis from membership
         where person_id = $1 and until is null for update",
        person.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Membership::from))
}

/// Somebody an ID number leads to.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub person: PersonId,
    pub name: String,
    pub membership: Option<(OrgId, MembershipState)>,
}

/// Who these ID numbers (as blind indexes) belong to: two statements whatever their count.
pub(crate) async fn known(
    conn: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Known>> {
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = sqlx::query!(
        "select id_hash, person_id from person_identity where id_hash = any($1)",
        hashes
    )
    .fetch_all(&mut *conn)
    .await?;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let people: Vec<Uuid> = ids.iter().map(|row| row.person_id).collect();
    let rows = sqlx::query!(
        r#"select p.person_id, p.name, m.branch_id as "branch_id?", m.state as "state?"
           from person p left join membership m on m.person_id = p.person_id and m.until is null
           where p.person_id = any($1)"#,
        &people
    )
    .fetch_all(conn)
    .await?;
    let mut by_person: HashMap<Uuid, Known> = rows
        .into_iter()
        .map(|row| {
            let membership = row
                .branch_id
                .zip(row.state)
                .map(|(branch, state)| (OrgId(branch), MembershipState::from_code(&state)));
            (
                row.person_id,
                Known {
                    person: PersonId(row.person_id),
                    name: row.name,
                    membership,
                },
            )
        })
        .collect();
    Ok(ids
        .into_iter()
        .filter_map(|row| Some((row.id_hash, by_person.remove(&row.person_id)?)))
        .collect())
}

/// Which of these admission numbers are taken, and by whom.
pub(crate) async fn number_owners(
    conn: &mut PgConnection,
    numbers: &[String],
) -> Result<HashMap<String, PersonId>> {
    let rows = sqlx::query!(
        "select number, person_id from admission_number where number = any($1)",
        numbers
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.number, PersonId(row.person_id)))
        .collect())
}

/// A line of the timeline as it is read back.
#[derive(Clone, Debug)]
pub struct LifeLine {
    /// When.
    pub at: DateTime<Utc>,
    /// What sort.
    pub kind: String,
    /// What happened.
    pub title: String,
    /// More of it.
    pub detail: Option<String>,
    /// Name of the organisation then.
    pub org_name: Option<String>,
    /// Who did it.
    pub actor_name: Option<String>,
}

/// The newest lines of a person's timeline; `kind` narrows it.
pub async fn history(
    conn: &mut PgConnection,
    person: PersonId,
    kind: Option<&str>,
) -> Result<Vec<LifeLine>> {
    Ok(sqlx::query_as!(
        LifeLine,
        "select at, kind, title, detail, org_name, actor_name from life_event
         where person_id = $1 and ($2::text is null or kind = $2) order by at desc, event_id desc limit 200",
        person.0,
        kind
    )
    .fetch_all(conn)
    .await?)
}
