//! Where journeys take place: the whole program on a database of its own.

use access::{Actor, OrgRef, Role};
use base::{OrgCategory, PersonId, Reserved, check_digit};
use people::{Circumstances, Demand, How, MemberInput};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use testkit::{
    League,
    browser::{Browser, Server},
};
use tokio::{sync::watch, task::JoinHandle};
use web::{App, Mode};

/// The password of everybody whose account a stage makes.
pub const PASSWORD: &str = "Haitang#2026";

/// Somebody of the stage.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// ID number, to sign in with.
    pub id_number: String,
}

/// The program, running.
pub struct Stage {
    /// Its state: database, clock, policies.
    pub app: App,
    /// The organisations.
    pub league: League,
    server: Server,
    workers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    folder: PathBuf,
}

impl Stage {
    /// With one process' workers.
    pub async fn new() -> Self {
        Self::with_processes(1).await
    }

    /// With the workers of several processes on the same database.
    pub async fn with_processes(processes: usize) -> Self {
        Self::on(testkit::database().await, processes).await
    }

    /// With the demonstration league instead of the fake one, seeded once for all tests of this run.
    pub async fn demo() -> Self {
        static SEEDED: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
        let url = SEEDED
            .get_or_init(|| async {
                let url = testkit::bare_database().await;
                let stage = Self::on(testkit::open_database(&url).await, 0).await;
                tuanjian::demo::seed(&stage.app, tuanjian::demo::SEED)
                    .await
                    .expect("the demonstration");
                url
            })
            .await;
        let mut db = testkit::open_database(url).await;
        // Tokens and ids of stages that share a database must differ.
        db.random = base::Random::from_system();
        Self::on(db, 1).await
    }

    /// A browser with the demonstration's account of this role signed in.
    pub async fn playing(&self, browser: Browser, role: &str) -> Browser {
        let accounts = tuanjian::demo::accounts(self.app.policy());
        let account = accounts
            .iter()
            .find(|a| a.role == role)
            .expect("an account of this role");
        browser.goto("/login").await;
        browser.fill("identifier", &account.login).await;
        browser.fill("password", &account.password).await;
        browser.submit("password").await;
        browser.leave("/login").await;
        browser
    }

    /// With another profile than the national one.
    pub async fn of(profile: &str) -> Self {
        Self::set_up(testkit::database().await, 1, profile).await
    }

    /// On a database that is there already.
    pub async fn on(db: db::Db, processes: usize) -> Self {
        Self::set_up(db, processes, "national").await
    }

    async fn set_up(db: db::Db, processes: usize, profile: &str) -> Self {
        // The stage's randomness repeats; its folder must not.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("tuanjian-stage-{}-{count}", std::process::id()));
        let files = files::Store::folder(&folder).expect("a folder for files");
        let app = tuanjian::wiring::app(db, Mode::Demo, profile, files, false).expect("wiring");
        let server = Server::start(tuanjian::wiring::router(&app)).await;
        let (stop, stopped) = watch::channel(false);
        let workers = (0..processes)
            .map(|_| {
                let registry = Arc::new(tuanjian::wiring::registry(&app));
                tokio::spawn(registry.work(app.db().clone(), 2, stopped.clone()))
            })
            .collect();
        Self {
            app,
            league: League::new(),
            server,
            workers,
            stop,
            folder,
        }
    }

    /// The address of the site.
    pub fn base(&self) -> &str {
        &self.server.base
    }

    /// A desktop.
    pub async fn desktop(&self) -> Browser {
        Browser::desktop(self.base()).await
    }

    /// A phone.
    pub async fn phone(&self) -> Browser {
        Browser::phone(self.base()).await
    }

    /// A desktop with somebody signed in.
    pub async fn desk_of(&self, who: &Somebody) -> Browser {
        let browser = self.desktop().await;
        sign_in(&browser, who, PASSWORD).await;
        browser.leave("/login").await;
        browser
    }

    /// A phone with somebody signed in.
    pub async fn phone_of(&self, who: &Somebody) -> Browser {
        let browser = self.phone().await;
        sign_in(&browser, who, PASSWORD).await;
        browser.leave("/login").await;
        browser
    }

    /// A member entered by the branch's administrator, who has not signed in yet; `n` makes the numbers own.
    pub async fn member(&self, name: &str, n: u32, branch: &OrgRef) -> Somebody {
        let mut conn = self.app.db().read().await.expect("connection");
        let org = orgs::find(&mut conn, branch.id)
            .await
            .expect("query")
            .expect("the branch");
        drop(conn);
        let id_number = id_number("20040520", n);
        let typed = MemberInput {
            name: name.into(),
            id_number: id_number.clone(),
            ethnic: "汉族".into(),
            political: "共青团员".into(),
            education: "大学本科".into(),
            admitted_on: "2019-05".into(),
            admission_number: format!("20190000{n:04}"),
            phone: format!("1000000{n:04}"),
            ..MemberInput::default()
        };
        let around = Circumstances {
            today: base::business_date(self.app.now()),
            reserved: Reserved::Accepted,
            xinjiang: false,
            demand: Demand::Member,
            category: OrgCategory::Branch,
            keep_number: false,
        };
        let new =
            people::check(&typed, self.app.policy::<people::Policy>(), &around).expect("a record");
        let mut tx = self.begin().await;
        let person = people::enter_member(&mut tx, &org, new, How::Entered, None)
            .await
            .expect("entering");
        tx.commit().await.expect("commit");
        Somebody {
            person,
            name: name.to_owned(),
            id_number,
        }
    }

    /// A member with an account that has been used before.
    pub async fn active(&self, name: &str, n: u32, branch: &OrgRef) -> Somebody {
        let who = self.member(name, n, branch).await;
        let privacy = &self.app.policy::<accounts::Policy>().privacy_version;
        let mut tx = self.begin().await;
        accounts::make_account(&mut tx, who.person, PASSWORD, false, privacy)
            .await
            .expect("account");
        tx.commit().await.expect("commit");
        who
    }

    /// An administrator of `org`, who is a member of the floating branch.
    pub async fn administrator(&self, name: &str, n: u32, org: &OrgRef) -> Somebody {
        let who = self.active(name, n, &self.league.floating).await;
        self.appoint(&who, org).await;
        who
    }

    /// Makes somebody administrator of `org`.
    pub async fn appoint(&self, who: &Somebody, org: &OrgRef) {
        let mut tx = self.begin().await;
        let org = orgs::find(&mut tx, org.id)
            .await
            .expect("query")
            .expect("the organisation");
        let policy = self.app.policy::<accounts::Policy>();
        accounts::grant(
            &mut tx,
            policy,
            who.person,
            &who.name,
            &org,
            Role::Administrator,
            "journey",
        )
        .await
        .expect("grant");
        tx.commit().await.expect("commit");
    }

    async fn begin(&self) -> db::Tx {
        self.app
            .db()
            .begin(Actor::system("journey"))
            .await
            .expect("transaction")
    }

    /// The code in the last SMS to a phone.
    pub async fn code(&self, phone: &str) -> String {
        let mut reader = self.app.db().read().await.expect("connection");
        let keys = reader.keys.clone();
        let sent = gateways::outbox(&mut reader, &keys, 50)
            .await
            .expect("the outbox");
        let body = sent
            .into_iter()
            .find(|message| message.receiver == phone)
            .expect("an SMS")
            .body;
        let (_, rest) = body.split_once("验证码").expect("a code");
        rest.chars().take(6).collect()
    }

    /// Waits until no work is due.
    pub async fn settle(&self) {
        tuanjian::wiring::registry(&self.app)
            .drain(self.app.db())
            .await
            .expect("work");
    }

    /// Whether the audit chain is whole.
    pub async fn audit_holds(&self) {
        let mut conn = self.app.db().pool.acquire().await.expect("connection");
        let keys = &self.app.db().keys;
        let verdict = db::audit::verify(&mut conn, keys).await.expect("verify");
        assert!(verdict.entries > 0, "something was recorded");
        assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    }

    /// How many audit entries name this act.
    #[expect(clippy::disallowed_methods, reason = "a look past the capabilities")]
    pub async fn audited(&self, action: &str) -> i64 {
        sqlx::query_scalar("select count(*) from audit_log where action = $1")
            .bind(action)
            .fetch_one(&self.app.db().pool)
            .await
            .expect("the audit")
    }

    /// How many members a branch has.
    pub async fn members_of(&self, branch: &OrgRef) -> usize {
        let mut reader = self.app.db().read().await.expect("connection");
        let keys = reader.keys.clone();
        people::members_of(&mut reader, &keys, branch.id, None, 100_000)
            .await
            .expect("members")
            .len()
    }

    /// Sets the clock of all processes on this database ahead, so that what a dead one had claimed is free again.
    #[expect(
        clippy::disallowed_methods,
        reason = "what the page of the clock writes"
    )]
    pub async fn let_leases_lapse(&self, times: usize) {
        let ahead = serde_json::json!({ "offset_us": (times as i64 + 1) * 180_000_000 });
        sqlx::query("insert into setting (name, value) values ('clock', $1) on conflict (name) do update set value = excluded.value")
            .bind(ahead)
            .execute(&self.app.db().pool)
            .await
            .expect("the clock");
    }

    /// A folder for what a journey writes; gone with the stage.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for worker in &self.workers {
            worker.abort();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An invented ID number: `999001`, birth, order (odd is male), check character.
pub fn id_number(born: &str, order: u32) -> String {
    let digits = format!("999001{born}{order:03}");
    format!("{digits}{}", check_digit(digits.as_bytes()))
}

/// Signs in through the page.
pub async fn sign_in(browser: &Browser, who: &Somebody, password: &str) {
    browser.goto("/login").await;
    browser.fill("identifier", &who.id_number).await;
    browser.fill("password", password).await;
    browser.submit("password").await;
}
