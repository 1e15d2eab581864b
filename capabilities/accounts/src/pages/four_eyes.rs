//! 双人复核 (ACC-B11): which acts of the organisation a second administrator confirms.

use super::fault::Fault;
use crate::actions::four_eyes as actions;
use access::Permission;
use approvals::four_eyes::{Act, HOURS, modes};
use base::{Error, business_date};
use serde::Deserialize;
use web::prelude::*;

const HERE: &str = "/console/four-eyes";

struct Row {
    code: &'static str,
    label: &'static str,
    /// Since when and by whom; empty while it is off.
    since: String,
}

#[derive(Template)]
#[template(path = "four_eyes.html")]
struct FourEyesPage {
    shell: Shell,
    org: String,
    hours: u32,
    rows: Vec<Row>,
    done: String,
    fault: Fault,
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    act: String,
    /// `on`, `off`.
    to: String,
    done: String,
}

async fn view(ctx: &Ctx, done: String, fault: Fault) -> Result<FourEyesPage> {
    let own = ctx.org()?;
    ctx.actor.require(Permission::ManageGrants, own)?;
    let mut reader = ctx.read().await?;
    let org = orgs::find(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let on = modes(&mut reader, own.id).await?;
    let by_code = ctx.app.policy::<crate::Policy>().reset.by_code;
    let offered = Act::ALL
        .into_iter()
        .filter(|act| ctx.actor.may(act.permission(), own))
        .filter(|act| *act != Act::MassReset || by_code);
    let rows = offered.map(|act| Row {
        code: act.code(),
        label: act.label(),
        since: on
            .iter()
            .find(|mode| mode.act == act.code())
            .map_or(String::new(), |mode| {
                format!("{} 起，由{}开启", business_date(mode.since), mode.set_by)
            }),
    });
    Ok(FourEyesPage {
        rows: rows.collect(),
        shell: ctx
            .shell(&mut reader, "双人复核", "/console/grants")
            .await?,
        org: org.full_name,
        hours: HOURS,
        done,
        fault,
    })
}

/// `GET /console/four-eyes`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input.done, Fault::default()).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/four-eyes`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let act = Act::from_code(&form.input.act).ok_or(Error::NotFound)?;
    let org = orgs::find(&mut tx, ctx.org()?.id)
        .await?
        .ok_or(Error::NotFound)?;
    let done = actions::choose(&mut tx, &org, act, form.input.to == "on").await;
    match Fault::of(done)? {
        Ok(on) => {
            let place = format!("{HERE}?done={}", if on { "on" } else { "asked" });
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(fault) => {
            drop(tx);
            let view = view(&ctx, String::new(), fault).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
