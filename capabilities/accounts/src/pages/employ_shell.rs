//! What the shell of the mini-program calls, and the way from it into the web-view (ACC-74).

use super::{
    employ::answer,
    login::{browser, is_employment},
};
use crate::{
    Policy,
    actions::{
        employment::{self, Authorised},
        shell::{self, Tokens},
        sign_in::{Outcome, counted},
        ticket,
    },
    store,
};
use axum::{
    Json,
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
};
use base::Error;
use gateways::Gateways;
use serde::Deserialize;
use serde_json::json;
use web::prelude::*;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Brought {
    login_code: String,
    phone_code: String,
    privacy: String,
}

/// What a call is refused with: 422 with the sentence to show, 401 where the shell must sign in anew.
fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn not_json() -> Response {
    let message = "请求内容不是有效的JSON，请更新小程序后再试。";
    refused(StatusCode::UNPROCESSABLE_ENTITY, message)
}

/// The tokens as the shell keeps them.
fn told(tokens: &Tokens) -> serde_json::Value {
    json!({
        "token": tokens.token,
        "token_expires_in": shell::LIFE.num_seconds(),
        "renewal": tokens.renewal,
    })
}

/// `POST /api/mini-program/sign-in`: `{"login_code": …, "phone_code": …, "privacy": …}` is answered with a token of thirty
/// minutes, its renewal and a ticket into the web-view; or 422 with the sentence to show. It reads no cookie, so there is
/// nothing of a browser's it could act with.
pub(super) async fn sign_in(guest: Guest, body: Bytes) -> Result<Response> {
    let gateways = guest.app.policy::<Gateways>();
    let wechat = gateways.mini_program.as_deref().ok_or(Error::NotFound)?;
    let Ok(brought) = serde_json::from_slice::<Brought>(&body) else {
        return Ok(not_json());
    };
    let login_code = brought.login_code;
    let brought = Authorised {
        phone_code: brought.phone_code,
        privacy: brought.privacy,
    };
    let (policy, reserved) = (guest.app.policy::<Policy>(), guest.app.reserved());
    let db = guest.app.db();
    let actor = guest.actor();
    let done =
        employment::hand_over(db, policy, reserved, wechat, actor, &brought, &login_code).await?;
    Ok(match done {
        Ok(handed) => {
            let mut answer = told(&handed.tokens);
            answer["ticket"] = json!(handed.ticket);
            answer["expires_in"] = json!(ticket::SHELL.life.num_seconds());
            Json(answer).into_response()
        }
        Err(Outcome::Busy(seconds)) => too_often(seconds),
        Err(Outcome::Refused { message, .. }) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let body = json!({ "message": message, "privacy": policy.privacy_version });
            (status, Json(body)).into_response()
        }
        Err(Outcome::In(_)) => return Err(Error::NotFound.into()),
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Renewing {
    login_code: String,
    renewal: String,
}

/// `POST /api/mini-program/renew`: `{"login_code": …, "renewal": …}`, by the WeChat that signed in, until seven days after
/// the sign-in; each renewal once.
pub(super) async fn renew(guest: Guest, body: Bytes) -> Result<Response> {
    let gateways = guest.app.policy::<Gateways>();
    let wechat = gateways.mini_program.as_deref().ok_or(Error::NotFound)?;
    let Ok(input) = serde_json::from_slice::<Renewing>(&body) else {
        return Ok(not_json());
    };
    let (db, policy) = (guest.app.db(), guest.app.policy::<Policy>());
    // WeChat is asked only for a renewal that stands, and for nobody who comes too often.
    if let Some(seconds) = counted(db, guest.actor(), policy, guest.address()).await? {
        return Ok(too_often(seconds));
    }
    if let Err(fault) = shell::look(db, &input.renewal).await {
        return answered(Err(fault));
    }
    let openid = match employment::identity(db, wechat, &input.login_code).await? {
        Ok(openid) => openid,
        Err(message) => return Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, message)),
    };
    let renewed = shell::renew(guest.begin().await?, &input.renewal, &openid).await;
    answered(renewed.map(|tokens| Json(told(&tokens)).into_response()))
}

fn too_often(seconds: i64) -> Response {
    let message = format!("操作过于频繁，请{seconds}秒后再试。");
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, &message);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Refusals of the token as 401, which the shell answers by signing in anew.
fn answered(done: base::Result<Response>) -> Result<Response> {
    match done {
        Ok(response) => Ok(response),
        Err(Error::Refused(fault)) => Ok(refused(StatusCode::UNAUTHORIZED, &fault.message)),
        Err(other) => Err(other.into()),
    }
}

/// The token of a call.
fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
}

/// `GET /api/mini-program/me`: what 我的 shows of the account, and nothing else.
pub(super) async fn me(guest: Guest, headers: HeaderMap) -> Result<Response> {
    let db = guest.app.db();
    let account = match shell::account_of(db, bearer(&headers)).await {
        Ok(account) => account,
        Err(cause) => return answered(Err(cause)),
    };
    let mut reader = guest.read().await?;
    let row = store::account::find(&mut reader, account)
        .await?
        .ok_or(Error::NotFound)?;
    let policy = guest.app.policy::<Policy>();
    if row.privacy_version.as_deref() != Some(&policy.privacy_version) {
        let message = "隐私政策有更新，请打开页面阅读并同意后再用。";
        return Ok(refused(StatusCode::FORBIDDEN, message));
    }
    let keys = reader.keys.clone();
    let phone = store::entrance::phone(&mut reader, &keys, account).await?;
    let entrances: Vec<&str> = store::entrance::of_account(&mut reader, account)
        .await?
        .iter()
        .map(|e| e.entrance.code())
        .collect();
    let phone = phone.map(|p| p.masked()).unwrap_or_default();
    Ok(Json(json!({ "phone": phone, "entrances": entrances })).into_response())
}

/// `POST /api/mini-program/ticket`: a ticket into the web-view.
pub(super) async fn ticket(guest: Guest, headers: HeaderMap) -> Result<Response> {
    let db = guest.app.db();
    let done = async {
        let account = shell::account_of(db, bearer(&headers)).await?;
        let ticket = ticket::issue(db, ticket::SHELL, account)?;
        let life = ticket::SHELL.life.num_seconds();
        Ok(Json(json!({ "ticket": ticket, "expires_in": life })).into_response())
    };
    answered(done.await)
}

/// `POST /api/mini-program/sign-out`
pub(super) async fn sign_out(guest: Guest, headers: HeaderMap) -> Result<Response> {
    let ended = shell::end(guest.begin().await?, bearer(&headers)).await;
    answered(ended.map(|()| StatusCode::NO_CONTENT.into_response()))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Shown {
    ticket: String,
}

/// `GET /employ/enter?ticket=…`: the web-view's first page. Who is signed in already stays who it is, so that nobody can be
/// led into somebody else's account.
pub(super) async fn enter(
    guest: Guest,
    headers: HeaderMap,
    Query(shown): Query<Shown>,
) -> Result<Response> {
    if guest.me.as_ref().is_some_and(|me| is_employment(me)) {
        return Ok(see_other("/employ"));
    }
    let outcome = employment::by_ticket(
        guest.app.db(),
        guest.app.policy::<Policy>(),
        guest.actor(),
        &browser(&guest, &headers),
        &shown.ticket,
    )
    .await?;
    answer(&guest, outcome, String::new())
}
