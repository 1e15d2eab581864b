//! What a step reached, a decision and an ending do to the transfer, under the case's lock.

use super::kind::{TransferKind, UNCONFIRMED, step_of};
use super::{above, at_deadline};
use crate::actions::{Ending, complete, end, show};
use crate::rules::{State, Step, deadline, withdrawal};
use crate::store::Transfer;
use crate::tell;
use approvals::{Case, CaseState, Past};
use base::{Error, Result};
use db::{Event, Tx};
use messages::Receiver;

impl TransferKind {
    pub(super) async fn arrive(&self, tx: &mut Tx, case: &Case) -> Result<()> {
        let mut transfer = Self::lock(tx, case).await?;
        let step = step_of(case);
        let now = tx.now();
        transfer.step = step;
        transfer.state = step.state();
        transfer.step_since = case.arrived_at;
        let due = deadline(
            step,
            &self.policy.step(step),
            case.arrived_at,
            transfer.is_handover,
            now,
            &self.policy.handover,
        );
        transfer.due = due;
        if due.map(|due| due.at) != case.deadline_at {
            let words = crate::rules::phase(now, &self.policy.handover).label();
            approvals::reclock(
                tx,
                case.key,
                due.map(|due| (due.at, at_deadline(due.outcome))),
                &format!("毕业转接{words}"),
            )
            .await?;
        }
        show(tx, &transfer).await
    }

    pub(super) async fn tell_progress(tx: &mut Tx, case: &Case, past: &Past) -> Result<()> {
        if past.how != approvals::HowDone::Pass || Self::is_last(case) {
            return Ok(());
        }
        let transfer = Self::lock(tx, case).await?;
        let who = if past.org_name.is_empty() {
            past.by_name.clone()
        } else {
            format!("〔{}〕{}", past.org_name, past.by_name)
        };
        let next = usize::try_from(case.step_no)
            .ok()
            .and_then(|n| case.steps.get(n))
            .map_or("", |step| step.name.as_str());
        let body = format!("{who}已同意{}，接下来：{next}", case.step().name);
        tell::tell(
            tx,
            Receiver::Person(transfer.person),
            &transfer,
            "转接有进展",
            body,
        )
        .await
    }

    pub(super) async fn finish(
        &self,
        tx: &mut Tx,
        case: &Case,
        outcome: &approvals::Outcome,
    ) -> Result<()> {
        let mut transfer = Self::lock(tx, case).await?;
        match outcome.state {
            CaseState::Open => Ok(()),
            CaseState::Passed => {
                let branch = Self::destination(tx, &transfer, outcome.answer.as_deref()).await?;
                let how = if outcome.automatic {
                    Ending::Automatic
                } else {
                    Ending::Reviewed
                };
                complete(tx, &mut transfer, &branch, how, &self.policy).await
            }
            CaseState::Returned if transfer.step == Step::Member => {
                end(tx, &mut transfer, State::Declined).await
            }
            CaseState::Returned => self.send_back(tx, &mut transfer, outcome).await,
            CaseState::Withdrawn => {
                // Under the case's lock nothing can move any more: the limit is judged by the step it really stands at.
                withdrawal(
                    transfer.kind,
                    transfer.state,
                    transfer.step,
                    transfer.is_handover,
                    tx.now(),
                    &self.policy,
                )?;
                end(tx, &mut transfer, State::Withdrawn).await
            }
            CaseState::Closed if outcome.code == UNCONFIRMED => {
                end(tx, &mut transfer, State::Declined).await
            }
            CaseState::Closed => end(tx, &mut transfer, State::Closed).await,
        }
    }

    pub(super) async fn send_back(
        &self,
        tx: &mut Tx,
        transfer: &mut Transfer,
        outcome: &approvals::Outcome,
    ) -> Result<()> {
        transfer.returned_by = match outcome.org {
            Some(org) => orgs::find(tx, org).await?.map(|org| org.full_name),
            None => Some("系统".into()),
        };
        transfer.return_code = Some(outcome.code.clone());
        transfer.return_text = Some(outcome.comment.clone());
        transfer.flagged = outcome.insisted;
        end(tx, transfer, State::Returned).await?;
        if outcome.insisted {
            self.report(tx, transfer, outcome).await?;
        }
        Ok(())
    }

    /// A return against the rule goes to the reviewer's direct superior and the common superior (TRF-29).
    pub(super) async fn report(
        &self,
        tx: &mut Tx,
        transfer: &Transfer,
        outcome: &approvals::Outcome,
    ) -> Result<()> {
        let mut told = Vec::new();
        if let Some(reviewer) = outcome.org {
            told.extend(above(tx, reviewer).await?.map(|up| up.id));
        }
        let out = orgs::find(tx, transfer.out_branch)
            .await?
            .ok_or(Error::NotFound)?;
        let to = orgs::find(tx, transfer.in_org)
            .await?
            .ok_or(Error::NotFound)?;
        told.extend(
            orgs::lowest_common(tx, &out.path, &to.path)
                .await?
                .map(|common| common.id),
        );
        told.sort();
        told.dedup();
        let by = transfer.returned_by.as_deref().unwrap_or("");
        let body = format!(
            "〔{by}〕退回{}的转接，说明为“{}”，疑似不合理退回，请联系双方核实",
            transfer.name, outcome.comment
        );
        for org in told {
            tell::tell(
                tx,
                Receiver::Org(org),
                transfer,
                "疑似不合理退回",
                body.clone(),
            )
            .await?;
        }
        tx.record(
            Event::new("transfer.flagged", "transfer", transfer.id)
                .org(transfer.in_org)
                .note(outcome.comment.clone()),
        );
        Ok(())
    }
}
