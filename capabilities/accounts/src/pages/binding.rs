//! WeChat and enterprise WeChat: the way out to them and back, binding and releasing, and their stand-in in demonstrations.

use super::{
    fault::Fault,
    first::code_limits,
    login::{self, browser, cookie, enter},
};
use crate::{
    Policy,
    actions::{binding, sign_in::Outcome},
    rules::{
        binding::Vendor,
        sign_in::{is_local, landing, past_prompts},
    },
    store,
};
use axum::http::{HeaderMap, HeaderValue, header};
use base::{Error, Mobile, format_moment};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateways::{Gateways, SimulatedWeb, WebSignIn};
use serde::Deserialize;
use std::sync::Arc;
use web::{list::encode, prelude::*};

/// Whose WeChat a demonstration plays: the first people of its league.
const DEMO_NUMBERS: [&str; 3] = ["10000000001", "10000000002", "10000000003"];
const STATE: &str = "tj_state";
/// Seconds somebody may stay away.
const AWAY: u32 = 600;

/// The vendor of an address, if this deployment has it and its profile allows it.
fn vendor(app: &App, code: &str) -> Result<(Vendor, Arc<dyn WebSignIn>)> {
    let vendor = Vendor::from_code(code).ok_or(Error::NotFound)?;
    Ok((vendor, gateway(app, vendor).ok_or(Error::NotFound)?))
}

fn gateway(app: &App, vendor: Vendor) -> Option<Arc<dyn WebSignIn>> {
    let gateways = app.policy::<Gateways>();
    let there = match vendor {
        Vendor::Wechat => &gateways.wechat,
        Vendor::Wecom => &gateways.wecom,
    };
    let allowed = app.policy::<Policy>().takes(vendor.identifier());
    there.clone().filter(|_| allowed)
}

/// The vendors offered to this browser: those it can be recognised by; in demonstrations all (ACC-76).
pub(super) fn offered(app: &App, user_agent: &str) -> Vec<(&'static str, &'static str)> {
    Vendor::ALL
        .into_iter()
        .filter(|vendor| app.is_demo() || vendor.knows(user_agent))
        .filter(|vendor| gateway(app, *vendor).is_some())
        .map(|vendor| (vendor.code(), vendor.label()))
        .collect()
}

/// Leads away with a fresh state, which only this browser brings back.
fn lead(app: &App, gateway: &dyn WebSignIn, path: &str, next: &str) -> Response {
    let state = app
        .db()
        .random
        .code(b"abcdefghijkmnpqrstuvwxyz23456789", 32);
    let mut response = see_other(&gateway.address(path, &state));
    set_state(
        app,
        &format!("{state}|{}", URL_SAFE_NO_PAD.encode(next)),
        AWAY,
        &mut response,
    );
    response
}

fn set_state(app: &App, value: &str, life: u32, response: &mut Response) {
    let secure = if app.secure_cookies() { "; Secure" } else { "" };
    let cookie = format!("{STATE}={value}; Path=/; HttpOnly{secure}; SameSite=Lax; Max-Age={life}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The place asked for, if the state is the one this browser was given.
fn returned(headers: &HeaderMap, state: &str) -> Option<String> {
    let kept = cookie(headers, STATE);
    let (given, next) = kept.split_once('|')?;
    let next = URL_SAFE_NO_PAD.decode(next).ok()?;
    let next = String::from_utf8(next).ok()?;
    (!state.is_empty() && given == state).then_some(next)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

/// `GET /login/{kind}`
pub(super) async fn start(
    guest: Guest,
    Path(kind): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (vendor, gateway) = vendor(&guest.app, &kind)?;
    let next = Some(asked.next).filter(|next| is_local(next));
    let back = format!("/login/{}/back", vendor.code());
    Ok(lead(
        &guest.app,
        &*gateway,
        &back,
        &next.unwrap_or_default(),
    ))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Brought {
    code: String,
    state: String,
}

const STRANGE: &str = "登录请求已过期或不是从本页发起的，请重新点登录。";

/// `GET /login/{kind}/back`
pub(super) async fn back(
    guest: Guest,
    headers: HeaderMap,
    Path(kind): Path<String>,
    Query(brought): Query<Brought>,
) -> Result<Response> {
    let (vendor, gateway) = vendor(&guest.app, &kind)?;
    let Some(next) = returned(&headers, &brought.state) else {
        return login::refused(&guest, StatusCode::UNPROCESSABLE_ENTITY, STRANGE.into());
    };
    let policy = guest.app.policy::<Policy>();
    let outcome = binding::sign_in(
        guest.app.db(),
        policy,
        guest.app.reserved(),
        guest.actor(),
        &browser(&guest, &headers),
        (vendor, &*gateway),
        &brought.code,
    )
    .await?;
    let mut response = match outcome {
        Outcome::In(entered) => {
            let place = if entered.must_change {
                "/account/first".to_owned()
            } else {
                let acting = entered.acting.as_ref();
                past_prompts(&landing(&next, &entered.kind, acting, entered.mobile))
            };
            enter(&guest.app, policy, &entered, &place)
        }
        Outcome::Refused { message, .. } => {
            login::refused(&guest, StatusCode::UNPROCESSABLE_ENTITY, message)?
        }
        Outcome::Busy(seconds) => {
            let message = format!("操作过于频繁，请{seconds}秒后再试。");
            login::refused(&guest, StatusCode::TOO_MANY_REQUESTS, message)?
        }
    };
    set_state(&guest.app, "", 0, &mut response);
    Ok(response)
}

/// `GET /account/binding/{kind}/begin`: out to the vendor, to be bound on return.
pub(super) async fn begin(ctx: Ctx, Path(kind): Path<String>) -> Result<Response> {
    let (vendor, gateway) = vendor(&ctx.app, &kind)?;
    let back = format!("/account/binding/{}/back", vendor.code());
    Ok(lead(&ctx.app, &*gateway, &back, ""))
}

/// `GET /account/binding/{kind}/back`
pub(super) async fn bound(
    ctx: Ctx,
    headers: HeaderMap,
    Path(kind): Path<String>,
    Query(brought): Query<Brought>,
) -> Result<Response> {
    let (vendor, gateway) = vendor(&ctx.app, &kind)?;
    if returned(&headers, &brought.state).is_none() {
        return Err(Error::refused("binding.state", STRANGE).into());
    }
    binding::bind(
        ctx.app.db(),
        ctx.actor.clone(),
        ctx.me.account,
        ctx.device(),
        (vendor, &*gateway),
        &brought.code,
    )
    .await?;
    let mut response = see_other("/account?done=bound");
    set_state(&ctx.app, "", 0, &mut response);
    Ok(response)
}

/// A vendor under 账号与安全.
pub(super) struct Line {
    pub(super) kind: &'static str,
    pub(super) label: &'static str,
    /// Since when one is bound.
    pub(super) since: Option<String>,
}

/// The vendors this deployment has, with what is bound.
pub(super) async fn lines(ctx: &Ctx, reader: &mut db::Reader) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for vendor in Vendor::ALL {
        if ctx.me.person.is_none() || gateway(&ctx.app, vendor).is_none() {
            continue;
        }
        let binding = store::binding::find(reader, ctx.me.account, vendor).await?;
        lines.push(Line {
            kind: vendor.code(),
            label: vendor.label(),
            since: binding.map(|b| format_moment(b.bound_at, ctx.now())),
        });
    }
    Ok(lines)
}

#[derive(Template)]
#[template(path = "binding.html")]
struct ReleasePage {
    shell: Shell,
    kind: &'static str,
    label: &'static str,
    /// Where the code goes, masked; empty where the password proved.
    phone: String,
    fault: Fault,
    sent: bool,
}

async fn release_page(ctx: &Ctx, vendor: Vendor, fault: Fault, sent: bool) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (db, policy) = (ctx.app.db(), ctx.app.policy::<Policy>());
    let bound = store::binding::find(&mut reader, ctx.me.account, vendor).await?;
    if bound.is_none() {
        return Ok(see_other("/account"));
    }
    let phone = binding::phone(&mut reader, db, policy, ctx.me.account).await?;
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = ReleasePage {
        shell: ctx.shell(&mut reader, "解除绑定", "").await?,
        kind: vendor.code(),
        label: vendor.label(),
        phone: phone.as_ref().map(Mobile::masked).unwrap_or_default(),
        fault,
        sent,
    };
    page(status, &view)
}

/// `GET /account/binding/{kind}`
pub(super) async fn show(ctx: Ctx, Path(kind): Path<String>) -> Result<Response> {
    let (vendor, _) = vendor(&ctx.app, &kind)?;
    release_page(&ctx, vendor, Fault::default(), false).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    code: String,
}

/// `POST /account/binding/{kind}/code`
pub(super) async fn send(
    ctx: Ctx,
    Path(kind): Path<String>,
    form: Form<Typed>,
) -> Result<Response> {
    let Form { .. } = form;
    let (vendor, _) = vendor(&ctx.app, &kind)?;
    let (db, policy) = (ctx.app.db(), ctx.app.policy::<Policy>());
    let mut tx = ctx.begin().await?;
    let limits = code_limits(policy);
    let sent = binding::send(&mut tx, db, policy, ctx.me.account, limits).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            release_page(&ctx, vendor, Fault::default(), true).await
        }
        Err(fault) => release_page(&ctx, vendor, fault, false).await,
    }
}

/// `POST /account/binding/{kind}`
pub(super) async fn release(
    ctx: Ctx,
    Path(kind): Path<String>,
    form: Form<Typed>,
) -> Result<Response> {
    let (vendor, _) = vendor(&ctx.app, &kind)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let (db, policy) = (ctx.app.db(), ctx.app.policy::<Policy>());
    let (account, code) = (ctx.me.account, &form.input.code);
    let done = binding::release(&mut tx, db, policy, account, ctx.device(), vendor, code).await;
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_to("/account?done=released").await?;
            Ok(see_other("/account?done=released"))
        }
        Err(fault) => {
            drop(tx);
            release_page(&ctx, vendor, fault, false).await
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sought {
    kind: String,
    back: String,
    state: String,
}

#[derive(Template)]
#[template(path = "demo_authorise.html")]
struct AuthorisePage {
    shell: Shell,
    label: &'static str,
    /// Masked number and the way back with its code.
    people: Vec<(String, String)>,
    refuse: String,
}

/// `GET /demo/authorise`: whose WeChat, or enterprise WeChat, this browser is.
pub(super) async fn authorise(guest: Guest, Query(sought): Query<Sought>) -> Result<Response> {
    let vendor = Vendor::from_code(&sought.kind)
        .filter(|_| guest.app.is_demo() && web::is_local(&sought.back))
        .ok_or(Error::NotFound)?;
    let mut people = Vec::new();
    for number in DEMO_NUMBERS {
        let phone = Mobile::trusted(number);
        let code = SimulatedWeb(vendor.code()).code(guest.app.db(), &phone)?;
        let (code, state) = (encode(&code), encode(&sought.state));
        let place = format!("{}?code={code}&state={state}", sought.back);
        people.push((phone.masked(), place));
    }
    let view = AuthorisePage {
        shell: guest.shell("演示微信"),
        label: vendor.label(),
        people,
        refuse: format!("{}?state={}", sought.back, encode(&sought.state)),
    };
    page(StatusCode::OK, &view)
}
