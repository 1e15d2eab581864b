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
    Move, activate, create, create_many, create_root, is_fresh, rename, reorder, resector,
    superior, take_back, update_information,
};
pub use import::OrgImporter;
pub use pages::routes;
pub use policy::{Entrance, FullNameForm, Locked, Policy, Required, Sector};
pub use rules::{
    BranchKind, Checked, Fault, InfoInput, NewOrg, Org, OrgInfo, OrgInput, OrgState, Secretary,
    Superior, allowed_below, check, check_characters, check_kind, check_place, check_short_name,
    full_name, full_name_under, is_class_name, missing_information, read_school_code, root_of,
};
pub use store::{
    Below, Due, Figures, Moment, administrators, ancestors, below, building_days, building_phase,
    by_number, by_path, children, correct_category, correct_graduation, correct_kind,
    correct_school_code, correct_sector, deleted_below, due_to_graduate, end, figures, find,
    find_branches, find_many, graduate, graduated_before, heads_after, information,
    informations_after, is_marked, last_child, letters, lock, lowest_common, mark, mark_graduation,
    namesake, namesakes, of_kind, province, rename as correct_names, rename_fully, replant,
    reschool, revive, search, set_building_days, set_region, sibling, siblings, subtree,
    unmark_graduation,
};

/// Background work: none of its own; counting and graduation belong to rooms that come later.
pub fn jobs(_: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    (Vec::new(), Vec::new())
}
