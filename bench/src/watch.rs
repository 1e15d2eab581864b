//! Processor time and memory of the program and of the database's processes, from /proc.

use anyhow::{Context, Result};
use sqlx::{PgConnection, Row};
use std::{fs, time::Instant};

/// Processor seconds used so far.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    at: Instant,
    program: f64,
    database: f64,
}

/// Processors busy between two looks, and memory at the second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Processors the program kept busy.
    pub(crate) program_cpu: f64,
    /// Processors the database's sessions kept busy.
    pub(crate) database_cpu: f64,
    /// Resident memory of the program in MB.
    pub(crate) program_mb: f64,
    /// Memory of its own of all database sessions in MB; the shared buffers are not counted for each.
    pub(crate) database_mb: f64,
}

/// Ticks a second of /proc/…/stat on every Linux Rust runs on.
const TICKS: f64 = 100.0;

fn processor(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

fn memory(pid: u32, name: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// The database's sessions; empty where it runs on another machine.
async fn sessions(conn: &mut PgConnection) -> Result<Vec<u32>> {
    let rows = sqlx::raw_sql(
        "select pid::int8 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok(u32::try_from(row.try_get::<i64, _>(0)?)?))
        .collect()
}

impl Used {
    pub(crate) async fn now(program: u32, conn: &mut PgConnection) -> Result<Self> {
        let database = sessions(conn)
            .await?
            .into_iter()
            .filter_map(processor)
            .sum();
        Ok(Self {
            at: Instant::now(),
            program: processor(program).context("the program has ended")?,
            database,
        })
    }

    /// Since then.
    pub(crate) async fn since(self, program: u32, conn: &mut PgConnection) -> Result<Load> {
        let now = Self::now(program, conn).await?;
        let seconds = now.at.duration_since(self.at).as_secs_f64();
        let database_mb = sessions(conn)
            .await?
            .into_iter()
            .filter_map(|pid| memory(pid, "RssAnon:"))
            .sum();
        Ok(Load {
            program_cpu: (now.program - self.program) / seconds,
            database_cpu: (now.database - self.database) / seconds,
            program_mb: memory(program, "VmRSS:").unwrap_or(0.0),
            database_mb,
        })
    }
}
