//! 回收站 (ORG-B4): organisations deleted within thirty days, brought back.

use super::faults::refusal;
use crate::Policy;
use crate::actions::removal as actions;
use access::Permission;
use base::{Error, OrgId, Refused, format_moment};
use chrono::TimeDelta;
use orgs::Org;
use serde::Deserialize;
use web::prelude::*;

struct Line {
    org: Org,
    at: String,
    days: i64,
}

#[derive(Template)]
#[template(path = "recycle.html")]
struct View {
    shell: Shell,
    lines: Vec<Line>,
    days: i64,
    fault: Option<Refused>,
}

async fn view(ctx: &Ctx, fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::RemoveSubordinates, &own)?;
    let days = ctx.app.policy::<Policy>().restore_days;
    let now = reader.now();
    let found = orgs::deleted_below(&mut reader, own.id, now - TimeDelta::days(days)).await?;
    Ok(View {
        lines: found
            .into_iter()
            .map(|(org, at)| Line {
                org,
                at: format_moment(at, now),
                days: (days - (now - at).num_days()).max(0),
            })
            .collect(),
        shell: ctx
            .shell(&mut reader, "回收站", "/console/subordinates")
            .await?,
        days,
        fault,
    })
}

/// `GET /console/recycle`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let view = view(&ctx, None).await?;
    page(StatusCode::OK, &view)
}

/// Which comes back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    org: String,
}

/// `POST /console/recycle`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let id: OrgId = form.input.org.parse().map_err(|_| Error::NotFound)?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    match actions::restore(&mut tx, &org, ctx.app.policy()).await {
        Ok(()) => {
            tx.commit_to("/console/subordinates").await?;
            Ok(see_other("/console/subordinates"))
        }
        Err(error) => {
            drop(tx);
            let view = view(&ctx, Some(refusal(error)?)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
