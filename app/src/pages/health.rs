//! `/healthz`, `/readyz` (OPS-30) and nightly housekeeping.

use axum::{extract::State, http::StatusCode};
use base::Result;
use chrono::TimeDelta;
use db::Db;
use web::App;

/// The process is up.
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// Database reachable, schema up to date, schedules ticking.
pub(super) async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    match ready(&app).await {
        Ok(true) if !db::jobs::alive() => (StatusCode::SERVICE_UNAVAILABLE, "workers do not tick"),
        Ok(true) => (StatusCode::OK, "ready"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "migrations pending"),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database not reachable")
        }
    }
}

async fn ready(app: &App) -> anyhow::Result<bool> {
    let mut conn = app.db().pool.acquire().await?;
    Ok(db::pending_migrations(&mut conn).await? == 0)
}

/// Rows of one deletion, as the statements have it: nobody waits longer for the night's work than these take.
const BATCH: u64 = 5_000;

/// Deletes in batches, each for itself, until one is not full. The statement takes the moment.
macro_rules! sweep {
    ($conn:expr, $moment:expr, $sql:literal) => {
        loop {
            let gone = sqlx::query!($sql, $moment).execute(&mut *$conn).await?;
            if gone.rows_affected() < BATCH {
                break;
            }
        }
    };
}

/// Removes what has served its time: ended sessions, submissions older than a week, counters, finished jobs after 90
/// days, expired files' rows. May be killed anywhere: the next night goes on.
pub(super) async fn housekeeping(db: &Db) -> Result<()> {
    let now = db.clock.now();
    let mut conn = db.pool.acquire().await?;
    sweep!(
        conn,
        now,
        "delete from session where token_hash in (select token_hash from session where ends_at < $1 order by ends_at limit 5000)"
    );
    sweep!(
        conn,
        now - TimeDelta::days(7),
        "delete from submission where key in (select key from submission where at < $1 order by at limit 5000)"
    );
    sweep!(
        conn,
        now - TimeDelta::days(1),
        "delete from rate where key in (select key from rate where window_start < $1 order by window_start limit 5000)"
    );
    sweep!(
        conn,
        now - TimeDelta::days(90),
        "delete from job where job_id in (select job_id from job where finished_at < $1 order by finished_at limit 5000)"
    );
    sweep!(
        conn,
        now,
        "delete from stored_file where file_id in (select file_id from stored_file where expires_at < $1 order by expires_at limit 5000)"
    );
    db::ensure_partitions(&mut conn, now).await?;
    Ok(())
}
