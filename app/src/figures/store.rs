//! All SQL of the figures.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// One roll-up, survey or batch of the nightly writing at a time; business never comes here.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "insert into figure_run (name, at) values ('lock', 'epoch') on conflict do nothing"
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("select at from figure_run where name = 'lock' for update")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Notes that a run counted everything until this moment.
pub(super) async fn ran(conn: &mut PgConnection, name: &str, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into figure_run (name, at) values ($1, $2) on conflict (name) do update set at = excluded.at",
        name,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When a run counted last.
pub(super) async fn ran_at(conn: &mut PgConnection, name: &str) -> Result<Option<DateTime<Utc>>> {
    Ok(
        sqlx::query_scalar!("select at from figure_run where name = $1", name)
            .fetch_optional(conn)
            .await?,
    )
}

/// The oldest marks.
pub(super) async fn marks(conn: &mut PgConnection, limit: i64) -> Result<Vec<(i64, Uuid)>> {
    let rows = sqlx::query!(
        "select mark_id, org_id from figure_mark order by mark_id limit $1",
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.mark_id, r.org_id)).collect())
}

/// Marks that were counted.
pub(super) async fn forget_marks(conn: &mut PgConnection, ids: &[i64]) -> Result<()> {
    sqlx::query!("delete from figure_mark where mark_id = any($1)", ids)
        .execute(conn)
        .await?;
    Ok(())
}

/// Where these organisations stand, and where they stood when they were counted last.
pub(super) async fn places(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<String>> {
    let mut paths = sqlx::query_scalar!("select path from org where org_id = any($1)", orgs)
        .fetch_all(&mut *conn)
        .await?;
    paths.extend(
        sqlx::query_scalar!("select path from org_stat where org_id = any($1)", orgs)
            .fetch_all(conn)
            .await?,
    );
    Ok(paths)
}

/// The organisations at these places.
pub(super) async fn at(conn: &mut PgConnection, paths: &[String]) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!("select org_id, path from org where path = any($1)", paths)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|r| (r.org_id, r.path)).collect())
}

/// Writes the rows of these organisations: the own counter and survey plus the rows of the direct subordinates. Rows that
/// stay as they are are not written.
pub(super) async fn write(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<u64> {
    let done = sqlx::query!(
        "insert into org_stat (org_id, path, orgs, branches, graduates, unfinished, settled, members, cadres, persons, incomplete, gaps, unverified,
                               number_faults, uncertified, waiting, soon_28, levels, spelling)
         select c.org_id, c.path, c.live + c.orgs, c.branch + c.branches, c.graduate + c.graduates,
                c.unfinished + case when c.live = 1 and c.branch + c.branches = 0 and c.category in ('committee', 'work_committee', 'general_branch')
                                    then 1 else 0 end,
                c.settled + case when c.branch = 1 and c.own_members > 0 then 1 else 0 end,
                c.members, c.cadres, c.persons, c.incomplete, c.gaps, c.unverified, c.number_faults, c.uncertified, c.waiting, c.soon_28,
                array[c.live] || c.levels, ''
         from (
           select o.org_id, o.path, o.category, c.members as own_members,
                  case when o.state in ('created', 'active', 'graduate') then 1 else 0 end as live,
                  case when o.category = 'branch' and o.state in ('created', 'active', 'graduate') then 1 else 0 end as branch,
                  case when o.category = 'branch' and o.state = 'graduate' then 1 else 0 end as graduate,
                  coalesce(k.orgs, 0) as orgs, coalesce(k.branches, 0) as branches, coalesce(k.graduates, 0) as graduates,
                  coalesce(k.unfinished, 0) as unfinished, coalesce(k.settled, 0) as settled,
                  c.members + coalesce(k.members, 0) as members, c.cadres + coalesce(k.cadres, 0) as cadres,
                  c.persons + coalesce(k.persons, 0) as persons, c.incomplete + coalesce(k.incomplete, 0) as incomplete,
                  c.gaps + coalesce(k.gaps, 0) as gaps, c.unverified + coalesce(k.unverified, 0) as unverified,
                  c.number_faults + coalesce(k.number_faults, 0) as number_faults, c.uncertified + coalesce(k.uncertified, 0) as uncertified,
                  coalesce(v.waiting, 0) + coalesce(k.waiting, 0) as waiting, coalesce(v.soon_28, 0) + coalesce(k.soon_28, 0) as soon_28,
                  coalesce(l.levels, '{}') as levels
           from branch_counter c join org o on o.org_id = c.org_id left join org_survey v on v.org_id = c.org_id
           left join (select b.parent_id, sum(s.orgs)::int as orgs, sum(s.branches)::int as branches, sum(s.graduates)::int as graduates,
                             sum(s.unfinished)::int as unfinished, sum(s.settled)::int as settled, sum(s.members)::int as members,
                             sum(s.cadres)::int as cadres, sum(s.persons)::int as persons, sum(s.incomplete)::int as incomplete,
                             sum(s.gaps)::int as gaps, sum(s.unverified)::int as unverified, sum(s.number_faults)::int as number_faults,
                             sum(s.uncertified)::int as uncertified, sum(s.waiting)::int as waiting, sum(s.soon_28)::int as soon_28
                      from org b join org_stat s on s.org_id = b.org_id where b.parent_id = any($1) group by b.parent_id) k on k.parent_id = c.org_id
           left join (select e.parent_id, array_agg(e.n order by e.level) as levels
                      from (select b.parent_id, u.level, sum(u.n)::int as n
                            from org b join org_stat s on s.org_id = b.org_id cross join unnest(s.levels) with ordinality as u (n, level)
                            where b.parent_id = any($1) group by b.parent_id, u.level) e
                      group by e.parent_id) l on l.parent_id = c.org_id
           where c.org_id = any($1)) c
         on conflict (org_id) do update set
             path = excluded.path, orgs = excluded.orgs, branches = excluded.branches, graduates = excluded.graduates,
             unfinished = excluded.unfinished, settled = excluded.settled, members = excluded.members, cadres = excluded.cadres,
             persons = excluded.persons, incomplete = excluded.incomplete, gaps = excluded.gaps, unverified = excluded.unverified,
             number_faults = excluded.number_faults, uncertified = excluded.uncertified, waiting = excluded.waiting,
             soon_28 = excluded.soon_28, levels = excluded.levels
         where (org_stat.path, org_stat.orgs, org_stat.branches, org_stat.graduates, org_stat.unfinished, org_stat.settled, org_stat.members,
                org_stat.cadres, org_stat.persons, org_stat.incomplete, org_stat.gaps, org_stat.unverified, org_stat.number_faults,
                org_stat.uncertified, org_stat.waiting, org_stat.soon_28, org_stat.levels)
            is distinct from
               (excluded.path, excluded.orgs, excluded.branches, excluded.graduates, excluded.unfinished, excluded.settled, excluded.members,
                excluded.cadres, excluded.persons, excluded.incomplete, excluded.gaps, excluded.unverified, excluded.number_faults,
                excluded.uncertified, excluded.waiting, excluded.soon_28, excluded.levels)",
        orgs
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Full names of these organisations.
pub(super) async fn names(conn: &mut PgConnection, orgs: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        "select org_id, full_name from org where org_id = any($1)",
        orgs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.org_id, r.full_name)).collect())
}

/// Writes how names sound, where that changed.
pub(super) async fn write_spelling(
    conn: &mut PgConnection,
    orgs: &[Uuid],
    spelled: &[String],
) -> Result<()> {
    sqlx::query!(
        "update org_stat s set spelling = u.spelling from unnest($1::uuid[], $2::text[]) as u (org_id, spelling)
         where s.org_id = u.org_id and s.org_id = any($1) and s.spelling <> u.spelling",
        orgs,
        spelled
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What an organisation itself has of the figures that move with the clock.
pub(super) struct Own {
    pub(super) org: Uuid,
    pub(super) waiting: i32,
    pub(super) soon_28: i32,
}

/// Where the last survey is no longer true.
pub(super) async fn survey(conn: &mut PgConnection, at: orgs::Moment) -> Result<Vec<Own>> {
    Ok(sqlx::query_as!(
        Own,
        r#"select coalesce(t.org_id, v.org_id) as "org!", coalesce(t.waiting, 0)::int as "waiting!", coalesce(t.soon_28, 0)::int as "soon_28!"
           from (select a.org_id, sum(a.waiting) as waiting, sum(a.soon_28) as soon_28
                 from (select org_id, count(*) as waiting, 0::bigint as soon_28 from org_inbox
                       where done_at is null and part = 'decide' and arrived_at <= $1 group by org_id
                       union all
                       select branch_id, 0, count(*) from roster where state = 'normal' and born between $2 and $3 group by branch_id) a
                 group by a.org_id) t
           full join org_survey v on v.org_id = t.org_id
           where t.org_id is null or v.org_id is null or t.waiting <> v.waiting or t.soon_28 <> v.soon_28"#,
        at.now,
        at.soon_28.0,
        at.soon_28.1
    )
    .fetch_all(conn)
    .await?)
}

/// Takes over a survey's changes.
pub(super) async fn write_survey(conn: &mut PgConnection, own: &[Own]) -> Result<()> {
    let orgs: Vec<Uuid> = own.iter().map(|own| own.org).collect();
    sqlx::query!("delete from org_survey where org_id = any($1)", &orgs)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into org_survey (org_id, waiting, soon_28)
         select u.org_id, u.waiting, u.soon_28 from unnest($1::uuid[], $2::int[], $3::int[]) as u (org_id, waiting, soon_28)
         where u.waiting > 0 or u.soon_28 > 0",
        &orgs,
        &own.iter().map(|own| own.waiting).collect::<Vec<_>>(),
        &own.iter().map(|own| own.soon_28).collect::<Vec<_>>()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Length of the longest path.
pub(super) async fn deepest(conn: &mut PgConnection) -> Result<i32> {
    Ok(
        sqlx::query_scalar!(r#"select coalesce(max(length(path)), 0) as "n!" from org"#)
            .fetch_one(conn)
            .await?,
    )
}

/// Organisations of one level, by place, after one.
pub(super) async fn level(
    conn: &mut PgConnection,
    length: i32,
    after: &str,
    limit: i64,
) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        "select org_id, path from org where path > $2 and length(path) = $1 order by path limit $3",
        length,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.org_id, r.path)).collect())
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
    pub(crate) waiting: i64,
}

/// Direct subordinates, the least complete first.
pub(crate) async fn below(
    conn: &mut PgConnection,
    parent: OrgId,
    limit: i64,
) -> Result<Vec<Below>> {
    Ok(sqlx::query_as!(
        Below,
        r#"select o.org_id as id, o.org_no as number, o.short_name as name, coalesce(s.settled, 0)::bigint as "branches!",
                  coalesce(s.members, 0)::bigint as "members!", coalesce(s.gaps, 0)::bigint as "gaps!",
                  coalesce(s.number_faults, 0)::bigint as "number_faults!", coalesce(s.waiting, 0)::bigint as "waiting!"
           from org o left join org_stat s on s.org_id = o.org_id
           where o.parent_id = $1 and o.state in ('created', 'active', 'graduate')
           order by coalesce(s.gaps, 0)::float8 / greatest(coalesce(s.members, 0), 1) desc, o.sort_no, o.org_no
           limit $2"#,
        parent.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}
