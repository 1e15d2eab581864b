//! The approval behind a transfer: its chain for the engine, and what each decision does to the transfer.

mod effects;
mod kind;
mod panel;

pub use kind::TransferKind;

use crate::actions::{Parties, superior};
use crate::pages::view::{Contact, FlowStep, ending};
use crate::policy::Policy;
use crate::rules::{Kind, Outcome, Planned, Starter, Step, deadline, plan};
use crate::store::Transfer;
use access::Actor;
use approvals::{AtDeadline, CaseKey, Deadline, Initiator, Kinds, NewCase, Superior};
use base::{CaseId, OrgId, Result, format_moment};
use db::{Reader, Tx};
use orgs::BranchKind;
use sqlx::PgConnection;

/// Code of the kind.
pub(crate) const CODE: &str = "transfer";

/// Code of the in step of a 学社衔接临时团支部, which has a ground of return of its own (TRF-28).
const TEMPORARY: &str = "in_temporary";

/// Where the approval of a transfer lies; batches have none.
pub(crate) fn key(transfer: &Transfer) -> Option<CaseKey> {
    transfer.case.map(|case| CaseKey {
        subject: transfer.person,
        case,
    })
}

pub(crate) fn at_deadline(outcome: Outcome) -> AtDeadline {
    match outcome {
        Outcome::Pass => AtDeadline::Pass,
        Outcome::Return => AtDeadline::Return,
        Outcome::Nothing => AtDeadline::Nothing,
    }
}

/// A planned step as the engine declares it. Steps of the direct superior name the branch, so that they follow whoever
/// stands above it by then (TRF-30). Graduates' reviews get their clock as they arrive, by the phase.
fn declare(
    planned: &Planned,
    transfer: &Transfer,
    parties: &Parties,
    policy: &Policy,
) -> approvals::Step {
    let (of, above) = match planned.step {
        Step::Member | Step::Out => (&parties.out_branch, false),
        Step::OutSuperior => (&parties.out_branch, true),
        Step::In | Step::Allocate => (&parties.in_org, false),
        Step::InSuperior => (&parties.in_org, true),
    };
    let rule = &planned.rule;
    let by_phase = transfer.is_handover && policy.handover.phases && planned.step.is_review();
    let clock = if by_phase {
        // Only the first step has arrived already.
        deadline(
            planned.step,
            rule,
            transfer.started_at,
            true,
            transfer.started_at,
            &policy.handover,
        )
        .filter(|_| planned.step == transfer.step)
        .map(|due| Deadline::until(due.at, at_deadline(due.outcome)))
    } else {
        let outcome = at_deadline(rule.outcome);
        rule.days
            .map(|days| Deadline::days(days, outcome))
            .or_else(|| rule.hours.map(|hours| Deadline::hours(hours, outcome)))
    };
    let superior = match (planned.superior.is_some(), rule.superior_from) {
        (true, Some(day)) => Superior::FromDay(day),
        (true, None) => Superior::Also,
        (false, _) => Superior::Never,
    };
    let code = if planned.step == Step::In && of.kind == BranchKind::HandoverTemporary {
        TEMPORARY
    } else {
        planned.step.code()
    };
    let mut step = approvals::Step::new(
        code,
        planned.step.label(),
        planned.step.todo_of(transfer.kind),
        of.id,
        &of.full_name,
    )
    .superior(superior)
    .deadline(clock)
    .remind_on(&rule.remind_days);
    if above {
        step = step.above();
    }
    match planned.step {
        Step::Member => step.by_subject(),
        Step::Allocate => step.choose(),
        Step::InSuperior => step.settled_by_earlier(),
        _ => step,
    }
}

/// The chain a transfer's approval is opened with.
pub fn chain_of(transfer: &Transfer, parties: &Parties, policy: &Policy) -> Vec<approvals::Step> {
    plan(transfer.kind, parties.as_rules(), policy)
        .iter()
        .map(|step| declare(step, transfer, parties, policy))
        .collect()
}

/// Opens the approval of a transfer just put down.
pub(crate) async fn open(
    tx: &mut Tx,
    transfer: &Transfer,
    steps: &[Planned],
    parties: &Parties,
    policy: &Policy,
) -> Result<CaseId> {
    // An organisation's transfer is the organisation's: the administrator who started it may allocate it too.
    let initiator = match transfer.starter {
        Starter::Member(person) => Initiator {
            person: Some(person),
            org: None,
            name: transfer.starter_name.clone(),
        },
        Starter::Org(org) => Initiator {
            person: None,
            org: Some(org),
            name: format!("{} {}", transfer.starter_name, tx.actor().name),
        },
    };
    let mut watchers = vec![transfer.out_branch, transfer.in_org];
    watchers.sort();
    watchers.dedup();
    let case = NewCase {
        kind: CODE,
        subject: transfer.person,
        subject_name: transfer.name.clone(),
        object: transfer.id.0,
        title: transfer.reason.label().to_owned(),
        summary: format!("{} → {}", transfer.out_name, transfer.in_name),
        initiator,
        steps: steps
            .iter()
            .map(|step| declare(step, transfer, parties, policy))
            .collect(),
        watchers,
    };
    approvals::open(tx, case).await
}

/// Where a transfer stands, for its pages.
pub(crate) struct Standing {
    /// Who has to act, short: `信息学院团委`.
    pub waiting_short: String,
    /// The whole way (TRF-120).
    pub flow: Vec<FlowStep>,
    /// Whom to ring up on both sides (TRF-21).
    pub contacts: Vec<Contact>,
}

pub(crate) async fn standing(
    reader: &mut Reader,
    transfer: &Transfer,
    kinds: &Kinds,
) -> Result<Standing> {
    let now = reader.now();
    let parties = Parties::find(reader, transfer.out_branch, transfer.in_org).await?;
    let mut contacts = vec![Contact::of("转出方", &parties.out_branch)];
    contacts.extend(
        parties
            .out_superior
            .iter()
            .map(|org| Contact::of("转出方上级", org)),
    );
    contacts.push(Contact::of("转入方", &parties.in_org));
    if parties.in_org.is_branch() {
        contacts.extend(
            parties
                .in_superior
                .iter()
                .map(|org| Contact::of("转入方上级", org)),
        );
    }
    let case = match key(transfer) {
        Some(key) => approvals::find_case(reader, key).await?,
        None => None,
    };
    let (flow, waiting_short) = match case {
        Some(case) => {
            let mut flow: Vec<FlowStep> = approvals::timeline(reader, kinds, &case, now)
                .await?
                .into_iter()
                .map(FlowStep::from)
                .collect();
            flow.extend(ending(transfer, now));
            let own = approvals::desk(reader, &case).await?.own;
            (
                flow,
                own.map_or_else(|| transfer.name.clone(), |org| org.short_name),
            )
        }
        None => {
            let started = FlowStep {
                class: "is-done",
                title: "发起".into(),
                sub: format!(
                    "{}，{}",
                    transfer.starter_name,
                    format_moment(transfer.started_at, now)
                ),
            };
            (
                std::iter::once(started)
                    .chain(ending(transfer, now))
                    .collect(),
                transfer.in_name.clone(),
            )
        }
    };
    Ok(Standing {
        waiting_short,
        flow,
        contacts,
    })
}

/// What will happen after submission, one line a step, for the form.
pub(crate) async fn outlook(
    conn: &mut PgConnection,
    kind: Kind,
    out_branch: OrgId,
    in_org: OrgId,
    policy: &Policy,
) -> Result<Vec<String>> {
    let parties = Parties::find(conn, out_branch, in_org).await?;
    let steps = plan(kind, parties.as_rules(), policy);
    Ok(steps
        .iter()
        .filter(|step| !step.skipped)
        .map(|step| {
            let who = step.org.as_ref().map_or("团员本人", |org| org.1.as_str());
            let or = step
                .superior
                .as_ref()
                .filter(|_| step.rule.superior)
                .map_or(String::new(), |up| format!("或其上级〔{}〕", up.1));
            let length = match (step.rule.days, step.rule.hours) {
                (Some(days), _) => format!("，{days}天内"),
                (None, Some(hours)) => format!("，{hours}小时内"),
                (None, None) => String::new(),
            };
            let then = match (step.step, step.rule.outcome) {
                (Step::Allocate, Outcome::Pass) => "，到时没分配先编入待接转团支部",
                (_, Outcome::Pass) => "，到时没办自动通过",
                (_, Outcome::Return) => "，到时没办自动取消",
                (_, Outcome::Nothing) => "",
            };
            format!("{}：〔{who}〕{or}{length}{then}", step.step.label())
        })
        .collect())
}

/// What waits for an organisation's decision, by type of to-do (TRF-26), those without any included.
pub(crate) async fn waiting(
    reader: &mut Reader,
    org: OrgId,
    policy: &Policy,
) -> Result<Vec<(&'static str, i64)>> {
    let now = reader.now();
    let counts = approvals::counts(reader, org, now).await?;
    let of = |todo: &'static str| {
        let all = counts
            .iter()
            .filter(|row| row.todo == todo)
            .map(|row| row.all)
            .sum();
        (todo, all)
    };
    let mut todos = [Step::Out, Step::In, Step::Allocate]
        .map(Step::todo)
        .to_vec();
    if policy.allows(Kind::Join) {
        todos.insert(2, Step::In.todo_of(Kind::Join));
    }
    Ok(todos.into_iter().map(of).collect())
}

/// The page on which this reader decides the present step, if it is the reader's turn.
pub(crate) async fn inbox_link(
    reader: &mut Reader,
    actor: &Actor,
    transfer: &Transfer,
) -> Result<Option<String>> {
    let (Some(key), Some(own)) = (key(transfer), actor.org()) else {
        return Ok(None);
    };
    let Some(case) = approvals::find_case(reader, key).await? else {
        return Ok(None);
    };
    let acts = actor
        .acting
        .as_ref()
        .is_some_and(|grant| grant.acts(access::Permission::DecideTransfers));
    let turn = case.is_open() && acts && case.desks.contains(&own.id);
    Ok(turn.then(|| format!("/console/cases/{}/{}", key.subject, key.case)))
}

/// The superior of an organisation as it stands.
pub(crate) async fn above(conn: &mut PgConnection, org: OrgId) -> Result<Option<orgs::Org>> {
    match orgs::find(conn, org).await? {
        Some(org) => superior(conn, &org).await,
        None => Ok(None),
    }
}
