//! Where providers of SMS say what became of a message (GWY-10).

use axum::{Json, body::Bytes};
use base::Error;
use gateways::Gateways;
use web::prelude::*;

/// `POST /gateway/sms/{token}`: the secret in the address is what the provider was told; it signs nothing itself. A message
/// that is not known is asked for again, as its receipt may be faster than the answer to its sending.
pub(super) async fn sms(guest: Guest, Path(token): Path<String>, body: Bytes) -> Result<Response> {
    let gateways = guest.app.policy::<Gateways>();
    let (Some(provider), Some(secret)) = (&gateways.sms, &gateways.sms_receipts) else {
        return Err(Error::NotFound.into());
    };
    if web::session_token_hash(&token) != web::session_token_hash(secret) {
        return Err(Error::NotFound.into());
    }
    let known = match provider.receipts(&body) {
        Some(receipts) => {
            let mut tx = guest.begin().await?;
            let known = gateways::take_receipts(&mut tx, provider.name(), &receipts).await?;
            tx.commit_housekeeping().await?;
            known
        }
        None => false,
    };
    Ok(Json(provider.receipt_answer(known)).into_response())
}
