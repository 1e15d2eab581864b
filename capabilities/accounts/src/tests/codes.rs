use super::kit;
use crate::{Issued, issue_code};
use access::{OrgRef, Role};
use base::Result;
use testkit::{Client, TestApp};

/// A code in clear, as the direct superior sees it.
pub(super) async fn issue(app: &TestApp, superior: &OrgRef, org: &OrgRef) -> Result<Issued> {
    let actor = app.actor("王样本", Role::Administrator, superior);
    let mut tx = app.db.begin(actor).await?;
    let org = orgs::find(&mut tx, org.id).await?.expect("organisation");
    let issued = issue_code(&mut tx, &kit::policy("national"), &org).await?;
    tx.commit().await?;
    Ok(issued)
}

async fn press(client: &Client, action: &str) -> testkit::Answer {
    client.submit("/console/codes", action, &[]).await
}

#[tokio::test]
async fn acc_27_a_code_is_shown_with_its_last_day_and_each_showing_is_recorded() {
    let app = kit::app().await;
    let college = kit::admin(&app, "赵演示", 17, &app.league.college.clone()).await;
    let branch = app.league.branch.id;
    let shown = press(&college, &format!("/console/codes/{branch}/issue"))
        .await
        .expect(200);
    // 20 days after 18 September.
    let shown = shown.see("2026-10-08 24:00");
    let code: String = shown
        .body
        .split("tj-code fs-3\">")
        .nth(1)
        .expect("a code")
        .chars()
        .take(8)
        .collect();
    assert!(
        code.bytes().all(|c| c.is_ascii_alphanumeric())
            && !code.contains(['0', 'O', '1', 'l', 'I']),
        "{code}"
    );
    assert!(
        code.bytes().any(|c| c.is_ascii_digit()) && code.bytes().any(|c| c.is_ascii_alphabetic())
    );
    college
        .get("/console/codes")
        .await
        .expect(200)
        .see("有效期至 2026-10-08")
        .see("查看");
    press(&college, &format!("/console/codes/{branch}/show"))
        .await
        .expect(200)
        .see(&code);
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(
        actions(&mut conn, branch.0).await,
        ["code.issued", "code.shown"]
    );
}

#[expect(clippy::disallowed_methods, reason = "a test reads the audit")]
async fn actions(conn: &mut sqlx::PgConnection, subject: uuid::Uuid) -> Vec<String> {
    sqlx::query_scalar("select action from audit_log where subject_id = $1 order by at, seq")
        .bind(subject)
        .fetch_all(conn)
        .await
        .unwrap()
}

#[tokio::test]
async fn acc_27_only_the_direct_superior_sees_codes() {
    let app = kit::app().await;
    let league = app.league.clone();
    let university = kit::admin(&app, "钱演示", 18, &league.university).await;
    let branch = league.branch.id;
    for act in ["issue", "show", "void"] {
        press(&university, &format!("/console/codes/{branch}/{act}"))
            .await
            .expect(403)
            .see("直接上级");
    }
    let company = kit::admin(&app, "孙演示", 19, &league.company).await;
    press(&company, &format!("/console/codes/{branch}/show"))
        .await
        .expect(403)
        .see("该对象不存在");
    let own = kit::admin(&app, "李演示", 20, &league.branch).await;
    own.get("/console/codes").await.expect(403);
}

#[tokio::test]
async fn acc_27_administrators_and_codes_together_are_two() {
    let app = kit::app().await;
    let league = app.league.clone();
    issue(&app, &league.college, &league.branch).await.unwrap();
    issue(&app, &league.college, &league.branch).await.unwrap();
    let third = issue(&app, &league.college, &league.branch)
        .await
        .unwrap_err();
    assert_eq!(third.code(), "code.enough");
    assert!(
        third
            .to_string()
            .starts_with("有效注册码与管理员合计已达2个。")
    );
    // One administrator and one code as well.
    kit::admin(&app, "赵演示", 17, &league.branch_2).await;
    issue(&app, &league.college, &league.branch_2)
        .await
        .unwrap();
    assert_eq!(
        issue(&app, &league.college, &league.branch_2)
            .await
            .unwrap_err()
            .code(),
        "code.enough"
    );
}

#[tokio::test]
async fn acc_22_a_new_code_can_be_made_when_the_old_one_has_expired() {
    let app = kit::app().await;
    let league = app.league.clone();
    for _ in 0..2 {
        issue(&app, &league.college, &league.branch).await.unwrap();
    }
    app.move_to("2026-10-08 23:59");
    assert_eq!(
        issue(&app, &league.college, &league.branch)
            .await
            .unwrap_err()
            .code(),
        "code.enough"
    );
    app.move_to("2026-10-09 00:00");
    issue(&app, &league.college, &league.branch).await.unwrap();
}

#[tokio::test]
async fn acc_27_a_withdrawn_code_makes_room() {
    let app = kit::app().await;
    let league = app.league.clone();
    issue(&app, &league.college, &league.branch).await.unwrap();
    issue(&app, &league.college, &league.branch).await.unwrap();
    let college = kit::admin(&app, "赵演示", 17, &league.college).await;
    press(
        &college,
        &format!("/console/codes/{}/void", league.branch.id),
    )
    .await
    .expect(303);
    college.get("/console/codes").await.see("已作废");
    issue(&app, &league.college, &league.branch).await.unwrap();
}

async fn batch(app: &TestApp, client: &Client) -> Vec<Vec<String>> {
    produced(app, client, "/console/codes/batch").await
}

/// The rows of the file that comes of pressing a button.
async fn produced(app: &TestApp, client: &Client, action: &str) -> Vec<Vec<String>> {
    let started = press(client, action).await.expect(303);
    assert!(
        started.location.starts_with("/jobs/"),
        "{}",
        started.location
    );
    app.settle().await;
    let job: i64 = started
        .location
        .trim_start_matches("/jobs/")
        .parse()
        .unwrap();
    let number = kit::id_number("19900101", 17);
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    let standing = db::overview::one(&mut conn, person, job)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(standing.state, "done", "{:?}", standing.message);
    let file: base::FileId = standing
        .link
        .unwrap()
        .trim_start_matches("/files/")
        .parse()
        .unwrap();
    let facts = files::find(&mut conn, file, app.db.clock.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(facts.owner, person.0, "nobody else fetches it");
    let bytes = app.app.files().get(file).await.unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0)
        .unwrap()
        .unwrap();
    sheet
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

#[tokio::test]
async fn acc_26_the_batch_repeats_good_codes_and_remarks_full_organisations() {
    let app = kit::app().await;
    let league = app.league.clone();
    let client = kit::admin(&app, "赵演示", 17, &league.college).await;
    let standing = issue(&app, &league.college, &league.branch).await.unwrap();
    for (name, serial) in [("周演示", 31), ("吴演示", 32)] {
        kit::admin(&app, name, serial, &league.branch_2).await;
    }
    let rows = batch(&app, &client).await;
    let of = |name: &str| rows.iter().find(|r| r[0] == name).expect("a line").clone();
    assert_eq!(
        of("软件2023级1班团支部")[2..4],
        [standing.code.clone(), "2026-10-08".to_owned()]
    );
    let full = of("软件2023级2班团支部");
    assert_eq!((full[2].as_str(), full[6].as_str()), ("", "管理员已满"));
    assert!(full[4].contains("周演示") && full[4].contains("吴演示"));
    // Again: the same codes.
    let again = batch(&app, &client).await;
    assert_eq!(
        again
            .iter()
            .find(|r| r[0] == "软件2023级1班团支部")
            .unwrap()[2],
        standing.code
    );
}

#[tokio::test]
async fn org_28_all_subordinates_without_account_get_theirs_in_one_file() {
    let app = kit::app_of("guangdong").await;
    let league = app.league.clone();
    let client = guangdong_admin(&app, &league.college).await;
    // One has its account already: it keeps its password.
    press(
        &client,
        &format!("/console/codes/{}/credentials", league.branch_2.id),
    )
    .await
    .expect(200);
    app.move_to("2026-09-18 10:05");
    let rows = produced(&app, &client, "/console/codes/credentials").await;
    let of = |name: &str| rows.iter().find(|r| r[0] == name).expect("a line").clone();
    let had = of("软件2023级2班团支部");
    assert_eq!(
        (had[3].as_str(), had[4].as_str(), had[5].as_str()),
        ("", "", "已有账号")
    );
    let new = of("软件2023级1班团支部");
    assert_eq!(new[3], league.number(&league.branch).to_string());
    let sign_in = async |password: &str| {
        let fields = [("identifier", new[3].as_str()), ("password", password)];
        app.guest().submit("/login", "/login", &fields).await
    };
    // Work that was killed before its file was written gives those accounts new passwords, and only those.
    let mut tx = app
        .db
        .begin(app.actor("赵演示", access::Role::Administrator, &league.college))
        .await
        .unwrap();
    let policy = app.app.policy::<crate::Policy>();
    let branch = orgs::find(&mut tx, league.branch.id)
        .await
        .unwrap()
        .unwrap();
    let since = tx.now();
    let give = crate::actions::org_accounts::give_first;
    let again = give(&mut tx, policy, &branch, since).await.unwrap();
    let again = again.expect("new ones").password;
    assert_ne!(again, new[4]);
    let later = since + chrono::TimeDelta::seconds(1);
    assert!(
        give(&mut tx, policy, &branch, later)
            .await
            .unwrap()
            .is_none()
    );
    tx.commit().await.unwrap();
    let entered = sign_in(&again).await.expect(303);
    assert_eq!(entered.location, "/account/first");
    let mut tx = kit::begin(&app).await;
    assert!(
        give(&mut tx, policy, &branch, since)
            .await
            .unwrap()
            .is_none()
    );
    drop(tx);
    // National organisations have no accounts.
    let national = kit::app().await;
    let college = kit::admin(&national, "赵演示", 17, &national.league.college).await;
    press(&college, "/console/codes/credentials")
        .await
        .expect(403);
}

#[tokio::test]
async fn acc_29_a_subordinate_gets_its_account_and_password_once() {
    let app = kit::app_of("guangdong").await;
    let league = app.league.clone();
    let client = guangdong_admin(&app, &league.college).await;
    let branch = league.branch.id;
    let shown = press(&client, &format!("/console/codes/{branch}/credentials"))
        .await
        .expect(200)
        .see("只显示这一次");
    let (account, password) = credentials(&shown);
    assert_eq!(
        (account.clone(), password.len()),
        (league.number(&league.branch).to_string(), 12)
    );
    let browser = app.guest();
    let entered = browser
        .submit(
            "/login",
            "/login",
            &[
                ("identifier", account.as_str()),
                ("password", password.as_str()),
            ],
        )
        .await
        .expect(303);
    assert_eq!(
        entered.location, "/account/first",
        "the first sign-in changes the password"
    );
    let browser = browser.with_cookies_of(&entered);
    let new = "Tuan-zhi-bu-26-xin";
    let fields = [("password", new), ("repeat", new), ("privacy", "2026-09")];
    let done = browser
        .submit("/account/first", "/account/first", &fields)
        .await
        .expect(303);
    assert_eq!(done.location, "/start?next=/console");
}

#[tokio::test]
async fn acc_13_in_guangdong_people_sign_in_by_phone_with_the_rights_of_their_organisation() {
    let app = kit::app_of("guangdong").await;
    let league = app.league.clone();
    let client = guangdong_admin(&app, &league.college).await;
    client.get("/console/codes").await.expect(200);
    // An ID number is no name to sign in with there.
    let refused = app
        .guest()
        .submit(
            "/login",
            "/login",
            &[
                ("identifier", kit::id_number("19900101", 17).reveal()),
                ("password", kit::ADMIN_PASSWORD),
            ],
        )
        .await;
    assert_eq!(refused.status, 422);
}

fn credentials(shown: &testkit::Answer) -> (String, String) {
    let mut parts = shown
        .body
        .split("<dd class=\"tj-code\">")
        .skip(1)
        .map(|p| p.split('<').next().unwrap().to_owned());
    (
        parts.next().expect("account"),
        parts.next().expect("password"),
    )
}

/// In guangdong people sign in by phone.
async fn guangdong_admin(app: &TestApp, org: &OrgRef) -> Client {
    let number = kit::id_number("19900101", 17);
    let person = kit::account(app, "赵演示", &number, kit::ADMIN_PASSWORD, Some(org)).await;
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let phone = people::find(&mut conn, &keys, person)
        .await
        .unwrap()
        .unwrap()
        .phone
        .unwrap();
    kit::signed_in(app, phone.reveal(), kit::ADMIN_PASSWORD).await
}

/// The same person in a new browser.
async fn guangdong_again(app: &TestApp) -> Client {
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let number = kit::id_number("19900101", 17);
    let person = people::by_id_number(&mut conn, &keys, &number)
        .await
        .unwrap();
    let person = person.expect("a person");
    let file = people::find(&mut conn, &keys, person).await.unwrap();
    let phone = file.and_then(|file| file.phone).expect("a phone");
    kit::signed_in(app, phone.reveal(), kit::ADMIN_PASSWORD).await
}

#[tokio::test]
async fn acc_18_an_organisations_account_hides_its_own_number_and_name_in_no_password() {
    let app = kit::app_of("guangdong").await;
    let client = guangdong_admin(&app, &app.league.college.clone()).await;
    let place = format!("/console/codes/{}/credentials", app.league.branch.id);
    let (account, given) = credentials(&press(&client, &place).await.expect(200));
    let fields = [
        ("identifier", account.as_str()),
        ("password", given.as_str()),
    ];
    let browser = app.guest();
    let entered = browser
        .submit("/login", "/login", &fields)
        .await
        .expect(303);
    let browser = browser.with_cookies_of(&entered);
    let page = "/account/first";
    let privacy = kit::policy("guangdong").privacy_version;
    let choose = async |password: &str| {
        let fields = [
            ("password", password),
            ("repeat", password),
            ("privacy", privacy.as_str()),
        ];
        browser.submit(page, page, &fields).await
    };
    for own in [account.as_str(), "Ruanjian"] {
        let answer = choose(&format!("Kf7-qm-Wx-{own}")).await.expect(422);
        answer.see("所管理组织的ID和名称拼音");
    }
    choose("Kf7-qm-Wx-lv-ye").await.expect(303);
}

#[tokio::test]
async fn sec_05_a_password_given_by_the_superior_lapses_unused_after_seven_days() {
    let app = kit::app_of("guangdong").await;
    let client = guangdong_admin(&app, &app.league.college.clone()).await;
    let place = format!("/console/codes/{}/credentials", app.league.branch.id);
    let (account, password) = credentials(&press(&client, &place).await.expect(200));
    let enter = async |account: &str, password: &str| {
        let fields = [("identifier", account), ("password", password)];
        app.guest().submit("/login", "/login", &fields).await
    };
    app.move_to("2026-09-25 09:59");
    enter(&account, &password).await.expect(303);
    app.move_to("2026-09-25 10:00");
    let answer = enter(&account, &password).await.expect(422);
    answer.see("7天内没有使用，已经失效").see("重新获取");
    // A wrong one is told nothing of it.
    let answer = enter(&account, "Wrong-one-26").await.expect(422);
    assert!(!answer.has("已经失效"));
    // A new one counts anew.
    let client = guangdong_again(&app).await;
    let (_, second) = credentials(&press(&client, &place).await.expect(200));
    enter(&account, &second).await.expect(303);
}

#[tokio::test]
async fn acc_30_a_reset_is_for_direct_subordinates_and_ends_sessions() {
    let app = kit::app_of("guangdong").await;
    let league = app.league.clone();
    let client = guangdong_admin(&app, &league.college).await;
    let branch = league.branch.id;
    let (account, password) = credentials(
        &press(&client, &format!("/console/codes/{branch}/credentials"))
            .await
            .expect(200),
    );
    let browser = app.guest();
    let entered = browser
        .submit(
            "/login",
            "/login",
            &[("identifier", &account), ("password", &password)],
        )
        .await
        .expect(303);
    let browser = browser.with_cookies_of(&entered);
    browser.get("/account/first").await.expect(200);
    let (_, second) = credentials(
        &press(&client, &format!("/console/codes/{branch}/credentials"))
            .await
            .expect(200),
    );
    assert_ne!(password, second);
    assert!(
        browser
            .get("/account/first")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
    app.guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", &account), ("password", &password)],
        )
        .await
        .expect(422);
    assert!(kit::messages_to(&app, &league.branch).await[0].contains("赵演示重置了"));
    // Not for the level below the next.
    let general = app.league.branch_3.id;
    let refused = press(&client, &format!("/console/codes/{general}/credentials"))
        .await
        .expect(403);
    refused.see("只能重置直接下级组织的密码。");
    // ACC-67: not without the password given lately.
    app.move_to("2026-09-18 10:10");
    let asked = press(&client, &format!("/console/codes/{branch}/credentials"))
        .await
        .expect(422);
    asked.see("再次验证身份");
}
