//! Batch creation from a spreadsheet (ORG-21..25): the wizard asks, the rules of single creation answer row by row.

use crate::rules::{Checked, Fault, OrgInput, Superior, allowed_below, check};
use crate::{Entrance, Policy, actions, store};
use access::Permission;
use base::{Error, OrgCategory, OrgId, Reserved, Result, business_date};
use chrono::NaiveDate;
use db::Tx;
use futures::future::BoxFuture;
use sheets::wizard::{After, Importer, Run, Target, Verdict};
use sheets::{Column, Kind, Limits, Row, RowFault, Template};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use web::App;

/// Creates direct subordinates from rows.
pub struct OrgImporter;

/// Codes, old numbers and other labels of the categories (FLD-01).
fn category_words() -> Vec<(String, String)> {
    use OrgCategory::{Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};
    [
        (LeadingBody, "1", "领导机关团组织"),
        (Committee, "2", "基层团委"),
        (WorkCommittee, "3", "基层团工委"),
        (GeneralBranch, "4", "基层团总支"),
        (Branch, "5", "基层团支部"),
    ]
    .into_iter()
    .flat_map(|(category, number, label)| {
        [category.code(), number, label].map(|word| (word.to_owned(), category.label().to_owned()))
    })
    .collect()
}

/// The columns below a superior of this category (ORG-21); some profiles ask for more.
pub(crate) fn template(parent: OrgCategory, policy: &Policy) -> Template {
    let categories: Vec<String> = allowed_below(parent, policy)
        .iter()
        .map(|c| c.label().to_owned())
        .collect();
    let sectors: Vec<String> = policy.offered_sectors().map(|s| s.name.clone()).collect();
    let example = sectors.iter().find(|name| name.starts_with("普通高等院校"));
    let example = example.cloned().unwrap_or_default();
    let mut columns = vec![
        Column::new("short_name", "组织简称", Kind::Text)
            .required()
            .longest(40)
            .width(36)
            .hint("单位或行政区划加团委、团工委、团总支、团支部，结尾与类别一致")
            .example("计算机专业2026级3班团支部"),
        Column::new("category", "组织类别", Kind::Code(categories))
            .required()
            .understands(category_words())
            .hint("从下拉项中选择")
            .example("团支部"),
        Column::new("sector", "行业类别", Kind::Code(sectors))
            .understands(policy.sector_words())
            .width(28)
            .hint("可不填，由该组织自己填写")
            .example(example),
        Column::new("sort_no", "排序", Kind::Integer)
            .width(8)
            .hint("1–9999，不填按行的顺序排在已有组织之后")
            .example("1"),
    ];
    if policy.asks_school {
        let yes_no = vec!["是".to_owned(), "否".to_owned()];
        columns.push(
            Column::new("is_school", "是否学校组织", Kind::Code(yes_no))
                .required()
                .example("是"),
        );
        columns.push(
            Column::new("school_code", "学校编号", Kind::IdLike)
                .hint("学校组织必填，10位数字；学校内部的下级组织沿用，可不填")
                .example("4137010425"),
        );
    }
    if policy.graduation_at_creation {
        columns.push(
            Column::new("graduation_year", "毕业年份", Kind::Integer)
                .hint("学校团支部必填，四位年份")
                .example("2030"),
        );
    }
    Template {
        kind: "orgs",
        version: 1,
        title: "批量创建下级组织".into(),
        instructions: vec![
            "每行一个直接下级组织；红色表头必填。".into(),
            "组织全称由系统按上级名称生成，确认导入前可以核对。".into(),
            "已经创建过的组织再次上传会被识别，不会重复创建。".into(),
            "团的领导机关已初始化，无需创建；青工委、青年工作委员会、青年部、群团部等不是团的组织。".into(),
        ],
        columns,
    }
}

/// What a row says, as the creation form would have it.
fn typed(row: &Row) -> OrgInput {
    let text = |key: &str| row.text(key).to_owned();
    OrgInput {
        short_name: text("short_name"),
        category: text("category"),
        sector: text("sector"),
        sort_no: text("sort_no"),
        is_school: text("is_school"),
        school_code: text("school_code"),
        graduation_year: text("graduation_year"),
        ..OrgInput::default()
    }
}

/// A fault in its cell. That a category may not stand here concerns the whole row: the cell itself only tells that it
/// is not among the options.
fn row_fault(fault: &Fault) -> RowFault {
    let column = match (fault.code, fault.field) {
        ("org.place" | "org.seeded" | "org.depth" | "org.parent_gone", _) | (_, "full_name") => "",
        (_, field) => field,
    };
    RowFault::rule(column, fault.message.clone())
}

/// Judges rows by the rules of creation and against each other; what exists already is found by the callers.
fn judge(
    rows: &[Row],
    superior: &Superior,
    policy: &Policy,
    reserved: Reserved,
    today: NaiveDate,
) -> Vec<Result<Checked, Vec<RowFault>>> {
    let mut first: HashMap<String, u32> = HashMap::new();
    rows.iter()
        .map(|row| {
            let checked = check(&typed(row), superior, policy, reserved, today);
            let name = row.text("short_name");
            let earlier = *first.entry(name.to_owned()).or_insert(row.number);
            let repeats = !name.is_empty() && earlier != row.number;
            let repeat = repeats.then(|| {
                RowFault::rule(
                    "short_name",
                    format!("与本表第{earlier}行重复。请删去其中一行，或改用能区分的简称。"),
                )
            });
            match (checked, repeat) {
                (Ok(checked), None) => Ok(checked),
                (Ok(_), Some(repeat)) => Err(vec![repeat]),
                (Err(faults), repeat) => Err(faults.iter().map(row_fault).chain(repeat).collect()),
            }
        })
        .collect()
}

async fn superior(conn: &mut PgConnection, run: &Run) -> Result<Superior> {
    let org = store::find(conn, run.target.org.id)
        .await?
        .ok_or(Error::NotFound)?;
    actions::superior(conn, org).await
}

async fn verdicts(
    app: &App,
    conn: &mut PgConnection,
    run: &Run,
    rows: &[Row],
) -> Result<Vec<Verdict>> {
    let policy = app.policy::<Policy>();
    let superior = superior(conn, run).await?;
    let today = business_date(app.now());
    let names: Vec<String> = rows
        .iter()
        .map(|r| r.text("short_name").to_owned())
        .collect();
    let there: HashSet<String> = store::siblings(conn, superior.org.id, &names)
        .await?
        .into_iter()
        .collect();
    let judged = judge(rows, &superior, policy, app.reserved(), today);
    let full_names: Vec<String> = judged
        .iter()
        .filter_map(|r| r.as_ref().ok()?.new.full_name.clone())
        .collect();
    let taken: HashMap<String, i64> = store::namesakes(conn, &full_names)
        .await?
        .into_iter()
        .collect();
    let mut seen = HashSet::new();
    Ok(judged
        .into_iter()
        .zip(names)
        .map(|(result, name)| {
            if there.contains(&name) {
                return Verdict::duplicate("同级已存在");
            }
            let checked = match result {
                Ok(checked) => checked,
                Err(faults) => return Verdict::faulty(faults),
            };
            let full = checked.new.full_name.clone().unwrap_or_default();
            if let Some(number) = taken.get(&full) {
                let message = format!(
                    "生成的组织全称〔{full}〕与〔{number}〕重复。请改用能区分的简称，或单个创建并改全称。"
                );
                return Verdict::faulty(vec![RowFault::rule("", message)]);
            }
            if !seen.insert(full.clone()) {
                let message = format!("生成的组织全称〔{full}〕在本表中重复。请改用能区分的简称。");
                return Verdict::faulty(vec![RowFault::rule("", message)]);
            }
            let warnings = checked
                .warnings
                .iter()
                .map(|w| RowFault::rule("short_name", w.clone()))
                .collect();
            Verdict::preview(vec![("组织全称".into(), full)]).warn(warnings)
        })
        .collect())
}

impl Importer for OrgImporter {
    fn kind(&self) -> &'static str {
        "orgs"
    }

    fn title(&self) -> &'static str {
        "批量创建下级组织"
    }

    fn place(&self) -> &'static str {
        "/console/subordinates"
    }

    fn counted(&self, number: i64) -> String {
        format!("{number}个组织")
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
            Ok(store::find(conn, org).await?.map(|org| Target {
                org: org.to_ref(),
                name: org.full_name,
            }))
        })
    }

    fn template<'a>(
        &'a self,
        app: &'a App,
        _: &'a mut PgConnection,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Template>> {
        Box::pin(async move { Ok(template(target.org.category, app.policy::<Policy>())) })
    }

    fn limits(&self, app: &App) -> Limits {
        Limits::new(app.policy::<Policy>().import_rows, 5)
    }

    fn explain(&self, app: &App, target: &Target) -> Vec<String> {
        let policy = app.policy::<Policy>();
        let categories: Vec<_> = allowed_below(target.org.category, policy)
            .iter()
            .map(|c| c.label())
            .collect();
        vec![
            format!(
                "创建〔{}〕的直接下级，可以是：{}。",
                target.name,
                categories.join("、")
            ),
            format!(
                "每个文件不超过{}行、5MB，格式为.xlsx。先核对生成的组织全称，再确认；确认之前什么都不会创建。",
                policy.import_rows
            ),
            "只建一两个时可用“单个创建”。".into(),
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
        Box::pin(async move {
            let policy = app.policy::<Policy>();
            let superior = superior(tx, run).await?;
            let today = business_date(tx.now());
            let judged = judge(rows, &superior, policy, app.reserved(), today);
            let moved =
                |_| Error::Conflict("组织树刚刚有变动，请返回预览重新核对后再确认导入。".into());
            let news = judged
                .into_iter()
                .map(|row| row.map(|checked| checked.new))
                .collect::<Result<Vec<_>, _>>()
                .map_err(moved)?;
            let made = actions::create_many(tx, &superior.org, news, policy).await?;
            Ok(made.into_iter().map(|org| org.id.0).collect())
        })
    }

    fn after<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        _: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>> {
        Box::pin(async move {
            let ids: Vec<OrgId> = made.iter().copied().map(OrgId).collect();
            let found = store::find_many(conn, &ids).await?;
            let mut numbers: Vec<i64> = found.iter().map(|org| org.number).collect();
            numbers.sort_unstable();
            let link = match (numbers.first(), numbers.last()) {
                (Some(from), Some(to)) => Some((
                    "核对新建的组织，调整排序".to_owned(),
                    format!("/console/subordinates?from={from}&to={to}"),
                )),
                _ => None,
            };
            let notes = vec![(
                match app.policy::<Policy>().entrance {
                    Entrance::AdminCode => {
                        "下一步：为新建的组织生成管理员注册码，交给各组织的管理员。"
                    }
                    Entrance::Account | Entrance::OrgCode => {
                        "下一步：为新建的组织批量生成登录资料，转交给各组织；表格只能下载一次。"
                    }
                }
                .to_owned(),
                Some("/console/codes".to_owned()),
            )];
            Ok(After { link, notes })
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
            let ids: Vec<OrgId> = made.iter().copied().map(OrgId).collect();
            actions::take_back(tx, &ids).await
        })
    }
}
