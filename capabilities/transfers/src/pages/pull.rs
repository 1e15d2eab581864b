//! 办理转入 (TRF-04): name and ID number, exactly; then the reason.

use super::typed::Typed;
use super::view::Faults;
use crate::actions::{self, Found, Start};
use crate::case;
use crate::policy::Policy;
use crate::rules::{Fault, Kind, Reason, may_start};
use access::Permission;
use base::{Error, PersonId};
use serde::Deserialize;
use web::prelude::*;

const NAV: &str = "/console/transfers";

#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
}

#[derive(Template)]
#[template(path = "pull.html")]
struct PullView {
    shell: Shell,
    own: String,
    name: String,
    found: Option<Found>,
    typed: Typed,
    steps: Vec<String>,
    faults: Faults,
}

impl PullView {
    fn reasons(&self) -> Vec<Reason> {
        Reason::offered().collect()
    }
}

fn allowed(ctx: &Ctx) -> Result<access::OrgRef> {
    let own = ctx.org()?.clone();
    may_start(Kind::PullIn, own.category, ctx.app.policy())
        .map_err(|fault| Error::forbidden(fault.message))?;
    ctx.actor.require(Permission::StartTransfers, &own)?;
    Ok(own)
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    asked: Asked,
    found: Option<Found>,
    typed: Typed,
    faults: Vec<Fault>,
) -> Result<Response> {
    let own = allowed(ctx)?;
    let mut reader = ctx.read().await?;
    let steps = match &found {
        Some(found) => {
            case::outlook(
                &mut reader,
                Kind::PullIn,
                found.branch.id,
                own.id,
                ctx.app.policy(),
            )
            .await?
        }
        None => Vec::new(),
    };
    let view = PullView {
        shell: ctx.shell(&mut reader, "办理转入", NAV).await?,
        own: ctx
            .actor
            .acting
            .as_ref()
            .map(|grant| grant.org_name.clone())
            .unwrap_or_default(),
        name: asked.name,
        found,
        typed,
        steps,
        faults: Faults(faults),
    };
    page(status, &view)
}

/// The empty query.
pub async fn start_in(ctx: Ctx) -> Result<Response> {
    allowed(&ctx)?;
    show(
        &ctx,
        StatusCode::OK,
        Asked::default(),
        None,
        Typed::default(),
        Vec::new(),
    )
    .await
}

/// Looks somebody up. The ID number never stands in an address and is not shown again.
pub async fn query(ctx: Ctx, form: Form<Asked>) -> Result<Response> {
    allowed(&ctx)?;
    let mut tx = ctx.begin().await?;
    let answer = actions::query_person(
        &mut tx,
        &form.input.name,
        &form.input.id_number,
        ctx.app.reserved(),
        ctx.app.policy(),
    )
    .await?;
    // A miss counts and is audited too; a refused form has written nothing.
    tx.commit_housekeeping().await?;
    match answer {
        Ok(found) => {
            show(
                &ctx,
                StatusCode::OK,
                form.input,
                Some(found),
                Typed::default(),
                Vec::new(),
            )
            .await
        }
        Err(Error::Refused(refused)) => {
            show(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                None,
                Typed::default(),
                vec![refused.into()],
            )
            .await
        }
        Err(other) => Err(other.into()),
    }
}

/// Starts the pull of somebody this administrator has just found.
pub async fn submit_in(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let own = allowed(&ctx)?;
    let policy = ctx.app.policy::<Policy>();
    let person: PersonId = form.input.person.parse().map_err(|_| Error::NotFound)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let Some(found) = actions::found_before(&mut tx, person).await? else {
        drop(tx);
        let fault = Fault::new(
            "transfer.query_first",
            "请先用姓名和身份证号码查询到该团员，再办理转入",
        );
        return show(
            &ctx,
            StatusCode::UNPROCESSABLE_ENTITY,
            Asked::default(),
            None,
            Typed::default(),
            vec![fault],
        )
        .await;
    };
    let (request, mut faults) = form.input.read(ctx.app.reserved());
    let (keys, now) = (tx.keys().clone(), tx.now());
    if faults.is_empty() {
        faults = actions::check(
            &mut tx,
            &keys,
            Kind::PullIn,
            person,
            Some(own.id),
            Some(&request),
            now,
            policy,
        )
        .await?;
    }
    if faults.is_empty() {
        match actions::start(
            &mut tx,
            Start {
                kind: Kind::PullIn,
                person,
                target: own.id,
                request,
            },
            policy,
        )
        .await
        {
            Ok(transfer) => {
                let to = format!("/console/transfers/{person}/{}?sent=1", transfer.id);
                tx.commit_to(&to).await?;
                return Ok(see_other(&to));
            }
            Err(Error::Refused(refused)) => faults.push(refused.into()),
            Err(other) => return Err(other.into()),
        }
    }
    drop(tx);
    show(
        &ctx,
        StatusCode::UNPROCESSABLE_ENTITY,
        Asked::default(),
        Some(found),
        form.input,
        faults,
    )
    .await
}
