//! Ways in and ways to become somebody, each on the port it belongs to.

use crate::coming::sign_in as enter;
use crate::stage::{PASSWORD, Stage, id_number};
use testkit::browser::Browser;

const NEW: &str = "Si-ji-chang-qing-26";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_13_browser_a_member_signs_in_on_the_phone_by_sms() {
    let stage = Stage::of("guangdong").await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    phone.goto("/login").await;
    phone.click("用短信验证码登录").await;
    phone.flawless().await;
    phone.fill("phone", "10000000003").await;
    phone.click("获取验证码").await;
    phone.see("验证码已发送").await;
    // A wrong one is refused beside its field, what was typed stays.
    phone.fill("code", "000").await;
    phone.click("button.btn-primary").await;
    phone.see("验证码不正确").await;
    assert_eq!(phone.value("phone").await, "10000000003");
    phone.flawless().await;
    let code = stage.code("10000000003").await;
    phone.fill("code", &code).await;
    phone.click("button.btn-primary").await;
    phone.arrive("/member").await;
    phone.see(&who.name).await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_75_browser_a_member_binds_wechat_and_signs_in_by_it() {
    let stage = Stage::of("beijing").await;
    stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    // Not bound yet: told the way.
    phone.goto("/login").await;
    phone.click("微信登录").await;
    phone.see("演示微信").await;
    phone.click("允许：绑定手机 100****0003 的微信").await;
    phone.see("还没有绑定账号").await;
    phone.flawless().await;
    enter(&phone, "10000000003", PASSWORD).await;
    phone.goto("/account").await;
    phone.click("绑定微信").await;
    phone.click("允许：绑定手机 100****0003 的微信").await;
    phone.arrive("/account").await;
    phone.see("解除绑定").await;
    phone.forget().await;
    phone.goto("/login").await;
    phone.click("微信登录").await;
    phone.flawless().await;
    phone.click("允许：绑定手机 100****0003 的微信").await;
    phone.arrive("/member").await;
    phone.see("孙演示").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_14_browser_a_cadre_of_the_employment_action_authorises_the_phone() {
    let stage = Stage::new().await;
    let phone = stage.phone().await;
    phone.goto("/employ").await;
    phone.flawless().await;
    phone.click("登录/注册").await;
    phone.flawless().await;
    phone.click("授权手机号码登录").await;
    phone.fill("phone", "10000000009").await;
    phone.click("打开小程序“团团微就业”").await;
    phone.see("获取并验证你的手机号").await;
    phone.flawless().await;
    // Refused first: nobody is signed in.
    phone.click("不允许").await;
    phone.see("需授权手机号码才能登录").await;
    phone.click("授权手机号码登录").await;
    phone.fill("phone", "10000000009").await;
    phone.click("打开小程序“团团微就业”").await;
    phone.click("[name=privacy]").await;
    phone.click("button.btn-primary").await;
    phone.arrive("/employ").await;
    phone.see("100****0009").await;
    phone.flawless().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_49_browser_a_student_in_need_comes_in_by_sms_and_reaches_the_declaration_only() {
    let stage = Stage::new().await;
    let phone = stage.phone().await;
    phone.goto("/employ").await;
    phone.click("困难毕业生申报").await;
    phone.flawless().await;
    phone.fill("phone", "10000000009").await;
    phone.click("获取验证码").await;
    phone.see("验证码已发送").await;
    let code = stage.code("10000000009").await;
    phone.fill("code", &code).await;
    phone.click("[name=privacy]").await;
    phone.click("button.btn-primary").await;
    phone.see("我的帮扶").await;
    phone.see("现在没有开放的填报周期").await;
    phone.flawless().await;
    phone.goto("/member").await;
    phone.arrive("/employ/declare").await;
    phone.click("退出登录").await;
    phone.see("登录").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_32_browser_a_new_branch_registers_with_a_code_and_signs_in_with_its_username() {
    let stage = Stage::of("beijing").await;
    stage
        .administrator("赵演示", 1, &stage.league.college)
        .await;
    let desk = stage.desktop().await;
    enter(&desk, "10000000001", PASSWORD).await;
    desk.goto("/console/codes/org").await;
    desk.fill("many", "1").await;
    desk.click("生成注册码").await;
    desk.wait_for("th.tj-code").await;
    desk.flawless().await;
    let code = desk.text("th.tj-code").await;

    let secretary = stage.desktop().await;
    secretary.goto("/register").await;
    secretary.flawless().await;
    secretary.goto("/register/org").await;
    secretary.fill("code", &code).await;
    secretary.fill("short_name", "软件2026级9班团支部").await;
    secretary.choose("sector", "普通高等院校(公办-学生)").await;
    secretary.fill("holder", "吴演示").await;
    secretary.fill("phone", "10000000077").await;
    secretary.fill("username", "TZB260009").await;
    secretary.fill("password", NEW).await;
    secretary.fill("repeat", NEW).await;
    secretary.click("[name=privacy]").await;
    secretary.flawless().await;
    secretary.click("button.btn-primary").await;
    secretary.see("注册完成").await;
    secretary.flawless().await;
    enter(&secretary, "tzb260009", NEW).await;
    secretary.goto("/console").await;
    secretary.see("软件2026级9班团支部").await;
    secretary.goto("/console/members").await;
    secretary.see("我的团员").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_29_browser_an_organisation_gets_its_account_from_the_superior_and_sets_a_password() {
    let stage = Stage::of("guangdong").await;
    stage
        .administrator("赵演示", 1, &stage.league.college)
        .await;
    let desk = stage.desktop().await;
    enter(&desk, "10000000001", PASSWORD).await;
    desk.goto("/console/codes").await;
    desk.click("[aria-label^='生成登录资料'][aria-label$='软件2023级1班团支部']")
        .await;
    desk.see("只显示这一次").await;
    desk.flawless().await;
    let account = desk.text("dd.tj-code").await;
    let password = desk.text("dd.tj-code:last-of-type").await;
    assert_ne!(account, password);

    let office = stage.desktop().await;
    enter(&office, &account, &password).await;
    office.arrive("/account/first").await;
    office.flawless().await;
    office.fill("password", NEW).await;
    office.fill("repeat", NEW).await;
    office.click("[name=privacy]").await;
    office.click("button.btn-primary").await;
    office.leave("/account/first").await;
    office.goto("/console").await;
    office.see("软件2023级1班团支部").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_b2_browser_a_registered_person_becomes_administrator_by_code_and_switches() {
    let stage = Stage::new().await;
    stage
        .administrator("赵演示", 1, &stage.league.college)
        .await;
    let who = stage
        .administrator("钱演示", 2, &stage.league.workshop)
        .await;
    let desk = stage.desktop().await;
    enter(&desk, &id_number("20040520", 1), PASSWORD).await;
    desk.goto("/console/codes").await;
    desk.click("[aria-label$='软件2023级1班团支部生成注册码']")
        .await;
    desk.wait_for("b.tj-code").await;
    let code = desk.text("b.tj-code").await;

    let own = stage.desk_of(&who).await;
    own.goto("/account/switch").await;
    own.flawless().await;
    own.click("我有管理员注册码").await;
    own.flawless().await;
    own.fill("code", &code).await;
    own.click("下一步").await;
    own.see("软件2023级1班团支部").await;
    own.choose("title", "组织委员").await;
    own.flawless().await;
    own.click("成为管理员").await;
    own.leave("/account/redeem").await;
    own.goto("/account/switch").await;
    own.see("软件2023级1班团支部").await;
    own.click("总装车间团支部").await;
    own.leave("/account/switch").await;
    own.goto("/console").await;
    own.see("总装车间团支部").await;
    stage.audit_holds().await;
}

/// Fills the national form for a branch that was chosen by its link.
async fn fill(phone: &Browser) {
    phone.fill("name", "冯演示").await;
    phone.fill("id_number", &id_number("20060305", 61)).await;
    phone.fill("phone", "10000000061").await;
    phone.choose("ethnic", "汉族").await;
    phone.choose("political", "共青团员").await;
    phone.choose("education", "大学本科").await;
    phone.fill("admitted_on", "2021-05").await;
    phone.fill("admission_number", "202100654321").await;
    phone.fill("password", NEW).await;
    phone.fill("repeat", NEW).await;
    phone.click("[name=privacy]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_42_browser_a_member_registers_withdraws_sends_again_and_is_let_in() {
    let stage = Stage::new().await;
    let branch = stage.league.branch.clone();
    let phone = stage.phone().await;
    phone
        .goto(&format!("/register/member?branch={}", branch.id))
        .await;
    phone.flawless().await;
    fill(&phone).await;
    phone.click("提交注册申请").await;
    phone.arrive("/register/member/done").await;
    phone.flawless().await;
    enter(&phone, &id_number("20060305", 61), NEW).await;
    phone.goto("/register/mine").await;
    phone.see("等待").await;
    phone.flawless().await;
    phone.click("撤回申请").await;
    phone.see("修改后重新提交").await;
    phone.flawless().await;
    phone.click("button.btn-primary[value=done]").await;
    phone.see("撤回申请").await;

    let admin = stage.administrator("钱演示", 2, &branch).await;
    let desk = stage.desk_of(&admin).await;
    desk.goto("/console/inbox").await;
    desk.click("冯演示").await;
    desk.click("#panel button[value=pass]").await;
    desk.see("没有等您办的事").await;
    enter(&phone, &id_number("20060305", 61), NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_40_browser_who_has_an_account_asks_the_new_branch_from_the_own_organisation() {
    let stage = Stage::of("beijing").await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    enter(&phone, "10000000003", PASSWORD).await;
    phone.goto("/member").await;
    phone.click("我的组织").await;
    phone.flawless().await;
    phone.click("申请转入其他团支部").await;
    phone.flawless().await;
    phone.click("申请关系转接").await;
    phone.choose("reason", "employed_org").await;
    phone.click("下一步").await;
    phone.fill("q", "青禾制造公司总装车间团支部").await;
    phone.submit("q").await;
    phone.click("[aria-label='选它：总装车间团支部']").await;
    phone.flawless().await;
    phone.click("提交").await;
    phone.see("转接申请已提交").await;

    let secretary = stage
        .administrator("钱演示", 2, &stage.league.workshop)
        .await;
    let desk = stage.desktop().await;
    enter(&desk, "10000000002", PASSWORD).await;
    desk.goto("/console/members").await;
    desk.see("我的团员").await;
    desk.see("申请加入").await;
    desk.flawless().await;
    desk.click("申请转入").await;
    desk.see(&who.name).await;
    desk.flawless().await;
    desk.click("#panel button[value=pass]").await;
    desk.see("没有这个类型的申请").await;
    desk.goto("/console/members").await;
    desk.see(&who.name).await;
    assert_ne!(secretary.person, who.person);
    stage.audit_holds().await;
}
