//! However many strangers send forms and however many records somebody guesses at, the database's connections and the
//! processors stay with those who work: forms of guests take a few connections at a time behind a short queue, browsers
//! known here have a queue of their own, and a session refused again and again is told to wait before anything is read.

use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Forms that may wait in a queue; the next is told to come back.
const WAITING: usize = 32;
/// Refusals a minute and session; who reads and works meets a handful.
pub(crate) const REFUSALS: u32 = 120;
/// Seconds after which whoever is told to wait may come back.
pub(crate) const AGAIN: i64 = 5;
/// Sessions whose refusals are remembered at a time.
const REMEMBERED: usize = 10_000;

/// By session: the minute's beginning and how many.
type Counts = HashMap<Vec<u8>, (DateTime<Utc>, u32)>;

struct Queue {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One in the queue, also if it goes away.
struct Waiter<'a>(&'a AtomicUsize);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queue {
    fn new(turns: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(turns.max(1))),
            waiting: AtomicUsize::new(0),
        }
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiter = Waiter(&self.waiting);
        if before >= WAITING {
            return None;
        }
        self.turns.clone().acquire_owned().await.ok()
    }
}

/// The queues and counts of one program.
pub(crate) struct Crowd {
    strangers: Queue,
    known: Queue,
    refused: Mutex<Counts>,
}

impl Crowd {
    /// For a pool of so many connections: a form may hold two, so strangers get an eighth of them and known browsers a quarter.
    pub(crate) fn new(connections: u32) -> Self {
        let turns = |share: u32| Queue::new(usize::try_from(connections / share / 2).unwrap_or(1));
        Self {
            strangers: turns(8),
            known: turns(4),
            refused: Mutex::default(),
        }
    }

    /// Waits for the turn of a guest's form; none if too many wait already.
    pub(crate) async fn turn(&self, known: bool) -> Option<OwnedSemaphorePermit> {
        if known {
            self.known.turn().await
        } else {
            self.strangers.turn().await
        }
    }

    /// Whether a session has been refused too often this minute.
    pub(crate) fn is_refused_too_often(&self, session: &[u8], now: DateTime<Utc>) -> bool {
        let counts = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(session).is_some_and(|(since, count)| {
            now - *since < TimeDelta::minutes(1) && *count >= REFUSALS
        })
    }

    /// Counts a refusal of a session.
    pub(crate) fn count_refusal(&self, session: Vec<u8>, now: DateTime<Utc>) {
        let mut counts = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED {
            counts.retain(|_, (since, _)| now - *since < TimeDelta::minutes(1));
        }
        let entry = counts.entry(session).or_insert((now, 0));
        if now - entry.0 >= TimeDelta::minutes(1) || now < entry.0 {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sec_70_guests_take_an_eighth_of_the_connections_and_known_browsers_a_quarter() {
        let crowd = Crowd::new(32);
        let first = crowd.turn(false).await;
        let second = crowd.turn(false).await;
        assert!(first.is_some() && second.is_some());
        let third = crowd.turn(false);
        futures::pin_mut!(third);
        assert!(
            futures::poll!(third.as_mut()).is_pending(),
            "both turns are taken"
        );
        assert!(crowd.turn(true).await.is_some(), "the other queue is free");
        drop(first);
        assert!(third.await.is_some());
    }

    #[tokio::test]
    async fn sec_70_beyond_the_queue_guests_are_told_to_come_back_and_leaving_frees_the_place() {
        let crowd = Crowd::new(8);
        let _turn = crowd.turn(false).await;
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(crowd.turn(false))).collect();
        for one in &mut waiting {
            assert!(futures::poll!(one.as_mut()).is_pending());
        }
        assert!(crowd.turn(false).await.is_none(), "the queue is full");
        drop(waiting);
        let mut one = Box::pin(crowd.turn(false));
        assert!(
            futures::poll!(one.as_mut()).is_pending(),
            "there is room again"
        );
    }

    #[test]
    fn sec_71_a_session_refused_120_times_a_minute_waits_for_the_next() {
        let crowd = Crowd::new(8);
        let now: DateTime<Utc> = "2026-09-18T02:00:00Z".parse().expect("a moment");
        for _ in 0..REFUSALS {
            assert!(!crowd.is_refused_too_often(b"a", now));
            crowd.count_refusal(b"a".to_vec(), now);
        }
        assert!(crowd.is_refused_too_often(b"a", now));
        assert!(!crowd.is_refused_too_often(b"b", now));
        let later = now + TimeDelta::minutes(1);
        assert!(!crowd.is_refused_too_often(b"a", later));
        crowd.count_refusal(b"a".to_vec(), later);
        assert!(!crowd.is_refused_too_often(b"a", later));
    }
}
