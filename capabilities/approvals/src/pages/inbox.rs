//! The console's inbox: list left, case right; and the page of one case.

use super::panel::{Panel, Typed, panel};
use super::{Line, View, address, elsewhere, items, key_of, key_text, line};
use crate::kinds::Kinds;
use crate::rules::CaseKey;
use crate::store;
use base::{CaseId, Error, OrgCategory, PersonId, text::thousands};
use db::Reader;
use uuid::Uuid;
use web::list::{Choice, ListState, Page};
use web::prelude::*;

const PATH: &str = "/console/inbox";

#[derive(Template)]
#[template(path = "inbox.html", blocks = ["panel"])]
struct Inbox {
    shell: Shell,
    lead: String,
    view: &'static str,
    tabs: Vec<Choice>,
    waiting: i64,
    kinds: Vec<Choice>,
    filtered: bool,
    lines: Page<Line>,
    panel: Option<Panel>,
    selected: bool,
    /// Whether ticked ones can be passed together.
    bulk: bool,
    back: String,
    notice: String,
    done: String,
    elsewhere: i64,
    back_query: String,
    order: &'static str,
    hundred: String,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    shell: Shell,
    panel: Option<Panel>,
    back: String,
    back_query: String,
    notice: String,
    selected: bool,
}

/// The list of a request.
pub(super) fn state_of(query: &[(String, String)]) -> ListState {
    ListState::new(PATH, query, &["kind", "view", "case", "did"])
}

pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    show(&ctx, &query, &Typed::default(), "", StatusCode::OK).await
}

/// The inbox with what was typed and a notice: for the list itself, for refused and for late decisions.
pub(super) async fn show(
    ctx: &Ctx,
    query: &[(String, String)],
    typed: &Typed,
    notice: &str,
    status: StatusCode,
) -> Result<Response> {
    let org = ctx.org()?.id;
    let state = state_of(query);
    let view = View::of(state.get("view"));
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let page_of = items(&mut reader, org, &state, view, state.size(10)).await?;
    let counts = store::counts(&mut reader, org, now).await?;
    let waiting: i64 = counts.iter().map(|w| w.all).sum();
    let today: i64 = counts.iter().map(|w| w.today).sum();
    let wanted = key_of(state.get("case"));
    let shown = wanted.or_else(|| page_of.rows.first().map(|item| item.key));
    let panel_of = match shown {
        Some(key) => Some(panel(ctx, &mut reader, key, typed).await?),
        None => None,
    };
    let shown_text = shown.map(key_text).unwrap_or_default();
    let types: Vec<String> = match view {
        View::Waiting | View::Mine => counts.into_iter().map(|w| w.todo).collect(),
        View::Done => store::todos(&mut reader, org).await?,
        View::Sent => Vec::new(),
    };
    let done = did(ctx, &mut reader, &state).await?;
    let mut kinds = Choice::list(std::iter::once(("", "所有类型")), "");
    kinds.extend(Choice::list(
        types.iter().map(|t| (t.as_str(), t.as_str())),
        state.get("kind"),
    ));
    let link = |key: &str| address(PATH, &state, Some(key));
    let lines = Page {
        rows: page_of
            .rows
            .iter()
            .map(|item| {
                let key = key_text(item.key);
                line(item, view, link(&key), key == shown_text, now)
            })
            .collect(),
        before: page_of.before,
        after: page_of.after,
    };
    let tab = |code: &str, label: &str| Choice {
        value: ListState::new(PATH, &[], &[]).with("view", code),
        label: label.to_owned(),
        selected: View::of(code) == view,
    };
    let mut tabs = vec![
        tab("", "待我审核"),
        tab("mine", "本级"),
        tab("sent", "发起与关注"),
        tab("done", "已办"),
    ];
    if ctx.org()?.category == OrgCategory::Branch {
        tabs.remove(1); // nothing stands below a branch
    }
    let elsewhere = elsewhere(&mut reader, ctx).await?;
    let shell = ctx.shell(&mut reader, "待办审核", PATH).await?;
    let inbox = Inbox {
        lead: if waiting == 0 {
            "没有等您办的事".to_owned()
        } else if today > 0 {
            format!(
                "待我审核 {} 件，{} 件今天到期",
                thousands(waiting),
                thousands(today)
            )
        } else {
            format!("待我审核 {} 件", thousands(waiting))
        },
        view: match view {
            View::Waiting => "",
            View::Mine => "mine",
            View::Sent => "sent",
            View::Done => "done",
        },
        tabs,
        waiting,
        kinds,
        filtered: state.some("kind").is_some(),
        bulk: matches!(view, View::Waiting | View::Mine)
            && lines.rows.iter().any(|l| l.current || !l.tick.is_empty()),
        selected: wanted.is_some(),
        back: address(PATH, &state, None),
        back_query: back_query(&state),
        order: if matches!(view, View::Waiting | View::Mine) {
            "最急在前"
        } else {
            "新的在前"
        },
        hundred: state.with("size", "100"),
        panel: panel_of,
        lines,
        notice: notice.to_owned(),
        done,
        elsewhere,
        shell,
    };
    if ctx.is_htmx() && status == StatusCode::OK {
        let html = inbox
            .as_panel()
            .render()
            .map_err(|e| Error::Internal(e.into()))?;
        return Ok(axum::response::Html(html).into_response());
    }
    page(status, &inbox)
}

/// Filters that a decision's form carries, so that the next case comes from the same list.
fn back_query(state: &ListState) -> String {
    let address = address("", state, None);
    address.trim_start_matches('?').to_owned()
}

/// What became of the case decided just before.
async fn did(ctx: &Ctx, reader: &mut Reader, state: &ListState) -> base::Result<String> {
    let Some(key) = key_of(state.get("did")) else {
        return Ok(String::new());
    };
    let Some(case) = store::find_case(reader, key).await? else {
        return Ok(String::new());
    };
    if crate::actions::sight(reader, &case, &ctx.actor)
        .await?
        .is_none()
    {
        return Ok(String::new());
    }
    let label = ctx.app.policy::<Kinds>().get(&case.kind)?.label();
    Ok(if case.is_open() {
        format!(
            "{}的{label}已办理，现在到“{}”",
            case.subject_name,
            case.step().name
        )
    } else {
        format!("{}的{label}{}", case.subject_name, case.state.label())
    })
}

pub(crate) async fn case(ctx: Ctx, Path((subject, case)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let key = CaseKey {
        subject: PersonId(subject),
        case: CaseId(case),
    };
    show_case(&ctx, key, &Typed::default(), "", StatusCode::OK).await
}

/// The page of one case.
pub(super) async fn show_case(
    ctx: &Ctx,
    key: CaseKey,
    typed: &Typed,
    notice: &str,
    status: StatusCode,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let panel = panel(ctx, &mut reader, key, typed).await?;
    let title = format!("{}的{}", panel.name, panel.label);
    let shell = ctx.shell(&mut reader, &title, PATH).await?;
    let view = CasePage {
        shell,
        panel: Some(panel),
        back: PATH.to_owned(),
        selected: true,
        back_query: "page=case".to_owned(),
        notice: notice.to_owned(),
    };
    page(status, &view)
}
