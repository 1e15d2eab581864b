use crate::{
    crowd::Crowd,
    proof::{Asked, Kept},
};
use access::{Actor, Grant, OrgRef};
use axum::{extract::FromRef, http::HeaderMap};
use base::{OrgId, PersonId, Reserved, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Reader};
use futures::future::BoxFuture;
use std::{
    any::Any,
    any::TypeId,
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, OnceLock},
};
use uuid::Uuid;

/// How the program runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Real data.
    Production,
    /// Invented data, movable clock, open outboxes.
    Demo,
}

/// Typed policy sections of the chosen profile (GEN-02), one a capability.
#[derive(Clone, Default)]
pub struct Policies(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Policies {
    /// Adds a capability's section.
    pub fn add<T: Any + Send + Sync>(&mut self, section: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(section));
    }

    /// A capability's section, if it was added.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

/// What the session cookie says about who asks.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Uuid,
    /// The person, unless this is an organisation account nobody has named himself on.
    pub person: Option<PersonId>,
    /// Whether a registration waits behind the account: nothing else is open to it (ACC-48).
    pub applicant: bool,
    /// Name to show.
    pub name: String,
    /// All grants in force.
    pub grants: Vec<Grant>,
    /// The branch the person is a member of.
    pub branch: Option<OrgRef>,
    /// The organisation chosen to act for; `None` acts for none.
    pub acting: Option<OrgId>,
    /// Hash of the session's token: its identity.
    pub session: Vec<u8>,
    /// A new password or a consent is owed (ACC-15).
    pub must_change: bool,
    /// The one page that may be reached until what it asks is done (ACC-15, SEC-06).
    pub gate: Option<&'static str>,
    /// When the password was last given (ACC-67).
    pub proved_at: DateTime<Utc>,
}

/// Recognises sessions; the accounts capability implements it.
pub trait Doorkeeper: Send + Sync {
    /// Who holds the session with this token hash, if it stands; notes that it was seen.
    fn recognise<'a>(
        &'a self,
        db: &'a Db,
        token_hash: Vec<u8>,
    ) -> BoxFuture<'a, Result<Option<SignedIn>>>;

    /// Asks for the password or a factor again before the form goes on, or takes the answer that came with it (ACC-67).
    fn ask_again<'a>(
        &'a self,
        ctx: &'a crate::Ctx,
        headers: &'a HeaderMap,
        kept: Kept,
    ) -> BoxFuture<'a, Result<Asked>>;

    /// What somebody is for an organisation at this moment, for background work put down earlier (STYLE 23); `None` where
    /// the account was stopped or holds nothing there any more.
    fn standing<'a>(
        &'a self,
        db: &'a Db,
        account: Uuid,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Actor>>>;
}

/// Numbers in the frame around each page.
#[derive(Clone, Default, Debug)]
pub struct ShellCounts {
    /// Waiting for the acting organisation.
    pub todo: i64,
    /// Unread messages.
    pub unread: i64,
    /// The reader's background work: under way, or ended and not looked at yet (PEER-14).
    pub work: Vec<db::overview::Watched>,
}

/// Fills the frame around each page; the program implements it, as it knows all capabilities.
pub trait ShellSource: Send + Sync {
    /// Counts for the acting organisation and the person.
    fn counts<'a>(
        &'a self,
        reader: &'a mut Reader,
        ctx: &'a crate::Ctx,
    ) -> BoxFuture<'a, Result<ShellCounts>>;
    /// The menu of the console for this reader.
    fn console_nav(&self, ctx: &crate::Ctx) -> Vec<crate::NavGroup>;
    /// The tabs of the phone ports for this reader.
    fn tabs(&self, ctx: &crate::Ctx) -> Vec<crate::Tab>;
}

/// The state of the running program; cheap to clone, handed to every handler.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    mode: Mode,
    profile: String,
    policies: Policies,
    files: files::Store,
    doorkeeper: Arc<dyn Doorkeeper>,
    shell: Arc<dyn ShellSource>,
    form_key: [u8; 32],
    secure_cookies: bool,
    proxies: OnceLock<Vec<IpAddr>>,
    crowd: Crowd,
}

impl App {
    /// Puts the state together at the start.
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, by the program's wiring and the test kit"
    )]
    pub fn new(
        db: Db,
        mode: Mode,
        profile: &str,
        policies: Policies,
        files: files::Store,
        doorkeeper: Arc<dyn Doorkeeper>,
        shell: Arc<dyn ShellSource>,
        secure_cookies: bool,
    ) -> Self {
        let form_key = db.keys.derive("form");
        let crowd = Crowd::new(db.pool.options().get_max_connections());
        Self(Arc::new(Inner {
            db,
            mode,
            profile: profile.to_owned(),
            policies,
            files,
            doorkeeper,
            shell,
            form_key,
            secure_cookies,
            proxies: OnceLock::new(),
            crowd,
        }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Now, by the one clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.db.clock.now()
    }

    /// Believes `X-Forwarded-For` of these addresses only (SEC-70); called once at the start.
    pub fn trust_proxies(&self, proxies: Vec<IpAddr>) {
        let _ = self.0.proxies.set(proxies);
    }

    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.0
            .proxies
            .get()
            .is_some_and(|known| known.contains(&peer))
    }

    /// Demonstration or production.
    pub fn mode(&self) -> Mode {
        self.0.mode
    }

    /// Whether invented data is shown and the clock may be moved.
    pub fn is_demo(&self) -> bool {
        self.0.mode == Mode::Demo
    }

    /// Whether the invented number ranges are taken.
    pub fn reserved(&self) -> Reserved {
        if self.is_demo() {
            Reserved::Accepted
        } else {
            Reserved::Refused
        }
    }

    /// The profile's name: for showing it, never for deciding by it.
    pub fn profile(&self) -> &str {
        &self.0.profile
    }

    /// A capability's section of the profile (GEN-02).
    pub fn policy<T: Any + Send + Sync>(&self) -> &T {
        match self.0.policies.get() {
            Some(section) => section,
            None => unreachable!(
                "the wiring adds every capability's policy: {}",
                std::any::type_name::<T>()
            ),
        }
    }

    /// Uploads and produced files.
    pub fn files(&self) -> &files::Store {
        &self.0.files
    }

    /// Who recognises sessions and says what somebody is.
    pub fn doorkeeper(&self) -> &dyn Doorkeeper {
        &*self.0.doorkeeper
    }

    pub(crate) fn shell(&self) -> Arc<dyn ShellSource> {
        self.0.shell.clone()
    }

    pub(crate) fn form_secret(&self) -> &[u8; 32] {
        &self.0.form_key
    }

    /// Who waits and who is refused too often.
    pub(crate) fn crowd(&self) -> &Crowd {
        &self.0.crowd
    }

    /// Whether cookies carry `Secure` and the `__Host-` prefix (always in production).
    pub fn secure_cookies(&self) -> bool {
        self.0.secure_cookies
    }

    /// How long a password proof lasts for sensitive acts (`sec.reauth.minutes`).
    pub fn proof_life(&self) -> TimeDelta {
        TimeDelta::minutes(10)
    }
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.0.db.clone()
    }
}
