//! 下级组织录入进度 (ORG-40, ORG-46): by level, with the sentence, drill-down, download, reminders.

use super::download::{self, PART, Part, next};
use super::faults::refusal;
use crate::Policy;
use crate::actions::{gaps, progress as actions};
use crate::rules::progress as rules;
use crate::store::progress::{self as store, Snapshot, Wanted};
use access::{Permission, Scope};
use axum::http::header;
use base::{Error, OrgId, OrgPath, Refused, format_moment};
use db::Reader;
use orgs::Org;
use serde::Deserialize;
use std::collections::HashMap;
use web::list::{Choice, ListState, Place, encode};
use web::prelude::*;

const HERE: &str = "/console/progress";
const KNOWN: [&str; 3] = ["at", "level", "only"];

struct Tab {
    label: String,
    n: i64,
    href: String,
    current: bool,
}

struct Line {
    org: Org,
    shot: Snapshot,
    admins: String,
    direct: bool,
}

#[derive(Template)]
#[template(path = "progress.html")]
struct View {
    shell: Shell,
    top: Org,
    own: bool,
    up: String,
    tabs: Vec<Tab>,
    sentence: String,
    note: String,
    next: String,
    live: orgs::Figures,
    state: ListState,
    only: Vec<Choice>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    made: bool,
    fault: Option<Refused>,
    said: String,
    /// The root sets the building phase.
    root: bool,
    /// The reader acts, and does not only look.
    acts: bool,
}

/// The organisation whose subordinates are counted: the acting one, or one below it.
async fn top(reader: &mut Reader, ctx: &Ctx, typed: &str) -> Result<Org> {
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewProgress, &own)?;
    let org = match typed.parse::<i64>() {
        Ok(number) => orgs::by_number(reader, number).await?,
        Err(_) => orgs::find(reader, own.id).await?,
    };
    let org = org.ok_or(Error::NotFound)?;
    ctx.actor
        .require_look(Permission::ViewProgress, &org.to_ref())
        .or_else(|_| {
            if own.path.contains(&org.path) {
                Ok(())
            } else {
                Err(Error::NotFound)
            }
        })?;
    Ok(org)
}

async fn view(ctx: &Ctx, query: &[(String, String)], fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>();
    let state = ListState::new(HERE, query, &KNOWN);
    let top = top(&mut reader, ctx, state.get("at")).await?;
    let scope = Scope::subtree(&top.path);
    let below = store::below(&mut reader, top.id).await?;
    let level = level(&state);
    let size = state.size(50);
    let mut place = state.place(1);
    let from = match &place {
        Place::First => None,
        Place::After(c) | Place::Before(c) => c.0.first().map(OrgPath::new),
    };
    if from.is_none() {
        place = Place::First;
    }
    let wanted = Wanted {
        only: state.some("only"),
    };
    let back = matches!(place, Place::Before(_));
    let rows = store::rows(
        &mut reader,
        &scope,
        top.path.depth() + level - 1,
        wanted,
        from.as_ref(),
        back,
        size + 1,
    )
    .await?;
    let rows = web::list::Page::new(rows, size, &place, &state, |shot| {
        vec![shot.path.to_string()]
    });
    let ids: Vec<OrgId> = rows.rows.iter().map(|shot| shot.id).collect();
    let mut known: HashMap<OrgId, Org> = orgs::find_many(&mut reader, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let mut admins = orgs::administrators(&mut reader, &ids).await?;
    let acts = ctx.actor.may(Permission::ViewProgress, ctx.org()?);
    let own_depth = ctx.org()?.path.depth();
    let own = ctx.org()?.id;
    let lines = rows
        .rows
        .into_iter()
        .filter_map(|shot| {
            let org = known.remove(&shot.id)?;
            Some(Line {
                admins: admins.remove(&shot.id).unwrap_or_default().join("、"),
                direct: acts && org.parent == Some(own),
                org,
                shot,
            })
        })
        .collect();
    let now = reader.now();
    let up = match top.parent.filter(|_| top.id != own) {
        Some(parent) => orgs::find(&mut reader, parent)
            .await?
            .map(|org| format!("{HERE}?at={}", org.number))
            .unwrap_or_default(),
        None => String::new(),
    };
    Ok(View {
        tabs: below
            .iter()
            .flat_map(|below| &below.levels)
            .zip(2..)
            .map(|(l, n)| Tab {
                label: format!("{}组织", rules::level_name(n)),
                n: l.all,
                href: format!("{HERE}?at={}&level={n}", top.number),
                current: n == level,
            })
            .collect(),
        sentence: below.as_ref().map_or(String::new(), |below| {
            let counts = below.level(level).copied().unwrap_or_default();
            rules::sentence(below.at, &top.full_name, level, &counts)
        }),
        note: ctx.app.policy::<orgs::Policy>().progress_note.clone(),
        next: format_moment(rules::next(now, policy.progress_hours), now),
        live: orgs::figures(&mut reader, &top.path, None).await?,
        only: Choice::list(
            [
                ("", "全部"),
                ("out", "未登录"),
                ("gaps", "组织信息不完整"),
                ("bare", "未创建下级"),
                ("people", "人员未录全"),
            ],
            state.get("only"),
        ),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx.shell(&mut reader, "下级组织录入进度", HERE).await?,
        made: below.is_some(),
        own: top.id == own,
        root: acts && own_depth == 1,
        acts,
        said: String::new(),
        up,
        top,
        state,
        lines,
        fault,
    })
}

/// `GET /console/progress`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let mut view = view(&ctx, &query, None).await?;
    if query.iter().any(|(k, v)| k == "told" && v == "1") {
        view.said = "催办消息已发出。".into();
    }
    page(StatusCode::OK, &view)
}

pub(super) const HEADINGS: [&str; 11] = [
    "组织ID",
    "组织简称",
    "组织全称",
    "组织类别",
    "是否已登录过系统",
    "组织信息是否完整",
    "缺少的信息",
    "是否已创建下级组织",
    "团员团干部是否录全",
    "组织管理员",
    "联系电话",
];

fn yes(is: bool) -> String {
    if is { "是" } else { "否" }.to_owned()
}

/// Some rows of a level.
pub(super) async fn part(
    conn: &mut Reader,
    top: &OrgPath,
    depth: usize,
    only: Option<&str>,
    after: Option<&str>,
) -> base::Result<Part> {
    let scope = Scope::subtree(top);
    let from = after.map(OrgPath::new);
    let wanted = Wanted { only };
    let shots = store::rows(conn, &scope, depth, wanted, from.as_ref(), false, PART).await?;
    let more = next(&shots, |shot| shot.path.to_string());
    let ids: Vec<OrgId> = shots.iter().map(|shot| shot.id).collect();
    let mut known: HashMap<OrgId, Org> = orgs::find_many(conn, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let mut admins = orgs::administrators(conn, &ids).await?;
    let rows = shots.into_iter().filter_map(|shot| {
        let org = known.remove(&shot.id)?;
        let admins = admins.remove(&org.id).unwrap_or_default().join("、");
        Some(vec![
            org.number.to_string(),
            org.short_name.clone(),
            org.full_name.clone(),
            org.category_label().to_owned(),
            yes(shot.entered),
            yes(shot.missing.is_empty()),
            shot.missing.join("；"),
            if org.is_branch() {
                "—".into()
            } else {
                yes(shot.has_subs)
            },
            yes(shot.persons_done),
            admins,
            org.phone.unwrap_or_default(),
        ])
    });
    Ok((rows.collect(), more))
}

/// `POST /console/progress/export`: the tab shown (下载录入情况), in the background.
pub(super) async fn export(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let state = ListState::new(HERE, &query, &KNOWN);
    let mut reader = ctx.read().await?;
    let top = top(&mut reader, &ctx, state.get("at")).await?;
    drop(reader);
    let level = level(&state);
    let title = format!("{}{}组织录入情况", top.short_name, rules::level_name(level));
    let wanted = download::Wanted::Progress {
        depth: top.path.depth() + level - 1,
        top: top.path,
        only: state.some("only").map(str::to_owned),
    };
    download::ask(&ctx, &form.key, Permission::ViewProgress, &title, wanted).await
}

/// The level an address asks for, counted from the shown organisation as the first.
fn level(state: &ListState) -> usize {
    state.get("level").parse().unwrap_or(2).clamp(2, 99)
}

/// A list as a workbook.
pub(super) fn table<R, C>(
    ctx: &Ctx,
    title: &str,
    org: &str,
    headings: &[&str],
    cells: impl IntoIterator<Item = R>,
) -> Result<Response>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let watermark = sheets::Watermark {
        reader: &ctx.me.name,
        at: base::china_time(ctx.now()).naive_local(),
    };
    let file = sheets::write_table(title, headings, cells, &watermark)
        .map_err(|cause| Error::Internal(cause.into()))?;
    let name = encode(&format!("{org}_{title}.xlsx"));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        file,
    )
        .into_response())
}

/// Whom to remind, and where the list stood.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Remind {
    org: String,
    at: String,
    level: String,
    only: String,
}

/// `POST /console/progress/remind`
pub(super) async fn remind(ctx: Ctx, form: Form<Remind>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let id: OrgId = input.org.parse().map_err(|_| Error::NotFound)?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let query: Vec<(String, String)> = [
        ("at", &input.at),
        ("level", &input.level),
        ("only", &input.only),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .collect();
    let (orgs, people) = (ctx.app.policy(), ctx.app.policy());
    match gaps::remind(&mut tx, &org, orgs, people).await {
        Ok(()) => {
            let place = ListState::new(HERE, &query, &KNOWN).with("told", "1");
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, &query, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

/// `POST /console/progress/make`: the first snapshot of a fresh deployment need not wait for the full hour.
pub(super) async fn make(ctx: Ctx, form: Form<Remind>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::ViewProgress, &own)?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    if store::made_at(&mut tx, own.id).await?.is_none() {
        actions::ask(&mut tx).await?;
    }
    tx.commit_to(HERE).await?;
    Ok(see_other(HERE))
}
