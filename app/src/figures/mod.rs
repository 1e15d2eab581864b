//! Figures of subtrees: kept rolled up from the counters of the branches (DATA.md rule 11), and read for the dashboard.
//!
//! Business marks organisations whose own figures changed (`orgs::mark`) and never touches a superior. Every two seconds
//! the roll-up takes the marks and writes the rows of these organisations and of everything above them anew, the deepest
//! first: its own counter plus the rows of its direct subordinates. Nothing is added to or subtracted from a total, so a
//! roll-up may be killed anywhere, run twice or find its row wrong, and the next one makes it right.

mod roll;
mod store;

pub use roll::{keep, refill, roll, survey};
pub(crate) use store::below;

use base::business_date;
use chrono::{DateTime, TimeDelta, Utc};
use db::jobs::{Job, Schedule};
use web::App;

/// The moment figures are asked at.
pub(crate) fn moment(policy: &people::Policy, now: DateTime<Utc>) -> orgs::Moment {
    orgs::Moment {
        now,
        soon_28: people::soon_28(business_date(now), policy),
    }
}

/// The nightly writing of all rows: what a hand wrote past the program, or a mark that was lost with a restore.
pub(crate) fn jobs(app: &App) -> (Vec<Job>, Vec<Schedule>) {
    let policy = app.policy::<people::Policy>().clone();
    let job = Job::new("figures.refill", move |run| {
        let policy = policy.clone();
        async move {
            // After days of standing still one night is enough.
            let due: DateTime<Utc> = run.get("due")?;
            if run.db.clock.now() - due > TimeDelta::days(1) {
                return run.outcome("已由之后的一次代替", None).await;
            }
            let done = refill(&run.db, &policy, |done| {
                let run = run.clone();
                async move { run.progress(done, 0).await }
            })
            .await?;
            run.outcome(&format!("重新汇总 {done} 个组织"), None).await
        }
    });
    let schedule = Schedule {
        kind: "figures.refill",
        cron: "30 2 * * *",
        title: "重新汇总全部组织的统计数",
    };
    (vec![job], vec![schedule])
}
