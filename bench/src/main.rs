//! `tj-bench`: what the product's pages cost, beside what their SQL alone costs, on this machine and in this run.
//!
//! It starts the release program as a demonstration on a folder of its own or on a seeded league (`--database`), which
//! the program refuses if it holds anything else, and talks to 127.0.0.1 only. See README.md beside this file for how the
//! figures are taken.
#![expect(clippy::print_stdout, reason = "a command's output")]

mod guess;
mod http;
mod import;
mod kinds;
mod load;
mod mix;
mod pages;
mod program;
mod raw;
mod report;
mod sheet;
mod statements;
mod traffic;
mod users;
mod watch;

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
    /// A database seeded with `tuanjian seed --scale`, instead of a demonstration of its own. The key file is told by
    /// TUANJIAN_MASTER_KEY_FILE, as to the program.
    #[arg(long, global = true)]
    database: Option<String>,
    /// The log of that database's server, for `pages`.
    #[arg(long, global = true)]
    server_log: Option<PathBuf>,
    /// Where to write the figures as JSON.
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(Subcommand, Debug, Clone, PartialEq)]
enum What {
    /// Users of every role at once, as on a September morning; asks for --database.
    Load(traffic::Options),
    /// Guessing passwords, codes and ids from many addresses while a person pages.
    Guess(guess::Options),
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
    let wanted = |what| cli.what.as_ref().is_none_or(|only| *only == what);
    let outside = program::Outside {
        database: cli.database.clone(),
        server_log: cli.server_log.clone(),
    };
    let place = program::Place::new(cli.program.clone(), cli.data.clone(), outside)?;
    if let Some(What::Load(options)) = &cli.what {
        return traffic::measure(&place, options, shape, cli.json.as_deref()).await;
    }
    if let Some(What::Guess(options)) = &cli.what {
        println!("{}", guess::measure(&place, options, shape.time).await?);
        return Ok(());
    }
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
