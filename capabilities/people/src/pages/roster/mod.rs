//! 团员名册 (ROS-50, ROS-91).

mod filter;

pub use filter::soon_28;
pub(crate) use filter::{KNOWN, filter};
use filter::{MATCHES, Options, conditions, is_number, options};

use super::search::{locate, sought};
use super::{Chip, gaps, masked};
use crate::rules::{Policy, StudentMark, codes};
use crate::store::{self, Key, MemberRow, Order};
use access::Permission;
use base::{OrgId, business_date};
use chrono::NaiveDate;
use std::collections::HashMap;
use web::list::{Chip as Condition, Cursor, ListState, Page, Place};
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

/// What the rows need of the branches on the page.
struct Around {
    branches: HashMap<OrgId, orgs::Org>,
    /// Delayed graduates and teachers among the rows (ROS-50).
    marks: HashMap<base::PersonId, store::Marked>,
    /// Birthdays of those who turn 28 within thirty days.
    soon: (NaiveDate, NaiveDate),
}

impl Around {
    /// 被标记成员身份 of a row, if its branch has graduated.
    fn standing(&self, row: &MemberRow) -> Option<Chip> {
        let branch = self.branches.get(&row.branch)?;
        if branch.state != orgs::OrgState::Graduate {
            return None;
        }
        let of = |label: &str, month: Option<base::YearMonth>| {
            let month = month.map_or_else(String::new, |m| format!(" {m}"));
            Chip::new("tj-info", format!("{label}{month}"))
        };
        Some(match self.marks.get(&row.person) {
            Some(mark) => of(
                StudentMark::from_code(&mark.kind).map_or("", StudentMark::label),
                mark.expected.map(base::YearMonth::from_index),
            ),
            None => of("毕业生", branch.graduation),
        })
    }
}

struct View {
    label: String,
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
    /// 团员名册, or 我的团员 where people ask to join.
    title: &'static str,
    views: Vec<View>,
    /// Who asks to join this branch (ACC-40), by to-do of the inbox.
    incoming: Vec<View>,
    conditions: Vec<Condition>,
    clear: String,
    options: Options,
    state: ListState,
    rows: Page<RowView>,
    may_enter: bool,
    import: bool,
    export: String,
    /// When the figures above the list were counted, unless they are exact.
    counted: String,
    by_name: String,
    by_admission: String,
    sort: &'static str,
    shown: String,
    /// Where somebody outside the scope is, asked for by name and ID number (ROS-91).
    elsewhere: String,
    /// The branch of all rows, if it is one: whose members can be moved together.
    batch_out: String,
    /// Members of graduate branches are on the page and may be marked (ROS-51).
    marks: bool,
}

const VIEWS: [(&str, &str); 6] = [
    ("", "全部"),
    ("gaps", "信息不完整"),
    ("unverified", "身份未认证"),
    ("fault", "编号不规范"),
    ("uncertified", "团员身份尚未认证"),
    ("soon28", "30 天内满 28 周岁"),
];

/// Up to this many members a list is put in order of names unasked; a larger one stands in the order of the tree.
const SORTED: i64 = 500;

fn order(list: &ListState, members: i64) -> Order {
    match list.get("sort") {
        "name" if members > store::browse::BUDGET => Order::Sound,
        "name" => Order::Name,
        "admitted" => Order::Admitted,
        "branch" => Order::Branch,
        _ if members > SORTED => Order::Branch,
        _ => Order::Name,
    }
}

/// The sort key of a row, as an address has it.
fn cursor(key: &Key) -> Vec<String> {
    vec![
        key.path.clone(),
        key.text.clone(),
        key.number.to_string(),
        key.person.to_string(),
    ]
}

fn key_of(row: &MemberRow) -> Key {
    Key {
        path: row.path.clone(),
        text: row.pinyin.clone(),
        number: row.admitted_on.map_or(0, base::YearMonth::index),
        person: row.person.0,
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

fn row_view(ctx: &Ctx, row: &MemberRow, around: &Around) -> RowView {
    let mut chips = Vec::new();
    let soon = around.soon;
    chips.extend(around.standing(row));
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
        branch: around
            .branches
            .get(&row.branch)
            .map(|org| org.short_name.clone())
            .unwrap_or_default(),
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

/// The list. An address with a phone or ID number in it, which no page of ours makes, is led to the one without (SEC-23).
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let state = ListState::new("/console/members", &query, KNOWN);
    if is_number(&ctx, state.get("q")) {
        return Ok(see_other(&state.without("q")));
    }
    let typed = state.get("q").to_owned();
    show(ctx, state, &typed).await
}

/// The list as its form asks for it: what was typed comes in the body, and a phone or ID number stays there (SEC-23).
pub(crate) async fn find(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    ctx.actor.require_look(Permission::ViewPeople, ctx.org()?)?;
    let number = form.input.get("q").filter(|typed| is_number(&ctx, typed));
    let query: Vec<(String, String)> = form
        .input
        .iter()
        .filter(|(name, _)| number.is_none() || *name != "q")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let state = ListState::new("/console/members", &query, KNOWN);
    let here = state.on("/console/members");
    let Some(number) = number else {
        if !ctx.is_htmx() {
            return Ok(see_other(&here));
        }
        let typed = state.get("q").to_owned();
        return Ok(pushed(show(ctx, state, &typed).await?, &here));
    };
    let number = base::text::normalise(number);
    Ok(pushed(show(ctx, state, &number).await?, &here))
}

/// Lets the browser show another address than the one asked.
fn pushed(mut page: Response, address: &str) -> Response {
    if let Ok(address) = address.parse() {
        page.headers_mut().insert("hx-push-url", address);
    }
    page
}

/// What the roster is called where people ask to join a branch by themselves (ACC-40).
pub fn title(own: &access::OrgRef, policy: &Policy) -> &'static str {
    if own.category == base::OrgCategory::Branch && !policy.incoming.is_empty() {
        "我的团员"
    } else {
        "团员名册"
    }
}

/// Who waits to be received by a branch, to-do by to-do.
async fn incoming(
    reader: &mut db::Reader,
    own: &access::OrgRef,
    policy: &Policy,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<View>> {
    if own.category != base::OrgCategory::Branch || policy.incoming.is_empty() {
        return Ok(Vec::new());
    }
    let waiting = approvals::counts(reader, own.id, now).await?;
    let of = |todo: &str| waiting.iter().find(|w| w.todo == todo).map_or(0, |w| w.all);
    Ok(policy
        .incoming
        .iter()
        .map(|todo| View {
            label: todo.clone(),
            href: format!("/console/inbox?kind={}", web::list::encode(todo)),
            count: of(todo),
            current: false,
        })
        .collect())
}

/// The list page: counts, rows and branch names in one statement each.
async fn show(ctx: Ctx, state: ListState, typed: &str) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    let mut reader = ctx.read().await?;
    let (filter, within) = filter(&ctx, &mut reader, &state, typed).await?;
    let elsewhere = match sought(&ctx, typed) {
        Some(sought) => locate(&ctx, &mut reader, &sought).await?.1,
        None => String::new(),
    };
    let policy: &Policy = ctx.app.policy();
    let soon = soon_28(business_date(ctx.now()), policy);
    let moment = orgs::Moment {
        now: ctx.now(),
        soon_28: soon,
    };
    let whole = ctx.actor.scope(Permission::ViewPeople);
    let tally = orgs::figures(&mut reader, whole.root(), Some(moment)).await?;
    let narrow = match &within {
        Some(org) => orgs::figures(&mut reader, &org.path, Some(moment)).await?,
        None => tally.clone(),
    };
    let size = state.size(50);
    let place = state.place(4);
    let (from, backwards) = key(&place);
    let keys = reader.keys.clone();
    let by = order(&state, narrow.members);
    let store::browse::Found {
        rows: found_rows,
        end,
    } = store::members(
        &mut reader,
        &keys,
        &filter,
        by,
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
    let branches = orgs::find_many(&mut reader, &ids).await?;
    let graduate = branches
        .iter()
        .filter(|org| org.state == orgs::OrgState::Graduate);
    let marks_here = graduate
        .clone()
        .any(|org| ctx.actor.may(Permission::MarkDelayed, &org.to_ref()));
    let graduate: Vec<OrgId> = graduate.map(|org| org.id).collect();
    let pairs: Vec<_> = found_rows
        .iter()
        .filter(|row| graduate.contains(&row.branch))
        .map(|row| (row.branch, row.person))
        .collect();
    let marks = if pairs.is_empty() {
        Vec::new()
    } else {
        store::marks_of(&mut reader, &pairs).await?
    };
    let around = Around {
        branches: branches.into_iter().map(|org| (org.id, org)).collect(),
        marks: marks
            .into_iter()
            .map(|mark| (base::PersonId(mark.person), mark))
            .collect(),
        soon,
    };
    let mut page_rows = Page::new(found_rows, size, &place, &state, |row| cursor(&key_of(row)));
    // Few members of a large subtree match: the next page goes on where this one stopped reading.
    if let Some(end) = &end {
        let further = Cursor(cursor(end)).encode();
        let way = if backwards { "before" } else { "after" };
        let link = if backwards {
            &mut page_rows.before
        } else {
            &mut page_rows.after
        };
        link.get_or_insert_with(|| state.with(way, &further));
    }
    let rows = Page {
        rows: page_rows
            .rows
            .iter()
            .map(|row| row_view(&ctx, row, &around))
            .collect(),
        before: page_rows.before,
        after: page_rows.after,
    };

    let conditions = conditions(&state, typed, within.as_ref());
    let view = state.get("view");
    let counts = |f: &orgs::Figures| {
        [
            f.members,
            f.gaps,
            f.unverified,
            f.number_faults,
            f.uncertified,
            f.soon_28,
        ]
    };
    // A list that is narrowed to nothing but an organisation and a view has its number already.
    let plain = KNOWN.iter().all(|name| {
        matches!(*name, "view" | "org" | "sort" | "more") || state.some(name).is_none()
    });
    let (found, all) =
        if plain && typed.is_empty() && state.some("org").is_some() == within.is_some() {
            let position = VIEWS.iter().position(|(code, _)| *code == view);
            (counts(&narrow)[position.unwrap_or(0)], true)
        } else {
            store::count_members(&mut reader, &filter).await?
        };
    let counts = counts(&tally);
    let views = VIEWS
        .iter()
        .zip(counts)
        .map(|((code, label), count)| View {
            label: (*label).to_owned(),
            href: if code.is_empty() {
                "/console/members".to_owned()
            } else {
                format!("/console/members?view={code}")
            },
            count,
            current: *code == view && conditions.is_empty(),
        })
        .collect();
    let incoming = incoming(&mut reader, &me, policy, ctx.now()).await?;
    let title = title(&me, policy);
    let options = options(&ctx, &mut reader, &me, &state, within.as_ref()).await?;
    let chosen = filter.chosen.as_ref().map_or(0, Vec::len);
    let shown = if chosen >= MATCHES {
        format!("只列前 {MATCHES} 人，请把姓名写全")
    } else if all {
        format!("共 {} 人", base::text::thousands(found))
    } else {
        format!(
            "至少 {} 人（数了前 {} 人）",
            base::text::thousands(found),
            base::text::thousands(store::browse::BUDGET)
        )
    };
    let numbered = !typed.is_empty() && state.some("q").is_none();
    let view = ListPage {
        shell: ctx.shell(&mut reader, title, "/console/members").await?,
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        total: tally.members,
        found,
        title,
        views,
        incoming,
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
        // What a number finds is not exported: no address could say it.
        export: if numbered {
            String::new()
        } else {
            state.on("/console/members/export")
        },
        counted: tally.counted_at.map_or_else(String::new, |at| {
            base::china_time(at).format("%H:%M:%S").to_string()
        }),
        by_name: state.with("sort", "name"),
        by_admission: state.with("sort", "admitted"),
        sort: match by {
            Order::Name | Order::Sound => "name",
            Order::Admitted => "admitted",
            Order::Branch => "branch",
        },
        state,
        shown,
        elsewhere,
        batch_out,
        marks: marks_here,
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
