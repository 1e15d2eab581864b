//! Search and lists.

use super::Row;
use crate::rules::{BranchKind, Org, OrgState};
use access::Scope;
use base::{OrgId, Result};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a search of the tree asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// 组织ID, or a part of the full or short name.
    pub text: Option<&'a str>,
    /// 组织类别.
    pub category: Option<&'a str>,
    /// 单位所属行业类别.
    pub sector: Option<&'a str>,
    /// 状态.
    pub state: Option<&'a str>,
    /// Only 未到支部: neither branch nor with a branch below (ORG-03).
    pub unfinished: bool,
    /// Only those whose information was never saved.
    pub unsaved: bool,
}

/// Organisations read in the order of the tree before the indexes of the letters are asked.
const NEAR: i64 = 2_000;

/// Organisations of a scope, in the order of the tree. Words are looked for in two steps, each of which is bounded: what
/// is common is found among the first organisations of the scope; what is not found often enough there is rare, and the
/// index of the letters (one or two characters suffice, unlike trigrams) has few candidates. Letters and figures are
/// looked for in the sound of the names as well.
pub async fn search_with(
    conn: &mut PgConnection,
    scope: &Scope,
    wanted: Wanted<'_>,
    limit: i64,
) -> Result<Vec<Org>> {
    let mut rows = in_order(conn, scope, wanted, wanted.text.map(|_| NEAR), limit).await?;
    let Some(text) = wanted.text else {
        return Ok(rows);
    };
    if (rows.len() as i64) < limit {
        rows = by_letters(conn, scope, wanted, text, limit).await?;
        if let Some(org) = match text.parse() {
            Ok(number) => super::by_number(conn, number).await?,
            Err(_) => None,
        } && scope.covers(&org.path)
        {
            rows.insert(0, org);
        }
    }
    if (rows.len() as i64) < limit {
        let known: Vec<OrgId> = rows.iter().map(|org| org.id).collect();
        let heard = by_sound(conn, scope, text, limit).await?;
        let fits = |org: &Org| {
            !known.contains(&org.id)
                && wanted.category.is_none_or(|c| org.category.code() == c)
                && wanted
                    .sector
                    .is_none_or(|s| org.sector.as_deref() == Some(s))
                && wanted.state.is_none_or(|s| org.state.code() == s)
                && !wanted.unfinished
                && !wanted.unsaved
        };
        rows.extend(heard.into_iter().filter(fits));
    }
    rows.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(rows)
}

/// Among the first organisations of a scope, or all of it.
async fn in_order(
    conn: &mut PgConnection,
    scope: &Scope,
    wanted: Wanted<'_>,
    among: Option<i64>,
    limit: i64,
) -> Result<Vec<Org>> {
    let number: Option<i64> = wanted.text.and_then(|text| text.parse().ok());
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from (select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                      graduation_month, accepts_registration, version, info_saved_at
               from org where path >= $1 and path < $2 and state in ('created', 'active', 'graduate') order by path limit $11) o
         where ($3::text is null or org_no = $4 or full_name ilike $3 or short_name ilike $3)
           and ($5::text is null or category = $5) and ($6::text is null or sector = $6) and ($7::text is null or state = $7)
           and (not $8 or (category in ('committee', 'work_committee', 'general_branch') and not exists (
                 select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                   and b.state in ('created', 'active', 'graduate'))))
           and (not $9 or info_saved_at is null)
         order by path limit $10",
        scope.low(),
        scope.high(),
        wanted.text.map(like),
        number,
        wanted.category,
        wanted.sector,
        wanted.state,
        wanted.unfinished,
        wanted.unsaved,
        limit,
        among
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// By the letters of the name. The place is compared as an expression, so that the range of paths, which may be the whole
/// country, is never walked for it.
async fn by_letters(
    conn: &mut PgConnection,
    scope: &Scope,
    wanted: Wanted<'_>,
    text: &str,
    limit: i64,
) -> Result<Vec<Org>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org o
         where string_to_array(lower(full_name || ' ' || short_name), null) @> $4
           and (path || '') >= $1 and (path || '') < $2 and state in ('created', 'active', 'graduate')
           and (full_name ilike $3 or short_name ilike $3)
           and ($5::text is null or category = $5) and ($6::text is null or sector = $6) and ($7::text is null or state = $7)
           and (not $8 or (category in ('committee', 'work_committee', 'general_branch') and not exists (
                 select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                   and b.state in ('created', 'active', 'graduate'))))
           and (not $9 or info_saved_at is null)
         limit $10",
        scope.low(),
        scope.high(),
        like(text),
        &letters(text),
        wanted.category,
        wanted.sector,
        wanted.state,
        wanted.unfinished,
        wanted.unsaved,
        NEAR
    )
    .fetch_all(conn)
    .await?;
    let mut found: Vec<Org> = rows.into_iter().map(Org::from).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// By pinyin or initials of any part of the name, as the roll-up spelled it; three letters at least.
async fn by_sound(
    conn: &mut PgConnection,
    scope: &Scope,
    text: &str,
    limit: i64,
) -> Result<Vec<Org>> {
    let text = text.to_lowercase();
    if text.len() < 3 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(Vec::new());
    }
    let ids = sqlx::query_scalar!(
        "select org_id from org_stat where spelling like $3 and (path || '') >= $1 and (path || '') < $2 limit $4",
        scope.low(),
        scope.high(),
        like(&text),
        limit
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<OrgId> = ids.into_iter().map(OrgId).collect();
    let mut found = super::find_many(conn, &ids).await?;
    found.retain(|org| org.state.is_live() && scope.covers(&org.path));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The characters a name must contain for the text to be part of it: what the index `org_letters` is asked for.
pub fn letters(text: &str) -> Vec<String> {
    let mut letters: Vec<String> = text.to_lowercase().chars().map(String::from).collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

/// Organisations of a scope by 组织ID or a part of the name.
pub async fn search(
    conn: &mut PgConnection,
    scope: &Scope,
    text: &str,
    limit: i64,
) -> Result<Vec<Org>> {
    let wanted = Wanted {
        text: Some(text).filter(|t| !t.is_empty()),
        ..Wanted::default()
    };
    search_with(conn, scope, wanted, limit).await
}

/// Live branches that take registrations, by 组织ID or by words of the full name in any order (ACC-43).
pub async fn find_branches(conn: &mut PgConnection, query: &str, limit: i64) -> Result<Vec<Org>> {
    let query = base::text::normalise(query);
    let words: Vec<String> = query.split_whitespace().map(like).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Ok(number) = query.parse()
        && let Some(org) = super::by_number(conn, number).await?
        && org.is_branch()
        && org.accepts_registration
        && matches!(org.state, OrgState::Created | OrgState::Active)
        && !matches!(
            org.kind,
            BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
        )
    {
        found.push(org);
    }
    // Of what is very common the first two thousand are put in order: whoever wants another writes more of its name.
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from (select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                      graduation_month, accepts_registration, version
               from org
               where string_to_array(lower(full_name || ' ' || short_name), null) @> $1
                 and category = 'branch' and accepts_registration and state in ('created', 'active')
                 and kind not in ('awaiting_transfer', 'special_unit_vault') and full_name ilike all($2) limit 2000) o
         order by length(full_name), path limit $3",
        &letters(&query.replace(char::is_whitespace, "")),
        &words,
        limit
    )
    .fetch_all(conn)
    .await?;
    found.extend(rows.into_iter().map(Org::from));
    Ok(found)
}

/// A pattern that finds the text anywhere, its own signs taken literally.
fn like(text: &str) -> String {
    let literal = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{literal}%")
}

/// A row of 管理下级组织.
#[derive(Clone, Debug)]
pub struct Subordinate {
    /// The organisation.
    pub org: Org,
    /// 组织排序.
    pub sort_no: i32,
    /// Why no month of graduation can be named.
    pub graduation_reason: Option<String>,
}

/// Filters of 管理下级组织.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubordinateFilter<'a> {
    /// Part of the name, or 组织ID.
    pub text: Option<&'a str>,
    /// 组织类别.
    pub category: Option<&'a str>,
    /// 单位所属行业类别.
    pub sector: Option<&'a str>,
    /// 状态.
    pub state: Option<&'a str>,
    /// 支部类型.
    pub kind: Option<&'a str>,
    /// What branches say about their graduation: `month`, `reason` or `none`.
    pub mark: Option<&'a str>,
    /// Whether anybody administers it.
    pub administered: Option<bool>,
    /// Whether its own information is complete (ORG-45), as of the last hour.
    pub complete: Option<bool>,
    /// Created at or after this 组织ID and up to that one: the rows of one import (ORG-24).
    pub numbers: Option<(i64, i64)>,
}

/// Which direct subordinates somebody administers.
async fn administered(conn: &mut PgConnection, parent: OrgId) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select distinct a.org_id from org o join org_admin a on a.org_id = o.org_id where o.parent_id = $1 and a.until is null",
        parent.0
    )
    .fetch_all(conn)
    .await?)
}

/// Which direct subordinates' own information was complete at the last hour.
async fn complete(conn: &mut PgConnection, parent: OrgId) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select p.org_id from org o join org_progress p on p.org_id = o.org_id where o.parent_id = $1 and p.missing = '{}'",
        parent.0
    )
    .fetch_all(conn)
    .await?)
}

/// Direct subordinates after or before a place in their order; rows before it come in reverse order.
pub async fn subordinates(
    conn: &mut PgConnection,
    parent: OrgId,
    filter: SubordinateFilter<'_>,
    place: Option<(i32, i64)>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Subordinate>> {
    let (number, pattern) = (
        filter.text.and_then(|t| t.parse::<i64>().ok()),
        filter.text.map(like),
    );
    let sign = if backwards { -1 } else { 1 };
    let administered_ids = match filter.administered {
        Some(_) => administered(conn, parent).await?,
        None => Vec::new(),
    };
    let complete_ids = match filter.complete {
        Some(_) => complete(conn, parent).await?,
        None => Vec::new(),
    };
    let rows = sqlx::query!(
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version, sort_no, graduation_reason
         from org
         where parent_id = $1 and state in ('created', 'active', 'graduate')
           and ($2::text is null or org_no = $3 or full_name ilike $2 or short_name ilike $2)
           and ($4::text is null or category = $4) and ($5::text is null or sector = $5) and ($6::text is null or state = $6)
           and ($7::bigint is null or org_no between $7 and $8)
           and ($13::text is null or (category = 'branch' and kind = $13))
           and ($14::text is null or (category = 'branch' and $14 = case
                 when graduation_month is not null then 'month' when graduation_reason is not null then 'reason' else 'none' end))
           and ($15::boolean is null or (org_id = any($16)) = $15)
           and ($17::boolean is null or (org_id = any($18)) = $17)
           and ($9::int is null or (sort_no * $11::int, org_no * $11::int) > ($9 * $11::int, $10::bigint * $11::int))
         order by sort_no * $11::int, org_no * $11::int limit $12",
        parent.0,
        pattern,
        number,
        filter.category,
        filter.sector,
        filter.state,
        filter.numbers.map(|n| n.0),
        filter.numbers.map(|n| n.1),
        place.map(|p| p.0),
        place.map(|p| p.1),
        sign,
        limit,
        filter.kind,
        filter.mark,
        filter.administered,
        &administered_ids,
        filter.complete,
        &complete_ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Subordinate {
            sort_no: r.sort_no,
            graduation_reason: r.graduation_reason,
            org: Row {
                org_id: r.org_id,
                org_no: r.org_no,
                parent_id: r.parent_id,
                path: r.path,
                category: r.category,
                kind: r.kind,
                short_name: r.short_name,
                full_name: r.full_name,
                sector: r.sector,
                region: r.region,
                state: r.state,
                phone: r.phone,
                graduation_month: r.graduation_month,
                accepts_registration: r.accepts_registration,
                version: r.version,
            }
            .into(),
        })
        .collect())
}
