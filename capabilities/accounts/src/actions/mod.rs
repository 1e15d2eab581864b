//! What can be done with accounts; pages, jobs, commands and tests call these.

pub(crate) mod auditors;
pub(crate) mod binding;
pub(crate) mod codes;
pub(crate) mod employment;
pub(crate) mod first;
pub(crate) mod founding;
pub(crate) mod grants;
pub(crate) mod identity;
pub(crate) mod joining;
pub(crate) mod operators;
pub(crate) mod org_accounts;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod phone;
pub(crate) mod redeem;
pub(crate) mod register;
pub(crate) mod reset_list;
pub(crate) mod resets;
pub(crate) mod second;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod standing_in;
pub(crate) mod ticket;
