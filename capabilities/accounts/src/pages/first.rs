//! The page everything else answers with until it is done (ACC-15).

use super::{fault::Fault, login::renew};
use crate::{
    Policy,
    actions::first::{self, Input, Owed},
    rules::sign_in::{is_phone, landing, past_prompts},
};
use gateways::CodeLimits;
use web::prelude::*;

#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage {
    shell: Shell,
    policy: Policy,
    owed: Owed,
    input: Input,
    fault: Fault,
    sent: &'static str,
}

impl FirstPage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, self.owed.admin)
    }
}

/// What a new password must be, in words.
pub(super) fn password_hint(policy: &Policy, admin: bool) -> String {
    if admin {
        format!(
            "管理员密码至少{}位，含大写字母、小写字母、数字、符号中的{}种",
            policy.admin_password.min_length, policy.admin_password.kinds
        )
    } else {
        format!(
            "至少{}位，含字母、数字、符号中的{}种",
            policy.password.min_length, policy.password.classes
        )
    }
}

async fn view(ctx: &Ctx, input: Input, fault: Fault, sent: &'static str) -> Result<FirstPage> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>().clone();
    let owed = first::owed(&mut reader, ctx.app.db(), &policy, &ctx.me).await?;
    let shell = ctx.shell(&mut reader, "首次登录", "").await?;
    // Passwords are never sent back to the browser.
    let input = Input {
        password: String::new(),
        repeat: String::new(),
        ..input
    };
    Ok(FirstPage {
        shell,
        policy,
        owed,
        input,
        fault,
        sent,
    })
}

fn home(ctx: &Ctx) -> String {
    past_prompts(&landing(
        "",
        "personal",
        ctx.actor.acting.as_ref(),
        is_phone(ctx.device()),
    ))
}

/// `GET /account/first`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let view = view(&ctx, Input::default(), Fault::default(), "").await?;
    if view.owed.is_nothing() {
        return Ok(see_other(&home(&ctx)));
    }
    page(StatusCode::OK, &view)
}

async fn send(ctx: Ctx, form: Form<Input>, to_guardian: bool) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let limits = code_limits(policy);
    let mut tx = ctx.begin().await?;
    let sent = first::send(
        &mut tx,
        limits,
        ctx.app.reserved(),
        &ctx.me,
        &form.input,
        to_guardian,
        &ctx.actor.address,
    )
    .await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            let view = view(
                &ctx,
                form.input,
                Fault::default(),
                if to_guardian { "guardian" } else { "own" },
            )
            .await?;
            page(StatusCode::OK, &view)
        }
        Err(fault) => page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &view(&ctx, form.input, fault, "").await?,
        ),
    }
}

/// Limits of SMS codes.
pub(super) fn code_limits(policy: &Policy) -> CodeLimits {
    CodeLimits {
        phone_day: 10,
        address_hour: policy.rate.sms_hour,
    }
}

/// `POST /account/first/code`
pub(super) async fn send_own(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    send(ctx, form, false).await
}

/// `POST /account/first/guardian`
pub(super) async fn send_guardian(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    send(ctx, form, true).await
}

/// `POST /account/first`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = first::finish(
        &mut tx,
        ctx.app.db(),
        policy,
        ctx.app.reserved(),
        &ctx.me,
        &form.input,
    )
    .await;
    match Fault::of(done)? {
        Ok(token) => {
            let place = home(&ctx);
            tx.commit_to(&place).await?;
            let mut response = see_other(&place);
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &view(&ctx, form.input, fault, "").await?,
            )
        }
    }
}
