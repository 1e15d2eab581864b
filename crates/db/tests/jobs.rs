//! Work in hand: whose it is, and for how long.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may look anywhere"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::Actor;
use base::Error;
use chrono::{DateTime, TimeDelta, Utc};
use db::Db;
use db::jobs::{Job, NewJob, Registry, Run, Schedule};

const PATIENCE: Duration = Duration::from_millis(10);

async fn put_down(db: &Db, kind: &'static str) {
    let mut tx = db.begin(Actor::system("test")).await.unwrap();
    tx.enqueue(NewJob::new(kind, serde_json::json!({})))
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
}

fn registry(job: Job) -> Registry {
    let mut registry = Registry::default();
    registry.renewal = PATIENCE;
    registry.add(vec![job], Vec::new());
    registry
}

async fn lease(run: &Run) -> DateTime<Utc> {
    sqlx::query_scalar("select lease_until from job where job_id = $1")
        .bind(run.job_id)
        .fetch_one(&run.db.pool)
        .await
        .unwrap()
}

async fn state(db: &Db) -> (String, i32) {
    sqlx::query_as("select state, attempts from job")
        .fetch_one(&db.pool)
        .await
        .unwrap()
}

/// Lets the clock go on, and waits until the lease has followed.
async fn later(run: &Run, seconds: i64) {
    let clock = &run.db.clock;
    clock.move_to(clock.now() + TimeDelta::seconds(seconds));
    while lease(run).await < clock.now() + TimeDelta::seconds(50) {
        tokio::time::sleep(PATIENCE).await;
    }
}

#[tokio::test]
async fn ops_41_work_that_takes_longer_than_its_lease_stays_with_its_worker() {
    let db = testkit::database().await;
    put_down(&db, "long").await;
    let other = registry(Job::new("long", |_| async { panic!("claimed twice") }));
    let jobs = registry(Job::new("long", move |run: Run| {
        let other = other.clone();
        async move {
            // Four minutes without a word of how far it is.
            for _ in 0..6 {
                later(&run, 40).await;
                assert!(!other.run_one(&run.db).await?);
            }
            Ok(())
        }
    }));
    assert!(jobs.run_one(&db).await.unwrap());
    assert_eq!(state(&db).await, ("done".to_owned(), 1));
}

#[tokio::test]
async fn ops_41_a_worker_that_lost_its_work_does_not_end_it_for_the_next() {
    let db = testkit::database().await;
    put_down(&db, "lost").await;
    // Renewals that never come: the worker hung, and somebody else took the work and is at it.
    let mut jobs = registry(Job::new("lost", |run: Run| async move {
        let clock = &run.db.clock;
        clock.move_to(clock.now() + TimeDelta::seconds(61));
        let taken = sqlx::query("update job set attempts = 2, lease_until = $1")
            .bind(clock.now() + TimeDelta::seconds(60))
            .execute(&run.db.pool)
            .await?;
        assert_eq!(taken.rows_affected(), 1);
        Err(Error::Internal(anyhow::anyhow!("late")))
    }));
    jobs.renewal = Duration::from_secs(3600);
    assert!(jobs.run_one(&db).await.unwrap());
    assert_eq!(state(&db).await, ("running".to_owned(), 2));
}

#[tokio::test]
async fn ops_41_missed_nights_are_caught_up_one_by_one_and_of_missed_hours_the_last() {
    let db = testkit::database().await;
    let done = Arc::new(Mutex::new(Vec::new()));
    let (seen, heard) = (done.clone(), done.clone());
    let job = |kind, list: Arc<Mutex<Vec<String>>>| {
        Job::new(kind, move |run: Run| {
            let list = list.clone();
            async move {
                let due: DateTime<Utc> = run.get("due")?;
                list.lock()
                    .unwrap()
                    .push(format!("{kind} {}", due.format("%d %H:%M")));
                Ok(())
            }
        })
    };
    let schedule = |kind, cron| Schedule {
        kind,
        cron,
        title: "",
    };
    let mut jobs = Registry::default();
    jobs.add(
        vec![job("night", seen), job("hour", heard)],
        vec![
            schedule("night", "30 8 * * *"),
            schedule("hour", "0 * * * *"),
        ],
    );
    db.clock.move_to("2026-09-18T00:00:00Z".parse().unwrap());
    jobs.drain(&db).await.unwrap();
    // Three days down: each night, the last full hour, each once.
    db.clock.move_to("2026-09-20T10:30:00Z".parse().unwrap());
    jobs.drain(&db).await.unwrap();
    jobs.drain(&db).await.unwrap();
    let mut found = done.lock().unwrap().clone();
    found.sort();
    assert_eq!(
        found,
        [
            "hour 20 10:00",
            "night 18 00:30",
            "night 19 00:30",
            "night 20 00:30"
        ]
    );
}
