//! The program `tuanjian`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    tuanjian::commands::run(tuanjian::config::Cli::parse())
}
