//! Calls to vendors (GWY-03): connecting within 3 seconds, answered within 10, only idempotent calls repeated, and a circuit
//! that spares a vendor which does not answer.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Longest answer read.
const LARGEST: usize = 1024 * 1024;
/// Times an idempotent call is made.
const TRIES: u32 = 3;

/// How long is waited.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the connection.
    pub connect: Duration,
    /// For the whole call.
    pub total: Duration,
    /// Before the first repetition; doubled for each more.
    pub backoff: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
            backoff: Duration::from_millis(200),
        }
    }
}

/// Why a call has no answer. The texts are for the log: they hold no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not made: the vendor did not answer lately.
    Open,
    /// The vendor was not reached, so it did nothing.
    NotReached(String),
    /// The vendor was reached and gave no answer in time: whether it did something is not known.
    NoAnswer(String),
    /// It answered that it could not (5xx).
    Status(u16),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("circuit open"),
            Self::NotReached(why) => write!(f, "not reached: {why}"),
            Self::NoAnswer(why) => write!(f, "no answer: {why}"),
            Self::Status(status) => write!(f, "status {status}"),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status, below 500.
    pub status: u16,
    /// Content.
    pub body: Bytes,
}

/// Calls one vendor.
pub struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Patience,
    circuit: Mutex<Circuit>,
}

impl Caller {
    /// One for a vendor; each has its own circuit.
    pub fn new(patience: Patience) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(patience.connect));
        // The connector of TLS hands http:// on to it.
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            patience,
            circuit: Mutex::new(Circuit::default()),
        }
    }

    /// Makes a call that must not happen twice: it is never repeated.
    pub async fn once(
        &self,
        now: DateTime<Utc>,
        request: &Request<Bytes>,
    ) -> Result<Answer, Fault> {
        if !self.circuit().lets(now) {
            return Err(Fault::Open);
        }
        let answer = match tokio::time::timeout(self.patience.total, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::NoAnswer("timeout".into())),
        };
        self.circuit().note(answer.is_ok(), now);
        answer
    }

    /// Makes a call that may happen twice: repeated when there was no answer.
    pub async fn repeatable(
        &self,
        now: DateTime<Utc>,
        request: &Request<Bytes>,
    ) -> Result<Answer, Fault> {
        let mut wait = self.patience.backoff;
        for _ in 1..TRIES {
            match self.once(now, request).await {
                Err(Fault::Open) => return Err(Fault::Open),
                Err(_) => tokio::time::sleep(wait).await,
                answered => return answered,
            }
            wait *= 2;
        }
        self.once(now, request).await
    }

    async fn exchange(&self, request: &Request<Bytes>) -> Result<Answer, Fault> {
        let (parts, body) = request.clone().into_parts();
        let request = Request::from_parts(parts, Full::new(body));
        let answer = self.client.request(request).await.map_err(|e| {
            if e.is_connect() {
                Fault::NotReached("connect".into())
            } else {
                Fault::NoAnswer("connection broke".into())
            }
        })?;
        let status = answer.status().as_u16();
        if status >= 500 {
            return Err(Fault::Status(status));
        }
        let body = Limited::new(answer.into_body(), LARGEST)
            .collect()
            .await
            .map_err(|_| Fault::NoAnswer("answer broke off".into()))?;
        Ok(Answer {
            status,
            body: body.to_bytes(),
        })
    }

    fn circuit(&self) -> std::sync::MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spares a vendor: open at half of the last twenty calls without answer, one trial after thirty seconds.
#[derive(Debug, Default)]
pub(crate) struct Circuit {
    last: VecDeque<bool>,
    opened: Option<DateTime<Utc>>,
}

impl Circuit {
    const SEEN: usize = 20;
    const REST: TimeDelta = TimeDelta::seconds(30);

    /// Whether a call may be made. Of those after the rest the first is the trial; the others rest with the circuit.
    pub(crate) fn lets(&mut self, now: DateTime<Utc>) -> bool {
        match self.opened {
            None => true,
            Some(at) if now >= at && now - at < Self::REST => false,
            Some(_) => {
                self.opened = Some(now);
                true
            }
        }
    }

    /// How a call ended.
    pub(crate) fn note(&mut self, answered: bool, now: DateTime<Utc>) {
        if self.opened.is_some() {
            if answered {
                *self = Self::default();
            } else {
                self.opened = Some(now);
            }
            return;
        }
        self.last.push_back(answered);
        if self.last.len() > Self::SEEN {
            self.last.pop_front();
        }
        let failed = self.last.iter().filter(|answered| !**answered).count();
        if self.last.len() == Self::SEEN && failed * 2 >= Self::SEEN {
            self.opened = Some(now);
        }
    }
}
