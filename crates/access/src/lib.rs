//! Who may do what: roles, relations and the one permission table of 01b-permissions, as pure data and pure answers.
//!
//! A page, a job and a list ask the same question through [`Actor`]: a single check is [`Actor::require`], a list binds
//! [`Actor::scope`]. The table itself is [`table::MATRIX`]; `tuanjian access-matrix` prints it.

mod actor;
mod bounds;
mod explain;
pub mod publish;
mod root;
pub mod table;

pub use actor::{Actor, Grant, OrgRef, Port, Relation, Role, Scope, Who};
pub use bounds::Bounds;
pub use explain::{Explanation, Seat, explain};
pub use root::Root;
pub use table::{Mark, Permission};
