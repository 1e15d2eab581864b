//! 审计员 (ACC-85, SEC-13): the root's administrators confirm and end them; an auditor says what a session is for.

use super::fault::Fault;
use crate::{actions::auditors, store};
use base::{business_date, format_moment};
use chrono::TimeDelta;
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

struct Line {
    id: Uuid,
    name: String,
    reason: String,
    until: String,
    state: &'static str,
    proposed: String,
    decided: String,
    open: bool,
    waiting: bool,
}

#[derive(Template)]
#[template(path = "auditors.html")]
struct AuditorsPage {
    shell: Shell,
    lines: Vec<Line>,
    fault: Fault,
}

async fn list(ctx: &Ctx, fault: Fault) -> Result<Response> {
    auditors::may_decide(&ctx.actor)?;
    let mut reader = ctx.read().await?;
    let now = ctx.now();
    let lines = store::auditor::terms(&mut reader)
        .await?
        .into_iter()
        .map(|term| {
            let over = term.until <= now;
            Line {
                state: match term.state.as_str() {
                    "proposed" if over => "已过期",
                    "proposed" => "等待确认",
                    "confirmed" if over => "已到期",
                    "confirmed" => "在任",
                    "declined" => "已拒绝",
                    _ => "已结束",
                },
                open: term.state == "confirmed" && !over,
                waiting: term.state == "proposed" && !over,
                id: term.term_id,
                name: term.name,
                reason: term.reason,
                until: business_date(term.until - TimeDelta::seconds(1)).to_string(),
                proposed: business_date(term.proposed_at).to_string(),
                decided: match (term.decided_by, term.decided_at) {
                    (Some(by), Some(at)) => format!("{by} {}", format_moment(at, now)),
                    _ => String::new(),
                },
            }
        })
        .collect();
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let shell = ctx.shell(&mut reader, "审计员", "/console/grants").await?;
    page(
        status,
        &AuditorsPage {
            shell,
            lines,
            fault,
        },
    )
}

/// `GET /console/auditors`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    list(&ctx, Fault::default()).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Act {
    act: String,
}

/// `POST /console/auditors/{id}`
pub(super) async fn decide(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Act>) -> Result<Response> {
    auditors::may_decide(&ctx.actor)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = match form.input.act.as_str() {
        "confirm" => auditors::decide(&mut tx, id, true).await,
        "decline" => auditors::decide(&mut tx, id, false).await,
        "end" => auditors::end(&mut tx, id).await,
        _ => Err(base::Error::NotFound),
    };
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_to("/console/auditors").await?;
            Ok(see_other("/console/auditors"))
        }
        Err(fault) => {
            drop(tx);
            list(&ctx, fault).await
        }
    }
}

#[derive(Template)]
#[template(path = "purpose.html")]
struct PurposePage {
    shell: Shell,
    typed: String,
    fault: Fault,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    purpose: String,
}

async fn purpose_page(ctx: &Ctx, typed: String, fault: Fault) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let shell = ctx.shell(&mut reader, "写明用途", "").await?;
    page(
        status,
        &PurposePage {
            shell,
            typed,
            fault,
        },
    )
}

/// `GET /account/purpose`
pub(super) async fn ask(ctx: Ctx) -> Result<Response> {
    if ctx.me.gate != Some("/account/purpose") {
        return Ok(see_other("/"));
    }
    purpose_page(&ctx, String::new(), Fault::default()).await
}

/// `POST /account/purpose`
pub(super) async fn state(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    if ctx.me.gate != Some("/account/purpose") {
        return Ok(see_other("/"));
    }
    let mut tx = ctx.begin().await?;
    let stated = auditors::state_purpose(&mut tx, &ctx.me.session, &form.input.purpose).await;
    match Fault::of(stated)? {
        Ok(()) => {
            tx.commit().await?;
            Ok(see_other("/console"))
        }
        Err(fault) => {
            drop(tx);
            purpose_page(&ctx, form.input.purpose, fault).await
        }
    }
}
