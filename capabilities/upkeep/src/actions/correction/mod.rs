//! 组织信息更正 (ORG-15) and 毕业时间更正 (ORG-57): up level by level to the provincial body, which decides and carries out.

mod check;

use super::change::{self, New};
use crate::store::change::{self as changes, Change};
use access::{Actor, Relation};
use approvals::Step;
use base::{Error, OrgCategory, Result, YearMonth, business_date, text};
use check::{check, refuse};
use db::{Event, Tx};
use orgs::{BranchKind, Org, OrgInfo, OrgState};
use serde_json::json;
use sqlx::PgConnection;

/// What can be corrected: code and label.
pub(crate) const FIELDS: [(&str, &str); 7] = [
    ("short_name", "组织简称"),
    ("full_name", "组织全称"),
    ("category", "组织类别"),
    ("kind", "支部类型"),
    ("sector", "单位所属行业类别"),
    ("school_code", "学校编号"),
    ("graduation", "毕业时间"),
];

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) field: String,
    pub(crate) value: String,
    /// 简称 and 全称 that go with another category, whose ending they have to have (ORG-19); 全称 empty: generated.
    pub(crate) names: (String, String),
    pub(crate) reason: String,
}

/// What the field is to hold, with the names that go with a category.
#[derive(Clone, Debug)]
struct Wanted {
    value: String,
    names: Option<(String, String)>,
}

/// What a code is called.
pub(crate) fn label(field: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|(code, _)| *code == field)
        .map_or("", |(_, label)| label)
}

/// The value as people read it.
fn shown(field: &str, value: &str) -> String {
    match field {
        "category" => OrgCategory::from_code(value)
            .map_or("", |c| c.label())
            .into(),
        "graduation" if value.is_empty() => "未标记".into(),
        "kind" => BranchKind::from_code(value).label().into(),
        "school_code" if value.is_empty() => "没有（不是独立设置的学校）".into(),
        _ => value.into(),
    }
}

/// What the field holds now.
pub(crate) fn present(info: &OrgInfo, field: &str) -> String {
    let org = &info.org;
    match field {
        "kind" => org.kind.code().to_owned(),
        "school_code" => info.school_code.clone().unwrap_or_default(),
        "short_name" => org.short_name.clone(),
        "full_name" => org.full_name.clone(),
        "category" => org.category.code().to_owned(),
        "sector" => org.sector.clone().unwrap_or_default(),
        _ => org.graduation.map(|m| m.to_string()).unwrap_or_default(),
    }
}

/// The names asked for together with another category: the short name's ending is the category's (ORG-19), and the full
/// name follows it where nothing else was typed.
async fn names(
    conn: &mut PgConnection,
    org: &Org,
    category: &str,
    asked: &Asked,
    policy: &orgs::Policy,
) -> Result<Option<(String, String)>> {
    let Some(category) = OrgCategory::from_code(category) else {
        return Ok(None);
    };
    let typed = |text: &str| Some(text::normalise(text)).filter(|text| !text.is_empty());
    let short = typed(&asked.names.0).unwrap_or_else(|| org.short_name.clone());
    let full = match typed(&asked.names.1) {
        Some(full) => full,
        None => {
            let line = orgs::ancestors(conn, &org.path).await?;
            orgs::full_name(&line, category, &short, policy)
        }
    };
    Ok(Some((short, full)))
}

/// Whether the actor decides alone: the provincial and the central body; the direct superior while nobody has signed in.
fn decides(actor: &Actor, org: &Org) -> bool {
    let Some(own) = actor.org() else {
        return false;
    };
    let relation = actor.relation(&org.to_ref());
    // Of its own fields a provincial body applies to the central one; nobody stands above the root.
    let high = actor.is_high()
        && match relation {
            Relation::None => false,
            Relation::Own => own.path.depth() == 1,
            Relation::DirectSuperior | Relation::HigherSuperior => true,
        };
    high || (relation == Relation::DirectSuperior && org.state == OrgState::Created)
}

/// Applies for a correction, or makes it where the actor decides alone. Answers whether it took effect.
pub(crate) async fn ask(
    tx: &mut Tx,
    org: &Org,
    asked: &Asked,
    policy: &orgs::Policy,
) -> Result<bool> {
    let actor = tx.actor().clone();
    let relation = actor.relation(&org.to_ref());
    let own = actor.org().cloned().ok_or(Error::NotFound)?;
    actor.require_look(access::Permission::ViewOrg, &org.to_ref())?;
    let alone = decides(&actor, org);
    // ORG-57: the school collects; ORG-15: the organisation itself or its direct superior.
    let marks = asked.field == "graduation" && relation == Relation::HigherSuperior;
    if !alone && !marks && !matches!(relation, Relation::Own | Relation::DirectSuperior) {
        return Err(Error::forbidden(
            "更正由本组织或其直接上级的管理员申请，逐级报省级团委核实。",
        ));
    }
    if actor.mark(access::Permission::CorrectOrgs, &org.to_ref()) < access::Mark::Applies {
        return Err(Error::forbidden("更正由组织的管理员申请。"));
    }
    let value = text::normalise(&asked.value);
    let reason = text::normalise(&asked.reason);
    if !(5..=249).contains(&reason.chars().count()) || text::has_control(&reason) {
        return refuse("reason", "correction.reason", "请写明更正理由，5–249个字。");
    }
    orgs::lock(tx).await?;
    let today = business_date(tx.now());
    let names = match asked.field.as_str() {
        "category" => names(tx, org, &value, asked, policy).await?,
        _ => None,
    };
    let wanted = Wanted { value, names };
    let info = orgs::information(tx, org.id)
        .await?
        .ok_or(Error::NotFound)?;
    check(tx, &info, &asked.field, &wanted, policy, today).await?;
    if changes::is_open(tx, "correction", &[org.id]).await? {
        return refuse(
            "field",
            "correction.open",
            "该组织已有在办的更正申请，请等它办结。",
        );
    }
    let before = present(&info, &asked.field);
    let name = label(&asked.field);
    let mut lines = vec![(
        name.to_owned(),
        shown(&asked.field, &before),
        shown(&asked.field, &wanted.value),
    )];
    if let Some((short, full)) = &wanted.names {
        lines.push(("组织简称".into(), org.short_name.clone(), short.clone()));
        lines.push(("组织全称".into(), org.full_name.clone(), full.clone()));
    }
    let new = New {
        kind: "correction",
        title: format!("更正{name}"),
        lines,
        detail: json!({ "field": asked.field, "before": before, "after": wanted.value, "names": wanted.names }),
        reason,
    };
    if alone {
        write(tx, &info, &asked.field, &wanted, policy).await?;
        change::note(tx, org, new).await?;
        return Ok(true);
    }
    let mut above = orgs::ancestors(tx, &org.path).await?;
    let root = orgs::root_of(&above);
    let top = root.provincial_depth();
    above.reverse();
    let steps: Vec<Step> = above
        .iter()
        .filter(|superior| superior.path.depth() >= top || org.path.depth() <= top)
        .filter(|superior| superior.id != own.id && !own.path.contains(&superior.path))
        .map(|superior| {
            let last = root.is_high(&superior.path);
            let words = if last { "核实更正" } else { "逐级上报" };
            let code = if last { "decide" } else { "forward" };
            Step::new(
                code,
                words,
                "组织信息更正待核实",
                superior.id,
                &superior.full_name,
            )
            .remind_on(&[7, 14])
        })
        .collect();
    change::apply(tx, org, new, steps).await?;
    Ok(false)
}

/// The provincial body has agreed: checked once more, then written.
pub(crate) async fn agreed(tx: &mut Tx, change: &Change, policy: &orgs::Policy) -> Result<()> {
    orgs::lock(tx).await?;
    let info = orgs::information(tx, change.org)
        .await?
        .ok_or(Error::NotFound)?;
    let org = &info.org;
    let word = |name: &str| change.detail[name].as_str().unwrap_or_default().to_owned();
    let field = word("field");
    let wanted = Wanted {
        value: word("after"),
        // Asked for before names went with a category: those it has.
        names: serde_json::from_value(change.detail["names"].clone()).unwrap_or_default(),
    };
    let today = business_date(tx.now());
    check(tx, &info, &field, &wanted, policy, today).await?;
    write(tx, &info, &field, &wanted, policy).await?;
    let now = tx.now();
    changes::set_state(tx, change.org, change.id, "effective", Some(now)).await?;
    let body = format!(
        "〔{}〕的{}已更正为“{}”。",
        org.full_name,
        label(&field),
        shown(&field, &wanted.value)
    );
    change::tell(tx, change, "组织信息已更正", body).await
}

async fn write(
    tx: &mut Tx,
    info: &OrgInfo,
    field: &str,
    wanted: &Wanted,
    policy: &orgs::Policy,
) -> Result<()> {
    let org = &info.org;
    let value = wanted.value.as_str();
    let done = match field {
        "short_name" => orgs::correct_names(tx, org, value, &org.full_name).await?,
        "full_name" => orgs::correct_names(tx, org, &org.short_name, value).await?,
        "category" => {
            let (short, full) = match &wanted.names {
                Some((short, full)) => (short.as_str(), full.as_str()),
                None => (org.short_name.as_str(), org.full_name.as_str()),
            };
            orgs::correct_category(tx, org, value, short, full).await?
        }
        "sector" => orgs::correct_sector(tx, org, value).await?,
        "kind" => orgs::correct_kind(tx, org, BranchKind::from_code(value)).await?,
        "school_code" => {
            let code = Some(value).filter(|code| !code.is_empty());
            orgs::correct_school_code(tx, info, code, policy.asks_school).await?
        }
        _ => {
            let month: Option<YearMonth> = value.parse().ok();
            orgs::correct_graduation(tx, org.id, month).await?;
            true
        }
    };
    if !done {
        return Err(Error::Conflict(
            "该组织的资料刚被他人修改，请刷新后核对。".into(),
        ));
    }
    let mut before = json!({ field: present(info, field), "state": org.state.code() });
    let mut after = json!({ field: value });
    if let Some((short, full)) = &wanted.names {
        before["short_name"] = json!(org.short_name);
        before["full_name"] = json!(org.full_name);
        after["short_name"] = json!(short);
        after["full_name"] = json!(full);
    }
    tx.record(
        Event::new("org.corrected", "org", org.id)
            .org(org.id)
            .before(before)
            .after(after),
    );
    Ok(())
}
