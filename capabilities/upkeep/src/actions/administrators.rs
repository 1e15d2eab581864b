//! 管理员变更 (ORG-60..67): added, changed, revoked; the own ones with the superior's approval.

use super::change::{self, New};
use crate::Policy;
use crate::store::change::{self as changes, Change};
use crate::store::removal as store;
use access::{Relation, Role};
use accounts::Holder;
use approvals::{Step, Superior};
use base::{Error, PersonId, Result, text};
use db::Tx;
use orgs::Org;
use serde_json::json;
use uuid::Uuid;

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `add`, `change`, `revoke`.
    pub(crate) kind: String,
    pub(crate) person: Option<PersonId>,
    /// The administrator replaced or revoked.
    pub(crate) replaced: Option<Uuid>,
    pub(crate) reason: String,
}

fn refuse<T>(field: &'static str, code: &'static str, message: impl Into<String>) -> Result<T> {
    Err(Error::refused_at(field, code, message))
}

/// Whether the actor applies for its own organisation or acts on a direct subordinate.
pub(crate) fn relation(tx_actor: &access::Actor, org: &Org) -> Result<Relation> {
    match tx_actor.relation(&org.to_ref()) {
        Relation::None => Err(Error::NotFound),
        Relation::HigherSuperior => Err(Error::forbidden(
            "管理员变更由本组织申请，或由直接上级办理。",
        )),
        relation => {
            if tx_actor.mark(access::Permission::ChangeAdministrators, &org.to_ref())
                < access::Mark::Applies
            {
                return Err(Error::forbidden("管理员变更由组织的管理员办理。"));
            }
            Ok(relation)
        }
    }
}

/// Adds, changes or revokes; answers whether it took effect at once (ORG-62).
pub(crate) async fn ask(
    tx: &mut Tx,
    org: &Org,
    asked: &Asked,
    policy: &Policy,
    accounts: &accounts::Policy,
) -> Result<bool> {
    let actor = tx.actor().clone();
    let relation = relation(&actor, org)?;
    if !org.state.is_live() {
        return refuse(
            "org",
            "administrators.gone",
            format!("该组织{}，不能变更管理员。", org.state.label()),
        );
    }
    let reason = text::normalise(&asked.reason);
    if reason.chars().count() > 249 || text::has_control(&reason) {
        return refuse("reason", "administrators.reason", "说明最多249个字。");
    }
    let holders = accounts::administrators(tx, org.id).await?;
    let replaced = asked
        .replaced
        .and_then(|id| holders.iter().find(|holder| holder.account_id == id));
    if matches!(asked.kind.as_str(), "change" | "revoke") && replaced.is_none() {
        return refuse(
            "replaced",
            "administrators.replaced",
            "请选择要变更或撤销的管理员。",
        );
    }
    if asked.kind == "revoke" {
        let replaced = replaced.cloned().ok_or(Error::NotFound)?;
        revocable(tx, org, &replaced, relation, holders.len()).await?;
        take(tx, org, &replaced).await?;
        let lines = vec![("管理员".into(), replaced.name.clone(), "撤销".into())];
        note(tx, org, "撤销管理员", lines, asked, reason).await?;
        return Ok(true);
    }
    let office = people::eligible(tx, org.id).await?;
    if office.is_empty() {
        return refuse(
            "person",
            "administrators.no_cadre",
            "该组织尚无团干部，请先录入团干部。",
        );
    }
    let Some((person, name)) = office.into_iter().find(|(id, _)| Some(*id) == asked.person) else {
        return refuse(
            "person",
            "administrators.cadre",
            "只能选择该组织的团干部，已禁用的除外。团员请先录入为团干部，再申请任命。",
        );
    };
    if holders.iter().any(|holder| holder.account_id == person.0) {
        return refuse(
            "person",
            "administrators.held",
            format!("{name}已是该组织的管理员。"),
        );
    }
    let most = usize::try_from(accounts.max_administrators).unwrap_or(0);
    if asked.kind == "add" && most > 0 && holders.len() >= most {
        return refuse(
            "person",
            "admin.full",
            "已有两位管理员，请使用变更或先撤销。",
        );
    }
    let lines = vec![(
        "管理员".to_owned(),
        replaced.map(|h| h.name.clone()).unwrap_or_default(),
        name.clone(),
    )];
    let title = if asked.kind == "change" {
        "变更管理员"
    } else {
        "添加管理员"
    };
    if relation == Relation::DirectSuperior || !policy.own_admin_needs_approval {
        // What takes effect at once takes a right too: who replaces nobody's last asks for no more than that.
        if let Some(holder) = replaced {
            revocable(tx, org, holder, relation, holders.len() + 1).await?;
        }
        give(tx, org, person, &name, replaced, accounts).await?;
        note(tx, org, title, lines, asked, reason).await?;
        return Ok(true);
    }
    if changes::is_open(tx, "administrator", &[org.id]).await? {
        return refuse(
            "person",
            "administrators.open",
            "本组织已有在办的管理员变更，请等它办结。",
        );
    }
    let step = approval(tx, org).await?;
    let new = New {
        kind: "administrator",
        title: title.into(),
        detail: detail(asked, Some((person, &name))),
        lines,
        reason,
    };
    change::apply(tx, org, new, vec![step]).await?;
    Ok(false)
}

/// Who approves the own organisation's change: the direct superior, for the root its other administrator.
pub(crate) async fn approval(tx: &mut Tx, org: &Org) -> Result<Step> {
    let step = match org.parent {
        Some(parent) => {
            let parent = orgs::find(tx, parent).await?.ok_or(Error::NotFound)?;
            // After 14 days also the superior's superior (2.3).
            Step::new(
                "approve",
                "管理员变更审批",
                "管理员变更待审批",
                parent.id,
                &parent.full_name,
            )
            .superior(Superior::FromDay(14))
        }
        // The root's own: the second administrator approves.
        None => Step::new(
            "approve",
            "管理员变更审批",
            "管理员变更待审批",
            org.id,
            &org.full_name,
        ),
    };
    Ok(step.remind_on(&[7, 14]))
}

fn detail(asked: &Asked, person: Option<(PersonId, &str)>) -> serde_json::Value {
    json!({
        "do": asked.kind, "person": person.map(|(id, _)| id), "name": person.map(|(_, name)| name), "replaced": asked.replaced,
    })
}

async fn note(
    tx: &mut Tx,
    org: &Org,
    title: &str,
    lines: Vec<change::Line>,
    asked: &Asked,
    reason: String,
) -> Result<()> {
    let new = New {
        kind: "administrator",
        title: title.into(),
        detail: detail(asked, asked.person.map(|id| (id, ""))),
        lines,
        reason,
    };
    change::note(tx, org, new).await
}

/// Whether this right may be taken by whoever asks (ORG-64).
pub(crate) async fn revocable(
    tx: &mut Tx,
    org: &Org,
    holder: &Holder,
    relation: Relation,
    all: usize,
) -> Result<()> {
    if relation == Relation::DirectSuperior {
        return Ok(());
    }
    let secretary = store::secretary(tx, org.id).await?;
    if secretary.is_some_and(|id| id.0 == holder.account_id) {
        let whose = if org.is_branch() {
            "团支书"
        } else {
            "书记"
        };
        return refuse(
            "replaced",
            "administrators.secretary",
            format!("撤销{whose}管理员权限请联系上级组织管理员。"),
        );
    }
    let me = tx
        .actor()
        .person()
        .is_some_and(|id| id.0 == holder.account_id);
    if me && all == 1 {
        return refuse(
            "replaced",
            "administrators.last",
            "您是本组织最后一位管理员，不能撤销自己。请先添加另一位，或联系直接上级。",
        );
    }
    Ok(())
}

async fn take(tx: &mut Tx, org: &Org, holder: &Holder) -> Result<()> {
    accounts::end_grant(tx, org.id, holder.account_id, holder.grant_id).await
}

async fn give(
    tx: &mut Tx,
    org: &Org,
    person: PersonId,
    name: &str,
    replaced: Option<&Holder>,
    policy: &accounts::Policy,
) -> Result<()> {
    if let Some(holder) = replaced {
        take(tx, org, holder).await?;
    }
    accounts::grant(
        tx,
        policy,
        person,
        name,
        org,
        Role::Administrator,
        "管理员变更",
    )
    .await
}

/// The superior has agreed: still a cadre, still room, then the rights change at once.
pub(crate) async fn agreed(tx: &mut Tx, change: &Change, policy: &accounts::Policy) -> Result<()> {
    if change.detail["do"] == "handover" {
        return super::handover::agreed(tx, change, policy).await;
    }
    let org = orgs::find(tx, change.org).await?.ok_or(Error::NotFound)?;
    let person: PersonId = serde_json::from_value(change.detail["person"].clone())
        .map_err(|cause| Error::Internal(cause.into()))?;
    let office = people::eligible(tx, org.id).await?;
    let Some((_, name)) = office.into_iter().find(|(id, _)| *id == person) else {
        return Err(Error::refused(
            "administrators.cadre",
            "该人员已不是该组织的团干部，请退回申请。",
        ));
    };
    let holders = accounts::administrators(tx, org.id).await?;
    let replaced: Option<Uuid> = serde_json::from_value(change.detail["replaced"].clone())
        .map_err(|cause| Error::Internal(cause.into()))?;
    let replaced = replaced.and_then(|id| holders.iter().find(|h| h.account_id == id));
    give(tx, &org, person, &name, replaced, policy).await?;
    let now = tx.now();
    changes::set_state(tx, change.org, change.id, "effective", Some(now)).await?;
    let body = format!("{name}现在是〔{}〕的管理员，权限立即生效。", org.full_name);
    change::tell(tx, change, "管理员变更已生效", body).await
}
