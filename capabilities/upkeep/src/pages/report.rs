//! 数据统计 (ORG-34, FLD-80): the organisation and its direct subordinates, every number with its list.

use super::download::{self, PART, Part, Wanted, next};
use super::progress::table;
use crate::Policy;
use crate::actions::progress as actions;
use crate::rules::report::{Counts, Figures, rate};
use crate::store::report::{self as store, Below};
use access::Permission;
use base::{Error, OrgId, YearMonth, format_moment};
use chrono::{DateTime, Utc};
use db::Reader;
use orgs::Org;
use web::list::{Choice, ListState, Place};
use web::prelude::*;

pub(super) const HERE: &str = "/console/statistics";
/// Rows of a page, and of the download of the page shown (FLD-83).
const SIZE: i64 = 500;

/// The organisation an address asks for, the own one without.
pub(super) async fn place(ctx: &Ctx, reader: &mut Reader, typed: &str) -> Result<Org> {
    let own = ctx.org()?.clone();
    let org = match typed.parse::<i64>() {
        Ok(number) => orgs::by_number(reader, number).await?,
        Err(_) => orgs::find(reader, own.id).await?,
    };
    let org = org.ok_or(Error::NotFound)?;
    ctx.actor.require_look(Permission::ViewOrg, &org.to_ref())?;
    Ok(org)
}

/// Which run is read (FLD-83).
pub(super) struct Chosen {
    /// The run; none before the first.
    pub(super) at: Option<DateTime<Utc>>,
    /// `2026-08` if it is an earlier month's last, else empty.
    pub(super) month: String,
    /// What can be chosen instead.
    pub(super) months: Vec<Choice>,
}

impl Chosen {
    /// For addresses of the same run.
    pub(super) fn suffix(&self) -> String {
        if self.month.is_empty() {
            String::new()
        } else {
            format!("&month={}", self.month)
        }
    }
}

/// The run an address asks for; a month nothing was kept of is answered like what does not exist.
pub(super) async fn chosen(reader: &mut Reader, typed: &str) -> Result<Chosen> {
    let runs = store::runs(reader).await?;
    let now = reader.now();
    let at = runs.chosen(typed);
    if at.is_none() && !typed.is_empty() {
        return Err(Error::NotFound.into());
    }
    let month = if at == runs.at {
        String::new()
    } else {
        typed.to_owned()
    };
    let months = runs
        .all()
        .map(|run| {
            let of = YearMonth::at(run);
            let value = if Some(run) == runs.at {
                String::new()
            } else {
                of.to_string()
            };
            Choice {
                label: format!("{}（{}）", of.chinese(), format_moment(run, now)),
                selected: value == month,
                value,
            }
        })
        .collect();
    Ok(Chosen { at, month, months })
}

/// A number, and the list behind it unless it is nought (INS-03).
pub(super) struct Cell {
    pub(super) n: i64,
    pub(super) href: String,
    /// Red with a word: something that should not be (FLD-80).
    pub(super) bad: &'static str,
}

/// One row: the own organisation, or a direct subordinate.
struct Line {
    name: String,
    full_name: String,
    /// Its own statistics; none where it no longer stands there.
    href: String,
    /// 查看分类统计 of it.
    sectors: String,
    cells: Vec<Cell>,
    rates: Vec<String>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct View {
    shell: Shell,
    top: Org,
    own: bool,
    up: String,
    made: String,
    next: String,
    note: String,
    months: Vec<Choice>,
    /// An earlier month is shown.
    past: bool,
    /// 月度业务响应 is shown.
    timely: bool,
    hours: i64,
    pending: bool,
    lines: Vec<Line>,
    state: ListState,
    pager: web::list::Page<()>,
    /// May ask for the first run.
    acts: bool,
}

/// Headings of the numbers, after the name.
const HEADINGS: [&str; 13] = [
    "已建立组织总数",
    "已建立支部数",
    "空心团委数",
    "空心团支部数",
    "无团干团支部数",
    "已报到团员数",
    "其中已审核",
    "已录入团干数",
    "已入驻团干数",
    "转出中",
    "已转出",
    "待确认接收",
    "已接收",
];
/// The column 其中已审核, which says something only where 已报到 includes those who wait.
const APPROVED: usize = 6;
/// Columns before this one list organisations, as they were counted.
const LISTED: usize = 5;
/// Headings of 月度业务响应.
const TIMELY: [&str; 7] = [
    "本级累计需响应",
    "本级及时响应数",
    "本级及时响应率",
    "累计需响应",
    "及时响应数",
    "及时响应率",
    "时限内处理率",
];

fn numbers(c: &Counts, pending: bool) -> [i64; 13] {
    let reported = c.members + if pending { c.pending } else { 0 };
    [
        c.orgs, c.branches, c.hollow, c.few, c.headless, reported, c.members, c.cadres, c.joined,
        c.out_open, c.out, c.in_open, c.taken_in,
    ]
}

fn rates(figures: &Figures) -> Vec<String> {
    let (own, all) = (&figures.own, &figures.all);
    vec![
        own.must.to_string(),
        own.done.to_string(),
        rate(own.done, own.must),
        all.must.to_string(),
        all.done.to_string(),
        rate(all.done, all.must),
        rate(all.done, all.due),
    ]
}

fn line(
    name: String,
    full_name: String,
    number: i64,
    figures: &Figures,
    month: &str,
    policy: &Policy,
) -> Line {
    let list = |kind: &str| format!("{HERE}/list?org={number}&kind={kind}{month}");
    let members = format!("/console/members?org={number}");
    let cadres = format!("/console/cadres?org={number}");
    let transfers = |more: &str| format!("/console/transfers?org={number}{more}");
    let places = [
        list(""),
        list("branch"),
        list("hollow"),
        list("few"),
        list("headless"),
        members.clone(),
        members,
        cadres.clone(),
        cadres,
        transfers("&side=out"),
        transfers("&side=out&tab=done&state=completed"),
        transfers("&side=in"),
        transfers("&side=in&tab=done&state=completed"),
    ];
    let bad = ["", "", "空心", "空心", "无团干"];
    Line {
        cells: numbers(&figures.all, policy.report_counts_pending)
            .into_iter()
            .zip(places)
            .enumerate()
            .filter(|(column, _)| *column != APPROVED || policy.report_counts_pending)
            .map(|(column, (n, href))| Cell {
                n,
                // Of persons and transfers there is only today's list.
                href: if month.is_empty() || column < LISTED {
                    href
                } else {
                    String::new()
                },
                bad: bad.get(column).copied().unwrap_or_default(),
            })
            .collect(),
        rates: if policy.timely_hours > 0 {
            rates(figures)
        } else {
            Vec::new()
        },
        href: format!("{HERE}?org={number}{month}"),
        sectors: format!("{HERE}/sectors?org={number}{month}"),
        name,
        full_name,
    }
}

/// Headings of the table as it is downloaded.
pub(super) fn headings(policy: &Policy) -> Vec<&'static str> {
    let mut headings = vec!["组织简称", "组织全称", "数据更新于"];
    headings.extend(HEADINGS);
    if !policy.report_counts_pending {
        headings.retain(|heading| *heading != HEADINGS[APPROVED]);
    }
    if policy.timely_hours > 0 {
        headings.extend(TIMELY);
    }
    headings
}

/// A line as it is downloaded.
fn row(line: Line, at: DateTime<Utc>) -> Vec<String> {
    let moment = base::china_time(at).format("%Y-%m-%d %H:%M").to_string();
    let mut row = vec![line.name, line.full_name, moment];
    row.extend(line.cells.iter().map(|cell| cell.n.to_string()));
    row.extend(line.rates);
    row
}

/// Some rows of the whole table: the organisation first, then its direct subordinates.
pub(super) async fn part(
    conn: &mut Reader,
    org: OrgId,
    at: DateTime<Utc>,
    after: Option<&str>,
    policy: &Policy,
) -> base::Result<Part> {
    let mut rows = Vec::new();
    if after.is_none()
        && let Some(top) = orgs::find(conn, org).await?
        && let Some((figures, _)) = store::of(conn, org, at).await?
    {
        let top = line(
            top.short_name,
            top.full_name,
            top.number,
            &figures,
            "",
            policy,
        );
        rows.push(row(top, at));
    }
    let from = after
        .and_then(|key| key.split_once(','))
        .and_then(|(sort, number)| Some((sort.parse().ok()?, number.parse().ok()?)));
    let below = store::below(conn, org, at, from, false, PART).await?;
    let more = next(&below, |row| format!("{},{}", row.sort, row.number));
    rows.extend(below.into_iter().map(|b| {
        row(
            line(b.short_name, b.full_name, b.number, &b.figures, "", policy),
            at,
        )
    }));
    Ok((rows, more))
}

/// What is read for the page and its download.
struct Read {
    top: Org,
    run: Chosen,
    figures: Option<Figures>,
    below: web::list::Page<Below>,
    state: ListState,
}

async fn read(ctx: &Ctx, reader: &mut Reader, query: &[(String, String)]) -> Result<Read> {
    let state = ListState::new(HERE, query, &["org", "month"]);
    let top = place(ctx, reader, state.get("org")).await?;
    let run = chosen(reader, state.get("month")).await?;
    let mut place = state.place(2);
    let from = match &place {
        Place::After(c) | Place::Before(c) => match c.0.as_slice() {
            [sort, number] => sort.parse().ok().zip(number.parse().ok()),
            _ => None,
        },
        Place::First => None,
    };
    if from.is_none() {
        place = Place::First;
    }
    let back = matches!(place, Place::Before(_));
    let (figures, rows) = match run.at {
        Some(at) => (
            store::of(reader, top.id, at)
                .await?
                .map(|(figures, _)| figures),
            store::below(reader, top.id, at, from, back, SIZE + 1).await?,
        ),
        None => (None, Vec::new()),
    };
    let below = web::list::Page::new(rows, SIZE, &place, &state, |row| {
        vec![row.sort.to_string(), row.number.to_string()]
    });
    Ok(Read {
        top,
        run,
        figures,
        below,
        state,
    })
}

fn lines(read: &Read, policy: &Policy) -> Vec<Line> {
    let mut lines = Vec::new();
    let month = read.run.suffix();
    if let Some(figures) = &read.figures {
        let org = &read.top;
        let (name, full) = (org.short_name.clone(), org.full_name.clone());
        lines.push(line(name, full, org.number, figures, &month, policy));
    }
    lines.extend(read.below.rows.iter().map(|row| {
        let (name, full) = (row.short_name.clone(), row.full_name.clone());
        let mut line = line(name, full, row.number, &row.figures, &month, policy);
        if row.changed {
            line.href.clear();
            line.sectors.clear();
            line.cells.iter_mut().for_each(|cell| cell.href.clear());
        }
        line
    }));
    lines
}

/// `GET /console/statistics`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>();
    let read = read(&ctx, &mut reader, &query).await?;
    let now = reader.now();
    let own = ctx.org()?.clone();
    let up = match read.top.parent.filter(|_| read.top.id != own.id) {
        Some(parent) => orgs::find(&mut reader, parent)
            .await?
            .map(|org| format!("{HERE}?org={}{}", org.number, read.run.suffix()))
            .unwrap_or_default(),
        None => String::new(),
    };
    let view = View {
        lines: lines(&read, policy),
        own: read.top.id == own.id,
        made: match (read.run.at, &read.figures) {
            (Some(at), Some(_)) => format_moment(at, now),
            _ => String::new(),
        },
        next: format_moment(
            crate::rules::progress::next(now, policy.progress_hours),
            now,
        ),
        note: ctx.app.policy::<orgs::Policy>().progress_note.clone(),
        past: !read.run.month.is_empty(),
        months: read.run.months,
        timely: policy.timely_hours > 0,
        hours: policy.timely_hours,
        pending: policy.report_counts_pending,
        acts: ctx.actor.may(Permission::ViewProgress, &own),
        pager: web::list::Page {
            rows: Vec::new(),
            before: read.below.before.clone(),
            after: read.below.after.clone(),
        },
        shell: ctx.shell(&mut reader, "数据统计", HERE).await?,
        state: read.state,
        top: read.top,
        up,
    };
    page(StatusCode::OK, &view)
}

/// `GET /console/statistics/export`: the page shown.
pub(super) async fn export(
    ctx: Ctx,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>();
    let read = read(&ctx, &mut reader, &query).await?;
    let at = read.run.at.ok_or(Error::NotFound)?;
    let cells = lines(&read, policy).into_iter().map(|line| row(line, at));
    table(
        &ctx,
        "数据统计",
        &read.top.short_name,
        &headings(policy),
        cells,
    )
}

/// `POST /console/statistics/export`: all rows, in the background.
pub(super) async fn export_all(
    ctx: Ctx,
    form: Form<std::collections::HashMap<String, String>>,
) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let state = ListState::new(HERE, &query, &["org", "month"]);
    let mut reader = ctx.read().await?;
    let top = place(&ctx, &mut reader, state.get("org")).await?;
    let run = chosen(&mut reader, state.get("month")).await?;
    let at = run.at.ok_or(Error::NotFound)?;
    drop(reader);
    let title = format!("{}的数据统计", top.short_name);
    let wanted = Wanted::Report { org: top.id, at };
    download::ask(&ctx, &form.key, Permission::ViewOrg, &title, wanted).await
}

/// Nothing is typed.
#[derive(serde::Deserialize)]
pub(super) struct Nothing {}

/// `POST /console/statistics/make`: the first run of a fresh deployment need not wait.
pub(super) async fn make(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::ViewProgress, &own)?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    if store::runs(&mut tx).await?.at.is_none() {
        actions::ask(&mut tx).await?;
    }
    tx.commit_to(HERE).await?;
    Ok(see_other(HERE))
}
