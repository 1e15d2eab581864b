//! 组织关系转接 on the console: 待我审核 leads to the inbox, 在途 and 已办 list by organisation.

use super::view::{left, urgency};
use crate::policy::Policy;
use crate::rules::{Kind, Reason, State, Step, may_start};
use crate::store::{self, Filter, ListRow};
use access::Permission;
use base::{TransferId, format_moment};
use chrono::{DateTime, Utc};
use uuid::Uuid;
use web::list::{Chip, Choice, ListState, Page, Place};
use web::prelude::*;

const HERE: &str = "/console/transfers";

struct Line {
    own: String,
    href: String,
    number: i64,
    name: String,
    side: &'static str,
    other: String,
    reason: &'static str,
    kind: &'static str,
    handover: bool,
    state: &'static str,
    tone: &'static str,
    step: &'static str,
    left: String,
    left_tone: &'static str,
    touched: String,
}

fn line(row: &ListRow, owns: &[orgs::Org], now: DateTime<Utc>) -> Line {
    let due = row.due_at.filter(|_| row.state.is_open());
    let own = owns.iter().find(|org| org.id == row.org);
    Line {
        own: own.map(|org| org.short_name.clone()).unwrap_or_default(),
        href: format!("{HERE}/{}/{}", row.person, row.id),
        number: row.number,
        name: row.name.clone(),
        side: if row.is_in { "转入" } else { "转出" },
        other: row.other_name.clone(),
        reason: row.reason.map_or("", Reason::label),
        kind: row.kind.map_or("", Kind::label),
        handover: row.is_handover,
        state: row.state.label(),
        tone: row.state.tone(),
        step: row.step.map_or("", Step::label),
        left: due.map_or_else(|| "无期限".into(), |due| left(due, now)),
        left_tone: due.map_or("", |due| urgency(due, now)),
        touched: format_moment(row.touched_at, now),
    }
}

#[derive(Template)]
#[template(path = "lists.html", blocks = ["rows"])]
struct ListView {
    shell: Shell,
    /// The reader has subordinates, so that lines say whose they are.
    above: bool,
    open: bool,
    counts: (i64, i64),
    waiting: Vec<(&'static str, i64)>,
    page: Page<Line>,
    state: ListState,
    sides: Vec<Choice>,
    reasons: Vec<Choice>,
    chips: Vec<Chip>,
    starts: Vec<(&'static str, &'static str)>,
    why_no_start: String,
}

impl ListView {
    /// The inbox with one type of to-do.
    fn inbox(&self, todo: &str) -> String {
        format!("/console/inbox?kind={}", web::list::encode(todo))
    }
    fn all_waiting(&self) -> i64 {
        self.waiting.iter().map(|(_, count)| count).sum()
    }
    /// Open ones (0) or ended ones (1); a count that stopped says so.
    fn count(&self, which: usize) -> String {
        let (n, most) = match which {
            0 => (self.counts.0, store::COUNTED[0]),
            _ => (self.counts.1, store::COUNTED[1]),
        };
        let more = if n > most { "+" } else { "" };
        format!("{}{more}", base::text::thousands(n.min(most)))
    }
    fn shown(&self) -> String {
        format!("本页 {} 件", self.page.rows.len())
    }
}

fn key(row: &ListRow) -> Vec<String> {
    vec![
        row.touched_at.timestamp_micros().to_string(),
        row.id.to_string(),
    ]
}

fn cursor(parts: &[String]) -> Option<(DateTime<Utc>, TransferId)> {
    let at = DateTime::from_timestamp_micros(parts.first()?.parse().ok()?)?;
    Some((at, TransferId(parts.get(1)?.parse::<Uuid>().ok()?)))
}

/// A transfer found by its number.
pub struct NumberHit {
    /// Its page.
    pub href: String,
    /// 转接编号.
    pub title: String,
    /// Who, from where or to where.
    pub detail: String,
    /// Where it stands.
    pub state: &'static str,
}

/// The transfer of this number, if the reader may see it (PEER-06).
pub async fn numbered(
    ctx: &Ctx,
    reader: &mut db::Reader,
    text: &str,
) -> base::Result<Vec<NumberHit>> {
    let Ok(number) = text.parse() else {
        return Ok(Vec::new());
    };
    let scope = ctx.actor.scope(Permission::ViewTransfers);
    let row = store::numbered(reader, &scope, number).await?;
    Ok(row
        .into_iter()
        .map(|row| NumberHit {
            href: format!("{HERE}/{}/{}", row.person, row.id),
            title: format!("转接 {}", row.number),
            detail: format!(
                "{}{}{}",
                row.name,
                if row.is_in { "，由" } else { "，转往" },
                row.other_name
            ),
            state: row.state.label(),
        })
        .collect())
}

/// The lists with their filters in the address.
pub async fn transfer_lists(
    ctx: Ctx,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewTransfers, &own)?;
    let policy = ctx.app.policy::<Policy>();
    let list = ListState::new(
        HERE,
        &query,
        &["tab", "org", "side", "reason", "name", "state"],
    );
    let mut scope = ctx.actor.scope(Permission::ViewTransfers);
    let mut reader = ctx.read().await?;
    // One subtree of what may be seen, as figures of an organisation lead here (FLD-09).
    let within = match list.get("org").parse::<i64>() {
        Ok(number) => {
            let org = orgs::by_number(&mut reader, number).await?;
            let org = org.ok_or(base::Error::NotFound)?;
            scope = scope.within(&org.path).ok_or(base::Error::NotFound)?;
            Some(org)
        }
        Err(_) => None,
    };
    let now = reader.now();
    let filter = Filter {
        open: list.get("tab") != "done",
        side: list.some("side").map(str::to_owned),
        reason: list.some("reason").map(str::to_owned),
        name: list.some("name").map(str::to_owned),
        state: list.some("state").map(str::to_owned),
    };
    let (size, place) = (list.size(50), list.place(2));
    let (after, before) = match &place {
        Place::First => (None, None),
        Place::After(at) => (cursor(&at.0), None),
        Place::Before(at) => (None, cursor(&at.0)),
    };
    let rows = store::list(&mut reader, &scope, &filter, after, before, size + 1).await?;
    let rows = Page::new(rows, size, &place, &list, key);
    let mut ids: Vec<_> = rows.rows.iter().map(|row| row.org).collect();
    ids.sort();
    ids.dedup();
    let owns = orgs::find_many(&mut reader, &ids).await?;
    let mut chips = Vec::new();
    if let Some(org) = within {
        chips.push(Chip {
            label: format!("组织 {}", org.short_name),
            remove: list.without("org"),
        });
    }
    if let Some(reason) = Reason::from_code(list.get("reason")) {
        chips.push(Chip {
            label: reason.label().into(),
            remove: list.without("reason"),
        });
    }
    if let Some(name) = list.some("name") {
        chips.push(Chip {
            label: format!("姓名 {name}"),
            remove: list.without("name"),
        });
    }
    if list.some("state").is_some() {
        chips.push(Chip {
            label: State::from_code(list.get("state")).label().into(),
            remove: list.without("state"),
        });
    }
    let starts: Vec<_> = [
        (Kind::PullIn, "/console/transfers/in", "办理转入"),
        (Kind::BranchOut, "/console/transfers/out", "办理转出"),
        (Kind::Batch, "/console/transfers/batch", "批量转接"),
    ]
    .into_iter()
    .filter(|(kind, ..)| {
        ctx.actor.may(Permission::StartTransfers, &own)
            && may_start(*kind, own.category, policy).is_ok()
    })
    .map(|(_, href, label)| (href, label))
    .collect();
    let why_no_start = if starts.is_empty() {
        may_start(Kind::BranchOut, own.category, policy)
            .err()
            .map_or_else(
                || "您可以查看，发起转接由组织管理员办理。".into(),
                |fault| fault.message,
            )
    } else {
        String::new()
    };
    let counts = store::tallies(&mut reader, &scope).await?;
    let waiting = crate::case::waiting(&mut reader, own.id, ctx.app.policy()).await?;
    let view = ListView {
        shell: ctx.shell(&mut reader, "关系转接", HERE).await?,
        above: own.category != base::OrgCategory::Branch,
        open: filter.open,
        counts,
        waiting,
        page: Page {
            rows: rows.rows.iter().map(|row| line(row, &owns, now)).collect(),
            before: rows.before,
            after: rows.after,
        },
        sides: Choice::list(
            [("", "转入和转出"), ("in", "转入"), ("out", "转出")],
            list.get("side"),
        ),
        reasons: Choice::list(
            std::iter::once(("", "全部原因"))
                .chain(Reason::ALL.iter().map(|r| (r.code(), r.label()))),
            list.get("reason"),
        ),
        chips,
        state: list,
        starts,
        why_no_start,
    };
    page(StatusCode::OK, &view)
}
