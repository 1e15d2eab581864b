//! Reads for the pages: information and totals.

use crate::rules::{Org, OrgInfo, Secretary};
use base::{OrgId, PersonId, Result};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// All information of an organisation, its secretary's state included.
pub async fn information(conn: &mut PgConnection, id: OrgId) -> Result<Option<OrgInfo>> {
    let Some(org) = super::find(conn, id).await? else {
        return Ok(None);
    };
    let row = sqlx::query!(
        "select email, admin_posts, admin_actual, inst_posts, inst_actual, youth_14_28, recommended_to_party, is_school,
                school_code, uscc, graduation_reason, founded_on, sort_no, info_saved_at
         from org where org_id = $1",
        id.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let secretary = secretary(conn, id).await?;
    Ok(Some(OrgInfo {
        org,
        email: row.email,
        admin_posts: row.admin_posts,
        admin_actual: row.admin_actual,
        inst_posts: row.inst_posts,
        inst_actual: row.inst_actual,
        youth_14_28: row.youth_14_28,
        recommended_to_party: row.recommended_to_party,
        is_school: row.is_school,
        school_code: row.school_code,
        uscc: row.uscc,
        graduation_reason: row.graduation_reason,
        founded_on: row.founded_on,
        sort_no: row.sort_no,
        saved_at: row.info_saved_at,
        secretary,
    }))
}

/// The secretary and whether the own phone is filled and confirmed (ORG-45): one read by organisation, one by person.
async fn secretary(conn: &mut PgConnection, id: OrgId) -> Result<Option<Secretary>> {
    let post = sqlx::query!(
        "select person_id, name from org_post where org_id = $1 and is_secretary and until is null",
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(post) = post else {
        return Ok(None);
    };
    let phone = sqlx::query_scalar!(
        r#"select phone_sealed is not null and phone_confirmed as "phone!" from person where person_id = $1"#,
        post.person_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let registered = sqlx::query_scalar!(
        r#"select exists (select from account where account_id = $1 and state = 'active') as "yes!""#,
        post.person_id
    )
    .fetch_one(conn)
    .await?;
    Ok(Some(Secretary {
        person: PersonId(post.person_id),
        name: post.name,
        registered,
        phone: phone == Some(true),
    }))
}

/// Names of the administrators of some organisations.
pub async fn administrators(
    conn: &mut PgConnection,
    ids: &[OrgId],
) -> Result<HashMap<OrgId, Vec<String>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select org_id, name from org_admin where org_id = any($1) and until is null order by since",
        &ids
    )
    .fetch_all(conn)
    .await?;
    let mut names: HashMap<OrgId, Vec<String>> = HashMap::new();
    for row in rows {
        names.entry(OrgId(row.org_id)).or_default().push(row.name);
    }
    Ok(names)
}

/// Which of these have live subordinates.
pub async fn with_children(conn: &mut PgConnection, ids: &[OrgId]) -> Result<Vec<OrgId>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_scalar!(
        r#"select distinct parent_id as "parent!" from org where parent_id = any($1) and state in ('created', 'active', 'graduate')"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}

/// The school code of an organisation, which its subordinates inherit.
pub async fn school_code(conn: &mut PgConnection, id: OrgId) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar!("select school_code from org where org_id = $1", id.0)
            .fetch_optional(conn)
            .await?
            .flatten(),
    )
}

/// How far the building below an organisation has come (ORG-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// Direct subordinates.
    pub all: i64,
    /// Of them nobody has signed in yet.
    pub waiting: i64,
}

/// Counts for the four steps of building.
pub async fn below(conn: &mut PgConnection, org: &Org) -> Result<Below> {
    let direct = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where state = 'created') as "waiting!" from org
           where parent_id = $1 and state in ('created', 'active', 'graduate')"#,
        org.id.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Below {
        all: direct.all,
        waiting: direct.waiting,
    })
}
