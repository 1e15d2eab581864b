//! Gathering what the rules decide by.

use crate::rules::{Subject, Target};
use crate::store;
use base::{Error, OrgId, PersonId, Result};
use db::Keyring;
use orgs::Org;
use people::{MembershipState, Person};
use sqlx::PgConnection;

/// A person and what the pre-check knows of them. `None` for somebody who never was a member.
pub async fn member_facts(
    conn: &mut PgConnection,
    keys: &Keyring,
    person: PersonId,
) -> Result<Option<(Person, Subject)>> {
    let Some(profile) = people::find(conn, keys, person).await? else {
        return Ok(None);
    };
    let open = people::membership(conn, person).await?;
    let last = match open {
        Some(membership) => Some(membership),
        None => people::memberships(conn, person).await?.into_iter().next(),
    };
    let Some(membership) = last else {
        return Ok(None);
    };
    let branch = orgs::find(conn, membership.branch)
        .await?
        .ok_or(Error::NotFound)?;
    let administrators = accounts::administrators(conn, branch.id).await?;
    let only_administrator = administrators.len() == 1
        && administrators
            .iter()
            .all(|holder| holder.account_id == person.0);
    let holds_post = !people::posts(conn, person).await?.is_empty();
    let open = store::open_of(conn, keys, person).await?;
    let subject = Subject {
        name: profile.name.clone(),
        born: profile.born,
        admitted_on: profile.admitted_on,
        certified: profile.certification == "certified",
        membership: (membership.until.is_none() || membership.state != MembershipState::Normal)
            .then(|| membership.state.code().to_owned()),
        branch,
        holds_post,
        only_administrator,
        open: open.map(|t| (t.number.to_string(), t.step.todo())),
        employer: profile.employer.clone(),
    };
    Ok(Some((profile, subject)))
}

/// A possible target with what the rules ask of its place in the tree.
pub async fn target_facts(conn: &mut PgConnection, org: Org) -> Result<Target> {
    let above = orgs::ancestors(conn, &org.path).await?;
    let has_branch = org.is_branch() || store::has_branch(conn, &org.path).await?;
    let region = org
        .region
        .clone()
        .or_else(|| above.iter().rev().find_map(|up| up.region.clone()));
    Ok(Target {
        superior: above.last().cloned(),
        region,
        has_branch,
        org,
    })
}

/// Both sides of a transfer with their direct superiors.
#[derive(Clone, Debug)]
pub struct Parties {
    /// The branch the member leaves.
    pub out_branch: Org,
    /// Its direct superior.
    pub out_superior: Option<Org>,
    /// Where the member goes.
    pub in_org: Org,
    /// Its direct superior.
    pub in_superior: Option<Org>,
}

impl Parties {
    /// Reads them.
    pub async fn find(conn: &mut PgConnection, out_branch: OrgId, in_org: OrgId) -> Result<Self> {
        let out_branch = orgs::find(conn, out_branch).await?.ok_or(Error::NotFound)?;
        let in_org = orgs::find(conn, in_org).await?.ok_or(Error::NotFound)?;
        Ok(Self {
            out_superior: superior(conn, &out_branch).await?,
            in_superior: superior(conn, &in_org).await?,
            out_branch,
            in_org,
        })
    }

    /// For the chain.
    pub fn as_rules(&self) -> crate::rules::Parties<'_> {
        crate::rules::Parties {
            out_branch: &self.out_branch,
            out_superior: self.out_superior.as_ref(),
            in_org: &self.in_org,
            in_superior: self.in_superior.as_ref(),
        }
    }
}

/// The direct superior as it stands.
pub async fn superior(conn: &mut PgConnection, org: &Org) -> Result<Option<Org>> {
    match org.parent {
        Some(parent) => orgs::find(conn, parent).await,
        None => Ok(None),
    }
}
