//! The import wizard as a person goes through it.

use crate::sheet;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use testkit::browser::{Browser, PATIENCE};

/// Downloads the template, fills in rows with another program, and uploads; answers when the preview stands.
pub async fn bring(browser: &Browser, kind: &str, folder: &Path, rows: &Value) -> PathBuf {
    browser.goto(&format!("/console/import/{kind}")).await;
    let template = browser.download("下载模板").await;
    let filled = folder.join(format!("{kind}.xlsx"));
    std::fs::create_dir_all(folder).expect("a folder");
    sheet::fill(&template, &filled, rows);
    upload(browser, kind, &filled).await;
    filled
}

/// Uploads a file; answers when the preview stands.
pub async fn upload(browser: &Browser, kind: &str, file: &Path) {
    browser.goto(&format!("/console/import/{kind}")).await;
    browser.attach("file", file).await;
    browser.submit("file").await;
    browser.arrive("/console/imports/").await;
    rest(browser).await;
}

/// Waits until nothing is under way.
pub async fn rest(browser: &Browser) {
    let end = Instant::now() + PATIENCE * 3;
    browser.wait_for("#wizard").await;
    while browser.count("#wizard[aria-busy=true]").await > 0 {
        assert!(Instant::now() < end, "the import does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Imports the rows that can be.
pub async fn apply(browser: &Browser) {
    browser.click("#wizard .tj-dock .btn-primary").await;
    browser.see("确认导入").await;
    browser.click("#wizard form[action$='/apply'] button").await;
    rest(browser).await;
    browser.see("已导入").await;
}

/// Rows that can be imported, faulty ones and repeated ones; shows the page if they are others.
pub async fn counts(browser: &Browser, ready: u64, faulty: u64, repeated: u64) {
    // On a busy machine the page may still be the one before the check.
    browser.see("可导入").await;
    let found = (
        tile(browser, "可导入").await,
        tile(browser, "有问题").await,
        tile(browser, "重复").await,
    );
    if found != (ready, faulty, repeated) {
        panic!("{found:?}\n{}", browser.words().await);
    }
}

/// The number on a tile of the result: 可导入, 有问题, 重复.
async fn tile(browser: &Browser, label: &str) -> u64 {
    let script = "return [...document.querySelectorAll('.tj-strip a')]
        .filter(a => a.querySelector('span').textContent.includes(arguments[0]))
        .map(a => a.querySelector('b').textContent)[0]";
    let text = browser.run(script, &[label.into()]).await;
    let text = text.as_str().unwrap_or_default().replace(',', "");
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("no tile {label}: {text:?}"))
}

/// Mends one cell of a row on the page.
pub async fn mend(browser: &Browser, row: u32, key: &str, value: &str) {
    let field = format!("fix-{row}-{key}");
    let script = "const field = document.getElementById(arguments[0]);
        if (!field) return false; field.value = arguments[1]; field.form.requestSubmit(field.form.querySelector('button')); return true";
    let found = browser
        .run(script, &[field.clone().into(), value.into()])
        .await;
    assert_eq!(found, Value::Bool(true), "no field {field}");
    let gone = format!("#{field}");
    let end = Instant::now() + PATIENCE;
    while browser.count(&gone).await > 0 {
        assert!(Instant::now() < end, "row {row} is still to be mended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    rest(browser).await;
}
