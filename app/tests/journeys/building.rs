//! Journey 12: while the tree is being built, whoever has done the own part reads once a day how the subordinates stand.

use crate::{
    stage::{PASSWORD, Somebody, Stage, sign_in},
    waiting::move_clock,
};

const TITLE: &str = "下级组织录入进度";
const SENTENCE: &str = "共有二级组织2个";

/// The college's information is complete, with this secretary; nobody else's is.
async fn informed(stage: &Stage, secretary: &Somebody) {
    let (org, person) = (stage.league.college.id, secretary.person);
    let text = format!(
        "update org set state = 'active', info_saved_at = created_at, admin_posts = 0, admin_actual = 0, inst_posts = 0, inst_actual = 0
         where org_id = '{org}';
         update person set phone_confirmed = true where person_id = '{person}';
         insert into org_post (org_id, post_id, person_id, path, name, title, nature, is_secretary, since, basis, identity_state, missing)
         select org_id, md5('secretary')::uuid, '{person}', path, '孙演示', '书记', 'part_time', true, date '2026-09-01', '', 'none', '{{}}'
         from org where org_id = '{org}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text))
        .execute(&stage.app.db().pool)
        .await
        .expect("informed");
}

/// The root's days.
#[expect(
    clippy::disallowed_methods,
    reason = "the root's page asks a second factor"
)]
async fn phase_ends(stage: &Stage, day: &str) {
    let value = format!("{{\"from\": \"2026-09-01\", \"to\": \"{day}\"}}");
    sqlx::query("insert into setting (name, value) values ('building_phase', $1::jsonb)")
        .bind(value)
        .execute(&stage.app.db().pool)
        .await
        .expect("set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_12_org_41_the_progress_pops_up_once_a_day_until_the_building_phase_ends() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let who = stage.administrator("孙演示", 1, &league.college).await;
    let colleague = stage.administrator("周演示", 2, &league.college).await;
    let desk = stage.desk_of(&who).await;
    desk.goto("/console/progress").await;
    desk.send("现在统计一次").await;
    stage.settle().await;

    // The own information comes first.
    desk.goto("/console").await;
    desk.see("组织信息未完善").await;
    assert!(!desk.sees(SENTENCE).await);
    informed(&stage, &who).await;
    desk.goto("/console").await;
    desk.see(TITLE).await;
    desk.see(SENTENCE).await;
    desk.flawless().await;
    desk.click("查看下级组织录入进度").await;
    desk.arrive("/console/progress").await;
    desk.see(SENTENCE).await;

    // Not closed it comes back, closed it stays away for the day; a colleague at the same desk has not read it.
    desk.goto("/console").await;
    desk.see(SENTENCE).await;
    desk.send("今天不再显示").await;
    desk.goto("/console").await;
    assert!(!desk.sees(SENTENCE).await, "closed for today");
    desk.click(".tj-user").await;
    desk.click("form[action='/logout'] button").await;
    sign_in(&desk, &colleague, PASSWORD).await;
    desk.goto("/console").await;
    desk.see(SENTENCE).await;

    // Next day again, on the last day of the phase too, and no more after it.
    phase_ends(&stage, "2026-09-19").await;
    let desk = stage.desk_of(&who).await;
    desk.goto("/console").await;
    desk.see(SENTENCE).await;
    desk.send("今天不再显示").await;
    move_clock(&desk, "2026-09-19T09:00").await;
    desk.goto("/console").await;
    desk.see(SENTENCE).await;
    move_clock(&desk, "2026-09-20T00:00").await;
    desk.goto("/console").await;
    assert!(!desk.sees(SENTENCE).await, "the tree is built");
    // Where it is found later.
    desk.goto("/console/progress").await;
    desk.see(SENTENCE).await;
    stage.audit_holds().await;
}
