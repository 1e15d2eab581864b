//! All SQL of people. Person-side and roster-side tables are never joined: whoever needs both reads twice.

mod browse;
mod bulk;
mod cadres;
mod enter;
mod list;
mod posts;
mod read;
mod search;
mod undo;
mod write;

pub(crate) use browse::*;
pub use bulk::{members_in, note_all};
pub(crate) use cadres::*;
pub(crate) use enter::*;
pub use list::{MemberRow, members_of};
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
