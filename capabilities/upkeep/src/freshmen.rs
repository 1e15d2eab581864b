//! 新生班级团支部 (ORG-B2): from a list of majors with the number of their classes come all branches, named by the rule,
//! with their codes; posters are printed from the result.

use crate::rules::freshmen::{class_names, read};
use crate::store::freshmen as store;
use access::Permission;
use accounts::Organisations;
use base::{Error, OrgId, Result, business_date};
use chrono::Datelike;
use db::Tx;
use futures::future::BoxFuture;
use orgs::{NewOrg, Org, OrgInput, Superior};
use sheets::wizard::{After, Importer, Run, Target, Verdict};
use sheets::{Column, Kind, Limits, Row, RowFault, Template};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use web::App;

/// Creates the branches of a year's classes.
pub struct FreshmanImporter;

fn template(policy: &orgs::Policy, year: i32) -> Template {
    let sectors = policy
        .offered_sectors()
        .filter(|sector| sector.students)
        .map(|sector| sector.name.clone())
        .collect();
    let words = policy.sector_words();
    let mut columns = vec![
        Column::new("major", "专业", Kind::Text)
            .longest(24)
            .width(28)
            .hint("写在班级名称前面；不填则只有年级和班号")
            .example("计算机专业"),
        Column::new("year", "入学年份", Kind::Integer)
            .required()
            .hint("四位年份")
            .example(year.to_string()),
        Column::new("classes", "班数", Kind::Integer)
            .required()
            .hint("1–60")
            .example("6"),
        Column::new("first", "起始班号", Kind::Integer)
            .hint("不填从1班开始")
            .example("1"),
        Column::new("sector", "行业类别", Kind::Code(sectors))
            .understands(words)
            .width(28)
            .hint("不填沿用上级的行业类别")
            .example("普通高等院校(公办-学生)"),
    ];
    if policy.graduation_at_creation {
        columns.push(
            Column::new("graduation_year", "毕业年份", Kind::Integer)
                .hint("不填按行业的学制推算")
                .example((year + 4).to_string()),
        );
    }
    Template {
        kind: "freshmen",
        version: 1,
        title: "新生班级团支部".into(),
        instructions: vec![
            "每行一个专业（或年级），写明入学年份和班数；系统按“（专业）+入学年份4位+级+班号+班团支部”命名。".into(),
            "例如 计算机专业、2026、3：建 计算机专业2026级1班团支部 到 计算机专业2026级3班团支部。".into(),
            "确认之前什么都不会创建；创建后同时生成管理员注册码，可以打印团支部海报。".into(),
        ],
        columns,
    }
}

/// A good row: its branches, ready to be created.
type Classes = Vec<NewOrg>;

/// Judges rows by the rules of creation, each class by itself; names must not repeat in the sheet.
fn judge(
    app: &App,
    rows: &[Row],
    superior: &Superior,
) -> Vec<std::result::Result<Classes, Vec<RowFault>>> {
    let policy = app.policy::<orgs::Policy>();
    let own = app.policy::<crate::Policy>();
    let today = business_date(app.now());
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut total = 0;
    rows.iter()
        .map(|row| {
            let intake = read(
                row.text("major"),
                row.integer("year"),
                row.integer("classes"),
                row.integer("first"),
                today.year(),
            )
            .map_err(|(column, message)| vec![RowFault::rule(column, message)])?;
            let sector = sector(row.text("sector"), superior, policy)?;
            let years = own.study_years.get(&sector).copied().unwrap_or(4);
            let graduation = match row.text("graduation_year") {
                "" => (intake.year + years).to_string(),
                typed => typed.to_owned(),
            };
            total += intake.classes;
            if total > policy.import_rows {
                return Err(vec![RowFault::rule(
                    "classes",
                    format!("一次最多创建{}个团支部，请分几次上传。", policy.import_rows),
                )]);
            }
            let mut classes = Vec::with_capacity(intake.classes);
            for name in class_names(&intake) {
                let earlier = *seen.entry(name.clone()).or_insert(row.number);
                if earlier != row.number {
                    return Err(vec![RowFault::rule(
                        "first",
                        format!("〔{name}〕与本表第{earlier}行重复。请修改专业或起始班号。"),
                    )]);
                }
                let input = OrgInput {
                    short_name: name,
                    category: "branch".into(),
                    sector: sector.clone(),
                    is_school: "是".into(),
                    graduation_year: graduation.clone(),
                    ..OrgInput::default()
                };
                let checked = orgs::check(&input, superior, policy, app.reserved(), today)
                    .map_err(|faults| {
                        let of = |field| match field {
                            "short_name" => "major",
                            "sector" | "graduation_year" => field,
                            _ => "",
                        };
                        let faults = faults.iter();
                        faults
                            .map(|f| RowFault::rule(of(f.field), f.message.clone()))
                            .collect::<Vec<_>>()
                    })?;
                classes.push(checked.new);
            }
            Ok(classes)
        })
        .collect()
}

/// The sector of the row or of the superior; classes are of the students' field.
fn sector(
    typed: &str,
    superior: &Superior,
    policy: &orgs::Policy,
) -> std::result::Result<String, Vec<RowFault>> {
    let name = match typed {
        "" => superior.org.sector.as_deref().unwrap_or_default(),
        typed => typed,
    };
    match policy.sector(name) {
        Some(sector) if sector.students && !sector.retired => Ok(sector.name.clone()),
        _ => Err(vec![RowFault::rule(
            "sector",
            "请选择学生的行业类别：上级的行业类别不是学生的，不能沿用。",
        )]),
    }
}

async fn superior(conn: &mut PgConnection, run: &Run) -> Result<Superior> {
    let org = orgs::find(conn, run.target.org.id)
        .await?
        .ok_or(Error::NotFound)?;
    orgs::superior(conn, org).await
}

async fn verdicts(
    app: &App,
    conn: &mut PgConnection,
    run: &Run,
    rows: &[Row],
) -> Result<Vec<Verdict>> {
    let superior = superior(conn, run).await?;
    let judged = judge(app, rows, &superior);
    let all = || judged.iter().flatten().flatten();
    let names: Vec<String> = all().map(|new| new.short_name.clone()).collect();
    let full: Vec<String> = all().filter_map(|new| new.full_name.clone()).collect();
    let there: HashSet<String> = orgs::siblings(conn, superior.org.id, &names)
        .await?
        .into_iter()
        .collect();
    let taken: HashMap<String, i64> = orgs::namesakes(conn, &full).await?.into_iter().collect();
    Ok(judged
        .into_iter()
        .map(|row| match row {
            Err(faults) => Verdict::faulty(faults),
            Ok(classes) => verdict(&classes, &there, &taken),
        })
        .collect())
}

fn verdict(classes: &[NewOrg], there: &HashSet<String>, taken: &HashMap<String, i64>) -> Verdict {
    let existing: Vec<&str> = classes
        .iter()
        .map(|new| new.short_name.as_str())
        .filter(|name| there.contains(*name))
        .collect();
    if existing.len() == classes.len() {
        return Verdict::duplicate("同级已存在");
    }
    if let Some(name) = existing.first() {
        return Verdict::faulty(vec![RowFault::rule(
            "first",
            format!(
                "其中{}个同级已存在，如〔{name}〕。请把起始班号改为还没有建的班。",
                existing.len()
            ),
        )]);
    }
    let fulls = classes.iter().filter_map(|new| new.full_name.as_deref());
    if let Some((name, number)) = fulls
        .clone()
        .find_map(|name| Some((name, taken.get(name)?)))
    {
        return Verdict::faulty(vec![RowFault::rule(
            "major",
            format!("组织全称〔{name}〕与〔{number}〕重复。请改用能区分的专业名称。"),
        )]);
    }
    let name = |new: Option<&NewOrg>| new.map(|new| new.short_name.clone()).unwrap_or_default();
    let range = match classes {
        [one] => one.short_name.clone(),
        _ => format!(
            "{} 至 {}，共{}个",
            name(classes.first()),
            name(classes.last()),
            classes.len()
        ),
    };
    Verdict::preview(vec![
        ("创建".into(), range),
        (
            "组织全称".into(),
            fulls.clone().next().unwrap_or_default().to_owned(),
        ),
    ])
}

/// All branches of a finished run: a row has many.
async fn made_by(conn: &mut PgConnection, run: &Run) -> Result<Vec<Org>> {
    let ids = store::made_by(conn, run.target.org.id, run.id).await?;
    let mut made = orgs::find_many(conn, &ids).await?;
    made.sort_by_key(|org| org.number);
    Ok(made)
}

async fn create(app: &App, tx: &mut Tx, run: &Run, rows: &[Row]) -> Result<Vec<Uuid>> {
    let superior = superior(tx, run).await?;
    let mut news = Vec::new();
    let mut firsts = Vec::with_capacity(rows.len());
    for classes in judge(app, rows, &superior) {
        let classes = classes.map_err(|_| {
            Error::Conflict("组织树刚刚有变动，请返回预览重新核对后再确认导入。".into())
        })?;
        firsts.push(news.len());
        news.extend(classes);
    }
    let made = orgs::create_many(tx, &superior.org, news, app.policy()).await?;
    if let (Some(first), Some(last)) = (made.first(), made.last()) {
        let range = (first.number, last.number);
        store::keep(tx, superior.org.id, run.id, range).await?;
    }
    // Elsewhere branches register themselves or get an account, which is shown once only.
    let policy = app.policy::<accounts::Policy>();
    if policy.organisations == Organisations::AdminCode {
        for org in &made {
            accounts::issue_code(tx, policy, org).await?;
        }
    }
    Ok(firsts.into_iter().map(|at| made[at].id.0).collect())
}

impl Importer for FreshmanImporter {
    fn kind(&self) -> &'static str {
        "freshmen"
    }

    fn title(&self) -> &'static str {
        "新生班级团支部"
    }

    fn place(&self) -> &'static str {
        "/console/subordinates"
    }

    fn counted(&self, number: i64) -> String {
        format!("{number}行的全部团支部")
    }

    fn permission(&self) -> Permission {
        Permission::CreateSubordinates
    }

    fn target<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Target>>> {
        Box::pin(async move {
            Ok(orgs::find(conn, org).await?.map(|org| Target {
                org: org.to_ref(),
                name: org.full_name,
            }))
        })
    }

    fn template<'a>(
        &'a self,
        app: &'a App,
        _: &'a mut PgConnection,
        _: &'a Target,
    ) -> BoxFuture<'a, Result<Template>> {
        let year = business_date(app.now()).year();
        Box::pin(async move { Ok(template(app.policy(), year)) })
    }

    fn limits(&self, _: &App) -> Limits {
        Limits::new(500, 5)
    }

    fn explain(&self, app: &App, target: &Target) -> Vec<String> {
        let codes = match app.policy::<accounts::Policy>().organisations {
            Organisations::AdminCode => "创建后同时为每个团支部生成管理员注册码。",
            Organisations::OrgAccount => "创建后在“下级组织登录资料”里生成账号和密码。",
            Organisations::OrgCode => "创建后在“注册码”里生成管理员注册码。",
        };
        vec![
            format!(
                "在〔{}〕之下按专业、入学年份和班数一次创建新生的班级团支部，名称由系统按规则拟定。",
                target.name
            ),
            format!("{codes}完成页可以打印全部团支部的海报，24小时内可以整批撤回。"),
        ]
    }

    fn check<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        Box::pin(verdicts(app, conn, run, rows))
    }

    fn apply<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Uuid>>> {
        Box::pin(create(app, tx, run, rows))
    }

    fn after<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        run: &'a Run,
        _: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>> {
        Box::pin(async move {
            let made = made_by(conn, run).await?;
            let (Some(first), Some(last)) = (made.first(), made.last()) else {
                return Ok(After::default());
            };
            let range = format!("from={}&to={}", first.number, last.number);
            let codes = match app.policy::<accounts::Policy>().organisations {
                Organisations::AdminCode => "管理员注册码已经生成，下载后交给各团支部的管理员。",
                _ => "下一步：生成各团支部的登录资料或注册码。",
            };
            Ok(After {
                link: Some((
                    format!("核对新建的{}个团支部", made.len()),
                    format!("/console/subordinates?{range}"),
                )),
                notes: vec![
                    (codes.to_owned(), Some("/console/codes".to_owned())),
                    (
                        "打印团支部海报，贴给新生扫码注册。".to_owned(),
                        Some(format!("/console/posters?{range}")),
                    ),
                ],
            })
        })
    }

    fn take_back<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        _: &'a [Uuid],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let made = made_by(tx, run).await?;
            for org in &made {
                accounts::void_codes(tx, org).await?;
            }
            let ids: Vec<OrgId> = made.iter().map(|org| org.id).collect();
            orgs::take_back(tx, &ids).await
        })
    }
}

/// A filled template, for tests.
#[cfg(test)]
pub(crate) fn book(policy: &orgs::Policy, rows: &[[&str; 4]]) -> Vec<u8> {
    let template = template(policy, 2026);
    let rows: Vec<Row> = rows
        .iter()
        .map(|[major, year, classes, first]| {
            let cells = [
                ("major", *major),
                ("year", *year),
                ("classes", *classes),
                ("first", *first),
            ];
            template.row(0, &cells)
        })
        .collect();
    template.write(Some(&rows)).expect("a workbook")
}
