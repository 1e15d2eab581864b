//! Protocol servers: vendors as their public documents say, for tests of the gateways (GWY-02). They know nothing of the gateways
//! and check for themselves; what they hold against a call they answer as the vendor does.

pub mod sms;
pub mod wechat;
pub mod wecom;

use crate::browser::Server;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a vendor does wrong with one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Answers 500 and does nothing.
    Down,
    /// Does nothing and never answers.
    Silent,
    /// Does what it is asked and never answers.
    SilentAfter,
    /// Answers something that is no answer.
    Garbage,
    /// Does what it is asked and answers late, but in time.
    Slow,
}

/// Faults waiting for the next calls, and how many calls there were.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<(VecDeque<Fault>, Vec<String>)>>);

impl Faults {
    fn inner(&self) -> MutexGuard<'_, (VecDeque<Fault>, Vec<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call meets this fault, the one after it the next one.
    pub fn next(&self, fault: Fault) {
        self.inner().0.push_back(fault);
    }

    /// Calls of an action so far, refused ones too.
    pub fn calls(&self, action: &str) -> usize {
        self.inner().1.iter().filter(|name| *name == action).count()
    }

    /// Answers a call: `work` does it and says what the vendor answers.
    async fn answer(&self, action: &str, work: impl FnOnce() -> Response) -> Response {
        let fault = {
            let mut inner = self.inner();
            inner.1.push(action.to_owned());
            inner.0.pop_front()
        };
        match fault {
            None => work(),
            Some(Fault::Down) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Some(Fault::Garbage) => "<html>busy</html>".into_response(),
            Some(Fault::Slow) => {
                let answer = work();
                tokio::time::sleep(std::time::Duration::from_millis(150)).await;
                answer
            }
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::SilentAfter) => {
                work();
                std::future::pending().await
            }
        }
    }
}

/// The address of a port nobody listens on.
pub async fn nobody() -> String {
    let server = Server::start(axum::Router::new()).await;
    let base = server.base.clone();
    drop(server);
    base
}
