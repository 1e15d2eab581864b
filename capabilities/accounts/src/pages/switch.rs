//! 切换其他组织 (ACC-57).

use super::login::renew;
use crate::{
    Policy,
    actions::sessions::new_token,
    policy::Organisations,
    rules::sign_in::is_phone,
    store::{self, account::Happened},
};
use access::Role;
use base::{Error, OrgId};
use serde::Deserialize;
use web::prelude::*;

struct Choice {
    id: String,
    name: String,
    role: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchPage {
    shell: Shell,
    choices: Vec<Choice>,
    /// Where the person's cadre record is disabled (FLD-12).
    disabled: Vec<String>,
    /// A code for administrators can be redeemed here (ACC-B2).
    by_code: bool,
}

/// `GET /account/switch`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let choices = ctx
        .me
        .grants
        .iter()
        .map(|g| Choice {
            id: g.org.id.to_string(),
            name: g.org_name.clone(),
            role: g.role.label(),
            chosen: ctx.me.acting == Some(g.org.id),
        })
        .collect();
    let disabled = store::session::disabled_in(&mut reader, ctx.me.account).await?;
    let by_codes = ctx.app.policy::<Policy>().organisations == Organisations::AdminCode;
    let view = SwitchPage {
        by_code: by_codes && ctx.me.person.is_some(),
        shell: ctx.shell(&mut reader, "切换其他组织", "").await?,
        choices,
        disabled: disabled.iter().map(|(_, name)| closed(name)).collect(),
    };
    page(StatusCode::OK, &view)
}

/// What is told to a disabled cadre (FLD-12).
fn closed(org: &str) -> String {
    format!("您在该组织的团干身份已被禁用，请联系〔{org}〕")
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Chosen {
    org: String,
}

/// `POST /account/switch`: the session gets a new token (SEC-10), so forms made for the other organisation no longer fit
/// (ACC-58); the choice is kept for the next sign-in.
pub(super) async fn submit(ctx: Ctx, form: Form<Chosen>) -> Result<Response> {
    let org: OrgId = form.input.org.parse().map_err(|_| Error::NotFound)?;
    let Some(grant) = ctx.me.grants.iter().find(|g| g.org.id == org) else {
        let mut reader = ctx.read().await?;
        let disabled = store::session::disabled_in(&mut reader, ctx.me.account).await?;
        return Err(match disabled.iter().find(|(id, _)| *id == org) {
            Some((_, name)) => Error::forbidden(closed(name)).into(),
            None => Error::NotFound.into(),
        });
    };
    let mut tx = ctx.begin().await?;
    let token = new_token(&tx);
    store::session::switch(
        &mut tx,
        &ctx.me.session,
        &web::session_token_hash(&token),
        org,
    )
    .await?;
    store::account::set_default_org(&mut tx, ctx.me.account, org).await?;
    let happened = Happened {
        subject: ctx.me.account,
        kind: "switch",
        outcome: "done",
        org: Some(org),
        address: &ctx.actor.address,
        device: ctx.device(),
        detail: &grant.org_name,
    };
    store::account::note(&mut tx, &happened).await?;
    tx.commit_housekeeping().await?;
    let place = if is_phone(ctx.device()) && grant.role != Role::Auditor {
        "/cadre"
    } else {
        "/console"
    };
    let mut response = see_other(place);
    renew(&ctx, &token, &mut response);
    Ok(response)
}
