//! Accounts and grants as other capabilities, the seed and the commands make them.

use crate::{
    Policy, secrets,
    store::{self, account::NewAccount, grant::NewGrant},
};
use access::Role;
use base::{Error, OrgId, PersonId, Result};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

pub use crate::store::grant::Holder;

/// Makes the account of a person with a password. Without `must_change` it is active and has accepted the privacy
/// notice `privacy`: for demonstrations and for the first administrator of a deployment (ACC-28).
pub async fn make_account(
    tx: &mut Tx,
    person: PersonId,
    password: &str,
    must_change: bool,
    privacy: &str,
) -> Result<()> {
    let hash = secrets::hash(&tx.keys().clone(), &tx.random().clone(), password).await?;
    make_account_hashed(tx, person, &hash, must_change, privacy).await
}

/// The same with a hash from [`crate::hash_password`], so that a seed of many accounts hashes once.
pub async fn make_account_hashed(
    tx: &mut Tx,
    person: PersonId,
    hash: &str,
    must_change: bool,
    privacy: &str,
) -> Result<()> {
    let state = if must_change { "initial" } else { "active" };
    let new = NewAccount {
        id: person.0,
        kind: "personal",
        org: None,
        name: "",
        state,
        password_hash: None,
        must_change,
        privacy_version: (!must_change).then_some(privacy),
    };
    store::account::insert(tx, &new).await?;
    let now = tx.now();
    store::account::set_password(tx, person.0, hash, must_change, now).await?;
    store::account::set_state(tx, person.0, state, None).await?;
    tx.record(Event::new("account.made", "person", person).after(json!({ "state": state })));
    Ok(())
}

/// Sets a person's password without asking for the old one (seed, demonstration, commands); makes the account if there
/// is none. Sessions end.
pub async fn set_password(
    tx: &mut Tx,
    person: PersonId,
    password: &str,
    privacy: &str,
) -> Result<()> {
    make_account(tx, person, password, false, privacy).await?;
    store::session::end_others(tx, person.0, None).await?;
    Ok(())
}

/// The account becomes active (2.1): after registration, or when a disabled one is enabled.
pub async fn activate(tx: &mut Tx, person: PersonId) -> Result<()> {
    store::account::set_state(tx, person.0, "active", None).await?;
    tx.record(Event::new("account.activated", "person", person));
    Ok(())
}

/// Gives a person a role in an organisation. A third administrator is refused where the policy says so (ACC-25).
/// Giving what is held already changes nothing.
pub async fn grant(
    tx: &mut Tx,
    policy: &Policy,
    person: PersonId,
    name: &str,
    org: &Org,
    role: Role,
    basis: &str,
) -> Result<()> {
    let new = NewGrant {
        account: person.0,
        name,
        org: org.id,
        role: role.code(),
        basis,
    };
    // Security duty and audit duty are never one person's (SEC-13).
    if org.path.depth() == 1
        && role != Role::Auditor
        && super::auditors::is_open(tx, person.0).await?
    {
        return Err(super::auditors::clash());
    }
    if !store::grant::insert(tx, &new).await? {
        return Ok(());
    }
    let most = policy.max_administrators;
    if role == Role::Administrator && !store::grant::take_seat(tx, org.id, most).await? {
        return Err(Error::refused(
            "admin.full",
            "该组织已有两位管理员。请先由直接上级收回其中一位的权限，再增加新的管理员。",
        ));
    }
    if role == Role::Administrator {
        super::standing_in::end(tx, org.id).await?;
    }
    tx.record(
        Event::new("grant.given", "person", person)
            .org(org.id)
            .after(json!({ "role": role.code(), "basis": basis })),
    );
    Ok(())
}

/// Takes a role back; it is gone at the next request (ACC-68).
pub async fn end_grant(tx: &mut Tx, org: OrgId, account: Uuid, grant: Uuid) -> Result<()> {
    let Some(role) = store::grant::end(tx, account, org, grant).await? else {
        return Err(Error::NotFound);
    };
    if role == Role::Administrator.code() {
        store::grant::free_seat(tx, org).await?;
    }
    super::deputies::end_of(tx, org, account).await?;
    tx.record(
        Event::new("grant.ended", "person", account)
            .org(org)
            .before(json!({ "role": role })),
    );
    Ok(())
}

/// Takes all roles in an organisation from a person (a post has ended, ORG-64).
pub async fn end_grants_in(tx: &mut Tx, org: OrgId, person: PersonId) -> Result<()> {
    for holder in store::grant::holders(tx, org).await? {
        if holder.account_id == person.0 {
            end_grant(tx, org, holder.account_id, holder.grant_id).await?;
        }
    }
    Ok(())
}

/// The administrators and operators of an organisation, longest in office first.
pub async fn administrators(conn: &mut PgConnection, org: OrgId) -> Result<Vec<Holder>> {
    let holders = store::grant::holders(conn, org).await?;
    Ok(holders
        .into_iter()
        .filter(|h| h.role != "auditor")
        .collect())
}

/// Stops an account (2.1); its sessions end, the reason is told at the next try to sign in. The organisation acted for, or
/// one above it, opens it again.
pub async fn disable(tx: &mut Tx, person: PersonId, reason: &str) -> Result<()> {
    let reason = base::text::normalise(reason);
    if !(5..=200).contains(&reason.chars().count()) || base::text::has_control(&reason) {
        return Err(Error::refused_at(
            "reason",
            "account.reason",
            "请写明停用原因，5–200个字",
        ));
    }
    let by = tx.actor().org().map(|org| org.id);
    // Who was entered and never signed in has no row yet.
    let new = NewAccount {
        id: person.0,
        kind: "personal",
        org: None,
        name: "",
        state: "initial",
        password_hash: None,
        must_change: true,
        privacy_version: None,
    };
    store::account::insert(tx, &new).await?;
    store::account::stop(tx, person.0, &reason, by).await?;
    store::session::end_others(tx, person.0, None).await?;
    // A stopped account holds no office (01b section 1).
    for (_, org, grant) in store::grant::open_grants(tx, &[person.0]).await? {
        end_grant(tx, org, person.0, grant).await?;
    }
    for org in store::deputy::held_by(tx, person.0).await? {
        super::deputies::end_held(tx, org, person).await?;
    }
    tx.record(Event::new("account.disabled", "person", person).note(reason));
    Ok(())
}
