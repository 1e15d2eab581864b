//! Branches and their marks.

use access::Scope;
use base::{OrgId, OrgPath, Result};
use sqlx::PgConnection;

/// A branch of the school sector.
pub(crate) struct Line {
    pub(crate) id: OrgId,
    pub(crate) reason: Option<String>,
    pub(crate) members: i64,
}

/// What the list asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) text: Option<&'a str>,
    /// `unmarked`, `month`, `reason` or `graduate`.
    pub(crate) mark: Option<&'a str>,
    /// Entry year.
    pub(crate) year: Option<&'a str>,
    /// Sectors of the school field; none: by 是否学校组织 (ORG-04).
    pub(crate) sectors: Option<&'a [String]>,
}

/// Branches of the school sector in the order of the tree, after a place.
pub(crate) async fn branches(
    conn: &mut PgConnection,
    scope: &Scope,
    wanted: Wanted<'_>,
    after: Option<&OrgPath>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Line>> {
    let number: Option<i64> = wanted.text.and_then(|text| text.parse().ok());
    let at = after.map(OrgPath::as_str);
    let rows = sqlx::query!(
        r#"select o.org_id, o.graduation_reason, coalesce(c.members, 0)::bigint as "members!"
           from org o left join branch_counter c on c.org_id = o.org_id
           where o.path >= $1 and o.path < $2 and o.category = 'branch' and o.state in ('created', 'active', 'graduate')
             and case when $3::text[] is null then o.is_school else o.sector = any($3) end
             and ($4::text is null or o.org_no = $5 or position($4 in o.full_name) > 0)
             and ($6::text is null or case $6
                    when 'unmarked' then o.graduation_month is null and o.graduation_reason is null
                    when 'month' then o.graduation_month is not null and o.state <> 'graduate'
                    when 'reason' then o.graduation_reason is not null
                    else o.state = 'graduate' end)
             and ($7::text is null or position($7 || '级' in o.short_name) > 0)
             and ($8::text is null or case when $9 then o.path < $8 else o.path > $8 end)
           order by case when $9 then o.path end desc, o.path limit $10"#,
        scope.low(),
        scope.high(),
        wanted.sectors,
        wanted.text,
        number,
        wanted.mark,
        wanted.year,
        at,
        backwards,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Line {
            id: OrgId(r.org_id),
            reason: r.graduation_reason,
            members: r.members,
        })
        .collect())
}

/// How many are unmarked, marked with a month, with a reason, graduates.
pub(crate) async fn counts(
    conn: &mut PgConnection,
    scope: &Scope,
    sectors: Option<&[String]>,
) -> Result<[i64; 4]> {
    let r = sqlx::query!(
        r#"select count(*) filter (where state <> 'graduate' and graduation_month is null and graduation_reason is null) as "unmarked!",
                  count(*) filter (where state <> 'graduate' and graduation_month is not null) as "month!",
                  count(*) filter (where state <> 'graduate' and graduation_reason is not null) as "reason!",
                  count(*) filter (where state = 'graduate') as "graduate!"
           from org where path >= $1 and path < $2 and category = 'branch' and state in ('created', 'active', 'graduate')
             and case when $3::text[] is null then is_school else sector = any($3) end"#,
        scope.low(),
        scope.high(),
        sectors
    )
    .fetch_one(conn)
    .await?;
    Ok([r.unmarked, r.month, r.reason, r.graduate])
}

/// All live branches of the school sector below a place, in the order of the tree: a school has some thousand at most.
pub(crate) async fn all_branches(
    conn: &mut PgConnection,
    scope: &Scope,
    sectors: Option<&[String]>,
) -> Result<Vec<crate::rules::calendar::Branch>> {
    let rows = sqlx::query!(
        "select org_id, parent_id, short_name, full_name, sector, state, graduation_month, graduation_reason
         from org where path >= $1 and path < $2 and category = 'branch' and kind = 'ordinary' and state in ('created', 'active', 'graduate')
           and case when $3::text[] is null then is_school else sector = any($3) end
         order by path limit 10000",
        scope.low(),
        scope.high(),
        sectors
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| crate::rules::calendar::Branch {
            id: OrgId(r.org_id),
            superior: r.parent_id.map(OrgId),
            short_name: r.short_name,
            full_name: r.full_name,
            sector: r.sector,
            graduate: r.state == "graduate",
            month: r.graduation_month.map(base::YearMonth::from_index),
            reason: r.graduation_reason,
        })
        .collect())
}

/// Why no month was named, of those branches that have a reason.
pub(crate) async fn reasons(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<Vec<(OrgId, String)>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select org_id, graduation_reason as "reason!" from org where org_id = any($1) and graduation_reason is not null"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), r.reason))
        .collect())
}

/// Sector and 是否学校组织 of some organisations.
pub(crate) async fn schooling(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<Vec<(OrgId, Option<bool>)>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select org_id, is_school from org where org_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), r.is_school))
        .collect())
}

/// Members of some branches together.
pub(crate) async fn members(conn: &mut PgConnection, ids: &[OrgId]) -> Result<i64> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        r#"select coalesce(sum(members), 0)::bigint as "n!" from branch_counter where org_id = any($1)"#,
        &ids
    )
    .fetch_one(conn)
    .await?)
}

/// Superiors with unmarked branches directly below and how many: for the daily reminder (ORG-50).
pub(crate) async fn unmarked_by_superior(
    conn: &mut PgConnection,
    sectors: Option<&[String]>,
) -> Result<Vec<(OrgId, i64)>> {
    let rows = sqlx::query!(
        r#"select parent_id as "parent!", count(*) as "n!" from org
           where category = 'branch' and kind = 'ordinary' and state in ('created', 'active') and parent_id is not null
             and graduation_month is null and graduation_reason is null
             and case when $1::text[] is null then is_school else sector = any($1) end
           group by parent_id order by parent_id"#,
        sectors
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (OrgId(r.parent), r.n)).collect())
}
