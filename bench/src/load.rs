//! A closed loop: each of N connections asks, reads the whole answer and asks again, until the time is up.

use crate::http::{Client, Connection};
use anyhow::{Result, ensure};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What one measurement found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50_us: u32,
    pub(crate) p95_us: u32,
    pub(crate) p99_us: u32,
    /// Bytes of one answer on the wire.
    pub(crate) bytes: usize,
}

/// Asks for `path` as fast as answers come.
pub(crate) async fn run(
    client: &Client,
    path: &str,
    gzip: bool,
    connections: usize,
    time: Duration,
) -> Result<Figures> {
    let request = Arc::new(client.get_request(path, gzip));
    let begin = Instant::now();
    let end = begin + time;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (request, address) = (request.clone(), client.address);
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let (mut times, mut bytes) = (Vec::<u32>::new(), 0);
            loop {
                let asked = Instant::now();
                if asked >= end {
                    break;
                }
                let answer = connection.ask(&request).await?;
                ensure!(answer.status == 200, "status {} under load", answer.status);
                times.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                bytes = answer.bytes;
            }
            Ok((times, bytes))
        }));
    }
    let (mut times, mut bytes) = (Vec::new(), 0);
    for task in tasks {
        let (more, size) = task.await??;
        times.extend(more);
        bytes = size;
    }
    let seconds = begin.elapsed().as_secs_f64();
    ensure!(!times.is_empty(), "no answer in time");
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Figures {
        per_second: times.len() as f64 / seconds,
        p50_us: at(0.50),
        p95_us: at(0.95),
        p99_us: at(0.99),
        bytes,
    })
}
