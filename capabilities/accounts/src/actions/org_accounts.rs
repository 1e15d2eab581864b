//! Accounts of organisations (ACC-29..32): given and reset by the direct superior, in clear once.

use crate::{
    Policy,
    policy::Organisations,
    rules, secrets, store,
    store::{
        account::{Happened, NewAccount},
        grant::NewGrant,
    },
};
use access::{Permission, Role};
use base::{Error, Result};
use chrono::{DateTime, Utc};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use uuid::Uuid;

/// Letters and digits that are not mistaken for one another.
const CLEAR: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz";

/// 登录资料: what a superior passes on.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Name to sign in with.
    pub account: String,
    /// Password, shown once.
    pub password: String,
}

pub(super) fn new_password(tx: &Tx) -> String {
    loop {
        let password = tx.random().code(CLEAR, 12);
        let has = |what: fn(&u8) -> bool| password.as_bytes().iter().any(what);
        if has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) {
            return password;
        }
    }
}

/// The name an organisation signs in with, if it has an account.
pub(crate) async fn find(conn: &mut sqlx::PgConnection, org: &Org) -> Result<Option<Uuid>> {
    let holders = store::grant::holders(conn, org.id).await?;
    Ok(holders
        .into_iter()
        .find(|h| h.basis == BASIS)
        .map(|h| h.account_id))
}

const BASIS: &str = "组织账号";

/// A new account of an organisation.
pub(crate) struct NewOrgAccount<'a> {
    /// Name to sign in with.
    pub login: &'a str,
    /// `org_account` or `username`.
    pub kind: &'a str,
    /// Who answers for it.
    pub holder: &'a str,
    /// First password.
    pub password: &'a str,
    /// Given by a superior, not chosen.
    pub must_change: bool,
}

/// Makes the account of an organisation with a chosen password (a new branch that registered itself, ACC-32) or a
/// random one.
pub(crate) async fn make(
    tx: &mut Tx,
    policy: &Policy,
    org: &Org,
    account: &NewOrgAccount<'_>,
) -> Result<Uuid> {
    let NewOrgAccount {
        login: name,
        kind,
        holder,
        password,
        must_change,
    } = *account;
    let id: Uuid = tx.new_id();
    let hash = tx.keys().blind("login", &name.to_lowercase());
    if !store::account::take_login(tx, &hash, kind, id).await? {
        let free = free_username(tx, org).await?;
        return Err(Error::refused_at(
            "username",
            "username.taken",
            format!("用户名已存在，可用：{free}。"),
        ));
    }
    let (keys, random) = (tx.keys().clone(), tx.random().clone());
    let password_hash = secrets::hash(&keys, &random, password).await?;
    let new = NewAccount {
        id,
        kind: "organisation",
        org: Some(org.id),
        name: &org.short_name,
        state: if must_change { "initial" } else { "active" },
        password_hash: Some(&password_hash),
        must_change,
        privacy_version: (!must_change).then_some(policy.privacy_version.as_str()),
    };
    store::account::insert(tx, &new).await?;
    let grant = NewGrant {
        account: id,
        name: holder,
        org: org.id,
        role: Role::Administrator.code(),
        basis: BASIS,
    };
    store::grant::insert(tx, &grant).await?;
    store::grant::take_seat(tx, org.id, 0).await?;
    super::standing_in::end(tx, org.id).await?;
    tx.record(Event::new("account.made", "org", org.id).org(org.id));
    Ok(id)
}

/// A username nobody has: TZB and the organisation's number, and where somebody took that, with one letter more (ACC-34).
async fn free_username(tx: &mut Tx, org: &Org) -> Result<String> {
    let first = format!("TZB{}", org.number);
    let mut name = first.clone();
    for letter in 'A'..='Z' {
        let hash = tx.keys().blind("login", &name.to_lowercase());
        if store::account::by_login(tx, &hash).await?.is_none() {
            break;
        }
        name = format!("{first}{letter}");
    }
    Ok(name)
}

/// Gives 登录资料 of a direct subordinate: makes the account, or sets a new random password and ends its sessions
/// (ACC-29, ACC-30). The password is in the answer only.
pub async fn give_credentials(tx: &mut Tx, policy: &Policy, org: &Org) -> Result<Credentials> {
    let actor = tx.actor().clone();
    if actor
        .require(Permission::ManageCodes, &org.to_ref())
        .is_err()
    {
        return Err(Error::forbidden(
            "只能重置直接下级组织的密码。请联系其直接上级组织的管理员。",
        ));
    }
    let (account, password) = (org.number.to_string(), new_password(tx));
    let Some(id) = find(tx, org).await? else {
        make(
            tx,
            policy,
            org,
            &NewOrgAccount {
                login: &account,
                kind: "org_account",
                holder: &org.short_name,
                password: &password,
                must_change: true,
            },
        )
        .await?;
        return Ok(Credentials { account, password });
    };
    let (keys, random, now) = (tx.keys().clone(), tx.random().clone(), tx.now());
    let hash = secrets::hash(&keys, &random, &password).await?;
    store::account::set_password(tx, id, &hash, true, now).await?;
    store::session::end_others(tx, id, None).await?;
    super::sign_in::unlock(tx, id).await?;
    let note = Note {
        kind: "account",
        title: "组织账号密码已被重置".into(),
        body: format!(
            "直接上级的{}重置了〔{}〕的登录密码，原有登录均已结束。",
            actor.name, org.short_name
        ),
        jump: None,
        about: None,
    };
    messages::tell(tx, Receiver::Org(org.id), note).await?;
    let happened = Happened {
        subject: id,
        kind: "password",
        outcome: "given",
        org: Some(org.id),
        address: &actor.address,
        device: "",
        detail: &actor.name,
    };
    store::account::note(tx, &happened).await?;
    tx.record(Event::new("account.password_given", "org", org.id).org(org.id));
    // Only the hash of a chosen username is kept.
    let account = if policy.organisations == Organisations::OrgCode {
        "原用户名不变".to_owned()
    } else {
        account
    };
    Ok(Credentials { account, password })
}

/// Gives 登录资料 of a direct subordinate that has no account, or one made since `since` that nobody has signed in with:
/// what a batch that was killed made before. None: it has its account.
pub(crate) async fn give_first(
    tx: &mut Tx,
    policy: &Policy,
    org: &Org,
    since: DateTime<Utc>,
) -> Result<Option<Credentials>> {
    if let Some(id) = find(tx, org).await?
        && !store::account::is_fresh(tx, id, since).await?
    {
        return Ok(None);
    }
    give_credentials(tx, policy, org).await.map(Some)
}

/// Checks a username (ACC-34).
pub(crate) fn read_username(typed: &str) -> Result<String> {
    let name = base::text::normalise(typed);
    let good = (4..=32).contains(&name.len())
        && name.bytes().all(|c| c.is_ascii_alphanumeric())
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if good && rules::sign_in::is_free_name(&name) {
        return Ok(name);
    }
    Err(Error::refused_at(
        "username",
        "username.form",
        "用户名为4–32位字母和数字，以字母开头",
    ))
}
