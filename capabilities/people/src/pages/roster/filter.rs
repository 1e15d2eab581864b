//! What a list of members is narrowed to: from the address to the statement, and back into words.

use super::super::search::sought;
use super::super::{Chip, narrowed};
use crate::rules::{MembershipState, Policy, codes};
use crate::store::{self, Filter};
use access::{Permission, Scope};
use base::{Mobile, business_date};
use chrono::{Days, Months, NaiveDate};
use db::Reader;
use web::list::{Chip as Condition, Choice, ListState};
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
    "more",
];

/// The choices of the filters.
pub(super) struct Options {
    pub(super) may_enter: bool,
    pub(super) orgs: Vec<Choice>,
    pub(super) political: Vec<Choice>,
    pub(super) identity: Vec<Choice>,
    pub(super) more: Option<More>,
}

/// The choices of the rarer filters: on the page once one of them is set or they are asked for.
pub(super) struct More {
    pub(super) sex: Vec<Choice>,
    pub(super) ethnic: Vec<Choice>,
    pub(super) education: Vec<Choice>,
    pub(super) certification: Vec<Choice>,
    pub(super) state: Vec<Choice>,
    pub(super) post: Vec<Choice>,
}

/// First and last birthday of those who turn 28 within thirty days from tomorrow on.
pub fn soon_28(today: NaiveDate, policy: &Policy) -> (NaiveDate, NaiveDate) {
    let back = |day: NaiveDate| {
        day.checked_sub_months(Months::new(policy.admission_max_age as u32 * 12))
            .unwrap_or(day)
    };
    (back(today + Days::new(1)), back(today + Days::new(30)))
}

/// Members that typed words may find; who seeks more is asked to write more.
pub(super) const MATCHES: usize = 1_000;

/// Whether this is a phone or ID number, alone or after a name, which no address may hold (SEC-23).
pub(super) fn is_number(ctx: &Ctx, typed: &str) -> bool {
    let typed = base::text::normalise(typed);
    let last = typed.rsplit(' ').next().unwrap_or_default();
    // One mistyped sign makes an ID number no valid one, and no less somebody's.
    let like_id = matches!(last.chars().count(), 15 | 17..=19)
        && last
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X'));
    like_id || Mobile::parse(&typed, ctx.app.reserved()).is_ok() || sought(ctx, &typed).is_some()
}

/// The filter an address asks for, within what the reader may see. Typed words, a phone or an ID number lead to their
/// persons; nothing of them is kept.
pub(crate) async fn filter(
    ctx: &Ctx,
    reader: &mut Reader,
    list: &ListState,
    typed: &str,
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
    let keys = reader.keys.clone();
    if let Ok(phone) = Mobile::parse(typed, ctx.app.reserved()) {
        let people = store::by_phone(reader, &keys, &phone).await?;
        filter.chosen = Some(store::rows_of(reader, &people).await?);
    } else if let Some(sought) = sought(ctx, typed) {
        let person = store::by_id_number(reader, &keys, &sought.id).await?;
        filter.chosen = Some(store::rows_of(reader, person.as_slice()).await?);
    } else if !typed.is_empty() {
        let size = orgs::figures(reader, scope.root(), None).await?.members;
        let limit = MATCHES as i64;
        let found =
            store::members_by_words(reader, scope.low(), scope.high(), size, typed, limit).await?;
        filter.chosen = Some(found.iter().map(|f| (f.org.0, f.person.0)).collect());
    }
    Ok((filter, within))
}

/// What was typed with its number masked: the last word is the number.
fn masked_words(typed: &str) -> String {
    match typed.rsplit_once(' ') {
        Some((name, number)) => format!("{name} {}", base::mask_number(number)),
        None => base::mask_number(typed),
    }
}

fn coded(list: &ListState, name: &str, all: &'static str, codes: codes::Codes) -> Vec<Choice> {
    Choice::list(
        std::iter::once(("", all)).chain(codes::pairs(codes)),
        list.get(name),
    )
}

pub(super) fn conditions(list: &ListState, typed: &str, org: Option<&orgs::Org>) -> Vec<Condition> {
    let mut out = Vec::new();
    let mut add = |name: &str, label: String| {
        out.push(Condition {
            label,
            remove: list.without(name),
        });
    };
    if !typed.is_empty() {
        // A number typed whole is not repeated on the page.
        let shown = if list.some("q").is_none() {
            masked_words(typed)
        } else {
            typed.to_owned()
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

/// The choices as they stand; the organisations are the acting one's direct subordinates.
pub(super) async fn options(
    ctx: &Ctx,
    reader: &mut Reader,
    me: &access::OrgRef,
    state: &ListState,
    within: Option<&orgs::Org>,
) -> Result<Options> {
    let below = if me.category == base::OrgCategory::Branch {
        Vec::new()
    } else {
        orgs::children(reader, me.id).await?
    };
    // In the own branch, or in branches directly below (ROS-01).
    let enters = |org: &access::OrgRef| ctx.actor.may(Permission::EnterMembers, org);
    let may_enter = enters(me) || below.iter().any(|o| o.is_branch() && enters(&o.to_ref()));
    let numbers: Vec<(String, String)> = below
        .iter()
        .take(300)
        .map(|o| (o.number.to_string(), o.short_name.clone()))
        .collect();
    let mut org_choices = Choice::list(
        numbers.iter().map(|(n, name)| (n.as_str(), name.as_str())),
        state.get("org"),
    );
    if let Some(org) =
        within.filter(|org| !numbers.iter().any(|(n, _)| *n == org.number.to_string()))
    {
        org_choices.push(Choice {
            value: org.number.to_string(),
            label: org.short_name.clone(),
            selected: true,
        });
    }
    Ok(Options {
        may_enter,
        orgs: org_choices,
        political: coded(state, "political", "政治面貌：全部", codes::POLITICAL),
        identity: Choice::list(
            std::iter::once(("", "身份认证：全部")).chain(
                crate::IdentityState::ALL
                    .iter()
                    .map(|s| (s.code(), s.label())),
            ),
            state.get("identity"),
        ),
        more: more(state),
    })
}

fn more(state: &ListState) -> Option<More> {
    const NAMES: [&str; 9] = [
        "more",
        "sex",
        "ethnic",
        "education",
        "certification",
        "state",
        "post",
        "age_from",
        "age_to",
    ];
    if NAMES.iter().all(|name| state.some(name).is_none()) {
        return None;
    }
    let states = MembershipState::ALL.iter().filter(|s| {
        matches!(
            s,
            MembershipState::Normal | MembershipState::Suspended | MembershipState::Floating
        )
    });
    Some(More {
        sex: Choice::list(
            [("", "性别：全部"), ("1", "男"), ("2", "女")],
            state.get("sex"),
        ),
        ethnic: coded(state, "ethnic", "民族：全部", codes::ETHNIC),
        education: coded(state, "education", "最高学历：全部", codes::EDUCATION),
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
    })
}
