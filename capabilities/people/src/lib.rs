#![doc = include_str!("../README.md")]

mod actions;
mod cases;
mod departures;
mod export;
mod import;
mod jobs;
mod pages;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use actions::{
    Entry, Outcome, appoint, circumstances, confirm_phone, edit, end_membership, end_post,
    enter_cadre, enter_member, enter_members, move_member, note, set_identity,
};
pub use cases::{FilingKind, ProfileKind};
pub use departures::{Departure, Departures, Gone};
pub use export::KIND as EXPORT_JOB;
pub use import::{CadreImporter, MemberImporter};
pub use jobs::jobs;
pub use pages::search::{PeopleFound, PersonHit, search};
pub use pages::{
    roster::{soon_28, title as roster_title},
    routes,
};
pub use rules::{
    Circumstances, Demand, DocType, Fault, How, IdentityState, LeaveMode, LifeEvent, MemberInput,
    Membership, MembershipState, Moved, Nature, NewMember, NewPost, Person, Policy, Post, Standing,
    check, codes, correct_identity, field_label, field_words, number_fault, required_label, spell,
    standing, titles,
};
pub use store::{
    Counts, ID_FIELD, IdentityClaim, LifeLine, MemberRow, PHONE_FIELD, by_id_number, by_phone,
    counts, eligible, find, history, homes, identities, identity_mark, in_office, incomplete,
    lock_membership, members_in, members_of, membership, memberships, named, note_all,
    number_is_free, post_history, posts,
};
