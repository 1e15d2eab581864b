//! What an appeal comes to: approved, rejected, in effect (ACC-53, ACC-54, 2.4).

use super::appeal::{LETTERS, blind_code, free_phone, phone_of, tell};
use crate::{Policy, rules::report::Report, store, store::appeal::Row};
use access::Actor;
use base::{Error, Mobile, OrgId, PersonId, Result, format_moment};
use chrono::TimeDelta;
use db::{Db, Event, Tx};
use people::Person;
use uuid::Uuid;

/// A reviewer has passed it by the pictures: it holds after a day, and the old phone is told (2.4).
pub(crate) async fn approve(tx: &mut Tx, policy: &Policy, row: &Row) -> Result<()> {
    let keys = tx.keys().clone();
    let now = tx.now();
    let at = now + TimeDelta::hours(policy.appeal.delay_hours);
    let code = tx.random().code(LETTERS, 10);
    let actor = tx.actor().clone();
    let decided = store::appeal::Decided {
        state: "approved",
        effective_at: Some(at),
        org: actor.org().map(|o| o.id),
        reviewer: &actor.name,
        method: Some("photos"),
        reason: "",
        objection_hash: Some(&blind_code(&keys, &code)),
    };
    store::appeal::decide(tx, row.appeal_id, &decided).await?;
    let file = people::find(tx, &keys, PersonId(row.person_id))
        .await?
        .ok_or(Error::NotFound)?;
    let (new, until) = (phone_of(&keys, row)?.masked(), format_moment(at, now));
    if let Some(old) = file.phone.as_ref().filter(|_| policy.sms) {
        let text = format!(
            "【团建】有人申请把您登记的手机号换成{new}，{until}生效。如非本人操作，请在此之前打开系统登录页的“我要申诉→查询进度、提出异议”，输入异议码{code}。"
        );
        let words = [("phone", new.as_str()), ("until", &until), ("code", &code)];
        let words = gateways::Words::new("appeal_objection", &words);
        gateways::sms(tx, old, "手机号申诉", &text, &words).await?;
    }
    let body = format!(
        "您的手机号申诉已通过，{until}起改用{new}登录。如非本人操作，请立即联系所在团支部或直接上级管理员。"
    );
    tell(tx, file.id, "手机号申诉已通过", body).await?;
    forget_pictures(tx, policy, row.appeal_id).await?;
    tx.record(Event::new("appeal.approved", "person", file.id).note("photos"));
    Ok(())
}

/// The pictures go some days after the decision (ACC-54).
async fn forget_pictures(tx: &mut Tx, policy: &Policy, id: Uuid) -> Result<()> {
    let after = tx.now() + TimeDelta::days(policy.appeal.keep_days);
    store::picture::let_go(tx, id, None, after).await
}

/// Rejected, with the reason.
pub(crate) async fn reject(tx: &mut Tx, policy: &Policy, row: &Row, reason: &str) -> Result<()> {
    let actor = tx.actor().clone();
    let decided = store::appeal::Decided {
        state: "rejected",
        effective_at: None,
        org: actor.org().map(|o| o.id),
        reviewer: &actor.name,
        method: None,
        reason,
        objection_hash: None,
    };
    store::appeal::decide(tx, row.appeal_id, &decided).await?;
    forget_pictures(tx, policy, row.appeal_id).await?;
    result(tx, policy, row, &format!("未通过，原因：{reason}")).await?;
    tx.record(Event::new(
        "appeal.rejected",
        "person",
        PersonId(row.person_id),
    ));
    Ok(())
}

async fn result(tx: &mut Tx, policy: &Policy, row: &Row, words: &str) -> Result<()> {
    if !policy.sms {
        return Ok(());
    }
    let phone = phone_of(tx.keys(), row)?;
    let text = format!("【团建】您的手机号申诉{words}。");
    let words = gateways::Words::new("appeal_result", &[("result", words)]);
    gateways::sms(tx, &phone, "手机号申诉", &text, &words).await
}

/// The new phone and the password hold from now on; everything the old phone opened is closed.
pub(crate) async fn take_effect(
    tx: &mut Tx,
    policy: &Policy,
    row: &Row,
    method: &str,
) -> Result<()> {
    let keys = tx.keys().clone();
    let (person, now) = (PersonId(row.person_id), tx.now());
    let phone = phone_of(&keys, row)?;
    let file = people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    free_phone(tx, policy, person, &phone).await?;
    if let Some(applicant) = row.applicant_id {
        close_applicant(tx, applicant, row, &phone).await?;
    }
    people::confirm_phone(tx, &file, &phone).await?;
    super::resets::ensure_account(tx, person).await?;
    store::account::set_password(tx, person.0, &row.password_hash, false, now).await?;
    store::account::accept_privacy(tx, person.0, &policy.privacy_version).await?;
    store::session::end_others(tx, person.0, None).await?;
    super::sign_in::unlock(tx, person.0).await?;
    let actor = tx.actor().clone();
    let decided = store::appeal::Decided {
        state: "effective",
        effective_at: Some(now),
        org: actor.org().map(|o| o.id).or(row.decided_org_id.map(OrgId)),
        reviewer: &actor.name,
        method: Some(method),
        reason: "",
        objection_hash: None,
    };
    if row.state == "approved" {
        store::appeal::set_state(tx, row.appeal_id, "effective", None).await?;
    } else {
        store::appeal::decide(tx, row.appeal_id, &decided).await?;
        forget_pictures(tx, policy, row.appeal_id).await?;
    }
    let mut body = format!(
        "登记的手机号已换成{}，密码已重设，原有登录均已结束。",
        phone.masked()
    );
    if let Some(sealed) = &row.offered_sealed {
        let text = keys.open("phone_appeal.offered", row.appeal_id, sealed)?;
        let report: Report = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
        body.push_str(&offer(&file, &report));
    }
    tell(tx, person, "手机号申诉已生效", body).await?;
    result(tx, policy, row, "已生效，请用新手机号和申诉时设的密码登录").await?;
    tx.record(Event::new("appeal.effective", "person", person).note(method));
    Ok(())
}

/// What the given-up registration says otherwise than the file, as changes the person may make (ACC-53).
fn offer(file: &Person, report: &Report) -> String {
    let on_file = people::MemberInput::of(file);
    let differing: Vec<String> = [
        "ethnic",
        "political",
        "education",
        "admitted_on",
        "school",
        "occupation",
        "employer",
    ]
    .into_iter()
    .filter_map(|name| {
        let typed = report.get(name);
        let known = people::field_words(name, &on_file.field(name)?);
        (!typed.is_empty() && typed != known).then(|| {
            let known = if known.is_empty() {
                "空值"
            } else {
                known.as_str()
            };
            format!("{}：{known} → {typed}", people::field_label(name))
        })
    })
    .collect();
    if differing.is_empty() {
        return String::new();
    }
    format!(
        "申诉前填写的资料与档案不同，确需修改的请在“我的资料”里改：{}。",
        differing.join("；")
    )
}

/// The account of the registration that was given up; its numbers are free again.
async fn close_applicant(tx: &mut Tx, applicant: Uuid, row: &Row, phone: &Mobile) -> Result<()> {
    let Some(account) = store::account::find_for_update(tx, applicant).await? else {
        return Ok(());
    };
    let undecided = store::registration::find(tx, applicant)
        .await?
        .is_some_and(|r| r.state != "pending" && r.state != "approved");
    if account.state != "applicant" || !undecided {
        return Ok(());
    }
    let login = tx.keys().blind("login", phone.reveal());
    if store::account::by_login(tx, &login).await? == Some(applicant) {
        store::account::free_login(tx, &login).await?;
    }
    store::account::set_state(tx, applicant, "closed", Some("手机号申诉已生效")).await?;
    store::session::end_others(tx, applicant, None).await?;
    tx.record(Event::new("account.closed", "account", applicant).note(row.appeal_id.to_string()));
    Ok(())
}

/// Approved appeals whose day is over take effect, each in a transaction of its own.
pub(crate) async fn apply_due(db: &Db, policy: &Policy) -> Result<u32> {
    let mut reader = db.read().await?;
    let now = reader.now();
    let due = store::appeal::due(&mut reader, now).await?;
    drop(reader);
    let mut done = 0;
    for id in due {
        let mut tx = db.begin(Actor::system("accounts.appeals")).await?;
        let Some(row) = store::appeal::find_for_update(&mut tx, id).await? else {
            continue;
        };
        if row.state != "approved" || row.effective_at.is_none_or(|at| at > now) {
            continue;
        }
        match take_effect(&mut tx, policy, &row, "photos").await {
            Ok(()) => {}
            // Somebody has taken the phone meanwhile.
            Err(Error::Refused(refused)) => {
                drop(tx);
                tx = db.begin(Actor::system("accounts.appeals")).await?;
                reject(&mut tx, policy, &row, &refused.message).await?;
            }
            Err(other) => return Err(other),
        }
        tx.commit().await?;
        done += 1;
    }
    Ok(done)
}
