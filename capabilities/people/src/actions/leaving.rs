//! Leaving at 28 and restoring (ROS-75..81).

use crate::departures::{Departures, Gone};
use crate::rules::{
    AgeFacts, Exemption, How, LifeEvent, MembershipState, Policy, Standing28, judge_28,
};
use crate::store::{self, Aged, LeavingRow, ManyLine};
use base::{Error, OrgId, PersonId, Result, business_date};
use chrono::{Days, Months, NaiveDate};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What a batch did.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Memberships ended.
    pub left: u64,
    /// Put before the branch, newly.
    pub proposed: u64,
    /// Looked at.
    pub seen: u64,
}

/// Judges members of 28 as of `day`: ends, proposes, holds or keeps. Nothing is written where nothing changed.
pub(crate) async fn judge(
    tx: &mut Tx,
    aged: &[Aged],
    day: NaiveDate,
    policy: &Policy,
    departures: &Departures,
) -> Result<Judged> {
    let people: Vec<Uuid> = aged.iter().map(|a| a.person).collect();
    let branches: Vec<Uuid> = aged.iter().map(|a| a.branch).collect();
    let ids: Vec<PersonId> = people.iter().map(|id| PersonId(*id)).collect();
    let offices = store::offices(tx, &people).await?;
    let exempt = store::exemptions(tx, &people).await?;
    let held: HashMap<PersonId, String> = departures.holds(tx, &ids).await?.into_iter().collect();
    let kept = store::leaving_rows(tx, &branches, &people).await?;
    let mut done = Judged {
        seen: aged.len() as u64,
        ..Judged::default()
    };
    let (mut leaving, mut rows) = (Vec::new(), Vec::new());
    for one in aged {
        let facts = AgeFacts {
            offices: offices.get(&one.person).cloned().unwrap_or_default(),
            exempt_until: exempt.get(&one.person).copied(),
            held: held.get(&PersonId(one.person)).cloned().unwrap_or_default(),
        };
        let verdict = judge_28(&facts, day, policy);
        if verdict == Standing28::Leaves {
            leaving.push(one.clone());
            continue;
        }
        let old = kept.get(&(one.branch, one.person));
        rows.extend(stand(one, &verdict, old, day, policy));
    }
    done.left = leave(tx, &leaving, day, departures).await?;
    done.proposed = tell(tx, &kept, &rows, day).await?;
    store::write_leaving(tx, &rows).await?;
    Ok(done)
}

/// The row of somebody who does not leave now, if it differs from the one kept.
fn stand(
    one: &Aged,
    verdict: &Standing28,
    old: Option<&LeavingRow>,
    day: NaiveDate,
    policy: &Policy,
) -> Option<LeavingRow> {
    let same = old.filter(|old| old.state == verdict.code());
    let mut new = LeavingRow {
        branch: one.branch,
        person: one.person,
        path: one.path.clone(),
        name: one.name.clone(),
        born: one.born,
        state: verdict.code().to_owned(),
        reason: verdict.reason().to_owned(),
        since: same.map_or(day, |old| old.since),
        left_on: None,
        told_on: same.and_then(|old| old.told_on),
        escalated: same.is_some_and(|old| old.escalated),
    };
    // Reminded at once and every month after (ROS-76).
    if let Standing28::Held(_) = verdict
        && new.told_on.is_none_or(|told| told + Months::new(1) <= day)
    {
        new.told_on = Some(day);
    }
    let patience = Days::new(policy.leave28_escalate_days.into());
    if *verdict == Standing28::Proposed && new.since + patience <= day {
        new.escalated = true;
    }
    (old != Some(&new)).then_some(new)
}

/// Tells branches, superiors and those held; answers how many proposals are new.
async fn tell(
    tx: &mut Tx,
    kept: &HashMap<(Uuid, Uuid), LeavingRow>,
    rows: &[LeavingRow],
    day: NaiveDate,
) -> Result<u64> {
    let mut proposed: BTreeMap<Uuid, u64> = BTreeMap::new();
    let mut late: BTreeMap<Uuid, u64> = BTreeMap::new();
    for row in rows {
        let old = kept
            .get(&(row.branch, row.person))
            .filter(|old| old.state == row.state);
        if row.state == "proposed" && old.is_none() {
            *proposed.entry(row.branch).or_default() += 1;
        }
        if row.escalated && old.is_none_or(|old| !old.escalated) {
            *late.entry(row.branch).or_default() += 1;
        }
        if row.state == "held" && row.told_on == Some(day) {
            held(tx, row).await?;
        }
        if old.is_none() {
            tx.record(
                Event::new("leave28.stands", "person", row.person)
                    .org(OrgId(row.branch))
                    .after(json!({ "state": row.state, "reason": row.reason, "day": day })),
            );
        }
    }
    for (branch, n) in &proposed {
        let body = format!(
            "{n}名团员已满28周岁且未任团内职务，请核对后确认离团；仍须保留团籍的，请先办理任职。60天未确认的由直接上级办理。"
        );
        let note = note("满28岁待办离团", body, "/console/leaving", Some(*branch));
        messages::tell(tx, Receiver::Org(OrgId(*branch)), note).await?;
    }
    for (branch, n) in &late {
        let Some(org) = orgs::find(tx, OrgId(*branch)).await? else {
            continue;
        };
        if let Some(superior) = org.parent {
            let body = format!(
                "〔{}〕有{n}名满28岁团员超过60天未确认离团，现可由贵组织办理。",
                org.full_name
            );
            let note = note("下级逾期未办离团", body, "/console/leaving", Some(*branch));
            messages::tell(tx, Receiver::Org(superior), note).await?;
            tx.record(Event::new("leave28.escalated", "org", *branch).org(superior));
        }
    }
    Ok(proposed.values().sum())
}

fn note(title: &str, body: String, jump: &str, about: Option<Uuid>) -> Note {
    Note {
        kind: "membership",
        title: title.to_owned(),
        body,
        jump: Some(jump.to_owned()),
        about,
    }
}

async fn held(tx: &mut Tx, row: &LeavingRow) -> Result<()> {
    let own = format!(
        "您已满28周岁，{}，暂不能办理离团。请补交后等待次日凌晨自动办理。",
        row.reason
    );
    let person = Receiver::Person(PersonId(row.person));
    messages::tell(
        tx,
        person,
        note("满28岁欠费未离团", own, "/member/me", None),
    )
    .await?;
    let body = format!("{}已满28周岁，{}，请提醒补交。", row.name, row.reason);
    let branch = Receiver::Org(OrgId(row.branch));
    let jump = "/console/leaving?view=held";
    messages::tell(
        tx,
        branch,
        note("满28岁欠费未离团", body, jump, Some(row.branch)),
    )
    .await
}

/// Ends the memberships of these people as of `day` (ROS-78), in a fixed number of statements and a few for each branch.
/// What other capabilities end comes first, then memberships, then counters: the order in which decisions take them, so
/// that nobody waits in a circle. Whoever took office or moved since `aged` was read makes it a conflict: read again.
pub(crate) async fn leave(
    tx: &mut Tx,
    aged: &[Aged],
    day: NaiveDate,
    departures: &Departures,
) -> Result<u64> {
    if aged.is_empty() {
        return Ok(0);
    }
    let people: Vec<Uuid> = aged.iter().map(|a| a.person).collect();
    let state = MembershipState::LeftAt28;
    let gone: Vec<Gone> = aged
        .iter()
        .map(|a| Gone {
            person: PersonId(a.person),
            branch: OrgId(a.branch),
            state,
            // Whoever holds an office does not leave at 28.
            stays_cadre: false,
        })
        .collect();
    departures.ended(tx, &gone).await?;
    let open = store::lock_memberships(tx, &people).await?;
    let offices = store::offices(tx, &people).await?;
    let mut by_branch: BTreeMap<OrgId, Vec<&Aged>> = BTreeMap::new();
    for one in aged {
        let here = open
            .get(&one.person)
            .is_some_and(|(_, branch)| branch.0 == one.branch);
        if !here || offices.contains_key(&one.person) {
            return Err(Error::Conflict(format!(
                "{}刚刚任职或离开了本支部，请刷新后核对",
                one.name
            )));
        }
        by_branch.entry(OrgId(one.branch)).or_default().push(one);
    }
    let places: Vec<OrgId> = by_branch.keys().copied().collect();
    let names: HashMap<OrgId, Org> = orgs::find_many(tx, &places)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    store::end_memberships(tx, &people, state, day, "满28周岁离团").await?;
    for (branch, people) in &by_branch {
        let Some(org) = names.get(branch) else {
            continue;
        };
        store::lock_counter(tx, org.id, org.path.as_str()).await?;
        let ids: Vec<Uuid> = people.iter().map(|a| a.person).collect();
        store::delete_from_roster(tx, org.id, &ids).await?;
        store::recount(tx, org.id).await?;
        let body = format!(
            "{}于{day}满28周岁离团。可在“满28岁离团”查看，特殊情况可恢复团籍。",
            people
                .iter()
                .map(|a| a.name.as_str())
                .collect::<Vec<_>>()
                .join("、")
        );
        let jump = "/console/leaving?view=left";
        let note = note("团员满28岁离团", body, jump, Some(org.id.0));
        messages::tell(tx, Receiver::Org(org.id), note).await?;
    }
    let lines: Vec<ManyLine<'_>> = aged
        .iter()
        .map(|a| ManyLine {
            person: a.person,
            org: OrgId(a.branch),
            org_name: names
                .get(&OrgId(a.branch))
                .map_or("", |org| org.full_name.as_str()),
        })
        .collect();
    store::insert_lines(tx, &lines, "transfer", "满28周岁离团").await?;
    let rows: Vec<LeavingRow> = aged
        .iter()
        .map(|a| LeavingRow {
            branch: a.branch,
            person: a.person,
            path: a.path.clone(),
            name: a.name.clone(),
            born: a.born,
            state: "left".to_owned(),
            reason: "满28周岁".to_owned(),
            since: day,
            left_on: Some(day),
            told_on: None,
            escalated: false,
        })
        .collect();
    store::write_leaving(tx, &rows).await?;
    for one in &lines {
        let body = format!(
            "您已满28周岁，{day}起离团，不再是〔{}〕团员。账号可继续登录查看本人记录、下载团龄证明。",
            one.org_name
        );
        let person = Receiver::Person(PersonId(one.person));
        messages::tell(
            tx,
            person,
            note("您已满28周岁离团", body, "/member/certificate", None),
        )
        .await?;
        tx.record(
            Event::new("member.ended", "person", one.person)
                .org(one.org)
                .before(json!({ "branch": one.org_name }))
                .after(json!({ "state": state.code(), "reason": "满28周岁离团", "day": day })),
        );
    }
    Ok(aged.len() as u64)
}

/// Restores the membership of somebody who left at 28 (ROS-80, ROS-81). Whoever decided it has asked for permission.
pub(crate) async fn restore(
    tx: &mut Tx,
    person: PersonId,
    to: &Org,
    reason: &str,
    exemption: Exemption,
    departures: &Departures,
) -> Result<()> {
    if !to.is_branch() || !to.state.is_live() {
        return Err(Error::refused_at(
            "branch",
            "restore.branch",
            "未找到该团支部",
        ));
    }
    let reason = base::text::normalise(reason);
    if !(5..=200).contains(&reason.chars().count()) {
        return Err(Error::refused_at(
            "reason",
            "restore.reason",
            "请写明恢复团籍的原因，5–200字",
        ));
    }
    let last = store::memberships(tx, person).await?.into_iter().next();
    let last = last
        .filter(|m| m.until.is_some() && m.state == MembershipState::LeftAt28)
        .ok_or_else(|| {
            Error::Conflict("该人员现在不是“满28岁已离团”，可能刚刚被恢复，请刷新后核对".into())
        })?;
    let offices = store::offices(tx, &[person.0]).await?;
    let until = match exemption {
        Exemption::Until(day) => Some(day),
        Exemption::WhileOffice if offices.contains_key(&person.0) => None,
        Exemption::WhileOffice => {
            return Err(Error::refused_at(
                "exempt",
                "restore.no_office",
                "该人员现在没有团内职务，不能选“任职期间保留”。请先办理任职，或选择保留至某日",
            ));
        }
    };
    let keys = tx.keys().clone();
    let profile = store::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let today = business_date(tx.now());
    if !super::moving::come_back(tx, &profile, to, How::Restored).await? {
        return Err(Error::Conflict("该人员刚刚被恢复，请刷新后核对".into()));
    }
    store::exempt(tx, person, until, &reason, to.id).await?;
    let kept = store::leaving_rows(tx, &[last.branch.0], &[person.0]).await?;
    let rows: Vec<LeavingRow> = kept
        .into_values()
        .map(|row| LeavingRow {
            state: "restored".to_owned(),
            reason: reason.clone(),
            since: today,
            ..row
        })
        .collect();
    store::write_leaving(tx, &rows).await?;
    departures.restored(tx, person).await?;
    let stays = until.map_or_else(
        || "任职期间保留团籍".to_owned(),
        |day| format!("团籍保留至{day}"),
    );
    super::note(
        tx,
        LifeEvent {
            person,
            kind: "transfer",
            title: format!("恢复团籍：〔{}〕", to.full_name),
            detail: Some(format!("{reason}；{stays}")),
            org: Some((to.id, to.full_name.clone())),
        },
    )
    .await?;
    let body = format!("您的团籍已恢复，现在〔{}〕，{stays}。", to.full_name);
    messages::tell(
        tx,
        Receiver::Person(person),
        note("团籍已恢复", body, "/member/me", None),
    )
    .await?;
    let body = format!(
        "{}已恢复团籍并编入本支部，{stays}。原因：{reason}",
        profile.name
    );
    let jump = format!("/console/members/{person}");
    messages::tell(
        tx,
        Receiver::Org(to.id),
        note("恢复团籍", body, &jump, Some(person.0)),
    )
    .await?;
    tx.record(
        Event::new("member.restored", "person", person)
            .org(to.id)
            .before(json!({ "state": last.state.code(), "branch": last.branch_name }))
            .after(json!({ "branch": to.full_name, "reason": reason, "exempt_until": until })),
    );
    Ok(())
}
