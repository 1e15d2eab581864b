//! 合并助手 (ORG-B9): direct subordinates below three members, proposed targets, what would come of it, and doing it.

use super::faults::refusal;
use crate::Policy;
use crate::actions::removal as actions;
use crate::rules::health::days_since;
use crate::rules::merging::{self as rules, Candidate, Proposal};
use crate::store::{merging as store, removal};
use access::Permission;
use base::{Error, OrgId, PersonId, Refused, business_date};
use db::Reader;
use orgs::Org;
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;
use web::prelude::*;

const HERE: &str = "/console/merging";
const NAV: &str = "/console/health";
/// Targets shown of one branch.
const SHOWN: usize = 5;

/// Branches directly below, those below the least number of members and standing long enough marked.
async fn candidates(
    reader: &mut Reader,
    superior: OrgId,
    policy: &Policy,
) -> Result<Vec<(Candidate, Option<i64>)>> {
    let rows = store::branches(reader, superior).await?;
    let known: HashMap<OrgId, Org> = orgs::children(reader, superior)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let today = business_date(reader.now());
    Ok(rows
        .into_iter()
        .filter_map(|(id, members, founded)| {
            let org = known.get(&id)?.clone();
            let days = days_since(founded, today);
            let small = rules::fits(&org)
                && members < policy.min_members.into()
                && days >= policy.new_branch_days;
            Some((Candidate { org, members }, small.then_some(days)))
        })
        .collect())
}

struct Small {
    org: Org,
    members: i64,
    days: i64,
    best: Option<Proposal>,
}

#[derive(Template)]
#[template(path = "merging.html")]
struct ListView {
    shell: Shell,
    own: String,
    min: i32,
    /// Days a new branch is left alone.
    grace: i64,
    small: Vec<Small>,
    said: bool,
}

/// What the address says after a merge.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Said {
    done: String,
}

/// `GET /console/merging`
pub(super) async fn show(ctx: Ctx, Query(said): Query<Said>) -> Result<Response> {
    let own = ctx.org()?.clone();
    ctx.actor.require(Permission::RemoveSubordinates, &own)?;
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let all = candidates(&mut reader, own.id, policy).await?;
    let siblings: Vec<Candidate> = all.iter().map(|(c, _)| c.clone()).collect();
    let small = all
        .into_iter()
        .filter_map(|(source, days)| {
            let best = rules::proposals(&source, &siblings, policy.min_members.into(), 1).pop();
            Some(Small {
                days: days?,
                org: source.org,
                members: source.members,
                best,
            })
        })
        .collect();
    let view = ListView {
        own: ctx
            .actor
            .acting
            .as_ref()
            .map(|grant| grant.org_name.clone())
            .unwrap_or_default(),
        min: policy.min_members,
        grace: policy.new_branch_days,
        shell: ctx.shell(&mut reader, "合并助手", NAV).await?,
        said: said.done == "1",
        small,
    };
    page(StatusCode::OK, &view)
}

/// A proposal with what would come of it.
struct Simulated {
    proposal: Proposal,
    /// What would happen, in sentences.
    result: Vec<String>,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "merge.html")]
struct View {
    shell: Shell,
    source: Org,
    members: i64,
    /// Why it cannot be merged yet.
    blocked: Option<String>,
    proposals: Vec<Simulated>,
    confirm: String,
    fault: Option<Refused>,
}

impl View {
    fn fault_of(&self, p: &Simulated) -> &str {
        self.fault
            .as_ref()
            .filter(|fault| p.chosen && fault.field == Some("confirm"))
            .map_or("", |fault| fault.message.as_str())
    }
    /// A refusal that stands at no target.
    fn top(&self) -> Option<&Refused> {
        let at_target = self.proposals.iter().any(|p| p.chosen);
        self.fault
            .as_ref()
            .filter(|fault| !at_target || fault.field != Some("confirm"))
    }
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    target: String,
    confirm: String,
}

async fn view(ctx: &Ctx, id: OrgId, input: &Input, fault: Option<Refused>) -> Result<View> {
    // The same questions as the action asks, in a unit of work that changes nothing.
    let mut tx = ctx.begin().await?;
    let source = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let parent = actions::superior(&mut tx, &source).await?;
    drop(tx);
    if !rules::fits(&source) {
        return Err(Error::NotFound.into());
    }
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let all = candidates(&mut reader, parent.id, policy).await?;
    let siblings: Vec<Candidate> = all.into_iter().map(|(c, _)| c).collect();
    let own = siblings
        .iter()
        .find(|c| c.org.id == id)
        .cloned()
        .ok_or(Error::NotFound)?;
    let hanging = removal::hanging(&mut reader, id).await?;
    let open = hanging.transfers + hanging.waiting;
    let office = people::in_office(&mut reader, id).await?;
    let secretary = removal::secretary(&mut reader, id).await?;
    let admins = accounts::administrators(&mut reader, id).await?.len();
    let mut proposals = Vec::new();
    for proposal in rules::proposals(&own, &siblings, policy.min_members.into(), SHOWN) {
        let theirs = removal::secretary(&mut reader, proposal.org.id).await?;
        proposals.push(Simulated {
            result: result(&proposal, &own, &office, admins, secretary, theirs),
            chosen: proposal.org.id.to_string() == input.target,
            proposal,
        });
    }
    Ok(View {
        blocked: (open > 0).then(|| {
            format!(
                "还有{}笔在办转接、{}件待办审核，请先办结再合并。",
                hanging.transfers, hanging.waiting
            )
        }),
        members: own.members,
        shell: ctx.shell(&mut reader, "合并方案", NAV).await?,
        confirm: input.confirm.clone(),
        source,
        proposals,
        fault,
    })
}

/// What a merge would do, as it will be done (ORG-76).
fn result(
    proposal: &Proposal,
    source: &Candidate,
    office: &[(PersonId, String)],
    admins: usize,
    secretary: Option<PersonId>,
    theirs: Option<PersonId>,
) -> Vec<String> {
    let target = &proposal.org.short_name;
    let mut lines = vec![format!(
        "团员{}名转入，〔{target}〕由{}名变为{}名",
        source.members, proposal.members, proposal.after
    )];
    if !office.is_empty() {
        let names: Vec<&str> = office.iter().map(|(_, name)| name.as_str()).collect();
        lines.push(format!(
            "〔{}〕的职务结束：{}",
            source.org.short_name,
            names.join("、")
        ));
    }
    if admins > 0 {
        lines.push(format!("{admins}名管理员的权限结束"));
    }
    lines.push(match (secretary, theirs) {
        (Some(a), Some(b)) if a == b => "两个支部的书记是同一人，继续任书记".into(),
        (Some(_), Some(_)) => "两边都有书记，合并后以对方书记为准".into(),
        (None, Some(_)) => "书记不变".into(),
        (Some(_), None) => format!("〔{target}〕还没有书记，合并后请任命"),
        (None, None) => "两边都没有书记，合并后请任命".into(),
    });
    lines.push(format!("〔{}〕记为已合并，不能撤销", source.org.short_name));
    lines
}

/// `GET /console/merging/{id}`
pub(super) async fn plan(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(input): Query<Input>,
) -> Result<Response> {
    let view = view(&ctx, OrgId(id), &input, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/merging/{id}`: ORG-76 carried out from the proposal.
pub(super) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let source = orgs::find(&mut tx, OrgId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let target: OrgId = input.target.parse().map_err(|_| Error::NotFound)?;
    match actions::merge(&mut tx, &source, target, &input.confirm).await {
        Ok(_) => {
            let place = format!("{HERE}?done=1");
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, OrgId(id), &input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
