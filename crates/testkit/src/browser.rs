//! A real Chromium under WebDriver, for journeys and accessibility.
//!
//! Steps read like a person's: `browser.click("登录")`, `browser.see("今日工作")`. What is looked for may still be on its
//! way, so every step waits for it; after [`PATIENCE`] it panics, naming the page and what the page says instead.

mod driver;
mod look;
mod server;
mod steps;

use driver::{Driver, Vendor};
use fantoccini::{Client, Locator, elements::Element, error::CmdError};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

pub use server::Server;

/// How long a step waits before it gives up: long, as the machine may be busy; nobody waits that long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(40);

/// What kind of device is pretended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Screen {
    Desktop,
    Phone,
    /// A desktop that runs no scripts of pages.
    NoScripts,
}

/// One browser with a profile of its own; everything it started ends with it.
pub struct Browser {
    client: Client,
    base: String,
    screen: Screen,
    driver: Driver,
}

impl Browser {
    /// 1440 × 900.
    pub async fn desktop(base: &str) -> Self {
        Self::open(base, Screen::Desktop).await
    }

    /// 375 × 812 with touch.
    pub async fn phone(base: &str) -> Self {
        Self::open(base, Screen::Phone).await
    }

    /// The desktop of somebody whose scripts are switched off.
    pub async fn without_scripts(base: &str) -> Self {
        Self::open(base, Screen::NoScripts).await
    }

    async fn open(base: &str, screen: Screen) -> Self {
        let driver = Driver::start();
        let client = driver.session(screen).await;
        let base = base.trim_end_matches('/').to_owned();
        Self {
            client,
            base,
            screen,
            driver,
        }
    }

    /// The folder its profile and downloads are in, as long as it lives.
    pub fn folder(&self) -> &Path {
        self.driver.folder()
    }

    /// Opens a page of the site: `/console/orgs`.
    pub async fn goto(&self, path: &str) {
        let address = format!("{}{path}", self.base);
        self.sure(self.client.goto(&address).await, path).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.sure(self.client.refresh().await, "reload").await;
    }

    /// Path and query of the page shown.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        }
    }

    /// The status the page shown was answered with.
    pub async fn status(&self) -> u64 {
        self.run(
            "return performance.getEntriesByType('navigation')[0].responseStatus",
            &[],
        )
        .await
        .as_u64()
        .unwrap_or(0)
    }

    /// Waits until the address no longer begins like this.
    pub async fn leave(&self, path: &str) {
        let end = Instant::now() + PATIENCE;
        while self.path().await.starts_with(path) {
            if Instant::now() > end {
                self.give_up(&format!("never left {path}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the address begins like this.
    pub async fn arrive(&self, path: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.path().await.starts_with(path) {
            if Instant::now() > end {
                self.give_up(&format!("never arrived at {path}")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Plugs an authenticator in that always knows its owner, for passkeys. The page must be opened by a host name.
    pub async fn plug_authenticator(&self) {
        let order = Vendor::new(
            "webauthn/authenticator",
            json!({
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
                "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true,
            }),
        );
        let answer = self.client.issue_cmd(order).await;
        self.sure(answer, "authenticator").await;
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        // A page that is just being left has nothing to run it in.
        for _ in 0..50 {
            match self.client.execute(script, arguments.to_vec()).await {
                Ok(value) => return value,
                Err(CmdError::Standard(_)) => tokio::time::sleep(PAUSE).await,
                Err(other) => panic!("browser: {other}"),
            }
        }
        let answer = self.client.execute(script, arguments.to_vec()).await;
        self.sure(answer, "script").await
    }

    /// The first visible element a target points at.
    async fn find(&self, target: &str) -> Element {
        self.search(target, true).await
    }

    /// The first element a target points at, visible or not.
    async fn present(&self, target: &str) -> Element {
        self.search(target, false).await
    }

    async fn search(&self, target: &str, visible: bool) -> Element {
        let ways = ways_to(target);
        let end = Instant::now() + PATIENCE;
        loop {
            for way in &ways {
                for element in self
                    .client
                    .find_all(way.locator())
                    .await
                    .unwrap_or_default()
                {
                    if !visible || element.is_displayed().await.unwrap_or(false) {
                        return element;
                    }
                }
            }
            if Instant::now() > end {
                self.give_up(&format!("{target} is not on the page")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        let answer = self
            .client
            .issue_cmd(Vendor::new("goog/cdp/execute", body))
            .await;
        self.sure(answer, command).await
    }

    async fn sure<T>(&self, answer: Result<T, CmdError>, step: &str) -> T {
        match answer {
            Ok(value) => value,
            Err(cause) => self.give_up(&format!("{step}: {cause}")).await,
        }
    }

    async fn give_up(&self, why: &str) -> ! {
        let words = self
            .client
            .execute("return document.body.innerText", Vec::new())
            .await;
        let words = words
            .ok()
            .and_then(|w| w.as_str().map(str::to_owned))
            .unwrap_or_default();
        panic!("{why}\nat {}, which says:\n{words}", self.path().await);
    }
}

/// A way to look for something.
enum Way {
    Css(String),
    XPath(String),
}

impl Way {
    fn locator(&self) -> Locator<'_> {
        match self {
            Self::Css(css) => Locator::Css(css),
            Self::XPath(path) => Locator::XPath(path),
        }
    }
}

/// Selectors are ASCII or hold an attribute in brackets; anything else is words on the page. Whole words win over parts.
fn ways_to(target: &str) -> Vec<Way> {
    if target.is_ascii() || target.contains('[') {
        return vec![Way::Css(target.to_owned())];
    }
    let words = format!("\"{target}\"");
    let says = |test: &str| {
        ["a", "button", "summary", "label", "*[@role='button']"]
            .map(|tag| format!("//{tag}[{test}]"))
            .join(" | ")
    };
    vec![
        Way::XPath(says(&format!("normalize-space(.)={words}"))),
        Way::XPath(format!(
            "//input[@value={words}] | //*[@aria-label={words}]"
        )),
        Way::XPath(says(&format!("contains(normalize-space(.), {words})"))),
    ]
}

/// A field by its name, or by `#id` where several share one.
fn field(name: &str) -> String {
    if name.starts_with('#') {
        name.to_owned()
    } else {
        format!("[name=\"{name}\"]")
    }
}

/// An element a script answered with.
fn element_of(client: &Client, value: &Value) -> Option<Element> {
    let id = value.get(ELEMENT)?.as_str()?.to_owned();
    Some(Element::from_element_id(client.clone(), id.into()))
}

/// What the W3C calls an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
