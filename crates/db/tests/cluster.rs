//! The private cluster: made, stopped, found again, told apart from other people's, wiped.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use db::cluster::{Cluster, ClusterOptions};
use sqlx::{Connection, Executor, PgConnection, Row};

/// A folder of the test's own, reachable by the account the server runs as, gone afterwards with the server in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tj-cluster-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder for the test");
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755))
            .expect("open to all");
        Self(dir)
    }

    fn cluster(&self) -> PathBuf {
        self.0.join("pg")
    }

    fn options(&self) -> ClusterOptions {
        ClusterOptions {
            test: true,
            fallback: self.0.join("fallback"),
            ..ClusterOptions::default()
        }
    }

    fn start(&self) -> Cluster {
        Cluster::start(&self.cluster(), &self.options()).expect("the cluster starts")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = Cluster::wipe(&self.cluster(), &self.options());
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::connect(&cluster.url("postgres"))
        .await
        .expect("the server answers")
}

async fn count(cluster: &Cluster) -> i64 {
    let mut conn = connect(cluster).await;
    conn.fetch_one("select count(*) from kept")
        .await
        .expect("a table of kept rows")
        .get(0)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[tokio::test]
async fn rows_outlive_a_stop_and_a_second_start() {
    let folder = Folder::new("rows");
    let cluster = folder.start();
    assert!(cluster.started_here());
    connect(&cluster)
        .await
        .execute("create table kept (n int); insert into kept values (1), (2)")
        .await
        .unwrap();
    cluster.stop().unwrap();
    assert!(
        !folder.cluster().join("data/postmaster.pid").exists(),
        "stopped"
    );

    let again = folder.start();
    assert_eq!(count(&again).await, 2);
    again.stop().unwrap();
}

#[tokio::test]
async fn a_running_server_is_joined_and_the_last_to_leave_stops_it() {
    let folder = Folder::new("join");
    let first = folder.start();
    connect(&first)
        .await
        .execute("create table kept (n int)")
        .await
        .unwrap();
    let second = folder.start();
    assert!(!second.started_here());
    first.stop().unwrap();
    assert_eq!(
        count(&second).await,
        0,
        "its starter left, the server still answers"
    );
    let url = second.url("postgres");
    second.stop().unwrap();
    assert!(PgConnection::connect(&url).await.is_err());
}

#[tokio::test]
async fn a_server_that_outlived_a_killed_program_ends_with_the_next() {
    let folder = Folder::new("killed");
    drop(folder.start()); // no stop: what SIGKILL leaves
    let next = folder.start();
    assert!(!next.started_here(), "the server was still there");
    next.stop().unwrap();
    assert!(
        !folder.cluster().join("data/postmaster.pid").exists(),
        "stopped"
    );
}

#[tokio::test]
async fn two_starts_at_once_make_one_cluster() {
    let folder = Folder::new("race");
    let starts: Vec<Cluster> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| folder.start())).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(starts.iter().filter(|c| c.started_here()).count(), 1);
}

#[tokio::test]
async fn a_long_or_chinese_path_gets_its_socket_elsewhere() {
    let folder = Folder::new("long");
    let dir = folder.0.join("团建".repeat(30)).join("pg");
    let cluster = Cluster::start(&dir, &folder.options()).unwrap();
    assert!(
        cluster.url("postgres").contains("host=/tmp/tuanjian-"),
        "{}",
        cluster.url("postgres")
    );
    connect(&cluster)
        .await
        .execute("create table kept (n int)")
        .await
        .unwrap();
    assert_eq!(count(&cluster).await, 0);
    Cluster::wipe(&dir, &folder.options()).unwrap();
    assert!(!dir.exists());
}

#[tokio::test]
async fn nobody_else_can_enter_the_folder_and_no_port_is_open() {
    let folder = Folder::new("closed");
    let cluster = folder.start();
    for dir in [folder.cluster(), folder.cluster().join("socket")] {
        assert_eq!(
            std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777,
            0o700,
            "{}",
            dir.display()
        );
    }
    let listen: String = connect(&cluster)
        .await
        .fetch_one("show listen_addresses")
        .await
        .unwrap()
        .get(0);
    assert_eq!(listen, "");
}

#[tokio::test]
async fn a_left_over_pid_file_of_another_program_does_not_block_the_start() {
    let folder = Folder::new("stale");
    folder.start().stop().unwrap();
    let pid_file = folder.cluster().join("data/postmaster.pid");
    std::fs::write(&pid_file, format!("{}\n", std::process::id())).unwrap();
    let cluster = folder.start();
    assert!(cluster.started_here());
}

#[tokio::test]
async fn a_killed_initdb_does_not_pass_for_a_cluster() {
    let folder = Folder::new("half");
    std::fs::create_dir_all(folder.cluster().join("data.new/base")).unwrap();
    let cluster = folder.start();
    connect(&cluster)
        .await
        .execute("create table kept (n int)")
        .await
        .unwrap();
}

#[tokio::test]
async fn wiping_stops_the_server_and_removes_everything() {
    let folder = Folder::new("wipe");
    let cluster = folder.start();
    let url = cluster.url("postgres");
    Cluster::wipe(&folder.cluster(), &folder.options()).unwrap();
    assert!(!folder.cluster().exists());
    assert!(PgConnection::connect(&url).await.is_err());
    Cluster::wipe(&folder.cluster(), &folder.options()).unwrap();
}

#[tokio::test]
async fn data_of_another_major_version_is_refused_by_name() {
    let folder = Folder::new("version");
    folder.start().stop().unwrap();
    std::fs::write(folder.cluster().join("data/PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(&folder.cluster(), &folder.options())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("PostgreSQL 9") && refused.contains("postgresql-9"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_wrong_bin_dir_is_refused_by_name() {
    let folder = Folder::new("bin");
    let options = ClusterOptions {
        bin_dir: Some(PathBuf::from("/nonexistent/bin")),
        ..folder.options()
    };
    let refused = Cluster::start(&folder.cluster(), &options)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("/nonexistent/bin"), "{refused}");
}

#[tokio::test]
async fn as_root_a_closed_folder_sends_the_cluster_to_the_fallback() {
    if !is_root() {
        // Only root lends the server another account; for everybody else there is nothing to fall back from.
        return;
    }
    let folder = Folder::new("fallback");
    let closed = folder.0.join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let dir = closed.join("pg");
    let cluster = Cluster::start(&dir, &folder.options()).unwrap();
    assert!(
        cluster.dir().starts_with(folder.0.join("fallback")),
        "{}",
        cluster.dir().display()
    );
    assert_ne!(owner(cluster.dir()), 0, "the server does not run as root");
    Cluster::wipe(&dir, &folder.options()).unwrap();
}

fn owner(path: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).expect("it exists"))
}
