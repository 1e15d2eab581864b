//! Journey 2, second half: a branch secretary brings the branch's members.

use crate::{
    stage::{Somebody, Stage, id_number},
    wizard,
};
use serde_json::{Value, json};

const SURNAMES: [&str; 10] = ["安", "白", "程", "杜", "方", "高", "何", "江", "林", "苏"];
const GIVEN: [&str; 6] = ["一", "宁", "乐", "远", "知", "清"];

/// A good row; `n` makes it somebody's own. Admission months come in the forms people write.
fn member(n: usize) -> Value {
    let months = ["2019-05", "2019.05", "2019年5月", "201905"];
    let month = match n % 5 {
        4 => json!({ "day": "2019-05-01" }),
        form => json!(months[form]),
    };
    json!({
        "姓名": format!("{}{}", SURNAMES[n % 10], GIVEN[n / 10 % 6]),
        "身份证号": id_number("20040601", u32::try_from(n + 100).expect("small")),
        "民族": "汉族",
        "政治面貌": "共青团员",
        "最高学历": "大学本科",
        "入团年月": month,
        "发展团员编号": format!("201900{:06}", 100 + n),
        "手机号码": format!("1000001{n:04}"),
    })
}

fn with(n: usize, heading: &str, value: impl Into<Value>) -> Value {
    let mut row = member(n);
    row[heading] = value.into();
    row
}

/// A row about somebody who is in the system already.
fn known(n: usize, who: &Somebody) -> Value {
    let mut row = with(n, "身份证号", who.id_number.as_str());
    row["姓名"] = who.name.as_str().into();
    row
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_2_a_secretary_imports_sixty_members_with_every_kind_of_fault() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let secretary = stage.active("钱演示", 2, &league.branch).await;
    stage.appoint(&secretary, &league.branch).await;
    let elsewhere = stage.member("周演示", 7, &league.workshop).await;
    let browser = stage.desk_of(&secretary).await;

    let mut rows: Vec<Value> = (0..58).map(member).collect();
    let mut wrong_checksum = id_number("20040601", 165);
    let last = wrong_checksum.pop();
    wrong_checksum.push(if last == Some('1') { '2' } else { '1' });
    rows.extend([
        with(58, "发展团员编号", "201800000958"), // row 60: ROS-16, mended on the page
        with(59, "发展团员编号", "2019000059"),   // row 61: ROS-17, mended on the page
        with(60, "发展团员编号", "201900000007"), // ROS-15: the number of somebody elsewhere
        with(61, "发展团员编号", "20190000A061"), // ROS-18
        with(62, "发展团员编号", ""),             // ROS-21
        with(63, "入团年月", "2016-05"),          // ROS-13, and ROS-16
        known(64, &elsewhere),                    // ROS-20 elsewhere
        with(65, "身份证号", wrong_checksum.as_str()), // ROS-10
        with(66, "身份证号", 999_001_200_406_011_700_u64), // a number that lost its last digits
        known(67, &secretary),                    // ROS-20 here
        member(3),                                // ROS-20 twice in the file
    ]);
    wizard::bring(&browser, "members", stage.folder(), &json!(rows)).await;
    wizard::counts(&browser, 58, 9, 2).await;
    browser.flawless().await;
    for words in [
        "编号前四位",
        "编号应为12位",
        "已被其他团员使用",
        "编号格式不正确",
        "须填写发展团员编号",
        "入团时不满",
        "该身份证号已在",
        "校验码不正确",
        "末几位已丢失",
    ] {
        browser.see(words).await;
    }
    wizard::mend(&browser, 60, "admission_number", "201900000958").await;
    wizard::mend(&browser, 61, "admission_number", "201900000959").await;
    wizard::counts(&browser, 60, 7, 2).await;
    wizard::apply(&browser).await;
    browser.flawless().await;

    // The same file once more: nobody is there twice.
    wizard::upload(&browser, "members", &stage.folder().join("members.xlsx")).await;
    wizard::counts(&browser, 0, 9, 60).await;

    // Found by name, and by ID number; then the page with the timeline.
    browser.goto("/console/members").await;
    browser.see("61").await;
    browser.fill("#f-q", "安一").await;
    browser.submit("#f-q").await;
    // The rows are exchanged in place: whoever clicks before sees the old ones.
    browser.see("共 1 人").await;
    browser.click("安一").await;
    browser.arrive("/console/members/").await;
    browser.see("成长轨迹").await;
    browser.see("软件2023级1班团支部").await;
    browser.flawless().await;
    browser.goto("/console/members").await;
    let n = id_number("20040601", 157);
    browser.fill("#f-q", &n).await;
    browser.submit("#f-q").await;
    browser.see("江清").await;
    browser.see("共 1 人").await;

    // Rows that came by a search have their menu too; the rarer filters come when asked for.
    browser.click("[aria-label='江清 的操作']").await;
    browser.see("修改资料").await;
    browser.flawless().await;
    browser.click("更多条件").await;
    browser.choose("sex", "女").await;
    browser.see("已选条件").await;
    browser.flawless().await;
    stage.audit_holds().await;
}
