//! Superiors in place of those without administrator (ACC-79) and the monthly list of unused grants (01b section 6).

use crate::{rules::standing_in as rules, store, store::standing_in::InForce};
use access::{Actor, Role};
use base::{OrgId, Result, business_date};
use db::{Db, Event, Tx};
use messages::{Note, Receiver};
use serde_json::json;
use uuid::Uuid;

const PAGE: i64 = 1000;

fn note(title: &str, body: String) -> Note {
    Note {
        kind: "account",
        title: title.into(),
        body,
        jump: Some("/console/grants".into()),
        about: None,
    }
}

/// The nightly look (04:00): who has been without administrator for thirty days gets somebody in its place, and whoever
/// has one again, is gone or was moved loses it. Each change is a transaction of its own, so it may be killed anywhere.
pub(crate) async fn night(db: &Db) -> Result<u64> {
    super::auditors::close_outlived(db).await?;
    let mut changed = end_outlived(db).await?;
    let mut after = Uuid::nil();
    loop {
        let mut reader = db.read().await?;
        let now = reader.now();
        let heads = orgs::heads_after(&mut reader, after, PAGE).await?;
        let Some(last) = heads.last() else {
            return Ok(changed);
        };
        after = last.id.0;
        let ids: Vec<Uuid> = heads.iter().map(|head| head.id.0).collect();
        let offices = store::standing_in::offices(&mut reader, &ids).await?;
        drop(reader);
        for head in heads {
            let office = offices.iter().find(|(org, ..)| *org == head.id.0);
            let (filled, end) = office.map_or((false, None), |(_, filled, end)| (*filled, *end));
            let Some(since) = rules::vacant_since(head.created_at, filled, end) else {
                continue;
            };
            if !rules::stands_in(since, now) {
                continue;
            }
            let mut tx = db.begin(Actor::system("accounts.stand_in")).await?;
            if store::standing_in::begin(&mut tx, head.id, head.superior, since).await? {
                tell_begun(&mut tx, head.id, head.superior).await?;
                tx.record(
                    Event::new("access.stand_in_begun", "org", head.id)
                        .org(head.id)
                        .after(json!({ "superior": head.superior, "since": business_date(since) })),
                );
                tx.commit().await?;
                changed += 1;
            }
        }
    }
}

async fn tell_begun(tx: &mut Tx, org: OrgId, superior: OrgId) -> Result<()> {
    let named = orgs::find_many(tx, &[org, superior]).await?;
    let name = |id: OrgId| {
        named
            .iter()
            .find(|o| o.id == id)
            .map_or("", |o| o.full_name.as_str())
    };
    let body = format!(
        "〔{}〕已超过30天没有管理员。在它有新的管理员以前，由〔{}〕代行对其直接下级的直接上级职责：设管理员、重置密码、审核等。请尽快为它设管理员（管理员注册码或管理员变更）。",
        name(org),
        name(superior)
    );
    for receiver in [org, superior] {
        let told = note("代行直接上级职责", body.clone());
        messages::tell(tx, Receiver::Org(receiver), told).await?;
    }
    Ok(())
}

/// Ends what stands in for an organisation that has an administrator again; both are told.
pub(crate) async fn end(tx: &mut Tx, org: OrgId) -> Result<bool> {
    let Some(superior) = store::standing_in::end(tx, org).await? else {
        return Ok(false);
    };
    let name = orgs::find(tx, org)
        .await?
        .map_or(String::new(), |o| o.full_name);
    let body = format!("〔{name}〕的管理员职责已恢复，上级不再代行对其直接下级的职责。");
    for receiver in [org, superior] {
        let told = note("代行直接上级职责结束", body.clone());
        messages::tell(tx, Receiver::Org(receiver), told).await?;
    }
    tx.record(Event::new("access.stand_in_ended", "org", org).org(org));
    Ok(true)
}

async fn end_outlived(db: &Db) -> Result<u64> {
    let (mut after, mut ended) = (Uuid::nil(), 0);
    loop {
        let mut reader = db.read().await?;
        let open = store::standing_in::open_after(&mut reader, after, PAGE).await?;
        let Some((last, _)) = open.last() else {
            return Ok(ended);
        };
        after = last.0;
        let ids: Vec<Uuid> = open.iter().map(|(org, _)| org.0).collect();
        let offices = store::standing_in::offices(&mut reader, &ids).await?;
        let known: Vec<OrgId> = open.iter().map(|(org, _)| *org).collect();
        let known = orgs::find_many(&mut reader, &known).await?;
        drop(reader);
        for (org, superior) in open {
            let filled = offices
                .iter()
                .any(|(id, filled, _)| *id == org.0 && *filled);
            let placed = known
                .iter()
                .any(|o| o.id == org && o.parent == Some(superior) && o.state.is_live());
            if placed && !filled {
                continue;
            }
            let mut tx = db.begin(Actor::system("accounts.stand_in")).await?;
            if end(&mut tx, org).await? {
                tx.commit().await?;
                ended += 1;
            }
        }
    }
}

/// The monthly list: each organisation reads which of its grants nobody used for ninety days.
pub(crate) async fn list_unused(db: &Db) -> Result<u64> {
    let (mut after, mut told) = (Uuid::nil(), 0);
    loop {
        let mut reader = db.read().await?;
        let now = reader.now();
        let orgs = store::standing_in::orgs_with_grants(&mut reader, after, PAGE).await?;
        let Some(last) = orgs.last() else {
            return Ok(told);
        };
        after = *last;
        let grants = store::standing_in::in_force(&mut reader, &orgs).await?;
        let accounts: Vec<Uuid> = grants.iter().map(|grant| grant.account).collect();
        let seen = store::account::last_sign_ins(&mut reader, &accounts).await?;
        drop(reader);
        let idle = |grant: &&InForce| {
            let last = seen.iter().find(|(id, _)| *id == grant.account);
            rules::is_unused(grant.since, last.and_then(|(_, at)| *at), now)
        };
        let unused: Vec<&InForce> = grants.iter().filter(idle).collect();
        for part in unused.chunk_by(|a, b| a.org == b.org) {
            let org = part[0].org;
            let mut tx = db.begin(Actor::system("accounts.unused")).await?;
            let month = business_date(now).format("%Y-%m").to_string();
            if !store::standing_in::note(&mut tx, org, "unused", &month).await? {
                continue;
            }
            let names: Vec<String> = part
                .iter()
                .take(20)
                .map(|g| {
                    let role = Role::from_code(&g.role).map_or("", Role::label);
                    format!("{}（{role}）", g.name)
                })
                .collect();
            let body = format!(
                "本组织有{}项权限90天以上没有人登录使用：{}。不再需要的，请在“角色与权限”中查看并按管理员变更收回。",
                part.len(),
                names.join("、")
            );
            let told_now = note("长期未使用的权限", body);
            messages::tell(&mut tx, Receiver::Org(OrgId(org)), told_now).await?;
            tx.record(
                Event::new("access.unused_listed", "org", org)
                    .org(OrgId(org))
                    .after(json!({ "grants": part.len() })),
            );
            tx.commit().await?;
            told += 1;
        }
    }
}
