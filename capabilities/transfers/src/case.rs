//! The approval behind a transfer.
use crate::actions::Parties;
use crate::policy::Policy;
use crate::rules::Planned;
use crate::store::Transfer;
use base::{CaseId, Result};
use db::Tx;
pub(crate) async fn open(
    _tx: &mut Tx,
    _t: &Transfer,
    _steps: &[Planned],
    _parties: &Parties,
    _policy: &Policy,
) -> Result<CaseId> {
    Ok(CaseId(uuid::Uuid::nil()))
}
