//! Reads for the pages: information and totals.

use crate::rules::{Org, OrgInfo, Secretary, TOLD};
use base::{OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// All information of an organisation, its secretary's state included.
pub async fn information(conn: &mut PgConnection, id: OrgId) -> Result<Option<OrgInfo>> {
    let Some(org) = super::find(conn, id).await? else {
        return Ok(None);
    };
    let row = sqlx::query!(
        "select alias, email, admin_posts, admin_actual, inst_posts, inst_actual, youth_14_28, recommended_to_party, is_school,
                school_code, uscc, league_code, wechat, weibo, graduation_reason, founded_on, sort_no, info_saved_at
         from org where org_id = $1",
        id.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let secretary = secretary(conn, id).await?;
    Ok(Some(OrgInfo {
        org,
        alias: row.alias,
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
        league_code: row.league_code,
        wechat: row.wechat,
        weibo: row.weibo,
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
        r#"select exists (select 1 from account where account_id = $1 and state = 'active') as "yes!""#,
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

/// A change of an organisation's information, as the audit kept it.
pub(crate) struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor_name: String,
    /// What: one of [`TOLD`].
    pub action: String,
    /// Before and after.
    pub detail: String,
}

/// The newest changes of an organisation's information.
pub(crate) async fn changes(
    conn: &mut PgConnection,
    org: OrgId,
    limit: i64,
) -> Result<Vec<Change>> {
    let told: Vec<String> = TOLD.iter().map(ToString::to_string).collect();
    Ok(sqlx::query_as!(
        Change,
        "select at, actor_name, action, detail from audit_log
         where subject_id = $1 and subject_kind = 'org' and action = any($2) order by at desc, seq desc limit $3",
        org.0,
        &told,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Information of live organisations after a place in the tree, in few statements for many: for snapshots.
pub async fn informations_after(
    conn: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<OrgInfo>> {
    let rows = sqlx::query!(
        "select org_id, alias, email, admin_posts, admin_actual, inst_posts, inst_actual, youth_14_28, recommended_to_party, is_school,
                school_code, uscc, league_code, wechat, weibo, graduation_reason, founded_on, sort_no, info_saved_at
         from org where path > $1 and state in ('created', 'active', 'graduate') order by path limit $2",
        after,
        limit
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<OrgId> = rows.iter().map(|r| OrgId(r.org_id)).collect();
    let mut orgs: HashMap<OrgId, Org> = super::find_many(conn, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let mut secretaries = secretaries(conn, &ids).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let id = OrgId(row.org_id);
            Some(OrgInfo {
                org: orgs.remove(&id)?,
                alias: row.alias,
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
                league_code: row.league_code,
                wechat: row.wechat,
                weibo: row.weibo,
                graduation_reason: row.graduation_reason,
                founded_on: row.founded_on,
                sort_no: row.sort_no,
                saved_at: row.info_saved_at,
                secretary: secretaries.remove(&id),
            })
        })
        .collect())
}

/// Secretaries of several organisations: posts by organisation, then phones and accounts by person.
async fn secretaries(conn: &mut PgConnection, ids: &[OrgId]) -> Result<HashMap<OrgId, Secretary>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let posts = sqlx::query!(
        "select org_id, person_id, name from org_post where org_id = any($1) and is_secretary and until is null",
        &ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let persons: Vec<Uuid> = posts.iter().map(|r| r.person_id).collect();
    let phones: HashSet<Uuid> = sqlx::query_scalar!(
        "select person_id from person where person_id = any($1) and phone_sealed is not null and phone_confirmed",
        &persons
    )
    .fetch_all(&mut *conn)
    .await?
    .into_iter()
    .collect();
    let active: HashSet<Uuid> = sqlx::query_scalar!(
        "select account_id from account where account_id = any($1) and state = 'active'",
        &persons
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .collect();
    Ok(posts
        .into_iter()
        .map(|r| {
            let secretary = Secretary {
                person: PersonId(r.person_id),
                registered: active.contains(&r.person_id),
                phone: phones.contains(&r.person_id),
                name: r.name,
            };
            (OrgId(r.org_id), secretary)
        })
        .collect())
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
        r#"select p.org_id as "parent!" from unnest($1::uuid[]) as p (org_id)
           where exists (select from org c where c.parent_id = p.org_id and c.state in ('created', 'active', 'graduate'))"#,
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

/// Whether the tree is being built (ORG-07, ORG-41): between the days the root set, or as the profile says where it set
/// none.
pub async fn building_phase(
    conn: &mut PgConnection,
    policy: &crate::Policy,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool> {
    Ok(match building_days(conn).await? {
        Some((from, to)) => (from..=to).contains(&base::business_date(now)),
        None => policy.building_phase,
    })
}

/// First and last day of the building phase, if the root has set them.
pub async fn building_days(
    conn: &mut PgConnection,
) -> Result<Option<(chrono::NaiveDate, chrono::NaiveDate)>> {
    let value = sqlx::query_scalar!("select value from setting where name = 'building_phase'")
        .fetch_optional(conn)
        .await?;
    let day = |value: &serde_json::Value, name: &str| value[name].as_str()?.parse().ok();
    Ok(value.and_then(|value| Some((day(&value, "from")?, day(&value, "to")?))))
}

/// Sets the days of the building phase.
pub async fn set_building_days(
    conn: &mut PgConnection,
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
) -> Result<()> {
    let value = serde_json::json!({ "from": from, "to": to });
    sqlx::query!(
        "insert into setting (name, value) values ('building_phase', $1) on conflict (name) do update set value = excluded.value",
        value
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An organisation that has subordinates.
#[derive(Clone, Debug)]
pub struct Head {
    /// Which.
    pub id: OrgId,
    /// Its superior.
    pub superior: OrgId,
    /// Since when there is one.
    pub created_at: DateTime<Utc>,
}

/// Living organisations with living subordinates and a superior, in order of their ids, after one of them (nightly work).
pub async fn heads_after(conn: &mut PgConnection, after: Uuid, most: i64) -> Result<Vec<Head>> {
    let rows = sqlx::query!(
        r#"select o.org_id, o.parent_id as "parent_id!", o.created_at from org o
           where o.org_id > $1 and o.parent_id is not null and o.state in ('created', 'active')
             and exists (select from org c where c.parent_id = o.org_id and c.state in ('created', 'active'))
           order by o.org_id limit $2"#,
        after,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Head {
            id: OrgId(row.org_id),
            superior: OrgId(row.parent_id),
            created_at: row.created_at,
        })
        .collect())
}
