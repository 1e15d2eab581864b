//! 团籍变动: the list of filings and of those who left by one (ROS-88).

mod new;
mod one;

pub(super) use new::{form, submit};
pub(super) use one::{document, reverse, show};

use super::short_names;
use crate::rules::FilingOf;
use crate::store::{self, FilingRow};
use access::{OrgRef, Permission};
use base::{OrgCategory, OrgId, OrgPath, format_moment};
use web::list::{ListState, Page, Place};
use web::prelude::*;

const LEFT: &str = "left";
const VIEWS: [(&str, &str, &str); 5] = [
    (
        "waiting",
        "待上级确认",
        "除名、停止团籍、开除团籍须由直接上级在“待办审核”确认",
    ),
    ("carried", "已办理", "备案已生效"),
    (
        LEFT,
        "已离开团员",
        "团籍已终止，不再列入名册和统计；点“资料”查看保留的档案。满28岁离团的在“满28岁离团”里",
    ),
    ("returned", "已退回", "团籍没有变动，改正后可重新备案"),
    (
        "reversed",
        "已更正",
        "备案有误，团籍已恢复；两次办理都留在历史里",
    ),
];

struct View {
    label: &'static str,
    href: String,
    current: bool,
}

struct RowView {
    href: String,
    person: String,
    name: String,
    branch: String,
    kind: &'static str,
    decided_on: String,
    filed: String,
}

#[derive(Template)]
#[template(path = "filings.html")]
struct FilingsPage {
    shell: Shell,
    place: String,
    hint: &'static str,
    /// The list shows what the membership has become, not what was filed.
    left: bool,
    views: Vec<View>,
    rows: Page<RowView>,
}

fn kind_of(row: &FilingRow) -> &'static str {
    FilingOf::from_code(&row.kind).map_or("", FilingOf::label)
}

fn branch_of(row: &FilingRow) -> OrgRef {
    OrgRef {
        id: OrgId(row.branch),
        path: OrgPath::new(&row.path),
        category: OrgCategory::Branch,
    }
}

/// The list.
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor
        .require_look(Permission::FileEndings, &me)
        .or_else(|_| {
            // Committees file nothing of their own, and look at their branches'.
            ctx.actor.require_look(Permission::ViewPeople, &me)
        })?;
    let state = ListState::new("/console/filings", &query, &["view"]);
    let wanted = state.get("view");
    let current = VIEWS
        .iter()
        .find(|(code, _, _)| *code == wanted)
        .unwrap_or(&VIEWS[0]);
    let scope = ctx.actor.scope(Permission::FileEndings);
    let place = state.place(2);
    let (cursor, backwards) = match &place {
        Place::First => (None, false),
        Place::After(cursor) => (Some(cursor), false),
        Place::Before(cursor) => (Some(cursor), true),
    };
    let from = cursor.and_then(|c| Some((c.0[0].as_str(), c.0[1].parse().ok()?)));
    let mut reader = ctx.read().await?;
    let within = (scope.low(), scope.high());
    let left = current.0 == LEFT;
    let wanted = if left { "carried" } else { current.0 };
    let found =
        store::filing_page(&mut reader, within, (wanted, left), from, backwards, 51).await?;
    let mut ids: Vec<OrgId> = found.iter().map(|row| OrgId(row.branch)).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = short_names(&mut reader, &ids).await?;
    let raw = Page::new(found, 50, &place, &state, |row| {
        vec![row.path.clone(), row.id.to_string()]
    });
    let now = ctx.now();
    let view = FilingsPage {
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        hint: current.2,
        left,
        views: VIEWS
            .iter()
            .map(|(code, label, _)| View {
                label,
                href: state.with("view", code),
                current: *code == current.0,
            })
            .collect(),
        rows: Page {
            rows: raw
                .rows
                .iter()
                .map(|row| RowView {
                    href: format!("/console/filings/{}/{}", row.branch, row.id),
                    person: row.person.to_string(),
                    name: row.name.clone(),
                    branch: names.get(&OrgId(row.branch)).cloned().unwrap_or_default(),
                    kind: match FilingOf::from_code(&row.kind) {
                        Some(kind) if left => kind.outcome().label(),
                        _ => kind_of(row),
                    },
                    decided_on: row.decided_on.to_string(),
                    filed: format!("{} {}", row.filed_by, format_moment(row.filed_at, now)),
                })
                .collect(),
            before: raw.before,
            after: raw.after,
        },
        shell: ctx
            .shell(&mut reader, "团籍变动", "/console/filings")
            .await?,
    };
    page(StatusCode::OK, &view)
}
