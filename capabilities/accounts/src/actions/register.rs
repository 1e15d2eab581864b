//! Registering as administrator with a code (ACC-20..25).

use super::{
    codes::{count_wrong, not_paused, redeem},
    password::{choose, own_words},
};
use crate::{Policy, policy::Organisations, rules::code::Kind, store, store::account::NewAccount};
use access::Role;
use base::{Error, IdNumber, OrgId, PersonId, Refused, Reserved, Result, YearMonth, business_date};
use chrono::{Datelike, TimeDelta};
use db::{Db, Event, Tx, limits};
use messages::{Note, Receiver};
use orgs::Org;
use people::{Demand, How, MemberInput};
use serde::Deserialize;
use uuid::Uuid;

/// What was typed so far; every step carries all of it on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub province: String,
    pub q: String,
    pub org: String,
    pub title: String,
    pub code: String,
    pub name: String,
    pub id_number: String,
    pub ethnic: String,
    pub political: String,
    pub education: String,
    pub phone: String,
    pub never_member: String,
    pub admitted_on: String,
    pub admission_number: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

impl Typed {
    fn is_member(&self) -> bool {
        self.never_member.is_empty()
    }
}

/// The rules a registration is checked by.
pub(crate) struct Rules<'a> {
    pub accounts: &'a Policy,
    pub people: &'a people::Policy,
    pub reserved: Reserved,
}

/// The organisation chosen in the first step with the post.
pub(crate) async fn chosen(conn: &mut sqlx::PgConnection, typed: &Typed) -> Result<Org> {
    let pick = || Error::refused_at("org", "register.org", "请先搜索并选择您所在的组织");
    let id: OrgId = typed.org.parse().map_err(|_| pick())?;
    let org = orgs::find(conn, id)
        .await?
        .filter(|org| org.state.is_live())
        .ok_or_else(pick)?;
    if !people::titles(org.category).contains(&typed.title.as_str()) {
        let message = format!(
            "请选择团内职务：{}",
            people::titles(org.category).join("、")
        );
        return Err(Error::refused_at("title", "register.title", message));
    }
    Ok(org)
}

/// Looks a code over without using it; a wrong one counts against the address.
pub(crate) async fn look_at_code(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    org: &Org,
    typed: &str,
    address: &str,
) -> Result<()> {
    if policy.organisations != Organisations::AdminCode {
        return Err(Error::NotFound);
    }
    not_paused(tx, policy, address).await?;
    let found = redeem(
        tx,
        policy,
        Kind::Admin,
        Some((org.id, &org.full_name)),
        typed,
    )
    .await;
    if let Err(Error::Refused(_)) = &found {
        count_wrong(db, address).await?;
    }
    found.map(|_| ())
}

/// Counts a registration of an address (SEC-76); it commits by itself.
pub(crate) async fn count_registration(db: &Db, policy: &Policy, address: &str) -> Result<()> {
    let now = db.clock.now();
    let mut tx = db.begin(access::Actor::system("register")).await?;
    let key = format!("register:{address}");
    let (hits, until) = limits::hit(&mut tx, &key, now, TimeDelta::hours(1)).await?;
    tx.commit_housekeeping().await?;
    if hits > policy.rate.registration_hour {
        let message = format!(
            "操作过于频繁，请{}后再试。",
            base::format_moment(until, now)
        );
        return Err(Error::refused("rate", message));
    }
    Ok(())
}

/// ACC-23: at least 13 in the month of admission, whatever the year.
pub(crate) fn old_enough(policy: &Policy, number: &IdNumber, admitted: YearMonth) -> bool {
    let born = number.born();
    let months = YearMonth::new(born.year(), born.month()).map_or(0, |b| admitted.months_since(b));
    months >= policy.min_admission_age * 12
}

fn input_of(typed: &Typed) -> MemberInput {
    MemberInput {
        name: typed.name.clone(),
        id_number: typed.id_number.clone(),
        ethnic: typed.ethnic.clone(),
        political: typed.political.clone(),
        education: typed.education.clone(),
        phone: typed.phone.clone(),
        title: typed.title.clone(),
        nature: "兼职".into(),
        admitted_on: if typed.is_member() {
            typed.admitted_on.clone()
        } else {
            String::new()
        },
        admission_number: if typed.is_member() {
            typed.admission_number.clone()
        } else {
            String::new()
        },
        ..MemberInput::default()
    }
}

/// Registers: person, post, membership in a branch, grant and account come into being together, or nothing does
/// (ACC-25). All faults of the person's data are answered at once.
pub(crate) async fn register(
    tx: &mut Tx,
    db: &Db,
    rules: &Rules<'_>,
    typed: &Typed,
    address: &str,
) -> Result<PersonId, Vec<Refused>> {
    match register_or_fault(tx, db, rules, typed, address).await {
        Ok(Ok(person)) => Ok(person),
        Ok(Err(faults)) => Err(faults),
        Err(Error::Refused(refused)) => Err(vec![refused]),
        Err(other) => Err(vec![unexpected(&other)]),
    }
}

/// Keeps an unexpected error's cause in the log and answers that nothing was saved.
fn unexpected(error: &Error) -> Refused {
    tracing::error!(cause = %error, "registration failed");
    Refused {
        code: "internal",
        message: "系统出了问题，没有保存任何改动。请稍后再试；仍不行请联系直接上级团委。".into(),
        field: None,
    }
}

type Faults = std::result::Result<PersonId, Vec<Refused>>;

async fn register_or_fault(
    tx: &mut Tx,
    db: &Db,
    rules: &Rules<'_>,
    typed: &Typed,
    address: &str,
) -> Result<Faults> {
    let (policy, now) = (rules.accounts, tx.now());
    count_registration(db, policy, address).await?;
    let org = chosen(tx, typed).await?;
    look_at_code(tx, db, policy, &org, &typed.code, address).await?;
    let number = IdNumber::parse(&typed.id_number, business_date(now), rules.reserved)
        .map_err(|f| Error::refused_at("id_number", "id.form", f.message()))?;
    let keys = tx.keys().clone();
    let login = keys.blind("login", number.reveal());
    if people::by_id_number(tx, &keys, &number).await?.is_some()
        || store::account::by_login(tx, &login).await?.is_some()
    {
        // ACC-24; the transaction ends without using the code.
        return Err(Error::refused_at(
            "id_number",
            "register.known",
            "该身份证号已注册，无需重复注册。请登录后使用管理员变更。",
        ));
    }
    if typed.is_member() {
        let admitted: YearMonth = typed.admitted_on.parse().map_err(|()| {
            Error::refused_at(
                "admitted_on",
                "month",
                "请填写入团年月，如 2018-05；从未入团的请勾选“未曾入团”",
            )
        })?;
        if !old_enough(policy, &number, admitted) {
            return Err(Error::refused_at(
                "admitted_on",
                "register.age",
                "入团时不满13周岁，无法注册，请核对入团年月。",
            ));
        }
    }
    let in_branch = org.is_branch() && typed.is_member() && typed.political.contains("共青团员");
    let demand = if in_branch {
        Demand::Member
    } else {
        Demand::Cadre
    };
    let around = people::circumstances(tx, &org, demand, now, rules.reserved).await?;
    let new = match people::check(&input_of(typed), rules.people, &around) {
        Ok(new) => new,
        Err(faults) => return Ok(Err(faults.into_iter().map(Refused::from).collect())),
    };
    let own = own_words_of(&number, &typed.phone, &new.name);
    let hash = choose(
        tx,
        policy,
        Uuid::nil(),
        true,
        &own,
        &typed.password,
        &typed.repeat,
    )
    .await?;
    policy.consented(&typed.privacy)?;
    let name = new.name.clone();
    let person = if in_branch {
        people::enter_member(tx, &org, new, How::Registered, None).await?
    } else {
        people::enter_cadre(tx, &org, &new, "管理员注册码").await?
    };
    super::grants::grant(
        tx,
        policy,
        person,
        &name,
        &org,
        Role::Administrator,
        "admin_code",
    )
    .await?;
    let account = NewAccount {
        id: person.0,
        kind: "personal",
        org: None,
        name: "",
        state: "active",
        password_hash: None,
        must_change: false,
        privacy_version: Some(&policy.privacy_version),
    };
    store::account::insert(tx, &account).await?;
    store::account::set_password(tx, person.0, &hash, false, now).await?;
    let row = redeem(
        tx,
        policy,
        Kind::Admin,
        Some((org.id, &org.full_name)),
        &typed.code,
    )
    .await?;
    store::code::set_used(tx, org.id, row.code_id, &name, org.id).await?;
    tx.record(Event::new("account.registered", "person", person).org(org.id));
    tell_superior(tx, &org, &name, "注册为", &typed.title).await?;
    // Last: writes to the tree hold up everybody else's (DATA rule 15).
    orgs::activate(tx, org.id).await?;
    Ok(Ok(person))
}

/// Tells who gave the code out that somebody has become (or registered as) administrator with it.
pub(super) async fn tell_superior(
    tx: &mut Tx,
    org: &Org,
    name: &str,
    how: &str,
    title: &str,
) -> Result<()> {
    let Some(superior) = org.parent else {
        return Ok(());
    };
    let note = Note {
        kind: "account",
        title: "下级组织有新的管理员".into(),
        body: format!(
            "{name}已用管理员注册码{how}〔{}〕的管理员，团内职务：{title}。",
            org.full_name
        ),
        jump: Some("/console/codes".into()),
        about: Some(org.id.0),
    };
    messages::tell(tx, Receiver::Org(superior), note).await
}

/// What must not stand in an applicant's password.
pub(crate) fn own_words_of(
    number: &IdNumber,
    phone: &str,
    name: &str,
) -> crate::rules::password::OwnWords {
    let mut words = own_words(None, &[]);
    words.0.extend([
        number.reveal().to_owned(),
        phone.to_owned(),
        people::spell(name).0,
    ]);
    words
}
