use crate::{App, failure::Told, routes};
use askama::Template;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use base::OrgId;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// A request, for the log, the audit and the reader's error page: its number, where it comes from, and who turned out to ask
/// and for which organisation (ACC-69).
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) device: String,
    who: Arc<OnceLock<(Uuid, Option<OrgId>)>>,
}

impl Asked {
    fn of(app: &App, request: &Request) -> Self {
        Self {
            id: app.db().random.code(b"abcdefghjkmnpqrstuvwxyz23456789", 12),
            address: crate::ctx::address(app, request.extensions(), request.headers()),
            device: crate::ctx::device(request.headers()),
            who: Arc::default(),
        }
    }

    /// Told by whoever recognises the session; a second time says the same.
    pub(crate) fn is(&self, account: Uuid, org: Option<OrgId>) {
        let _ = self.who.set((account, org));
    }

    pub(crate) fn who(&self) -> Option<(Uuid, Option<OrgId>)> {
        self.who.get().copied()
    }
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// The one outer layer: request id, origin check, error pages, security headers (SEC-20..22, SEC-75).
pub async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let asked = Asked::of(&app, &request);
    request.extensions_mut().insert(asked.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if is_too_old(request.headers()) {
        return too_old();
    }
    let htmx = request.headers().contains_key("hx-request");
    let assets = path.starts_with("/assets/");
    // What is called by programs reads no cookie: nothing of a browser's could be misused there.
    let by_programs = path.starts_with("/api/") || path.starts_with("/gateway/");
    let session = crate::form::session_of(&app, request.headers());
    let refused = !session.is_empty() && app.crowd().is_refused_too_often(&session, app.now());
    let mut response = if refused {
        crate::failure::too_many()
    } else if by_programs || same_origin(&method, request.headers()) {
        next.run(request).await
    } else {
        crate::Failure(base::Error::forbidden("页面已过期，请刷新后重试。")).into_response()
    };
    if response.status() == StatusCode::NOT_FOUND
        && response.extensions().get::<Arc<Told>>().is_none()
        && !assets
    {
        let message =
            "没有这个页面。可能是网址输错了，或页面已经移动，请从首页重新进入。".to_owned();
        response.extensions_mut().insert(Arc::new(Told {
            status: StatusCode::NOT_FOUND,
            message,
            code: "no_page",
            missing: None,
            kept: None,
        }));
    }
    // A path parameter that cannot be read: the address is none of ours.
    if response.status() == StatusCode::BAD_REQUEST
        && response.extensions().get::<Arc<Told>>().is_none()
    {
        let message = "没有这个页面。可能是网址输错了，请从首页重新进入。".to_owned();
        response.extensions_mut().insert(Arc::new(Told {
            status: StatusCode::NOT_FOUND,
            message,
            code: "no_page",
            missing: None,
            kept: None,
        }));
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let message = "这个网址不能这样打开，请从首页重新进入。".to_owned();
        response.extensions_mut().insert(Arc::new(Told {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message,
            code: "method",
            missing: None,
            kept: None,
        }));
    }
    if let Some(told) = response.extensions().get::<Arc<Told>>().cloned() {
        if matches!(told.status, StatusCode::FORBIDDEN) {
            routes::note_refusal(&app, &path, told.code, &asked).await;
            if !session.is_empty() {
                app.crowd().count_refusal(session, app.now());
            }
        }
        // A session renewed on the way stays renewed, whatever became of the request.
        let cookies: Vec<HeaderValue> = response
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .cloned()
            .collect();
        response = render(&told, &method, &path, &asked.id, htmx);
        for cookie in cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if told.status == StatusCode::TOO_MANY_REQUESTS {
            let again = HeaderValue::from(crate::crowd::AGAIN);
            response.headers_mut().insert(header::RETRY_AFTER, again);
        }
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if !assets {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("HX-Request"));
    }
    if let Ok(value) = HeaderValue::from_str(&asked.id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Internet Explorer, and the compatibility mode of browsers that have one (ACC-04): they cannot show our pages.
fn is_too_old(headers: &HeaderMap) -> bool {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    agent.contains("MSIE ") || agent.contains("Trident/")
}

/// What they can show: a page without style sheet or script.
fn too_old() -> Response {
    let page = "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>请换一种方式打开</title></head><body>\
        <h1>这个浏览器打不开本系统</h1>\
        <p>请切换到极速模式，或使用Chrome、Edge、Firefox、Safari登录。</p>\
        <p>360浏览器、QQ浏览器：点地址栏右侧的“e”或闪电图标，选“极速模式”，再刷新。用手机浏览器也可以打开。</p></body></html>";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "User-Agent"),
    ];
    (headers, Html(page)).into_response()
}

/// Unsafe methods come from our own pages: `Sec-Fetch-Site` says so, or `Origin` names our host; with neither header
/// the request is refused (SEC-20).
fn same_origin(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
    };
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, name)| name == host),
        _ => false,
    }
}

#[derive(Template)]
#[template(path = "failure.html", blocks = ["panel"])]
struct FailurePage<'a> {
    heading: &'static str,
    message: &'a str,
    request: &'a str,
    status: u16,
    home: &'static str,
    phone: bool,
    ask: String,
    kept: Option<&'a crate::kept::Kept>,
}

fn render(told: &Told, method: &Method, path: &str, request: &str, htmx: bool) -> Response<Body> {
    let heading = match told.status {
        StatusCode::FORBIDDEN => "不能打开或办理",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "没有这个页面",
        StatusCode::CONFLICT => "已经有人办理",
        StatusCode::UNPROCESSABLE_ENTITY => "没有提交成功，数据没有改动",
        StatusCode::TOO_MANY_REQUESTS => "操作过于频繁",
        _ => "系统出了问题",
    };
    let phone = ["/member", "/cadre", "/employ"]
        .iter()
        .any(|port| path.starts_with(port));
    let home = match path.split('/').nth(1) {
        Some("member") => "/member",
        Some("cadre") => "/cadre",
        Some("employ") => "/employ",
        _ => "/",
    };
    let view = FailurePage {
        heading,
        message: &told.message,
        request,
        status: told.status.as_u16(),
        home,
        phone,
        ask: told
            .missing
            .map(|(right, org)| {
                // Only a page can be opened again by who is asked.
                let place = if *method == Method::GET { path } else { "" };
                format!(
                    "/account/ask?right={right}&org={org}&place={}",
                    crate::list::encode(place)
                )
            })
            .unwrap_or_default(),
        kept: told.kept.as_ref(),
    };
    let body = if htmx {
        view.as_panel().render()
    } else {
        view.render()
    };
    (
        told.status,
        Html(body.unwrap_or_else(|_| told.message.clone())),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn sec_20_changes_come_from_our_own_pages_only() {
        let post = Method::POST;
        assert!(same_origin(
            &post,
            &headers(&[("sec-fetch-site", "same-origin")])
        ));
        assert!(same_origin(
            &post,
            &headers(&[("origin", "http://a.example"), ("host", "a.example")])
        ));
        assert!(!same_origin(
            &post,
            &headers(&[("origin", "http://b.example"), ("host", "a.example")])
        ));
        assert!(!same_origin(
            &post,
            &headers(&[("sec-fetch-site", "cross-site"), ("host", "a.example")])
        ));
        assert!(
            !same_origin(&post, &headers(&[("host", "a.example")])),
            "neither header"
        );
        assert!(same_origin(&Method::GET, &headers(&[])));
    }

    #[test]
    fn acc_04_old_browsers_are_told_and_new_ones_are_not() {
        let old = |agent: &str| {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(agent).expect("a header");
            headers.insert(header::USER_AGENT, value);
            is_too_old(&headers)
        };
        for agent in [
            "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)",
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/7.0; QIHU 360EE)",
        ] {
            assert!(old(agent), "{agent}");
        }
        for agent in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 QIHU 360SE",
            "Mozilla/5.0 (Windows NT 10.0) Chrome/109.0 Safari/537.36 QQBrowser/12.0 Edg/109.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) MicroMessenger/8.0",
        ] {
            assert!(!old(agent), "{agent}");
        }
    }
}
