//! What outside systems read with a client key (ACC-74): organisations and their figures, nobody's personal data.

use crate::actions::clients::{self, ClientScope, NotLetIn};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
};
use orgs::Org;
use serde_json::json;
use web::prelude::*;

fn key(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "code": code, "message": message }))).into_response()
}

fn told(why: &NotLetIn) -> Response {
    match why {
        NotLetIn::Key => refused(
            StatusCode::UNAUTHORIZED,
            "key",
            "密钥不正确、已到期或已撤销，请向本系统的部署管理员核对。",
        ),
        NotLetIn::Rate(seconds) => {
            let message = format!("调用过于频繁，请{seconds}秒后再试。");
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "rate", &message);
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            response
        }
        NotLetIn::Scope => refused(
            StatusCode::FORBIDDEN,
            "scope",
            "该密钥没有这项权限范围，请向本系统的部署管理员申请。",
        ),
        NotLetIn::Org => refused(
            StatusCode::FORBIDDEN,
            "org",
            "该组织不存在或不在该密钥的范围内。",
        ),
    }
}

async fn org_of(
    guest: &Guest,
    headers: &HeaderMap,
    scope: ClientScope,
    number: &str,
) -> Result<std::result::Result<Org, Response>> {
    // What is no number is no organisation.
    let number = number.parse::<i64>().unwrap_or_default();
    let done = clients::call(guest.app.db(), guest.actor(), key(headers), scope, number).await?;
    Ok(done.map_err(|why| told(&why)))
}

/// `GET /api/v1/orgs/{number}`: name, place and direct subordinates.
pub(super) async fn org(
    guest: Guest,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response> {
    let org = match org_of(&guest, &headers, ClientScope::ReadOrgs, &number).await? {
        Ok(org) => org,
        Err(response) => return Ok(response),
    };
    let mut reader = guest.read().await?;
    let below: Vec<_> = orgs::children(&mut reader, org.id)
        .await?
        .into_iter()
        .map(|one| json!({ "number": one.number, "full_name": one.full_name, "category": one.category.code() }))
        .collect();
    Ok(Json(json!({
        "number": org.number,
        "full_name": org.full_name,
        "short_name": org.short_name,
        "category": org.category.code(),
        "state": org.state.code(),
        "subordinates": below,
    }))
    .into_response())
}

/// `GET /api/v1/orgs/{number}/figures`
pub(super) async fn figures(
    guest: Guest,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response> {
    let org = match org_of(&guest, &headers, ClientScope::ReadFigures, &number).await? {
        Ok(org) => org,
        Err(response) => return Ok(response),
    };
    let mut reader = guest.read().await?;
    let figures = orgs::figures(&mut reader, &org.path, None).await?;
    Ok(Json(json!({
        "number": org.number,
        "organisations": figures.orgs,
        "branches": figures.branches,
        "members": figures.members,
        "cadres": figures.cadres,
        "counted_at": figures.counted_at,
    }))
    .into_response())
}
