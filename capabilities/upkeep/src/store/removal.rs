//! What still hangs on an organisation.

use base::{OrgId, PersonId, Result};
use sqlx::PgConnection;
use uuid::Uuid;

/// Everything that keeps an organisation from being deleted (ORG-72).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hanging {
    pub(crate) members: i64,
    pub(crate) cadres: i64,
    pub(crate) subs: i64,
    pub(crate) transfers: i64,
    /// Undecided cases on its desk and changes about it.
    pub(crate) waiting: i64,
}

/// Counts it: each statement by the organisation's own key.
pub(crate) async fn hanging(conn: &mut PgConnection, org: OrgId) -> Result<Hanging> {
    let members = sqlx::query_scalar!(
        r#"select count(*) as "n!" from roster where branch_id = $1"#,
        org.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let cadres = sqlx::query_scalar!(
        r#"select count(distinct person_id) as "n!" from org_post where org_id = $1 and until is null"#,
        org.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let subs = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org where parent_id = $1 and state in ('created', 'active', 'graduate')"#,
        org.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let transfers = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org_transfer where org_id = $1 and open"#,
        org.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let cases = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org_inbox where org_id = $1 and done_at is null and part = 'decide' and kind <> 'transfer'"#,
        org.0
    )
    .fetch_one(&mut *conn)
    .await?;
    let changes = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org_change where org_id = $1 and state in ('pending', 'queued')"#,
        org.0
    )
    .fetch_one(conn)
    .await?;
    Ok(Hanging {
        members,
        cadres,
        subs,
        transfers,
        waiting: cases + changes,
    })
}

/// Who is on the roster of a branch, in whatever state.
pub(crate) async fn on_roster(conn: &mut PgConnection, branch: OrgId) -> Result<Vec<PersonId>> {
    let rows = sqlx::query_scalar!(
        "select person_id from roster where branch_id = $1 order by person_id",
        branch.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(PersonId).collect())
}

/// The secretary of an organisation.
pub(crate) async fn secretary(conn: &mut PgConnection, org: OrgId) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        "select person_id from org_post where org_id = $1 and is_secretary and until is null",
        org.0
    )
    .fetch_optional(conn)
    .await?
    .map(PersonId))
}

/// The 待接转团支部 directly below a superior (ORG-06: one each).
pub(crate) async fn waiting_branch(
    conn: &mut PgConnection,
    superior: OrgId,
) -> Result<Option<OrgId>> {
    let id: Option<Uuid> = sqlx::query_scalar!(
        "select org_id from org where parent_id = $1 and kind = 'awaiting_transfer' and state in ('created', 'active', 'graduate') order by org_no limit 1",
        superior.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(OrgId))
}
