//! The SQL only a demonstration needs: whole organisations at once, certification without the archives, the mark that
//! says what this database holds.

use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;

/// One organisation as it is written.
pub(super) struct Row {
    pub(super) id: OrgId,
    pub(super) number: i64,
    pub(super) parent: Option<OrgId>,
    pub(super) path: OrgPath,
    pub(super) category: &'static str,
    pub(super) kind: &'static str,
    pub(super) short: String,
    pub(super) full: String,
    pub(super) sector: Option<&'static str>,
    pub(super) region: Option<&'static str>,
    pub(super) sort: i32,
    pub(super) founded: NaiveDate,
    pub(super) posts: Option<i32>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
}

/// Calls the sectors as the profile does, and answers 是否学校组织 where it is asked (ORG-04, ORG-16).
pub(super) async fn call_sectors(
    conn: &mut PgConnection,
    names: &[(String, String)],
    schools: &[String],
) -> Result<()> {
    let (old, new): (Vec<String>, Vec<String>) = names.iter().cloned().unzip();
    sqlx::query!(
        "update org o set sector = n.new, is_school = n.new = any($3), school_code = case when n.new = any($3) then '4137099999' end
         from unnest($1::text[], $2::text[]) as n (old, new) where o.sector = n.old",
        &old,
        &new,
        schools
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_orgs(
    conn: &mut PgConnection,
    rows: &[Row],
    at: DateTime<Utc>,
) -> Result<()> {
    for row in rows {
        sqlx::query!(
            "insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, sort_no, phone, email,
                              admin_posts, admin_actual, inst_posts, inst_actual, founded_on, accepts_registration, info_saved_at, created_at, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12, $13, $14, $14, $14, $14, $15, $16, $17, $17, 1)",
            row.id.0,
            row.number,
            row.parent.map(|p| p.0),
            row.path.as_str(),
            row.category,
            row.kind,
            row.short,
            row.full,
            row.sector,
            row.region,
            row.sort,
            row.phone,
            row.email,
            row.posts,
            row.founded,
            row.category == "branch",
            at
        )
        .execute(&mut *conn)
        .await?;
    }
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.id.0).collect();
    let paths: Vec<String> = rows.iter().map(|row| row.path.to_string()).collect();
    sqlx::query!(
        "insert into branch_counter (org_id, path, members, cadres, persons, incomplete, number_faults, uncertified)
         select id, path, 0, 0, 0, 0, 0, 0 from unnest($1::uuid[], $2::text[]) as t (id, path)",
        &ids,
        &paths
    )
    .execute(&mut *conn)
    .await?;
    let next = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
    sqlx::query!("update number_range set next = $1 where name = 'org'", next)
        .execute(conn)
        .await?;
    Ok(())
}

/// Certifies everybody but every `gap`th member admitted since 2020, as the archives would.
pub(super) async fn certify(conn: &mut PgConnection, gap: i64) -> Result<()> {
    let certified = sqlx::query_scalar!(
        "with chosen as (select person_id from (select person_id, row_number() over (order by admission_number) as n from person
                       where certification = 'none' and admission_number is not null) t where n % $1 <> 0)
         update person set certification = 'certified' where person_id in (select person_id from chosen) returning person_id",
        gap
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        "update roster set certification = 'certified' where person_id = any($1)",
        &certified
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("update person set identity_state = 'passed' where identity_state = 'unverified'")
        .execute(&mut *conn)
        .await?;
    sqlx::query!("update roster set identity_state = 'passed' where identity_state = 'unverified'")
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "update branch_counter c set unverified = 0, uncertified = coalesce((select count(*)::int from roster r where r.branch_id = c.org_id and r.certification = 'none'), 0)"
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down that this database holds a demonstration.
pub(super) async fn mark(conn: &mut PgConnection, value: Value) -> Result<()> {
    sqlx::query!(
        "insert into setting (name, value) values ('demo', $1)",
        value
    )
    .execute(conn)
    .await?;
    Ok(())
}
