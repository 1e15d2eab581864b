#![doc = include_str!("../README.md")]

mod actions;
mod appeal_kind;
mod departure;
mod door;
mod four_eyes_kind;
mod jobs;
mod pages;
mod policy;
mod registration_kind;
mod rules;
mod secrets;
mod store;
#[cfg(test)]
mod tests;

pub use actions::auditors::propose_auditor;
pub use actions::clients::{Client, ClientScope, NewClient, clients, make_client, revoke_client};
pub use actions::codes::{
    Issued, all_served, codes_known, is_served, issue_code, issue_org_codes, show_codes,
    void_codes, void_known_codes,
};
pub use actions::deputies::{Typed as DeputyInput, count_of as deputies_of, name as name_deputy};
pub use actions::grants::{
    Holder, activate, administrators, disable, end_grant, end_grants_in, grant, make_account,
    make_account_hashed, set_password,
};
pub use actions::operators::set as set_operator;
pub use actions::org_accounts::{Credentials, give_credentials};
pub use actions::resets::{ResetCode, issue as issue_reset_code};
pub use actions::review::confirm_all as confirm_all_grants;
pub use actions::sessions::carry_sessions;
pub use appeal_kind::AppealKind;
pub use departure::AccountDeparture;
pub use door::AccountsDoor;
pub use four_eyes_kind::FourEyesKind;
pub use jobs::jobs;
pub use pages::routes;
pub use policy::{
    AdminPassword, Appeal, Codes, Identifier, InitialPassword, Lock, Organisations, OwnData,
    PasswordPolicy, Policy, Rates, Registration, RegistrationForm, Reset, SecondFactor, SecondFrom,
    Sessions,
};
pub use registration_kind::RegistrationKind;
pub use secrets::{Breached, hash as hash_password};

/// How many members could still sign in with the tail of their ID number; none where the first password is another one (SEC-05).
///
/// # Errors
/// When the database does not answer.
pub async fn guessable_first_passwords(
    conn: &mut sqlx::PgConnection,
    policy: &Policy,
) -> base::Result<Option<i64>> {
    if policy.initial_password != InitialPassword::IdTail {
        return Ok(None);
    }
    store::security::without_password(conn).await.map(Some)
}
