//! 组织迁移 (FLD-U7): looked at, agreed to by both superiors, carried out as one act.

use super::change::{self, New};
use crate::Policy;
use crate::rules::moving as rules;
use crate::store::change::{self as changes, Change};
use crate::store::moving as store;
use access::{Actor, Permission};
use approvals::{AtDeadline, Deadline, HowDone, Step, Superior};
use base::{Error, OrgId, Result, at_midnight, business_date};
use chrono::{DateTime, Days, TimeDelta, Utc};
use db::jobs::NewJob;
use db::{Event, Tx};
use orgs::Org;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// The kind of the job that carries a big move out.
pub(crate) const JOB: &str = "upkeep.move";

/// Everything a move will do, for the preview and for doing it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) tops: Vec<Org>,
    pub(crate) from: Org,
    pub(crate) to: Org,
    /// Organisations that move, and how many.
    pub(crate) moved: Vec<OrgId>,
    pub(crate) count: usize,
    pub(crate) members: i64,
    pub(crate) cadres: i64,
    pub(crate) transfers: i64,
    /// Old and new full names.
    pub(crate) names: Vec<(OrgId, String, String)>,
    /// 学校领域 before and after differ.
    pub(crate) leaves_school: bool,
}

/// Works a move out, or says why it cannot be.
pub(crate) async fn plan(
    conn: &mut PgConnection,
    ids: &[OrgId],
    to: OrgId,
    policy: &orgs::Policy,
) -> Result<Plan> {
    let mut tops = orgs::find_many(conn, ids).await?;
    tops.sort_by(|a, b| a.path.cmp(&b.path));
    let to = orgs::find(conn, to)
        .await?
        .ok_or_else(|| Error::refused_at("to", "move.to", "没有这个新上级，请核对组织ID。"))?;
    let mut subtree = Vec::new();
    for org in &tops {
        subtree.extend(orgs::subtree(conn, &org.path).await?);
    }
    let deepest = subtree
        .iter()
        .map(|org| org.path.depth())
        .max()
        .unwrap_or(0);
    rules::check(&tops, &to, policy, deepest)?;
    let first = &tops[0];
    let from = first.parent.ok_or(Error::NotFound)?;
    let from = orgs::find(conn, from).await?.ok_or(Error::NotFound)?;
    let short: Vec<String> = tops.iter().map(|org| org.short_name.clone()).collect();
    let there = orgs::siblings(conn, to.id, &short).await?;
    let clashes = rules::clashes(&tops, &there);
    if !clashes.is_empty() {
        return Err(Error::refused_at(
            "orgs",
            "move.sibling",
            format!(
                "〔{}〕之下已有同名组织：{}。请先更正简称。",
                to.short_name,
                clashes.join("、")
            ),
        ));
    }
    let before = orgs::ancestors(conn, &first.path).await?;
    let mut after = orgs::ancestors(conn, &to.path).await?;
    after.push(to.clone());
    let names = rules::new_names(&before, &after, &subtree, policy);
    let wanted: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
    let own: Vec<i64> = subtree.iter().map(|org| org.number).collect();
    if let Some((name, number)) = orgs::namesakes(conn, &wanted)
        .await?
        .into_iter()
        .find(|(_, number)| !own.contains(number))
    {
        return Err(Error::refused_at(
            "orgs",
            "move.full_name",
            format!("迁移后的全称〔{name}〕与〔{number}〕重复。请先更正简称。"),
        ));
    }
    let mut plan = Plan {
        count: subtree.len(),
        moved: subtree.iter().map(|org| org.id).collect(),
        members: 0,
        cadres: 0,
        transfers: 0,
        leaves_school: in_school(conn, &from, policy).await?
            != in_school(conn, &to, policy).await?,
        names: names
            .into_iter()
            .map(|(id, new)| {
                let old = subtree.iter().find(|org| org.id == id);
                (
                    id,
                    old.map(|org| org.full_name.clone()).unwrap_or_default(),
                    new,
                )
            })
            .collect(),
        tops,
        from,
        to,
    };
    for org in &plan.tops {
        let figures = orgs::figures(conn, &org.path, None).await?;
        plan.members += figures.members;
        plan.cadres += figures.cadres;
        plan.transfers += store::open_transfers(conn, &org.path).await?;
    }
    Ok(plan)
}

/// Whether a superior is of the school sector, by its sector or its answer, as the profile asks (ORG-04).
async fn in_school(conn: &mut PgConnection, org: &Org, policy: &orgs::Policy) -> Result<bool> {
    let info = orgs::information(conn, org.id).await?;
    Ok(info.is_some_and(|info| info.in_school_sector(policy)))
}

/// Refuses whoever is neither the present nor the new direct superior.
pub(crate) fn may_start(actor: &Actor, plan: &Plan) -> Result<()> {
    let own = actor.org().ok_or(Error::NotFound)?;
    if own.id != plan.from.id && own.id != plan.to.id {
        return Err(Error::forbidden(format!(
            "组织迁移由现上级〔{}〕或新上级〔{}〕的管理员发起。",
            plan.from.short_name, plan.to.short_name
        )));
    }
    if actor.mark(Permission::MoveSubtrees, own) < access::Mark::Applies {
        return Err(Error::forbidden("组织迁移由组织的管理员发起。"));
    }
    Ok(())
}

/// Asks the other superior, and where provinces differ both provincial bodies, for consent.
pub(crate) async fn start(
    tx: &mut Tx,
    ids: &[OrgId],
    to: OrgId,
    reason: &str,
    orgs_policy: &orgs::Policy,
    policy: &Policy,
) -> Result<Change> {
    orgs::lock(tx).await?;
    let plan = plan(tx, ids, to, orgs_policy).await?;
    may_start(&tx.actor().clone(), &plan)?;
    let reason = base::text::normalise(reason);
    if !(5..=249).contains(&reason.chars().count()) {
        return Err(Error::refused_at(
            "reason",
            "move.reason",
            "请写明迁移原因，5–249个字。",
        ));
    }
    let top_ids: Vec<OrgId> = plan.tops.iter().map(|org| org.id).collect();
    if changes::is_open(tx, "move", &top_ids).await? {
        return Err(Error::refused(
            "move.open",
            "所选组织已有在办的迁移，请等它办结。",
        ));
    }
    let own = tx.actor().org().map(|org| org.id);
    let mut desks = vec![];
    for (code, org) in [("from", &plan.from), ("to", &plan.to)] {
        if Some(org.id) != own {
            desks.push((code, org.clone()));
        }
    }
    for province in provinces(tx, &plan).await? {
        if Some(province.id) != own && desks.iter().all(|(_, org)| org.id != province.id) {
            desks.push(("province", province));
        }
    }
    let steps = desks
        .iter()
        .map(|(code, org)| {
            // After the days it is for the superior of both (FLD-107), wherever in the tree that stands.
            let other = match *code {
                "to" => &plan.from,
                "province" if !org.path.contains(&plan.from.path) => &plan.from,
                _ => &plan.to,
            };
            Step::new(code, "同意迁移", "组织迁移待同意", org.id, &org.full_name)
                .superior(Superior::FromDay(policy.move_days))
                .across(other.id)
                .deadline(Some(Deadline::days(policy.move_days, AtDeadline::Nothing)))
        })
        .collect();
    let first = plan.tops[0].clone();
    let new = described(&plan, reason);
    change::apply(tx, &first, new, steps).await
}

fn described(plan: &Plan, reason: String) -> New {
    let names: Vec<&str> = plan
        .tops
        .iter()
        .map(|org| org.short_name.as_str())
        .collect();
    let mut lines = vec![
        (
            "上级组织".to_owned(),
            plan.from.full_name.clone(),
            plan.to.full_name.clone(),
        ),
        ("迁移的组织".to_owned(), names.join("、"), String::new()),
        (
            "一起迁移".to_owned(),
            format!(
                "组织{}个、团员{}名、团干部{}名、在办转接{}笔",
                plan.count, plan.members, plan.cadres, plan.transfers
            ),
            String::new(),
        ),
    ];
    for (_, old, new) in plan.names.iter().take(20) {
        lines.push(("组织全称".to_owned(), old.clone(), new.clone()));
    }
    if plan.names.len() > 20 {
        let more = plan.names.len() - 20;
        lines.push((
            "组织全称".to_owned(),
            format!("另有{more}个随规则更改"),
            String::new(),
        ));
    }
    New {
        kind: "move",
        title: format!("组织迁移：{}", names.join("、"))
            .chars()
            .take(60)
            .collect(),
        detail: json!({
            "orgs": plan.tops.iter().map(|org| org.id).collect::<Vec<_>>(),
            "from": plan.from.id, "to": plan.to.id, "count": plan.count, "members": plan.members,
        }),
        lines,
        reason,
    }
}

/// The provincial bodies of both sides where they differ.
async fn provinces(conn: &mut PgConnection, plan: &Plan) -> Result<Vec<Org>> {
    let from = orgs::province(conn, &plan.from).await?;
    let to = orgs::province(conn, &plan.to).await?;
    Ok(match (from, to) {
        (Some(from), Some(to)) if from.id != to.id => vec![from, to],
        _ => Vec::new(),
    })
}

/// Everybody has agreed: at once where few organisations move, otherwise in the coming night.
pub(crate) async fn agreed(
    tx: &mut Tx,
    change: &Change,
    orgs_policy: &orgs::Policy,
    policy: &Policy,
) -> Result<()> {
    let count = change.detail["count"].as_u64().unwrap_or(0);
    if usize::try_from(count).is_ok_and(|n| n < policy.move_at_once) {
        return carry_out(tx, change, orgs_policy).await;
    }
    changes::set_state(tx, change.org, change.id, "queued", None).await?;
    let night = night(tx.now());
    tx.enqueue(
        NewJob::new(JOB, json!({ "org": change.org, "change": change.id }))
            .unique(format!("{JOB}:{}", change.id))
            .at(night),
    )
    .await?;
    let body = format!(
        "双方已同意，共{count}个组织，将在{}一次完成迁移，不影响办理业务。",
        base::format_moment(night, tx.now())
    );
    change::tell(tx, change, "组织迁移将在夜间进行", body).await
}

/// The next 02:00 in China.
fn night(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = at_midnight(business_date(now)) + TimeDelta::hours(2);
    if today > now {
        today
    } else {
        at_midnight(business_date(now) + Days::new(1)) + TimeDelta::hours(2)
    }
}

/// Moves everything in one transaction (FLD-U7): places, copies of places, names, desks of open cases.
pub(crate) async fn carry_out(tx: &mut Tx, change: &Change, policy: &orgs::Policy) -> Result<()> {
    orgs::lock(tx).await?;
    let ids: Vec<OrgId> = read(change, "orgs")?;
    let to: OrgId = read(change, "to")?;
    let now = tx.now();
    // The tree may have changed since: what is no longer possible ends the move with its reason.
    let plan = match plan(tx, &ids, to, policy).await {
        Ok(plan) => plan,
        Err(Error::Refused(refused)) => {
            changes::set_state(tx, change.org, change.id, "refused", Some(now)).await?;
            tx.record(
                Event::new("org.move_failed", "org", change.org)
                    .org(change.org)
                    .note(refused.message.clone()),
            );
            return change::tell(tx, change, "组织迁移没有进行", refused.message).await;
        }
        Err(other) => return Err(other),
    };
    let (label, sort) = orgs::last_child(tx, plan.to.id).await?;
    let label = label.map_or(1, |path| path.last_number() + 1);
    for (i, org) in (0_i32..).zip(&plan.tops) {
        let path = plan.to.path.child(label + i.unsigned_abs());
        orgs::replant(tx, org, plan.to.id, &path, (sort + 1 + i).min(9999)).await?;
        store::carry(tx, &org.path, &path).await?;
        orgs::reschool(tx, &path, &plan.from, &plan.to).await?;
    }
    let names: Vec<(OrgId, String)> = plan
        .names
        .iter()
        .map(|(id, _, new)| (*id, new.clone()))
        .collect();
    orgs::rename_fully(tx, &names).await?;
    // The roll-up counts both superiors' lines anew.
    let mut touched = plan.moved.clone();
    touched.extend([plan.from.id, plan.to.id]);
    orgs::mark(tx, &touched).await?;
    let consents = consents(tx, change).await?;
    for org in &plan.tops {
        approvals::follow(tx, org.id, plan.from.id).await?;
        tx.record(
            Event::new("org.moved", "org", org.id)
                .org(org.id)
                .before(json!({ "superior": plan.from.full_name, "superior_id": plan.from.id, "path": org.path.as_str() }))
                .after(json!({ "superior": plan.to.full_name, "superior_id": plan.to.id, "renamed": names.len(), "consents": consents })),
        );
    }
    changes::set_state(tx, change.org, change.id, "effective", Some(now)).await?;
    let agreed: Vec<String> = consents.iter().map(Consent::words).collect();
    changes::add_line(
        tx,
        change.org,
        change.id,
        &("双方意见".into(), agreed.join("；"), String::new()),
    )
    .await?;
    let body = format!(
        "{}个组织、{}名团员已从〔{}〕迁到〔{}〕之下。组织ID、账号、标记和记录不变；7天内双方同意可以迁回。",
        plan.count, plan.members, plan.from.full_name, plan.to.full_name
    );
    change::tell(tx, change, "组织迁移完成", body).await
}

/// Who agreed to a move, as the record of it says (ORG-B1): starting it is the starter's own consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Consent {
    org: String,
    name: String,
    at: DateTime<Utc>,
}

impl Consent {
    fn words(&self) -> String {
        format!(
            "{} {} {}",
            self.org,
            self.name,
            base::china_time(self.at).format("%Y-%m-%d %H:%M")
        )
    }
}

async fn consents(conn: &mut PgConnection, change: &Change) -> Result<Vec<Consent>> {
    let starter = Consent {
        org: change.applicant_org_name.clone(),
        name: format!("{}（发起）", change.applicant_name),
        at: change.created_at,
    };
    let passed = approvals::history(conn, change::key(change)?)
        .await?
        .into_iter()
        .filter(|past| past.how == HowDone::Pass)
        .map(|past| Consent {
            org: past.org_name,
            name: format!("{}（同意）", past.by_name),
            at: past.decided_at,
        });
    Ok(std::iter::once(starter).chain(passed).collect())
}

fn read<T: serde::de::DeserializeOwned>(change: &Change, name: &str) -> Result<T> {
    serde_json::from_value(change.detail[name].clone())
        .map_err(|cause| Error::Internal(anyhow::anyhow!("change {}: {name}: {cause}", change.id)))
}

/// Carries a queued move out; one that is done already is left alone.
pub(crate) async fn run_queued(
    tx: &mut Tx,
    org: OrgId,
    id: Uuid,
    policy: &orgs::Policy,
) -> Result<()> {
    match changes::lock(tx, org, id).await? {
        Some(change) if change.state == "queued" => carry_out(tx, &change, policy).await,
        _ => Ok(()),
    }
}
