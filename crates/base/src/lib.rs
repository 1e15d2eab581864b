//! Words of the field that every other room uses: ids, paths, months, numbers of persons, the clock and the one error.
//! No I/O and no business rule lives here.

mod clock;
mod error;
mod id;
mod month;
mod numbers;
mod path;
mod random;
pub mod text;

pub use clock::{CST, Clock, at_midnight, business_date, china_time, days_until, format_moment};
pub use error::{Error, Forbidden, Refused, Result};
pub use id::{
    CaseId, FileId, ImportId, MembershipId, MessageId, OrgId, PersonId, PostId, TransferId,
};
pub use month::YearMonth;
pub use numbers::{
    IdFault, IdNumber, Mobile, MobileFault, Reserved, Sex, check_digit, mask_number,
};
pub use path::{OrgCategory, OrgPath};
pub use random::Random;
