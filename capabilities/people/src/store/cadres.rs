//! Lists of cadres and what was done with posts, by organisation.

use super::open_phone;
use crate::rules::Nature;
use base::{Mobile, OrgId, PersonId, PostId, Result};
use chrono::{DateTime, NaiveDate, Utc};
use db::{Keyring, Tx};
use sqlx::PgConnection;

/// An open post as the list of cadres shows it (ROS-40).
#[derive(Clone, Debug)]
pub(crate) struct CadreRow {
    pub post: PostId,
    pub person: PersonId,
    pub name: String,
    pub title: String,
    pub nature: Nature,
    pub is_secretary: bool,
    pub since: NaiveDate,
    pub phone: Option<Mobile>,
    pub identity_state: String,
    pub missing: Vec<String>,
    pub disabled: bool,
}

/// Who holds posts in an organisation, the secretary first.
pub(crate) async fn cadres(
    conn: &mut PgConnection,
    keys: &Keyring,
    org: OrgId,
) -> Result<Vec<CadreRow>> {
    let rows = sqlx::query!(
        "select post_id, person_id, name, title, nature, is_secretary, since, phone_sealed, identity_state, missing, disabled
         from org_post where org_id = $1 and until is null order by is_secretary desc, since, post_id limit 1000",
        org.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CadreRow {
                post: PostId(row.post_id),
                person: PersonId(row.person_id),
                phone: open_phone(keys, row.person_id, row.phone_sealed.as_deref())?,
                name: row.name,
                title: row.title,
                nature: Nature::from_code(&row.nature),
                is_secretary: row.is_secretary,
                since: row.since,
                identity_state: row.identity_state,
                missing: row.missing,
                disabled: row.disabled,
            })
        })
        .collect()
}

/// When the last secretary's post ended, if none is open (ROS-42).
pub(crate) async fn vacant_since(conn: &mut PgConnection, org: OrgId) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!(
        r#"select max(until) as "day" from org_post where org_id = $1 and is_secretary"#,
        org.0
    )
    .fetch_one(conn)
    .await?)
}

/// Members and holders of posts of an organisation whose required fields are empty, with what is empty (ROS-74).
pub async fn incomplete(
    conn: &mut PgConnection,
    org: OrgId,
) -> Result<Vec<(PersonId, String, Vec<String>)>> {
    let rows = sqlx::query!(
        r#"select person_id as "person!", name as "name!", missing as "missing!" from (
             select person_id, name, missing from roster where branch_id = $1 and state = 'normal' and cardinality(missing) > 0
             union
             select person_id, name, missing from org_post where org_id = $1 and until is null and cardinality(missing) > 0) both_sides
           order by 2, 1 limit 200"#,
        org.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (PersonId(row.person), row.name, row.missing))
        .collect())
}

/// A change of a post, as the audit has it (团干部职务变更记录, ROS-41).
#[derive(Clone, Debug)]
pub(crate) struct PostChange {
    pub at: DateTime<Utc>,
    pub action: String,
    pub actor_name: String,
    pub detail: String,
}

/// The newest changes of posts in an organisation.
pub(crate) async fn post_changes(
    conn: &mut PgConnection,
    org: OrgId,
    limit: i64,
) -> Result<Vec<PostChange>> {
    Ok(sqlx::query_as!(
        PostChange,
        "select at, action, actor_name, detail from audit_log
         where org_id = $1 and action in ('post.appointed', 'post.ended', 'post.undone') order by at desc, seq desc limit $2",
        org.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// Puts a look at whole numbers into the security log of the person looked at (GEN-05, ACC-69).
pub(crate) async fn note_unmasking(
    tx: &mut Tx,
    person: PersonId,
    org: OrgId,
    device: &str,
    purpose: &str,
) -> Result<()> {
    let (id, now): (uuid::Uuid, _) = (tx.new_id(), tx.now());
    let address = tx.actor().address.clone();
    let by = match &tx.actor().acting {
        Some(grant) => format!(
            "〔{}〕{}{}",
            grant.org_name,
            grant.role.label(),
            tx.actor().name
        ),
        None => tx.actor().name.clone(),
    };
    let detail = format!("{by}查看完整证件号和手机号：{purpose}");
    let line = db::security::Line {
        id,
        at: now,
        subject: person.0,
        orgs: &[org],
        kind: "unmask",
        outcome: "done",
        address: &address,
        device,
        detail: &detail,
    };
    db::security::note(tx, &line).await
}

/// Who looked at a person's whole numbers, the newest first; the person may know.
pub(crate) async fn unmaskings(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<(DateTime<Utc>, String)>> {
    let rows = sqlx::query!(
        "select at, detail from security_event where subject_id = $1 and kind = 'unmask' order by at desc, event_id desc limit 50",
        person.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.at, row.detail)).collect())
}
