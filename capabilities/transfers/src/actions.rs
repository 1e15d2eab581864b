//! The verbs: starting, deciding, withdrawing and completing transfers; called by pages, jobs and tests alike.

mod batch;
mod complete;
mod facts;
mod query;
mod sight;
mod start;
mod withdraw;

pub use batch::{Batch, Hindered, batch, check_batch};
pub use complete::{Ending, complete, end, show};
pub use facts::{Parties, member_facts, superior, target_facts};
pub use query::{Found, found_before, query_person};
pub use sight::sight;
pub use start::{Start, check, start};
pub use withdraw::{answer, withdraw};
