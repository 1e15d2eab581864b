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
    let places = places(conn, own, (from, to)).await?;
    let limit = i64::try_from(most * 2 + 1).unwrap_or(i64::MAX);
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for place in &places {
        for (id, _) in store::touched(conn, place, (from, to), "", limit).await? {
            if seen.insert(id) {
                ids.push(id);
            }
        }
    }
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        found.extend(
            compare(conn, some, (from, to))
                .await?
                .into_iter()
                .map(|c| c.0),
        );
        if found.len() > most {
            break;
        }
    }
    let more = found.len() > most;
    found.truncate(most);
    Ok((found, more))
}

/// Where the organisation stood on either day.
async fn places(
    conn: &mut PgConnection,
    own: OrgId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<OrgPath>> {
    let mut places: Vec<OrgPath> = Vec::new();
    for day in [from, to] {
        if let Some(version) = store::at(conn, &[own], day).await?.remove(&own)
            && !places.contains(&version.place)
        {
            places.push(version.place);
        }
    }
    Ok(places)
}

/// The changes of some organisations, with where each stood on the first and the second day.
async fn compare(
    conn: &mut PgConnection,
    some: &[OrgId],
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(Change, [Option<OrgPath>; 2])>> {
    let old = store::at(conn, some, from).await?;
    let new = store::at(conn, some, to).await?;
    let before = names(conn, old.values(), from).await?;
    let after = names(conn, new.values(), to).await?;
    let place = |version: Option<&Version>| version.map(|v| v.place.clone());
    let changed = some.iter().filter_map(|id| {
        let change = rules::change(old.get(id), new.get(id), &before, &after)?;
        Some((change, [place(old.get(id)), place(new.get(id))]))
    });
    Ok(changed.collect())
}

/// The same a part at a time, for lists of any length: `after` is where the part before ended. What moved inside the
/// organisation is met at its old and its new place and told at the new one.
pub(crate) async fn changes_part(
    conn: &mut PgConnection,
    own: OrgId,
    days: (NaiveDate, NaiveDate),
    after: Option<&str>,
    limit: i64,
) -> Result<(Vec<Change>, Option<String>)> {
    let places = places(conn, own, days).await?;
    let (nth, from) = after
        .and_then(|key| key.split_once(','))
        .and_then(|(nth, from)| Some((nth.parse::<usize>().ok()?, from)))
        .unwrap_or((0, ""));
    let Some(top) = places.get(nth) else {
        return Ok((Vec::new(), None));
    };
    let mut met = store::touched(conn, top, days, from, limit).await?;
    let next = match met.last().map(|(_, place)| place.clone()) {
        Some(last) if met.len() as i64 == limit => {
            // The last place may go on in the next part: it waits for it, unless it fills a part by itself.
            if met[0].1 != last {
                met.retain(|(_, place)| *place != last);
            }
            met.last().map(|(_, place)| format!("{nth},{place}"))
        }
        _ => (nth + 1 < places.len()).then(|| format!("{},", nth + 1)),
    };
    let here: HashSet<(OrgId, OrgPath)> = met.iter().cloned().collect();
    let mut ids: Vec<OrgId> = Vec::new();
    for (id, _) in met {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let inside = |place: &OrgPath| places.iter().any(|top| top.contains(place));
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        for (change, [old, new]) in compare(conn, some, days).await? {
            let told_at = new.filter(inside).or(old);
            let id = change.version.id;
            if told_at.is_some_and(|place| here.contains(&(id, place))) {
                found.push(change);
            }
        }
    }
    Ok((found, next))
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
