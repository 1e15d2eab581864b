//! Messages of transfers (TRF-123): written in the transaction that caused them; outside channels read the same rows.

use crate::store::Transfer;
use base::{OrgId, Result};
use db::Tx;
use messages::{Note, Receiver};

/// Tells one reader about a transfer; the jump leads to the record on the reader's own port.
pub(crate) async fn tell(
    tx: &mut Tx,
    receiver: Receiver,
    transfer: &Transfer,
    title: &str,
    body: String,
) -> Result<()> {
    let jump = match receiver {
        Receiver::Person(_) => format!("/member/transfers/{}", transfer.id),
        Receiver::Org(_) => format!("/console/transfers/{}/{}", transfer.person, transfer.id),
    };
    let note = Note {
        kind: "transfer",
        title: title.to_owned(),
        body,
        jump: Some(jump),
        about: Some(transfer.id.0),
    };
    messages::tell(tx, receiver, note).await
}

/// Tells the member and both sides, each organisation once.
pub(crate) async fn tell_all(
    tx: &mut Tx,
    transfer: &Transfer,
    title: &str,
    body: &str,
) -> Result<()> {
    tell(
        tx,
        Receiver::Person(transfer.person),
        transfer,
        title,
        body.to_owned(),
    )
    .await?;
    let mut orgs: Vec<OrgId> = [
        Some(transfer.out_branch),
        Some(transfer.in_org),
        transfer.in_branch,
    ]
    .into_iter()
    .flatten()
    .collect();
    orgs.sort();
    orgs.dedup();
    for org in orgs {
        tell(
            tx,
            Receiver::Org(org),
            transfer,
            title,
            format!("{}：{body}", transfer.name),
        )
        .await?;
    }
    Ok(())
}
