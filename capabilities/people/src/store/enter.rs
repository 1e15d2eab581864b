//! Writing many persons at once: a fixed number of statements whatever their count.

use super::{ID_FIELD, PHONE_FIELD, blind_phone};
use crate::rules::{How, NewMember, spell};
use base::{MembershipId, OrgId, PersonId, Result};
use chrono::NaiveDate;
use db::Tx;
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;

/// A person on the way in, with the sealed bytes that person and roster share.
pub(crate) struct Coming<'a> {
    pub id: PersonId,
    pub new: &'a NewMember,
    pub org: OrgId,
    pub org_name: &'a str,
    pub path: &'a str,
    pub pinyin: String,
    pub initials: String,
    pub id_sealed: Vec<u8>,
    pub phone_sealed: Option<Vec<u8>>,
}

impl<'a> Coming<'a> {
    pub(crate) fn new(tx: &Tx, id: PersonId, new: &'a NewMember, org: &'a orgs::Org) -> Self {
        let (pinyin, initials) = spell(&new.name);
        Self {
            id,
            org: org.id,
            org_name: &org.full_name,
            path: org.path.as_str(),
            pinyin,
            initials,
            id_sealed: tx.seal(ID_FIELD, id, new.id_number.reveal()),
            phone_sealed: new
                .phone
                .as_ref()
                .map(|phone| tx.seal(PHONE_FIELD, id, phone.reveal())),
            new,
        }
    }
}

/// Claims ID numbers; answers those that were free. Whoever comes second waits here for the first (ROS-20). Claimed in
/// the order of their hashes, so that two imports with the same people do not wait for each other.
pub(crate) async fn claim_identities(
    tx: &mut Tx,
    claims: &[(Vec<u8>, PersonId)],
) -> Result<HashSet<Vec<u8>>> {
    let (hashes, people): (Vec<Vec<u8>>, Vec<Uuid>) = claims
        .iter()
        .map(|(hash, person)| (hash.clone(), person.0))
        .unzip();
    let free = sqlx::query_scalar!(
        "insert into person_identity (id_hash, person_id)
         select u.id_hash, u.person_id from unnest($1::bytea[], $2::uuid[]) as u (id_hash, person_id) order by u.id_hash
         on conflict do nothing returning id_hash",
        &hashes,
        &people
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(free.into_iter().collect())
}

/// Gives claims back.
pub(crate) async fn release_identities(tx: &mut Tx, hashes: &[Vec<u8>]) -> Result<()> {
    sqlx::query!(
        "delete from person_identity where id_hash = any($1)",
        hashes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Claims admission numbers; answers those that were free (ROS-15).
pub(crate) async fn claim_numbers(
    tx: &mut Tx,
    claims: &[(String, PersonId)],
) -> Result<HashSet<String>> {
    let (numbers, people): (Vec<String>, Vec<Uuid>) = claims
        .iter()
        .map(|(number, person)| (number.clone(), person.0))
        .unzip();
    let free = sqlx::query_scalar!(
        "insert into admission_number (number, person_id)
         select u.number, u.person_id from unnest($1::text[], $2::uuid[]) as u (number, person_id) order by u.number
         on conflict do nothing returning number",
        &numbers,
        &people
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(free.into_iter().collect())
}

/// Whether nobody has this admission number. Whoever takes it still claims it: this only chooses one to claim.
pub async fn number_is_free(conn: &mut PgConnection, number: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select true as "taken!" from admission_number where number = $1"#,
        number
    )
    .fetch_optional(conn)
    .await?
    .is_none())
}

/// Gives a number back.
pub(crate) async fn release_number(tx: &mut Tx, number: &str, person: PersonId) -> Result<()> {
    sqlx::query!(
        "delete from admission_number where number = $1 and person_id = $2",
        number,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

macro_rules! column {
    ($list:expr, |$c:ident| $value:expr) => {
        $list.iter().map(|$c| $value).collect::<Vec<_>>()
    };
}

/// Writes the persons and their phones.
pub(crate) async fn insert_people(tx: &mut Tx, list: &[Coming<'_>]) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into person (person_id, name, pinyin, initials, sex, doc_type, id_sealed, born, ethnic, political, education, phone_sealed,
                             phone_confirmed, email, is_student, school, student_no, occupation, employer, residence, admitted_on, party_on,
                             admission_number, identity_state, certification, missing, number_fault, entered_at, entered_org_id, version)
         select u.person_id, u.name, u.pinyin, u.initials, u.sex, u.doc_type, u.id_sealed, u.born, u.ethnic, u.political, u.education, u.phone_sealed,
                false, u.email, u.is_student, u.school, u.student_no, u.occupation, u.employer, u.residence, u.admitted_on, u.party_on,
                u.admission_number, 'unverified', u.certification, string_to_array(u.missing, ','), u.number_fault, $1, u.org_id, 1
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::bytea[], $9::date[], $10::text[], $11::text[],
                     $12::text[], $13::bytea[], $14::text[], $15::bool[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
                     $21::int[], $22::int[], $23::text[], $24::text[], $25::text[], $26::text[], $27::uuid[])
              as u (person_id, name, pinyin, initials, sex, doc_type, id_sealed, born, ethnic, political, education, phone_sealed, email, is_student,
                    school, student_no, occupation, employer, residence, admitted_on, party_on, admission_number, certification, missing,
                    number_fault, org_id)",
        now,
        &column!(list, |c| c.id.0),
        &column!(list, |c| c.new.name.clone()),
        &column!(list, |c| c.pinyin.clone()),
        &column!(list, |c| c.initials.clone()),
        &column!(list, |c| c.new.sex.code()),
        &column!(list, |c| c.new.doc_type.code().to_owned()),
        &column!(list, |c| c.id_sealed.clone()),
        &column!(list, |c| c.new.born),
        &column!(list, |c| c.new.ethnic.clone()) as &[Option<String>],
        &column!(list, |c| c.new.political.clone()) as &[Option<String>],
        &column!(list, |c| c.new.education.clone()) as &[Option<String>],
        &column!(list, |c| c.phone_sealed.clone()) as &[Option<Vec<u8>>],
        &column!(list, |c| c.new.email.clone()) as &[Option<String>],
        &column!(list, |c| c.new.is_student) as &[Option<bool>],
        &column!(list, |c| c.new.school.clone()) as &[Option<String>],
        &column!(list, |c| c.new.student_no.clone()) as &[Option<String>],
        &column!(list, |c| c.new.occupation.clone()) as &[Option<String>],
        &column!(list, |c| c.new.employer.clone()) as &[Option<String>],
        &column!(list, |c| c.new.residence.clone()) as &[Option<String>],
        &column!(list, |c| c.new.admitted_on.map(base::YearMonth::index)) as &[Option<i32>],
        &column!(list, |c| c.new.party_on.map(base::YearMonth::index)) as &[Option<i32>],
        &column!(list, |c| c.new.admission_number.clone()) as &[Option<String>],
        &column!(list, |c| c.new.certification.to_owned()),
        &column!(list, |c| c.new.missing.join(",")),
        &column!(list, |c| c.new.number_fault.clone()) as &[Option<String>],
        &column!(list, |c| c.org.0)
    )
    .execute(&mut **tx)
    .await?;
    let phones: Vec<(Vec<u8>, Uuid)> = list
        .iter()
        .filter_map(|c| {
            c.new
                .phone
                .as_ref()
                .map(|phone| (blind_phone(tx.keys(), phone), c.id.0))
        })
        .collect();
    let (hashes, people): (Vec<Vec<u8>>, Vec<Uuid>) = phones.into_iter().unzip();
    sqlx::query!(
        "insert into person_phone (phone_hash, person_id)
         select u.phone_hash, u.person_id from unnest($1::bytea[], $2::uuid[]) as u (phone_hash, person_id) on conflict do nothing",
        &hashes,
        &people
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Opens memberships; answers the persons for whom that worked. Somebody who gained one meanwhile is left out (ROS-31).
pub(crate) async fn insert_memberships(
    tx: &mut Tx,
    list: &[Coming<'_>],
    since: NaiveDate,
    how: How,
    basis: Option<Uuid>,
) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = list.iter().map(|_| tx.new_id::<MembershipId>().0).collect();
    let opened = sqlx::query_scalar!(
        "insert into membership (person_id, membership_id, branch_id, branch_name, state, since, how, basis)
         select u.person_id, u.membership_id, u.branch_id, u.branch_name, 'normal', $1, $2, $3
         from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[]) as u (person_id, membership_id, branch_id, branch_name)
         on conflict do nothing returning person_id",
        since,
        how.code(),
        basis,
        &column!(list, |c| c.id.0),
        &ids,
        &column!(list, |c| c.org.0),
        &column!(list, |c| c.org_name.to_owned())
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(opened.into_iter().collect())
}

/// Writes the roster's copies.
pub(crate) async fn insert_roster(
    tx: &mut Tx,
    list: &[Coming<'_>],
    since: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        "insert into roster (branch_id, person_id, path, name, pinyin, initials, sex, born, ethnic, political, education, admitted_on,
                             admission_number, id_sealed, phone_sealed, identity_state, certification, missing, number_fault, state, since)
         select u.branch_id, u.person_id, u.path, u.name, u.pinyin, u.initials, u.sex, u.born, u.ethnic, u.political, u.education, u.admitted_on,
                u.admission_number, u.id_sealed, u.phone_sealed, 'unverified', u.certification, string_to_array(u.missing, ','), u.number_fault,
                'normal', $1
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[], $9::date[], $10::text[], $11::text[],
                     $12::text[], $13::int[], $14::text[], $15::bytea[], $16::bytea[], $17::text[], $18::text[], $19::text[])
              as u (branch_id, person_id, path, name, pinyin, initials, sex, born, ethnic, political, education, admitted_on, admission_number,
                    id_sealed, phone_sealed, certification, missing, number_fault)",
        since,
        &column!(list, |c| c.org.0),
        &column!(list, |c| c.id.0),
        &column!(list, |c| c.path.to_owned()),
        &column!(list, |c| c.new.name.clone()),
        &column!(list, |c| c.pinyin.clone()),
        &column!(list, |c| c.initials.clone()),
        &column!(list, |c| c.new.sex.code()),
        &column!(list, |c| c.new.born),
        &column!(list, |c| c.new.ethnic.clone()) as &[Option<String>],
        &column!(list, |c| c.new.political.clone()) as &[Option<String>],
        &column!(list, |c| c.new.education.clone()) as &[Option<String>],
        &column!(list, |c| c.new.admitted_on.map(base::YearMonth::index)) as &[Option<i32>],
        &column!(list, |c| c.new.admission_number.clone()) as &[Option<String>],
        &column!(list, |c| c.id_sealed.clone()),
        &column!(list, |c| c.phone_sealed.clone()) as &[Option<Vec<u8>>],
        &column!(list, |c| c.new.certification.to_owned()),
        &column!(list, |c| c.new.missing.join(",")),
        &column!(list, |c| c.new.number_fault.clone()) as &[Option<String>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes one line into the timelines of many.
pub(crate) async fn insert_life_events(
    tx: &mut Tx,
    list: &[Coming<'_>],
    kind: &str,
    title: &str,
) -> Result<()> {
    let now = tx.now();
    let ids: Vec<Uuid> = list.iter().map(|_| tx.new_id()).collect();
    let actor = tx.actor().name.clone();
    sqlx::query!(
        "insert into life_event (person_id, at, event_id, kind, title, org_id, org_name, actor_name)
         select u.person_id, $1, u.event_id, $2, $3, u.org_id, u.org_name, $4
         from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[]) as u (person_id, event_id, org_id, org_name)",
        now,
        kind,
        title,
        actor,
        &column!(list, |c| c.id.0),
        &ids,
        &column!(list, |c| c.org.0),
        &column!(list, |c| c.org_name.to_owned())
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
