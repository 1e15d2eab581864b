//! Journey 4: a case nobody decides passes by itself, once.

use crate::stage::{Somebody, Stage};
use testkit::browser::Browser;

/// A member applies for a transfer to the workshop; answers the address of the progress page.
pub async fn apply(phone: &Browser, stage: &Stage) -> String {
    let target = stage.league.workshop.id;
    phone
        .goto(&format!(
            "/member/transfers/new/form?reason=employed_org&target={target}"
        ))
        .await;
    phone.fill("dest_name", "青禾制造公司").await;
    phone.fill("dest_address", "青禾市云栖路1号").await;
    phone.click("提交").await;
    phone.see("转接申请已提交").await;
    let path = phone.path().await;
    path.split('?').next().expect("a path").to_owned()
}

/// Moves the clock on the page of the demonstration.
pub async fn move_clock(browser: &Browser, moment: &str) {
    browser.goto("/demo").await;
    browser.fill("moment", moment).await;
    browser.click("拨动时钟").await;
    browser.see(&moment.replace('T', " ")).await;
}

async fn member(stage: &Stage) -> Somebody {
    stage.active("孙演示", 3, &stage.league.branch).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_4_trf_33_an_undecided_step_passes_by_itself_once_beside_two_workers() {
    let stage = Stage::with_processes(2).await;
    let who = member(&stage).await;
    let phone = stage.phone_of(&who).await;
    let progress = apply(&phone, &stage).await;
    let clock = stage.desktop().await;
    clock.goto("/demo").await;
    clock.flawless().await;

    // The 15th day, a minute before midnight: nothing happens.
    move_clock(&clock, "2026-10-03T23:59").await;
    stage.settle().await;
    phone.goto("/login").await;
    let phone = stage.phone_of(&who).await;
    phone.goto(&progress).await;
    phone.see("转出").await;
    assert!(!phone.sees("系统自动通过").await);

    // The 16th day begins: the out side's silence has passed.
    move_clock(&clock, "2026-10-04T00:00").await;
    phone.goto(&progress).await;
    // By a worker of either process, once its clock has followed; until then the page announces it.
    phone.see_in_time("等总装车间团支部审核").await;
    phone.flawless().await;

    // Fifteen more days, and the in side's.
    move_clock(&clock, "2026-10-20T00:00").await;
    let phone = stage.phone_of(&who).await;
    phone.goto(&progress).await;
    phone.see_in_time("已完成").await;
    stage.settle().await;
    assert_eq!(stage.audited("transfer.completed").await, 1, "once");
    stage.audit_holds().await;
}
