//! Reads for the pages: information, totals, search, lists.

use super::Row;
use crate::rules::{Org, OrgInfo, Secretary};
use access::Scope;
use base::{OrgId, OrgPath, PersonId, Result};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// All information of an organisation, its secretary's state included.
pub async fn information(conn: &mut PgConnection, id: OrgId) -> Result<Option<OrgInfo>> {
    let Some(org) = super::find(conn, id).await? else {
        return Ok(None);
    };
    let row = sqlx::query!(
        "select email, admin_posts, admin_actual, inst_posts, inst_actual, youth_14_28, recommended_to_party, is_school,
                school_code, uscc, graduation_reason, founded_on, sort_no, info_saved_at
         from org where org_id = $1",
        id.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let secretary = secretary(conn, id).await?;
    Ok(Some(OrgInfo {
        org,
        email: row.email,
        admin_posts: row.admin_posts,
        admin_actual: row.admin_actual,
        inst_posts: row.inst_posts,
        inst_actual: row.inst_actual,
        youth_14_28: row.youth_14_28,
        recommended_to_party: row.recommended_to_party,
        is_school: row.is_school,
        school_code: row.school_code,
        uscc: row.uscc,
        graduation_reason: row.graduation_reason,
        founded_on: row.founded_on,
        sort_no: row.sort_no,
        saved_at: row.info_saved_at,
        secretary,
    }))
}

/// The secretary and whether the own phone is filled and confirmed (ORG-45): one read by organisation, one by person.
async fn secretary(conn: &mut PgConnection, id: OrgId) -> Result<Option<Secretary>> {
    let post = sqlx::query!(
        "select person_id, name from org_post where org_id = $1 and is_secretary and until is null",
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(post) = post else {
        return Ok(None);
    };
    let phone = sqlx::query_scalar!(
        r#"select phone_sealed is not null and phone_confirmed as "phone!" from person where person_id = $1"#,
        post.person_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let registered = sqlx::query_scalar!(
        r#"select exists (select from account where account_id = $1 and state = 'active') as "yes!""#,
        post.person_id
    )
    .fetch_one(conn)
    .await?;
    Ok(Some(Secretary {
        person: PersonId(post.person_id),
        name: post.name,
        registered,
        phone: phone == Some(true),
    }))
}

/// Names of the administrators of some organisations.
pub async fn administrators(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Vec<String>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select org_id, name from org_admin where org_id = any($1) and until is null order by since",
        &ids
    )
    .fetch_all(conn)
    .await?;
    let mut names: HashMap<OrgId, Vec<String>> = HashMap::new();
    for row in rows {
        names.entry(OrgId(row.org_id)).or_default().push(row.name);
    }
    Ok(names)
}

/// What hangs on an organisation and everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// 团员.
    pub members: i64,
    /// 团干部.
    pub cadres: i64,
    /// Members whose record is incomplete.
    pub incomplete: i64,
    /// Live organisations, itself included.
    pub orgs: i64,
    /// Live branches, itself included.
    pub branches: i64,
}

/// Totals of a subtree; official figures come from closed periods, these are for finding one's way (DATA.md rule 21).
pub async fn tallies(conn: &mut PgConnection, path: &OrgPath) -> Result<Tallies> {
    let scope = Scope::subtree(path);
    let people = sqlx::query!(
        r#"select coalesce(sum(members), 0)::bigint as "members!", coalesce(sum(cadres), 0)::bigint as "cadres!",
                  coalesce(sum(incomplete), 0)::bigint as "incomplete!"
           from branch_counter where path >= $1 and path < $2"#,
        scope.low(),
        scope.high()
    )
    .fetch_one(&mut *conn)
    .await?;
    let orgs = sqlx::query!(
        r#"select count(*) as "orgs!", count(*) filter (where category = 'branch') as "branches!"
           from org where path >= $1 and path < $2 and state in ('created', 'active', 'graduate')"#,
        scope.low(),
        scope.high()
    )
    .fetch_one(conn)
    .await?;
    Ok(Tallies {
        members: people.members,
        cadres: people.cadres,
        incomplete: people.incomplete,
        orgs: orgs.orgs,
        branches: orgs.branches,
    })
}

/// Members and cadres of each direct subordinate's subtree, by its path.
pub async fn totals_below(
    conn: &mut PgConnection,
    parent: &OrgPath,
) -> Result<HashMap<String, (i64, i64)>> {
    let scope = Scope::subtree(parent);
    let width = i32::try_from(parent.as_str().len() + OrgPath::LABEL).unwrap_or(i32::MAX);
    let rows = sqlx::query!(
        r#"select left(path, $3) as "path!", sum(members)::bigint as "members!", sum(cadres)::bigint as "cadres!"
           from branch_counter where path >= $1 and path < $2 and length(path) >= $3 group by 1"#,
        scope.low(),
        scope.high(),
        width
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.path, (r.members, r.cadres)))
        .collect())
}

/// Live organisations by level of the tree, levels from the root.
pub async fn levels(conn: &mut PgConnection, path: &OrgPath) -> Result<Vec<(i64, i64)>> {
    let scope = Scope::subtree(path);
    let rows = sqlx::query!(
        r#"select (length(path) / 4)::bigint as "level!", count(*) as "orgs!" from org
           where path >= $1 and path < $2 and state in ('created', 'active', 'graduate') group by 1 order by 1"#,
        scope.low(),
        scope.high()
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.level, r.orgs)).collect())
}

/// Which of these have live subordinates.
pub async fn with_children(conn: &mut PgConnection, ids: &[OrgId]) -> Result<Vec<OrgId>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_scalar!(
        r#"select distinct parent_id as "parent!" from org where parent_id = any($1) and state in ('created', 'active', 'graduate')"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}

/// The school code of an organisation, which its subordinates inherit.
pub async fn school_code(conn: &mut PgConnection, id: OrgId) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar!("select school_code from org where org_id = $1", id.0)
            .fetch_optional(conn)
            .await?
            .flatten(),
    )
}

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

/// Organisations of a scope, in the order of the tree.
pub async fn search_with(
    conn: &mut PgConnection,
    scope: &Scope,
    wanted: Wanted<'_>,
    limit: i64,
) -> Result<Vec<Org>> {
    let number: Option<i64> = wanted.text.and_then(|text| text.parse().ok());
    let pattern = wanted.text.map(like);
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org o
         where path >= $1 and path < $2 and state in ('created', 'active', 'graduate')
           and ($3::text is null or org_no = $4 or full_name ilike $3 or short_name ilike $3)
           and ($5::text is null or category = $5) and ($6::text is null or sector = $6) and ($7::text is null or state = $7)
           and (not $8 or (category in ('committee', 'work_committee', 'general_branch') and not exists (
                 select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                   and b.state in ('created', 'active', 'graduate'))))
           and (not $9 or info_saved_at is null)
         order by path limit $10",
        scope.low(),
        scope.high(),
        pattern,
        number,
        wanted.category,
        wanted.sector,
        wanted.state,
        wanted.unfinished,
        wanted.unsaved,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
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
    let number: Option<i64> = query.parse().ok();
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org
         where category = 'branch' and accepts_registration and state in ('created', 'active')
           and kind not in ('awaiting_transfer', 'special_unit_vault') and (org_no = $1 or full_name ilike all($2))
         order by length(full_name), path limit $3",
        number,
        &words,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
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
    /// Created at or after this 组织ID and up to that one: the rows of one import (ORG-24).
    pub numbers: Option<(i64, i64)>,
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
    let rows = sqlx::query!(
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version, sort_no, graduation_reason
         from org
         where parent_id = $1 and state in ('created', 'active', 'graduate')
           and ($2::text is null or org_no = $3 or full_name ilike $2 or short_name ilike $2)
           and ($4::text is null or category = $4) and ($5::text is null or sector = $5) and ($6::text is null or state = $6)
           and ($7::bigint is null or org_no between $7 and $8)
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
        limit
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

/// How far the building below an organisation has come (ORG-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// Direct subordinates.
    pub all: i64,
    /// Of them nobody has signed in yet.
    pub waiting: i64,
    /// 未到支部 in the whole subtree (ORG-03).
    pub unfinished: i64,
}

/// Counts for the four steps of building.
pub async fn below(conn: &mut PgConnection, org: &Org) -> Result<Below> {
    let direct = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where state = 'created') as "waiting!" from org
           where parent_id = $1 and state in ('created', 'active', 'graduate')"#,
        org.id.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let scope = Scope::subtree(&org.path);
    let unfinished = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org o
           where path >= $1 and path < $2 and category in ('committee', 'work_committee', 'general_branch')
             and state in ('created', 'active', 'graduate') and not exists (
               select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                 and b.state in ('created', 'active', 'graduate'))"#,
        scope.low(),
        scope.high()
    )
    .fetch_one(conn)
    .await?;
    Ok(Below {
        all: direct.all,
        waiting: direct.waiting,
        unfinished,
    })
}
