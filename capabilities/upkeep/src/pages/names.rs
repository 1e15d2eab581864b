//! Mending the names of direct subordinates together: what each would be called stands beside it before anything changes.

use super::faults::refusal;
use crate::rules::health::proposed_name;
use crate::rules::progress::name_fault;
use access::Permission;
use base::{Error, OrgId, Refused};
use orgs::{Org, OrgState};
use serde::Deserialize;
use web::prelude::*;

const HERE: &str = "/console/health/names";

struct Line {
    org: Org,
    name: String,
    full: String,
}

#[derive(Template)]
#[template(path = "names.html")]
struct View {
    shell: Shell,
    parent: Org,
    lines: Vec<Line>,
    fault: Option<Refused>,
    /// Not to be mended here: somebody has signed in, or no name can be proposed.
    others: usize,
    /// So many were renamed just now.
    done: u32,
}

/// Direct subordinates nobody has signed in to whose names depart from the rules, with what they would be called.
async fn lines(
    conn: &mut sqlx::PgConnection,
    own: &Org,
    policy: &orgs::Policy,
) -> base::Result<(Vec<Line>, usize)> {
    let mut line = orgs::ancestors(conn, &own.path).await?;
    line.push(own.clone());
    let wrong: Vec<Org> = orgs::children(conn, own.id)
        .await?
        .into_iter()
        .filter(|org| name_fault(org.category, &org.short_name).is_some())
        .collect();
    let all = wrong.len();
    let lines: Vec<Line> = wrong
        .into_iter()
        .filter(|org| org.state == OrgState::Created)
        .filter_map(|org| {
            let name = proposed_name(&org)?;
            let full = orgs::full_name(&line, org.category, &name, policy);
            Some(Line { org, name, full })
        })
        .collect();
    let others = all - lines.len();
    Ok((lines, others))
}

async fn view(ctx: &Ctx, fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::CreateSubordinates, &own)?;
    let parent = orgs::find(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let (lines, others) = lines(&mut reader, &parent, ctx.app.policy()).await?;
    Ok(View {
        shell: ctx
            .shell(&mut reader, "一起更正名称", "/console/health")
            .await?,
        parent,
        lines,
        fault,
        others,
        done: 0,
    })
}

/// `GET /console/health/names`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let mut view = view(&ctx, None).await?;
    let done = query.iter().find(|(name, _)| name == "done");
    view.done = done.and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
    page(StatusCode::OK, &view)
}

/// Which are renamed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    org: Vec<String>,
}

/// `POST /console/health/names`: all ticked ones or none.
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let policy = ctx.app.policy::<orgs::Policy>();
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::CreateSubordinates, &own)?;
    let parent = orgs::find(&mut tx, own.id).await?.ok_or(Error::NotFound)?;
    let ticked: Vec<OrgId> = form
        .input
        .org
        .iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    let (lines, _) = lines(&mut tx, &parent, policy).await?;
    let chosen: Vec<Line> = lines
        .into_iter()
        .filter(|line| ticked.contains(&line.org.id))
        .collect();
    let done = if chosen.is_empty() {
        Err(Error::refused("names.nobody", "请先勾选要更正的组织。"))
    } else {
        rename(&mut tx, &chosen, policy).await
    };
    match done {
        Ok(()) => {
            let place = format!("{HERE}?done={}", chosen.len());
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let view = view(&ctx, Some(refusal(error)?)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

async fn rename(tx: &mut db::Tx, chosen: &[Line], policy: &orgs::Policy) -> base::Result<()> {
    for line in chosen {
        orgs::rename(tx, &line.org, &line.name, &line.full, policy).await?;
    }
    Ok(())
}
