//! 办理转入: finding one person by name and ID number, exactly (TRF-04).

use super::facts::member_facts;
use crate::policy::Policy;
use crate::rules::{Kind, may_start};
use access::Permission;
use base::{Error, IdNumber, PersonId, Reserved, Result, business_date, text};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Event, Tx, limits};
use orgs::{Org, OrgState};

/// What a receiving organisation sees of a person it named exactly.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who.
    pub person: PersonId,
    /// 姓名.
    pub name: String,
    /// ID number, masked.
    pub id_masked: String,
    /// Present branch.
    pub branch: Org,
    /// Its members are 毕业生.
    pub is_graduate: bool,
    /// Number and step of an open transfer.
    pub open: Option<(String, &'static str)>,
}

const NOBODY: &str = "未查询到该团员，请核对姓名和身份证号码；对方可能在其他系统，请与原团支部联系";

fn until_midnight(now: DateTime<Utc>) -> TimeDelta {
    now - base::at_midnight(business_date(now)) + TimeDelta::microseconds(1)
}

/// Looks a person up; only an exact match of both shows anybody. Every query is audited; who misses too often waits until
/// the next day. The caller commits in either case, so that misses count.
pub async fn query_person(
    tx: &mut Tx,
    name: &str,
    id_number: &str,
    reserved: Reserved,
    policy: &Policy,
) -> Result<Result<Found, Error>> {
    let own = tx.actor().org().cloned().ok_or(Error::NotFound)?;
    may_start(Kind::PullIn, own.category, policy)?;
    tx.actor().require(Permission::StartTransfers, &own)?;
    let now = tx.now();
    let searcher = tx.actor().person().ok_or(Error::NotFound)?;
    // The window is the calendar day, so that the block ends at midnight.
    let key = format!("transfer.query:{searcher}");
    let (misses, _) = limits::hits(tx, &key, now, until_midnight(now)).await?;
    if misses >= policy.query_misses {
        return Ok(Err(Error::refused(
            "transfer.query_blocked",
            format!(
                "今天已有{}次没有查到人，查询已停用，明天0时恢复；急办请联系团员所在支部发起转出",
                policy.query_misses
            ),
        )));
    }
    let name = text::normalise(name);
    let typed = match IdNumber::parse(id_number, business_date(now), reserved) {
        _ if name.is_empty() => {
            return Ok(Err(Error::refused_at(
                "name",
                "transfer.query_name",
                "请填写姓名，要和身份证上的一致",
            )));
        }
        Ok(id) => id,
        Err(fault) => {
            return Ok(Err(Error::refused_at(
                "id_number",
                "transfer.query_id",
                fault.message(),
            )));
        }
    };
    let keys = tx.keys().clone();
    let found = match people::by_id_number(tx, &keys, &typed).await? {
        Some(person) => member_facts(tx, &keys, person)
            .await?
            .filter(|(profile, _)| profile.name == name),
        None => None,
    };
    let Some((profile, subject)) = found else {
        limits::hit(tx, &key, now, until_midnight(now)).await?;
        tx.record(
            Event::new("transfer.queried", "org", own.id)
                .org(own.id)
                .note(format!("查询 {} 未查到", typed.masked())),
        );
        return Ok(Err(Error::refused("transfer.query_nobody", NOBODY)));
    };
    let seen = found_key(searcher, profile.id);
    limits::hit(tx, &seen, now, TimeDelta::minutes(FOUND_MINUTES)).await?;
    tx.record(
        Event::new("transfer.queried", "person", profile.id)
            .org(own.id)
            .note("办理转入查询，查到"),
    );
    Ok(Ok(shown(&profile, subject)))
}

fn shown(profile: &people::Person, subject: crate::rules::Subject) -> Found {
    Found {
        person: profile.id,
        name: profile.name.clone(),
        id_masked: profile.id_number.masked(),
        is_graduate: subject.branch.state == OrgState::Graduate,
        branch: subject.branch,
        open: subject.open,
    }
}

/// How long a found person may be pulled in without a new query.
const FOUND_MINUTES: i64 = 30;

fn found_key(searcher: PersonId, person: PersonId) -> String {
    format!("transfer.found:{searcher}:{person}")
}

/// The person again, if this administrator has just found them by name and ID number: a guessed id starts nothing.
pub async fn found_before(tx: &mut Tx, person: PersonId) -> Result<Option<Found>> {
    let searcher = tx.actor().person().ok_or(Error::NotFound)?;
    let (keys, now) = (tx.keys().clone(), tx.now());
    let (hits, _) = limits::hits(
        tx,
        &found_key(searcher, person),
        now,
        TimeDelta::minutes(FOUND_MINUTES),
    )
    .await?;
    if hits == 0 {
        return Ok(None);
    }
    Ok(member_facts(tx, &keys, person)
        .await?
        .map(|(profile, subject)| shown(&profile, subject)))
}
