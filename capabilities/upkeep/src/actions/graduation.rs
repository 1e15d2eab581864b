//! Marking branches, the switch on 1 June, the archive.

use super::change::{self, New};
use crate::Policy;
use crate::rules::graduation::{self as rules, Mark};
use crate::store::change::{self as changes, Change};
use crate::store::graduation as store;
use access::{Actor, Permission};
use base::{Error, OrgId, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::{Org, OrgState};
use people::MembershipState;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap, hash_map::Entry};
use uuid::Uuid;

/// The kind of change a batch of marks is.
const MARKS: &str = "graduation";

/// The acting organisation, if it marks branches at all (ORG-51).
pub(crate) async fn marker(
    conn: &mut PgConnection,
    id: OrgId,
    policy: &orgs::Policy,
) -> Result<Org> {
    let info = orgs::information(conn, id).await?.ok_or(Error::NotFound)?;
    rules::may_mark(info.org.category, info.in_school_sector(policy))?;
    Ok(info.org)
}

/// The chosen branches in the order of the tree, each looked at by the rules; the first fault refuses all.
pub(crate) async fn chosen(
    tx: &mut Tx,
    ids: &[OrgId],
    same: bool,
    policy: &orgs::Policy,
) -> Result<Vec<Org>> {
    if ids.is_empty() {
        return Err(Error::refused_at(
            "branch",
            "graduation.nobody",
            "请先勾选要标记的团支部。",
        ));
    }
    let own = tx.actor().org().map(|org| org.id).ok_or(Error::NotFound)?;
    marker(tx, own, policy).await?;
    let mut branches = orgs::find_many(tx, ids).await?;
    if branches.len() != ids.len() {
        return Err(Error::NotFound);
    }
    branches.sort_by(|a, b| a.path.cmp(&b.path));
    let marked: HashMap<OrgId, Option<bool>> =
        store::schooling(tx, ids).await?.into_iter().collect();
    for branch in &branches {
        tx.actor()
            .require(Permission::MarkGraduation, &branch.to_ref())?;
        let school = policy.is_school(
            branch.sector.as_deref(),
            marked.get(&branch.id).copied().flatten(),
        );
        rules::markable(branch, school)?;
    }
    rules::together(&branches, same)?;
    Ok(branches)
}

/// Marks branches together (ORG-52, ORG-53). What is marked with a month stays so (ORG-55); a reason may end in one.
pub(crate) async fn mark(
    tx: &mut Tx,
    ids: &[OrgId],
    mark: &Mark,
    same: bool,
    policy: &orgs::Policy,
    own: &Policy,
) -> Result<usize> {
    orgs::lock(tx).await?;
    let branches = chosen(tx, ids, same, policy).await?;
    let (month, reason) = mark.parts();
    let before: Vec<(OrgId, String)> = store::reasons(tx, ids).await?;
    let done = orgs::mark_graduation(tx, ids, month, reason).await?;
    if done.len() != branches.len() {
        return Err(Error::Conflict(
            "所选支部中有的刚被他人标记，请刷新后核对。".into(),
        ));
    }
    let words = match mark {
        Mark::Month(month) => format!(
            "预计毕业时间已标记为{}，标记人{}分钟内可以撤回，之后不可更改",
            month.chinese(),
            own.undo_minutes
        ),
        Mark::Reason(reason) => format!("毕业时间已标记为无法确定（{reason}）"),
    };
    for branch in &branches {
        tx.record(
            Event::new("org.graduation_marked", "org", branch.id)
                .org(branch.id)
                .after(json!({ "month": month.map(|m| m.to_string()), "reason": reason })),
        );
        messages::tell(
            tx,
            Receiver::Org(branch.id),
            Note {
                kind: "org",
                title: "毕业时间已标记".into(),
                body: format!(
                    "〔{}〕{words}。如有错误，请逐级申请更正。",
                    branch.full_name
                ),
                jump: Some("/console/info".into()),
                about: Some(branch.id.0),
            },
        )
        .await?;
    }
    note(tx, &branches, mark, &before).await?;
    Ok(branches.len())
}

/// Keeps the batch as one change, so that its marker can take it back for a while (ORG-B3).
async fn note(
    tx: &mut Tx,
    branches: &[Org],
    mark: &Mark,
    before: &[(OrgId, String)],
) -> Result<()> {
    let acting = tx.actor().org().map(|org| org.id).ok_or(Error::NotFound)?;
    let acting = orgs::find(tx, acting).await?.ok_or(Error::NotFound)?;
    let words = match mark {
        Mark::Month(month) => month.chinese(),
        Mark::Reason(reason) => format!("无法确定（{reason}）"),
    };
    let mut names: Vec<&str> = branches
        .iter()
        .take(20)
        .map(|org| org.short_name.as_str())
        .collect();
    if branches.len() > names.len() {
        names.push("等");
    }
    let lines = vec![
        ("团支部".to_owned(), names.join("、"), String::new()),
        ("毕业时间".to_owned(), String::new(), words.clone()),
    ];
    let (month, reason) = mark.parts();
    let new = New {
        kind: MARKS,
        title: format!("毕业时间标记：{}个团支部，{words}", branches.len()),
        detail: json!({
            "orgs": branches.iter().map(|org| org.id).collect::<Vec<_>>(),
            "month": month.map(|m| m.to_string()), "reason": reason, "before": before,
        }),
        lines,
        reason: String::new(),
    };
    change::note(tx, &acting, new).await
}

/// Whether marks set at `at` can still be taken back.
fn in_time(at: DateTime<Utc>, now: DateTime<Utc>, policy: &Policy) -> bool {
    now <= at + TimeDelta::minutes(policy.undo_minutes)
}

/// The actor's own batches of marks that can still be taken back.
pub(crate) async fn undoable(
    conn: &mut PgConnection,
    actor: &Actor,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Result<Vec<Change>> {
    let (Some(org), Some(person)) = (actor.org(), actor.person()) else {
        return Ok(Vec::new());
    };
    let since = now - TimeDelta::minutes(policy.undo_minutes);
    changes::done_by(conn, org.id, MARKS, person, since).await
}

/// Takes a batch of marks back (ORG-B3): who set them, within the hour, as long as nothing has come of them.
pub(crate) async fn undo(tx: &mut Tx, id: Uuid, policy: &Policy) -> Result<usize> {
    let refuse = |code, message: String| Err(Error::refused_at("undo", code, message));
    orgs::lock(tx).await?;
    let own = tx.actor().org().map(|org| org.id).ok_or(Error::NotFound)?;
    let change = changes::lock(tx, own, id)
        .await?
        .filter(|change| change.kind == MARKS)
        .ok_or(Error::NotFound)?;
    if change.state != "effective" {
        return Err(Error::Conflict("这次标记已经撤回，请刷新后核对。".into()));
    }
    if change.applicant.is_none() || change.applicant != tx.actor().person() {
        let who = &change.applicant_name;
        return refuse(
            "graduation.not_marker",
            format!("只有标记人〔{who}〕本人可以撤回。请联系其在时限内办理，或逐级申请更正。"),
        );
    }
    if !in_time(change.created_at, tx.now(), policy) {
        return refuse(
            "graduation.too_late",
            format!(
                "标记已超过{}分钟，不可更改。确有错误请在“组织变更”里申请更正毕业时间。",
                policy.undo_minutes
            ),
        );
    }
    let read = |name: &str| change.detail[name].clone();
    let ids: Vec<OrgId> = serde_json::from_value(read("orgs")).unwrap_or_default();
    let before: Vec<(OrgId, String)> = serde_json::from_value(read("before")).unwrap_or_default();
    let month = change.detail["month"]
        .as_str()
        .and_then(|month| month.parse().ok());
    let done = orgs::unmark_graduation(tx, &ids, month, change.detail["reason"].as_str()).await?;
    if done.len() != ids.len() {
        return refuse(
            "graduation.moved_on",
            "其中有的团支部已经更正、合并或转为毕业生团组织，不能整批撤回。请逐级申请更正。".into(),
        );
    }
    for (branch, reason) in &before {
        orgs::mark_graduation(tx, &[*branch], None, Some(reason)).await?;
    }
    let now = tx.now();
    changes::set_state(tx, own, id, "withdrawn", Some(now)).await?;
    for branch in orgs::find_many(tx, &ids).await? {
        tx.record(
            Event::new("org.graduation_unmarked", "org", branch.id)
                .org(branch.id)
                .before(json!({ "month": read("month"), "reason": read("reason") })),
        );
        let note = Note {
            kind: "org",
            title: "毕业时间标记已撤回".into(),
            body: format!("〔{}〕刚才的毕业时间标记已由标记人撤回。", branch.full_name),
            jump: Some("/console/info".into()),
            about: Some(branch.id.0),
        };
        messages::tell(tx, Receiver::Org(branch.id), note).await?;
    }
    Ok(ids.len())
}

/// Turns some of the branches whose time has come into 毕业生团组织 (ORG-56); answers how many. May be killed and called
/// again: what has switched is not due any more.
pub(crate) async fn switch_some(
    tx: &mut Tx,
    orgs_policy: &orgs::Policy,
    policy: &Policy,
    most: i64,
) -> Result<usize> {
    let now = tx.now();
    let sectors = orgs_policy.school_filter();
    orgs::lock(tx).await?;
    let everywhere = orgs::Due {
        limit: rules::due_limit(now, policy),
        sectors: sectors.as_deref(),
        range: ("", "~"),
        after: "",
    };
    let due = orgs::due_to_graduate(tx, everywhere, most).await?;
    let ids: Vec<OrgId> = due.iter().map(|org| org.id).collect();
    orgs::graduate(tx, &ids, now).await?;
    let mut members: BTreeMap<OrgId, Vec<base::PersonId>> = BTreeMap::new();
    for (branch, person) in people::members_in(tx, &ids).await? {
        members.entry(branch).or_default().push(person);
    }
    let mut above: BTreeMap<OrgId, usize> = BTreeMap::new();
    let mut lines: HashMap<OrgId, Vec<Org>> = HashMap::new();
    for branch in &due {
        let of = members.remove(&branch.id).unwrap_or_default();
        tx.record(
            Event::new("org.graduated", "org", branch.id)
                .org(branch.id)
                .before(json!({ "state": branch.state.code() }))
                .after(json!({ "state": "graduate", "members": of.len() })),
        );
        tell_branch(tx, branch, &of).await?;
        let Some(parent) = branch.parent else {
            continue;
        };
        let line = match lines.entry(parent) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(orgs::ancestors(tx, &branch.path).await?),
        };
        for superior in line
            .iter()
            .filter(|org| org.category != base::OrgCategory::LeadingBody)
        {
            *above.entry(superior.id).or_default() += 1;
        }
    }
    for (superior, n) in above {
        messages::tell(
            tx,
            Receiver::Org(superior),
            Note {
                kind: "org",
                title: "下级团支部转为毕业生团组织".into(),
                body: format!(
                    "{n} 个团支部到达标记的毕业年份，已转为毕业生团组织，请组织做好学社衔接。"
                ),
                jump: Some("/console/graduation?mark=graduate".into()),
                about: Some(superior.0),
            },
        )
        .await?;
    }
    Ok(due.len())
}

async fn tell_branch(tx: &mut Tx, branch: &Org, members: &[base::PersonId]) -> Result<()> {
    messages::tell(
        tx,
        Receiver::Org(branch.id),
        Note {
            kind: "org",
            title: "本支部已转为毕业生团组织".into(),
            body: format!(
                "〔{}〕到达标记的毕业年份，{} 名团员已认定为毕业生，请尽快办理转接；延迟毕业的请由上级标记。团员注册已停止，资料仍可修改。",
                branch.full_name,
                members.len()
            ),
            jump: Some("/console/members".into()),
            about: Some(branch.id.0),
        },
    )
    .await?;
    let receivers: Vec<Receiver> = members.iter().map(|id| Receiver::Person(*id)).collect();
    messages::tell_all(
        tx,
        &receivers,
        &Note {
            kind: "org",
            title: "您已认定为毕业生团员".into(),
            body: format!(
                "所在团支部〔{}〕已转为毕业生团组织。请按去向在“转接”里申请关系转接。",
                branch.full_name
            ),
            jump: Some("/member/transfers".into()),
            about: Some(branch.id.0),
        },
    )
    .await?;
    people::note_all(
        tx,
        members,
        "org",
        &format!("认定为毕业生：〔{}〕转为毕业生团组织", branch.full_name),
        (branch.id, &branch.full_name),
    )
    .await
}

/// Why a branch is archived: so many days have passed, or its committee does it (ORG-58, 2.1).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Archiving {
    /// The nightly work, after these days.
    After(u32),
    /// The direct superior.
    ByHand,
}

impl Archiving {
    fn words(self) -> String {
        match self {
            Self::After(days) => format!("毕业满{days}天，已归档"),
            Self::ByHand => "已由直接上级归档".into(),
        }
    }
}

/// The direct superior archives a 毕业生团组织 by hand (2.1); `typed` is the number of members still there.
pub(crate) async fn archive_by_hand(
    tx: &mut Tx,
    branch: &Org,
    typed: &str,
    policy: &Policy,
) -> Result<()> {
    super::removal::superior(tx, branch).await?;
    if policy.archive_after_days == 0 || branch.state != OrgState::Graduate {
        return Err(Error::refused(
            "archive.not_graduate",
            "只有毕业生团组织可以归档；本规则不归档的，请转出团员后删除。",
        ));
    }
    let members = people::members_in(tx, &[branch.id]).await?.len();
    if base::text::normalise(typed) != members.to_string() {
        return Err(Error::refused_at(
            "archive",
            "archive.confirm",
            format!("请输入仍在册的人数“{members}”，再归档。"),
        ));
    }
    archive(tx, branch, Archiving::ByHand).await
}

/// Archives one graduate branch: whoever is still there is 流动团员 without a branch, keeps the account and joins the
/// present branch by application (ORG-58).
pub(crate) async fn archive(tx: &mut Tx, branch: &Org, why: Archiving) -> Result<()> {
    let words = why.words();
    orgs::lock(tx).await?;
    let now = tx.now();
    if !orgs::end(tx, branch, "archived", None, now).await? {
        return Ok(()); // another worker was faster
    }
    let members = people::members_in(tx, &[branch.id]).await?;
    for (_, person) in &members {
        people::end_membership(tx, *person, MembershipState::Floating, "毕业生团组织归档").await?;
    }
    let receivers: Vec<Receiver> = members
        .iter()
        .map(|(_, id)| Receiver::Person(*id))
        .collect();
    messages::tell_all(
        tx,
        &receivers,
        &Note {
            kind: "org",
            title: "原支部已归档，您转为流动团员".into(),
            body: format!(
                "〔{}〕{words}。账号继续使用，请向现在所在的团支部申请加入。",
                branch.full_name
            ),
            jump: Some("/member".into()),
            about: Some(branch.id.0),
        },
    )
    .await?;
    if let Some(parent) = branch.parent {
        messages::tell(
            tx,
            Receiver::Org(parent),
            Note {
                kind: "org",
                title: "毕业生团组织已归档".into(),
                body: format!(
                    "〔{}〕{words}，仍在册的 {} 名团员转为流动团员。",
                    branch.full_name,
                    members.len()
                ),
                jump: None,
                about: Some(parent.0),
            },
        )
        .await?;
    }
    tx.record(
        Event::new("org.archived", "org", branch.id)
            .org(branch.id)
            .before(json!({ "state": branch.state.code() }))
            .after(json!({ "state": "archived", "floating": members.len() })),
    );
    Ok(())
}

/// Reminds the superiors of branches without a mark (ORG-50): from 1 March, urgently from 1 May.
pub(crate) async fn remind_unmarked(
    tx: &mut Tx,
    orgs_policy: &orgs::Policy,
    urgent: bool,
) -> Result<usize> {
    let sectors = orgs_policy.school_filter();
    let open = store::unmarked_by_superior(tx, sectors.as_deref()).await?;
    for (superior, n) in &open {
        messages::tell(
            tx,
            Receiver::Org(*superior),
            Note {
                kind: "org",
                title: if urgent {
                    "毕业时间必须在6月1日前标记".into()
                } else {
                    "请标记团支部毕业时间".into()
                },
                body: format!("直接下级中还有 {n} 个团支部没有标记毕业时间；教职工支部请填理由。"),
                jump: Some("/console/graduation?mark=unmarked".into()),
                about: Some(superior.0),
            },
        )
        .await?;
    }
    if !open.is_empty() {
        tx.record(
            Event::new("org.graduation_reminded", "schedule", uuid::Uuid::nil())
                .after(json!({ "superiors": open.len() })),
        );
    }
    Ok(open.len())
}
