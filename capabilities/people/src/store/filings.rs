//! Filings about memberships, beside the branch.

use crate::rules::{MembershipState, NewFiling};
use base::{CaseId, FileId, MembershipId, OrgId, PersonId, Result};
use chrono::{DateTime, NaiveDate, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A filing as it stands.
#[derive(Clone, Debug)]
pub(crate) struct FilingRow {
    pub branch: Uuid,
    pub id: Uuid,
    pub person: Uuid,
    pub membership: Uuid,
    pub path: String,
    pub name: String,
    pub kind: String,
    pub state: String,
    pub decided_on: NaiveDate,
    pub organ: String,
    pub reason: String,
    pub grounds: Vec<String>,
    pub lost_since: Option<NaiveDate>,
    pub file: Uuid,
    pub filed_at: DateTime<Utc>,
    pub filed_by: String,
    pub ended_at: Option<DateTime<Utc>>,
    pub reversal: Option<String>,
}

macro_rules! filings {
    ($tail:literal, $($bind:expr),*) => {
        sqlx::query_as!(
            FilingRow,
            "select branch_id as branch, filing_id as id, person_id as person, membership_id as membership, path, name, kind, state, decided_on,
                    organ, reason, grounds, lost_since, file_id as file, filed_at, filed_by, ended_at, reversal
             from membership_filing " + $tail,
            $($bind),*
        )
    };
}

/// One filing.
pub(crate) async fn filing(
    conn: &mut PgConnection,
    branch: OrgId,
    id: Uuid,
) -> Result<Option<FilingRow>> {
    Ok(
        filings!("where branch_id = $1 and filing_id = $2", branch.0, id)
            .fetch_optional(conn)
            .await?,
    )
}

/// One filing, locked.
pub(crate) async fn lock_filing(tx: &mut Tx, branch: OrgId, id: Uuid) -> Result<Option<FilingRow>> {
    Ok(filings!(
        "where branch_id = $1 and filing_id = $2 for update",
        branch.0,
        id
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// One page of a subtree's filings in a state, in the order of the tree; with `true` beside it only those that ended a
/// membership (ROS-88).
pub(crate) async fn filing_page(
    conn: &mut PgConnection,
    scope: (&str, &str),
    (state, ended): (&str, bool),
    from: Option<(&str, Uuid)>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<FilingRow>> {
    let (path, id) = from.unwrap_or(("", Uuid::nil()));
    let path = super::start(scope, path);
    Ok(if backwards {
        filings!(
            "where state = $1 and path >= $2 and path < $3 and (path, filing_id) < ($4, $5) 
               and (not $7 or kind not in ('suspend', 'revive')) order by path desc, filing_id desc limit $6",
            state, scope.0, scope.1, path, id, limit, ended
        )
        .fetch_all(conn)
        .await?
    } else {
        filings!(
            "where state = $1 and path >= $2 and path < $3 and (path, filing_id) > ($4, $5) 
               and (not $7 or kind not in ('suspend', 'revive')) order by path, filing_id limit $6",
            state,
            scope.0,
            scope.1,
            path,
            id,
            limit,
            ended
        )
        .fetch_all(conn)
        .await?
    })
}

/// When a suspension now in force was carried out.
pub(crate) async fn suspended_on(
    conn: &mut PgConnection,
    branch: OrgId,
    person: PersonId,
) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!(
        r#"select max(decided_on) as "day" from membership_filing
           where branch_id = $1 and person_id = $2 and kind = 'suspend' and state = 'carried'"#,
        branch.0,
        person.0
    )
    .fetch_one(conn)
    .await?)
}

/// Writes a filing that waits; none if one about the person waits already.
pub(crate) async fn insert_filing(
    tx: &mut Tx,
    org: &orgs::Org,
    person: (PersonId, &str),
    membership: MembershipId,
    new: &NewFiling,
    file: FileId,
) -> Result<Option<Uuid>> {
    let (id, now, by): (Uuid, _, _) = (tx.new_id(), tx.now(), tx.actor().name.clone());
    Ok(sqlx::query_scalar!(
        "insert into membership_filing (branch_id, filing_id, person_id, membership_id, path, name, kind, state, decided_on, organ, reason, grounds,
                                        lost_since, file_id, filed_at, filed_by)
         values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing returning filing_id",
        org.id.0,
        id,
        person.0.0,
        membership.0,
        org.path.as_str(),
        person.1,
        new.kind.code(),
        new.decided_on,
        new.organ,
        new.reason,
        &new.grounds,
        new.lost_since,
        file.0,
        now,
        by
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Notes the case a filing is decided in.
pub(crate) async fn place_filing(tx: &mut Tx, branch: OrgId, id: Uuid, case: CaseId) -> Result<()> {
    sqlx::query!(
        "update membership_filing set case_id = $3 where branch_id = $1 and filing_id = $2",
        branch.0,
        id,
        case.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves a filing into another state.
pub(crate) async fn end_filing(
    tx: &mut Tx,
    branch: OrgId,
    id: Uuid,
    state: &str,
    reversal: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update membership_filing set state = $3, reversal = $4, ended_at = coalesce(ended_at, $5) where branch_id = $1 and filing_id = $2",
        branch.0,
        id,
        state,
        reversal,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts an open membership and its roster row into another state (suspended and back).
pub(crate) async fn restate_membership(
    tx: &mut Tx,
    person: PersonId,
    branch: OrgId,
    state: MembershipState,
) -> Result<()> {
    sqlx::query!(
        "update membership set state = $2 where person_id = $1 and until is null",
        person.0,
        state.code()
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update roster set state = $3 where branch_id = $1 and person_id = $2",
        branch.0,
        person.0,
        state.code()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
