#![doc = include_str!("../README.md")]

mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use rules::{BranchKind, Org, OrgState};
pub use store::{ancestors, by_number, by_path, children, find, find_many, lowest_common};
