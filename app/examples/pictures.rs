//! The handbook's pictures, taken from a running demonstration: `scripts/pictures` starts one and runs this.
#![expect(clippy::print_stdout, reason = "a command's output")]

use std::path::{Path, PathBuf};
use testkit::browser::Browser;

/// One picture: whose screen, the file's name, what to open and what to wait for.
struct Picture {
    role: &'static str,
    file: &'static str,
    path: &'static str,
    /// A link to follow from there, by its words or selector; empty for none.
    then: &'static str,
    see: &'static str,
}

const fn picture(
    role: &'static str,
    file: &'static str,
    path: &'static str,
    then: &'static str,
    see: &'static str,
) -> Picture {
    Picture {
        role,
        file,
        path,
        then,
        see,
    }
}

const DESKTOP: &[Picture] = &[picture("", "login", "/login", "", "登录")];

const PHONE: &[Picture] = &[];

#[tokio::main]
async fn main() {
    let mut words = std::env::args().skip(1);
    let base = words
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:8080".into());
    let folder = PathBuf::from(
        words
            .next()
            .unwrap_or_else(|| "docs/handbook/pictures".into()),
    );
    take(&Browser::desktop(&base).await, DESKTOP, &folder).await;
    take(&Browser::phone(&base).await, PHONE, &folder).await;
}

async fn take(browser: &Browser, pictures: &[Picture], folder: &Path) {
    let mut signed_in = "";
    for picture in pictures {
        if picture.role != signed_in {
            browser.forget().await;
            sign_in(browser, picture.role).await;
            signed_in = picture.role;
        }
        browser.goto(picture.path).await;
        if !picture.then.is_empty() {
            browser.click(picture.then).await;
        }
        browser.see(picture.see).await;
        let file = folder.join(format!("{}.png", picture.file));
        browser.screenshot(&file).await;
        println!("{}", file.display());
    }
}

async fn sign_in(browser: &Browser, role: &str) {
    let accounts = tuanjian::demo::accounts("national");
    let account = accounts
        .iter()
        .find(|a| a.role == role)
        .expect("a demonstration account of this role");
    browser.goto("/login").await;
    browser.fill("identifier", &account.login).await;
    browser.fill("password", &account.password).await;
    browser.submit("password").await;
    browser.wait_for("main h1").await;
}
