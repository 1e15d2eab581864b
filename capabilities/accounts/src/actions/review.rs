//! The yearly review of grants (ACC-B8): asked in the night, confirmed by somebody else, read-only where nobody did.

use crate::{rules::review as rules, store};
use access::{Actor, Permission};
use base::{Error, OrgId, OrgPath, PersonId, Result, business_date};
use chrono::Datelike;
use db::{Db, Event, Tx};
use messages::{Note, Receiver};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

const PAGE: i64 = 1000;

fn note(body: String) -> Note {
    Note {
        kind: "account",
        title: "年度权限复核".into(),
        body,
        jump: Some("/console/review".into()),
        about: None,
    }
}

/// The nightly look: opens reviews, reminds the organisations, and their superiors once a week. Each is a transaction of
/// its own and told once, so it may be killed anywhere.
pub(crate) async fn night(db: &Db) -> Result<u64> {
    let asked = ask(db).await?;
    remind(db).await?;
    Ok(asked)
}

async fn ask(db: &Db) -> Result<u64> {
    let (mut after, mut asked) = (Uuid::nil(), 0);
    loop {
        let mut reader = db.read().await?;
        let before = rules::year_before(reader.now());
        let due = store::review::due_after(&mut reader, after, before, PAGE).await?;
        drop(reader);
        let Some(last) = due.last() else {
            return Ok(asked);
        };
        after = *last;
        for org in due {
            let mut tx = db.begin(Actor::system("accounts.review")).await?;
            let grants = store::review::ask(&mut tx, OrgId(org), before).await?;
            if grants == 0 {
                continue; // another worker was faster
            }
            tx.record(
                Event::new("grant.review_asked", "org", org)
                    .org(OrgId(org))
                    .after(json!({ "grants": grants })),
            );
            tx.commit().await?;
            asked += 1;
        }
    }
}

async fn remind(db: &Db) -> Result<()> {
    let mut after = Uuid::nil();
    // Superiors, with how many organisations and grants wait below: as many rows as there are superiors.
    let mut above: BTreeMap<OrgId, (usize, i64)> = BTreeMap::new();
    loop {
        let mut reader = db.read().await?;
        let now = reader.now();
        let open = store::review::open_after(&mut reader, after, PAGE).await?;
        let Some(last) = open.last() else {
            break;
        };
        after = last.org;
        let ids: Vec<OrgId> = open.iter().map(|open| OrgId(open.org)).collect();
        let known = orgs::find_many(&mut reader, &ids).await?;
        let parents: Vec<Uuid> = known.iter().filter_map(|o| o.parent).map(|o| o.0).collect();
        let in_place = store::standing_in::open_of(&mut reader, &parents).await?;
        drop(reader);
        for open in open {
            let parent = known.iter().find(|org| org.id.0 == open.org);
            if let Some(parent) = parent.and_then(|org| org.parent) {
                // Where that has nobody, who stands in for it (ACC-79).
                let acts = in_place.iter().find(|(vacant, _)| *vacant == parent);
                let parent = acts.map_or(parent, |(_, superior)| *superior);
                let sum = above.entry(parent).or_default();
                *sum = (sum.0 + 1, sum.1 + open.grants);
            }
            let stage = rules::stage(open.asked, now);
            let last = base::days_until(open.asked, rules::DAYS) - chrono::TimeDelta::seconds(1);
            let body = if stage > i64::from(rules::DAYS) {
                format!(
                    "本组织有{}项权限超过期限没有确认，已改为只读。本组织其他管理员或直接上级确认后立即恢复。",
                    open.grants
                )
            } else {
                format!(
                    "本组织有{}项权限已满一年，请在{}前确认是否仍然需要；不能确认自己的，由本组织其他管理员或直接上级确认。到期没有确认的改为只读。",
                    open.grants,
                    business_date(last)
                )
            };
            let period = format!("{}/{stage}", business_date(open.asked));
            tell(db, open.org, "review", &period, body).await?;
        }
    }
    let week = business_date(db.clock.now()).iso_week();
    let period = format!("{}-W{:02}", week.year(), week.week());
    for (org, (orgs, grants)) in above {
        let body = format!(
            "有{orgs}个直接下级组织的{grants}项权限待年度复核，没有其他管理员的由直接上级确认。"
        );
        tell(db, org.0, "review_below", &period, body).await?;
    }
    Ok(())
}

async fn tell(db: &Db, org: Uuid, kind: &str, period: &str, body: String) -> Result<()> {
    let mut tx = db.begin(Actor::system("accounts.review")).await?;
    if store::standing_in::note(&mut tx, org, kind, period).await? {
        messages::tell(&mut tx, Receiver::Org(OrgId(org)), note(body)).await?;
        tx.record(Event::new("grant.review_reminded", "org", org).org(OrgId(org)));
        tx.commit().await?;
    }
    Ok(())
}

/// Confirms that a grant is still needed. Whoever reads only because nobody confirmed in time may still confirm others.
pub(crate) async fn confirm(tx: &mut Tx, org: OrgId, grant: Uuid) -> Result<()> {
    let org = orgs::find(tx, org).await?.ok_or(Error::NotFound)?;
    let actor = tx.actor().clone();
    actor.require(Permission::ReviewGrants, &org.to_ref())?;
    store::grant::lock_seats(tx, org.id).await?;
    let all = store::review::of_org(tx, org.id).await?;
    let Some(row) = all.iter().find(|row| row.grant_id == grant) else {
        return Err(Error::Conflict("这项权限已经收回，请刷新后核对。".into()));
    };
    let own = actor.person() == Some(PersonId(row.account_id));
    if !rules::may_confirm(own, org.path == OrgPath::root(), all.len()) {
        return Err(Error::forbidden(
            "不能确认自己的权限，请由本组织其他管理员或直接上级确认。",
        ));
    }
    if store::review::confirm(tx, org.id, grant).await?.is_none() {
        return Err(Error::Conflict(
            "这项权限刚被他人确认，不用再确认。请刷新后核对。".into(),
        ));
    }
    tx.record(
        Event::new("grant.reviewed", "person", row.account_id)
            .org(org.id)
            .after(json!({ "role": row.role, "name": row.name })),
    );
    Ok(())
}

/// A demonstration begins with every grant confirmed, although its offices are years old.
pub async fn confirm_all(tx: &mut Tx) -> Result<()> {
    store::review::confirm_all(tx).await
}
