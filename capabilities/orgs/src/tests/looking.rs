//! Pages in a real browser: scripts, accessibility, looks.

use super::kit::{app, create, org, policy};
use crate::NewOrg;
use access::Role;
use base::OrgCategory::Branch;
use std::path::PathBuf;
use testkit::browser::Browser;

/// Pictures for those who want to look: `TUANJIAN_PICTURES=folder`.
async fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("TUANJIAN_PICTURES") {
        browser
            .screenshot(&PathBuf::from(folder).join(format!("{name}.png")))
            .await;
    }
}

#[tokio::test]
async fn browser_org_18_the_full_name_appears_while_typing_and_all_pages_are_flawless() {
    let app = app("national").await;
    let college = org(&app.db, &app.league.college).await;
    for class in 1..=3 {
        let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
        let new = NewOrg::plain(
            Branch,
            format!("人工智能（卓越工程师试验班）2026级{class}班团支部"),
        );
        create(&app.db, actor, &college, new, &policy("national"))
            .await
            .unwrap();
    }
    let server = app.serve().await;
    let browser = Browser::desktop(&server.base).await;
    let admin = app.admin("周演示", &app.league.university);
    let (name, token) = admin.session().expect("signed in");
    browser.cookie(name, token).await;
    browser.goto("/console/orgs").await;
    picture(&browser, "tree").await;
    browser.flawless().await;
    browser.click("[aria-label='展开 信息学院团委']").await;
    browser.wait_for("软件2023级2班团支部").await;
    browser.click("软件2023级2班团支部").await;
    browser.wait_for("#h-org").await;
    picture(&browser, "tree-branch").await;
    browser.flawless().await;
    browser.goto("/console/subordinates").await;
    picture(&browser, "subordinates").await;
    browser.flawless().await;
    browser.goto("/console/orgs/new").await;
    browser.choose("category", "团总支").await;
    browser.fill("short_name", "理学院团总支").await;
    browser
        .wait_for("input[name=full_name][value='海棠理工大学理学院团总支']")
        .await;
    picture(&browser, "new").await;
    browser.flawless().await;
    browser.goto("/console/info?edit=1").await;
    picture(&browser, "info").await;
    browser.flawless().await;
    browser.goto("/console/info").await;
    browser.flawless().await;
    browser.goto("/console/orgs?q=2026").await;
    picture(&browser, "search").await;
    browser.flawless().await;
}
