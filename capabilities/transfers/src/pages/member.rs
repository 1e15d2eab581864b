//! 关系转接 on the member port: history, progress, withdrawal, confirmation.

use super::view::{Contact, Faults, FlowStep, masked, return_reason, until_when};
use crate::actions::{self, member_facts};
use crate::case;
use crate::policy::Policy;
use crate::rules::{Kind, State, Step, withdrawal};
use crate::store::{self, Transfer};
use base::{Error, PersonId, TransferId, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

const PLACE: &str = "/member/transfers";

struct Line {
    href: String,
    route: String,
    sub: String,
    label: &'static str,
    tone: &'static str,
}

fn line(t: &Transfer, now: chrono::DateTime<chrono::Utc>) -> Line {
    let to = t.in_branch_name.as_ref().unwrap_or(&t.in_name);
    Line {
        href: format!("{PLACE}/{}", t.id),
        route: format!("{} → {to}", t.out_name),
        sub: format!("{}，{}", format_moment(t.started_at, now), t.reason.label()),
        label: t.state.label(),
        tone: t.state.tone(),
    }
}

struct Stay {
    branch: String,
    period: String,
}

#[derive(Template)]
#[template(path = "member_list.html")]
struct ListView {
    shell: Shell,
    branch: String,
    may_apply: bool,
    faults: Faults,
    open: Option<Line>,
    ended: Vec<Line>,
    stays: Vec<Stay>,
}

/// 关系转接: the open transfer, whether one may be started, the history from admission on (TRF-121).
pub async fn my_transfers(ctx: Ctx) -> Result<Response> {
    let person = ctx.person()?;
    let policy = ctx.app.policy::<Policy>();
    let kind = own_kind(policy);
    let mut reader = ctx.read().await?;
    let (keys, now) = (reader.keys.clone(), reader.now());
    let all = store::of_person(&mut reader, &keys, person).await?;
    let (open, ended): (Vec<_>, Vec<_>) = all.iter().partition(|t| t.state.is_open());
    let faults = match kind {
        Some(kind) if open.is_empty() => {
            actions::check(&mut reader, &keys, kind, person, None, None, now, policy).await?
        }
        _ => Vec::new(),
    };
    let branch = member_facts(&mut reader, &keys, person)
        .await?
        .map(|(_, subject)| subject.branch.full_name)
        .unwrap_or_default();
    let stays = people::memberships(&mut reader, person)
        .await?
        .into_iter()
        .map(|m| Stay {
            branch: m.branch_name,
            period: m.until.map_or_else(
                || format!("{} 至今，{}", m.since, m.how.label()),
                |until| format!("{} 至 {until}，{}", m.since, m.how.label()),
            ),
        })
        .collect();
    let view = ListView {
        shell: ctx.shell(&mut reader, "组织关系转接", PLACE).await?,
        branch,
        may_apply: kind.is_some(),
        faults: Faults(faults),
        open: open.first().map(|t| line(t, now)),
        ended: ended.into_iter().map(|t| line(t, now)).collect(),
        stays,
    };
    page(StatusCode::OK, &view)
}

/// The way members start a transfer under this profile.
pub(super) fn own_kind(policy: &Policy) -> Option<Kind> {
    [Kind::Member, Kind::Join]
        .into_iter()
        .find(|kind| policy.allows(*kind))
}

async fn own(ctx: &Ctx, reader: &mut db::Reader, id: Uuid) -> Result<Transfer> {
    let person = ctx.person()?;
    let keys = reader.keys.clone();
    Ok(store::find(reader, &keys, person, TransferId(id))
        .await?
        .ok_or(Error::NotFound)?)
}

#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    sent: String,
}

#[derive(Template)]
#[template(path = "member_progress.html")]
struct ProgressView {
    shell: Shell,
    t: Transfer,
    title: String,
    lead: String,
    sent: bool,
    flow: Vec<FlowStep>,
    contacts: Vec<Contact>,
    contact: String,
    reason: String,
    asks_me: bool,
    may_withdraw: bool,
    why_not: String,
}

impl ProgressView {
    fn again(&self) -> String {
        format!(
            "{PLACE}/new/form?reason={}&target={}",
            self.t.reason.code(),
            self.t.in_org
        )
    }
}

/// One transfer: where it stands, until when, what then, what the member can do.
pub async fn progress(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(query): Query<Sent>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let t = own(&ctx, &mut reader, id).await?;
    let view = progress_view(&ctx, &mut reader, t, query.sent == "1").await?;
    page(StatusCode::OK, &view)
}

async fn progress_view(
    ctx: &Ctx,
    reader: &mut db::Reader,
    t: Transfer,
    sent: bool,
) -> Result<ProgressView> {
    let policy = ctx.app.policy::<Policy>();
    let now = reader.now();
    let state = case::standing(reader, &t, ctx.app.policy()).await?;
    let (title, lead) = match t.state {
        State::AwaitingMember => (
            "等你确认转接".into(),
            format!(
                "{}你的支部为你发起了转接，确认后才会继续。",
                until_when(&t, now, policy)
            ),
        ),
        state_now if state_now.is_open() => {
            let verb = if t.step == Step::Allocate {
                "分配团支部"
            } else {
                "审核"
            };
            (
                format!("等{}{verb}", state.waiting_short),
                format!(
                    "{}你不用做什么，进度会发到消息里。",
                    until_when(&t, now, policy)
                ),
            )
        }
        State::Completed => (
            "转接已完成".into(),
            format!(
                "你现在是〔{}〕的团员，请主动联系新支部。",
                t.in_branch_name.as_deref().unwrap_or("")
            ),
        ),
        State::Returned => (
            "转接被退回".into(),
            "团籍没有变动。看清原因，改好后可以重新申请。".into(),
        ),
        State::Withdrawn => (
            "转接已撤销".into(),
            "团籍没有变动，仍在原支部，可以重新申请。".into(),
        ),
        _ => (format!("转接{}", t.state.label()), "团籍没有变动。".into()),
    };
    let asked = match t.starter {
        crate::rules::Starter::Member(_) => {
            withdrawal(t.kind, t.state, t.step, t.is_handover, now, policy)
                .map_err(|fault| fault.message)
        }
        crate::rules::Starter::Org(_) => Err(format!(
            "这笔转接由〔{}〕发起，要撤销请联系该组织",
            t.starter_name
        )),
    };
    Ok(ProgressView {
        shell: ctx.shell(reader, "转接进度", PLACE).await?,
        title,
        lead,
        sent,
        flow: state.flow,
        contacts: state.contacts,
        contact: masked(t.contact.as_ref()),
        reason: return_reason(&t),
        asks_me: t.state == State::AwaitingMember,
        may_withdraw: asked.is_ok(),
        why_not: if t.state.is_open() {
            asked.err().unwrap_or_default()
        } else {
            String::new()
        },
        t,
    })
}

#[derive(Template)]
#[template(path = "member_withdraw.html")]
struct WithdrawView {
    shell: Shell,
    t: Transfer,
    message: String,
}

/// Asks once more before withdrawing.
pub async fn ask_withdraw(ctx: Ctx, Path(id): Path<Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let t = own(&ctx, &mut reader, id).await?;
    let view = WithdrawView {
        shell: ctx.shell(&mut reader, "撤回转接申请", PLACE).await?,
        t,
        message: String::new(),
    };
    page(StatusCode::OK, &view)
}

#[derive(Deserialize)]
pub struct Nothing {}

/// Withdraws the own application (TRF-31).
pub async fn withdraw_own(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
    let person: PersonId = ctx.person()?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match actions::withdraw(
        &mut tx,
        person,
        TransferId(id),
        ctx.app.policy(),
        ctx.app.policy(),
    )
    .await
    {
        Ok(()) => {
            let to = format!("{PLACE}/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let mut reader = ctx.read().await?;
            let t = own(&ctx, &mut reader, id).await?;
            let view = WithdrawView {
                shell: ctx.shell(&mut reader, "撤回转接申请", PLACE).await?,
                t,
                message: refused.message,
            };
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    answer: String,
}

/// The member's own step: agrees to what the branch started, or not (TRF-46).
pub async fn confirm(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Answer>) -> Result<Response> {
    let person = ctx.person()?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    actions::answer(
        &mut tx,
        person,
        TransferId(id),
        form.input.answer == "yes",
        ctx.app.policy(),
    )
    .await?;
    let to = format!("{PLACE}/{id}");
    tx.commit_to(&to).await?;
    Ok(see_other(&to))
}
