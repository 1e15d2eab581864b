//! Passkeys: the own ones, the second proof, the whole sign-in (SEC-06, ACC-B1). The ceremony needs a script; every page
//! says what to do without.

use super::{
    fault::Fault,
    login::{self, browser, cookie, enter, renew},
    second::home,
};
use crate::{
    Policy,
    actions::{
        passkey::{self, Answer, Purpose},
        sessions::require_recent_proof,
        sign_in::Outcome,
    },
    rules::{
        passkey::host,
        sign_in::{landing, past_prompts},
    },
    store,
};
use axum::http::{HeaderMap, HeaderValue, header};
use base::{business_date, format_moment};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use std::net::IpAddr;
use web::prelude::*;

const BROWSER: &str = "tj_passkey";

/// What the script needs for a ceremony.
pub(super) struct Ceremony {
    pub(super) challenge: String,
    pub(super) host: String,
    /// Passkeys that may answer, or that are there already.
    pub(super) keys: String,
    /// Passkeys work on hosts with a name only.
    pub(super) possible: bool,
}

/// Scheme and host of this request. What a key is made for is kept with it, so a wrong name here harms nobody.
fn origin(app: &App, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let scheme = if app.secure_cookies() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{}", host.unwrap_or_default())
}

impl Ceremony {
    pub(super) fn new(
        app: &App,
        headers: &HeaderMap,
        purpose: Purpose,
        bound: &[u8],
        keys: &[Vec<u8>],
    ) -> Result<Self> {
        let origin = origin(app, headers);
        let host = host(&origin).to_owned();
        let keys: Vec<String> = keys.iter().map(|id| URL_SAFE_NO_PAD.encode(id)).collect();
        Ok(Self {
            challenge: passkey::challenge(app.db(), purpose, bound)?,
            possible: !host.is_empty() && !host.starts_with('[') && host.parse::<IpAddr>().is_err(),
            host,
            keys: keys.join(" "),
        })
    }
}

struct Line {
    id: String,
    name: String,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct KeysPage {
    shell: Shell,
    lines: Vec<Line>,
    ceremony: Ceremony,
    /// The account as the authenticator keeps it, and its name there.
    user: String,
    label: String,
    name: String,
    fault: Fault,
    done: &'static str,
    /// The roles held demand a second factor, and there is none yet.
    forced: bool,
}

/// Proved lately, or just let in as far as the page that must be done first.
fn proved(ctx: &Ctx) -> std::result::Result<(), String> {
    if ctx.me.gate.is_some() {
        return Ok(());
    }
    require_recent_proof(ctx, "/account/passkeys")
}

async fn keys_page(
    ctx: &Ctx,
    headers: &HeaderMap,
    name: String,
    fault: Fault,
    done: &'static str,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let keys = store::passkey::all(&mut reader, ctx.me.account).await?;
    let ids: Vec<Vec<u8>> = keys.iter().map(|key| key.credential_id.clone()).collect();
    let now = ctx.now();
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = KeysPage {
        ceremony: Ceremony::new(&ctx.app, headers, Purpose::Register, &ctx.me.session, &ids)?,
        user: URL_SAFE_NO_PAD.encode(ctx.me.account.as_bytes()),
        label: ctx.me.name.clone(),
        lines: keys
            .into_iter()
            .map(|key| Line {
                id: URL_SAFE_NO_PAD.encode(&key.credential_id),
                name: key.name,
                since: business_date(key.created_at).to_string(),
                used: key
                    .last_used
                    .map_or_else(|| "还没有用过".into(), |at| format_moment(at, now)),
            })
            .collect(),
        shell: ctx.shell(&mut reader, "通行密钥", "").await?,
        name,
        fault,
        done,
        forced: ctx.me.gate.is_some(),
    };
    page(status, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

/// `GET /account/passkeys`
pub(super) async fn show(
    ctx: Ctx,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    if let Err(place) = proved(&ctx) {
        return Ok(see_other(&place));
    }
    let done = match asked.done.as_str() {
        "added" => "通行密钥已添加，下次可以用它登录。",
        "removed" => "通行密钥已删除。",
        _ => "",
    };
    keys_page(&ctx, &headers, String::new(), Fault::default(), done).await
}

/// `POST /account/passkeys`
pub(super) async fn add(ctx: Ctx, headers: HeaderMap, form: Form<Answer>) -> Result<Response> {
    if let Err(place) = proved(&ctx) {
        return Ok(see_other(&place));
    }
    let place = if ctx.me.gate.is_some() {
        home(&ctx)
    } else {
        "/account/passkeys?done=added".to_owned()
    };
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let origin = origin(&ctx.app, &headers);
    let added = passkey::register(
        &mut tx,
        ctx.me.account,
        &ctx.me.session,
        &origin,
        &form.input,
    )
    .await;
    match Fault::of(added)? {
        Ok(token) => {
            tx.commit_to(&place).await?;
            let mut response = see_other(&place);
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            keys_page(&ctx, &headers, form.input.name, fault, "").await
        }
    }
}

/// `POST /account/passkeys/remove`
pub(super) async fn remove(ctx: Ctx, headers: HeaderMap, form: Form<Answer>) -> Result<Response> {
    let place = "/account/passkeys?done=removed";
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let removed = passkey::remove(&mut tx, ctx.me.account, &form.input.credential).await;
    match Fault::of(removed)? {
        Ok(()) => {
            tx.commit_to(place).await?;
            Ok(see_other(place))
        }
        Err(fault) => {
            drop(tx);
            keys_page(&ctx, &headers, String::new(), fault, "").await
        }
    }
}

/// `POST /account/second/passkey`
pub(super) async fn second(ctx: Ctx, headers: HeaderMap, form: Form<Answer>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    let (account, session) = (ctx.me.account, &ctx.me.session);
    let proved =
        passkey::second(&mut tx, ctx.app.db(), policy, account, session, &form.input).await;
    match Fault::of(proved)? {
        Ok(token) => {
            tx.commit_housekeeping().await?;
            let mut response = see_other(&home(&ctx));
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => {
            drop(tx);
            super::second::second_page(&ctx, &headers, fault, false).await
        }
    }
}

#[derive(Template)]
#[template(path = "login_passkey.html")]
struct SignInPage {
    shell: Shell,
    ceremony: Ceremony,
    next: String,
    message: String,
}

fn sign_in_page(
    guest: &Guest,
    headers: &HeaderMap,
    status: StatusCode,
    next: String,
    message: String,
) -> Result<Response> {
    let app = &guest.app;
    let mut known = cookie(headers, BROWSER);
    let fresh = known.is_empty();
    if fresh {
        known = URL_SAFE_NO_PAD.encode(app.db().random.bytes::<16>());
    }
    let view = SignInPage {
        shell: guest.shell("用通行密钥登录"),
        ceremony: Ceremony::new(app, headers, Purpose::SignIn, known.as_bytes(), &[])?,
        next,
        message,
    };
    let mut response = page(status, &view)?;
    if fresh {
        let secure = if app.secure_cookies() { "; Secure" } else { "" };
        let set = format!("{BROWSER}={known}; Path=/; HttpOnly{secure}; SameSite=Strict");
        if let Ok(value) = HeaderValue::from_str(&set) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
}

/// `GET /login/passkey`
pub(super) async fn ask(
    guest: Guest,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    if guest.me.is_some() {
        return Ok(see_other("/login"));
    }
    sign_in_page(&guest, &headers, StatusCode::OK, wanted.next, String::new())
}

/// What the page of the whole sign-in sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignIn {
    next: String,
    challenge: String,
    user: String,
    credential: String,
    client_data: String,
    auth_data: String,
    signature: String,
}

/// `POST /login/passkey`
pub(super) async fn sign_in(
    guest: Guest,
    headers: HeaderMap,
    form: Form<SignIn>,
) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    let input = form.input;
    let answer = Answer {
        challenge: input.challenge,
        user: input.user,
        credential: input.credential,
        client_data: input.client_data,
        auth_data: input.auth_data,
        signature: input.signature,
        ..Answer::default()
    };
    let attempt = browser(&guest, &headers);
    let bound = cookie(&headers, BROWSER);
    let outcome = passkey::sign_in(
        guest.app.db(),
        policy,
        guest.actor(),
        &attempt,
        bound.as_bytes(),
        &answer,
    )
    .await?;
    let (status, message) = match outcome {
        Outcome::In(entered) => {
            let place = if entered.must_change {
                "/account/first".to_owned()
            } else {
                let acting = entered.acting.as_ref();
                past_prompts(&landing(&input.next, &entered.kind, acting, entered.mobile))
            };
            return Ok(enter(&guest.app, policy, &entered, &place));
        }
        Outcome::Refused { message, .. } => (StatusCode::UNPROCESSABLE_ENTITY, message),
        Outcome::Busy(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("操作过于频繁，请{seconds}秒后再试。"),
        ),
    };
    if bound.is_empty() {
        // A browser that keeps no cookies cannot sign in at all; the usual page says so best.
        return login::refused(&guest, status, message);
    }
    sign_in_page(&guest, &headers, status, input.next, message)
}
