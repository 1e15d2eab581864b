//! 组织数据体检: what is wrong with the organisations of the subtree, each with its list and what mends it.

use super::download::{self, PART, Part};
use super::faults::refusal;
use crate::Policy;
use crate::actions::gaps;
use crate::rules::health::{self as rules, KINDS, Kind};
use crate::store::health::{self as store, Asked, Finding};
use crate::store::progress::below;
use access::{Permission, Scope};
use base::{Error, OrgId, OrgPath, Refused, business_date, format_moment};
use chrono::NaiveDate;
use db::Reader;
use orgs::{Org, OrgState};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use web::list::{ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/health";
const KNOWN: [&str; 1] = ["kind"];

struct Tab {
    kind: &'static Kind,
    n: i64,
    current: bool,
}

struct Line {
    org: Org,
    place: String,
    members: i64,
    days: i64,
    /// Days since it was found first (ORG-70); none before the next snapshot.
    lasting: Option<i64>,
    note: String,
    /// What mends it: label and place; none where somebody else does.
    deed: Option<(&'static str, String)>,
    /// Somebody is there to be reminded.
    remind: bool,
}

#[derive(Template)]
#[template(path = "health.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    kind: &'static Kind,
    at: String,
    state: ListState,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    fault: Option<Refused>,
    said: String,
    acts: bool,
}

async fn view(ctx: &Ctx, query: &[(String, String)], fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>();
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewProgress, &own)?;
    let scope = Scope::subtree(&own.path);
    let state = ListState::new(HERE, query, &KNOWN);
    let kind = rules::kind(state.get("kind"));
    let now = reader.now();
    let limits = rules::limits(policy, now);
    let large = orgs::figures(&mut reader, &own.path, None).await?.orgs > rules::LIVE;
    let shot = below(&mut reader, own.id).await?;
    let counts = match &shot {
        Some(below) if large => below.found.clone(),
        None if large => BTreeMap::new(),
        _ => store::counts(&mut reader, &scope, limits).await?,
    };
    let size = state.size(50);
    let mut place = state.place(1);
    let from = match &place {
        Place::First => None,
        Place::After(c) | Place::Before(c) => c.0.first().map(OrgPath::new),
    };
    if from.is_none() {
        place = Place::First;
    }
    let back = matches!(place, Place::Before(_));
    let found = store::list(
        &mut reader,
        Asked {
            scope: &scope,
            kind: kind.code,
            after: from.as_ref(),
            backwards: back,
            limit: size + 1,
            large,
        },
        limits,
    )
    .await?;
    let ids: Vec<OrgId> = found.iter().map(|f| f.id).collect();
    let mut known: HashMap<OrgId, Org> = orgs::find_many(&mut reader, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let rows: Vec<(Org, Finding)> = found
        .into_iter()
        .filter_map(|f| Some((known.remove(&f.id)?, f)))
        .collect();
    let rows = web::list::Page::new(rows, size, &place, &state, |(org, _)| {
        vec![org.path.to_string()]
    });
    let parents: Vec<OrgId> = rows.rows.iter().filter_map(|(org, _)| org.parent).collect();
    let names: HashMap<OrgId, String> = orgs::find_many(&mut reader, &parents)
        .await?
        .into_iter()
        .map(|org| (org.id, org.short_name))
        .collect();
    let lines = rows
        .rows
        .into_iter()
        .map(|(org, f)| Line {
            place: org
                .parent
                .and_then(|id| names.get(&id).cloned())
                .unwrap_or_default(),
            members: f.members,
            days: rules::days_since(f.founded_on, business_date(now)),
            lasting: lasting(&f, business_date(now)),
            note: f.note.unwrap_or_default(),
            deed: deed(ctx, kind, &org),
            remind: acts(ctx) && org.state != OrgState::Created && org.id != own.id,
            org,
        })
        .collect();
    Ok(View {
        tabs: KINDS
            .iter()
            .map(|k| Tab {
                kind: k,
                n: counts.get(k.code).copied().unwrap_or(0),
                current: k.code == kind.code,
            })
            .collect(),
        at: match shot {
            _ if !large && !kind.snapshot => "实时".into(),
            Some(shot) if large => format!(
                "统计于{}，此后已解决的不再列出",
                format_moment(shot.at, now)
            ),
            Some(shot) => format!("统计于{}", format_moment(shot.at, now)),
            None => "还没有统计，请到“下级组织录入进度”先统计一次".into(),
        },
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx.shell(&mut reader, "组织数据体检", HERE).await?,
        said: String::new(),
        acts: acts(ctx),
        kind,
        state,
        lines,
        fault,
    })
}

/// Whole days since it was found first.
fn lasting(found: &Finding, today: NaiveDate) -> Option<i64> {
    let since = found.since?;
    Some(rules::days_since(business_date(since), today))
}

/// Whether the reader acts for the organisation, and does not only look.
fn acts(ctx: &Ctx) -> bool {
    let own = ctx.actor.org();
    own.is_some_and(|own| ctx.actor.may(Permission::ViewProgress, own))
}

/// The action that mends a finding, as far as the reader is the one who does it.
fn deed(ctx: &Ctx, kind: &Kind, org: &Org) -> Option<(&'static str, String)> {
    let own = ctx.actor.org()?;
    // Whoever only looks is offered nothing.
    if !acts(ctx) {
        return None;
    }
    let direct = own.path.is_parent_of(&org.path);
    let create = ctx.actor.may(Permission::CreateSubordinates, &org.to_ref());
    let id = org.id;
    match kind.code {
        "hollow" | "few" if own.id == id && create => Some((
            "创建团支部",
            format!("/console/orgs/new?parent={}", org.number),
        )),
        "small" if direct => Some(("合并方案", format!("/console/merging/{id}"))),
        "hollow" | "few" if direct => Some(("删除或撤并", format!("/console/orgs/{id}/remove"))),
        "emptied" if direct => Some(("删除", format!("/console/orgs/{id}/remove"))),
        "name" if direct && org.state == OrgState::Created => {
            Some(("更正名称", format!("/console/orgs/{id}/rename")))
        }
        "name" => Some(("申请更正", format!("/console/changes/new?org={id}"))),
        "headless" | "secretary" if own.id == id => {
            Some(("录入团干部", "/console/cadres/new".into()))
        }
        "headless" | "secretary"
            if direct
                && org.is_branch()
                && ctx.actor.may(Permission::EnterMembers, &org.to_ref()) =>
        {
            Some((
                "任命书记",
                format!("/console/cadres/new?org={}", org.number),
            ))
        }
        _ => None,
    }
}

/// `GET /console/health`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let mut view = view(&ctx, &query, None).await?;
    if let Some((_, n)) = query.iter().find(|(k, _)| k == "told") {
        view.said = format!("已催办 {} 个组织。", n.parse::<u32>().unwrap_or(0));
    }
    page(StatusCode::OK, &view)
}

pub(super) const HEADINGS: [&str; 8] = [
    "组织ID",
    "组织简称",
    "组织全称",
    "组织类别",
    "团员数",
    "成立天数",
    "已持续天数",
    "说明",
];

/// Some rows of a list.
pub(super) async fn part(
    conn: &mut Reader,
    (top, kind, large): (&OrgPath, &str, bool),
    after: Option<&str>,
    policy: &Policy,
) -> base::Result<Part> {
    let now = conn.now();
    let (scope, from) = (Scope::subtree(top), after.map(OrgPath::new));
    let asked = Asked {
        scope: &scope,
        kind,
        after: from.as_ref(),
        backwards: false,
        limit: PART,
        large,
    };
    let found = store::list(conn, asked, rules::limits(policy, now)).await?;
    let ids: Vec<OrgId> = found.iter().map(|f| f.id).collect();
    let mut known: HashMap<OrgId, Org> = orgs::find_many(conn, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let last = found.last().and_then(|f| known.get(&f.id));
    let last = last.map(|org| org.path.to_string());
    let more = last.filter(|_| found.len() as i64 == PART);
    let rows = found.into_iter().filter_map(|f| {
        let org = known.remove(&f.id)?;
        Some(vec![
            org.number.to_string(),
            org.short_name.clone(),
            org.full_name.clone(),
            org.category_label().to_owned(),
            f.members.to_string(),
            rules::days_since(f.founded_on, business_date(now)).to_string(),
            lasting(&f, business_date(now)).map_or_else(String::new, |days| days.to_string()),
            f.note.unwrap_or_default(),
        ])
    });
    Ok((rows.collect(), more))
}

/// `POST /console/health/export`: the whole list, in the background.
pub(super) async fn export(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewProgress, &own)?;
    let state = ListState::new(HERE, &query, &KNOWN);
    let kind = rules::kind(state.get("kind"));
    let mut reader = ctx.read().await?;
    let large = orgs::figures(&mut reader, &own.path, None).await?.orgs > rules::LIVE;
    drop(reader);
    let wanted = download::Wanted::Health {
        top: own.path,
        kind: kind.code.to_owned(),
        large,
    };
    let title = format!("体检：{}", kind.title);
    download::ask(&ctx, &form.key, Permission::ViewProgress, &title, wanted).await
}

/// Whom to remind.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Remind {
    org: Vec<String>,
    kind: String,
}

/// `POST /console/health/remind`: all ticked ones; whoever needs no reminder is passed over.
pub(super) async fn remind(ctx: Ctx, form: Form<Remind>) -> Result<Response> {
    ctx.actor.require(Permission::ViewProgress, ctx.org()?)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let query = vec![("kind".to_owned(), input.kind.clone())];
    let ids: Vec<OrgId> = input.org.iter().filter_map(|id| id.parse().ok()).collect();
    let mut told = 0;
    let mut last = Err(Error::refused("health.nobody", "请先勾选要催办的组织。"));
    for org in orgs::find_many(&mut tx, &ids).await? {
        last = gaps::remind(&mut tx, &org, ctx.app.policy(), ctx.app.policy()).await;
        match &last {
            Ok(()) => told += 1,
            Err(Error::Refused(_)) => {}
            Err(_) => break,
        }
    }
    match last {
        Err(error) if told == 0 => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, &query, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(error @ (Error::NotFound | Error::Forbidden(_) | Error::Internal(_))) => {
            Err(error.into())
        }
        _ => {
            let place = ListState::new(HERE, &query, &KNOWN).with("told", &told.to_string());
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
    }
}

/// A branch with fewer members than it needs, as it reads it itself (ORG-70).
#[derive(Clone, Copy, Debug)]
pub struct Shortage {
    /// Members it has.
    pub members: i64,
    /// Members it needs.
    pub least: i32,
    /// Days since it was found first.
    pub days: i64,
}

/// Whether this branch has too few members, and for how long.
pub async fn shortage(
    reader: &mut Reader,
    branch: &OrgPath,
    policy: &Policy,
) -> Result<Option<Shortage>> {
    let now = reader.now();
    let found = store::small(reader, branch, rules::limits(policy, now)).await?;
    Ok(found.map(|found| Shortage {
        members: found.members,
        least: policy.min_members,
        days: lasting(&found, business_date(now)).unwrap_or(0),
    }))
}
