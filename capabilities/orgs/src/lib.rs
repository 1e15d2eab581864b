#![doc = include_str!("../README.md")]

mod actions;
mod import;
mod pages;
mod policy;
mod rules;
mod store;
#[cfg(test)]
mod tests;

pub use actions::{
    Move, activate, create, create_many, create_root, rename, reorder, superior, update_information,
};
pub use import::OrgImporter;
pub use pages::routes;
pub use policy::{Entrance, FullNameForm, Locked, Policy, Sector};
pub use rules::{
    BranchKind, Checked, Fault, InfoInput, NewOrg, Org, OrgInfo, OrgInput, OrgState, Secretary,
    Superior, allowed_below, check, full_name, missing_information,
};
pub use store::{
    Below, Figures, Moment, administrators, ancestors, below, by_number, by_path, children,
    figures, find, find_branches, find_many, information, lock, lowest_common, mark, search,
};

/// Background work: none of its own; counting and graduation belong to rooms that come later.
pub fn jobs(_: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    (Vec::new(), Vec::new())
}
