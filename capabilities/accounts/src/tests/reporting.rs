//! 报到 in `guangdong`, 创建账号 in `beijing`: an account first, pages kept as they are typed, approval by the branch.

use super::kit;
use access::{OrgRef, Role};
use approvals::Case;
use base::{Mobile, PersonId};
use testkit::{Answer, Client, TestApp};

const PASSWORD: &str = "si-ji-chang-qing-26";

fn phone() -> Mobile {
    kit::phone(61)
}

fn number() -> String {
    kit::id_number("20060305", 61).reveal().to_owned()
}

async fn begun(profile: &str, link: &str) -> (TestApp, Client) {
    let app = kit::app_of(profile).await;
    let browser = account(&app, &phone(), link).await;
    (app, browser)
}

/// Creates an account for a phone, from a link.
async fn account(app: &TestApp, phone: &Mobile, link: &str) -> Client {
    let guest = app.guest();
    let page = format!("/register/member{link}");
    let branch = link.strip_prefix("?branch=").unwrap_or("");
    let code = [("go", "code"), ("phone", phone.reveal())];
    guest
        .submit(&page, "/register/account", &code)
        .await
        .expect(200)
        .see("验证码已发送");
    let code = kit::last_code(app, phone).await;
    let fields = [
        ("go", "done"),
        ("branch", branch),
        ("phone", phone.reveal()),
        ("code", &code),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ];
    let entered = guest
        .submit(&page, "/register/account", &fields)
        .await
        .expect(303);
    assert_eq!(entered.location, "/register/mine");
    guest.with_cookies_of(&entered)
}

async fn save(browser: &Client, page: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("page", page), ("go", "next")];
    all.extend_from_slice(fields);
    browser
        .submit("/register/mine", "/register/report", &all)
        .await
        .expect(303)
}

async fn send(browser: &Client) -> Answer {
    browser
        .submit("/register/mine", "/register/report/send", &[])
        .await
}

/// Fills the four pages.
async fn fill(browser: &Client, branch: &OrgRef) {
    let (branch, number) = (branch.id.to_string(), number());
    let pages: [(&str, &[(&str, &str)]); 4] = [
        (
            "1",
            &[
                ("branch", &branch),
                ("name", "冯演示"),
                ("id_number", &number),
                ("admitted_on", "2021-05"),
            ],
        ),
        (
            "2",
            &[("political", "共青团员"), ("income", "学生（无收入）")],
        ),
        (
            "3",
            &[
                ("ethnic", "汉族"),
                ("full_time", "本科在读"),
                ("education", "普通高中"),
                ("household", "广东省青禾市"),
                ("admitted_at", "青禾市第一中学"),
            ],
        ),
        (
            "4",
            &[("admission_number", "202100654321"), ("qq", "10001")],
        ),
    ];
    for (n, fields) in pages {
        let next: usize = n.parse().unwrap();
        let to = save(browser, n, fields).await.location;
        assert_eq!(to, format!("/register/mine?page={}", next + 1), "page {n}");
    }
}

async fn case(app: &TestApp) -> Case {
    let mut conn = app.db.read().await.unwrap();
    let hash = app.db.keys.blind("login", phone().reveal());
    let applicant = crate::store::account::by_login(&mut conn, &hash)
        .await
        .unwrap()
        .expect("an applicant");
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

async fn decide(app: &TestApp, profile: &str, back: Option<&str>) {
    let branch = app.league.branch.clone();
    let case = case(app).await;
    let actor = app.actor("王样本", Role::Administrator, &branch);
    let mut tx = app.db.begin(actor).await.unwrap();
    let kinds = kit::kinds(profile);
    match back {
        None => {
            approvals::pass(&mut tx, &kinds, case.key, case.step_no, "", None)
                .await
                .unwrap();
        }
        Some(words) => {
            let input = approvals::ReturnInput {
                code: "wrong_data".into(),
                text: words.into(),
                insist: false,
            };
            approvals::return_(&mut tx, &kinds, case.key, case.step_no, input)
                .await
                .unwrap();
        }
    }
    tx.commit().await.unwrap();
}

async fn entered(app: &TestApp) -> people::Person {
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let number = kit::id_number("20060305", 61);
    let person = people::by_id_number(&mut conn, &keys, &number)
        .await
        .unwrap()
        .expect("a person");
    people::find(&mut conn, &keys, person)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn acc_38_four_pages_a_photo_the_branch_approves_and_the_member_is_in() {
    let (app, browser) = begun("guangdong", "").await;
    let branch = app.league.branch.clone();
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("身份与团支部")
        .see("请选自己现在所在的团支部");
    fill(&browser, &branch).await;
    let photo = files::picture::plain(60, 80);
    let upload = async |bytes: &[u8]| {
        let files = [("photo", "me.png", bytes)];
        browser
            .upload_all(
                "/register/mine?page=4",
                "/register/report/photo",
                &[("go", "photo"), ("qq", "10002")],
                &files,
            )
            .await
    };
    upload(b"%PDF-1.7")
        .await
        .expect(422)
        .see("照片须为JPG或PNG图片");
    upload(&photo).await.expect(303);
    browser.get("/account/photo").await.expect(200);
    // What was typed beside it is kept.
    let page = browser.get("/register/mine?page=4").await.expect(200);
    page.see("value=\"10002\"");
    let typed = [
        ("page", "4"),
        ("go", "next"),
        ("admission_number", "202100654321"),
    ];
    browser
        .submit("/register/mine", "/register/report", &typed)
        .await
        .expect(303);
    let review = browser.get("/register/mine?page=5").await.expect(200);
    review.see("资料符合要求，可以提交").see("青禾市第一中学");
    assert_eq!(send(&browser).await.expect(303).location, "/register/mine");
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("等待审核");

    // The branch sees it all, with the photo; the neighbouring branch sees neither.
    let case = case(&app).await;
    let look = format!("/console/registrations/{}/photo", case.object);
    let own = app.admin("王样本", &branch);
    own.get(&look).await.expect(200);
    let other = app.admin("李样本", &app.league.branch_2);
    other.get(&look).await.expect(403);
    decide(&app, "guangdong", None).await;
    own.get(&look).await.expect(403);

    let person = entered(&app).await;
    assert_eq!(person.admission_number.as_deref(), Some("202100654321"));
    let member = kit::signed_in(&app, phone().reveal(), PASSWORD).await;
    member.get("/account/photo").await.expect(200);
}

#[tokio::test]
async fn acc_38_what_is_typed_is_kept_and_a_page_names_its_own_faults() {
    let (app, browser) = begun("guangdong", "").await;
    let to = save(
        &browser,
        "2",
        &[("political", "共青团员"), ("title", "书记")],
    )
    .await;
    assert_eq!(to.location, "/register/mine?page=2&checked=1");
    let page = browser.get(&to.location).await.expect(200);
    page.see("收入未填写，此项必填，请补填")
        .see("任现职年月未填写");
    // Searching for the branch loses nothing of the page.
    let typed = [
        ("page", "1"),
        ("go", "search"),
        ("q", "软件2023级1班"),
        ("name", "冯演示"),
        ("admitted_on", "2021-05"),
    ];
    let to = browser
        .submit("/register/mine", "/register/report", &typed)
        .await
        .expect(303)
        .location;
    let found = browser.get(&to).await.expect(200);
    found
        .see("value=\"冯演示\"")
        .see("海棠理工大学信息学院软件2023级1班团支部");
    // Nothing is sent while anything is wrong, and everything wrong is named at once, with its page.
    let refused = send(&browser).await.expect(422);
    refused
        .see("请先搜索并选择所在的团支部")
        .see("户籍所在地未填写")
        .see("去第3页修改");
    drop(app);
}

#[tokio::test]
async fn acc_52_an_applicant_with_an_account_sets_a_forgotten_password_by_sms() {
    for profile in ["guangdong", "beijing"] {
        let (app, browser) = begun(profile, "").await;
        let (guest, held) = (app.guest(), phone());
        app.later_by(61);
        guest
            .submit("/forgot", "/forgot/code", &[("identifier", held.reveal())])
            .await
            .expect(200)
            .see("验证码已发送");
        let code = kit::last_code(&app, &held).await;
        let fields = [
            ("identifier", held.reveal()),
            ("code", &code),
            ("password", "ling-wai-yi-ge-26"),
            ("repeat", "ling-wai-yi-ge-26"),
        ];
        guest
            .submit("/forgot", "/forgot", &fields)
            .await
            .expect(303);
        // What was signed in before is over; the registration goes on.
        browser.get("/register/mine").await.expect(303);
        let again = kit::signed_in(&app, held.reveal(), "ling-wai-yi-ge-26").await;
        again.get("/register/mine").await.expect(200);
    }
}

#[tokio::test]
async fn acc_38_an_account_left_half_way_is_taken_up_by_signing_in() {
    let (app, browser) = begun("guangdong", "").await;
    save(&browser, "3", &[("household", "广东省青禾市")]).await;
    let again = kit::signed_in(&app, phone().reveal(), PASSWORD).await;
    again
        .get("/register/mine?page=3")
        .await
        .expect(200)
        .see("广东省青禾市");
    // The phone opens one account only, and only who holds it is told.
    let guest = app.guest();
    let held = phone();
    let fields = [
        ("go", "done"),
        ("phone", held.reveal()),
        ("code", "000000"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ];
    let refused = guest
        .submit("/register/member", "/register/account", &fields)
        .await
        .expect(422);
    assert!(!refused.has("已创建过账号"));
    app.later_by(61);
    let code = [("go", "code"), ("phone", held.reveal())];
    guest
        .submit("/register/member", "/register/account", &code)
        .await
        .expect(200);
    let code = kit::last_code(&app, &phone()).await;
    let fields = fields.map(|(n, v)| {
        if n == "code" {
            (n, code.as_str())
        } else {
            (n, v)
        }
    });
    guest
        .submit("/register/member", "/register/account", &fields)
        .await
        .expect(422)
        .see("已创建过账号，请登录后继续填写");
}

#[tokio::test]
async fn fld_23_withdrawing_asks_the_words_and_keeps_the_data() {
    let (app, browser) = begun("guangdong", "").await;
    fill(&browser, &app.league.branch.clone()).await;
    send(&browser).await.expect(303);
    let withdraw = async |words: &str| {
        browser
            .submit(
                "/register/mine",
                "/register/mine/withdraw",
                &[("confirm", words)],
            )
            .await
    };
    withdraw("撤回")
        .await
        .expect(422)
        .see("请输入“撤回报到”四个字确认撤回");
    withdraw("撤回报到").await.expect(303);
    let again = browser.get("/register/mine?page=3").await.expect(200);
    again.see("已撤回，可修改后重新提交").see("青禾市第一中学");
    // Name and number stand; the rest may change.
    save(
        &browser,
        "1",
        &[("name", "别人"), ("admitted_on", "2021-05")],
    )
    .await;
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("冯演示")
        .see("不能修改");
    send(&browser).await.expect(303);
    decide(&app, "guangdong", Some("户籍请写到县区")).await;
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("户籍请写到县区");
}

#[tokio::test]
async fn acc_48_before_approval_nothing_else_works() {
    let (app, browser) = begun("guangdong", "").await;
    fill(&browser, &app.league.branch.clone()).await;
    send(&browser).await.expect(303);
    for path in ["/console/members", "/member/me", "/console/codes"] {
        browser
            .get(path)
            .await
            .expect(403)
            .see("报到审核通过后方可办理。");
    }
    decide(&app, "guangdong", None).await;
    let member = kit::signed_in(&app, phone().reveal(), PASSWORD).await;
    member.get("/member/me").await.expect(200);
}

#[tokio::test]
async fn acc_39_an_account_the_tick_and_the_branch_approves() {
    let (app, browser) = begun("beijing", "").await;
    let (branch, number) = (app.league.branch.id.to_string(), number());
    let fields = [
        ("branch", branch.as_str()),
        ("name", "冯演示"),
        ("id_number", &number),
        ("political", "共青团员"),
        ("ethnic", "汉族"),
        ("education", "普通高中"),
        ("admitted_on", "2021-05"),
        ("admission_number", "202100654321"),
        ("is_student", "是"),
    ];
    let to = save(&browser, "1", &fields).await.location;
    assert_eq!(to, "/register/mine?page=1&checked=1");
    browser
        .get(&to)
        .await
        .expect(200)
        .see("请勾选注册成为志愿者。");
    send(&browser)
        .await
        .expect(422)
        .see("请勾选注册成为志愿者。");
    let mut ticked = fields.to_vec();
    ticked.push(("volunteer", "1"));
    assert_eq!(
        save(&browser, "1", &ticked).await.location,
        "/register/mine?page=2"
    );
    send(&browser).await.expect(303);
    // The branch's list calls it 申请加入 (ACC-40).
    assert_eq!(case(&app).await.title, "申请加入");
    decide(&app, "beijing", None).await;
    assert_eq!(entered(&app).await.is_student, Some(true));
}

async fn number_for(admitted: &str, more: &[(&str, &str)]) -> (TestApp, Client, String) {
    let (app, browser) = begun("beijing", "").await;
    let (branch, number) = (
        app.league.branch.id.to_string(),
        kit::id_number("19990305", 61),
    );
    let mut fields = vec![
        ("branch", branch.as_str()),
        ("name", "冯演示"),
        ("id_number", number.reveal()),
        ("political", "共青团员"),
        ("ethnic", "汉族"),
        ("education", "大学本科"),
        ("admitted_on", admitted),
        ("is_student", "否"),
        ("volunteer", "1"),
    ];
    fields.extend_from_slice(more);
    let to = save(&browser, "1", &fields).await.location;
    (app, browser, to)
}

#[tokio::test]
async fn acc_41_before_2016_the_system_numbers() {
    let (app, browser, to) = number_for("2015-12", &[]).await;
    assert_eq!(to, "/register/mine?page=2");
    send(&browser).await.expect(303);
    let made = case(&app).await;
    let mut conn = app.db.read().await.unwrap();
    let row = crate::store::registration::find(&mut conn, made.object)
        .await
        .unwrap()
        .unwrap();
    let keys = conn.keys.clone();
    let form = crate::actions::reporting::opened(&keys, &row).unwrap();
    let given = form.get("admission_number");
    assert!(given.len() == 12 && given.starts_with("201599"), "{given}");
}

#[tokio::test]
async fn acc_41_of_2016_the_student_number_makes_it() {
    let (_app, browser, to) = number_for("2016-05", &[]).await;
    assert_eq!(to, "/register/mine?page=1&checked=1");
    browser
        .get(&to)
        .await
        .expect(200)
        .see("没有编号的填学号，再点“按学号生成”");
    let fields = [
        ("page", "1"),
        ("go", "number"),
        ("admitted_on", "2016-05"),
        ("student_no", "1120201234"),
    ];
    browser
        .submit("/register/mine", "/register/report", &fields)
        .await
        .expect(303);
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("201620201234");
}

#[tokio::test]
async fn acc_41_from_2017_on_the_number_must_be_typed() {
    let (_app, browser, to) = number_for("2017-01", &[]).await;
    browser
        .get(&to)
        .await
        .expect(200)
        .see("2017年及以后入团须填写团员编号。");
    let fields = [
        ("page", "1"),
        ("go", "number"),
        ("admitted_on", "2017-01"),
        ("student_no", "1120201234"),
    ];
    browser
        .submit("/register/mine", "/register/report", &fields)
        .await
        .expect(422)
        .see("2017年及以后入团须填写团员编号。");
}

#[tokio::test]
async fn acc_45_a_known_number_is_shown_the_way_to_appeal() {
    let (app, browser) = begun("guangdong", "").await;
    let known = kit::id_number("20060305", 61);
    kit::person(&app, "冯演示", &known, None, Some(&app.league.workshop)).await;
    fill(&browser, &app.league.branch.clone()).await;
    let refused = send(&browser).await.expect(422);
    assert!(!refused.has("总装车间"));
    refused.see("该身份证号已注册").see("href=\"/appeal\"");
}

#[tokio::test]
async fn acc_b3_the_branchs_link_preselects_it_and_faults_are_seen_before() {
    let app = kit::app_of("guangdong").await;
    let link = format!("?branch={}", app.league.branch.id);
    app.guest()
        .get(&format!("/register/member{link}"))
        .await
        .expect(200)
        .see("将报到到 <b>海棠理工大学信息学院软件2023级1班团支部</b>");
    let browser = account(&app, &phone(), &link).await;
    browser
        .get("/register/mine")
        .await
        .expect(200)
        .see("软件2023级1班团支部");
    let check = browser.get("/register/mine?page=5").await.expect(200);
    assert!(!check.has("请先搜索并选择"));
    assert!(!check.has("提交报到"), "nothing to send yet");
    check.see("提交前要改好").see("姓名未填写");
    fill(&browser, &app.league.branch.clone()).await;
    browser
        .get("/register/mine?page=5")
        .await
        .expect(200)
        .see("提交报到");
}
