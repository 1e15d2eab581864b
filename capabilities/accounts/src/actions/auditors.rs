//! Auditors (ACC-85, SEC-13): two persons make one, each of their sessions has a purpose, and nobody holds two of the three
//! duties of system, security and audit.

use crate::store::{self, auditor::Term, grant::NewGrant};
use access::{Actor, Role};
use base::{Error, OrgId, PersonId, Result, at_midnight, business_date, text};
use chrono::{Datelike, NaiveDate};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// What the audit duty must not be together with (SEC-13).
pub(crate) fn clash() -> Error {
    Error::refused(
        "duty.clash",
        "系统管理、安全管理、审计三种职责不能由同一人担任：根组织的管理员、运营者不能兼任审计员。请先收回其中一项权限，或另选人员。",
    )
}

async fn root(conn: &mut PgConnection) -> Result<Org> {
    let root = orgs::by_path(conn, &base::OrgPath::root()).await?;
    root.ok_or(Error::NotFound)
}

async fn holds_security(conn: &mut PgConnection, root: OrgId, account: Uuid) -> Result<bool> {
    let holders = store::grant::holders(conn, root).await?;
    Ok(holders
        .iter()
        .any(|h| h.account_id == account && h.role != Role::Auditor.code()))
}

/// Whether somebody is auditor, or proposed.
pub(crate) async fn is_open(conn: &mut PgConnection, account: Uuid) -> Result<bool> {
    Ok(store::auditor::open_of(conn, account).await?.is_some())
}

/// Reads the last day of a term: from tomorrow to a year ahead.
pub(crate) fn read_until(typed: &str, today: NaiveDate) -> Result<NaiveDate> {
    let day = NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").map_err(|_| {
        Error::refused_at("until", "auditor.until", "请写明截止日期，如 2027-06-30")
    })?;
    let last = today.with_year(today.year() + 1).unwrap_or(today);
    if day <= today || day > last {
        let message = format!("截止日期须在今天以后、{last}以前（最长一年）");
        return Err(Error::refused_at("until", "auditor.until", message));
    }
    Ok(day)
}

fn read_reason(typed: &str) -> Result<String> {
    let reason = text::normalise(typed);
    if !(5..=200).contains(&reason.chars().count()) {
        return Err(Error::refused_at(
            "reason",
            "auditor.reason",
            "请写明理由（5–200字），例如：年度等保测评",
        ));
    }
    Ok(reason)
}

fn note(title: &str, body: String, jump: &str) -> Note {
    Note {
        kind: "account",
        title: title.into(),
        body,
        jump: Some(jump.into()),
        about: None,
    }
}

/// The deployment owner's half: proposes a person. Nothing may be looked at before an administrator of the root confirms.
pub async fn propose_auditor(
    tx: &mut Tx,
    person: PersonId,
    name: &str,
    reason: &str,
    until: &str,
) -> Result<()> {
    let reason = read_reason(reason)?;
    let last = read_until(until, business_date(tx.now()))?;
    let root = root(tx).await?;
    if holds_security(tx, root.id, person.0).await? {
        return Err(clash());
    }
    let end = last.succ_opt().map(at_midnight).ok_or(Error::NotFound)?;
    let Some(term) = store::auditor::propose(tx, person.0, name, &reason, end).await? else {
        return Err(Error::refused(
            "auditor.open",
            "此人已是审计员或正在等待确认，不能重复指定。",
        ));
    };
    let body = format!(
        "部署管理员提名{name}为审计员，至{last}，理由：{reason}。请核实后确认或拒绝；确认前此人看不到任何数据。"
    );
    let told = note("等待确认审计员", body, "/console/auditors");
    messages::tell(tx, Receiver::Org(root.id), told).await?;
    tx.record(
        Event::new("auditor.proposed", "person", person)
            .org(root.id)
            .after(json!({ "term": term, "until": last }))
            .note(&reason),
    );
    Ok(())
}

/// Only administrators of the root decide, and never about themselves (ACC-73).
pub(crate) fn may_decide(actor: &Actor) -> Result<()> {
    let at_root = actor.acting.as_ref().is_some_and(|grant| {
        grant.role == Role::Administrator && grant.acts(None) && grant.org.path.depth() == 1
    });
    if at_root {
        return Ok(());
    }
    Err(Error::forbidden(
        "审计员由部署管理员提名、根组织的管理员确认，其他组织不能办理。",
    ))
}

async fn open_term(tx: &mut Tx, id: Uuid, state: &str) -> Result<Term> {
    may_decide(&tx.actor().clone())?;
    let term = store::auditor::lock(tx, id).await?.ok_or(Error::NotFound)?;
    if tx.actor().person() == Some(PersonId(term.account_id)) {
        return Err(Error::forbidden(
            "不能决定关于本人的提名，请由另一位管理员办理。",
        ));
    }
    if term.state != state {
        let by = term.decided_by.as_deref().unwrap_or("系统");
        return Err(Error::Conflict(format!("{by}已经办理过，请刷新页面。")));
    }
    Ok(term)
}

/// Confirms or declines a proposal; the right ends by itself.
pub(crate) async fn decide(tx: &mut Tx, id: Uuid, yes: bool) -> Result<()> {
    let term = open_term(tx, id, "proposed").await?;
    let root = root(tx).await?;
    let mut granted = None;
    if yes {
        if term.until <= tx.now() {
            return Err(Error::refused(
                "auditor.late",
                "提名的截止日期已过，请部署管理员重新提名。",
            ));
        }
        if holds_security(tx, root.id, term.account_id).await? {
            return Err(clash());
        }
        let grant = NewGrant {
            account: term.account_id,
            name: &term.name,
            org: root.id,
            role: Role::Auditor.code(),
            basis: "部署管理员提名、根组织确认",
        };
        store::grant::insert(tx, &grant).await?;
        granted = store::auditor::limit_grant(tx, term.account_id, root.id, term.until).await?;
    }
    let state = if yes { "confirmed" } else { "declined" };
    store::auditor::set_state(tx, id, state, granted).await?;
    let last = business_date(term.until - chrono::TimeDelta::seconds(1));
    let body = if yes {
        format!(
            "您已被指定为审计员，至{last}。每次登录须先写明用途；查看完整证件号须逐条写明理由，有关组织看得到。"
        )
    } else {
        "关于您担任审计员的提名没有通过。".to_owned()
    };
    let told = note("审计员", body, "/account");
    messages::tell(tx, Receiver::Person(PersonId(term.account_id)), told).await?;
    tx.record(
        Event::new("auditor.decided", "person", term.account_id)
            .org(root.id)
            .after(json!({ "term": id, "state": state })),
    );
    Ok(())
}

/// Ends a term before its day.
pub(crate) async fn end(tx: &mut Tx, id: Uuid) -> Result<()> {
    let term = open_term(tx, id, "confirmed").await?;
    let (root, now) = (root(tx).await?, tx.now());
    store::auditor::limit_grant(tx, term.account_id, root.id, now).await?;
    store::auditor::set_state(tx, id, "ended", None).await?;
    tx.record(
        Event::new("auditor.ended", "person", term.account_id)
            .org(root.id)
            .after(json!({ "term": id })),
    );
    Ok(())
}

/// Closes terms whose day has come (04:00); the right was gone at that moment already.
pub(crate) async fn close_outlived(db: &db::Db) -> Result<()> {
    let mut reader = db.read().await?;
    let (now, terms) = (reader.now(), {
        let now = reader.now();
        store::auditor::outlived(&mut reader, now).await?
    });
    drop(reader);
    for id in terms {
        let mut tx = db.begin(Actor::system("accounts.stand_in")).await?;
        let Some(term) = store::auditor::lock(&mut tx, id).await? else {
            continue;
        };
        if term.until > now || !matches!(term.state.as_str(), "proposed" | "confirmed") {
            continue;
        }
        store::auditor::set_state(&mut tx, id, "ended", None).await?;
        tx.record(Event::new("auditor.ended", "person", term.account_id));
        tx.commit().await?;
    }
    Ok(())
}

/// States what an auditor's session is for (ACC-85).
pub(crate) async fn state_purpose(tx: &mut Tx, session: &[u8], typed: &str) -> Result<()> {
    let purpose = text::normalise(typed);
    if !(5..=100).contains(&purpose.chars().count()) || text::has_control(&purpose) {
        return Err(Error::refused_at(
            "purpose",
            "auditor.purpose",
            "请写明这次登录查看数据的用途，5–100字，例如：核查第三季度转接超期情况",
        ));
    }
    store::auditor::set_purpose(tx, session, &purpose).await?;
    let (who, root) = (tx.actor().person(), root(tx).await?);
    let who = who.map_or(Uuid::nil(), |person| person.0);
    tx.record(
        Event::new("auditor.session", "person", who)
            .org(root.id)
            .note(&purpose),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_85_a_term_ends_within_a_year() {
        let today = NaiveDate::from_ymd_opt(2026, 9, 1).expect("a day");
        assert!(read_until("2026-09-01", today).is_err());
        assert!(read_until("2026-09-02", today).is_ok());
        assert!(read_until("2027-09-01", today).is_ok());
        assert!(read_until("2027-09-02", today).is_err());
        assert!(read_until("明年", today).is_err());
    }
}
