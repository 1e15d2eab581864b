//! What a person sees of the own background work (PEER-14): the list, one piece of work, cancelling, repeating, and what
//! has ended since.

use crate::{Event, Tx};
use access::Permission;
use base::{Error, PersonId, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// How long after its end somebody is told of it.
const TOLD: TimeDelta = TimeDelta::hours(24);

/// A piece of work somebody watches.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Which.
    pub id: i64,
    /// Title given at the start.
    pub title: String,
    /// waiting, running, done, failed, cancelled.
    pub state: String,
    /// Steps done.
    pub done: i64,
    /// Steps in all; 0 while unknown.
    pub total: i64,
    /// What happened.
    pub message: Option<String>,
    /// Where the result lies.
    pub link: Option<String>,
    /// When it was put down.
    pub created_at: DateTime<Utc>,
    /// The person has looked at its end.
    pub seen: bool,
    free_for: Option<String>,
    org_id: Option<uuid::Uuid>,
}

impl Watched {
    /// Not ended yet.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "running")
    }

    /// Can be stopped: nothing but its file comes of it.
    pub fn can_cancel(&self) -> bool {
        self.is_open() && self.free_for.is_some()
    }

    /// Can be put down once more.
    pub fn can_repeat(&self) -> bool {
        !self.is_open() && self.free_for.is_some()
    }

    /// What is said of its state.
    pub fn state_label(&self) -> &'static str {
        match self.state.as_str() {
            "waiting" => "排队中",
            "running" => "正在办理",
            "done" => "已完成",
            "cancelled" => "已取消",
            _ => "没有成功",
        }
    }

    /// How far it is, where that is known.
    pub fn percent(&self) -> i64 {
        match self.total {
            1.. => (self.done * 100 / self.total).min(100),
            _ => 0,
        }
    }
}

/// All work of this person, newest first.
pub async fn mine(conn: &mut PgConnection, person: PersonId) -> Result<Vec<Watched>> {
    Ok(sqlx::query_as!(
        Watched,
        r#"select job_id as id, coalesce(title, '') as "title!", state, done, total, message, link, created_at, seen_at is not null as "seen!", free_for, org_id
           from job where person_id = $1 order by job_id desc limit 50"#,
        person.0
    )
    .fetch_all(conn)
    .await?)
}

/// One piece of work, for who started it; nobody else's.
pub async fn one(conn: &mut PgConnection, person: PersonId, id: i64) -> Result<Option<Watched>> {
    Ok(sqlx::query_as!(
        Watched,
        r#"select job_id as id, coalesce(title, '') as "title!", state, done, total, message, link, created_at, seen_at is not null as "seen!", free_for, org_id
           from job where person_id = $1 and job_id = $2"#,
        person.0,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// What is under way, and what ended lately and was not looked at yet.
pub async fn news(
    conn: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Watched>> {
    Ok(sqlx::query_as!(
        Watched,
        r#"select job_id as id, coalesce(title, '') as "title!", state, done, total, message, link, created_at, false as "seen!", free_for, org_id
           from job where person_id = $1 and (state in ('waiting', 'running') or (seen_at is null and finished_at > $2))
           order by job_id desc limit 5"#,
        person.0,
        now - TOLD
    )
    .fetch_all(conn)
    .await?)
}

/// The person has looked at the end; where the result lies.
pub async fn see(tx: &mut Tx, person: PersonId, id: i64) -> Result<Watched> {
    let now = tx.now();
    let job = one(tx, person, id).await?.ok_or(Error::NotFound)?;
    if !job.is_open() {
        sqlx::query!(
            "update job set seen_at = $2 where job_id = $1 and seen_at is null",
            id,
            now
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(job)
}

/// Stops work that has not ended. What is running notices when it next tells how far it is.
pub async fn cancel(tx: &mut Tx, person: PersonId, id: i64) -> Result<()> {
    let now = tx.now();
    let job = one(tx, person, id).await?.ok_or(Error::NotFound)?;
    if !job.can_cancel() {
        return Err(Error::refused(
            "job.not_open",
            if job.is_open() {
                "这项工作会改动数据，不能中途取消；导入可以在导入页面放弃或撤回。"
            } else {
                "这项工作已经结束，不用取消。"
            },
        ));
    }
    let stopped = sqlx::query!(
        "update job set state = 'cancelled', finished_at = $2, seen_at = $2, lease_until = null, message = '本人取消'
         where job_id = $1 and state in ('waiting', 'running')",
        id,
        now
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if stopped == 0 {
        return Err(Error::Conflict("这项工作刚刚办完，不用取消。".into()));
    }
    let what = json!({ "job": id, "title": job.title });
    tx.record(Event::new("job.cancelled", "person", person).after(what));
    Ok(())
}

/// Stops all work somebody started for an organisation of which nothing but a file comes, or which is of one of these kinds:
/// the desk was handed over (ACC-B9). Answers how many.
pub async fn stop(tx: &mut Tx, person: PersonId, org: base::OrgId, kinds: &[&str]) -> Result<u64> {
    let now = tx.now();
    let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
    let stopped = sqlx::query!(
        "update job set state = 'cancelled', finished_at = $3, lease_until = null, message = '已交接，不再办理'
         where person_id = $1 and org_id = $2 and state in ('waiting', 'running') and (free_for is not null or kind = any($4))",
        person.0,
        org.0,
        now,
        &kinds
    )
    .execute(&mut **tx)
    .await?;
    Ok(stopped.rows_affected())
}

/// Puts the same work down once more, for the same organisation and with the permission it needed.
pub async fn repeat(tx: &mut Tx, person: PersonId, id: i64) -> Result<i64> {
    let now = tx.now();
    let job = one(tx, person, id).await?.ok_or(Error::NotFound)?;
    let permission = job.free_for.as_deref().and_then(Permission::from_code);
    let Some(permission) = permission.filter(|_| job.can_repeat()) else {
        return Err(Error::refused(
            "job.not_repeatable",
            "这项工作不能重复：还没有结束，或会改动数据。请到原来的页面重新办理。",
        ));
    };
    let own = tx.actor().org().cloned();
    let Some(own) = own.filter(|org| Some(org.id.0) == job.org_id) else {
        return Err(Error::refused(
            "job.other_org",
            "这项工作是代表另一个组织办理的，请先切换到那个组织再重复。",
        ));
    };
    tx.actor().require_look(permission, &own)?;
    let again = sqlx::query_scalar!(
        "insert into job (kind, payload, state, run_at, attempts, person_id, org_id, title, done, total, created_at, free_for)
         select kind, payload, 'waiting', $2, 0, person_id, org_id, title, 0, 0, $2, free_for from job where job_id = $1
         returning job_id",
        id,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    tx.record(
        Event::new("job.repeated", "person", person)
            .org(own.id)
            .after(json!({ "title": job.title, "first": id, "job": again })),
    );
    tx.has_queued();
    Ok(again)
}
