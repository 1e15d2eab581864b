//! Pages beside their own statements.

use crate::{
    Shape,
    http::Client,
    load,
    program::{Place, Running},
    raw, report, statements,
};
use anyhow::{Context, Result};

/// A visitor signed in with the demonstration account of this role.
pub(crate) async fn signed_in(place: &Place, running: &Running, role: &str) -> Result<Client> {
    let mut client = Client::new(running.address);
    let (login, password) = account(&place.printed(), role)
        .with_context(|| format!("the program printed no account of {role}"))?;
    client.sign_in(&login, &password).await?;
    Ok(client)
}

/// The demonstration account of a role, from what the program printed.
fn account(printed: &str, role: &str) -> Option<(String, String)> {
    let line = printed
        .lines()
        .find(|line| line.contains(role) && line.contains("密码"))?;
    let (front, password) = line.split_once("密码")?;
    let login = front.split_whitespace().last()?.to_owned();
    Some((login, password.split_whitespace().next()?.to_owned()))
}

/// The first link of a page that begins like this.
pub(crate) fn link(page: &str, prefix: &str, without: &[&str]) -> Option<String> {
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find(|href| {
            href.starts_with(prefix)
                && href.len() > prefix.len()
                && !without.iter().any(|w| href.contains(w))
        })
        .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
}

/// Measures every page in turn.
pub(crate) async fn measure(
    place: &Place,
    running: &Running,
    shape: Shape,
) -> Result<Vec<report::Page>> {
    let client = signed_in(place, running, "省级管理员").await?;
    let roster = client.get("/console/members").await?.text();
    let member = link(&roster, "/console/members/", &["/new", "/export", "?"])
        .context("the roster links to no member")?;
    let mut pages = Vec::new();
    let secretary = signed_in(place, running, "支部书记").await?;
    for (who, name, path) in [
        (&client, "roster", "/console/members".to_owned()),
        (
            &secretary,
            "roster of a branch",
            "/console/members".to_owned(),
        ),
        (&client, "member", member),
        (&client, "dashboard", "/console".to_owned()),
        (&client, "organisation tree", "/console/orgs".to_owned()),
        (&secretary, "inbox of a branch", "/console/inbox".to_owned()),
    ] {
        pages.push(
            page(place, who, name, &path, shape)
                .await
                .with_context(|| format!("{name}: {path}"))?,
        );
    }
    Ok(pages)
}

async fn page(
    place: &Place,
    client: &Client,
    name: &'static str,
    path: &str,
    shape: Shape,
) -> Result<report::Page> {
    let statements = statements::of_page(place, client, path).await?;
    let script = raw::Script::of(&statements);
    let mut rounds = Vec::new();
    // Taking turns: whatever else the machine does hits both.
    for _ in 0..shape.rounds {
        let plain = load::run(client, path, false, shape.connections, shape.time).await?;
        let raw = raw::run(place, &script, shape).await?;
        rounds.push((plain, raw));
    }
    let gzip = load::run(client, path, true, shape.connections, shape.time).await?;
    rounds.sort_by(|a, b| (a.0.per_second / a.1).total_cmp(&(b.0.per_second / b.1)));
    let (plain, raw) = rounds[rounds.len() / 2];
    Ok(report::Page {
        name,
        statements: statements.iter().map(|s| s.text.clone()).collect(),
        plain,
        gzip,
        raw_per_second: raw,
    })
}
