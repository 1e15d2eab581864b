//! Background work (OPS-41): rows claimed with `for update skip locked`, leased, retried with growing pauses; schedules
//! that any number of workers may tick. A dead worker loses nothing: its lease runs out and the job is claimed again.

use crate::Db;
use access::{Actor, Permission};
use base::{CST, Error, OrgId, PersonId, Result, china_time};
use chrono::{DateTime, TimeDelta, Utc};
use croner::{Cron, parser::CronParser};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

/// When this process last ticked its schedules with all its workers alive; `None` where it does no work.
static TICKED: Mutex<Option<Instant>> = Mutex::new(None);

/// How long workers may be silent before they count as dead: they tick every second.
const SILENCE: Duration = Duration::from_secs(30);

/// Whether the workers of this process live: true as well where there are none (`/readyz`).
pub fn alive() -> bool {
    let ticked = *TICKED.lock().unwrap_or_else(PoisonError::into_inner);
    ticked.is_none_or(|at| lives(at, Instant::now()))
}

fn lives(ticked: Instant, now: Instant) -> bool {
    now.saturating_duration_since(ticked) < SILENCE
}

fn ticked() {
    *TICKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Calls idle workers of this process; those of others look by themselves several times a second.
static WAKE: Notify = Notify::const_new();

/// Work was put down just now.
pub(crate) fn wake() {
    WAKE.notify_waiters();
}

const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often the lease of work in hand is renewed: two renewals may fail before somebody else takes it.
const RENEWAL: Duration = Duration::from_secs(20);
const ATTEMPTS: i32 = 10;

/// Work to be put down with [`crate::Tx::enqueue`].
#[derive(Clone, Debug)]
pub struct NewJob {
    kind: &'static str,
    payload: Value,
    dedup: Option<String>,
    run_at: Option<DateTime<Utc>>,
    title: Option<String>,
    watched: bool,
    free: Option<Permission>,
}

impl NewJob {
    /// Work of a kind some capability handles; the payload holds ids only, never personal data.
    pub fn new(kind: &'static str, payload: Value) -> Self {
        Self {
            kind,
            payload,
            dedup: None,
            run_at: None,
            title: None,
            watched: false,
            free: None,
        }
    }

    /// At most one unfinished job with this key.
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.dedup = Some(key.into());
        self
    }

    /// Not before `moment`.
    pub fn at(mut self, moment: DateTime<Utc>) -> Self {
        self.run_at = Some(moment);
        self
    }

    /// Shown to the person who started it under this title, with progress and result (PEER-14).
    pub fn watched(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self.watched = true;
        self
    }

    /// Nothing but its file comes of it: its starter may cancel it, and repeat it with this permission (PEER-14).
    pub fn free(mut self, needs: Permission) -> Self {
        self.free = Some(needs);
        self
    }
}

pub(crate) async fn enqueue(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    actor: &Actor,
    job: NewJob,
) -> Result<i64> {
    let (person, org) = if job.watched {
        (actor.person(), actor.org().map(|o| o.id))
    } else {
        (None, None)
    };
    let id = sqlx::query_scalar!(
        "insert into job (kind, dedup, payload, state, run_at, attempts, person_id, org_id, title, done, total, created_at, free_for)
         values ($1, $2, $3, 'waiting', $4, 0, $5, $6, $7, 0, 0, $8, $9)
         on conflict do nothing returning job_id",
        job.kind,
        job.dedup,
        job.payload,
        job.run_at.unwrap_or(now),
        person.map(|p: PersonId| p.0),
        org.map(|o: OrgId| o.0),
        job.title,
        now,
        job.free.map(Permission::code)
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        Some(id) => Ok(id),
        None => {
            let standing = sqlx::query_scalar!(
                "select job_id from job where dedup = $1 and state in ('waiting', 'running')",
                job.dedup
            )
            .fetch_optional(conn)
            .await?;
            standing.ok_or_else(|| {
                Error::Internal(anyhow::anyhow!(
                    "a job of kind {} vanished while it was queued",
                    job.kind
                ))
            })
        }
    }
}

/// One claimed piece of work, as its handler sees it.
#[derive(Clone)]
pub struct Run {
    /// The database.
    pub db: Db,
    /// Which job.
    pub job_id: i64,
    /// What was put down with it.
    pub payload: Value,
    /// The person who started it, if it is watched.
    pub person: Option<PersonId>,
    /// The organisation it was started for.
    pub org: Option<OrgId>,
    /// The permission it needs, where nothing but a file comes of it.
    pub needs: Option<Permission>,
}

impl Run {
    /// Reads an id (or any value) from the payload.
    pub fn get<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let value = self.payload.get(name).cloned().unwrap_or(Value::Null);
        serde_json::from_value(value)
            .map_err(|cause| Error::Internal(anyhow::anyhow!("job payload field {name}: {cause}")))
    }

    /// Tells how far it is; fails when its starter has cancelled it, so that the work stops there.
    pub async fn progress(&self, done: u64, total: u64) -> Result<()> {
        let state = sqlx::query_scalar!(
            "update job set done = $2, total = $3 where job_id = $1 returning state",
            self.job_id,
            done as i64,
            total as i64
        )
        .fetch_optional(&self.db.pool)
        .await?;
        match state.as_deref() {
            Some("cancelled") => Err(Error::Conflict("本人已取消".into())),
            _ => Ok(()),
        }
    }

    /// What the person who watches reads at the end, and where the result lies.
    pub async fn outcome(&self, message: &str, link: Option<&str>) -> Result<()> {
        sqlx::query!(
            "update job set message = $2, link = $3 where job_id = $1 and state <> 'cancelled'",
            self.job_id,
            message,
            link
        )
        .execute(&self.db.pool)
        .await?;
        Ok(())
    }
}

type Handler = Arc<dyn Fn(Run) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A kind of work and what does it.
#[derive(Clone)]
pub struct Job {
    kind: &'static str,
    handler: Handler,
}

impl Job {
    /// `handler` must be idempotent: it may run again after a crash at any point.
    pub fn new<F, Fut>(kind: &'static str, handler: F) -> Self
    where
        F: Fn(Run) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        Self {
            kind,
            handler: Arc::new(move |run| Box::pin(handler(run))),
        }
    }
}

/// A due time that comes again, in China's time, e.g. `0 0 * * *` for midnight.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Name, and the kind of the job it puts down with payload `{"due": …}`.
    pub kind: &'static str,
    /// Five fields of cron.
    pub cron: &'static str,
    /// What it does, for the page and `doctor`.
    pub title: &'static str,
}

impl Schedule {
    fn parse(&self) -> anyhow::Result<Cron> {
        Ok(CronParser::new().parse(self.cron)?)
    }

    /// The next due time after `moment`.
    pub fn next(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = self.parse().ok()?;
        cron.find_next_occurrence(&moment.with_timezone(&CST), false)
            .ok()
            .map(|t| t.to_utc())
    }
}

/// All kinds of work and all schedules of the program.
#[derive(Clone)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    /// All schedules.
    pub schedules: Vec<Schedule>,
    /// How often the lease of work in hand is renewed; tests do not wait as long.
    pub renewal: Duration,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            handlers: HashMap::new(),
            schedules: Vec::new(),
            renewal: RENEWAL,
        }
    }
}

impl Registry {
    /// Adds a capability's work.
    pub fn add(&mut self, jobs: Vec<Job>, schedules: Vec<Schedule>) {
        self.handlers
            .extend(jobs.into_iter().map(|job| (job.kind, job.handler)));
        self.schedules.extend(schedules);
    }

    /// Turns due times since the last tick into jobs, once each over all workers; missed ones are caught up in order.
    pub async fn tick(&self, db: &Db) -> Result<()> {
        let now = db.clock.now();
        for schedule in &self.schedules {
            let last = sqlx::query_scalar!(
                "select max(due_at) from schedule_slot where name = $1",
                schedule.kind
            )
            .fetch_one(&db.pool)
            .await?;
            // A schedule seen for the first time begins with its next due time.
            let Some(mut due) = last else {
                sqlx::query!(
                    "insert into schedule_slot (name, due_at, claimed_at) values ($1, $2, $2) on conflict do nothing",
                    schedule.kind,
                    now
                )
                .execute(&db.pool)
                .await?;
                continue;
            };
            let mut caught_up = 0;
            while let Some(next) = schedule
                .next(due)
                .filter(|next| *next <= now && caught_up < 400)
            {
                due = next;
                // Of a schedule within the day only the last missed slot matters; a daily one is caught up day by day.
                if schedule
                    .next(due)
                    .is_some_and(|after| after <= now && after - due < TimeDelta::days(1))
                {
                    continue;
                }
                caught_up += 1;
                let mut tx = db.begin(Actor::system("schedules")).await?;
                let first = sqlx::query_scalar!(
                    "insert into schedule_slot (name, due_at, claimed_at) values ($1, $2, $3) on conflict do nothing returning name",
                    schedule.kind,
                    due,
                    now
                )
                .fetch_optional(&mut *tx)
                .await?;
                if first.is_some() {
                    tx.enqueue(NewJob::new(schedule.kind, json!({ "due": due })))
                        .await?;
                }
                tx.commit_housekeeping().await?;
            }
        }
        Ok(())
    }

    /// Claims and runs one due job; answers whether there was one.
    pub async fn run_one(&self, db: &Db) -> Result<bool> {
        let now = db.clock.now();
        let kinds: Vec<String> = self.handlers.keys().map(|&k| k.to_owned()).collect();
        let claimed = sqlx::query!(
            "update job set state = 'running', attempts = attempts + 1, lease_until = $2
             where job_id = (select job_id from job
                             where state in ('waiting', 'running') and run_at <= $1 and kind = any($3)
                               and (state = 'waiting' or lease_until < $1 or lease_until > $4)
                             order by run_at, job_id limit 1 for update skip locked)
             returning job_id, kind, payload, attempts, person_id, org_id, free_for",
            now,
            now + LEASE,
            &kinds,
            // A lease far ahead was written before the demonstration clock was moved back.
            now + LEASE * 2
        )
        .fetch_optional(&db.pool)
        .await?;
        let Some(job) = claimed else { return Ok(false) };
        let Some(handler) = self.handlers.get(job.kind.as_str()) else {
            return Ok(false);
        };
        let run = Run {
            db: db.clone(),
            job_id: job.job_id,
            payload: job.payload,
            person: job.person_id.map(PersonId),
            org: job.org_id.map(OrgId),
            needs: job.free_for.as_deref().and_then(Permission::from_code),
        };
        let mut work = tokio::spawn(handler(run));
        let outcome = loop {
            tokio::select! {
                done = &mut work => {
                    break done.unwrap_or_else(|panic| Err(Error::Internal(anyhow::anyhow!("panic: {panic}"))));
                }
                () = tokio::time::sleep(self.renewal) => renew(db, job.job_id, job.attempts).await,
            }
        };
        let now = db.clock.now();
        match outcome {
            Ok(()) => {
                sqlx::query!("update job set state = 'done', finished_at = $2, lease_until = null where job_id = $1 and attempts = $3 and state = 'running'", job.job_id, now, job.attempts)
                    .execute(&db.pool)
                    .await?;
            }
            Err(Error::Internal(cause)) if job.attempts < ATTEMPTS => {
                tracing::warn!(
                    job = job.job_id,
                    kind = job.kind,
                    attempt = job.attempts,
                    cause = format!("{cause:#}"),
                    "job will be tried again"
                );
                let pause = TimeDelta::seconds(5 << (job.attempts - 1).min(9));
                sqlx::query!(
                    "update job set state = 'waiting', run_at = $2, lease_until = null, message = $3 where job_id = $1 and attempts = $4 and state = 'running'",
                    job.job_id,
                    now + pause,
                    format!("第 {} 次未成功，稍后再试", job.attempts),
                    job.attempts
                )
                .execute(&db.pool)
                .await?;
            }
            Err(cause) => {
                let message = if let Error::Internal(_) = cause {
                    "处理时出错，已停止重试，请联系管理员".to_owned()
                } else {
                    cause.to_string()
                };
                let failed = sqlx::query!(
                    "update job set state = 'failed', finished_at = $2, lease_until = null, message = $3 where job_id = $1 and attempts = $4 and state = 'running'",
                    job.job_id,
                    now,
                    message,
                    job.attempts
                )
                .execute(&db.pool)
                .await?;
                // What its starter cancelled has ended already.
                if failed.rows_affected() > 0 {
                    tracing::error!(job = job.job_id, kind = job.kind, %cause, "job failed");
                }
            }
        }
        Ok(true)
    }

    /// Runs everything due, in order, until nothing is left (tests, `jobs run`).
    pub async fn drain(&self, db: &Db) -> Result<u32> {
        let mut count = 0;
        self.tick(db).await?;
        while self.run_one(db).await? {
            count += 1;
        }
        Ok(count)
    }

    /// Works until `stop` says so: ticks every second, runs `workers` jobs side by side.
    pub async fn work(self: Arc<Self>, db: Db, workers: usize, mut stop: watch::Receiver<bool>) {
        // From here on silence means death.
        ticked();
        let mut tasks = Vec::new();
        for n in 0..workers {
            let (registry, db, mut stop) = (self.clone(), db.clone(), stop.clone());
            tasks.push(tokio::spawn(async move {
                while !*stop.borrow() {
                    let pause = match registry.run_one(&db).await {
                        Ok(true) => continue,
                        Ok(false) => Duration::from_millis(250),
                        Err(cause) => {
                            tracing::warn!(%cause, worker = n, "job queue not reachable");
                            Duration::from_secs(2)
                        }
                    };
                    tokio::select! { _ = stop.changed() => {}, () = WAKE.notified() => {}, () = tokio::time::sleep(pause) => {} }
                }
            }));
        }
        while !*stop.borrow() {
            match self.tick(&db).await {
                Ok(()) if tasks.iter().any(tokio::task::JoinHandle::is_finished) => {
                    tracing::error!("a worker has died: restart the program");
                }
                Ok(()) => ticked(),
                Err(cause) => tracing::warn!(%cause, "schedules not ticked"),
            }
            tokio::select! { _ = stop.changed() => {}, () = tokio::time::sleep(Duration::from_secs(1)) => {} }
        }
        for task in tasks {
            let _ = task.await;
        }
    }
}

/// `HH:MM` in China, for log lines and pages of schedules.
pub fn clock_time(moment: DateTime<Utc>) -> String {
    china_time(moment).format("%H:%M").to_string()
}

/// Keeps work in hand from being claimed by somebody else, unless that has happened (OPS-41). The work goes on if the
/// database does not answer: what it writes is checked there.
async fn renew(db: &Db, job_id: i64, attempt: i32) {
    let renewed = sqlx::query!(
        "update job set lease_until = $3 where job_id = $1 and attempts = $2 and state = 'running'",
        job_id,
        attempt,
        db.clock.now() + LEASE
    )
    .execute(&db.pool)
    .await;
    if let Err(cause) = renewed {
        tracing::warn!(job = job_id, %cause, "the lease was not renewed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_30_workers_count_as_dead_after_half_a_minute_of_silence() {
        let ticked = Instant::now();
        assert!(lives(ticked, ticked));
        assert!(lives(ticked, ticked + SILENCE - Duration::from_millis(1)));
        assert!(!lives(ticked, ticked + SILENCE));
    }
}
