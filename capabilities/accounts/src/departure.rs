//! What becomes of the account when a membership ends (ROS-78): it reads, and administers nothing any more.

use crate::{actions::grants::end_grant, store};
use base::{PersonId, Result};
use db::{Event, Tx};
use futures::future::BoxFuture;
use people::{Gone, MembershipState};
use uuid::Uuid;

/// Tells the accounts of those who leave and come back.
#[derive(Clone, Copy, Debug)]
pub struct AccountDeparture;

impl people::Departure for AccountDeparture {
    fn ended<'a>(&'a self, tx: &'a mut Tx, gone: &'a [Gone]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let accounts: Vec<Uuid> = gone.iter().map(|g| g.person.0).collect();
            for (account, org, grant) in store::grant::open_grants(tx, &accounts).await? {
                if gone
                    .iter()
                    .any(|g| g.person.0 == account && g.branch == org)
                {
                    end_grant(tx, org, account, grant).await?;
                }
            }
            let closed =
                |g: &&Gone| matches!(g.state, MembershipState::Deceased | MembershipState::Void);
            let (shut, rest): (Vec<&Gone>, Vec<&Gone>) = gone.iter().partition(closed);
            let ids = |list: Vec<&Gone>| list.into_iter().map(|g| g.person.0).collect::<Vec<_>>();
            let reading = store::account::restate(
                tx,
                &ids(rest),
                &["initial", "applicant", "active"],
                "read_only",
            )
            .await?;
            for account in reading {
                tx.record(Event::new("account.read_only", "person", account));
            }
            let shut = ids(shut);
            let all = ["initial", "applicant", "active", "read_only"];
            for account in store::account::restate(tx, &shut, &all, "disabled").await? {
                tx.record(Event::new("account.disabled", "person", account).note("团籍已终止"));
            }
            Ok(())
        })
    }

    fn restored<'a>(&'a self, tx: &'a mut Tx, person: PersonId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let back = store::account::restate(tx, &[person.0], &["read_only"], "active").await?;
            for account in back {
                tx.record(Event::new("account.activated", "person", account));
            }
            Ok(())
        })
    }
}
