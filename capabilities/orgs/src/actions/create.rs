//! New organisations and the correction of fresh ones.

use crate::rules::{
    BranchKind, Fault, NewOrg, Org, OrgState, Superior, check_characters, check_place,
    check_short_name, full_name,
};
use crate::store::{self, Fresh};
use crate::{Entrance, Policy};
use access::{Permission, Who};
use base::{Error, OrgCategory, OrgId, OrgPath, Result, business_date};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Tx, audit::Event};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::HashSet;

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
    let mut made = create_many(tx, parent, vec![new], policy).await?;
    made.pop().ok_or(Error::NotFound)
}

/// Creates direct subordinates of `parent`, all or none, in the same few statements for any number; the rules are those
/// of [`create`]. Their numbers follow each other.
pub async fn create_many(
    tx: &mut Tx,
    parent: &Org,
    news: Vec<NewOrg>,
    policy: &Policy,
) -> Result<Vec<Org>> {
    tx.actor()
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    let seeding = matches!(tx.actor().who, Who::System(_));
    for new in &news {
        if !(seeding && new.category == OrgCategory::LeadingBody) {
            check_place(new.category, parent, policy)?;
        }
        check_short_name(new.category, &new.short_name)?;
    }
    // From here on nobody else in the country creates: labels, names and numbers are settled under this lock.
    let first = store::next_numbers(tx, news.len() as i64).await?;
    let mut line = store::ancestors(tx, &parent.path).await?;
    line.push(parent.clone());
    let full_names: Vec<String> = news
        .iter()
        .map(|new| match &new.full_name {
            Some(name) => name.clone(),
            None => full_name(&line, new.category, &new.short_name, policy),
        })
        .collect();
    unique(tx, parent, &news, &full_names, policy).await?;
    one_each(tx, parent, &news).await?;
    let (label, sort) = store::last_child(tx, parent.id).await?;
    let label = label.map_or(1, |path| path.last_number() + 1);
    let today = business_date(tx.now());
    let mut fresh = Vec::with_capacity(news.len());
    for (i, (new, full)) in (0_i32..).zip(news.into_iter().zip(full_names)) {
        let org = Org {
            number: first + i64::from(i),
            parent: Some(parent.id),
            path: parent.path.child(label + i.unsigned_abs()),
            ..made(tx, &new, full)
        };
        fresh.push(Fresh {
            sort_no: new.sort_no.unwrap_or_else(|| (sort + 1 + i).min(9999)),
            founded_on: new.founded_on.unwrap_or(today),
            org,
            new,
        });
    }
    write(tx, &fresh).await?;
    Ok(fresh.into_iter().map(|f| f.org).collect())
}

/// Refuses short names that a sibling has and full names that anybody has, also among the new ones.
async fn unique(
    tx: &mut Tx,
    parent: &Org,
    news: &[NewOrg],
    full_names: &[String],
    policy: &Policy,
) -> Result<()> {
    let names: Vec<String> = news.iter().map(|new| new.short_name.clone()).collect();
    let mut seen: HashSet<String> = store::siblings(tx, parent.id, &names)
        .await?
        .into_iter()
        .collect();
    if !names.into_iter().all(|name| seen.insert(name)) {
        return Err(Fault::new(
            "short_name",
            "org.sibling",
            "同级已有该组织简称。请核对是否已经创建，或改用能区分的简称。",
        )
        .into());
    }
    let mut seen = HashSet::new();
    for name in full_names {
        check_characters("full_name", "组织全称", name, policy.full_name_max)?;
        if !seen.insert(name) {
            return Err(Fault::new(
                "full_name",
                "org.full_name_taken",
                format!("组织全称〔{name}〕在本次创建中重复。请在全称中写明所属单位。"),
            )
            .into());
        }
    }
    match store::namesakes(tx, full_names).await?.first() {
        Some((_, number)) => Err(taken(*number).into()),
        None => Ok(()),
    }
}

/// One 待接转团支部 a superior, one 特殊单位专属库 a province (ORG-06).
async fn one_each(tx: &mut Tx, parent: &Org, news: &[NewOrg]) -> Result<()> {
    for kind in [BranchKind::AwaitingTransfer, BranchKind::SpecialUnitVault] {
        let wanted = news.iter().filter(|new| new.kind == kind).count();
        if wanted == 0 {
            continue;
        }
        let there = store::of_kind(tx, parent.id, kind.code()).await?;
        if there.is_some() || wanted > 1 {
            let which = there.map_or(String::new(), |number| format!("（组织ID {number}）"));
            return Err(Fault::new(
                "kind",
                "org.kind_once",
                format!(
                    "〔{}〕之下只能有一个{}，已经建有{which}。",
                    parent.short_name,
                    kind.label()
                ),
            )
            .into());
        }
    }
    Ok(())
}

/// A new organisation without its place.
fn made(tx: &Tx, new: &NewOrg, full_name: String) -> Org {
    Org {
        id: tx.new_id(),
        number: 0,
        parent: None,
        path: OrgPath::root(),
        category: new.category,
        kind: new.kind,
        short_name: new.short_name.clone(),
        full_name,
        sector: new.sector.clone(),
        region: new.region.clone(),
        state: OrgState::Created,
        phone: new.phone.clone(),
        graduation: new.graduation,
        accepts_registration: takes_registrations(new),
        version: 1,
    }
}

/// Creates the root of the tree: once a deployment, by its seed. `region` says of which province it is the body, if of one.
pub async fn create_root(
    tx: &mut Tx,
    short_name: &str,
    full: &str,
    region: Option<&str>,
) -> Result<Org> {
    if !matches!(tx.actor().who, Who::System(_)) {
        return Err(Error::forbidden("根组织由部署时的初始化建立。"));
    }
    let new = NewOrg {
        region: region.map(Into::into),
        ..NewOrg::plain(OrgCategory::LeadingBody, short_name)
    };
    let org = Org {
        number: store::next_numbers(tx, 1).await?,
        ..made(tx, &new, full.to_owned())
    };
    let founded_on = business_date(tx.now());
    let fresh = [Fresh {
        org,
        new,
        sort_no: 1,
        founded_on,
    }];
    write(tx, &fresh).await?;
    let [root] = fresh;
    Ok(root.org)
}

fn takes_registrations(new: &NewOrg) -> bool {
    new.category == OrgCategory::Branch
        && !matches!(
            new.kind,
            BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
        )
}

async fn write(tx: &mut Tx, fresh: &[Fresh]) -> Result<()> {
    let now = tx.now();
    store::insert(tx, fresh, now).await?;
    for Fresh { org, .. } in fresh {
        tx.record(
            Event::new("org.created", "org", org.id)
                .org(org.id)
                .after(json!({
                    "number": org.number,
                    "superior": org.parent,
                    "category": org.category.code(),
                    "short_name": org.short_name,
                    "full_name": org.full_name,
                    "sector": org.sector,
                })),
        );
    }
    Ok(())
}

fn taken(number: i64) -> Fault {
    Fault::new(
        "full_name",
        "org.full_name_taken",
        format!("组织全称与〔{number}〕重复。请核对是否同一组织，或在全称中写明所属单位。"),
    )
}

async fn unique_full_name(tx: &mut Tx, full: &str, except: Option<OrgId>) -> Result<()> {
    match store::namesake(tx, full, except).await? {
        Some(number) => Err(taken(number).into()),
        None => Ok(()),
    }
}

/// Deletes organisations just created that nobody has used yet: an import taken back (PEER-11).
pub async fn take_back(tx: &mut Tx, ids: &[OrgId]) -> Result<()> {
    store::lock(tx).await?;
    let used = store::in_use(tx, ids).await?;
    if !used.is_empty() {
        let names: Vec<String> = store::find_many(tx, &used)
            .await?
            .into_iter()
            .take(3)
            .map(|org| format!("〔{}〕", org.short_name))
            .collect();
        return Err(Error::refused(
            "org.in_use",
            format!(
                "{}等{}个组织已有管理员、下级或人员，不能整批撤回。请逐个核对处理。",
                names.join(""),
                used.len()
            ),
        ));
    }
    store::retire(tx, ids).await?;
    for id in ids {
        tx.record(Event::new("org.taken_back", "org", *id).org(*id));
    }
    Ok(())
}

/// Days in which the committee corrects what a branch that registered itself has typed (ORG-27).
const FRESH: TimeDelta = TimeDelta::days(7);

/// Whether a branch registered itself so lately that its committee may still correct name and sector (ORG-27).
pub async fn is_fresh(
    conn: &mut PgConnection,
    org: &Org,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(policy.entrance == Entrance::OrgCode
        && org.is_branch()
        && store::registered_after(conn, org.id, now - FRESH).await?)
}

/// Corrects the sector of a branch that registered itself, within the same days (ORG-27).
pub async fn resector(tx: &mut Tx, org: &Org, typed: &str, policy: &Policy) -> Result<()> {
    let parent = match org.parent {
        Some(parent) => store::find(tx, parent).await?.ok_or(Error::NotFound)?,
        None => return Err(Error::NotFound),
    };
    tx.actor()
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    let now = tx.now();
    if !is_fresh(tx, org, policy, now).await? {
        return Err(Fault::new(
            "sector",
            "org.locked",
            "只能在注册后7天内更正行业类别。请由该组织申请更正。",
        )
        .into());
    }
    let Some(sector) = policy.sector(typed).filter(|sector| !sector.retired) else {
        return Err(Fault::new(
            "sector",
            "org.sector",
            format!("行业类别〔{typed}〕不存在，请从下拉项中选择。"),
        )
        .into());
    };
    // The list of corrections of ORG-15 holds: what is marked stays in the school sector.
    let leaves = policy.is_school(org.sector.as_deref(), None) && !sector.school;
    if leaves && store::is_marked(tx, org).await? {
        return Err(Fault::new(
            "sector",
            "correction.marked",
            "已标记毕业时间的组织不能由学校领域改为其他行业。请先申请更正毕业时间。",
        )
        .into());
    }
    if !store::correct_sector(tx, org, &sector.name).await? {
        return Err(super::inform::changed_meanwhile());
    }
    tx.record(
        Event::new("org.corrected", "org", org.id)
            .org(org.id)
            .before(json!({ "sector": org.sector }))
            .after(json!({ "sector": sector.name })),
    );
    Ok(())
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
    let now = tx.now();
    let building =
        org.category == OrgCategory::LeadingBody && store::building_phase(tx, policy, now).await?;
    let fresh = is_fresh(tx, org, policy, now).await?;
    if org.state != OrgState::Created && !building && !fresh {
        return Err(Error::refused(
            "org.locked",
            "该组织已有管理员登录，名称不能由上级直接修改。请由该组织书面说明理由，逐级报省级团委核实更正。",
        ));
    }
    check_short_name(org.category, short_name)?;
    check_characters("full_name", "组织全称", full, policy.full_name_max)?;
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
