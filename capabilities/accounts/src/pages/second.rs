//! The second proof at sign-in and the authenticator app (SEC-06).

use super::{fault::Fault, first::code_limits, login::renew, passkey::Ceremony};
use crate::{
    Policy,
    actions::{
        passkey::Purpose,
        second::{self, Ways},
    },
    rules::{
        second::{address, picture},
        sign_in::{is_phone, landing, past_prompts},
    },
};
use axum::http::HeaderMap;
use base::Mobile;
use serde::Deserialize;
use web::prelude::*;

#[derive(Template)]
#[template(path = "second.html")]
struct SecondPage {
    shell: Shell,
    app: bool,
    phone: String,
    fault: Fault,
    sent: bool,
    ceremony: Ceremony,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    code: String,
}

pub(super) fn home(ctx: &Ctx) -> String {
    let acting = ctx.actor.acting.as_ref();
    past_prompts(&landing("", "personal", acting, is_phone(ctx.device())))
}

pub(super) async fn second_page(
    ctx: &Ctx,
    headers: &HeaderMap,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let ways: Ways = second::ways(&mut reader, ctx.app.db(), ctx.me.account).await?;
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let (app, session) = (&ctx.app, &ctx.me.session);
    let view = SecondPage {
        ceremony: Ceremony::new(app, headers, Purpose::Second, session, &ways.passkeys)?,
        shell: ctx.shell(&mut reader, "二次验证", "").await?,
        app: ways.app,
        phone: ways.phone.as_ref().map(Mobile::masked).unwrap_or_default(),
        fault,
        sent,
    };
    page(status, &view)
}

/// `GET /account/second`
pub(super) async fn show(ctx: Ctx, headers: HeaderMap) -> Result<Response> {
    if ctx.me.gate != Some("/account/second") {
        return Ok(see_other(&home(&ctx)));
    }
    second_page(&ctx, &headers, Fault::default(), false).await
}

/// `POST /account/second/code`
pub(super) async fn send(ctx: Ctx, headers: HeaderMap, form: Form<Typed>) -> Result<Response> {
    let Form { .. } = form;
    let limits = code_limits(ctx.app.policy::<Policy>());
    let mut tx = ctx.begin().await?;
    let sent = second::send(
        &mut tx,
        ctx.app.db(),
        ctx.me.account,
        &ctx.actor.address,
        limits,
    )
    .await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            second_page(&ctx, &headers, Fault::default(), true).await
        }
        Err(fault) => second_page(&ctx, &headers, fault, false).await,
    }
}

/// `POST /account/second`
pub(super) async fn submit(ctx: Ctx, headers: HeaderMap, form: Form<Typed>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    let proved = second::prove(
        &mut tx,
        ctx.app.db(),
        policy,
        ctx.me.account,
        &ctx.me.session,
        &form.input.code,
    )
    .await;
    match Fault::of(proved)? {
        Ok(token) => {
            tx.commit_housekeeping().await?;
            let mut response = see_other(&home(&ctx));
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            second_page(&ctx, &headers, fault, false).await
        }
    }
}

#[derive(Template)]
#[template(path = "authenticator.html")]
struct AppPage {
    shell: Shell,
    secret: String,
    picture: String,
    fault: Fault,
    forced: bool,
}

impl AppPage {
    /// In groups of four, for typing it.
    fn grouped(&self) -> String {
        let chars: Vec<char> = self.secret.chars().collect();
        let groups: Vec<String> = chars.chunks(4).map(|c| c.iter().collect()).collect();
        groups.join(" ")
    }
}

async fn app_page(ctx: &Ctx, secret: String, fault: Fault) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let label = ctx
        .actor
        .acting
        .as_ref()
        .map_or("团员", |g| g.org_name.as_str());
    let picture = if secret.is_empty() {
        String::new()
    } else {
        picture(&address(&secret, label))?
    };
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = AppPage {
        shell: ctx.shell(&mut reader, "设置验证器", "").await?,
        secret,
        picture,
        fault,
        forced: ctx.me.gate.is_some(),
    };
    page(status, &view)
}

/// `GET /account/authenticator`: what it is; the key is shown after pressing the button.
pub(super) async fn about(ctx: Ctx) -> Result<Response> {
    app_page(&ctx, String::new(), Fault::default()).await
}

/// `POST /account/authenticator/begin`
pub(super) async fn begin(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let Form { .. } = form;
    // Whoever is made to set it up has just given the password, and may open no other page.
    if ctx.me.gate.is_none()
        && let Err(place) =
            crate::actions::sessions::require_recent_proof(&ctx, "/account/authenticator")
    {
        return Ok(see_other(&place));
    }
    let mut tx = ctx.begin().await?;
    let secret = second::begin(&mut tx, ctx.me.account).await?;
    tx.commit_housekeeping().await?;
    app_page(&ctx, secret, Fault::default()).await
}

/// `POST /account/authenticator`
pub(super) async fn confirm(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let place = if ctx.me.gate.is_some() {
        home(&ctx)
    } else {
        "/account?done=second".to_owned()
    };
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let confirmed = second::confirm(
        &mut tx,
        ctx.app.db(),
        policy,
        ctx.me.account,
        &ctx.me.session,
        &form.input.code,
    )
    .await;
    match Fault::of(confirmed)? {
        Ok(token) => {
            tx.commit_to(&place).await?;
            let mut response = see_other(&place);
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            let begun =
                second::begun(&mut *ctx.read().await?, ctx.app.db(), ctx.me.account).await?;
            app_page(&ctx, begun, fault).await
        }
    }
}
