//! The deadline job (TRF-33..39): at midnight and every ten minutes, and at once after the program was down. Nobody can
//! decide after a deadline even before it ran, and its outcome holds from the deadline's own moment.

use crate::{Kinds, actions, store};
use access::Actor;
use base::Result;
use chrono::TimeDelta;
use db::Db;
use db::jobs::{Job, Schedule};

const BATCH: i64 = 500;

/// Work of this capability.
pub fn jobs(app: &web::App) -> (Vec<Job>, Vec<Schedule>) {
    let kinds = app.policy::<Kinds>().clone();
    let job = Job::new("approvals.deadlines", move |run| {
        let kinds = kinds.clone();
        async move {
            let done = drain(&run.db, &kinds, |done| {
                let run = run.clone();
                async move { run.progress(done, 0).await }
            })
            .await?;
            run.outcome(&words(done), None).await
        }
    });
    let schedule = Schedule {
        kind: "approvals.deadlines",
        cron: "*/10 * * * *",
        title: "审批到期、催办",
    };
    (vec![job], vec![schedule])
}

/// Everything whose moment has come, each case in its own transaction. Safe beside another worker: the lock and the
/// re-check decide. A case that fails is tried again ten minutes later and does not hold up the others.
pub(crate) async fn drain<F, Fut>(db: &Db, kinds: &Kinds, beat: F) -> Result<Drained>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let mut sum = Drained::default();
    loop {
        let now = db.clock.now();
        let keys = store::due_cases(&mut *db.read().await?, now, BATCH).await?;
        if keys.is_empty() {
            return Ok(sum);
        }
        for key in keys {
            let mut tx = db.begin(Actor::system("approvals.deadlines")).await?;
            match actions::alarm(&mut tx, kinds, key).await {
                Ok(true) => {
                    tx.commit().await?;
                    sum.done += 1;
                }
                Ok(false) => drop(tx),
                Err(cause) => {
                    drop(tx);
                    tracing::error!(case = %key.case, %cause, "deadline not applied, tried again later");
                    let mut tx = db.begin(Actor::system("approvals.deadlines")).await?;
                    store::postpone(&mut tx, key, now + TimeDelta::minutes(10)).await?;
                    tx.commit_housekeeping().await?;
                    sum.failed += 1;
                }
            }
        }
        beat(sum.done).await?;
    }
}

/// What a run did.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Drained {
    pub(crate) done: u64,
    pub(crate) failed: u64,
}

fn words(sum: Drained) -> String {
    match sum.failed {
        0 => format!("处理到期和催办 {} 件", sum.done),
        failed => format!(
            "处理到期和催办 {} 件，{failed} 件出错，10分钟后再试",
            sum.done
        ),
    }
}
