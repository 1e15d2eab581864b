//! Posts: the fact lies with the organisation, a thin row with the person.

use crate::rules::{Nature, NewPost, Person, Post};
use base::{OrgId, PersonId, PostId, Result};
use chrono::NaiveDate;
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::PHONE_FIELD;

struct Row {
    post_id: Uuid,
    person_id: Uuid,
    org_id: Uuid,
    org_name: String,
    title: String,
    nature: String,
    is_secretary: bool,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

impl From<Row> for Post {
    fn from(row: Row) -> Self {
        Self {
            id: PostId(row.post_id),
            person: PersonId(row.person_id),
            org: OrgId(row.org_id),
            org_name: row.org_name,
            title: row.title,
            nature: Nature::from_code(&row.nature),
            is_secretary: row.is_secretary,
            since: row.since,
            until: row.until,
        }
    }
}

/// Open posts of a person, the oldest first.
pub async fn posts(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Post>> {
    let rows = sqlx::query_as!(
        Row,
        "select post_id, person_id, org_id, org_name, title, nature, is_secretary, since, until from person_post
         where person_id = $1 and until is null order by since, post_id limit 100",
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Post::from).collect())
}

/// All posts of a person, open ones first, then the newest.
pub async fn post_history(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Post>> {
    let rows = sqlx::query_as!(
        Row,
        "select post_id, person_id, org_id, org_name, title, nature, is_secretary, since, until from person_post
         where person_id = $1 order by until is null desc, since desc, post_id desc limit 100",
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Post::from).collect())
}

/// A post of an organisation.
#[derive(Clone, Debug)]
pub(crate) struct OrgPost {
    pub id: PostId,
    pub person: PersonId,
    pub name: String,
    pub title: String,
    pub is_secretary: bool,
}

/// Open posts of an organisation.
pub(crate) async fn org_posts(conn: &mut PgConnection, org: OrgId) -> Result<Vec<OrgPost>> {
    let rows = sqlx::query!(
        "select post_id, person_id, name, title, is_secretary from org_post
         where org_id = $1 and until is null order by is_secretary desc, since, post_id limit 1000",
        org.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OrgPost {
            id: PostId(row.post_id),
            person: PersonId(row.person_id),
            name: row.name,
            title: row.title,
            is_secretary: row.is_secretary,
        })
        .collect())
}

/// Writes a post on both sides.
pub(crate) async fn insert_post(
    tx: &mut Tx,
    person: &Person,
    org: &orgs::Org,
    post: &NewPost,
    is_secretary: bool,
    since: NaiveDate,
    basis: &str,
) -> Result<PostId> {
    let id: PostId = tx.new_id();
    // Who is disabled here stays so with another post (FLD-12).
    let disabled = is_disabled(tx, org.id, person.id).await?.unwrap_or(false);
    let phone = person
        .phone
        .as_ref()
        .map(|phone| tx.seal(PHONE_FIELD, person.id, phone.reveal()));
    sqlx::query!(
        "insert into person_post (person_id, post_id, org_id, org_name, title, nature, is_secretary, since, disabled)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        person.id.0,
        id.0,
        org.id.0,
        org.full_name,
        post.title,
        post.nature.code(),
        is_secretary,
        since,
        disabled
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into org_post (org_id, post_id, person_id, path, name, title, nature, is_secretary, since, basis, phone_sealed, identity_state, missing,
                               disabled)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        org.id.0,
        id.0,
        person.id.0,
        org.path.as_str(),
        person.name,
        post.title,
        post.nature.code(),
        is_secretary,
        since,
        basis,
        phone,
        person.identity_state.code(),
        &person.missing,
        disabled
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Ends a post on both sides.
pub(crate) async fn close_post(
    tx: &mut Tx,
    person: PersonId,
    org: OrgId,
    post: PostId,
    until: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        "update person_post set until = $3 where person_id = $1 and post_id = $2",
        person.0,
        post.0,
        until
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_post set until = $3 where org_id = $1 and post_id = $2",
        org.0,
        post.0,
        until
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Brings the posts shown in the roster in line with the facts.
pub(crate) async fn refresh_roster_post(tx: &mut Tx, org: OrgId, person: PersonId) -> Result<()> {
    sqlx::query!(
        "update roster set post = (select string_agg(title, '、' order by since, post_id) from org_post
                                   where org_id = $1 and person_id = $2 and until is null)
         where branch_id = $1 and person_id = $2",
        org.0,
        person.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether somebody's cadre record in an organisation is disabled; none without a post there.
pub(crate) async fn is_disabled(
    conn: &mut PgConnection,
    org: OrgId,
    person: PersonId,
) -> Result<Option<bool>> {
    Ok(sqlx::query_scalar!(
        "select disabled from org_post where org_id = $1 and person_id = $2 and until is null limit 1",
        org.0,
        person.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Disables or enables somebody's cadre record in an organisation, on both sides (FLD-12).
pub(crate) async fn set_disabled(
    tx: &mut Tx,
    org: OrgId,
    person: PersonId,
    disabled: bool,
) -> Result<()> {
    sqlx::query!(
        "update person_post set disabled = $3 where person_id = $1 and org_id = $2 and until is null",
        person.0,
        org.0,
        disabled
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_post set disabled = $3 where org_id = $1 and person_id = $2 and until is null",
        org.0,
        person.0,
        disabled
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who holds a post in an organisation, each person once.
pub async fn in_office(conn: &mut PgConnection, org: OrgId) -> Result<Vec<(PersonId, String)>> {
    let rows = sqlx::query!(
        "select distinct person_id, name from org_post where org_id = $1 and until is null order by name, person_id",
        org.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (PersonId(r.person_id), r.name))
        .collect())
}

/// Whom an organisation can give rights to: its cadres but those disabled there (ORG-61, FLD-12).
pub async fn eligible(conn: &mut PgConnection, org: OrgId) -> Result<Vec<(PersonId, String)>> {
    let rows = sqlx::query!(
        "select distinct person_id, name from org_post where org_id = $1 and until is null and not disabled order by name, person_id",
        org.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (PersonId(r.person_id), r.name))
        .collect())
}

/// Which of these persons have an account in use (是否入驻企业号).
pub(crate) async fn joined(conn: &mut PgConnection, persons: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select account_id from account where account_id = any($1) and state in ('active', 'read_only')",
        persons
    )
    .fetch_all(conn)
    .await?)
}
