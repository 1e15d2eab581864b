//! 手机号申诉: from the ID card's pictures to the new phone, with everything that may come between (ACC-53, ACC-54, 2.4).

use super::kit;
use access::{OrgRef, Role};
use approvals::{Case, ReturnInput};
use base::{Error, IdNumber, Mobile, PersonId};
use testkit::{Answer, Client, TestApp};

const PASSWORD: &str = "xin-shou-ji-2026";
const DAY: i64 = 86_400;

fn number() -> IdNumber {
    kit::id_number("20040520", 71)
}

fn new_phone() -> Mobile {
    kit::phone(72)
}

fn old_phone() -> Mobile {
    kit::phone(71)
}

/// A member of the branch whose phone on file is the old one.
async fn member() -> (TestApp, PersonId) {
    let app = kit::app_of("beijing").await;
    let branch = app.league.branch.clone();
    let person = kit::person(&app, "冯演示", &number(), Some(&old_phone()), Some(&branch)).await;
    let mut tx = kit::begin(&app).await;
    crate::make_account(&mut tx, person, kit::PASSWORD, false, "2026-09")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (app, person)
}

/// Sends an appeal as `browser`, with these changes to a good one.
async fn send(
    app: &TestApp,
    browser: &Client,
    change: &[(&str, &str)],
    photos: &[(&str, &str, &[u8])],
) -> Answer {
    let id_number = number();
    let phone = new_phone();
    let first = [
        ("name", "冯演示"),
        ("id_number", id_number.reveal()),
        ("phone", phone.reveal()),
    ];
    app.later_by(61);
    browser
        .submit("/appeal", "/appeal/code", &first)
        .await
        .expect(200)
        .see("已发送到");
    let code = kit::last_code(app, &phone).await;
    let mut fields: Vec<(&str, &str)> = first.to_vec();
    fields.extend([
        ("code", code.as_str()),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ]);
    for (name, value) in change {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    browser
        .upload_all("/appeal", "/appeal", &fields, photos)
        .await
}

async fn appeal(app: &TestApp) -> Answer {
    let photo = files::picture::plain(80, 50);
    let photos = [
        ("front", "1.png", photo.as_slice()),
        ("back", "2.png", photo.as_slice()),
    ];
    send(app, &app.guest(), &[], &photos).await
}

/// The code a submission shows.
fn code_of(answer: &Answer) -> String {
    let (_, rest) = answer
        .body
        .split_once("class=\"tj-code\">")
        .expect("a code");
    rest.chars().take(10).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test looks at the row past the store"
)]
async fn latest(app: &TestApp) -> (uuid::Uuid, String) {
    let mut conn = app.db.read().await.unwrap();
    sqlx::query_as("select appeal_id, state from phone_appeal order by submitted_at desc limit 1")
        .fetch_one(&mut *conn)
        .await
        .unwrap()
}

async fn state(app: &TestApp) -> String {
    latest(app).await.1
}

async fn case(app: &TestApp) -> Case {
    let mut conn = app.db.read().await.unwrap();
    let (id, _) = latest(app).await;
    let row = crate::store::appeal::find(&mut conn, id)
        .await
        .unwrap()
        .unwrap();
    let key = approvals::CaseKey {
        subject: PersonId(row.person_id),
        case: row.case_id.expect("a case").into(),
    };
    approvals::find_case(&mut conn, key)
        .await
        .unwrap()
        .expect("the case")
}

async fn pass(app: &TestApp, org: &OrgRef, how: &str) -> base::Result<()> {
    let case = case(app).await;
    let actor = app.actor("王样本", Role::Administrator, org);
    let mut tx = app.db.begin(actor).await?;
    let kinds = kit::kinds("beijing");
    approvals::pass(&mut tx, &kinds, case.key, case.step_no, "", Some(how)).await?;
    tx.commit().await
}

async fn reject(app: &TestApp, org: &OrgRef) {
    let case = case(app).await;
    let actor = app.actor("王样本", Role::Administrator, org);
    let mut tx = app.db.begin(actor).await.unwrap();
    let input = ReturnInput {
        code: "unreadable".into(),
        text: String::new(),
        insist: false,
    };
    approvals::return_(
        &mut tx,
        &kit::kinds("beijing"),
        case.key,
        case.step_no,
        input,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn apply(app: &TestApp) -> u32 {
    crate::actions::appeal_end::apply_due(&app.db, &kit::policy("beijing"))
        .await
        .unwrap()
}

async fn gets_in(app: &TestApp, phone: &Mobile, password: &str) -> bool {
    let fields = [("identifier", phone.reveal()), ("password", password)];
    app.guest().submit("/login", "/login", &fields).await.status == 303
}

async fn follow(app: &TestApp, code: &str, go: &str) -> Answer {
    let fields = [("code", code), ("go", go)];
    app.guest()
        .submit("/appeal/follow", "/appeal/follow", &fields)
        .await
}

#[tokio::test]
async fn acc_53_approved_by_photos_it_takes_effect_after_a_day() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    let sent = appeal(&app).await.expect(200).see("等待审核");
    let code = code_of(&sent);
    follow(&app, &code, "show").await.expect(200).see("待审核");
    pass(&app, &branch, "photos").await.unwrap();
    assert_eq!(state(&app).await, "approved");
    assert!(!gets_in(&app, &new_phone(), PASSWORD).await);
    app.later_by(DAY - 1);
    assert_eq!(apply(&app).await, 0, "a second before");
    assert!(gets_in(&app, &old_phone(), kit::PASSWORD).await);
    app.later_by(1);
    assert_eq!(apply(&app).await, 1);
    assert_eq!(apply(&app).await, 0, "once");
    assert!(gets_in(&app, &new_phone(), PASSWORD).await);
    assert!(!gets_in(&app, &old_phone(), kit::PASSWORD).await);
    follow(&app, &code, "show").await.expect(200).see("已生效");
    assert!(kit::last_sms(&app, &new_phone()).await.contains("已生效"));
}

#[tokio::test]
async fn acc_53_known_in_person_it_takes_effect_at_once_and_ends_sessions() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    let before = kit::signed_in(&app, old_phone().reveal(), kit::PASSWORD).await;
    appeal(&app).await.expect(200);
    pass(&app, &branch, "in_person").await.unwrap();
    assert_eq!(state(&app).await, "effective");
    assert!(gets_in(&app, &new_phone(), PASSWORD).await);
    before.get("/account").await.expect(303);
}

#[tokio::test]
async fn acc_53_a_reviewer_must_say_how_the_person_was_known() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    appeal(&app).await.expect(200);
    let refused = pass(&app, &branch, "").await.unwrap_err();
    assert!(refused.to_string().contains("请先选择"), "{refused}");
    // The direct superior may decide as well, a neighbour may not.
    let other = app.league.branch_2.clone();
    assert!(matches!(
        pass(&app, &other, "photos").await,
        Err(Error::NotFound)
    ));
    let college = app.league.college.clone();
    pass(&app, &college, "photos").await.unwrap();
}

#[tokio::test]
async fn acc_53_the_old_phone_objects_and_the_next_superior_decides() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    appeal(&app).await.expect(200);
    pass(&app, &branch, "photos").await.unwrap();
    let text = kit::last_sms(&app, &old_phone()).await;
    let (_, code) = text.split_once("输入异议码").expect("a code");
    let code: String = code.chars().take(10).collect();
    follow(&app, &code, "show")
        .await
        .expect(200)
        .see("提出异议");
    follow(&app, &code, "object")
        .await
        .expect(200)
        .see("有异议");
    assert_eq!(state(&app).await, "disputed");
    app.later_by(2 * DAY);
    assert_eq!(apply(&app).await, 0, "nothing happens by itself any more");
    assert!(pass(&app, &branch, "photos").await.is_err());
    let college = app.league.college.clone();
    pass(&app, &college, "photos").await.unwrap();
    assert_eq!(state(&app).await, "effective");
}

#[tokio::test]
async fn acc_53_an_objection_after_the_day_comes_too_late() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    let sent = appeal(&app).await.expect(200);
    // The appellant's own code does not object.
    pass(&app, &branch, "photos").await.unwrap();
    follow(&app, &code_of(&sent), "object").await.expect(403);
    let text = kit::last_sms(&app, &old_phone()).await;
    let (_, code) = text.split_once("输入异议码").expect("a code");
    let code: String = code.chars().take(10).collect();
    app.later_by(DAY);
    follow(&app, &code, "object").await.expect(409);
    assert_eq!(apply(&app).await, 1);
}

#[tokio::test]
async fn acc_53_an_administrators_appeal_goes_to_the_superior_alone() {
    let (app, person) = member().await;
    let branch = app.league.branch.clone();
    let mut tx = kit::begin(&app).await;
    let org = orgs::find(&mut tx, branch.id).await.unwrap().unwrap();
    let policy = kit::policy("beijing");
    crate::grant(
        &mut tx,
        &policy,
        person,
        "冯演示",
        &org,
        Role::Administrator,
        "seed",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    appeal(&app).await.expect(200);
    assert!(pass(&app, &branch, "in_person").await.is_err());
    let college = app.league.college.clone();
    pass(&app, &college, "in_person").await.unwrap();
}

#[tokio::test]
async fn acc_53_photos_are_both_needed_and_must_be_pictures_of_at_most_five_megabytes() {
    let (app, _) = member().await;
    let photo = files::picture::plain(80, 50);
    let front = ("front", "1.png", photo.as_slice());
    let guest = app.guest();
    send(&app, &guest, &[], &[front])
        .await
        .expect(422)
        .see("请上传身份证国徽面的照片");
    let pdf: &[u8] = b"%PDF-1.7 nothing";
    send(&app, &guest, &[], &[front, ("back", "2.jpg", pdf)])
        .await
        .expect(422)
        .see("身份证国徽面须为JPG或PNG图片");
    let bounds = crate::actions::appeal::bounds("back", "身份证国徽面");
    let large = bytes::Bytes::from(vec![0; 5 * 1024 * 1024 + 1]);
    for (bytes, said) in [
        (large.clone(), "身份证国徽面不能超过5MB"),
        (large.slice(1..), "身份证国徽面须为JPG或PNG图片"),
    ] {
        let refused = files::picture::clean(bytes, bounds).await.unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
}

#[tokio::test]
async fn acc_53_without_the_new_phones_code_nothing_is_told() {
    let (app, _) = member().await;
    let photo = files::picture::plain(80, 50);
    let photos = [
        ("front", "1.png", photo.as_slice()),
        ("back", "2.png", photo.as_slice()),
    ];
    let unknown = kit::id_number("20040520", 79);
    for id in [number().reveal(), unknown.reveal()] {
        let change = [("code", "000000"), ("id_number", id)];
        let refused = send(&app, &app.guest(), &change, &photos).await.expect(422);
        refused.see("验证码不正确");
    }
    let change = [("id_number", unknown.reveal())];
    send(&app, &app.guest(), &change, &photos)
        .await
        .expect(422)
        .see("该身份证号还没有登记");
}

#[tokio::test]
async fn acc_53_one_appeal_at_a_time_and_it_can_be_taken_back() {
    let (app, _) = member().await;
    let code = code_of(&appeal(&app).await.expect(200));
    appeal(&app).await.expect(422).see("已有一件申诉正在办理");
    follow(&app, "ABCDEFGHJK", "show")
        .await
        .expect(422)
        .see("编号不正确");
    follow(&app, &code, "withdraw")
        .await
        .expect(200)
        .see("已撤回");
    follow(&app, &code, "withdraw").await.expect(409);
    appeal(&app).await.expect(200).see("等待审核");
}

#[tokio::test]
async fn acc_54_three_rejections_in_thirty_days_send_the_person_to_the_branch() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    for _ in 0..3 {
        app.later_by(3_600);
        appeal(&app).await.expect(200);
        reject(&app, &branch).await;
    }
    assert!(
        kit::last_sms(&app, &new_phone())
            .await
            .contains("照片看不清")
    );
    app.later_by(30 * DAY - 3 * 3_600);
    appeal(&app)
        .await
        .expect(422)
        .see("请本人带身份证到所在团支部当面办理");
    app.later_by(3 * 3_600);
    appeal(&app).await.expect(200).see("等待审核");
}

#[tokio::test]
async fn acc_54_pictures_are_shown_under_a_watermark_to_the_reviewer_and_recorded() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    appeal(&app).await.expect(200);
    let (id, _) = latest(&app).await;
    let place = format!("/console/appeals/{id}/front");
    let reviewer = app.admin("王样本", &branch);
    let shown = reviewer.get(&place).await.expect(200);
    shown
        .see("仅供核验手机号申诉 ")
        .see("王样本")
        .see("data:image/jpeg;base64,");
    app.admin("李样本", &app.league.branch_2)
        .get(&place)
        .await
        .expect(403);
    reviewer
        .get(&format!("/console/appeals/{id}/side"))
        .await
        .expect(403);
    pass(&app, &branch, "in_person").await.unwrap();
    reviewer.get(&place).await.expect(403);
}

#[tokio::test]
async fn acc_54_pictures_go_thirty_days_after_the_decision() {
    let (app, _) = member().await;
    let branch = app.league.branch.clone();
    appeal(&app).await.expect(200);
    let (id, _) = latest(&app).await;
    let left = async || {
        let mut conn = app.db.read().await.unwrap();
        crate::store::picture::latest(&mut conn, id, "front")
            .await
            .unwrap()
    };
    let files = app.app.files().clone();
    let sweep = async || {
        crate::actions::pictures::sweep(&app.db, &files)
            .await
            .unwrap()
    };
    app.later_by(40 * DAY);
    assert_eq!(sweep().await, 0, "undecided they stay");
    reject(&app, &branch).await;
    let picture = left().await.expect("a picture");
    app.later_by(30 * DAY - 1);
    assert_eq!(sweep().await, 0);
    assert!(files.get(base::FileId(picture)).await.is_ok());
    app.later_by(1);
    assert_eq!(sweep().await, 2);
    assert_eq!(left().await, None);
    assert!(
        files.get(base::FileId(picture)).await.is_err(),
        "the bytes too"
    );
}

#[tokio::test]
async fn acc_53_what_was_typed_in_the_abandoned_registration_is_offered() {
    let (app, person) = member().await;
    let branch = app.league.branch.clone();
    let guest = app.guest();
    let phone = new_phone();
    let code = [("go", "code"), ("phone", phone.reveal())];
    guest
        .submit("/register/member", "/register/account", &code)
        .await
        .expect(200);
    let code = kit::last_code(&app, &phone).await;
    let fields = [
        ("go", "done"),
        ("phone", phone.reveal()),
        ("code", &code),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ];
    let entered = guest
        .submit("/register/member", "/register/account", &fields)
        .await
        .expect(303);
    let applicant = guest.with_cookies_of(&entered);
    let (branch_id, id_number) = (branch.id.to_string(), number());
    let typed = [
        ("page", "1"),
        ("go", "next"),
        ("branch", branch_id.as_str()),
        ("name", "冯演示"),
        ("id_number", id_number.reveal()),
        ("political", "共青团员"),
        ("ethnic", "满族"),
        ("education", "大学本科"),
        ("admitted_on", "2020-05"),
        ("admission_number", "202000123456"),
        ("is_student", "是"),
        ("volunteer", "1"),
    ];
    applicant
        .submit("/register/mine", "/register/report", &typed)
        .await
        .expect(303);
    let refused = applicant
        .submit("/register/mine", "/register/report/send", &[])
        .await
        .expect(422);
    refused.see("href=\"/appeal\"");
    // The appeal knows what was typed, and takes the phone from the account it gives up.
    applicant
        .get("/appeal")
        .await
        .expect(200)
        .see("value=\"冯演示\"")
        .see(phone.reveal());
    let photo = files::picture::plain(80, 50);
    let photos = [
        ("front", "1.png", photo.as_slice()),
        ("back", "2.png", photo.as_slice()),
    ];
    send(&app, &applicant, &[], &photos)
        .await
        .expect(200)
        .see("等待审核");
    pass(&app, &branch, "in_person").await.unwrap();
    assert!(gets_in(&app, &phone, PASSWORD).await);
    applicant.get("/register/mine").await.expect(303);
    let told = kit::messages_for(&app, person.0).await.join("\n");
    assert!(told.contains("民族：汉族 → 满族"), "{told}");
}

#[tokio::test]
async fn acc_53_who_has_an_office_but_no_branch_is_judged_by_the_province_or_the_root() {
    let app = kit::app_of("beijing").await;
    // A cadre of the second branch who is no member anywhere.
    let number = kit::id_number("20120101", 71);
    let cadre = kit::person(&app, "周演示", &number, None, None).await;
    let member = kit::id_number("20050305", 72);
    let member = kit::person(&app, "孙演示", &member, None, None).await;
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    for (person, org) in [
        (cadre, &app.league.province),
        (member, &app.league.branch_2),
    ] {
        let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
        let step = crate::actions::appeal::reviewer(&mut tx, &file)
            .await
            .unwrap();
        assert_eq!(step.org, org.id);
        assert_eq!(step.superior, approvals::Superior::Also);
    }
}
