//! The people who use the program during a measurement: signed in once, each with the links their own pages showed.

use crate::{
    http::{Client, encode},
    pages::link,
    program::Running,
    sheet,
};
use anyhow::{Context, Result, ensure};
use std::collections::HashSet;

/// What somebody does in the League.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    Province,
    City,
    University,
    College,
    Branch,
    Member,
}

impl Level {
    /// The level of a role as the program prints it.
    fn of(role: &str) -> Option<Self> {
        Some(match role {
            "省级管理员" => Self::Province,
            "市级管理员" | "县级管理员" => Self::City,
            "校团委管理员" => Self::University,
            "学院团委管理员" => Self::College,
            "支部书记（管理员）" => Self::Branch,
            "团员" => Self::Member,
            _ => return None,
        })
    }
}

/// Somebody signed in.
pub(crate) struct User {
    pub(crate) level: Level,
    pub(crate) client: Client,
    pub(crate) login: String,
    /// Member pages the own roster links to.
    pub(crate) members: Vec<String>,
    /// Organisations the own tree shows.
    pub(crate) orgs: Vec<String>,
    /// The own branch's template with thirty people in it, for some secretaries.
    pub(crate) sheet: Option<Vec<u8>>,
}

/// Where members are imported.
pub(crate) const IMPORT: &str = "/console/import/members";
/// Secretaries who import, and people in the sheet of each.
const IMPORTING: usize = 10;
const SHEET: usize = 30;

/// All accounts the program printed: role, login, password.
pub(crate) fn printed_accounts(printed: &str) -> Vec<(String, String, String)> {
    printed
        .lines()
        .filter_map(|line| {
            let (role, rest) = line.trim().split_once("：账号 ")?;
            let (login, password) = rest.split_once("  密码 ")?;
            Some((
                role.to_owned(),
                login.trim().to_owned(),
                password.trim().to_owned(),
            ))
        })
        .collect()
}

/// Distinct links of a page that begin with `prefix` and go on with an id alone.
pub(crate) fn ids(page: &str, prefix: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| {
            href.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= 36
                    && rest
                        .bytes()
                        .all(|b| b.is_ascii_hexdigit() || b"-/".contains(&b))
            })
        })
        .map(str::to_owned)
        .filter(|href| seen.insert(href.clone()))
        .collect()
}

/// Signs everybody in through the sign-in page and looks around once.
pub(crate) async fn sign_in(running: &Running, printed: &str) -> Result<Vec<User>> {
    let mut users = Vec::new();
    for (n, (role, login, password)) in printed_accounts(printed).into_iter().enumerate() {
        let Some(level) = Level::of(&role) else {
            continue;
        };
        // Each sits at another address, behind the proxy the program trusts: sign-ins are limited by address.
        let mut client =
            Client::new(running.address).from(&format!("100.64.{}.{}", n / 250, n % 250 + 1));
        if level == Level::Member {
            client = client.on_phone();
        }
        client
            .sign_in(&login, &password)
            .await
            .with_context(|| format!("{role} {login}"))?;
        let mut user = User {
            level,
            client,
            login,
            members: Vec::new(),
            orgs: Vec::new(),
            sheet: None,
        };
        if level != Level::Member {
            let roster = user.client.get("/console/members").await?;
            ensure!(
                roster.status == 200,
                "{role}: the roster answers {}",
                roster.status
            );
            user.members = ids(&roster.text(), "/console/members/");
            let tree = user.client.get("/console/orgs").await?;
            ensure!(
                tree.status == 200,
                "{role}: the tree answers {}",
                tree.status
            );
            user.orgs = ids(&tree.text(), "/console/orgs/");
        }
        if level == Level::Branch
            && users.iter().filter(|u: &&User| u.sheet.is_some()).count() < IMPORTING
        {
            let start = user.client.get(IMPORT).await?.text();
            let address = link(&start, "/console/import/members/template", &[])
                .context("no template to download")?;
            let template = user.client.get(&address).await?;
            user.sheet = Some(sheet::fill(&template.body, SHEET)?);
        }
        users.push(user);
    }
    ensure!(!users.is_empty(), "the program printed no accounts");
    Ok(users)
}

/// The address of the reader's own choice of words.
pub(crate) fn search(words: &str) -> String {
    format!("/console/search?q={}", encode(words))
}
