//! Looking after accounts: stopping and opening (2.1, ACC-68), ending sessions (SEC-10).

use super::kit::{self, PASSWORD};
use base::{IdNumber, PersonId};
use testkit::{Client, TestApp};

struct Scene {
    app: TestApp,
    number: IdNumber,
    person: PersonId,
    page: String,
}

/// A member of the second branch who has an account.
async fn scene() -> Scene {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 451);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let page = format!("/console/people/{person}/account");
    Scene {
        app,
        number,
        person,
        page,
    }
}

impl Scene {
    async fn set(&self, admin: &Client, act: &str, reason: &str) -> testkit::Answer {
        let key = admin.get("/account").await.expect(200).key();
        let fields = [("_key", key.as_str()), ("act", act), ("reason", reason)];
        admin.post(&format!("{}/state", self.page), &fields).await
    }

    async fn sign_in(&self) -> testkit::Answer {
        let fields = [("identifier", self.number.reveal()), ("password", PASSWORD)];
        self.app.guest().submit("/login", "/login", &fields).await
    }
}

#[tokio::test]
async fn acc_68_the_direct_superior_stops_an_account_and_who_stopped_it_or_stands_above_opens_it() {
    let s = scene().await;
    let league = s.app.league.clone();
    let browser = kit::signed_in(&s.app, s.number.reveal(), PASSWORD).await;
    let branch = kit::admin(&s.app, "支演示", 452, &league.branch_2).await;
    let college = kit::admin(&s.app, "院演示", 453, &league.college).await;
    let university = kit::admin(&s.app, "校演示", 454, &league.university).await;
    let elsewhere = kit::admin(&s.app, "外演示", 455, &league.company).await;
    elsewhere.get(&s.page).await.expect(403);
    s.set(&elsewhere, "stop", "调离本单位").await.expect(403);
    // The own administrator helps, the superior of the superior looks.
    let own = branch.get(&s.page).await.expect(200);
    assert!(own.has("解除锁定") && !own.has("停用账号"), "{}", own.body);
    s.set(&branch, "stop", "调离本单位").await.expect(403);
    s.set(&university, "stop", "调离本单位").await.expect(403);
    browser.get("/account").await.expect(200);
    // Four characters are no reason, five are.
    let page = college.get(&s.page).await.expect(200);
    page.see("停用账号").see("正常");
    let short = s.set(&college, "stop", "调离了人").await.expect(422);
    short.see("请写明停用原因，5–200个字").see("调离了人");
    s.set(&college, "stop", "已调离单位").await.expect(303);
    let gone = browser.get("/account").await.expect(303);
    assert!(gone.location.starts_with("/login"), "{}", gone.location);
    s.sign_in()
        .await
        .expect(422)
        .see("已停用")
        .see("已调离单位");
    let told = kit::messages_for(&s.app, s.person.0).await;
    assert!(
        told.iter()
            .any(|m| m.contains("已调离单位") && m.contains("信息学院团委")),
        "{told:?}"
    );
    assert_eq!(
        kit::recorded(&s.app, "account.disabled", s.person.0).await,
        1
    );
    s.set(&college, "stop", "再停一次吧")
        .await
        .expect(422)
        .see("不用再停用");
    // Below and elsewhere nobody opens it; above does.
    s.set(&branch, "open", "").await.expect(403);
    s.set(&elsewhere, "open", "").await.expect(403);
    let above = university.get(&s.page).await.expect(200);
    above
        .see("已调离单位")
        .see("海棠理工大学信息学院团委")
        .see("恢复账号");
    s.set(&university, "open", "").await.expect(303);
    s.sign_in().await.expect(303);
    assert_eq!(
        kit::recorded(&s.app, "account.activated", s.person.0).await,
        1
    );
}

#[tokio::test]
async fn acc_51_who_administers_is_looked_after_where_the_right_is_held() {
    let s = scene().await;
    let league = s.app.league.clone();
    // A member of a branch below the college, administrator of the university above it.
    let number = kit::id_number("20050305", 461);
    let chief = kit::account(
        &s.app,
        "钱演示",
        &number,
        PASSWORD,
        Some(&league.university),
    )
    .await;
    let of_chief = Scene {
        page: format!("/console/people/{chief}/account"),
        number,
        person: chief,
        app: s.app,
    };
    let college = kit::admin(&of_chief.app, "院演示", 462, &league.college).await;
    of_chief
        .set(&college, "stop", "越级停用账号")
        .await
        .expect(403);
    college.get(&of_chief.page).await.expect(403);
    let city = kit::admin(&of_chief.app, "市演示", 463, &league.city).await;
    of_chief
        .set(&city, "stop", "不再担任职务")
        .await
        .expect(303);
    // A stopped account holds no office, and opening it gives none back.
    of_chief.set(&city, "open", "").await.expect(303);
    let browser = kit::signed_in(&of_chief.app, of_chief.number.reveal(), PASSWORD).await;
    browser.get("/console/grants").await.expect(403);
}

#[tokio::test]
async fn sec_10_administrators_end_the_sessions_of_accounts_in_scope() {
    let s = scene().await;
    let league = s.app.league.clone();
    let (one, two) = (
        kit::signed_in(&s.app, s.number.reveal(), PASSWORD).await,
        kit::signed_in(&s.app, s.number.reveal(), PASSWORD).await,
    );
    let branch = kit::admin(&s.app, "支演示", 456, &league.branch_2).await;
    let elsewhere = kit::admin(&s.app, "外演示", 457, &league.branch).await;
    let key = elsewhere.get("/account").await.key();
    let fields = [("_key", key.as_str()), ("act", "sessions")];
    elsewhere.post(&s.page, &fields).await.expect(403);
    one.get("/account").await.expect(200);
    branch.get(&s.page).await.expect(200).see("2处");
    let act = [("act", "sessions")];
    branch.submit(&s.page, &s.page, &act).await.expect(303);
    for browser in [one, two] {
        assert!(
            browser
                .get("/account")
                .await
                .expect(303)
                .location
                .starts_with("/login")
        );
    }
    s.sign_in().await.expect(303);
    assert_eq!(
        kit::recorded(&s.app, "account.sessions_ended", s.person.0).await,
        1
    );
    let told = kit::messages_for(&s.app, s.person.0).await;
    assert!(
        told.iter().any(|m| m.contains("所有设备上的登录")),
        "{told:?}"
    );
    // After ten minutes the password is asked again (ACC-67), and nothing has happened.
    s.app.later_by(601);
    let asked = branch.submit(&s.page, &s.page, &act).await;
    asked.expect(422).see("再次验证身份");
    assert_eq!(
        kit::recorded(&s.app, "account.sessions_ended", s.person.0).await,
        1
    );
}

#[tokio::test]
async fn acc_69_an_organisation_reads_its_own_security_log_and_the_auditor_everything() {
    let s = scene().await;
    let league = s.app.league.clone();
    let number = kit::id_number("19900101", 471);
    kit::account(
        &s.app,
        "院演示",
        &number,
        kit::ADMIN_PASSWORD,
        Some(&league.college),
    )
    .await;
    let wrong = [
        ("identifier", number.reveal()),
        ("password", "wrong-password-1"),
    ];
    s.app
        .guest()
        .submit("/login", "/login", &wrong)
        .await
        .expect(422);
    let college = kit::signed_in(&s.app, number.reveal(), kit::ADMIN_PASSWORD).await;
    // A guessed address is refused, and the line says who asked for whom.
    let guessed = format!("/console/people/{}/reset", uuid::Uuid::from_u128(7));
    college.get(&guessed).await.expect(403);
    let log = college.get("/console/security").await.expect(200);
    log.see("院演示")
        .see("登录成功")
        .see("登录失败")
        .see("访问被拒绝")
        .see(&guessed);
    let only = college
        .get("/console/security?kind=refusal")
        .await
        .expect(200);
    assert!(only.has(&guessed) && !only.has("登录成功"), "{}", only.body);
    let before = college
        .get("/console/security?day=2026-09-17")
        .await
        .expect(200);
    before.see("所选条件下没有安全事件");
    let own = college.get("/account").await.expect(200);
    own.see("访问被拒绝");
    // Nobody else's organisation reads it, cadres and members do not, nor do administrators read everything.
    let other = kit::admin(&s.app, "外演示", 472, &league.company).await;
    let theirs = other.get("/console/security").await.expect(200);
    assert!(
        !theirs.has("院演示") && !theirs.has(&guessed),
        "{}",
        theirs.body
    );
    college.get("/console/security/all").await.expect(403);
    let member = kit::signed_in(&s.app, s.number.reveal(), PASSWORD).await;
    member.get("/console/security").await.expect(403);
    let cadre = s.app.client(testkit::signed_in(
        "干演示",
        access::Role::Cadre,
        &league.college,
    ));
    cadre.get("/console/security").await.expect(403);
    let auditor = s.app.client(testkit::signed_in(
        "审演示",
        access::Role::Auditor,
        &league.root,
    ));
    let all = auditor.get("/console/security/all").await.expect(200);
    all.see("院演示")
        .see("外演示")
        .see("信息学院团委")
        .see(&guessed);
    // Two years are kept, on both sides. Nothing but this work is due: the schedules of two years are not caught up.
    s.app.move_to("2028-09-19 04:00");
    let mut tx = kit::begin(&s.app).await;
    tx.enqueue(db::jobs::NewJob::new(
        "accounts.sweep",
        serde_json::json!({}),
    ))
    .await
    .unwrap();
    tx.commit_housekeeping().await.unwrap();
    while s.app.jobs.run_one(&s.app.db).await.unwrap() {}
    let kept = auditor
        .get("/console/security/all?kind=refusal")
        .await
        .expect(200);
    assert!(!kept.has(&guessed), "{}", kept.body);
    let mut reader = s.app.db.read().await.unwrap();
    let from = (reader.now(), uuid::Uuid::max());
    let lines = crate::store::security::of_org(&mut reader, league.college.id, from, "refusal", 10)
        .await
        .unwrap();
    assert!(lines.is_empty(), "{lines:?}");
}

#[tokio::test]
async fn acc_69_older_lines_follow_page_by_page() {
    let s = scene().await;
    let league = s.app.league.clone();
    let college = kit::admin(&s.app, "院演示", 473, &league.college).await;
    for n in 0..60 {
        college
            .get(&format!(
                "/console/people/{}/reset",
                uuid::Uuid::from_u128(n)
            ))
            .await
            .expect(403);
    }
    let first = college.get("/console/security").await.expect(200);
    assert_eq!(first.body.matches("<tr><td").count(), 50);
    let older = first
        .body
        .split('"')
        .find(|part| part.contains("before="))
        .expect("older ones");
    let older = older.replace("&#38;", "&").replace("&amp;", "&");
    let second = college.get(&older).await.expect(200);
    // Of one moment, in the order of their ids: every line once.
    let refusals = |page: &testkit::Answer| page.body.matches("<td>访问被拒绝</td>").count();
    assert_eq!(refusals(&first) + refusals(&second), 60);
    assert!(!second.has("before="), "{}", second.body);
}

#[tokio::test]
async fn sec_05_first_passwords_that_can_be_guessed_are_counted_where_the_profile_has_them() {
    let s = scene().await;
    let count = async |profile| {
        let mut reader = s.app.db.read().await.unwrap();
        crate::guessable_first_passwords(&mut reader, &kit::policy(profile))
            .await
            .unwrap()
    };
    assert_eq!(
        count("national").await,
        Some(0),
        "everybody has an own password"
    );
    let new = kit::id_number("20050305", 491);
    kit::person(&s.app, "吴演示", &new, None, None).await;
    assert_eq!(count("national").await, Some(1));
    assert_eq!(count("guangdong").await, None);
    assert_eq!(count("beijing").await, None);
}
