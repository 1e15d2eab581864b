//! An administrator code in the hands of somebody who has an account already (ACC-B2): post, grant and the code's use as at
//! a registration (ACC-25), without a second registration.

use super::{
    codes::{count_wrong, home_of, not_paused, redeem},
    register::tell_superior,
};
use crate::{Policy, policy::Organisations, rules::code::Kind, store};
use access::Role;
use base::{Error, PersonId, Result};
use db::{Db, Event, Tx};
use orgs::Org;
use people::Nature;

/// Where and as what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub code: &'a str,
    pub title: &'a str,
}

/// The organisation a good code is for; a wrong one counts against the address.
pub(crate) async fn look(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    code: &str,
    address: &str,
) -> Result<Org> {
    if policy.organisations != Organisations::AdminCode {
        return Err(Error::NotFound);
    }
    not_paused(tx, policy, address).await?;
    let found = async {
        let org = home_of(tx, policy, code).await?;
        redeem(
            tx,
            policy,
            Kind::Admin,
            Some((org.id, &org.full_name)),
            code,
        )
        .await?;
        Ok(org)
    }
    .await;
    if let Err(Error::Refused(_)) = &found {
        count_wrong(db, address).await?;
    }
    let org: Org = found?;
    if !org.state.is_live() {
        return Err(Error::refused_at(
            "code",
            "code.org",
            "该注册码所属的组织已经撤销或毕业，不能再使用。请联系直接上级团组织。",
        ));
    }
    Ok(org)
}

/// Makes the person administrator of the code's organisation.
pub(crate) async fn become_administrator(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    person: PersonId,
    wish: Wish<'_>,
) -> Result<Org> {
    let address = tx.actor().address.clone();
    let org = look(tx, db, policy, wish.code, &address).await?;
    if !people::titles(org.category).contains(&wish.title) {
        let message = format!(
            "请选择团内职务：{}",
            people::titles(org.category).join("、")
        );
        return Err(Error::refused_at("title", "register.title", message));
    }
    let held = store::grant::holders(tx, org.id).await?;
    if held
        .iter()
        .any(|h| h.account_id == person.0 && h.role == Role::Administrator.code())
    {
        return Err(Error::refused_at(
            "code",
            "redeem.held",
            format!("您已是〔{}〕的管理员，不用再使用注册码。", org.full_name),
        ));
    }
    let keys = tx.keys().clone();
    let name = people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?
        .name;
    let posts = people::posts(tx, person).await?;
    if !posts
        .iter()
        .any(|post| post.org == org.id && post.title == wish.title)
    {
        // As at a registration the code brings no change of secretary (ROS-41).
        people::appoint(
            tx,
            person,
            &org,
            wish.title,
            Nature::PartTime,
            false,
            "管理员注册码",
        )
        .await?;
    }
    super::grants::grant(
        tx,
        policy,
        person,
        &name,
        &org,
        Role::Administrator,
        "admin_code",
    )
    .await?;
    let row = redeem(
        tx,
        policy,
        Kind::Admin,
        Some((org.id, &org.full_name)),
        wish.code,
    )
    .await?;
    store::code::set_used(tx, org.id, row.code_id, &name, org.id).await?;
    tx.record(Event::new("code.redeemed", "person", person).org(org.id));
    tell_superior(tx, &org, &name, "成为", wish.title).await?;
    orgs::activate(tx, org.id).await?;
    Ok(org)
}
