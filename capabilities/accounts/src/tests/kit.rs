//! An application with accounts and a real doorkeeper, and people to sign in with.

use crate::{AccountsDoor, Policy};
use access::{Actor, OrgRef, Role};
use base::{IdNumber, Mobile, PersonId, check_digit};
use chrono::NaiveDate;
use db::{Event, Tx};
use std::sync::Arc;
use testkit::{Setup, TestApp};

pub(super) const ADMIN_PASSWORD: &str = "Hai-tang-2026-lv";
pub(super) const PASSWORD: &str = "hai-tang-26";

/// The section of a profile as it is shipped.
pub(super) fn policy(profile: &str) -> Policy {
    #[derive(serde::Deserialize)]
    struct File {
        accounts: Policy,
    }
    let path = format!(
        "{}/../../profiles/{profile}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).expect("profile");
    toml::from_str::<File>(&text).expect("policy").accounts
}

/// An application of a profile with the real doorkeeper.
pub(super) async fn app_of(profile: &str) -> TestApp {
    let section = policy(profile);
    let mut policies = web::Policies::default();
    policies.add(section.clone());
    TestApp::new(Setup {
        routes: crate::routes(),
        policies,
        jobs: Some(crate::jobs),
        doorkeeper: Some(Arc::new(AccountsDoor::new(section, true))),
    })
    .await
}

pub(super) async fn app() -> TestApp {
    app_of("national").await
}

/// An invented ID number: 999, the birth date, a serial.
pub(super) fn id_number(born: &str, serial: u32) -> IdNumber {
    let front = format!("999{:03}{born}{serial:03}", serial % 1000);
    let check = check_digit(front.as_bytes());
    IdNumber::trusted(format!("{front}{check}"))
}

pub(super) fn phone(serial: u32) -> Mobile {
    Mobile::trusted(format!("100{serial:08}"))
}

pub(super) async fn begin(app: &TestApp) -> Tx {
    app.db
        .begin(Actor::system("test"))
        .await
        .expect("transaction")
}

/// A person as an administrator has entered it, without account; with an open membership where a branch is given.
#[expect(
    clippy::disallowed_methods,
    reason = "the kit writes people past their capability"
)]
pub(super) async fn person(
    app: &TestApp,
    name: &str,
    number: &IdNumber,
    phone: Option<&Mobile>,
    branch: Option<&OrgRef>,
) -> PersonId {
    let mut tx = begin(app).await;
    let id: PersonId = tx.new_id();
    let id_sealed = tx.seal("person.id_number", id, number.reveal());
    let phone_sealed = phone.map(|p| tx.seal("person.phone", id, p.reveal()));
    let now = tx.now();
    sqlx::query(
        "insert into person (person_id, name, pinyin, initials, sex, doc_type, id_sealed, born, phone_sealed, phone_confirmed,
                             identity_state, certification, missing, entered_at, version)
         values ($1, $2, '', '', 1, 'resident_id', $3, $4, $5, false, 'unverified', 'uncertified', '{}', $6, 1)",
    )
    .bind(id.0)
    .bind(name)
    .bind(id_sealed)
    .bind(number.born())
    .bind(phone_sealed)
    .bind(now)
    .execute(&mut *tx)
    .await
    .expect("person");
    sqlx::query("insert into person_identity (id_hash, person_id) values ($1, $2)")
        .bind(tx.keys().blind("person.id_number", number.reveal()))
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .expect("identity");
    if let Some(phone) = phone {
        sqlx::query("insert into person_phone (phone_hash, person_id) values ($1, $2)")
            .bind(tx.keys().blind("person.phone", phone.reveal()))
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .expect("phone");
    }
    if let Some(branch) = branch {
        let membership: base::MembershipId = tx.new_id();
        sqlx::query(
            "insert into membership (person_id, membership_id, branch_id, state, since, how) values ($1, $2, $3, 'normal', $4, 'entered')",
        )
        .bind(id.0)
        .bind(membership.0)
        .bind(branch.id.0)
        .bind(NaiveDate::from_ymd_opt(2024, 9, 1))
        .execute(&mut *tx)
        .await
        .expect("membership");
    }
    tx.record(Event::new("test.person", "person", id));
    tx.commit().await.expect("commit");
    id
}

/// A person with an active account and, where given, an administrator's grant.
pub(super) async fn account(
    app: &TestApp,
    name: &str,
    number: &IdNumber,
    password: &str,
    admin_of: Option<&OrgRef>,
) -> PersonId {
    let id = person(app, name, number, None, None).await;
    let mut tx = begin(app).await;
    let section = policy("national");
    crate::make_account(&mut tx, id, password, false, &section.privacy_version)
        .await
        .expect("account");
    if let Some(org) = admin_of {
        let org = orgs::find(&mut tx, org.id)
            .await
            .expect("read")
            .expect("organisation");
        crate::grant(
            &mut tx,
            &section,
            id,
            name,
            &org,
            Role::Administrator,
            "seed",
        )
        .await
        .expect("grant");
    }
    tx.commit().await.expect("commit");
    id
}
