use super::{codes::issue, kit};
use access::OrgRef;
use testkit::{Answer, TestApp};

const PASSWORD: &str = "Lv-ye-si-ji-2026";

/// What a new secretary of a branch types; change single fields with [`with`].
struct Typing(Vec<(String, String)>);

impl Typing {
    fn new(org: &OrgRef, code: &str, number: &base::IdNumber) -> Self {
        let admitted = chrono::Datelike::year(&number.born()) + 16;
        Self(
            [
                ("go", "done"),
                ("org", &org.id.to_string()),
                ("title", "副书记"),
                ("code", code),
                ("name", "郑演示"),
                ("id_number", number.reveal()),
                ("ethnic", "汉族"),
                ("political", "共青团员"),
                ("education", "大学本科"),
                ("phone", "10000000041"),
                ("admitted_on", &format!("{admitted}-05")),
                ("admission_number", &format!("{admitted}00123456")),
                ("password", PASSWORD),
                ("repeat", PASSWORD),
                ("privacy", "2026-09"),
            ]
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        )
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    async fn send(&self, app: &TestApp) -> Answer {
        let fields: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        app.guest()
            .submit("/register/admin", "/register/admin", &fields)
            .await
    }
}

async fn with_code() -> (TestApp, OrgRef, String) {
    let app = kit::app().await;
    let league = app.league.clone();
    let code = issue(&app, &league.college, &league.branch)
        .await
        .unwrap()
        .code;
    (app, league.branch, code)
}

fn number() -> base::IdNumber {
    kit::id_number("20050305", 41)
}

#[tokio::test]
async fn acc_20_going_back_keeps_what_was_typed() {
    let (app, branch, code) = with_code().await;
    let guest = app.guest();
    guest
        .get("/register")
        .await
        .expect(200)
        .see("管理员注册")
        .see("共青团员注册")
        .see("团干部注册");
    guest
        .get("/register/admin")
        .await
        .expect(200)
        .see("团海棠省委");
    let found = guest
        .submit(
            "/register/admin",
            "/register/admin",
            &[("go", "search"), ("q", "软件2023级1班")],
        )
        .await;
    found
        .expect(200)
        .see("海棠理工大学信息学院软件2023级1班团支部")
        .see("组织ID");
    Typing::new(&branch, &code, &number())
        .with("go", "2")
        .with("title", "")
        .send(&app)
        .await
        .expect(422)
        .see("请选择团内职务");
    let second = Typing::new(&branch, &code, &number())
        .with("go", "2")
        .send(&app)
        .await
        .expect(200);
    let second = second
        .see("name=\"name\" value=\"郑演示\"")
        .see("name=\"title\" value=\"副书记\"");
    assert!(!second.has(PASSWORD), "a password is never sent back");
    Typing::new(&branch, &code, &number())
        .with("go", "3")
        .send(&app)
        .await
        .expect(200)
        .see("value=\"10000000041\"")
        .see("登录密码");
    let first = Typing::new(&branch, &code, &number())
        .with("go", "1")
        .send(&app)
        .await
        .expect(200);
    first.see(&format!("value=\"{code}\"")).see("checked");
}

#[tokio::test]
async fn acc_21_wrong_codes_get_their_message_in_order() {
    let (app, branch, code) = with_code().await;
    let elsewhere = issue(&app, &app.league.college, &app.league.branch_2)
        .await
        .unwrap()
        .code;
    let try_code = async |typed: &str| {
        Typing::new(&branch, typed, &number())
            .with("go", "3")
            .send(&app)
            .await
            .expect(422)
    };
    try_code("Ab3dE5f")
        .await
        .see("注册码为8位数字与字母，区分大小写。");
    try_code("Ab3dE5f-")
        .await
        .see("注册码为8位数字与字母，区分大小写。");
    try_code("Zz9zZz9z")
        .await
        .see("注册码不存在，请核对大小写。");
    let other_case: String = code
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    try_code(&other_case)
        .await
        .see("注册码不存在，请核对大小写。");
    try_code(&elsewhere)
        .await
        .see("该注册码不属于〔海棠理工大学信息学院软件2023级1班团支部〕。");
    Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(303);
    try_code(&code)
        .await
        .see("该注册码已被使用，一个注册码只能注册一位管理员。");
}

#[tokio::test]
async fn acc_21_ten_wrong_codes_pause_an_address_for_an_hour() {
    let (app, branch, code) = with_code().await;
    for _ in 0..9 {
        Typing::new(&branch, "Zz9zZz9z", &number())
            .with("go", "3")
            .send(&app)
            .await
            .see("注册码不存在");
    }
    // The right one still works before the tenth wrong one.
    Typing::new(&branch, &code, &number())
        .with("go", "3")
        .send(&app)
        .await
        .expect(200);
    Typing::new(&branch, "Zz9zZz9z", &number())
        .with("go", "3")
        .send(&app)
        .await
        .see("注册码不存在");
    Typing::new(&branch, &code, &number())
        .with("go", "3")
        .send(&app)
        .await
        .expect(422)
        .see("注册码错误次数过多，请9月18日 11:00后再试。");
    app.move_to("2026-09-18 11:00");
    Typing::new(&branch, &code, &number())
        .with("go", "3")
        .send(&app)
        .await
        .expect(200);
}

#[tokio::test]
async fn acc_22_a_code_is_good_until_midnight_of_the_twentieth_day() {
    let (app, branch, code) = with_code().await;
    app.move_to("2026-10-08 23:59");
    Typing::new(&branch, &code, &number())
        .with("go", "3")
        .send(&app)
        .await
        .expect(200);
    app.move_to("2026-10-09 00:00");
    let late = Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(422);
    late.see("注册码已过期（有效期20天，至2026-10-08），请联系上级团组织管理员重新生成。");
}

#[tokio::test]
async fn acc_23_thirteen_in_the_month_of_admission() {
    let (app, branch, code) = with_code().await;
    let born = kit::id_number("20040520", 42);
    let early = Typing::new(&branch, &code, &born)
        .with("admitted_on", "2017-04")
        .with("admission_number", "201700123456");
    early
        .send(&app)
        .await
        .expect(422)
        .see("入团时不满13周岁，无法注册，请核对入团年月。");
    let right = Typing::new(&branch, &code, &born)
        .with("admitted_on", "2017-05")
        .with("admission_number", "201700123456");
    right.send(&app).await.expect(303);
    // Stricter than the roster, which takes twelve before 2017.
    let second = issue(&app, &app.league.college, &app.league.branch)
        .await
        .unwrap()
        .code;
    let old = kit::id_number("19990310", 43);
    let twelve = Typing::new(&branch, &second, &old)
        .with("admitted_on", "2012-02")
        .with("admission_number", "");
    twelve.send(&app).await.expect(422).see("入团时不满13周岁");
}

#[tokio::test]
async fn acc_23_who_never_was_a_member_leaves_the_month_empty() {
    let (app, branch, code) = with_code().await;
    let empty = Typing::new(&branch, &code, &number()).with("admitted_on", "");
    empty
        .send(&app)
        .await
        .expect(422)
        .see("从未入团的请勾选“未曾入团”");
    let never = Typing::new(&branch, &code, &number())
        .with("admitted_on", "")
        .with("admission_number", "")
        .with("never_member", "1");
    never.with("political", "群众").send(&app).await.expect(303);
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number())
        .await
        .unwrap()
        .unwrap();
    assert!(
        people::membership(&mut conn, person)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(people::posts(&mut conn, person).await.unwrap().len(), 1);
}

#[tokio::test]
async fn acc_24_a_known_id_number_keeps_the_code_valid() {
    let (app, branch, code) = with_code().await;
    kit::person(&app, "郑演示", &number(), None, Some(&app.league.branch_2)).await;
    let known = Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(422);
    known.see("该身份证号已注册，无需重复注册。请登录后使用管理员变更。");
    Typing::new(&branch, &code, &kit::id_number("20050305", 44))
        .with("admission_number", "202100123457")
        .send(&app)
        .await
        .expect(303);
}

#[tokio::test]
async fn acc_25_person_post_membership_grant_and_account_come_together() {
    let (app, branch, code) = with_code().await;
    let done = Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(303);
    assert_eq!(done.location, "/register/admin/done");
    app.guest()
        .get("/register/admin/done")
        .await
        .expect(200)
        .see("注册完成");
    let browser = app.guest();
    let fields = [
        ("identifier", number().reveal().to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let entered = browser
        .submit("/login", "/login", &fields)
        .await
        .expect(303);
    assert_eq!(entered.location, "/start?next=/console");
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        people::membership(&mut conn, person)
            .await
            .unwrap()
            .unwrap()
            .branch,
        branch.id
    );
    assert_eq!(
        people::posts(&mut conn, person).await.unwrap()[0].title,
        "副书记"
    );
    let admins = crate::administrators(&mut conn, branch.id).await.unwrap();
    assert_eq!((admins.len(), admins[0].basis.as_str()), (1, "admin_code"));
    assert!(
        kit::messages_to(&app, &app.league.college).await[0].contains("郑演示已用管理员注册码注册")
    );
}

#[tokio::test]
async fn acc_25_a_third_administrator_is_refused_and_nothing_is_created() {
    let (app, branch, code) = with_code().await;
    for serial in [51, 52] {
        kit::admin(&app, "周演示", serial, &branch).await;
    }
    Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(422)
        .see("该组织已有两位管理员。");
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    assert!(
        people::by_id_number(&mut conn, &keys, &number())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn acc_25_of_two_at_the_last_seat_one_is_told() {
    let (app, branch, code) = with_code().await;
    let second = issue(&app, &app.league.college, &branch)
        .await
        .unwrap()
        .code;
    kit::admin(&app, "周演示", 51, &branch).await;
    let one = Typing::new(&branch, &code, &number());
    let other = kit::id_number("20050305", 45);
    let two = Typing::new(&branch, &second, &other)
        .with("admission_number", "202100123458")
        .with("name", "王演示");
    let (a, b) = tokio::join!(one.send(&app), two.send(&app));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{} {}", a.body, b.body);
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(
        crate::administrators(&mut conn, branch.id)
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn gen_08_the_same_registration_twice_is_one() {
    let (app, branch, code) = with_code().await;
    let key = app.guest().get("/register/admin").await.key();
    let typing = Typing::new(&branch, &code, &number()).with("_key", &key);
    let fields: Vec<(&str, &str)> = typing
        .0
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    for _ in 0..2 {
        let done = app
            .guest()
            .post("/register/admin", &fields)
            .await
            .expect(303);
        assert_eq!(done.location, "/register/admin/done");
    }
}

#[tokio::test]
async fn sec_76_the_eleventh_registration_of_an_hour_waits() {
    let (app, branch, code) = with_code().await;
    for _ in 0..10 {
        Typing::new(&branch, &code, &number())
            .with("repeat", "x")
            .send(&app)
            .await
            .see("两次输入的密码不一致");
    }
    Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(422)
        .see("操作过于频繁");
    app.move_to("2026-09-18 11:00");
    Typing::new(&branch, &code, &number())
        .send(&app)
        .await
        .expect(303);
}

#[tokio::test]
async fn acc_17_administrators_need_the_longer_password() {
    let (app, branch, code) = with_code().await;
    let short = Typing::new(&branch, &code, &number())
        .with("password", "lv-ye-26-A")
        .with("repeat", "lv-ye-26-A");
    short
        .send(&app)
        .await
        .expect(422)
        .see("管理员密码至少12个字符");
    let plain = Typing::new(&branch, &code, &number()).with("privacy", "");
    plain
        .send(&app)
        .await
        .expect(422)
        .see("请阅读并勾选同意隐私政策");
}

#[tokio::test]
async fn all_faults_of_the_person_are_told_at_once() {
    let (app, branch, code) = with_code().await;
    let typing = Typing::new(&branch, &code, &number())
        .with("ethnic", "")
        .with("phone", "123")
        .with("name", "x1");
    let answer = typing.send(&app).await.expect(422);
    answer
        .see("有3处需要修改")
        .see("err-ethnic")
        .see("err-phone")
        .see("err-name");
}
