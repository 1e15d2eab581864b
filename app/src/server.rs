//! The running server: database, keys, clock, pages, workers, and stopping in order.

use crate::{config::Settings, wiring};
use anyhow::{Context, bail, ensure};
use base::{Clock, Random};
use chrono::TimeDelta;
use db::{Db, Keyring, Suite, cluster};
use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::MigrateDatabase,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    fs, io::Write, net::SocketAddr, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use web::{App, Mode};

/// The database the settings name, or the private cluster of the data folder.
pub(crate) struct Database {
    pub(crate) url: String,
    cluster: Option<cluster::Cluster>,
}

fn cluster_options(settings: &Settings) -> cluster::ClusterOptions {
    cluster::ClusterOptions {
        bin_dir: settings.pg_bin_dir.clone(),
        ..Default::default()
    }
}

impl Database {
    /// Starts or joins what is needed. Blocks.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            return Ok(Self {
                url: url.clone(),
                cluster: None,
            });
        }
        let cluster =
            cluster::Cluster::start(&settings.data.join("pg"), &cluster_options(settings))?;
        Ok(Self {
            url: cluster.url("tuanjian"),
            cluster: Some(cluster),
        })
    }

    /// Removes the private cluster with all its data.
    pub(crate) fn wipe(settings: &Settings) -> anyhow::Result<()> {
        cluster::Cluster::wipe(&settings.data.join("pg"), &cluster_options(settings))
    }

    /// Stops the private cluster. Blocks.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        self.cluster.map_or(Ok(()), cluster::Cluster::stop)
    }
}

/// The 32 bytes that unwrap all keys: from the file, made at the first start (SEC-42).
fn master_key(settings: &Settings, random: &Random) -> anyhow::Result<[u8; 32]> {
    let file = settings
        .master_key_file
        .clone()
        .unwrap_or_else(|| settings.data.join("keys/master.key"));
    if !file.exists() {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)?;
        out.write_all(&random.bytes::<32>())?;
        out.sync_all()?;
    }
    let bytes = fs::read(&file).with_context(|| format!("读不到主密钥文件 {}", file.display()))?;
    bytes
        .as_slice()
        .try_into()
        .ok()
        .with_context(|| format!("主密钥文件 {} 应正好 32 字节", file.display()))
}

/// Creates the database if it is missing and brings the schema up to date.
pub(crate) async fn migrate(url: &str, clock: &Clock) -> anyhow::Result<()> {
    if !sqlx::Postgres::database_exists(url)
        .await
        .context("连不上数据库")?
    {
        sqlx::Postgres::create_database(url).await?;
    }
    let mut conn = PgConnection::connect(url).await?;
    db::migrate(&mut conn, clock.now()).await?;
    conn.close().await?;
    Ok(())
}

/// Pool, keys and clock.
pub(crate) async fn connect(url: &str, settings: &Settings, mode: Mode) -> anyhow::Result<Db> {
    let pool = PgPoolOptions::new()
        .max_connections(settings.db_connections)
        .min_connections(2)
        .acquire_timeout(Duration::from_secs(10))
        // A connection that was in use a moment ago is not asked whether it lives: that is a round trip for every page.
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(5) {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql("set statement_timeout = '120s'; set lock_timeout = '20s'; set idle_in_transaction_session_timeout = '300s'")
                    .execute(conn)
                    .await?;
                Ok(())
            })
        })
        .connect_with(
            // A connection meets nearly all statements of a morning; one that was dropped is planned anew.
            url.parse::<PgConnectOptions>()?
                .statement_cache_capacity(256),
        )
        .await
        .context("连不上数据库")?;
    let (clock, random) = (Clock::system(), Random::from_system());
    if mode == Mode::Demo {
        follow_clock(&pool, &clock).await?;
    }
    let master = master_key(settings, &random)?;
    let mut conn = pool.acquire().await?;
    let keys = Keyring::load(
        &mut conn,
        &master,
        Suite::from_name(&settings.crypto_suite)?,
        &random,
        clock.now(),
    )
    .await?;
    drop(conn);
    Ok(Db {
        pool,
        clock,
        random,
        keys,
    })
}

/// Takes over the demonstration clock another process may have moved.
pub(crate) async fn follow_clock(pool: &PgPool, clock: &Clock) -> anyhow::Result<()> {
    let moved = sqlx::query_scalar!("select value from setting where name = 'clock'")
        .fetch_optional(pool)
        .await?;
    let micros = moved
        .and_then(|value| value.get("offset_us")?.as_i64())
        .unwrap_or(0);
    clock.set_offset(TimeDelta::microseconds(micros));
    Ok(())
}

/// Whether the demonstration league lies in this database.
pub(crate) async fn is_demo_database(pool: &PgPool) -> anyhow::Result<bool> {
    let seeded =
        sqlx::query_scalar!(r#"select exists (select from setting where name = 'demo') as "yes!""#)
            .fetch_one(pool)
            .await?;
    Ok(seeded)
}

/// Refuses to mix invented and real data (SEC-08).
pub(crate) async fn check_mode(pool: &PgPool, mode: Mode) -> anyhow::Result<()> {
    let demo = is_demo_database(pool).await?;
    let people = sqlx::query_scalar!(r#"select exists (select from org) as "yes!""#)
        .fetch_one(pool)
        .await?;
    match mode {
        Mode::Production if demo => {
            bail!("这个数据库里是演示数据，不能用于正式运行。请换一个空数据库。")
        }
        Mode::Demo if people && !demo => {
            bail!("这个数据库里有正式数据，不能用演示模式打开。请换一个空数据库。")
        }
        _ => Ok(()),
    }
}

/// Runs pages and workers until Ctrl-C or SIGTERM; then lets running requests finish.
pub(crate) async fn serve(
    app: App,
    settings: &Settings,
    started: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let address = SocketAddr::new(settings.bind, settings.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("端口 {} 已被占用，请用 TUANJIAN_PORT 换一个", settings.port))?;
    app.trust_proxies(settings.trusted_proxies.clone());
    let (stop, stopped) = watch::channel(false);
    let registry = Arc::new(wiring::registry(&app));
    let work = (settings.workers > 0)
        .then(|| tokio::spawn(registry.work(app.db().clone(), settings.workers, stopped.clone())));
    // The figures of subtrees stay seconds behind their branches.
    let figures = (settings.workers > 0).then(|| {
        let policy = app.policy::<people::Policy>().clone();
        tokio::spawn(crate::figures::keep(
            app.db().clone(),
            policy,
            stopped.clone(),
        ))
    });
    let clock = app.is_demo().then(|| {
        let (db, mut stopped) = (app.db().clone(), stopped.clone());
        tokio::spawn(async move {
            while !*stopped.borrow() {
                let _ = follow_clock(&db.pool, &db.clock).await;
                tokio::select! { _ = stopped.changed() => {}, () = tokio::time::sleep(Duration::from_secs(1)) => {} }
            }
        })
    });
    let service = wiring::router(&app).into_make_service_with_connect_info::<SocketAddr>();
    started(listener.local_addr()?);
    let mut drained = stopped.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = drained.changed().await;
    });
    let signal = async {
        let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! { done = tokio::signal::ctrl_c() => done, _ = term.recv() => Ok(()) }
    };
    let serving = tokio::spawn(async move { server.await });
    signal.await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    // Idle keep-alive connections need not be waited for (`ops.drain_seconds`).
    if let Ok(done) = tokio::time::timeout(Duration::from_secs(30), serving).await {
        done??;
    }
    for task in [work, figures, clock].into_iter().flatten() {
        let _ = tokio::time::timeout(Duration::from_secs(10), task).await;
    }
    app.db().pool.close().await;
    Ok(())
}

/// A folder for uploads below the data folder.
pub(crate) fn files(data: &Path) -> anyhow::Result<files::Store> {
    ensure!(!data.as_os_str().is_empty(), "没有给出数据目录");
    files::Store::folder(&data.join("files"))
}
