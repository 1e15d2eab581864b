//! 更换手机号 (ACC-56).

use super::{fault::Fault, first::code_limits, login::renew, need_sms};
use crate::{
    Policy,
    actions::phone::{self, Input, Own},
};
use base::{Error, Mobile};
use web::prelude::*;

#[derive(Template)]
#[template(path = "change_phone.html")]
struct PhonePage {
    shell: Shell,
    old: Option<String>,
    /// The number on file was named by the organisation and waits for the person's word (ORG-12).
    proposed: bool,
    input: Input,
    fault: Fault,
    sent: &'static str,
}

async fn phone_page(
    ctx: &Ctx,
    mut input: Input,
    fault: Fault,
    sent: &'static str,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (keys, person) = (reader.keys.clone(), ctx.person()?);
    let file = people::find(&mut reader, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let proposed = file.phone.as_ref().filter(|_| !file.phone_confirmed);
    if let (Some(phone), true) = (proposed, input.phone.is_empty()) {
        phone.reveal().clone_into(&mut input.phone);
    }
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = PhonePage {
        shell: ctx.shell(&mut reader, "更换手机号", "").await?,
        old: phone::old(&file).map(Mobile::masked),
        proposed: proposed.is_some(),
        input,
        fault,
        sent,
    };
    page(status, &view)
}

/// `GET /account/phone`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    need_sms(ctx.app.policy())?;
    phone_page(&ctx, Input::default(), Fault::default(), "").await
}

async fn send(ctx: Ctx, input: Input, to_old: bool) -> Result<Response> {
    need_sms(ctx.app.policy())?;
    let (person, limits) = (ctx.person()?, code_limits(ctx.app.policy::<Policy>()));
    let mut tx = ctx.begin().await?;
    let sent = phone::send(
        &mut tx,
        limits,
        ctx.app.reserved(),
        person,
        &input.phone,
        to_old,
    )
    .await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            let which = if to_old { "原号码" } else { "新号码" };
            phone_page(&ctx, input, Fault::default(), which).await
        }
        Err(fault) => {
            drop(tx);
            phone_page(&ctx, input, fault, "").await
        }
    }
}

/// `POST /account/phone/old`
pub(super) async fn send_old(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    send(ctx, form.input, true).await
}

/// `POST /account/phone/new`
pub(super) async fn send_new(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    send(ctx, form.input, false).await
}

/// `POST /account/phone`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    need_sms(ctx.app.policy())?;
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let own = Own {
        person: ctx.person()?,
        session: &ctx.me.session,
        device: ctx.device(),
    };
    let reserved = ctx.app.reserved();
    let changed = phone::change(&mut tx, ctx.app.db(), policy, reserved, &own, &form.input).await;
    match Fault::of(changed)? {
        Ok(token) => {
            tx.commit_to("/account?done=phone").await?;
            let mut response = see_other("/account?done=phone");
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            phone_page(&ctx, form.input, fault, "").await
        }
    }
}
