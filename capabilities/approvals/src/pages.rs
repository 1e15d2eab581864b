//! The inbox of the console and of the cadre phone, and the page of one case.

mod cadre;
mod decide;
mod inbox;
mod panel;

use crate::rules::{self, CaseKey, Urgency};
use crate::store::{self, Item, ItemFilter};
use access::Permission;
use base::{CaseId, OrgId, PersonId};
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;
use web::list::{ListState, Page, Place, encode};
use web::{Access, Ctx, Routes};

/// Routes of this capability. Who may decide is the engine's question; the routes ask for somebody who acts for an
/// organisation.
pub fn routes() -> Routes {
    let looks = Access::Needs(Permission::ViewOrg);
    Routes::new()
        .get("/console/inbox", looks, inbox::list)
        .post("/console/inbox/pass", looks, decide::bulk)
        .get("/console/cases/{subject}/{case}", looks, inbox::case)
        .post(
            "/console/cases/{subject}/{case}/decide",
            looks,
            decide::console,
        )
        .get("/cadre", looks, cadre::home)
        .get("/cadre/cases/{subject}/{case}", looks, cadre::case)
        .post("/cadre/cases/{subject}/{case}/decide", looks, decide::cadre)
}

/// Which items are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    /// What this organisation may decide, its own turn or its subordinates'.
    Waiting,
    /// Its own turn only.
    Mine,
    /// What it started or watches.
    Sent,
    /// What was decided.
    Done,
}

impl View {
    fn of(code: &str) -> Self {
        match code {
            "mine" => Self::Mine,
            "sent" => Self::Sent,
            "done" => Self::Done,
            _ => Self::Waiting,
        }
    }
}

/// `subject.case` in addresses and ticks.
fn key_text(key: CaseKey) -> String {
    format!("{}.{}", key.subject.0.simple(), key.case.0.simple())
}

fn key_of(text: &str) -> Option<CaseKey> {
    let (subject, case) = text.split_once('.')?;
    Some(CaseKey {
        subject: PersonId(subject.parse().ok()?),
        case: CaseId(case.parse().ok()?),
    })
}

/// A line of a list.
struct Line {
    /// With the step, as a tick sends it.
    tick: String,
    href: String,
    name: String,
    todo: String,
    title: String,
    summary: String,
    chip: String,
    /// What happens at the deadline.
    then: String,
    chip_class: &'static str,
    clock: bool,
    /// 代下级审核, 本组织发起 and the like.
    part: &'static str,
    done: String,
    current: bool,
}

/// Colour of what is left: red on the last day, yellow in the last third (COM-05).
fn chip_class(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Today => "tj-bad",
        Urgency::Soon => "tj-warn",
        Urgency::Later | Urgency::Open => "",
    }
}

fn line(item: &Item, view: View, href: String, current: bool, now: DateTime<Utc>) -> Line {
    let urgency = rules::urgency(item.arrived_at, item.deadline_at, now);
    let open = item.done_at.is_none();
    let watched = view == View::Sent;
    let chip = match item.deadline_at {
        _ if watched && open => "办理中".to_owned(),
        _ if watched => rules::CaseState::from_code(&item.done_how)
            .label()
            .to_owned(),
        Some(end) if open => rules::left(end, now),
        _ => String::new(),
    };
    Line {
        tick: format!("{}.{}", key_text(item.key), item.step_no),
        href,
        name: item.subject_name.clone(),
        todo: if watched {
            String::new()
        } else {
            item.todo.clone()
        },
        title: item.title.clone(),
        summary: item.summary.clone(),
        chip_class: if open && !watched {
            chip_class(urgency)
        } else {
            ""
        },
        then: item
            .deadline_at
            .filter(|_| open && !watched)
            .map_or_else(String::new, |end| {
                rules::late(end, item.deadline_outcome, now)
            }),
        clock: open && !watched && urgency <= Urgency::Soon,
        chip,
        part: match item.part.as_str() {
            "superior" => "下级组织的",
            "sent" => "本组织发起",
            "watch" => "关注",
            _ => "",
        },
        done: match item.done_at {
            Some(at) if !watched => rules::done_words(&item.done_how, &item.done_by, at, now),
            _ => String::new(),
        },
        current,
    }
}

/// The address of the list as it is, with another case shown.
fn address(path: &str, state: &ListState, case: Option<&str>) -> String {
    let mut query: Vec<String> = state
        .params()
        .iter()
        .filter(|(name, _)| name != "case" && name != "did")
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if let Some(case) = case {
        query.push(format!("case={case}"));
    }
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

fn sort_key(item: &Item, view: View) -> Vec<String> {
    let at = match view {
        View::Waiting | View::Mine => item.sort_at,
        View::Done => item.done_at.unwrap_or(item.sort_at),
        View::Sent => item.arrived_at,
    };
    vec![
        at.to_rfc3339_opts(SecondsFormat::Micros, true),
        item.key.case.to_string(),
    ]
}

/// One page of items.
async fn items(
    reader: &mut db::Reader,
    org: OrgId,
    state: &ListState,
    view: View,
    size: i64,
) -> base::Result<Page<Item>> {
    let place = state.place(2);
    let read = |parts: &[String]| -> Option<(DateTime<Utc>, Uuid)> {
        Some((parts.first()?.parse().ok()?, parts.get(1)?.parse().ok()?))
    };
    let from = match &place {
        Place::First => None,
        Place::After(cursor) | Place::Before(cursor) => read(&cursor.0),
    };
    let filter = ItemFilter {
        org,
        now: reader.now(),
        todo: state.some("kind"),
        own_only: view == View::Mine,
        backwards: from.is_some() && matches!(place, Place::Before(_)),
        from,
        limit: size + 1,
    };
    let rows = match view {
        View::Waiting | View::Mine => store::items_open(reader, &filter).await?,
        View::Done => store::items_done(reader, &filter).await?,
        View::Sent => store::items_watched(reader, &filter).await?,
    };
    let place = if from.is_some() { place } else { Place::First };
    Ok(Page::new(rows, size, &place, state, |item| {
        sort_key(item, view)
    }))
}

/// 其他组织还有〈n〉项 (COM-08): what waits for the reader's other organisations.
async fn elsewhere(reader: &mut db::Reader, ctx: &Ctx) -> base::Result<i64> {
    let own = ctx.actor.org().map(|org| org.id);
    let others: Vec<OrgId> = ctx
        .me
        .grants
        .iter()
        .map(|grant| grant.org.id)
        .filter(|org| Some(*org) != own)
        .collect();
    if others.is_empty() {
        return Ok(0);
    }
    let now = reader.now();
    Ok(store::waiting(reader, &others, now)
        .await?
        .iter()
        .map(|(_, n)| n)
        .sum())
}
