//! The deadline job (TRF-33..39): every minute, and at once after the program was down.

use crate::{Kinds, actions, store};
use access::Actor;
use base::{Error, Result};
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
            run.outcome(&format!("处理到期和催办 {done} 件"), None)
                .await
        }
    });
    let schedule = Schedule {
        kind: "approvals.deadlines",
        cron: "* * * * *",
        title: "审批到期、催办",
    };
    (vec![job], vec![schedule])
}

/// Everything whose moment has come, each case in its own transaction; a case that fails is left for the next run and
/// does not hold up the others. Safe beside another worker: the lock and the re-check decide.
pub(crate) async fn drain<F, Fut>(db: &Db, kinds: &Kinds, beat: F) -> Result<u64>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let mut done = 0;
    let mut failed: Option<Error> = None;
    loop {
        let now = db.clock.now();
        let keys = store::due_cases(&mut *db.read().await?, now, BATCH).await?;
        let found = keys.len();
        let mut moved = 0;
        for key in keys {
            let mut tx = db.begin(Actor::system("approvals.deadlines")).await?;
            match actions::alarm(&mut tx, kinds, key).await {
                Ok(true) => {
                    tx.commit().await?;
                    moved += 1;
                }
                Ok(false) => drop(tx),
                Err(cause) => {
                    tracing::error!(case = %key.case, %cause, "deadline not applied");
                    failed = Some(cause);
                }
            }
        }
        done += moved;
        beat(done).await?;
        // A batch that moved nothing would come again for ever.
        if found == 0 || moved == 0 {
            break;
        }
    }
    match failed {
        Some(cause) => Err(Error::Internal(anyhow::anyhow!(
            "{done} applied, at least one failed: {cause}"
        ))),
        None => Ok(done),
    }
}
