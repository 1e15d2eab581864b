//! The secretary named on the organisation's information page (ORG-12).

use super::kit::{self, PASSWORD};
use base::{IdNumber, PersonId};
use testkit::{Client, TestApp};

const HERE: &str = "/console/info/secretary";

/// The person's account, the one who names a secretary, and the fields of the form.
async fn name_secretary(
    desk: &Client,
    name: &str,
    number: &IdNumber,
    phone: &str,
) -> testkit::Answer {
    let fields = [
        ("name", name),
        ("id_number", number.reveal()),
        ("phone", phone),
    ];
    desk.submit(HERE, HERE, &fields).await
}

async fn secretary(app: &TestApp) -> orgs::Secretary {
    let mut reader = app.db.read().await.unwrap();
    let info = orgs::information(&mut reader, app.league.branch.id).await;
    info.unwrap().unwrap().secretary.expect("a secretary")
}

async fn on_file(app: &TestApp, person: PersonId) -> (String, bool) {
    let mut reader = app.db.read().await.unwrap();
    let keys = reader.keys.clone();
    let person = people::find(&mut reader, &keys, person)
        .await
        .unwrap()
        .unwrap();
    let phone = person.phone.expect("a phone");
    (phone.reveal().to_owned(), person.phone_confirmed)
}

#[tokio::test]
async fn org_12_a_secretary_nobody_knew_gets_person_post_and_first_account() {
    let app = kit::app().await;
    let desk = kit::admin(&app, "赵演示", 61, &app.league.branch).await;
    let number = kit::id_number("20040910", 62);
    name_secretary(&desk, "孙演示", &number, "10000000062")
        .await
        .expect(303);
    let known = secretary(&app).await;
    assert_eq!(
        (known.name.as_str(), known.registered, known.phone),
        ("孙演示", false, false)
    );
    // The first password is the tail of the number (ACC-12); the phone counts once confirmed there.
    let tail = &number.reveal()[10..];
    let own = kit::signed_in(&app, number.reveal(), tail).await;
    own.get("/account/first").await.expect(200);
    assert_eq!(
        on_file(&app, known.person).await,
        ("10000000062".into(), false)
    );
}

#[tokio::test]
async fn org_12_a_known_secretary_must_bear_the_same_name_and_confirms_the_phone_alone() {
    let app = kit::app().await;
    let desk = kit::admin(&app, "赵演示", 61, &app.league.branch).await;
    let number = kit::id_number("19980910", 62);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    name_secretary(&desk, "孙样本", &number, "10000000062")
        .await
        .expect(422)
        .see("姓名与该身份证号在系统中的姓名不一致。");
    name_secretary(&desk, "孙演示", &number, "10000000062")
        .await
        .expect(303);
    let known = secretary(&app).await;
    assert_eq!(
        (known.person, known.registered, known.phone),
        (person, true, false)
    );
    assert_eq!(on_file(&app, person).await, ("10000000062".into(), false));
    let told = kit::messages_for(&app, person.0).await;
    assert!(told[0].contains("100****0062") && told[0].contains("请用短信验证码确认"));
    // Confirmed by the person, it counts.
    let own = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    own.get("/account/phone")
        .await
        .expect(200)
        .see("由所在组织登记、您尚未确认的号码")
        .see("10000000062");
    own.submit(
        "/account/phone",
        "/account/phone/new",
        &[("phone", "10000000062")],
    )
    .await
    .expect(200);
    let code = kit::last_code(&app, &kit::phone(62)).await;
    let fields = [("phone", "10000000062"), ("new_code", code.as_str())];
    own.submit("/account/phone", "/account/phone", &fields)
        .await
        .expect(303);
    assert!(secretary(&app).await.phone);
}

#[tokio::test]
async fn org_12_a_phone_the_person_has_confirmed_is_not_replaced_by_the_organisation() {
    let app = kit::app().await;
    let desk = kit::admin(&app, "赵演示", 61, &app.league.branch).await;
    let number = kit::id_number("19980910", 62);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    people::confirm_phone(&mut tx, &file, &kit::phone(77))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    name_secretary(&desk, "孙演示", &number, "10000000062")
        .await
        .expect(303);
    assert_eq!(on_file(&app, person).await, ("10000000077".into(), true));
    assert!(secretary(&app).await.phone);
    let told = kit::messages_for(&app, person.0).await;
    assert!(told[0].contains("仍以您确认的为准"), "{told:?}");
}
