//! Looking after somebody's account without its password: unlocking, ending its sessions (SEC-10), stopping it and opening it
//! again (2.1).

use super::{grants, resets, sign_in};
use crate::store::{self, account::Happened};
use access::{OrgRef, Permission, Relation};
use base::{Error, OrgId, Result};
use db::{Event, Tx};
use messages::{Note, Receiver};
use people::Person;

/// The organisations somebody administers or operates, the highest first.
async fn offices(tx: &mut Tx, person: &Person) -> Result<Vec<OrgRef>> {
    let held = store::grant::open_grants(tx, &[person.id.0]).await?;
    let ids: Vec<OrgId> = held.into_iter().map(|(_, org, _)| org).collect();
    let mut orgs: Vec<OrgRef> = orgs::find_many(tx, &ids)
        .await?
        .iter()
        .map(orgs::Org::to_ref)
        .collect();
    orgs.sort_by_key(|org| org.path.depth());
    Ok(orgs)
}

/// Who administers is looked after where the right is held, not where the membership is: the other administrator or the direct
/// superior of the highest of these organisations (ACC-51). Everybody else where the person belongs.
async fn require(tx: &mut Tx, permission: Permission, person: &Person) -> Result<()> {
    let actor = tx.actor().clone();
    if actor.person() == Some(person.id) {
        return Err(Error::forbidden(
            "不能在这里处理自己的账号，请由本组织的另一位管理员或直接上级组织的管理员办理；自己的登录在“账号与安全”中管理。",
        ));
    }
    let Some(highest) = offices(tx, person).await?.into_iter().next() else {
        return resets::require_for(tx, permission, person.id).await;
    };
    // Above the root there is nobody: its other administrator.
    let root = highest.path.depth() == 1 && actor.relation(&highest) == Relation::Own;
    let acts = actor.acting.as_ref().is_some_and(|grant| grant.acts(None));
    if root && acts {
        return Ok(());
    }
    actor.require(permission, &highest)
}

/// Whether the actor may do it, for the page.
pub(crate) async fn may(tx: &mut Tx, permission: Permission, person: &Person) -> Result<bool> {
    match require(tx, permission, person).await {
        Ok(()) => Ok(true),
        Err(Error::Forbidden(_) | Error::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

async fn note(tx: &mut Tx, person: &Person, outcome: &str, detail: &str) -> Result<()> {
    let actor = tx.actor().clone();
    let happened = Happened {
        subject: person.id.0,
        kind: "account",
        outcome,
        org: actor.org().map(|org| org.id),
        address: &actor.address,
        device: "",
        detail,
    };
    store::account::note(tx, &happened).await
}

async fn tell(tx: &mut Tx, person: &Person, title: &str, body: String) -> Result<()> {
    let note = Note {
        kind: "account",
        title: title.into(),
        body,
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person.id), note).await
}

fn signature(tx: &Tx) -> String {
    let actor = tx.actor();
    let org = actor.acting.as_ref().map_or("", |grant| &grant.org_name);
    format!("〔{org}〕{}", actor.name)
}

/// Opens what wrong passwords locked, without another password (ACC-50).
pub(crate) async fn unlock(tx: &mut Tx, person: &Person) -> Result<()> {
    require(tx, Permission::ResetPasswords, person).await?;
    sign_in::unlock(tx, person.id.0).await?;
    let by = signature(tx);
    note(tx, person, "unlocked", &by).await?;
    tell(
        tx,
        person,
        "账号已解除锁定",
        format!("{by}已解除您账号的锁定，密码没有改变。"),
    )
    .await?;
    tx.record(Event::new("account.unlocked", "person", person.id));
    Ok(())
}

/// Ends all sessions of somebody (SEC-10); answers how many.
pub(crate) async fn end_sessions(tx: &mut Tx, person: &Person) -> Result<u64> {
    require(tx, Permission::ResetPasswords, person).await?;
    let ended = store::session::end_others(tx, person.id.0, None).await?;
    let by = signature(tx);
    note(tx, person, "sessions", &by).await?;
    let body = format!("{by}已结束您在所有设备上的登录。如不清楚原因，请联系该组织。");
    tell(tx, person, "所有登录已结束", body).await?;
    tx.record(
        Event::new("account.sessions_ended", "person", person.id)
            .after(serde_json::json!({ "sessions": ended })),
    );
    Ok(ended)
}

/// Stops an account.
pub(crate) async fn stop(tx: &mut Tx, person: &Person, reason: &str) -> Result<()> {
    require(tx, Permission::StopAccounts, person).await?;
    let standing = store::account::seen(tx, person.id.0).await?;
    let state = standing.as_ref().map_or("initial", |seen| &seen.state);
    if !["initial", "active", "read_only"].contains(&state) {
        return Err(Error::refused(
            "account.state",
            "该账号已经停用或注销，不用再停用。请刷新后核对。",
        ));
    }
    grants::disable(tx, person.id, reason).await?;
    let (by, reason) = (signature(tx), base::text::normalise(reason));
    note(tx, person, "stopped", &format!("{by}：{reason}")).await?;
    let body = format!("您的账号已由{by}停用，原因：{reason}。如有疑问，请联系该组织。");
    tell(tx, person, "账号已停用", body).await
}

/// Opens it again: whoever stopped it, or an organisation above.
pub(crate) async fn open(tx: &mut Tx, person: &Person) -> Result<()> {
    let actor = tx.actor().clone();
    let seen = store::account::seen(tx, person.id.0)
        .await?
        .ok_or(Error::NotFound)?;
    let by = match seen.stopped_by {
        Some(id) => orgs::find(tx, OrgId(id)).await?,
        None => None,
    };
    let acts = actor
        .acting
        .as_ref()
        .is_some_and(|g| g.acts(Permission::StopAccounts));
    let above = by.as_ref().is_some_and(|by| {
        acts && actor
            .org()
            .is_some_and(|own| own.id == by.id || own.path.contains(&by.path))
    });
    if !above {
        require(tx, Permission::StopAccounts, person).await?;
        if let Some(by) = by {
            return Err(Error::forbidden(format!(
                "该账号由〔{}〕停用，只能由该组织或其上级恢复。",
                by.full_name
            )));
        }
    }
    if seen.state != "disabled" {
        return Err(Error::refused(
            "account.state",
            "该账号没有停用，不用恢复。请刷新后核对。",
        ));
    }
    let state = if seen.has_password {
        "active"
    } else {
        "initial"
    };
    store::account::set_state(tx, person.id.0, state, None).await?;
    let by = signature(tx);
    note(tx, person, "opened", &by).await?;
    let body = format!(
        "{by}已恢复您的账号，可以登录。停用时收回的管理权限不会自动恢复，需要的请重新办理。"
    );
    tell(tx, person, "账号已恢复使用", body).await?;
    tx.record(Event::new("account.activated", "person", person.id));
    Ok(())
}
