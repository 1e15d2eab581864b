//! The handbook's pictures, taken from a running demonstration: `scripts/pictures` starts one and runs this.
#![expect(clippy::print_stdout, reason = "a command's output")]

#[expect(dead_code, reason = "the journeys use more of it")]
#[path = "../tests/journeys/sheet.rs"]
mod sheet;
#[expect(dead_code, reason = "the journeys use more of it")]
#[path = "../tests/journeys/wizard.rs"]
mod wizard;

use std::path::{Path, PathBuf};
use testkit::browser::Browser;

/// One picture: whose screen, the file's name, what to open and what to wait for.
struct Picture {
    role: &'static str,
    file: &'static str,
    path: &'static str,
    /// A link to follow from there, by its words or selector; empty for none.
    then: &'static str,
    see: &'static str,
}

const fn picture(
    role: &'static str,
    file: &'static str,
    path: &'static str,
    then: &'static str,
    see: &'static str,
) -> Picture {
    Picture {
        role,
        file,
        path,
        then,
        see,
    }
}

const PROVINCE: &str = "省级管理员";
const UNIVERSITY: &str = "校团委管理员";
const COLLEGE: &str = "学院团委管理员";
const SECRETARY: &str = "支部书记（管理员）";
const MEMBER: &str = "团员";

const DESKTOP: &[Picture] = &[
    picture("", "login", "/login", "", "登录"),
    picture("", "register", "/register/admin", "", "管理员注册"),
    picture(UNIVERSITY, "start", "/start?next=/console", "", "登录提醒"),
    picture(COLLEGE, "account", "/account", "", "登录设备"),
    picture(
        COLLEGE,
        "authenticator",
        "/account/authenticator",
        "main .btn-primary",
        "手工输入",
    ),
    picture(COLLEGE, "resets", "/console/resets", "", "身份证号或姓名"),
    picture("", "matrix", "/help/matrix", "", "权限说明"),
    picture(COLLEGE, "rights", "/account/rights", "", "我能做什么"),
    picture(COLLEGE, "passkeys", "/account/passkeys", "", "通行密钥"),
    picture(COLLEGE, "redeem", "/account/redeem", "", "使用管理员注册码"),
    picture(PROVINCE, "tree", "/console/orgs", "", "组织"),
    picture(
        UNIVERSITY,
        "orgs-import",
        "/console/import/orgs",
        "",
        "下载模板",
    ),
    picture(UNIVERSITY, "org-info", "/console/info", "", "基本资料"),
    picture(UNIVERSITY, "org-new", "/console/orgs/new", "", "检查全称"),
    picture(
        COLLEGE,
        "org-subordinates",
        "/console/subordinates",
        "",
        "移到该位",
    ),
    picture(
        COLLEGE,
        "org-gaps",
        "/console/progress",
        "a[href$='/gaps']",
        "催办",
    ),
    picture(
        COLLEGE,
        "org-calendar",
        "/console/graduation/calendar",
        "",
        "整组标记",
    ),
    picture(
        COLLEGE,
        "org-remove",
        "/console/orgs?top=10000006",
        "a[href$='/remove']",
        "撤销全部管理员",
    ),
    picture(
        COLLEGE,
        "org-administrators",
        "/console/administrators",
        "",
        "添加管理员",
    ),
    picture(
        UNIVERSITY,
        "org-progress",
        "/console/progress",
        "",
        "共有二级组织",
    ),
    picture(
        UNIVERSITY,
        "org-health",
        "/console/health?kind=headless",
        "",
        "组织数据体检",
    ),
    picture(
        COLLEGE,
        "org-graduation",
        "/console/graduation?year=2023",
        "",
        "标记勾选的团支部",
    ),
    picture(
        UNIVERSITY,
        "org-move",
        "/console/moves/new",
        "",
        "要迁移的组织",
    ),
    picture(COLLEGE, "dashboard", "/console", "", "等我处理"),
    picture(COLLEGE, "codes", "/console/codes", "", "注册码"),
    picture(COLLEGE, "inbox", "/console/inbox", "", "走到哪一步"),
    picture(SECRETARY, "roster", "/console/members", "", "团员名册"),
    picture(
        SECRETARY,
        "member-detail",
        "/console/members",
        "tbody th a",
        "成长轨迹",
    ),
    picture(SECRETARY, "cadres", "/console/cadres", "", "团干部列表"),
    picture(
        SECRETARY,
        "import-start",
        "/console/import/members",
        "",
        "下载模板",
    ),
];

const PHONE: &[Picture] = &[
    picture("", "declare", "/employ/declare", "", "困难毕业生申报"),
    picture("", "phone-forgot", "/forgot", "", "重置密码验证码"),
    picture(MEMBER, "member-org", "/member/org", "", "我的组织"),
    picture(SECRETARY, "cadre", "/cadre", "", "待"),
    picture(MEMBER, "member-home", "/member", "", "办事"),
    picture(
        MEMBER,
        "member-transfer-reason",
        "/member/transfers/new",
        "",
        "为什么转",
    ),
    picture(
        MEMBER,
        "member-transfer-target",
        "/member/transfers/new/target?reason=employed_org",
        "",
        "按层级找",
    ),
];

/// Rows with a few of the mistakes people make, for the preview.
fn rows() -> serde_json::Value {
    let member = |n: usize, name: &str| {
        let digits = format!("99908820040520{n:03}");
        serde_json::json!({
            "姓名": name,
            "身份证号": format!("{digits}{}", base::check_digit(digits.as_bytes())),
            "民族": "汉族",
            "政治面貌": "共青团员",
            "最高学历": "大学本科",
            "入团年月": "2019-05",
            "发展团员编号": format!("201900{:06}", 700_000 + n),
            "手机号码": format!("1000088{n:04}"),
        })
    };
    let mut rows: Vec<serde_json::Value> = [
        "安一", "白宁", "程乐", "杜远", "方知", "高清", "何安", "江平",
    ]
    .iter()
    .zip(1..)
    .map(|(name, n)| member(n, name))
    .collect();
    rows[2]["发展团员编号"] = "201800700003".into();
    rows[4]["身份证号"] = "999088200405200051".into();
    rows[6]["入团年月"] = "2016-05".into();
    rows.into()
}

/// A member's application on its way.
async fn progress(phone: &Browser, folder: &Path) {
    phone
        .goto("/member/transfers/new/target?reason=employed_org&q=海棠数字产业集团")
        .await;
    phone.click("a[aria-label^='选它']").await;
    phone.fill("dest_name", "海棠数字产业集团").await;
    phone.fill("dest_address", "青禾市云栖路1号").await;
    phone.click("提交申请").await;
    phone.see("走到哪一步").await;
    phone
        .screenshot(&folder.join("member-transfer-progress.webp"))
        .await;
}

/// The statistics, counted now unless the hour has been.
async fn statistics(browser: &Browser, folder: &Path) {
    browser.forget().await;
    sign_in(browser, UNIVERSITY).await;
    browser.goto("/console/statistics").await;
    if browser.sees("现在统计一次").await {
        browser.click("现在统计一次").await;
    }
    browser.see_in_time("数据更新于").await;
    browser
        .screenshot(&folder.join("org-statistics.webp"))
        .await;
}

/// The effects of marking a year's classes, before it is confirmed.
async fn marking(browser: &Browser, folder: &Path) {
    browser.forget().await;
    sign_in(browser, COLLEGE).await;
    browser.goto("/console/graduation?year=2023").await;
    browser.click("[data-check-all]").await;
    browser.fill("#month", "2027-06").await;
    browser.click("下一步：核对影响").await;
    browser.see("一字不差后可提交").await;
    browser
        .screenshot(&folder.join("org-graduation-confirm.webp"))
        .await;
}

/// The preview of an import with mistakes in it.
async fn preview(browser: &Browser, folder: &Path) {
    let scratch = std::env::temp_dir().join(format!("tuanjian-pictures-{}", std::process::id()));
    wizard::bring(browser, "members", &scratch, &rows()).await;
    browser
        .screenshot(&folder.join("import-preview.webp"))
        .await;
    let _ = std::fs::remove_dir_all(&scratch);
}

#[tokio::main]
async fn main() {
    let mut words = std::env::args().skip(1);
    let base = words
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:8080".into());
    let folder = PathBuf::from(
        words
            .next()
            .unwrap_or_else(|| "docs/handbook/pictures".into()),
    );
    // Further words name the pictures wanted; none: all of them.
    let wanted: Vec<String> = words.collect();
    let desktop = Browser::desktop(&base).await;
    take(&desktop, DESKTOP, &folder, &wanted).await;
    if !wanted.is_empty() {
        let phone = Browser::phone(&base).await;
        take(&phone, PHONE, &folder, &wanted).await;
        return;
    }
    preview(&desktop, &folder).await;
    statistics(&desktop, &folder).await;
    marking(&desktop, &folder).await;
    let phone = Browser::phone(&base).await;
    take(&phone, PHONE, &folder, &wanted).await;
    progress(&phone, &folder).await;
}

async fn take(browser: &Browser, pictures: &[Picture], folder: &Path, wanted: &[String]) {
    let mut signed_in = "";
    for picture in pictures {
        if !wanted.is_empty() && wanted.iter().all(|name| name != picture.file) {
            continue;
        }
        if picture.role != signed_in {
            browser.forget().await;
            if !picture.role.is_empty() {
                sign_in(browser, picture.role).await;
            }
            signed_in = picture.role;
        }
        browser.goto(picture.path).await;
        if !picture.then.is_empty() {
            browser.click(picture.then).await;
        }
        browser.see(picture.see).await;
        let file = folder.join(format!("{}.webp", picture.file));
        browser.screenshot(&file).await;
        println!("{}", file.display());
    }
}

async fn sign_in(browser: &Browser, role: &str) {
    let policies = tuanjian::wiring::policies("national").expect("the shipped profile");
    let accounts = tuanjian::demo::accounts(policies.get().expect("accounts"));
    let account = accounts
        .iter()
        .find(|a| a.role == role)
        .expect("a demonstration account of this role");
    browser.goto("/login").await;
    browser.fill("identifier", &account.login).await;
    browser.fill("password", &account.password).await;
    browser.submit("password").await;
    browser.leave("/login").await;
}
