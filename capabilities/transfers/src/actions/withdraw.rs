//! Taking a transfer back (TRF-31), and the member's own answer (TRF-46).

use super::sight::sight;
use crate::case;
use crate::policy::Policy;
use crate::rules::{Starter, State, withdrawal};
use crate::store;
use access::Permission;
use approvals::{Kinds, ReturnInput};
use base::{Error, PersonId, Result, TransferId};
use db::{Event, Tx};

/// Withdraws a transfer for who started it. The limit is judged twice: here, to answer in words, and under the case's
/// lock, where a decision made meanwhile counts.
pub async fn withdraw(
    tx: &mut Tx,
    person: PersonId,
    id: TransferId,
    kinds: &Kinds,
    policy: &Policy,
) -> Result<()> {
    let keys = tx.keys().clone();
    let transfer = store::find(tx, &keys, person, id)
        .await?
        .ok_or(Error::NotFound)?;
    let actor = tx.actor().clone();
    let own = actor.person() == Some(person);
    if !own {
        sight(tx, &actor, &transfer).await?;
    }
    match transfer.starter {
        Starter::Member(starter) if actor.person() == Some(starter) => {}
        Starter::Member(_) => {
            return Err(Error::refused(
                "transfer.not_initiator",
                "此申请由团员本人发起，请本人撤回",
            ));
        }
        Starter::Org(org) => match actor.acting.as_ref().filter(|grant| grant.org.id == org) {
            Some(grant) => actor.require(Permission::StartTransfers, &grant.org)?,
            None => {
                return Err(Error::refused(
                    "transfer.not_initiator",
                    "请由发起的组织撤回",
                ));
            }
        },
    }
    withdrawal(
        transfer.kind,
        transfer.state,
        transfer.step,
        transfer.is_handover,
        tx.now(),
        policy,
    )?;
    let key = case::key(&transfer).ok_or(Error::NotFound)?;
    approvals::withdraw(tx, kinds, key, "").await?;
    tx.record(Event::new("transfer.withdrawn", "transfer", id).org(transfer.out_branch));
    Ok(())
}

/// The member agrees to a transfer the branch started, or does not.
pub async fn answer(
    tx: &mut Tx,
    person: PersonId,
    id: TransferId,
    yes: bool,
    kinds: &Kinds,
) -> Result<()> {
    let keys = tx.keys().clone();
    let transfer = store::find(tx, &keys, person, id)
        .await?
        .ok_or(Error::NotFound)?;
    if tx.actor().person() != Some(person) {
        return Err(Error::NotFound);
    }
    if transfer.state != State::AwaitingMember {
        return Err(Error::Conflict(format!(
            "这笔转接{}，不需要再确认。",
            transfer.state.label()
        )));
    }
    let key = case::key(&transfer).ok_or(Error::NotFound)?;
    if yes {
        approvals::pass(tx, kinds, key, 1, "", None).await?;
    } else {
        let input = ReturnInput {
            code: "disagree".into(),
            ..ReturnInput::default()
        };
        approvals::return_(tx, kinds, key, 1, input).await?;
    }
    Ok(())
}
