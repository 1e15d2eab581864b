//! All SQL of the accounts, by what it is about.

pub(crate) mod account;
pub(crate) mod appeal;
pub(crate) mod arrival;
pub(crate) mod auditor;
pub(crate) mod binding;
pub(crate) mod client;
pub(crate) mod code;
pub(crate) mod deputy;
pub(crate) mod entrance;
pub(crate) mod factor;
pub(crate) mod grant;
pub(crate) mod held;
pub(crate) mod identity;
pub(crate) mod passkey;
pub(crate) mod picture;
pub(crate) mod registration;
pub(crate) mod review;
pub(crate) mod security;
pub(crate) mod session;
pub(crate) mod shell;
pub(crate) mod standing_in;
