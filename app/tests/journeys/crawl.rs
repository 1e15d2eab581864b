//! Every page as every role: whoever follows links never meets a dead end, a message in the console, a violation of the
//! content security policy, something loaded from outside or an accessibility fault.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use testkit::browser::Browser;

/// Pages of one shape (`/console/members/{id}`) that are opened; further ones are asked for their status only.
const OF_A_SHAPE: usize = 2;

/// An address with what names a single thing taken out.
fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let single = |part: &str| part.len() >= 6 && part.chars().any(|c| c.is_ascii_digit());
    let path: Vec<&str> = path
        .split('/')
        .map(|part| if single(part) { "{}" } else { part })
        .collect();
    let keys: BTreeSet<&str> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    format!(
        "{} {}",
        path.join("/"),
        keys.into_iter().collect::<Vec<_>>().join("&")
    )
}

/// Status and content type of an address, asked from within the page shown.
async fn ask(browser: &Browser, path: &str) -> (u64, String) {
    let script =
        "return fetch(arguments[0]).then(a => [a.status, a.headers.get('content-type') || ''])";
    let answer = browser.run(script, &[path.into()]).await;
    let kind = answer[1].as_str().unwrap_or("").to_owned();
    (answer[0].as_u64().unwrap_or(0), kind)
}

/// Follows links from `starts`; answers what is wrong, and how many pages of each shape were opened.
pub async fn crawl(browser: &Browser, starts: &[&str]) -> (Vec<String>, BTreeMap<String, usize>) {
    let mut waiting: VecDeque<(String, String)> = starts
        .iter()
        .map(|s| ((*s).to_owned(), "the start".to_owned()))
        .collect();
    let mut known: BTreeSet<String> = starts.iter().map(|s| (*s).to_owned()).collect();
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    browser.goto(starts[0]).await;
    while let Some((path, from)) = waiting.pop_front() {
        let (status, kind) = ask(browser, &path).await;
        // The help page lists the entrances of all ports, for everybody.
        if status == 403 && from == "/help" {
            continue;
        }
        if status != 200 {
            faults.push(format!("{path} answers {status}, linked from {from}"));
            continue;
        }
        let shape = shape(&path);
        let count = opened.entry(shape.clone()).or_default();
        if !kind.starts_with("text/html") || *count >= OF_A_SHAPE {
            continue;
        }
        *count += 1;
        // What asking alone wrote there has been told by its status.
        browser.console_errors().await;
        browser.goto(&path).await;
        for fault in browser
            .console_errors()
            .await
            .into_iter()
            .chain(browser.foreign().await)
        {
            faults.push(format!("{path}: {fault}"));
        }
        // Filters change what stands on a page, rarely how: two of a path are looked at closely.
        let looks = checked
            .entry(shape.split(' ').next().unwrap_or("").to_owned())
            .or_default();
        if *looks < OF_A_SHAPE {
            *looks += 1;
            for dark in [false, true] {
                browser.dark(dark).await;
                let theme = if dark { "dark" } else { "light" };
                faults.extend(
                    browser
                        .axe()
                        .await
                        .into_iter()
                        .map(|f| format!("{path} ({theme}): {f}")),
                );
            }
            browser.dark(false).await;
        }
        for link in browser.links().await {
            if known.insert(link.clone()) {
                waiting.push_back((link, path.clone()));
            }
        }
    }
    (faults, opened)
}

/// Crawls and panics with everything that is wrong.
pub async fn crawl_clean(browser: &Browser, starts: &[&str], at_least: usize) {
    let (faults, opened) = crawl(browser, starts).await;
    // Of a kind the first is enough to read.
    let mut kinds = BTreeSet::new();
    let first: Vec<&str> = faults
        .iter()
        .filter(|fault| {
            let (place, rest) = fault.split_once([':', ' ']).unwrap_or((fault, ""));
            kinds.insert((
                shape(place),
                rest.split(',').next().unwrap_or("").to_owned(),
            ))
        })
        .map(String::as_str)
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults, {} kinds:\n{}",
        faults.len(),
        first.len(),
        first.join("\n")
    );
    assert!(
        opened.len() >= at_least,
        "only these were found: {opened:#?}"
    );
}

#[test]
fn browser_addresses_of_one_shape_are_seen_as_such() {
    let a = shape("/console/members/0190aaaa-0000-7000-8000-000000000001?tab=1");
    assert_eq!(
        a,
        shape("/console/members/0190bbbb-0000-7000-8000-000000000002?tab=2")
    );
    assert_ne!(a, shape("/console/members/new?tab=1"));
    assert_ne!(
        a,
        shape("/console/orgs/0190bbbb-0000-7000-8000-000000000002?tab=2")
    );
}

mod as_every_role {
    use super::crawl_clean;
    use crate::stage::Stage;

    const CONSOLE: &[&str] = &[
        "/console",
        "/cadre",
        "/member",
        "/account",
        "/messages",
        "/",
    ];

    async fn at_a_desk(role: &str, at_least: usize) {
        let stage = Stage::demo().await;
        let browser = stage.playing(stage.desktop().await, role).await;
        crawl_clean(&browser, CONSOLE, at_least).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_visitors() {
        let stage = Stage::demo().await;
        crawl_clean(&stage.desktop().await, &["/", "/login", "/help"], 5).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_administrators_of_the_province() {
        at_a_desk("省级管理员", 20).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_administrators_of_a_college() {
        at_a_desk("学院团委管理员", 20).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_branch_secretaries() {
        at_a_desk("支部书记（管理员）", 20).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_cadres_and_auditors() {
        at_a_desk("团干部（只看不审）", 10).await;
        at_a_desk("审计", 5).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_members_on_their_phones() {
        let stage = Stage::demo().await;
        let phone = stage.playing(stage.phone().await, "团员").await;
        crawl_clean(&phone, &["/member", "/account", "/"], 8).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn browser_pages_are_flawless_for_secretaries_on_their_phones() {
        let stage = Stage::demo().await;
        let phone = stage
            .playing(stage.phone().await, "支部书记（管理员）")
            .await;
        crawl_clean(&phone, &["/cadre", "/member"], 10).await;
    }
}
