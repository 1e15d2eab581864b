//! The program as a process of its own, to be killed.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running `tuanjian demo` on a database of the test server.
pub struct Process {
    child: Child,
    /// The address of the site.
    pub base: String,
}

/// How to start it again and again.
pub struct Place {
    url: String,
    folder: PathBuf,
    port: u16,
}

impl Place {
    /// On the database at `url`, which counts as seeded from now on, with the keys of the test kit.
    pub async fn new(url: &str, db: &db::Db, folder: &Path) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mark the program's own seeding would leave"
        )]
        sqlx::query(
            "insert into setting (name, value) values ('demo', '{}') on conflict do nothing",
        )
        .execute(&db.pool)
        .await
        .expect("the mark of a demonstration");
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join("master.key"), testkit::MASTER).expect("a key");
        // The same port each time, as a person's browser stays where it is.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        Self {
            url: url.to_owned(),
            folder: folder.to_owned(),
            port,
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tuanjian"));
        command
            .args(words)
            .env("DATABASE_URL", &self.url)
            .env("TUANJIAN_DATA", &self.folder)
            .env("TUANJIAN_MASTER_KEY_FILE", self.folder.join("master.key"))
            .env("TUANJIAN_PORT", self.port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&self) -> Process {
        let mut child = self.command(&["demo"]).spawn().expect("the program");
        let end = Instant::now() + Duration::from_secs(60);
        while !self.ready().await {
            assert!(
                matches!(child.try_wait(), Ok(None)),
                "the program ended by itself"
            );
            assert!(Instant::now() < end, "the program is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Process {
            child,
            base: format!("http://127.0.0.1:{}", self.port),
        }
    }

    async fn ready(&self) -> bool {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let Ok(mut stream) = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await else {
            return false;
        };
        let mut answer = Vec::new();
        let asked = stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await;
        asked.is_ok()
            && stream.read_to_end(&mut answer).await.is_ok()
            && answer.starts_with(b"HTTP/1.1 200")
    }

    /// Runs `audit verify`; its exit code.
    pub fn verify(&self) -> Option<i32> {
        self.command(&["audit", "verify"])
            .status()
            .expect("the program")
            .code()
    }
}

impl Process {
    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("kill");
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
