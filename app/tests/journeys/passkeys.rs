//! A passkey from the account's page to the sign-in without password (SEC-06, ACC-B1).

use crate::stage::{PASSWORD, Stage, sign_in};
use testkit::browser::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_b1_browser_an_administrator_adds_a_passkey_and_signs_in_without_a_password() {
    let stage = Stage::new().await;
    let admin = stage
        .administrator("赵演示", 1, &stage.league.college)
        .await;
    // Passkeys are for hosts with a name.
    let base = stage.base().replace("127.0.0.1", "localhost");
    let browser = Browser::desktop(&base).await;
    browser.goto("/login").await;
    browser.plug_authenticator().await;
    sign_in(&browser, &admin, PASSWORD).await;
    browser.leave("/login").await;
    browser.goto("/account").await;
    browser.click("添加通行密钥").await;
    browser.flawless().await;
    browser.fill("name", "办公室电脑").await;
    browser.click("[data-passkey-go]").await;
    browser.see("通行密钥已添加").await;
    browser.see("办公室电脑").await;
    // Signed out, no password typed.
    browser.forget().await;
    browser.goto("/login").await;
    browser.click("用通行密钥登录").await;
    browser.see("指纹").await;
    browser.flawless().await;
    browser.click("[data-passkey-go]").await;
    browser.leave("/login").await;
    browser.goto("/console").await;
    browser.see(&admin.name).await;
    // With the password, the second proof is asked, and the same device gives it.
    browser.forget().await;
    sign_in(&browser, &admin, PASSWORD).await;
    browser.see("二次验证").await;
    browser.flawless().await;
    browser.click("[data-passkey-go]").await;
    browser.leave("/account/second").await;
    browser.goto("/console").await;
    browser.see(&admin.name).await;
}
