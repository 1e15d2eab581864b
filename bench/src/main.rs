//! `tj-bench`: what the product's pages cost, beside what their SQL alone costs, on this machine and in this run.
//!
//! It starts the release program as a demonstration on a folder of its own, so that nobody's data is touched, and talks
//! to 127.0.0.1 only. See README.md beside this file for how the figures are taken.
#![expect(clippy::print_stdout, reason = "a command's output")]

mod http;
mod import;
mod load;
mod pages;
mod program;
mod raw;
mod report;
mod sheet;
mod statements;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Measures the program.
#[derive(Parser, Debug)]
struct Cli {
    /// What to measure; everything when left out.
    #[command(subcommand)]
    what: Option<What>,
    /// The release program.
    #[arg(long, global = true, default_value = "target/release/tuanjian")]
    program: PathBuf,
    /// Folder for the demonstration; a new one that is removed afterwards when left out.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Connections at a time.
    #[arg(long, global = true, default_value_t = 8)]
    connections: usize,
    /// Seconds of each measurement.
    #[arg(long, global = true, default_value_t = 4)]
    seconds: u64,
    /// Rounds; page and SQL take turns, and the middle one counts.
    #[arg(long, global = true, default_value_t = 3)]
    rounds: usize,
    /// Where to write the figures as JSON.
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(Subcommand, Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Pages beside their own statements through pgbench.
    Pages,
    /// Importing 5,000 members beside parsing and copying them.
    Import,
    /// Start on an existing cluster until ready, and memory afterwards.
    Start,
}

/// How long and how wide each measurement is.
#[derive(Clone, Copy, Debug)]
struct Shape {
    connections: usize,
    time: Duration,
    rounds: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let shape = Shape {
        connections: cli.connections.clamp(1, 256),
        time: Duration::from_secs(cli.seconds.clamp(1, 60)),
        rounds: cli.rounds.clamp(1, 15),
    };
    let wanted = |what| cli.what.is_none_or(|only| only == what);
    let place = program::Place::new(cli.program.clone(), cli.data.clone())?;
    let mut report = report::Report::default();
    // The first start makes the cluster and seeds the league; it is not what is measured.
    let mut running = place.start().await.context("first start")?;
    if wanted(What::Start) {
        running.stop().await?;
        report.starts = program::measure_starts(&place, shape.rounds).await?;
        running = place.start().await?;
    }
    if wanted(What::Pages) {
        report.pages = pages::measure(&place, &running, shape).await?;
    }
    if wanted(What::Import) {
        report.import = Some(import::measure(&place, &running, shape.rounds).await?);
    }
    report.memory = running.memory()?;
    running.stop().await?;
    println!("{}", report.markdown(shape));
    if let Some(file) = cli.json {
        std::fs::write(
            &file,
            serde_json::to_string_pretty(&report.json(shape))? + "\n",
        )?;
    }
    Ok(())
}
