//! New organisations and the correction of fresh ones.

use crate::Policy;
use crate::rules::{
    BranchKind, Fault, NewOrg, Org, OrgState, Superior, check_characters, check_place,
    check_short_name, full_name,
};
use crate::store::{self, Spot};
use access::{Permission, Who};
use base::{Error, OrgCategory, OrgId, OrgPath, Result, business_date};
use db::{Tx, audit::Event};
use serde_json::json;

/// The superior with its line and school code, as checks of new subordinates need it.
pub async fn superior(conn: &mut sqlx::PgConnection, org: Org) -> Result<Superior> {
    let mut line = store::ancestors(conn, &org.path).await?;
    line.push(org.clone());
    let school_code = store::school_code(conn, org.id).await?;
    Ok(Superior {
        org,
        line,
        school_code,
    })
}

/// Creates a direct subordinate of `parent` (ORG-20). Only the superior's own administrators do; leading bodies come
/// from the deployment's seed alone (ORG-07). The new organisation is 已创建 until its first administrator is in.
pub async fn create(tx: &mut Tx, parent: &Org, new: NewOrg, policy: &Policy) -> Result<Org> {
    tx.actor()
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    let seeding = matches!(tx.actor().who, Who::System(_));
    if !(seeding && new.category == OrgCategory::LeadingBody) {
        check_place(new.category, parent, policy)?;
    }
    check_short_name(new.category, &new.short_name)?;
    // From here on nobody else in the country creates: label, names and number are settled under this lock.
    let number = store::next_number(tx).await?;
    if store::sibling(tx, parent.id, &new.short_name, None)
        .await?
        .is_some()
    {
        return Err(Fault::new(
            "short_name",
            "org.sibling",
            "同级已有该组织简称。请核对是否已经创建，或改用能区分的简称。",
        )
        .into());
    }
    let full = match &new.full_name {
        Some(name) => name.clone(),
        None => {
            let mut line = store::ancestors(tx, &parent.path).await?;
            line.push(parent.clone());
            full_name(&line, new.category, &new.short_name, policy)
        }
    };
    check_characters("full_name", "组织全称", &full, 120)?;
    unique_full_name(tx, &full, None).await?;
    let (label, sort) = store::last_child(tx, parent.id).await?;
    let next = label.map_or(1, |path| path.last_number() + 1);
    let spot = Spot {
        id: tx.new_id(),
        number,
        parent: Some(parent.id),
        path: parent.path.child(next),
        sort_no: new.sort_no.unwrap_or_else(|| (sort + 1).min(9999)),
        founded_on: new.founded_on.unwrap_or_else(|| business_date(tx.now())),
        accepts_registration: takes_registrations(&new),
    };
    write(tx, &spot, &new, &full).await
}

/// Creates the root of the tree: once a deployment, by its seed.
pub async fn create_root(tx: &mut Tx, short_name: &str, full: &str) -> Result<Org> {
    if !matches!(tx.actor().who, Who::System(_)) {
        return Err(Error::forbidden("根组织由部署时的初始化建立。"));
    }
    let spot = Spot {
        id: tx.new_id(),
        number: store::next_number(tx).await?,
        parent: None,
        path: OrgPath::root(),
        sort_no: 1,
        founded_on: business_date(tx.now()),
        accepts_registration: false,
    };
    let new = NewOrg::plain(OrgCategory::LeadingBody, short_name);
    write(tx, &spot, &new, full).await
}

fn takes_registrations(new: &NewOrg) -> bool {
    new.category == OrgCategory::Branch
        && !matches!(
            new.kind,
            BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
        )
}

async fn write(tx: &mut Tx, spot: &Spot, new: &NewOrg, full: &str) -> Result<Org> {
    let now = tx.now();
    store::insert(tx, spot, new, full, now).await?;
    tx.record(
        Event::new("org.created", "org", spot.id)
            .org(spot.id)
            .after(json!({
                "number": spot.number,
                "superior": spot.parent,
                "category": new.category.code(),
                "short_name": new.short_name,
                "full_name": full,
                "sector": new.sector,
            })),
    );
    Ok(Org {
        id: spot.id,
        number: spot.number,
        parent: spot.parent,
        path: spot.path.clone(),
        category: new.category,
        kind: new.kind,
        short_name: new.short_name.clone(),
        full_name: full.to_owned(),
        sector: new.sector.clone(),
        region: new.region.clone(),
        state: OrgState::Created,
        phone: new.phone.clone(),
        graduation: new.graduation,
        accepts_registration: spot.accepts_registration,
        version: 1,
    })
}

async fn unique_full_name(tx: &mut Tx, full: &str, except: Option<OrgId>) -> Result<()> {
    match store::namesake(tx, full, except).await? {
        Some(number) => Err(Fault::new(
            "full_name",
            "org.full_name_taken",
            format!("组织全称与〔{number}〕重复。请核对是否同一组织，或在全称中写明所属单位。"),
        )
        .into()),
        None => Ok(()),
    }
}

/// The first administrator is in: 已创建 becomes 正常 (2.1). Does nothing otherwise.
pub async fn activate(tx: &mut Tx, org: OrgId) -> Result<()> {
    if store::activate(tx, org).await? {
        tx.record(Event::new("org.activated", "org", org).org(org));
    }
    Ok(())
}

/// The direct superior corrects names while nobody has signed in (ORG-15), or of a leading body while the building phase is
/// open (ORG-07).
pub async fn rename(
    tx: &mut Tx,
    org: &Org,
    short_name: &str,
    full: &str,
    policy: &Policy,
) -> Result<()> {
    let parent = match org.parent {
        Some(parent) => store::find(tx, parent).await?.ok_or(Error::NotFound)?,
        None => return Err(Error::forbidden("根组织的名称由部署时的初始化确定。")),
    };
    tx.actor()
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    let building = policy.building_phase && org.category == OrgCategory::LeadingBody;
    if org.state != OrgState::Created && !building {
        return Err(Error::refused(
            "org.locked",
            "该组织已有管理员登录，名称不能由上级直接修改。请由该组织书面说明理由，逐级报省级团委核实更正。",
        ));
    }
    check_short_name(org.category, short_name)?;
    check_characters("full_name", "组织全称", full, 120)?;
    store::lock(tx).await?;
    if store::sibling(tx, parent.id, short_name, Some(org.id))
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
    unique_full_name(tx, full, Some(org.id)).await?;
    if !store::rename(tx, org, short_name, full).await? {
        return Err(super::inform::changed_meanwhile());
    }
    tx.record(
        Event::new("org.renamed", "org", org.id)
            .org(org.id)
            .before(json!({"short_name": org.short_name, "full_name": org.full_name}))
            .after(json!({"short_name": short_name, "full_name": full})),
    );
    Ok(())
}
