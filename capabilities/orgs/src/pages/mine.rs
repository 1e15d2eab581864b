//! 我的组织 (ORG-17): what a member sees of the own branch.

use crate::rules::OrgInfo;
use crate::store;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use base::Error;
use web::{Ctx, Result, Shell, page};

#[derive(Template)]
#[template(path = "mine.html")]
struct Page {
    shell: Shell,
    info: OrgInfo,
    superior: String,
}

/// The page.
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let branch = ctx.actor.branch.as_ref().ok_or_else(|| {
        Error::forbidden(
            "您目前没有所在团支部。请向学习或工作所在地团支部申请报到，或联系原支部核实。",
        )
    })?;
    let info = store::information(&mut reader, branch.id)
        .await?
        .ok_or(Error::NotFound)?;
    let superior = match info.org.parent {
        Some(parent) => store::find(&mut reader, parent).await?,
        None => None,
    };
    let view = Page {
        shell: ctx.shell(&mut reader, "我的组织", "/member").await?,
        superior: superior.map(|s| s.full_name).unwrap_or_default(),
        info,
    };
    page(StatusCode::OK, &view)
}
