//! Pages that belong to no single capability: the way in, the dashboards, progress of work, files, demonstration, help.

mod dashboard;
mod demo;
mod health;
mod help;
mod member;
mod receipts;
mod search;
mod start;
mod work;

use access::Permission;
use axum::response::Response;
use db::jobs::{Job, Schedule};
use web::{App, Ctx, Routes, routes::Access, see_other};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/healthz", Access::Public, health::healthz)
        .get("/readyz", Access::Public, health::readyz)
        .get("/", Access::SignedIn, root)
        .get("/start", Access::SignedIn, start::show)
        .get(
            "/console",
            Access::Needs(Permission::ViewOrg),
            dashboard::show,
        )
        .get(
            "/console/search",
            Access::Needs(Permission::ViewPeople),
            search::show,
        )
        .post(
            "/console/search",
            Access::Needs(Permission::ViewPeople),
            search::submit,
        )
        .get("/member", Access::Own, member::home)
        .get("/help", Access::Public, help::help)
        .get("/help/matrix", Access::Public, help::matrix)
        .get("/help/matrix.json", Access::Public, help::matrix_json)
        .get("/help/matrix.csv", Access::Public, help::matrix_csv)
        .get("/jobs", Access::SignedIn, work::mine)
        .get("/jobs/news", Access::SignedIn, work::news)
        .get("/jobs/{id}", Access::SignedIn, work::show)
        .post("/jobs/{id}/seen", Access::SignedIn, work::seen)
        .post("/jobs/{id}/cancel", Access::SignedIn, work::cancel)
        .post("/jobs/{id}/repeat", Access::SignedIn, work::repeat)
        .get("/files/{id}", Access::SignedIn, work::file)
        .post("/gateway/sms/{token}", Access::Public, receipts::sms)
        .get("/demo", Access::Demo, demo::show)
        .get("/demo/outbox", Access::Demo, demo::outbox)
        .post("/demo/outbox", Access::Demo, demo::choose_answer)
        .post("/demo/clock", Access::Demo, demo::move_clock)
}

/// The way in: everybody's own first page (ACC-05).
async fn root(ctx: Ctx) -> Response {
    see_other(if ctx.actor.acting.is_some() {
        "/console"
    } else {
        "/member"
    })
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
