//! Ways to become somebody, and the way back of who lost the phone, on the phones they belong to (ACC-38, ACC-39, ACC-53).

use crate::stage::{PASSWORD, Somebody, Stage, id_number};
use std::path::PathBuf;
use testkit::browser::Browser;

const NEW: &str = "Si-ji-chang-qing-26";

/// Creates an account for a phone, through the page.
async fn account(stage: &Stage, browser: &Browser, phone: &str, go: &str) {
    browser.fill("phone", phone).await;
    browser.click("获取验证码").await;
    browser.see("验证码已发送").await;
    let code = stage.code(phone).await;
    browser.fill("code", &code).await;
    browser.fill("password", NEW).await;
    browser.fill("repeat", NEW).await;
    browser.click("[name=privacy]").await;
    browser.flawless().await;
    browser.click(go).await;
    browser.arrive("/register/mine").await;
}

pub async fn sign_in(browser: &Browser, identifier: &str, password: &str) {
    browser.goto("/login").await;
    browser.fill("identifier", identifier).await;
    browser.fill("password", password).await;
    browser.submit("password").await;
    browser.leave("/login").await;
}

/// The branch's administrator with the case of `name` open.
async fn reviewer(stage: &Stage, name: &str) -> Browser {
    let branch = &stage.league.branch;
    let who = stage.active("钱演示", 2, branch).await;
    stage.appoint(&who, branch).await;
    let desk = stage.desktop().await;
    sign_in(&desk, "10000000002", PASSWORD).await;
    desk.goto("/console/inbox").await;
    desk.click(name).await;
    desk
}

fn picture(stage: &Stage, name: &str) -> PathBuf {
    let file = stage.folder().join(name);
    std::fs::write(&file, files::picture::plain(400, 520)).expect("a picture");
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_38_browser_a_member_reports_in_four_pages_and_the_branch_lets_him_in() {
    let stage = Stage::of("guangdong").await;
    let phone = stage.phone().await;
    phone.goto("/register").await;
    phone.click("团员报到").await;
    account(&stage, &phone, "10000000061", "创建账号，开始填写").await;

    phone.fill("q", "软件2023级1班").await;
    phone.fill("name", "冯演示").await;
    phone.click("搜索").await;
    phone.see("选择团支部").await;
    assert_eq!(phone.value("name").await, "冯演示", "kept over the search");
    phone.click("[name=branch]").await;
    phone.fill("id_number", &id_number("20060305", 61)).await;
    phone.fill("admitted_on", "2021-05").await;
    phone.flawless().await;
    phone.click("下一页").await;

    // A page that lacks something stays, and says what.
    phone.choose("political", "共青团员").await;
    phone.click("下一页").await;
    phone.see("收入未填写").await;
    phone.flawless().await;
    phone.choose("income", "学生（无收入）").await;
    phone.click("下一页").await;

    phone.choose("ethnic", "汉族").await;
    phone.choose("full_time", "本科在读").await;
    phone.choose("education", "普通高中").await;
    phone.fill("household", "广东省青禾市云栖区").await;
    phone.fill("admitted_at", "青禾市第一中学").await;
    phone.click("下一页").await;

    phone.fill("admission_number", "202100654321").await;
    phone.attach("photo", &picture(&stage, "me.png")).await;
    phone.click("上传照片").await;
    phone.wait_for("img[src='/account/photo']").await;
    assert_eq!(phone.value("admission_number").await, "202100654321");
    phone.flawless().await;
    phone.click("核对资料").await;
    phone.see("资料符合要求，可以提交").await;
    phone.flawless().await;
    phone.click("提交报到").await;
    phone.see("等待审核").await;
    phone.flawless().await;

    let desk = reviewer(&stage, "冯演示").await;
    desk.see("入团时所在单位").await;
    desk.flawless().await;
    desk.click("#panel button[value=pass]").await;
    desk.see("没有等您办的事").await;
    assert_eq!(stage.members_of(&stage.league.branch).await, 2);

    sign_in(&phone, "10000000061", NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_39_browser_a_freshman_creates_an_account_and_ticks_the_volunteer() {
    let stage = Stage::of("beijing").await;
    let phone = stage.phone().await;
    // From the branch's link, which chooses it.
    phone
        .goto(&format!(
            "/register/member?branch={}",
            stage.league.branch.id
        ))
        .await;
    phone.see("将报到到").await;
    account(&stage, &phone, "10000000061", "我是团员，下一步").await;
    phone.fill("name", "冯演示").await;
    phone.fill("id_number", &id_number("19990305", 61)).await;
    phone.choose("political", "共青团员").await;
    phone.choose("ethnic", "汉族").await;
    phone.choose("education", "大学本科").await;
    phone.fill("admitted_on", "2016-05").await;
    phone.fill("student_no", "1120201234").await;
    phone.choose("is_student", "是").await;
    phone.click("按学号生成").await;
    phone
        .wait_for("[name=admission_number][value='201620201234']")
        .await;
    phone.click("核对资料").await;
    phone.see("请勾选注册成为志愿者。").await;
    phone.flawless().await;
    phone.click("[name=volunteer]").await;
    phone.click("核对资料").await;
    phone.click("提交申请").await;
    phone.see("等待审核").await;

    let desk = reviewer(&stage, "冯演示").await;
    desk.see("申请加入").await;
    desk.click("#panel button[value=pass]").await;
    desk.see("没有等您办的事").await;
    sign_in(&phone, "10000000061", NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_53_browser_who_lost_the_phone_appeals_and_gets_in_with_the_new_one() {
    let stage = Stage::of("beijing").await;
    let who: Somebody = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    phone.goto("/login").await;
    phone.click("手机号换了，我要申诉").await;
    phone.flawless().await;
    phone.fill("name", &who.name).await;
    phone.fill("id_number", &who.id_number).await;
    phone.fill("phone", "10000000072").await;
    phone.click("获取验证码，下一步").await;
    phone.see("已发送到").await;
    let code = stage.code("10000000072").await;
    phone.fill("code", &code).await;
    phone.attach("front", &picture(&stage, "front.png")).await;
    phone.attach("back", &picture(&stage, "back.png")).await;
    phone.fill("password", NEW).await;
    phone.fill("repeat", NEW).await;
    phone.click("[name=privacy]").await;
    phone.flawless().await;
    phone.click("提交申诉").await;
    phone.see("受理编号").await;
    phone.flawless().await;

    let desk = reviewer(&stage, "孙演示").await;
    desk.see("姓名与档案一致").await;
    desk.wait_for("img[alt^='身份证人像面']").await;
    desk.flawless().await;
    desk.choose("answer", "in_person").await;
    desk.click("#panel button[value=pass]").await;
    desk.see("没有等您办的事").await;
    sign_in(&phone, "10000000072", NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}
