//! What a simulated switch (ORG-B5) says of some branches.

use crate::rules::health::LIVE;
use crate::rules::marks::{Marked, Marks};
use access::Scope;
use base::{OrgId, PersonId, Result, YearMonth};
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

/// The marks of those of some organisations that are live branches of the school sector.
pub(crate) async fn marks(
    conn: &mut PgConnection,
    ids: &[OrgId],
    sectors: Option<&[String]>,
) -> Result<Vec<(OrgId, Marks)>> {
    let all: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let branches = sqlx::query!(
        r#"select org_id, graduation_month, graduation_reason is not null as "has_reason!", state = 'graduate' as "graduate!", kind = 'ordinary' as "ordinary!"
           from org where org_id = any($1) and category = 'branch' and state in ('created', 'active', 'graduate')
             and case when $2::text[] is null then is_school else sector = any($2) end"#,
        &all,
        sectors
    )
    .fetch_all(&mut *conn)
    .await?;
    let marked: Vec<OrgId> = branches
        .iter()
        .filter(|r| r.graduation_month.is_some())
        .map(|r| OrgId(r.org_id))
        .collect();
    let standing = standing(conn, &marked).await?;
    Ok(branches
        .into_iter()
        .map(|r| {
            let branch = Marked {
                month: r.graduation_month.map(YearMonth::from_index),
                has_reason: r.has_reason,
                graduate: r.graduate,
                ordinary: r.ordinary,
            };
            let id = OrgId(r.org_id);
            let of = standing.get(&id).copied().unwrap_or_default();
            (id, Marks::of(branch, of))
        })
        .collect())
}

/// The marks of a subtree as they stand.
pub(crate) async fn marks_below(
    conn: &mut PgConnection,
    scope: &Scope,
    sectors: Option<&[String]>,
) -> Result<Marks> {
    let ids = sqlx::query_scalar!(
        "select org_id from org where path >= $1 and path < $2 and category = 'branch' order by path limit $3",
        scope.low(),
        scope.high(),
        LIVE
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<OrgId> = ids.into_iter().map(OrgId).collect();
    let mut all = Marks::default();
    for (_, marks) in marks(conn, &ids, sectors).await? {
        all.add(&marks);
    }
    Ok(all)
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
