//! What a person does with a page.

use super::{Browser, PATIENCE, PAUSE, element_of, field};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

impl Browser {
    /// Clicks what a CSS selector, or the words on a link, button or label, point at.
    pub async fn click(&self, target: &str) {
        // htmx may replace the element between finding and clicking it.
        let end = Instant::now() + PATIENCE;
        loop {
            let element = self.find(target).await;
            match element.click().await {
                Ok(()) => return,
                Err(cause) if Instant::now() > end => {
                    self.give_up(&format!("cannot click {target}: {cause}"))
                        .await;
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Types into a field by its name (or `#id`), in place of what it held.
    pub async fn fill(&self, name: &str, value: &str) {
        let element = self.find(&field(name)).await;
        let kind = element.attr("type").await.ok().flatten();
        if matches!(
            kind.as_deref(),
            Some("date" | "month" | "datetime-local" | "time")
        ) {
            // Typing a date depends on the browser's language; setting it does not.
            let script = "arguments[0].value = arguments[1];
                for (const kind of ['input', 'change']) arguments[0].dispatchEvent(new Event(kind, { bubbles: true }));";
            self.run(script, &[json!(element), json!(value)]).await;
            return;
        }
        self.sure(element.clear().await, name).await;
        self.sure(element.send_keys(value).await, name).await;
    }

    /// Chooses a file for an upload field.
    pub async fn attach(&self, name: &str, file: &Path) {
        let css = format!("input[type=file][name=\"{name}\"]");
        let element = self.present(&css).await;
        let file = file.canonicalize().expect("the file to upload");
        self.sure(element.send_keys(&file.to_string_lossy()).await, name)
            .await;
    }

    /// Chooses an option of a list, a radio button or a tick box, by field name and value or label.
    pub async fn choose(&self, name: &str, option: &str) {
        let end = Instant::now() + PATIENCE;
        let script = "const [name, option] = arguments;
            const same = text => text.trim() === option;
            for (const field of document.querySelectorAll(`[name=\"${name}\"]`)) {
                if (field.tagName === 'SELECT') {
                    const found = [...field.options].find(o => o.value === option || same(o.text));
                    if (found) return { select: field, value: found.value };
                } else if (field.value === option || [...(field.labels || [])].some(l => same(l.innerText))) {
                    return { tick: field };
                }
            }
            return null;";
        loop {
            let found = self.run(script, &[json!(name), json!(option)]).await;
            if let Some(tick) = found.get("tick") {
                let click = "const field = arguments[0]; if (!field.checked) field.click();";
                self.run(click, std::slice::from_ref(tick)).await;
                return;
            }
            if let Some(select) = found.get("select") {
                let set = "arguments[0].value = arguments[1];
                    for (const kind of ['input', 'change']) arguments[0].dispatchEvent(new Event(kind, { bubbles: true }));";
                self.run(set, &[select.clone(), found["value"].clone()])
                    .await;
                return;
            }
            if Instant::now() > end {
                self.give_up(&format!("no choice “{option}” in {name}"))
                    .await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Clicks what sends a form, and waits for the page that answers, which may look the same.
    pub async fn send(&self, target: &str) {
        self.run("window.asked = true", &[]).await;
        self.click(target).await;
        let end = Instant::now() + PATIENCE;
        while self.run("return window.asked === true", &[]).await == json!(true) {
            if Instant::now() > end {
                self.give_up(&format!("{target} is not answered")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sends the form that has this field, by its first button.
    pub async fn submit(&self, field: &str) {
        let element = self.present(&super::field(field)).await;
        let script = "return [...arguments[0].form.querySelectorAll('button[type=submit], button:not([type]), input[type=submit]')]
            .find(button => button.offsetParent !== null)";
        let button = self.run(script, &[json!(element)]).await;
        let Some(button) = element_of(&self.client, &button) else {
            self.give_up(&format!("the form with {field} has no button"))
                .await
        };
        self.sure(button.click().await, field).await;
    }

    /// Clicks a download and waits for its file.
    pub async fn download(&self, target: &str) -> PathBuf {
        let known = self.driver.downloads();
        self.click(target).await;
        let end = Instant::now() + PATIENCE;
        loop {
            let fresh = self
                .driver
                .downloads()
                .into_iter()
                // Chromium keeps the name with an empty file before it moves the whole one there.
                .find(|file| {
                    !known.contains(file) && file.metadata().is_ok_and(|file| file.len() > 0)
                });
            if let Some(file) = fresh {
                return file;
            }
            if Instant::now() > end {
                self.give_up(&format!("{target} brought no file")).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes over a session begun elsewhere: a cookie of the site.
    pub async fn cookie(&self, name: &str, value: &str) {
        let params = json!({ "name": name, "value": value, "url": self.base });
        self.devtools("Network.setCookie", params).await;
    }

    /// Forgets who was signed in.
    pub async fn forget(&self) {
        self.devtools("Network.clearBrowserCookies", json!({}))
            .await;
    }

    /// Says whether the device prefers dark pages.
    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let params = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", params).await;
    }
}
