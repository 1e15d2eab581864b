//! Scheduled work: the switch on 1 June and every night after it, the archive, reminders.

use crate::rules::graduation::urgency;
use crate::rules::progress::is_due;
use crate::{Policy, actions};
use access::Actor;
use base::{Result, business_date, china_time};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use db::jobs::{Job, Run, Schedule};

/// Branches of one transaction: the tree's lock is given back in between.
const CHUNK: i64 = 100;

/// Background work of this room.
pub fn jobs(app: &web::App) -> (Vec<Job>, Vec<Schedule>) {
    let policies = (
        app.policy::<orgs::Policy>().clone(),
        app.policy::<Policy>().clone(),
    );
    let switch = {
        let policies = policies.clone();
        Job::new("upkeep.graduation", move |run| {
            let (orgs, own) = policies.clone();
            async move { graduate(&run, &orgs, &own).await }
        })
    };
    let daily = Job::new("upkeep.daily", move |run| {
        let (orgs, own) = policies.clone();
        async move { daily(&run, &orgs, &own).await }
    });
    let progress = {
        let orgs = app.policy::<orgs::Policy>().clone();
        let people = app.policy::<people::Policy>().clone();
        let own = app.policy::<Policy>().clone();
        Job::new(actions::progress::JOB, move |run| {
            let (orgs, people, own) = (orgs.clone(), people.clone(), own.clone());
            async move {
                let asked = run.get::<bool>("now").unwrap_or(false);
                let hour = china_time(run.db.clock.now()).hour();
                if !asked
                    && (is_late(&run, TimeDelta::hours(1)) || !is_due(hour, own.progress_hours))
                {
                    return run.outcome("这个整点不统计", None).await;
                }
                let n = actions::progress::make(&run, &orgs, &people, &own).await?;
                run.outcome(&format!("统计了 {n} 个组织"), None).await
            }
        })
    };
    let report = {
        let policy = app.policy::<Policy>().clone();
        Job::new(actions::report::JOB, move |run| {
            let policy = policy.clone();
            async move {
                let asked = run.get::<bool>("now").unwrap_or(false);
                let hour = china_time(run.db.clock.now()).hour();
                if !asked
                    && (is_late(&run, TimeDelta::hours(1)) || !is_due(hour, policy.progress_hours))
                {
                    return run.outcome("这个整点不统计", None).await;
                }
                let n = actions::report::make(&run, &policy).await?;
                run.outcome(&format!("统计了 {n} 个组织"), None).await
            }
        })
    };
    let moves = {
        let orgs = app.policy::<orgs::Policy>().clone();
        Job::new(actions::moving::JOB, move |run| {
            let orgs = orgs.clone();
            async move {
                let mut tx = run.db.begin(Actor::system(actions::moving::JOB)).await?;
                let (org, change) = (run.get("org")?, run.get("change")?);
                actions::moving::run_queued(&mut tx, org, change, &orgs).await?;
                tx.commit_housekeeping().await
            }
        })
    };
    let twins = Job::new(actions::twins::JOB, move |run| async move {
        if is_late(&run, TimeDelta::days(1)) {
            return run.outcome("已过时，由后一天的查找代替", None).await;
        }
        let n = actions::twins::search(&run).await?;
        run.outcome(&format!("找到疑似重复的组织 {n} 对"), None)
            .await
    });
    let download = crate::pages::download(app);
    let history = Job::new(actions::history::JOB, move |run| async move {
        // Of days on which the program stood still only the last is kept: nothing happened on them.
        if is_late(&run, TimeDelta::days(1)) {
            return run.outcome("已过时，由后一天的记录代替", None).await;
        }
        let day = actions::history::day_of(run.get("due").ok(), run.db.clock.now());
        let n = actions::history::keep(&run, day).await?;
        run.outcome(&format!("记录{day}的组织树，变化 {n} 处"), None)
            .await
    });
    let schedules = vec![
        Schedule {
            kind: actions::history::JOB,
            cron: "0 0 * * *",
            title: "记录前一天的组织树",
        },
        Schedule {
            kind: actions::progress::JOB,
            cron: "0 * * * *",
            title: "组织录入情况统计",
        },
        Schedule {
            kind: actions::report::JOB,
            cron: "0 * * * *",
            title: "数据统计",
        },
        Schedule {
            kind: "upkeep.graduation",
            cron: "10 0 * * *",
            title: "毕业年份到期的团支部转为毕业生团组织；按规则归档",
        },
        Schedule {
            kind: "upkeep.daily",
            cron: "0 8 * * *",
            title: "提醒标记毕业时间、县级流动团支部转出团员、不足3人的团支部",
        },
        Schedule {
            kind: actions::twins::JOB,
            cron: "40 3 * * *",
            title: "查找疑似重复的组织",
        },
    ];
    (
        vec![
            switch, daily, progress, report, moves, twins, history, download,
        ],
        schedules,
    )
}

/// Whether the due time lies so far back that the next one is there already: after a standstill only the last counts.
fn is_late(run: &Run, every: TimeDelta) -> bool {
    run.get::<DateTime<Utc>>("due")
        .is_ok_and(|due| due + every <= run.db.clock.now())
}

async fn graduate(run: &Run, orgs: &orgs::Policy, policy: &Policy) -> Result<()> {
    let mut switched = 0;
    loop {
        let mut tx = run.db.begin(Actor::system("upkeep.graduation")).await?;
        let n = actions::graduation::switch_some(&mut tx, orgs, policy, CHUNK).await?;
        tx.commit_housekeeping().await?;
        if n == 0 {
            break;
        }
        switched += n as u64;
        run.progress(switched, 0).await?;
    }
    let mut archived = 0;
    if policy.archive_after_days > 0 {
        let days = TimeDelta::days(policy.archive_after_days.into());
        loop {
            let mut tx = run.db.begin(Actor::system("upkeep.graduation")).await?;
            let before = tx.now() - days;
            let Some(branch) = orgs::graduated_before(&mut tx, before, 1).await?.pop() else {
                break;
            };
            let why = actions::graduation::Archiving::After(policy.archive_after_days);
            actions::graduation::archive(&mut tx, &branch, why).await?;
            tx.commit_housekeeping().await?;
            archived += 1;
        }
    }
    run.outcome(
        &format!("转为毕业生团组织 {switched} 个，归档 {archived} 个"),
        None,
    )
    .await
}

async fn daily(run: &Run, orgs: &orgs::Policy, policy: &Policy) -> Result<()> {
    let mut told = 0;
    if is_late(run, TimeDelta::days(1)) {
        return run.outcome("已过时，由后一天的提醒代替", None).await;
    }
    if let Some(urgent) = urgency(business_date(run.db.clock.now())) {
        let mut tx = run.db.begin(Actor::system("upkeep.daily")).await?;
        told = actions::graduation::remind_unmarked(&mut tx, orgs, urgent).await?;
        tx.commit_housekeeping().await?;
    }
    let mut tx = run.db.begin(Actor::system("upkeep.daily")).await?;
    let floating = actions::floating::remind(&mut tx, policy).await?;
    tx.commit_housekeeping().await?;
    let mut small = 0;
    loop {
        let mut tx = run.db.begin(Actor::system("upkeep.daily")).await?;
        let n = actions::small::tell(&mut tx, CHUNK).await?;
        tx.commit_housekeeping().await?;
        if n == 0 {
            break;
        }
        small += n;
    }
    run.outcome(
        &format!("提醒 {told} 个组织标记毕业时间，{floating} 个县级流动团支部转出团员，{small} 个团支部不足3人"),
        None,
    )
    .await
}
