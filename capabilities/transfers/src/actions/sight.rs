//! Who sees a transfer, and how much of it (TRF-122).

use crate::rules::{Kind, State, Step};
use crate::store::Transfer;
use access::{Actor, Permission};
use base::{Error, OrgId, Result};
use sqlx::PgConnection;

/// How much of a transfer somebody sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// The person's data too: the out side always, the in side from the step in which it decides.
    pub whole: bool,
    /// The member's page on the console.
    pub member_page: bool,
}

/// What the actor sees; nothing at all is answered as if the transfer did not exist (SEC-12).
pub async fn sight(conn: &mut PgConnection, actor: &Actor, transfer: &Transfer) -> Result<Sight> {
    let out = looks(conn, actor, Permission::ViewTransfers, transfer.out_branch).await?;
    let mut into = looks(conn, actor, Permission::ViewTransfers, transfer.in_org).await?;
    if let (false, Some(branch)) = (into, transfer.in_branch) {
        into = looks(conn, actor, Permission::ViewTransfers, branch).await?;
    }
    if !out && !into {
        return Err(Error::NotFound);
    }
    let in_turn = transfer.kind == Kind::PullIn
        || transfer.state == State::Completed
        || matches!(transfer.step, Step::In | Step::InSuperior | Step::Allocate);
    let home = transfer.in_branch.unwrap_or(transfer.out_branch);
    Ok(Sight {
        whole: out || in_turn,
        member_page: looks(conn, actor, Permission::ViewPeople, home).await?,
    })
}

async fn looks(
    conn: &mut PgConnection,
    actor: &Actor,
    permission: Permission,
    org: OrgId,
) -> Result<bool> {
    let org = orgs::find(conn, org).await?;
    Ok(org.is_some_and(|org| actor.may_look(permission, &org.to_ref())))
}
