//! The message boxes: console, cadre phone, member phone. One list, three frames.

use crate::rules::{KINDS, Message, Receiver, kind_label};
use crate::store::{self, Filter};
use access::Port;
use base::{Error, MessageId, format_moment};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;
use web::list::{Choice, ListState, Page, Place};
use web::prelude::*;
use web::{Access, Routes};

/// Routes of this capability.
pub fn routes() -> Routes {
    Routes::new()
        .get("/messages", Access::SignedIn, list)
        .get("/member/messages", Access::SignedIn, list)
        .get("/cadre/messages", Access::SignedIn, list)
        .post("/messages/read", Access::SignedIn, read)
        .post("/member/messages/read", Access::SignedIn, read)
        .post("/cadre/messages/read", Access::SignedIn, read)
        .post("/messages/read-all", Access::SignedIn, read_all)
        .post("/member/messages/read-all", Access::SignedIn, read_all)
        .post("/cadre/messages/read-all", Access::SignedIn, read_all)
}

/// The boxes a reader opens: the own, and the organisation's for its administrators and operators (COM-03). The member
/// port shows the own one only.
pub fn boxes(ctx: &Ctx) -> Vec<Receiver> {
    let org = ctx
        .actor
        .acting
        .as_ref()
        .filter(|grant| grant.role.administers() && ctx.port() != Port::Member)
        .map(|grant| Receiver::Org(grant.org.id));
    ctx.me
        .person
        .map(Receiver::Person)
        .into_iter()
        .chain(org)
        .collect()
}

fn base_of(ctx: &Ctx) -> &'static str {
    match ctx.port() {
        Port::Member => "/member/messages",
        Port::Cadre => "/cadre/messages",
        _ => "/messages",
    }
}

struct Line {
    id: MessageId,
    kind: &'static str,
    title: String,
    body: Vec<String>,
    leads: bool,
    merged: i32,
    needs_confirm: bool,
    unread: bool,
    for_org: bool,
    when: String,
}

struct Box_ {
    base: &'static str,
    page: Page<Line>,
    kinds: Vec<Choice>,
    unread_only: bool,
    filtered: bool,
    unread: i64,
    all_link: String,
    unread_link: String,
    until: String,
    kind: String,
}

#[derive(Template)]
#[template(path = "messages.html", blocks = ["rows"])]
struct Console {
    shell: Shell,
    b: Box_,
}

#[derive(Template)]
#[template(path = "messages_phone.html")]
struct Phone {
    shell: Shell,
    b: Box_,
}

fn key(message: &Message) -> Vec<String> {
    vec![
        message
            .at
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        message.id.to_string(),
    ]
}

fn unkey(parts: &[String]) -> Option<(DateTime<Utc>, Uuid)> {
    Some((parts.first()?.parse().ok()?, parts.get(1)?.parse().ok()?))
}

async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let base = base_of(&ctx);
    let state = ListState::new(base, &query, &["kind", "unread"]);
    let boxes = boxes(&ctx);
    let size = state.size(10);
    let place = state.place(2);
    let (from, backwards) = match &place {
        Place::First => (None, false),
        Place::After(cursor) => (unkey(&cursor.0), false),
        Place::Before(cursor) => (unkey(&cursor.0), true),
    };
    let filter = Filter {
        kind: state.some("kind"),
        unread: state.get("unread") == "1",
        backwards: backwards && from.is_some(),
        from,
        limit: size + 1,
    };
    let mut reader = ctx.read().await?;
    let rows = store::page(&mut reader, &boxes, &filter).await?;
    let unread = store::unread(&mut reader, &boxes).await?;
    let now = ctx.now();
    let page_of = Page::new(rows, size, &place, &state, key);
    let person = ctx.me.person;
    let line = |m: Message| Line {
        id: m.id,
        kind: kind_label(&m.kind),
        body: m.body.lines().map(str::to_owned).collect(),
        leads: m.jump.is_some(),
        merged: m.merged,
        needs_confirm: m.needs_confirm,
        unread: m.read_at.is_none(),
        for_org: person.is_none_or(|p| p.0 != m.receiver),
        when: format_moment(m.at, now),
        title: m.title,
    };
    let b = Box_ {
        base,
        page: Page {
            rows: page_of.rows.into_iter().map(line).collect(),
            before: page_of.before,
            after: page_of.after,
        },
        kinds: Choice::list(
            std::iter::once(("", "所有类型")).chain(KINDS),
            state.get("kind"),
        ),
        unread_only: filter.unread,
        filtered: filter.unread || filter.kind.is_some(),
        unread,
        all_link: state.without("unread"),
        unread_link: state.with("unread", "1"),
        until: now.to_rfc3339(),
        kind: state.get("kind").to_owned(),
    };
    match ctx.port() {
        Port::Console => {
            let shell = ctx.shell(&mut reader, "站内消息", "/messages").await?;
            let view = Console { shell, b };
            if ctx.is_htmx() {
                let html = view
                    .as_rows()
                    .render()
                    .map_err(|e| Error::Internal(e.into()))?;
                return Ok(axum::response::Html(html).into_response());
            }
            page(StatusCode::OK, &view)
        }
        port => {
            let place = if port == Port::Member {
                "/member/messages"
            } else {
                "/cadre/messages"
            };
            let shell = ctx.shell(&mut reader, "我的消息", place).await?;
            page(StatusCode::OK, &Phone { shell, b })
        }
    }
}

#[derive(Deserialize, Default)]
struct ReadOne {
    #[serde(default)]
    id: String,
    /// `1`: go where it leads.
    #[serde(default)]
    go: String,
}

/// One read, or 我已知晓; the title's button then goes where the message leads.
async fn read(ctx: Ctx, form: Form<ReadOne>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let id: MessageId = form.input.id.parse().map_err(|_| Error::NotFound)?;
    let jump = store::read_one(&mut tx, &boxes(&ctx), id)
        .await?
        .ok_or(Error::NotFound)?;
    let to = match jump {
        Some(place)
            if form.input.go == "1" && place.starts_with('/') && !place.starts_with("//") =>
        {
            place
        }
        _ => base_of(&ctx).to_owned(),
    };
    // Read marks are no business data, and setting one twice is setting it once.
    tx.commit_housekeeping().await?;
    Ok(see_other(&to))
}

#[derive(Deserialize, Default)]
struct ReadAll {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    until: String,
}

/// 全部已读 (COM-07).
async fn read_all(ctx: Ctx, form: Form<ReadAll>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    // What came after the page was shown stays unread.
    let until = form.input.until.parse().unwrap_or_else(|_| tx.now());
    let kind = Some(form.input.kind.as_str()).filter(|kind| !kind.is_empty());
    store::read_all(&mut tx, &boxes(&ctx), kind, until).await?;
    tx.commit_housekeeping().await?;
    Ok(see_other(base_of(&ctx)))
}
