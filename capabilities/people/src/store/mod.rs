//! All SQL of people. Person-side and roster-side tables are never joined: whoever needs both reads twice.

mod browse;
mod cadres;
mod changes;
mod enter;
mod filings;
mod leaving;
mod list;
mod nights;
mod posts;
mod read;
mod search;
mod undo;
mod write;

pub(crate) use browse::*;
pub(crate) use cadres::*;
pub(crate) use changes::*;
pub(crate) use enter::*;
pub(crate) use filings::*;
pub(crate) use leaving::*;
pub use list::{MemberRow, members_of};
pub(crate) use nights::*;
pub(crate) use posts::*;
pub use posts::{post_history, posts};
pub(crate) use read::*;
pub use read::{
    LifeLine, by_id_number, by_phone, find, history, lock_membership, membership, memberships,
};
pub(crate) use search::*;
pub(crate) use undo::*;
pub(crate) use write::*;
pub use write::{Counts, counts};
