//! The cadre phone: what waits, and one case with its dock.

use super::panel::{Panel, Typed, panel};
use super::{Line, View, elsewhere, items, line};
use crate::rules::CaseKey;
use crate::store;
use base::{CaseId, PersonId, china_time};
use chrono::Datelike;
use uuid::Uuid;
use web::list::{ListState, Page};
use web::prelude::*;

/// One type with its number.
struct Todo {
    n: i64,
    label: String,
    href: String,
    words: String,
    chip: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "cadre_home.html")]
struct Home {
    shell: Shell,
    day: String,
    heading: String,
    todos: Vec<Todo>,
    kind: String,
    lines: Page<Line>,
    only_looks: bool,
    elsewhere: i64,
}

#[derive(Template)]
#[template(path = "cadre_case.html")]
struct CasePage {
    shell: Shell,
    p: Panel,
    place: String,
    notice: String,
}

pub(crate) async fn home(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let org = ctx.org()?.id;
    let state = ListState::new("/cadre", &query, &["kind", "view"]);
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let counts = store::counts(&mut reader, org, now).await?;
    let all: i64 = counts.iter().map(|w| w.all).sum();
    let view = View::of(state.get("view"));
    let page_of = items(&mut reader, org, &state, view, state.size(10)).await?;
    let lines = Page {
        rows: page_of
            .rows
            .iter()
            .map(|item| {
                let href = format!("/cadre/cases/{}/{}", item.key.subject, item.key.case);
                line(item, view, href, false, now)
            })
            .collect(),
        before: page_of.before,
        after: page_of.after,
    };
    let todos = counts
        .iter()
        .map(|w| Todo {
            n: w.all,
            label: w.todo.clone(),
            href: ListState::new("/cadre", &[], &[]).with("kind", &w.todo),
            words: match (w.today, w.week) {
                (0, 0) => "暂无临近时限的".to_owned(),
                (0, week) => format!("{week} 件一周内到期"),
                (today, _) => format!("{today} 件今天到期"),
            },
            chip: if w.today > 0 {
                "今天".to_owned()
            } else {
                String::new()
            },
            late: w.today > 0,
        })
        .collect();
    let today = china_time(now);
    let weekday =
        ["一", "二", "三", "四", "五", "六", "日"][today.weekday().num_days_from_monday() as usize];
    let elsewhere = elsewhere(&mut reader, &ctx).await?;
    let shell = ctx.shell(&mut reader, "待办", "/cadre").await?;
    let view = Home {
        shell,
        day: format!("{}月{}日 周{weekday}", today.month(), today.day()),
        heading: if all == 0 {
            "没有等你办的事".to_owned()
        } else {
            format!("{all} 件等你办")
        },
        todos,
        kind: state.get("kind").to_owned(),
        lines,
        only_looks: !ctx
            .actor
            .acting
            .as_ref()
            .is_some_and(|grant| grant.role.administers()),
        elsewhere,
    };
    page(StatusCode::OK, &view)
}

pub(crate) async fn case(ctx: Ctx, Path((subject, case)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let key = CaseKey {
        subject: PersonId(subject),
        case: CaseId(case),
    };
    show_case(&ctx, key, &Typed::default(), "", StatusCode::OK).await
}

/// One case with its dock.
pub(super) async fn show_case(
    ctx: &Ctx,
    key: CaseKey,
    typed: &Typed,
    notice: &str,
    status: StatusCode,
) -> Result<Response> {
    let org = ctx.org()?.id;
    let mut reader = ctx.read().await?;
    let p = panel(ctx, &mut reader, key, typed).await?;
    let now = reader.now();
    let all: i64 = store::counts(&mut reader, org, now)
        .await?
        .iter()
        .map(|w| w.all)
        .sum();
    let title = format!("{}的{}", p.name, p.label);
    let shell = ctx.shell(&mut reader, &title, "/cadre").await?;
    let place = if all > 1 {
        format!("还有 {} 件等你办", all - 1)
    } else {
        "办完这件就没有待办了".to_owned()
    };
    page(
        status,
        &CasePage {
            shell,
            p,
            place,
            notice: notice.to_owned(),
        },
    )
}
