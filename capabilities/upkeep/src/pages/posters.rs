//! 团支部海报 (ORG-B2): one sheet of paper a branch, with what a member scans to register there.

use access::Permission;
use axum::http::{HeaderMap, header};
use base::Error;
use orgs::Org;
use serde::Deserialize;
use web::prelude::*;

const NAV: &str = "/console/subordinates";
/// Posters of one page.
const MOST: usize = 300;

struct Poster {
    org: Org,
    image: String,
    address: String,
}

#[derive(Template)]
#[template(path = "posters.html")]
struct View {
    shell: Shell,
    own: String,
    posters: Vec<Poster>,
    more: usize,
}

/// Branches by 组织ID, both included; all direct subordinates without.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    to: String,
}

/// Where this program is reached, as the reader reached it.
fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let host = text(header::HOST.as_str()).unwrap_or("localhost");
    let local = host.starts_with("localhost") || host.starts_with("127.");
    let scheme = match text("x-forwarded-proto") {
        Some("http") => "http",
        None if local => "http",
        _ => "https",
    };
    format!("{scheme}://{host}")
}

/// The code as an image that stands inside a page.
fn image(address: &str) -> Result<String> {
    let code = qrcode::QrCode::new(address.as_bytes())
        .map_err(|fault| Error::Internal(anyhow::anyhow!("QR code: {fault}")))?;
    let image = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(220, 220)
        .build();
    // Without the XML declaration: it stands inside a page.
    Ok(image
        .split_once("?>")
        .map_or(image.clone(), |(_, svg)| svg.to_owned()))
}

/// `GET /console/posters`
pub(super) async fn show(
    ctx: Ctx,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response> {
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::CreateSubordinates, &own)?;
    let mut reader = ctx.read().await?;
    let from = asked.from.parse().unwrap_or(i64::MIN);
    let to = asked.to.parse().unwrap_or(i64::MAX);
    let mut branches = orgs::children(&mut reader, own.id).await?;
    branches.retain(|org| {
        org.is_branch() && org.accepts_registration && (from..=to).contains(&org.number)
    });
    let more = branches.len().saturating_sub(MOST);
    let origin = origin(&headers);
    let posters = branches
        .into_iter()
        .take(MOST)
        .map(|org| {
            let address = format!("{origin}/register/member?branch={}", org.id);
            Ok(Poster {
                image: image(&address)?,
                address,
                org,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let view = View {
        own: ctx
            .actor
            .acting
            .as_ref()
            .map(|grant| grant.org_name.clone())
            .unwrap_or_default(),
        shell: ctx.shell(&mut reader, "团支部海报", NAV).await?,
        posters,
        more,
    };
    page(StatusCode::OK, &view)
}
