//! Choosing, changing and proving passwords.

use crate::{
    Policy,
    rules::password::{OwnWords, check},
    secrets::{self, Lane},
    store,
    store::account::Happened,
};
use base::{Error, PersonId, Result};
use chrono::TimeDelta;
use db::{Db, Event, Tx, limits};
use messages::{Note, Receiver};
use uuid::Uuid;

/// What must not stand in the person's password: numbers, phone, name in letters.
pub(crate) fn own_words(person: Option<&people::Person>, names: &[&str]) -> OwnWords {
    let mut words: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    if let Some(person) = person {
        words.push(person.id_number.reveal().to_owned());
        words.extend(person.phone.as_ref().map(|p| p.reveal().to_owned()));
        words.push(people::spell(&person.name).0);
    }
    OwnWords(words)
}

/// The same, with the words of the organisations administered: number, name in letters, and of an organisation's account
/// who answers for it, with his phone (SEC-02).
pub(crate) async fn words_of(
    tx: &mut Tx,
    account: Uuid,
    person: Option<&people::Person>,
) -> Result<OwnWords> {
    let (mut words, keys, now) = (own_words(person, &[]), tx.keys().clone(), tx.now());
    let Some(standing) = store::session::standing(tx, account, now).await? else {
        return Ok(words);
    };
    for grant in standing.grants.iter().filter(|g| g.role.administers()) {
        let Some(org) = orgs::find(tx, grant.org.id).await? else {
            continue;
        };
        words.0.push(org.number.to_string());
        words.0.push(letters(&org.short_name));
        if person.is_none() {
            let (holder, phone) = super::holder::holder(tx, &keys, &org, account).await?;
            words.0.push(letters(&holder));
            words.0.extend(phone.map(|p| p.reveal().to_owned()));
        }
    }
    Ok(words)
}

/// What all organisations are called: it is nobody's own.
const KINDS: [&str; 5] = ["团支部", "团总支", "团工委", "团委", "委员会"];

/// A name in letters alone: the years and numbers in names of classes are nobody's secret, nor is the kind of organisation.
pub(crate) fn letters(name: &str) -> String {
    let own = KINDS.iter().find_map(|kind| name.strip_suffix(*kind));
    let name = own.unwrap_or(name);
    let mut spelt = people::spell(name).0;
    spelt.retain(|c| c.is_ascii_alphabetic());
    spelt
}

/// Refuses what stands in the deployment's file of breached passwords (SEC-01).
pub(crate) async fn not_breached(policy: &Policy, password: &str) -> Result<()> {
    let Some(list) = policy.breached.clone() else {
        return Ok(());
    };
    let password = password.to_owned();
    let looked = tokio::task::spawn_blocking(move || list.holds(&password)).await;
    match looked.map_err(anyhow::Error::from)? {
        Ok(true) => Err(crate::rules::password::common()),
        Ok(false) => Ok(()),
        // A file that went away stops nobody from choosing a password.
        Err(cause) => {
            tracing::error!(%cause, "breached passwords");
            Ok(())
        }
    }
}

/// Checks a new password with its repetition and the former ones (ACC-17); answers the hash to keep.
pub(crate) async fn choose(
    tx: &mut Tx,
    policy: &Policy,
    account: Uuid,
    admin: bool,
    own: &OwnWords,
    password: &str,
    repeat: &str,
) -> Result<String> {
    check(policy, admin, password, own)?;
    not_breached(policy, password).await?;
    if password != repeat {
        return Err(Error::refused_at(
            "repeat",
            "password.repeat",
            "两次输入的密码不一致，请重新输入",
        ));
    }
    let keys = tx.keys().clone();
    let former = store::account::former_passwords(tx, account, policy.password.history).await?;
    for hash in former {
        if secrets::verify(&keys, password, Some(hash), Lane::Known).await? {
            let message = format!(
                "不能使用最近{}次用过的密码，请换一个",
                policy.password.history
            );
            return Err(Error::refused_at("password", "password.former", message));
        }
    }
    secrets::hash(&keys, &tx.random().clone(), password).await
}

/// Who changes the own password, from where.
pub(crate) struct Own<'a> {
    pub account: Uuid,
    pub session: &'a [u8],
    pub admin: bool,
    pub address: &'a str,
    pub device: &'a str,
}

/// Changes the own password; all other sessions end (ACC-17). Answers the new token of this one.
pub(crate) async fn change(
    tx: &mut Tx,
    policy: &Policy,
    own: &Own<'_>,
    password: &str,
    repeat: &str,
) -> Result<String> {
    let keys = tx.keys().clone();
    let person = people::find(tx, &keys, PersonId(own.account)).await?;
    let words = words_of(tx, own.account, person.as_ref()).await?;
    let hash = choose(tx, policy, own.account, own.admin, &words, password, repeat).await?;
    let now = tx.now();
    store::account::set_password(tx, own.account, &hash, false, now).await?;
    store::session::end_others(tx, own.account, Some(own.session)).await?;
    let token = super::sessions::new_token(tx);
    store::session::prove(tx, own.session, &web::session_token_hash(&token), now).await?;
    let note = Note {
        kind: "account",
        title: "密码已修改".into(),
        body: "您的密码已修改，其他设备上的登录均已结束。如非本人操作，请立即联系所在团支部或直接上级管理员重置密码。".into(),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(PersonId(own.account)), note).await?;
    let happened = Happened {
        subject: own.account,
        kind: "password",
        outcome: "changed",
        org: None,
        address: own.address,
        device: own.device,
        detail: "",
    };
    store::account::note(tx, &happened).await?;
    tx.record(Event::new(
        "account.password_changed",
        "account",
        own.account,
    ));
    Ok(token)
}

/// Whether this is the account's present password. Wrong tries count, five in fifteen minutes pause the asking; it
/// commits by itself, so that they count although the form is refused. Never call it with a transaction open on the account.
pub(crate) async fn prove(
    db: &Db,
    policy: &Policy,
    account: Uuid,
    field: &'static str,
    password: &str,
) -> Result<()> {
    let now = db.clock.now();
    let counter = format!("proof:{account}");
    let mut tx = db.begin(access::Actor::system("proof")).await?;
    let (tries, until) = limits::hit(&mut tx, &counter, now, policy.lock.window()).await?;
    let hash = store::account::find(&mut tx, account)
        .await?
        .and_then(|a| a.password_hash);
    tx.commit_housekeeping().await?;
    if tries > policy.lock.failures {
        let message = format!(
            "密码连续错误{}次，{}后可再试",
            policy.lock.failures,
            base::format_moment(until, now)
        );
        return Err(Error::refused_at(field, "proof.locked", message));
    }
    if !secrets::verify(&db.keys, password, hash, Lane::Known).await? {
        return Err(Error::refused_at(
            field,
            "proof.wrong",
            "当前密码不正确，请重新输入；忘记密码请退出后用“忘记密码”",
        ));
    }
    let mut tx = db.begin(access::Actor::system("proof")).await?;
    limits::clear(&mut tx, &counter).await?;
    tx.commit_housekeeping().await
}

/// Counts a try of something guessable about an account; refuses beyond `most` an hour.
pub(crate) async fn count_guess(db: &Db, what: &str, account: Uuid, most: i32) -> Result<bool> {
    let now = db.clock.now();
    let mut tx = db.begin(access::Actor::system("guess")).await?;
    let (tries, _) = limits::hit(
        &mut tx,
        &format!("{what}:{account}"),
        now,
        TimeDelta::hours(1),
    )
    .await?;
    tx.commit_housekeeping().await?;
    Ok(tries <= most)
}
