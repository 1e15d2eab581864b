//! 换届交接 (ACC-B9): what hangs on somebody, and the one act that hands it over.

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::administrators::relation;
use crate::actions::handover::{self as actions, Asked, Done, Remains};
use access::Relation;
use base::{Error, OrgId, Refused};
use orgs::Org;
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::prelude::*;

const HERE: &str = "/console/handover";

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    org: String,
    leaver: String,
    successor: String,
    reason: String,
    /// `pending` or `effective`, after it was done.
    done: String,
}

#[derive(Template)]
#[template(path = "handover.html")]
struct View {
    shell: Shell,
    org: Org,
    needs_approval: bool,
    /// An organisation account goes on with its own handover (ACC-31).
    account: bool,
    leavers: Vec<Choice>,
    successors: Vec<Choice>,
    remains: Option<Remains>,
    password: Option<String>,
    input: Input,
    fault: Option<Refused>,
}

impl View {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
}

async fn view(
    ctx: &Ctx,
    input: Input,
    fault: Option<Refused>,
    password: Option<String>,
) -> Result<View> {
    let own = ctx.org()?.clone();
    let id = input.org.parse::<OrgId>().unwrap_or(own.id);
    // Counted as the act would count it, in a unit of work that changes nothing.
    let mut tx = ctx.begin().await?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let relation = relation(&ctx.actor, &org)?;
    let keys = tx.keys().clone();
    let persons = actions::persons(&mut tx, &keys, &org).await?;
    let holders = accounts::administrators(&mut tx, id).await?;
    let mut leaver = input.leaver.parse::<Uuid>().ok();
    if leaver.is_none() {
        let me = ctx.me.person.map(|person| person.0);
        leaver = me.filter(|me| persons.iter().any(|holder| holder.account_id == *me));
    }
    let remains = match leaver.filter(|l| persons.iter().any(|h| h.account_id == *l)) {
        Some(leaver) => Some(actions::remains(&mut tx, &org, leaver).await?),
        None => None,
    };
    drop(tx);
    let mut reader = ctx.read().await?;
    let office = people::in_office(&mut reader, id).await?;
    let mut leavers: Vec<Choice> = Vec::new();
    for holder in &persons {
        let value = holder.account_id.to_string();
        if leavers.iter().all(|choice| choice.value != value) {
            leavers.push(Choice {
                selected: Some(holder.account_id) == leaver,
                value,
                label: holder.name.clone(),
            });
        }
    }
    let successors = office
        .into_iter()
        .filter(|(person, _)| holders.iter().all(|h| h.account_id != person.0))
        .map(|(person, name)| Choice {
            selected: person.to_string() == input.successor,
            value: person.to_string(),
            label: name,
        })
        .collect();
    Ok(View {
        needs_approval: relation == Relation::Own
            && ctx.app.policy::<Policy>().own_admin_needs_approval,
        account: ctx.me.person.is_none() && relation == Relation::Own,
        shell: ctx
            .shell(&mut reader, "换届交接", "/console/grants")
            .await?,
        org,
        leavers,
        successors,
        remains,
        password,
        input,
        fault,
    })
}

/// `GET /console/handover`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, None, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/handover`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let own = ctx.org()?.id;
    let id = input.org.parse::<OrgId>().unwrap_or(own);
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let asked = Asked {
        leaver: input.leaver.parse().ok(),
        successor: input.successor.parse().ok(),
        reason: input.reason.clone(),
    };
    match actions::ask(&mut tx, &org, &asked, ctx.app.policy(), ctx.app.policy()).await {
        Ok(done) => {
            // Whoever handed the own desk over no longer comes back to it.
            let gone = own == id && ctx.me.person.map(|p| p.0) == asked.leaver;
            let place = match &done {
                Done::Pending => format!("{HERE}?org={id}&done=pending"),
                Done::Effective(_) if gone => "/".to_owned(),
                Done::Effective(_) => format!("{HERE}?org={id}&done=effective"),
            };
            tx.commit_to(&place).await?;
            match done {
                // Shown once, also to whoever has just left: nobody else knows it.
                Done::Effective(Some(password)) => {
                    let input = Input {
                        org: input.org,
                        done: "effective".into(),
                        ..Input::default()
                    };
                    let view = view(&ctx, input, None, Some(password)).await?;
                    page(StatusCode::OK, &view)
                }
                _ => Ok(see_other(&place)),
            }
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, input, Some(fault), None).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
