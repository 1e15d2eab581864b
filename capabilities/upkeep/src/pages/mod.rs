//! The pages of this room.

mod administrators;
mod building;
mod calendar;
mod changes;
mod download;
mod faults;
mod gaps;
mod graduation;
mod handover;
mod health;
mod history;
mod merging;
mod moving;
mod names;
mod posters;
mod progress;
mod recycle;
mod removal;
mod report;
mod report_list;
mod sectors;
mod simulation;
mod twins;

pub use building::{Popup, popup};
pub(crate) use download::job as download;
pub use health::{Shortage, shortage};

use access::Permission;
use web::{Access, Routes};

/// All routes of this room.
pub fn routes() -> Routes {
    let mark = Access::Needs(Permission::MarkGraduation);
    let create = Access::Needs(Permission::CreateSubordinates);
    let progress = Access::Needs(Permission::ViewProgress);
    let remove = Access::Needs(Permission::RemoveSubordinates);
    let look = Access::Needs(Permission::ViewOrg);
    let moves = Access::Needs(Permission::MoveSubtrees);
    let correct = Access::Needs(Permission::CorrectOrgs);
    let change = Access::Needs(Permission::ChangeAdministrators);
    Routes::new()
        .get("/console/graduation", mark, graduation::show)
        .post("/console/graduation/check", mark, graduation::check)
        .post("/console/graduation", mark, graduation::submit)
        .post("/console/graduation/undo", mark, graduation::undo)
        .get("/console/graduation/calendar", mark, calendar::show)
        .get("/console/graduation/simulation", progress, simulation::show)
        .post(
            "/console/graduation/simulation/export",
            progress,
            simulation::export,
        )
        .get("/console/progress", progress, progress::show)
        .post("/console/progress/export", progress, progress::export)
        .post("/console/progress/remind", progress, progress::remind)
        .post("/console/progress/make", progress, progress::make)
        .get("/console/statistics", look, report::show)
        .get("/console/statistics/export", look, report::export)
        .post("/console/statistics/export", look, report::export_all)
        .post("/console/statistics/make", progress, report::make)
        .get("/console/statistics/list", look, report_list::list)
        .post(
            "/console/statistics/list/export",
            look,
            report_list::export_list,
        )
        .get("/console/statistics/sectors", look, sectors::show)
        .get("/console/statistics/sectors/export", look, sectors::export)
        .get("/console/building", progress, building::show)
        .post("/console/building", progress, building::submit)
        .post("/console/building/seen", progress, building::close)
        .get("/console/health", progress, health::show)
        .post("/console/health/export", progress, health::export)
        .post("/console/health/remind", progress, health::remind)
        .get("/console/health/names", create, names::show)
        .post("/console/health/names", create, names::submit)
        .get("/console/history", progress, history::show)
        .post("/console/history/export", progress, history::export)
        .get("/console/history/changes", progress, history::changes)
        .post(
            "/console/history/changes/export",
            progress,
            history::export_changes,
        )
        .post("/console/history/keep", progress, history::keep)
        .get("/console/duplicates", progress, twins::show)
        .post("/console/duplicates/settle", progress, twins::settle)
        .post("/console/duplicates/search", progress, twins::search)
        .get("/console/orgs/{id}/gaps", look, gaps::show)
        .post("/console/orgs/{id}/gaps", progress, gaps::remind)
        .get("/console/orgs/{id}/remove", remove, removal::show)
        .post_proved("/console/orgs/{id}/remove", remove, removal::submit)
        .get("/console/posters", create, posters::show)
        .get("/console/merging", remove, merging::show)
        .get("/console/merging/{id}", remove, merging::plan)
        .post_proved("/console/merging/{id}", remove, merging::submit)
        .get("/console/recycle", remove, recycle::show)
        .post_proved("/console/recycle", remove, recycle::submit)
        .get("/console/moves/new", look, moving::show)
        .post("/console/moves/check", moves, moving::check)
        .post_proved("/console/moves", moves, moving::submit)
        .get("/console/changes", look, changes::show)
        .get("/console/changes/new", look, changes::new)
        .post("/console/changes/new", correct, changes::submit)
        .post("/console/changes/withdraw", look, changes::withdraw)
        .get("/console/handover", look, handover::show)
        .post_proved("/console/handover", change, handover::submit)
        .get("/console/administrators", look, administrators::show)
        .post_proved("/console/administrators", change, administrators::submit)
}
