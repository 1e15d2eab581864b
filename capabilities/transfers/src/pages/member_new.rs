//! Applying for a transfer on the member port: why, where to, fill in and submit. Each step has its own address; what the
//! first steps chose stands in it, so going back loses nothing and nothing needs scripts.

use super::member::own_kind;
use super::picker::{Picker, Purpose, Search, value};
use super::typed::Typed;
use super::view::Faults;
use crate::actions::{self, Start, member_facts};
use crate::case;
use crate::policy::Policy;
use crate::rules::{Kind, Place, Reason};
use base::{Error, OrgId};
use orgs::Org;
use serde::Deserialize;
use web::prelude::*;

const PLACE: &str = "/member/transfers";

fn kind_of(policy: &Policy) -> Result<Kind> {
    own_kind(policy).ok_or_else(|| {
        Error::forbidden("本系统的团员不自行申请转接，请联系所在团支部为你办理。").into()
    })
}

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    target: String,
    #[serde(flatten)]
    search: Search,
}

#[derive(Template)]
#[template(path = "member_reason.html")]
struct ReasonView {
    shell: Shell,
    branch: String,
    faults: Faults,
    chosen: Option<Reason>,
}

impl ReasonView {
    fn reasons(&self) -> Vec<Reason> {
        Reason::offered().collect()
    }
}

/// Step 1: why.
pub async fn choose_reason(ctx: Ctx, Query(query): Query<Chosen>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let kind = kind_of(policy)?;
    let person = ctx.person()?;
    let mut reader = ctx.read().await?;
    let (keys, now) = (reader.keys.clone(), reader.now());
    let faults = actions::check(&mut reader, &keys, kind, person, None, None, now, policy).await?;
    let branch = member_facts(&mut reader, &keys, person)
        .await?
        .map(|(_, subject)| subject.branch.full_name)
        .unwrap_or_default();
    let view = ReasonView {
        shell: ctx.shell(&mut reader, "申请关系转接", PLACE).await?,
        branch,
        faults: Faults(faults),
        chosen: Reason::from_code(&query.reason),
    };
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "member_target.html")]
struct TargetView {
    shell: Shell,
    reason: Reason,
    picker: Picker,
}

/// Step 2: where to, by path, by full name or by 组织ID.
pub async fn choose_target(ctx: Ctx, Query(query): Query<Chosen>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let kind = kind_of(policy)?;
    let person = ctx.person()?;
    let Some(reason) = Reason::from_code(&query.reason) else {
        return Ok(see_other("/member/transfers/new"));
    };
    let mut reader = ctx.read().await?;
    let here = format!("{PLACE}/new/target?reason={}&", value(reason.code()));
    let next = format!("{PLACE}/new/form?reason={}&", value(reason.code()));
    let purpose = Purpose {
        kind,
        person,
        reason,
        here: &here,
        next: &next,
    };
    let picker = Picker::find(&mut reader, &query.search, purpose, policy).await?;
    let view = TargetView {
        shell: ctx.shell(&mut reader, "选择转入组织", PLACE).await?,
        reason,
        picker,
    };
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "member_form.html")]
struct FormView {
    shell: Shell,
    typed: Typed,
    reason: Reason,
    target: Org,
    branch: String,
    steps: Vec<String>,
    faults: Faults,
    phone: String,
    study_work: bool,
}

impl FormView {
    fn places(&self) -> [Place; 4] {
        Place::ALL
    }
}

/// Step 3: what the reason demands, what comes next, submit.
pub async fn fill_in(ctx: Ctx, Query(query): Query<Chosen>) -> Result<Response> {
    let typed = Typed {
        reason: query.reason,
        target: query.target,
        ..Typed::default()
    };
    match form_view(&ctx, typed, Vec::new()).await? {
        Some(view) => page(StatusCode::OK, &view),
        None => Ok(see_other("/member/transfers/new")),
    }
}

/// The form with whatever is wrong; `None` where reason or target is missing, to start over.
async fn form_view(
    ctx: &Ctx,
    typed: Typed,
    faults: Vec<crate::rules::Fault>,
) -> Result<Option<FormView>> {
    let policy = ctx.app.policy::<Policy>();
    let kind = kind_of(policy)?;
    let person = ctx.person()?;
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let (Some(reason), Ok(target)) = (typed.chosen(), typed.target.parse::<OrgId>()) else {
        return Ok(None);
    };
    let Some(target) = orgs::find(&mut reader, target).await? else {
        return Ok(None);
    };
    let Some((profile, subject)) = member_facts(&mut reader, &keys, person).await? else {
        return Err(Error::NotFound.into());
    };
    let steps = case::outlook(&mut reader, kind, subject.branch.id, target.id, policy).await?;
    Ok(Some(FormView {
        shell: ctx.shell(&mut reader, "申请关系转接", PLACE).await?,
        typed,
        reason,
        target,
        branch: subject.branch.full_name,
        steps,
        faults: Faults(faults),
        phone: profile
            .phone
            .map(|phone| phone.masked())
            .unwrap_or_default(),
        study_work: policy.study_work_required,
    }))
}

/// Submits; every fault comes back at once with the form as it was typed (TRF-10).
pub async fn apply(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let kind = kind_of(policy)?;
    let person = ctx.person()?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let (request, mut faults) = form.input.read(ctx.app.reserved());
    let target = form.input.target.parse::<OrgId>().ok();
    let (keys, now) = (tx.keys().clone(), tx.now());
    if faults.is_empty() {
        faults = actions::check(
            &mut tx,
            &keys,
            kind,
            person,
            target,
            Some(&request),
            now,
            policy,
        )
        .await?;
    }
    if let (true, Some(target)) = (faults.is_empty(), target) {
        let done = actions::start(
            &mut tx,
            Start {
                kind,
                person,
                target,
                request,
            },
            policy,
        )
        .await;
        match done {
            Ok(transfer) => {
                let to = format!("{PLACE}/{}?sent=1", transfer.id);
                tx.commit_to(&to).await?;
                return Ok(see_other(&to));
            }
            Err(Error::Refused(refused)) => faults.push(refused.into()),
            Err(other) => return Err(other.into()),
        }
    }
    drop(tx);
    match form_view(&ctx, form.input, faults).await? {
        Some(view) => page(StatusCode::UNPROCESSABLE_ENTITY, &view),
        None => Ok(see_other("/member/transfers/new")),
    }
}
