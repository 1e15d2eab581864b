//! Contact phone and alias of one's own organisation (FLD-06, FLD-08).

use crate::rules::{Fault, OrgInfo, check_alias, read_phone};
use crate::{Policy, store};
use access::Permission;
use base::{Error, OrgId, Reserved, Result};
use db::{Tx, audit::Event};
use serde_json::json;

async fn own(tx: &mut Tx, id: OrgId) -> Result<OrgInfo> {
    let info = store::information(tx, id).await?.ok_or(Error::NotFound)?;
    tx.actor()
        .require(Permission::EditOrg, &info.org.to_ref())?;
    if !info.org.state.is_live() {
        return Err(Error::refused(
            "org.gone",
            format!("该组织{}，资料不能再修改。", info.org.state.label()),
        ));
    }
    Ok(info)
}

fn unchanged(field: &'static str) -> Error {
    Fault::new(field, "org.unchanged", "没有任何改动").into()
}

/// Changes the contact phone, typed twice (FLD-08).
pub async fn change_phone(
    tx: &mut Tx,
    id: OrgId,
    typed: &str,
    again: &str,
    reserved: Reserved,
) -> Result<()> {
    let info = own(tx, id).await?;
    let Some(phone) = read_phone(typed, reserved)? else {
        return Err(Fault::new("phone", "org.required", "请填写新的联系电话。").into());
    };
    if read_phone(again, reserved).ok().flatten().as_deref() != Some(&phone) {
        return Err(Fault::new("again", "org.phone_again", "两次输入的联系电话不一致").into());
    }
    if info.org.phone.as_ref() == Some(&phone) {
        return Err(unchanged("phone"));
    }
    store::set_phone(tx, id, &phone).await?;
    tx.record(
        Event::new("org.phone_changed", "org", id)
            .org(id)
            .after(json!({ "phone_changed": true })),
    );
    Ok(())
}

/// Sets or changes 企业微信名称 (FLD-06): one among the organisations of a direct superior.
pub async fn change_alias(tx: &mut Tx, id: OrgId, typed: &str, policy: &Policy) -> Result<()> {
    if policy.alias_max == 0 {
        return Err(Error::NotFound);
    }
    let info = own(tx, id).await?;
    let alias = check_alias(typed, policy.alias_max)?;
    if info.alias.as_ref() == Some(&alias) {
        return Err(unchanged("alias"));
    }
    store::lock(tx).await?;
    if store::alias_taken(tx, info.org.parent, &alias, id).await? {
        return Err(Fault::new("alias", "alias.sibling", "同级组织已有该代称").into());
    }
    store::set_alias(tx, id, &alias).await?;
    tx.record(
        Event::new("org.alias_changed", "org", id)
            .org(id)
            .before(json!({ "alias": info.alias }))
            .after(json!({ "alias": alias })),
    );
    Ok(())
}
