//! Searching for organisations that may be one and the same (ORG-B7), and saying that two are two.

use crate::rules::twins::{self as rules, Unit};
use crate::store::twins::{self as store, Found};
use access::{Actor, Permission};
use base::{Error, OrgId, Result};
use db::jobs::{NewJob, Run};
use db::{Event, Tx};
use serde_json::json;

/// The kind of the job that searches.
pub(crate) const JOB: &str = "upkeep.twins";
const READ: i64 = 5000;
const WRITE: usize = 500;

/// Compares the whole tree, in the memory of one job; answers how many pairs. Killed half-way, it is made anew.
pub(crate) async fn search(run: &Run) -> Result<usize> {
    let at = run.db.clock.now();
    let mut units: Vec<Unit> = Vec::new();
    let mut after = String::new();
    loop {
        let mut reader = run.db.read().await?;
        let (some, last) = store::units(&mut reader, &after, READ).await?;
        units.extend(some);
        let Some(last) = last else { break };
        after = last;
        run.progress(units.len() as u64, 0).await?;
    }
    // Minutes of arithmetic in a nation's tree: not on a thread that answers requests.
    let (units, pairs) = tokio::task::spawn_blocking(move || {
        let pairs = rules::twins(&units);
        (units, pairs)
    })
    .await
    .map_err(|cause| Error::Internal(anyhow::anyhow!("searching twins: {cause}")))?;
    let found: Vec<Found<'_>> = pairs
        .into_iter()
        .map(|((a, b), why)| Found {
            one: &units[a],
            other: &units[b],
            why: why.into_iter().collect(),
        })
        .collect();
    for some in found.chunks(WRITE) {
        let mut tx = run.db.begin(Actor::system(JOB)).await?;
        store::save(&mut tx, some, at).await?;
        tx.commit_housekeeping().await?;
    }
    let mut tx = run.db.begin(Actor::system(JOB)).await?;
    store::finish(&mut tx, at).await?;
    tx.commit_housekeeping().await?;
    Ok(found.len())
}

/// Puts the first search down where there was none yet.
pub(crate) async fn ask(tx: &mut Tx) -> Result<()> {
    tx.enqueue(NewJob::new(JOB, json!({})).unique(JOB)).await?;
    tx.record(Event::new("org.twins_asked", "job", uuid::Uuid::nil()));
    Ok(())
}

/// The two are two: whoever supervises both says so.
pub(crate) async fn settle(tx: &mut Tx, one: OrgId, other: OrgId) -> Result<()> {
    let own = tx.actor().org().cloned().ok_or(Error::NotFound)?;
    tx.actor().require(Permission::ViewProgress, &own)?;
    for id in [one, other] {
        let org = orgs::find(tx, id).await?.ok_or(Error::NotFound)?;
        if !own.path.contains(&org.path) {
            return Err(Error::NotFound);
        }
    }
    let (by, now) = (tx.actor().name.clone(), tx.now());
    if !store::settle(tx, one, other, &by, now).await? {
        return Err(Error::Conflict("这一对已有人核对过，请刷新后再看。".into()));
    }
    tx.record(
        Event::new("org.twins_settled", "org", one)
            .org(one)
            .after(json!({ "other": other })),
    );
    Ok(())
}
