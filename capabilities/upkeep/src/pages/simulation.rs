//! 模拟6月1日 (ORG-B5): which branches and persons would switch, what is still missing, what becomes of transfers.

use super::download::{self, PART, Part, next};
use crate::Policy;
use crate::rules::graduation::{self as rules, due_limit};
use crate::rules::health::LIVE;
use crate::rules::marks::{Due, Marks};
use crate::store::progress::below;
use crate::store::simulation::{self as store, Standing};
use access::{Permission, Scope};
use base::{OrgId, OrgPath, YearMonth, business_date, format_moment};
use chrono::{DateTime, Utc};
use db::Reader;
use orgs::Org;
use std::collections::HashMap;
use web::list::{Choice, ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/graduation/simulation";

struct Line {
    org: Org,
    place: String,
    of: Standing,
    gaps: Vec<String>,
    /// Due already: it switches in the coming night.
    tonight: bool,
}

impl Line {
    fn month(&self) -> String {
        self.org
            .graduation
            .map_or_else(String::new, YearMonth::chinese)
    }
}

#[derive(Template)]
#[template(path = "simulation.html")]
struct View {
    shell: Shell,
    years: Vec<Choice>,
    day: String,
    /// When it was counted; empty: now.
    counted: String,
    due: Due,
    marks: Marks,
    /// The reader's organisation marks branches itself.
    marker: bool,
    state: ListState,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
}

/// The run that is foretold and the marks that it finds.
struct Asked {
    at: DateTime<Utc>,
    limit: YearMonth,
    sectors: Option<Vec<String>>,
    scope: Scope,
}

impl Asked {
    fn read(ctx: &Ctx, state: &ListState) -> Result<Self> {
        let own = ctx.org()?.clone();
        ctx.actor.require_look(Permission::ViewProgress, &own)?;
        let policy = ctx.app.policy::<Policy>();
        let years = rules::years_ahead(ctx.now(), policy);
        let year = state.get("year").parse().ok();
        let year = year.filter(|y| years.contains(y)).unwrap_or(years[0]);
        let at = rules::run_of(year, policy);
        let schools = ctx.app.policy::<orgs::Policy>();
        Ok(Self {
            limit: due_limit(at, policy),
            sectors: schools.school_filter(),
            scope: Scope::subtree(&own.path),
            at,
        })
    }

    fn due<'a>(&'a self, after: &'a str) -> orgs::Due<'a> {
        orgs::Due {
            limit: self.limit,
            sectors: self.sectors.as_deref(),
            range: (self.scope.low(), self.scope.high()),
            after,
        }
    }
}

/// What should be mended before the switch.
fn gaps(of: &Standing) -> Vec<String> {
    let mut gaps = Vec::new();
    if of.members == 0 {
        gaps.push("没有团员".to_owned());
    }
    if of.cadres == 0 {
        gaps.push("没有团干部".to_owned());
    }
    if of.incomplete > 0 {
        gaps.push(format!("{}人资料不全", of.incomplete));
    }
    if of.coming > 0 {
        gaps.push(format!("{}笔转入未办结", of.coming));
    }
    gaps
}

/// `GET /console/graduation/simulation`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let state = ListState::new(HERE, &query, &["year"]);
    let asked = Asked::read(&ctx, &state)?;
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>();
    let size = state.size(50);
    // The list only goes on: its beginning is one click away.
    let after = match state.place(1) {
        Place::After(c) => c.0.into_iter().next().unwrap_or_default(),
        _ => String::new(),
    };
    let found = orgs::due_to_graduate(&mut reader, asked.due(&after), size + 1).await?;
    let mut rows = web::list::Page::new(found, size, &Place::First, &state, |org| {
        vec![org.path.to_string()]
    });
    rows.before = (!after.is_empty()).then(|| state.without("after"));
    let ids: Vec<OrgId> = rows.rows.iter().map(|org| org.id).collect();
    let mut standing = store::standing(&mut reader, &ids).await?;
    let parents: Vec<OrgId> = rows.rows.iter().filter_map(|org| org.parent).collect();
    let names: HashMap<OrgId, String> = orgs::find_many(&mut reader, &parents)
        .await?
        .into_iter()
        .map(|org| (org.id, org.short_name))
        .collect();
    let now = reader.now();
    let tonight = due_limit(now, policy);
    let lines = rows
        .rows
        .into_iter()
        .map(|org| {
            let of = standing.remove(&org.id).unwrap_or_default();
            Line {
                place: org
                    .parent
                    .and_then(|id| names.get(&id).cloned())
                    .unwrap_or_default(),
                gaps: gaps(&of),
                tonight: org.graduation.is_some_and(|month| month < tonight),
                of,
                org,
            }
        })
        .collect();
    let own = ctx.org()?;
    let large = orgs::figures(&mut reader, &own.path, None).await?.orgs > LIVE;
    let shot = if large {
        below(&mut reader, own.id).await?
    } else {
        None
    };
    let marks = match &shot {
        Some(shot) => shot.marks.clone(),
        None if large => Marks::default(),
        None => store::marks_below(&mut reader, &asked.scope, asked.sectors.as_deref()).await?,
    };
    let options = rules::years_ahead(now, policy).map(|year| year.to_string());
    let view = View {
        years: Choice::list(
            options.iter().map(|y| (y.as_str(), y.as_str())),
            state.get("year"),
        ),
        day: business_date(asked.at).format("%Y年%-m月%-d日").to_string(),
        counted: match &shot {
            Some(shot) => format!("统计于{}", format_moment(shot.at, now)),
            None if large => "还没有统计，请到“下级组织录入进度”先统计一次".into(),
            None => String::new(),
        },
        due: marks.before(asked.limit),
        marks,
        marker: ctx.actor.may(Permission::MarkGraduation, own),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx
            .shell(&mut reader, "模拟毕业转换", "/console/progress")
            .await?,
        state,
        lines,
    };
    page(StatusCode::OK, &view)
}

pub(super) const HEADINGS: [&str; 5] =
    ["组织ID", "团支部", "标记的毕业时间", "团员姓名", "办理提示"];

/// Some branches: one line a person, a branch without members one line too.
pub(super) async fn part(
    conn: &mut Reader,
    top: &OrgPath,
    limit: YearMonth,
    sectors: Option<&[String]>,
    after: Option<&str>,
) -> base::Result<Part> {
    let scope = Scope::subtree(top);
    let due = orgs::Due {
        limit,
        sectors,
        range: (scope.low(), scope.high()),
        after: after.unwrap_or_default(),
    };
    let branches = orgs::due_to_graduate(conn, due, PART).await?;
    let more = next(&branches, |org| org.path.to_string());
    let ids: Vec<OrgId> = branches.iter().map(|org| org.id).collect();
    let mut names: HashMap<OrgId, Vec<String>> = HashMap::new();
    for (branch, _, name) in store::members(conn, &ids).await? {
        names.entry(branch).or_default().push(name);
    }
    let standing = store::standing(conn, &ids).await?;
    let mut rows = Vec::new();
    for org in branches {
        let gaps = standing.get(&org.id).map(gaps).unwrap_or_default();
        let line = |name: String| {
            vec![
                org.number.to_string(),
                org.full_name.clone(),
                org.graduation.map_or_else(String::new, YearMonth::chinese),
                name,
                gaps.join("；"),
            ]
        };
        match names.remove(&org.id) {
            Some(names) => rows.extend(names.into_iter().map(line)),
            None => rows.push(line(String::new())),
        }
    }
    Ok((rows, more))
}

/// `POST /console/graduation/simulation/export`: everybody who would switch, in the background.
pub(super) async fn export(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let state = ListState::new(HERE, &query, &["year"]);
    let asked = Asked::read(&ctx, &state)?;
    let title = format!("模拟{}年毕业转换名单", business_date(asked.at).format("%Y"));
    let wanted = download::Wanted::Simulation {
        top: ctx.org()?.path.clone(),
        limit: asked.limit,
        sectors: asked.sectors,
    };
    download::ask(&ctx, &form.key, Permission::ViewProgress, &title, wanted).await
}
