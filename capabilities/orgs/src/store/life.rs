//! What becomes of organisations: graduation, endings, returns. The callers hold the tree's lock and record.

use super::Row;
use crate::rules::{BranchKind, Org, OrgInfo};
use base::{OrgId, OrgPath, Result, YearMonth};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

fn raw(ids: &[OrgId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Marks branches nobody has marked with a month yet, and answers which (ORG-52, 2.2).
pub async fn mark_graduation(
    conn: &mut PgConnection,
    branches: &[OrgId],
    month: Option<YearMonth>,
    reason: Option<&str>,
) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        "update org set graduation_month = $2, graduation_reason = $3, version = version + 1
         where org_id = any($1) and graduation_month is null and state in ('created', 'active', 'graduate') returning org_id",
        &raw(branches),
        month.map(YearMonth::index),
        reason
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}

/// Takes back marks that are still as they were set, and answers of which (ORG-B3).
pub async fn unmark_graduation(
    conn: &mut PgConnection,
    branches: &[OrgId],
    month: Option<YearMonth>,
    reason: Option<&str>,
) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        "update org set graduation_month = null, graduation_reason = null, version = version + 1
         where org_id = any($1) and graduation_month is not distinct from $2 and graduation_reason is not distinct from $3
           and state in ('created', 'active') returning org_id",
        &raw(branches),
        month.map(YearMonth::index),
        reason
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}

/// Replaces or lifts a mark whatever it is (ORG-57); a branch that had switched is 正常 again.
pub async fn correct_graduation(
    conn: &mut PgConnection,
    branch: OrgId,
    month: Option<YearMonth>,
) -> Result<()> {
    sqlx::query!(
        "update org set graduation_month = $2, graduation_reason = null, graduated_at = null,
                        accepts_registration = accepts_registration or state = 'graduate',
                        state = case when state = 'graduate' then 'active' else state end, version = version + 1
         where org_id = $1 and state in ('created', 'active', 'graduate')",
        branch.0,
        month.map(YearMonth::index)
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[branch]).await
}

/// Which branches are due to become 毕业生团组织 (ORG-56): the nightly run and its simulation (ORG-B5) ask the same.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// Marked with a month before this one.
    pub limit: YearMonth,
    /// Sectors of the school field; none: by 是否学校组织.
    pub sectors: Option<&'a [String]>,
    /// From this place of the tree, to the one before this.
    pub range: (&'a str, &'a str),
    /// After this place.
    pub after: &'a str,
}

/// Ordinary branches of the school sector whose mark is of a month before the limit and who have not switched.
pub async fn due_to_graduate(conn: &mut PgConnection, due: Due<'_>, most: i64) -> Result<Vec<Org>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org
         where graduation_month < $1 and category = 'branch' and kind = 'ordinary' and state in ('created', 'active')
           and case when $2::text[] is null then is_school else sector = any($2) end
           and path >= $3 and path < $4 and path > $5
         order by path limit $6",
        due.limit.index(),
        due.sectors,
        due.range.0,
        due.range.1,
        due.after,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// Makes branches 毕业生团组织; new registrations end. Answers which were not yet.
pub async fn graduate(
    conn: &mut PgConnection,
    branches: &[OrgId],
    now: DateTime<Utc>,
) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        "update org set state = 'graduate', graduated_at = $2, accepts_registration = false, version = version + 1
         where org_id = any($1) and state in ('created', 'active') returning org_id",
        &raw(branches),
        now
    )
    .fetch_all(&mut *conn)
    .await?;
    let done: Vec<OrgId> = rows.into_iter().map(OrgId).collect();
    super::mark(conn, &done).await?;
    Ok(done)
}

/// Whether a branch registered itself after `since`, with a code of its superior (ORG-27).
pub(crate) async fn registered_after(
    conn: &mut PgConnection,
    org: OrgId,
    since: DateTime<Utc>,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select o.org_id from org o join registration_code c on c.org_id = o.parent_id and c.used_org_id = o.org_id
         where o.org_id = $1 and o.created_at > $2",
        org.0,
        since
    );
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// Graduate branches that switched before `before` and still have members, in the order of the tree (ORG-58).
pub async fn graduated_before(
    conn: &mut PgConnection,
    before: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Org>> {
    let rows = sqlx::query_as!(
        Row,
        "select o.org_id, o.org_no, o.parent_id, o.path, o.category, o.kind, o.short_name, o.full_name, o.sector, o.region, o.state, o.phone,
                o.graduation_month, o.accepts_registration, o.version
         from org o join branch_counter c on c.org_id = o.org_id
         where o.state = 'graduate' and o.graduated_at < $1 and c.members > 0 order by o.path limit $2",
        before,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// Ends an organisation: `deleted`, `merged` or `archived`. Answers whether it was still live at this version.
pub async fn end(
    conn: &mut PgConnection,
    org: &Org,
    state: &str,
    into: Option<OrgId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update org set ended_from = state, state = $3, ended_at = $4, merged_into = $5, version = version + 1
         where org_id = $1 and version = $2 and state in ('created', 'active', 'graduate')",
        org.id.0,
        org.version,
        state,
        now,
        into.map(|id| id.0)
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[org.id]).await?;
    Ok(done.rows_affected() == 1)
}

/// Brings a deleted organisation back to the state it had (ORG-B4).
pub async fn revive(conn: &mut PgConnection, org: &Org) -> Result<bool> {
    let done = sqlx::query!(
        "update org set state = coalesce(ended_from, 'created'), ended_at = null, ended_from = null, version = version + 1
         where org_id = $1 and version = $2 and state = 'deleted'",
        org.id.0,
        org.version
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[org.id]).await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an organisation another category with the names that go with it (ORG-15, ORG-19); only branches take registrations.
pub async fn correct_category(
    conn: &mut PgConnection,
    org: &Org,
    category: &str,
    short_name: &str,
    full_name: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "update org set category = $3, short_name = $4, full_name = $5, kind = 'ordinary', accepts_registration = ($3 = 'branch' and state <> 'graduate'), version = version + 1
         where org_id = $1 and version = $2",
        org.id.0,
        org.version,
        category,
        short_name,
        full_name
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[org.id]).await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an organisation another sector (ORG-15).
pub async fn correct_sector(conn: &mut PgConnection, org: &Org, sector: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update org set sector = $3, version = version + 1 where org_id = $1 and version = $2",
        org.id.0,
        org.version,
        sector
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a branch another kind of branch (ORG-06, ORG-15); waiting branches and vaults take no registrations.
pub async fn correct_kind(conn: &mut PgConnection, org: &Org, kind: BranchKind) -> Result<bool> {
    let open = !matches!(
        kind,
        BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
    );
    let done = sqlx::query!(
        "update org set kind = $3, accepts_registration = $4, version = version + 1 where org_id = $1 and version = $2",
        org.id.0,
        org.version,
        kind.code(),
        open
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[org.id]).await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an independent school and all that inherited its code another code, or none; where it is asked, whether they are
/// a school follows (ORG-15, ORG-16).
pub async fn correct_school_code(
    conn: &mut PgConnection,
    info: &OrgInfo,
    code: Option<&str>,
    asked: bool,
) -> Result<bool> {
    let is_school = asked.then_some(code.is_some());
    let done = sqlx::query!(
        "update org set school_code = $3, is_school = coalesce($4, is_school), version = version + 1
         where org_id = $1 and version = $2",
        info.org.id.0,
        info.org.version,
        code,
        is_school
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org set school_code = $4, is_school = coalesce($5, is_school), version = version + 1
         where path > $1 and path < $2 and school_code is not distinct from $3
           and ($3::text is null or is_school is distinct from false)",
        info.org.path.as_str(),
        info.org.path.subtree_end(),
        info.school_code,
        code,
        is_school
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down the division a leading body is of, where nothing stood; answers whether it did (seeding).
pub async fn set_region(conn: &mut PgConnection, org: OrgId, region: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update org set region = $2, version = version + 1 where org_id = $1 and region is null",
        org.0,
        region
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Live organisations of a subtree, its top first.
pub async fn subtree(conn: &mut PgConnection, path: &OrgPath) -> Result<Vec<Org>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where path >= $1 and path < $2 and state in ('created', 'active', 'graduate') order by path",
        path.as_str(),
        path.subtree_end()
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// Puts an organisation with everything below it at another place of the tree. All tables that copy paths have to
/// follow in the same transaction; whoever moves sees to it (DATA.md rule 9).
pub async fn replant(
    conn: &mut PgConnection,
    org: &Org,
    parent: OrgId,
    path: &OrgPath,
    sort_no: i32,
) -> Result<()> {
    let old = org.path.as_str();
    let from = i32::try_from(old.len() + 1).unwrap_or(i32::MAX);
    sqlx::query!(
        "update org set path = $3 || substr(path, $4), version = version + 1 where path >= $1 and path < $2",
        old,
        org.path.subtree_end(),
        path.as_str(),
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org set parent_id = $2, sort_no = $3 where org_id = $1",
        org.id.0,
        parent.0,
        sort_no
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a subtree inherited of its old superior's school passes to the new one's (ORG-16): the code belongs to the
/// independent school, and to whatever stands below it now. An independent school that moves keeps its own.
pub async fn reschool(conn: &mut PgConnection, path: &OrgPath, from: &Org, to: &Org) -> Result<()> {
    let old = super::school_code(conn, from.id).await?;
    let new = super::school_code(conn, to.id).await?;
    if old == new {
        return Ok(());
    }
    sqlx::query!(
        "update org set school_code = $4,
                        is_school = case when $4::text is not null then true
                                         else (select s.is_school from org s where s.org_id = $5) end, version = version + 1
         where path >= $1 and path < $2 and school_code is not distinct from $3 and is_school is distinct from false",
        path.as_str(),
        path.subtree_end(),
        old,
        new,
        to.id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives many organisations new full names in one statement.
pub async fn rename_fully(conn: &mut PgConnection, names: &[(OrgId, String)]) -> Result<()> {
    let moved: Vec<OrgId> = names.iter().map(|(id, _)| *id).collect();
    let ids = raw(&moved);
    let names: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
    // Two steps, so that a name may pass from one to another on the way.
    sqlx::query!(
        "update org set full_name = org_id::text where org_id = any($1)",
        &ids
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org set full_name = n.name from unnest($1::uuid[], $2::text[]) as n (org_id, name) where org.org_id = n.org_id",
        &ids,
        &names
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &moved).await
}

/// Organisations deleted since a moment below a superior, the latest first (ORG-B4).
pub async fn deleted_below(
    conn: &mut PgConnection,
    parent: OrgId,
    since: DateTime<Utc>,
) -> Result<Vec<(Org, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"select org_id, ended_at as "ended_at!" from org
           where parent_id = $1 and state = 'deleted' and ended_at >= $2 order by ended_at desc limit 500"#,
        parent.0,
        since
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<OrgId> = rows.iter().map(|r| OrgId(r.org_id)).collect();
    let orgs = super::find_many(conn, &ids).await?;
    Ok(rows
        .into_iter()
        .filter_map(|r| {
            let org = orgs.iter().find(|org| org.id.0 == r.org_id)?;
            Some((org.clone(), r.ended_at))
        })
        .collect())
}
