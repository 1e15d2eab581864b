//! What accounts may and must be, as pure decisions.

pub(crate) mod acts;
pub(crate) mod arrival;
pub(crate) mod binding;
pub(crate) mod code;
pub(crate) mod common;
pub(crate) mod deputy;
pub(crate) mod entrance;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod question;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod second;
pub(crate) mod sign_in;
pub(crate) mod standing_in;
