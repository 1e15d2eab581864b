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

#[tokio::test]
async fn browser_org_32_a_cut_name_is_shown_in_full_after_two_seconds_at_focus_and_on_tap() {
    let app = app("national").await;
    let server = app.serve().await;
    let browser = Browser::desktop(&server.base).await;
    let admin = app.admin("周演示", &app.league.university);
    let (name, token) = admin.session().expect("signed in");
    browser.cookie(name, token).await;
    browser.goto("/console/subordinates").await;
    let full = browser
        .run(
            "const link = document.querySelector('th [data-full]'); link.focus({focusVisible: true});
             const style = getComputedStyle(link, '::after');
             return [style.content, style.visibility, style.pointerEvents];",
            &[],
        )
        .await;
    assert_eq!(
        full,
        serde_json::json!(["\"海棠理工大学信息学院团委\"", "visible", "none"])
    );
    // Away from it nothing is shown.
    let gone = browser
        .run(
            "const link = document.querySelector('th [data-full]'); link.blur();
             return getComputedStyle(link, '::after').content;",
            &[],
        )
        .await;
    assert_eq!(gone, serde_json::json!("none"));
    // Pointing waits: hidden until an animation of no length that begins after two seconds has run.
    let hover = browser
        .run(
            "const rules = [...document.styleSheets].flatMap(s => { try { return [...s.cssRules]; } catch { return []; } });
             const rule = rules.find(r => r.selectorText && r.selectorText.startsWith('[data-full]:hover:not('));
             return [rule.style.visibility, rule.style.animationDelay, rule.style.animationDuration, rule.style.animationFillMode];",
            &[],
        )
        .await;
    assert_eq!(hover, serde_json::json!(["hidden", "2s", "0s", "forwards"]));
    // On a phone's tap the name is active.
    let tap = browser
        .run(
            "const rules = [...document.styleSheets].flatMap(s => { try { return [...s.cssRules]; } catch { return []; } });
             return rules.some(r => r.selectorText && r.selectorText.startsWith('[data-full]:is(') && r.selectorText.includes(':active'));",
            &[],
        )
        .await;
    assert_eq!(tap, serde_json::json!(true));
}
