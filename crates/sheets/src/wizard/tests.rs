#![expect(
    clippy::disallowed_methods,
    reason = "the invented importer writes into a table of the kernel"
)]

use super::*;
use crate::{Column, Kind};
use access::Role;
use base::{Error, OrgPath};
use std::collections::{BTreeMap, BTreeSet};
use testkit::{Answer, Client, Setup, TestApp, signed_in};
use web::Policies;

/// Imports settings: a name that is not there yet, a text, a number shown masked.
struct Notes;

fn template() -> Template {
    Template {
        kind: "notes",
        version: 1,
        title: "导入便签".into(),
        instructions: vec!["一行一条。".into()],
        columns: vec![
            Column::new("name", "名称", Kind::Text).required(),
            Column::new("text", "内容", Kind::Text).longest(10),
            Column::new("number", "证件号", Kind::IdLike).masked(),
        ],
    }
}

fn other_template() -> Template {
    Template {
        kind: "others",
        title: "导入其他".into(),
        ..template()
    }
}

impl Importer for Notes {
    fn kind(&self) -> &'static str {
        "notes"
    }
    fn title(&self) -> &'static str {
        "批量导入便签"
    }
    fn place(&self) -> &'static str {
        "/console/notes"
    }
    fn counted(&self, number: i64) -> String {
        format!("{number}条便签")
    }
    fn permission(&self) -> Permission {
        Permission::EnterMembers
    }
    fn target<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Target>>> {
        Box::pin(async move {
            let found: Option<(String, String, String)> =
                sqlx::query_as("select path, category, full_name from org where org_id = $1")
                    .bind(org.0)
                    .fetch_optional(conn)
                    .await?;
            Ok(found.map(|(path, category, name)| Target {
                org: OrgRef {
                    id: org,
                    path: OrgPath::new(path),
                    category: base::OrgCategory::from_code(&category).expect("category"),
                },
                name,
            }))
        })
    }
    fn template<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut PgConnection,
        _: &'a Target,
    ) -> BoxFuture<'a, Result<Template>> {
        Box::pin(async { Ok(template()) })
    }
    fn limits(&self, _: &App) -> Limits {
        Limits::new(5000, 1)
    }
    fn explain(&self, _: &App, _: &Target) -> Vec<String> {
        vec!["名称不能重复。".into()]
    }
    fn check<'a>(
        &'a self,
        _: &'a App,
        conn: &'a mut PgConnection,
        _: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        Box::pin(async move {
            let names: Vec<&str> = rows.iter().map(|r| r.text("name")).collect();
            let there: Vec<String> =
                sqlx::query_scalar("select name from setting where name = any($1)")
                    .bind(&names)
                    .fetch_all(conn)
                    .await?;
            let there: BTreeSet<String> = there.into_iter().collect();
            let mut first: BTreeMap<&str, u32> = BTreeMap::new();
            Ok(rows
                .iter()
                .map(|row| {
                    let name = row.text("name");
                    if there.contains(name) {
                        return Verdict::duplicate("已有同名便签");
                    }
                    let earlier = *first.entry(name).or_insert(row.number);
                    if earlier != row.number {
                        return Verdict::faulty(vec![
                            RowFault::rule("name", format!("与本表第{earlier}行重复。请改名称。"))
                                .suggest(format!("{name}二")),
                        ]);
                    }
                    let verdict =
                        Verdict::preview(vec![("全称".into(), format!("便签〔{name}〕"))]);
                    if row.text("text").is_empty() {
                        verdict.warn(vec![RowFault::rule("text", "没有内容")])
                    } else {
                        verdict
                    }
                })
                .collect())
        })
    }
    fn apply<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        _: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Uuid>>> {
        Box::pin(async move {
            let ids: Vec<Uuid> = rows.iter().map(|_| tx.new_id()).collect();
            let names: Vec<&str> = rows.iter().map(|r| r.text("name")).collect();
            sqlx::query(
                "insert into setting (name, value) select n.name, to_jsonb(n.id::text) from unnest($1::text[], $2::uuid[]) as n (name, id)",
            )
            .bind(&names)
            .bind(&ids)
            .execute(&mut **tx)
            .await?;
            if names.contains(&"坏") {
                return Err(Error::refused("notes.broken", "写到一半出了问题"));
            }
            Ok(ids)
        })
    }
    fn after<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut PgConnection,
        run: &'a Run,
        _: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>> {
        let link = format!("/console/notes?import={}", run.id);
        Box::pin(async move {
            Ok(After {
                link: Some(("查看新便签".into(), link)),
                notes: vec![("请逐条核对。".into(), None)],
            })
        })
    }
    fn take_back<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        _: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let ids: Vec<String> = made.iter().map(Uuid::to_string).collect();
            let gone = sqlx::query("delete from setting where value #>> '{}' = any($1)")
                .bind(&ids)
                .execute(&mut **tx)
                .await?;
            if gone.rows_affected() == made.len() as u64 {
                Ok(())
            } else {
                Err(Error::refused("notes.used", "有便签已经改动，不能整批撤回"))
            }
        })
    }
}

async fn start() -> TestApp {
    let mut policies = Policies::default();
    policies.add(Importers(vec![Arc::new(Notes)]));
    TestApp::new(Setup {
        routes: routes(),
        policies,
        jobs: Some(jobs),
        ..Setup::default()
    })
    .await
}

const PAGE: &str = "/console/import/notes";

fn book(template: &Template, rows: &[[&str; 3]]) -> Vec<u8> {
    let rows: Vec<Row> = rows
        .iter()
        .map(|[name, text, number]| {
            template.row(0, &[("name", name), ("text", text), ("number", number)])
        })
        .collect();
    template.write(Some(&rows)).expect("a workbook")
}

/// Uploads and checks; answers the run's address.
async fn checked(app: &TestApp, admin: &Client, rows: &[[&str; 3]]) -> String {
    let sent = admin
        .upload(PAGE, PAGE, &[], "便签.xlsx", &book(&template(), rows))
        .await
        .expect(303);
    app.settle().await;
    sent.location
}

async fn confirm(admin: &Client, run: &str) -> Answer {
    admin
        .submit(&format!("{run}/confirm"), &format!("{run}/apply"), &[])
        .await
}

async fn notes(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar(
        "select name from setting where jsonb_typeof(value) = 'string' and length(value #>> '{}') = 36 order by name",
    )
    .fetch_all(&app.db.pool)
    .await
    .expect("settings")
}

const TWO: [[&str; 3]; 2] = [["甲", "一", ""], ["乙", "二", ""]];

#[tokio::test]
async fn org_25_nothing_is_created_before_the_confirmation() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let sent = admin
        .upload(PAGE, PAGE, &[], "便签.xlsx", &book(&template(), &TWO))
        .await
        .expect(303);
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("正在核对表格")
        .see("hx-trigger=\"every 2s\"")
        .see("http-equiv=\"refresh\"");
    app.settle().await;
    assert!(notes(&app).await.is_empty());
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("全部导入（2行）")
        .see("全称：便签〔甲〕");
    assert!(notes(&app).await.is_empty());
    confirm(&admin, &sent.location).await.expect(303);
    assert!(
        notes(&app).await.is_empty(),
        "written by the work, not by the page"
    );
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    admin
        .get(&sent.location)
        .await
        .see("已导入2条便签")
        .see("查看新便签")
        .see("请逐条核对。");
}

#[tokio::test]
async fn ros_05_good_rows_are_applied_and_bad_ones_come_back_to_be_sent_again() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let rows = [
        ["甲", "一", ""],
        ["", "二", ""],
        ["丙", "", ""],
        ["丁", "超过十个字的内容写不下了", ""],
    ];
    let run = checked(&app, &admin, &rows).await;
    admin
        .get(&run)
        .await
        .see("先导入可用的2行")
        .see("名称为空")
        .see("内容 1")
        .see("class=\"is-error\"");
    admin
        .get(&format!("{run}?show=faulty&reason=text"))
        .await
        .see("内容超长")
        .see("<b class=\"tj-warn\">1</b>");
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丙", "甲"]);
    let failed = admin.get(&format!("{run}/failed")).await.expect(200);
    let mut again = crate::read(&failed.bytes, &template(), &Limits::new(10, 1)).expect("readable");
    assert_eq!(again.rows.len(), 2);
    for (row, (key, value)) in again.rows.iter_mut().zip([("name", "乙"), ("text", "短")]) {
        assert!(template().mend(row, key, value));
    }
    let corrected = template().write(Some(&again.rows)).expect("a workbook");
    let sent = admin
        .upload(PAGE, PAGE, &[], "失败行.xlsx", &corrected)
        .await
        .expect(303);
    app.settle().await;
    confirm(&admin, &sent.location).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丁", "丙", "乙", "甲"]);
}

#[tokio::test]
async fn org_22_rows_already_created_count_as_duplicates() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let again = checked(&app, &admin, &TWO).await;
    admin
        .get(&again)
        .await
        .see("没有可以导入的行")
        .see("重复的2行")
        .see("已有同名便签");
    let key = admin.get(&again).await.key();
    admin
        .post(&format!("{again}/apply"), &[("_key", &key)])
        .await
        .expect(422)
        .see("没有可以导入的行");
    assert_eq!(notes(&app).await.len(), 2);
}

#[tokio::test]
async fn org_22_a_row_created_elsewhere_after_the_check_is_not_created_twice() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let first = checked(&app, &admin, &TWO).await;
    let second = checked(&app, &admin, &[["乙", "二", ""], ["丙", "三", ""]]).await;
    confirm(&admin, &first).await.expect(303);
    app.settle().await;
    confirm(&admin, &second).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 3);
    admin
        .get(&format!("{second}?show=duplicate"))
        .await
        .see("已导入1条便签")
        .see("已有同名便签");
}

#[tokio::test]
async fn ros_05_a_process_killed_while_applying_leaves_the_preview_or_the_whole_import() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    let id: ImportId = run.rsplit('/').next().expect("id").parse().expect("id");
    let actor = app.actor("赵演示", Role::Administrator, &app.league.branch);
    for _ in 0..2 {
        let mut tx = app.db.begin(actor.clone()).await.expect("tx");
        let created = engine::apply(&app.app, &mut tx, id).await.expect("applied");
        assert_eq!(created, Some(2));
        drop(tx); // killed before the commit
        assert!(notes(&app).await.is_empty());
        admin.get(&run).await.see("正在写入");
    }
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    // Killed after the commit, before the work was signed off: the second handing out does nothing.
    let mut tx = app.db.begin(actor).await.expect("tx");
    assert_eq!(
        engine::apply(&app.app, &mut tx, id)
            .await
            .expect("nothing to do"),
        None
    );
    assert_eq!(notes(&app).await.len(), 2);
}

#[tokio::test]
async fn ros_05_an_import_that_cannot_be_written_returns_to_its_preview() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &[["坏", "一", ""], ["乙", "二", ""]]).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert!(notes(&app).await.is_empty());
    admin
        .get(&run)
        .await
        .see("写到一半出了问题")
        .see("没有写入任何数据")
        .see("全部导入（2行）");
    let mended = admin
        .submit(&run, &format!("{run}/rows/2"), &[("cell.name", "好")])
        .await
        .expect(303);
    assert_eq!(mended.location, run);
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["乙", "好"]);
}

#[tokio::test]
async fn ros_05_a_row_mended_in_place_is_judged_with_the_whole_file() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(
        &app,
        &admin,
        &[["甲", "一", ""], ["甲", "二", ""], ["乙", "三", ""]],
    )
    .await;
    admin
        .get(&run)
        .await
        .see("与本表第2行重复")
        .see("是否指")
        .see("value=\"甲二\"");
    let back = format!("{run}?show=faulty");
    let action = format!("{run}/rows/3");
    // Still wrong: now it repeats another row.
    let sent = admin
        .submit(&run, &action, &[("back", &back), ("cell.name", "乙")])
        .await
        .expect(303);
    assert_eq!(sent.location, back);
    admin
        .fragment(&back)
        .await
        .see("与本表第3行重复")
        .see("id=\"wizard\"");
    let elsewhere = "https://example.org/";
    let sent = admin
        .submit(
            &run,
            &format!("{run}/rows/4"),
            &[("back", elsewhere), ("cell.name", "丙")],
        )
        .await
        .expect(303);
    assert_eq!(sent.location, run);
    admin.get(&run).await.see("全部导入（3行）");
    admin
        .submit(&run, &format!("{run}/rows/99"), &[("cell.name", "丁")])
        .await
        .expect(403);
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丙", "乙", "甲"]);
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("cell.name", "戊")])
        .await
        .expect(409)
        .see("已经完成");
}

#[tokio::test]
async fn ros_04_the_wrong_template_is_refused_whole() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let sent = admin
        .upload(PAGE, PAGE, &[], "错.xlsx", &book(&other_template(), &TWO))
        .await
        .expect(303);
    app.settle().await;
    admin.get(&sent.location).await.see(
        "表格错误：这是〔导入其他〕模板，此处需要〔导入便签〕模板，两种模板不可混用，请下载正确模板重新上传。",
    );
    let key = admin.get(PAGE).await.see("未接收").key();
    admin
        .post(&format!("{}/apply", sent.location), &[("_key", &key)])
        .await
        .expect(409);
    assert!(notes(&app).await.is_empty());
    let rows: i64 = sqlx::query_scalar("select count(*) from import_row")
        .fetch_one(&app.db.pool)
        .await
        .expect("count");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn gen_03_a_missing_or_too_large_file_is_refused_beside_the_field() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    admin
        .upload(PAGE, PAGE, &[], "空.xlsx", b"")
        .await
        .expect(422)
        .see("id=\"err-file\">还没有选择文件");
    admin
        .upload(PAGE, PAGE, &[], "大.xlsx", &vec![0; 1024 * 1024 + 1])
        .await
        .expect(422)
        .see("id=\"err-file\">文件超过1MB");
    let sent = admin
        .upload(PAGE, PAGE, &[], "不是.xlsx", &vec![0; 1024 * 1024])
        .await
        .expect(303);
    app.settle().await;
    admin.get(&sent.location).await.see("这不是.xlsx工作簿");
}

#[tokio::test]
async fn gen_08_a_confirmation_sent_twice_takes_effect_once() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    let key = admin.get(&format!("{run}/confirm")).await.key();
    let action = format!("{run}/apply");
    for _ in 0..2 {
        let sent = admin.post(&action, &[("_key", &key)]).await.expect(303);
        assert_eq!(sent.location, run);
    }
    app.settle().await;
    let sent = admin.post(&action, &[("_key", &key)]).await.expect(303);
    assert_eq!(sent.location, run);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    let other = admin.get(PAGE).await.key();
    admin.post(&action, &[("_key", &other)]).await.expect(409);
}

#[tokio::test]
async fn peer_11_an_import_is_taken_back_until_24_hours_have_passed() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let action = format!("{run}/take-back");
    admin
        .submit(&run, &action, &[("confirm", "撤")])
        .await
        .expect(422)
        .see("请在框中输入“撤回”");
    app.move_to("2026-10-02 07:59");
    app.settle().await;
    admin.get(&run).await.see("可在2026-10-02 08:00前整批撤回");
    admin
        .submit(&run, &action, &[("confirm", "撤回")])
        .await
        .expect(303);
    assert!(notes(&app).await.is_empty());
    admin.get(&run).await.see("已撤回").see("2条便签");
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("confirm", "撤回")])
        .await
        .expect(409);
}

#[tokio::test]
async fn peer_11_after_24_hours_or_later_work_it_is_refused_with_the_reason() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let action = format!("{run}/take-back");
    sqlx::query("update setting set value = '{}' where name = '甲'")
        .execute(&app.db.pool)
        .await
        .expect("changed");
    admin
        .submit(&run, &action, &[("confirm", "撤回")])
        .await
        .expect(422)
        .see("有便签已经改动");
    assert_eq!(notes(&app).await, ["乙"], "wholly or not at all");
    app.move_to("2026-10-02 08:00");
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("confirm", "撤回")])
        .await
        .expect(422)
        .see("已超过24小时");
    assert!(!admin.get(&run).await.has("撤回这次导入"));
}

#[tokio::test]
async fn sec_12_the_run_of_another_organisation_answers_like_none() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    let own = app.admin("钱演示", &app.league.branch);
    own.get(&run).await.expect(200);
    let superior = app.admin("孙演示", &app.league.college);
    superior.get(&run).await.expect(200);
    let none = "/console/imports/01900000-0000-7000-8000-000000000001";
    // The whole page but the request's own number.
    let said = |answer: Answer| -> Vec<String> {
        let lines = answer.body.lines().filter(|l| !l.contains("tj-code"));
        lines.map(str::to_owned).collect()
    };
    let unseen = said(admin.get(none).await.expect(403));
    for org in [
        &app.league.branch_2,
        &app.league.university,
        &app.league.workshop,
    ] {
        let other = app.admin("李演示", org);
        for page in ["", "/confirm", "/failed"] {
            let answer = other.get(&format!("{run}{page}")).await.expect(403);
            assert_eq!(said(answer), unseen);
        }
        let start = other.get(PAGE).await;
        if org.category != base::OrgCategory::Branch {
            assert_eq!(start.status, 403, "only branches take notes in themselves");
            continue;
        }
        let key = start.expect(200).key();
        for act in ["apply", "cancel", "take-back", "rows/2"] {
            let fields = [("_key", key.as_str()), ("confirm", "撤回")];
            other
                .post(&format!("{run}/{act}"), &fields)
                .await
                .expect(403);
        }
    }
    let cadre = app.client(signed_in("周演示", Role::Cadre, &app.league.branch));
    cadre.get(&run).await.expect(403);
    cadre.get(PAGE).await.expect(403);
    app.settle().await;
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn ros_01_a_direct_superior_imports_into_a_branch_it_names() {
    let app = start().await;
    let superior = app.admin("孙演示", &app.league.college);
    let branch = app.league.branch.id.to_string();
    let page = format!("{PAGE}?org={branch}");
    superior.get(PAGE).await.expect(403);
    let sent = superior
        .upload(
            &page,
            PAGE,
            &[("org", &branch)],
            "便签.xlsx",
            &book(&template(), &TWO),
        )
        .await
        .expect(303);
    app.settle().await;
    superior
        .get(&sent.location)
        .await
        .see("海棠理工大学信息学院软件2023级1班团支部");
    app.admin("赵演示", &app.league.branch)
        .get(&sent.location)
        .await
        .expect(403);
    confirm(&superior, &sent.location).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    for wrong in [app.league.branch_3.id.to_string(), "x".to_owned()] {
        superior
            .get(&format!("{PAGE}?org={wrong}"))
            .await
            .expect(403);
    }
    let by: String =
        sqlx::query_scalar("select actor_name from audit_log where action = 'import.applied'")
            .fetch_one(&app.db.pool)
            .await
            .expect("one entry");
    assert_eq!(by, "孙演示");
}

#[tokio::test]
async fn gen_05_rows_are_sealed_shown_masked_and_deleted() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let number = "999101200501011234";
    let run = checked(&app, &admin, &[["甲", "", number], ["乙", "二", number]]).await;
    let page = admin.get(&run).await.see("999****1234");
    assert!(!page.has(number));
    let plain: i64 = sqlx::query_scalar(
        "select count(*) from import_chunk where position(convert_to($1, 'UTF8') in sealed) > 0",
    )
    .bind(number)
    .fetch_one(&app.db.pool)
    .await
    .expect("count");
    assert_eq!(plain, 0);
    let kept = async || -> i64 {
        sqlx::query_scalar("select count(*) from import_chunk")
            .fetch_one(&app.db.pool)
            .await
            .expect("count")
    };
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let open = checked(&app, &admin, &[["丙", "", number]]).await;
    app.move_to("2026-10-02 07:59");
    app.settle().await;
    assert_eq!(kept().await, 2);
    app.move_to("2026-10-02 09:00");
    app.settle().await;
    assert_eq!(kept().await, 1);
    admin.get(&run).await.expect(200).see("已导入2条便签");
    app.move_to("2026-10-08 07:59");
    app.settle().await;
    assert_eq!(kept().await, 1);
    app.move_to("2026-10-08 09:00");
    app.settle().await;
    assert_eq!(kept().await, 0);
    admin.get(&open).await.see("超过7天没有确认");
}

#[tokio::test]
async fn peer_11_a_preview_can_be_given_up() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    admin
        .submit(&run, &format!("{run}/cancel"), &[])
        .await
        .expect(303);
    admin.get(&run).await.see("已取消，没有写入任何数据");
    let key = admin.get(PAGE).await.see("已取消").key();
    admin
        .post(&format!("{run}/apply"), &[("_key", &key)])
        .await
        .expect(409);
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn ros_05_five_thousand_rows_are_paged_and_applied_at_once() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let names: Vec<String> = (0..5000).map(|n| format!("行{n:04}")).collect();
    let rows: Vec<[&str; 3]> = names.iter().map(|n| [n.as_str(), "一", ""]).collect();
    let run = checked(&app, &admin, &rows).await;
    admin
        .get(&run)
        .await
        .see("全部导入（5000行）")
        .see("行0049")
        .see("show=ready&#38;above=51");
    let last = admin.get(&format!("{run}?show=ready&above=4951")).await;
    assert!(last.has("行4950") && last.has("行4999") && !last.has("后面的行"));
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 5000);
    admin
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn sec_34_an_export_is_for_one_person_and_24_hours() {
    async fn listing(app: App, job: db::jobs::Run) -> Result<()> {
        let rows = futures::stream::iter((0..3000).map(|n| Ok(vec![format!("={n}")])));
        crate::export::deliver(&app, &job, "赵演示", "便签", &["名称"], rows).await
    }
    async fn broken(app: App, job: db::jobs::Run) -> Result<()> {
        let rows = futures::stream::iter([Ok(vec![String::new()]), Err(Error::NotFound)]);
        crate::export::deliver(&app, &job, "赵演示", "便签", &["名称"], rows).await
    }
    let app = TestApp::new(Setup {
        jobs: Some(|app| {
            let (one, two) = (app.clone(), app.clone());
            let jobs = vec![
                db::jobs::Job::new("notes.export", move |job| listing(one.clone(), job)),
                db::jobs::Job::new("notes.broken", move |job| broken(two.clone(), job)),
            ];
            (jobs, Vec::new())
        }),
        ..Setup::default()
    })
    .await;
    let actor = app.actor("赵演示", Role::Administrator, &app.league.branch);
    let person = actor.person().expect("a person");
    let mut links = Vec::new();
    for kind in ["notes.export", "notes.broken"] {
        let mut tx = app.db.begin(actor.clone()).await.expect("tx");
        let job = db::jobs::NewJob::new(kind, serde_json::json!({})).watched("导出便签");
        let job = tx.enqueue(job).await.expect("job");
        tx.commit_housekeeping().await.expect("commit");
        app.settle().await;
        let mut reader = app.db.read().await.expect("reader");
        let standing = db::jobs::standing(&mut reader, person, job).await;
        links.push(standing.expect("standing").expect("own job").link);
    }
    assert_eq!(links[1], None, "half an export is none");
    let link = links[0].clone().expect("a link");
    let file: base::FileId = link
        .strip_prefix("/files/")
        .expect("file")
        .parse()
        .expect("id");
    let mut reader = app.db.read().await.expect("reader");
    let made = testkit::now();
    let facts = files::find(&mut reader, file, made + TimeDelta::minutes(1439)).await;
    assert_eq!(facts.expect("found").expect("still there").owner, person.0);
    let late = files::find(&mut reader, file, made + TimeDelta::minutes(1440)).await;
    assert!(late.expect("looked").is_none());
    let bytes = app.app.files().get(file).await.expect("bytes");
    let list = Template {
        columns: vec![Column::new("name", "名称", Kind::Text)],
        ..template()
    };
    let sheet = crate::read(&bytes, &list, &Limits::new(5000, 1)).expect("readable");
    // The last row is the watermark.
    assert_eq!((sheet.rows.len(), sheet.rows[0].text("name")), (3001, "=0"));
    assert!(sheet.rows[3000].text("name").contains("赵演示"));
}
