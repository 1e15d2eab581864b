//! 团员名册 (ROS-50, ROS-91).

use super::{Chip, gaps, masked, narrowed};
use crate::rules::{MembershipState, Policy, codes};
use crate::store::{self, Filter, Key, MemberRow, Order};
use access::{Permission, Scope};
use base::{IdNumber, Mobile, OrgId, business_date};
use chrono::{Days, Months, NaiveDate};
use db::Reader;
use std::collections::HashMap;
use web::list::{Chip as Condition, Choice, ListState, Page, Place};
use web::prelude::*;

pub(crate) const KNOWN: &[&str] = &[
    "q",
    "view",
    "org",
    "sex",
    "ethnic",
    "political",
    "education",
    "identity",
    "certification",
    "state",
    "post",
    "age_from",
    "age_to",
    "sort",
];

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
}

struct View {
    label: &'static str,
    href: String,
    count: i64,
    current: bool,
}

struct Options {
    orgs: Vec<Choice>,
    sex: Vec<Choice>,
    ethnic: Vec<Choice>,
    political: Vec<Choice>,
    education: Vec<Choice>,
    identity: Vec<Choice>,
    certification: Vec<Choice>,
    state: Vec<Choice>,
    post: Vec<Choice>,
    more: bool,
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
}

const VIEWS: [(&str, &str); 6] = [
    ("", "全部"),
    ("gaps", "信息不完整"),
    ("unverified", "身份未认证"),
    ("fault", "编号不规范"),
    ("uncertified", "团员身份尚未认证"),
    ("soon28", "30 天内满 28 周岁"),
];

/// First and last birthday of those who turn 28 within thirty days from tomorrow on.
pub(crate) fn soon_28(today: NaiveDate, policy: &Policy) -> (NaiveDate, NaiveDate) {
    let back = |day: NaiveDate| {
        day.checked_sub_months(Months::new(policy.admission_max_age as u32 * 12))
            .unwrap_or(day)
    };
    (back(today + Days::new(1)), back(today + Days::new(30)))
}

/// The filter an address asks for, within what the reader may see. A phone or ID number leads to its persons; nothing of
/// it is kept.
pub(crate) async fn filter(
    ctx: &Ctx,
    reader: &mut Reader,
    list: &ListState,
) -> Result<(Filter, Option<orgs::Org>)> {
    let whole = ctx.actor.scope(Permission::ViewPeople);
    let within = match list.some("org") {
        Some(number) => narrowed(reader, &whole, number).await?,
        None => None,
    };
    let scope = match (&within, list.some("org")) {
        (Some(org), _) => whole.within(&org.path).unwrap_or_else(Scope::nothing),
        (None, Some(_)) => Scope::nothing(),
        (None, None) => whole,
    };
    let today = business_date(ctx.now());
    let code = |name: &str| list.some(name).map(str::to_owned);
    let mut filter = Filter {
        low: scope.low().to_owned(),
        high: scope.high().to_owned(),
        sex: list.some("sex").and_then(|code| code.parse().ok()),
        ethnic: code("ethnic"),
        political: code("political"),
        education: code("education"),
        identity: code("identity"),
        certification: code("certification"),
        state: list.some("state").unwrap_or("normal").to_owned(),
        post: match list.get("post") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        ..Filter::default()
    };
    let years = |name: &str| {
        list.some(name)
            .and_then(|n| n.parse::<u32>().ok())
            .filter(|n| *n <= 120)
    };
    filter.born_to = years("age_from").and_then(|n| today.checked_sub_months(Months::new(n * 12)));
    filter.born_from = years("age_to")
        .and_then(|n| (today + Days::new(1)).checked_sub_months(Months::new((n + 1) * 12)));
    match list.get("view") {
        "gaps" => filter.gaps = true,
        "unverified" => filter.unverified = true,
        "fault" => filter.fault = true,
        "uncertified" => filter.uncertified = true,
        "soon28" => {
            let (from, to) = soon_28(today, ctx.app.policy());
            filter.born_from = Some(from);
            filter.born_to = Some(to);
        }
        _ => {}
    }
    let typed = list.get("q");
    let keys = reader.keys.clone();
    if let Ok(phone) = Mobile::parse(typed, ctx.app.reserved()) {
        let people = store::by_phone(reader, &keys, &phone).await?;
        filter.people = Some(people.into_iter().map(|p| p.0).collect());
    } else if let Ok(id) = IdNumber::parse(typed, today, ctx.app.reserved()) {
        let person = store::by_id_number(reader, &keys, &id).await?;
        filter.people = Some(person.into_iter().map(|p| p.0).collect());
    } else {
        filter.words(typed);
    }
    Ok((filter, within))
}

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
    RowView {
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

fn coded(list: &ListState, name: &str, all: &'static str, codes: codes::Codes) -> Vec<Choice> {
    Choice::list(
        std::iter::once(("", all)).chain(codes.iter().copied()),
        list.get(name),
    )
}

fn conditions(list: &ListState, org: Option<&orgs::Org>) -> Vec<Condition> {
    let mut out = Vec::new();
    let mut add = |name: &str, label: String| {
        out.push(Condition {
            label,
            remove: list.without(name),
        })
    };
    if let Some(q) = list.some("q") {
        // A number typed whole is not repeated on the page.
        let shown = if q.len() >= 11 && q.bytes().take(11).all(|b| b.is_ascii_digit()) {
            base::mask_number(q)
        } else {
            q.to_owned()
        };
        add("q", format!("查找 {shown}"));
    }
    if list.some("org").is_some() {
        add(
            "org",
            org.map_or_else(
                || "不在您的管理范围内的组织".to_owned(),
                |org| org.short_name.clone(),
            ),
        );
    }
    for (name, list_of) in [
        ("ethnic", codes::ETHNIC),
        ("political", codes::POLITICAL),
        ("education", codes::EDUCATION),
    ] {
        if let Some(code) = list.some(name) {
            add(name, codes::name_of(list_of, code));
        }
    }
    if let Some(code) = list.some("sex") {
        add("sex", if code == "1" { "男" } else { "女" }.to_owned());
    }
    if let Some(code) = list.some("identity") {
        add(
            "identity",
            format!("身份{}", crate::IdentityState::from_code(code).label()),
        );
    }
    if let Some(code) = list.some("certification") {
        add("certification", Chip::certification(code).text);
    }
    if let Some(code) = list.some("state") {
        add("state", MembershipState::from_code(code).label().to_owned());
    }
    if let Some(value) = list.some("post") {
        add(
            "post",
            if value == "yes" {
                "担任支部职务"
            } else {
                "未任支部职务"
            }
            .to_owned(),
        );
    }
    if let Some(years) = list.some("age_from") {
        add("age_from", format!("{years} 周岁及以上"));
    }
    if let Some(years) = list.some("age_to") {
        add("age_to", format!("{years} 周岁及以下"));
    }
    out
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
            .map(|row| row_view(row, &branches, soon))
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
    let below = if me.category == base::OrgCategory::Branch {
        Vec::new()
    } else {
        orgs::children(&mut reader, me.id).await?
    };
    let numbers: Vec<(String, String)> = below
        .iter()
        .take(300)
        .map(|o| (o.number.to_string(), o.short_name.clone()))
        .collect();
    let mut org_choices = Choice::list(
        numbers.iter().map(|(n, name)| (n.as_str(), name.as_str())),
        state.get("org"),
    );
    if let Some(org) = within
        .as_ref()
        .filter(|org| !numbers.iter().any(|(n, _)| *n == org.number.to_string()))
    {
        org_choices.push(Choice {
            value: org.number.to_string(),
            label: org.short_name.clone(),
            selected: true,
        });
    }
    let states = MembershipState::ALL.iter().filter(|s| {
        matches!(
            s,
            MembershipState::Normal | MembershipState::Suspended | MembershipState::Floating
        )
    });
    let options = Options {
        orgs: org_choices,
        sex: Choice::list(
            [("", "性别：全部"), ("1", "男"), ("2", "女")],
            state.get("sex"),
        ),
        ethnic: coded(&state, "ethnic", "民族：全部", codes::ETHNIC),
        political: coded(&state, "political", "政治面貌：全部", codes::POLITICAL),
        education: coded(&state, "education", "最高学历：全部", codes::EDUCATION),
        identity: Choice::list(
            std::iter::once(("", "身份认证：全部")).chain(
                crate::IdentityState::ALL
                    .iter()
                    .map(|s| (s.code(), s.label())),
            ),
            state.get("identity"),
        ),
        certification: Choice::list(
            [
                ("", "团员身份认证：全部"),
                ("certified", "已认证"),
                ("none", "尚未认证"),
                ("failed", "认证不通过"),
                ("not_required", "无需认证"),
            ],
            state.get("certification"),
        ),
        state: Choice::list(
            std::iter::once(("", "团籍状态：正常"))
                .chain(states.skip(1).map(|s| (s.code(), s.label()))),
            state.get("state"),
        ),
        post: Choice::list(
            [
                ("", "任职：全部"),
                ("yes", "担任支部职务"),
                ("no", "未任支部职务"),
            ],
            state.get("post"),
        ),
        more: [
            "sex",
            "ethnic",
            "education",
            "certification",
            "state",
            "post",
            "age_from",
            "age_to",
        ]
        .iter()
        .any(|name| state.some(name).is_some()),
    };
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
        options,
        rows,
        may_enter: may_enter_below(&ctx),
        import: may_enter_below(&ctx),
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

/// Whether the reader enters members anywhere: in the own branch, or in direct subordinates that are branches (ROS-01).
pub(crate) fn may_enter_below(ctx: &Ctx) -> bool {
    let Some(own) = ctx.actor.org() else {
        return false;
    };
    let branch = if own.category == base::OrgCategory::Branch {
        own.clone()
    } else {
        access::OrgRef {
            id: OrgId(uuid::Uuid::nil()),
            path: own.path.child(1),
            category: base::OrgCategory::Branch,
        }
    };
    ctx.actor.may(Permission::EnterMembers, &branch)
}
