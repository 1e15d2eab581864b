//! How far nightly work has come.

use base::Result;
use chrono::{Days, NaiveDate};
use db::Tx;
use serde_json::Value;

/// The day to work on, and where in it the last batch ended.
#[derive(Clone, Debug)]
pub(crate) struct Night {
    pub day: NaiveDate,
    pub cursor: Option<Value>,
}

/// Takes the watermark of a nightly work for this transaction and answers the oldest day not finished, at most `last`:
/// days missed are caught up in order (OPS-41), and two workers follow each other batch by batch. A watermark ahead of
/// `today` was written before the demonstration clock was moved back: it is taken back as well.
pub(crate) async fn take_night(
    tx: &mut Tx,
    name: &str,
    last: NaiveDate,
    today: NaiveDate,
) -> Result<Option<Night>> {
    let before = last - Days::new(1);
    sqlx::query!(
        "insert into nightly (name, done_until) values ($1, $2) on conflict do nothing",
        name,
        before
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        "select done_until, cursor from nightly where name = $1 for update",
        name
    )
    .fetch_one(&mut **tx)
    .await?;
    let (done, cursor) = if row.done_until > today {
        (before, None)
    } else {
        (row.done_until, row.cursor)
    };
    Ok((done < last).then(|| Night {
        day: done + Days::new(1),
        cursor,
    }))
}

/// Notes where the batch ended; without a place the day is finished.
pub(crate) async fn leave_night(
    tx: &mut Tx,
    name: &str,
    day: NaiveDate,
    cursor: Option<Value>,
) -> Result<()> {
    let done = if cursor.is_some() {
        day - Days::new(1)
    } else {
        day
    };
    sqlx::query!(
        "update nightly set done_until = $2, cursor = $3 where name = $1",
        name,
        done,
        cursor
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
