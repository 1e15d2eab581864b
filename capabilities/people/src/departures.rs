//! What other capabilities have to say when somebody leaves the League, comes back or leaves office. The program's wiring
//! lists them; people itself knows none of them.

use crate::rules::MembershipState;
use base::{OrgId, PersonId, Result};
use db::Tx;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use std::sync::Arc;

/// Somebody whose membership has just ended.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    /// Who.
    pub person: PersonId,
    /// The branch left.
    pub branch: OrgId,
    /// How the membership ended.
    pub state: MembershipState,
    /// The person goes on as cadre: records of cadres stand by themselves (ROS-46).
    pub stays_cadre: bool,
}

/// A capability that is asked before somebody leaves at 28 and told when a membership ended or began again.
pub trait Departure: Send + Sync {
    /// Who of these must not leave yet and why, in words (arrears of dues, ROS-76). Most have nothing to say.
    fn holds<'a>(
        &'a self,
        _conn: &'a mut PgConnection,
        _people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<(PersonId, String)>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Ends in the same transaction what hangs on the membership (ROS-78).
    fn ended<'a>(&'a self, tx: &'a mut Tx, gone: &'a [Gone]) -> BoxFuture<'a, Result<()>>;

    /// Gives back what the end had taken (ROS-80).
    fn restored<'a>(&'a self, _tx: &'a mut Tx, _person: PersonId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// What ends with somebody's last office in an organisation, in words for the page that asks first (ORG-67, ROS-47).
    fn hangs_on_office<'a>(
        &'a self,
        _conn: &'a mut PgConnection,
        _person: PersonId,
        _org: OrgId,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Why somebody's cadre record in an organisation must stay enabled (the last operator, FLD-12).
    fn keeps_enabled<'a>(
        &'a self,
        _conn: &'a mut PgConnection,
        _person: PersonId,
        _org: &'a orgs::Org,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }

    /// Ends in the same transaction what hung on the office: the person holds none in this organisation any more (ORG-67).
    fn left_office<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _person: PersonId,
        _org: OrgId,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// All of them; part of the program's policies.
#[derive(Clone, Default)]
pub struct Departures(pub Vec<Arc<dyn Departure>>);

impl Departures {
    pub(crate) async fn holds(
        &self,
        conn: &mut PgConnection,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, String)>> {
        let mut all = Vec::new();
        for one in &self.0 {
            all.extend(one.holds(conn, people).await?);
        }
        Ok(all)
    }

    pub(crate) async fn ended(&self, tx: &mut Tx, gone: &[Gone]) -> Result<()> {
        for one in &self.0 {
            one.ended(tx, gone).await?;
        }
        Ok(())
    }

    pub(crate) async fn restored(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        for one in &self.0 {
            one.restored(tx, person).await?;
        }
        Ok(())
    }

    pub(crate) async fn hangs_on_office(
        &self,
        conn: &mut PgConnection,
        person: PersonId,
        org: OrgId,
    ) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for one in &self.0 {
            all.extend(one.hangs_on_office(conn, person, org).await?);
        }
        Ok(all)
    }

    pub(crate) async fn keeps_enabled(
        &self,
        conn: &mut PgConnection,
        person: PersonId,
        org: &orgs::Org,
    ) -> Result<Option<String>> {
        for one in &self.0 {
            if let Some(why) = one.keeps_enabled(conn, person, org).await? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    pub(crate) async fn left_office(
        &self,
        tx: &mut Tx,
        person: PersonId,
        org: OrgId,
    ) -> Result<()> {
        for one in &self.0 {
            one.left_office(tx, person, org).await?;
        }
        Ok(())
    }
}
