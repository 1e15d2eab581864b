//! 交接组织账号 (ACC-31).

use super::{
    fault::Fault,
    first::{code_limits, password_hint},
    need_sms,
};
use crate::{
    Policy,
    actions::holder::{self, Typed},
};
use base::Error;
use orgs::Org;
use uuid::Uuid;
use web::prelude::*;

#[derive(Template)]
#[template(path = "holder.html")]
struct View {
    shell: Shell,
    org: String,
    now: String,
    typed: Typed,
    fault: Fault,
    sent: bool,
    hint: String,
}

/// The organisation whose account this is.
async fn own(ctx: &Ctx) -> Result<(Org, Uuid)> {
    let policy = ctx.app.policy::<Policy>();
    if ctx.me.person.is_some() || policy.uses_admin_codes() {
        return Err(Error::NotFound.into());
    }
    let org = ctx.org()?.id;
    need_sms(policy)?;
    let mut reader = ctx.read().await?;
    let org = orgs::find(&mut reader, org).await?.ok_or(Error::NotFound)?;
    Ok((org, ctx.me.account))
}

async fn view(
    ctx: &Ctx,
    status: StatusCode,
    typed: Typed,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let (org, account) = own(ctx).await?;
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let (name, phone) = holder::holder(&mut reader, &keys, &org, account).await?;
    let phone = phone
        .map(|p| format!("，{}", p.masked()))
        .unwrap_or_default();
    let view = View {
        shell: ctx.shell(&mut reader, "交接组织账号", "").await?,
        org: org.full_name,
        now: format!("{name}{phone}"),
        typed: Typed {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        fault,
        sent,
        hint: password_hint(ctx.app.policy(), true),
    };
    page(status, &view)
}

/// `GET /account/holder`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    view(
        &ctx,
        StatusCode::OK,
        Typed::default(),
        Fault::default(),
        false,
    )
    .await
}

/// `POST /account/holder/code`
pub(super) async fn send(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    own(&ctx).await?;
    let mut tx = ctx.begin().await?;
    let limits = code_limits(ctx.app.policy());
    let sent = holder::send(&mut tx, limits, ctx.app.reserved(), &form.input).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            view(&ctx, StatusCode::OK, form.input, Fault::default(), true).await
        }
        Err(fault) => {
            drop(tx);
            view(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
            )
            .await
        }
    }
}

/// `POST /account/holder`
pub(super) async fn submit(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let (org, account) = own(&ctx).await?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let (db, policy) = (ctx.app.db(), ctx.app.policy::<Policy>());
    let reserved = ctx.app.reserved();
    let done = holder::hand_over(&mut tx, db, policy, reserved, (&org, account), &form.input).await;
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_to("/login?done=holder").await?;
            Ok(see_other("/login?done=holder"))
        }
        Err(fault) => {
            drop(tx);
            view(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
            )
            .await
        }
    }
}
