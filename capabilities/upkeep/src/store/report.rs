//! The statistics' snapshot: what is counted of each organisation, and the rows that came of it.

use crate::rules::report::{Figures, Runs};
use access::Scope;
use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// One organisation as the count meets it, in the order of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    pub(crate) id: Uuid,
    pub(crate) parent: Option<Uuid>,
    pub(crate) path: String,
    pub(crate) category: String,
    pub(crate) kind: String,
    pub(crate) sector: Option<String>,
    pub(crate) members: i32,
}

/// Live organisations after a place.
pub(crate) async fn after(conn: &mut PgConnection, path: &str, limit: i64) -> Result<Vec<Met>> {
    Ok(sqlx::query_as!(
        Met,
        r#"select o.org_id as id, o.parent_id as parent, o.path, o.category, o.kind, o.sector, coalesce(c.members, 0) as "members!"
           from org o left join branch_counter c on c.org_id = o.org_id
           where o.path > $1 and o.state in ('created', 'active', 'graduate') order by o.path limit $2"#,
        path,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Members of a branch with the same education and income, and how many of them were admitted between two months.
#[derive(Clone, Debug)]
pub(crate) struct Alike {
    pub(crate) branch: Uuid,
    pub(crate) education: String,
    pub(crate) income: String,
    pub(crate) n: i64,
    pub(crate) new: i64,
}

/// Members of these branches.
pub(crate) async fn members(
    conn: &mut PgConnection,
    orgs: &[Uuid],
    admitted: (i32, i32),
) -> Result<Vec<Alike>> {
    Ok(sqlx::query_as!(
        Alike,
        r#"select branch_id as branch, coalesce(education, '') as "education!", coalesce(income, '') as "income!", count(*) as "n!",
                  count(*) filter (where admitted_on between $2 and $3) as "new!"
           from roster where branch_id = any($1) and state = 'normal' group by 1, 2, 3"#,
        orgs,
        admitted.0,
        admitted.1
    )
    .fetch_all(conn)
    .await?)
}

/// A post somebody holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) org: Uuid,
    pub(crate) person: Uuid,
    pub(crate) nature: String,
    /// 禁用 in this organisation (FLD-12).
    pub(crate) disabled: bool,
}

/// Who holds a post in these organisations.
pub(crate) async fn posts(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<Held>> {
    Ok(sqlx::query_as!(
        Held,
        "select org_id as org, person_id as person, nature, disabled from org_post where org_id = any($1) and until is null",
        orgs
    )
    .fetch_all(conn)
    .await?)
}

/// Which of these persons hold posts in several organisations, and which have an account in use.
pub(crate) async fn standing(
    conn: &mut PgConnection,
    persons: &[Uuid],
) -> Result<(HashSet<Uuid>, HashSet<Uuid>)> {
    let several = sqlx::query_scalar!(
        "select person_id from person_post where person_id = any($1) and until is null group by person_id having count(distinct org_id) > 1",
        persons
    )
    .fetch_all(&mut *conn)
    .await?;
    let joined = sqlx::query_scalar!(
        "select account_id from account where account_id = any($1) and state in ('active', 'read_only')",
        persons
    )
    .fetch_all(conn)
    .await?;
    Ok((several.into_iter().collect(), joined.into_iter().collect()))
}

/// Transfers of an organisation: open out, completed out, waiting to be received, received.
pub(crate) async fn transfers(
    conn: &mut PgConnection,
    orgs: &[Uuid],
) -> Result<HashMap<Uuid, [i64; 4]>> {
    let rows = sqlx::query!(
        r#"select org_id, count(*) filter (where side = 'out' and open) as "out_open!", count(*) filter (where side = 'out' and state = 'completed') as "out!",
                  count(*) filter (where side = 'in' and open and step in ('in', 'in_superior')) as "in_open!",
                  count(*) filter (where side = 'in' and state = 'completed') as "taken_in!"
           from org_transfer where org_id = any($1) group by org_id"#,
        orgs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (r.org_id, [r.out_open, r.out, r.in_open, r.taken_in]))
        .collect())
}

/// A step on an organisation's desk.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) org: Uuid,
    pub(crate) kind: String,
    pub(crate) arrived: DateTime<Utc>,
    pub(crate) done_at: Option<DateTime<Utc>>,
    pub(crate) done_how: Option<String>,
}

/// Steps these organisations were to decide: the open ones and those settled since a moment.
pub(crate) async fn desks(
    conn: &mut PgConnection,
    orgs: &[Uuid],
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Desk>> {
    Ok(sqlx::query_as!(
        Desk,
        "select org_id as org, kind, arrived_at as arrived, done_at, done_how from org_inbox
         where org_id = any($1) and part = 'decide' and arrived_at <= $3 and (done_at is null or done_at >= $2)",
        orgs,
        since,
        now
    )
    .fetch_all(conn)
    .await?)
}

/// A row to be written.
pub(crate) struct Row {
    pub(crate) met: Met,
    pub(crate) sector: Option<String>,
    pub(crate) listed: bool,
    pub(crate) flags: [bool; 3],
    pub(crate) figures: Figures,
}

/// Writes rows of a run.
pub(crate) async fn save(conn: &mut PgConnection, rows: &[Row], at: DateTime<Utc>) -> Result<()> {
    fn each<'a, T>(rows: &'a [Row], of: impl Fn(&'a Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let mut figures = Vec::with_capacity(rows.len());
    for row in rows {
        figures.push(serde_json::to_value(&row.figures).map_err(anyhow::Error::from)?);
    }
    sqlx::query!(
        "insert into org_report (org_id, at, path, category, sector, members, listed, hollow, few, headless, figures, parent_id)
         select n.org_id, $11, n.path, n.category, n.sector, n.members, n.listed, n.hollow, n.few, n.headless, n.figures, n.parent_id
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::boolean[], $7::boolean[], $8::boolean[], $9::boolean[], $10::jsonb[],
                     $12::uuid[])
              as n (org_id, path, category, sector, members, listed, hollow, few, headless, figures, parent_id)
         on conflict (org_id, at) do update set figures = excluded.figures, listed = excluded.listed, hollow = excluded.hollow, few = excluded.few,
             headless = excluded.headless, members = excluded.members, path = excluded.path, category = excluded.category, sector = excluded.sector, parent_id = excluded.parent_id",
        &each(rows, |r| r.met.id),
        &each(rows, |r| r.met.path.clone()),
        &each(rows, |r| r.met.category.clone()),
        &each(rows, |r| r.sector.clone()) as &[Option<String>],
        &each(rows, |r| r.met.members),
        &each(rows, |r| r.listed),
        &each(rows, |r| r.flags[0]),
        &each(rows, |r| r.flags[1]),
        &each(rows, |r| r.flags[2]),
        &figures,
        at,
        &each(rows, |r| r.met.parent) as &[Option<Uuid>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Names the run everybody reads from now on, keeps the former one where it was its month's last, and drops the others.
pub(crate) async fn publish(
    conn: &mut PgConnection,
    at: DateTime<Utc>,
    months_shown: usize,
) -> Result<()> {
    let mut runs = runs(conn).await?;
    runs.publish(at, months_shown);
    let value = serde_json::to_value(&runs).map_err(anyhow::Error::from)?;
    sqlx::query!(
        "insert into setting (name, value) values ('org_report', $1) on conflict (name) do update set value = excluded.value",
        value
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from org_report where at <> all($1)",
        &runs.kept().collect::<Vec<_>>()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The runs that can be read.
pub(crate) async fn runs(conn: &mut PgConnection) -> Result<Runs> {
    let value = sqlx::query_scalar!("select value from setting where name = 'org_report'")
        .fetch_optional(conn)
        .await?;
    Ok(value.map(Runs::from_setting).unwrap_or_default())
}

fn figures(value: serde_json::Value) -> Result<Figures> {
    Ok(serde_json::from_value(value).map_err(anyhow::Error::from)?)
}

/// The figures of one organisation in a run, and where it stood then.
pub(crate) async fn of(
    conn: &mut PgConnection,
    org: OrgId,
    at: DateTime<Utc>,
) -> Result<Option<(Figures, OrgPath)>> {
    let row = sqlx::query!(
        "select figures, path from org_report where org_id = $1 and at = $2",
        org.0,
        at
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((figures(row.figures)?, OrgPath::new(row.path))))
        .transpose()
}

/// A direct subordinate with its figures.
#[derive(Clone, Debug)]
pub(crate) struct Below {
    pub(crate) number: i64,
    pub(crate) short_name: String,
    pub(crate) full_name: String,
    pub(crate) sort: i32,
    pub(crate) figures: Figures,
    /// It no longer stands there.
    pub(crate) changed: bool,
}

/// Direct subordinates in their order, those after one.
pub(crate) async fn below(
    conn: &mut PgConnection,
    parent: OrgId,
    at: DateTime<Utc>,
    after: Option<(i32, i64)>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Below>> {
    let (sort, number) = after.unzip();
    let rows = sqlx::query!(
        r#"select o.org_no, o.short_name, o.full_name, o.sort_no, r.figures,
                  (o.parent_id is distinct from r.parent_id or o.state not in ('created', 'active', 'graduate')) as "changed!"
           from org_report r join org o on o.org_id = r.org_id
           where r.at = $2 and r.parent_id = $1 and r.listed
             and ($3::int is null or case when $5 then (o.sort_no, o.org_no) < ($3, $4::bigint) else (o.sort_no, o.org_no) > ($3, $4::bigint) end)
           order by case when $5 then -o.sort_no end, case when $5 then -o.org_no end, o.sort_no, o.org_no limit $6"#,
        parent.0,
        at,
        sort,
        number,
        backwards,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Below {
                number: r.org_no,
                short_name: r.short_name,
                full_name: r.full_name,
                sort: r.sort_no,
                changed: r.changed,
                figures: figures(r.figures)?,
            })
        })
        .collect()
}

/// One organisation behind a number.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: Uuid,
    pub(crate) path: String,
    pub(crate) full_name: String,
    pub(crate) superior: String,
    pub(crate) category: String,
    pub(crate) sector: Option<String>,
    pub(crate) founded_on: NaiveDate,
    pub(crate) members: i32,
    /// It is no longer as it was counted.
    pub(crate) changed: bool,
}

/// Which organisations of a subtree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// `hollow`, `few`, `headless`, a category, or all.
    pub(crate) kind: &'a str,
    /// A row of 查看分类统计.
    pub(crate) sector: Option<&'a str>,
}

/// The organisations behind a number, as they were counted.
pub(crate) async fn list(
    conn: &mut PgConnection,
    scope: &Scope,
    at: DateTime<Utc>,
    wanted: Wanted<'_>,
    after: Option<&OrgPath>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Listed>> {
    Ok(sqlx::query_as!(
        Listed,
        r#"select r.org_id as id, r.path, o.full_name, coalesce(u.full_name, '') as "superior!", r.category, r.sector, o.founded_on, r.members,
                  (o.category <> r.category or o.parent_id is distinct from r.parent_id or o.state not in ('created', 'active', 'graduate')) as "changed!"
           from org_report r join org o on o.org_id = r.org_id left join org u on u.org_id = r.parent_id
           where r.path >= $1 and r.path < $2 and r.at = $3 and r.listed
             and case $4 when 'hollow' then r.hollow when 'few' then r.few when 'headless' then r.headless
                         when '' then true else r.category = $4 end
             and ($5::text is null or coalesce(r.sector, '未填') = $5 and r.category <> 'leading_body')
             and ($6::text is null or case when $7 then r.path < $6 else r.path > $6 end)
           order by case when $7 then r.path end desc, r.path limit $8"#,
        scope.low(),
        scope.high(),
        at,
        wanted.kind,
        wanted.sector,
        after.map(OrgPath::as_str),
        backwards,
        limit
    )
    .fetch_all(conn)
    .await?)
}
