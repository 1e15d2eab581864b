//! Scheduled work: new clocks at the change of phase (TRF-40), transfers whose target or membership has gone (TRF-30).

use crate::case::{at_deadline, key};
use crate::policy::Policy;
use crate::rules::{deadline, phase, phase_start};
use crate::store::Open;
use crate::{actions, store};
use access::Actor;
use approvals::Kinds;
use base::{Error, PersonId, Result, TransferId};
use db::Db;
use db::jobs::{Job, Run, Schedule};
use std::collections::HashSet;
use uuid::Uuid;

const PAGE: i64 = 200;

/// Work of transfers.
pub fn jobs(app: &web::App) -> (Vec<Job>, Vec<Schedule>) {
    let (policy, kinds) = (
        app.policy::<Policy>().clone(),
        app.policy::<Kinds>().clone(),
    );
    let clocks = Job::new("transfers.phase", move |run| {
        let policy = policy.clone();
        async move { change_phase(&run, &policy).await }
    });
    let sweep = Job::new("transfers.reconcile", move |run| {
        let kinds = kinds.clone();
        async move { reconcile(&run, &kinds).await }
    });
    let schedules = vec![
        Schedule {
            kind: "transfers.phase",
            cron: "0 0 * * *",
            title: "毕业转接换期：重新计算审核时限",
        },
        Schedule {
            kind: "transfers.reconcile",
            cron: "30 3 * * *",
            title: "核对在途转接：转入组织已撤销、团籍已终止",
        },
    ];
    (vec![clocks, sweep], schedules)
}

/// A page of the open transfers, in the order of their key.
async fn page(run: &Run, after: &mut (PersonId, TransferId), handover: bool) -> Result<Vec<Open>> {
    let rows = store::open_after(&mut *run.db.read().await?, *after, handover, PAGE).await?;
    if let Some(last) = rows.last() {
        *after = last.key;
    }
    Ok(rows)
}

/// Before every transfer.
const START: (PersonId, TransferId) = (PersonId(Uuid::nil()), TransferId(Uuid::nil()));

async fn change_phase(run: &Run, policy: &Policy) -> Result<()> {
    if !policy.handover.phases {
        return Ok(());
    }
    let (mut after, mut done) = (START, 0);
    loop {
        let rows = page(run, &mut after, true).await?;
        if rows.is_empty() {
            break;
        }
        for Open { key, .. } in rows {
            done += u64::from(reclock(&run.db, policy, key.0, key.1).await?);
        }
        run.progress(done, 0).await?;
    }
    run.outcome(&format!("调整时限 {done} 件"), None).await
}

/// Gives an open handover step the clock of the present phase; one that is due already is left to the deadline job.
async fn reclock(db: &Db, policy: &Policy, person: PersonId, id: TransferId) -> Result<bool> {
    let mut tx = db.begin(Actor::system("transfers.phase")).await?;
    let keys = tx.keys().clone();
    let Some(seen) = store::find(&mut tx, &keys, person, id).await? else {
        return Ok(false);
    };
    let now = tx.now();
    let due = deadline(
        seen.step,
        &policy.step(seen.step),
        seen.step_since,
        true,
        now,
        &policy.handover,
    );
    let stays = due == seen.due
        || seen.due.is_some_and(|old| old.at <= now)
        || seen.step_since >= phase_start(now, &policy.handover);
    let Some(key) = key(&seen).filter(|_| !stays && seen.step.is_review()) else {
        return Ok(false);
    };
    // The case first, as decisions do; then the transfer, which may have moved on meanwhile.
    let words = format!("毕业转接进入{}", phase(now, &policy.handover).label());
    match approvals::reclock(
        &mut tx,
        key,
        due.map(|due| (due.at, at_deadline(due.outcome))),
        &words,
    )
    .await
    {
        Err(Error::Conflict(_)) => return Ok(false),
        other => other?,
    }
    let Some(mut transfer) = store::lock(&mut tx, person, id).await? else {
        return Ok(false);
    };
    if transfer.step != seen.step || !transfer.state.is_open() {
        return Ok(false);
    }
    transfer.due = due;
    actions::show(&mut tx, &transfer).await?;
    tx.commit().await?;
    Ok(true)
}

async fn reconcile(run: &Run, kinds: &Kinds) -> Result<()> {
    let (mut after, mut done) = (START, 0);
    loop {
        let rows = page(run, &mut after, false).await?;
        if rows.is_empty() {
            break;
        }
        for (person, id) in doubtful(&run.db, &rows).await? {
            done += u64::from(check_one(&run.db, kinds, person, id).await?);
        }
        run.progress(done, 0).await?;
    }
    run.outcome(&format!("退回或终止 {done} 件"), None).await
}

/// Of a page those whose target has gone or whose member is elsewhere: two reads for the page, so that the night over half
/// a million transfers opens transactions for the few that need one.
async fn doubtful(db: &Db, rows: &[Open]) -> Result<Vec<(PersonId, TransferId)>> {
    let mut reader = db.read().await?;
    let mut targets: Vec<_> = rows.iter().map(|open| open.in_org).collect();
    targets.sort_unstable();
    targets.dedup();
    let live: HashSet<_> = orgs::find_many(&mut reader, &targets)
        .await?
        .into_iter()
        .filter(|org| org.state.is_live())
        .map(|org| org.id)
        .collect();
    let people: Vec<PersonId> = rows.iter().map(|open| open.key.0).collect();
    let homes = people::homes(&mut reader, &people).await?;
    Ok(rows
        .iter()
        .filter(|open| {
            !live.contains(&open.in_org)
                || homes.get(&open.key.0)
                    != Some(&(open.out_branch, people::MembershipState::Normal))
        })
        .map(|open| open.key)
        .collect())
}

/// Returns a transfer whose target has gone and closes one whose member is no longer in the out branch.
async fn check_one(db: &Db, kinds: &Kinds, person: PersonId, id: TransferId) -> Result<bool> {
    let mut tx = db.begin(Actor::system("transfers.reconcile")).await?;
    let keys = tx.keys().clone();
    let Some(transfer) = store::find(&mut tx, &keys, person, id).await? else {
        return Ok(false);
    };
    let Some(key) = key(&transfer).filter(|_| transfer.state.is_open()) else {
        return Ok(false);
    };
    let target = orgs::find(&mut tx, transfer.in_org).await?;
    let home = people::membership(&mut tx, person).await?;
    let ended = if target.is_none_or(|org| !org.state.is_live()) {
        approvals::return_by_system(&mut tx, kinds, key, "target_gone", "").await
    } else if home.is_none_or(|membership| {
        membership.branch != transfer.out_branch
            || membership.state != people::MembershipState::Normal
    }) {
        approvals::close(&mut tx, kinds, key, "membership", "团籍已变动，转接终止").await
    } else {
        return Ok(false);
    };
    match ended {
        Err(Error::Conflict(_)) => Ok(false),
        Err(other) => Err(other),
        Ok(()) => {
            tx.commit().await?;
            Ok(true)
        }
    }
}
