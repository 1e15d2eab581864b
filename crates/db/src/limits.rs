//! Rate limits (SEC-70, SEC-76): fixed windows counted in the database, so all instances share them.

use base::Result;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

/// Counts one more hit on `key` in a window of `window`; answers the hits so far, this one included, and when the
/// window ends.
pub async fn hit(
    conn: &mut PgConnection,
    key: &str,
    now: DateTime<Utc>,
    window: TimeDelta,
) -> Result<(i32, DateTime<Utc>)> {
    let row = sqlx::query!(
        "insert into rate as r (key, window_start, hits) values ($1, $2, 1)
         on conflict (key) do update set
             hits = case when r.window_start > $3 and r.window_start <= excluded.window_start then r.hits + 1 else 1 end,
             window_start = case when r.window_start > $3 and r.window_start <= excluded.window_start then r.window_start else excluded.window_start end
         returning hits, window_start",
        key,
        now,
        now - window
    )
    .fetch_one(conn)
    .await?;
    Ok((row.hits, row.window_start + window))
}

/// The hits on `key` in the window of `window` that is running, without counting one.
pub async fn hits(
    conn: &mut PgConnection,
    key: &str,
    now: DateTime<Utc>,
    window: TimeDelta,
) -> Result<(i32, DateTime<Utc>)> {
    let row = sqlx::query!("select hits, window_start from rate where key = $1 and window_start > $2 and window_start <= $3", key, now - window, now)
        .fetch_optional(conn)
        .await?;
    Ok(row.map_or((0, now), |row| (row.hits, row.window_start + window)))
}

/// Forgets the hits on `key` (a right password ends the count of wrong ones).
pub async fn clear(conn: &mut PgConnection, key: &str) -> Result<()> {
    sqlx::query!("delete from rate where key = $1", key)
        .execute(conn)
        .await?;
    Ok(())
}
