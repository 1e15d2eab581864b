//! What is asked for on a September morning, and how often.

use crate::{
    http::{Answer, Client, Connection, Fields},
    users::{IMPORT, Level, User, ids, search},
};
use anyhow::{Context, Result, bail};

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Dashboard,
    Tree,
    RosterBranch,
    RosterSchool,
    RosterProvince,
    SearchName,
    SearchNumber,
    Member,
    Inbox,
    Case,
    Decision,
    Phone,
    Application,
    Import,
}

/// Name and share of a kind.
pub(crate) const KINDS: [(Kind, &str, u32); 14] = [
    (Kind::Dashboard, "dashboard", 10),
    (Kind::Tree, "tree node", 8),
    (Kind::RosterBranch, "roster: branch", 18),
    (Kind::RosterSchool, "roster: school", 10),
    (Kind::RosterProvince, "roster: province", 4),
    (Kind::SearchName, "search: name", 6),
    (Kind::SearchNumber, "search: ID number", 4),
    (Kind::Member, "member page", 14),
    (Kind::Inbox, "inbox", 8),
    (Kind::Case, "case page", 4),
    (Kind::Decision, "decision", 2),
    (Kind::Phone, "member's home", 10),
    (Kind::Application, "application", 2),
    (Kind::Import, "import", 1),
];

/// Words searched for: names, pinyin, initials, as the seed invents them.
const WORDS: [&str; 12] = [
    "王安",
    "李思源",
    "zhangyu",
    "liumingxuan",
    "chensi",
    "ws",
    "lzm",
    "赵雪",
    "wuhao",
    "周",
    "yangxin",
    "hgq",
];

impl Kind {
    /// Its row of the table.
    pub(crate) fn row(self) -> usize {
        KINDS
            .iter()
            .position(|(kind, ..)| *kind == self)
            .unwrap_or(0)
    }

    /// Whether somebody at this level does it.
    pub(crate) fn suits(self, user: &User) -> bool {
        use Level::{Branch, City, College, Member, Province, University};
        match self {
            Self::Dashboard | Self::Inbox => user.level != Member,
            Self::Tree => user.level != Member && !user.orgs.is_empty(),
            Self::RosterBranch => user.level == Branch,
            Self::RosterSchool => matches!(user.level, University | College),
            Self::RosterProvince => matches!(user.level, Province | City),
            Self::SearchName => matches!(user.level, Province | City | University),
            Self::SearchNumber => user.level == Province,
            Self::Member => !user.members.is_empty(),
            Self::Case | Self::Decision => user.level == Branch,
            Self::Import => user.sheet.is_some(),
            Self::Phone | Self::Application => user.level == Member,
        }
    }

    /// Pages that are only looked at: whose address is known and whose bytes can be counted.
    pub(crate) fn page(self, user: &User, draw: usize) -> Option<String> {
        let pick = |list: &[String]| list.get(draw % list.len().max(1)).cloned();
        match self {
            Self::Dashboard => Some("/console".into()),
            Self::Tree => pick(&user.orgs),
            Self::RosterBranch | Self::RosterSchool | Self::RosterProvince => {
                Some("/console/members".into())
            }
            Self::SearchName => Some(search(WORDS[draw % WORDS.len()])),
            Self::Member => pick(&user.members),
            Self::Inbox => Some("/console/inbox".into()),
            Self::Phone => Some("/member".into()),
            Self::SearchNumber | Self::Case | Self::Decision | Self::Application | Self::Import => {
                None
            }
        }
    }
}

/// One thing done: what came back of the request that counts, or nothing where there was nothing to do.
pub(crate) async fn act(
    kind: Kind,
    user: &User,
    draw: usize,
    numbers: &[String],
    connection: &mut Connection,
) -> Result<Option<(std::time::Duration, Answer)>> {
    let client = &user.client;
    if let Some(path) = kind.page(user, draw) {
        return timed(connection, &client.get_request(&path, true))
            .await
            .map(Some);
    }
    match kind {
        Kind::SearchNumber => {
            let page = get(connection, client, "/console/search").await?;
            let form = Fields::of(&page.text(), "id=\"s-q\"").context("no search box")?;
            let number = &numbers[draw % numbers.len()];
            let request = client.form_request(&form, &[("q", number)]);
            timed(connection, &request).await.map(Some)
        }
        Kind::Case | Kind::Decision => {
            let inbox = get(connection, client, "/console/inbox").await?.text();
            let cases = cases(&inbox);
            if cases.is_empty() {
                return Ok(None);
            }
            let request = client.get_request(&cases[draw % cases.len()], true);
            let opened = timed(connection, &request).await?;
            if kind == Kind::Case {
                return Ok(Some(opened));
            }
            let page = get(connection, client, &cases[draw % cases.len()])
                .await?
                .text();
            // Somebody else may have decided it meanwhile, or it needs a choice.
            let Some(form) = Fields::of(&page, "value=\"pass\"") else {
                return Ok(None);
            };
            let choice = option(&page, "answer").unwrap_or_default();
            let request = client.form_request_with(
                &form,
                &[],
                &[("do", "pass"), ("text", ""), ("answer", &choice)],
            );
            timed(connection, &request).await.map(Some)
        }
        // Thirty people in a sheet, until the run is there; what checks it then works beside the others. Nobody confirms.
        Kind::Import => {
            let page = get(connection, client, IMPORT).await?.text();
            let form = Fields::of(&page, "type=\"file\"").context("no upload form")?;
            let sheet = user.sheet.as_deref().context("no sheet")?;
            let request = client.upload_request(&form, "团员.xlsx", sheet)?;
            timed(connection, &request).await.map(Some)
        }
        Kind::Application => application(client, draw, connection).await,
        _ => bail!("{kind:?} is a page"),
    }
}

/// A member applies, or takes the application back if there is one: so the measurement leaves nothing open.
async fn application(
    client: &Client,
    draw: usize,
    connection: &mut Connection,
) -> Result<Option<(std::time::Duration, Answer)>> {
    let mine = get(connection, client, "/member/transfers").await?.text();
    if let Some(open) = ids(&mine, "/member/transfers/").first() {
        let page = get(connection, client, open).await?.text();
        let away = format!("{open}/withdraw");
        if page.contains(&away) {
            let page = get(connection, client, &away).await?.text();
            let form = Fields::of(&page, "撤回申请").context("no way to withdraw")?;
            return timed(connection, &client.form_request(&form, &[]))
                .await
                .map(Some);
        }
    }
    let targets = get(
        connection,
        client,
        "/member/transfers/new/target?reason=regroup",
    )
    .await?
    .text();
    let forms: Vec<String> = targets
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.starts_with("/member/transfers/new/form?"))
        .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
        .collect();
    if forms.is_empty() {
        return Ok(None);
    }
    let page = get(connection, client, &forms[draw % forms.len()])
        .await?
        .text();
    let Some(form) = Fields::of(&page, "name=\"target\"") else {
        return Ok(None);
    };
    // Who has no phone on file has to name one.
    let request = client.form_request_with(
        &form,
        &[("contact", "10000000001")],
        &[("remark", "班级调整，申请转入新的团支部")],
    );
    let (time, answer) = timed(connection, &request).await?;
    // Who joined lately may not move before the certification: a refusal by the rules is no fault.
    if answer.status == 422 && answer.text().contains("须先完成团员身份认证") {
        return Ok(None);
    }
    Ok(Some((time, answer)))
}

async fn get(connection: &mut Connection, client: &Client, path: &str) -> Result<Answer> {
    connection.ask(&client.get_request(path, false)).await
}

async fn timed(
    connection: &mut Connection,
    request: &[u8],
) -> Result<(std::time::Duration, Answer)> {
    let began = std::time::Instant::now();
    let answer = connection.ask(request).await?;
    Ok((began.elapsed(), answer))
}

/// The cases an inbox lists, each opened beside the list.
fn cases(inbox: &str) -> Vec<String> {
    inbox
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.starts_with("/console/inbox?case="))
        .map(str::to_owned)
        .collect()
}

/// The first value a select offers.
fn option(page: &str, name: &str) -> Option<String> {
    let rest = page.split_once(&format!("name=\"{name}\""))?.1;
    let list = rest.split("</select>").next()?;
    list.split("<option value=\"")
        .skip(1)
        .filter_map(|o| o.split('"').next())
        .find(|value| !value.is_empty())
        .map(str::to_owned)
}
