//! 更换联系电话 and 修改企业微信名称 (FLD-06, FLD-08).

use super::faults::Faults;
use crate::rules::OrgInfo;
use crate::{Policy, actions, store};
use access::Permission;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use base::Error;
use serde::Deserialize;
use web::{Ctx, Form, Result, Shell, page, see_other};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Phone,
    Alias,
}

#[derive(Template)]
#[template(path = "contact.html")]
struct Page {
    shell: Shell,
    info: OrgInfo,
    which: Which,
    typed: Typed,
    most: usize,
    faults: Faults,
}

/// What was typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    phone: String,
    again: String,
    alias: String,
}

async fn show(ctx: &Ctx, which: Which, typed: Typed, faults: Faults) -> Result<Response> {
    let own = ctx.org()?.clone();
    let most = ctx.app.policy::<Policy>().alias_max;
    if which == Which::Alias && most == 0 {
        return Err(Error::NotFound.into());
    }
    ctx.actor.require(Permission::EditOrg, &own)?;
    let mut reader = ctx.read().await?;
    let info = store::information(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let (title, place) = match which {
        Which::Phone => ("更换联系电话", "/console/info"),
        Which::Alias => ("修改企业微信名称", "/console/alias"),
    };
    let status = if faults.0.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = Page {
        shell: ctx.shell(&mut reader, title, place).await?,
        info,
        which,
        typed,
        most,
        faults,
    };
    page(status, &view)
}

/// `GET /console/info/phone`
pub(super) async fn phone(ctx: Ctx) -> Result<Response> {
    show(&ctx, Which::Phone, Typed::default(), Faults::default()).await
}

/// `GET /console/alias`
pub(super) async fn alias(ctx: Ctx) -> Result<Response> {
    show(&ctx, Which::Alias, Typed::default(), Faults::default()).await
}

async fn submit(ctx: Ctx, which: Which, form: Form<Typed>) -> Result<Response> {
    let own = ctx.org()?.clone();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let typed = &form.input;
    let done = match which {
        Which::Phone => {
            let reserved = ctx.app.reserved();
            actions::change_phone(&mut tx, own.id, &typed.phone, &typed.again, reserved).await
        }
        Which::Alias => {
            actions::change_alias(&mut tx, own.id, &typed.alias, ctx.app.policy()).await
        }
    };
    match done {
        Ok(()) => {
            tx.commit_to("/console/info?saved=1").await?;
            Ok(see_other("/console/info?saved=1"))
        }
        Err(refusal) => {
            drop(tx);
            show(&ctx, which, form.input, Faults::of(refusal)?).await
        }
    }
}

/// `POST /console/info/phone`
pub(super) async fn submit_phone(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    submit(ctx, Which::Phone, form).await
}

/// `POST /console/alias`
pub(super) async fn submit_alias(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    submit(ctx, Which::Alias, form).await
}
