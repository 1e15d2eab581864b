//! Ways back of who lost the password or left a session open, each on the port it belongs to.

use crate::coming::sign_in as enter;
use crate::stage::Stage;

const NEW: &str = "Ling-wai-yi-ge-26";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_50_browser_the_administrator_gives_a_code_and_the_member_comes_back() {
    let stage = Stage::new().await;
    let branch = stage.league.branch.clone();
    let who = stage.active("孙演示", 3, &branch).await;
    let admin = stage.administrator("钱演示", 2, &branch).await;
    let desk = stage.desk_of(&admin).await;
    desk.goto(&format!("/console/people/{}/reset", who.person))
        .await;
    desk.flawless().await;
    desk.click("生成验证码").await;
    desk.wait_for("b.tj-code").await;
    desk.flawless().await;
    let code = desk.text("b.tj-code").await;

    let phone = stage.phone().await;
    phone.goto("/login").await;
    phone.click("忘记密码").await;
    phone.flawless().await;
    phone.fill("identifier", &who.id_number).await;
    phone.fill("code", "Ab3dE5f7").await;
    phone.fill("password", NEW).await;
    phone.fill("repeat", NEW).await;
    phone.click("button.btn-primary").await;
    phone.see("身份证号或重置密码验证码不正确").await;
    phone.flawless().await;
    phone.fill("code", &code).await;
    phone.fill("password", NEW).await;
    phone.fill("repeat", NEW).await;
    phone.click("button.btn-primary").await;
    phone.arrive("/login").await;
    enter(&phone, &who.id_number, NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fld_101_browser_a_pasted_list_gives_codes_to_copy_at_once() {
    let stage = Stage::new().await;
    let branch = stage.league.branch.clone();
    let (one, two) = (
        stage.active("孙演示", 3, &branch).await,
        stage.active("周演示", 4, &branch).await,
    );
    let admin = stage.administrator("钱演示", 2, &branch).await;
    let desk = stage.desk_of(&admin).await;
    desk.goto("/console/resets").await;
    desk.flawless().await;
    let list = format!("{}\n{}\n没有这个人", one.id_number, two.name);
    desk.fill("list", &list).await;
    desk.click("form[action='/console/resets'] button.btn-primary")
        .await;
    desk.see("生成结果").await;
    desk.see("复制全部").await;
    desk.flawless().await;
    assert_eq!(desk.count("li b.tj-code").await, 2, "two codes, one ground");
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_52_browser_a_forgotten_password_is_set_anew_by_sms() {
    let stage = Stage::of("guangdong").await;
    stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    phone.goto("/forgot").await;
    phone.flawless().await;
    phone.fill("identifier", "10000000003").await;
    phone.click("获取验证码").await;
    phone.see("如果该手机号已登记").await;
    let code = stage.code("10000000003").await;
    phone.fill("code", &code).await;
    phone.fill("password", NEW).await;
    phone.fill("repeat", NEW).await;
    phone.flawless().await;
    phone.click("button.btn-primary").await;
    phone.arrive("/login").await;
    enter(&phone, "10000000003", NEW).await;
    phone.arrive("/member").await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_66_browser_other_sessions_are_seen_and_ended() {
    let stage = Stage::new().await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone_of(&who).await;
    phone.arrive("/member").await;
    let desk = stage.desk_of(&who).await;
    desk.goto("/account").await;
    desk.see("登录设备").await;
    desk.flawless().await;
    desk.click("结束其他登录").await;
    desk.see("其他登录均已结束").await;
    phone.goto("/member").await;
    phone.arrive("/login").await;
    desk.goto("/account").await;
    desk.see("登录设备").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_55_browser_who_knows_no_branch_finds_it_by_the_phone_on_file() {
    let stage = Stage::new().await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone().await;
    phone.goto("/login").await;
    phone.click("查找我的组织").await;
    phone.flawless().await;
    phone.fill("name", &who.name).await;
    phone.fill("id_number", &who.id_number).await;
    phone.click("获取验证码").await;
    phone.see("验证码已发到登记的手机号").await;
    let code = stage.code("10000000003").await;
    phone.fill("code", &code).await;
    phone.click("button.btn-primary").await;
    phone.see("软件2023级1班团支部").await;
    phone.flawless().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_06_browser_the_third_wrong_password_asks_a_question() {
    let stage = Stage::new().await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let browser = stage.desktop().await;
    for _ in 0..3 {
        browser.goto("/login").await;
        browser.fill("identifier", &who.id_number).await;
        browser.fill("password", "Falsch#2026").await;
        browser.submit("password").await;
        browser.see("账号或密码不正确").await;
    }
    browser.see("验证题").await;
    browser.flawless().await;
}
