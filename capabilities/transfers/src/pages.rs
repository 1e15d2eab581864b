//! Pages of transfers on the member port and the console.

mod batch;
mod lists;
mod member;
mod member_new;
mod out;
mod picker;
mod pull;
mod record;
mod typed;
pub(crate) mod view;

pub use lists::{NumberHit, numbered};

use access::Permission::{StartTransfers, ViewTransfers};
use web::{Access, Routes};

/// All routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/member/transfers", Access::Own, member::my_transfers)
        .post("/member/transfers", Access::Own, member_new::apply)
        .get(
            "/member/transfers/new",
            Access::Own,
            member_new::choose_reason,
        )
        .get(
            "/member/transfers/new/target",
            Access::Own,
            member_new::choose_target,
        )
        .get(
            "/member/transfers/new/form",
            Access::Own,
            member_new::fill_in,
        )
        .get("/member/transfers/{id}", Access::Own, member::progress)
        .get(
            "/member/transfers/{id}/withdraw",
            Access::Own,
            member::ask_withdraw,
        )
        .post(
            "/member/transfers/{id}/withdraw",
            Access::Own,
            member::withdraw_own,
        )
        .post(
            "/member/transfers/{id}/confirm",
            Access::Own,
            member::confirm,
        )
        .get(
            "/console/transfers",
            Access::Needs(ViewTransfers),
            lists::transfer_lists,
        )
        .get(
            "/console/transfers/out",
            Access::Needs(StartTransfers),
            out::start_out,
        )
        .post(
            "/console/transfers/out",
            Access::Needs(StartTransfers),
            out::submit_out,
        )
        .get(
            "/console/transfers/in",
            Access::Needs(StartTransfers),
            pull::start_in,
        )
        .post(
            "/console/transfers/in/query",
            Access::Needs(StartTransfers),
            pull::query,
        )
        .post(
            "/console/transfers/in",
            Access::Needs(StartTransfers),
            pull::submit_in,
        )
        .get(
            "/console/transfers/batch",
            Access::Needs(StartTransfers),
            batch::start_batch,
        )
        .post(
            "/console/transfers/batch/check",
            Access::Needs(StartTransfers),
            batch::confirm_batch,
        )
        .post(
            "/console/transfers/batch",
            Access::Needs(StartTransfers),
            batch::submit_batch,
        )
        .get(
            "/console/transfers/{person}/{id}",
            Access::Needs(ViewTransfers),
            record::record,
        )
        .post(
            "/console/transfers/{person}/{id}/withdraw",
            Access::Needs(StartTransfers),
            record::withdraw_started,
        )
}
