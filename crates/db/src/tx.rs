use crate::{Keyring, audit, audit::Event, jobs::NewJob};
use access::Actor;
use base::{Clock, Error, Random, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction, pool::PoolConnection};
use std::ops::{Deref, DerefMut};
use uuid::Uuid;

/// The database with everything a transaction carries. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    /// Connections.
    pub pool: PgPool,
    /// The one clock.
    pub clock: Clock,
    /// The one randomness.
    pub random: Random,
    /// Keys for sealed fields, blind indexes and the audit chain.
    pub keys: Keyring,
}

/// A connection for reading; it also opens sealed fields. Never write through it.
pub struct Reader {
    conn: PoolConnection<Postgres>,
    /// Keys for sealed fields.
    pub keys: Keyring,
    now: DateTime<Utc>,
}

impl Reader {
    /// The moment this reading began.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

impl Deref for Reader {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}
impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

impl Db {
    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader> {
        Ok(Reader {
            conn: self.pool.acquire().await?,
            keys: self.keys.clone(),
            now: self.clock.now(),
        })
    }

    /// Opens the unit of work for `actor`. Pages, jobs and commands do this; actions never.
    pub async fn begin(&self, actor: Actor) -> Result<Tx> {
        Ok(Tx {
            now: self.clock.now(),
            inner: self.pool.begin().await?,
            actor,
            random: self.random.clone(),
            keys: self.keys.clone(),
            events: Vec::new(),
            answer: None,
            queued: false,
        })
    }
}

/// The unit of work: a database transaction with actor, clock, randomness, keys, and the audit entries and jobs that
/// become true with it. Dropped without [`Tx::commit`], nothing happened.
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    actor: Actor,
    now: DateTime<Utc>,
    random: Random,
    keys: Keyring,
    events: Vec<Event>,
    answer: Option<String>,
    queued: bool,
}

/// A savepoint of a [`Tx`].
#[must_use = "keep it or undo it"]
pub struct Mark {
    events: usize,
}

impl Tx {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The moment of this unit of work (GEN-01).
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// A new time-ordered id of any kind: `let id: PersonId = tx.new_id();`.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        T::from(self.random.uuid(self.now))
    }

    /// Randomness.
    pub fn random(&self) -> &Random {
        &self.random
    }

    /// Keys.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Encrypts a field of a row.
    pub fn seal(&self, field: &str, row: impl Into<Uuid>, plain: &str) -> Vec<u8> {
        self.keys.seal(&self.random, field, row.into(), plain)
    }

    /// Notes what changed; written and chained by [`Tx::commit`] (GEN-04).
    pub fn record(&mut self, event: impl Into<Event>) {
        self.events.push(event.into());
    }

    /// Puts background work down, to become true with this transaction (OPS-41).
    pub async fn enqueue(&mut self, job: NewJob) -> Result<i64> {
        let (now, actor) = (self.now, self.actor.clone());
        self.queued = true;
        crate::jobs::enqueue(&mut self.inner, now, &actor, job).await
    }

    /// Work was put down past [`Tx::enqueue`]: idle workers are called when this transaction is committed.
    pub(crate) fn has_queued(&mut self) {
        self.queued = true;
    }

    /// Takes a submission once (GEN-08). The first taker gets `None`; whoever sends the same key again gets the place
    /// the first was sent to, after waiting for it to finish.
    pub async fn once(&mut self, key: &str) -> Result<Option<String>> {
        let actor = self
            .actor
            .person()
            .map_or_else(|| "anonymous".to_owned(), |p| p.to_string());
        let first = sqlx::query_scalar!(
            "insert into submission (key, actor, location, at) values ($1, $2, '', $3) on conflict do nothing returning key",
            key,
            actor,
            self.now
        )
        .fetch_optional(&mut *self.inner)
        .await?;
        if first.is_some() {
            self.answer = Some(key.to_owned());
            return Ok(None);
        }
        let before = sqlx::query!("select actor, location from submission where key = $1", key)
            .fetch_optional(&mut *self.inner)
            .await?;
        match before {
            Some(row) if row.actor == actor => Ok(Some(row.location)),
            _ => Err(Error::refused("form.stale", "页面已过期，请刷新后重试")),
        }
    }

    /// Commits and remembers where the sender of this submission is led to.
    pub async fn commit_to(mut self, location: &str) -> Result<()> {
        if let Some(key) = self.answer.take() {
            sqlx::query!(
                "update submission set location = $2 where key = $1",
                key,
                location
            )
            .execute(&mut *self.inner)
            .await?;
        }
        self.commit().await
    }

    /// A savepoint to come back to with [`Tx::undo`]: for batches whose rows succeed or fail one by one.
    pub async fn mark(&mut self) -> Result<Mark> {
        sqlx::raw_sql("savepoint mark")
            .execute(&mut *self.inner)
            .await?;
        Ok(Mark {
            events: self.events.len(),
        })
    }

    /// Keeps what was written since `mark`.
    pub async fn keep(&mut self, mark: Mark) -> Result<()> {
        let _ = mark;
        sqlx::raw_sql("release savepoint mark")
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Takes back what was written and recorded since `mark`.
    pub async fn undo(&mut self, mark: Mark) -> Result<()> {
        self.events.truncate(mark.events);
        sqlx::raw_sql("rollback to savepoint mark")
            .execute(&mut *self.inner)
            .await?;
        sqlx::raw_sql("release savepoint mark")
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Writes the audit entries into the chain and commits. A transaction that wrote something and recorded nothing is
    /// a programming error and is refused. (On Citus only writes on the coordinator show here, as that of [`Tx::once`] is.)
    pub async fn commit(mut self) -> Result<()> {
        if self.events.is_empty() {
            let wrote = sqlx::query_scalar!(
                r#"select pg_current_xact_id_if_assigned() is not null as "wrote!""#
            )
            .fetch_one(&mut *self.inner)
            .await?;
            if wrote {
                return Err(Error::Internal(anyhow::anyhow!(
                    "a transaction wrote without an audit record"
                )));
            }
        } else {
            let events = std::mem::take(&mut self.events);
            audit::append(
                &mut self.inner,
                &self.keys,
                &self.actor,
                self.now,
                &self.random,
                events,
            )
            .await?;
        }
        self.finish().await
    }

    async fn finish(self) -> Result<()> {
        self.inner.commit().await?;
        if self.queued {
            crate::jobs::wake();
        }
        Ok(())
    }

    /// Commits housekeeping that is no business data (sessions, counters, leases) and needs no audit entry.
    pub async fn commit_housekeeping(self) -> Result<()> {
        if !self.events.is_empty() {
            return self.commit().await;
        }
        self.finish().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}
