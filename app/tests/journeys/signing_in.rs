use crate::stage::{PASSWORD, Stage, sign_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gen_10_browser_the_way_in_is_flawless_light_and_dark_wide_and_narrow() {
    let stage = Stage::new().await;
    for browser in [stage.desktop().await, stage.phone().await] {
        for dark in [false, true] {
            browser.dark(dark).await;
            browser.goto("/login").await;
            browser.see("登录").await;
            browser.flawless().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_a_wrong_password_keeps_what_was_typed_and_the_right_one_opens_the_console() {
    let stage = Stage::new().await;
    let admin = stage
        .administrator("赵演示", 1, &stage.league.province)
        .await;
    let browser = stage.desktop().await;
    sign_in(&browser, &admin, "Falsch#2026").await;
    browser.see("密码").await;
    assert_eq!(browser.value("identifier").await, admin.id_number);
    browser.flawless().await;
    sign_in(&browser, &admin, PASSWORD).await;
    browser.arrive("/console").await;
}
