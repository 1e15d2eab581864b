//! 启用、禁用 (FLD-12) and 删除团干 (FLD-13): the organisation's own record of a cadre.

use super::cadres::{may_hold, place};
use crate::rules::Policy;
use crate::{Departures, actions, store};
use base::{Error, PersonId};
use serde::Deserialize;
use web::prelude::*;

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    org: String,
    person: String,
    /// `disable`, `enable`, `remove`.
    act: String,
    confirm: String,
}

#[derive(Template)]
#[template(path = "cadre_state.html")]
struct View {
    shell: Shell,
    org: String,
    number: i64,
    person: String,
    name: String,
    disabled: bool,
    here: Vec<String>,
    elsewhere: Vec<String>,
    /// What ends with the record, in words.
    ends: Vec<String>,
    member: bool,
    /// The secretary of a branch is the superior's (ROS-41).
    superiors: bool,
    fault: String,
    confirm: String,
}

struct Found {
    org: orgs::Org,
    person: PersonId,
    name: String,
    disabled: bool,
    here: Vec<crate::Post>,
    elsewhere: Vec<crate::Post>,
}

async fn find(ctx: &Ctx, reader: &mut db::Reader, input: &Input) -> Result<Found> {
    if !ctx.app.policy::<Policy>().cadre_records {
        return Err(Error::NotFound.into());
    }
    let org = place(ctx, reader, &input.org).await?;
    may_hold(ctx, &org, false)?;
    let id: PersonId = input.person.parse().map_err(|_| Error::NotFound)?;
    let disabled = store::is_disabled(reader, org.id, id)
        .await?
        .ok_or(Error::NotFound)?;
    let keys = reader.keys.clone();
    let name = store::find(reader, &keys, id)
        .await?
        .ok_or(Error::NotFound)?
        .name;
    let (here, elsewhere) = store::posts(reader, id)
        .await?
        .into_iter()
        .partition(|post| post.org == org.id);
    Ok(Found {
        org,
        person: id,
        name,
        disabled,
        here,
        elsewhere,
    })
}

async fn show(ctx: &Ctx, input: &Input, fault: String) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let found = find(ctx, &mut reader, input).await?;
    let departures = ctx.app.policy::<Departures>();
    let ends = departures
        .hangs_on_office(&mut reader, found.person, found.org.id)
        .await?;
    let member = store::membership(&mut reader, found.person)
        .await?
        .is_some();
    let secretary = found.here.iter().any(|post| post.is_secretary);
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = View {
        shell: ctx
            .shell(&mut reader, "启用、禁用、删除团干部", "/console/cadres")
            .await?,
        superiors: secretary && may_hold(ctx, &found.org, true).is_err(),
        number: found.org.number,
        org: found.org.full_name,
        person: found.person.to_string(),
        name: found.name,
        disabled: found.disabled,
        here: found.here.into_iter().map(|post| post.title).collect(),
        elsewhere: found
            .elsewhere
            .into_iter()
            .map(|post| format!("〔{}〕{}", post.org_name, post.title))
            .collect(),
        ends,
        member,
        fault,
        confirm: input.confirm.clone(),
    };
    page(status, &view)
}

/// What will happen, before it does.
pub(crate) async fn ask(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    show(&ctx, &input, String::new()).await
}

/// Does it.
pub(crate) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let input = &form.input;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let mut reader = ctx.read().await?;
    let found = find(&ctx, &mut reader, input).await?;
    drop(reader);
    let departures = ctx.app.policy::<Departures>();
    let (person, org) = (found.person, &found.org);
    let (done, word) = match input.act.as_str() {
        "disable" | "enable" => {
            let disabled = input.act == "disable";
            let done = actions::set_disabled(&mut tx, departures, person, org, disabled).await;
            (done, if disabled { "disabled" } else { "enabled" })
        }
        "remove" => (remove(&ctx, &mut tx, &found, input).await, "removed"),
        _ => return Err(Error::NotFound.into()),
    };
    match done {
        Ok(()) => {
            let to = format!("/console/cadres?org={}&done={word}", org.number);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            show(&ctx, input, refused.message).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn remove(ctx: &Ctx, tx: &mut db::Tx, found: &Found, input: &Input) -> base::Result<()> {
    let secretary = found.here.iter().any(|post| post.is_secretary);
    may_hold(ctx, &found.org, secretary)?;
    if found.elsewhere.is_empty() && base::text::normalise(&input.confirm) != found.name {
        return Err(Error::refused(
            "cadre.confirm",
            format!(
                "这是{}最后一个任职的组织，请输入姓名“{}”确认删除。",
                found.name, found.name
            ),
        ));
    }
    let departures = ctx.app.policy::<Departures>();
    actions::remove_cadre(tx, departures, found.person, &found.org).await
}
