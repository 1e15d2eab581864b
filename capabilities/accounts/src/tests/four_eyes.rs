//! 双人复核 of mass resets, and of ending it (ACC-B11).

use super::kit::{self, ADMIN_PASSWORD};
use testkit::{Answer, Client, TestApp};

const HERE: &str = "/console/four-eyes";
const RESETS: &str = "/console/resets";

async fn paste(admin: &Client, list: &str) -> Answer {
    admin
        .upload(RESETS, RESETS, &[("list", list)], "leer.txt", b"")
        .await
}

/// The link of the first case that waits for a reader, as the inbox shows it.
async fn case(client: &Client) -> String {
    let inbox = client.get("/console/inbox").await.expect(200);
    let mut links = inbox
        .body
        .split("/console/cases/")
        .skip(1)
        .filter_map(|rest| {
            let link = rest.get(..73)?;
            (link.matches('-').count() == 8).then_some(link)
        });
    format!("/console/cases/{}", links.next().expect("a case waits"))
}

async fn pass(client: &Client, link: &str) -> Answer {
    let fields = [("do", "pass"), ("step_no", "1")];
    client
        .submit("/account", &format!("{link}/decide"), &fields)
        .await
}

async fn switched(client: &Client, to: &str) -> Answer {
    client
        .submit(HERE, HERE, &[("act", "mass_reset"), ("to", to)])
        .await
}

/// Two members' numbers below the college.
async fn list(app: &TestApp) -> String {
    let mut list = Vec::new();
    for serial in [601, 602] {
        let number = kit::id_number("20050305", serial);
        kit::person(app, "孙演示", &number, None, Some(&app.league.branch)).await;
        list.push(number.reveal().to_owned());
    }
    list.join("\n")
}

async fn enter(app: &TestApp, serial: u32) -> Client {
    let number = kit::id_number("19900101", serial);
    kit::signed_in(app, number.reveal(), ADMIN_PASSWORD).await
}

#[tokio::test]
async fn acc_b11_a_mass_reset_waits_for_the_second_administrator_and_is_done_once() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    let first = kit::admin(&app, "赵演示", 611, &college).await;
    // Alone nobody could confirm.
    switched(&first, "on").await.expect(422).see("两名以上");
    let second = kit::admin(&app, "钱演示", 612, &college).await;
    let list = list(&app).await;
    switched(&first, "on").await.expect(303);
    let held = paste(&first, &list).await.expect(200).see("没有生成验证码");
    assert!(!held.has("复制全部"));
    paste(&first, &list)
        .await
        .expect(409)
        .see("正等本组织另一位管理员");
    // Nobody confirms the own request; the second one sees masked numbers.
    let link = case(&second).await;
    pass(&first, &link)
        .await
        .expect(403)
        .see("不能办理本人提交的");
    let page = second.get(&link).await.expect(200).see("批量重置密码：2人");
    assert!(list.lines().all(|number| !page.has(number)));
    pass(&second, &link).await.expect(303);
    // Exactly this list, once; another one waits anew. One person is no mass.
    let other = list.lines().next().unwrap().to_owned();
    paste(&first, &list).await.expect(200).see("复制全部");
    paste(&first, &format!("{list}\n孙演示"))
        .await
        .expect(200)
        .see("没有生成验证码");
    let again = paste(&first, &list).await.expect(200);
    again.see("没有生成验证码");
    assert!(
        !paste(&first, &other)
            .await
            .expect(200)
            .has("没有生成验证码")
    );
}

#[tokio::test]
async fn acc_b11_after_72_hours_it_lapses_and_a_confirmation_is_good_for_72_hours() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    app.settle().await;
    app.move_to("2026-09-18 09:00");
    let first = kit::admin(&app, "赵演示", 621, &college).await;
    kit::admin(&app, "钱演示", 622, &college).await;
    let list = list(&app).await;
    switched(&first, "on").await.expect(303);
    paste(&first, &list).await.expect(200);
    app.move_to("2026-09-21 08:59");
    let second = enter(&app, 622).await;
    let link = case(&second).await;
    app.move_to("2026-09-21 09:00");
    pass(&second, &link).await.expect(409).see("超过办理时限");
    app.settle().await;
    let told = kit::messages_for(&app, app_person(&app, 621).await).await;
    assert!(
        told.iter().any(|m| m.contains("没有得到确认，未办理")),
        "{told:?}"
    );
    // Asked anew and confirmed in the last minute; the confirmation itself ends after 72 hours.
    let first = enter(&app, 621).await;
    paste(&first, &list).await.expect(200).see("没有生成验证码");
    app.move_to("2026-09-24 08:59");
    let second = enter(&app, 622).await;
    let link = case(&second).await;
    pass(&second, &link).await.expect(303);
    app.move_to("2026-09-27 08:59");
    let first = enter(&app, 621).await;
    paste(&first, &list).await.expect(200).see("没有生成验证码");
}

#[tokio::test]
async fn acc_b11_switching_it_off_is_confirmed_too() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    let first = kit::admin(&app, "赵演示", 631, &college).await;
    let second = kit::admin(&app, "钱演示", 632, &college).await;
    switched(&first, "on").await.expect(303);
    let page = first.get(HERE).await.expect(200).see("由赵演示开启");
    // A committee files nothing of its own: it is not offered, and refused.
    assert!(!page.has("团籍变动备案"));
    let filing = [("act", "filing"), ("to", "on")];
    first.submit(HERE, HERE, &filing).await.expect(403);
    switched(&first, "off").await.expect(303);
    switched(&first, "off").await.expect(409);
    first.get(HERE).await.expect(200).see("申请关闭");
    let link = case(&second).await;
    pass(&second, &link).await.expect(303);
    let page = first.get(HERE).await.expect(200);
    assert!(!page.has("申请关闭"));
    let cadre = app.client(testkit::signed_in("周演示", access::Role::Cadre, &college));
    cadre.get(HERE).await.expect(403);
}

/// The person of an administrator.
async fn app_person(app: &TestApp, serial: u32) -> uuid::Uuid {
    let mut reader = app.db.read().await.unwrap();
    let keys = reader.keys.clone();
    let number = kit::id_number("19900101", serial);
    let found = people::by_id_number(&mut reader, &keys, &number)
        .await
        .unwrap();
    found.expect("a person").0
}

#[tokio::test]
async fn acc_b11_the_direct_superior_is_the_second_pair_of_eyes_when_only_one_is_left() {
    let app = kit::app().await;
    let college = app.league.college.clone();
    let first = kit::admin(&app, "赵演示", 641, &college).await;
    kit::admin(&app, "钱演示", 642, &college).await;
    switched(&first, "on").await.expect(303);
    let mut tx = kit::begin(&app).await;
    let left = base::PersonId(app_person(&app, 642).await);
    crate::disable(&mut tx, left, "调离本单位").await.unwrap();
    tx.commit().await.unwrap();
    switched(&first, "off").await.expect(303);
    let superior = kit::admin(&app, "吴演示", 643, &app.league.university).await;
    let link = case(&superior).await;
    pass(&first, &link).await.expect(403).see("直接上级");
    pass(&superior, &link).await.expect(303);
    let page = first.get(HERE).await.expect(200);
    assert!(!page.has("由赵演示开启"));
    // The root has nobody above: its last administrator ends it alone.
    let root = app.league.root.clone();
    let one = kit::admin(&app, "郑演示", 644, &root).await;
    kit::admin(&app, "王演示", 645, &root).await;
    switched(&one, "on").await.expect(303);
    let mut tx = kit::begin(&app).await;
    let left = base::PersonId(app_person(&app, 645).await);
    crate::disable(&mut tx, left, "调离本单位").await.unwrap();
    tx.commit().await.unwrap();
    switched(&one, "off").await.expect(303);
    let page = one.get(HERE).await.expect(200);
    assert!(!page.has("由郑演示开启") && !page.has("申请关闭"));
}

#[tokio::test]
async fn acc_b11_the_names_of_a_list_are_kept_no_longer_than_it_waits() {
    let app = kit::app().await;
    app.settle().await;
    let college = app.league.college.clone();
    let first = kit::admin(&app, "赵演示", 651, &college).await;
    let second = kit::admin(&app, "钱演示", 652, &college).await;
    let (list, other) = (list(&app).await, "孙演示\n孙演示二");
    switched(&first, "on").await.expect(303);
    for list in [list.as_str(), other] {
        paste(&first, list).await.expect(200).see("没有生成验证码");
        let link = case(&second).await;
        pass(&second, &link).await.expect(303);
    }
    assert_eq!(kept(&app).await.len(), 2);
    // Used up, and never used.
    paste(&first, &list).await.expect(200).see("复制全部");
    assert_eq!(kept(&app).await.len(), 1);
    app.later_by(72 * 3600);
    app.settle().await;
    assert!(kept(&app).await.is_empty());
}

/// The words still kept about held acts.
async fn kept(app: &TestApp) -> Vec<String> {
    let mut reader = app.db.read().await.unwrap();
    sqlx::query_scalar!("select detail from held_act where detail <> ''")
        .fetch_all(&mut *reader)
        .await
        .unwrap()
}
