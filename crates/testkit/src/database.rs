use crate::citus;
use base::{Clock, Random};
use db::{Db, Keyring, Suite, cluster};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, postgres::PgPoolOptions};
use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

/// Keys of tests: known, so that a dump can be read.
pub const MASTER: [u8; 32] = [42; 32];

/// The maintenance database of the test server: `TEST_DATABASE_URL`, or a private cluster without fsync that all test
/// binaries share (it is left running; the next run joins it).
pub(crate) fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            return url;
        }
        let roomy = std::process::Command::new("df")
            .args(["--output=avail", "-BG", "/dev/shm"])
            .output()
            .ok()
            .and_then(|out| {
                String::from_utf8(out.stdout)
                    .ok()?
                    .lines()
                    .last()?
                    .trim()
                    .trim_end_matches('G')
                    .parse::<u64>()
                    .ok()
            })
            .is_some_and(|free| free > 4);
        let base = if roomy {
            PathBuf::from("/dev/shm")
        } else {
            std::env::temp_dir()
        };
        let options = cluster::ClusterOptions {
            test: true,
            fallback: base.join("tuanjian-test-fallback"),
            ..Default::default()
        };
        let cluster = cluster::Cluster::start(&base.join("tuanjian-test"), &options)
            .expect("PostgreSQL for tests");
        cluster.url("postgres")
    })
}

pub(crate) fn with_database(url: &str, name: &str) -> String {
    // postgres://user@host:port/db or postgres:///db?host=…
    let (front, query) = url
        .split_once('?')
        .map_or((url, String::new()), |(f, q)| (f, format!("?{q}")));
    let cut = front.rfind('/').unwrap_or(front.len());
    format!("{}/{name}{query}", &front[..cut])
}

/// Name of the template: changes with any migration.
fn template() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("migrations")
        .filter_map(Result::ok)
        .map(|e| e.path())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "sql"))
    {
        hash.update(std::fs::read(file).expect("migration"));
    }
    hash.update(include_bytes!("league.rs"));
    if !citus::workers().is_empty() {
        hash.update(db::DISTRIBUTE);
    }
    let hash: String = hash
        .finalize()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("tj_template_{hash}")
}

async fn ensure_template(conn: &mut PgConnection) -> String {
    let name = template();
    sqlx::raw_sql("select pg_advisory_lock(727001)")
        .execute(&mut *conn)
        .await
        .expect("lock");
    #[expect(clippy::disallowed_methods, reason = "catalogue of the server")]
    let known: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut *conn)
            .await
            .expect("catalogue");
    if !known {
        let building = format!("{name}_building");
        for statement in [dropping(&building), format!("create database {building}")] {
            citus::everywhere(conn, &statement).await.expect("template");
        }
        let mut inside = PgConnection::connect(&with_database(server(), &building))
            .await
            .expect("template");
        citus::join(&mut inside, &building).await;
        db::migrate(&mut inside, crate::now())
            .await
            .expect("migrations");
        citus::distribute(&mut inside).await;
        crate::league::insert(&mut inside).await;
        inside.close().await.expect("close");
        citus::close(conn, &building).await;
        citus::everywhere(conn, &format!("alter database {building} rename to {name}"))
            .await
            .expect("rename");
    }
    sweep(conn).await;
    sqlx::raw_sql("select pg_advisory_unlock(727001)")
        .execute(&mut *conn)
        .await
        .expect("unlock");
    name
}

/// Drops what earlier test processes left, once a process: a database takes 10 MB, and a full run makes hundreds of them.
/// A failed test's database stays until the next test binary starts, so it can be looked at.
async fn sweep(conn: &mut PgConnection) {
    static SWEPT: AtomicBool = AtomicBool::new(false);
    if SWEPT.swap(true, Ordering::Relaxed) {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "catalogue of the server")]
    let old: Vec<String> = sqlx::query_scalar(
        "select datname::text from pg_database d where datname like 'tj_test_%'
         and not exists (select from pg_stat_activity a where a.datname = d.datname and a.backend_type = 'client backend')",
    )
    .fetch_all(&mut *conn)
    .await
    .expect("catalogue");
    for database in old.iter().filter(|d| abandoned(d)) {
        let _ = citus::everywhere(conn, &dropping(database)).await;
    }
}

/// The statement that drops a database.
fn dropping(database: &str) -> String {
    format!("drop database if exists {database} with (force)")
}

/// Whether nobody uses a test's database any more: the process in its name, `tj_test_…_PROCESS_COUNT`, has ended.
fn abandoned(database: &str) -> bool {
    let process = database
        .strip_prefix("tj_test_")
        .and_then(|name| name.rsplit('_').nth(1))
        .and_then(|process| process.parse::<u32>().ok());
    process.is_some_and(|process| !std::path::Path::new(&format!("/proc/{process}")).exists())
}

/// A fresh database with schema and fake league; its address. It stays until a later test process sweeps it away.
pub async fn fresh_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut conn = PgConnection::connect(server()).await.expect("test server");
    let template = ensure_template(&mut conn).await;
    let name = format!(
        "tj_test_{}_{}_{}",
        &template[12..],
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let copy = format!("create database {name} template {template} strategy file_copy");
    citus::quieten(&mut conn).await;
    let mut tries = 0;
    loop {
        citus::everywhere(&mut conn, &dropping(&name))
            .await
            .expect("drop");
        let Err(cause) = citus::everywhere(&mut conn, &copy).await else {
            break;
        };
        // Two copies from one template at a moment exclude each other; try again.
        tries += 1;
        assert!(tries < 200, "{cause}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    database_url(&name)
}

/// A fresh database with the schema and nothing else; its address.
pub async fn bare_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut conn = PgConnection::connect(server()).await.expect("test server");
    // Kept until a later process, as all others.
    let template = ensure_template(&mut conn).await;
    let name = format!(
        "tj_test_{}_bare_{}_{}",
        &template[12..],
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    for statement in [dropping(&name), format!("create database {name}")] {
        citus::everywhere(&mut conn, &statement)
            .await
            .expect("bare database");
    }
    let url = database_url(&name);
    let mut inside = PgConnection::connect(&url).await.expect("bare database");
    db::migrate(&mut inside, crate::now())
        .await
        .expect("migrations");
    inside.close().await.expect("close");
    url
}

/// The address of a database on the test server.
pub fn database_url(name: &str) -> String {
    with_database(server(), name)
}

/// A fresh database with the clock fixed at [`crate::now`] and seeded randomness.
pub async fn database() -> Db {
    open_database(&fresh_database().await).await
}

/// The database at an address, as [`database`] opens it: for tests that let other processes use it too.
pub async fn open_database(url: &str) -> Db {
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .connect(url)
        .await
        .expect("fresh database");
    let random = Random::seeded(20_260_918);
    let mut conn = pool.acquire().await.expect("connection");
    let keys = Keyring::load(&mut conn, &MASTER, Suite::Sm, &random, crate::now())
        .await
        .expect("keys");
    drop(conn);
    Db {
        pool,
        clock: Clock::fixed(crate::now()),
        random,
        keys,
    }
}
