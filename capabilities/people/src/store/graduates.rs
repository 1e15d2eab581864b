//! Marks of delayed graduates and teachers: beside the branch for lists, beside the person for the person.

use base::{OrgId, PersonId, Result, YearMonth};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A mark as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub branch: Uuid,
    pub person: Uuid,
    pub path: String,
    pub name: String,
    pub kind: String,
    pub expected: Option<i32>,
    pub branch_month: Option<i32>,
    pub reason: Option<String>,
    pub marked_at: DateTime<Utc>,
    pub marked_by: String,
    pub marked_org: Uuid,
}

macro_rules! marks {
    ($conn:expr, $which:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Marked,
            "select branch_id as branch, person_id as person, path, name, kind, expected, branch_month, reason, marked_at, marked_by,
                    marked_org_id as marked_org from student_mark " + $which
            $(, $bind)*
        )
        .fetch_all($conn)
        .await
    };
}

/// The marks of a subtree in the order of the tree, after or before a place.
pub(crate) async fn marked_page(
    conn: &mut PgConnection,
    subtree: (&str, &str),
    kind: &str,
    from: Option<(&str, Uuid)>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Marked>> {
    let (path, person) = from.unwrap_or(if backwards {
        (subtree.1, Uuid::max())
    } else {
        (subtree.0, Uuid::nil())
    });
    let path = super::start(subtree, path);
    Ok(if backwards {
        marks!(
            conn,
            "where kind = $1 and path >= $2 and (path, person_id) < ($3, $4) order by path desc, person_id desc limit $5",
            kind,
            subtree.0,
            path,
            person,
            limit
        )?
    } else {
        marks!(
            conn,
            "where kind = $1 and path < $2 and (path, person_id) > ($3, $4) order by path, person_id limit $5",
            kind,
            subtree.1,
            path,
            person,
            limit
        )?
    })
}

/// The marks of some members, by the branch they were given in.
pub(crate) async fn marks_of(
    conn: &mut PgConnection,
    pairs: &[(OrgId, PersonId)],
) -> Result<Vec<Marked>> {
    let (branches, people): (Vec<Uuid>, Vec<Uuid>) = pairs
        .iter()
        .map(|(branch, person)| (branch.0, person.0))
        .unzip();
    Ok(marks!(
        conn,
        "where branch_id = any($1) and person_id = any($2) order by path, person_id",
        &branches,
        &people
    )?)
}

/// Delayed graduates whose month has come.
pub(crate) async fn due_marks(
    conn: &mut PgConnection,
    month: YearMonth,
    limit: i64,
) -> Result<Vec<Marked>> {
    Ok(marks!(
        conn,
        "where kind = 'delayed' and expected <= $1 order by expected, path, person_id limit $2",
        month.index(),
        limit
    )?)
}

/// Writes a mark at both places; `false` if there is one already.
pub(crate) async fn insert_mark(tx: &mut Tx, mark: &Marked) -> Result<bool> {
    let done = sqlx::query!(
        "insert into student_mark (branch_id, person_id, path, name, kind, expected, branch_month, reason, marked_at, marked_by, marked_org_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing",
        mark.branch,
        mark.person,
        mark.path,
        mark.name,
        mark.kind,
        mark.expected,
        mark.branch_month,
        mark.reason,
        mark.marked_at,
        mark.marked_by,
        mark.marked_org
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update person set graduate_mark = $2, expected_graduation = $3 where person_id = $1",
        mark.person,
        mark.kind,
        mark.expected
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Takes a mark away at both places; `false` if it was gone already.
pub(crate) async fn delete_mark(tx: &mut Tx, branch: Uuid, person: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "delete from student_mark where branch_id = $1 and person_id = $2",
        branch,
        person
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update person set graduate_mark = null, expected_graduation = null where person_id = $1",
        person
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The names of some people.
pub(crate) async fn names_of(
    conn: &mut PgConnection,
    people: &[PersonId],
) -> Result<HashMap<PersonId, String>> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        "select person_id, name from person where person_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (PersonId(r.person_id), r.name))
        .collect())
}

/// What a person is marked as, and the later month.
pub(crate) async fn mark_of(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<(String, Option<YearMonth>)>> {
    let row = sqlx::query!(
        "select graduate_mark, expected_graduation from person where person_id = $1",
        person.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|r| {
        Some((
            r.graduate_mark?,
            r.expected_graduation.map(YearMonth::from_index),
        ))
    }))
}
