//! 时光机 (ORG-B8): the tree as it was at the end of any day, what is different between two days, both as Excel.

use super::download::{self, PART, Part, next};
use crate::actions::history as actions;
use crate::rules::history::{Change, Version};
use crate::store::history as store;
use access::Permission;
use base::{Error, OrgId, OrgPath};
use chrono::{Days, NaiveDate};
use db::Reader;
use serde::Deserialize;
use std::collections::HashMap;
use web::list::{ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/history";
const CHANGES: &str = "/console/history/changes";
const NAV: &str = "/console/orgs";
/// Differences on one page.
const SHOWN: usize = 300;

/// The reader's organisation, whose subtree of the day is shown.
fn own(ctx: &Ctx) -> Result<OrgId> {
    let own = ctx.org()?;
    ctx.actor.require_look(Permission::ViewProgress, own)?;
    Ok(own.id)
}

/// A day that was typed, within those that are kept.
fn day(typed: &str, kept: (NaiveDate, NaiveDate)) -> NaiveDate {
    let day: NaiveDate = typed.parse().unwrap_or(kept.1);
    day.clamp(kept.0, kept.1)
}

struct Line {
    version: Version,
    subs: i64,
}

/// The day and the place that are looked at.
struct Seen {
    day: NaiveDate,
    /// None where the reader's organisation was not there on that day.
    node: Option<Version>,
    line: Vec<Version>,
}

async fn seen(reader: &mut Reader, own: OrgId, on: NaiveDate, at: Option<OrgId>) -> Result<Seen> {
    let at = at.unwrap_or(own);
    let mut found = store::at(reader, &[own, at], on).await?;
    let top = found.get(&own).cloned();
    let node = match (&top, found.remove(&at)) {
        (None, _) => None,
        (Some(top), Some(node)) if top.place.contains(&node.place) => Some(node),
        _ => return Err(Error::NotFound.into()),
    };
    let mut line = Vec::new();
    if let (Some(top), Some(node)) = (&top, &node) {
        let mut above = node.parent.filter(|_| node.id != top.id);
        while let Some(id) = above {
            let Some(version) = store::at(reader, &[id], on).await?.remove(&id) else {
                break;
            };
            above = version.parent.filter(|_| version.id != top.id);
            line.insert(0, version);
        }
    }
    Ok(Seen {
        day: on,
        node,
        line,
    })
}

#[derive(Template)]
#[template(path = "history.html")]
struct View {
    shell: Shell,
    state: ListState,
    kept: Option<(NaiveDate, NaiveDate)>,
    on: String,
    node: Option<Version>,
    line: Vec<Version>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    acts: bool,
}

impl View {
    fn at(&self, id: &OrgId) -> String {
        format!("{HERE}?on={}&at={id}", self.on)
    }
}

/// `GET /console/history`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let own = own(&ctx)?;
    let state = ListState::new(HERE, &query, &["on", "at"]);
    let mut reader = ctx.read().await?;
    let kept = store::days(&mut reader).await?;
    let acts = ctx.actor.may(Permission::ViewProgress, ctx.org()?);
    let mut view = View {
        shell: ctx.shell(&mut reader, "时光机", NAV).await?,
        on: String::new(),
        node: None,
        line: Vec::new(),
        lines: Vec::new(),
        pager: web::list::Page {
            rows: Vec::new(),
            before: None,
            after: None,
        },
        state: state.clone(),
        kept,
        acts,
    };
    let Some(kept) = kept else {
        return page(StatusCode::OK, &view);
    };
    let seen = seen(
        &mut reader,
        own,
        day(state.get("on"), kept),
        state.get("at").parse().ok(),
    )
    .await?;
    view.on = seen.day.to_string();
    if let Some(node) = &seen.node {
        let size = state.size(100);
        // The list only goes on: its beginning is one click away.
        let after = match state.place(1) {
            Place::After(c) => c.0[0].clone(),
            _ => String::new(),
        };
        let found = store::below(&mut reader, node.id, seen.day, &after, size + 1).await?;
        let rows = web::list::Page::new(found, size, &Place::First, &state, |v| {
            vec![v.place.to_string()]
        });
        let ids: Vec<OrgId> = rows.rows.iter().map(|v| v.id).collect();
        let counts = store::counts(&mut reader, &ids, seen.day).await?;
        view.pager.before = (!after.is_empty()).then(|| state.without("after"));
        view.pager.after = rows.after;
        view.lines = rows
            .rows
            .into_iter()
            .map(|version| Line {
                subs: counts.get(&version.id).copied().unwrap_or(0),
                version,
            })
            .collect();
    }
    (view.node, view.line) = (seen.node, seen.line);
    page(StatusCode::OK, &view)
}

pub(super) const HEADINGS: [&str; 6] = [
    "级别",
    "组织ID",
    "组织简称",
    "组织全称",
    "组织类别",
    "上级组织",
];

/// Some rows of the tree of a day.
pub(super) async fn part(
    conn: &mut Reader,
    node: &OrgPath,
    on: NaiveDate,
    after: Option<&str>,
) -> base::Result<Part> {
    let all = store::subtree(conn, node, on, after.unwrap_or_default(), PART).await?;
    let more = next(&all, |v| v.place.to_string());
    let parents: Vec<OrgId> = all.iter().filter_map(|v| v.parent).collect();
    let names = store::at(conn, &parents, on).await?;
    let rows = all.into_iter().map(|v| {
        // What the shown organisation stood under is no part of the tree.
        let parent = v.parent.filter(|_| v.place != *node);
        let parent = parent.and_then(|id| names.get(&id));
        vec![
            (v.place.depth() - node.depth() + 1).to_string(),
            v.number.to_string(),
            v.short_name.clone(),
            v.full_name.clone(),
            v.category_label().to_owned(),
            parent.map(|p| p.full_name.clone()).unwrap_or_default(),
        ]
    });
    Ok((rows.collect(), more))
}

/// `POST /console/history/export`: the whole subtree of the day below what is looked at, in the background.
pub(super) async fn export(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let own = own(&ctx)?;
    let state = ListState::new(HERE, &query, &["on", "at"]);
    let mut reader = ctx.read().await?;
    let kept = store::days(&mut reader).await?.ok_or(Error::NotFound)?;
    let on = day(state.get("on"), kept);
    let seen = seen(&mut reader, own, on, state.get("at").parse().ok()).await?;
    let node = seen.node.ok_or(Error::NotFound)?;
    drop(reader);
    let title = format!("{}{on}的组织树", node.short_name);
    let wanted = download::Wanted::Tree {
        node: node.place,
        on,
    };
    download::ask(&ctx, &form.key, Permission::ViewProgress, &title, wanted).await
}

#[derive(Template)]
#[template(path = "history_changes.html")]
struct ChangesView {
    shell: Shell,
    state: ListState,
    kept: Option<(NaiveDate, NaiveDate)>,
    from: String,
    to: String,
    changes: Vec<Change>,
    more: bool,
    /// The first day is not before the second.
    turned: bool,
}

/// The two days that were typed; without them the last week.
fn two_days(state: &ListState, kept: (NaiveDate, NaiveDate)) -> (NaiveDate, NaiveDate) {
    let to = day(state.get("to"), kept);
    let from = match state.some("from") {
        Some(typed) => day(typed, kept),
        None => (to - Days::new(7)).clamp(kept.0, kept.1),
    };
    (from, to)
}

/// `GET /console/history/changes`
pub(super) async fn changes(
    ctx: Ctx,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let own = own(&ctx)?;
    let state = ListState::new(CHANGES, &query, &["from", "to"]);
    let mut reader = ctx.read().await?;
    let kept = store::days(&mut reader).await?;
    let shell = ctx.shell(&mut reader, "两个日期之间的变化", NAV).await?;
    let (mut from, mut to, mut found, mut turned) =
        (String::new(), String::new(), (Vec::new(), false), false);
    if let Some(kept) = kept {
        let days = two_days(&state, kept);
        turned = days.0 > days.1;
        if !turned {
            found = actions::changes(&mut reader, own, days, SHOWN).await?;
        }
        (from, to) = (days.0.to_string(), days.1.to_string());
    }
    let view = ChangesView {
        shell,
        state,
        kept,
        from,
        to,
        changes: found.0,
        more: found.1,
        turned,
    };
    page(StatusCode::OK, &view)
}

pub(super) const CHANGE_HEADINGS: [&str; 6] =
    ["组织ID", "组织简称", "变化", "项目", "之前", "之后"];

/// One line a difference, some organisations at a time.
pub(super) async fn change_part(
    conn: &mut Reader,
    own: OrgId,
    days: (NaiveDate, NaiveDate),
    after: Option<&str>,
) -> base::Result<Part> {
    let (found, next) = actions::changes_part(conn, own, days, after, PART).await?;
    let rows = found.into_iter().flat_map(|change| {
        let version = change.version;
        change.differences.into_iter().map(move |(what, old, new)| {
            vec![
                version.number.to_string(),
                version.short_name.clone(),
                change.word.to_owned(),
                what.to_owned(),
                old,
                new,
            ]
        })
    });
    Ok((rows.collect(), next))
}

/// `POST /console/history/changes/export`: all differences, in the background.
pub(super) async fn export_changes(
    ctx: Ctx,
    form: Form<HashMap<String, String>>,
) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let own = own(&ctx)?;
    let state = ListState::new(CHANGES, &query, &["from", "to"]);
    let mut reader = ctx.read().await?;
    let kept = store::days(&mut reader).await?.ok_or(Error::NotFound)?;
    drop(reader);
    let (from, to) = two_days(&state, kept);
    let title = format!("{from}至{to}的组织变化");
    let wanted = download::Wanted::Changes { own, from, to };
    download::ask(&ctx, &form.key, Permission::ViewProgress, &title, wanted).await
}

/// Nothing is typed.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /console/history/keep`: a fresh deployment's record need not wait for midnight.
pub(super) async fn keep(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::ViewProgress, &own)?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    if store::days(&mut tx).await?.is_none() {
        actions::ask(&mut tx).await?;
    }
    tx.commit_to(HERE).await?;
    Ok(see_other(HERE))
}
