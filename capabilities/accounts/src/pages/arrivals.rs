//! 报到核对 of a branch, 无法注册登记 of branches and committees (ACC-47).

use super::fault::Fault;
use crate::{actions::arrivals, rules::arrival::Compared, store, store::arrival::Row};
use access::Permission;
use base::{Error, OrgId, format_moment};
use orgs::Org;
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;
use web::prelude::*;

const HERE: &str = "/console/arrivals";

struct Line {
    branch: Uuid,
    id: Uuid,
    org: String,
    name: String,
    reason: String,
    when: String,
    state: &'static str,
    answer: String,
    waits: bool,
}

#[derive(Template)]
#[template(path = "arrivals.html")]
struct View {
    shell: Shell,
    org: Org,
    typed: Sent,
    fault: Fault,
    found: Option<Compared>,
    lines: Vec<Line>,
    may_pass_on: bool,
}

/// What any of the forms sends.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Sent {
    /// `check`, `note`, `pass_on`, `answer`.
    go: String,
    names: String,
    number: String,
    name: String,
    reason: String,
    branch: String,
    id: String,
    answer: String,
}

async fn own(ctx: &Ctx, reader: &mut db::Reader) -> Result<Org> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    Ok(orgs::find(reader, me.id).await?.ok_or(Error::NotFound)?)
}

async fn view(
    ctx: &Ctx,
    status: StatusCode,
    typed: Sent,
    fault: Fault,
    found: Option<Compared>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = own(ctx, &mut reader).await?;
    let rows = if org.is_branch() {
        store::arrival::of_branch(&mut reader, org.id).await?
    } else {
        store::arrival::at_desk(&mut reader, org.id).await?
    };
    let mut ids: Vec<OrgId> = rows.iter().map(|r| OrgId(r.org_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let names: HashMap<OrgId, String> = orgs::find_many(&mut reader, &ids)
        .await?
        .into_iter()
        .map(|o| (o.id, o.short_name))
        .collect();
    let now = ctx.now();
    let line = |row: Row| Line {
        org: names.get(&OrgId(row.org_id)).cloned().unwrap_or_default(),
        branch: row.org_id,
        id: row.note_id,
        name: row.name,
        reason: row.reason,
        when: format_moment(row.noted_at, now),
        state: match (row.answered_at, row.passed_at) {
            (Some(_), _) => "已答复",
            (None, Some(_)) => "已转报上级",
            (None, None) => "待上级处理",
        },
        waits: row.answered_at.is_none(),
        answer: row
            .answer
            .map(|words| format!("{}：{words}", row.answered_by.unwrap_or_default()))
            .unwrap_or_default(),
    };
    let may = ctx.actor.may(Permission::EditOrg, &org.to_ref());
    let title = if org.is_branch() {
        "报到核对"
    } else {
        "无法注册登记"
    };
    let view = View {
        shell: ctx.shell(&mut reader, title, HERE).await?,
        may_pass_on: may && org.parent.is_some(),
        lines: rows.into_iter().map(line).collect(),
        org,
        typed,
        fault,
        found,
    };
    page(status, &view)
}

/// `GET /console/arrivals`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    view(
        &ctx,
        StatusCode::OK,
        Sent::default(),
        Fault::default(),
        None,
    )
    .await
}

/// `POST /console/arrivals`
pub(super) async fn act(ctx: Ctx, form: Form<Sent>) -> Result<Response> {
    let sent = form.input;
    let mut reader = ctx.read().await?;
    let org = own(&ctx, &mut reader).await?;
    if sent.go == "check" {
        if !org.is_branch() {
            return Err(Error::NotFound.into());
        }
        let found = arrivals::check(&mut reader, org.id, &sent.names, &sent.number).await;
        drop(reader);
        return match Fault::of(found)? {
            Ok(found) => view(&ctx, StatusCode::OK, sent, Fault::default(), Some(found)).await,
            Err(fault) => view(&ctx, StatusCode::UNPROCESSABLE_ENTITY, sent, fault, None).await,
        };
    }
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let about = (sent.branch.parse::<Uuid>(), sent.id.parse::<Uuid>());
    let done = match (sent.go.as_str(), about) {
        ("note", _) if org.is_branch() => {
            arrivals::note(&mut tx, &org, &sent.name, &sent.reason).await
        }
        ("pass_on", (Ok(branch), Ok(id))) => arrivals::pass_on(&mut tx, &org, branch, id).await,
        ("answer", (Ok(branch), Ok(id))) => {
            arrivals::answer(&mut tx, &org, branch, id, &sent.answer).await
        }
        _ => Err(Error::NotFound),
    };
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(fault) => {
            drop(tx);
            view(&ctx, StatusCode::UNPROCESSABLE_ENTITY, sent, fault, None).await
        }
    }
}
