use super::kit;
use access::Role;
use testkit::{Answer, TestApp};

const PASSWORD: &str = "Tuan-zhi-bu-26-xin";

async fn with_code() -> (TestApp, String) {
    let app = kit::app_of("beijing").await;
    let code = codes(&app, 1).await.remove(0);
    (app, code)
}

async fn codes(app: &TestApp, many: usize) -> Vec<String> {
    let mut tx = app
        .db
        .begin(app.actor("王样本", Role::Administrator, &app.league.college))
        .await
        .unwrap();
    let college = orgs::find(&mut tx, app.league.college.id)
        .await
        .unwrap()
        .unwrap();
    let issued = crate::issue_org_codes(&mut tx, &kit::policy("beijing"), &college, many)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    issued.into_iter().map(|i| i.code).collect()
}

async fn register(app: &TestApp, code: &str, change: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("code", code),
        ("short_name", "软件2026级1班团支部"),
        ("sector", "普通高等院校(公办-学生)"),
        ("holder", "冯演示"),
        ("phone", "10000000081"),
        ("graduation_year", "2030"),
        ("username", "TZB2026"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
        ("privacy", "2026-09"),
    ];
    for (name, value) in change {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    app.guest()
        .submit("/register/org", "/register/org", &fields)
        .await
}

#[tokio::test]
async fn acc_32_a_branch_registers_with_a_code_and_signs_in_with_its_username() {
    let (app, code) = with_code().await;
    assert!(
        code.len() == 10
            && code
                .bytes()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()),
        "{code}"
    );
    let done = register(&app, &code, &[]).await.expect(303);
    app.guest()
        .get(&done.location)
        .await
        .expect(200)
        .see("软件2026级1班团支部")
        .see("组织ID")
        .see("/register/member?branch=");
    let entered = app
        .guest()
        .submit(
            "/login",
            "/login",
            &[("identifier", "tzb2026"), ("password", PASSWORD)],
        )
        .await
        .expect(303);
    assert_eq!(entered.location, "/start?next=/console");
    assert!(kit::messages_to(&app, &app.league.college).await[0].contains("负责人冯演示"));
    let mut conn = app.db.read().await.unwrap();
    let number = done.location.rsplit('/').next().unwrap().parse().unwrap();
    let branch = orgs::by_number(&mut conn, number).await.unwrap().unwrap();
    assert_eq!(
        (branch.parent, branch.state),
        (Some(app.league.college.id), orgs::OrgState::Active)
    );
}

#[tokio::test]
async fn org_27_a_code_makes_one_branch() {
    let (app, code) = with_code().await;
    register(&app, "ABCDE", &[])
        .await
        .expect(422)
        .see("邀请码为10位数字与大写字母。");
    register(&app, "ABCDE23456", &[])
        .await
        .expect(422)
        .see("注册码不存在");
    register(&app, &code.to_lowercase(), &[]).await.expect(303);
    let again = register(
        &app,
        &code,
        &[
            ("short_name", "软件2026级2班团支部"),
            ("username", "TZB2027"),
        ],
    )
    .await;
    again
        .expect(422)
        .see("该邀请码已被使用，一个邀请码只能注册一个团支部。");
}

#[tokio::test]
async fn org_27_the_committee_corrects_name_and_sector_within_seven_days() {
    let (app, code) = with_code().await;
    let done = register(&app, &code, &[]).await.expect(303);
    let number = done.location.rsplit('/').next().unwrap().parse().unwrap();
    let policy = app.app.policy::<orgs::Policy>();
    let correct = async |name: &str, sector: &str| -> base::Result<()> {
        let college = &app.league.college;
        let actor = app.actor("赵演示", access::Role::Administrator, college);
        let mut tx = app.db.begin(actor).await?;
        let branch = orgs::by_number(&mut tx, number).await?.unwrap();
        orgs::rename(&mut tx, &branch, name, &branch.full_name, policy).await?;
        let branch = orgs::by_number(&mut tx, number).await?.unwrap();
        orgs::resector(&mut tx, &branch, sector, policy).await?;
        tx.commit().await
    };
    app.move_to("2026-09-25 09:59");
    let wrong = correct("软件2026级3班团支部", "银行").await.unwrap_err();
    assert_eq!(wrong.code(), "org.sector");
    correct("软件2026级3班团支部", "普通高等院校(民办-学生)")
        .await
        .unwrap();
    let mut conn = app.db.read().await.unwrap();
    let branch = orgs::by_number(&mut conn, number).await.unwrap().unwrap();
    assert_eq!(branch.short_name, "软件2026级3班团支部");
    assert_eq!(branch.sector.as_deref(), Some("普通高等院校(民办-学生)"));
    drop(conn);
    app.move_to("2026-09-25 10:00");
    let late = correct("软件2026级4班团支部", "普通高等院校(公办-学生)").await;
    assert_eq!(late.unwrap_err().code(), "org.locked");
}

#[tokio::test]
async fn acc_32_a_code_lives_180_days() {
    let (app, code) = with_code().await;
    app.move_to("2027-03-17 23:59");
    register(&app, &code, &[("holder", "")])
        .await
        .expect(422)
        .see("请填写负责人姓名");
    app.move_to("2027-03-18 00:00");
    register(&app, &code, &[])
        .await
        .expect(422)
        .see("注册码已过期（有效期180天，至2027-03-17）");
}

#[tokio::test]
async fn acc_34_usernames_are_one_a_deployment_ignoring_case() {
    let app = kit::app_of("beijing").await;
    let codes = codes(&app, 2).await;
    register(&app, &codes[0], &[]).await.expect(303);
    let other = [
        ("short_name", "软件2026级2班团支部"),
        ("username", "tzb2026"),
    ];
    let taken = register(&app, &codes[1], &other).await.expect(422);
    let offered = taken.body.split("用户名已存在，可用：").nth(1);
    let offered = offered.and_then(|rest| rest.split('。').next());
    let offered = offered.expect("another name").to_owned();
    assert!(offered.starts_with("TZB"), "{offered}");
    for wrong in ["tzb", "1tzb2026", "团支部2026", "tzb 2026", "administrator"] {
        register(
            &app,
            &codes[1],
            &[("short_name", "软件2026级2班团支部"), ("username", wrong)],
        )
        .await
        .expect(422)
        .see("用户名为4–32位字母和数字");
    }
    register(
        &app,
        &codes[1],
        &[
            ("short_name", "软件2026级2班团支部"),
            ("username", &offered),
        ],
    )
    .await
    .expect(303);
}

#[tokio::test]
async fn acc_32_a_committee_makes_one_to_five_hundred_codes() {
    let app = kit::app_of("beijing").await;
    let admin = app.admin("王样本", &app.league.college.clone());
    let make = async |many: &str| {
        admin
            .submit(
                "/console/codes/org",
                "/console/codes/org",
                &[("many", many)],
            )
            .await
    };
    for wrong in ["0", "501", "x"] {
        make(wrong)
            .await
            .expect(422)
            .see("一次可生成1–500个组织注册码");
    }
    make("3").await.expect(303);
    let page = admin
        .get("/console/codes/org")
        .await
        .expect(200)
        .see("2027-03-17")
        .see("有效");
    assert_eq!(page.body.matches("class=\"tj-code\"").count(), 3);
    assert_eq!(
        &admin
            .get("/console/codes/org/export")
            .await
            .expect(200)
            .bytes[..2],
        b"PK"
    );
    let branch = app.admin("李演示", &app.league.branch.clone());
    branch.get("/console/codes/org").await.expect(403);
}
