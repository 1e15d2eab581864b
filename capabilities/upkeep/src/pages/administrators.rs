//! 管理员变更 (ORG-60..67): of the own organisation or a direct subordinate.

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::administrators::{self as actions, Asked};
use access::Relation;
use accounts::Holder;
use base::{Error, OrgId, Refused};
use orgs::Org;
use serde::Deserialize;
use web::list::Choice;
use web::prelude::*;

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    org: String,
    /// `add`, `change`, `revoke`.
    what: String,
    person: String,
    replaced: String,
    reason: String,
    /// `pending` or `effective`, after it was done.
    done: String,
}

#[derive(Template)]
#[template(path = "administrators.html")]
struct View {
    shell: Shell,
    org: Org,
    own: bool,
    needs_approval: bool,
    most: i32,
    orgs: Vec<Choice>,
    holders: Vec<Holder>,
    cadres: Vec<Choice>,
    replaced: Vec<Choice>,
    input: Input,
    fault: Option<Refused>,
}

impl View {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
    /// Why somebody is administrator, as people read it.
    fn basis<'a>(&self, stored: &'a str) -> &'a str {
        match stored {
            "admin_code" => "管理员注册码",
            "seed" => "部署初始化",
            other => other,
        }
    }
    fn full(&self) -> bool {
        usize::try_from(self.most).is_ok_and(|most| most > 0 && self.holders.len() >= most)
    }
}

async fn view(ctx: &Ctx, input: Input, fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    let id = input.org.parse::<OrgId>().unwrap_or(own.id);
    let org = orgs::find(&mut reader, id).await?.ok_or(Error::NotFound)?;
    let relation = actions::relation(&ctx.actor, &org)?;
    let holders = accounts::administrators(&mut reader, id).await?;
    let cadres = people::eligible(&mut reader, id).await?;
    let below = orgs::children(&mut reader, own.id).await?;
    let mine = orgs::find(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let choice = |value: String, label: String, chosen: &str| Choice {
        selected: value == chosen,
        value,
        label,
    };
    let chosen = id.to_string();
    Ok(View {
        orgs: std::iter::once(mine)
            .chain(below)
            .map(|o| choice(o.id.to_string(), o.short_name, &chosen))
            .collect(),
        cadres: cadres
            .into_iter()
            .filter(|(person, _)| holders.iter().all(|h| h.account_id != person.0))
            .map(|(person, name)| choice(person.to_string(), name, &input.person))
            .collect(),
        replaced: holders
            .iter()
            .map(|h| choice(h.account_id.to_string(), h.name.clone(), &input.replaced))
            .collect(),
        own: relation == Relation::Own,
        needs_approval: relation == Relation::Own
            && ctx.app.policy::<Policy>().own_admin_needs_approval,
        most: ctx.app.policy::<accounts::Policy>().max_administrators,
        shell: ctx
            .shell(&mut reader, "管理员变更", "/console/changes")
            .await?,
        org,
        holders,
        input,
        fault,
    })
}

/// `GET /console/administrators`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/administrators`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let id: OrgId = input.org.parse().map_err(|_| Error::NotFound)?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let asked = Asked {
        kind: input.what.clone(),
        person: input.person.parse().ok(),
        replaced: input.replaced.parse().ok(),
        reason: input.reason.clone(),
    };
    match actions::ask(&mut tx, &org, &asked, ctx.app.policy(), ctx.app.policy()).await {
        Ok(effective) => {
            let done = if effective { "effective" } else { "pending" };
            let place = format!("/console/administrators?org={id}&done={done}");
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
