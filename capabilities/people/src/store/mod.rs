//! All SQL of people. Person-side and roster-side tables are never joined: whoever needs both reads twice.

pub(crate) mod browse;
mod bulk;
mod cadres;
mod changes;
mod enter;
mod filings;
mod graduates;
mod identity;
mod leaving;
mod list;
mod named;
mod nights;
mod posts;
mod read;
mod search;
mod undo;
mod write;

pub(crate) use browse::{Filter, Key, Order, count_members, members};
pub use bulk::{members_in, note_all};
pub use cadres::incomplete;
pub(crate) use cadres::*;
pub(crate) use changes::*;
pub use enter::number_is_free;
pub(crate) use enter::*;
pub(crate) use filings::*;
pub(crate) use graduates::*;
pub(crate) use identity::set_identities;
pub use identity::{IdentityClaim, identities, identity_mark};
pub(crate) use leaving::*;
pub use list::{MemberRow, members_of};
pub use named::named;
pub(crate) use nights::*;
pub(crate) use posts::*;
pub use posts::{eligible, in_office, post_history, posts};
pub(crate) use read::*;
pub use read::{
    ID_FIELD, LifeLine, PHONE_FIELD, by_id_number, by_phone, find, history, homes, lock_membership,
    membership, memberships,
};
pub(crate) use search::*;
pub(crate) use undo::*;
pub(crate) use write::*;
pub use write::{Counts, counts};

/// Where a page of a subtree begins to read, from the path in its address. The database begins at the row compared with,
/// whatever else bounds the path: outside the subtree it would read its way there (OPS-52).
fn start<'a>(subtree: (&'a str, &'a str), path: &'a str) -> &'a str {
    path.max(subtree.0).min(subtree.1)
}
