//! Finding people by what somebody remembers (PEER-06): exact beginnings and given names, answered from indexes.

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

/// Subtrees up to this size are read whole, larger ones by the indexes of names and sounds.
const SMALL: i64 = 20_000;

/// The end of the range of texts that begin with this one.
fn end_of(text: &str) -> String {
    format!("{text}\u{10ffff}")
}

/// A pattern for `like` that means "begins with exactly this".
fn prefix(text: &str) -> String {
    let literal = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("{literal}%")
}

/// Members of a subtree whose name begins or ends with this, whose pinyin or initials begin with it, or whose admission
/// number it is; `size` is how many the subtree has. Bounded whatever is typed: a small subtree is read whole, a large
/// one through indexes that hold the place beside the name, until there are enough.
pub(crate) async fn members_by_words(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
    size: i64,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let words = words.to_lowercase();
    let backwards: String = words.chars().rev().collect();
    let sound = words.is_ascii();
    let rows = if size <= SMALL {
        sqlx::query_as!(
            Row,
            r#"select person_id as "person_id?", name as "name?", branch_id as "org_id?", state as "state?", null as post from roster
               where path >= $1 and path < $2
                 and (name like $3 or reverse(name) like $4 or pinyin like $3 or initials like $3 or admission_number like $3) limit $5"#,
            low,
            high,
            prefix(&words),
            prefix(&backwards),
            limit
        )
        .fetch_all(&mut *conn)
        .await?
    } else if sound {
        sqlx::query_as!(
            Row,
            "(select person_id, name, branch_id as org_id, state, null as post from roster
              where pinyin >= $3 and pinyin < $4 and path >= $1 and path < $2 limit $5)
             union all
             (select person_id, name, branch_id, state, null from roster
              where initials >= $3 and initials < $4 and path >= $1 and path < $2 limit $5)",
            low,
            high,
            words,
            end_of(&words),
            limit
        )
        .fetch_all(&mut *conn)
        .await?
    } else {
        sqlx::query_as!(
            Row,
            "(select person_id, name, branch_id as org_id, state, null as post from roster
              where name ~>=~ $3 and name ~<~ $4 and path >= $1 and path < $2 limit $7)
             union all
             (select person_id, name, branch_id, state, null from roster
              where reverse(name) ~>=~ $5 and reverse(name) ~<~ $6 and path >= $1 and path < $2 limit $7)",
            low,
            high,
            words,
            end_of(&words),
            backwards,
            end_of(&backwards),
            limit
        )
        .fetch_all(&mut *conn)
        .await?
    };
    let mut found: Vec<Found> = rows.into_iter().filter_map(Row::found).collect();
    if found.is_empty()
        && let Some(person) = by_number(conn, &words).await?
    {
        found = whereabouts(conn, &[person]).await?;
    }
    found.sort_by(|a, b| (&a.name, a.person).cmp(&(&b.name, b.person)));
    found.dedup_by(|a, b| a.person == b.person && a.org == b.org);
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Holders of posts in a subtree whose name begins with this.
pub(crate) async fn cadres_by_name(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
    words: &str,
    limit: i64,
) -> Result<Vec<Found>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select person_id as "person_id?", name as "name?", org_id as "org_id?", null as state, title as "post?" from org_post
           where until is null and name ~>=~ $3 and name ~<~ $4 and path >= $1 and path < $2 limit $5"#,
        low,
        high,
        words,
        end_of(words),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(Row::found).collect())
}

/// The roster rows of these persons: whose open membership lies where.
pub(crate) async fn rows_of(
    conn: &mut PgConnection,
    people: &[PersonId],
) -> Result<Vec<(Uuid, Uuid)>> {
    let ids: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    let rows = sqlx::query!(
        "select branch_id, person_id from membership where person_id = any($1) and until is null",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.branch_id, r.person_id))
        .collect())
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
