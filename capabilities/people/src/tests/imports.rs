use super::kit::{app, enter, id, input, member};
use access::OrgRef;
use sheets::wizard::{Importer, Target};
use sheets::{Row, Template};
use testkit::{Answer, Client, TestApp};

const PAGE: &str = "/console/import/members";

async fn template(app: &TestApp, importer: &dyn Importer, org: &OrgRef) -> Template {
    let mut r = app.db.read().await.unwrap();
    let target: Target = importer.target(&mut r, org.id).await.unwrap().unwrap();
    importer.template(&app.app, &mut r, &target).await.unwrap()
}

fn line(template: &Template, name: &str, n: u32, more: &[(&'static str, &str)]) -> Row {
    let typed = input(name, n);
    let mut cells: Vec<(&str, &str)> = vec![
        ("name", &typed.name),
        ("id_number", &typed.id_number),
        ("ethnic", &typed.ethnic),
        ("political", &typed.political),
        ("education", &typed.education),
        ("admitted_on", &typed.admitted_on),
        ("admission_number", &typed.admission_number),
        ("phone", &typed.phone),
    ];
    for (key, value) in more {
        match cells.iter_mut().find(|(k, _)| k == key) {
            Some(cell) => cell.1 = value,
            None => cells.push((key, value)),
        }
    }
    template.row(0, &cells)
}

async fn checked(app: &TestApp, admin: &Client, page: &str, bytes: &[u8]) -> String {
    let sent = admin
        .upload(page, page, &[], "名册.xlsx", bytes)
        .await
        .expect(303);
    app.settle().await;
    sent.location
}

async fn confirmed(app: &TestApp, admin: &Client, run: &str) -> Answer {
    admin
        .submit(&format!("{run}/confirm"), &format!("{run}/apply"), &[])
        .await
        .expect(303);
    app.settle().await;
    admin.get(run).await.expect(200)
}

#[tokio::test]
async fn ros_05_06_a_mixed_file_creates_the_good_rows_and_names_those_to_be_certified() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    let mut rows: Vec<Row> = (1..=7).map(|n| line(&t, "李演示", n, &[])).collect();
    for n in 8..=10 {
        let number = format!("20200000{n:04}");
        rows.push(line(
            &t,
            ["王样本", "陈样本", "刘样本"][n as usize - 8],
            n,
            &[("admitted_on", "2020-09"), ("admission_number", &number)],
        ));
    }
    rows.push(line(
        &t,
        "坏样本",
        11,
        &[("id_number", &id("20040520", 99).replace("999", "110"))],
    ));
    let run = checked(&app, &branch, PAGE, &t.write(Some(&rows)).unwrap()).await;
    branch
        .get(&run)
        .await
        .expect(200)
        .see("10")
        .see("校验码不正确");
    let done = confirmed(&app, &branch, &run).await;
    assert!(
        done.has("已导入10名团员")
            && done.has("其中3人于2020年1月及以后入团")
            && done.has("陈样本、刘样本、王样本"),
        "{}",
        done.body
    );
    branch.get("/console/members").await.see("共 10 人");
    branch
        .get("/console/members?view=uncertified")
        .await
        .see("共 3 人");
}

#[tokio::test]
async fn ros_06_no_prompt_appears_when_nobody_was_admitted_in_2020_or_later() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    let rows: Vec<Row> = (1..=3).map(|n| line(&t, "李演示", n, &[])).collect();
    let run = checked(&app, &branch, PAGE, &t.write(Some(&rows)).unwrap()).await;
    assert!(!confirmed(&app, &branch, &run).await.has("须上传入团志愿书"));
}

#[tokio::test]
async fn ros_05_the_same_file_sent_twice_creates_nobody_twice() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    let rows: Vec<Row> = (1..=3).map(|n| line(&t, "李演示", n, &[])).collect();
    let bytes = t.write(Some(&rows)).unwrap();
    let run = checked(&app, &branch, PAGE, &bytes).await;
    confirmed(&app, &branch, &run).await;
    let again = checked(&app, &branch, PAGE, &bytes).await;
    branch
        .get(&format!("{again}?show=duplicate"))
        .await
        .expect(200)
        .see("已在本组织，无需重复录入");
    branch.get("/console/members").await.see("共 3 人");
}

#[tokio::test]
async fn ros_04_the_wrong_one_of_the_two_templates_is_refused_whole() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let wrong = template(&app, &crate::CadreImporter, &app.league.branch).await;
    let rows = [line(&wrong, "李演示", 1, &[("title", "委员")])];
    let run = checked(&app, &branch, PAGE, &wrong.write(Some(&rows)).unwrap()).await;
    branch.get(&run).await.expect(200).see(
        "表格错误：这是〔导入本级团干部〕模板，此处需要〔导入下级团支部团员团干部〕模板，两种模板不可混用，请下载正确模板重新上传。",
    );
    branch.get("/console/members").await.see("还没有团员");
}

#[tokio::test]
async fn ros_20_known_repeated_and_taken_are_told_apart_in_the_preview() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    enter(&app, &app.league.branch_2, member("王演示", 2))
        .await
        .unwrap();
    enter(&app, &app.league.branch_2, member("吴演示", 9))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    let rows = [
        line(&t, "李演示", 1, &[]),
        line(&t, "王演示", 2, &[]),
        line(&t, "赵演示", 9, &[]),
        line(&t, "孙演示", 3, &[]),
        line(&t, "孙演示", 3, &[]),
        line(&t, "周演示", 4, &[("admission_number", "201900000001")]),
        line(&t, "李演示", 5, &[]),
    ];
    let run = checked(&app, &branch, PAGE, &t.write(Some(&rows)).unwrap()).await;
    let all = branch
        .get(&format!("{run}?show=all"))
        .await
        .expect(200)
        .body
        + &branch.get(&format!("{run}?show=duplicate")).await.body
        + &branch.get(&format!("{run}?show=faulty")).await.body
        + &branch.get(&format!("{run}?show=warned")).await.body;
    for text in [
        "已在本组织，无需重复录入",
        "软件2023级2班团支部〕（正常），请联系协调或办理组织关系转接",
        "姓名不符",
        "重复出现",
        "该编号已被其他团员使用",
        "同名同生日",
    ] {
        assert!(all.contains(text), "{text}");
    }
    confirmed(&app, &branch, &run).await.see("已导入2名团员");
}

#[tokio::test]
async fn ros_01_a_direct_superior_imports_into_its_branches_and_nobody_elses() {
    let app = app().await;
    let college = app.admin("赵演示", &app.league.college);
    let t = template(&app, &crate::MemberImporter, &app.league.college).await;
    let rows = [
        line(
            &t,
            "李演示",
            1,
            &[("branch", "海棠理工大学信息学院软件2023级1班团支部")],
        ),
        line(
            &t,
            "王演示",
            2,
            &[(
                "branch",
                &app.league.number(&app.league.branch_2).to_string(),
            )],
        ),
        line(&t, "孙演示", 3, &[("branch", "青禾制造公司总装车间团支部")]),
    ];
    let run = checked(&app, &college, PAGE, &t.write(Some(&rows)).unwrap()).await;
    college
        .get(&format!("{run}?show=faulty"))
        .await
        .see("不是〔海棠理工大学信息学院团委〕的直属团支部");
    confirmed(&app, &college, &run).await.see("已导入2名团员");
    app.admin("周演示", &app.league.branch_2)
        .get("/console/members")
        .await
        .see("王演示")
        .see("共 1 人");
}

#[tokio::test]
async fn ros_03_a_branchs_template_has_its_name_locked() {
    let app = app().await;
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    assert_eq!(
        t.column("branch").unwrap().locked.as_deref(),
        Some("海棠理工大学信息学院软件2023级1班团支部")
    );
    assert!(
        template(&app, &crate::MemberImporter, &app.league.college)
            .await
            .column("branch")
            .unwrap()
            .locked
            .is_none()
    );
    let headings: Vec<&str> = t.columns.iter().map(|c| c.heading).collect();
    assert_eq!(
        &headings[1..],
        [
            "姓名",
            "性别",
            "身份证号",
            "民族",
            "政治面貌",
            "最高学历",
            "入团年月",
            "发展团员编号",
            "手机号码",
            "职务",
            "专兼职",
            "任职时间"
        ]
    );
    let cadres = template(&app, &crate::CadreImporter, &app.league.college).await;
    assert_eq!(cadres.columns.len(), 12);
}

#[tokio::test]
async fn peer_11_an_import_is_taken_back_while_nothing_was_done_with_its_people() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let t = template(&app, &crate::MemberImporter, &app.league.branch).await;
    let rows: Vec<Row> = (1..=3)
        .map(|n| {
            line(
                &t,
                "李演示",
                n,
                if n == 1 {
                    &[("title", "组织委员")]
                } else {
                    &[]
                },
            )
        })
        .collect();
    let bytes = t.write(Some(&rows)).unwrap();
    let run = checked(&app, &branch, PAGE, &bytes).await;
    confirmed(&app, &branch, &run).await.see("已导入3名团员");
    branch
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    app.settle().await;
    branch.get("/console/members").await.see("还没有团员");
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    assert_eq!(
        crate::counts(&mut r, app.league.branch.id).await.unwrap(),
        crate::Counts::default()
    );
    let number = base::IdNumber::trusted(id("20040520", 1));
    assert_eq!(
        crate::by_id_number(&mut r, &keys, &number).await.unwrap(),
        None
    );
    drop(r);
    // The same people can be imported again; once somebody changed one of them, the import stays.
    let run = checked(&app, &branch, PAGE, &bytes).await;
    confirmed(&app, &branch, &run).await.see("已导入3名团员");
    let mut r = app.db.read().await.unwrap();
    let person = crate::by_id_number(&mut r, &keys, &number)
        .await
        .unwrap()
        .unwrap();
    drop(r);
    app.move_to("2026-09-18 11:00");
    let edit = format!("/console/members/{person}/edit");
    let typed = input("李演示", 1);
    let fields = [
        ("version", "1"),
        ("ethnic", &typed.ethnic),
        ("political", &typed.political),
        ("education", "大学专科"),
        ("admitted_on", &typed.admitted_on),
        ("admission_number", &typed.admission_number),
        ("phone", &typed.phone),
    ];
    branch.submit(&edit, &edit, &fields).await.expect(303);
    branch
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(422)
        .see("不能撤回：李演示共1人");
    branch.get("/console/members").await.see("共 3 人");
}

#[tokio::test]
async fn ros_32_33_imported_cadres_take_over_known_people_without_touching_their_membership() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    let t = template(&app, &crate::CadreImporter, &app.league.college).await;
    let rows = [
        line(&t, "李演示", 1, &[("title", "委员")]),
        line(
            &t,
            "王样本",
            2,
            &[
                ("title", "副书记"),
                ("political", "中共党员"),
                ("admitted_on", ""),
                ("admission_number", ""),
            ],
        ),
        line(&t, "错名字", 1, &[("title", "常委")]),
    ];
    let run = checked(
        &app,
        &college,
        "/console/import/cadres",
        &t.write(Some(&rows)).unwrap(),
    )
    .await;
    college
        .get(&format!("{run}?show=faulty"))
        .await
        .see("姓名与该身份证号在系统中的姓名不一致");
    confirmed(&app, &college, &run).await.see("已导入2名团干部");
    let mut r = app.db.read().await.unwrap();
    assert_eq!(
        crate::membership(&mut r, person)
            .await
            .unwrap()
            .unwrap()
            .branch,
        app.league.branch.id
    );
    let counts = crate::counts(&mut r, app.league.college.id).await.unwrap();
    assert_eq!(
        (counts.members, counts.cadres, counts.incomplete),
        (0, 2, 1),
        "入党年月 of the Party member is missing"
    );
    drop(r);
    college
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    app.settle().await;
    let mut r = app.db.read().await.unwrap();
    assert_eq!(
        crate::counts(&mut r, app.league.college.id)
            .await
            .unwrap()
            .cadres,
        0
    );
    assert!(crate::posts(&mut r, person).await.unwrap().is_empty());
    assert!(crate::membership(&mut r, person).await.unwrap().is_some());
}

#[tokio::test]
async fn ros_05_five_thousand_rows_are_the_limit() {
    let app = app().await;
    let limits = sheets::wizard::Importer::limits(&crate::MemberImporter, &app.app);
    assert_eq!((limits.rows, limits.packed), (5000, 10 * 1024 * 1024));
}

#[tokio::test]
async fn peer_10_fld_105_a_table_of_ones_own_as_csv_is_checked_and_imported() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let typed = [input("曾演示", 1), input("贾演示", 2)];
    let mut table =
        "班级花名册\n学号,入团时间,姓名,身份证号码,手机,民族,政治面貌,学历,团员编号\n".to_owned();
    for t in &typed {
        table += &format!(
            "1,{},{},{},{},{},{},{},{}\n",
            t.admitted_on,
            t.name,
            t.id_number,
            t.phone,
            t.ethnic,
            t.political,
            t.education,
            t.admission_number
        );
    }
    let run = checked(&app, &branch, PAGE, table.as_bytes()).await;
    confirmed(&app, &branch, &run).await.see("2");
    branch
        .get("/console/members")
        .await
        .expect(200)
        .see("曾演示")
        .see("贾演示");
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is stored is read past the pages"
)]
async fn fld_01_cadres_are_imported_by_code_old_number_and_other_label() {
    let guangdong = super::kit::policy_of(include_str!("../../../../profiles/guangdong.toml"));
    let app = super::kit::app_with(guangdong, crate::Departures::default()).await;
    let college = app.admin("赵演示", &app.league.college);
    let t = template(&app, &crate::CadreImporter, &app.league.college).await;
    let rows = [
        ("7", "哈呢族", "1", "2", "1"),
        ("大专", " ５ ", "league", "委员", "兼职"),
        ("college", "汉", "共青团员", "副书记", "part_time"),
        ("大砖", "汉族", "共青团员", "委员", "2"),
        ("大专", "哈泥族", "共青团员", "委员", "4"),
    ];
    let rows: Vec<Row> = (1..)
        .zip(rows)
        .map(|(n, (education, ethnic, political, title, nature))| {
            let more = [
                ("education", education),
                ("ethnic", ethnic),
                ("political", political),
                ("title", title),
                ("nature", nature),
            ];
            line(&t, "李演示", n, &more)
        })
        .collect();
    let page = "/console/import/cadres";
    let bytes = t.write(Some(&rows)).expect("a workbook");
    let run = checked(&app, &college, page, &bytes).await;
    college
        .get(&run)
        .await
        .see("〔大砖〕不在下拉项内：最接近的是")
        .see("〔哈泥族〕不在下拉项内：最接近的是哈尼族、")
        .see("〔4〕不在下拉项内：只能是")
        .see("value=\"哈尼族\"");
    confirmed(&app, &college, &run).await;
    let stored: Vec<(String, String, String)> = sqlx::query_as(
        "select ethnic, political, education from person where name = '李演示' order by ethnic",
    )
    .fetch_all(&app.db.pool)
    .await
    .expect("people");
    let expected = [("01", "03", "30"), ("06", "03", "30"), ("16", "03", "30")];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(stored, expected);
}
