//! Making the snapshot.

use crate::rules::progress as rules;
use crate::store::progress::{self as store, Snapshot};
use access::Actor;
use base::{OrgId, Result};
use db::jobs::{NewJob, Run};
use db::{Event, Tx};
use orgs::OrgState;
use serde_json::json;

/// The kind of the job that makes the snapshot.
pub(crate) const JOB: &str = "upkeep.progress";
const CHUNK: i64 = 1000;

/// Makes the snapshot of the whole tree, a thousand organisations a transaction. Killed half-way, it is made anew.
pub(crate) async fn make(
    run: &Run,
    orgs_policy: &orgs::Policy,
    people_policy: &people::Policy,
) -> Result<u64> {
    let at = run.db.clock.now();
    let (mut after, mut done) = (String::new(), 0);
    loop {
        let mut tx = run.db.begin(Actor::system(JOB)).await?;
        let infos = orgs::informations_after(&mut tx, &after, CHUNK).await?;
        let Some(last) = infos.last() else {
            store::sweep(&mut tx, at).await?;
            tx.commit_housekeeping().await?;
            return Ok(done);
        };
        after = last.org.path.to_string();
        let ids: Vec<OrgId> = infos.iter().map(|info| info.org.id).collect();
        let (subs, branches) = store::parents(&mut tx, &ids).await?;
        let persons = store::persons(&mut tx, &ids).await?;
        let shots: Vec<Snapshot> = infos
            .iter()
            .map(|info| {
                let org = &info.org;
                let of = persons.get(&org.id).copied().unwrap_or_default();
                let missing = orgs::missing_information(info, orgs_policy);
                Snapshot {
                    id: org.id,
                    path: org.path.clone(),
                    category: org.category.code().to_owned(),
                    entered: org.state != OrgState::Created,
                    missing: missing.into_iter().map(str::to_owned).collect(),
                    has_subs: subs.contains(&org.id),
                    has_branch: branches.contains(&org.id),
                    persons_done: rules::persons_done(org.category, of, people_policy),
                    name_fault: rules::name_fault(org.category, &org.short_name),
                }
            })
            .collect();
        store::save(&mut tx, &shots, at).await?;
        tx.commit_housekeeping().await?;
        done += shots.len() as u64;
        run.progress(done, 0).await?;
    }
}

/// Puts the first snapshots down where there are none yet: of the entry and of the statistics.
pub async fn ask(tx: &mut Tx) -> Result<()> {
    for job in [JOB, super::report::JOB] {
        tx.enqueue(NewJob::new(job, json!({ "now": true })).unique(job))
            .await?;
    }
    tx.record(Event::new("org.progress_asked", "job", uuid::Uuid::nil()));
    Ok(())
}
