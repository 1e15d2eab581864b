//! Leaving at 28: who has reached the age, where each stands, and ending many memberships in a few statements.

use crate::rules::MembershipState;
use base::{MembershipId, OrgId, PersonId, Result};
use chrono::NaiveDate;
use db::Tx;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A member who has reached the age.
#[derive(Clone, Debug)]
pub(crate) struct Aged {
    pub branch: Uuid,
    pub person: Uuid,
    pub path: String,
    pub name: String,
    pub born: NaiveDate,
}

/// Where a batch of [`aged`] ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct After {
    pub born: NaiveDate,
    pub path: String,
    pub person: Uuid,
}

impl Aged {
    pub(crate) fn place(&self) -> After {
        After {
            born: self.born,
            path: self.path.clone(),
            person: self.person,
        }
    }
}

/// Before everybody alive: the check of ID numbers refuses ages above 120 (ROS-10).
const EARLIEST: NaiveDate = match NaiveDate::from_ymd_opt(1800, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Members born between two days, the oldest first, from a place on: an index read, never a look at the whole roster.
pub(crate) async fn aged(
    conn: &mut PgConnection,
    born_from: Option<NaiveDate>,
    born_by: NaiveDate,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Aged>> {
    let first = born_from.unwrap_or(EARLIEST);
    let (born, path, person) = after.map_or((first, "", Uuid::nil()), |a| {
        (a.born, a.path.as_str(), a.person)
    });
    Ok(sqlx::query_as!(
        Aged,
        "select branch_id as branch, person_id as person, path, name, born from roster
         where born <= $1 and state = 'normal' and (born, path, person_id) > ($2, $3, $4) order by born, path, person_id limit $5",
        born_by,
        born,
        path,
        person,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Titles of the offices these people hold, each with the organisation's name.
pub(crate) async fn offices(
    conn: &mut PgConnection,
    people: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        r#"select person_id, string_agg(org_name || title, '、' order by since, post_id) as "titles!" from person_post
           where person_id = any($1) and until is null group by person_id"#,
        people
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person_id, row.titles))
        .collect())
}

/// Until when these people are exempt (ROS-81).
pub(crate) async fn exemptions(
    conn: &mut PgConnection,
    people: &[Uuid],
) -> Result<HashMap<Uuid, NaiveDate>> {
    let rows = sqlx::query!(
        r#"select person_id, until as "until!" from age_exemption where person_id = any($1) and until is not null"#,
        people
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person_id, row.until))
        .collect())
}

/// Gives an exemption; a later one takes the earlier one's place.
pub(crate) async fn exempt(
    tx: &mut Tx,
    person: PersonId,
    until: Option<NaiveDate>,
    reason: &str,
    org: OrgId,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into age_exemption (person_id, until, while_office, reason, org_id, given_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (person_id) do update set until = excluded.until, while_office = excluded.while_office, reason = excluded.reason,
             org_id = excluded.org_id, given_at = excluded.given_at",
        person.0,
        until,
        until.is_none(),
        reason,
        org.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Where somebody of 28 stands, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeavingRow {
    pub branch: Uuid,
    pub person: Uuid,
    pub path: String,
    pub name: String,
    pub born: NaiveDate,
    pub state: String,
    pub reason: String,
    pub since: NaiveDate,
    pub left_on: Option<NaiveDate>,
    pub told_on: Option<NaiveDate>,
    pub escalated: bool,
}

/// The kept rows of these people, by branch and person.
pub(crate) async fn leaving_rows(
    conn: &mut PgConnection,
    branches: &[Uuid],
    people: &[Uuid],
) -> Result<HashMap<(Uuid, Uuid), LeavingRow>> {
    let rows = sqlx::query_as!(
        LeavingRow,
        "select branch_id as branch, person_id as person, path, name, born, state, reason, since, left_on, told_on, escalated from leaving
         where branch_id = any($1) and person_id = any($2)",
        branches,
        people
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.branch, row.person), row))
        .collect())
}

macro_rules! column {
    ($list:expr, |$c:ident| $value:expr) => {
        $list.iter().map(|$c| $value).collect::<Vec<_>>()
    };
}

/// Writes where people stand now.
pub(crate) async fn write_leaving(tx: &mut Tx, rows: &[LeavingRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into leaving (branch_id, person_id, path, name, born, state, reason, since, left_on, told_on, escalated)
         select u.branch_id, u.person_id, u.path, u.name, u.born, u.state, u.reason, u.since, u.left_on, u.told_on, u.escalated
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::text[], $7::text[], $8::date[], $9::date[], $10::date[], $11::bool[])
              as u (branch_id, person_id, path, name, born, state, reason, since, left_on, told_on, escalated)
         order by u.branch_id, u.person_id
         on conflict (branch_id, person_id) do update set path = excluded.path, name = excluded.name, born = excluded.born, state = excluded.state,
             reason = excluded.reason, since = excluded.since, left_on = excluded.left_on, told_on = excluded.told_on, escalated = excluded.escalated",
        &column!(rows, |r| r.branch),
        &column!(rows, |r| r.person),
        &column!(rows, |r| r.path.clone()),
        &column!(rows, |r| r.name.clone()),
        &column!(rows, |r| r.born),
        &column!(rows, |r| r.state.clone()),
        &column!(rows, |r| r.reason.clone()),
        &column!(rows, |r| r.since),
        &column!(rows, |r| r.left_on) as &[Option<NaiveDate>],
        &column!(rows, |r| r.told_on) as &[Option<NaiveDate>],
        &column!(rows, |r| r.escalated)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets where somebody stands in a branch who is no member there any more for another reason.
pub(crate) async fn forget_leaving(tx: &mut Tx, branch: OrgId, person: PersonId) -> Result<()> {
    sqlx::query!(
        "delete from leaving where branch_id = $1 and person_id = $2 and state not in ('left', 'restored')",
        branch.0,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The open memberships of these people, locked in the order of the persons until the transaction ends, so that two of
/// these never wait for each other; each by its own key, as distributed tables ask (DATA.md, rule 14).
pub(crate) async fn lock_memberships(
    tx: &mut Tx,
    people: &[Uuid],
) -> Result<HashMap<Uuid, (MembershipId, OrgId)>> {
    let mut people = people.to_vec();
    people.sort_unstable();
    let mut open = HashMap::with_capacity(people.len());
    for person in people {
        let membership = super::lock_membership(tx, PersonId(person)).await?;
        if let Some(held) = membership.filter(|held| held.state == MembershipState::Normal) {
            open.insert(person, (held.id, held.branch));
        }
    }
    Ok(open)
}

/// Ends the open memberships of these people as of `day`.
pub(crate) async fn end_memberships(
    tx: &mut Tx,
    people: &[Uuid],
    state: MembershipState,
    day: NaiveDate,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "update membership set until = $2, state = $3, end_reason = $4 where person_id = any($1) and until is null",
        people,
        day,
        state.code(),
        reason
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes these people off the roster of a branch.
pub(crate) async fn delete_from_roster(tx: &mut Tx, branch: OrgId, people: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "delete from roster where branch_id = $1 and person_id = any($2)",
        branch.0,
        people
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A line for the timeline of one of many: whose, where, and the name of that place.
pub(crate) struct ManyLine<'a> {
    pub person: Uuid,
    pub org: OrgId,
    pub org_name: &'a str,
}

/// Writes the same line into the timelines of many.
pub(crate) async fn insert_lines(
    tx: &mut Tx,
    lines: &[ManyLine<'_>],
    kind: &str,
    title: &str,
) -> Result<()> {
    let (now, actor) = (tx.now(), tx.actor().name.clone());
    let ids: Vec<Uuid> = lines.iter().map(|_| tx.new_id()).collect();
    sqlx::query!(
        "insert into life_event (person_id, at, event_id, kind, title, org_id, org_name, actor_name)
         select u.person_id, $1, u.event_id, $2, $3, u.org_id, u.org_name, $4
         from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[]) as u (person_id, event_id, org_id, org_name)",
        now,
        kind,
        title,
        actor,
        &column!(lines, |l| l.person),
        &ids,
        &column!(lines, |l| l.org.0),
        &column!(lines, |l| l.org_name.to_owned())
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One page of people who stand so, in the order of the tree; read backwards the rows come in reverse order.
pub(crate) async fn leaving_page(
    conn: &mut PgConnection,
    scope: (&str, &str),
    state: &str,
    from: Option<(&str, Uuid)>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<LeavingRow>> {
    let (path, person) = from.unwrap_or(("", Uuid::nil()));
    let path = super::start(scope, path);
    let rows = if backwards {
        sqlx::query_as!(
            LeavingRow,
            "select branch_id as branch, person_id as person, path, name, born, state, reason, since, left_on, told_on, escalated from leaving
             where path >= $1 and path < $2 and state = $3 and (path, person_id) < ($4, $5) order by path desc, person_id desc limit $6",
            scope.0, scope.1, state, path, person, limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            LeavingRow,
            "select branch_id as branch, person_id as person, path, name, born, state, reason, since, left_on, told_on, escalated from leaving
             where path >= $1 and path < $2 and state = $3 and (path, person_id) > ($4, $5) order by path, person_id limit $6",
            scope.0, scope.1, state, path, person, limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows)
}

/// How many stand in each state; beyond ten thousand that many and one.
pub(crate) async fn leaving_counts(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
) -> Result<HashMap<String, i64>> {
    let rows = sqlx::query!(
        r#"select 'proposed' as "state!", count(*) as "n!" from (select 1 from leaving where state = 'proposed' and path >= $1 and path < $2 limit 10001) l
           union all select 'held', count(*) from (select 1 from leaving where state = 'held' and path >= $1 and path < $2 limit 10001) l
           union all select 'office', count(*) from (select 1 from leaving where state = 'office' and path >= $1 and path < $2 limit 10001) l
           union all select 'exempt', count(*) from (select 1 from leaving where state = 'exempt' and path >= $1 and path < $2 limit 10001) l
           union all select 'left', count(*) from (select 1 from leaving where state = 'left' and path >= $1 and path < $2 limit 10001) l
           union all select 'restored', count(*) from (select 1 from leaving where state = 'restored' and path >= $1 and path < $2 limit 10001) l"#,
        low,
        high
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.state, row.n)).collect())
}
