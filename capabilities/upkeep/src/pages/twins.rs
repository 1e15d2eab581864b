//! 疑似重复的组织 (ORG-B7): pairs that may be one unit, and how they become one.

use super::faults::refusal;
use crate::actions::twins as actions;
use crate::rules::twins::Why;
use crate::store::twins::{self as store, Pair};
use access::{Permission, Scope};
use base::{Error, OrgId, Refused, format_moment};
use orgs::Org;
use serde::Deserialize;
use std::collections::HashMap;
use web::list::{Choice, ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/duplicates";
const KNOWN: [&str; 2] = ["why", "settled"];

/// One side of a pair.
struct Side {
    org: Org,
    superior: String,
    orgs: i64,
    members: i64,
}

/// A step on the way to one organisation; the place is there where the reader may take it.
struct Step {
    text: String,
    place: Option<String>,
}

struct Line {
    /// The one to keep, and the one that goes.
    keep: Side,
    gone: Side,
    why: Vec<&'static str>,
    steps: Vec<Step>,
    ids: (OrgId, OrgId),
}

#[derive(Template)]
#[template(path = "twins.html")]
struct View {
    shell: Shell,
    whys: Vec<Choice>,
    settled: bool,
    searched: Option<String>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    acts: bool,
    fault: Option<Refused>,
}

async fn view(ctx: &Ctx, query: &[(String, String)], fault: Option<Refused>) -> Result<View> {
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewProgress, &own)?;
    let state = ListState::new(HERE, query, &KNOWN);
    let mut reader = ctx.read().await?;
    let size = state.size(10);
    let (after, other) = match state.place(2) {
        Place::After(c) => (c.0[0].clone(), c.0[1].clone()),
        _ => (String::new(), String::new()),
    };
    let settled = state.get("settled") == "1";
    let found = store::pairs(
        &mut reader,
        &Scope::subtree(&own.path),
        state.some("why"),
        settled,
        (&after, &other),
        size + 1,
    )
    .await?;
    let mut rows = web::list::Page::new(found, size, &Place::First, &state, |pair| {
        vec![pair.path.clone(), pair.other_path.clone()]
    });
    // The list only goes on: its beginning is one click away.
    rows.before = (!after.is_empty()).then(|| state.without("after"));
    let ids: Vec<OrgId> = rows.rows.iter().flat_map(|p| [p.one, p.other]).collect();
    let known: HashMap<OrgId, Org> = orgs::find_many(&mut reader, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let parents: Vec<OrgId> = known.values().filter_map(|org| org.parent).collect();
    let parents: HashMap<OrgId, Org> = orgs::find_many(&mut reader, &parents)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let facts = Facts {
        sizes: store::sizes(&mut reader, &ids).await?,
        subs: store::subordinates(&mut reader, &ids).await?,
        known,
        parents,
    };
    let now = reader.now();
    let searched = store::searched_at(&mut reader).await?;
    Ok(View {
        lines: rows
            .rows
            .into_iter()
            .filter_map(|pair| facts.line(ctx, &pair))
            .collect(),
        whys: Choice::list(
            std::iter::once(("", "全部理由")).chain(Why::ALL.map(|w| (w.code(), w.label()))),
            state.get("why"),
        ),
        searched: searched.map(|at| format_moment(at, now)),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx
            .shell(&mut reader, "疑似重复的组织", "/console/health")
            .await?,
        acts: ctx.actor.may(Permission::ViewProgress, &own),
        settled,
        fault,
    })
}

/// What is known of the organisations of a page.
struct Facts {
    known: HashMap<OrgId, Org>,
    parents: HashMap<OrgId, Org>,
    sizes: HashMap<OrgId, (i64, i64)>,
    subs: HashMap<OrgId, Vec<i64>>,
}

impl Facts {
    fn side(&self, id: OrgId) -> Option<Side> {
        let org = self.known.get(&id)?.clone();
        let (orgs, members) = self.sizes.get(&id).copied().unwrap_or_default();
        let superior = org.parent.and_then(|parent| self.parents.get(&parent));
        Some(Side {
            superior: superior
                .map(|org| org.short_name.clone())
                .unwrap_or_default(),
            orgs: (orgs - 1).max(0),
            members,
            org,
        })
    }

    /// The bigger one is kept, of equals the older.
    fn line(&self, ctx: &Ctx, pair: &Pair) -> Option<Line> {
        let (one, other) = (self.side(pair.one)?, self.side(pair.other)?);
        if !one.org.state.is_live() || !other.org.state.is_live() {
            return None;
        }
        let size = |side: &Side| (side.members, side.orgs, std::cmp::Reverse(side.org.number));
        let (keep, gone) = if size(&one) >= size(&other) {
            (one, other)
        } else {
            (other, one)
        };
        Some(Line {
            steps: self.steps(ctx, &keep, &gone),
            why: Why::ALL
                .into_iter()
                .filter(|why| pair.why.iter().any(|code| code == why.code()))
                .map(Why::label)
                .collect(),
            ids: (pair.one, pair.other),
            keep,
            gone,
        })
    }

    fn steps(&self, ctx: &Ctx, keep: &Side, gone: &Side) -> Vec<Step> {
        let acting = ctx.actor.org().map(|org| org.id);
        let mine = |who: Option<OrgId>, permission: Permission| {
            who.is_some()
                && who == acting
                && ctx
                    .actor
                    .org()
                    .is_some_and(|own| ctx.actor.may(permission, own))
        };
        let (a, b) = (&keep.org, &gone.org);
        if a.category != b.category {
            return vec![Step {
                text: format!(
                    "类别不同（{}、{}），先由〔{}〕核对并申请更正",
                    a.category.label(),
                    b.category.label(),
                    gone.superior
                ),
                place: mine(b.parent, Permission::RemoveSubordinates)
                    .then(|| format!("/console/changes/new?org={}&field=category", b.id)),
            }];
        }
        let mut steps = Vec::new();
        if a.is_branch() {
            if a.parent != b.parent {
                steps.push(Step {
                    text: format!(
                        "由〔{}〕发起，把〔{}〕迁到〔{}〕之下",
                        gone.superior, b.short_name, keep.superior
                    ),
                    place: a
                        .parent
                        .and_then(|parent| self.parents.get(&parent))
                        .filter(|_| mine(b.parent, Permission::RemoveSubordinates))
                        .map(|to| format!("/console/moves/new?org={}&to={}", b.number, to.number)),
                });
            }
            steps.push(Step {
                text: format!(
                    "由〔{}〕把〔{}〕合并到〔{}〕",
                    keep.superior, b.short_name, a.short_name
                ),
                place: (a.parent == b.parent && mine(a.parent, Permission::RemoveSubordinates))
                    .then(|| format!("/console/orgs/{}/remove?target={}", b.id, a.id)),
            });
            return steps;
        }
        if let Some(subs) = self.subs.get(&b.id).filter(|subs| !subs.is_empty()) {
            let numbers: Vec<String> = subs.iter().map(i64::to_string).collect();
            steps.push(Step {
                text: format!(
                    "由〔{}〕或〔{}〕发起，把〔{}〕的 {} 个直接下级迁到〔{}〕之下",
                    b.short_name,
                    a.short_name,
                    b.short_name,
                    subs.len(),
                    a.short_name
                ),
                place: [a.id, b.id]
                    .iter()
                    .any(|id| mine(Some(*id), Permission::RemoveSubordinates))
                    .then(|| {
                        let orgs = web::list::encode(&numbers.join(","));
                        format!("/console/moves/new?org={orgs}&to={}", a.number)
                    }),
            });
        }
        steps.push(Step {
            text: format!("由〔{}〕删除〔{}〕", gone.superior, b.short_name),
            place: mine(b.parent, Permission::RemoveSubordinates)
                .then(|| format!("/console/orgs/{}/remove", b.id)),
        });
        steps
    }
}

/// `GET /console/duplicates`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let view = view(&ctx, &query, None).await?;
    page(StatusCode::OK, &view)
}

/// Which pair was looked at.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    one: String,
    other: String,
}

/// `POST /console/duplicates/settle`: the two are two.
pub(super) async fn settle(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let one: OrgId = form.input.one.parse().map_err(|_| Error::NotFound)?;
    let other: OrgId = form.input.other.parse().map_err(|_| Error::NotFound)?;
    match actions::settle(&mut tx, one, other).await {
        Ok(()) => {
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, &[], Some(fault)).await?;
            page(StatusCode::CONFLICT, &view)
        }
    }
}

/// `POST /console/duplicates/search`: the first search of a deployment need not wait for the night.
pub(super) async fn search(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::ViewProgress, &own)?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    if store::searched_at(&mut tx).await?.is_none() {
        actions::ask(&mut tx).await?;
    }
    tx.commit_to(HERE).await?;
    Ok(see_other(HERE))
}
