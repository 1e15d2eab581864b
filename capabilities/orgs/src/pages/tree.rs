//! 组织树 (ORG-33): the subtree, lazy by level, with search; beside it the organisation chosen.

use super::detail::Detail;
use crate::Policy;
use crate::rules::Org;
use crate::store::{self, Wanted};
use access::{Permission, Scope};
use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use base::{Error, OrgCategory, OrgId, OrgPath, china_time, text};
use db::Reader;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use web::list::{Choice, ListState, encode};
use web::{Ctx, Result, Shell, page};

/// Nodes of one level shown before 再显示.
const LEVEL: usize = 100;
/// Hits of a search shown.
const HITS: i64 = 200;

#[derive(Template)]
#[template(path = "node.html")]
struct Node {
    org: Org,
    members: i64,
    leaf: bool,
    open: bool,
    current: bool,
    /// Where the toggle leads without scripts.
    toggle: String,
    children: Vec<Node>,
    /// Siblings not shown.
    more: usize,
}

struct Hit {
    org: Org,
    place: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "tree.html")]
struct Page {
    shell: Shell,
    levels: Vec<(i64, String)>,
    all: i64,
    /// When all figures of the page were counted, unless they are exact.
    counted: String,
    root_number: i64,
    /// The tree shown begins below the own organisation.
    narrowed: bool,
    state: ListState,
    categories: Vec<Choice>,
    sectors: Vec<Choice>,
    states: Vec<Choice>,
    within: Option<Org>,
    hits: Option<Vec<Hit>>,
    cut: bool,
    tree: Option<Node>,
    detail: Option<Detail>,
    may_create: bool,
}

const KNOWN: [&str; 10] = [
    "at", "top", "q", "category", "sector", "state", "within", "list", "only", "all",
];

/// The page.
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    render(ctx, &query, None).await
}

/// The page with one organisation chosen.
pub(super) async fn show_one(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    render(ctx, &query, Some(OrgId(id))).await
}

/// An organisation by 组织ID or id, if the reader may look at it; what it cannot see does not exist (SEC-12).
pub(super) async fn named(reader: &mut Reader, ctx: &Ctx, typed: &str) -> base::Result<Org> {
    let found = match (typed.parse::<i64>(), typed.parse::<OrgId>()) {
        (Ok(number), _) => store::by_number(reader, number).await?,
        (_, Ok(id)) => store::find(reader, id).await?,
        _ => None,
    };
    let org = found.ok_or(Error::NotFound)?;
    ctx.actor.require_look(Permission::ViewOrg, &org.to_ref())?;
    Ok(org)
}

async fn render(ctx: Ctx, query: &[(String, String)], id: Option<OrgId>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let state = ListState::new("/console/orgs", query, &KNOWN);
    let root = store::find(&mut reader, ctx.org()?.id)
        .await?
        .ok_or(Error::NotFound)?;
    let chosen = match (id, state.some("at")) {
        (Some(id), _) => named(&mut reader, &ctx, &id.to_string()).await?,
        (None, Some(at)) => named(&mut reader, &ctx, at).await?,
        (None, None) => match state.some("top") {
            Some(top) => named(&mut reader, &ctx, top).await?,
            None => root.clone(),
        },
    };
    // A hit of the search becomes the shown root, until the tree is restored (FLD-09).
    let top = match state.some("top") {
        Some(typed) => named(&mut reader, &ctx, typed).await?,
        None => root.clone(),
    };
    let within = match state.some("within") {
        Some(typed) => Some(named(&mut reader, &ctx, typed).await?),
        None => None,
    };
    let hits = hits(&mut reader, &ctx, &state, within.as_ref(), &chosen).await?;
    let cut = hits.as_ref().is_some_and(|h| h.len() as i64 > HITS);
    let hits = hits.map(|mut hits| {
        hits.truncate(HITS as usize);
        hits
    });
    let tree = if hits.is_none() {
        Some(tree(&mut reader, &ctx, &top, &chosen, state.get("all") == "1").await?)
    } else {
        None
    };
    let info = store::information(&mut reader, chosen.id)
        .await?
        .ok_or(Error::NotFound)?;
    let figures = store::figures(&mut reader, &root.path, None).await?;
    let policy = ctx.app.policy::<Policy>();
    let view = Page {
        all: figures.orgs,
        levels: figures
            .levels
            .iter()
            .zip(1_i64..)
            .skip(1)
            .map(|(n, level)| (*n, chinese_level(level)))
            .collect(),
        counted: figures
            .counted_at
            .map_or_else(String::new, |at| china_time(at).format("%H:%M").to_string()),
        root_number: root.number,
        narrowed: top.id != root.id,
        categories: choices(
            OrgCategory::ALL.map(|c| (c.code(), c.label())).into_iter(),
            "全部类别",
            state.get("category"),
        ),
        sectors: choices(
            policy
                .sectors
                .iter()
                .map(|s| (s.name.as_str(), s.name.as_str())),
            "全部行业",
            state.get("sector"),
        ),
        states: live_states(state.get("state")),
        detail: Some(Detail::read(&mut reader, &ctx, info).await?),
        may_create: ctx
            .actor
            .may(Permission::CreateSubordinates, &root.to_ref()),
        shell: ctx.shell(&mut reader, "组织树", "/console/orgs").await?,
        state,
        within,
        hits,
        cut,
        tree,
    };
    page(StatusCode::OK, &view)
}

/// Live states to filter by.
pub(super) fn live_states(selected: &str) -> Vec<Choice> {
    let live = crate::OrgState::ALL.into_iter().filter(|s| s.is_live());
    choices(live.map(|s| (s.code(), s.label())), "全部状态", selected)
}

/// A select's choices with an empty first.
pub(super) fn choices<'a>(
    options: impl Iterator<Item = (&'a str, &'a str)>,
    all: &'a str,
    selected: &str,
) -> Vec<Choice> {
    Choice::list(std::iter::once(("", all)).chain(options), selected)
}

fn chinese_level(level: i64) -> String {
    const DIGITS: [&str; 11] = [
        "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十",
    ];
    usize::try_from(level)
        .ok()
        .and_then(|n| DIGITS.get(n))
        .map_or_else(|| format!("{level}级"), |digit| format!("{digit}级"))
}

/// The hits of a search, none if nothing is searched for.
async fn hits(
    reader: &mut Reader,
    ctx: &Ctx,
    state: &ListState,
    within: Option<&Org>,
    chosen: &Org,
) -> base::Result<Option<Vec<Hit>>> {
    let wanted = Wanted {
        text: state.some("q"),
        category: state.some("category"),
        sector: state.some("sector"),
        state: state.some("state"),
        unfinished: state.get("only") == "unfinished",
        unsaved: state.get("only") == "unsaved",
    };
    let asked = wanted
        .text
        .or(wanted.category)
        .or(wanted.sector)
        .or(wanted.state)
        .is_some()
        || wanted.unfinished
        || wanted.unsaved
        || state.get("list") == "1";
    if !asked {
        return Ok(None);
    }
    let scope = ctx.actor.scope(Permission::ViewOrg);
    let scope = match within {
        Some(org) => scope.within(&org.path).unwrap_or_else(Scope::nothing),
        None => scope,
    };
    let found = store::search_with(reader, &scope, wanted, HITS + 1).await?;
    let parents: HashSet<OrgId> = found.iter().filter_map(|o| o.parent).collect();
    let parents: Vec<OrgId> = parents.into_iter().collect();
    let names: HashMap<OrgId, String> = store::find_many(reader, &parents)
        .await?
        .into_iter()
        .map(|o| (o.id, o.short_name))
        .collect();
    Ok(Some(
        found
            .into_iter()
            .map(|org| Hit {
                place: org
                    .parent
                    .filter(|_| org.path != *scope.root())
                    .and_then(|parent| names.get(&parent).cloned())
                    .unwrap_or_default(),
                current: org.id == chosen.id,
                org,
            })
            .collect(),
    ))
}

/// The tree of the acting organisation, opened down to the chosen one and along single lines to the first fork (FLD-09).
async fn tree(
    reader: &mut Reader,
    ctx: &Ctx,
    root: &Org,
    chosen: &Org,
    all: bool,
) -> base::Result<Node> {
    let mut open: HashSet<OrgPath> = chosen.path.ancestors().into_iter().collect();
    open.insert(chosen.path.clone());
    let members = store::figures(reader, &root.path, None).await?.members;
    let mut top = Node {
        leaf: root.is_branch(),
        open: true,
        current: root.id == chosen.id,
        toggle: format!("/console/orgs?at={}", root.number),
        members,
        children: Vec::new(),
        more: 0,
        org: root.clone(),
    };
    // A level at a time: every open node reads its children, a lone child is opened as well.
    let mut work = vec![&mut top];
    while let Some(node) = work.pop() {
        if ctx
            .actor
            .scope(Permission::ViewOrg)
            .covers(&node.org.path.child(1))
        {
            fill(reader, node, chosen, all).await?;
        }
        if let [only] = node.children.as_slice() {
            open.insert(only.org.path.clone());
        }
        for child in &mut node.children {
            if open.contains(&child.org.path) && !child.leaf {
                child.open = true;
                work.push(child);
            }
        }
    }
    Ok(top)
}

/// Reads the children of an open node, closed themselves.
async fn fill(reader: &mut Reader, node: &mut Node, chosen: &Org, all: bool) -> base::Result<()> {
    let children = store::children(reader, node.org.id).await?;
    let ids: Vec<OrgId> = children.iter().map(|o| o.id).collect();
    let parents: HashSet<OrgId> = store::with_children(reader, &ids)
        .await?
        .into_iter()
        .collect();
    let totals = store::totals_below(reader, node.org.id).await?;
    node.leaf = children.is_empty();
    let count = children.len();
    let shown = if all { count } else { LEVEL };
    node.children = children
        .into_iter()
        .enumerate()
        // The chosen one and its line are shown wherever they stand.
        .filter(|(i, org)| *i < shown || org.path.contains(&chosen.path))
        .map(|(_, org)| Node {
            members: totals.get(org.path.as_str()).map_or(0, |t| t.0),
            leaf: !parents.contains(&org.id),
            open: false,
            current: org.id == chosen.id,
            toggle: format!("/console/orgs?at={}", org.number),
            children: Vec::new(),
            more: 0,
            org,
        })
        .collect();
    node.more = count - node.children.len();
    Ok(())
}

/// How a toggle asks for its node.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Toggle {
    open: String,
    all: String,
}

/// One node with its children, for the toggle; without scripts the page opened there.
pub(super) async fn children(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(toggle): Query<Toggle>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = named(&mut reader, &ctx, &id.to_string()).await?;
    if !ctx.is_htmx() {
        return Ok(web::see_other(&format!(
            "/console/orgs?at={}",
            encode(&org.number.to_string())
        )));
    }
    let members = store::figures(&mut reader, &org.path, None).await?.members;
    let mut node = Node {
        leaf: false,
        open: toggle.open != "no",
        current: false,
        toggle: format!("/console/orgs?at={}", org.number),
        members,
        children: Vec::new(),
        more: 0,
        org: org.clone(),
    };
    if node.open {
        fill(&mut reader, &mut node, &org, toggle.all == "1").await?;
    }
    let html = node
        .render()
        .map_err(|cause| Error::Internal(anyhow::anyhow!("template: {cause}")))?;
    Ok(Html(html).into_response())
}

impl Node {
    fn shown_members(&self) -> String {
        text::thousands(self.members)
    }
}
