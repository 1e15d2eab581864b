//! 设置运营者 and 运营者操作记录 (ACC-33, FLD-10).

use super::fault::Fault;
use crate::actions::operators as actions;
use crate::rules::acts;
use crate::{Policy, store};
use base::{Error, PersonId, format_moment};
use chrono::{DateTime, Utc};
use orgs::Org;
use serde::Deserialize;
use web::prelude::*;

const HERE: &str = "/console/operators";
const LOG: i64 = 100;

struct Row {
    person: String,
    name: String,
    label: String,
    phone: String,
    id_number: String,
    since: String,
    last: String,
}

/// A first or new password, shown once.
struct Shown {
    name: String,
    account: String,
    password: String,
}

#[derive(Template)]
#[template(path = "operators.html")]
struct OperatorsPage {
    shell: Shell,
    org: Org,
    rows: Vec<Row>,
    /// Cadres who are not operators here.
    cadres: Vec<web::list::Choice>,
    input: Input,
    fault: Fault,
    shown: Option<Shown>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Input {
    /// `set`, `cancel`, `relabel`, `reset`.
    what: String,
    person: String,
    label: String,
}

async fn own(ctx: &Ctx, reader: &mut db::Reader) -> Result<Org> {
    let own = ctx.org()?.id;
    let org = orgs::find(reader, own).await?.ok_or(Error::NotFound)?;
    actions::require(&ctx.actor, &org, ctx.app.policy())?;
    Ok(org)
}

async fn view(
    ctx: &Ctx,
    input: Input,
    fault: Fault,
    shown: Option<Shown>,
) -> Result<OperatorsPage> {
    let mut reader = ctx.read().await?;
    let org = own(ctx, &mut reader).await?;
    let (keys, now) = (reader.keys.clone(), ctx.now());
    let held = actions::operators(&mut reader, &org).await?;
    let ids: Vec<_> = held.iter().map(|h| h.account_id).collect();
    let last = store::account::last_sign_ins(&mut reader, &ids).await?;
    let mut rows = Vec::new();
    for h in held {
        let Some(person) = people::find(&mut reader, &keys, PersonId(h.account_id)).await? else {
            continue;
        };
        let signed_in = last.iter().find(|(id, _)| *id == h.account_id);
        rows.push(Row {
            person: h.account_id.to_string(),
            name: h.name,
            label: h.label.unwrap_or_default(),
            phone: person
                .phone
                .as_ref()
                .map(base::Mobile::masked)
                .unwrap_or_default(),
            id_number: person.id_number.masked(),
            since: base::business_date(h.since).to_string(),
            last: signed_in
                .and_then(|(_, at)| *at)
                .map_or_else(|| "从未登录".into(), |at| format_moment(at, now)),
        });
    }
    let cadres = people::in_office(&mut reader, org.id)
        .await?
        .into_iter()
        .filter(|(id, _)| !ids.contains(&id.0))
        .map(|(id, name)| web::list::Choice {
            selected: id.to_string() == input.person,
            value: id.to_string(),
            label: name,
        })
        .collect();
    Ok(OperatorsPage {
        shell: ctx.shell(&mut reader, "运营者", HERE).await?,
        org,
        rows,
        cadres,
        input,
        fault,
        shown,
    })
}

/// `GET /console/operators`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, Fault::default(), None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/operators`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let org = orgs::find(&mut tx, ctx.org()?.id)
        .await?
        .ok_or(Error::NotFound)?;
    actions::require(&ctx.actor, &org, policy)?;
    let Ok(id) = input.person.parse::<PersonId>() else {
        drop(tx);
        let missing = base::Refused {
            code: "operator.person",
            message: "请先选择团干部。".into(),
            field: Some("person"),
        };
        let view = view(&ctx, input, Fault::several(vec![missing]), None).await?;
        return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
    };
    let done = match input.what.as_str() {
        "set" => actions::set(&mut tx, policy, &org, id, &input.label).await,
        "cancel" => actions::cancel(&mut tx, policy, &org, id)
            .await
            .map(|()| None),
        "relabel" => actions::relabel(&mut tx, policy, &org, id, &input.label)
            .await
            .map(|()| None),
        "reset" => actions::reset(&mut tx, policy, &org, id).await.map(Some),
        _ => return Err(Error::NotFound.into()),
    };
    match Fault::of(done)? {
        Ok(password) => {
            let keys = tx.keys().clone();
            let person = people::find(&mut tx, &keys, id).await?;
            tx.commit_to(HERE).await?;
            let Some((password, person)) = password.zip(person) else {
                return Ok(see_other(HERE));
            };
            let shown = Shown {
                account: person
                    .phone
                    .as_ref()
                    .map(base::Mobile::masked)
                    .unwrap_or_default(),
                name: person.name,
                password,
            };
            let view = view(&ctx, Input::default(), Fault::default(), Some(shown)).await?;
            page(StatusCode::OK, &view)
        }
        Err(fault) => {
            drop(tx);
            let view = view(&ctx, input, fault, None).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

struct Line {
    at: String,
    who: String,
    what: &'static str,
    address: String,
}

#[derive(Template)]
#[template(path = "operator_log.html")]
struct LogPage {
    shell: Shell,
    org: Org,
    lines: Vec<Line>,
    /// Where the older ones begin.
    older: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    before: String,
}

/// `GET /console/operators/log`
pub(super) async fn log(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = own(&ctx, &mut reader).await?;
    let now = ctx.now();
    let before: DateTime<Utc> = asked
        .before
        .parse()
        .unwrap_or(now + chrono::TimeDelta::seconds(1));
    let found = store::grant::acts(&mut reader, org.id, before, LOG + 1).await?;
    let more = found.len() as i64 > LOG;
    let older = found
        .iter()
        .take(LOG as usize)
        .next_back()
        .filter(|_| more)
        .map(|act| web::list::encode(&act.at.to_rfc3339()))
        .unwrap_or_default();
    let view = LogPage {
        lines: found
            .into_iter()
            .take(LOG as usize)
            .map(|act| Line {
                at: format_moment(act.at, now),
                what: acts::label(&act.action),
                who: act.actor_name,
                address: act.address,
            })
            .collect(),
        shell: ctx.shell(&mut reader, "运营者操作记录", HERE).await?,
        org,
        older,
    };
    page(StatusCode::OK, &view)
}
