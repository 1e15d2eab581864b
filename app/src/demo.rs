//! The demonstration league.

use anyhow::bail;
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

/// Empties a database for a new demonstration; refuses one that holds no demonstration.
pub async fn wipe(url: &str) -> anyhow::Result<()> {
    let _ = url;
    bail!("unfinished")
}
