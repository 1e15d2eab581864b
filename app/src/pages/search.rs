//! One box for everything (PEER-06): people, organisations, open applications by number, functions by name. What was
//! typed travels in the body: an ID or phone number is in no address (SEC-23).

use access::Permission;
use base::text;
use serde::Deserialize;
use web::prelude::*;

/// Shown of each group.
const MOST: i64 = 20;

struct Hit {
    href: String,
    name: String,
    place: String,
    what: String,
}

struct Group {
    id: &'static str,
    title: &'static str,
    hits: Vec<Hit>,
    more: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    query: String,
    groups: Vec<Group>,
    elsewhere: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
}

/// The results of an address: one without ID or phone number.
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    results(ctx, asked).await
}

/// The results for the search boxes.
pub(super) async fn submit(ctx: Ctx, form: Form<Asked>) -> Result<Response> {
    results(ctx, form.input).await
}

async fn results(ctx: Ctx, asked: Asked) -> Result<Response> {
    ctx.org()?;
    let query: String = text::normalise(&asked.q).chars().take(60).collect();
    let mut reader = ctx.read().await?;
    let people = people::search(&ctx, &mut reader, &query, MOST).await?;
    let (mut organisations, mut applications) = (Vec::new(), Vec::new());
    if !people.number && !query.is_empty() {
        let scope = ctx.actor.scope(Permission::ViewOrg);
        organisations = orgs::search(&mut reader, &scope, &query, MOST + 1).await?;
        applications = transfers::numbered(&ctx, &mut reader, &query).await?;
    }
    let more_orgs = organisations.len() as i64 > MOST;
    organisations.truncate(MOST as usize);
    let q = web::list::encode(&query);
    let shell = ctx.shell(&mut reader, "搜索", "/console/search").await?;
    let functions = functions(&shell, &query);
    let found = [
        Group {
            id: "people",
            title: "人员",
            more: if people.more {
                format!("/console/members?q={q}")
            } else {
                String::new()
            },
            hits: people
                .hits
                .into_iter()
                .map(|hit| Hit {
                    href: hit.href,
                    name: hit.name,
                    place: hit.place,
                    what: hit.what,
                })
                .collect(),
        },
        Group {
            id: "orgs",
            title: "组织",
            more: if more_orgs {
                format!("/console/orgs?q={q}")
            } else {
                String::new()
            },
            hits: organisations
                .into_iter()
                .map(|org| Hit {
                    href: format!("/console/orgs/{}", org.id),
                    what: format!("{} {}", org.category_label(), org.number),
                    name: org.short_name,
                    place: org.full_name,
                })
                .collect(),
        },
        Group {
            id: "applications",
            title: "申请",
            more: String::new(),
            hits: applications
                .into_iter()
                .map(|hit| Hit {
                    href: hit.href,
                    name: hit.title,
                    place: hit.detail,
                    what: hit.state.into(),
                })
                .collect(),
        },
        Group {
            id: "functions",
            title: "功能",
            more: String::new(),
            hits: functions,
        },
    ];
    let view = SearchPage {
        groups: found
            .into_iter()
            .filter(|group| !group.hits.is_empty())
            .collect(),
        elsewhere: people.elsewhere,
        shell,
        query,
    };
    page(StatusCode::OK, &view)
}

/// Entries of the reader's own menu whose name holds the words or sounds like them.
fn functions(shell: &Shell, query: &str) -> Vec<Hit> {
    let query = query.to_lowercase();
    if query.is_empty() {
        return Vec::new();
    }
    let fits = |label: &str| {
        let (pinyin, initials) = people::spell(label);
        label.contains(&query) || pinyin.starts_with(&query) || initials.starts_with(&query)
    };
    shell
        .nav
        .iter()
        .flat_map(|group| group.entries.iter().map(move |entry| (group.title, entry)))
        .filter(|(_, entry)| fits(entry.label))
        .map(|(title, entry)| Hit {
            href: entry.href.into(),
            name: entry.label.into(),
            place: String::new(),
            what: title.into(),
        })
        .collect()
}
