//! Everybody at once: arrivals at a fixed rate whatever the answers take, or as many as fit.

use crate::{
    http::Connection,
    kinds::{KINDS, Kind, act},
    users::{Level, User},
};
use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// How the users come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival {
    /// So many a second, evenly, whether answers come or not.
    Open { rate: u32 },
    /// So many at a time, each again as soon as answered.
    Closed { users: usize },
}

/// Never more requests at a time than this: what would be more is counted as turned away.
const MOST_AT_ONCE: usize = 400;
/// Never more requests in one measurement.
const MOST: usize = 500_000;

/// What one kind took, in microseconds, and what went wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) times: Vec<u32>,
    pub(crate) errors: u32,
    /// There was nothing to do: no case in the inbox.
    pub(crate) idle: u32,
    pub(crate) bytes: usize,
    pub(crate) first_error: Option<String>,
}

impl Taken {
    /// The time a share of them stays below.
    pub(crate) fn at(&self, share: f64) -> u32 {
        let last = self.times.len().saturating_sub(1);
        self.times
            .get((last as f64 * share) as usize)
            .copied()
            .unwrap_or(0)
    }
}

/// Everything one measurement found.
pub(crate) struct Found {
    pub(crate) kinds: Vec<Taken>,
    pub(crate) seconds: f64,
    /// Arrivals there was no room for.
    pub(crate) refused: u32,
}

/// A repeatable sequence of draws.
struct Draws(u64);

impl Draws {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below.max(1)
    }
}

struct Crowd {
    users: Vec<User>,
    /// For each row of [`KINDS`] who does it.
    of_kind: Vec<Vec<usize>>,
    shares: Vec<u32>,
    numbers: Vec<String>,
    idle: Mutex<Vec<Connection>>,
    address: SocketAddr,
    taken: Mutex<Vec<Taken>>,
}

impl Crowd {
    /// A kind by its share, and somebody who does it.
    fn draw(&self, draws: &mut Draws) -> (Kind, usize, usize) {
        let total: u32 = self.shares.iter().sum();
        let mut at = draws.next(total as usize) as u32;
        let mut row = 0;
        for (n, share) in self.shares.iter().enumerate() {
            if at < *share {
                row = n;
                break;
            }
            at -= share;
        }
        let who = self.of_kind[row][draws.next(self.of_kind[row].len())];
        (KINDS[row].0, who, draws.next(1 << 30))
    }

    /// One request; `since` is when it should have been sent, if that counts.
    async fn one(&self, kind: Kind, who: usize, draw: usize, since: Option<Instant>) {
        let outcome = self.ask(kind, who, draw, since).await;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = &mut taken[kind.row()];
        match outcome {
            Ok(Some((time, bytes))) => {
                taken
                    .times
                    .push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
                taken.bytes += bytes;
            }
            Ok(None) => taken.idle += 1,
            Err(cause) => {
                taken.errors += 1;
                taken.first_error.get_or_insert(format!("{cause:#}"));
            }
        }
    }

    async fn ask(
        &self,
        kind: Kind,
        who: usize,
        draw: usize,
        since: Option<Instant>,
    ) -> Result<Option<(Duration, usize)>> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let user = &self.users[who];
        // Pages wait from their arrival on; what needs several requests counts its last one.
        let late = since
            .filter(|_| kind.page(user, draw).is_some())
            .map(|at| at.elapsed());
        let done = act(kind, user, draw, &self.numbers, &mut connection).await?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        let Some((time, answer)) = done else {
            return Ok(None);
        };
        anyhow::ensure!(
            matches!(answer.status, 200 | 303),
            "{kind:?} answered {}: {}",
            answer.status,
            told(&answer.text())
        );
        Ok(Some((time + late.unwrap_or_default(), answer.bytes)))
    }
}

/// What a page says in its middle, short enough for a table.
fn told(page: &str) -> String {
    let middle = page.split_once("<main").map_or(page, |(_, rest)| rest);
    let words = middle
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .flat_map(|(_, text)| text.split_whitespace());
    words
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(120)
        .collect()
}

/// Lets the users come for this long.
pub(crate) async fn run(
    users: Vec<User>,
    arrival: Arrival,
    time: Duration,
    only: &[String],
) -> Result<(Found, Vec<User>)> {
    let address = users.first().context("nobody")?.client.address;
    let of_kind: Vec<Vec<usize>> = KINDS
        .iter()
        .map(|(kind, ..)| {
            (0..users.len())
                .filter(|n| kind.suits(&users[*n]))
                .collect()
        })
        .collect();
    let shares = KINDS
        .iter()
        .zip(&of_kind)
        .map(|((_, name, share), who)| {
            let wanted = only.is_empty() || only.iter().any(|o| name.contains(o.as_str()));
            if who.is_empty() || !wanted { 0 } else { *share }
        })
        .collect::<Vec<u32>>();
    anyhow::ensure!(
        shares.iter().any(|share| *share > 0),
        "no kind of request is left"
    );
    let numbers = users
        .iter()
        .filter(|user| user.level == Level::Member)
        .map(|user| user.login.clone())
        .collect();
    let crowd = Arc::new(Crowd {
        users,
        of_kind,
        shares,
        numbers,
        idle: Mutex::default(),
        address,
        taken: Mutex::new(vec![Taken::default(); KINDS.len()]),
    });
    let began = Instant::now();
    let refused = match arrival {
        Arrival::Open { rate } => open(&crowd, rate, time).await,
        Arrival::Closed { users } => closed(&crowd, users, time).await,
    }?;
    let seconds = began.elapsed().as_secs_f64();
    let crowd = Arc::into_inner(crowd).context("requests are still under way")?;
    let mut kinds = crowd
        .taken
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    for kind in &mut kinds {
        kind.times.sort_unstable();
    }
    Ok((
        Found {
            kinds,
            seconds,
            refused,
        },
        crowd.users,
    ))
}

async fn open(crowd: &Arc<Crowd>, rate: u32, time: Duration) -> Result<u32> {
    let room = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let (mut draws, mut refused) = (Draws(0x5eed_2026), 0);
    let step = Duration::from_secs_f64(1.0 / f64::from(rate.clamp(1, 20_000)));
    let count = ((time.as_secs_f64() * f64::from(rate)) as usize).min(MOST);
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..count {
        let due = began + step * u32::try_from(n).unwrap_or(u32::MAX);
        tokio::time::sleep_until(due.into()).await;
        let (kind, who, draw) = crowd.draw(&mut draws);
        let Ok(permit) = room.clone().try_acquire_owned() else {
            refused += 1;
            continue;
        };
        let crowd = crowd.clone();
        tasks.spawn(async move {
            crowd.one(kind, who, draw, Some(due)).await;
            drop(permit);
        });
        while tasks.try_join_next().is_some() {}
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    Ok(refused)
}

async fn closed(crowd: &Arc<Crowd>, users: usize, time: Duration) -> Result<u32> {
    let end = Instant::now() + time;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..users.clamp(1, MOST_AT_ONCE) {
        let crowd = crowd.clone();
        tasks.spawn(async move {
            let mut draws = Draws(0x5eed_2026 + n as u64);
            while Instant::now() < end {
                let (kind, who, draw) = crowd.draw(&mut draws);
                crowd.one(kind, who, draw, None).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    Ok(0)
}
