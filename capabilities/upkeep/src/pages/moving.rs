//! 组织迁移 (FLD-U7): which organisations, below whom; then everything it will do; then it goes to the others for consent.

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::moving::{self as actions, Plan};
use access::{Mark, Permission};
use base::{Error, OrgId, Refused, text};
use serde::Deserialize;
use web::prelude::*;

const NAV: &str = "/console/changes";
/// Names shown of the preview.
const SHOWN: usize = 50;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    /// 组织ID of the organisations, with commas or blanks between.
    orgs: String,
    /// 组织ID of the new superior.
    to: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "move.html")]
struct View {
    shell: Shell,
    input: Input,
    plan: Option<Plan>,
    more: usize,
    at_once: bool,
    fault: Option<Refused>,
}

impl View {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
}

async fn view(ctx: &Ctx, input: Input, plan: Option<Plan>, fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    ctx.org()?;
    let mut plan = plan;
    let mut more = 0;
    if let Some(plan) = &mut plan {
        more = plan.names.len().saturating_sub(SHOWN);
        plan.names.truncate(SHOWN);
    }
    let at_once = plan
        .as_ref()
        .is_some_and(|plan| plan.count < ctx.app.policy::<Policy>().move_at_once);
    Ok(View {
        shell: ctx.shell(&mut reader, "组织迁移", NAV).await?,
        input,
        plan,
        more,
        at_once,
        fault,
    })
}

/// The organisations the numbers name.
async fn named(conn: &mut sqlx::PgConnection, input: &Input) -> base::Result<(Vec<OrgId>, OrgId)> {
    let mut ids = Vec::new();
    let typed = text::normalise(&input.orgs);
    for word in typed
        .split([',', '，', '、', ' ', ';', '；'])
        .filter(|w| !w.is_empty())
    {
        ids.push(by_number(conn, "orgs", word).await?);
    }
    ids.sort_unstable();
    ids.dedup();
    let to = by_number(conn, "to", &text::normalise(&input.to)).await?;
    Ok((ids, to))
}

async fn by_number(
    conn: &mut sqlx::PgConnection,
    field: &'static str,
    word: &str,
) -> base::Result<OrgId> {
    let found = match word.parse::<i64>() {
        Ok(number) => orgs::by_number(conn, number).await?,
        Err(_) => None,
    };
    found.map(|org| org.id).ok_or_else(|| {
        Error::refused_at(
            field,
            "move.number",
            format!("没有组织ID为“{word}”的组织，请核对。"),
        )
    })
}

/// What a link brings along.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    org: String,
    to: String,
}

/// `GET /console/moves/new`
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MoveSubtrees, Mark::Applies)?;
    let input = Input {
        orgs: asked.org,
        to: asked.to,
        ..Input::default()
    };
    let view = view(&ctx, input, None, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/moves/check`: the preview; nothing changes.
pub(super) async fn check(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MoveSubtrees, Mark::Applies)?;
    let input = form.input;
    let mut reader = ctx.read().await?;
    let planned = async {
        let (ids, to) = named(&mut reader, &input).await?;
        let plan = actions::plan(&mut reader, &ids, to, ctx.app.policy()).await?;
        actions::may_start(&ctx.actor, &plan)?;
        Ok(plan)
    }
    .await;
    drop(reader);
    match planned {
        Ok(plan) => {
            let view = view(&ctx, input, Some(plan), None).await?;
            page(StatusCode::OK, &view)
        }
        Err(error) => {
            let fault = refusal(error)?;
            let view = view(&ctx, input, None, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

/// `POST /console/moves`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MoveSubtrees, Mark::Applies)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let done = match named(&mut tx, &input).await {
        Ok((ids, to)) => {
            let (orgs, own) = (ctx.app.policy(), ctx.app.policy());
            actions::start(&mut tx, &ids, to, &input.reason, orgs, own).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => {
            tx.commit_to(NAV).await?;
            Ok(see_other(NAV))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, input, None, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
