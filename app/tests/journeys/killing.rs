//! Journey 6: the power goes out during an import, twenty times.

use crate::{
    process::Place,
    stage::{PASSWORD, Stage, id_number},
    wizard,
};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::browser::Browser;

const ROUNDS: usize = 20;
const ROWS: usize = 120;

fn member(round: usize, n: usize) -> Value {
    let order = u32::try_from(n + 1).expect("small");
    json!({
        "姓名": format!("林{}{}", ["安", "宁", "乐", "远"][n % 4], ["一", "知", "清"][n % 3]),
        "身份证号": id_number(&format!("2004{:02}{:02}", round % 12 + 1, round / 12 + 10), order),
        "民族": "汉族",
        "政治面貌": "共青团员",
        "最高学历": "大学本科",
        "入团年月": "2019-05",
        "发展团员编号": format!("201900{:06}", 1000 + round * ROWS + n),
        "手机号码": format!("1001{:07}", round * ROWS + n),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_6_killed_twenty_times_an_import_stands_whole_or_not_at_all() {
    let url = testkit::fresh_database().await;
    let stage = Stage::on(testkit::open_database(&url).await, 0).await;
    let branch = stage.league.branch.clone();
    let secretary = stage.active("钱演示", 2, &branch).await;
    stage.appoint(&secretary, &branch).await;
    let place = Place::new(
        &url,
        &stage.app.db().clone(),
        &stage.folder().join("process"),
    )
    .await;
    let random = base::Random::from_system();
    let mut program = place.start().await;
    let browser = Browser::desktop(&program.base).await;
    browser.goto("/login").await;
    browser.fill("identifier", &secretary.id_number).await;
    browser.fill("password", PASSWORD).await;
    browser.submit("password").await;
    browser.arrive("/console").await;

    let mut standing = 1;
    for round in 0..ROUNDS {
        let rows: Vec<Value> = (0..ROWS).map(|n| member(round, n)).collect();
        wizard::bring(&browser, "members", stage.folder(), &json!(rows)).await;
        wizard::counts(&browser, ROWS as u64, 0, 0).await;
        let run = browser.path().await;
        let run = run.split('?').next().expect("a path").to_owned();
        browser.click("#wizard .tj-dock .btn-primary").await;
        browser.see("确认导入").await;
        // The confirmation leaves, and at some moment after it the power goes.
        let send = "document.querySelector(\"#wizard form[action$='/apply'] button\").click()";
        browser
            .run(&format!("setTimeout(() => {send}, 0)"), &[])
            .await;
        tokio::time::sleep(Duration::from_millis(random.below(700))).await;
        program.kill();

        let members = stage.members_of(&branch).await;
        assert!(
            members == standing || members == standing + ROWS,
            "round {round}: {members} members, {standing} before"
        );
        assert_eq!(
            place.verify(),
            Some(0),
            "the audit chain after round {round}"
        );

        // After the restart the import is either to be confirmed, or goes on to its end by itself.
        stage.let_leases_lapse(round).await;
        program = place.start().await;
        browser.goto(&run).await;
        if browser
            .count("form[action$='/apply'], #wizard .tj-dock .btn-primary")
            .await
            > 0
        {
            wizard::apply(&browser).await;
        } else {
            // Notices of earlier imports say the same: what counts is this one.
            wizard::rest(&browser).await;
        }
        standing += ROWS;
        assert_eq!(stage.members_of(&branch).await, standing, "round {round}");
    }
    assert_eq!(place.verify(), Some(0));
}
