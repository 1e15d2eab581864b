//! Photos of members: one's own, and an applicant's for who decides (ACC-38).

use crate::{actions::pictures, store};
use axum::http::header;
use base::Error;
use web::prelude::*;

/// A picture as it goes over the wire: never kept by the browser (SEC-22).
pub(super) fn jpeg(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, bytes).into_response()
}

/// `GET /account/photo`: one's own.
pub(super) async fn own(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let id = store::picture::latest(&mut reader, ctx.me.account, "photo")
        .await?
        .ok_or(Error::NotFound)?;
    let keys = reader.keys.clone();
    drop(reader);
    Ok(jpeg(pictures::open(ctx.app.files(), &keys, id).await?))
}

/// `GET /console/registrations/{id}/photo`: for who decides on it.
pub(super) async fn applicants(ctx: Ctx, Path(id): Path<uuid::Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let row = store::registration::find(&mut reader, id)
        .await?
        .ok_or(Error::NotFound)?;
    let branch = orgs::find(
        &mut reader,
        base::OrgId(row.branch_id.ok_or(Error::NotFound)?),
    )
    .await?
    .ok_or(Error::NotFound)?;
    let may = access::Permission::ApproveRegistrations;
    if row.state != "pending" || !ctx.actor.may(may, &branch.to_ref()) {
        return Err(Error::NotFound.into());
    }
    let picture = store::picture::latest(&mut reader, id, "photo")
        .await?
        .ok_or(Error::NotFound)?;
    let keys = reader.keys.clone();
    drop(reader);
    Ok(jpeg(pictures::open(ctx.app.files(), &keys, picture).await?))
}
