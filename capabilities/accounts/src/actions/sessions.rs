//! Sessions of the signed-in person: recent proof, sweeping, the moved clock.

use crate::store;
use base::{Error, Result, business_date};
use chrono::{DateTime, Months, TimeDelta, Utc};
use db::{Tx, jobs::Run};
use web::Ctx;

/// Lets sensitive acts pass for some minutes after the password was given (ACC-67, SEC-11); otherwise the caller sends
/// the person to the address answered, which asks for it and leads to `next` (a page, not a submission).
pub fn require_recent_proof(ctx: &Ctx, next: &str) -> Result<(), String> {
    let fresh = ctx.now() - ctx.me.proved_at < ctx.app.proof_life();
    if fresh {
        return Ok(());
    }
    Err(format!("/account/proof?next={}", web::list::encode(next)))
}

/// Moves all sessions along with the demonstration's clock, so that travelling in time signs nobody out.
pub async fn carry_sessions(tx: &mut Tx, by: TimeDelta) -> Result<()> {
    store::session::carry(tx, by).await
}

/// Removes ended sessions and security lines older than two years (ACC-69), each batch for itself.
pub(crate) async fn sweep(run: Run) -> Result<()> {
    let now = run.db.clock.now();
    let before = two_years_before(now)?;
    let mut done = 0;
    loop {
        let mut tx = run
            .db
            .begin(access::Actor::system("accounts.sweep"))
            .await?;
        let gone = store::session::sweep(&mut tx, now).await?
            + store::account::sweep_log(&mut tx, before).await?;
        tx.commit_housekeeping().await?;
        if gone == 0 {
            return Ok(());
        }
        done += gone;
        run.progress(done, 0).await?;
    }
}

fn two_years_before(now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let day = business_date(now)
        .checked_sub_months(Months::new(24))
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("no date two years ago")))?;
    Ok(base::at_midnight(day))
}
