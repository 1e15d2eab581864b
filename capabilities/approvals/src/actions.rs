//! The verbs. Lock the case, see what is still there, ask who may, settle the step, go on or end; all in one transaction.

mod aside;
mod chain;
mod tell;

use crate::kinds::{CaseKind, Due, Kinds};
use crate::rules::{
    self, AtDeadline, Case, CaseKey, CaseState, Desk, HowDone, NewCase, ReturnInput, Seat,
    Standing, StepView,
};
use crate::store;
use access::{Actor, Role, Who};
use base::{CaseId, Error, OrgId, Result, text};
use chrono::{DateTime, Utc};
use db::{Event, Tx};
use serde_json::json;
use sqlx::PgConnection;

pub use aside::{close, follow, hand_on, hand_up, reclock, return_by_system, started_by, withdraw};
pub(crate) use tell::remind;

/// What is decided.
#[derive(Clone, Debug)]
pub enum Decision {
    /// 同意, with an optional comment and the choice of a step that asks for one.
    Pass {
        /// At most 200 characters.
        comment: String,
        /// Value of the chosen option.
        answer: Option<String>,
    },
    /// 退回.
    Return(ReturnInput),
}

/// What a decision did.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Where the case stands now.
    pub state: CaseState,
    /// Name of the step it waits at now.
    pub next: Option<String>,
}

/// The organisations of the present step as they stand now (TRF-30).
pub async fn desk(conn: &mut PgConnection, case: &Case) -> Result<Desk> {
    let step = case.step();
    if step.seat == Seat::Subject {
        return Ok(Desk {
            own: None,
            above: None,
        });
    }
    let mut own = orgs::find(conn, step.org).await?;
    if step.seat == Seat::Above {
        own = superior_of(conn, own.as_ref()).await?;
    }
    let above = match (step.across, &own) {
        (Some(other), Some(own)) => common(conn, own, other).await?,
        _ => superior_of(conn, own.as_ref()).await?,
    };
    Ok(Desk { own, above })
}

/// The lowest superior of two organisations as they stand now; none where one of them is it.
async fn common(
    conn: &mut PgConnection,
    own: &orgs::Org,
    other: OrgId,
) -> Result<Option<orgs::Org>> {
    let Some(other) = orgs::find(conn, other).await? else {
        return superior_of(conn, Some(own)).await;
    };
    let common = orgs::lowest_common(conn, &own.path, &other.path).await?;
    Ok(common.filter(|common| common.id != own.id))
}

async fn superior_of(
    conn: &mut PgConnection,
    org: Option<&orgs::Org>,
) -> Result<Option<orgs::Org>> {
    match org.and_then(|org| org.parent) {
        Some(parent) => orgs::find(conn, parent).await,
        None => Ok(None),
    }
}

/// Whether the actor may see the case at all, and whether its side already had or has its turn (TRF-122).
pub(crate) async fn sight(
    conn: &mut PgConnection,
    case: &Case,
    actor: &Actor,
) -> Result<Option<bool>> {
    let person = actor.person();
    if matches!(actor.who, Who::System(_))
        || (person.is_some()
            && (person == Some(case.key.subject) || person == case.initiator.person))
    {
        return Ok(Some(true));
    }
    let Some(acting) = &actor.acting else {
        return Ok(None);
    };
    if acting.role == Role::Auditor {
        return Ok(Some(false));
    }
    let reached = usize::try_from(case.step_no).unwrap_or(0);
    let early: Vec<OrgId> = case
        .steps
        .iter()
        .take(reached)
        .map(|step| step.org)
        .chain(case.initiator.org)
        .collect();
    let all: Vec<OrgId> = case
        .steps
        .iter()
        .map(|step| step.org)
        .chain(case.watchers.iter().copied())
        .chain(case.initiator.org)
        .collect();
    let mut seen = None;
    for org in orgs::find_many(conn, &all).await? {
        if actor.relation(&org.to_ref()) != access::Relation::None {
            let full = early.contains(&org.id);
            seen = Some(seen.unwrap_or(false) || full);
        }
    }
    Ok(seen)
}

/// Opens a case at its first step. The opener has checked and recorded what it is about; the engine records the rest.
pub async fn open(tx: &mut Tx, new: NewCase) -> Result<CaseId> {
    if new.steps.is_empty() {
        return Err(Error::Internal(anyhow::anyhow!(
            "a case without steps: {}",
            new.kind
        )));
    }
    let now = tx.now();
    let key = CaseKey {
        subject: new.subject,
        case: tx.new_id(),
    };
    let mut watchers = new.watchers;
    watchers.extend(new.initiator.org);
    watchers.sort_unstable();
    watchers.dedup();
    let mut case = Case {
        key,
        kind: new.kind.to_owned(),
        object: new.object,
        title: text::normalise(&new.title),
        subject_name: new.subject_name,
        summary: new.summary,
        initiator: new.initiator,
        asked_by: None,
        state: CaseState::Open,
        step_no: 1,
        steps: new.steps,
        arrived_at: now,
        deadline_at: None,
        deadline_outcome: AtDeadline::Nothing,
        alarm_at: None,
        desks: Vec::new(),
        watchers,
        created_at: now,
        finished_at: None,
        version: 1,
    };
    let desk = chain::sit(tx, &mut case, now).await?;
    store::insert_case(tx, &case).await?;
    chain::rows(tx, &case, &desk).await?;
    for org in case.watchers.clone() {
        let part = if case.initiator.org == Some(org) {
            "sent"
        } else {
            "watch"
        };
        store::insert_row(tx, org, &case, part, now).await?;
    }
    tx.record(
        event("approval.opened", &case)
            .after(json!({ "kind": case.kind, "object": case.object, "steps": case.steps.len() })),
    );
    tell::arrived(tx, &case, &desk).await?;
    Ok(key.case)
}

pub(crate) fn event(action: &'static str, case: &Case) -> Event {
    let event = Event::new(action, "approval_case", case.key.case.0);
    match case.desks.first() {
        Some(org) => event.org(*org),
        None => event,
    }
}

/// Passes the present step; `step_no` is the step the reader saw, so that a late decision is told so (GEN-09).
pub async fn pass(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    step_no: i32,
    comment: &str,
    answer: Option<&str>,
) -> Result<Decided> {
    let decision = Decision::Pass {
        comment: comment.to_owned(),
        answer: answer.map(str::to_owned),
    };
    decide(tx, kinds, key, step_no, decision).await
}

/// Sends the case back at the present step (TRF-28).
pub async fn return_(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    step_no: i32,
    input: ReturnInput,
) -> Result<Decided> {
    decide(tx, kinds, key, step_no, Decision::Return(input)).await
}

/// Passes or sends back.
pub async fn decide(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    step_no: i32,
    decision: Decision,
) -> Result<Decided> {
    let mut case = store::lock_case(tx, key).await?.ok_or(Error::NotFound)?;
    let kind = kinds.get(&case.kind)?;
    let (actor, now) = (tx.actor().clone(), tx.now());
    if sight(tx, &case, &actor).await?.is_none() {
        return Err(Error::NotFound);
    }
    let history = store::history(tx, key).await?;
    rules::still_there(&case, step_no, &history, now)?;
    let desk = desk(tx, &case).await?;
    let standing = rules::who_may(&case, &desk, kind.permission(), &actor, now)?;
    let mut past = chain::past(&case, &actor, now);
    let mut insisted = false;
    match decision {
        Decision::Pass { comment, answer } => {
            past.comment = said(&comment)?;
            let answer = answer.filter(|answer| !answer.is_empty());
            if case.step().choose && answer.is_none() {
                return Err(Error::refused_at(
                    "answer",
                    "approval.no_choice",
                    "请先选择，再提交",
                ));
            }
            kind.check_pass(tx, &case, answer.as_deref()).await?;
            past.answer = answer.filter(|_| case.step().choose);
            past.how = HowDone::Pass;
        }
        Decision::Return(input) => {
            if !case.step().may_return {
                return Err(Error::refused(
                    "approval.no_return",
                    "这一步只能办理，不能退回",
                ));
            }
            rules::check_return(&kind.return_codes(&case), &input)?;
            kind.check_return(&case, &input)?;
            past.code = input.code;
            past.comment = said(&input.text)?;
            past.how = HowDone::Return;
            insisted = input.insist;
        }
    }
    if standing == Standing::Superior {
        past.by_role = format!("{}（直接上级代审）", past.by_role);
    }
    chain::settle(tx, &*kind, &mut case, past, insisted).await?;
    Ok(Decided {
        state: case.state,
        next: case.is_open().then(|| case.step().name.clone()),
    })
}

/// A comment as it is kept.
fn said(typed: &str) -> Result<String> {
    let value = text::normalise(typed);
    if text::has_control(&value) {
        return Err(Error::refused_at(
            "text",
            "text.control",
            "说明含有不可见的控制字符，请重新输入",
        ));
    }
    if value.chars().count() > 200 {
        return Err(Error::refused_at(
            "text",
            "text.long",
            "说明最多200个字，请精简",
        ));
    }
    Ok(value)
}

/// The deadline or a reminder has come: called by the job with a case it holds the lock of.
pub(crate) async fn alarm(tx: &mut Tx, kinds: &Kinds, key: CaseKey) -> Result<bool> {
    let Some(mut case) = store::lock_case(tx, key).await? else {
        return Ok(false);
    };
    let now = tx.now();
    if case.alarm_at.is_none_or(|at| at > now) {
        return Ok(false); // another worker was faster
    }
    let kind = kinds.get(&case.kind)?;
    match case
        .deadline_at
        .filter(|end| *end <= now && case.deadline_outcome != AtDeadline::Nothing)
    {
        Some(end) => {
            let due = kind.due(tx, &case).await?;
            chain::at_deadline(tx, &*kind, &mut case, due, end).await?;
        }
        None => {
            remind(tx, &case, now).await?;
            case.alarm_at = rules::next_alarm(
                case.step(),
                case.arrived_at,
                case.deadline_at,
                case.deadline_outcome,
                now,
            );
            store::save_case(tx, &case).await?;
            tx.record(event("approval.reminded", &case));
        }
    }
    Ok(true)
}

/// The whole way of a case, for the flow widgets (TRF-120).
pub async fn timeline(
    conn: &mut PgConnection,
    kinds: &Kinds,
    case: &Case,
    now: DateTime<Utc>,
) -> Result<Vec<StepView>> {
    let kind = kinds.get(&case.kind)?;
    let past = store::history(conn, case.key).await?;
    let desk = desk(conn, case).await?;
    Ok(rules::timeline_of(
        case,
        &past,
        &desk,
        |code| kind.reason_label(case, code),
        now,
    ))
}
