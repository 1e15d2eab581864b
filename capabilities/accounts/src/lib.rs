#![doc = include_str!("../README.md")]

mod actions;
mod door;
mod pages;
mod policy;
mod rules;
mod secrets;
mod store;
#[cfg(test)]
mod tests;

pub use actions::grants::{
    Holder, activate, administrators, disable, end_grant, end_grants_in, grant, make_account,
    make_account_hashed, set_password,
};
pub use actions::sessions::{carry_sessions, require_recent_proof};
pub use door::AccountsDoor;
pub use pages::routes;
pub use policy::{
    AdminPassword, Codes, Identifier, InitialPassword, Lock, Organisations, OwnData,
    PasswordPolicy, Policy, Rates, Reset, Sessions,
};
pub use secrets::hash as hash_password;

use db::jobs::{Job, Schedule};

/// Background work: nightly sweeping.
pub fn jobs(app: &web::App) -> (Vec<Job>, Vec<Schedule>) {
    let _ = app;
    let sweep = Job::new("accounts.sweep", actions::sessions::sweep);
    let nightly = Schedule {
        kind: "accounts.sweep",
        cron: "30 3 * * *",
        title: "清理已结束的登录与过期的安全日志",
    };
    (vec![sweep], vec![nightly])
}
