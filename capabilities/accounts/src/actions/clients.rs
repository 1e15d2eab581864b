//! Client keys of outside systems: made by the deployment owner, each with named scopes, organisations, rate limit and end;
//! every call is recorded (ACC-74).

use crate::store::{self, client::Row};
use base::{Error, OrgId, Result, at_midnight, business_date, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{Months, NaiveDate, TimeDelta};
use db::{Db, Event, Tx, limits};
use orgs::Org;
use serde_json::json;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// What a client may be let do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientScope {
    /// Names, numbers and places of organisations.
    ReadOrgs,
    /// Their figures.
    ReadFigures,
}

impl ClientScope {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ReadOrgs, Self::ReadFigures];

    /// Its name.
    pub fn code(self) -> &'static str {
        match self {
            Self::ReadOrgs => "org.read",
            Self::ReadFigures => "stat.read",
        }
    }

    /// Reads a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// A client to be made.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// 组织ID of the organisations it reads, each with all below.
    pub orgs: Vec<i64>,
    /// Calls a minute.
    pub per_minute: i32,
    /// Last day, as `2027-06-30`.
    pub until: String,
}

/// A client as the deployment owner sees it; never its key.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which.
    pub id: Uuid,
    /// Whose.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it reads.
    pub orgs: Vec<String>,
    /// Calls a minute.
    pub per_minute: i32,
    /// Last day.
    pub until: NaiveDate,
    /// `有效`, `已到期`, `已撤销`.
    pub state: &'static str,
}

const FIELD: &str = "api.client";

fn refused(field: &'static str, message: impl Into<String>) -> Error {
    Error::refused_at(field, "api.client", message)
}

/// Makes a client; its key is answered once.
pub async fn make_client(tx: &mut Tx, new: &NewClient) -> Result<(Uuid, String)> {
    let name = text::normalise(&new.name);
    if !(2..=60).contains(&name.chars().count()) {
        return Err(refused(
            "name",
            "请写明是哪个系统（2–60字），例如：学校学工系统",
        ));
    }
    let mut scopes: Vec<String> = Vec::new();
    for code in &new.scopes {
        let Some(scope) = ClientScope::from_code(code.trim()) else {
            let known: Vec<&str> = ClientScope::ALL.map(ClientScope::code).to_vec();
            let message = format!("没有权限范围“{code}”，可用：{}", known.join("、"));
            return Err(refused("scope", message));
        };
        if !scopes.iter().any(|had| had == scope.code()) {
            scopes.push(scope.code().to_owned());
        }
    }
    if scopes.is_empty() {
        return Err(refused("scope", "请至少写一个权限范围"));
    }
    let mut org_ids = Vec::new();
    for number in &new.orgs {
        let org = orgs::by_number(tx, *number)
            .await?
            .ok_or_else(|| refused("org", format!("没有组织ID {number}")))?;
        org_ids.push(org.id.0);
    }
    if org_ids.is_empty() {
        return Err(refused("org", "请至少写一个组织ID：该系统只能读取它及下级"));
    }
    if !(1..=6000).contains(&new.per_minute) {
        return Err(refused("rate", "每分钟调用次数须在1–6000之间"));
    }
    let today = business_date(tx.now());
    let day = NaiveDate::parse_from_str(new.until.trim(), "%Y-%m-%d")
        .map_err(|_| refused("until", "请写明最后一天，如 2027-06-30"))?;
    let last = today + Months::new(12);
    if day <= today || day > last {
        let message = format!("最后一天须在今天以后、{last}以前（最长一年）");
        return Err(refused("until", message));
    }
    let ends_at = day.succ_opt().map(at_midnight).ok_or(Error::NotFound)?;
    let client_id: Uuid = tx.new_id();
    let mut key = client_id.as_bytes().to_vec();
    key.extend(tx.random().bytes::<32>());
    let key = format!("tj_{}", URL_SAFE_NO_PAD.encode(key));
    let row = Row {
        client_id,
        name: name.clone(),
        secret_hash: tx.keys().blind(FIELD, &key),
        scopes: scopes.clone(),
        org_ids,
        per_minute: new.per_minute,
        ends_at,
        revoked_at: None,
    };
    store::client::insert(tx, &row).await?;
    tx.record(Event::new("client.made", "client", client_id).after(json!({
        "name": name, "scopes": scopes, "orgs": new.orgs, "per_minute": new.per_minute, "until": day,
    })));
    Ok((client_id, key))
}

/// Takes a client's key away, with the next call.
pub async fn revoke_client(tx: &mut Tx, client: Uuid) -> Result<()> {
    if !store::client::revoke(tx, client).await? {
        return Err(refused("client", "没有这个客户端，或已经撤销"));
    }
    tx.record(Event::new("client.revoked", "client", client));
    Ok(())
}

/// All clients.
pub async fn clients(db: &Db) -> Result<Vec<Client>> {
    let mut reader = db.read().await?;
    let now = reader.now();
    let mut list = Vec::new();
    for row in store::client::all(&mut reader).await? {
        let orgs = orgs::find_many(&mut reader, &row.orgs()).await?;
        let last = business_date(row.ends_at).pred_opt();
        list.push(Client {
            id: row.client_id,
            orgs: orgs.into_iter().map(|org| org.full_name).collect(),
            until: last.unwrap_or_else(|| business_date(row.ends_at)),
            state: if row.revoked_at.is_some() {
                "已撤销"
            } else if row.ends_at <= now {
                "已到期"
            } else {
                "有效"
            },
            name: row.name,
            scopes: row.scopes,
            per_minute: row.per_minute,
        });
    }
    Ok(list)
}

/// Why a call is not answered.
#[derive(Debug)]
pub(crate) enum NotLetIn {
    /// No such key, over, or taken away: one answer for all.
    Key,
    /// Called too often: seconds to wait.
    Rate(i64),
    /// The key does not have this scope.
    Scope,
    /// No such organisation, or none of its own: one answer for both (SEC-12).
    Org,
}

/// Lets a call in for one organisation, and records it, answered or not.
pub(crate) async fn call(
    db: &Db,
    actor: access::Actor,
    key: &str,
    scope: ClientScope,
    number: i64,
) -> Result<std::result::Result<Org, NotLetIn>> {
    let mut tx = db.begin(actor).await?;
    let Some(row) = known(&mut tx, key).await? else {
        return Ok(Err(NotLetIn::Key));
    };
    let now = tx.now();
    let counter = format!("api:{}", row.client_id);
    let (hits, until) = limits::hit(&mut tx, &counter, now, TimeDelta::minutes(1)).await?;
    let answer = if hits > row.per_minute {
        Err(NotLetIn::Rate((until - now).num_seconds().max(1)))
    } else if !row.scopes.iter().any(|had| had == scope.code()) {
        Err(NotLetIn::Scope)
    } else {
        within(&mut tx, &row.orgs(), number).await?
    };
    let outcome = match &answer {
        Ok(_) => "answered",
        Err(NotLetIn::Rate(_)) => "rate",
        Err(NotLetIn::Scope) => "scope",
        Err(NotLetIn::Org | NotLetIn::Key) => "org",
    };
    let mut event = Event::new("client.called", "client", row.client_id)
        .after(json!({ "scope": scope.code(), "org": number, "outcome": outcome }));
    if let Ok(org) = &answer {
        event = event.org(org.id);
    }
    tx.record(event);
    tx.commit().await?;
    Ok(answer)
}

async fn known(tx: &mut Tx, key: &str) -> Result<Option<Row>> {
    let bytes = key
        .strip_prefix("tj_")
        .and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
    let Some(client) = bytes
        .filter(|bytes| bytes.len() == 48)
        .and_then(|bytes| Uuid::from_slice(&bytes[..16]).ok())
    else {
        return Ok(None);
    };
    let (brought, now) = (tx.keys().blind(FIELD, key), tx.now());
    let row = store::client::find(tx, client).await?;
    Ok(row.filter(|row| {
        bool::from(row.secret_hash.ct_eq(&brought)) && row.revoked_at.is_none() && row.ends_at > now
    }))
}

async fn within(
    tx: &mut Tx,
    own: &[OrgId],
    number: i64,
) -> Result<std::result::Result<Org, NotLetIn>> {
    let Some(org) = orgs::by_number(tx, number).await? else {
        return Ok(Err(NotLetIn::Org));
    };
    let roots = orgs::find_many(tx, own).await?;
    let reads = roots
        .iter()
        .any(|root| root.state.is_live() && (root.id == org.id || root.path.contains(&org.path)));
    Ok(if reads { Ok(org) } else { Err(NotLetIn::Org) })
}
