//! Writes to the tree. All of them happen under the tree's lock, one short transaction at a time (DATA.md rule 15).

use crate::rules::{Information, NewOrg, Org};
use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Takes the tree's lock: the range of organisation numbers, which every new organisation needs anyway.
pub async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!("select next from number_range where name = 'org' for update")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Takes a block of 组织ID and answers its first; holds the tree's lock until the end of the transaction.
pub async fn next_numbers(conn: &mut PgConnection, count: i64) -> Result<i64> {
    let first = sqlx::query_scalar!(
        r#"update number_range set next = next + $1 where name = 'org' returning next - $1 as "first!""#,
        count
    )
    .fetch_one(conn)
    .await?;
    Ok(first)
}

/// The last label and the last sort number given below `parent`; labels of deleted ones are never given again.
pub async fn last_child(conn: &mut PgConnection, parent: OrgId) -> Result<(Option<OrgPath>, i32)> {
    let row = sqlx::query!(
        r#"select max(path) as path, coalesce(max(sort_no) filter (where state in ('created', 'active', 'graduate')), 0) as "sort!"
           from org where parent_id = $1"#,
        parent.0
    )
    .fetch_one(conn)
    .await?;
    Ok((row.path.map(OrgPath::new), row.sort))
}

/// The number of a live sibling of this name other than `except`.
pub async fn sibling(
    conn: &mut PgConnection,
    parent: OrgId,
    short_name: &str,
    except: Option<OrgId>,
) -> Result<Option<i64>> {
    let number = sqlx::query_scalar!(
        "select org_no from org
         where parent_id = $1 and short_name = $2 and state not in ('deleted', 'merged') and org_id is distinct from $3",
        parent.0,
        short_name,
        except.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(number)
}

/// The number of an organisation of this full name other than `except`.
pub async fn namesake(
    conn: &mut PgConnection,
    full_name: &str,
    except: Option<OrgId>,
) -> Result<Option<i64>> {
    let number = sqlx::query_scalar!(
        "select org_no from org where full_name = $1 and state not in ('deleted', 'merged') and org_id is distinct from $2",
        full_name,
        except.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(number)
}

/// Which of these full names are taken, and by which number.
pub async fn namesakes(conn: &mut PgConnection, names: &[String]) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        // Name by name: asked for thousands at once, the planner may take the index of trigrams, which is slow at that.
        "select o.full_name, o.org_no from unnest($1::text[]) as n (name) join org o on o.full_name = n.name
         where o.state not in ('deleted', 'merged')",
        names
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.full_name, r.org_no)).collect())
}

/// Which of these short names live siblings have.
pub async fn siblings(
    conn: &mut PgConnection,
    parent: OrgId,
    names: &[String],
) -> Result<Vec<String>> {
    let rows = sqlx::query_scalar!(
        "select short_name from org where parent_id = $1 and short_name = any($2) and state not in ('deleted', 'merged')",
        parent.0,
        names
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The number of a live branch of this kind directly below.
pub async fn of_kind(conn: &mut PgConnection, parent: OrgId, kind: &str) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "select org_no from org where parent_id = $1 and kind = $2 and state in ('created', 'active', 'graduate') order by org_no limit 1",
        parent.0,
        kind
    )
    .fetch_optional(conn)
    .await?)
}

/// A new organisation with its place, ready to be written.
pub struct Fresh {
    /// The organisation.
    pub org: Org,
    /// What it was made from.
    pub new: NewOrg,
    /// Place among its siblings.
    pub sort_no: i32,
    /// Founded.
    pub founded_on: NaiveDate,
}

/// Writes new organisations with their counters: three statements for any number of them.
pub async fn insert(conn: &mut PgConnection, fresh: &[Fresh], now: DateTime<Utc>) -> Result<()> {
    fn each<'a, T>(fresh: &'a [Fresh], of: impl Fn(&'a Fresh) -> T) -> Vec<T> {
        fresh.iter().map(of).collect()
    }
    let ids = each(fresh, |f| f.org.id.0);
    let paths = each(fresh, |f| f.org.path.to_string());
    sqlx::query!(
        "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, sort_no,
                          phone, email, youth_14_28, recommended_to_party, is_school, school_code, graduation_month,
                          founded_on, accepts_registration, created_at, version)
         select n.org_id, n.org_no, n.parent_id, n.path, n.category, n.kind, n.short_name, n.full_name, n.sector, n.region, 'created', n.sort_no,
                n.phone, n.email, n.youth, n.recommended, n.is_school, n.school_code, n.graduation,
                n.founded_on, n.accepts, $21, 1
         from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                     $10::text[], $11::int[], $12::text[], $13::text[], $14::int[], $15::int[], $16::boolean[], $17::text[],
                     $18::int[], $19::date[], $20::boolean[])
              as n (org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector,
                    region, sort_no, phone, email, youth, recommended, is_school, school_code,
                    graduation, founded_on, accepts)",
        &ids,
        &each(fresh, |f| f.org.number),
        &each(fresh, |f| f.org.parent.map(|id| id.0)) as &[Option<Uuid>],
        &paths,
        &each(fresh, |f| f.org.category.code().to_owned()),
        &each(fresh, |f| f.org.kind.code().to_owned()),
        &each(fresh, |f| f.org.short_name.clone()),
        &each(fresh, |f| f.org.full_name.clone()),
        &each(fresh, |f| f.org.sector.clone()) as &[Option<String>],
        &each(fresh, |f| f.org.region.clone()) as &[Option<String>],
        &each(fresh, |f| f.sort_no),
        &each(fresh, |f| f.org.phone.clone()) as &[Option<String>],
        &each(fresh, |f| f.new.email.clone()) as &[Option<String>],
        &each(fresh, |f| f.new.youth_14_28) as &[Option<i32>],
        &each(fresh, |f| f.new.recommended_to_party) as &[Option<i32>],
        &each(fresh, |f| f.new.is_school) as &[Option<bool>],
        &each(fresh, |f| f.new.school_code.clone()) as &[Option<String>],
        &each(fresh, |f| f.org.graduation.map(base::YearMonth::index)) as &[Option<i32>],
        &each(fresh, |f| f.founded_on),
        &each(fresh, |f| f.org.accepts_registration),
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into branch_counter (org_id, path, members, cadres, incomplete, number_faults, uncertified)
         select n.org_id, n.path, 0, 0, 0, 0, 0 from unnest($1::uuid[], $2::text[]) as n (org_id, path)",
        &ids,
        &paths
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &each(fresh, |f| f.org.id)).await
}

/// Which of these organisations are no longer as they were created: somebody in, subordinates, people.
pub async fn in_use(conn: &mut PgConnection, ids: &[OrgId]) -> Result<Vec<OrgId>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut used = sqlx::query_scalar!(
        "select org_id from org o where org_id = any($1) and (state <> 'created' or exists (
           select from org c where c.parent_id = o.org_id and c.state not in ('deleted', 'merged')))",
        &ids
    )
    .fetch_all(&mut *conn)
    .await?;
    used.extend(
        sqlx::query_scalar!(
            "select org_id from branch_counter where org_id = any($1) and (members > 0 or cadres > 0)",
            &ids
        )
        .fetch_all(conn)
        .await?,
    );
    Ok(used.into_iter().map(OrgId).collect())
}

/// Deletes organisations nobody has used; their labels and numbers are not given again.
pub async fn retire(conn: &mut PgConnection, ids: &[OrgId]) -> Result<()> {
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update org set state = 'deleted', version = version + 1 where org_id = any($1)",
        &keys
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, ids).await
}

/// Renames an organisation if it is still at this version.
pub async fn rename(
    conn: &mut PgConnection,
    org: &Org,
    short_name: &str,
    full_name: &str,
) -> Result<bool> {
    let done = sqlx::query!(
        "update org set short_name = $3, full_name = $4, version = version + 1 where org_id = $1 and version = $2",
        org.id.0,
        org.version,
        short_name,
        full_name
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[org.id]).await?;
    Ok(done.rows_affected() == 1)
}

/// Writes the own information if the organisation is still at this version.
pub async fn write_information(
    conn: &mut PgConnection,
    id: OrgId,
    version: i32,
    new: &Information,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update org set short_name = $3, full_name = $4, sector = $5, phone = $6, email = $7, admin_posts = $8, admin_actual = $9,
                        inst_posts = $10, inst_actual = $11, youth_14_28 = $12, recommended_to_party = $13, uscc = $14,
                        league_code = $15, wechat = $16, weibo = $17, accepts_registration = $18,
                        info_saved_at = coalesce(info_saved_at, $19), version = version + 1
         where org_id = $1 and version = $2",
        id.0,
        version,
        new.short_name,
        new.full_name,
        new.sector,
        new.phone,
        new.email,
        new.admin_posts,
        new.admin_actual,
        new.inst_posts,
        new.inst_actual,
        new.youth_14_28,
        new.recommended_to_party,
        new.uscc,
        new.league_code,
        new.wechat,
        new.weibo,
        new.accepts_registration,
        now
    )
    .execute(&mut *conn)
    .await?;
    super::mark(conn, &[id]).await?;
    Ok(done.rows_affected() == 1)
}

/// 已创建 → 正常 when the first administrator gets in; answers whether it was that.
pub async fn activate(conn: &mut PgConnection, id: OrgId) -> Result<bool> {
    let done = sqlx::query!(
        "update org set state = 'active', version = version + 1 where org_id = $1 and state = 'created'",
        id.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Live siblings in their order.
pub async fn order_of_children(
    conn: &mut PgConnection,
    parent: OrgId,
) -> Result<Vec<(OrgId, i32)>> {
    let rows = sqlx::query!(
        "select org_id, sort_no from org
         where parent_id = $1 and state in ('created', 'active', 'graduate') order by sort_no, org_no",
        parent.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), r.sort_no))
        .collect())
}

/// Gives siblings new sort numbers.
pub async fn renumber(conn: &mut PgConnection, places: &[(OrgId, i32)]) -> Result<()> {
    let ids: Vec<Uuid> = places.iter().map(|(id, _)| id.0).collect();
    let numbers: Vec<i32> = places.iter().map(|(_, n)| *n).collect();
    sqlx::query!(
        "update org set sort_no = new.sort_no, version = version + 1
         from unnest($1::uuid[], $2::int[]) as new (org_id, sort_no) where org.org_id = new.org_id",
        &ids,
        &numbers
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The sibling that bears an alias already.
pub async fn alias_taken(
    conn: &mut PgConnection,
    parent: Option<OrgId>,
    alias: &str,
    except: OrgId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from org where parent_id = $1 and alias = $2 and org_id <> $3 and state not in ('deleted', 'merged')) as "yes!""#,
        parent.map(|id| id.0),
        alias,
        except.0
    )
    .fetch_one(conn)
    .await?)
}

/// Writes the alias.
pub async fn set_alias(conn: &mut PgConnection, id: OrgId, alias: &str) -> Result<()> {
    sqlx::query!(
        "update org set alias = $2, version = version + 1 where org_id = $1",
        id.0,
        alias
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the contact phone.
pub async fn set_phone(conn: &mut PgConnection, id: OrgId, phone: &str) -> Result<()> {
    sqlx::query!(
        "update org set phone = $2, version = version + 1 where org_id = $1",
        id.0,
        phone
    )
    .execute(conn)
    .await?;
    Ok(())
}
