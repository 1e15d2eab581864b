//! What is wrong with organisations, as lists (数据体检).

use access::Scope;
use base::{OrgId, OrgPath, Result};
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) id: OrgId,
    pub(crate) members: i64,
    pub(crate) founded_on: NaiveDate,
    pub(crate) note: Option<String>,
}

/// Limits the lists depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Members a branch has at least.
    pub(crate) members: i32,
    /// Branches founded after this day are not listed yet.
    pub(crate) founded: NaiveDate,
    /// Branches a general branch has at least.
    pub(crate) branches: i64,
    /// Counties' floating branches founded until this day should be empty.
    pub(crate) floating: NaiveDate,
}

/// How many of each list, in the order of [`crate::rules::health::KINDS`].
pub(crate) async fn counts(
    conn: &mut PgConnection,
    scope: &Scope,
    limits: Limits,
) -> Result<Vec<i64>> {
    let live = sqlx::query!(
        r#"select count(*) filter (where o.category = 'branch' and o.kind = 'ordinary' and c.members < $3 and o.founded_on <= $4) as "small!",
                  count(*) filter (where c.cadres = 0 and o.kind not in ('awaiting_transfer', 'special_unit_vault')) as "headless!",
                  count(*) filter (where o.state = 'graduate' and c.members = 0) as "emptied!",
                  count(*) filter (where o.kind = 'floating' and o.founded_on <= $5 and c.members > 0 and p.category = 'leading_body') as "floating!"
           from org o join branch_counter c on c.org_id = o.org_id left join org p on p.org_id = o.parent_id
           where o.path >= $1 and o.path < $2 and o.state in ('created', 'active', 'graduate')"#,
        scope.low(),
        scope.high(),
        limits.members,
        limits.founded,
        limits.floating
    )
    .fetch_one(&mut *conn)
    .await?;
    let shot = sqlx::query!(
        r#"select count(*) filter (where category in ('committee', 'work_committee', 'general_branch') and not has_branch) as "hollow!",
                  count(*) filter (where '书记个人资料中手机号码未填写（不是组织联系电话）' = any(missing)) as "phone!",
                  count(*) filter (where '书记未录入' = any(missing)) as "secretary!", count(*) filter (where name_fault is not null) as "name!"
           from org_progress where path >= $1 and path < $2"#,
        scope.low(),
        scope.high()
    )
    .fetch_one(&mut *conn)
    .await?;
    let few = sqlx::query_scalar!(
        r#"select count(*) as "n!" from (
             select o.org_id from org o left join org b on b.parent_id = o.org_id and b.category = 'branch' and b.state in ('created', 'active', 'graduate')
             where o.path >= $1 and o.path < $2 and o.category = 'general_branch' and o.state in ('created', 'active', 'graduate')
             group by o.org_id having count(b.org_id) < $3) x"#,
        scope.low(),
        scope.high(),
        limits.branches
    )
    .fetch_one(conn)
    .await?;
    Ok(vec![
        shot.hollow,
        live.small,
        live.headless,
        shot.secretary,
        shot.phone,
        shot.name,
        few,
        live.emptied,
        live.floating,
    ])
}

/// The organisations of one list in the order of the tree.
pub(crate) async fn list(
    conn: &mut PgConnection,
    scope: &Scope,
    kind: &str,
    limits: Limits,
    after: Option<&OrgPath>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Finding>> {
    let rows = sqlx::query!(
        r#"select o.org_id, coalesce(c.members, 0)::bigint as "members!", o.founded_on, p.name_fault
           from org o left join branch_counter c on c.org_id = o.org_id left join org_progress p on p.org_id = o.org_id left join org u on u.org_id = o.parent_id
           where o.path >= $1 and o.path < $2 and o.state in ('created', 'active', 'graduate') and case $3
                   when 'hollow' then o.category in ('committee', 'work_committee', 'general_branch') and not p.has_branch
                   when 'small' then o.category = 'branch' and o.kind = 'ordinary' and c.members < $4 and o.founded_on <= $5
                   when 'headless' then c.cadres = 0 and o.kind not in ('awaiting_transfer', 'special_unit_vault')
                   when 'secretary' then '书记未录入' = any(p.missing)
                   when 'phone' then '书记个人资料中手机号码未填写（不是组织联系电话）' = any(p.missing)
                   when 'name' then p.name_fault is not null
                   when 'emptied' then o.state = 'graduate' and c.members = 0
                   when 'floating' then o.kind = 'floating' and o.founded_on <= $10 and c.members > 0 and u.category = 'leading_body'
                   else o.category = 'general_branch' and (select count(*) from org b where b.parent_id = o.org_id and b.category = 'branch'
                          and b.state in ('created', 'active', 'graduate')) < $6 end
             and ($7::text is null or case when $8 then o.path < $7 else o.path > $7 end)
           order by case when $8 then o.path end desc, o.path limit $9"#,
        scope.low(),
        scope.high(),
        kind,
        limits.members,
        limits.founded,
        limits.branches,
        after.map(OrgPath::as_str),
        backwards,
        limit,
        limits.floating
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Finding {
            id: OrgId(r.org_id),
            members: r.members,
            founded_on: r.founded_on,
            note: r.name_fault,
        })
        .collect())
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
