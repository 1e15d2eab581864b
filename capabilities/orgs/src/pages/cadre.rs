//! 组织 on the cadre port (02-organizations section 5): the own organisation, its subordinates, each to look at.

use super::tree::named;
use crate::rules::{Org, OrgInfo, missing_information, size_hint};
use crate::{Policy, store};
use access::Permission;
use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use base::Error;
use serde::Deserialize;
use web::{Ctx, Result, Shell, page};

#[derive(Template)]
#[template(path = "cadre_org.html")]
struct Page {
    shell: Shell,
    info: OrgInfo,
    /// From the own organisation down to the one shown, without it.
    line: Vec<Org>,
    superior: String,
    members: i64,
    cadres: i64,
    size: Option<&'static str>,
    missing: Vec<&'static str>,
    /// Subordinates in their order, with their members.
    below: Vec<(Org, i64)>,
    own: bool,
}

/// Which organisation is looked at.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    at: String,
}

/// The page.
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let root = ctx.org()?.clone();
    let org = if asked.at.is_empty() {
        named(&mut reader, &ctx, &root.id.to_string()).await?
    } else {
        named(&mut reader, &ctx, &asked.at).await?
    };
    let info = store::information(&mut reader, org.id)
        .await?
        .ok_or(Error::NotFound)?;
    let mut line = store::ancestors(&mut reader, &org.path).await?;
    let superior = line.last().map(|above| above.full_name.clone());
    line.retain(|above| root.path.contains(&above.path));
    let figures = store::figures(&mut reader, &org.path, None).await?;
    let totals = store::totals_below(&mut reader, org.id).await?;
    // Only what the reader may look at: a grant need not reach below.
    let reaches = ctx
        .actor
        .scope(Permission::ViewOrg)
        .covers(&org.path.child(1));
    let below = if reaches {
        store::children(&mut reader, org.id).await?
    } else {
        Vec::new()
    };
    let below = below.into_iter().map(|org| {
        let members = totals.get(org.path.as_str()).map_or(0, |t| t.0);
        (org, members)
    });
    let view = Page {
        shell: ctx.shell(&mut reader, "组织", "/cadre/org").await?,
        line,
        superior: superior.unwrap_or_default(),
        members: figures.members,
        cadres: figures.cadres,
        size: size_hint(org.category, figures.members),
        missing: missing_information(&info, ctx.app.policy::<Policy>()),
        below: below.collect(),
        own: org.id == root.id,
        info,
    };
    page(StatusCode::OK, &view)
}
