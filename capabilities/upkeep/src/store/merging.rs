//! Branches directly below a superior, for merging (ORG-B9).

use base::{OrgId, Result};
use chrono::NaiveDate;
use sqlx::PgConnection;

/// Members and founding day of the live branches directly below, as many as a level may have.
pub(crate) async fn branches(
    conn: &mut PgConnection,
    superior: OrgId,
) -> Result<Vec<(OrgId, i64, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"select o.org_id, coalesce(c.members, 0)::bigint as "members!", o.founded_on
           from org o left join branch_counter c on c.org_id = o.org_id
           where o.parent_id = $1 and o.category = 'branch' and o.state in ('created', 'active') order by o.sort_no, o.org_no limit 3000"#,
        superior.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), r.members, r.founded_on))
        .collect())
}
