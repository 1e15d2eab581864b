//! What a simulated switch (ORG-B5) says of some branches.

use base::{OrgId, PersonId, Result};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// The people of a branch and the transfers in progress there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) members: i64,
    pub(crate) cadres: i64,
    pub(crate) incomplete: i64,
    /// Open transfers out of it and into it.
    pub(crate) leaving: i64,
    pub(crate) coming: i64,
}

/// Of some branches, by their keys.
pub(crate) async fn standing(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Standing>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut found: HashMap<OrgId, Standing> = sqlx::query!(
        "select org_id, members, cadres, incomplete from branch_counter where org_id = any($1)",
        &ids
    )
    .fetch_all(&mut *conn)
    .await?
    .into_iter()
    .map(|r| {
        let of = Standing {
            members: r.members.into(),
            cadres: r.cadres.into(),
            incomplete: r.incomplete.into(),
            ..Standing::default()
        };
        (OrgId(r.org_id), of)
    })
    .collect();
    let transfers = sqlx::query!(
        r#"select org_id, count(*) filter (where side = 'out') as "leaving!", count(*) filter (where side = 'in') as "coming!"
           from org_transfer where org_id = any($1) and open group by org_id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    for row in transfers {
        let of = found.entry(OrgId(row.org_id)).or_default();
        (of.leaving, of.coming) = (row.leaving, row.coming);
    }
    Ok(found)
}

/// Open transfers out of and into the branches of a subtree that are due.
pub(crate) async fn transfers(conn: &mut PgConnection, due: orgs::Due<'_>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) filter (where t.side = 'out') as "leaving!", count(*) filter (where t.side = 'in') as "coming!"
           from org o join org_transfer t on t.org_id = o.org_id and t.open
           where o.graduation_month < $1 and o.category = 'branch' and o.kind = 'ordinary' and o.state in ('created', 'active')
             and case when $2::text[] is null then o.is_school else o.sector = any($2) end
             and o.path >= $3 and o.path < $4"#,
        due.limit.index(),
        due.sectors,
        due.range.0,
        due.range.1
    )
    .fetch_one(conn)
    .await?;
    Ok((row.leaving, row.coming))
}

/// Names of the members in state 正常 of some branches: whom the switch identifies as graduates.
pub(crate) async fn members(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<Vec<(OrgId, PersonId, String)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select branch_id, person_id, name from roster where branch_id = any($1) and state = 'normal' order by branch_id, pinyin, person_id",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.branch_id), PersonId(r.person_id), r.name))
        .collect())
}
