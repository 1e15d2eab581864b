//! Signing in and out.

use super::binding::offered;
use crate::{
    Identifier, Policy,
    actions::{
        sessions::{self, Entered},
        sign_in::{self, Attempt, Outcome},
    },
    rules::{
        question::{self, Question},
        sign_in::{is_phone, landing, past_prompts},
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use web::{clear_session_cookie, prelude::*, session_cookie};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    policy: Policy,
    next: String,
    identifier: String,
    message: String,
    done: &'static str,
    question: Option<Question>,
    /// WeChat and enterprise WeChat, where there are (ACC-16, ACC-76): name in addresses and for people.
    vendors: Vec<(&'static str, &'static str)>,
}

/// The sign-in page with a refusal of another way in.
pub(super) fn refused(guest: &Guest, status: StatusCode, message: String) -> Result<Response> {
    let view = LoginPage {
        shell: guest.shell("登录"),
        policy: guest.app.policy::<Policy>().clone(),
        next: String::new(),
        identifier: String::new(),
        message,
        done: "",
        question: None,
        vendors: offered(&guest.app, guest.device()),
    };
    page(status, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
    done: String,
}

/// `GET /login`
pub(super) async fn show(guest: Guest, Query(asked): Query<Asked>) -> Result<Response> {
    if let Some(me) = &guest.me {
        if is_employment(me) {
            return Ok(see_other("/employ"));
        }
        let acting = me.grants.iter().find(|g| Some(g.org.id) == me.acting);
        let kind = if me.person.is_some() { "personal" } else { "" };
        return Ok(see_other(&landing(
            &asked.next,
            kind,
            acting,
            is_phone(guest.device()),
        )));
    }
    let done = match asked.done.as_str() {
        "out" => "已退出登录。",
        "reset" => "密码已重置，请用新密码登录。",
        "holder" => "组织账号已交接，请新负责人用新密码登录。",
        "ended" => "登录已结束，请重新登录。",
        _ => "",
    };
    let view = LoginPage {
        shell: guest.shell("登录"),
        policy: guest.app.policy::<Policy>().clone(),
        next: asked.next,
        identifier: String::new(),
        message: String::new(),
        done,
        question: None,
        vendors: offered(&guest.app, guest.device()),
    };
    page(StatusCode::OK, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    identifier: String,
    password: String,
    answer: String,
    question: String,
    next: String,
}

/// `POST /login`
pub(super) async fn submit(
    guest: Guest,
    headers: HeaderMap,
    form: Form<Input>,
) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    let input = form.input;
    let attempt = attempt(&guest, &headers, &input);
    let outcome = sign_in::sign_in(
        guest.app.db(),
        policy,
        guest.app.reserved(),
        guest.actor(),
        &attempt,
    )
    .await?;
    let (status, message, ask, wait) = match outcome {
        Outcome::In(entered) => {
            let place = if entered.must_change {
                "/account/first".to_owned()
            } else {
                past_prompts(&landing(
                    &input.next,
                    &entered.kind,
                    entered.acting.as_ref(),
                    entered.mobile,
                ))
            };
            return Ok(enter(&guest.app, policy, &entered, &place));
        }
        Outcome::Refused { message, ask } => (StatusCode::UNPROCESSABLE_ENTITY, message, ask, 0),
        Outcome::Busy(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("操作过于频繁，请{seconds}秒后再试。"),
            false,
            seconds,
        ),
    };
    let db = guest.app.db();
    let view = LoginPage {
        shell: guest.shell("登录"),
        policy: policy.clone(),
        next: input.next,
        identifier: input.identifier,
        message,
        done: "",
        question: ask.then(|| question::ask(&db.keys, &db.random, guest.now())),
        vendors: offered(&guest.app, guest.device()),
    };
    let mut response = page(status, &view)?;
    if wait > 0 {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    Ok(response)
}

fn attempt(guest: &Guest, headers: &HeaderMap, input: &Input) -> Attempt {
    Attempt {
        identifier: input.identifier.clone(),
        password: input.password.clone(),
        question: (input.question.clone(), input.answer.clone()),
        ..browser(guest, headers)
    }
}

/// What the request tells about the browser.
pub(super) fn browser(guest: &Guest, headers: &HeaderMap) -> Attempt {
    Attempt {
        device: device_token(headers),
        user_agent: guest.device().to_owned(),
        address: guest.address().to_owned(),
        before: guest.me.as_ref().map(|me| (me.account, me.session.clone())),
        ..Attempt::default()
    }
}

/// Whether this is an account of the employment action, which is let in there only.
pub(super) fn is_employment(me: &web::SignedIn) -> bool {
    me.gate.is_some_and(|gate| gate.starts_with("/employ"))
}

fn device_token(headers: &HeaderMap) -> String {
    cookie(headers, web::DEVICE).chars().take(64).collect()
}

/// A cookie's value, empty without it.
pub(super) fn cookie(headers: &HeaderMap, wanted: &str) -> String {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

/// Leads to `place` with the cookies of a fresh session.
pub(super) fn enter(app: &App, policy: &Policy, entered: &Entered, place: &str) -> Response {
    let mut session = session_cookie(app, &entered.token);
    if entered.mobile {
        session.push_str(&format!(
            "; Max-Age={}",
            policy.session.life(true).num_seconds()
        ));
    }
    let secure = if app.secure_cookies() { "; Secure" } else { "" };
    let device = format!(
        "{}={}; Path=/; HttpOnly{secure}; SameSite=Lax; Max-Age={}",
        web::DEVICE,
        entered.device,
        policy.lock.known_device_days * 86_400
    );
    let mut response = see_other(place);
    for cookie in [session, device] {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Puts another token into the session cookie (SEC-10).
pub(super) fn renew(ctx: &Ctx, token: &str, response: &mut Response) {
    if let Ok(value) = HeaderValue::from_str(&renewed(ctx, token)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The cookie that hands a renewed token over.
pub(super) fn renewed(ctx: &Ctx, token: &str) -> String {
    let mut cookie = session_cookie(&ctx.app, token);
    if is_phone(ctx.device()) {
        let life = ctx.app.policy::<Policy>().session.life(true);
        cookie.push_str(&format!("; Max-Age={}", life.num_seconds()));
    }
    cookie
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /logout`: ends the session on the server and clears what the browser keeps (ACC-65, SEC-22).
pub(super) async fn logout(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let Form {
        input: Nothing {}, ..
    } = form;
    let mut tx = ctx.begin().await?;
    sessions::sign_out(&mut tx, ctx.me.account, &ctx.me.session).await?;
    tx.commit_housekeeping().await?;
    let place = if is_employment(&ctx.me) {
        "/employ?done=out"
    } else {
        "/login?done=out"
    };
    let mut response = see_other(place);
    let headers = response.headers_mut();
    // The cookie of the known device stays: it is what keeps strangers from locking the person out here (SEC-04).
    headers.insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    if let Ok(value) = HeaderValue::from_str(&clear_session_cookie(&ctx.app)) {
        headers.append(header::SET_COOKIE, value);
    }
    Ok(response)
}
