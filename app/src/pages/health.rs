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

/// Removes what has served its time: ended sessions, submissions older than a week, counters, finished jobs after 90
/// days, expired files' rows.
pub(super) async fn housekeeping(db: &Db) -> Result<()> {
    let now = db.clock.now();
    let mut conn = db.pool.acquire().await?;
    sqlx::query!("delete from session where ends_at < $1", now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "delete from submission where at < $1",
        now - TimeDelta::days(7)
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from rate where window_start < $1",
        now - TimeDelta::days(1)
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from job where finished_at < $1",
        now - TimeDelta::days(90)
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from stored_file where expires_at < $1", now)
        .execute(&mut *conn)
        .await?;
    db::ensure_partitions(&mut conn, now).await?;
    Ok(())
}
