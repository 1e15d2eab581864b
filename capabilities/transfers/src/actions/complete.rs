//! What completion does, in one transaction (TRF-43).

use super::facts::{Parties, member_facts};
use crate::policy::Policy;
use crate::rules::{State, about_member};
use crate::store::{self, Transfer};
use crate::tell;
use base::{Error, Result};
use db::{Event, Tx};
use messages::Receiver;
use orgs::{Org, OrgState};
use people::How;
use serde_json::json;

/// How a transfer came to its end (完成方式).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// 审核.
    Reviewed,
    /// 超期自动.
    Automatic,
    /// 批量.
    Batch,
}

impl Ending {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reviewed => "reviewed",
            Self::Automatic => "automatic",
            Self::Batch => "batch",
        }
    }

    /// What users read for a stored code.
    pub fn label(code: &str) -> &'static str {
        match code {
            "automatic" => "超期自动",
            "batch" => "批量转接",
            _ => "审核",
        }
    }
}

/// Refuses unless a member may be placed in `branch` by this transfer.
fn admissible(transfer: &Transfer, branch: &Org) -> Result<()> {
    if !branch.is_branch() || !branch.state.is_live() {
        return Err(Error::refused_at(
            "branch",
            "transfer.no_such_branch",
            "请选择一个正常的团支部，团员不能直接编入团委、团总支",
        ));
    }
    if branch.id == transfer.out_branch {
        return Err(Error::refused_at(
            "branch",
            "transfer.same_branch",
            "转入团支部不能与转出团支部相同",
        ));
    }
    Ok(())
}

/// Moves the member into `branch` and ends the transfer: membership, rosters, posts, counters, rights of administration
/// in the old branch, lists and messages together. The conditions of TRF-10 are checked once more.
pub async fn complete(
    tx: &mut Tx,
    transfer: &mut Transfer,
    branch: &Org,
    how: Ending,
    policy: &Policy,
) -> Result<()> {
    admissible(transfer, branch)?;
    let keys = tx.keys().clone();
    let (_, mut subject) = member_facts(tx, &keys, transfer.person)
        .await?
        .ok_or(Error::NotFound)?;
    subject.open = None;
    if let Some(fault) = about_member(&subject, false, tx.now(), policy)
        .into_iter()
        .next()
    {
        return Err(fault.into());
    }
    if subject.branch.id != transfer.out_branch {
        return Err(Error::Conflict(format!(
            "{}已不在〔{}〕，请刷新后核对",
            transfer.name, transfer.out_name
        )));
    }
    people::move_member(tx, transfer.person, branch, How::Transferred, transfer.id.0).await?;
    accounts::end_grants_in(tx, transfer.out_branch, transfer.person).await?;
    let now = tx.now();
    transfer.in_branch = Some(branch.id);
    transfer.in_branch_name = Some(branch.full_name.clone());
    transfer.state = State::Completed;
    transfer.how = Some(how.code().to_owned());
    transfer.ended_at = Some(now);
    transfer.due = None;
    store::save(tx, transfer).await?;
    let parties = Parties::find(tx, transfer.out_branch, transfer.in_org).await?;
    super::start::place(tx, transfer, &parties).await?;
    if branch.id != transfer.in_org {
        store::place(
            tx,
            transfer,
            branch.id,
            &branch.path,
            Some(&parties.in_org.path),
        )
        .await?;
    }
    let moved = format!(
        "{}已由〔{}〕转入〔{}〕",
        transfer.name, transfer.out_name, branch.full_name
    );
    if transfer.case.is_none() {
        // Where there was an approval, its end tells the member and both sides.
        tell::tell_all(tx, transfer, "组织关系转接已完成", &moved).await?;
    }
    tell::tell(
        tx,
        Receiver::Org(branch.id),
        transfer,
        "新团员待联系",
        format!("{moved}。请联系本人、核对资料和手机号，告知活动与团费安排"),
    )
    .await?;
    suggest_deletion(tx, transfer, &parties).await?;
    tx.record(
        Event::new("transfer.completed", "transfer", transfer.id)
            .org(branch.id)
            .before(json!({ "branch": transfer.out_name }))
            .after(
                json!({ "branch": branch.full_name, "how": how.code(), "number": transfer.number }),
            ),
    );
    Ok(())
}

/// An emptied graduate branch is proposed for deletion (TRF-67, ORG-59).
async fn suggest_deletion(tx: &mut Tx, transfer: &Transfer, parties: &Parties) -> Result<()> {
    let emptied = parties.out_branch.state == OrgState::Graduate
        && people::counts(tx, transfer.out_branch).await?.members == 0;
    if let (true, Some(superior)) = (emptied, &parties.out_superior) {
        let note = messages::Note {
            kind: "transfer",
            title: "该毕业生团组织已无团员，请删除".into(),
            body: format!(
                "〔{}〕团员已全部转出，请及时删除该组织。",
                transfer.out_name
            ),
            jump: Some(format!("/console/orgs/{}/remove", transfer.out_branch)),
            about: Some(transfer.out_branch.0),
        };
        messages::tell(tx, Receiver::Org(superior.id), note).await?;
    }
    Ok(())
}

/// Ends a transfer without a move (returned, withdrawn, declined, closed) and shows it so in both sides' lists.
pub async fn end(tx: &mut Tx, transfer: &mut Transfer, state: State) -> Result<()> {
    transfer.state = state;
    transfer.ended_at = Some(tx.now());
    transfer.due = None;
    show(tx, transfer).await
}

/// Saves a transfer and its rows in both sides' lists.
pub async fn show(tx: &mut Tx, transfer: &Transfer) -> Result<()> {
    store::save(tx, transfer).await?;
    let parties = Parties::find(tx, transfer.out_branch, transfer.in_org).await?;
    super::start::place(tx, transfer, &parties).await
}
