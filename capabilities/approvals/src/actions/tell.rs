//! Messages that go with a case (TRF-123, COM-03). They stand in the same transaction; sending them outside is other
//! work, so a failed channel never blocks a step.

use super::{CaseKind, desk};
use crate::rules::{self, Case, CaseKey, CaseState, Desk, HowDone, Past, Superior};
use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use messages::{Note, Receiver, tell};

pub(crate) fn place(key: CaseKey) -> String {
    format!("/console/cases/{}/{}", key.subject, key.case)
}

fn title(text: &str) -> String {
    text.chars().take(60).collect()
}

fn to_org(case: &Case, heading: &str, body: String) -> Note {
    Note {
        kind: "approval",
        title: title(heading),
        body,
        jump: Some(place(case.key)),
        about: Some(case.object),
    }
}

async fn each(tx: &mut Tx, orgs: impl IntoIterator<Item = OrgId>, note: &Note) -> Result<()> {
    let mut orgs: Vec<OrgId> = orgs.into_iter().collect();
    orgs.sort_unstable();
    orgs.dedup();
    for org in orgs {
        tell(tx, Receiver::Org(org), note.clone()).await?;
    }
    Ok(())
}

/// A step has come to somebody (COM-03).
pub(super) async fn arrived(tx: &mut Tx, case: &Case, desk: &Desk) -> Result<()> {
    let now = tx.now();
    let step = case.step();
    let above = desk
        .above
        .as_ref()
        .filter(|_| step.superior == Superior::Also);
    let body = format!(
        "{}：{}。{}",
        case.subject_name,
        case.summary,
        rules::explain(case, desk, now).join("")
    );
    let note = to_org(case, &format!("{}：{}", step.todo, case.subject_name), body);
    each(tx, desk.own.iter().chain(above).map(|org| org.id), &note).await
}

/// Not decided in time, the system did: both sides and the person are told (TRF-33).
pub(super) async fn automatic(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &Case,
    past: &Past,
) -> Result<()> {
    if kind.tells() {
        return Ok(());
    }
    let words = overdue_words(case, past);
    let heading = format!("{}：{}", case.step().name, past.how.label());
    let note = to_org(
        case,
        &heading,
        format!("{}：{}。{words}", case.subject_name, case.summary),
    );
    each(tx, case.desks.iter().chain(&case.watchers).copied(), &note).await?;
    persons(
        tx,
        kind,
        case,
        &heading,
        &format!("{}：{}。{words}", kind.label(), case.summary),
    )
    .await
}

/// `超过15天未审核，系统自动通过`.
fn overdue_words(case: &Case, past: &Past) -> String {
    let length = case
        .step()
        .deadline
        .map(|deadline| deadline.length_words())
        .unwrap_or_default();
    match (past.how, length.is_empty()) {
        (HowDone::AutoPass | HowDone::AutoReturn, false)
            if past.comment.is_empty() || past.code == "overdue" =>
        {
            format!("超过{length}未审核，{}。", past.how.label())
        }
        (HowDone::AutoPass | HowDone::AutoReturn, _) if !past.comment.is_empty() => {
            format!("{}，{}。", past.comment, past.how.label())
        }
        _ => format!("{}。", past.how.label()),
    }
}

/// The case is over: who started it, the person, and whoever watches.
pub(super) async fn ended(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &Case,
    past: &Past,
) -> Result<()> {
    if kind.tells() {
        return Ok(());
    }
    let now = tx.now();
    let heading = format!("{}{}", kind.label(), case.state.label());
    let how = match past.how {
        HowDone::AutoPass | HowDone::AutoReturn => overdue_words(case, past),
        _ => rules::settled(case, past, now),
    };
    let mut reason = kind.reason_label(case, &past.code);
    if !past.comment.is_empty()
        && case.state != CaseState::Passed
        && past.how != HowDone::AutoReturn
    {
        let mark = if reason.is_empty() { "" } else { "，" };
        reason = format!("{reason}{mark}{}", past.comment);
    }
    let reason = if reason.is_empty() || case.state == CaseState::Passed {
        String::new()
    } else {
        format!("原因：{reason}。")
    };
    let body = format!("{}：{}。{how}{reason}", case.subject_name, case.summary);
    let note = to_org(
        case,
        &format!("{heading}：{}", case.subject_name),
        body.clone(),
    );
    // Those who could have decided an automatic outcome are told as well (TRF-33).
    let missed = if past.by.is_none() {
        Some(case.step().org)
    } else {
        None
    };
    each(tx, case.watchers.iter().copied().chain(missed), &note).await?;
    persons(tx, kind, case, &heading, &body).await
}

async fn persons(
    tx: &mut Tx,
    kind: &dyn CaseKind,
    case: &Case,
    heading: &str,
    body: &str,
) -> Result<()> {
    let mut people = vec![case.key.subject];
    // An organisation's initiator reads it in the organisation's box.
    people.extend(
        case.initiator
            .person
            .filter(|_| case.initiator.org.is_none()),
    );
    people.sort_unstable();
    people.dedup();
    for person in people {
        let note = Note {
            kind: "approval",
            title: title(heading),
            body: body.to_owned(),
            jump: kind.subject_link(case),
            about: Some(case.object),
        };
        tell(tx, Receiver::Person(person), note).await?;
    }
    Ok(())
}

/// A reminder: to the organisation, from the second on to its direct superior as well (TRF-35).
pub(crate) async fn remind(tx: &mut Tx, case: &Case, now: DateTime<Utc>) -> Result<()> {
    let desk = desk(tx, case).await?;
    let passed = rules::reminders(case.step(), case.arrived_at, case.deadline_at)
        .into_iter()
        .filter(|at| *at <= now)
        .count();
    let words = match case.deadline_at {
        Some(end) => rules::left(end, now),
        None => format!("已等{}天", (now - case.arrived_at).num_days()),
    };
    let body = format!(
        "{}：{}。{}",
        case.subject_name,
        case.summary,
        rules::explain(case, &desk, now).join("")
    );
    let heading = format!(
        "催办（{words}）：{} {}",
        case.step().todo,
        case.subject_name
    );
    let note = to_org(case, &heading, body.clone());
    let above = desk.above.as_ref().filter(|_| passed > 1);
    if desk.own.is_none() {
        let person = Note {
            kind: "approval",
            title: title(&heading),
            body,
            jump: None,
            about: Some(case.object),
        };
        return tell(tx, Receiver::Person(case.key.subject), person).await;
    }
    each(tx, desk.own.iter().chain(above).map(|org| org.id), &note).await
}
