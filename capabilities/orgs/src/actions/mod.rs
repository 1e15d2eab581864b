//! What changes the tree.

mod contact;
mod create;
mod inform;
mod order;

pub(crate) use contact::{change_alias, change_phone};
pub use create::{
    activate, create, create_many, create_root, is_fresh, rename, resector, superior, take_back,
};
pub use inform::update_information;
pub use order::{Move, reorder};
