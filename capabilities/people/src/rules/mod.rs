//! What a person and a membership are, and every check an entry must pass, as pure decisions.

mod admission;
mod check;
pub mod codes;
mod doubles;
mod filing;
mod graduates;
mod identity;
mod input;
mod leaving;
mod person;
mod policy;
mod spelling;
mod standing;
#[cfg(test)]
mod tests;

pub use admission::number_fault;
pub use check::check;
pub use doubles::{Elsewhere, double, number_taken, repeated};
pub use filing::{
    FilingFacts, FilingInput, FilingOf, GROUNDS, NewFiling, check_filing, document_sort,
};
pub use graduates::{MarkInput, NewMark, StudentMark, check_mark};
pub use identity::correct_identity;
pub use input::{
    Circumstances, Demand, Fault, MemberInput, NewMember, NewPost, field_code, field_label,
    field_words,
};
pub use leaving::{AgeFacts, EXEMPT_YEARS, Exemption, LeaveMode, Standing28, born_by, judge_28};
pub use person::{
    DocType, How, IdentityState, LifeEvent, Membership, MembershipState, Moved, Nature, Person,
    Post, titles,
};
pub use policy::Policy;
pub use spelling::spell;
pub use standing::{Standing, missing, required_label, standing};
