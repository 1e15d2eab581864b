//! A new branch registers itself with a code of its committee (ACC-32, ORG-27).

use super::{
    codes::{count_wrong, not_paused, redeem},
    org_accounts::{NewOrgAccount, make, read_username},
    password::{letters, not_breached},
    register::count_registration,
};
use crate::{
    Policy,
    rules::{
        code::Kind,
        password::{OwnWords, check},
    },
    store,
};
use access::Actor;
use base::{Error, Mobile, OrgId, Refused, Reserved, Result, business_date};
use db::{Db, Event};
use messages::{Note, Receiver};
use orgs::{Org, OrgInput};
use serde::Deserialize;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub code: String,
    pub short_name: String,
    pub sector: String,
    pub holder: String,
    pub phone: String,
    pub graduation_year: String,
    pub username: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

/// What a registration is checked by.
pub(crate) struct Rules<'a> {
    pub accounts: &'a Policy,
    pub orgs: &'a orgs::Policy,
    pub reserved: Reserved,
}

type Founded = std::result::Result<Org, Vec<Refused>>;

/// Registers the branch: organisation and account come into being together and the code is used up, or nothing happens.
/// The code is the permission, so the system acts for the committee that issued it. The same form twice is one branch.
pub(crate) async fn found(
    db: &Db,
    rules: &Rules<'_>,
    typed: &Typed,
    key: &str,
    address: &str,
) -> Result<Option<Founded>> {
    let policy = rules.accounts;
    let mut actor = Actor::system("org_code");
    address.clone_into(&mut actor.address);
    let mut tx = db.begin(actor).await?;
    if tx.once(key).await?.is_some() {
        return Ok(None);
    }
    count_registration(db, policy, address).await?;
    not_paused(&mut tx, policy, address).await?;
    let row = match redeem(&mut tx, policy, Kind::Org, None, &typed.code.to_uppercase()).await {
        Err(Error::Refused(refused)) => {
            count_wrong(db, address).await?;
            return Err(Error::Refused(refused));
        }
        other => other?,
    };
    let committee = orgs::find(&mut tx, OrgId(row.org_id))
        .await?
        .filter(|org| org.state.is_live())
        .ok_or_else(crate::rules::code::unknown)?;
    let now = tx.now();
    let superior = orgs::superior(&mut tx, committee.clone()).await?;
    let input = OrgInput {
        category: "branch".into(),
        short_name: typed.short_name.clone(),
        sector: typed.sector.clone(),
        phone: typed.phone.clone(),
        graduation_year: typed.graduation_year.clone(),
        ..OrgInput::default()
    };
    let mut faults: Vec<Refused> = Vec::new();
    let checked = orgs::check(
        &input,
        &superior,
        rules.orgs,
        rules.reserved,
        business_date(now),
    );
    let mut note = |result: Result<()>| -> Result<()> {
        match result {
            Err(Error::Refused(refused)) => faults.push(refused),
            other => other?,
        }
        Ok(())
    };
    let holder = base::text::normalise(&typed.holder);
    if holder.chars().count() < 2 {
        note(Err(Error::refused_at(
            "holder",
            "founding.holder",
            "请填写负责人姓名",
        )))?;
    }
    if let Err(fault) = Mobile::parse(&typed.phone, rules.reserved) {
        note(Err(Error::refused_at(
            "phone",
            "phone.form",
            fault.message(),
        )))?;
    }
    note(read_username(&typed.username).map(|_| ()))?;
    let own = OwnWords(vec![
        typed.username.clone(),
        typed.phone.clone(),
        letters(&holder),
        letters(&typed.short_name),
    ]);
    note(check(policy, true, &typed.password, &own))?;
    note(not_breached(policy, &typed.password).await)?;
    if typed.password != typed.repeat {
        note(Err(Error::refused_at(
            "repeat",
            "password.repeat",
            "两次输入的密码不一致，请重新输入",
        )))?;
    }
    note(policy.consented(&typed.privacy))?;
    let checked = match checked {
        Ok(checked) if faults.is_empty() => checked,
        Ok(_) => return Ok(Some(Err(faults))),
        Err(more) => {
            let more = more.into_iter().map(|f| match Error::from(f) {
                Error::Refused(refused) => refused,
                other => Refused {
                    code: "org",
                    message: other.to_string(),
                    field: None,
                },
            });
            faults.extend(more.filter(|f| f.field != Some("phone")));
            return Ok(Some(Err(faults)));
        }
    };
    let branch = orgs::create(&mut tx, &committee, checked.new, rules.orgs).await?;
    let account = NewOrgAccount {
        login: &read_username(&typed.username)?,
        kind: "username",
        holder: &holder,
        password: &typed.password,
        must_change: false,
    };
    make(&mut tx, policy, &branch, &account).await?;
    store::code::set_used(&mut tx, committee.id, row.code_id, &holder, branch.id).await?;
    let told = Note {
        kind: "account",
        title: "新团支部已用邀请码注册".into(),
        body: format!(
            "〔{}〕（组织ID {}）已注册，负责人{holder}。组织简称和行业类别7天内可更正。",
            branch.full_name, branch.number
        ),
        jump: Some(format!("/console/orgs/{}", branch.id)),
        about: Some(branch.id.0),
    };
    messages::tell(&mut tx, Receiver::Org(committee.id), told).await?;
    tx.record(
        Event::new("org.registered", "org", branch.id)
            .org(branch.id)
            .note(format!("邀请码，负责人{holder}")),
    );
    orgs::activate(&mut tx, branch.id).await?;
    tx.commit_to(&format!("/register/org/{}", branch.number))
        .await?;
    Ok(Some(Ok(branch)))
}
