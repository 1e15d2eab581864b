//! Who may correct a number, what the history keeps, what the lists show.

use super::kit::{app, around, enter, input, member, policy};
use crate::{Demand, check};
use base::OrgCategory;
use sheets::{Limits, Template};

#[tokio::test]
async fn ros_22_28_the_person_the_branch_and_its_superior_correct_a_number_and_nobody_else() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let place = format!("/console/members/{person}/edit");
    let typed = input("李演示", 1);
    let fields = |version: &'static str, number: &'static str| {
        vec![
            ("version", version),
            ("ethnic", typed.ethnic.as_str()),
            ("political", &typed.political),
            ("education", &typed.education),
            ("admitted_on", &typed.admitted_on),
            ("phone", &typed.phone),
            ("admission_number", number),
        ]
    };
    let me = app.member(person, "李演示", &app.league.branch);
    me.submit(
        "/member/me/edit",
        "/member/me/edit",
        &fields("1", "201900000101"),
    )
    .await
    .expect(303);
    let branch = app.admin("钱演示", &app.league.branch);
    branch
        .submit(&place, &place, &fields("2", "201900000102"))
        .await
        .expect(303);
    let college = app.admin("赵演示", &app.league.college);
    college
        .submit(&place, &place, &fields("3", "201900000103"))
        .await
        .expect(303);
    let university = app.admin("孙演示", &app.league.university);
    let key = university.get("/console/members/export").await.key();
    let mut all = fields("4", "201900000104");
    all.push(("_key", &key));
    university.post(&place, &all).await.expect(403);
    // ROS-30: field, old, new, who and when; identity masked.
    let page = branch
        .get(&format!("/console/members/{person}?kind=profile"))
        .await;
    for (line, who) in [
        ("201900000001 → 201900000101", "经办 李演示"),
        ("201900000101 → 201900000102", "经办 钱演示"),
        ("201900000102 → 201900000103", "经办 赵演示"),
    ] {
        assert!(page.has(line) && page.has(who), "{line} {who}");
    }
}

#[tokio::test]
async fn ros_30_a_changed_phone_stands_masked_in_the_history() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let place = format!("/console/members/{person}/edit");
    let typed = input("李演示", 1);
    let fields = [
        ("version", "1"),
        ("ethnic", typed.ethnic.as_str()),
        ("political", &typed.political),
        ("education", &typed.education),
        ("admitted_on", &typed.admitted_on),
        ("admission_number", &typed.admission_number),
        ("phone", "10000009999"),
    ];
    branch.submit(&place, &place, &fields).await.expect(303);
    let page = branch
        .get(&format!("/console/members/{person}"))
        .await
        .see("手机号码：100****0001 → 100****9999");
    assert!(!page.has("10000009999"));
}

#[tokio::test]
async fn ros_19_irregular_numbers_on_file_are_shown_and_counted_for_superiors() {
    let app = app().await;
    let mut kept = around(Demand::Member, OrgCategory::Branch);
    kept.keep_number = true;
    let mut typed = input("李演示", 1);
    typed.admission_number = "2018370123".into();
    let person = enter(
        &app,
        &app.league.branch,
        check(&typed, &policy(), &kept).unwrap(),
    )
    .await
    .unwrap();
    enter(&app, &app.league.branch, member("王演示", 2))
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    let page = college.get("/console/members?view=fault").await.expect(200);
    assert!(page.has("共 1 人") && page.has("编号不规范") && !page.has("王演示"));
    app.member(person, "李演示", &app.league.branch)
        .get("/member/me")
        .await
        .see("编号应为12位，现为〔10〕位");
    // Other fields can be changed with the number as it is; once it is right, the mark is gone.
    let branch = app.admin("钱演示", &app.league.branch);
    let place = format!("/console/members/{person}/edit");
    let fields = |version: &'static str, number: &'static str| {
        vec![
            ("version", version),
            ("ethnic", typed.ethnic.as_str()),
            ("political", &typed.political),
            ("education", "30"),
            ("admitted_on", &typed.admitted_on),
            ("phone", &typed.phone),
            ("admission_number", number),
        ]
    };
    branch
        .submit(&place, &place, &fields("1", "2018370123"))
        .await
        .expect(303);
    branch
        .submit(&place, &place, &fields("2", "201900000123"))
        .await
        .expect(303);
    assert!(
        !college
            .get("/console/members?view=fault")
            .await
            .has("李演示")
    );
}

#[tokio::test]
async fn ros_40_the_list_of_cadres_shows_post_kind_masked_phone_identity_completeness_and_since() {
    let app = app().await;
    let college = app.admin("赵演示", &app.league.college);
    let typed = input("李演示", 1);
    let fields = [
        ("name", "李演示"),
        ("id_number", typed.id_number.as_str()),
        ("ethnic", "汉族"),
        ("political", "中共党员"),
        ("education", "硕士研究生"),
        ("phone", &typed.phone),
        ("title", "副书记"),
        ("nature", "full_time"),
        ("since", "2024-09-01"),
    ];
    college
        .submit("/console/cadres/new", "/console/cadres/new", &fields)
        .await
        .expect(303);
    let page = college.get("/console/cadres").await.expect(200);
    for text in [
        "李演示",
        "副书记",
        "专职",
        "100****0001",
        "未认证",
        "缺：入党年月",
        "2024-09-01",
        "职务变更、离任",
        "书记空缺",
    ] {
        assert!(page.has(text), "{text}");
    }
    // The superior looks, without the ways to change.
    let number = app.league.number(&app.league.college);
    let university = app.admin("孙演示", &app.league.university);
    let look = university
        .get(&format!("/console/cadres?org={number}"))
        .await
        .expect(200)
        .see("李演示");
    assert!(!look.has("职务变更、离任"));
    app.admin("周演示", &app.league.company)
        .get(&format!("/console/cadres?org={number}"))
        .await
        .expect(403);
}

#[tokio::test]
async fn ros_92_the_file_holds_what_the_list_shows_masked() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    enter(&app, &app.league.branch, member("王演示", 2))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let exported = async |fields: &[(&str, &str)]| {
        branch
            .submit("/console/members/export", "/console/members/export", fields)
            .await
            .expect(303);
        app.settle().await;
        let file = super::kit::newest_file(&app).await;
        let bytes = app.app.files().get(file).await.unwrap();
        let columns = ["姓名", "证件号码", "手机号码"]
            .into_iter()
            .map(|h| sheets::Column::new(h, h, sheets::Kind::Text))
            .collect();
        let wanted = Template {
            kind: "none",
            version: 1,
            title: "团员名册".into(),
            instructions: Vec::new(),
            columns,
        };
        let sheet = sheets::read(&bytes, &wanted, &Limits::new(100, 1)).unwrap();
        sheet
            .rows
            .iter()
            .filter(|row| !row.text("证件号码").is_empty())
            .map(|row| {
                format!(
                    "{} {} {}",
                    row.text("姓名"),
                    row.text("证件号码"),
                    row.text("手机号码")
                )
            })
            .collect::<Vec<_>>()
    };
    let masked = exported(&[("q", "李")]).await;
    assert_eq!(masked.len(), 1, "the list's filter holds for the file");
    assert!(masked[0].starts_with("李演示 999****") && masked[0].ends_with(" 100****0001"));
    app.move_to("2026-09-18 10:05");
    let whole = exported(&[("whole", "yes"), ("purpose", "核对档案")]).await;
    assert_eq!(whole.len(), 2);
    assert!(whole.iter().any(|line| line.ends_with(" 10000000001")));
}
