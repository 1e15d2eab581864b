//! Whether a correction can be made as things are now, field by field (ORG-15).

use super::{Wanted, present};
use crate::store::removal::hanging;
use base::{Error, OrgCategory, Result};
use orgs::{BranchKind, Org, OrgInfo, OrgState};
use sqlx::PgConnection;

pub(super) fn refuse<T>(
    field: &'static str,
    code: &'static str,
    message: impl Into<String>,
) -> Result<T> {
    Err(Error::refused_at(field, code, message))
}

/// Whether the correction can be made as things are now.
pub(super) async fn check(
    conn: &mut PgConnection,
    info: &OrgInfo,
    field: &str,
    wanted: &Wanted,
    policy: &orgs::Policy,
    today: chrono::NaiveDate,
) -> Result<()> {
    let org = &info.org;
    let value = wanted.value.as_str();
    if !org.state.is_live() {
        return refuse(
            "field",
            "correction.gone",
            format!("该组织{}，不能更正。", org.state.label()),
        );
    }
    let marked = org.is_branch() && orgs::is_marked(conn, org).await?;
    let lifts = field == "graduation" && marked && org.graduation.is_none();
    if present(info, field) == value && !lifts {
        return refuse("value", "correction.same", "与现在的内容相同，不用更正。");
    }
    match field {
        "short_name" => short_name(conn, org, org.category, value).await?,
        "full_name" => full_name(conn, org, value, policy).await?,
        "category" => {
            let new = category(conn, org, value, policy).await?;
            if let Some((short, full)) = &wanted.names {
                short_name(conn, org, new, short).await?;
                full_name(conn, org, full, policy).await?;
            }
        }
        "kind" => kind(conn, org, value, policy, today).await?,
        "school_code" => school_code(conn, info, value, marked, policy).await?,
        "sector" => {
            let Some(sector) = policy.sector(value).filter(|s| !s.retired) else {
                return refuse("value", "org.sector", "行业类别不存在，请从下拉项中选择。");
            };
            let was = policy.is_school(org.sector.as_deref(), None);
            if was && !sector.school && !policy.asks_school && marked {
                return refuse(
                    "value",
                    "correction.marked",
                    "已标记毕业时间的组织不能由学校领域改为其他行业。请先申请更正毕业时间。",
                );
            }
        }
        "graduation" => {
            if !org.is_branch() || (!marked && org.state != OrgState::Graduate) {
                return refuse(
                    "field",
                    "correction.unmarked",
                    "该组织没有标记毕业时间，不用更正。",
                );
            }
            if !value.is_empty() {
                let typed = crate::rules::graduation::Typed {
                    month: value,
                    ..Default::default()
                };
                if let Err(Error::Refused(fault)) = crate::rules::graduation::read(&typed, today) {
                    return refuse("value", fault.code, fault.message);
                }
            }
        }
        _ => return refuse("field", "correction.field", "请选择要更正的项目。"),
    }
    Ok(())
}

/// A branch is of a kind its superior may set up (ORG-06).
async fn kind(
    conn: &mut PgConnection,
    org: &Org,
    value: &str,
    policy: &orgs::Policy,
    today: chrono::NaiveDate,
) -> Result<()> {
    let parent = match org.parent {
        Some(parent) if org.is_branch() => orgs::find(conn, parent).await?,
        _ => None,
    };
    let Some(parent) = parent else {
        return refuse("field", "correction.kind", "只有团支部有支部类型。");
    };
    if org.state == OrgState::Graduate {
        return refuse(
            "field",
            "correction.graduate",
            "毕业生团组织的支部类型不能更正，请先申请更正毕业时间。",
        );
    }
    let kind = BranchKind::from_code(value);
    if matches!(
        kind,
        BranchKind::AwaitingTransfer | BranchKind::SpecialUnitVault
    ) && let Some(number) = orgs::of_kind(conn, parent.id, kind.code()).await?
    {
        return refuse(
            "value",
            "org.kind_once",
            format!(
                "〔{}〕之下已有{}（组织ID {number}）。",
                parent.short_name,
                kind.label()
            ),
        );
    }
    let above = orgs::superior(conn, parent).await?;
    match orgs::check_kind(kind, org.category, &above, policy, today) {
        Ok(()) => Ok(()),
        Err(fault) => refuse("value", fault.code, fault.message),
    }
}

/// The code is the independent school's: what stands below one inherits it (ORG-16).
async fn school_code(
    conn: &mut PgConnection,
    info: &OrgInfo,
    value: &str,
    marked: bool,
    policy: &orgs::Policy,
) -> Result<()> {
    if let Some(parent) = info.org.parent
        && let Some(above) = orgs::find(conn, parent).await?
        && orgs::superior(conn, above.clone())
            .await?
            .school_code
            .is_some()
    {
        return refuse(
            "field",
            "correction.inherited",
            format!(
                "学校编号沿用〔{}〕的，请由独立设置的学校申请更正。",
                above.short_name
            ),
        );
    }
    if value.is_empty() {
        if policy.asks_school && marked {
            return refuse(
                "value",
                "correction.marked",
                "已标记毕业时间的组织不能改为不是学校。请先申请更正毕业时间。",
            );
        }
        return Ok(());
    }
    match orgs::read_school_code(value) {
        Ok(_) => Ok(()),
        Err(fault) => refuse("value", fault.code, fault.message),
    }
}

/// A category may change as long as the tree stays one: nothing below a branch, no members elsewhere (ORG-09).
async fn category(
    conn: &mut PgConnection,
    org: &Org,
    value: &str,
    policy: &orgs::Policy,
) -> Result<OrgCategory> {
    let Some(new) = OrgCategory::from_code(value) else {
        return refuse("value", "org.category", "请选择组织类别。");
    };
    let parent = match org.parent {
        Some(parent) => orgs::find(conn, parent).await?.ok_or(Error::NotFound)?,
        None => return refuse("value", "correction.root", "根组织的类别不能更正。"),
    };
    if let Err(fault) = orgs::check_place(new, &parent, policy) {
        return refuse("value", fault.code, fault.message);
    }
    let hanging = hanging(conn, org.id).await?;
    if hanging.members > 0 && new != OrgCategory::Branch {
        return refuse(
            "value",
            "correction.members",
            format!(
                "〔{}〕有{}名团员，只有团支部才有团员。请先把团员转到团支部。",
                org.short_name, hanging.members
            ),
        );
    }
    for child in orgs::children(conn, org.id).await? {
        let stands = Org {
            category: new,
            ..org.clone()
        };
        if orgs::check_place(child.category, &stands, policy).is_err() {
            return refuse(
                "value",
                "correction.below",
                format!(
                    "下级〔{}〕不能设在{}之下。请先迁移或删除下级组织。",
                    child.short_name,
                    new.label()
                ),
            );
        }
    }
    Ok(new)
}

async fn short_name(
    conn: &mut PgConnection,
    org: &Org,
    category: OrgCategory,
    name: &str,
) -> Result<()> {
    orgs::check_short_name(category, name)?;
    if let Some(parent) = org.parent
        && let Some(number) = orgs::sibling(conn, parent, name, Some(org.id)).await?
    {
        return refuse(
            "value",
            "org.sibling",
            format!("同级已有该组织简称（组织ID {number}）。"),
        );
    }
    Ok(())
}

async fn full_name(
    conn: &mut PgConnection,
    org: &Org,
    name: &str,
    policy: &orgs::Policy,
) -> Result<()> {
    orgs::check_characters("value", "组织全称", name, policy.full_name_max)?;
    match orgs::namesake(conn, name, Some(org.id)).await? {
        Some(number) => refuse(
            "value",
            "org.full_name_taken",
            format!("组织全称与〔{number}〕重复。"),
        ),
        None => Ok(()),
    }
}
