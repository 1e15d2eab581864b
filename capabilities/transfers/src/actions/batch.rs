//! 批量转接 (TRF-42): at once, whole or not at all, without approval.

use super::complete::{Ending, complete};
use super::facts::{member_facts, target_facts};
use crate::policy::Policy;
use crate::rules::{
    Fault, Kind, Reason, Request, Starter, State, Step, about_member, about_request, about_target,
    is_handover, may_start,
};
use crate::store::{self, Transfer};
use access::{OrgRef, Permission};
use base::{Error, OrgId, PersonId, Result};
use db::{Event, Keyring, Tx};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;

/// A member a batch cannot take, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindered {
    /// Name.
    pub name: String,
    /// Each condition that does not hold.
    pub faults: Vec<Fault>,
}

/// What a batch moves.
#[derive(Clone, Debug)]
pub struct Batch {
    /// 转出团支部.
    pub out_branch: OrgId,
    /// 转出团员.
    pub members: Vec<PersonId>,
    /// 转入团支部.
    pub in_branch: OrgId,
    /// 转出原因.
    pub reason: Reason,
    /// 备注.
    pub remark: String,
}

/// Whether the batch may be made at all, and the members it cannot take.
pub async fn check_batch(
    conn: &mut PgConnection,
    keys: &Keyring,
    own: &OrgRef,
    batch: &Batch,
    now: chrono::DateTime<chrono::Utc>,
    policy: &Policy,
) -> Result<Vec<Hindered>> {
    may_start(Kind::Batch, own.category, policy)?;
    match batch.members.len() {
        0 => {
            return Err(Error::refused_at(
                "members",
                "transfer.batch_empty",
                "请选择转出团员",
            ));
        }
        n if n > policy.batch_max => {
            return Err(Error::refused_at(
                "members",
                "transfer.batch_many",
                format!(
                    "一次最多转接{}人，现选了{n}人，请分批办理",
                    policy.batch_max
                ),
            ));
        }
        _ => {}
    }
    let out = below(conn, own, batch.out_branch, "out").await?;
    let to = below(conn, own, batch.in_branch, "in").await?;
    if out.id == to.id {
        return Err(Error::refused_at(
            "in",
            "transfer.same_branch",
            "转入团支部不能与转出团支部相同",
        ));
    }
    let target = target_facts(conn, to).await?;
    let request = Request {
        reason: Some(batch.reason),
        remark: batch.remark.clone(),
        ..Request::default()
    };
    let mut hindered = Vec::new();
    for person in &batch.members {
        let Some((_, subject)) = member_facts(conn, keys, *person).await? else {
            return Err(Error::NotFound);
        };
        if subject.branch.id != out.id {
            return Err(Error::refused_at(
                "members",
                "transfer.batch_elsewhere",
                format!(
                    "{}已不在所选的转出团支部，请刷新名单后重新勾选",
                    subject.name
                ),
            ));
        }
        let mut faults = about_member(&subject, false, now, policy);
        faults.extend(about_request(&request, Kind::Batch, &subject, now, policy));
        faults.extend(about_target(
            &target,
            &request,
            Kind::Batch,
            &subject,
            now,
            policy,
        ));
        if !faults.is_empty() {
            hindered.push(Hindered {
                name: subject.name,
                faults,
            });
        }
    }
    Ok(hindered)
}

async fn below(
    conn: &mut PgConnection,
    own: &OrgRef,
    id: OrgId,
    field: &'static str,
) -> Result<Org> {
    orgs::find(conn, id)
        .await?
        .filter(|org| own.path.contains(&org.path) && org.is_branch() && org.state.is_live())
        .ok_or_else(|| {
            Error::refused_at(
                field,
                "transfer.not_below",
                "请选择本组织下级中的一个团支部",
            )
        })
}

/// Moves all members or none; the one hindered is named. The typed confirmation is the page's.
pub async fn batch(tx: &mut Tx, mut batch: Batch, policy: &Policy) -> Result<usize> {
    let own = tx.actor().acting.clone().ok_or(Error::NotFound)?;
    tx.actor().require(Permission::StartTransfers, &own.org)?;
    batch.members.sort();
    batch.members.dedup();
    let (keys, now) = (tx.keys().clone(), tx.now());
    // Locked in one order, so that two batches over the same people wait for each other instead of dead-locking.
    for person in &batch.members {
        people::lock_membership(tx, *person).await?;
    }
    let hindered = check_batch(tx, &keys, &own.org, &batch, now, policy).await?;
    if !hindered.is_empty() {
        let names: Vec<String> = hindered
            .iter()
            .map(|h| format!("{}（{}）", h.name, h.faults[0].message))
            .collect();
        return Err(Error::refused_at(
            "members",
            "transfer.batch_hindered",
            format!(
                "没有转接任何人。以下团员暂不能转接，请处理或去掉后再提交：{}",
                names.join("；")
            ),
        ));
    }
    let out = orgs::find(tx, batch.out_branch)
        .await?
        .ok_or(Error::NotFound)?;
    let to = orgs::find(tx, batch.in_branch)
        .await?
        .ok_or(Error::NotFound)?;
    let handover = is_handover(&out, now, policy.handover.apply_from);
    for person in &batch.members {
        let profile = people::find(tx, &keys, *person)
            .await?
            .ok_or(Error::NotFound)?;
        let mut transfer = Transfer {
            person: *person,
            id: tx.new_id(),
            number: store::next_number(tx).await?,
            kind: Kind::Batch,
            reason: batch.reason,
            name: profile.name,
            starter: Starter::Org(own.org.id),
            starter_name: own.org_name.clone(),
            case: None,
            out_branch: out.id,
            out_name: out.full_name.clone(),
            out_superior: out.parent,
            in_org: to.id,
            in_name: to.full_name.clone(),
            in_branch: None,
            in_branch_name: None,
            dest_name: String::new(),
            dest_address: String::new(),
            dest_region: String::new(),
            place: None,
            informed_on: None,
            study_work: String::new(),
            contact: profile.phone,
            remark: batch.remark.clone(),
            is_handover: handover,
            state: State::AwaitingIn,
            step: Step::In,
            step_since: now,
            due: None,
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
            return Err(Error::Conflict(format!(
                "{}刚刚有了进行中的转接，没有转接任何人，请刷新后重试",
                transfer.name
            )));
        }
        complete(tx, &mut transfer, &to, Ending::Batch, policy).await?;
    }
    tx.record(
        Event::new("transfer.batch", "org", own.org.id)
            .org(own.org.id)
            .after(json!({ "out": out.full_name, "in": to.full_name, "reason": batch.reason.code(), "members": batch.members })),
    );
    Ok(batch.members.len())
}
