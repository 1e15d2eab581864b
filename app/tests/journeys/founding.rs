//! Journey 1: a province founds a university committee, which brings its 120 class branches; and the registration of
//! journey 2 with one of the codes.

use crate::{
    sheet,
    stage::{PASSWORD, Stage, id_number},
    wizard,
};
use serde_json::{Value, json};
use testkit::browser::Browser;

const UNIVERSITY: &str = "海棠师范大学团委";

fn class(n: usize) -> Value {
    json!({
        "组织简称": format!("汉语言文学专业2026级{n}班团支部"),
        "组织类别": "团支部",
        "行业类别": "普通高等院校(公办-学生)",
    })
}

fn with(n: usize, heading: &str, value: &str) -> Value {
    let mut row = class(n);
    row[heading] = value.into();
    row
}

/// Registers as the administrator of an organisation (ACC-20); stops where the code is asked for unless it is right.
async fn register(browser: &Browser, org: &str, code: &str, name: &str, n: u32) {
    browser.goto("/register/admin").await;
    browser.fill("#q", org).await;
    browser
        .click("button.btn[value=search]:not(.visually-hidden)")
        .await;
    browser.wait_for("input[name=org]").await;
    browser.click("input[name=org]").await;
    browser.choose("title", "书记").await;
    browser.click("button.btn-primary[value='2']").await;
    browser.wait_for("#code").await;
    // ACC-21: letter case matters.
    browser.fill("code", &code.to_lowercase()).await;
    browser.click("button.btn-primary[value='3']").await;
    if code.to_lowercase() != code {
        browser.see("请核对大小写").await;
        browser.flawless().await;
        browser.fill("code", code).await;
        browser.click("button.btn-primary[value='3']").await;
    }
    browser.wait_for("#id_number").await;
    browser.fill("name", name).await;
    browser.fill("#id_number", &id_number("19900101", n)).await;
    browser.fill("#phone", &format!("1000002{n:04}")).await;
    browser.choose("ethnic", "汉族").await;
    browser.choose("political", "中共党员").await;
    browser.choose("education", "大学本科").await;
    browser.fill("#admitted_on", "2005-05").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#repeat", PASSWORD).await;
    browser.choose("privacy", "2026-09").await;
    browser.flawless().await;
    browser.click("button.btn-primary[value=done]").await;
    browser.see("注册完成").await;
}

async fn sign_in(browser: &Browser, n: u32) {
    browser.goto("/login").await;
    browser.fill("identifier", &id_number("19900101", n)).await;
    browser.fill("password", PASSWORD).await;
    browser.submit("password").await;
    browser.arrive("/console").await;
}

/// The code an administrator's page shows.
async fn code_for(browser: &Browser, org: &str) -> String {
    browser.goto("/console/codes").await;
    browser
        .click(&format!("[aria-label='为{org}生成注册码']"))
        .await;
    browser.wait_for(".tj-code").await;
    browser.flawless().await;
    let script = "return [...document.querySelectorAll('.tj-code')].map(e => e.textContent.trim())
        .find(text => /^[0-9A-Za-z]{8}$/.test(text) && /[A-Za-z]/.test(text))";
    let code = browser.run(script, &[]).await;
    code.as_str()
        .expect("a code of eight characters")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_1_a_university_brings_120_classes_with_eight_kinds_of_mistakes() {
    let stage = Stage::new().await;
    let province = stage
        .administrator("赵演示", 1, &stage.league.province)
        .await;
    let desk = stage.desk_of(&province).await;

    // Today's work, the tree, a new university committee and its administrator's code.
    desk.goto("/console").await;
    desk.flawless().await;
    desk.goto("/console/orgs").await;
    desk.see("团青禾市委").await;
    desk.flawless().await;
    desk.goto("/console/orgs/new").await;
    desk.choose("category", "committee").await;
    desk.fill("short_name", UNIVERSITY).await;
    desk.flawless().await;
    desk.click("button[value=create]").await;
    desk.see("已创建").await;
    let code = code_for(&desk, UNIVERSITY).await;

    // The university's administrator registers and brings the classes.
    let office = stage.desktop().await;
    register(&office, UNIVERSITY, &code, "李演示", 31).await;
    sign_in(&office, 31).await;
    let mut rows: Vec<Value> = (1..=112).map(class).collect();
    rows.extend([
        with(113, "组织简称", "汉语言文学专业2026级113班"), // row 114: naming, mended on the page
        with(114, "行业类别", "普通高校"), // row 115: no such sector, mended on the page
        with(115, "组织简称", ""),
        with(116, "组织类别", ""),
        with(117, "组织类别", "团的领导机关"),
        with(118, "组织简称", "海棠师范大学青年工作委员会"),
        with(119, "组织简称", "汉语言文学专业2026级<119>班团支部"),
        with(
            120,
            "组织简称",
            &format!("{}团支部", "汉语言文学专业".repeat(8)),
        ),
    ]);
    wizard::bring(&office, "orgs", stage.folder(), &json!(rows)).await;
    wizard::counts(&office, 112, 8, 0).await;
    office.flawless().await;
    wizard::mend(
        &office,
        114,
        "short_name",
        "汉语言文学专业2026级113班团支部",
    )
    .await;
    wizard::mend(&office, 115, "sector", "普通高等院校(公办-学生)").await;
    wizard::counts(&office, 114, 6, 0).await;

    // Six are mended in the file of failed rows, with the reasons beside them.
    let failed = office.download("下载失败行").await;
    let mut again = sheet::read(&failed);
    assert_eq!(again.len(), 6);
    for (n, row) in (115..).zip(&mut again) {
        let reason = row["失败原因"].as_str().unwrap_or_default();
        assert!(!reason.is_empty(), "{row}");
        *row = class(n);
    }
    wizard::apply(&office).await;
    office.see("114个组织").await;
    office.flawless().await;
    again.insert(0, json!({ "replace": true }));
    let mended = stage.folder().join("mended.xlsx");
    sheet::fill(&failed, &mended, &Value::Array(again));
    wizard::upload(&office, "orgs", &mended).await;
    wizard::counts(&office, 6, 0, 0).await;
    wizard::apply(&office).await;
    // The first file once more: what is there already counts as repeated (ORG-22).
    wizard::upload(&office, "orgs", &stage.folder().join("orgs.xlsx")).await;
    office.see("112").await;
    office.goto("/console/orgs").await;
    office.see("120").await;
    office.goto("/console/subordinates").await;
    office.flawless().await;

    // ACC-26: all codes in one file.
    office.goto("/console/codes").await;
    office.click("批量生成管理员注册码").await;
    office.arrive("/jobs/").await;
    office.see_in_time("打开结果").await;
    office.flawless().await;
    let codes = sheet::read(&office.download("打开结果").await);
    let codes: Vec<&Value> = codes
        .iter()
        .filter(|row| row.get("注册码").is_some())
        .collect();
    assert_eq!(codes.len(), 120);
    let first = codes[0]["注册码"].as_str().unwrap_or_default();
    assert_eq!(first.len(), 8, "{first}");

    // Journey 2 begins: a branch secretary registers with one of them, and nobody can a second time (ACC-21).
    let full = codes[0]["组织全称"].as_str().unwrap_or_default();
    let secretary = stage.desktop().await;
    register(&secretary, full, first, "王演示", 32).await;
    sign_in(&secretary, 32).await;
    secretary.goto("/console/info").await;
    secretary.flawless().await;
    let late = stage.desktop().await;
    late.goto("/register/admin").await;
    late.fill("#q", full).await;
    late.click("button.btn[value=search]:not(.visually-hidden)")
        .await;
    late.wait_for("input[name=org]").await;
    late.click("input[name=org]").await;
    late.choose("title", "副书记").await;
    late.click("button.btn-primary[value='2']").await;
    late.wait_for("#code").await;
    late.fill("code", first).await;
    late.click("button.btn-primary[value='3']").await;
    late.see("该注册码已被使用").await;
    stage.audit_holds().await;
}
