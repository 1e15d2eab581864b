//! 双人复核 (ACC-B11): the acts an organisation has a second administrator confirm. Each capability puts [`second`] into the
//! chain of what it does; that nobody confirms the own request is the engine's rule (ACC-73).

use crate::{AtDeadline, Deadline, Step, Superior, store::four_eyes as store};
use access::Permission;
use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;

/// Hours a second administrator has; then it lapses.
pub const HOURS: u32 = 72;

/// What can be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Deleting a direct subordinate.
    Deletion,
    /// Filings about memberships.
    Filing,
    /// Reset codes for a list.
    MassReset,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Deletion, Self::Filing, Self::MassReset];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Deletion => "deletion",
            Self::Filing => "filing",
            Self::MassReset => "mass_reset",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }

    /// What an organisation must be able to do for it to be offered.
    pub fn permission(self) -> Permission {
        match self {
            Self::Deletion => Permission::RemoveSubordinates,
            Self::Filing => Permission::FileEndings,
            Self::MassReset => Permission::ResetPasswords,
        }
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Deletion => "删除下级组织",
            Self::Filing => "团籍变动备案",
            Self::MassReset => "批量重置密码",
        }
    }
}

/// Since when an act is confirmed by a second administrator, and who set that.
#[derive(Clone, Debug)]
pub struct Mode {
    /// Which act's code.
    pub act: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// By whom.
    pub set_by: String,
}

/// Whether an act of an organisation waits for a second administrator.
pub async fn is_on(conn: &mut PgConnection, org: OrgId, act: Act) -> Result<bool> {
    let all = store::of_org(conn, org).await?;
    Ok(all.iter().any(|mode| mode.act == act.code()))
}

/// What an organisation has switched on.
pub async fn modes(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Mode>> {
    store::of_org(conn, org).await
}

/// Switches it on or off; the caller has asked who may.
pub async fn switch(tx: &mut Tx, org: OrgId, act: Act, on: bool) -> Result<()> {
    if on {
        store::insert(tx, org, act.code()).await?;
    } else {
        store::delete(tx, org, act.code()).await?;
    }
    let name = if on { "four_eyes.on" } else { "four_eyes.off" };
    tx.record(
        Event::new(name, "org", org)
            .org(org)
            .after(json!({ "act": act.code() })),
    );
    Ok(())
}

/// The step a second administrator of the organisation decides within 72 hours. The direct superior may as well: it is
/// another pair of eyes, and the only one left when the second administrator has gone.
pub fn second(org: &Org) -> Step {
    Step::new(
        "second",
        "双人复核",
        "双人复核待确认",
        org.id,
        &org.full_name,
    )
    .superior(Superior::Also)
    .deadline(Some(Deadline::hours(HOURS, AtDeadline::Return)))
}
