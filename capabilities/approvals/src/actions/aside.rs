//! What happens to a case beside its decisions: taken back, closed, given another clock or another superior.

use super::{chain, desk, event, said, sight, tell};
use crate::kinds::Kinds;
use crate::rules::{self, AtDeadline, Case, CaseKey, CaseState, Desk, HowDone, Past, Superior};
use crate::store;
use access::{Actor, Who};
use base::{Error, OrgId, PersonId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use serde_json::json;

async fn locked_open(tx: &mut Tx, key: CaseKey) -> Result<Case> {
    let case = store::lock_case(tx, key).await?.ok_or(Error::NotFound)?;
    if !case.is_open() {
        return Err(Error::Conflict(format!(
            "这件申请{}，不需要再办理。",
            case.state.label()
        )));
    }
    Ok(case)
}

/// Taken back by who started it; whether it still may be is the capability's rule (TRF-31).
pub async fn withdraw(tx: &mut Tx, kinds: &Kinds, key: CaseKey, comment: &str) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    let actor = tx.actor().clone();
    let person = actor.person();
    let own =
        person.is_some() && (person == case.initiator.person || person == Some(case.key.subject));
    let permission = kinds.get(&case.kind)?.permission();
    let for_org = actor
        .acting
        .as_ref()
        .is_some_and(|grant| Some(grant.org.id) == case.initiator.org && grant.acts(permission));
    if !own && !for_org && !matches!(actor.who, Who::System(_)) {
        return Err(if sight(tx, &case, &actor).await?.is_some() {
            Error::forbidden(format!(
                "只有发起人可以撤销，此件由{}发起。",
                case.initiator.name
            ))
        } else {
            Error::NotFound
        });
    }
    let comment = said(comment)?;
    finish(tx, kinds, &mut case, CaseState::Withdrawn, "", &comment).await
}

/// Ended by a fact that makes it pointless (已终止): the caller knows and has checked it.
pub async fn close(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    code: &str,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    finish(tx, kinds, &mut case, CaseState::Closed, code, words).await
}

/// Sent back by the system for a reason of its own, e.g. 「转入组织已撤销」 (TRF-30).
pub async fn return_by_system(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    code: &str,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    let kind = kinds.get(&case.kind)?;
    let past = Past {
        how: HowDone::AutoReturn,
        code: code.to_owned(),
        comment: words.to_owned(),
        ..chain::past(&case, &Actor::system("approvals"), tx.now())
    };
    chain::settle(tx, &*kind, &mut case, past, false).await
}

async fn finish(
    tx: &mut Tx,
    kinds: &Kinds,
    case: &mut Case,
    state: CaseState,
    code: &str,
    words: &str,
) -> Result<()> {
    let kind = kinds.get(&case.kind)?;
    let actor = tx.actor().clone();
    let past = Past {
        how: HowDone::Superseded,
        code: code.to_owned(),
        comment: words.to_owned(),
        ..chain::past(case, &actor, tx.now())
    };
    chain::stop(tx, &*kind, case, past, state).await
}

/// Gives the present step another deadline, shown in the timeline (TRF-40); `None` takes it away (TRF-36).
pub async fn reclock(
    tx: &mut Tx,
    key: CaseKey,
    deadline: Option<(DateTime<Utc>, AtDeadline)>,
    words: &str,
) -> Result<()> {
    let mut case = locked_open(tx, key).await?;
    chain::reclock(tx, &mut case, deadline, words).await
}

/// Lets the direct superior decide a step that the organisation's administrator must not, being concerned (ACC-73).
pub async fn hand_up(tx: &mut Tx, key: CaseKey, step_no: i32) -> Result<()> {
    let mut case = store::lock_case(tx, key).await?.ok_or(Error::NotFound)?;
    let (actor, now) = (tx.actor().clone(), tx.now());
    if sight(tx, &case, &actor).await?.is_none() {
        return Err(Error::NotFound);
    }
    let history = store::history(tx, key).await?;
    rules::still_there(&case, step_no, &history, now)?;
    let desk = desk(tx, &case).await?;
    let acts_here = actor.acting.as_ref().is_some_and(|grant| {
        grant.acts(None) && desk.own.as_ref().is_some_and(|own| own.id == grant.org.id)
    });
    let Some(above) = desk.above.as_ref().filter(|_| acts_here) else {
        return Err(Error::forbidden(
            "只有本步骤所在组织的管理员可以转由直接上级办理，最高组织请由其他管理员办理。",
        ));
    };
    if case.step().superior == Superior::Also {
        return Err(Error::refused(
            "approval.superior_may",
            format!("直接上级〔{}〕已经可以办理，不需要再转。", above.short_name),
        ));
    }
    let at = usize::try_from(case.step_no - 1).unwrap_or(0);
    case.steps[at].superior = Superior::Also;
    chain::note(tx, &mut case, HowDone::HandedUp, "").await?;
    case.desks = chain::desks(&case, &desk);
    store::save_case(tx, &case).await?;
    store::insert_row(tx, above.id, &case, "superior", now).await?;
    tell::arrived(
        tx,
        &case,
        &Desk {
            own: None,
            above: desk.above.clone(),
        },
    )
    .await?;
    Ok(())
}

/// Steps that follow an organisation's direct superior go to the present one after `org` was moved (TRF-30).
pub async fn follow(tx: &mut Tx, org: OrgId, former_superior: OrgId) -> Result<u32> {
    let mut keys = store::open_cases_of(tx, org).await?;
    keys.extend(store::open_cases_of(tx, former_superior).await?);
    keys.sort_unstable_by_key(|key| (key.subject, key.case));
    keys.dedup();
    let mut moved = 0;
    for key in keys {
        let Some(mut case) = store::lock_case(tx, key).await? else {
            continue;
        };
        if !case.is_open() || case.step().org != org {
            continue;
        }
        let desk = desk(tx, &case).await?;
        let present = chain::desks(&case, &desk);
        let before = std::mem::replace(&mut case.desks, present);
        if before == case.desks {
            continue;
        }
        store::save_case(tx, &case).await?;
        for gone in before.into_iter().filter(|org| !case.desks.contains(org)) {
            store::drop_row(tx, gone, &case).await?;
        }
        chain::rows(tx, &case, &desk).await?;
        tx.record(event("approval.moved", &case));
        moved += 1;
    }
    Ok(moved)
}

/// The open cases somebody started for an organisation.
pub async fn started_by(tx: &mut Tx, org: OrgId, person: PersonId) -> Result<Vec<CaseKey>> {
    let mut keys = Vec::new();
    for key in store::sent_open(tx, org).await? {
        let case = store::find_case(tx, key).await?;
        if case.is_some_and(|case| {
            case.is_open()
                && case.initiator.person == Some(person)
                && case.initiator.org == Some(org)
        }) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Hands what somebody started for an organisation to a successor, who goes on with it as if it were the own (ACC-B9).
pub async fn hand_on(
    tx: &mut Tx,
    org: &orgs::Org,
    from: PersonId,
    (to, name): (PersonId, &str),
) -> Result<usize> {
    let keys = started_by(tx, org.id, from).await?;
    for key in &keys {
        let Some(case) = store::lock_case(tx, *key).await?.filter(Case::is_open) else {
            continue;
        };
        let name = format!("{} {name}", org.short_name);
        store::set_initiator(tx, *key, to, &name).await?;
        tx.record(
            event("approval.handed_on", &case)
                .before(json!({ "by": case.initiator.person }))
                .after(json!({ "by": to })),
        );
    }
    Ok(keys.len())
}
