use crate::{rules::IdentityState, store};
use base::{PersonId, Result};
use db::{Event, Tx};
use serde_json::json;

/// Puts people into a state of the identity check (ACC-61); one record for all of them.
pub async fn set_identity(tx: &mut Tx, people: &[PersonId], state: IdentityState) -> Result<()> {
    let Some(first) = people.first() else {
        return Ok(());
    };
    store::set_identities(tx, people, state).await?;
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    tx.record(
        Event::new("person.identity", "person", *first)
            .after(json!({ "state": state.code(), "people": ids })),
    );
    Ok(())
}
