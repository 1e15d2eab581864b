//! Keeping the tree day by day (ORG-B8), and looking back.

use crate::rules::history::{self as rules, Change, Version};
use crate::store::history as store;
use access::Actor;
use base::{OrgId, OrgPath, Result, business_date};
use chrono::{DateTime, Days, NaiveDate, Utc};
use db::jobs::{NewJob, Run};
use db::{Event, Tx};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// The kind of the job that keeps the day.
pub(crate) const JOB: &str = "upkeep.history";
const CHUNK: i64 = 1000;

/// The day a run keeps: at midnight the one that ended; asked for in between, the present one so far.
pub(crate) fn day_of(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> NaiveDate {
    match due {
        Some(due) => business_date(due) - Days::new(1),
        None => business_date(now),
    }
}

/// Keeps what is different from what was kept last, a thousand organisations a transaction. Killed half-way, it is made
/// anew: what is kept already is no difference any more.
pub(crate) async fn keep(run: &Run, day: NaiveDate) -> Result<u64> {
    let (mut after, mut changed) = (String::new(), 0);
    loop {
        let mut tx = run.db.begin(Actor::system(JOB)).await?;
        let present = store::present(&mut tx, &after, CHUNK).await?;
        let Some(last) = present.last() else {
            let from = store::days(&mut tx).await?.map_or(day, |(from, _)| from);
            store::set_days(&mut tx, from, day).await?;
            tx.commit_housekeeping().await?;
            return Ok(changed);
        };
        after = last.place.to_string();
        let ids: Vec<OrgId> = present.iter().map(|v| v.id).collect();
        let open = store::open(&mut tx, &ids).await?;
        let differ: Vec<Version> = present
            .into_iter()
            .filter(|v| match open.get(&v.id) {
                Some(kept) => !v.state.is_live() || kept != v,
                None => v.state.is_live(),
            })
            .collect();
        let ended: Vec<OrgId> = differ
            .iter()
            .map(|v| v.id)
            .filter(|id| open.contains_key(id))
            .collect();
        store::close(&mut tx, &ended, day).await?;
        let begun: Vec<Version> = differ.into_iter().filter(|v| v.state.is_live()).collect();
        store::save(&mut tx, &begun, day).await?;
        tx.commit_housekeeping().await?;
        changed += (begun.len() + ended.len()) as u64;
        run.progress(changed, 0).await?;
    }
}

/// Begins the record of a fresh deployment before the first midnight.
pub(crate) async fn ask(tx: &mut Tx) -> Result<()> {
    tx.enqueue(NewJob::new(JOB, json!({ "now": true })).unique(JOB))
        .await?;
    tx.record(Event::new("org.history_asked", "job", uuid::Uuid::nil()));
    Ok(())
}

/// What became different below an organisation between two days; whether there was more than `most`.
pub(crate) async fn changes(
    conn: &mut PgConnection,
    own: OrgId,
    (from, to): (NaiveDate, NaiveDate),
    most: usize,
) -> Result<(Vec<Change>, bool)> {
    let mut places: Vec<OrgPath> = Vec::new();
    for day in [from, to] {
        if let Some(version) = store::at(conn, &[own], day).await?.remove(&own)
            && !places.contains(&version.place)
        {
            places.push(version.place);
        }
    }
    let limit = i64::try_from(most * 2 + 1).unwrap_or(i64::MAX);
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for place in &places {
        for id in store::touched(conn, place, (from, to), limit).await? {
            if seen.insert(id) {
                ids.push(id);
            }
        }
    }
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        let old = store::at(conn, some, from).await?;
        let new = store::at(conn, some, to).await?;
        let before = names(conn, old.values(), from).await?;
        let after = names(conn, new.values(), to).await?;
        found.extend(
            some.iter()
                .filter_map(|id| rules::change(old.get(id), new.get(id), &before, &after)),
        );
        if found.len() > most {
            break;
        }
    }
    let more = found.len() > most;
    found.truncate(most);
    Ok((found, more))
}

/// Full names of the superiors of that day.
async fn names(
    conn: &mut PgConnection,
    of: impl Iterator<Item = &Version>,
    day: NaiveDate,
) -> Result<HashMap<OrgId, String>> {
    let mut parents: Vec<OrgId> = of.filter_map(|v| v.parent).collect();
    parents.sort_unstable();
    parents.dedup();
    let found = store::at(conn, &parents, day).await?;
    Ok(found
        .into_iter()
        .map(|(id, version)| (id, version.full_name))
        .collect())
}
