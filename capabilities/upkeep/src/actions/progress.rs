//! Making the snapshot, reminding.

use crate::rules::progress as rules;
use crate::store::progress::{self as store, Snapshot};
use access::{Actor, Permission};
use base::{Error, OrgId, Result};
use db::jobs::{NewJob, Run};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::{Org, OrgState};
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

/// Reminds one organisation of what is missing (催办); whoever has not signed in cannot read it.
pub(crate) async fn remind(tx: &mut Tx, org: &Org, policy: &orgs::Policy) -> Result<()> {
    tx.actor().require(
        Permission::ViewProgress,
        tx.actor().org().ok_or(Error::NotFound)?,
    )?;
    tx.actor()
        .require_look(Permission::ViewOrg, &org.to_ref())?;
    if org.state == OrgState::Created {
        return Err(Error::refused(
            "progress.nobody",
            format!(
                "〔{}〕还没有人登录，收不到消息。请由其直接上级发放管理员注册码或账号。",
                org.short_name
            ),
        ));
    }
    let info = orgs::information(tx, org.id)
        .await?
        .ok_or(Error::NotFound)?;
    let mut missing = orgs::missing_information(&info, policy);
    if org.category != base::OrgCategory::Branch {
        let (subs, branches) = store::parents(tx, &[org.id]).await?;
        if !subs.contains(&org.id) {
            missing.push("还没有创建下级组织");
        } else if !branches.contains(&org.id) {
            missing.push("还没有到团支部");
        }
    }
    if missing.is_empty() {
        return Err(Error::refused(
            "progress.complete",
            format!("〔{}〕的信息现在已经完整，不用催办。", org.short_name),
        ));
    }
    let from = tx.actor().acting.as_ref().map(|g| g.org_name.clone());
    messages::tell(
        tx,
        Receiver::Org(org.id),
        Note {
            kind: "org",
            title: "请完善组织信息".into(),
            body: format!(
                "〔{}〕提醒：{}。",
                from.unwrap_or_default(),
                missing.join("；")
            ),
            jump: Some("/console/info".into()),
            about: Some(org.id.0),
        },
    )
    .await?;
    tx.record(
        Event::new("org.reminded", "org", org.id)
            .org(org.id)
            .after(json!({ "missing": missing })),
    );
    Ok(())
}
