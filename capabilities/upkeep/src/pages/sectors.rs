//! 查看分类统计 of one organisation (FLD-82): sectors against categories, members and cadres; charts with their tables.

use super::progress::table;
use super::report::{Cell, Chosen, chosen, place};
use crate::rules::report::{Figures, LEADING, Line, UNFILLED, total};
use crate::store::report as store;
use base::{Error, format_moment};
use orgs::Org;
use serde::Deserialize;
use std::collections::BTreeMap;
use web::prelude::*;

const HEADINGS: [&str; 9] = [
    "基层团委数",
    "基层团工委数",
    "团总支数",
    "团支部数",
    "团员数",
    "上年新发展团员数",
    "专职团干部数",
    "兼职团干部数",
    "挂职团干部数",
];
/// Categories of the first four columns, for their lists.
const CATEGORIES: [&str; 4] = ["committee", "work_committee", "general_branch", "branch"];

struct Row {
    name: String,
    total: bool,
    cells: Vec<Cell>,
}

/// A chart as a table of bars.
struct Chart {
    title: &'static str,
    bars: Vec<(String, i64)>,
    most: i64,
}

#[derive(Template)]
#[template(path = "sectors.html")]
struct View {
    shell: Shell,
    top: Org,
    made: String,
    month: String,
    headings: [&'static str; 9],
    rows: Vec<Row>,
    charts: Vec<Chart>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    org: String,
    month: String,
}

fn numbers(line: &Line) -> [i64; 9] {
    [
        line.committees,
        line.work_committees,
        line.general_branches,
        line.branches,
        line.members,
        line.admitted,
        line.full_time,
        line.part_time,
        line.seconded,
    ]
}

/// The profile's sectors in their order, those no longer offered while they are in use, leading bodies, what is not filled,
/// the sum: the rows add up to it.
fn rows(figures: &Figures, policy: &orgs::Policy) -> Vec<(String, [i64; 9])> {
    let known = |name: &str| policy.sectors.iter().any(|sector| sector.name == name);
    let used = figures.sectors.keys().map(String::as_str);
    let other = used.filter(|name| !known(name) && *name != LEADING && *name != UNFILLED);
    let offered = policy
        .sectors
        .iter()
        .filter(|sector| !sector.retired || figures.sectors.contains_key(&sector.name));
    let mut rows: Vec<(String, [i64; 9])> = offered
        .map(|sector| sector.name.as_str())
        .chain(other)
        .chain([LEADING, UNFILLED])
        .map(|name| {
            let line = figures.sectors.get(name).copied().unwrap_or_default();
            (name.to_owned(), numbers(&line))
        })
        .collect();
    rows.push(("合计".into(), numbers(&total(&figures.sectors))));
    rows
}

fn chart(title: &'static str, bars: Vec<(String, i64)>) -> Chart {
    let bars: Vec<_> = bars.into_iter().filter(|(_, n)| *n > 0).collect();
    Chart {
        title,
        most: bars.iter().map(|(_, n)| *n).max().unwrap_or(1).max(1),
        bars,
    }
}

fn charts(figures: &Figures, income: bool) -> Vec<Chart> {
    let sectors = figures.sectors.iter().map(|(name, line)| {
        let n = line.committees + line.work_committees + line.general_branches + line.branches;
        (name.clone(), n)
    });
    let classes = |list: people::codes::Codes, counted: &BTreeMap<String, i64>| {
        let of = |code: &str| counted.get(code).copied().unwrap_or_default();
        let named = list.iter().map(|e| (e.name.to_owned(), of(e.code)));
        named.chain([(UNFILLED.to_owned(), of(""))]).collect()
    };
    let all = total(&figures.sectors);
    let natures = [
        ("专职".to_owned(), all.full_time),
        ("挂职".to_owned(), all.seconded),
        ("兼职".to_owned(), all.part_time),
    ];
    let mut charts = vec![
        chart("组织按行业类别", sectors.collect()),
        chart(
            "团员按最高学历",
            classes(people::codes::EDUCATION, &figures.education),
        ),
    ];
    // Only where members state it.
    if income {
        charts.push(chart(
            "团员按收入",
            classes(people::codes::INCOME, &figures.income),
        ));
    }
    charts.push(chart("团干部按性质", natures.into()));
    charts
}

async fn read(
    ctx: &Ctx,
    reader: &mut db::Reader,
    asked: &Asked,
) -> Result<(Org, Chosen, chrono::DateTime<chrono::Utc>, Figures)> {
    let top = place(ctx, reader, &asked.org).await?;
    let run = chosen(reader, &asked.month).await?;
    let at = run.at.ok_or(Error::NotFound)?;
    let (figures, _) = store::of(reader, top.id, at)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((top, run, at, figures))
}

/// `GET /console/statistics/sectors`
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (top, run, at, figures) = read(&ctx, &mut reader, &asked).await?;
    let number = top.number;
    let month = run.suffix();
    let rows = rows(&figures, ctx.app.policy())
        .into_iter()
        .map(|(name, numbers)| {
            let total = name == "合计";
            let sector = if total {
                String::new()
            } else {
                format!("&sector={}", web::list::encode(&name))
            };
            let cells = numbers
                .into_iter()
                .enumerate()
                .map(|(column, n)| Cell {
                    n,
                    href: CATEGORIES.get(column).map_or_else(String::new, |category| {
                        format!(
                            "/console/statistics/list?org={number}&kind={category}{sector}{month}"
                        )
                    }),
                    bad: "",
                })
                .collect();
            Row { name, total, cells }
        })
        .collect();
    let view = View {
        made: format_moment(at, reader.now()),
        month,
        headings: HEADINGS,
        charts: charts(&figures, ctx.app.policy::<people::Policy>().income_bands),
        shell: ctx
            .shell(&mut reader, "分类统计", "/console/statistics")
            .await?,
        top,
        rows,
    };
    page(StatusCode::OK, &view)
}

/// `GET /console/statistics/sectors/export`
pub(super) async fn export(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (top, _, at, figures) = read(&ctx, &mut reader, &asked).await?;
    let moment = base::china_time(at).format("%Y-%m-%d %H:%M").to_string();
    let mut headings = vec!["行业类别", "数据更新于"];
    headings.extend(HEADINGS);
    let cells = rows(&figures, ctx.app.policy())
        .into_iter()
        .map(|(name, n)| {
            let mut row = vec![name, moment.clone()];
            row.extend(n.iter().map(i64::to_string));
            row
        });
    table(&ctx, "分类统计", &top.short_name, &headings, cells)
}
