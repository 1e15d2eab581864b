//! Routes with their declared access: what cannot be added without saying who may come (SEC-12).

use crate::{App, guard::Asked, proof::Proved};
use access::Permission;
use axum::{Router, handler::Handler, http::Method, routing, routing::MethodRouter};

/// Who may come to a route; the matrix test walks all routes and compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// A member or somebody acting for an organisation, on own things.
    Own,
    /// Whoever acts for an organisation and has at least a look at this in its scope.
    Needs(Permission),
    /// Demonstration mode only.
    Demo,
}

/// One declared route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with parameters in braces.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    /// The password or a factor must have been given lately, or is asked on the way (ACC-67, SEC-11).
    pub proved: bool,
}

/// A capability's routes.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    table: Vec<Route>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A page.
    pub fn get<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        self.add(Method::GET, path, access, false, routing::get(handler))
    }

    /// A submission.
    pub fn post<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        self.add(Method::POST, path, access, false, routing::post(handler))
    }

    /// A page that is opened with a recent proof only.
    pub fn get_proved<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        let behind = routing::get(Proved(handler));
        self.add(Method::GET, path, access, true, behind)
    }

    /// A submission that takes effect with a recent proof only; asking for one keeps what was typed.
    pub fn post_proved<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        let behind = routing::post(Proved(handler));
        self.add(Method::POST, path, access, true, behind)
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        access: Access,
        proved: bool,
        handler: MethodRouter<App>,
    ) -> Self {
        self.table.push(Route {
            method,
            path,
            access,
            proved,
        });
        self.router = self.router.route(path, handler);
        self
    }

    /// Another capability's routes as well.
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// All declarations.
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// For the server.
    pub fn into_router(self) -> Router<App> {
        self.router
    }
}

/// Puts fields a form does not declare down in the security log, by name (SEC-14).
pub(crate) async fn note_extra(app: &App, path: &str, fields: &[String], asked: &Asked) {
    let detail = format!("{path} {}", fields.join(","));
    note(app, "extra_fields", "ignored", &detail, asked).await;
}

/// Puts a refused request down in the security log (ACC-71, SEC-12). A log that cannot be written does not change the answer.
pub(crate) async fn note_refusal(app: &App, path: &str, code: &str, asked: &Asked) {
    note(app, "refusal", code, path, asked).await;
}

/// A line of the log of the account, and of the organisation acted for, whose administrators may read it (ACC-69).
async fn note(app: &App, kind: &str, outcome: &str, detail: &str, asked: &Asked) {
    let now = app.now();
    let id = app.db().random.uuid(now);
    let (account, org) = asked.who().unwrap_or((id, None));
    // Addresses carry ids only, never personal data (SEC-23); cut all the same.
    let detail: String = detail.chars().take(200).collect();
    let detail = format!("{detail} 编号{}", asked.id);
    let line = db::security::Line {
        id,
        at: now,
        subject: account,
        orgs: org.as_slice(),
        kind,
        outcome,
        address: &asked.address,
        device: &asked.device,
        detail: &detail,
    };
    let written = async {
        let mut conn = app.db().pool.acquire().await?;
        db::security::note(&mut conn, &line).await
    };
    if let Err(cause) = written.await {
        tracing::warn!(%cause, "security line not written");
    }
}
