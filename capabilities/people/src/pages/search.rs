//! What the one search box finds of people (PEER-06): by name, pinyin, initials, number, phone or ID number.

use crate::rules::MembershipState;
use crate::store::{self, Found};
use access::Permission;
use base::{IdNumber, Mobile, OrgId, PersonId, business_date};
use db::{Event, Reader};
use std::collections::{HashMap, HashSet};
use web::prelude::*;

/// Somebody found, as a list of results shows one.
pub struct PersonHit {
    /// The person's page.
    pub href: String,
    /// 姓名.
    pub name: String,
    /// Full name of the organisation.
    pub place: String,
    /// State of the membership, or the post.
    pub what: String,
}

/// What a search found of people.
#[derive(Default)]
pub struct PeopleFound {
    /// At most as many as were asked for.
    pub hits: Vec<PersonHit>,
    /// There are more.
    pub more: bool,
    /// Where somebody outside the scope is, asked for by name and ID number (ROS-91).
    pub elsewhere: String,
    /// The text was a phone or ID number: nothing else need be looked for.
    pub number: bool,
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

/// An ID number, alone or after a name: what asks for one certain person.
pub(crate) struct Sought {
    name: Option<String>,
    pub(crate) id: IdNumber,
}

/// Reads typed text as an ID number with or without the name before it.
pub(crate) fn sought(ctx: &Ctx, typed: &str) -> Option<Sought> {
    let parts: Vec<&str> = typed.split_whitespace().collect();
    let (name, number) = match parts.as_slice() {
        [name, number] => (Some((*name).to_owned()), *number),
        [number] => (None, *number),
        _ => return None,
    };
    let id = IdNumber::parse(number, business_date(ctx.now()), ctx.app.reserved()).ok()?;
    Some(Sought { name, id })
}

/// Where somebody is within the reader's scope, or, asked for by exact name and number and nowhere in it, organisation and
/// state and nothing else (ROS-91).
pub(crate) async fn locate(
    ctx: &Ctx,
    reader: &mut Reader,
    sought: &Sought,
) -> Result<(Vec<Found>, String)> {
    let keys = reader.keys.clone();
    let Some(person) = store::by_id_number(reader, &keys, &sought.id).await? else {
        return Ok((Vec::new(), String::new()));
    };
    let scope = ctx.actor.scope(Permission::ViewPeople);
    let places = store::whereabouts(reader, &[person]).await?;
    let orgs = org_map(reader, &places).await?;
    let within: Vec<Found> = places
        .iter()
        .filter(|f| orgs.get(&f.org).is_some_and(|org| scope.covers(&org.path)))
        .cloned()
        .collect();
    let Some(name) = sought.name.as_deref().filter(|_| within.is_empty()) else {
        return Ok((within, String::new()));
    };
    let known = store::find(reader, &keys, person).await?;
    if known.is_none_or(|known| known.name != name) {
        return Ok((within, String::new()));
    }
    let words = outside(ctx, person, &places).await?;
    Ok((within, words))
}

/// People within what the reader may see.
pub async fn search(ctx: &Ctx, reader: &mut Reader, query: &str, most: i64) -> Result<PeopleFound> {
    let scope = ctx.actor.scope(Permission::ViewPeople);
    let keys = reader.keys.clone();
    let mut found: Vec<Found> = Vec::new();
    let mut answer = PeopleFound::default();
    if let Some(sought) = sought(ctx, query) {
        answer.number = true;
        (found, answer.elsewhere) = locate(ctx, reader, &sought).await?;
    } else if let Ok(phone) = Mobile::parse(query, ctx.app.reserved()) {
        answer.number = true;
        let people = store::by_phone(reader, &keys, &phone).await?;
        found = store::whereabouts(reader, &people).await?;
    } else if !query.is_empty() {
        let (low, high) = (scope.low(), scope.high());
        let size = orgs::figures(reader, scope.root(), None).await?.members;
        found = store::members_by_words(reader, low, high, size, query, most + 1).await?;
        found.extend(store::cadres_by_name(reader, low, high, query, most + 1).await?);
    }
    let orgs = org_map(reader, &found).await?;
    let mut seen = HashSet::new();
    found.retain(|f| {
        orgs.get(&f.org).is_some_and(|org| scope.covers(&org.path)) && seen.insert(f.person)
    });
    answer.more = found.len() as i64 > most;
    found.truncate(usize::try_from(most).unwrap_or(0));
    answer.hits = found
        .into_iter()
        .map(|f| PersonHit {
            href: format!("/console/members/{}", f.person),
            place: orgs
                .get(&f.org)
                .map(|org| org.full_name.clone())
                .unwrap_or_default(),
            name: f.name,
            what: f.what,
        })
        .collect();
    Ok(answer)
}

async fn org_map(reader: &mut Reader, found: &[Found]) -> Result<HashMap<OrgId, orgs::Org>> {
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
