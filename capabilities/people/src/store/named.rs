//! Finding people by their whole name, for lists of names pasted by an administrator (FLD-101).

use access::Scope;
use base::{PersonId, Result};
use sqlx::PgConnection;

/// Members and cadres of a scope with exactly this name, at most `most`.
pub async fn named(
    conn: &mut PgConnection,
    scope: &Scope,
    name: &str,
    most: i64,
) -> Result<Vec<PersonId>> {
    let found = sqlx::query_scalar!(
        r#"select person_id as "id!" from (
               select person_id from roster where path >= $1 and path < $2 and name = $3 and state = 'normal'
               union
               select person_id from org_post where path >= $1 and path < $2 and name = $3 and until is null) t
           order by person_id limit $4"#,
        scope.low(),
        scope.high(),
        name,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(PersonId).collect())
}
