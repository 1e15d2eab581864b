//! 团员名册 (ROS-50, ROS-91).

mod filter;

pub use filter::soon_28;
pub(crate) use filter::{KNOWN, filter};
use filter::{Options, conditions, options};

use super::{Chip, gaps, masked};
use crate::rules::{Policy, codes};
use crate::store::{self, Key, MemberRow, Order};
use access::Permission;
use base::{OrgId, business_date};
use chrono::NaiveDate;
use std::collections::HashMap;
use web::list::{Chip as Condition, ListState, Page, Place};
use web::prelude::*;

struct RowView {
    id: String,
    name: String,
    sex: &'static str,
    id_number: String,
    phone: String,
    branch: String,
    admitted: String,
    political: String,
    post: String,
    identity: Chip,
    chips: Vec<Chip>,
    state: &'static str,
    may_edit: bool,
    may_transfer: bool,
}

struct View {
    label: &'static str,
    href: String,
    count: i64,
    current: bool,
}

#[derive(Template)]
#[template(path = "roster.html", blocks = ["rows"])]
struct ListPage {
    shell: Shell,
    place: String,
    total: i64,
    found: i64,
    views: Vec<View>,
    conditions: Vec<Condition>,
    clear: String,
    options: Options,
    state: ListState,
    rows: Page<RowView>,
    may_enter: bool,
    import: bool,
    export: String,
    by_name: String,
    by_admission: String,
    sort: &'static str,
    shown: String,
    /// The branch of all rows, if it is one: whose members can be moved together.
    batch_out: String,
}

const VIEWS: [(&str, &str); 6] = [
    ("", "全部"),
    ("gaps", "信息不完整"),
    ("unverified", "身份未认证"),
    ("fault", "编号不规范"),
    ("uncertified", "团员身份尚未认证"),
    ("soon28", "30 天内满 28 周岁"),
];

fn order(list: &ListState, ctx: &Ctx) -> Order {
    match list.get("sort") {
        "name" => Order::Name,
        "admitted" => Order::Admitted,
        "branch" => Order::Branch,
        // From the city level up the tree's own order is what an index gives.
        _ if ctx.actor.org().is_some_and(|org| org.path.depth() <= 3) => Order::Branch,
        _ => Order::Name,
    }
}

fn key(place: &Place) -> (Option<Key>, bool) {
    let (cursor, backwards) = match place {
        Place::First => return (None, false),
        Place::After(cursor) => (cursor, false),
        Place::Before(cursor) => (cursor, true),
    };
    let [path, text, number, person] = cursor.0.as_slice() else {
        return (None, false);
    };
    let key = number
        .parse()
        .ok()
        .zip(person.parse().ok())
        .map(|(number, person)| Key {
            text: text.clone(),
            path: path.clone(),
            number,
            person,
        });
    (key, backwards)
}

fn row_view(
    ctx: &Ctx,
    row: &MemberRow,
    branches: &HashMap<OrgId, String>,
    soon: (NaiveDate, NaiveDate),
) -> RowView {
    let mut chips = Vec::new();
    if row.number_fault.is_some() {
        chips.push(Chip::new("tj-bad", "编号不规范"));
    }
    if !row.missing.is_empty() {
        chips.push(Chip::new("tj-warn", gaps(&row.missing)));
    }
    if (soon.0..=soon.1).contains(&row.born) {
        chips.push(Chip::new("tj-warn", "28 周岁将满"));
    }
    let branch = access::OrgRef {
        id: row.branch,
        path: base::OrgPath::new(&row.path),
        category: base::OrgCategory::Branch,
    };
    // Whoever may start transfers for the own organisation may do so for members anywhere below (TRF-02, TRF-03).
    let starts = |own: &access::OrgRef| ctx.actor.may(Permission::StartTransfers, own);
    RowView {
        may_edit: ctx.actor.may(Permission::EditPeople, &branch),
        may_transfer: ctx.actor.org().is_some_and(starts),
        id: row.person.to_string(),
        name: row.name.clone(),
        sex: row.sex.label(),
        id_number: row.id_number.masked(),
        phone: masked(row.phone.as_ref()),
        branch: branches.get(&row.branch).cloned().unwrap_or_default(),
        admitted: row.admitted_on.map_or_else(String::new, |m| m.to_string()),
        political: row
            .political
            .as_deref()
            .map_or_else(String::new, |code| codes::name_of(codes::POLITICAL, code)),
        post: row.post.clone().unwrap_or_default(),
        identity: Chip::identity(&row.identity_state),
        chips,
        state: row.state.label(),
    }
}

/// The list page: counts, rows and branch names in one statement each.
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    let state = ListState::new("/console/members", &query, KNOWN);
    let mut reader = ctx.read().await?;
    let (filter, within) = filter(&ctx, &mut reader, &state).await?;
    let policy: &Policy = ctx.app.policy();
    let soon = soon_28(business_date(ctx.now()), policy);
    let size = state.size(50);
    let place = state.place(4);
    let (from, backwards) = key(&place);
    let keys = reader.keys.clone();
    let found_rows = store::members(
        &mut reader,
        &keys,
        &filter,
        order(&state, &ctx),
        from.as_ref(),
        backwards,
        size + 1,
    )
    .await?;
    let mut ids: Vec<OrgId> = found_rows.iter().map(|row| row.branch).collect();
    ids.sort_unstable();
    ids.dedup();
    let batch_out = match ids.as_slice() {
        [only] => only.to_string(),
        _ => String::new(),
    };
    let branches: HashMap<OrgId, String> = if ids.is_empty() {
        HashMap::new()
    } else {
        orgs::find_many(&mut reader, &ids)
            .await?
            .into_iter()
            .map(|o| (o.id, o.short_name))
            .collect()
    };
    let page_rows = Page::new(found_rows, size, &place, &state, |row| {
        vec![
            row.path.clone(),
            row.pinyin.clone(),
            row.admitted_on
                .map_or(0, base::YearMonth::index)
                .to_string(),
            row.person.to_string(),
        ]
    });
    let rows = Page {
        rows: page_rows
            .rows
            .iter()
            .map(|row| row_view(&ctx, row, &branches, soon))
            .collect(),
        before: page_rows.before,
        after: page_rows.after,
    };

    let whole = ctx.actor.scope(Permission::ViewPeople);
    let tally = store::tally(&mut reader, whole.low(), whole.high(), soon.0, soon.1).await?;
    let conditions = conditions(&state, within.as_ref());
    let view = state.get("view");
    let counts = [
        tally.members,
        tally.gaps,
        tally.unverified,
        tally.faults,
        tally.uncertified,
        tally.soon_28,
    ];
    let of_view = VIEWS
        .iter()
        .position(|(code, _)| *code == view)
        .map_or(0, |i| counts[i]);
    let found = if conditions.is_empty() {
        of_view
    } else {
        store::count_members(&mut reader, &filter).await?
    };
    let views = VIEWS
        .iter()
        .zip(counts)
        .map(|((code, label), count)| View {
            label,
            href: if code.is_empty() {
                "/console/members".to_owned()
            } else {
                format!("/console/members?view={code}")
            },
            count,
            current: *code == view && conditions.is_empty(),
        })
        .collect();
    let options = options(&ctx, &mut reader, &me, &state, within.as_ref()).await?;
    let by = order(&state, &ctx);
    let shown = if found > 10000 {
        "共 10,000 人以上".to_owned()
    } else {
        format!("共 {} 人", base::text::thousands(found))
    };
    let view = ListPage {
        shell: ctx
            .shell(&mut reader, "团员名册", "/console/members")
            .await?,
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        total: tally.members,
        found,
        views,
        clear: state
            .on("/console/members")
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned(),
        conditions,
        may_enter: options.may_enter,
        import: options.may_enter,
        options,
        rows,
        export: state.on("/console/members/export"),
        by_name: state.with("sort", "name"),
        by_admission: state.with("sort", "admitted"),
        sort: match by {
            Order::Name => "name",
            Order::Admitted => "admitted",
            Order::Branch => "branch",
        },
        state,
        shown,
        batch_out,
    };
    if ctx.is_htmx() {
        let html = view
            .as_rows()
            .render()
            .map_err(|cause| base::Error::Internal(anyhow::anyhow!("template: {cause}")))?;
        return Ok(axum::response::Html(html).into_response());
    }
    page(StatusCode::OK, &view)
}
