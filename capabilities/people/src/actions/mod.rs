//! What can be done to people. Each action takes the open unit of work, asks for permission, writes, records.

mod edit;
mod enter;
mod filing;
mod graduates;
mod identity;
mod join;
mod leaving;
mod moving;
mod phone;
mod posts;
mod review;

pub use edit::edit;
pub use enter::{Entry, Outcome, circumstances, enter_cadre, enter_member, enter_members};
pub(crate) use filing::{
    FILING, carry_out, file, keeps_offices, reverse, tell_superior, within_days,
};
pub(crate) use graduates::{TOGETHER, chosen, end_due, mark, marker, unmark};
pub use identity::set_identity;
pub(crate) use join::known_elsewhere;
pub(crate) use leaving::{Judged, judge, leave, restore};
pub use moving::{end_membership, move_member, note};
pub use phone::confirm_phone;
pub(crate) use phone::propose_phone;
pub use posts::{appoint, end_post};
pub(crate) use posts::{leave_office, remove_cadre, set_disabled, settle};
pub(crate) use review::{PROFILE, submit_own, withdraw_own};
