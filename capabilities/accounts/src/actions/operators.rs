//! Operators of an organisation (ACC-33, FLD-10): set, relabelled, given a new password, taken back by the organisation.

use super::grants::{end_grant, grant, make_account};
use super::org_accounts::new_password;
use crate::store::grant::{Holder, disabled, holders, lock_seats, operates, set_label};
use crate::{Policy, policy::Organisations, secrets, store};
use access::{Permission, Role};
use base::{Error, PersonId, Result, text};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

const LAST: &str = "每个组织须保留至少1名运营者。请先设置另一名运营者。";

/// The operators of an organisation, longest in office first.
pub(crate) async fn operators(conn: &mut PgConnection, org: &Org) -> Result<Vec<Holder>> {
    let all = holders(conn, org.id).await?;
    let operator = Role::Operator.code();
    Ok(all.into_iter().filter(|h| h.role == operator).collect())
}

/// Operators are the own organisation's matter, in the profile that has them.
pub(crate) fn require(tx_actor: &access::Actor, org: &Org, policy: &Policy) -> Result<()> {
    if policy.organisations != Organisations::OrgAccount {
        return Err(Error::NotFound);
    }
    tx_actor.require(Permission::SetOperators, &org.to_ref())
}

/// 职位标签, 1 to 20 characters.
fn read_label(typed: &str) -> Result<String> {
    let label = text::normalise(typed);
    let length = label.chars().count();
    if (1..=20).contains(&length) && !text::has_control(&label) {
        return Ok(label);
    }
    Err(Error::refused_at(
        "label",
        "operator.label",
        "请填写职位标签，1–20个字，如宣传部部长、组织委员。",
    ))
}

async fn person(tx: &mut Tx, id: PersonId) -> Result<people::Person> {
    let keys = tx.keys().clone();
    people::find(tx, &keys, id).await?.ok_or(Error::NotFound)
}

/// Makes a cadre operator; answers the first password in clear if the person had none, once (SEC-05).
pub async fn set(
    tx: &mut Tx,
    policy: &Policy,
    org: &Org,
    id: PersonId,
    label: &str,
) -> Result<Option<String>> {
    require(&tx.actor().clone(), org, policy)?;
    let refuse = |code, message: String| Err(Error::refused_at("person", code, message));
    let label = read_label(label)?;
    lock_seats(tx, org.id).await?;
    let posts = people::posts(tx, id).await?;
    if posts.iter().all(|post| post.org != org.id) {
        return refuse(
            "operator.cadre",
            "只能从本组织的团干部中选择。请先在“团干部”里录入。".into(),
        );
    }
    let cadre = person(tx, id).await?;
    let name = &cadre.name;
    if !disabled(tx, org.id, &[id.0]).await?.is_empty() {
        return refuse(
            "operator.disabled",
            format!("{name}在本组织的团干身份已被禁用，请先启用。"),
        );
    }
    match operates(tx, id.0).await? {
        Some(there) if there == org.id => {
            return refuse("operator.here", format!("{name}已在本组织任运营者"));
        }
        Some(there) => {
            let other = orgs::find(tx, there).await?.ok_or(Error::NotFound)?;
            return refuse(
                "operator.elsewhere",
                format!(
                    "{name}已是{}的运营者，一人只能在一个组织担任运营者。请联系该组织先取消其运营者。",
                    other.full_name
                ),
            );
        }
        None => {}
    }
    let Some(phone) = &cadre.phone else {
        return refuse(
            "operator.phone",
            format!("{name}没有登记手机号码。运营者用手机号码登录，请先补填。"),
        );
    };
    let keys = tx.keys().clone();
    for other in people::by_phone(tx, &keys, phone).await? {
        if other != id && store::account::find(tx, other.0).await?.is_some() {
            return refuse(
                "operator.phone_shared",
                "该手机号码已登记在其他账号名下，请先核对手机号码。".into(),
            );
        }
    }
    let account = store::account::find(tx, id.0).await?;
    let password = match account {
        Some(account) if account.password_hash.is_some() => None,
        _ => {
            let password = new_password(tx);
            make_account(tx, id, &password, true, "").await?;
            Some(password)
        }
    };
    grant(tx, policy, id, name, org, Role::Operator, "设置运营者").await?;
    let Some(held) = held(tx, org, id).await? else {
        // Somebody was faster elsewhere.
        return Err(Error::Conflict(format!(
            "{name}刚被另一组织设为运营者，请刷新后核对。"
        )));
    };
    set_label(tx, org.id, id.0, held.grant_id, &label).await?;
    tx.record(
        Event::new("operator.set", "person", id)
            .org(org.id)
            .after(json!({ "name": name, "label": label })),
    );
    let body = format!("您已被设为〔{}〕的运营者（{label}）。", org.full_name);
    tell(tx, id, "您已被设为运营者", body).await?;
    Ok(password)
}

async fn held(conn: &mut PgConnection, org: &Org, id: PersonId) -> Result<Option<Holder>> {
    let all = operators(conn, org).await?;
    Ok(all.into_iter().find(|h| h.account_id == id.0))
}

/// The operator of one's own organisation, or what is said of somebody who is none.
async fn own(tx: &mut Tx, policy: &Policy, org: &Org, id: PersonId) -> Result<Holder> {
    require(&tx.actor().clone(), org, policy)?;
    lock_seats(tx, org.id).await?;
    match held(tx, org, id).await? {
        Some(holder) => Ok(holder),
        None => {
            let name = person(tx, id).await?.name;
            Err(Error::refused_at(
                "person",
                "operator.none",
                format!("{name}不是本组织的运营者"),
            ))
        }
    }
}

/// Takes the right back: console entry and deciding end with the next request.
pub(crate) async fn cancel(tx: &mut Tx, policy: &Policy, org: &Org, id: PersonId) -> Result<()> {
    let holder = own(tx, policy, org, id).await?;
    if is_last(tx, org, id).await? {
        return Err(Error::refused_at("person", "operator.last", LAST));
    }
    end_grant(tx, org.id, id.0, holder.grant_id).await?;
    let body = format!("您不再是〔{}〕的运营者，权限已结束。", org.full_name);
    tell(tx, id, "运营者已取消", body).await
}

/// Whether nobody else operates the organisation; who is disabled there does not (FLD-12).
async fn is_last(conn: &mut PgConnection, org: &Org, id: PersonId) -> Result<bool> {
    let others: Vec<Uuid> = operators(conn, org)
        .await?
        .into_iter()
        .map(|h| h.account_id)
        .filter(|account| *account != id.0)
        .collect();
    let resting = disabled(conn, org.id, &others).await?;
    Ok(resting.len() == others.len())
}

/// Why somebody must not be disabled in the organisation: the last operator (FLD-12).
pub(crate) async fn holds(
    conn: &mut PgConnection,
    org: &Org,
    id: PersonId,
) -> Result<Option<String>> {
    let is = held(conn, org, id).await?.is_some() && is_last(conn, org, id).await?;
    Ok(is.then(|| LAST.to_owned()))
}

/// Changes the position label; what was signed before keeps the old one (FLD-11).
pub(crate) async fn relabel(
    tx: &mut Tx,
    policy: &Policy,
    org: &Org,
    id: PersonId,
    label: &str,
) -> Result<()> {
    let holder = own(tx, policy, org, id).await?;
    let label = read_label(label)?;
    set_label(tx, org.id, id.0, holder.grant_id, &label).await?;
    tx.record(
        Event::new("operator.relabelled", "person", id)
            .org(org.id)
            .before(json!({ "label": holder.label }))
            .after(json!({ "label": label })),
    );
    Ok(())
}

/// 重置运营者密码: a new random one, shown once; sessions end.
pub(crate) async fn reset(tx: &mut Tx, policy: &Policy, org: &Org, id: PersonId) -> Result<String> {
    own(tx, policy, org, id).await?;
    let password = new_password(tx);
    let (keys, random, now) = (tx.keys().clone(), tx.random().clone(), tx.now());
    let hash = secrets::hash(&keys, &random, &password).await?;
    store::account::set_password(tx, id.0, &hash, true, now).await?;
    store::session::end_others(tx, id.0, None).await?;
    super::sign_in::unlock(tx, id.0).await?;
    tx.record(Event::new("operator.password_given", "person", id).org(org.id));
    let body = format!(
        "〔{}〕重置了您的登录密码，原有登录均已结束。",
        org.full_name
    );
    tell(tx, id, "登录密码已被重置", body).await?;
    Ok(password)
}

async fn tell(tx: &mut Tx, id: PersonId, title: &str, body: String) -> Result<()> {
    let note = Note {
        kind: "account",
        title: title.into(),
        body,
        jump: None,
        about: None,
    };
    messages::tell(tx, Receiver::Person(id), note).await
}
