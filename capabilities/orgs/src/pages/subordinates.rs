//! 管理下级组织 (ORG-30): direct subordinates, filtered, ordered.

use super::detail::graduation;
use super::faults::Faults;
use super::tree::{choices, live_states};
use crate::Policy;
use crate::actions::{Move, reorder};
use crate::rules::{Org, allowed_below, size_hint};
use crate::store::{self, Subordinate, SubordinateFilter};
use access::Permission;
use askama::Template;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Error, OrgId};
use serde::Deserialize;
use web::list::{Chip, Choice, ListState, Place, encode};
use web::{Ctx, Form, Result, Shell, page, see_other};

struct Line {
    row: Subordinate,
    admins: String,
    members: i64,
    cadres: i64,
    /// What is said of its size (FLD-07).
    size: Option<&'static str>,
    graduation: String,
}

#[derive(Template)]
#[template(path = "subordinates.html")]
struct Page {
    shell: Shell,
    parent: Org,
    all: i64,
    waiting: i64,
    state: ListState,
    categories: Vec<Choice>,
    sectors: Vec<Choice>,
    states: Vec<Choice>,
    /// The rarer conditions, when they were asked for.
    more: Option<More>,
    chips: Vec<Chip>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    faults: Faults,
    /// Ordering is possible: nothing is filtered away between the rows shown.
    orders: bool,
    /// May delete direct subordinates (ORG-30, ORG-74).
    removes: bool,
    /// What was moved just now, and how: the focus goes back there.
    moved: i64,
    way: String,
    /// Branches of the subtree are marked from here (ORG-51).
    marks: bool,
}

/// The rarer conditions of the list (section 5 of 02-organizations).
struct More {
    kinds: Vec<Choice>,
    marks: Vec<Choice>,
    admins: Vec<Choice>,
    complete: Vec<Choice>,
}

impl More {
    /// None unless one of them is set or 更多条件 was pressed.
    fn of(state: &ListState) -> Option<Self> {
        let asked = ["more", "kind", "mark", "admins", "complete"];
        if asked.iter().all(|name| state.get(name).is_empty()) {
            return None;
        }
        let kinds = crate::BranchKind::ALL;
        Some(Self {
            kinds: choices(
                kinds.iter().map(|kind| (kind.code(), kind.label())),
                "全部支部类型",
                state.get("kind"),
            ),
            marks: choices(MARKS.into_iter(), "毕业标记不限", state.get("mark")),
            admins: choices(ADMINS.into_iter(), "管理员不限", state.get("admins")),
            complete: choices(COMPLETE.into_iter(), "完整度不限", state.get("complete")),
        })
    }
}

const MARKS: [(&str, &str); 3] = [
    ("month", "已标记毕业时间"),
    ("reason", "已说明无法确定的理由"),
    ("none", "未标记毕业时间"),
];
const ADMINS: [(&str, &str); 2] = [("yes", "有管理员"), ("no", "没有管理员")];
const COMPLETE: [(&str, &str); 2] = [("yes", "组织信息完整"), ("no", "组织信息未完善")];

const KNOWN: [&str; 11] = [
    "q", "category", "sector", "state", "kind", "mark", "admins", "complete", "from", "to", "more",
];

/// The list.
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let view = view(&ctx, &query, None).await?;
    page(StatusCode::OK, &view)
}

async fn view(ctx: &Ctx, query: &[(String, String)], size: Option<i64>) -> Result<Page> {
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::CreateSubordinates, &own)?;
    let info = store::information(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let marks = info.in_school_sector(policy)
        && ctx
            .actor
            .may(Permission::MarkGraduation, &info.org.to_ref());
    let parent = info.org;
    let state = ListState::new("/console/subordinates", query, &KNOWN);
    let said = |name: &str| {
        let found = query.iter().find(|(n, _)| n == name);
        found.map_or_else(String::new, |(_, value)| value.clone())
    };
    let numbers = match (state.get("from").parse(), state.get("to").parse()) {
        (Ok(from), Ok(to)) => Some((from, to)),
        _ => None,
    };
    let filter = SubordinateFilter {
        text: state.some("q"),
        category: state.some("category"),
        sector: state.some("sector"),
        state: state.some("state"),
        kind: state.some("kind"),
        mark: state.some("mark"),
        administered: state.some("admins").map(|said| said == "yes"),
        complete: state.some("complete").map(|said| said == "yes"),
        numbers,
    };
    let size = size.unwrap_or_else(|| state.size(50));
    let mut place = state.place(2);
    let read = |cursor: &web::list::Cursor| -> Option<(i32, i64)> {
        Some((
            cursor.0.first()?.parse().ok()?,
            cursor.0.get(1)?.parse().ok()?,
        ))
    };
    let at = match &place {
        Place::First => None,
        Place::After(cursor) | Place::Before(cursor) => read(cursor),
    };
    if at.is_none() {
        place = Place::First;
    }
    let back = matches!(place, Place::Before(_));
    let rows = store::subordinates(&mut reader, parent.id, filter, at, back, size + 1).await?;
    let rows = web::list::Page::new(rows, size, &place, &state, |row| {
        vec![row.sort_no.to_string(), row.org.number.to_string()]
    });
    let ids: Vec<OrgId> = rows.rows.iter().map(|r| r.org.id).collect();
    let mut admins = store::administrators(&mut reader, &ids).await?;
    let totals = store::totals_below(&mut reader, parent.id).await?;
    let below = store::below(&mut reader, &parent).await?;
    let lines = rows
        .rows
        .into_iter()
        .map(|row| {
            let (members, cadres) = totals
                .get(row.org.path.as_str())
                .copied()
                .unwrap_or_default();
            Line {
                admins: admins.remove(&row.org.id).unwrap_or_default().join("、"),
                graduation: if row.org.is_branch() {
                    graduation(&row.org, row.graduation_reason.as_deref())
                } else {
                    "—".into()
                },
                members,
                cadres,
                size: size_hint(row.org.category, members),
                row,
            }
        })
        .collect();
    let pager = web::list::Page {
        rows: Vec::new(),
        before: rows.before,
        after: rows.after,
    };
    Ok(Page {
        shell: ctx
            .shell(&mut reader, "管理下级组织", "/console/subordinates")
            .await?,
        categories: choices(
            allowed_below(parent.category, policy)
                .iter()
                .map(|c| (c.code(), c.label())),
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
        more: More::of(&state),
        chips: chips(&state),
        removes: ctx.actor.may(Permission::RemoveSubordinates, ctx.org()?),
        moved: said("moved").parse().unwrap_or(0),
        way: said("way"),
        orders: KNOWN
            .iter()
            .all(|name| *name == "more" || state.get(name).is_empty()),
        all: below.all,
        waiting: below.waiting,
        faults: Faults::default(),
        marks,
        parent,
        state,
        lines,
        pager,
    })
}

fn chips(state: &ListState) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    let mut add = |name: &str, label: String| {
        if !state.get(name).is_empty() {
            chips.push(Chip {
                label,
                remove: state.without(name),
            });
        }
    };
    add("q", format!("名称或组织ID {}", state.get("q")));
    let category = base::OrgCategory::from_code(state.get("category")).map_or("", |c| c.label());
    add("category", category.into());
    add("sector", state.get("sector").into());
    add(
        "state",
        crate::OrgState::from_code(state.get("state"))
            .label()
            .into(),
    );
    add("from", "本次导入的组织".into());
    let kind = crate::BranchKind::from_code(state.get("kind"));
    add("kind", kind.label().into());
    for (name, values) in [
        ("mark", &MARKS[..]),
        ("admins", &ADMINS),
        ("complete", &COMPLETE),
    ] {
        let said = values.iter().find(|(value, _)| *value == state.get(name));
        add(name, said.map_or("", |(_, label)| label).into());
    }
    chips
}

/// The list as a workbook, with the filters shown (ORG-30).
pub(super) async fn export(
    ctx: Ctx,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    // One level never has more rows than the list of children takes.
    let view = view(&ctx, &query, Some(3000)).await?;
    let cells = view.lines.into_iter().map(|line| {
        let org = line.row.org;
        [
            line.row.sort_no.to_string(),
            org.number.to_string(),
            org.short_name.clone(),
            org.full_name.clone(),
            org.category_label().to_owned(),
            org.sector.clone().unwrap_or_default(),
            line.admins,
            org.phone.clone().unwrap_or_default(),
            line.members.to_string(),
            line.cadres.to_string(),
            line.graduation,
            org.state.label().to_owned(),
        ]
    });
    let watermark = sheets::Watermark {
        reader: &ctx.me.name,
        at: base::china_time(ctx.now()).naive_local(),
    };
    let file = sheets::write_table("下级组织", &HEADINGS, cells, &watermark)
        .map_err(|cause| Error::Internal(cause.into()))?;
    let name = encode(&format!("{}_下级组织.xlsx", view.parent.short_name));
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned(),
            ),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename*=UTF-8''{name}"),
            ),
        ],
        file,
    )
        .into_response())
}

const HEADINGS: [&str; 12] = [
    "排序",
    "组织ID",
    "组织简称",
    "组织全称",
    "组织类别",
    "行业类别",
    "管理员",
    "联系电话",
    "团员数",
    "团干部数",
    "毕业时间标记",
    "状态",
];

/// A subordinate and where it goes.
#[derive(Deserialize)]
pub(super) struct Order {
    #[serde(default)]
    org: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    place: String,
}

/// Moves one (ORG-31).
pub(super) async fn order(ctx: Ctx, form: Form<Order>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let id: OrgId = form.input.org.parse().map_err(|_| Error::NotFound)?;
    let own = ctx.org()?.id;
    let org = store::find(&mut tx, id)
        .await?
        .filter(|org| org.parent == Some(own))
        .ok_or(Error::NotFound)?;
    // The arrow pressed, or the number typed.
    let to = if form.input.to.is_empty() || form.input.to == "place" {
        &form.input.place
    } else {
        &form.input.to
    };
    let done = match Move::read(to) {
        Ok(to) => reorder(&mut tx, &org, to).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => {
            // The focus stays where it was, so that the next step is one key away (ORG-31).
            let way = if matches!(to.as_str(), "up" | "down") {
                to
            } else {
                "place"
            };
            let to = format!("/console/subordinates?moved={}&way={way}", org.number);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(refusal) => {
            drop(tx);
            let faults = Faults::of(refusal)?;
            let view = Page {
                faults,
                ..view(&ctx, &[], None).await?
            };
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
