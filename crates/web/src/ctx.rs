use crate::{App, Failure, NavGroup, Result, Shell, SignedIn, Tab, guard::Asked};
use access::{Actor, Port, Who};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, Method, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use base::Error;
use chrono::{DateTime, Utc};
use db::{Reader, Tx};
use sha2::{Digest, Sha256};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::sync::OwnedSemaphorePermit;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// As the device says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    fn of(headers: &HeaderMap) -> Self {
        match cookie(headers, "tj_theme").as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// The cookie's value.
    pub fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

const PLAIN: &str = "tj_session";
const HOST: &str = "__Host-tj";

/// The name of the session's cookie.
pub(crate) fn session_cookie_name(app: &App) -> &'static str {
    if app.secure_cookies() { HOST } else { PLAIN }
}

/// The cookie of a browser somebody signed in with (SEC-04).
pub const DEVICE: &str = "tj_device";

/// The `Set-Cookie` value that begins a session.
pub fn session_cookie(app: &App, token: &str) -> String {
    if app.secure_cookies() {
        format!("{HOST}={token}; Path=/; HttpOnly; Secure; SameSite=Lax")
    } else {
        format!("{PLAIN}={token}; Path=/; HttpOnly; SameSite=Lax")
    }
}

/// The `Set-Cookie` value that forgets it.
pub fn clear_session_cookie(app: &App) -> String {
    format!("{}; Max-Age=0", session_cookie(app, ""))
}

/// What the session table keeps of a token.
pub fn session_token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The visitor's address: the peer's, or what a trusted proxy says of it, so that limits meet visitors and not the proxy.
pub(crate) fn address(app: &App, extensions: &Extensions, headers: &HeaderMap) -> String {
    let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
        return String::new();
    };
    let told = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok());
    match told {
        Some(visitor) if app.trusts(peer.ip()) => visitor.to_string(),
        _ => peer.ip().to_string(),
    }
}

/// Browser and system, as it calls itself.
pub(crate) fn device(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok());
    agent.unwrap_or_default().chars().take(200).collect()
}

/// Facts of a request that do not depend on who asks.
#[derive(Clone, Debug)]
struct Visit {
    path: String,
    port: Port,
    address: String,
    device: String,
    request: String,
    htmx: bool,
    theme: Theme,
}

impl Visit {
    fn of(parts: &Parts) -> Self {
        let path = parts.uri.path().to_owned();
        let port = match path.split('/').nth(1) {
            Some("member") => Port::Member,
            Some("cadre") => Port::Cadre,
            _ => Port::Console,
        };
        let asked = parts.extensions.get::<Asked>().cloned().unwrap_or_default();
        Self {
            path,
            port,
            address: asked.address,
            device: asked.device,
            request: asked.id,
            htmx: parts.headers.contains_key("hx-request"),
            theme: Theme::of(&parts.headers),
        }
    }
}

/// Where somebody wanted to be who must sign in first: what was to be opened, or the page whose form was sent.
fn wanted(parts: &Parts) -> String {
    if parts.method == Method::GET {
        return parts
            .uri
            .path_and_query()
            .map_or("/", |p| p.as_str())
            .to_owned();
    }
    let text = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let from = text(header::REFERER).and_then(|page| page.split_once("://"));
    let own = text(header::HOST).unwrap_or_default();
    from.and_then(|(_, rest)| rest.strip_prefix(own))
        .filter(|place| crate::is_local(place))
        .map_or_else(|| parts.uri.path().to_owned(), str::to_owned)
}

async fn recognise(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>> {
    let Some(token) = cookie(headers, session_cookie_name(app)) else {
        return Ok(None);
    };
    if token.is_empty() {
        return Ok(None);
    }
    Ok(app
        .doorkeeper()
        .recognise(app.db(), session_token_hash(&token))
        .await?)
}

/// A signed-in request: who asks, acting for whom, and the ways to read and to change. Extracting it sends everybody
/// else to the sign-in page of the port, and whoever must still change the first password to that page (ACC-15).
#[derive(Clone)]
pub struct Ctx {
    /// The program.
    pub app: App,
    /// Who asks.
    pub actor: Actor,
    /// The session behind it.
    pub me: Arc<SignedIn>,
    visit: Visit,
}

impl Ctx {
    /// Opens the unit of work.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.app.db().begin(self.actor.clone()).await?)
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.app.db().read().await?)
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    /// Whether the password or a factor was given within the proof's life (ACC-67, SEC-11).
    pub fn has_recent_proof(&self) -> bool {
        self.now() - self.me.proved_at < self.app.proof_life()
    }

    /// The entrance used.
    pub fn port(&self) -> Port {
        self.visit.port
    }

    /// Whether htmx asks for a fragment.
    pub fn is_htmx(&self) -> bool {
        self.visit.htmx
    }

    /// Path of this request.
    pub fn path(&self) -> &str {
        &self.visit.path
    }

    /// Browser and system, as it calls itself.
    pub fn device(&self) -> &str {
        &self.visit.device
    }

    /// The organisation acted for, or the refusal that names the way to one.
    pub fn org(&self) -> Result<&access::OrgRef> {
        self.admitted()?;
        self.actor.org().ok_or_else(|| {
            Failure(Error::forbidden("您没有可代表的组织，管理后台只对组织管理员、运营者和团干部开放。团员请使用团员端；需要管理权限请联系所在团支部或直接上级团委。"))
        })
    }

    /// The signed-in person, or the refusal for organisation accounts.
    pub fn person(&self) -> Result<base::PersonId> {
        self.admitted()?;
        self.me.person.ok_or_else(|| {
            Failure(Error::forbidden(
                "组织账号没有个人资料，请用本人账号登录团员端。",
            ))
        })
    }

    /// Before the branch has approved a registration no business works (ACC-48).
    fn admitted(&self) -> Result<()> {
        if self.me.applicant {
            return Err(Failure(Error::forbidden(
                "报到审核通过后方可办理。进度见“我的注册申请”，也可以催一催所在团支部。",
            )));
        }
        Ok(())
    }

    /// The frame around a page: counts, menu, name. `place` marks the menu entry, e.g. `/console/orgs`.
    pub async fn shell(
        &self,
        reader: &mut Reader,
        title: &str,
        place: &'static str,
    ) -> Result<Shell> {
        let source = self.app.shell();
        let counts = source.counts(reader, self).await?;
        let mut nav = Vec::new();
        let mut tabs = Vec::new();
        match self.visit.port {
            Port::Console => nav = source.console_nav(self),
            _ => tabs = source.tabs(self),
        }
        for entry in nav
            .iter_mut()
            .flat_map(|group: &mut NavGroup| &mut group.entries)
        {
            entry.current = entry.href == place;
        }
        for tab in &mut tabs {
            let tab: &mut Tab = tab;
            tab.current = tab.href == place;
        }
        Ok(Shell::signed_in(self, title, nav, tabs, counts))
    }

    /// Theme chosen by this browser.
    pub fn theme(&self) -> Theme {
        self.visit.theme
    }
}

impl FromRequestParts<App> for Ctx {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visit = Visit::of(parts);
        let me = recognise(app, &parts.headers)
            .await
            .map_err(IntoResponse::into_response)?;
        let Some(me) = me else {
            let place = format!("/login?next={}", crate::list::encode(&wanted(parts)));
            return Err(if visit.htmx {
                (
                    [("HX-Redirect", place)],
                    axum::http::StatusCode::UNAUTHORIZED,
                )
                    .into_response()
            } else {
                Redirect::to(&place).into_response()
            });
        };
        if let Some(gate) = me.gate
            && !visit.path.starts_with(gate)
            && !beside(gate).is_some_and(|other| visit.path.starts_with(other))
            && visit.path != "/logout"
        {
            return Err(Redirect::to(gate).into_response());
        }
        let acting = me
            .acting
            .and_then(|org| me.grants.iter().find(|grant| grant.org.id == org))
            .cloned();
        if let Some(asked) = parts.extensions.get::<Asked>() {
            asked.is(me.account, acting.as_ref().map(|grant| grant.org.id));
        }
        let actor = Actor {
            who: me
                .person
                .map_or(Who::Person(base::PersonId(me.account)), Who::Person),
            name: me.name.clone(),
            acting,
            branch: me.branch.clone(),
            port: visit.port,
            address: visit.address.clone(),
            request: visit.request.clone(),
        };
        Ok(Self {
            app: app.clone(),
            actor,
            me: Arc::new(me),
            visit,
        })
    }
}

/// A request from somebody who need not be signed in: sign-in, registration, help.
#[derive(Clone)]
pub struct Guest {
    /// The program.
    pub app: App,
    /// Who asks, if signed in all the same.
    pub me: Option<Arc<SignedIn>>,
    /// What the browser's cookie names, ended or not: forms are keyed by it.
    session: Vec<u8>,
    visit: Visit,
    /// The turn of a form, until it is answered.
    _turn: Option<Arc<OwnedSemaphorePermit>>,
}

/// The other way to do what a gate asks: a passkey is a second factor like an authenticator app (SEC-06).
fn beside(gate: &str) -> Option<&'static str> {
    (gate == "/account/authenticator").then_some("/account/passkeys")
}

impl Guest {
    /// Opens the unit of work for somebody unknown.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(self.app.db().begin(self.actor()).await?)
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.app.db().read().await?)
    }

    /// The anonymous actor.
    pub fn actor(&self) -> Actor {
        Actor::anonymous(
            self.visit.port,
            self.visit.address.clone(),
            self.visit.request.clone(),
        )
    }

    /// Network address.
    pub fn address(&self) -> &str {
        &self.visit.address
    }

    /// Browser and system, as it calls itself.
    pub fn device(&self) -> &str {
        &self.visit.device
    }

    /// Whether htmx asks for a fragment.
    pub fn is_htmx(&self) -> bool {
        self.visit.htmx
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    /// The frame around a page outside the sign-in.
    pub fn shell(&self, title: &str) -> Shell {
        Shell::guest(&self.app, title, self.visit.theme).keyed(&self.session)
    }
}

impl FromRequestParts<App> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let turn = if parts.method == Method::POST {
            let device = cookie(&parts.headers, DEVICE).unwrap_or_default();
            let known = crate::form::is_known_browser(app.form_secret(), &device);
            let turn = app.crowd().turn(known).await;
            Some(Arc::new(turn.ok_or_else(crate::failure::too_many)?))
        } else {
            None
        };
        let me = recognise(app, &parts.headers)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self {
            app: app.clone(),
            me: me.map(Arc::new),
            session: crate::form::session_of(app, &parts.headers),
            visit: Visit::of(parts),
            _turn: turn,
        })
    }
}
