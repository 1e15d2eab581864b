//! Batch creation through the wizard.

use super::kit::policy;
use crate::OrgImporter;
use crate::import::template;
use base::OrgCategory::{Committee, GeneralBranch, LeadingBody};
use sheets::wizard::Importers;
use sheets::{Kind, Row};
use std::sync::Arc;
use testkit::{Client, Setup, TestApp};

const PAGE: &str = "/console/import/orgs";
const SECTOR: &str = "普通高等院校(公办-学生)";

async fn start(profile: &str) -> TestApp {
    let mut policies = web::Policies::default();
    policies.add(policy(profile));
    policies.add(Importers(vec![Arc::new(OrgImporter)]));
    TestApp::new(Setup {
        routes: crate::routes().and(sheets::wizard::routes()),
        policies,
        jobs: Some(sheets::wizard::jobs),
        ..Setup::default()
    })
    .await
}

fn book(rows: &[[&str; 3]]) -> Vec<u8> {
    let template = template(Committee, &policy("national"));
    let rows: Vec<Row> = rows
        .iter()
        .map(|[name, category, sector]| {
            template.row(
                0,
                &[
                    ("short_name", name),
                    ("category", category),
                    ("sector", sector),
                ],
            )
        })
        .collect();
    template.write(Some(&rows)).expect("a workbook")
}

async fn checked(app: &TestApp, admin: &Client, rows: &[[&str; 3]]) -> String {
    let sent = admin
        .upload(PAGE, PAGE, &[], "组织.xlsx", &book(rows))
        .await
        .expect(303);
    app.settle().await;
    sent.location
}

async fn confirm(app: &TestApp, admin: &Client, run: &str) {
    admin
        .submit(&format!("{run}/confirm"), &format!("{run}/apply"), &[])
        .await
        .expect(303);
    app.settle().await;
}

async fn children(app: &TestApp) -> Vec<crate::Org> {
    let mut conn = app.db.read().await.unwrap();
    crate::children(&mut conn, app.league.college.id)
        .await
        .unwrap()
}

/// The table of the worked example: row 4 of the sheet repeats row 3, row 9 has the category 支部.
fn twelve() -> Vec<[&'static str; 3]> {
    let names = [
        "物理2026级1班团支部",
        "物理2026级2班团支部",
        "物理2026级2班团支部",
        "物理2026级4班团支部",
        "物理2026级5班团支部",
        "物理2026级6班团支部",
        "物理2026级7班团支部",
        "物理2026级8班团支部",
        "物理2026级9班团支部",
        "物理2026级10班团支部",
        "物理2026级11班团支部",
        "物理2026级12班团支部",
    ];
    let mut rows: Vec<_> = names.iter().map(|name| [*name, "团支部", SECTOR]).collect();
    rows[7][1] = "支部";
    rows
}

#[tokio::test]
async fn org_22_rows_already_created_count_as_duplicates() {
    let app = start("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let run = checked(&app, &admin, &twelve()).await;
    let page = admin.get(&run).await.expect(200).see("先导入可用的10行");
    assert!(
        page.has("不在下拉项内") && page.has("与本表第"),
        "{}",
        page.body
    );
    confirm(&app, &admin, &run).await;
    assert_eq!(children(&app).await.len(), 12, "two were there");
    admin.get(&run).await.see("已导入10个组织");
    let mut again = twelve();
    again.remove(2);
    again[6][1] = "团支部";
    let run = checked(&app, &admin, &again).await;
    admin
        .get(&format!("{run}?show=duplicate"))
        .await
        .see("同级已存在");
    confirm(&app, &admin, &run).await;
    assert_eq!(children(&app).await.len(), 13, "nothing twice");
    admin.get(&run).await.see("已导入1个组织");
}

#[tokio::test]
async fn org_25_full_names_are_shown_and_nothing_is_created_before_the_confirmation() {
    let app = start("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let run = checked(&app, &admin, &[["物理2026级1班团支部", "团支部", SECTOR]]).await;
    admin
        .get(&run)
        .await
        .see("海棠理工大学信息学院物理2026级1班团支部");
    assert_eq!(children(&app).await.len(), 2);
}

#[tokio::test]
async fn org_24_the_list_opens_filtered_to_the_new_rows() {
    let app = start("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let run = checked(&app, &admin, &twelve()[..2]).await;
    confirm(&app, &admin, &run).await;
    admin
        .get(&run)
        .await
        .see("/console/subordinates?from=10000015&#38;to=10000016");
    let list = admin
        .get("/console/subordinates?from=10000015&to=10000016")
        .await
        .expect(200);
    assert!(list.has("物理2026级2班团支部") && !list.has("软件2023级1班团支部"));
    assert!(list.has("本次导入的组织"));
}

#[tokio::test]
async fn org_23_every_kind_of_mistake_is_named_in_its_row() {
    let app = start("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let long = format!("{}团支部", "长".repeat(38));
    let rows = [
        ["", "团支部", ""],
        ["一班团支部", "支部", ""],
        ["二班团支部", "", ""],
        ["计算机团工委", "团工委", ""],
        ["包装车间团委", "团支部", ""],
        ["三班团支部", "团支部", ""],
        ["三班团支部", "团支部", ""],
        ["软件2023级1班团支部", "团支部", ""],
        ["团白石区委", "团的领导机关", ""],
        ["学院青工委", "团委", ""],
        ["四班团支部", "团支部", "银行"],
        [long.as_str(), "团支部", ""],
        ["五班<团支部", "团支部", ""],
    ];
    let run = checked(&app, &admin, &rows).await;
    let page = admin.get(&run).await.expect(200);
    for reason in [
        "组织简称为空",
        "组织类别〔支部〕不在下拉项内",
        "组织类别为空",
        "简称应以〔团支部〕结尾。",
        "与本表第",
        "团的领导机关已初始化，无需创建，请核对排序和简称。",
        "〔学院青工委〕不是团的组织，不能录入。",
        "行业类别〔银行〕不在下拉项内",
        "组织简称超长",
        "含有不能使用的字符〔&#60;〕",
    ] {
        assert!(page.has(reason), "{reason}: {}", page.body);
    }
    let all = admin
        .get(&format!("{run}?show=duplicate"))
        .await
        .expect(200);
    assert!(all.has("同级已存在"), "{}", all.body);
    let general = app.admin("王演示", &app.league.general);
    let run = checked(&app, &general, &[["二〇团委", "团委", ""]]).await;
    general
        .get(&run)
        .await
        .see("团委不能建在〔团总支〕之下。可以创建：团支部。");
}

#[tokio::test]
async fn peer_11_an_import_is_taken_back_while_nobody_has_used_what_it_made() {
    let app = start("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let run = checked(&app, &admin, &twelve()[..2]).await;
    confirm(&app, &admin, &run).await;
    let action = format!("{run}/take-back");
    let made = children(&app).await;
    let mut tx = app.db.begin(access::Actor::system("test")).await.unwrap();
    crate::activate(&mut tx, made[3].id).await.unwrap();
    tx.commit().await.unwrap();
    let refused = admin
        .submit(&run, &action, &[("confirm", "撤回")])
        .await
        .expect(422);
    assert!(
        refused.has("〔物理2026级2班团支部〕等1个组织已有管理员"),
        "{}",
        refused.body
    );
    assert_eq!(children(&app).await.len(), 4, "wholly or not at all");
    let second = checked(&app, &admin, &[["物理2026级3班团支部", "团支部", SECTOR]]).await;
    confirm(&app, &admin, &second).await;
    admin
        .submit(
            &second,
            &format!("{second}/take-back"),
            &[("confirm", "撤回")],
        )
        .await
        .expect(303);
    assert_eq!(children(&app).await.len(), 4);
    let third = checked(&app, &admin, &[["物理2026级3班团支部", "团支部", SECTOR]]).await;
    confirm(&app, &admin, &third).await;
    let again = children(&app).await.pop().unwrap();
    assert_eq!(again.number, 10000018, "numbers are never given again");
    assert_eq!(
        again.path,
        app.league.college.path.child(6),
        "nor are places"
    );
}

#[test]
fn org_21_the_template_offers_the_categories_allowed_and_guangdong_asks_more() {
    let options = |category, profile: &str| match &template(category, &policy(profile))
        .column("category")
        .unwrap()
        .kind
    {
        Kind::Code(options) => options.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(options(GeneralBranch, "national"), ["团支部"]);
    assert_eq!(
        options(LeadingBody, "national"),
        ["团委", "团工委", "团总支", "团支部"]
    );
    assert_eq!(
        options(Committee, "guangdong"),
        ["团委", "团总支", "团支部"]
    );
    let keys = |profile: &str| -> Vec<&str> {
        template(Committee, &policy(profile))
            .columns
            .iter()
            .map(|c| c.key)
            .collect()
    };
    assert_eq!(
        keys("national"),
        ["short_name", "category", "sector", "sort_no"]
    );
    assert_eq!(
        keys("guangdong")[4..],
        ["is_school", "school_code", "graduation_year"]
    );
}

#[tokio::test]
async fn org_22_only_the_superior_itself_imports() {
    let app = start("national").await;
    app.admin("钱演示", &app.league.branch)
        .get(PAGE)
        .await
        .expect(403);
    let college = app.league.college.id;
    let superior = app.admin("周演示", &app.league.university);
    superior
        .get(&format!("{PAGE}?org={college}"))
        .await
        .expect(403);
    superior.get(PAGE).await.expect(200);
}

#[test]
fn fld_01_sectors_and_categories_are_known_by_label_code_old_number_and_alias() {
    let guangdong = policy("guangdong");
    assert_eq!(guangdong.sectors.len(), 16);
    for (n, sector) in (1..).zip(&guangdong.sectors) {
        assert_eq!(sector.number, n, "in the order they are shown");
        let labels = [sector.name.clone(), sector.code.clone(), n.to_string()];
        for text in labels.iter().chain(&sector.aliases) {
            let found = guangdong.sector(text).expect(text);
            assert_eq!(found.name, sector.name, "{text}");
        }
    }
    assert!(guangdong.sector("银行").is_none() && guangdong.sector("").is_none());
    let schools = ["普通高等院校", "职业教育学校", "普通高中", "初中", "小学"];
    let marked = guangdong.sectors.iter().filter(|s| s.school);
    assert!(marked.map(|s| s.name.as_str()).eq(schools));
    // What was taken over under another profile's names stays in the school sector.
    let all = guangdong.school_sectors();
    assert!(all.iter().any(|name| name == "普通高等院校(公办-学生)"));
}

#[tokio::test]
async fn fld_01_an_import_takes_codes_old_numbers_and_other_labels() {
    let app = start("guangdong").await;
    let company = app.admin("赵演示", &app.league.company);
    let rows = [
        ["第一车间团支部", "5", "8"],
        ["第二车间团支部", "branch", "soe"],
        ["第三车间团支部", "基层团支部", "非公有制企业"],
        ["第四车间团支部", "团支部", "银行"],
        ["第五车间团支部", "6", "国有企业"],
    ];
    let template = template(Committee, &policy("guangdong"));
    let rows: Vec<Row> = rows
        .iter()
        .map(|[name, category, sector]| {
            let cells = [
                ("short_name", *name),
                ("category", category),
                ("sector", sector),
                ("is_school", "否"),
            ];
            template.row(0, &cells)
        })
        .collect();
    let file = template.write(Some(&rows)).expect("a workbook");
    let run = company
        .upload(PAGE, PAGE, &[], "组织.xlsx", &file)
        .await
        .expect(303)
        .location;
    app.settle().await;
    let page = company.get(&run).await.expect(200);
    page.see("〔银行〕不在下拉项内").see("〔6〕不在下拉项内");
    confirm(&app, &company, &run).await;
    // ORG-28: what comes next is the profile's.
    let result = company.get(&run).await.expect(200);
    assert!(
        result.has("为新建的组织批量生成登录资料") && !result.has("注册码"),
        "{}",
        result.body
    );
    let page = company.get("/console/subordinates").await.expect(200);
    assert!(page.has("批量生成登录资料") && !page.has("注册码"));
    for text in [
        "第一车间团支部",
        "第二车间团支部",
        "第三车间团支部",
        "国有企业",
        "非公企业",
    ] {
        assert!(page.has(text), "{text}");
    }
    assert!(!page.has("第四车间团支部") && !page.has("第五车间团支部"));
}
