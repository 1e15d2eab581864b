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
    /// None for 流动团员 and others without a branch.
    info: Option<OrgInfo>,
    superior: String,
    /// What leads to another branch (ACC-40).
    moving_on: String,
}

/// The page.
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (mut info, mut superior) = (None, None);
    if let Some(branch) = &ctx.actor.branch {
        let own = store::information(&mut reader, branch.id)
            .await?
            .ok_or(Error::NotFound)?;
        if let Some(parent) = own.org.parent {
            superior = store::find(&mut reader, parent).await?;
        }
        info = Some(own);
    }
    let view = Page {
        shell: ctx.shell(&mut reader, "我的组织", "/member").await?,
        superior: superior.map(|s| s.full_name).unwrap_or_default(),
        info,
        moving_on: ctx.app.policy::<crate::Policy>().moving_on.clone(),
    };
    page(StatusCode::OK, &view)
}
