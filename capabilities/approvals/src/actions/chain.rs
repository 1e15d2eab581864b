//! Going along the chain: sitting down at a step, settling it, ending.

use super::{CaseKind, Due, desk, event, tell};
use crate::rules::{
    self, AtDeadline, Case, CaseState, Desk, HowDone, Outcome, Past, Seat, Superior,
};
use crate::store;
use access::Actor;
use base::{OrgId, Result, format_moment};
use chrono::{DateTime, Utc};
use db::Tx;
use serde_json::json;

/// Sets the clock and the responsible of the present step, as of `arrived`.
pub(super) async fn sit(tx: &mut Tx, case: &mut Case, arrived: DateTime<Utc>) -> Result<Desk> {
    let desk = desk(tx, case).await?;
    let step = case.step().clone();
    case.arrived_at = arrived;
    case.deadline_at = step.deadline.map(|deadline| deadline.at(arrived));
    case.deadline_outcome = step
        .deadline
        .map_or(AtDeadline::Nothing, |deadline| deadline.outcome);
    case.alarm_at = rules::next_alarm(
        &step,
        arrived,
        case.deadline_at,
        case.deadline_outcome,
        arrived,
    );
    case.desks = desks(case, &desk);
    Ok(desk)
}

/// Organisations that hold a row for the present step.
pub(super) fn desks(case: &Case, desk: &Desk) -> Vec<OrgId> {
    let above = desk
        .above
        .as_ref()
        .filter(|_| case.step().superior != Superior::Never);
    desk.own.iter().chain(above).map(|org| org.id).collect()
}

/// Writes those rows.
pub(super) async fn rows(tx: &mut Tx, case: &Case, desk: &Desk) -> Result<()> {
    let from = match case.step().superior {
        Superior::FromDay(days) => rules::day_after(case.arrived_at, days),
        _ => case.arrived_at,
    };
    let mut rows: Vec<(OrgId, &str, DateTime<Utc>)> = Vec::new();
    if let Some(own) = &desk.own {
        rows.push((own.id, "decide", case.arrived_at));
    }
    if let Some(above) = desk
        .above
        .as_ref()
        .filter(|above| case.desks.contains(&above.id))
    {
        rows.push((above.id, "superior", from));
    }
    rows.sort_unstable();
    for (org, part, arrived) in rows {
        store::insert_row(tx, org, case, part, arrived).await?;
    }
    Ok(())
}

/// A line of history at the present step by this actor.
pub(super) fn past(case: &Case, actor: &Actor, now: DateTime<Utc>) -> Past {
    let acting = actor.acting.as_ref();
    Past {
        seq: case.version,
        step_no: case.step_no,
        arrived_at: case.arrived_at,
        deadline_at: case.deadline_at,
        decided_at: now,
        by: actor.person(),
        by_name: actor.name.clone(),
        // An operator's name carries the position label (FLD-11), a deputy's in whose place (ACC-B5).
        by_role: acting
            .filter(|grant| !matches!(grant.role, access::Role::Operator | access::Role::Deputy))
            .map_or("", |grant| grant.role.label())
            .to_owned(),
        org: acting.map(|grant| grant.org.id),
        org_name: acting.map_or_else(String::new, |grant| grant.org_name.clone()),
        how: HowDone::Superseded,
        code: String::new(),
        comment: String::new(),
        answer: None,
    }
}

/// Writes the line and makes room for the next.
async fn write(tx: &mut Tx, case: &mut Case, past: &Past) -> Result<()> {
    store::insert_past(tx, case.key, past).await?;
    case.version += 1;
    Ok(())
}

/// Settles the present step; the case goes on to the next or ends.
pub(super) async fn settle(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &mut Case,
    past: Past,
    insisted: bool,
) -> Result<()> {
    write(tx, case, &past).await?;
    let step = case.step().clone();
    kind.settled(tx, case, &step, &past).await?;
    let action = match past.how {
        HowDone::Pass => "approval.passed",
        HowDone::Return => "approval.returned",
        HowDone::AutoPass => "approval.auto_passed",
        _ => "approval.auto_returned",
    };
    tx.record(
        event(action, case).after(json!({ "step": step.code, "code": past.code, "by": past.by })),
    );
    let by = if past.by.is_some() {
        past.by_name.as_str()
    } else {
        ""
    };
    store::close_rows(tx, case, past.how.code(), by, past.decided_at).await?;
    let sent_back = matches!(past.how, HowDone::Return | HowDone::AutoReturn);
    if sent_back || usize::try_from(case.step_no).unwrap_or(0) >= case.steps.len() {
        let state = if sent_back {
            CaseState::Returned
        } else {
            CaseState::Passed
        };
        return end(tx, kind, case, &past, state, insisted).await;
    }
    if past.by.is_none() {
        tell::automatic(tx, kind, case, &past).await?;
    }
    case.step_no += 1;
    enter(tx, kind, case, past).await
}

/// Comes to the present step, passing over those that are settled already.
async fn enter(tx: &mut Tx, kind: &dyn CaseKind, case: &mut Case, last: Past) -> Result<()> {
    let mut last = last;
    loop {
        let desk = sit(tx, case, last.decided_at).await?;
        let why = skip(tx, case, &desk).await?;
        let Some(why) = why else {
            store::save_case(tx, case).await?;
            kind.reached(tx, case).await?;
            // The hook may have changed the clock (TRF-40), nothing else.
            let case_now = store::find_case(tx, case.key).await?;
            if let Some(fresh) = case_now {
                *case = fresh;
            }
            rows(tx, case, &desk).await?;
            return tell::arrived(tx, case, &desk).await;
        };
        let skipped = Past {
            how: HowDone::Skipped,
            comment: why,
            ..past(case, &Actor::system("approvals"), last.decided_at)
        };
        write(tx, case, &skipped).await?;
        if usize::try_from(case.step_no).unwrap_or(0) >= case.steps.len() {
            return end(tx, kind, case, &last, CaseState::Passed, false).await;
        }
        case.step_no += 1;
        last = skipped;
    }
}

/// Why the present step needs no decision, if so: nobody stands above (root), or the same organisation passed before.
async fn skip(tx: &mut Tx, case: &Case, desk: &Desk) -> Result<Option<String>> {
    let step = case.step();
    if step.seat == Seat::Above && desk.own.is_none() {
        return Ok(Some("没有直接上级，无需审核".to_owned()));
    }
    let Some(own) = desk.own.as_ref().filter(|_| step.settled_by_earlier) else {
        return Ok(None);
    };
    let history = store::history(tx, case.key).await?;
    let before = history
        .iter()
        .find(|past| past.how == HowDone::Pass && past.org == Some(own.id));
    Ok(before.map(|past| {
        format!(
            "〔{}〕已于{}同意",
            past.org_name,
            format_moment(past.decided_at, tx.now())
        )
    }))
}

/// Withdrawn or closed at the present step.
pub(super) async fn stop(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &mut Case,
    past: Past,
    state: CaseState,
) -> Result<()> {
    write(tx, case, &past).await?;
    let action = if state == CaseState::Withdrawn {
        "approval.withdrawn"
    } else {
        "approval.closed"
    };
    tx.record(event(action, case).after(json!({ "code": past.code })));
    store::close_rows(tx, case, past.how.code(), "", past.decided_at).await?;
    end(tx, kind, case, &past, state, false).await
}

async fn end(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &mut Case,
    past: &Past,
    state: CaseState,
    insisted: bool,
) -> Result<()> {
    case.state = state;
    case.finished_at = Some(past.decided_at);
    case.alarm_at = None;
    case.desks.clear();
    store::save_case(tx, case).await?;
    let outcome = Outcome {
        state,
        at: past.decided_at,
        automatic: past.by.is_none(),
        code: past.code.clone(),
        comment: past.comment.clone(),
        insisted,
        answer: past.answer.clone(),
        org: past.org,
    };
    kind.ended(tx, case, &outcome).await?;
    store::end_rows(tx, case, past.decided_at).await?;
    tell::ended(tx, kind, case, past).await
}

/// What the deadline does.
pub(super) async fn at_deadline(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &mut Case,
    due: Due,
    end: DateTime<Utc>,
) -> Result<()> {
    let by_system = past(case, &Actor::system("approvals"), end);
    match due {
        Due::Pass(answer) => {
            settle(
                tx,
                kind,
                case,
                Past {
                    how: HowDone::AutoPass,
                    answer,
                    ..by_system
                },
                false,
            )
            .await
        }
        Due::Return { code, text } => {
            settle(
                tx,
                kind,
                case,
                Past {
                    how: HowDone::AutoReturn,
                    code,
                    comment: text,
                    ..by_system
                },
                false,
            )
            .await
        }
        Due::Close { code, text } => {
            stop(
                tx,
                kind,
                case,
                Past {
                    code,
                    comment: text,
                    ..by_system
                },
                CaseState::Closed,
            )
            .await
        }
        Due::Later(moment) => {
            let outcome = case.deadline_outcome;
            reclock(tx, case, Some((moment, outcome)), "").await
        }
        Due::Stay => reclock(tx, case, None, "").await,
    }
}

/// Another deadline for the present step, with its line in the history and on all desks.
pub(super) async fn reclock(
    tx: &mut Tx,
    case: &mut Case,
    deadline: Option<(DateTime<Utc>, AtDeadline)>,
    words: &str,
) -> Result<()> {
    let now = tx.now();
    let before = case.deadline_at;
    note(tx, case, HowDone::Reclocked, words).await?;
    case.deadline_at = deadline.map(|(at, _)| at);
    case.deadline_outcome = deadline.map_or(AtDeadline::Nothing, |(_, outcome)| outcome);
    case.alarm_at = rules::next_alarm(
        case.step(),
        case.arrived_at,
        case.deadline_at,
        case.deadline_outcome,
        now,
    );
    tx.record(
        event("approval.reclocked", case)
            .before(json!(before))
            .after(json!(case.deadline_at)),
    );
    store::save_case(tx, case).await?;
    let desk = desk(tx, case).await?;
    rows(tx, case, &desk).await
}

/// A line beside the chain.
pub(super) async fn note(tx: &mut Tx, case: &mut Case, how: HowDone, words: &str) -> Result<()> {
    let actor = tx.actor().clone();
    let line = Past {
        how,
        comment: words.to_owned(),
        ..past(case, &actor, tx.now())
    };
    if how == HowDone::HandedUp {
        tx.record(event("approval.handed_up", case));
    }
    write(tx, case, &line).await
}
