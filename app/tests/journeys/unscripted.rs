//! The main job in a browser that runs no scripts: every page works without them.

use crate::stage::{PASSWORD, Somebody, Stage, sign_in};
use testkit::browser::Browser;

/// A desktop without scripts with somebody signed in.
async fn desk_of(stage: &Stage, who: &Somebody) -> Browser {
    let browser = Browser::without_scripts(stage.base()).await;
    sign_in(&browser, who, PASSWORD).await;
    browser.arrive("/console").await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gen_10_browser_without_scripts_a_member_is_found_transferred_and_received() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let who = stage.active("孙演示", 3, &league.branch).await;
    stage.member("周演示", 7, &league.branch).await;
    let secretary = stage.active("钱演示", 2, &league.branch).await;
    stage.appoint(&secretary, &league.branch).await;
    let receiver = stage.active("吴演示", 5, &league.workshop).await;
    stage.appoint(&receiver, &league.workshop).await;

    // The roster, from the menu; its filter is an ordinary form.
    let desk = desk_of(&stage, &secretary).await;
    desk.click("团员名册").await;
    desk.see("周演示").await;
    desk.fill("#f-q", &who.name).await;
    desk.choose("political", "共青团员").await;
    desk.click("查询").await;
    desk.arrive("/console/members?").await;
    desk.see("共 1 人").await;
    assert!(!desk.sees("周演示").await, "filtered");
    desk.flawless().await;

    // The member's page, and from there the transfer.
    desk.click(&who.name).await;
    desk.see("成长轨迹").await;
    desk.flawless().await;
    desk.click("发起转接").await;
    desk.choose("reason", "employed_org").await;
    desk.click("下一步").await;
    desk.fill("#q", "青禾制造公司总装车间团支部").await;
    desk.click("查找").await;
    desk.click("[aria-label='选总装车间团支部']").await;
    desk.see("提交后这样走").await;
    desk.fill("dest_name", "青禾制造公司").await;
    desk.click("提交转出").await;
    desk.see("没有提交").await;
    assert_eq!(desk.value("dest_name").await, "青禾制造公司", "kept");
    desk.fill("dest_address", "青禾市云栖路1号").await;
    desk.click("提交转出").await;
    desk.leave("/console/transfers/out").await;
    desk.see(&who.name).await;
    desk.flawless().await;

    // The receiving branch returns without a reason, is told so beside the field, and then accepts.
    let other = desk_of(&stage, &receiver).await;
    other.click("待办审核").await;
    other.click(&who.name).await;
    other.see("走到哪一步").await;
    other.flawless().await;
    other.click("#panel button[value=return]").await;
    other.see("退回须选择原因").await;
    other.click("#panel button[value=pass]").await;
    other.see("没有等您办的事").await;
    other.flawless().await;
    other.click("团员名册").await;
    other.see(&who.name).await;
    desk.click("团员名册").await;
    desk.see("周演示").await;
    assert!(!desk.sees(&who.name).await, "gone from the old roster");

    // The member reads it on a page without scripts, too.
    let own = Browser::without_scripts(stage.base()).await;
    sign_in(&own, &who, PASSWORD).await;
    own.arrive("/member").await;
    own.click("转接").await;
    own.see("已完成").await;
    own.flawless().await;
    stage.audit_holds().await;
}
