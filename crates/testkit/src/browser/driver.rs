//! The driver's process, and the browser's, with all they leave behind.

use super::Screen;
use fantoccini::{Client, ClientBuilder, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use url::Url;

/// Chromium as root in a container, quiet, with Chinese pages and without motion: smooth scrolling would let clicks
/// miss what they aim at.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--lang=zh-CN",
    "--force-prefers-reduced-motion",
];

/// A chromedriver of its own, in a process group that ends with it, and the folder its browser writes to.
pub(super) struct Driver {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Driver {
    /// Starts it on a port it finds itself; panics if it is not installed.
    pub(super) fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("tuanjian-browser-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("downloads")).expect("folder for the browser");
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into());
        let mut child = Command::new(&program)
            .arg("--port=0")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|cause| panic!("{program}: {cause}; scripts/setup installs it"));
        let out = child.stdout.take().expect("the driver's output");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| {
                line.split_once("started successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("the driver says on which port it listens");
        // A full pipe would stop the driver.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            port,
            folder,
        }
    }

    /// Opens the browser.
    pub(super) async fn session(&self, screen: Screen) -> Client {
        let mut args: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        args.push(format!(
            "--user-data-dir={}",
            self.folder.join("profile").display()
        ));
        args.push("--window-size=1440,1043".into());
        let mut options = json!({
            "args": args,
            "prefs": {
                "download.default_directory": self.folder.join("downloads"),
                "download.prompt_for_download": false,
                // The hint about passwords covers the page.
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        });
        match screen {
            Screen::Desktop => {}
            Screen::Phone => {
                options["mobileEmulation"] = json!({
                    "deviceMetrics": { "width": 375, "height": 812, "pixelRatio": 2.0, "touch": true },
                    "userAgent": "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
                });
            }
            Screen::NoScripts => {
                options["prefs"]["profile.managed_default_content_settings.javascript"] = json!(2);
            }
        }
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 120_000, "pageLoad": 120_000 },
        });
        let wanted = wanted.as_object().cloned().unwrap_or_default();
        ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("Chromium")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Files downloaded so far, unfinished ones left out.
    pub(super) fn downloads(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.join("downloads"))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                !name.ends_with(".crdownload") && !name.starts_with('.')
            })
            .collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver alone would leave its browser behind.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::TERM);
            for _ in 0..40 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(25));
            }
            let _ = kill_process_group(group, Signal::KILL);
            let _ = self.child.wait();
        }
        // A process that is still ending may write once more.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.folder).is_ok() || !self.folder.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }
}

/// What WebDriver itself has no word for: a path below the session, asked with POST.
#[derive(Debug)]
pub(super) struct Vendor {
    path: &'static str,
    body: Value,
}

impl Vendor {
    pub(super) fn new(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or(""), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
