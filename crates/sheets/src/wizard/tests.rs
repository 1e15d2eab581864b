#![expect(
    clippy::disallowed_methods,
    reason = "the invented importer writes into a table of the kernel"
)]

mod bounds;
mod flow;

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
