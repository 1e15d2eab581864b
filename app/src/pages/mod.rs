//! Pages that belong to no single capability: the way in, the dashboards, progress of work, files, demonstration, help.

mod demo;
mod health;
mod help;
mod member;
mod work;

use access::Permission;
use db::jobs::{Job, Schedule};
use web::{App, Routes, routes::Access};

pub(crate) fn routes() -> Routes {
    let _ = Permission::ViewOrg;
    Routes::new()
        .get("/healthz", Access::Public, health::healthz)
        .get("/readyz", Access::Public, health::readyz)
        .get("/member", Access::Own, member::home)
        .get("/help", Access::Public, help::help)
        .get("/help/matrix", Access::Public, help::matrix)
        .get("/jobs", Access::SignedIn, work::mine)
        .get("/jobs/{id}", Access::SignedIn, work::show)
        .get("/files/{id}", Access::SignedIn, work::file)
        .get("/demo", Access::Demo, demo::show)
        .get("/demo/outbox", Access::Demo, demo::outbox)
        .post("/demo/clock", Access::Demo, demo::move_clock)
}

pub(crate) fn jobs(app: &App) -> (Vec<Job>, Vec<Schedule>) {
    let _ = app;
    let housekeeping = Job::new("housekeeping", |run| async move {
        health::housekeeping(&run.db).await
    });
    let schedule = Schedule {
        kind: "housekeeping",
        cron: "30 3 * * *",
        title: "清理过期的会话、提交记录，准备下月的审计分区",
    };
    (vec![housekeeping], vec![schedule])
}
