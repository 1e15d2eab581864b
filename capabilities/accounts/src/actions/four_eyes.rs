//! 双人复核 (ACC-B11): switching it on and off, and holding a mass reset until a second administrator has confirmed it.

use crate::store::{self, held::Held};
use access::Permission;
use approvals::{
    Case, CaseState, Initiator, NewCase, Outcome,
    four_eyes::{Act, HOURS, is_on, second, switch},
};
use base::{Error, OrgId, PersonId, Result};
use chrono::TimeDelta;
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use std::collections::BTreeSet;

/// Code of the kind of case.
pub(crate) const CODE: &str = "four_eyes";
/// What ends the mode is itself confirmed: `off:deletion`.
const OFF: &str = "off:";
const RESET: &str = "mass_reset";

/// Administrators and operators who act, each person once: whose rights nobody confirmed in time decides nothing.
pub(crate) async fn eyes(tx: &mut Tx, org: OrgId) -> Result<usize> {
    let lapsed = crate::rules::review::lapsed_before(tx.now());
    let holders = store::review::of_org(tx, org).await?;
    let all: BTreeSet<_> = holders
        .iter()
        .filter(|holder| holder.review_asked_at.is_none_or(|asked| asked >= lapsed))
        .map(|holder| holder.account_id)
        .collect();
    Ok(all.len())
}

/// Switches the mode of an act on at once, or asks a second administrator to let it end. Answers whether it holds already.
pub(crate) async fn choose(tx: &mut Tx, org: &Org, act: Act, on: bool) -> Result<bool> {
    tx.actor()
        .require(Permission::ManageGrants, &org.to_ref())?;
    tx.actor().require(act.permission(), &org.to_ref())?;
    store::grant::lock_seats(tx, org.id).await?;
    if is_on(tx, org.id, act).await? == on {
        return Err(Error::Conflict("刚被他人修改，请刷新后核对。".into()));
    }
    if on {
        if eyes(tx, org.id).await? < 2 {
            return Err(Error::refused(
                "four_eyes.alone",
                "开启双人复核须有两名以上管理员或运营者，否则没有人能确认。请先增加一名。",
            ));
        }
        switch(tx, org.id, act, true).await?;
        return Ok(true);
    }
    // The root has no superior: its only administrator left would wait for nobody.
    if org.path.depth() == 1 && eyes(tx, org.id).await? < 2 {
        switch(tx, org.id, act, false).await?;
        return Ok(true);
    }
    let what = format!("{OFF}{}", act.code());
    let title = format!("关闭双人复核：{}", act.label());
    let digest = tx.keys().blind("held_act", &what);
    if let Some(held) = store::held::open(tx, org.id, &digest).await? {
        return Err(waits(&held));
    }
    hold(tx, org, (&what, &title, ""), &digest).await?;
    Ok(false)
}

fn waits(held: &Held) -> Error {
    Error::Conflict(format!(
        "{}已提交“{}”，正等本组织另一位管理员在“待办审核”中确认。",
        held.asked_by, held.title
    ))
}

/// Whether a list may be reset now. Otherwise it is put before a second administrator, or waits there already; only
/// exactly the same list passes after the confirmation, once.
pub(crate) async fn may_reset(tx: &mut Tx, entries: &[String]) -> Result<bool> {
    let own = tx.actor().org().map(|org| org.id);
    let Some(own) = own else {
        return Ok(true);
    };
    if !is_on(tx, own, Act::MassReset).await? {
        return Ok(true);
    }
    let org = orgs::find(tx, own).await?.ok_or(Error::NotFound)?;
    let sorted: BTreeSet<&str> = entries.iter().map(String::as_str).collect();
    let list: Vec<&str> = sorted.into_iter().collect();
    let digest = tx
        .keys()
        .blind("held_act", &format!("{RESET}:{}", list.join("\n")));
    let life = TimeDelta::hours(HOURS.into());
    match store::held::open(tx, own, &digest).await? {
        Some(held) if held.state == "waiting" => return Err(waits(&held)),
        Some(held) if held.decided_at.is_some_and(|at| tx.now() < at + life) => {
            store::held::set_state(tx, own, held.held_id, "used").await?;
            return Ok(true);
        }
        Some(held) => store::held::set_state(tx, own, held.held_id, "lapsed").await?,
        None => {}
    }
    let title = format!("批量重置密码：{}人", list.len());
    let masked: Vec<String> = list
        .iter()
        .map(|entry| super::reset_list::mask(entry))
        .collect();
    hold(tx, &org, (RESET, &title, &masked.join("、")), &digest).await?;
    Ok(false)
}

async fn hold(tx: &mut Tx, org: &Org, words: (&str, &str, &str), digest: &[u8]) -> Result<()> {
    let held = store::held::insert(tx, org.id, words, digest).await?;
    let actor = tx.actor().clone();
    let new = NewCase {
        kind: CODE,
        subject: PersonId(org.id.0),
        subject_name: org.short_name.clone(),
        object: held,
        title: words.1.to_owned(),
        summary: org.full_name.clone(),
        initiator: Initiator {
            person: actor.person(),
            org: Some(org.id),
            name: format!("{} {}", org.short_name, actor.name),
        },
        steps: vec![second(org)],
        watchers: Vec::new(),
    };
    approvals::open(tx, new).await?;
    Ok(())
}

/// A second administrator has confirmed, sent back, or nobody did in time.
pub(crate) async fn decided(tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
    let org = OrgId(case.key.subject.0);
    let held = store::held::find(tx, org, case.object)
        .await?
        .ok_or(Error::NotFound)?;
    let off = held.what.strip_prefix(OFF).and_then(Act::from_code);
    let (state, body) = match (outcome.state, off) {
        (CaseState::Passed, Some(act)) => {
            switch(tx, org, act, false).await?;
            (
                "used",
                format!("“{}”已由另一位管理员确认，现已关闭。", held.title),
            )
        }
        (CaseState::Passed, None) => (
            "confirmed",
            format!(
                "“{}”已由另一位管理员确认。请在{HOURS}小时内用同一份名单再次提交，系统即生成验证码。",
                held.title
            ),
        ),
        _ => (
            "lapsed",
            format!("“{}”没有得到确认，未办理：{}", held.title, outcome.comment),
        ),
    };
    store::held::set_state(tx, org, held.held_id, state).await?;
    tx.record(
        Event::new("four_eyes.decided", "org", org)
            .org(org)
            .note(state),
    );
    let jump = if off.is_some() {
        "/console/four-eyes"
    } else {
        "/console/resets"
    };
    let note = Note {
        kind: "account",
        title: "双人复核".into(),
        body,
        jump: Some(jump.into()),
        about: None,
    };
    let to = case
        .initiator
        .person
        .map_or(Receiver::Org(org), Receiver::Person);
    messages::tell(tx, to, note).await
}
