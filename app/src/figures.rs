//! The figures of the console's dashboard: sums over the counts kept by branch, and a few counts of the roster.

use base::{OrgId, OrgPath, Result};
use chrono::NaiveDate;
use sqlx::PgConnection;

/// Figures of a subtree.
pub(crate) struct Figures {
    pub(crate) members: i64,
    pub(crate) cadres: i64,
    pub(crate) number_faults: i64,
    pub(crate) uncertified: i64,
    pub(crate) branches: i64,
    pub(crate) graduates: i64,
    pub(crate) gaps: i64,
    pub(crate) soon_28: i64,
}

/// Sums over a range of paths; `soon` are the birthdays of those who turn 28 within thirty days.
pub(crate) async fn of(
    conn: &mut PgConnection,
    path: &OrgPath,
    soon: (NaiveDate, NaiveDate),
) -> Result<Figures> {
    let (low, high) = (path.as_str(), path.subtree_end());
    let sums = sqlx::query!(
        r#"select coalesce(sum(members), 0)::bigint as "members!", coalesce(sum(cadres), 0)::bigint as "cadres!",
                  coalesce(sum(number_faults), 0)::bigint as "number_faults!", coalesce(sum(uncertified), 0)::bigint as "uncertified!",
                  coalesce(sum(gaps), 0)::bigint as "gaps!"
           from branch_counter where path >= $1 and path < $2"#,
        low,
        high
    )
    .fetch_one(&mut *conn)
    .await?;
    let orgs = sqlx::query!(
        r#"select count(*) as "branches!", count(*) filter (where state = 'graduate') as "graduates!"
           from org where path >= $1 and path < $2 and category = 'branch' and state in ('created', 'active', 'graduate')"#,
        low,
        high
    )
    .fetch_one(&mut *conn)
    .await?;
    let roster = sqlx::query!(
        r#"select count(*) as "soon!" from roster where path >= $1 and path < $2 and state = 'normal' and born between $3 and $4"#,
        low,
        high,
        soon.0,
        soon.1
    )
    .fetch_one(conn)
    .await?;
    Ok(Figures {
        members: sums.members,
        cadres: sums.cadres,
        number_faults: sums.number_faults,
        uncertified: sums.uncertified,
        branches: orgs.branches,
        graduates: orgs.graduates,
        gaps: sums.gaps,
        soon_28: roster.soon,
    })
}

/// A direct subordinate's figures.
pub(crate) struct Below {
    pub(crate) id: OrgId,
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) branches: i64,
    pub(crate) members: i64,
    pub(crate) gaps: i64,
    pub(crate) number_faults: i64,
}

/// Direct subordinates, the least complete first.
pub(crate) async fn below(
    conn: &mut PgConnection,
    parent: OrgId,
    limit: i64,
) -> Result<Vec<Below>> {
    Ok(sqlx::query_as!(
        Below,
        r#"select o.org_id as id, o.org_no as number, o.short_name as name,
                  count(c.org_id) filter (where c.members > 0) as "branches!",
                  coalesce(sum(c.members), 0)::bigint as "members!", coalesce(sum(c.gaps), 0)::bigint as "gaps!",
                  coalesce(sum(c.number_faults), 0)::bigint as "number_faults!"
           from org o join branch_counter c on c.path >= o.path and c.path < o.path || '~'
           where o.parent_id = $1 and o.state in ('created', 'active', 'graduate')
           group by o.org_id, o.org_no, o.short_name, o.sort_no
           order by coalesce(sum(c.gaps), 0)::float8 / greatest(coalesce(sum(c.members), 0), 1) desc, o.sort_no, o.org_no
           limit $2"#,
        parent.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}
