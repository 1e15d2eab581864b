//! Changes of one person and the counts of one organisation.

use crate::rules::{How, LifeEvent, MembershipState, Person, spell};
use base::{MembershipId, OrgId, PersonId, Result, YearMonth, business_date};
use chrono::NaiveDate;
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ID_FIELD, PHONE_FIELD, blind_phone};

/// Locks an organisation's counter, making it if there is none: whoever changes the roster or the posts of an
/// organisation comes through here one after another, so [`recount`] sees all of them.
pub(crate) async fn lock_counter(tx: &mut Tx, org: OrgId, path: &str) -> Result<()> {
    sqlx::query!(
        "insert into branch_counter (org_id, path, members, cadres, persons, incomplete, number_faults, uncertified)
         values ($1, $2, 0, 0, 0, 0, 0, 0) on conflict (org_id) do update set path = excluded.path",
        org.0,
        path
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts an organisation anew from its roster and posts, and tells the roll-up of the totals above it.
pub(crate) async fn recount(tx: &mut Tx, org: OrgId) -> Result<()> {
    sqlx::query!(
        "update branch_counter c set members = x.members, cadres = x.cadres, persons = x.persons, incomplete = x.incomplete, gaps = x.member_gaps, unverified = x.unverified,
                                     number_faults = x.number_faults, uncertified = x.uncertified
         from (select count(*) filter (where b.member)::int as members, count(*) filter (where b.cadre)::int as cadres, count(*)::int as persons,
                      count(*) filter (where b.gaps)::int as incomplete, count(*) filter (where b.gaps and b.member)::int as member_gaps,
                      count(*) filter (where b.unverified)::int as unverified, count(*) filter (where b.fault)::int as number_faults,
                      count(*) filter (where b.uncertified)::int as uncertified
               from (select a.person_id, bool_or(a.member) as member, bool_or(a.cadre) as cadre, bool_or(a.gaps) as gaps, bool_or(a.fault) as fault,
                            bool_or(a.uncertified) as uncertified,
                            bool_or(a.unverified) as unverified
                     from (select r.person_id, true as member, false as cadre, cardinality(r.missing) > 0 as gaps, r.number_fault is not null as fault,
                                  r.certification in ('none', 'failed') as uncertified, r.identity_state not in ('passed', 'passed_offline') as unverified
                           from roster r where r.branch_id = $1 and r.state = 'normal'
                           union all
                           select o.person_id, false, true, cardinality(o.missing) > 0, false, false, false
                           from org_post o where o.org_id = $1 and o.until is null) a
                     group by a.person_id) b) x
         where c.org_id = $1",
        org.0
    )
    .execute(&mut **tx)
    .await?;
    orgs::mark(tx, &[org]).await
}

/// Writes a line into a timeline.
pub(crate) async fn insert_life_event(tx: &mut Tx, line: &LifeEvent) -> Result<()> {
    let (id, now, actor): (Uuid, _, _) = (tx.new_id(), tx.now(), tx.actor().name.clone());
    sqlx::query!(
        "insert into life_event (person_id, at, event_id, kind, title, detail, org_id, org_name, actor_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        line.person.0,
        now,
        id,
        line.kind,
        line.title,
        line.detail,
        line.org.as_ref().map(|(org, _)| org.0),
        line.org.as_ref().map(|(_, name)| name.as_str()),
        actor
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a membership.
pub(crate) async fn close_membership(
    tx: &mut Tx,
    person: PersonId,
    membership: MembershipId,
    state: MembershipState,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "update membership set until = $3, state = $4, end_reason = $5 where person_id = $1 and membership_id = $2",
        person.0,
        membership.0,
        business_date(tx.now()),
        state.code(),
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Begins a membership; none if there is an open one.
pub(crate) async fn open_membership(
    tx: &mut Tx,
    person: PersonId,
    org: &orgs::Org,
    how: How,
    basis: Option<Uuid>,
) -> Result<Option<MembershipId>> {
    let id: MembershipId = tx.new_id();
    let since = business_date(tx.now());
    let opened = sqlx::query_scalar!(
        "insert into membership (person_id, membership_id, branch_id, branch_name, state, since, how, basis)
         values ($1, $2, $3, $4, 'normal', $5, $6, $7) on conflict do nothing returning membership_id",
        person.0,
        id.0,
        org.id.0,
        org.full_name,
        since,
        how.code(),
        basis
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(opened.map(MembershipId))
}

/// Takes somebody off a roster.
pub(crate) async fn delete_roster(tx: &mut Tx, branch: OrgId, person: PersonId) -> Result<()> {
    sqlx::query!(
        "delete from roster where branch_id = $1 and person_id = $2",
        branch.0,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts somebody on a roster as the person's profile stands now.
pub(crate) async fn write_roster(
    tx: &mut Tx,
    person: &Person,
    branch: OrgId,
    path: &str,
    state: MembershipState,
    since: NaiveDate,
) -> Result<()> {
    let (pinyin, initials) = spell(&person.name);
    let id_sealed = tx.seal(ID_FIELD, person.id, person.id_number.reveal());
    let phone_sealed = person
        .phone
        .as_ref()
        .map(|phone| tx.seal(PHONE_FIELD, person.id, phone.reveal()));
    sqlx::query!(
        "insert into roster (branch_id, person_id, path, name, pinyin, initials, sex, born, ethnic, political, education, admitted_on,
                             admission_number, id_sealed, phone_sealed, identity_state, certification, missing, number_fault, state, since,
                             income)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         on conflict (branch_id, person_id) do update set
             name = excluded.name, pinyin = excluded.pinyin, initials = excluded.initials, sex = excluded.sex, born = excluded.born,
             ethnic = excluded.ethnic, political = excluded.political, education = excluded.education, admitted_on = excluded.admitted_on,
             admission_number = excluded.admission_number, id_sealed = excluded.id_sealed, phone_sealed = excluded.phone_sealed,
             identity_state = excluded.identity_state, certification = excluded.certification, missing = excluded.missing,
             number_fault = excluded.number_fault, state = excluded.state, since = excluded.since, income = excluded.income",
        branch.0,
        person.id.0,
        path,
        person.name,
        pinyin,
        initials,
        person.sex.code(),
        person.born,
        person.ethnic,
        person.political,
        person.education,
        person.admitted_on.map(YearMonth::index),
        person.admission_number,
        id_sealed,
        phone_sealed,
        person.identity_state.code(),
        person.certification,
        &person.missing,
        person.number_fault,
        state.code(),
        since,
        person.income
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes the changeable fields of a profile; `false` if somebody else changed it since `person.version` was read.
pub(crate) async fn update_person(tx: &mut Tx, person: &Person) -> Result<bool> {
    let phone_sealed = person
        .phone
        .as_ref()
        .map(|phone| tx.seal(PHONE_FIELD, person.id, phone.reveal()));
    let done = sqlx::query!(
        "update person set ethnic = $3, political = $4, education = $5, phone_sealed = $6, phone_confirmed = $7, email = $8, is_student = $9,
                           school = $10, student_no = $11, occupation = $12, employer = $13, residence = $14, admitted_on = $15, party_on = $16,
                           admission_number = $17, certification = $18, missing = $19, number_fault = $20, income = $21, version = version + 1
         where person_id = $1 and version = $2",
        person.id.0,
        person.version,
        person.ethnic,
        person.political,
        person.education,
        phone_sealed,
        person.phone_confirmed,
        person.email,
        person.is_student,
        person.school,
        person.student_no,
        person.occupation,
        person.employer,
        person.residence,
        person.admitted_on.map(YearMonth::index),
        person.party_on.map(YearMonth::index),
        person.admission_number,
        person.certification,
        &person.missing,
        person.number_fault,
        person.income
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Replaces a person's phone in the index.
pub(crate) async fn replace_phone(
    tx: &mut Tx,
    person: PersonId,
    old: Option<&base::Mobile>,
    new: Option<&base::Mobile>,
) -> Result<()> {
    if let Some(old) = old {
        let hash = blind_phone(tx.keys(), old);
        sqlx::query!(
            "delete from person_phone where phone_hash = $1 and person_id = $2",
            hash,
            person.0
        )
        .execute(&mut **tx)
        .await?;
    }
    if let Some(new) = new {
        let hash = blind_phone(tx.keys(), new);
        sqlx::query!("insert into person_phone (phone_hash, person_id) values ($1, $2) on conflict do nothing", hash, person.0).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Brings an organisation's copies of a cadre in line with the profile.
pub(crate) async fn refresh_cadre(tx: &mut Tx, person: &Person, org: OrgId) -> Result<()> {
    let phone = person
        .phone
        .as_ref()
        .map(|phone| tx.seal(PHONE_FIELD, person.id, phone.reveal()));
    sqlx::query!(
        "update org_post set phone_sealed = $3, identity_state = $4, missing = $5, name = $6 where org_id = $1 and person_id = $2",
        org.0,
        person.id.0,
        phone,
        person.identity_state.code(),
        &person.missing,
        person.name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts of one organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Members in state 正常.
    pub members: i32,
    /// Persons holding a post.
    pub cadres: i32,
    /// Both together, each once.
    pub persons: i32,
    /// Of these, with required fields empty.
    pub incomplete: i32,
    /// Members with an irregular number.
    pub number_faults: i32,
    /// Members admitted since certification is asked for who are not certified.
    pub uncertified: i32,
}

/// The kept counts of one organisation.
pub async fn counts(conn: &mut PgConnection, org: OrgId) -> Result<Counts> {
    let row = sqlx::query_as!(
        Counts,
        "select members, cadres, persons, incomplete, number_faults, uncertified from branch_counter where org_id = $1",
        org.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.unwrap_or_default())
}
