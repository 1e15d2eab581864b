use super::kit;
use access::{OrgRef, Role};
use approvals::{Case, Decided, ReturnInput};
use base::{IdNumber, PersonId, Result};
use testkit::{Answer, Client, TestApp};

const PASSWORD: &str = "si-ji-chang-qing-26";

fn number() -> IdNumber {
    kit::id_number("20060305", 61)
}

fn typing(branch: &OrgRef, change: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [
        ("go", "done"),
        ("branch", &branch.id.to_string()),
        ("name", "冯演示"),
        ("id_number", number().reveal()),
        ("ethnic", "汉族"),
        ("political", "共青团员"),
        ("education", "大学本科"),
        ("phone", "10000000061"),
        ("admitted_on", "2021-05"),
        ("admission_number", "202100654321"),
        ("is_student", "是"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ]
    .iter()
    .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
    .collect();
    for (name, value) in change {
        all.retain(|(n, _)| n != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

async fn send(client: &Client, page: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    client.submit(page, page, &fields).await
}

async fn register(app: &TestApp, branch: &OrgRef, change: &[(&str, &str)]) -> Answer {
    send(&app.guest(), "/register/member", &typing(branch, change)).await
}

async fn pending() -> (TestApp, OrgRef, Client) {
    let app = kit::app().await;
    let branch = app.league.branch.clone();
    register(&app, &branch, &[]).await.expect(303);
    let browser = kit::signed_in(&app, number().reveal(), PASSWORD).await;
    (app, branch, browser)
}

async fn case(app: &TestApp) -> Case {
    let mut conn = app.db.read().await.unwrap();
    let hash = app.db.keys.blind("login", number().reveal());
    let applicant = crate::store::account::by_login(&mut conn, &hash)
        .await
        .unwrap()
        .unwrap();
    let row = crate::store::registration::find(&mut conn, applicant)
        .await
        .unwrap()
        .expect("a registration");
    let key = approvals::CaseKey {
        subject: PersonId(applicant),
        case: row.case_id.expect("a case").into(),
    };
    approvals::find_case(&mut conn, key)
        .await
        .unwrap()
        .expect("the case")
}

async fn pass(app: &TestApp, org: &OrgRef, case: &Case) -> Result<Decided> {
    let mut tx = app
        .db
        .begin(app.actor("王样本", Role::Administrator, org))
        .await?;
    let done = approvals::pass(
        &mut tx,
        &kit::kinds("national"),
        case.key,
        case.step_no,
        "",
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(done)
}

#[tokio::test]
async fn acc_42_a_member_registers_into_a_branch_and_the_branch_approves() {
    let (app, branch, browser) = pending().await;
    let mine = browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("待审核");
    mine.see("已提交至〔海棠理工大学信息学院软件2023级1班团支部〕，等待审核。");
    let case = case(&app).await;
    assert_eq!(
        (case.kind.as_str(), case.step().org),
        ("registration", branch.id)
    );
    pass(&app, &branch, &case).await.unwrap();
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number())
        .await
        .unwrap()
        .expect("a person");
    assert_eq!(
        people::membership(&mut conn, person)
            .await
            .unwrap()
            .unwrap()
            .branch,
        branch.id
    );
    // The applicant's session is over; the same number and password lead to the member's home.
    browser.get("/register/mine").await.expect(303);
    let entered = app
        .guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", number().reveal()), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(entered.expect(303).location, "/start?next=/member");
    assert!(
        kit::last_sms(&app, &base::Mobile::trusted("10000000061"))
            .await
            .contains("您的申请已通过，欢迎加入")
    );
}

#[tokio::test]
async fn acc_05_an_applicant_lands_on_the_own_application() {
    let (app, _, _) = pending().await;
    let fields = [
        ("identifier", number().reveal().to_owned()),
        ("password", PASSWORD.to_owned()),
        ("next", "/console".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let entered = app
        .guest()
        .submit("/login", "/login", &fields)
        .await
        .expect(303);
    assert_eq!(entered.location, "/register/mine");
}

#[tokio::test]
async fn acc_43_only_branches_that_take_registrations_are_found() {
    let app = kit::app().await;
    let search = async |q: &str| {
        app.guest()
            .submit(
                "/register/member",
                "/register/member",
                &[("go", "search"), ("q", q)],
            )
            .await
            .expect(200)
    };
    let found = search("软件2023级1班")
        .await
        .see("海棠理工大学信息学院软件2023级1班团支部");
    found
        .see("团青禾市委 / 海棠理工大学团委 / 信息学院团委")
        .see(&app.league.number(&app.league.branch).to_string());
    let none = search("信息学院团委").await;
    none.see("未找到该团支部，请向书记核对全称或组织ID；组织类型选错也会搜不到。");
    // Nor is a committee taken whose id somebody sends.
    let college = app.league.college.clone();
    register(&app, &college, &[])
        .await
        .expect(422)
        .see("请先搜索并选择所在的团支部");
}

#[tokio::test]
async fn acc_45_a_known_id_number_is_told_the_way_and_no_organisation() {
    let app = kit::app().await;
    let branch = app.league.branch.clone();
    kit::person(&app, "冯演示", &number(), None, Some(&app.league.workshop)).await;
    let same = register(&app, &branch, &[]).await.expect(422);
    assert!(!same.has("总装车间"));
    same.see("该身份证号已注册。请登录；忘记密码请重置；手机号已更换请点击");
    register(&app, &branch, &[("name", "冯样本")])
        .await
        .expect(422)
        .see("证件号已被使用，请点击");
}

#[tokio::test]
async fn acc_45_a_second_application_waits_for_the_first() {
    let (app, branch, _) = pending().await;
    register(&app, &branch, &[])
        .await
        .expect(422)
        .see("该身份证号已提交过注册申请");
}

#[tokio::test]
async fn acc_44_withdrawn_and_reported_to_the_right_branch() {
    let (app, branch, browser) = pending().await;
    let first = case(&app).await;
    browser
        .submit("/register/mine", "/register/mine/withdraw", &[])
        .await
        .expect(303);
    browser
        .get("/register/mine")
        .await
        .see("已撤回，可修改后重新提交。");
    // The branch's late decision is told.
    assert!(pass(&app, &branch, &first).await.is_err());
    let right = app.league.branch_2.clone();
    app.db
        .clock
        .move_to(app.db.clock.now() + chrono::TimeDelta::seconds(1));
    send(&browser, "/register/mine", &typing(&right, &[]))
        .await
        .expect(303);
    browser
        .get("/register/mine")
        .await
        .see("软件2023级2班团支部")
        .see("待审核");
    let again = case(&app).await;
    assert_eq!(again.step().org, right.id);
    pass(&app, &right, &again).await.unwrap();
}

#[tokio::test]
async fn acc_44_after_approval_withdrawing_names_the_transfer() {
    let (app, branch, _) = pending().await;
    let case = case(&app).await;
    pass(&app, &branch, &case).await.unwrap();
    let applicant = case.object;
    let mut tx = kit::begin(&app).await;
    let late = crate::actions::joining::withdraw(&mut tx, &kit::kinds("national"), applicant)
        .await
        .unwrap_err();
    assert_eq!(late.to_string(), "已通过审核，请办理组织关系转接。");
}

#[tokio::test]
async fn acc_42_a_returned_application_keeps_what_was_typed() {
    let (app, branch, browser) = pending().await;
    let case = case(&app).await;
    let mut tx = app
        .db
        .begin(app.actor("王样本", Role::Administrator, &branch))
        .await
        .unwrap();
    let input = ReturnInput {
        code: "wrong_data".into(),
        text: "入团年月请核对".into(),
        insist: false,
    };
    approvals::return_(
        &mut tx,
        &kit::kinds("national"),
        case.key,
        case.step_no,
        input,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    browser
        .get("/register/mine")
        .await
        .see("已退回")
        .see("入团年月请核对")
        .see("value=\"202100654321\"");
    let fields = typing(&branch, &[("admitted_on", "2021-06")]);
    send(&browser, "/register/mine", &fields).await.expect(303);
}

#[tokio::test]
async fn acc_46_the_superior_decides_from_day_fifteen_only() {
    let (app, _, _) = pending().await;
    let college = app.league.college.clone();
    app.move_to("2026-10-02 23:59");
    assert!(pass(&app, &college, &case(&app).await).await.is_err());
    app.move_to("2026-10-03 00:00");
    pass(&app, &college, &case(&app).await).await.unwrap();
}

#[tokio::test]
async fn acc_46_the_reviewer_sees_checks_and_possible_doubles() {
    let (app, branch, _) = pending().await;
    // Somebody of the same name and birth date.
    let twin = kit::id_number("20060305", 62);
    kit::person(&app, "冯演示", &twin, None, Some(&app.league.branch_2)).await;
    app.move_to("2026-09-21 10:00");
    let case = case(&app).await;
    let kinds = kit::kinds("national");
    let mut reader = app.db.read().await.unwrap();
    let sight = approvals::Sight {
        full: true,
        phone: false,
        decides: true,
    };
    let html = kinds
        .get("registration")
        .unwrap()
        .panel(&mut reader, &case, sight)
        .await
        .unwrap();
    for text in [
        "实名认证：未认证",
        "资料符合录入要求",
        "可能重复：另有1名",
        "已等待3天",
        "冯演示",
        &number().masked(),
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(!html.contains(number().reveal()));
    let _ = branch;
}

#[tokio::test]
async fn acc_42_undecided_for_ninety_days_it_expires() {
    let (app, branch, browser) = pending().await;
    let run = async || {
        let mut registry = db::jobs::Registry::default();
        let (jobs, schedules) = approvals::jobs(&app.app);
        registry.add(jobs, schedules);
        registry.drain(&app.db).await.unwrap();
    };
    run().await;
    app.move_to("2026-12-17 23:50");
    run().await;
    case(&app).await;
    app.move_to("2026-12-18 00:20");
    run().await;
    drop(browser);
    let browser = kit::signed_in(&app, number().reveal(), PASSWORD).await;
    browser
        .get("/register/mine")
        .await
        .see("已过期")
        .see("重新提交");
    let _ = branch;
}

#[tokio::test]
async fn acc_42_a_cadre_registers_with_the_post() {
    let app = kit::app().await;
    let branch = app.league.branch.clone();
    app.guest()
        .get("/register/member?as=cadre")
        .await
        .expect(200)
        .see("团干部注册")
        .see("组织委员");
    register(&app, &branch, &[("title", "组织委员"), ("as", "cadre")])
        .await
        .expect(303);
    pass(&app, &branch, &case(&app).await).await.unwrap();
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let person = people::by_id_number(&mut conn, &keys, &number())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        people::posts(&mut conn, person).await.unwrap()[0].title,
        "组织委员"
    );
}
