//! The browser does what the tests of pages rely on.

use axum::{
    Form, Router,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use std::collections::HashMap;
use testkit::browser::{Browser, Server};

const PAGE: &str = r#"<!doctype html><html lang="zh-CN"><head><title>测试页</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"></head><body><main><h1>报名</h1><p id="scripts">脚本未运行</p>
<form method="post" action="/done"><p><label>姓名 <input name="name" value="旧名"></label></p>
<p><label>年月 <input type="month" name="month"></label></p>
<p><label>方式 <select name="way"><option value="a">走路</option><option value="b">骑车</option></select></label></p>
<p><label><input type="radio" name="seat" value="1">靠窗</label><label><input type="radio" name="seat" value="2">靠边</label></p>
<p><button>提交报名</button></p></form><p><a href="/file">下载模板</a> <a href="/other">去别处</a></p></main>
<script>document.getElementById('scripts').textContent = '脚本已运行'</script></body></html>"#;

fn site() -> Router {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/other", get(|| async { (StatusCode::FORBIDDEN, Html("<html lang=zh-CN><title>别处</title><main><h1>不能看</h1></main>")) }))
        .route("/bad", get(|| async { Html("<html lang=zh-CN><title>坏页</title><link rel=icon href=data:,><main><h1>坏页</h1><img src=/none.png><input></main><script>console.error('坏了')</script>") }))
        .route("/policy", get(policy))
        .route("/file", get(|| async { ([(header::CONTENT_DISPOSITION, "attachment; filename=\"t.txt\"")], "内容") }))
        .route("/done", axum::routing::post(done))
}

async fn policy() -> Response {
    let page = "<html lang=zh-CN><title>政策</title><link rel=icon href=data:,><main><h1 style='color:red'>政策</h1></main>";
    (
        [(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; img-src data:",
        )],
        Html(page),
    )
        .into_response()
}

async fn done(Form(typed): Form<HashMap<String, String>>) -> Html<String> {
    let all = ["name", "month", "way", "seat"].map(|k| typed.get(k).cloned().unwrap_or_default());
    Html(format!(
        "<html lang=zh-CN><meta name=viewport content=width=device-width><title>好</title><main><h1>收到：{}</h1></main>",
        all.join("，")
    ))
}

async fn fill_in(browser: &Browser) {
    browser.goto("/").await;
    browser.fill("name", "赵演示").await;
    browser.fill("month", "2026-09").await;
    browser.choose("way", "骑车").await;
    browser.choose("seat", "靠边").await;
    assert_eq!(browser.value("name").await, "赵演示");
    browser.submit("name").await;
    browser.see("收到：赵演示，2026-09，b，2").await;
    assert_eq!(browser.path().await, "/done");
}

#[tokio::test]
async fn browser_fills_in_forms_follows_links_and_downloads() {
    let server = Server::start(site()).await;
    let browser = Browser::desktop(&server.base).await;
    fill_in(&browser).await;
    browser.goto("/").await;
    browser.see("脚本已运行").await;
    assert_eq!(browser.links().await, ["/file", "/other"]);
    let file = browser.download("下载模板").await;
    assert_eq!(std::fs::read_to_string(file).unwrap(), "内容");
    browser.click("去别处").await;
    browser.arrive("/other").await;
    assert_eq!(browser.status().await, 403);
    assert_eq!(browser.text("h1").await, "不能看");
}

#[tokio::test]
async fn browser_reports_what_is_wrong_with_a_page() {
    let server = Server::start(site()).await;
    let browser = Browser::desktop(&server.base).await;
    browser.goto("/").await;
    browser.flawless().await;
    browser.goto("/bad").await;
    let console = browser.console_errors().await.join("\n");
    assert!(
        console.contains("坏了") && console.contains("404"),
        "{console}"
    );
    let axe = browser.axe().await.join("\n");
    assert!(axe.contains("image-alt") && axe.contains("label"), "{axe}");
    browser.goto("/policy").await;
    let console = browser.console_errors().await.join("\n");
    assert!(console.contains("Content Security Policy"), "{console}");
}

#[tokio::test]
async fn browser_pretends_to_be_a_phone_dark_and_without_scripts() {
    let server = Server::start(site()).await;
    let phone = Browser::phone(&server.base).await;
    phone.dark(true).await;
    fill_in(&phone).await;
    let facts = phone.run("return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, 'ontouchstart' in window]", &[]).await;
    assert_eq!(facts, serde_json::json!([375, true, true]));
    drop(phone);
    let plain = Browser::without_scripts(&server.base).await;
    fill_in(&plain).await;
    plain.goto("/").await;
    plain.see("脚本未运行").await;
    plain.click("去别处").await;
    plain.see("不能看").await;
}

#[tokio::test]
async fn browser_leaves_nothing_behind() {
    let server = Server::start(site()).await;
    let browser = Browser::desktop(&server.base).await;
    browser.goto("/").await;
    let mark = browser.folder().to_string_lossy().into_owned();
    let running = || {
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
            .filter(|line| String::from_utf8_lossy(line).contains(&mark))
            .count()
    };
    assert!(running() > 0, "the browser is named by its folder");
    drop(browser);
    assert_eq!(running(), 0);
    assert!(!std::path::Path::new(&mark).exists());
}
