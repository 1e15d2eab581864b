//! The same statements without the product: pgbench sends them prepared, over the same socket, to the same database.

use crate::{Shape, program::Place, statements::Statement};
use anyhow::{Context, Result, bail};
use std::{path::PathBuf, process::Command};

/// What to give pgbench: a script with variables, and their values.
#[derive(Debug)]
pub(crate) struct Script {
    text: String,
    values: Vec<(String, String)>,
}

impl Script {
    /// Values become variables, which pgbench sends as parameters of prepared statements; it has no null, so that is
    /// written into the statement.
    pub(crate) fn of(statements: &[Statement]) -> Self {
        let mut script = Self {
            text: String::new(),
            values: Vec::new(),
        };
        for (n, statement) in statements.iter().enumerate() {
            let mut text = statement.text.trim_end_matches(';').replace('\n', " ");
            // From the last on: $1 must not eat the beginning of $10.
            for (m, value) in statement.values.iter().enumerate().rev() {
                let name = format!("v{n}_{m}");
                let with = match value {
                    // Nor does it take an empty value.
                    Some(value) if value.is_empty() => "''".to_owned(),
                    Some(value) => {
                        script.values.push((name.clone(), value.clone()));
                        format!(":{name}")
                    }
                    None => "null".to_owned(),
                };
                text = text.replace(&format!("${}", m + 1), &with);
            }
            script.text.push_str(&text);
            script.text.push_str(";\n");
        }
        script
    }
}

fn pgbench() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/pgbench")))
        .filter(|file| file.exists())
        .collect();
    found.sort();
    found
        .pop()
        .context("pgbench is not installed (apt-get install postgresql)")
}

/// Runs the script; whole scripts per second.
pub(crate) async fn run(place: &Place, script: &Script, shape: Shape) -> Result<f64> {
    let file = std::env::temp_dir().join(format!("tuanjian-bench-{}.sql", std::process::id()));
    std::fs::write(&file, &script.text)?;
    let mut command = Command::new(pgbench()?);
    command
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"])
        .args([
            "--client",
            &shape.connections.to_string(),
            "--time",
            &shape.time.as_secs().to_string(),
        ])
        .arg("--file")
        .arg(&file);
    for (name, value) in &script.values {
        command.arg("--define").arg(format!("{name}={value}"));
    }
    command.arg(place.database_url());
    let out = tokio::task::spawn_blocking(move || command.output()).await??;
    let _ = std::fs::remove_file(&file);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let complained = String::from_utf8_lossy(&out.stderr).into_owned();
    if !out.status.success() || complained.contains("ERROR") {
        bail!("pgbench: {complained}\n{}", script.text);
    }
    said.lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
        .with_context(|| format!("pgbench said: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_variables_and_null_is_written_out() {
        let script = Script::of(&[Statement {
            text: "select $1::uuid, $2,\n $10".into(),
            values: (1..=10).map(|n| (n != 2).then(|| n.to_string())).collect(),
        }]);
        assert_eq!(script.text, "select :v0_0::uuid, null,  :v0_9;\n");
        assert_eq!(script.values.len(), 9);
    }
}
