//! An open transfer ends when the membership does (ROS-78).

use crate::rules::State;
use crate::{actions, case, store};
use approvals::Kinds;
use base::{PersonId, Result};
use db::Tx;
use futures::future::BoxFuture;
use people::Gone;
use uuid::Uuid;

/// Ends the open transfers of those who leave.
pub struct TransferDeparture(pub Kinds);

impl people::Departure for TransferDeparture {
    fn ended<'a>(&'a self, tx: &'a mut Tx, gone: &'a [Gone]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let people: Vec<Uuid> = gone.iter().map(|g| g.person.0).collect();
            let keys = tx.keys().clone();
            for person in store::with_open(tx, &people).await? {
                let person = PersonId(person);
                let Some(mut transfer) = store::open_of(tx, &keys, person).await? else {
                    continue;
                };
                let why = gone
                    .iter()
                    .find(|g| g.person == person)
                    .map_or("", |g| g.state.label());
                let words = format!("团员{why}，转接终止");
                match case::key(&transfer) {
                    Some(key) => approvals::close(tx, &self.0, key, "left", &words).await?,
                    None => actions::end(tx, &mut transfer, State::Closed).await?,
                }
            }
            Ok(())
        })
    }
}
