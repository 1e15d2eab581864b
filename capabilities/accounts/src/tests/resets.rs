use super::{codes::issue, kit, kit::ADMIN_PASSWORD};
use base::{IdNumber, PersonId};
use testkit::{Answer, Client, TestApp};

const NEW: &str = "qing-he-lv-ye-26";

fn number() -> IdNumber {
    kit::id_number("20050305", 71)
}

async fn with_member() -> (TestApp, Client, PersonId) {
    let app = kit::app().await;
    let person = kit::person(&app, "孙演示", &number(), None, Some(&app.league.branch)).await;
    let admin = kit::admin(&app, "赵演示", 17, &app.league.college.clone()).await;
    (app, admin, person)
}

async fn reset_code(admin: &Client, person: PersonId) -> String {
    let page = format!("/console/people/{person}/reset");
    let shown = admin
        .submit(&page, &page, &[])
        .await
        .expect(200)
        .see("孙演示")
        .see("24小时");
    shown
        .body
        .split("tj-code fs-3\">")
        .nth(1)
        .expect("a code")
        .chars()
        .take(8)
        .collect()
}

async fn reset(app: &TestApp, number: &IdNumber, code: &str, password: &str) -> Answer {
    let fields = [
        ("identifier", number.reveal()),
        ("code", code),
        ("password", password),
        ("repeat", password),
    ];
    app.guest().submit("/forgot", "/forgot", &fields).await
}

#[tokio::test]
async fn acc_50_a_code_from_the_administrator_opens_the_way_once() {
    let (app, admin, person) = with_member().await;
    let code = reset_code(&admin, person).await;
    reset(&app, &number(), &code, "short1")
        .await
        .expect(422)
        .see("密码太短");
    let done = reset(&app, &number(), &code, NEW).await.expect(303);
    assert_eq!(done.location, "/login?done=reset");
    kit::signed_in(&app, number().reveal(), NEW).await;
    reset(&app, &number(), &code, "qing-he-lv-ye-27")
        .await
        .expect(422)
        .see("重置密码验证码不正确");
}

#[tokio::test]
async fn acc_50_a_new_code_voids_the_former() {
    let (app, admin, person) = with_member().await;
    let first = reset_code(&admin, person).await;
    let second = reset_code(&admin, person).await;
    reset(&app, &number(), &first, NEW)
        .await
        .expect(422)
        .see("重置密码验证码不正确");
    reset(&app, &number(), &second, NEW).await.expect(303);
}

#[tokio::test]
async fn acc_50_a_code_lives_24_hours_and_minds_letter_case() {
    let (app, admin, person) = with_member().await;
    let code = reset_code(&admin, person).await;
    let swapped: String = code
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    reset(&app, &number(), &swapped, NEW).await.expect(422);
    app.move_to("2026-09-19 09:59");
    reset(&app, &number(), &code, "short1")
        .await
        .see("密码太短");
    app.move_to("2026-09-19 10:00");
    reset(&app, &number(), &code, NEW)
        .await
        .expect(422)
        .see("重置密码验证码不正确");
}

#[tokio::test]
async fn acc_50_five_wrong_tries_void_a_code() {
    let (app, admin, person) = with_member().await;
    let code = reset_code(&admin, person).await;
    for _ in 0..4 {
        reset(&app, &number(), "Zz9zZz9y", NEW).await.expect(422);
    }
    reset(&app, &number(), &code, "short1")
        .await
        .see("密码太短");
    reset(&app, &number(), "Zz9zZz9y", NEW).await.expect(422);
    reset(&app, &number(), &code, NEW)
        .await
        .expect(422)
        .see("重置密码验证码不正确");
}

#[tokio::test]
async fn acc_50_an_administrator_code_is_no_reset_code() {
    let (app, _, _) = with_member().await;
    let code = issue(&app, &app.league.college, &app.league.branch)
        .await
        .unwrap()
        .code;
    reset(&app, &number(), &code, NEW)
        .await
        .expect(422)
        .see("这是管理员注册码，不能用于重置密码。");
}

#[tokio::test]
async fn acc_50_only_the_own_organisation_and_the_direct_superior_give_codes() {
    let (app, _, person) = with_member().await;
    let page = format!("/console/people/{person}/reset");
    let league = app.league.clone();
    let branch = kit::admin(&app, "钱演示", 18, &league.branch).await;
    branch.submit(&page, &page, &[]).await.expect(200);
    let university = kit::admin(&app, "李演示", 19, &league.university).await;
    university
        .submit(&page, &page, &[])
        .await
        .expect(403)
        .see("所在组织或直接上级的管理员");
    let company = kit::admin(&app, "周演示", 20, &league.company).await;
    company.get(&page).await.expect(403).see("该对象不存在");
}

#[tokio::test]
async fn acc_51_an_administrator_gets_the_code_from_somebody_else() {
    let (app, admin, _) = with_member().await;
    let own = kit::id_number("19900101", 17);
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let me = people::by_id_number(&mut conn, &keys, &own)
        .await
        .unwrap()
        .unwrap();
    drop(conn);
    let page = format!("/console/people/{me}/reset");
    admin
        .submit(&page, &page, &[])
        .await
        .expect(403)
        .see("不能给自己生成重置密码验证码");
}

#[tokio::test]
async fn acc_51_an_administrators_new_password_meets_the_stricter_rule_and_ends_the_lock() {
    let (app, _, _) = with_member().await;
    // 钱演示 administers branch 2 and is a member there, so the college resets.
    let number = kit::id_number("19900101", 21);
    let person = kit::account(
        &app,
        "钱演示",
        &number,
        ADMIN_PASSWORD,
        Some(&app.league.branch_2.clone()),
    )
    .await;
    let actor = app.actor("王样本", access::Role::Administrator, &app.league.college);
    let mut tx = app.db.begin(actor).await.unwrap();
    let keys = tx.keys().clone();
    let file = people::find(&mut tx, &keys, person).await.unwrap().unwrap();
    let code = crate::actions::resets::issue(&mut tx, &kit::policy("national"), &file)
        .await
        .unwrap()
        .code;
    tx.commit().await.unwrap();
    let locked = async || {
        let fields = [("identifier", number.reveal()), ("password", "wrong-1")];
        app.guest().submit("/login", "/login", &fields).await
    };
    reset(&app, &number, &code, "qing-he-26")
        .await
        .expect(422)
        .see("管理员密码至少12个字符");
    for _ in 0..3 {
        locked().await;
    }
    locked().await.see("请先回答验证题");
    reset(&app, &number, &code, "Qing-he-lv-ye-26")
        .await
        .expect(303);
    kit::signed_in(&app, number.reveal(), "Qing-he-lv-ye-26").await;
}

#[tokio::test]
async fn acc_67_a_reset_code_needs_the_password_given_lately() {
    let (app, admin, person) = with_member().await;
    app.move_to("2026-09-18 10:09");
    reset_code(&admin, person).await;
    app.move_to("2026-09-18 10:10");
    let page = format!("/console/people/{person}/reset");
    let asked = admin.submit(&page, &page, &[]).await.expect(422);
    asked.see("再次验证身份");
}

#[tokio::test]
async fn acc_52_the_answer_is_the_same_whether_or_not_the_phone_is_known() {
    let app = kit::app_of("guangdong").await;
    let phone = kit::phone(71);
    kit::person(
        &app,
        "孙演示",
        &number(),
        Some(&phone),
        Some(&app.league.branch),
    )
    .await;
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let person = people::by_id_number(&mut tx, &keys, &number())
        .await
        .unwrap()
        .unwrap();
    crate::make_account(&mut tx, person, kit::PASSWORD, false, "2026-09")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let told = "如果该手机号已登记，验证码已发送";
    for phone in [phone.reveal(), kit::phone(72).reveal()] {
        app.guest()
            .submit("/forgot", "/forgot/code", &[("identifier", phone)])
            .await
            .expect(200)
            .see(told);
    }
    let code = kit::last_code(&app, &phone).await;
    let set = async |phone: &str, code: &str, password: &str| {
        let fields = [
            ("identifier", phone),
            ("code", code),
            ("password", password),
            ("repeat", password),
        ];
        app.guest().submit("/forgot", "/forgot", &fields).await
    };
    // Asked again too soon, a wrong code, the present password: nothing depends on who is asked about.
    for phone in [phone.reveal(), kit::phone(72).reveal()] {
        app.guest()
            .submit("/forgot", "/forgot/code", &[("identifier", phone)])
            .await
            .expect(422)
            .see("请60秒后再获取");
        for password in [NEW, kit::PASSWORD] {
            let refused = set(phone, "12345x", password).await.expect(422);
            assert!(!refused.has("用过的密码"));
            refused.see("验证码不正确");
        }
    }
    // What depends on the person is told to whoever has the code, and the code stays good.
    set(phone.reveal(), &code, kit::PASSWORD)
        .await
        .expect(422)
        .see("用过的密码");
    set(phone.reveal(), &code, NEW).await.expect(303);
    set(phone.reveal(), &code, "lv-ye-qing-he-27")
        .await
        .expect(422)
        .see("验证码已失效");
    kit::signed_in(&app, phone.reveal(), NEW).await;
}

#[tokio::test]
async fn acc_86_the_page_says_who_holds_what_and_why() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 17, &app.league.college.clone()).await;
    admin
        .get("/console/grants")
        .await
        .expect(200)
        .see("赵演示")
        .see("组织管理员")
        .see("2026-09-18")
        .see("部署初始化")
        .see("9月18日 10:00");
    let file = admin.get("/console/grants/export").await.expect(200);
    assert_eq!(&file.bytes[..2], b"PK");
    let member = kit::id_number("20050305", 72);
    kit::account(&app, "孙演示", &member, kit::PASSWORD, None).await;
    kit::signed_in(&app, member.reveal(), kit::PASSWORD)
        .await
        .get("/console/grants")
        .await
        .expect(403);
}
