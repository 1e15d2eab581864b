//! 删除并重建 (ORG-71..74), merging (ORG-76), the recycle bin (ORG-B4).

use super::change::{self, New};
use crate::Policy;
use crate::store::change::{self as changes, Change};
use crate::store::removal::{self as store, Hanging};
use access::Permission;
use approvals::four_eyes;
use base::{Error, OrgCategory, OrgId, Result};
use chrono::TimeDelta;
use db::{Event, Tx};
use orgs::{BranchKind, NewOrg, Org, OrgState};
use people::How;
use serde_json::json;
use sqlx::PgConnection;

/// The direct superior, if the actor acts for it and the organisation can be removed at all (ORG-74).
pub(crate) async fn superior(tx: &mut Tx, org: &Org) -> Result<Org> {
    tx.actor()
        .require_look(Permission::ViewOrg, &org.to_ref())?;
    if org.category == OrgCategory::LeadingBody {
        return Err(Error::refused("removal.leading", "团的领导机关不能删除。"));
    }
    let parent = org.parent.ok_or(Error::NotFound)?;
    let parent = orgs::find(tx, parent).await?.ok_or(Error::NotFound)?;
    let acting = tx.actor().org().map(|own| own.id);
    if acting != Some(parent.id) {
        return Err(Error::forbidden(format!(
            "请由直接上级组织删除。〔{}〕的直接上级是〔{}〕。",
            org.short_name, parent.short_name
        )));
    }
    tx.actor()
        .require(Permission::RemoveSubordinates, &parent.to_ref())?;
    Ok(parent)
}

/// Why an organisation cannot be deleted, all at once (ORG-72); empty when it can.
pub(crate) fn reasons(administrators: usize, hanging: &Hanging) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut say = |n: i64, what: &str, unit: &str| {
        if n > 0 {
            reasons.push(format!("{what}{n}{unit}"));
        }
    };
    say(
        i64::try_from(administrators).unwrap_or(i64::MAX),
        "尚有管理员",
        "名",
    );
    say(hanging.members, "尚有团员", "名");
    say(hanging.cadres, "尚有团干部", "名");
    say(hanging.subs, "尚有下级组织", "个");
    say(hanging.transfers, "在办转接", "笔");
    say(hanging.waiting, "待办的审核或更正", "件");
    reasons
}

/// Step 1: ends the rights of everybody in a direct subordinate.
pub(crate) async fn revoke_all(tx: &mut Tx, org: &Org) -> Result<usize> {
    superior(tx, org).await?;
    let holders = accounts::administrators(tx, org.id).await?;
    for holder in &holders {
        accounts::end_grant(tx, org.id, holder.account_id, holder.grant_id).await?;
    }
    let names: Vec<&str> = holders.iter().map(|h| h.name.as_str()).collect();
    let lines = vec![("管理员".into(), names.join("、"), "全部撤销".into())];
    let new = New {
        kind: "administrator",
        title: "撤销全部管理员".into(),
        detail: json!({}),
        lines,
        reason: "删除并重建".into(),
    };
    change::note(tx, org, new).await?;
    Ok(holders.len())
}

/// Step 2: ends all posts and moves all memberships into the superior's 待接转团支部, made if there is none. Nobody is
/// deleted by it (ORG-73). `typed` is the number of persons, as it was read.
pub(crate) async fn empty(
    tx: &mut Tx,
    org: &Org,
    typed: &str,
    policy: &orgs::Policy,
) -> Result<usize> {
    let parent = superior(tx, org).await?;
    if !accounts::administrators(tx, org.id).await?.is_empty() {
        return Err(Error::refused(
            "removal.administrators",
            "请先撤销全部管理员，再清空成员。",
        ));
    }
    let hanging = store::hanging(tx, org.id).await?;
    if hanging.transfers > 0 {
        return Err(Error::refused(
            "removal.transfers",
            format!("还有{}笔在办转接，请先办结或撤销。", hanging.transfers),
        ));
    }
    let members = store::on_roster(tx, org.id).await?;
    let office = people::in_office(tx, org.id).await?;
    let all = persons(&members, &office);
    if base::text::normalise(typed) != all.to_string() {
        return Err(Error::refused_at(
            "confirm",
            "removal.confirm",
            format!("请输入要清空的人数“{all}”，再提交。"),
        ));
    }
    end_posts(tx, org).await?;
    if !members.is_empty() {
        let to = waiting_branch(tx, &parent, policy).await?;
        for person in &members {
            people::move_member(tx, *person, &to, How::Transferred, org.id.0).await?;
        }
    }
    tx.record(
        Event::new("org.emptied", "org", org.id)
            .org(org.id)
            .before(json!({ "members": members.len(), "cadres": office.len() })),
    );
    Ok(all)
}

/// Members and cadres, each person once.
pub(crate) fn persons(members: &[base::PersonId], office: &[(base::PersonId, String)]) -> usize {
    let only_office = office.iter().filter(|(id, _)| !members.contains(id));
    members.len() + only_office.count()
}

/// The superior's 待接转团支部.
async fn waiting_branch(tx: &mut Tx, parent: &Org, policy: &orgs::Policy) -> Result<Org> {
    if let Some(id) = store::waiting_branch(tx, parent.id).await? {
        return orgs::find(tx, id).await?.ok_or(Error::NotFound);
    }
    let name = "待接转团支部";
    let mut full = orgs::full_name_under(parent, name, policy);
    if orgs::namesake(tx, &full, None).await?.is_some() {
        full = format!("{}{name}", parent.full_name);
    }
    let new = NewOrg {
        kind: BranchKind::AwaitingTransfer,
        sector: parent.sector.clone(),
        full_name: Some(full),
        ..NewOrg::plain(OrgCategory::Branch, name)
    };
    orgs::create(tx, parent, new, policy).await
}

/// Step 3: deletes a direct subordinate nothing hangs on (ORG-72). Its number and code are never given again.
pub(crate) async fn delete(tx: &mut Tx, org: &Org) -> Result<()> {
    superior(tx, org).await?;
    orgs::lock(tx).await?;
    let org = orgs::find(tx, org.id).await?.ok_or(Error::NotFound)?;
    if !org.state.is_live() {
        return Err(Error::Conflict(format!(
            "〔{}〕{}，不用再删除。",
            org.short_name,
            org.state.label()
        )));
    }
    let administrators = accounts::administrators(tx, org.id).await?.len();
    let reasons = reasons(administrators, &store::hanging(tx, org.id).await?);
    if !reasons.is_empty() {
        return Err(Error::refused(
            "removal.hanging",
            format!("不能删除：〔{}〕。请先按步骤处理。", reasons.join("；")),
        ));
    }
    let now = tx.now();
    if !orgs::end(tx, &org, "deleted", None, now).await? {
        return Err(Error::Conflict("该组织刚被他人修改，请刷新后核对。".into()));
    }
    tx.record(
        Event::new("org.deleted", "org", org.id)
            .org(org.id)
            .before(json!({ "state": org.state.code(), "short_name": org.short_name, "full_name": org.full_name, "number": org.number })),
    );
    Ok(())
}

/// What deleting came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deleted {
    /// It is gone.
    Gone,
    /// A second administrator of the superior has yet to confirm (ACC-B11).
    Asked,
}

/// Deletes, in one step or after the others, or puts it before a second administrator where the superior wants that. What
/// could not be deleted now is refused now.
pub(crate) async fn ask(tx: &mut Tx, org: &Org, emptied: bool) -> Result<Deleted> {
    let parent = superior(tx, org).await?;
    if !four_eyes::is_on(tx, parent.id, four_eyes::Act::Deletion).await? {
        carry_out(tx, org, emptied).await?;
        return Ok(Deleted::Gone);
    }
    if changes::is_open(tx, "removal", &[org.id]).await? {
        return Err(Error::Conflict(
            "该组织的删除正等另一位管理员确认，请在“待办审核”中办理。".into(),
        ));
    }
    let trial = tx.mark().await?;
    carry_out(tx, org, emptied).await?;
    tx.undo(trial).await?;
    let new = New {
        kind: "removal",
        title: "删除组织".into(),
        detail: json!({ "emptied": emptied }),
        lines: vec![("组织".into(), org.full_name.clone(), "删除".into())],
        reason: String::new(),
    };
    change::apply(tx, org, new, vec![four_eyes::second(&parent)]).await?;
    Ok(Deleted::Asked)
}

async fn carry_out(tx: &mut Tx, org: &Org, emptied: bool) -> Result<()> {
    if emptied {
        delete_emptied(tx, org).await
    } else {
        delete(tx, org).await
    }
}

/// The second administrator has confirmed.
pub(crate) async fn agreed(tx: &mut Tx, change: &Change) -> Result<()> {
    let org = orgs::find(tx, change.org).await?.ok_or(Error::NotFound)?;
    let emptied = change.detail["emptied"] == true;
    let now = tx.now();
    // First, so that the change itself is no longer what keeps the organisation.
    changes::set_state(tx, change.org, change.id, "effective", Some(now)).await?;
    carry_out(tx, &org, emptied).await?;
    let body = format!("〔{}〕已删除，30天内可以恢复。", org.full_name);
    change::tell(tx, change, "删除组织已生效", body).await
}

/// Deletes a 毕业生团组织 whose members have all been transferred, in one step (ORG-59): rights and posts still there end
/// with it, everything else keeps it as in [`delete`].
pub(crate) async fn delete_emptied(tx: &mut Tx, org: &Org) -> Result<()> {
    superior(tx, org).await?;
    if !is_emptied(tx, org).await? {
        return Err(Error::refused(
            "removal.not_emptied",
            "只有团员已全部转出的毕业生团组织可以一步删除；其他组织请按步骤删除。",
        ));
    }
    for holder in accounts::administrators(tx, org.id).await? {
        accounts::end_grant(tx, org.id, holder.account_id, holder.grant_id).await?;
    }
    end_posts(tx, org).await?;
    delete(tx, org).await
}

/// Whether it is a 毕业生团组织 nobody is left in.
pub(crate) async fn is_emptied(conn: &mut PgConnection, org: &Org) -> Result<bool> {
    Ok(org.state == OrgState::Graduate && store::hanging(conn, org.id).await?.members == 0)
}

/// Ends all posts of an organisation; the rights there have ended before.
async fn end_posts(tx: &mut Tx, org: &Org) -> Result<()> {
    for (person, _) in people::in_office(tx, org.id).await? {
        for post in people::posts(tx, person).await? {
            if post.org == org.id {
                people::end_post(tx, &post, org).await?;
            }
        }
    }
    Ok(())
}

/// Brings a deleted organisation back (ORG-B4): within thirty days, its names free and its superior still there.
pub(crate) async fn restore(tx: &mut Tx, org: &Org, policy: &Policy) -> Result<()> {
    let parent = superior(tx, org).await?;
    orgs::lock(tx).await?;
    let since = tx.now() - TimeDelta::days(policy.restore_days);
    let deleted = orgs::deleted_below(tx, parent.id, since).await?;
    if !deleted.iter().any(|(other, _)| other.id == org.id) {
        return Err(Error::refused(
            "removal.gone",
            format!(
                "只有删除后{}天以内的组织可以恢复。请重新创建。",
                policy.restore_days
            ),
        ));
    }
    if !parent.state.is_live() {
        return Err(Error::refused(
            "removal.parent",
            "上级组织已不在使用，不能恢复。",
        ));
    }
    let taken = orgs::sibling(tx, parent.id, &org.short_name, Some(org.id)).await?;
    let taken = match taken {
        None => orgs::namesake(tx, &org.full_name, Some(org.id)).await?,
        some => some,
    };
    if let Some(number) = taken {
        return Err(Error::refused(
            "removal.name",
            format!("名称已被〔{number}〕使用，不能恢复。请先为它更名，或不恢复。"),
        ));
    }
    if !orgs::revive(tx, org).await? {
        return Err(Error::Conflict("该组织刚被他人修改，请刷新后核对。".into()));
    }
    tx.record(Event::new("org.restored", "org", org.id).org(org.id));
    Ok(())
}

/// Merges one branch into a sibling (ORG-76): memberships move, posts and rights of the source end, its name stays in
/// history. What is still undecided there has to be settled first.
pub(crate) async fn merge(tx: &mut Tx, source: &Org, target: OrgId, typed: &str) -> Result<usize> {
    let parent = superior(tx, source).await?;
    let target = orgs::find(tx, target).await?.ok_or(Error::NotFound)?;
    if target.parent != Some(parent.id) || !target.is_branch() || !target.state.is_live() {
        return Err(Error::refused_at(
            "target",
            "merge.target",
            "请选择同一上级之下的一个团支部；上级不同的请办理关系转接。",
        ));
    }
    if target.id == source.id || !source.is_branch() || !source.state.is_live() {
        return Err(Error::refused_at(
            "target",
            "merge.source",
            "只有两个不同的团支部可以合并。",
        ));
    }
    let hanging = store::hanging(tx, source.id).await?;
    if hanging.transfers + hanging.waiting > 0 {
        return Err(Error::refused(
            "merge.open",
            format!(
                "〔{}〕还有{}笔在办转接、{}件待办审核，请先办结再合并。",
                source.short_name, hanging.transfers, hanging.waiting
            ),
        ));
    }
    if base::text::normalise(typed) != target.short_name {
        return Err(Error::refused_at(
            "confirm",
            "merge.confirm",
            format!("请输入合并到的团支部简称“{}”，再提交。", target.short_name),
        ));
    }
    for holder in accounts::administrators(tx, source.id).await? {
        accounts::end_grant(tx, source.id, holder.account_id, holder.grant_id).await?;
    }
    end_posts(tx, source).await?;
    let members = store::on_roster(tx, source.id).await?;
    for person in &members {
        people::move_member(tx, *person, &target, How::Transferred, source.id.0).await?;
    }
    orgs::lock(tx).await?;
    let now = tx.now();
    if !orgs::end(tx, source, "merged", Some(target.id), now).await? {
        return Err(Error::Conflict("该组织刚被他人修改，请刷新后核对。".into()));
    }
    tx.record(
        Event::new("org.merged", "org", source.id)
            .org(source.id)
            .before(json!({ "state": source.state.code(), "full_name": source.full_name }))
            .after(
                json!({ "into": target.full_name, "into_id": target.id, "members": members.len() }),
            ),
    );
    Ok(members.len())
}
