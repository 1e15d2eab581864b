//! Starting a transfer (TRF-01..04): the same check before the form and at its submission.

use super::facts::{Parties, member_facts, target_facts};
use crate::policy::Policy;
use crate::rules::{
    Fault, Kind, Request, Starter, Step, about_member, about_request, about_target, deadline,
    is_handover, may_start, plan,
};
use crate::store::{self, Transfer};
use crate::tell;
use access::Permission;
use base::{Error, OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use db::{Event, Keyring, Tx};
use messages::Receiver;
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// How.
    pub kind: Kind,
    /// Who moves.
    pub person: PersonId,
    /// Where to.
    pub target: OrgId,
    /// The form.
    pub request: Request,
}

/// Every condition that does not hold (TRF-10): with the member alone, and with what is typed so far.
#[expect(
    clippy::too_many_arguments,
    reason = "one question asked from the form, the inbox and the start"
)]
pub async fn check(
    conn: &mut PgConnection,
    keys: &Keyring,
    kind: Kind,
    person: PersonId,
    target: Option<OrgId>,
    request: Option<&Request>,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Result<Vec<Fault>> {
    let Some((profile, subject)) = member_facts(conn, keys, person).await? else {
        return Ok(vec![Fault::new(
            "transfer.status",
            "没有有效团籍，不能转接；如有疑问请联系原团支部核对",
        )]);
    };
    let mut faults = about_member(&subject, kind.by_member(), now, policy);
    let Some(request) = request else {
        return Ok(faults);
    };
    // The record's phone serves where no other is typed.
    let request = Request {
        contact: request.contact.clone().or(profile.phone),
        ..request.clone()
    };
    let request = &request;
    faults.extend(about_request(request, kind, &subject, now, policy));
    match target {
        None => faults.push(Fault::at(
            "target",
            "transfer.target",
            "请选择转入组织：按路径、全称或组织ID都能找到",
        )),
        Some(id) => match orgs::find(conn, id).await? {
            Some(org) => {
                let target = target_facts(conn, org).await?;
                faults.extend(about_target(&target, request, kind, &subject, now, policy));
            }
            None => faults.push(Fault::at(
                "target",
                "transfer.target",
                "没有找到所选组织，请重新选择",
            )),
        },
    }
    Ok(faults)
}

/// Who starts it, and whether they may.
fn starter(
    tx: &Tx,
    kind: Kind,
    person: PersonId,
    out_branch: &Org,
    policy: &Policy,
) -> Result<(Starter, String)> {
    let actor = tx.actor();
    if kind.by_member() {
        if !policy.allows(kind) {
            return Err(Error::refused(
                "transfer.kind",
                "本系统的团员不自行申请转接，请联系所在团支部办理",
            ));
        }
        return match actor.person() {
            Some(own) if own == person => Ok((Starter::Member(person), actor.name.clone())),
            _ => Err(Error::NotFound),
        };
    }
    let grant = actor.acting.as_ref().ok_or(Error::NotFound)?;
    may_start(kind, grant.org.category, policy)?;
    actor.require(Permission::StartTransfers, &grant.org)?;
    if kind == Kind::BranchOut && !grant.org.path.contains(&out_branch.path) {
        return Err(Error::refused_at(
            "person",
            "transfer.not_below",
            "该团支部不在您的下级组织中",
        ));
    }
    Ok((Starter::Org(grant.org.id), grant.org_name.clone()))
}

/// Starts a transfer: the person is locked, everything is checked again, the chain opened, both sides told.
pub async fn start(tx: &mut Tx, start: Start, policy: &Policy) -> Result<Transfer> {
    let keys = tx.keys().clone();
    let now = tx.now();
    people::lock_membership(tx, start.person).await?;
    let (profile, subject) = member_facts(tx, &keys, start.person)
        .await?
        .ok_or(Error::NotFound)?;
    let (starter, starter_name) = starter(tx, start.kind, start.person, &subject.branch, policy)?;
    let target = if start.kind == Kind::PullIn {
        tx.actor().org().map(|own| own.id).ok_or(Error::NotFound)?
    } else {
        start.target
    };
    let faults = check(
        tx,
        &keys,
        start.kind,
        start.person,
        Some(target),
        Some(&start.request),
        now,
        policy,
    )
    .await?;
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault.into());
    }
    let reason = start.request.reason.ok_or(Error::NotFound)?;
    let parties = Parties::find(tx, subject.branch.id, target).await?;
    let steps = plan(start.kind, parties.as_rules(), policy);
    let first = steps
        .iter()
        .find(|step| !step.skipped)
        .map_or(Step::In, |step| step.step);
    let handover = is_handover(&parties.out_branch, now, policy.handover.apply_from);
    let mut transfer = Transfer {
        person: start.person,
        id: tx.new_id(),
        number: store::next_number(tx).await?,
        kind: start.kind,
        reason,
        name: profile.name.clone(),
        starter,
        starter_name,
        case: None,
        out_branch: parties.out_branch.id,
        out_name: parties.out_branch.full_name.clone(),
        out_superior: parties.out_superior.as_ref().map(|up| up.id),
        in_org: parties.in_org.id,
        in_name: parties.in_org.full_name.clone(),
        in_branch: None,
        in_branch_name: None,
        dest_name: start.request.dest_name,
        dest_address: start.request.dest_address,
        dest_region: start.request.dest_region,
        place: start.request.place,
        informed_on: start.request.informed_on,
        study_work: start.request.study_work,
        contact: start.request.contact.or(profile.phone),
        remark: start.request.remark,
        is_handover: handover,
        state: first.state(),
        step: first,
        step_since: now,
        due: deadline(
            first,
            &policy.step(first),
            now,
            handover,
            now,
            &policy.handover,
        ),
        returned_by: None,
        return_code: None,
        return_text: None,
        flagged: false,
        how: None,
        started_at: now,
        ended_at: None,
        version: 1,
    };
    if !store::insert(tx, &transfer).await? {
        // Somebody was faster by a moment: the row that won is visible now.
        let standing = store::open_of(tx, &keys, start.person).await?;
        let number = standing.map_or_else(String::new, |t| {
            format!("（{}，{}）", t.number, t.step.todo())
        });
        return Err(Error::refused(
            "transfer.already_open",
            format!("已有进行中的转接{number}，请先撤销"),
        ));
    }
    transfer.case = Some(crate::case::open(tx, &transfer, &steps, &parties, policy).await?);
    store::save(tx, &transfer).await?;
    place(tx, &transfer, &parties).await?;
    let waiting = steps
        .iter()
        .find(|step| !step.skipped)
        .and_then(|step| step.org.as_ref())
        .map_or("您确认", |org| org.1.as_str());
    tell::tell(
        tx,
        Receiver::Person(transfer.person),
        &transfer,
        "转接申请已提交",
        format!(
            "转接申请已提交，等待{waiting}{}",
            if first == Step::Member { "" } else { "审核" }
        ),
    )
    .await?;
    tx.record(
        Event::new("transfer.started", "transfer", transfer.id)
            .org(transfer.out_branch)
            .after(json!({ "number": transfer.number, "person": transfer.person, "kind": transfer.kind.code(), "reason": reason.code(),
                           "out": transfer.out_name, "in": transfer.in_name, "handover": handover })),
    );
    Ok(transfer)
}

/// Writes the rows both sides' lists read, in the order of their ids (DATA.md rule 20).
pub(super) async fn place(tx: &mut Tx, transfer: &Transfer, parties: &Parties) -> Result<()> {
    let mut sides = [
        (&parties.out_branch, None),
        (&parties.in_org, Some(&parties.out_branch.path)),
    ];
    sides.sort_by_key(|(org, _)| org.id);
    for (org, shown_with) in sides {
        store::place(tx, transfer, org.id, &org.path, shown_with).await?;
    }
    Ok(())
}
