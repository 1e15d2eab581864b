//! What is wrong with organisations, as lists (数据体检).

use super::progress::Found;
use crate::rules::health::Limits;
use access::Scope;
use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) id: OrgId,
    pub(crate) members: i64,
    pub(crate) founded_on: NaiveDate,
    pub(crate) note: Option<String>,
    /// When a snapshot found it first.
    pub(crate) since: Option<DateTime<Utc>>,
}

/// Selects from `f`: an organisation beside each list of [`crate::rules::health::KINDS`] it is on, the one statement of
/// what each list means. The snapshot hangs on the counter's key, not on the tree's: Citus follows an outer join from one
/// distributed table to another only where their own columns meet.
macro_rules! found {
    ($limits:expr, $what:literal, $which:literal $(, $bind:expr)*) => {
        sqlx::query!(
            "select " + $what + " from (
               select c.org_id, o.path, o.founded_on, c.members, p.name_fault, k.kind
               from org o join branch_counter c on c.org_id = o.org_id left join org_progress p on p.org_id = c.org_id
               cross join lateral unnest(array_remove(array[
                 case when o.category in ('committee', 'work_committee', 'general_branch') and not p.has_branch then 'hollow' end,
                 case when o.category = 'branch' and o.kind = 'ordinary' and c.members < $1 and o.founded_on <= $2 then 'small' end,
                 case when c.cadres = 0 and o.kind not in ('awaiting_transfer', 'special_unit_vault') then 'headless' end,
                 case when '书记未录入' = any(p.missing) then 'secretary' end,
                 case when '书记个人资料中手机号码未填写（不是组织联系电话）' = any(p.missing) then 'phone' end,
                 case when p.name_fault is not null then 'name' end,
                 case when o.category = 'general_branch' and (select count(*) from org b where b.parent_id = o.org_id
                            and b.category = 'branch' and b.state in ('created', 'active', 'graduate')) < $3 then 'few' end,
                 case when o.state = 'graduate' and c.members = 0 then 'emptied' end,
                 case when o.kind = 'floating' and o.founded_on <= $4 and c.members > 0
                            and (select u.category from org u where u.org_id = o.parent_id) = 'leading_body' then 'floating' end
               ], null)) as k (kind)
               where o.state in ('created', 'active', 'graduate')) f " + $which,
            $limits.members,
            $limits.founded,
            $limits.branches,
            $limits.floating
            $(, $bind)*
        )
    };
}

/// How many of each list in a subtree, now: for small ones.
pub(crate) async fn counts(
    conn: &mut PgConnection,
    scope: &Scope,
    limits: Limits,
) -> Result<BTreeMap<String, i64>> {
    let rows = found!(
        limits,
        "f.kind as \"kind!\", count(*) as \"n!\"",
        "where f.path >= $5 and f.path < $6 group by f.kind",
        scope.low(),
        scope.high()
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.kind, r.n)).collect())
}

/// The lists these organisations are on.
pub(crate) async fn found_at(
    conn: &mut PgConnection,
    ids: &[OrgId],
    limits: Limits,
) -> Result<Vec<Found>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = found!(
        limits,
        "f.org_id, f.path, f.kind as \"kind!\"",
        "where f.org_id = any($5)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Found {
            id: OrgId(r.org_id),
            kind: r.kind,
            path: OrgPath::new(r.path),
        })
        .collect())
}

/// What a page of one list asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) kind: &'a str,
    pub(crate) after: Option<&'a OrgPath>,
    pub(crate) backwards: bool,
    pub(crate) limit: i64,
    /// Of a large subtree: what the snapshot found and is still so.
    pub(crate) large: bool,
}

/// The organisations of one list in the order of the tree.
pub(crate) async fn list(
    conn: &mut PgConnection,
    asked: Asked<'_>,
    limits: Limits,
) -> Result<Vec<Finding>> {
    macro_rules! page {
        ($which:literal) => {{
            let (mut low, mut high) = (asked.scope.low().to_owned(), asked.scope.high());
            match asked.after {
                Some(path) if asked.backwards => high = high.min(path.as_str()),
                // The next place after a path: a blank sorts before every label.
                Some(path) => low = low.max(format!("{path} ")),
                None => {}
            }
            let rows = found!(
                limits,
                "f.org_id, f.members, f.founded_on, f.name_fault, (select s.since from org_finding s where s.org_id = f.org_id and s.kind = f.kind) as since",
                $which,
                low,
                high,
                asked.kind,
                asked.limit
            )
            .fetch_all(conn)
            .await?;
            Ok(rows
                .into_iter()
                .map(|r| Finding {
                    id: OrgId(r.org_id),
                    members: r.members.into(),
                    founded_on: r.founded_on,
                    note: r.name_fault,
                    since: r.since,
                })
                .collect())
        }};
    }
    match (asked.large, asked.backwards) {
        (false, false) => {
            page!("where f.path >= $5 and f.path < $6 and f.kind = $7 order by f.path limit $8")
        }
        (false, true) => page!(
            "where f.path >= $5 and f.path < $6 and f.kind = $7 order by f.path desc limit $8"
        ),
        (true, false) => page!(
            "join org_finding n on n.org_id = f.org_id and n.kind = f.kind
             where n.path >= $5 and n.path < $6 and n.kind = $7 order by n.path limit $8"
        ),
        (true, true) => page!(
            "join org_finding n on n.org_id = f.org_id and n.kind = f.kind
             where n.path >= $5 and n.path < $6 and n.kind = $7 order by n.path desc limit $8"
        ),
    }
}

/// Direct subordinates that are 毕业生团组织 without any member left (ORG-59).
pub async fn emptied(conn: &mut PgConnection, superior: OrgId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from org o join branch_counter c on c.org_id = o.org_id
           where o.parent_id = $1 and o.state = 'graduate' and c.members = 0"#,
        superior.0
    )
    .fetch_one(conn)
    .await?)
}

/// How many members a branch has and since when a snapshot found them too few (ORG-70); none if they are enough.
pub(crate) async fn small(
    conn: &mut PgConnection,
    branch: &OrgPath,
    limits: Limits,
) -> Result<Option<Finding>> {
    let scope = Scope::subtree(branch);
    let asked = Asked {
        scope: &scope,
        kind: "small",
        after: None,
        backwards: false,
        limit: 1,
        large: false,
    };
    Ok(list(conn, asked, limits).await?.pop())
}

/// A branch below the least number of members.
pub(crate) struct Small {
    pub(crate) id: Uuid,
    pub(crate) superior: Option<Uuid>,
    pub(crate) full_name: String,
    pub(crate) members: i32,
}

/// Branches on the list of small ones who have not been told, in the order of the tree.
pub(crate) async fn untold(conn: &mut PgConnection, most: i64) -> Result<Vec<Small>> {
    Ok(sqlx::query_as!(
        Small,
        "select f.org_id as id, o.parent_id as superior, o.full_name, c.members
         from org_finding f join org o on o.org_id = f.org_id join branch_counter c on c.org_id = f.org_id
         where f.kind = 'small' and f.told_at is null order by f.path limit $1",
        most
    )
    .fetch_all(conn)
    .await?)
}

/// They have been told.
pub(crate) async fn told(tx: &mut db::Tx, branches: &[Uuid]) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update org_finding set told_at = $2 where org_id = any($1) and kind = 'small'",
        branches,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A county's floating branch that still has members.
pub(crate) struct Floating {
    pub(crate) id: Uuid,
    pub(crate) superior: Uuid,
    pub(crate) full_name: String,
    pub(crate) founded_on: NaiveDate,
    pub(crate) members: i32,
}

/// Counties' floating branches founded on one of these days that still have members (ORG-06).
pub(crate) async fn floating(
    conn: &mut PgConnection,
    founded: &[NaiveDate],
) -> Result<Vec<Floating>> {
    Ok(sqlx::query_as!(
        Floating,
        "select o.org_id as id, p.org_id as superior, o.full_name, o.founded_on, c.members
         from org o join branch_counter c on c.org_id = o.org_id join org p on p.org_id = o.parent_id
         where o.kind = 'floating' and o.state in ('created', 'active', 'graduate') and o.founded_on = any($1) and c.members > 0
           and p.category = 'leading_body' order by o.path",
        founded
    )
    .fetch_all(conn)
    .await?)
}
