//! The program under measurement: started on a free port and a folder of its own, stopped at the end.

use crate::{http::Client, report::Start};
use anyhow::{Context, Result, bail, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Program and data folder.
pub(crate) struct Place {
    program: PathBuf,
    data: PathBuf,
    ours: bool,
    outside: Outside,
}

/// A database that is there already: a seeded league.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    /// Its address; without one the program brings its own.
    pub(crate) database: Option<String>,
    /// What its server writes, where this machine can read it.
    pub(crate) server_log: Option<PathBuf>,
}

/// A running program.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first `ready`.
    ready_after: Duration,
}

impl Place {
    /// A folder outside everybody's home when none is given: the cluster runs as another account under root.
    pub(crate) fn new(program: PathBuf, data: Option<PathBuf>, outside: Outside) -> Result<Self> {
        ensure!(
            program.exists(),
            "{} is missing: cargo build --release -p tuanjian",
            program.display()
        );
        let ours = data.is_none();
        let data = data.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("tuanjian-bench-{}", std::process::id()))
        });
        std::fs::create_dir_all(&data)?;
        Ok(Self {
            program,
            data: data.canonicalize()?,
            ours,
            outside,
        })
    }

    /// What its PostgreSQL writes.
    pub(crate) fn server_log(&self) -> Result<PathBuf> {
        match &self.outside {
            Outside {
                database: Some(_),
                server_log,
            } => server_log.clone().context(
                "which statements a page runs is read from the server's log: give it with --server-log",
            ),
            _ => Ok(self.data.join("pg/server.log")),
        }
    }

    /// Where its database is reached.
    pub(crate) fn database_url(&self) -> String {
        if let Some(url) = &self.outside.database {
            return url.clone();
        }
        format!(
            "postgres:///tuanjian?host={}&user=app",
            self.data.join("pg/socket").display()
        )
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&self) -> Result<Running> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = std::fs::File::create(self.data.join("program.log"))?;
        let began = Instant::now();
        let mut command = Command::new(&self.program);
        match &self.outside.database {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        let mut child = command
            .arg("demo")
            .env("TUANJIAN_DATA", &self.data)
            .env("TUANJIAN_PORT", port.to_string())
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| self.program.display().to_string())?;
        let client = Client::new(address);
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("the program ended with {status}: {}", self.log());
            }
            if client
                .get("/readyz")
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                break;
            }
            if began.elapsed() > Duration::from_secs(600) {
                let _ = child.kill();
                bail!("not ready after ten minutes: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Running {
            child,
            address,
            ready_after: began.elapsed(),
        })
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("program.log")).unwrap_or_default()
    }

    /// What the program printed, with its demonstration accounts.
    pub(crate) fn printed(&self) -> String {
        self.log()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ours {
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

impl Running {
    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory now and at most, in MB.
    pub(crate) fn memory(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(
            Path::new("/proc")
                .join(self.child.id().to_string())
                .join("status"),
        )?;
        let line = |name: &str| {
            let line = status
                .lines()
                .find(|line| line.starts_with(name))
                .context("no such line")?;
            let kb: f64 = line
                .split_whitespace()
                .nth(1)
                .context("no figure")?
                .parse()?;
            anyhow::Ok(kb / 1024.0)
        };
        Ok((line("VmRSS:")?, line("VmHWM:")?))
    }

    /// Asks it to stop, cluster included.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(pid) = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        for _ in 0..600 {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the program did not stop within a minute")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a measurement failed midway: the private cluster must not stay behind.
        if matches!(self.child.try_wait(), Ok(None)) {
            if let Some(pid) = i32::try_from(self.child.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
            let _ = self.child.wait();
        }
    }
}

/// Starts until ready: with the cluster stopped, as after a reboot, and with it running, as at a new version.
pub(crate) async fn measure_starts(place: &Place, rounds: usize) -> Result<Vec<Start>> {
    let mut stopped = Vec::new();
    for _ in 0..rounds {
        let running = place.start().await?;
        stopped.push(running.ready_after);
        running.stop().await?;
    }
    let mut joined = Vec::new();
    let first = place.start().await?;
    for _ in 0..rounds {
        let second = place.start().await?;
        joined.push(second.ready_after);
        second.stop().await?;
    }
    first.stop().await?;
    let middle = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    Ok(vec![
        Start {
            name: "existing cluster, stopped",
            seconds: middle(stopped),
        },
        Start {
            name: "existing cluster, running",
            seconds: middle(joined),
        },
    ])
}
