//! The verbs. Lock the case, see what is still there, ask who may, settle the step, go on or end; all in one transaction.

mod chain;
mod tell;

use crate::kinds::{CaseKind, Due, Kinds};
use crate::rules::{
    self, AtDeadline, Case, CaseKey, CaseState, Desk, HowDone, NewCase, Past, ReturnInput, Seat,
    Standing, StepView, Superior,
};
use crate::store;
use access::{Actor, Role, Who};
use base::{CaseId, Error, OrgId, Result, text};
use chrono::{DateTime, Utc};
use db::{Event, Tx};
use serde_json::json;
use sqlx::PgConnection;

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
    let above = superior_of(conn, own.as_ref()).await?;
    Ok(Desk { own, above })
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

async fn locked_open(tx: &mut Tx, key: CaseKey) -> Result<Case> {
    let case = store::lock_case(tx, key).await?.ok_or(Error::NotFound)?;
    if !case.is_open() {
        return Err(Error::Conflict(format!(
            "这件申请{}，不需要再办理。",
            case.state.label()
        )));
    }
    Ok(case)
}

/// Taken back by who started it; whether it still may be is the capability's rule (TRF-31).
pub async fn withdraw(tx: &mut Tx, kinds: &Kinds, key: CaseKey, comment: &str) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    let actor = tx.actor().clone();
    let person = actor.person();
    let own =
        person.is_some() && (person == case.initiator.person || person == Some(case.key.subject));
    let for_org = actor.acting.as_ref().is_some_and(|grant| {
        Some(grant.org.id) == case.initiator.org
            && matches!(grant.role, Role::Administrator | Role::Operator)
    });
    if !own && !for_org && !matches!(actor.who, Who::System(_)) {
        return Err(if sight(tx, &case, &actor).await?.is_some() {
            Error::forbidden(format!(
                "只有发起人可以撤销，此件由{}发起。",
                case.initiator.name
            ))
        } else {
            Error::NotFound
        });
    }
    let comment = said(comment)?;
    finish(tx, kinds, &mut case, CaseState::Withdrawn, "", &comment).await
}

/// Ended by a fact that makes it pointless (已终止): the caller knows and has checked it.
pub async fn close(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    code: &str,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    finish(tx, kinds, &mut case, CaseState::Closed, code, words).await
}

/// Sent back by the system for a reason of its own, e.g. 「转入组织已撤销」 (TRF-30).
pub async fn return_by_system(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    code: &str,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    let kind = kinds.get(&case.kind)?;
    let past = Past {
        how: HowDone::AutoReturn,
        code: code.to_owned(),
        comment: words.to_owned(),
        ..chain::past(&case, &Actor::system("approvals"), tx.now())
    };
    chain::settle(tx, &*kind, &mut case, past, false).await
}

async fn finish(
    tx: &mut Tx,
    kinds: &Kinds,
    case: &mut Case,
    state: CaseState,
    code: &str,
    words: &str,
) -> Result<()> {
    let kind = kinds.get(&case.kind)?;
    let actor = tx.actor().clone();
    let past = Past {
        how: HowDone::Superseded,
        code: code.to_owned(),
        comment: words.to_owned(),
        ..chain::past(case, &actor, tx.now())
    };
    chain::stop(tx, &*kind, case, past, state).await
}

/// Gives the present step another deadline, shown in the timeline (TRF-40); `None` takes it away (TRF-36).
pub async fn reclock(
    tx: &mut Tx,
    key: CaseKey,
    deadline: Option<(DateTime<Utc>, AtDeadline)>,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    chain::reclock(tx, &mut case, deadline, words).await
}

/// Lets the direct superior decide a step that the organisation's administrator must not, being concerned (ACC-73).
pub async fn hand_up(tx: &mut Tx, key: CaseKey, step_no: i32) -> Result<()> {
    let mut case = store::lock_case(tx, key).await?.ok_or(Error::NotFound)?;
    let (actor, now) = (tx.actor().clone(), tx.now());
    if sight(tx, &case, &actor).await?.is_none() {
        return Err(Error::NotFound);
    }
    let history = store::history(tx, key).await?;
    rules::still_there(&case, step_no, &history, now)?;
    let desk = desk(tx, &case).await?;
    let acts_here = actor.acting.as_ref().is_some_and(|grant| {
        matches!(grant.role, Role::Administrator | Role::Operator)
            && desk.own.as_ref().is_some_and(|own| own.id == grant.org.id)
    });
    let Some(above) = desk.above.as_ref().filter(|_| acts_here) else {
        return Err(Error::forbidden(
            "只有本步骤所在组织的管理员可以转由直接上级办理，最高组织请由其他管理员办理。",
        ));
    };
    if case.step().superior == Superior::Also {
        return Err(Error::refused(
            "approval.superior_may",
            format!("直接上级〔{}〕已经可以办理，不需要再转。", above.short_name),
        ));
    }
    let at = usize::try_from(case.step_no - 1).unwrap_or(0);
    case.steps[at].superior = Superior::Also;
    chain::note(tx, &mut case, HowDone::HandedUp, "").await?;
    case.desks = chain::desks(&case, &desk);
    store::save_case(tx, &case).await?;
    store::insert_row(tx, above.id, &case, "superior", now).await?;
    tell::arrived(
        tx,
        &case,
        &Desk {
            own: None,
            above: desk.above.clone(),
        },
    )
    .await?;
    Ok(())
}

/// Steps that follow an organisation's direct superior go to the present one after `org` was moved (TRF-30).
pub async fn follow(tx: &mut Tx, org: OrgId, former_superior: OrgId) -> Result<u32> {
    let mut keys = store::open_cases_of(tx, org).await?;
    keys.extend(store::open_cases_of(tx, former_superior).await?);
    keys.sort_unstable_by_key(|key| (key.subject, key.case));
    keys.dedup();
    let mut moved = 0;
    for key in keys {
        let Some(mut case) = store::lock_case(tx, key).await? else {
            continue;
        };
        if !case.is_open() || case.step().org != org {
            continue;
        }
        let desk = desk(tx, &case).await?;
        let present = chain::desks(&case, &desk);
        let before = std::mem::replace(&mut case.desks, present);
        if before == case.desks {
            continue;
        }
        store::save_case(tx, &case).await?;
        for gone in before.into_iter().filter(|org| !case.desks.contains(org)) {
            store::drop_row(tx, gone, &case).await?;
        }
        chain::rows(tx, &case, &desk).await?;
        tx.record(event("approval.moved", &case));
        moved += 1;
    }
    Ok(moved)
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
