//! Access tokens of vendors: one holder among all instances (GWY-04).

use crate::{http::Fault, store};
use base::Result;
use chrono::TimeDelta;
use db::Db;

/// Renewed so long before its end.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// A token as the vendor gives it.
pub(crate) struct Fresh {
    pub(crate) token: String,
    pub(crate) life: TimeDelta,
}

/// The vendor's token: the one kept, or a fresh one. `stale` names one the vendor did not take any more; whoever finds it
/// still kept renews it, everybody else takes what was renewed meanwhile. The row is locked while it is fetched.
pub(crate) async fn token(
    db: &Db,
    vendor: &str,
    stale: Option<&str>,
    fetch: impl AsyncFnOnce() -> Result<Fresh, Fault>,
) -> Result<Result<String, Fault>> {
    let mut tx = db.begin(access::Actor::system("vendor_token")).await?;
    let now = tx.now();
    let kept = store::token_for_update(&mut tx, vendor).await?;
    if let Some((token, until)) = kept
        && now + AHEAD < until
        && stale != Some(token.as_str())
    {
        return Ok(Ok(token));
    }
    let fresh = match fetch().await {
        Ok(fresh) => fresh,
        Err(fault) => return Ok(Err(fault)),
    };
    store::put_token(&mut tx, vendor, &fresh.token, now + fresh.life).await?;
    tx.commit_housekeeping().await?;
    Ok(Ok(fresh.token))
}
