//! The load program: everybody signs in, the morning begins, and a table says how it went.

use crate::{
    Shape,
    kinds::KINDS,
    mix::{self, Arrival, Found},
    program::Place,
    users::{self, User},
    watch::{Load, Used},
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::path::{Path, PathBuf};

/// How the morning goes.
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// Arrivals a second, whatever the answers take; without it --connections users ask as fast as answers come.
    #[arg(long)]
    rate: Option<u32>,
    /// Only kinds whose name holds this; several with commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Figures of an earlier run to compare with.
    #[arg(long)]
    compare: Option<PathBuf>,
}

/// Bytes of a page of each kind, uncompressed and compressed.
type Sizes = Vec<Option<(usize, usize)>>;

pub(crate) async fn measure(
    place: &Place,
    options: &Options,
    shape: Shape,
    out: Option<&Path>,
) -> Result<()> {
    let running = place.start().await?;
    let mut conn = PgConnection::connect(&place.database_url()).await?;
    let users = users::sign_in(&running, &place.printed()).await?;
    let sizes = sizes(&users).await?;
    let arrival = match options.rate {
        Some(rate) => Arrival::Open { rate },
        None => Arrival::Closed {
            users: shape.connections,
        },
    };
    // A short run first: prepared statements, caches, the memory allocator.
    let warm = shape.time.min(std::time::Duration::from_secs(3));
    let (_, users) = mix::run(users, arrival, warm, &options.only).await?;
    let used = Used::now(running.pid(), &mut conn).await?;
    let (found, _) = mix::run(users, arrival, shape.time, &options.only).await?;
    let load = used.since(running.pid(), &mut conn).await?;
    let (_, most) = running.memory()?;
    conn.close().await?;
    running.stop().await?;
    let before = options
        .compare
        .as_ref()
        .map(|file| {
            let text = std::fs::read(file).with_context(|| file.display().to_string())?;
            anyhow::Ok(serde_json::from_slice::<Value>(&text)?)
        })
        .transpose()?;
    let result = report(&found, &sizes, load, most, arrival);
    println!("{}", markdown(&result, before.as_ref()));
    if let Some(file) = out {
        std::fs::write(file, serde_json::to_string_pretty(&result)? + "\n")?;
    }
    Ok(())
}

/// What one page of each kind weighs.
async fn sizes(users: &[User]) -> Result<Sizes> {
    let mut sizes = Vec::new();
    for (kind, name, _) in KINDS {
        let who = users.iter().find(|user| kind.suits(user));
        let Some((user, path)) = who.and_then(|user| Some((user, kind.page(user, 0)?))) else {
            sizes.push(None);
            continue;
        };
        let mut weights = [0; 2];
        for (weight, gzip) in weights.iter_mut().zip([false, true]) {
            let request = user.client.get_request(&path, gzip);
            let answer = crate::http::Connection::open(user.client.address)
                .await?
                .ask(&request)
                .await?;
            ensure!(
                answer.status == 200,
                "{name}: {path} answers {}",
                answer.status
            );
            *weight = answer.body.len();
        }
        sizes.push(Some((weights[0], weights[1])));
    }
    Ok(sizes)
}

fn report(found: &Found, sizes: &Sizes, load: Load, most: f64, arrival: Arrival) -> Value {
    let round = |value: f64, digits: i32| {
        let by = 10_f64.powi(digits);
        (value * by).round() / by
    };
    let ms = |us: u32| round(f64::from(us) / 1000.0, 2);
    let kinds: Vec<Value> = KINDS
        .iter()
        .zip(&found.kinds)
        .zip(sizes)
        .filter(|((_, taken), _)| !taken.times.is_empty() || taken.errors > 0)
        .map(|(((_, name, _), taken), size)| {
            json!({
                "name": name, "count": taken.times.len(), "per_second": round(taken.times.len() as f64 / found.seconds, 1),
                "p50_ms": ms(taken.at(0.5)), "p95_ms": ms(taken.at(0.95)), "p99_ms": ms(taken.at(0.99)),
                "errors": taken.errors, "nothing_to_do": taken.idle, "first_error": taken.first_error,
                "bytes": size.map(|s| s.0), "bytes_gzip": size.map(|s| s.1),
            })
        })
        .collect();
    let all: usize = found.kinds.iter().map(|k| k.times.len()).sum();
    let arrival = match arrival {
        Arrival::Open { rate } => format!("{rate} arrivals a second"),
        Arrival::Closed { users } => format!("{users} users, each again at once"),
    };
    json!({
        "arrival": arrival,
        "seconds": round(found.seconds, 1),
        "per_second": round(all as f64 / found.seconds, 1),
        "errors": found.kinds.iter().map(|k| k.errors).sum::<u32>(),
        "turned_away": found.refused,
        "kinds": kinds,
        // What a request costs whatever else the machine does meanwhile.
        "program_cpu_ms_per_request": round(1000.0 * load.program_cpu * found.seconds / (all.max(1) as f64), 3),
        "database_cpu_ms_per_request": round(1000.0 * load.database_cpu * found.seconds / (all.max(1) as f64), 3),
        "program_processors": round(load.program_cpu, 2),
        "database_processors": round(load.database_cpu, 2),
        "program_mb": load.program_mb.round(),
        "program_mb_most": most.round(),
        "database_sessions_mb": load.database_mb.round(),
    })
}

fn markdown(now: &Value, before: Option<&Value>) -> String {
    let mut out = format!(
        "{}, {} s: {} requests/s, {} errors, {} turned away\n\n| kind | count | p50 ms | p95 ms | p99 ms | errors | bytes | gzip |{}\n| --- | --: | --: | --: | --: | --: | --: | --: |{}\n",
        now["arrival"].as_str().unwrap_or(""),
        now["seconds"],
        now["per_second"],
        now["errors"],
        now["turned_away"],
        before.map_or("", |_| " p95 before | now/before |"),
        before.map_or("", |_| " --: | --: |"),
    );
    let empty = Vec::new();
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        other => other.to_string(),
    };
    for kind in now["kinds"].as_array().unwrap_or(&empty) {
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            kind["name"].as_str().unwrap_or(""),
            kind["count"],
            kind["p50_ms"],
            kind["p95_ms"],
            kind["p99_ms"],
            kind["errors"],
            text(&kind["bytes"]),
            text(&kind["bytes_gzip"]),
        );
        if let Some(before) = before {
            let then = before["kinds"]
                .as_array()
                .unwrap_or(&empty)
                .iter()
                .find(|k| k["name"] == kind["name"])
                .and_then(|k| k["p95_ms"].as_f64());
            let ratio = then
                .zip(kind["p95_ms"].as_f64())
                .map(|(then, now)| format!("{:.2}", now / then.max(0.001)));
            out += &format!(
                " {} | {} |",
                then.map_or(String::new(), |t| t.to_string()),
                ratio.unwrap_or_default()
            );
        }
        out.push('\n');
        if let Some(error) = kind["first_error"].as_str() {
            out += &format!("|  | {error} |\n");
        }
    }
    out += &format!(
        "\nProcessor time a request: program {} ms, database sessions {} ms. Processors busy: {} and {}. Memory: program {} MB (at most {}), database sessions {} MB beside the shared buffers.\n",
        now["program_cpu_ms_per_request"],
        now["database_cpu_ms_per_request"],
        now["program_processors"],
        now["database_processors"],
        now["program_mb"],
        now["program_mb_most"],
        now["database_sessions_mb"]
    );
    out
}
