//! What changes the tree.

mod create;
mod inform;
mod order;

pub use create::{activate, create, create_many, create_root, rename, superior, take_back};
pub use inform::update_information;
pub use order::{Move, reorder};
