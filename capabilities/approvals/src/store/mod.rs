//! All SQL of the approvals.

mod cases;
pub(crate) mod four_eyes;
mod inbox;

pub(crate) use cases::{
    due_cases, insert_case, insert_past, lock_case, postpone, save_case, set_initiator,
};
pub use cases::{find_by_object, find_case, history};
pub(crate) use inbox::{
    Item, ItemFilter, close_rows, drop_row, end_rows, insert_row, items_done, items_open,
    items_watched, open_cases_of, place_of, sent_open, todos,
};
pub use inbox::{counts, waiting, waiting_here};
