//! Changes as cases: opening, ending, telling.

use crate::store::change::{self as store, Change};
use approvals::{Initiator, NewCase, Step};
use base::{CaseId, Error, PersonId, Result};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::{Value, json};

/// Code of the kind of case.
pub(crate) const CODE: &str = "org_change";

/// A line of the preview: what, before, after.
pub(crate) type Line = (String, String, String);

/// What is asked for.
pub(crate) struct New {
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) detail: Value,
    pub(crate) lines: Vec<Line>,
    pub(crate) reason: String,
}

/// The change as it is kept, by the actor.
pub(crate) fn made(tx: &Tx, org: &Org, new: New, state: &str) -> Change {
    let actor = tx.actor();
    let mut detail = new.detail;
    detail["lines"] = json!(new.lines);
    let acting = actor.acting.as_ref();
    Change {
        org: org.id,
        id: tx.new_id(),
        kind: new.kind.to_owned(),
        case: None,
        title: new.title,
        detail,
        reason: new.reason,
        applicant: actor.person(),
        applicant_name: actor.name.clone(),
        applicant_org: acting.map(|grant| grant.org.id),
        applicant_org_name: acting
            .map(|grant| grant.org_name.clone())
            .unwrap_or_default(),
        state: state.to_owned(),
        created_at: tx.now(),
        ended_at: (state == "effective").then(|| tx.now()),
    }
}

/// Keeps a change that took effect at once.
pub(crate) async fn note(tx: &mut Tx, org: &Org, new: New) -> Result<()> {
    let change = made(tx, org, new, "effective");
    store::insert(tx, &change).await
}

/// Keeps a change and puts it before those who decide.
pub(crate) async fn apply(tx: &mut Tx, org: &Org, new: New, steps: Vec<Step>) -> Result<Change> {
    let mut change = made(tx, org, new, "pending");
    store::insert(tx, &change).await?;
    let case = approvals::open(
        tx,
        NewCase {
            kind: CODE,
            subject: PersonId(org.id.0),
            subject_name: org.short_name.clone(),
            object: change.id,
            title: change.title.clone(),
            summary: org.full_name.clone(),
            initiator: Initiator {
                person: change.applicant,
                org: change.applicant_org,
                name: format!("{} {}", change.applicant_org_name, change.applicant_name),
            },
            steps,
            watchers: Vec::new(),
        },
    )
    .await?;
    store::set_case(tx, org.id, change.id, case).await?;
    change.case = Some(case);
    tx.record(
        Event::new("org.change_applied", "org", org.id)
            .org(org.id)
            .after(json!({ "kind": change.kind, "title": change.title, "detail": change.detail })),
    );
    Ok(change)
}

/// What came of it, told to the organisation and to who applied.
pub(crate) async fn tell(tx: &mut Tx, change: &Change, title: &str, body: String) -> Result<()> {
    let mut boxes = vec![change.org];
    boxes.extend(change.applicant_org.filter(|org| *org != change.org));
    for org in boxes {
        messages::tell(
            tx,
            Receiver::Org(org),
            Note {
                kind: "org",
                title: title.to_owned(),
                body: body.clone(),
                jump: Some("/console/changes".into()),
                about: Some(change.id),
            },
        )
        .await?;
    }
    Ok(())
}

/// The case's key of a change.
pub(crate) fn key(change: &Change) -> Result<approvals::CaseKey> {
    let case: CaseId = change.case.ok_or(Error::NotFound)?;
    Ok(approvals::CaseKey {
        subject: PersonId(change.org.0),
        case,
    })
}
