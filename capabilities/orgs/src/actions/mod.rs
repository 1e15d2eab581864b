//! What changes the tree.

mod create;
mod inform;
mod order;

pub use create::{activate, create, create_root, rename, superior};
pub use inform::update_information;
pub use order::{Move, reorder};
