use anyhow::Context;
use base::{YearMonth, at_midnight};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Connection, PgConnection};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Brings the schema up to date and makes the monthly partitions of the audit log a year ahead.
pub async fn migrate(conn: &mut PgConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    MIGRATIONS
        .run(&mut *conn)
        .await
        .context("数据库结构升级失败")?;
    ensure_partitions(conn, now).await
}

/// How many migrations of this program the database has not seen (`/readyz`, `doctor`).
pub async fn pending_migrations(conn: &mut PgConnection) -> anyhow::Result<usize> {
    let known =
        sqlx::query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "yes!""#)
            .fetch_one(&mut *conn)
            .await?;
    if !known {
        return Ok(MIGRATIONS.iter().count());
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the table belongs to sqlx and is unknown when queries are checked"
    )]
    let done: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
        .fetch_all(conn)
        .await?;
    Ok(MIGRATIONS
        .iter()
        .filter(|m| !done.contains(&m.version))
        .count())
}

/// Makes this month's and the next twelve months' partitions. A month whose rows already lie in the rest partition
/// (a demonstration that moved its clock far) is left there.
pub async fn ensure_partitions(conn: &mut PgConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    let first = YearMonth::at(now);
    for month in (0..=12).map(|n| first.plus(n)) {
        let bound = |m: YearMonth| {
            NaiveDate::from_ymd_opt(m.year(), m.month(), 1)
                .map(at_midnight)
                .unwrap_or_default()
                .to_rfc3339()
        };
        let (from, to) = (bound(month), bound(month.plus(1)));
        let name = format!("audit_log_{}_{:02}", month.year(), month.month());
        let statement = format!(
            "create table if not exists {name} partition of audit_log for values from ('{from}') to ('{to}')"
        );
        // The savepoint keeps a refused month from spoiling the rest.
        let mut step = conn.begin().await?;
        match sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *step)
            .await
        {
            Ok(_) => step.commit().await?,
            Err(cause) => {
                tracing::warn!(partition = name, %cause, "audit partition not made");
                step.rollback().await?;
            }
        }
    }
    Ok(())
}
