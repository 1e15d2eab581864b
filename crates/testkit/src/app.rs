use crate::{League, database};
use access::{Actor, Grant, OrgRef, Port, Role, Who};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Response},
};
use base::{OrgId, PersonId, Result};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use db::{
    Db, Reader,
    jobs::{Job, Registry, Schedule},
};
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tower::ServiceExt;
use uuid::Uuid;
use web::{
    App, Ctx, Doorkeeper, Mode, NavGroup, Policies, Routes, ShellCounts, ShellSource, SignedIn,
    Tab,
    proof::{Asked, Kept},
};

/// A capability's `jobs`.
pub type JobsOf = fn(&App) -> (Vec<Job>, Vec<Schedule>);

/// What a test puts together: the routes, work and policies of the capabilities it is about.
#[derive(Default)]
pub struct Setup {
    /// Routes.
    pub routes: Routes,
    /// Policies.
    pub policies: Policies,
    /// Work, made from the finished state.
    pub jobs: Option<JobsOf>,
    /// The real doorkeeper, for tests of signing in; whoever a test lets in is recognised all the same.
    pub doorkeeper: Option<Arc<dyn Doorkeeper>>,
    /// The real frame, for tests of menus; otherwise a bare one.
    pub shell: Option<Arc<dyn ShellSource>>,
    /// Cookies as in production.
    pub secure: bool,
}

/// A running application without network: a fresh database, a fixed clock, the fake league.
pub struct TestApp {
    /// State.
    pub app: App,
    /// Database.
    pub db: Db,
    /// The fake league.
    pub league: League,
    /// Work.
    pub jobs: Registry,
    router: Router,
    door: Arc<Door>,
}

/// Recognises whoever a test let in, without accounts.
#[derive(Default)]
struct Door {
    let_in: Mutex<HashMap<Vec<u8>, SignedIn>>,
    real: Option<Arc<dyn Doorkeeper>>,
}

impl Doorkeeper for Door {
    fn recognise<'a>(
        &'a self,
        db: &'a Db,
        token_hash: Vec<u8>,
    ) -> BoxFuture<'a, Result<Option<SignedIn>>> {
        let found = self
            .let_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&token_hash)
            .cloned();
        match (found, &self.real) {
            (None, Some(real)) => real.recognise(db, token_hash),
            (found, _) => {
                let now = self.real.is_none().then(|| db.clock.now());
                Box::pin(async move { Ok(found.map(|who| proved(who, now))) })
            }
        }
    }

    fn ask_again<'a>(
        &'a self,
        ctx: &'a Ctx,
        headers: &'a HeaderMap,
        kept: Kept,
    ) -> BoxFuture<'a, Result<Asked>> {
        match &self.real {
            Some(real) => real.ask_again(ctx, headers, kept),
            // Nobody has a password here: that it is asked is all a test can see.
            None => Box::pin(async { Ok(Asked::Page(unproved())) }),
        }
    }

    fn standing<'a>(
        &'a self,
        db: &'a Db,
        account: Uuid,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Actor>>> {
        let let_in = self.let_in.lock().unwrap_or_else(PoisonError::into_inner);
        let found = let_in
            .values()
            .filter(|me| me.account == account)
            .find_map(|me| {
                let grant = me.grants.iter().find(|grant| grant.org.id == org)?;
                Some(Actor {
                    who: Who::Person(PersonId(account)),
                    name: me.name.clone(),
                    acting: Some(grant.clone()),
                    branch: me.branch.clone(),
                    ..Actor::system("work")
                })
            });
        match (found, &self.real) {
            (None, Some(real)) => real.standing(db, account, org),
            (found, _) => Box::pin(async move { Ok(found) }),
        }
    }
}

/// Where there are no accounts, whoever a test lets in has always just given the password, unless the test says when.
fn proved(who: SignedIn, now: Option<DateTime<Utc>>) -> SignedIn {
    match now {
        Some(now) if who.proved_at == crate::now() => SignedIn {
            proved_at: now,
            ..who
        },
        _ => who,
    }
}

fn unproved() -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, "再次验证").into_response()
}

struct BareShell;
impl ShellSource for BareShell {
    fn counts<'a>(&'a self, _: &'a mut Reader, _: &'a Ctx) -> BoxFuture<'a, Result<ShellCounts>> {
        Box::pin(async { Ok(ShellCounts::default()) })
    }
    fn console_nav(&self, _: &Ctx) -> Vec<NavGroup> {
        Vec::new()
    }
    fn tabs(&self, _: &Ctx) -> Vec<Tab> {
        Vec::new()
    }
}

/// Somebody signed in under a role: `signed_in("赵演示", Role::Administrator, &league.college, "信息学院团委")`.
pub fn signed_in(name: &str, role: Role, org: &OrgRef) -> SignedIn {
    let person = PersonId(Uuid::from_u128(name.bytes().fold(7_u128, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(u128::from(b))
    })));
    let org_name = League::new().name(org).to_owned();
    SignedIn {
        account: person.0,
        person: Some(person),
        applicant: false,
        name: name.to_owned(),
        grants: vec![Grant {
            role,
            org: org.clone(),
            org_name,
            covers: Vec::new(),
            bounds: access::Bounds::Whole,
            root: access::Root::default(),
        }],
        branch: None,
        acting: Some(org.id),
        session: name.as_bytes().to_vec(),
        must_change: false,
        gate: None,
        proved_at: crate::now(),
    }
}

impl TestApp {
    /// Starts with a fresh database.
    pub async fn new(setup: Setup) -> Self {
        Self::with(setup, database().await)
    }

    /// Starts on a database a test has.
    pub fn with(setup: Setup, db: Db) -> Self {
        // Randomness repeats in every test, so the database's own name keeps the files of tests apart.
        let options = db.pool.connect_options();
        let name = options.get_database().expect("a database");
        let folder = std::env::temp_dir().join(format!("tuanjian-files-{name}"));
        let files = files::Store::folder(&folder).expect("folder");
        let door = Arc::new(Door {
            real: setup.doorkeeper,
            ..Door::default()
        });
        let app = App::new(
            db.clone(),
            Mode::Demo,
            "national",
            setup.policies,
            files,
            door.clone(),
            setup.shell.unwrap_or_else(|| Arc::new(BareShell)),
            setup.secure,
        );
        let router = setup
            .routes
            .into_router()
            .layer(axum::middleware::from_fn_with_state(
                app.clone(),
                web::guard,
            ))
            .with_state(app.clone());
        let mut jobs = Registry::default();
        if let Some(make) = setup.jobs {
            let (work, schedules) = make(&app);
            jobs.add(work, schedules);
        }
        Self {
            app,
            db,
            league: League::new(),
            jobs,
            router,
            door,
        }
    }

    /// A browser of somebody signed in.
    pub fn client(&self, who: SignedIn) -> Client {
        let token = Uuid::from_u128(self.db.random.below(u64::MAX).into())
            .simple()
            .to_string();
        let mut who = who;
        who.session = web::session_token_hash(&token);
        self.door
            .let_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(who.session.clone(), who);
        Client {
            router: self.router.clone(),
            cookie: Some(format!("tj_session={token}")),
            host: "test".into(),
            site: None,
            page: None,
        }
    }

    /// Takes what somebody let in under this name holds away, as the end of a grant does.
    pub fn end_rights(&self, name: &str) {
        let mut let_in = self
            .door
            .let_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for me in let_in.values_mut().filter(|me| me.name == name) {
            me.grants.clear();
            me.acting = None;
        }
    }

    /// Serves the same application, with its front-end files, for a [`crate::browser::Browser`]; a browser takes over
    /// a client's session with [`Client::session`].
    pub async fn serve(&self) -> crate::browser::Server {
        crate::browser::Server::start(self.router.clone().merge(web::assets_router())).await
    }

    /// The administrator of an organisation.
    pub fn admin(&self, name: &str, org: &OrgRef) -> Client {
        self.client(signed_in(name, Role::Administrator, org))
    }

    /// A member of a branch on the member port.
    pub fn member(&self, person: PersonId, name: &str, branch: &OrgRef) -> Client {
        self.client(SignedIn {
            account: person.0,
            person: Some(person),
            grants: Vec::new(),
            branch: Some(branch.clone()),
            acting: None,
            ..signed_in(name, Role::Member, branch)
        })
    }

    /// A browser nobody signed in with.
    pub fn guest(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookie: None,
            host: "test".into(),
            site: None,
            page: None,
        }
    }

    /// An actor for calling actions directly.
    pub fn actor(&self, name: &str, role: Role, org: &OrgRef) -> access::Actor {
        let me = signed_in(name, role, org);
        access::Actor {
            who: access::Who::Person(me.person.unwrap_or(PersonId(Uuid::nil()))),
            name: me.name,
            acting: me.grants.into_iter().next(),
            branch: None,
            port: Port::Console,
            address: "127.0.0.1".into(),
            request: "test".into(),
        }
    }

    /// Runs everything due, background work and schedules.
    pub async fn settle(&self) -> u32 {
        self.jobs.drain(&self.db).await.expect("jobs")
    }

    /// Moves the clock: `2026-10-03 23:59` in China.
    pub fn move_to(&self, china: &str) {
        let moment =
            chrono::NaiveDateTime::parse_from_str(china, "%Y-%m-%d %H:%M").expect("a moment");
        self.db.clock.move_to(
            moment
                .and_local_timezone(base::CST)
                .single()
                .expect("a moment")
                .to_utc(),
        );
    }

    /// Lets time pass.
    pub fn later_by(&self, seconds: i64) {
        let clock = &self.db.clock;
        clock.move_to(clock.now() + chrono::TimeDelta::seconds(seconds));
    }
}

/// A browser without a screen: keeps its cookie, sends what forms send.
#[derive(Clone)]
pub struct Client {
    router: Router,
    cookie: Option<String>,
    host: String,
    site: Option<String>,
    page: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Where it leads.
    pub location: String,
    /// Cookies set.
    pub cookies: Vec<String>,
    /// All headers.
    pub headers: axum::http::HeaderMap,
    /// Content.
    pub body: String,
    /// Content as bytes (files).
    pub bytes: Bytes,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or("")
                .to_owned()
        };
        let location = header("location");
        let cookies = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .map(str::to_owned)
            .collect();
        let headers = response.headers().clone();
        let bytes = response
            .into_body()
            .collect()
            .await
            .expect("body")
            .to_bytes();
        Self {
            status,
            location,
            cookies,
            headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    /// The status, or a panic that shows the page.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The hidden key of the first form on the page.
    #[track_caller]
    pub fn key(&self) -> String {
        let mark = "name=\"_key\" value=\"";
        let start = self
            .body
            .find(mark)
            .unwrap_or_else(|| panic!("no form on the page: {}", self.body))
            + mark.len();
        self.body[start..]
            .chars()
            .take_while(|c| *c != '"')
            .collect()
    }

    /// Whether the text stands on the page.
    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// A panic unless the text stands on the page.
    #[track_caller]
    pub fn see(self, text: &str) -> Self {
        assert!(
            self.body.contains(text),
            "“{text}” is not on the page: {}",
            self.body
        );
        self
    }
}

impl Client {
    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(
            self.router
                .clone()
                .oneshot(request)
                .await
                .expect("an answer"),
        )
        .await
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("origin", self.origin());
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(page) = &self.page {
            request = request.header("referer", page);
        }
        request
    }

    /// The same browser, led here under another name.
    pub fn from_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// The same browser on this page: `http://test/console`.
    pub fn from_page(mut self, address: &str) -> Self {
        self.page = Some(address.to_owned());
        self
    }

    /// The same browser on a page of another site: `https://evil.example`.
    pub fn from_site(mut self, origin: &str) -> Self {
        self.site = Some(origin.to_owned());
        self
    }

    fn origin(&self) -> String {
        let own = || format!("http://{}", self.host);
        self.site.clone().unwrap_or_else(own)
    }

    /// The same browser with exactly this cookie.
    pub fn with_cookie(mut self, line: &str) -> Self {
        self.cookie = Some(line.to_owned());
        self
    }

    /// Name and value of the session's cookie.
    pub fn session(&self) -> Option<(&str, &str)> {
        self.cookie.as_deref()?.split_once('=')
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(
            self.request("GET", path)
                .body(Body::empty())
                .expect("request"),
        )
        .await
    }

    /// Asks for a fragment as htmx does.
    pub async fn fragment(&self, path: &str) -> Answer {
        self.send(
            self.request("GET", path)
                .header("hx-request", "true")
                .body(Body::empty())
                .expect("request"),
        )
        .await
    }

    /// Sends a form with exactly these fields (give `_key` yourself).
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_html_form::to_string(fields).expect("form");
        let request = self
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).expect("request"))
            .await
    }

    /// Opens `page`, takes its form key and sends the form to `action`.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let key = self.get(page).await.expect(200).key();
        let mut all = vec![("_key", key.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }

    /// Calls as another program does, with a key: `call("GET", "/api/v1/orgs/1", key)`.
    pub async fn call(&self, method: &str, path: &str, key: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::empty()).expect("request"))
            .await
    }

    /// Calls as another program does: JSON, with neither origin nor cookie.
    pub async fn send_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header("host", &self.host)
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("request"))
            .await
    }

    /// Sends a form with a file.
    pub async fn upload(
        &self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
        file_name: &str,
        bytes: &[u8],
    ) -> Answer {
        self.upload_all(page, action, fields, &[("file", file_name, bytes)])
            .await
    }

    /// Sends a form with files: field, name, content.
    pub async fn upload_all(
        &self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let key = self.get(page).await.expect(200).key();
        let mut all = vec![("_key", key.as_str())];
        all.extend_from_slice(fields);
        self.post_parts(action, &all, files).await
    }

    /// Sends a form in parts, with exactly these fields and files (give `_key` yourself).
    pub async fn post_parts(
        &self,
        action: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let line = "----tuanjian-test";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!(
                    "--{line}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        for (name, file_name, bytes) in files {
            body.extend(format!("--{line}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{line}--\r\n").bytes());
        let request = self.request("POST", action).header(
            "content-type",
            format!("multipart/form-data; boundary={line}"),
        );
        self.send(request.body(Body::from(body)).expect("request"))
            .await
    }

    /// This browser with the cookies an answer set, besides those it has.
    pub fn with_cookies_of(&self, answer: &Answer) -> Self {
        let mut jar: Vec<(String, String)> = Vec::new();
        let had = self.cookie.iter().flat_map(|line| line.split("; "));
        let set = answer.cookies.iter().filter_map(|c| c.split(';').next());
        for (name, value) in had.chain(set).filter_map(|pair| pair.split_once('=')) {
            jar.retain(|(known, _)| known != name);
            jar.push((name.to_owned(), value.to_owned()));
        }
        let line: Vec<String> = jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        Self {
            router: self.router.clone(),
            cookie: (!line.is_empty()).then(|| line.join("; ")),
            host: self.host.clone(),
            site: self.site.clone(),
            page: self.page.clone(),
        }
    }
}
