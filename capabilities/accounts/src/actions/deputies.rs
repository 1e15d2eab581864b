//! Deputies for a limited time (ACC-B5): an administrator lends chosen functions to a cadre; the end stands in the grant, so
//! nothing has to end it.

use crate::{
    rules::deputy as rules,
    store::{self, deputy::Deputy},
};
use access::{Actor, Permission, Role};
use base::{Error, OrgId, PersonId, Result, business_date};
use chrono::{Days, TimeDelta};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The cadre.
    pub person: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Codes of the permission table.
    pub functions: Vec<String>,
}

fn refuse<T>(field: &'static str, code: &'static str, message: impl Into<String>) -> Result<T> {
    Err(Error::refused_at(field, code, message))
}

/// `2026-09-18至2026-09-30`, the last day included.
pub(crate) fn days(deputy: &Deputy) -> String {
    let last = business_date(deputy.until - TimeDelta::seconds(1));
    format!("{}至{last}", business_date(deputy.since))
}

/// Names a cadre of the own organisation deputy.
pub async fn name(tx: &mut Tx, org: &Org, typed: &Typed) -> Result<()> {
    let actor = tx.actor().clone();
    actor.require(Permission::ManageGrants, &org.to_ref())?;
    store::grant::lock_seats(tx, org.id).await?;
    let holders = store::grant::holders(tx, org.id).await?;
    let me = actor.person().ok_or(Error::NotFound)?;
    let Some(own) = holders
        .iter()
        .find(|h| h.account_id == me.0 && Role::from_code(&h.role).is_some_and(Role::administers))
    else {
        return Err(Error::forbidden(
            "只有本组织的管理员本人可以指定自己的代理人。请用管理员账号登录后办理。",
        ));
    };
    let office = people::in_office(tx, org.id).await?;
    let chosen = office
        .into_iter()
        .find(|(id, _)| id.to_string() == typed.person);
    let Some((person, cadre)) = chosen else {
        return refuse(
            "person",
            "deputy.cadre",
            "请从本组织的团干部中选择。不在名单里的，请先在“团干部”里录入。",
        );
    };
    if holders.iter().any(|h| h.account_id == person.0) {
        return refuse(
            "person",
            "deputy.holds",
            format!("{cadre}在本组织已有管理权限，不需要代理。"),
        );
    }
    if !store::grant::disabled(tx, org.id, &[person.0])
        .await?
        .is_empty()
    {
        return refuse(
            "person",
            "deputy.disabled",
            format!("{cadre}在本组织的团干身份已被禁用，请先启用。"),
        );
    }
    // Security duty and audit duty are never one person's (SEC-13).
    if org.path.depth() == 1 && super::auditors::is_open(tx, person.0).await? {
        return Err(super::auditors::clash());
    }
    let now = tx.now();
    let (since, until) = rules::span(&typed.from, &typed.to, now)?;
    let there = store::deputy::after(tx, org.id, since.max(now)).await?;
    if let Some(other) = there
        .iter()
        .find(|d| d.account_id == person.0 && d.since < until)
    {
        return refuse(
            "from",
            "deputy.overlap",
            format!(
                "{cadre}在{}已代〔{}〕，同一时间只能代一人。请改日期，或先结束那一次。",
                days(other),
                other.of_name
            ),
        );
    }
    let functions = functions(&actor, &typed.functions)?;
    let codes: Vec<String> = functions.iter().map(|f| f.code().to_owned()).collect();
    let new = store::deputy::NewDeputy {
        org: org.id,
        person,
        name: &cadre,
        since,
        until,
        of_account: own.account_id,
        of_name: &own.name,
        functions: &codes,
    };
    store::deputy::insert(tx, &new).await?;
    let reviewed = store::review::of_org(tx, org.id).await?;
    let own_review = reviewed.iter().find(|row| row.grant_id == own.grant_id);
    if let Some(asked) = own_review.and_then(|row| row.review_asked_at) {
        store::review::mark_deputies(tx, org.id, own.account_id, Some(asked)).await?;
    }
    let first = business_date(since);
    let last = business_date(until) - Days::new(1);
    tx.record(
        Event::new("deputy.named", "person", person)
            .org(org.id)
            .after(json!({ "name": cadre, "of": own.name, "from": first, "to": last, "functions": codes })),
    );
    let labels: Vec<&str> = functions.iter().map(|f| f.label()).collect();
    let body = format!(
        "{first}至{last}，{cadre}在〔{}〕代〔{}〕办理：{}。到期自动结束，办理的事都署“代〔{}〕”。",
        org.full_name,
        own.name,
        labels.join("、"),
        own.name
    );
    for receiver in [Receiver::Person(person), Receiver::Org(org.id)] {
        messages::tell(tx, receiver, note("指定代理人", body.clone())).await?;
    }
    Ok(())
}

/// The functions chosen, each one the actor has.
fn functions(actor: &Actor, typed: &[String]) -> Result<Vec<Permission>> {
    let all = rules::lendable(actor);
    let chosen: Vec<Permission> = all
        .into_iter()
        .filter(|permission| typed.iter().any(|code| code == permission.code()))
        .collect();
    let strange = typed
        .iter()
        .find(|code| chosen.iter().all(|permission| permission.code() != *code));
    match (chosen.is_empty(), strange) {
        (true, None) => refuse("functions", "deputy.functions", "请至少选择一项代理事项"),
        (_, Some(_)) => refuse(
            "functions",
            "deputy.not_own",
            "只能选择您自己可以办理的事项；设置、变更管理员等权限不能交人代理。请重新勾选。",
        ),
        _ => Ok(chosen),
    }
}

/// How many somebody has named who act or will act.
pub async fn count_of(tx: &mut Tx, org: OrgId, account: Uuid) -> Result<usize> {
    let now = tx.now();
    let all = store::deputy::after(tx, org, now).await?;
    Ok(all.iter().filter(|d| d.of_account == account).count())
}

/// Ends one before its day.
pub(crate) async fn end(tx: &mut Tx, org: &Org, grant: Uuid) -> Result<()> {
    tx.actor()
        .require(Permission::ManageGrants, &org.to_ref())?;
    store::grant::lock_seats(tx, org.id).await?;
    let now = tx.now();
    let all = store::deputy::after(tx, org.id, now).await?;
    let Some(deputy) = all.into_iter().find(|d| d.grant_id == grant) else {
        return Err(Error::Conflict("这次代理已经结束，请刷新后核对。".into()));
    };
    stop(tx, org.id, &org.full_name, &deputy).await
}

async fn stop(tx: &mut Tx, org: OrgId, name: &str, deputy: &Deputy) -> Result<()> {
    store::deputy::end(tx, org, deputy).await?;
    tx.record(
        Event::new("deputy.ended", "person", deputy.account_id)
            .org(org)
            .before(json!({ "name": deputy.name, "of": deputy.of_name })),
    );
    let body = format!(
        "您在〔{name}〕代〔{}〕办理的权限已提前结束。",
        deputy.of_name
    );
    let person = Receiver::Person(PersonId(deputy.account_id));
    messages::tell(tx, person, note("代理已结束", body)).await
}

/// Those whose principal holds nothing there any more end with it.
pub(crate) async fn end_of(tx: &mut Tx, org: OrgId, account: Uuid) -> Result<()> {
    end_where(tx, org, |deputy| deputy.of_account == account).await
}

/// Those a person holds who left office there.
pub(crate) async fn end_held(tx: &mut Tx, org: OrgId, person: PersonId) -> Result<()> {
    end_where(tx, org, |deputy| deputy.account_id == person.0).await
}

async fn end_where(tx: &mut Tx, org: OrgId, which: impl Fn(&Deputy) -> bool) -> Result<()> {
    let now = tx.now();
    let mut all = store::deputy::after(tx, org, now).await?;
    all.retain(which);
    if all.is_empty() {
        return Ok(());
    }
    let name = orgs::find(tx, org).await?.map(|org| org.full_name);
    for deputy in all {
        stop(tx, org, name.as_deref().unwrap_or_default(), &deputy).await?;
    }
    Ok(())
}

/// The deputies that act or will act, and those of the last year.
pub(crate) async fn list(
    conn: &mut PgConnection,
    org: OrgId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Deputy>> {
    store::deputy::after(conn, org, now - TimeDelta::days(365)).await
}

fn note(title: &str, body: String) -> Note {
    Note {
        kind: "account",
        title: title.into(),
        body,
        jump: Some("/console/deputies".into()),
        about: None,
    }
}
