//! The page that asks for the password or a factor again (ACC-67, SEC-11), with the form that waits for it.

use super::{fault::Fault, first::code_limits, login::renewed, passkey::Ceremony};
use crate::{
    Policy,
    actions::{
        passkey::{Answer, Purpose},
        proof::{self, Given, Ways},
    },
    rules::sign_in::is_local,
};
use axum::http::HeaderMap;
use base::Mobile;
use serde::Deserialize;
use web::{
    prelude::*,
    proof::{Asked, Kept, PREFIX},
};

const HERE: &str = "/account/proof";

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    shell: Shell,
    kept: Kept,
    ways: Ways,
    ceremony: Ceremony,
    fault: Fault,
    sent: bool,
    minutes: i64,
}

impl ProofPage {
    fn phone(&self) -> String {
        self.ways
            .phone
            .as_ref()
            .map(Mobile::masked)
            .unwrap_or_default()
    }
    /// A code can be typed.
    fn code(&self) -> bool {
        self.ways.app || self.ways.phone.is_some()
    }
    /// Something waits to be sent on.
    fn waiting(&self) -> bool {
        self.kept.action != HERE
    }
    fn name(&self, field: &str) -> String {
        format!("{PREFIX}{field}")
    }
}

async fn proof_page(
    ctx: &Ctx,
    headers: &HeaderMap,
    (ways, kept): (Ways, Kept),
    status: StatusCode,
    (fault, sent): (Fault, bool),
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let session = &ctx.me.session;
    let view = ProofPage {
        shell: ctx.shell(&mut reader, "再次验证身份", "").await?,
        ceremony: Ceremony::new(&ctx.app, headers, Purpose::Proof, session, &ways.passkeys)?,
        kept,
        ways,
        fault,
        sent,
        minutes: ctx.app.proof_life().num_minutes(),
    };
    page(status, &view)
}

async fn ways(ctx: &Ctx) -> Result<Ways> {
    let (policy, mut reader) = (ctx.app.policy::<Policy>(), ctx.read().await?);
    let (account, grants) = (ctx.me.account, &ctx.me.grants);
    Ok(proof::ways(&mut reader, ctx.app.db(), policy, account, grants).await?)
}

fn answer(kept: &Kept) -> Answer {
    let given = |name: &str| kept.given(name).to_owned();
    Answer {
        challenge: given("challenge"),
        credential: given("credential"),
        client_data: given("client_data"),
        auth_data: given("auth_data"),
        signature: given("signature"),
        ..Answer::default()
    }
}

/// Asks, or takes what was answered.
pub(crate) async fn ask_again(ctx: &Ctx, headers: &HeaderMap, kept: Kept) -> Result<Asked> {
    let policy = ctx.app.policy::<Policy>();
    let ways = ways(ctx).await?;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let with = |fault, sent| (fault, sent);
    let mut tx = ctx.begin().await?;
    let given = match kept.given("way") {
        "password" => Given::Password(kept.given("password")),
        "code" => Given::Code(kept.given("code")),
        "passkey" => Given::Passkey(answer(&kept)),
        "send" => {
            let limits = code_limits(policy);
            let sent = proof::send(&mut tx, &ways, &ctx.actor.address, limits).await;
            let shown = match Fault::of(sent)? {
                Ok(()) => {
                    tx.commit_housekeeping().await?;
                    with(Fault::default(), true)
                }
                Err(fault) => with(fault, false),
            };
            let page = proof_page(ctx, headers, (ways, kept), refused, shown).await?;
            return Ok(Asked::Page(page));
        }
        _ => {
            drop(tx);
            let shown = with(Fault::default(), false);
            let page = proof_page(ctx, headers, (ways, kept), refused, shown).await?;
            return Ok(Asked::Page(page));
        }
    };
    let whose = (ctx.me.account, ctx.me.session.as_slice());
    let taken = proof::take(&mut tx, ctx.app.db(), policy, whose, &ways, &given).await;
    Ok(match Fault::of(taken)? {
        Ok(token) => {
            tx.commit_housekeeping().await?;
            let cookie = renewed(ctx, &token);
            Asked::Proved { token, cookie }
        }
        Err(fault) => {
            drop(tx);
            let shown = with(fault, false);
            Asked::Page(proof_page(ctx, headers, (ways, kept), refused, shown).await?)
        }
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

/// `GET /account/proof`: what cannot be sent along, a page, is opened afterwards.
pub(super) async fn show(
    ctx: Ctx,
    headers: HeaderMap,
    Query(asked): Query<Next>,
) -> Result<Response> {
    if ctx.has_recent_proof() {
        return Ok(on(&asked.next));
    }
    let kept = Kept {
        action: HERE.to_owned(),
        fields: vec![("next".to_owned(), asked.next)],
        ..Kept::default()
    };
    let asked = (ways(&ctx).await?, kept);
    let shown = (Fault::default(), false);
    proof_page(&ctx, &headers, asked, StatusCode::OK, shown).await
}

/// `POST /account/proof`: the proof is taken on the way.
pub(super) async fn give(_: Ctx, form: Form<Next>) -> Result<Response> {
    Ok(on(&form.input.next))
}

fn on(next: &str) -> Response {
    see_other(if is_local(next) { next } else { "/" })
}
