//! Ways back in: the code from an administrator (ACC-50, ACC-51) and the SMS (ACC-52).

use super::password::{choose, own_words, words_of};
use crate::{
    Policy,
    rules::password::{OwnWords, is_admin},
    store,
    store::account::{Happened, NewAccount},
};
use access::{Bounds, Permission};
use base::{Error, IdNumber, Mobile, PersonId, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Event, Tx};
use messages::{Note, Receiver};
use people::Person;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "找回密码";
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
const FIELD: &str = "reset_code";

/// A reset code in clear, shown once.
#[derive(Clone, Debug)]
pub struct ResetCode {
    /// 8 characters, shown once.
    pub code: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// Makes a reset code for a person of the own organisation or a direct subordinate (ACC-50); never for oneself (ACC-51).
/// Whoever asks must be allowed for one of the person's organisations: the branch, or where a post is held.
pub async fn issue(tx: &mut Tx, policy: &Policy, person: &Person) -> Result<ResetCode> {
    if !policy.reset.by_code {
        return Err(Error::refused(
            "reset.off",
            "本系统用手机验证码重置密码，请本人在登录页点“忘记密码”。",
        ));
    }
    let actor = tx.actor().clone();
    if actor.person() == Some(person.id) {
        return Err(Error::forbidden(
            "不能给自己生成重置密码验证码，请由本组织的另一位管理员或直接上级组织的管理员办理。",
        ));
    }
    require_for(tx, Permission::ResetPasswords, person.id).await?;
    // With the code one could sign in as that person, and rights are not lent (ACC-B5).
    let lent = actor
        .acting
        .as_ref()
        .is_some_and(|grant| grant.bounds != Bounds::Whole);
    if lent
        && !store::grant::open_grants(tx, &[person.id.0])
            .await?
            .is_empty()
    {
        return Err(Error::forbidden(
            "代理人不能为管理员、运营者生成重置密码验证码，请由管理员本人或直接上级组织的管理员办理。",
        ));
    }
    let code = loop {
        let code = tx.random().code(ALPHABET, 8);
        if code.bytes().any(|c| c.is_ascii_digit()) && code.bytes().any(|c| c.is_ascii_alphabetic())
        {
            break code;
        }
    };
    let expires_at = tx.now() + TimeDelta::hours(policy.reset.code_hours);
    let hash = tx.keys().blind(FIELD, &format!("{}/{code}", person.id));
    store::code::put_reset(tx, person.id.0, &hash, expires_at).await?;
    let happened = Happened {
        subject: person.id.0,
        kind: "reset_code",
        outcome: "issued",
        org: actor.org().map(|o| o.id),
        address: &actor.address,
        device: "",
        detail: &actor.name,
    };
    store::account::note(tx, &happened).await?;
    let note = Note {
        kind: "account",
        title: "管理员生成了重置密码验证码".into(),
        body: format!(
            "〔{}〕为您生成了重置密码验证码。如非本人提出，请立即联系所在团支部或直接上级管理员。",
            actor.name
        ),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person.id), note).await?;
    tx.record(Event::new("reset_code.issued", "person", person.id));
    Ok(ResetCode { code, expires_at })
}

/// Lets pass who may do this for one of the person's organisations: the branch, or where a post is held. Who may see the
/// person but not do it is told who can (ACC-71); to all others there is no such person.
pub(crate) async fn require_for(
    tx: &mut Tx,
    permission: Permission,
    person: PersonId,
) -> Result<()> {
    let actor = tx.actor().clone();
    let mut ids: Vec<_> = people::posts(tx, person)
        .await?
        .into_iter()
        .map(|p| p.org)
        .collect();
    ids.extend(people::membership(tx, person).await?.map(|m| m.branch));
    let orgs = orgs::find_many(tx, &ids).await?;
    let answers: Vec<Result<()>> = orgs
        .iter()
        .map(|org| actor.require(permission, &org.to_ref()))
        .collect();
    if answers.iter().any(Result::is_ok) {
        return Ok(());
    }
    let told = answers
        .into_iter()
        .find(|a| matches!(a, Err(Error::Forbidden(_))));
    Err(told.and_then(Result::err).unwrap_or(Error::NotFound))
}

/// Whether the reset code is right; wrong tries count and commit by themselves. The same answer for nobody, for a wrong
/// code and for one that is void, so that nothing is learnt (SEC-71).
async fn take_code(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    person: Option<PersonId>,
    typed: &str,
) -> Result<()> {
    let wrong = || {
        let (hours, tries) = (policy.reset.code_hours, policy.reset.code_tries);
        Error::refused_at(
            "code",
            "reset.code",
            format!(
                "身份证号或重置密码验证码不正确。验证码{hours}小时内有效，错误{tries}次作废，区分大小写；请核对，或向所在组织或直接上级管理员重新获取。"
            ),
        )
    };
    let code: String = base::text::normalise(typed)
        .chars()
        .filter(|c| *c != ' ')
        .collect();
    if super::codes::is_admin_code(tx, policy, &code).await? {
        return Err(Error::refused_at(
            "code",
            "reset.admin_code",
            "这是管理员注册码，不能用于重置密码。",
        ));
    }
    let Some(person) = person else {
        return Err(wrong());
    };
    let hash = db.keys.blind(FIELD, &format!("{person}/{code}"));
    let mut own = db.begin(access::Actor::system("reset")).await?;
    let Some(standing) = store::code::reset_for_update(&mut own, person.0).await? else {
        return Err(wrong());
    };
    if standing.expires_at <= own.now() || standing.tries >= policy.reset.code_tries {
        return Err(wrong());
    }
    let right = bool::from(standing.code_hash.ct_eq(&hash));
    if !right {
        store::code::count_reset_try(
            &mut own,
            person.0,
            standing.code_id,
            policy.reset.code_tries,
        )
        .await?;
        own.commit_housekeeping().await?;
        return Err(wrong());
    }
    drop(own);
    // Used up together with the new password.
    let standing = store::code::reset_for_update(tx, person.0)
        .await?
        .ok_or_else(wrong)?;
    if !bool::from(standing.code_hash.ct_eq(&hash)) {
        return Err(wrong());
    }
    store::code::use_reset(tx, person.0, standing.code_id).await
}

/// Sets a new password with a code from an administrator.
pub(crate) async fn by_code(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    number: &IdNumber,
    code: &str,
    password: &str,
    repeat: &str,
) -> Result<()> {
    let person = people::by_id_number(tx, &db.keys, number).await?;
    take_code(tx, db, policy, person, code).await?;
    let person = person.ok_or(Error::NotFound)?;
    set(tx, db, policy, person, password, repeat).await
}

/// The one person with an account behind a phone (ACC-52).
pub(crate) async fn holder(tx: &mut Tx, phone: &Mobile) -> Result<Option<PersonId>> {
    let (keys, mut holders) = (tx.keys().clone(), Vec::new());
    for person in people::by_phone(tx, &keys, phone).await? {
        if store::account::find(tx, person.0).await?.is_some() {
            holders.push(person);
        }
    }
    Ok(if holders.len() == 1 {
        holders.pop()
    } else {
        None
    })
}

/// The undecided applicant who opened an account with a phone (ACC-38, ACC-39): no person is on file yet.
pub(super) async fn applicant(tx: &mut Tx, phone: &Mobile) -> Result<Option<Uuid>> {
    let login = tx.keys().blind("login", phone.reveal());
    let Some(id) = store::account::by_login(tx, &login).await? else {
        return Ok(None);
    };
    let account = store::account::find_for_update(tx, id).await?;
    Ok(account
        .filter(|account| account.state == "applicant")
        .map(|_| id))
}

/// Whether a code sent to a phone leads anywhere: to a person with an account, or to an applicant (ACC-52).
pub(crate) async fn leads_somewhere(tx: &mut Tx, phone: &Mobile) -> Result<bool> {
    Ok(holder(tx, phone).await?.is_some() || applicant(tx, phone).await?.is_some())
}

/// An applicant's new password.
async fn set_applicants(
    tx: &mut Tx,
    policy: &Policy,
    id: Uuid,
    phone: &Mobile,
    password: &str,
    repeat: &str,
) -> Result<()> {
    let (now, words) = (tx.now(), own_words(None, &[phone.reveal()]));
    let hash = choose(tx, policy, id, false, &words, password, repeat).await?;
    store::account::set_password(tx, id, &hash, false, now).await?;
    store::session::end_others(tx, id, None).await?;
    super::sign_in::unlock(tx, id).await?;
    tx.record(Event::new("account.password_reset", "account", id));
    Ok(())
}

/// Sets a new password with a code sent to the phone on file.
pub(crate) async fn by_phone(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    phone: &Mobile,
    code: &str,
    password: &str,
    repeat: &str,
) -> Result<()> {
    let person = holder(tx, phone).await?;
    // A weak password is told before the code is used up, whether or not there is somebody behind the phone; what depends on
    // the person, only to whoever has the code.
    crate::rules::password::check(policy, false, password, &OwnWords::default())?;
    gateways::try_code(db, phone, PURPOSE, code).await?;
    let known = match person {
        Some(person) => {
            set(tx, db, policy, person, password, repeat).await?;
            true
        }
        None => match applicant(tx, phone).await? {
            Some(id) => {
                set_applicants(tx, policy, id, phone, password, repeat).await?;
                true
            }
            None => false,
        },
    };
    if known {
        gateways::check_code(db, phone, PURPOSE, code).await
    } else {
        gateways::refuse_code(db, phone.reveal(), PURPOSE, code).await
    }
}

/// Somebody an administrator entered has no account before the first way in.
pub(super) async fn ensure_account(tx: &mut Tx, person: PersonId) -> Result<()> {
    let new = NewAccount {
        id: person.0,
        kind: "personal",
        org: None,
        name: "",
        state: "initial",
        password_hash: None,
        must_change: false,
        privacy_version: None,
    };
    store::account::insert(tx, &new).await?;
    Ok(())
}

async fn set(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    person: PersonId,
    password: &str,
    repeat: &str,
) -> Result<()> {
    let keys = db.keys.clone();
    let file = people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let now = tx.now();
    ensure_account(tx, person).await?;
    let account = store::account::find_for_update(tx, person.0)
        .await?
        .ok_or(Error::NotFound)?;
    if account.state == "disabled" {
        return Err(Error::refused(
            "account.disabled",
            "该账号已停用，不能重置密码，请联系所在组织或直接上级团委管理员。",
        ));
    }
    let standing = store::session::standing(tx, person.0, now)
        .await?
        .ok_or(Error::NotFound)?;
    let admin = is_admin(standing.grants.iter().map(|g| g.role));
    let words = words_of(tx, person.0, Some(&file)).await?;
    let hash = choose(tx, policy, person.0, admin, &words, password, repeat).await?;
    store::account::set_password(tx, person.0, &hash, false, now).await?;
    store::session::end_others(tx, person.0, None).await?;
    super::sign_in::unlock(tx, person.0).await?;
    let note = Note {
        kind: "account",
        title: "密码已重置".into(),
        body:
            "您的密码已重置，原有登录均已结束。如非本人操作，请立即联系所在团支部或直接上级管理员。"
                .into(),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person), note).await?;
    let address = tx.actor().address.clone();
    let happened = Happened {
        subject: person.0,
        kind: "password",
        outcome: "reset",
        org: None,
        address: &address,
        device: "",
        detail: "",
    };
    store::account::note(tx, &happened).await?;
    tx.record(Event::new("account.password_reset", "person", person));
    Ok(())
}
