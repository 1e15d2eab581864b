//! An administrator code redeemed while signed in (ACC-B2).

use super::kit::{self, PASSWORD};
use access::OrgRef;
use testkit::{Client, TestApp};

async fn code_of(app: &TestApp, org: &OrgRef) -> String {
    let superior = app.actor(
        "校演示",
        access::Role::Administrator,
        &app.league.university,
    );
    let mut tx = app.db.begin(superior).await.unwrap();
    let org = orgs::find(&mut tx, org.id).await.unwrap().unwrap();
    let issued = crate::issue_code(&mut tx, &kit::policy("national"), &org)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    issued.code
}

async fn send(browser: &Client, go: &str, code: &str, title: &str) -> testkit::Answer {
    let fields = [("go", go), ("code", code), ("title", title)];
    browser
        .submit("/account/redeem", "/account/redeem", &fields)
        .await
}

#[tokio::test]
async fn acc_b2_an_existing_account_becomes_administrator_by_code_without_registering_again() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    let number = kit::id_number("20000305", 351);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let code = code_of(&app, &college).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    send(&browser, "look", "WRONG123", "")
        .await
        .expect(422)
        .see("注册码");
    send(&browser, "look", &code, "")
        .await
        .expect(200)
        .see("信息学院团委");
    send(&browser, "done", &code, "")
        .await
        .expect(422)
        .see("请选择团内职务");
    send(&browser, "done", &code, "校长")
        .await
        .expect(422)
        .see("请选择团内职务");
    let title = people::titles(college.category)[1];
    let done = send(&browser, "done", &code, title).await.expect(303);
    assert_eq!(done.location, "/account/switch");
    // Post, grant and the used code, as at a registration (ACC-25).
    browser
        .get("/account/switch")
        .await
        .expect(200)
        .see("信息学院团委");
    let mut conn = app.db.read().await.unwrap();
    let posts = people::posts(&mut conn, person).await.unwrap();
    assert!(
        posts
            .iter()
            .any(|p| p.org == college.id && p.title == title)
    );
    let holders = crate::administrators(&mut conn, college.id).await.unwrap();
    assert_eq!(holders.len(), 1);
    assert_eq!(
        (holders[0].account_id, holders[0].basis.as_str()),
        (person.0, "admin_code")
    );
    drop(conn);
    let told = kit::messages_to(&app, &app.league.university).await;
    assert!(told.iter().any(|m| m.contains("孙演示")), "{told:?}");
    let other = kit::id_number("20000305", 352);
    kit::account(&app, "李演示", &other, PASSWORD, None).await;
    let second = kit::signed_in(&app, other.reveal(), PASSWORD).await;
    send(&second, "look", &code, "")
        .await
        .expect(422)
        .see("已被使用");
    // Who is one already needs no code; the code stays good.
    let fresh = code_of(&app, &college).await;
    let again = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    send(&again, "done", &fresh, title)
        .await
        .expect(422)
        .see("已是");
    send(&second, "look", &fresh, "").await.expect(200);
}

#[tokio::test]
async fn acc_b2_ten_wrong_codes_pause_the_address_here_too() {
    let app = kit::app().await;
    let number = kit::id_number("20000305", 353);
    kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let code = code_of(&app, &app.league.college.clone()).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    for _ in 0..kit::policy("national").code.wrong_tries {
        send(&browser, "look", "WRONG123", "").await.expect(422);
    }
    send(&browser, "look", &code, "")
        .await
        .expect(422)
        .see("错误次数过多");
}
