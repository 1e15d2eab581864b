//! What the shell of the mini-program calls, and the way from it into the web-view (ACC-74).

use super::{
    employ::answer,
    login::{browser, is_employment},
};
use crate::{
    Policy,
    actions::{
        employment::{self, Authorised},
        sign_in::Outcome,
        ticket,
    },
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
    phone_code: String,
    privacy: String,
}

/// `POST /api/mini-program/sign-in`: `{"phone_code": …, "privacy": …}` is answered `{"ticket": …, "expires_in": 60}`, or 422
/// with the sentence to show. It reads no cookie, so there is nothing of a browser's it could act with.
pub(super) async fn sign_in(guest: Guest, body: Bytes) -> Result<Response> {
    let gateways = guest.app.policy::<Gateways>();
    let wechat = gateways.mini_program.as_deref().ok_or(Error::NotFound)?;
    let Ok(brought) = serde_json::from_slice::<Brought>(&body) else {
        let message = "请求内容不是有效的JSON，请更新小程序后再试。";
        return Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(json!({ "message": message })),
        )
            .into_response());
    };
    let brought = Authorised {
        phone_code: brought.phone_code,
        privacy: brought.privacy,
    };
    let (policy, reserved) = (guest.app.policy::<Policy>(), guest.app.reserved());
    let db = guest.app.db();
    let done = employment::hand_over(db, policy, reserved, wechat, guest.actor(), &brought).await?;
    Ok(match done {
        Ok(ticket) => {
            let life = ticket::SHELL.life.num_seconds();
            Json(json!({ "ticket": ticket, "expires_in": life })).into_response()
        }
        Err(Outcome::Busy(seconds)) => {
            let message = format!("操作过于频繁，请{seconds}秒后再试。");
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = (status, Json(json!({ "message": message }))).into_response();
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
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
