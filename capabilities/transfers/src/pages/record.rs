//! One transfer on the console: record, timeline, what the reader may do (TRF-120..122).

use super::view::{Contact, FlowStep, masked, return_reason, until_when};
use crate::actions;
use crate::case;
use crate::policy::Policy;
use crate::rules::{Starter, withdrawal};
use crate::store::{self, Transfer};
use base::{Error, PersonId, TransferId, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

const NAV: &str = "/console/transfers";

#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    sent: String,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordView {
    shell: Shell,
    t: Transfer,
    /// Whether the reader sees the person's data already (TRF-122).
    whole: bool,
    sent: bool,
    started: String,
    until: String,
    reason: String,
    contact: String,
    flow: Vec<FlowStep>,
    contacts: Vec<Contact>,
    inbox: Option<String>,
    may_withdraw: bool,
    why_not: String,
    message: String,
    member_page: Option<String>,
}

impl RecordView {
    fn name(&self) -> String {
        if self.whole {
            self.t.name.clone()
        } else {
            base::text::mask_name(&self.t.name)
        }
    }
}

async fn show(
    ctx: &Ctx,
    person: Uuid,
    id: Uuid,
    status: StatusCode,
    sent: bool,
    message: String,
) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let (keys, now) = (reader.keys.clone(), reader.now());
    let t = store::find(&mut reader, &keys, PersonId(person), TransferId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let sight = actions::sight(&mut reader, &ctx.actor, &t).await?;
    let standing = case::standing(&mut reader, &t, ctx.app.policy()).await?;
    let own = ctx.actor.org().map(|org| org.id);
    let asked = match t.starter {
        Starter::Org(org)
            if Some(org) == own
                && ctx
                    .actor
                    .may(access::Permission::StartTransfers, ctx.org()?) =>
        {
            withdrawal(t.kind, t.state, t.step, t.is_handover, now, policy)
                .map_err(|fault| fault.message)
        }
        Starter::Org(_) => Err("请由发起的组织撤回".into()),
        Starter::Member(_) => Err("此申请由团员本人发起，请本人撤回".into()),
    };
    let view = RecordView {
        shell: ctx.shell(&mut reader, "转接记录", NAV).await?,
        whole: sight.whole,
        sent,
        started: format!(
            "{}由{}发起（{}），原因：{}",
            format_moment(t.started_at, now),
            t.starter_name,
            t.kind.label(),
            t.reason.label()
        ),
        until: if t.state.is_open() {
            until_when(&t, now, policy)
        } else {
            String::new()
        },
        reason: return_reason(&t),
        contact: if sight.whole {
            masked(t.contact.as_ref())
        } else {
            String::new()
        },
        flow: standing.flow,
        contacts: standing.contacts,
        inbox: case::inbox_link(&mut reader, &ctx.actor, &t).await?,
        may_withdraw: asked.is_ok(),
        why_not: if t.state.is_open() {
            asked.err().unwrap_or_default()
        } else {
            String::new()
        },
        message,
        member_page: sight
            .member_page
            .then(|| format!("/console/members/{person}")),
        t,
    };
    page(status, &view)
}

/// The record.
pub async fn record(
    ctx: Ctx,
    Path((person, id)): Path<(Uuid, Uuid)>,
    Query(query): Query<Sent>,
) -> Result<Response> {
    show(
        &ctx,
        person,
        id,
        StatusCode::OK,
        query.sent == "1",
        String::new(),
    )
    .await
}

#[derive(Deserialize)]
pub struct Nothing {}

/// Withdraws what this organisation started (TRF-31).
pub async fn withdraw_started(
    ctx: Ctx,
    Path((person, id)): Path<(Uuid, Uuid)>,
    form: Form<Nothing>,
) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match actions::withdraw(
        &mut tx,
        PersonId(person),
        TransferId(id),
        ctx.app.policy(),
        ctx.app.policy(),
    )
    .await
    {
        Ok(()) => {
            let to = format!("{NAV}/{person}/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            show(
                &ctx,
                person,
                id,
                StatusCode::UNPROCESSABLE_ENTITY,
                false,
                refused.message,
            )
            .await
        }
        Err(other) => Err(other.into()),
    }
}
