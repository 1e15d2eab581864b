//! Own changes of a profile: what takes effect at once, and what waits for the branch (ROS-26, ROS-27, FLD-21).

use super::edit::{edit, with_identity};
use crate::rules::{self, Circumstances, Fault, MemberInput, Person, Policy};
use crate::store;
use approvals::{CaseKey, Initiator, Kinds, NewCase, Step};
use base::{Error, Refused, Result};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;
use std::collections::BTreeMap;

/// Kind of the case.
pub(crate) const PROFILE: &str = "profile";

/// What became of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// Labels of what holds now.
    pub applied: Vec<&'static str>,
    /// Whether something waits for the branch.
    pub waiting: bool,
}

fn as_faults(error: Error) -> Vec<Fault> {
    match error {
        Error::Refused(Refused {
            code,
            message,
            field,
        }) => vec![Fault {
            field: field.unwrap_or("form"),
            code,
            message,
        }],
        other => vec![Fault::new("form", "conflict", other.to_string())],
    }
}

/// Changes the own profile: fields the profile of the deployment puts under review wait, all others hold at once. A new
/// change takes the place of one that waits.
pub(crate) async fn submit_own(
    tx: &mut Tx,
    old: &Person,
    typed: &MemberInput,
    policy: &Policy,
    around: &Circumstances,
    branch: &Org,
    kinds: &Kinds,
) -> Result<Submitted, Vec<Fault>> {
    let present = MemberInput::of(old);
    let (mut now, mut later) = (typed.clone(), BTreeMap::new());
    for name in &policy.review_fields {
        let (Some(field), Some(was)) = (now.field_mut(name), present.field(name)) else {
            continue;
        };
        let wanted = rules::field_code(name, field);
        if wanted != was {
            later.insert(name.clone(), wanted);
            *field = was;
        }
    }
    if !later.is_empty() {
        // What will wait must be right as well.
        rules::check(&with_identity(typed, old), policy, around)?;
    }
    let mut done = Submitted {
        waiting: !later.is_empty(),
        ..Submitted::default()
    };
    match edit(tx, old, &now, policy, around).await {
        Ok(labels) => done.applied = labels,
        Err(faults) if done.waiting && faults.iter().all(|f| f.code == "profile.unchanged") => {}
        Err(faults) => return Err(faults),
    }
    if done.waiting {
        ask(tx, old, later, branch, kinds)
            .await
            .map_err(as_faults)?;
    }
    Ok(done)
}

async fn ask(
    tx: &mut Tx,
    person: &Person,
    fields: BTreeMap<String, String>,
    branch: &Org,
    kinds: &Kinds,
) -> Result<()> {
    withdraw_own(tx, person, kinds).await?;
    let Some(id) = store::insert_change(tx, person.id, branch.id, &fields).await? else {
        return Err(Error::Conflict(
            "您刚刚提交过另一份修改，请刷新后核对".into(),
        ));
    };
    let labels: Vec<&str> = fields.keys().map(|f| rules::field_label(f)).collect();
    let step = Step::new(
        "branch",
        "团支部审核",
        "资料修改待审核",
        branch.id,
        &branch.full_name,
    );
    let case = NewCase {
        kind: PROFILE,
        subject: person.id,
        subject_name: person.name.clone(),
        object: id,
        title: "资料修改".into(),
        summary: format!("修改{}", labels.join("、")),
        initiator: Initiator {
            person: Some(person.id),
            org: None,
            name: person.name.clone(),
        },
        steps: vec![step],
        watchers: Vec::new(),
    };
    let case = approvals::actions::open(tx, case).await?;
    store::place_change(tx, person.id, id, case).await?;
    tx.record(
        Event::new("profile.submitted", "person", person.id)
            .org(branch.id)
            .after(json!({ "fields": labels })),
    );
    Ok(())
}

/// Takes back what waits, if anything does.
pub(crate) async fn withdraw_own(tx: &mut Tx, person: &Person, kinds: &Kinds) -> Result<bool> {
    let Some(open) = store::waiting_change(tx, person.id).await? else {
        return Ok(false);
    };
    let Some(case) = open.case else {
        return Ok(false);
    };
    let key = CaseKey {
        subject: person.id,
        case,
    };
    approvals::withdraw(tx, kinds, key, "").await?;
    Ok(true)
}
