//! What a person, and a checker, sees of a page.

use super::{Browser, PATIENCE, PAUSE, Screen, Vendor};
use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::Locator;
use serde_json::{Value, json};
use std::{path::Path, time::Instant};

const AXE: &str = include_str!("../../assets/axe.min.js");

impl Browser {
    /// What an element says.
    pub async fn text(&self, target: &str) -> String {
        let element = self.find(target).await;
        element.text().await.unwrap_or_default()
    }

    /// What a field holds.
    pub async fn value(&self, name: &str) -> String {
        let element = self.present(&format!("[name=\"{name}\"]")).await;
        element
            .prop("value")
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// How many elements a CSS selector finds now.
    pub async fn count(&self, css: &str) -> usize {
        self.client
            .find_all(Locator::Css(css))
            .await
            .map_or(0, |all| all.len())
    }

    /// Waits until the words can be read on the page.
    pub async fn see(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.words().await.contains(text) {
            if Instant::now() > end {
                self.give_up(&format!("“{text}” is not on the page")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether the words can be read on the page now.
    pub async fn sees(&self, text: &str) -> bool {
        self.words().await.contains(text)
    }

    /// Loads the page again until the words can be read: for what background work brings.
    pub async fn see_in_time(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.sees(text).await {
            if Instant::now() > end {
                self.give_up(&format!("“{text}” never came to the page"))
                    .await;
            }
            tokio::time::sleep(PAUSE * 5).await;
            self.reload().await;
        }
    }

    /// Waits until an element is there and visible.
    pub async fn wait_for(&self, target: &str) {
        self.find(target).await;
    }

    /// All that can be read on the page.
    pub async fn words(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''", &[])
            .await
            .as_str()
            .unwrap_or("")
            .to_owned()
    }

    /// Addresses of this site the page links to, without fragments, each once.
    pub async fn links(&self) -> Vec<String> {
        let script = "return [...new Set([...document.querySelectorAll('a[href]')]
            .map(a => new URL(a.href))
            .filter(url => url.origin === location.origin)
            .map(url => url.pathname + url.search))]";
        let found = self.run(script, &[]).await;
        found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|link| link.as_str().map(str::to_owned))
            .collect()
    }

    /// Addresses of other sites anything on the page was loaded from: must be empty, as nothing comes from outside.
    pub async fn foreign(&self) -> Vec<String> {
        let script = "return performance.getEntriesByType('resource').map(e => e.name)
            .filter(name => name.startsWith('http') && new URL(name).origin !== location.origin)";
        let found = self.run(script, &[]).await;
        found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// A picture of the part of the page on the screen, as WebP: a third of a PNG.
    pub async fn screenshot(&self, file: &Path) {
        let how = json!({ "format": "webp", "quality": 82 });
        let answer = self.devtools("Page.captureScreenshot", how).await;
        let data = answer["data"].as_str().expect("a picture");
        let picture = STANDARD.decode(data).expect("base64");
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).expect("folder for pictures");
        }
        std::fs::write(file, picture).expect("picture");
    }

    /// What the accessibility checker has against the page, in readable words; empty when all is well.
    pub async fn axe(&self) -> Vec<String> {
        let loaded = self.run("return !!window.axe", &[]).await;
        if loaded != Value::Bool(true) {
            self.run(AXE, &[]).await;
        }
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, {
                runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
                resultTypes: ['violations'],
            }).then(result => done(result.violations), cause => done([{ id: 'axe', impact: 'critical', help: String(cause), nodes: [] }]));";
        let found = self
            .client
            .execute_async(script, Vec::new())
            .await
            .expect("axe");
        let rules = found.as_array().expect("a list of violations");
        rules.iter().flat_map(violation).collect()
    }

    /// Errors and warnings the page wrote to the console since the last look, content security policy included. That a
    /// page itself was answered with a refusal (403, 409, 422) is not one.
    pub async fn console_errors(&self) -> Vec<String> {
        let command = Vendor::new("se/log", json!({ "type": "browser" }));
        let entries = self.client.issue_cmd(command).await.expect("the console");
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
            .filter_map(|entry| entry["message"].as_str())
            .filter(|message| {
                let refused = [403, 409, 422]
                    .iter()
                    .any(|code| message.contains(&format!("responded with a status of {code} ")));
                !refused || message.contains("/assets/")
            })
            .map(str::to_owned)
            .collect()
    }

    /// A panic unless the page is accessible, wrote nothing to the console and loaded nothing from outside.
    pub async fn flawless(&self) {
        let mut faults = self.console_errors().await;
        faults.extend(self.foreign().await);
        if self.screen != Screen::NoScripts {
            faults.extend(self.axe().await);
        }
        if !faults.is_empty() {
            self.give_up(&faults.join("\n")).await;
        }
    }
}

fn violation(rule: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let head = format!(
        "{} ({}): {}",
        word(&rule["id"]),
        word(&rule["impact"]),
        word(&rule["help"])
    );
    let nodes = rule["nodes"].as_array().cloned().unwrap_or_default();
    if nodes.is_empty() {
        return vec![head];
    }
    nodes
        .iter()
        .map(|node| {
            format!(
                "{head}\n  {} {}\n  {}",
                node["target"],
                word(&node["html"]),
                word(&node["failureSummary"])
            )
        })
        .collect()
}
