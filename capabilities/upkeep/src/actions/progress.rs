//! Making the snapshot.

use crate::Policy;
use crate::rules::health::limits;
use crate::rules::marks::Marks;
use crate::rules::progress::{self as rules, Below, Level};
use crate::rules::walk::Walk;
use crate::store::health;
use crate::store::progress::{self as store, Found, Snapshot};
use crate::store::simulation;
use access::Actor;
use base::{OrgId, Result};
use db::jobs::{NewJob, Run};
use db::{Event, Tx};
use orgs::OrgState;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// The kind of the job that makes the snapshot.
pub(crate) const JOB: &str = "upkeep.progress";
const CHUNK: i64 = 1000;

/// An organisation whose subtree is not through yet.
struct Open {
    id: OrgId,
    own: Level,
    below: Below,
}

/// Makes the snapshot of the whole tree, in its order and a thousand organisations a transaction; what a subtree adds up to
/// is written when the walk leaves it. Killed half-way, it is made anew.
pub(crate) async fn make(
    run: &Run,
    orgs_policy: &orgs::Policy,
    people_policy: &people::Policy,
    policy: &Policy,
) -> Result<u64> {
    let at = run.db.clock.now();
    let limits = limits(policy, at);
    let sectors = orgs_policy.school_filter();
    let (mut after, mut done) = (String::new(), 0);
    let mut walk: Walk<Open> = Walk::default();
    loop {
        let mut tx = run.db.begin(Actor::system(JOB)).await?;
        let infos = orgs::informations_after(&mut tx, &after, CHUNK).await?;
        let mut sums = Vec::new();
        let mut whole = |open: Open, superior: Option<&mut Open>| {
            if let Some(superior) = superior {
                superior.below.add(&open.own, &open.below);
            }
            // Nobody asks a branch what is below it.
            if open.own.parents > 0 {
                sums.push((open.id, open.below));
            }
        };
        let Some(last) = infos.last() else {
            walk.end(&mut whole);
            store::save_below(&mut tx, &sums).await?;
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
                    persons_done: rules::standing(org.category, of, people_policy).complete,
                    name_fault: rules::name_fault(org.category, &org.short_name),
                }
            })
            .collect();
        store::save(&mut tx, &shots, at).await?;
        let mut found = health::found_at(&mut tx, &ids, limits).await?;
        for shot in &shots {
            found.extend(rules::wanting(shot).map(|kind| Found {
                id: shot.id,
                kind: kind.to_owned(),
                path: shot.path.clone(),
            }));
        }
        store::save_found(&mut tx, &ids, &found, at).await?;
        let mut kinds: HashMap<OrgId, BTreeMap<String, i64>> = HashMap::new();
        for found in found {
            kinds.entry(found.id).or_default().insert(found.kind, 1);
        }
        let mut marks: HashMap<OrgId, Marks> = simulation::marks(&mut tx, &ids, sectors.as_deref())
            .await?
            .into_iter()
            .collect();
        for shot in &shots {
            let own = Open {
                id: shot.id,
                own: Level::of(shot),
                below: Below {
                    found: kinds.remove(&shot.id).unwrap_or_default(),
                    marks: marks.remove(&shot.id).unwrap_or_default(),
                    ..Below::new(at)
                },
            };
            walk.enter(shot.path.clone(), own, &mut whole);
        }
        store::save_below(&mut tx, &sums).await?;
        tx.commit_housekeeping().await?;
        done += shots.len() as u64;
        run.progress(done, 0).await?;
    }
}

/// Whether the last snapshot found the whole subtree of an organisation built: everybody has signed in, all information
/// is complete, and nobody but branches is without subordinates (ORG-01, ORG-03). No before the first snapshot.
pub async fn is_built(conn: &mut PgConnection, org: OrgId) -> Result<bool> {
    Ok(store::below(conn, org)
        .await?
        .is_some_and(|below| below.is_built()))
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
