//! The demonstration league.

mod people;
mod tree;

use anyhow::bail;
use sqlx::{Connection, PgConnection, migrate::MigrateDatabase};
use web::App;

/// The seed of the shipped demonstration.
pub const SEED: u64 = 2026;

/// An account to try.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose.
    pub role: &'static str,
    /// What to type first.
    pub login: String,
    /// What to type second.
    pub password: String,
}

/// The accounts of a profile.
pub fn accounts(profile: &str) -> Vec<Account> {
    let _ = profile;
    Vec::new()
}

/// The accounts as lines for the terminal.
pub fn describe(profile: &str) -> String {
    accounts(profile)
        .iter()
        .map(|a| format!("  {}：{}  密码 {}\n", a.role, a.login, a.password))
        .collect()
}

/// Writes the demonstration league.
pub async fn seed(app: &App, seed: u64) -> anyhow::Result<()> {
    let _ = (app, seed);
    bail!("unfinished")
}

/// Empties a database for a new demonstration; refuses one that holds anything but a demonstration.
pub async fn wipe(url: &str) -> anyhow::Result<()> {
    if !sqlx::Postgres::database_exists(url).await? {
        return Ok(());
    }
    let mut conn = PgConnection::connect(url).await?;
    let known = sqlx::query_scalar!(r#"select to_regclass('setting') is not null as "yes!""#)
        .fetch_one(&mut conn)
        .await?;
    if known {
        let foreign = sqlx::query_scalar!(
            r#"select exists (select from org) and not exists (select from setting where name = 'demo') as "yes!""#
        )
        .fetch_one(&mut conn)
        .await?;
        if foreign {
            bail!("这个数据库里有正式数据，不能清空。");
        }
    }
    sqlx::raw_sql("drop schema public cascade; create schema public")
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}
