//! Journey 3: a member moves from a class to a workshop.

use crate::stage::{PASSWORD, Somebody, Stage, sign_in};
use testkit::browser::Browser;

/// The newest code in the demonstration's outbox.
async fn code(stage: &Stage) -> String {
    let desk = stage.desktop().await;
    desk.goto("/demo/outbox").await;
    desk.see("验证码").await;
    let words = desk.words().await;
    let (_, after) = words.split_once("，验证码").expect("a code");
    after.chars().take_while(char::is_ascii_digit).collect()
}

/// ACC-12, ACC-15: the first sign-in with the tail of the ID number, until the home page.
async fn first_sign_in(stage: &Stage, phone: &Browser, who: &Somebody) {
    sign_in(phone, who, &who.id_number[10..]).await;
    phone.arrive("/account/first").await;
    phone.flawless().await;
    phone.goto("/member").await;
    phone.arrive("/account/first").await;
    phone.fill("name", &who.name).await;
    phone
        .click("button[formaction='/account/first/code']")
        .await;
    phone.see("验证码已发送").await;
    phone.fill("code", &code(stage).await).await;
    phone.fill("password", PASSWORD).await;
    phone.fill("repeat", PASSWORD).await;
    phone.choose("privacy", "2026-09").await;
    phone.click("button.btn-primary").await;
    phone.arrive("/member").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_3_a_member_changes_branches_and_all_pages_agree() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let who = stage.member("孙演示", 3, &league.branch).await;
    let out = stage.active("钱演示", 2, &league.branch).await;
    stage.appoint(&out, &league.branch).await;
    let receiver = stage.active("吴演示", 5, &league.workshop).await;
    stage.appoint(&receiver, &league.workshop).await;

    let phone = stage.phone().await;
    first_sign_in(&stage, &phone, &who).await;
    phone.see(&who.name).await;
    phone.flawless().await;

    // The application; the target is found by path, by name and by number.
    phone.goto("/member/transfers").await;
    phone.click("申请关系转接").await;
    phone.choose("reason", "employed_org").await;
    phone.flawless().await;
    phone.click("下一步").await;
    phone.arrive("/member/transfers/new/target").await;
    for step in ["团青禾市委", "青禾制造公司团委"] {
        phone.click(&format!("[aria-label='看下级：{step}']")).await;
    }
    phone.see("总装车间团支部").await;
    phone.flawless().await;
    phone
        .fill("q", &league.number(&league.workshop).to_string())
        .await;
    phone.submit("q").await;
    phone.see("总装车间团支部").await;
    phone.fill("q", "青禾制造公司总装车间团支部").await;
    phone.submit("q").await;
    phone.click("[aria-label='选它：总装车间团支部']").await;
    phone.see("提交后这样走").await;
    // Everything missing is told at once, what was typed stays.
    phone.fill("dest_name", "青禾制造公司").await;
    phone.click("提交").await;
    phone.see("没有提交，还差").await;
    assert_eq!(phone.value("dest_name").await, "青禾制造公司");
    phone.flawless().await;
    phone.fill("dest_address", "青禾市云栖路1号").await;
    phone.click("提交").await;
    phone.see("转接申请已提交").await;
    phone.flawless().await;
    let progress = phone.path().await;
    let progress = progress.split('?').next().expect("a path").to_owned();

    // TRF-12.
    phone.goto("/member/transfers/new").await;
    phone.see("已有进行中的转接").await;

    // The out side decides on the console.
    let desk = stage.desk_of(&out).await;
    desk.goto("/console").await;
    desk.see("1").await;
    desk.goto("/console/inbox").await;
    desk.see(&who.name).await;
    desk.flawless().await;
    desk.click("同意").await;
    desk.see("没有").await;

    // The in side decides on the cadre phone.
    let cadre = stage.phone_of(&receiver).await;
    cadre.goto("/cadre").await;
    cadre.see(&who.name).await;
    cadre.flawless().await;
    cadre.click(&who.name).await;
    cadre.arrive("/cadre/cases/").await;
    cadre.flawless().await;
    cadre.click("同意").await;

    // TRF-43, 120..123: everything agrees.
    phone.goto(&progress).await;
    phone.see_in_time("已完成").await;
    phone.flawless().await;
    phone.goto("/member/me").await;
    phone.see("总装车间团支部").await;
    phone.goto("/member/messages").await;
    phone.see("转接").await;
    desk.goto("/console/members").await;
    assert!(!desk.sees(&who.name).await, "gone from the old roster");
    let in_desk = stage.desk_of(&receiver).await;
    in_desk.goto("/console/members").await;
    in_desk.click(&who.name).await;
    in_desk.see("成长轨迹").await;
    in_desk.see("软件2023级1班团支部").await;
    in_desk.see("总装车间团支部").await;
    in_desk.flawless().await;
    for browser in [&desk, &in_desk] {
        browser.goto("/console/inbox").await;
        assert!(!browser.sees(&who.name).await, "nothing waits any more");
    }
    stage.audit_holds().await;
}
