//! Test databases on a Citus cluster (`./test --citus`): the test server coordinates, `TEST_CITUS_WORKERS` names the workers.
//!
//! A distributed database is one database of the same name on each server. What Citus knows lies inside these databases, and
//! the name is no part of it: copying all of them copies the distributed database.

use crate::database::{server, with_database};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::OnceLock;

/// Maintenance databases of the workers; none on plain PostgreSQL.
pub(crate) fn workers() -> &'static [String] {
    static WORKERS: OnceLock<Vec<String>> = OnceLock::new();
    WORKERS.get_or_init(|| {
        std::env::var("TEST_CITUS_WORKERS")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    })
}

/// Whether the tests run on a Citus cluster: for what looks at PostgreSQL's own plans.
pub fn on_citus() -> bool {
    !workers().is_empty()
}

/// Runs a statement about whole databases on the test server and, with Citus, on the workers.
pub(crate) async fn everywhere(conn: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    let on_worker = async |worker: &String| {
        let mut conn = PgConnection::connect(worker).await?;
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut conn)
            .await
    };
    let here = async {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut *conn)
            .await
    };
    let (done, there) = futures::join!(
        here,
        futures::future::join_all(workers().iter().map(on_worker))
    );
    done?;
    there.into_iter().try_for_each(|done| done.map(|_| ()))
}

/// Makes the cluster known in a new, empty database.
pub(crate) async fn join(conn: &mut PgConnection, database: &str) {
    if workers().is_empty() {
        return;
    }
    for worker in workers() {
        let mut there = PgConnection::connect(&with_database(worker, database))
            .await
            .expect("worker");
        sqlx::raw_sql("create extension citus")
            .execute(&mut there)
            .await
            .expect("citus on a worker");
    }
    let (host, port) = place(server());
    let mut statement = format!(
        "set client_min_messages = warning; create extension citus; select citus_set_coordinator_host('{host}', {port});"
    );
    for (host, port) in workers().iter().map(|worker| place(worker)) {
        statement += &format!("select citus_add_node('{host}', {port});");
    }
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await
        .expect("the workers join");
}

/// Distributes the tables, as `tuanjian distribute` does.
pub(crate) async fn distribute(conn: &mut PgConnection) {
    if !workers().is_empty() {
        db::distribute(conn).await.expect("distribute.sql");
    }
}

/// Keeps Citus out of a database that is to be renamed and copied: its maintenance processes hold it open.
pub(crate) async fn close(conn: &mut PgConnection, database: &str) {
    if workers().is_empty() {
        return;
    }
    for statement in [
        format!("alter database {database} allow_connections false"),
        format!(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{database}'"
        ),
    ] {
        everywhere(conn, &statement).await.expect("close");
    }
}

/// Ends the maintenance processes of databases whose tests are over: there is one a database, and a server has room for few.
pub(crate) async fn quieten(conn: &mut PgConnection) {
    if workers().is_empty() {
        return;
    }
    let statement = "select pg_terminate_backend(pid) from pg_stat_activity d where backend_type like 'Citus%'
        and not exists (select from pg_stat_activity c where c.datname = d.datname and c.backend_type = 'client backend'
                                                         and c.application_name not like 'citus_internal%')";
    everywhere(conn, statement).await.expect("quieten");
}

/// Host (the folder of the socket) and port of an address.
fn place(url: &str) -> (String, u16) {
    let url = url::Url::parse(url).expect("an address");
    let part = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let host = part("host").or_else(|| url.host_str().map(str::to_owned));
    let port = part("port")
        .and_then(|port| port.parse().ok())
        .or(url.port());
    (host.expect("a host"), port.unwrap_or(5432))
}
