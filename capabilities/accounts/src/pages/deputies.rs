//! 代理: deputies for a limited time and what they did (ACC-B5).

use super::fault::Fault;
use crate::{
    actions::deputies::{self as actions, Typed},
    rules::{acts, deputy::lendable},
    store,
};
use access::Permission;
use base::{Error, format_moment};
use chrono::{DateTime, Utc};
use orgs::Org;
use serde::Deserialize;
use uuid::Uuid;
use web::{list::Choice, prelude::*};

const HERE: &str = "/console/deputies";
const LOG: i64 = 50;

struct Row {
    grant: String,
    name: String,
    of: String,
    days: String,
    functions: String,
    state: &'static str,
    /// It acts or will act.
    open: bool,
}

struct Line {
    at: String,
    who: String,
    what: &'static str,
}

#[derive(Template)]
#[template(path = "deputies.html")]
struct DeputiesPage {
    shell: Shell,
    org: Org,
    /// The reader can name deputies; others look.
    may: bool,
    rows: Vec<Row>,
    cadres: Vec<Choice>,
    functions: Vec<Choice>,
    lines: Vec<Line>,
    input: Input,
    fault: Fault,
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    /// `name`, `end`.
    what: String,
    grant: String,
    person: String,
    from: String,
    to: String,
    functions: Vec<String>,
    done: String,
}

/// The functions as a deputy's row names them.
pub(super) fn labels(codes: &[String]) -> String {
    let known = codes.iter().filter_map(|code| Permission::from_code(code));
    let labels: Vec<&str> = known.map(Permission::label).collect();
    labels.join("、")
}

fn state(since: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> &'static str {
    if until <= now {
        "已结束"
    } else if since > now {
        "未开始"
    } else {
        "代理中"
    }
}

async fn view(ctx: &Ctx, input: Input, fault: Fault) -> Result<DeputiesPage> {
    let own = ctx.org()?;
    ctx.actor.require_look(Permission::ViewGrants, own)?;
    let (mut reader, now) = (ctx.read().await?, ctx.now());
    let org = orgs::find(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let holders = store::grant::holders(&mut reader, org.id).await?;
    let rows = actions::list(&mut reader, org.id, now).await?;
    let rows = rows
        .into_iter()
        .rev()
        .map(|d| Row {
            days: actions::days(&d),
            state: state(d.since, d.until, now),
            open: d.until > now,
            functions: labels(&d.functions),
            grant: d.grant_id.to_string(),
            name: d.name,
            of: d.of_name,
        })
        .collect();
    let office = people::in_office(&mut reader, org.id).await?;
    let cadres = office
        .into_iter()
        .filter(|(id, _)| holders.iter().all(|h| h.account_id != id.0))
        .map(|(id, name)| Choice {
            selected: id.to_string() == input.person,
            value: id.to_string(),
            label: name,
        })
        .collect();
    let functions = lendable(&ctx.actor)
        .into_iter()
        .map(|permission| Choice {
            value: permission.code().to_owned(),
            label: permission.label().to_owned(),
            selected: input.functions.iter().any(|code| code == permission.code()),
        })
        .collect();
    let lines = store::deputy::acts(&mut reader, org.id, LOG).await?;
    Ok(DeputiesPage {
        may: ctx.actor.may(Permission::ManageGrants, own),
        shell: ctx.shell(&mut reader, "代理", "/console/grants").await?,
        org,
        rows,
        cadres,
        functions,
        lines: lines
            .into_iter()
            .map(|act| Line {
                at: format_moment(act.at, now),
                who: act.actor_name,
                what: acts::label(&act.action),
            })
            .collect(),
        input,
        fault,
    })
}

/// `GET /console/deputies`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, Fault::default()).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/deputies`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let org = orgs::find(&mut tx, ctx.org()?.id)
        .await?
        .ok_or(Error::NotFound)?;
    let done = match input.what.as_str() {
        "name" => {
            let typed = Typed {
                person: input.person.clone(),
                from: input.from.clone(),
                to: input.to.clone(),
                functions: input.functions.clone(),
            };
            actions::name(&mut tx, &org, &typed).await
        }
        "end" => {
            let grant: Uuid = input.grant.parse().map_err(|_| Error::NotFound)?;
            actions::end(&mut tx, &org, grant).await
        }
        _ => return Err(Error::NotFound.into()),
    };
    if let Err(fault) = Fault::of(done)? {
        drop(tx);
        let view = view(&ctx, input, fault).await?;
        return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
    }
    let place = format!("{HERE}?done={}", input.what);
    tx.commit_to(&place).await?;
    Ok(see_other(&place))
}
