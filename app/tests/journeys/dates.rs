//! Journey 9: the dates of organisations, by the movable clock: a code lapses, classes graduate, the recycle bin forgets.

use crate::{stage::Stage, waiting::move_clock};
use testkit::browser::Browser;

/// The state of a direct subordinate's code, as its superior's page shows it.
async fn code_is(desk: &Browser, state: &str) {
    desk.goto("/console/codes?q=软件2023级2班").await;
    desk.see_in_time(state).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_9_codes_lapse_classes_graduate_and_the_bin_forgets_on_their_days() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let who = stage.administrator("孙演示", 1, &league.college).await;
    let desk = stage.desk_of(&who).await;

    // ACC-27: a code is good until the end of the twentieth day.
    desk.goto("/console/codes?q=软件2023级2班").await;
    desk.click("[aria-label$='软件2023级2班团支部生成注册码']")
        .await;
    desk.see("2026-10-08 24:00").await;
    desk.flawless().await;
    move_clock(&desk, "2026-10-08T23:59").await;
    code_is(&desk, "有效").await;
    move_clock(&desk, "2026-10-09T00:00").await;
    code_is(&desk, "已过期").await;

    // ORG-52, ORG-56: marked with a month late in the year; the year counts.
    let branch = league.branch.id.to_string();
    desk.goto("/console/graduation").await;
    desk.choose("branch", &branch).await;
    desk.fill("#month", "2027-12").await;
    desk.flawless().await;
    desk.click("下一步：核对影响").await;
    desk.see("2027年6月1日凌晨").await;
    desk.flawless().await;
    desk.fill("confirm", "2027-12").await;
    desk.click("标记 1 个团支部").await;
    desk.see("已标记 2027年12月").await;
    desk.see("撤回这一批").await;
    desk.flawless().await;
    move_clock(&desk, "2027-05-31T23:59").await;
    desk.goto("/console/graduation").await;
    desk.see("已标记 2027年12月").await;
    assert!(!desk.sees("撤回这一批").await, "the hour is over");
    move_clock(&desk, "2027-06-01T00:10").await;
    stage.settle().await;
    desk.goto("/console/graduation?mark=graduate").await;
    desk.see("毕业生团组织（2027年12月）").await;
    desk.flawless().await;

    // ORG-B4: what is deleted can be brought back within thirty days.
    let gone = league.branch_2.id;
    desk.goto(&format!("/console/orgs/{gone}/remove")).await;
    desk.flawless().await;
    desk.click("删除〔软件2023级2班团支部〕").await;
    // ORG-71: what comes next stands on the same page.
    desk.see_in_time("已删除，组织ID").await;
    desk.flawless().await;
    desk.goto("/console/recycle").await;
    desk.flawless().await;
    move_clock(&desk, "2027-07-01T00:11").await;
    desk.goto("/console/recycle").await;
    desk.see("回收站是空的").await;
    move_clock(&desk, "2027-07-01T00:10").await;
    desk.goto("/console/recycle").await;
    desk.click("[aria-label='恢复 软件2023级2班团支部']").await;
    desk.arrive("/console/subordinates").await;
    desk.see("软件2023级2班团支部").await;
    assert_eq!(stage.audited("org.graduated").await, 1, "once");
    stage.audit_holds().await;
}
