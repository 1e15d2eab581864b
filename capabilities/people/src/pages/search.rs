//! One box for everything (PEER-06): people by name, pinyin, initials, number, phone or ID number, and organisations.

use crate::rules::MembershipState;
use crate::store::{self, Found};
use access::Permission;
use base::{IdNumber, Mobile, OrgId, PersonId, business_date, text};
use db::Event;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use web::prelude::*;

/// Shown of each group.
const MOST: i64 = 20;

struct Hit {
    href: String,
    name: String,
    place: String,
    what: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    query: String,
    people: Vec<Hit>,
    more: String,
    orgs: Vec<Hit>,
    elsewhere: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
}

/// What was found outside the reader's scope by exact name and ID number (ROS-91): organisation and state, recorded.
async fn outside(ctx: &Ctx, person: PersonId, places: &[Found]) -> Result<String> {
    let mut tx = ctx.begin().await?;
    let open = store::memberships(&mut tx, person).await?;
    let said = match open.first() {
        Some(m) if m.until.is_none() => format!("在〔{}〕，{}", m.branch_name, m.state.label()),
        Some(m) => format!("现无团籍，{}", m.state.label()),
        None => match places.first() {
            Some(_) => "现无团籍，在其他组织任职".to_owned(),
            None => format!("现无团籍，{}", MembershipState::Void.label()),
        },
    };
    tx.record(
        Event::new("person.located", "person", person)
            .note("按姓名和身份证号查询管理范围以外的人员"),
    );
    tx.commit().await?;
    Ok(said)
}

/// The results, grouped.
pub(crate) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    results(ctx, asked).await
}

/// The same from the search boxes: an ID or phone number typed there stays out of the address (SEC-23).
pub(crate) async fn submit(ctx: Ctx, form: Form<Asked>) -> Result<Response> {
    results(ctx, form.input).await
}

async fn results(ctx: Ctx, asked: Asked) -> Result<Response> {
    ctx.org()?;
    let query: String = text::normalise(&asked.q).chars().take(60).collect();
    let scope = ctx.actor.scope(Permission::ViewPeople);
    let today = business_date(ctx.now());
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let mut found: Vec<Found> = Vec::new();
    let mut elsewhere = String::new();
    let mut organisations = Vec::new();
    let parts: Vec<&str> = query.split_whitespace().collect();
    let (name, number) = match parts.as_slice() {
        [name, number] => (Some(*name), *number),
        _ => (None, query.as_str()),
    };
    if let Ok(id) = IdNumber::parse(number, today, ctx.app.reserved()) {
        if let Some(person) = store::by_id_number(&mut reader, &keys, &id).await? {
            let places = store::whereabouts(&mut reader, &[person]).await?;
            let known = store::find(&mut reader, &keys, person).await?;
            let named = name.is_some_and(|n| known.as_ref().is_some_and(|p| p.name == n));
            found.clone_from(&places);
            let orgs = org_map(&mut reader, &found).await?;
            found.retain(|f| orgs.get(&f.org).is_some_and(|org| scope.covers(&org.path)));
            if found.is_empty() && named {
                elsewhere = outside(&ctx, person, &places).await?;
            }
        }
    } else if let Ok(phone) = Mobile::parse(&query, ctx.app.reserved()) {
        let people = store::by_phone(&mut reader, &keys, &phone).await?;
        found = store::whereabouts(&mut reader, &people).await?;
    } else if !query.is_empty() {
        found = store::by_words(
            &mut reader,
            scope.low(),
            scope.high(),
            &query.to_lowercase(),
            MOST + 1,
        )
        .await?;
        if found.is_empty()
            && let Some(person) = store::by_number(&mut reader, &query).await?
        {
            found = store::whereabouts(&mut reader, &[person]).await?;
        }
        organisations = orgs::search(
            &mut reader,
            &ctx.actor.scope(Permission::ViewOrg),
            &query,
            MOST,
        )
        .await?;
    }
    let orgs = org_map(&mut reader, &found).await?;
    let mut seen = HashSet::new();
    found.retain(|f| {
        orgs.get(&f.org).is_some_and(|org| scope.covers(&org.path)) && seen.insert(f.person)
    });
    let more = found.len() as i64 > MOST;
    found.truncate(MOST as usize);
    let people = found
        .into_iter()
        .map(|f| Hit {
            href: format!("/console/members/{}", f.person),
            place: orgs
                .get(&f.org)
                .map(|org| org.full_name.clone())
                .unwrap_or_default(),
            name: f.name,
            what: f.what,
        })
        .collect();
    let view = SearchPage {
        shell: ctx.shell(&mut reader, "搜索", "/console/search").await?,
        people,
        more: if more {
            format!("/console/members?q={}", web::list::encode(&query))
        } else {
            String::new()
        },
        orgs: organisations
            .into_iter()
            .map(|org| Hit {
                href: format!("/console/orgs/{}", org.id),
                what: format!("{} {}", org.category_label(), org.number),
                name: org.short_name,
                place: org.full_name,
            })
            .collect(),
        elsewhere,
        query,
    };
    page(StatusCode::OK, &view)
}

async fn org_map(reader: &mut db::Reader, found: &[Found]) -> Result<HashMap<OrgId, orgs::Org>> {
    let mut ids: Vec<OrgId> = found.iter().map(|f| f.org).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(orgs::find_many(reader, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect())
}
