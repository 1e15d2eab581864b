//! Finding people by what somebody remembers (PEER-06): exact beginnings, answered from indexes.

use crate::rules::MembershipState;
use base::{OrgId, PersonId, Result};
use sqlx::PgConnection;
use uuid::Uuid;

/// Somebody found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub person: PersonId,
    pub name: String,
    pub org: OrgId,
    /// State of the membership, or the post of somebody without.
    pub what: String,
}

struct Row {
    person_id: Option<Uuid>,
    name: Option<String>,
    org_id: Option<Uuid>,
    state: Option<String>,
    post: Option<String>,
}

impl Row {
    fn found(self) -> Option<Found> {
        let state = self
            .state
            .as_deref()
            .map_or("", |code| MembershipState::from_code(code).label());
        Some(Found {
            person: PersonId(self.person_id?),
            name: self.name?,
            org: OrgId(self.org_id?),
            what: self.post.unwrap_or_else(|| state.to_owned()),
        })
    }
}

/// Members and cadres of a subtree whose name, pinyin or initials begin with this, or whose admission number it is.
pub(crate) async fn by_words(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let end = format!("{words}\u{10ffff}");
    let rows = sqlx::query_as!(
        Row,
        "select person_id, name, org_id, state, post from (
           (select person_id, name, branch_id as org_id, state, null as post from roster
            where name ~>=~ $3 and name ~<~ $4 and path >= $1 and path < $2 limit $5)
           union
           (select person_id, name, branch_id, state, null from roster
            where pinyin >= $3 and pinyin < $4 and path >= $1 and path < $2 limit $5)
           union
           (select person_id, name, branch_id, state, null from roster
            where initials >= $3 and initials < $4 and path >= $1 and path < $2 limit $5)
           union
           (select person_id, name, org_id, null, title from org_post
            where until is null and name ~>=~ $3 and name ~<~ $4 and path >= $1 and path < $2 limit $5)) found
         order by name, person_id limit $5",
        low,
        high,
        words,
        end,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(Row::found).collect())
}

/// Whose admission number this is.
pub(crate) async fn by_number(conn: &mut PgConnection, number: &str) -> Result<Option<PersonId>> {
    let found = sqlx::query_scalar!(
        "select person_id from admission_number where number = $1",
        number
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(PersonId))
}

/// Where these persons belong: names and open memberships, then open posts. Two statements.
pub(crate) async fn whereabouts(
    conn: &mut PgConnection,
    people: &[PersonId],
) -> Result<Vec<Found>> {
    let ids: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select p.person_id as "person_id?", p.name as "name?", m.branch_id as "org_id?", m.state as "state?", null as "post?"
           from person p join membership m on m.person_id = p.person_id and m.until is null where p.person_id = any($1)"#,
        &ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let posts = sqlx::query_as!(
        Row,
        r#"select p.person_id as "person_id?", p.name as "name?", o.org_id as "org_id?", null as "state?", o.title as "post?"
           from person p join person_post o on o.person_id = p.person_id and o.until is null where p.person_id = any($1)"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .chain(posts)
        .filter_map(Row::found)
        .collect())
}
