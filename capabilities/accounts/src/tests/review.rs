//! The yearly review of grants (ACC-B8).

use super::kit::{self, ADMIN_PASSWORD};
use access::OrgRef;
use testkit::{Client, TestApp};

const HERE: &str = "/console/review";

async fn night(app: &TestApp) {
    crate::actions::review::night(&app.db).await.expect("night");
}

type Office = (base::PersonId, base::IdNumber);

async fn office(app: &TestApp, name: &str, serial: u32, org: &OrgRef) -> Office {
    let number = kit::id_number("19900101", serial);
    let person = kit::account(app, name, &number, ADMIN_PASSWORD, Some(org)).await;
    (person, number)
}

/// Signed in, with a password of today: a year has made the old one due.
async fn enter(app: &TestApp, (person, number): &Office) -> Client {
    let mut tx = kit::begin(app).await;
    let privacy = kit::policy("national").privacy_version;
    crate::set_password(&mut tx, *person, ADMIN_PASSWORD, &privacy)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    kit::signed_in(app, number.reveal(), ADMIN_PASSWORD).await
}

/// The key of somebody's grant, as the database has it: what is not offered can be sent all the same.
async fn key(app: &TestApp, org: &OrgRef, name: &str) -> String {
    let mut reader = app.db.read().await.unwrap();
    let rows = crate::store::review::of_org(&mut reader, org.id)
        .await
        .unwrap();
    let row = rows.iter().find(|row| row.name == name).expect("a grant");
    format!("{}:{}", org.id, row.grant_id)
}

#[tokio::test]
async fn acc_b8_list_reminder_and_effect_of_a_review_nobody_confirmed() {
    let app = kit::app().await;
    let (college, university) = (app.league.college.clone(), app.league.university.clone());
    app.move_to("2025-09-18 09:00");
    let zhao_office = office(&app, "赵演示", 501, &college).await;
    let qian_office = office(&app, "钱演示", 502, &college).await;
    let wu_office = office(&app, "吴演示", 503, &university).await;
    let number = kit::id_number("20050305", 504);
    let person = kit::person(&app, "孙演示", &number, None, Some(&app.league.branch)).await;
    let reset = format!("/console/people/{person}/reset");
    // A day too early: nothing is asked.
    app.move_to("2026-09-17 04:20");
    night(&app).await;
    let zhao = enter(&app, &zhao_office).await;
    assert!(!zhao.get(HERE).await.has("待复核，"));
    assert!(kit::messages_to(&app, &college).await.is_empty());
    app.move_to("2026-09-18 04:20");
    night(&app).await;
    night(&app).await;
    let told = kit::messages_to(&app, &college).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("有2项权限已满一年") && told[0].contains("2026-10-18"),
        "{told:?}"
    );
    let told = kit::messages_to(&app, &university).await;
    assert!(
        told.iter()
            .any(|m| m.contains("有1个直接下级组织的2项权限")),
        "{told:?}"
    );
    // The list: the other one can be ticked, the own grant cannot.
    let zhao = enter(&app, &zhao_office).await;
    let (own, other) = (
        key(&app, &college, "赵演示").await,
        key(&app, &college, "钱演示").await,
    );
    let page = zhao.get(HERE).await.expect(200).see("待复核，2026-10-18前");
    assert!(page.has(&other) && !page.has(&own));
    zhao.submit(HERE, HERE, &[])
        .await
        .expect(422)
        .see("请先勾选");
    let answer = zhao.submit(HERE, HERE, &[("grants", &own)]).await;
    answer.expect(403).see("不能确认自己的权限");
    zhao.submit(HERE, HERE, &[("grants", &other)])
        .await
        .expect(303);
    let again = zhao.get("/account").await.key();
    let answer = zhao
        .post(HERE, &[("_key", &again), ("grants", &other)])
        .await;
    answer.expect(409).see("不用再确认");
    app.move_to("2026-10-03 04:20");
    night(&app).await;
    let told = kit::messages_to(&app, &college).await;
    assert!(told.len() == 2 && told[1].contains("有1项权限"), "{told:?}");
    // The last second of the thirtieth day, and the first of the next.
    app.move_to("2026-10-18 23:59");
    let zhao = enter(&app, &zhao_office).await;
    zhao.submit("/account", &reset, &[])
        .await
        .expect(200)
        .see("验证码");
    app.move_to("2026-10-19 00:00");
    let refused = zhao.submit("/account", &reset, &[]).await.expect(403);
    refused.see("超过年度复核期限");
    zhao.get("/console/grants")
        .await
        .expect(200)
        .see("（只读）");
    let qian = enter(&app, &qian_office).await;
    qian.submit("/account", &reset, &[]).await.expect(200);
    night(&app).await;
    let told = kit::messages_to(&app, &college).await;
    assert!(
        told.last().is_some_and(|m| m.contains("已改为只读")),
        "{told:?}"
    );
    // The superior, itself unconfirmed and so reading only, may still confirm: at once all is as before.
    let wu = enter(&app, &wu_office).await;
    wu.get(HERE)
        .await
        .expect(200)
        .see("赵演示")
        .see("超期未确认");
    wu.submit(HERE, HERE, &[("grants", &own)]).await.expect(303);
    zhao.submit("/account", &reset, &[]).await.expect(200);
    wu.submit("/account", &reset, &[]).await.expect(403);
}

#[tokio::test]
async fn acc_b8_the_roots_only_administrator_confirms_alone_and_nobody_two_levels_up() {
    let app = kit::app().await;
    let (root, college) = (app.league.root.clone(), app.league.college.clone());
    app.move_to("2025-09-18 09:00");
    let zheng_office = office(&app, "郑演示", 511, &root).await;
    office(&app, "赵演示", 512, &college).await;
    app.move_to("2026-10-01 04:20");
    night(&app).await;
    let zheng = enter(&app, &zheng_office).await;
    let (own, far) = (
        key(&app, &root, "郑演示").await,
        key(&app, &college, "赵演示").await,
    );
    let page = zheng.get(HERE).await.expect(200);
    assert!(page.has(&own) && !page.has(&far));
    zheng
        .submit(HERE, HERE, &[("grants", &far)])
        .await
        .expect(403);
    zheng
        .submit(HERE, HERE, &[("grants", &own)])
        .await
        .expect(303);
    office(&app, "王演示", 513, &root).await;
    app.move_to("2027-10-02 04:20");
    night(&app).await;
    let zheng = enter(&app, &zheng_office).await;
    zheng
        .submit("/account", HERE, &[("grants", &own)])
        .await
        .expect(403);
}

#[tokio::test]
async fn acc_b8_who_stands_in_sees_and_hears_what_waits_below_the_vacant_organisation() {
    let app = kit::app().await;
    let (college, branch) = (app.league.college.clone(), app.league.branch.clone());
    app.move_to("2025-09-18 09:00");
    office(&app, "孙演示", 521, &branch).await;
    let wu_office = office(&app, "吴演示", 522, &app.league.university).await;
    let left = office(&app, "赵演示", 523, &college).await;
    let mut tx = kit::begin(&app).await;
    crate::disable(&mut tx, left.0, "调离本单位").await.unwrap();
    tx.commit().await.unwrap();
    app.move_to("2026-09-18 04:00");
    crate::actions::standing_in::night(&app.db).await.unwrap();
    night(&app).await;
    let wu = enter(&app, &wu_office).await;
    let key = key(&app, &branch, "孙演示").await;
    assert!(wu.get(HERE).await.expect(200).has(&key));
    let told = kit::messages_to(&app, &app.league.university).await;
    let heard = |m: &String| m.contains("有1个直接下级组织的1项权限");
    assert!(told.iter().any(heard), "{told:?}");
    wu.submit(HERE, HERE, &[("grants", &key)]).await.expect(303);
}
