//! The own information.

use crate::Policy;
use crate::rules::{Fault, InfoInput, OrgInfo, check_information};
use crate::store;
use access::Permission;
use base::{Error, OrgId, Reserved, Result};
use db::{Tx, audit::Event};
use serde_json::{Value, json};

pub(super) fn changed_meanwhile() -> Error {
    Error::Conflict("该组织的资料刚被他人修改。请刷新页面，核对最新内容后再提交。".into())
}

/// Saves an organisation's information by its own administrator (ORG-10..14). At the first saving names and category
/// must have been looked at once more (ORG-11).
pub async fn update_information(
    tx: &mut Tx,
    id: OrgId,
    input: &InfoInput,
    policy: &Policy,
    reserved: Reserved,
) -> Result<()> {
    let info = store::information(tx, id).await?.ok_or(Error::NotFound)?;
    tx.actor()
        .require(Permission::EditOrg, &info.org.to_ref())?;
    if !info.org.state.is_live() {
        return Err(Error::refused(
            "org.gone",
            format!("该组织{}，资料不能再修改。", info.org.state.label()),
        ));
    }
    let new = check_information(input, &info, policy, reserved)
        .map_err(|mut faults| Error::from(faults.remove(0)))?;
    if info.saved_at.is_none() && input.confirmed != "yes" {
        return Err(Error::refused(
            "org.confirm",
            "首次提交前请核对组织简称、全称、类别和行业类别，提交后不能自行修改。",
        ));
    }
    let version: i32 = input.version.parse().unwrap_or(info.org.version);
    store::lock(tx).await?;
    if new.short_name != info.org.short_name
        && let Some(parent) = info.org.parent
        && store::sibling(tx, parent, &new.short_name, Some(id))
            .await?
            .is_some()
    {
        return Err(Fault::new(
            "short_name",
            "org.sibling",
            "同级已有该组织简称。请改用能区分的简称。",
        )
        .into());
    }
    if let Some(number) = store::namesake(tx, &new.full_name, Some(id)).await? {
        return Err(Fault::new(
            "full_name",
            "org.full_name_taken",
            format!("组织全称与〔{number}〕重复。请核对后修改。"),
        )
        .into());
    }
    let now = tx.now();
    if !store::write_information(tx, id, version, &new, now).await? {
        return Err(changed_meanwhile());
    }
    tx.record(
        Event::new("org.informed", "org", id)
            .org(id)
            .before(facts(&info))
            .after(json!({
                "short_name": new.short_name, "full_name": new.full_name, "sector": new.sector,
                "admin": [new.admin_posts, new.admin_actual], "inst": [new.inst_posts, new.inst_actual],
                "youth_14_28": new.youth_14_28, "recommended_to_party": new.recommended_to_party, "email": new.email,
                "phone_changed": new.phone != info.org.phone, "uscc": new.uscc, "league_code": new.league_code,
                "wechat": new.wechat, "weibo": new.weibo, "accepts_registration": new.accepts_registration,
            })),
    );
    Ok(())
}

/// What the audit keeps; phone numbers never whole.
fn facts(info: &OrgInfo) -> Value {
    json!({
        "short_name": info.org.short_name, "full_name": info.org.full_name, "sector": info.org.sector,
        "admin": [info.admin_posts, info.admin_actual], "inst": [info.inst_posts, info.inst_actual],
        "youth_14_28": info.youth_14_28, "recommended_to_party": info.recommended_to_party, "email": info.email,
        "uscc": info.uscc, "league_code": info.league_code, "wechat": info.wechat, "weibo": info.weibo,
        "accepts_registration": info.org.accepts_registration,
    })
}
