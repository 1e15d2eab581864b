//! Operators of `guangdong` (ACC-33, FLD-10..13).

use super::kit::{self, ADMIN_PASSWORD};
use access::OrgRef;
use base::{IdNumber, PersonId};
use people::Nature;
use testkit::{Client, TestApp};

const HERE: &str = "/console/operators";
const STATE: &str = "/console/cadres/state";

async fn app() -> TestApp {
    kit::app_of("guangdong").await
}

fn number(serial: u32) -> IdNumber {
    kit::id_number("19980910", serial)
}

/// A cadre of an organisation with a phone of the own; member of another branch.
async fn cadre(app: &TestApp, name: &str, serial: u32, org: &OrgRef) -> PersonId {
    let phone = kit::phone(serial);
    let person = kit::person(app, name, &number(serial), Some(&phone), None).await;
    appoint(app, person, org).await;
    person
}

async fn appoint(app: &TestApp, person: PersonId, org: &OrgRef) {
    let mut tx = kit::begin(app).await;
    let org = orgs::find(&mut tx, org.id).await.unwrap().unwrap();
    let title = people::titles(org.category)[2];
    people::appoint(
        &mut tx,
        person,
        &org,
        title,
        Nature::PartTime,
        false,
        "选举",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

fn desk(app: &TestApp, org: &OrgRef) -> Client {
    app.admin("赵演示", org)
}

async fn act(desk: &Client, what: &str, person: PersonId, label: &str) -> testkit::Answer {
    let id = person.to_string();
    let fields = [("what", what), ("person", id.as_str()), ("label", label)];
    desk.submit(HERE, HERE, &fields).await
}

/// The password a page shows once.
fn shown(page: &testkit::Answer) -> String {
    let (_, rest) = page
        .body
        .split_once("密码 <b class=\"tj-code\">")
        .expect("a password");
    rest.split_once("</b>").expect("its end").0.to_owned()
}

/// A browser of an operator who has set an own password.
async fn signed_in(app: &TestApp, person: PersonId, serial: u32) -> Client {
    let mut tx = kit::begin(app).await;
    let privacy = kit::policy("guangdong").privacy_version;
    crate::set_password(&mut tx, person, ADMIN_PASSWORD, &privacy)
        .await
        .unwrap();
    crate::store::account::accept_privacy(&mut tx, person.0, &privacy)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    kit::signed_in(app, kit::phone(serial).reveal(), ADMIN_PASSWORD).await
}

#[tokio::test]
async fn fld_10_an_operator_gets_label_and_a_random_first_password_shown_once() {
    let app = app().await;
    let branch = &app.league.branch;
    let person = cadre(&app, "李演示", 71, branch).await;
    let desk = desk(&app, branch);
    for label in ["", "这个职位标签有二十一个字所以太长了不能用的呀呀"] {
        act(&desk, "set", person, label)
            .await
            .expect(422)
            .see("请填写职位标签，1–20个字");
    }
    let page = act(&desk, "set", person, "组织委员").await.expect(200);
    let password = shown(&page);
    assert_eq!(password.chars().count(), 12);
    let list = desk.get(HERE).await.expect(200);
    assert!(list.has("组织委员") && list.has("100****0071") && !list.has(&password));
    act(&desk, "set", person, "组织委员")
        .await
        .expect(422)
        .see("李演示已在本组织任运营者");
    // The phone is the account; the first password must be changed.
    let first = kit::signed_in(&app, kit::phone(71).reveal(), &password).await;
    assert_ne!(first.get("/console/grants").await.status, 200);
    first.get("/account/first").await.expect(200);
    // A plain member is not offered.
    let other = kit::person(&app, "孙演示", &number(72), Some(&kit::phone(72)), None).await;
    act(&desk, "set", other, "组织委员")
        .await
        .expect(422)
        .see("只能从本组织的团干部中选择");
    let national = kit::app().await;
    let elsewhere = national.admin("赵演示", &national.league.branch);
    assert_ne!(elsewhere.get(HERE).await.status, 200, "guangdong's alone");
}

#[tokio::test]
async fn acc_33_one_operates_one_organisation_and_the_last_one_stays() {
    let app = app().await;
    let (a, b) = (&app.league.branch, &app.league.branch_3);
    let person = cadre(&app, "李演示", 71, a).await;
    appoint(&app, person, b).await;
    let (own, other) = (desk(&app, a), desk(&app, b));
    act(&own, "set", person, "组织委员").await.expect(200);
    act(&other, "set", person, "书记")
        .await
        .expect(422)
        .see("的运营者，一人只能在一个组织担任运营者。")
        .see("软件2023级1班团支部");
    act(&other, "cancel", person, "")
        .await
        .expect(422)
        .see("李演示不是本组织的运营者");
    act(&own, "cancel", person, "")
        .await
        .expect(422)
        .see("每个组织须保留至少1名运营者。");
    let browser = signed_in(&app, person, 71).await;
    browser.get("/console/grants").await.expect(200);
    let second = cadre(&app, "王演示", 72, a).await;
    act(&own, "set", second, "宣传委员").await.expect(200);
    act(&own, "cancel", person, "").await.expect(303);
    assert_ne!(
        browser.get(HERE).await.status,
        200,
        "ended with the next request"
    );
    // Released by the first, the other organisation succeeds; the account is there already, no password is shown.
    act(&other, "set", person, "书记").await.expect(303);
    // The superior sets nobody's operators.
    let college = desk(&app, &app.league.college);
    act(&college, "cancel", second, "").await.expect(422);
}

#[tokio::test]
async fn fld_10_the_organisation_resets_its_operators_passwords() {
    let app = app().await;
    let branch = &app.league.branch;
    let person = cadre(&app, "李演示", 71, branch).await;
    let desk = desk(&app, branch);
    act(&desk, "reset", person, "")
        .await
        .expect(422)
        .see("李演示不是本组织的运营者");
    act(&desk, "set", person, "组织委员").await.expect(200);
    let browser = signed_in(&app, person, 71).await;
    let page = act(&desk, "reset", person, "").await.expect(200);
    let password = shown(&page);
    assert_ne!(browser.get(HERE).await.status, 200, "sessions end");
    kit::signed_in(&app, kit::phone(71).reveal(), &password)
        .await
        .get("/account/first")
        .await
        .expect(200);
}

#[tokio::test]
async fn fld_11_old_acts_keep_the_label_they_were_signed_with() {
    let app = app().await;
    let branch = &app.league.branch;
    let person = cadre(&app, "李演示", 71, branch).await;
    let second = cadre(&app, "王演示", 72, branch).await;
    let desk = desk(&app, branch);
    act(&desk, "set", person, "组织委员").await.expect(200);
    let browser = signed_in(&app, person, 71).await;
    let id = second.to_string();
    let fields = |what: &'static str| [("person", id.clone()), ("act", what.to_owned())];
    let disable = fields("disable");
    let disable: Vec<(&str, &str)> = disable.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = format!("{STATE}?person={id}");
    browser.submit(&page, STATE, &disable).await.expect(303);
    act(&desk, "relabel", person, "书记").await.expect(303);
    let enable = fields("enable");
    let enable: Vec<(&str, &str)> = enable.iter().map(|(k, v)| (*k, v.as_str())).collect();
    browser.submit(&page, STATE, &enable).await.expect(303);
    let log = desk.get("/console/operators/log").await.expect(200);
    for text in ["组织委员李演示", "书记李演示", "禁用团干部", "启用团干部"] {
        assert!(log.has(text), "{text}: {}", log.body);
    }
}

#[tokio::test]
async fn fld_12_a_disabled_cadre_is_kept_out_of_this_organisation_alone() {
    let app = app().await;
    let (a, b) = (&app.league.branch, &app.league.branch_3);
    let person = cadre(&app, "李演示", 71, a).await;
    appoint(&app, person, b).await;
    let own = desk(&app, a);
    act(&own, "set", person, "组织委员").await.expect(200);
    let id = person.to_string();
    let page = format!("{STATE}?person={id}");
    let disable = [("person", id.as_str()), ("act", "disable")];
    own.submit(&page, STATE, &disable)
        .await
        .expect(422)
        .see("每个组织须保留至少1名运营者。");
    let second = cadre(&app, "王演示", 72, a).await;
    act(&own, "set", second, "宣传委员").await.expect(200);
    let browser = signed_in(&app, person, 71).await;
    let before = own.get("/console/cadres").await.expect(200);
    assert!(before.has("是否入驻企业号"));
    own.submit(&page, STATE, &disable).await.expect(303);
    own.submit(&page, STATE, &disable)
        .await
        .expect(422)
        .see("该记录已处于禁用状态");
    let list = own.get("/console/cadres").await.expect(200);
    assert!(list.has("已禁用") && list.has("李演示"), "the post stays");
    // Not here any more, elsewhere as before; the right rests.
    assert_ne!(browser.get(HERE).await.status, 200);
    browser
        .get("/account/switch")
        .await
        .expect(200)
        .see("您在该组织的团干身份已被禁用，请联系〔软件2023级1班团支部〕")
        .see("汉语2024级1班团支部");
    let org = a.id.to_string();
    browser
        .submit("/account/switch", "/account/switch", &[("org", &org)])
        .await
        .expect(403)
        .see("您在该组织的团干身份已被禁用");
    let enable = [("person", id.as_str()), ("act", "enable")];
    own.submit(&page, STATE, &enable).await.expect(303);
    own.submit(&page, STATE, &enable)
        .await
        .expect(422)
        .see("该记录已处于启用状态");
    browser
        .submit("/account/switch", "/account/switch", &[("org", &org)])
        .await
        .expect(303);
}

#[tokio::test]
async fn fld_13_deleting_a_cadre_says_first_what_will_happen() {
    let app = app().await;
    let (a, b) = (&app.league.branch, &app.league.branch_3);
    let person = cadre(&app, "李演示", 71, a).await;
    appoint(&app, person, b).await;
    let (own, other) = (desk(&app, a), desk(&app, b));
    act(&own, "set", person, "组织委员").await.expect(200);
    let id = person.to_string();
    let page = format!("{STATE}?person={id}");
    own.get(&page)
        .await
        .expect(200)
        .see("其他组织的 1 个任职不变")
        .see("在本组织的运营者权限同时结束")
        .see("团籍和团员资料不受影响");
    let remove = [("person", id.as_str()), ("act", "remove")];
    own.submit(&page, STATE, &remove).await.expect(303);
    assert_ne!(own.get(&page).await.status, 200, "no record any more");
    let mut reader = app.db.read().await.unwrap();
    let left = people::posts(&mut reader, person).await.unwrap();
    assert_eq!((left.len(), left[0].org), (1, b.id));
    assert!(
        people::membership(&mut reader, person)
            .await
            .unwrap()
            .is_some()
    );
    drop(reader);
    // The last organisation: typed confirmation.
    other
        .submit(&page, STATE, &remove)
        .await
        .expect(422)
        .see("请输入姓名“李演示”确认删除");
    let sure = [remove[0], remove[1], ("confirm", "李演示")];
    other.submit(&page, STATE, &sure).await.expect(303);
    assert!(!other.get("/console/cadres").await.has(&page));
    let mut reader = app.db.read().await.unwrap();
    let grants = crate::administrators(&mut reader, a.id).await.unwrap();
    assert!(grants.iter().all(|holder| holder.account_id != person.0));
}

#[tokio::test]
async fn ros_44_one_phone_serves_a_cadre_in_several_organisations_and_the_lists_say_who_has_entered()
 {
    let app = app().await;
    let (a, b) = (&app.league.branch, &app.league.branch_3);
    let person = cadre(&app, "李演示", 71, a).await;
    appoint(&app, person, b).await;
    let (own, other) = (desk(&app, a), desk(&app, b));
    let shown = async |desk: &Client, entered: &str| {
        let list = desk.get("/console/cadres").await.expect(200);
        let chip = format!("<span class=\"tj-chip\">{entered}</span>");
        for text in ["李演示", "100****0071", "是否入驻企业号", &chip] {
            assert!(list.has(text), "{text}: {}", list.body);
        }
    };
    shown(&own, "否").await;
    shown(&other, "否").await;
    // The phone is the key: it opens both organisations, as one person.
    act(&own, "set", person, "组织委员").await.expect(200);
    let browser = signed_in(&app, person, 71).await;
    browser
        .get("/account/switch")
        .await
        .expect(200)
        .see("软件2023级1班团支部")
        .see("汉语2024级1班团支部");
    shown(&own, "是").await;
    shown(&other, "是").await;
}
