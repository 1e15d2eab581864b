//! Filing what was decided offline about a membership, confirming it, and taking a wrong one back (ROS-85..88).

use crate::departures::{Departures, Gone};
use crate::rules::Fault;
use crate::rules::{
    FilingFacts, FilingInput, FilingOf, How, LifeEvent, MembershipState, Policy, check_filing,
};
use crate::store::{self, FilingRow};
use approvals::{Initiator, NewCase, Step, four_eyes};
use base::{Error, FileId, MembershipId, OrgId, PersonId, Result, business_date};
use chrono::Days;
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use uuid::Uuid;

/// Kind of the case.
pub(crate) const FILING: &str = "filing";

fn note(title: String, body: String, jump: &str) -> Note {
    Note {
        kind: "membership",
        title,
        body,
        jump: Some(jump.to_owned()),
        about: None,
    }
}

/// What the check of a filing needs to know.
pub(crate) async fn filing_facts(
    tx: &mut Tx,
    person: PersonId,
    branch: &Org,
    departures: &Departures,
) -> Result<(FilingFacts, MembershipId)> {
    let none =
        || Error::Conflict("该人员现在不是本支部的团员，可能刚刚转出或已离团，请刷新后核对".into());
    let open = store::lock_membership(tx, person).await?;
    let open = open.filter(|m| m.branch == branch.id).ok_or_else(none)?;
    let keys = tx.keys().clone();
    let profile = store::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let suspended = open.state == MembershipState::Suspended;
    let suspended_on = if suspended {
        store::suspended_on(tx, branch.id, person).await?
    } else {
        None
    };
    let held = departures.holds(tx, &[person]).await?;
    let facts = FilingFacts {
        name: profile.name,
        state: open.state,
        suspended_on,
        held: held
            .into_iter()
            .map(|(_, why)| why)
            .next()
            .unwrap_or_default(),
        today: business_date(tx.now()),
    };
    Ok((facts, open.id))
}

/// Files a decision. What the superior must confirm waits for it (`filing.superior_confirms`), all else is carried out and
/// the superior told. Whoever calls has asked for permission and kept the document.
pub(crate) async fn file(
    tx: &mut Tx,
    person: PersonId,
    branch: &Org,
    input: &FilingInput,
    document: FileId,
    policy: &Policy,
    departures: &Departures,
) -> Result<Result<Uuid, Vec<Fault>>> {
    let (facts, membership) = filing_facts(tx, person, branch, departures).await?;
    let new = match check_filing(input, &facts, policy) {
        Ok(new) => new,
        Err(faults) => return Ok(Err(faults)),
    };
    let who = (person, facts.name.as_str());
    let Some(id) = store::insert_filing(tx, branch, who, membership, &new, document).await? else {
        return Err(Error::Conflict(format!(
            "{}已有一份备案在等上级确认，不必再次提交",
            facts.name
        )));
    };
    tx.record(
        Event::new("filing.made", "person", person)
            .org(branch.id)
            .after(json!({ "kind": new.kind.code(), "decided_on": new.decided_on, "organ": new.organ, "filing": id })),
    );
    let confirmed = policy.filing_confirmed.iter().any(|k| k == new.kind.code());
    let superior = branch.parent.filter(|_| confirmed);
    let mut steps = Vec::new();
    if four_eyes::is_on(tx, branch.id, four_eyes::Act::Filing).await? {
        steps.push(four_eyes::second(branch));
    }
    if superior.is_none() && steps.is_empty() {
        let row = store::lock_filing(tx, branch.id, id)
            .await?
            .ok_or(Error::NotFound)?;
        carry_out(tx, &row, policy, departures).await?;
        tell_superior(tx, branch, &facts.name, new.kind, id).await?;
        return Ok(Ok(id));
    }
    let step = Step::new(
        "confirm",
        "上级确认",
        "团籍备案待确认",
        branch.id,
        &branch.full_name,
    )
    .above();
    steps.extend(superior.map(|_| step));
    let actor = tx.actor().clone();
    let case = NewCase {
        kind: FILING,
        subject: person,
        subject_name: facts.name.clone(),
        object: id,
        title: new.kind.label().to_owned(),
        summary: format!("〔{}〕{}", branch.full_name, new.kind.label()),
        initiator: Initiator {
            person: actor.person(),
            org: Some(branch.id),
            name: format!("{} {}", branch.short_name, actor.name),
        },
        steps,
        watchers: Vec::new(),
    };
    let case = approvals::actions::open(tx, case).await?;
    store::place_filing(tx, branch.id, id, case).await?;
    if let Some(superior) = superior.filter(|_| new.kind != FilingOf::Suspend) {
        let body = format!(
            "〔{}〕已为您提交{}备案，等上级〔{}〕确认。有异议请联系上级团组织。",
            branch.full_name,
            new.kind.label(),
            orgs::find(tx, superior)
                .await?
                .map_or_else(String::new, |o| o.full_name)
        );
        let told = note(
            format!("{}备案已提交", new.kind.label()),
            body,
            "/member/me",
        );
        messages::tell(tx, Receiver::Person(person), told).await?;
    }
    Ok(Ok(id))
}

/// The superior reads what was filed without its confirmation.
pub(crate) async fn tell_superior(
    tx: &mut Tx,
    branch: &Org,
    name: &str,
    kind: FilingOf,
    filing: Uuid,
) -> Result<()> {
    let Some(superior) = branch.parent else {
        return Ok(());
    };
    let body = format!("〔{}〕{name}：{}。", branch.full_name, kind.label());
    let place = format!("/console/filings/{}/{filing}", branch.id);
    let told = note(format!("已备案：{}", kind.label()), body, &place);
    messages::tell(tx, Receiver::Org(superior), told).await
}

/// Whether cadre records outlive a membership that ends so (ROS-46); nobody is a cadre after death.
pub(crate) fn keeps_offices(kind: FilingOf, policy: &Policy) -> bool {
    policy.cadre_records && kind != FilingOf::Decease
}

/// Does what was filed.
pub(crate) async fn carry_out(
    tx: &mut Tx,
    row: &FilingRow,
    policy: &Policy,
    departures: &Departures,
) -> Result<()> {
    let kind = FilingOf::from_code(&row.kind).ok_or(Error::NotFound)?;
    let (person, branch) = (PersonId(row.person), OrgId(row.branch));
    let state = kind.outcome();
    let keeps = keeps_offices(kind, policy);
    if kind.ends() {
        let gone = [Gone {
            person,
            branch,
            state,
            stays_cadre: keeps && !store::posts(tx, person).await?.is_empty(),
        }];
        departures.ended(tx, &gone).await?;
    }
    let open = store::lock_membership(tx, person).await?;
    if open.is_none_or(|m| m.id != MembershipId(row.membership)) {
        return Err(Error::Conflict(format!(
            "{}的团籍已有变动，请退回后重新核对",
            row.name
        )));
    }
    let org = orgs::find(tx, branch).await?.ok_or(Error::NotFound)?;
    if kind.ends() {
        if keeps {
            super::moving::end_alone(tx, person, state, &row.reason).await?;
        } else {
            // With the membership every office of the League ends, in other organisations too.
            for post in store::posts(tx, person).await? {
                if let Some(at) = orgs::find(tx, post.org).await? {
                    super::end_post(tx, &post, &at).await?;
                }
            }
            super::end_membership(tx, person, state, &row.reason).await?;
        }
    } else {
        restate(tx, row, &org, state).await?;
    }
    store::end_filing(tx, branch, row.id, "carried", None).await?;
    if kind != FilingOf::Suspend {
        let above = match org.parent {
            Some(parent) => orgs::find(tx, parent).await?.map(|o| o.full_name),
            None => None,
        };
        let appeal = above.map_or_else(String::new, |name| {
            format!("如有异议，可向〔{name}〕申诉。")
        });
        let body = format!(
            "〔{}〕{}，团籍现为“{}”。{appeal}",
            org.full_name,
            kind.label(),
            state.label()
        );
        let told = note(format!("已备案：{}", kind.label()), body, "/member/me");
        messages::tell(tx, Receiver::Person(person), told).await?;
    }
    tx.record(
        Event::new("filing.carried", "person", person)
            .org(branch)
            .after(json!({ "kind": kind.code(), "state": state.code(), "filing": row.id })),
    );
    Ok(())
}

async fn restate(tx: &mut Tx, row: &FilingRow, org: &Org, state: MembershipState) -> Result<()> {
    let person = PersonId(row.person);
    store::lock_counter(tx, org.id, org.path.as_str()).await?;
    store::restate_membership(tx, person, org.id, state).await?;
    store::recount(tx, org.id).await?;
    super::note(
        tx,
        LifeEvent {
            person,
            kind: "transfer",
            title: format!("团籍：{}", state.label()),
            detail: Some(row.reason.clone()),
            org: Some((org.id, org.full_name.clone())),
        },
    )
    .await
}

/// Takes a wrong filing back (ROS-87): the direct superior within so many days, later the province. Both acts stay.
pub(crate) async fn reverse(
    tx: &mut Tx,
    branch: &Org,
    id: Uuid,
    reason: &str,
    departures: &Departures,
) -> Result<()> {
    let row = store::lock_filing(tx, branch.id, id)
        .await?
        .ok_or(Error::NotFound)?;
    let kind = FilingOf::from_code(&row.kind).ok_or(Error::NotFound)?;
    if row.state != "carried" || kind == FilingOf::Revive {
        return Err(Error::Conflict(
            "这份备案现在不能更正，可能刚刚被办理，请刷新后核对".into(),
        ));
    }
    let reason = base::text::normalise(reason);
    if !(5..=200).contains(&reason.chars().count()) {
        return Err(Error::refused_at(
            "reversal",
            "filing.reversal",
            "请写明为什么更正，5–200字",
        ));
    }
    let person = PersonId(row.person);
    if kind.ends() {
        let keys = tx.keys().clone();
        let profile = store::find(tx, &keys, person)
            .await?
            .ok_or(Error::NotFound)?;
        if !super::moving::come_back(tx, &profile, branch, How::Restored).await? {
            return Err(Error::Conflict(format!(
                "{}已重新成为其他团支部的团员，不能更正",
                row.name
            )));
        }
        departures.restored(tx, person).await?;
        super::note(
            tx,
            LifeEvent {
                person,
                kind: "transfer",
                title: format!("更正{}备案，恢复团籍", kind.label()),
                detail: Some(reason.clone()),
                org: Some((branch.id, branch.full_name.clone())),
            },
        )
        .await?;
    } else {
        let open = store::lock_membership(tx, person).await?;
        if open.is_none_or(|m| m.state != MembershipState::Suspended || m.branch != branch.id) {
            return Err(Error::Conflict(format!(
                "{}的团籍已有变动，请刷新后核对",
                row.name
            )));
        }
        restate(tx, &row, branch, MembershipState::Normal).await?;
    }
    store::end_filing(tx, branch.id, id, "reversed", Some(&reason)).await?;
    let body = format!(
        "{}备案有误，已更正，您的团籍恢复正常。原因：{reason}",
        kind.label()
    );
    let told = note("团籍备案已更正".into(), body, "/member/me");
    messages::tell(tx, Receiver::Person(person), told).await?;
    let body = format!(
        "{}的{}备案已由上级更正。原因：{reason}",
        row.name,
        kind.label()
    );
    let place = format!("/console/filings/{}/{id}", branch.id);
    messages::tell(
        tx,
        Receiver::Org(branch.id),
        note("团籍备案已更正".into(), body, &place),
    )
    .await?;
    tx.record(
        Event::new("filing.reversed", "person", person)
            .org(branch.id)
            .before(json!({ "kind": kind.code() }))
            .after(json!({ "reason": reason, "filing": id })),
    );
    Ok(())
}

/// Whether the direct superior may still take it back.
pub(crate) fn within_days(row: &FilingRow, today: chrono::NaiveDate, policy: &Policy) -> bool {
    row.ended_at
        .is_some_and(|at| business_date(at) + Days::new(policy.filing_reverse_days.into()) >= today)
}
