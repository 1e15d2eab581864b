//! 更正名称: the superior's correction while nobody has signed in (ORG-15), leading bodies while building (ORG-07).

use super::faults::Faults;
use super::tree::named;
use crate::rules::{Org, OrgState, full_name};
use crate::{Policy, store};
use access::Permission;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Error, OrgCategory, text};
use db::Reader;
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::{Ctx, Form, Result, Shell, page, see_other};

#[derive(Template)]
#[template(path = "rename.html")]
struct Page {
    shell: Shell,
    org: Org,
    short_name: String,
    full_name: String,
    faults: Faults,
    open: bool,
    /// 行业类别 of a branch that registered itself lately; empty elsewhere (ORG-27).
    sectors: Vec<Choice>,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    short_name: String,
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    sector: String,
}

async fn mine(reader: &mut Reader, ctx: &Ctx, id: Uuid) -> base::Result<(Org, Org)> {
    let org = named(reader, ctx, &id.to_string()).await?;
    let parent = org.parent.ok_or(Error::NotFound)?;
    let parent = store::find(reader, parent).await?.ok_or(Error::NotFound)?;
    ctx.actor
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    Ok((org, parent))
}

async fn view(
    reader: &mut Reader,
    ctx: &Ctx,
    org: Org,
    typed: Option<Typed>,
    faults: Faults,
) -> Result<Page> {
    let policy = ctx.app.policy::<Policy>();
    let typed = typed.unwrap_or_else(|| Typed {
        short_name: org.short_name.clone(),
        full_name: org.full_name.clone(),
        sector: org.sector.clone().unwrap_or_default(),
    });
    let now = reader.now();
    let fresh = crate::is_fresh(reader, &org, policy, now).await?;
    let sectors = policy
        .offered_sectors()
        .map(|s| (s.name.as_str(), s.name.as_str()));
    Ok(Page {
        shell: ctx
            .shell(reader, "更正名称", "/console/subordinates")
            .await?,
        open: org.state == OrgState::Created
            || fresh
            || (org.category == OrgCategory::LeadingBody
                && store::building_phase(reader, policy, now).await?),
        sectors: if fresh {
            Choice::list(sectors, &typed.sector)
        } else {
            Vec::new()
        },
        short_name: typed.short_name,
        full_name: typed.full_name,
        org,
        faults,
    })
}

/// The form.
pub(super) async fn show(ctx: Ctx, Path(id): Path<Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (org, _) = mine(&mut reader, &ctx, id).await?;
    let view = view(&mut reader, &ctx, org, None, Faults::default()).await?;
    page(StatusCode::OK, &view)
}

/// Saves it.
pub(super) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Typed>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (org, parent) = mine(&mut reader, &ctx, id).await?;
    let policy = ctx.app.policy::<Policy>();
    let short_name = text::normalise(&form.input.short_name);
    let mut full = text::normalise(&form.input.full_name);
    if full.is_empty() {
        let mut line = store::ancestors(&mut reader, &parent.path).await?;
        line.push(parent);
        full = full_name(&line, org.category, &short_name, policy);
    }
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let sector = text::normalise(&form.input.sector);
    let named = short_name != org.short_name || full != org.full_name;
    let done = async {
        if named || sector.is_empty() {
            crate::rename(&mut tx, &org, &short_name, &full, policy).await?;
        }
        if !sector.is_empty() && org.sector.as_deref() != Some(sector.as_str()) {
            let org = store::find(&mut tx, org.id).await?.ok_or(Error::NotFound)?;
            crate::resector(&mut tx, &org, &sector, policy).await?;
        }
        Ok(())
    };
    match done.await {
        Ok(()) => {
            let to = format!("/console/orgs/{}", org.id);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(refusal) => {
            drop(tx);
            let faults = Faults::of(refusal)?;
            let view = view(&mut reader, &ctx, org, Some(form.input), faults).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
