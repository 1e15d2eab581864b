//! What people gives the approvals engine to decide on.

mod filing;
mod profile;

pub use filing::FilingKind;
pub use profile::ProfileKind;
