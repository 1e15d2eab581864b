//! The organisations behind a number of the statistics, as they were counted (INS-03, FLD-81).

use super::download::{self, PART, Part, next};
use super::report::{Chosen, HERE, chosen, place};
use crate::rules::report::UNFILLED;
use crate::store::report::{self as store, Listed, Wanted};
use access::{Permission, Scope};
use base::{Error, OrgCategory, OrgPath, format_moment};
use chrono::{DateTime, Utc};
use db::Reader;
use orgs::Org;
use std::collections::HashMap;
use web::list::{ListState, Place};
use web::prelude::*;

const KNOWN: [&str; 4] = ["org", "kind", "sector", "month"];

struct Found {
    row: Listed,
    /// What can be done about it: label and place (FLD-81).
    deeds: Vec<(&'static str, String)>,
    category: &'static str,
    sector: String,
}

#[derive(Template)]
#[template(path = "report_list.html")]
struct ListView {
    shell: Shell,
    top: Org,
    title: String,
    made: String,
    found: Vec<Found>,
    state: ListState,
    pager: web::list::Page<()>,
}

fn category_of(row: &Listed) -> &'static str {
    OrgCategory::from_code(&row.category).map_or("", OrgCategory::label)
}

fn sector_of(row: &Listed) -> String {
    match (&row.sector, row.category.as_str()) {
        (_, "leading_body") => "—".into(),
        (Some(sector), _) => sector.clone(),
        (None, _) => UNFILLED.into(),
    }
}

/// What a list is called.
fn title(kind: &str, sector: &str) -> String {
    let what = match kind {
        "hollow" => "空心团委",
        "few" => "空心团支部",
        "headless" => "无团干团支部",
        "" => "已建立组织",
        other => OrgCategory::from_code(other).map_or("组织", OrgCategory::label),
    };
    if sector.is_empty() {
        what.to_owned()
    } else {
        format!("{what}（{sector}）")
    }
}

async fn list_view(ctx: &Ctx, query: &[(String, String)], size: i64) -> Result<ListView> {
    let mut reader = ctx.read().await?;
    let state = ListState::new(&format!("{HERE}/list"), query, &KNOWN);
    let top = place(ctx, &mut reader, state.get("org")).await?;
    let run = chosen(&mut reader, state.get("month")).await?;
    let at = run.at.ok_or(Error::NotFound)?;
    let (_, stood) = store::of(&mut reader, top.id, at)
        .await?
        .ok_or(Error::NotFound)?;
    let mut place = state.place(1);
    let from = match &place {
        Place::First => None,
        Place::After(c) | Place::Before(c) => c.0.first().map(OrgPath::new),
    };
    if from.is_none() {
        place = Place::First;
    }
    let wanted = Wanted {
        kind: state.get("kind"),
        sector: state.some("sector"),
    };
    let back = matches!(place, Place::Before(_));
    // Where it stood when it was counted.
    let scope = Scope::subtree(&stood);
    let rows = store::list(
        &mut reader,
        &scope,
        at,
        wanted,
        from.as_ref(),
        back,
        size + 1,
    )
    .await?;
    let rows = web::list::Page::new(rows, size, &place, &state, |row| vec![row.path.clone()]);
    Ok(ListView {
        title: title(state.get("kind"), state.get("sector")),
        made: format_moment(at, reader.now()),
        shell: ctx.shell(&mut reader, "数据统计", HERE).await?,
        found: rows
            .rows
            .into_iter()
            .map(|row| Found {
                category: category_of(&row),
                sector: sector_of(&row),
                deeds: deeds(ctx, state.get("kind"), &run, &row),
                row,
            })
            .collect(),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        state,
        top,
    })
}

/// Merge, abolish, remind: what the reader can do about an empty organisation as it stands now (FLD-81).
fn deeds(ctx: &Ctx, kind: &str, run: &Chosen, row: &Listed) -> Vec<(&'static str, String)> {
    let mut deeds = Vec::new();
    let Some(own) = ctx.actor.org() else {
        return deeds;
    };
    let path = OrgPath::new(&row.path);
    let live = run.month.is_empty() && !row.changed;
    if !live || own.path == path || !ctx.actor.may(Permission::ViewProgress, own) {
        return deeds;
    }
    let id = row.id;
    let direct = own.path.is_parent_of(&path);
    if direct && kind == "few" {
        deeds.push(("合并", format!("/console/merging/{id}")));
    }
    if direct && matches!(kind, "few" | "hollow") {
        deeds.push(("撤销", format!("/console/orgs/{id}/remove")));
    }
    if matches!(kind, "few" | "hollow" | "headless") {
        deeds.push(("催办", format!("/console/orgs/{id}/gaps")));
    }
    deeds
}

/// `GET /console/statistics/list`: the organisations behind a number.
pub(super) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let size = ListState::new(HERE, &query, &[]).size(50);
    let view = list_view(&ctx, &query, size).await?;
    page(StatusCode::OK, &view)
}

pub(super) const HEADINGS: [&str; 7] = [
    "全称",
    "上级全称",
    "类型",
    "行业类别",
    "建立时间",
    "团员人数",
    "说明",
];

/// Some rows of the whole list.
pub(super) async fn part(
    conn: &mut Reader,
    stood: &OrgPath,
    at: DateTime<Utc>,
    (kind, sector): (&str, Option<&str>),
    after: Option<&str>,
) -> base::Result<Part> {
    let scope = Scope::subtree(stood);
    let from = after.map(OrgPath::new);
    let wanted = Wanted { kind, sector };
    let found = store::list(conn, &scope, at, wanted, from.as_ref(), false, PART).await?;
    let more = next(&found, |row| row.path.clone());
    let rows = found.into_iter().map(|row| {
        let (category, sector) = (category_of(&row).to_owned(), sector_of(&row));
        vec![
            row.full_name,
            row.superior,
            category,
            sector,
            row.founded_on.to_string(),
            row.members.to_string(),
            if row.changed { "现已变动" } else { "" }.to_owned(),
        ]
    });
    Ok((rows.collect(), more))
}

/// `POST /console/statistics/list/export`: the whole list, in the background.
pub(super) async fn export_list(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    let query: Vec<(String, String)> = form.input.clone().into_iter().collect();
    let state = ListState::new(HERE, &query, &KNOWN);
    let mut reader = ctx.read().await?;
    let top = place(&ctx, &mut reader, state.get("org")).await?;
    let run = chosen(&mut reader, state.get("month")).await?;
    let at = run.at.ok_or(Error::NotFound)?;
    let (_, stood) = store::of(&mut reader, top.id, at)
        .await?
        .ok_or(Error::NotFound)?;
    drop(reader);
    let (kind, sector) = (state.get("kind"), state.get("sector"));
    let title = format!("{}的{}", top.short_name, title(kind, sector));
    let wanted = download::Wanted::Behind {
        stood,
        at,
        kind: kind.to_owned(),
        sector: state.some("sector").map(str::to_owned),
    };
    download::ask(&ctx, &form.key, Permission::ViewOrg, &title, wanted).await
}
