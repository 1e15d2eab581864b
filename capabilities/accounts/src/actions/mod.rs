//! What can be done with accounts; pages, jobs, commands and tests call these.

pub(crate) mod first;
pub(crate) mod grants;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod sign_in;
