//! The step-up (ACC-67, SEC-11): routes declared with a proof ask for the password or a factor again when the last one is
//! older than [`App::proof_life`]. What was typed goes with the question and on to the handler afterwards, in one request.

use crate::{App, Ctx, Failure, ctx, form, see_other};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    handler::Handler,
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use base::Error;
use bytes::Bytes;
use futures::future::BoxFuture;

/// Fields of the question begin so; no handler sees them.
pub const PREFIX: &str = "_proof_";

/// A form that waits for the proof.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Where it goes.
    pub action: String,
    /// What was typed, without its key.
    pub fields: Vec<(String, String)>,
    /// Files that came with it, field and name: a browser sends them again only when they are chosen again.
    pub files: Vec<(String, String)>,
    /// What was answered to the question, names without their [`PREFIX`]; empty when it was not put yet.
    pub given: Vec<(String, String)>,
}

impl Kept {
    /// An answer to the question, the last of a repeated one, empty if absent.
    pub fn given(&self, name: &str) -> &str {
        let found = self.given.iter().rev().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What became of the question.
pub enum Asked {
    /// The proof was given: the session goes on under this token (SEC-10), which this `Set-Cookie` value hands over.
    Proved {
        /// The new token.
        token: String,
        /// The cookie.
        cookie: String,
    },
    /// The page that asks.
    Page(Response),
}

/// The form's key was checked before the session was renewed.
#[derive(Clone)]
pub(crate) struct KeyChecked;

/// A handler behind the question.
#[derive(Clone)]
pub(crate) struct Proved<H>(pub(crate) H);

impl<T: 'static, H: Handler<T, App>> Handler<T, App> for Proved<H> {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(async move {
            match ask(request, &app).await {
                Ok((request, cookie)) => {
                    let mut response = self.0.call(request, app).await;
                    if let Some(cookie) = cookie {
                        response.headers_mut().append(header::SET_COOKIE, cookie);
                    }
                    response
                }
                Err(response) => response,
            }
        })
    }
}

/// The request on its way to the handler, with the cookie to set if the proof came with it; or what is answered instead.
async fn ask(request: Request, app: &App) -> Result<(Request, Option<HeaderValue>), Response> {
    let (mut parts, body) = request.into_parts();
    let ctx = Ctx::from_request_parts(&mut parts, app).await?;
    if ctx.has_recent_proof() {
        return Ok((Request::from_parts(parts, body), None));
    }
    let place = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    if parts.method == Method::GET {
        return Err(see_other(&format!(
            "/account/proof?next={}",
            crate::list::encode(place)
        )));
    }
    let action = place.to_owned();
    let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), app)
        .await
        .map_err(|_| {
            failed(Error::refused(
                "form.too_long",
                "提交的内容过长，请减少后再试",
            ))
        })?;
    let kept = form::waiting(&parts, whole.clone(), app, action).await?;
    let asked = app.doorkeeper().ask_again(&ctx, &parts.headers, kept).await;
    match asked.map_err(failed)? {
        Asked::Page(response) => Err(response),
        Asked::Proved { token, cookie } => {
            renew(&mut parts, app, &token);
            parts.extensions.insert(KeyChecked);
            let cookie = HeaderValue::from_str(&cookie).ok();
            Ok((Request::from_parts(parts, whole.into()), cookie))
        }
    }
}

fn failed(error: Error) -> Response {
    Failure(error).into_response()
}

/// The handler meets the renewed session.
fn renew(parts: &mut Parts, app: &App, token: &str) {
    let cookie = cookie_with(&parts.headers, ctx::session_cookie_name(app), token);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        parts.headers.insert(header::COOKIE, cookie);
    }
}

fn cookie_with(headers: &HeaderMap, name: &str, token: &str) -> String {
    let others = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|pair| pair.split_once('=').is_none_or(|(key, _)| key != name));
    let mut all: Vec<&str> = others.filter(|pair| !pair.is_empty()).collect();
    let own = format!("{name}={token}");
    all.push(&own);
    all.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_10_the_handler_meets_the_renewed_session_and_no_former_one() {
        let mut headers = HeaderMap::new();
        for value in [
            "tj_theme=dark; tj_session=old",
            "tj_device=x;tj_session=older",
        ] {
            headers.append(header::COOKIE, HeaderValue::from_static(value));
        }
        assert_eq!(
            cookie_with(&headers, "tj_session", "new"),
            "tj_theme=dark; tj_device=x; tj_session=new"
        );
    }
}
