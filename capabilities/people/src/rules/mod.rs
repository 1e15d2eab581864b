//! What a person and a membership are, and every check an entry must pass, as pure decisions.

mod check;
pub mod codes;
mod person;
mod policy;
mod standing;
#[cfg(test)]
mod tests;

pub use check::{
    Circumstances, Demand, Elsewhere, Fault, MemberInput, NewMember, NewPost, check, double,
    number_fault, number_is_required, number_taken, repeated, spell,
};
pub use person::{
    DocType, How, IdentityState, LifeEvent, Membership, MembershipState, Moved, Nature, Person,
    Post, titles,
};
pub use policy::{MemberEdit, Policy};
pub use standing::{Standing, missing, required_label, standing};
