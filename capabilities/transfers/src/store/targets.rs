//! Finding where a member can go (TRF-14). Organisations are a reference table, so these are reads of it alone.

use base::{OrgId, OrgPath, Result};
use sqlx::PgConnection;
use uuid::Uuid;

/// Hits a search shows.
pub const SEARCH_LIMIT: i64 = 20;

/// Whether a live branch stands at or below a place.
pub async fn has_branch(conn: &mut PgConnection, path: &OrgPath) -> Result<bool> {
    Ok(!branches_below(conn, path, 1).await?.is_empty())
}

/// The live organisation of exactly this full name.
pub async fn by_full_name(conn: &mut PgConnection, name: &str) -> Result<Option<OrgId>> {
    Ok(sqlx::query_scalar!("select org_id from org where full_name = $1 and state in ('created', 'active', 'graduate')", name)
        .fetch_optional(conn)
        .await?
        .map(OrgId))
}

/// Live organisations that can be chosen and whose full name holds the words, shortest names first.
pub async fn search(
    conn: &mut PgConnection,
    words: &[String],
    branches_only: bool,
) -> Result<Vec<OrgId>> {
    let likes: Vec<String> = words
        .iter()
        .map(|word| format!("%{}%", word.replace(['%', '_', '\\'], "")))
        .collect();
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        // Of what is very common the first two thousand are put in order: whoever wants another writes more of its name.
        "select org_id from (
           select org_id, full_name, path from org
           where string_to_array(lower(full_name || ' ' || short_name), null) @> $4 and full_name like all($1)
             and category <> 'leading_body' and (category = 'branch' or not $2) and state in ('created', 'active') limit 2000) o
         order by length(full_name), path limit $3",
        &likes,
        branches_only,
        SEARCH_LIMIT,
        &orgs::letters(&likes.concat().replace('%', ""))
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(OrgId).collect())
}

/// Live branches below a place that take members: for allocation and batches.
pub async fn branches_below(
    conn: &mut PgConnection,
    path: &OrgPath,
    limit: i64,
) -> Result<Vec<OrgId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        "select org_id from org where path >= $1 and path < $2 and category = 'branch' and state in ('created', 'active', 'graduate')
         order by path limit $3",
        path.as_str(),
        path.subtree_end(),
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(OrgId).collect())
}

/// The 待接转团支部 of an organisation, for whoever it placed nowhere in time (TRF-41).
pub async fn awaiting_branch(conn: &mut PgConnection, path: &OrgPath) -> Result<Option<OrgId>> {
    Ok(sqlx::query_scalar!(
        "select org_id from org where path >= $1 and path < $2 and kind = 'awaiting_transfer' and state in ('created', 'active')
         order by path limit 1",
        path.as_str(),
        path.subtree_end()
    )
    .fetch_optional(conn)
    .await?
    .map(OrgId))
}
