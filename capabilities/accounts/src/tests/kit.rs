//! An application with accounts and a real doorkeeper, and people to sign in with.

use crate::{AccountsDoor, Policy};
use access::{Actor, OrgRef, Role};
use base::{IdNumber, Mobile, PersonId, check_digit};
use chrono::Datelike;
use db::Tx;
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
    toml::from_str::<File>(&profile_text(profile))
        .expect("policy")
        .accounts
}

fn profile_text(profile: &str) -> String {
    let path = format!(
        "{}/../../profiles/{profile}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(path).expect("profile")
}

/// An application of a profile with the real doorkeeper.
pub(super) async fn app_of(profile: &str) -> TestApp {
    app_with(profile, gateways::Gateways::simulated()).await
}

/// One whose doorkeeper asks the second factor of the roles (SEC-06).
pub(super) async fn strict_app() -> TestApp {
    start("national", true, false, gateways::Gateways::simulated()).await
}

/// One with these vendors.
pub(super) async fn app_with(profile: &str, gateways: gateways::Gateways) -> TestApp {
    start(profile, false, false, gateways).await
}

async fn start(profile: &str, second: bool, secure: bool, gateways: gateways::Gateways) -> TestApp {
    let section = Policy {
        sms: gateways.sms.is_some(),
        ..policy(profile)
    };
    let mut policies = web::Policies::default();
    policies.add(section.clone());
    policies.add(people_policy(profile));
    policies.add(gateways);
    policies.add(kinds(profile));
    policies.add(orgs_policy(profile));
    policies.add(people::Departures(vec![Arc::new(crate::AccountDeparture)]));
    TestApp::new(Setup {
        routes: crate::routes()
            .and(people::routes())
            .and(approvals::routes()),
        policies,
        jobs: Some(jobs),
        doorkeeper: Some(Arc::new(
            AccountsDoor::new(section, true).demanding_second_factor(second),
        )),
        secure,
        ..Setup::default()
    })
    .await
}

/// One with the cookies of production.
pub(super) async fn secure_app() -> TestApp {
    start("national", false, true, gateways::Gateways::simulated()).await
}

fn jobs(app: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    let (mut work, mut schedules) = crate::jobs(app);
    let (more, later) = approvals::jobs(app);
    work.extend(more);
    schedules.extend(later);
    (work, schedules)
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

/// A section of a profile as it is shipped.
fn people_policy(profile: &str) -> people::Policy {
    #[derive(serde::Deserialize)]
    struct File {
        people: people::Policy,
    }
    toml::from_str::<File>(&profile_text(profile))
        .expect("policy")
        .people
}

/// A person as an administrator has entered it, without account: a member of the branch given, or of another one.
pub(super) async fn person(
    app: &TestApp,
    name: &str,
    number: &IdNumber,
    phone: Option<&Mobile>,
    branch: Option<&OrgRef>,
) -> PersonId {
    let mut tx = begin(app).await;
    let branch = orgs::find(&mut tx, branch.unwrap_or(&app.league.branch_2).id)
        .await
        .expect("read")
        .expect("branch");
    let admitted = number.born().year() + 16;
    let young = number.born().year() > 2011;
    let input = people::MemberInput {
        name: name.into(),
        id_number: number.reveal().into(),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: if young {
            String::new()
        } else {
            format!("{admitted}-05")
        },
        admission_number: if admitted >= 2017 && !young {
            format!("{admitted}00{}", &number.reveal()[11..17])
        } else {
            String::new()
        },
        phone: phone.map_or_else(
            || format!("10077{}", &number.reveal()[11..17]),
            |p| p.reveal().to_owned(),
        ),
        title: if young {
            "委员".into()
        } else {
            String::new()
        },
        nature: if young {
            "兼职".into()
        } else {
            String::new()
        },
        ..Default::default()
    };
    let demand = if young {
        people::Demand::Cadre
    } else {
        people::Demand::Member
    };
    let around = people::circumstances(
        &mut tx,
        &branch,
        demand,
        app.db.clock.now(),
        base::Reserved::Accepted,
    )
    .await
    .expect("around");
    let section = people_policy("national");
    let new = people::check(&input, &section, &around).expect("a person without faults");
    let id = if young {
        people::enter_cadre(&mut tx, &branch, &new, "录入")
            .await
            .expect("cadre")
    } else {
        people::enter_member(&mut tx, &branch, new, people::How::Entered, None)
            .await
            .expect("member")
    };
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

/// A browser somebody signed in with.
pub(super) async fn signed_in(app: &TestApp, identifier: &str, password: &str) -> testkit::Client {
    let browser = app.guest();
    let answer = browser
        .submit(
            "/login",
            "/login",
            &[("identifier", identifier), ("password", password)],
        )
        .await
        .expect(303);
    browser.with_cookies_of(&answer)
}

/// The last SMS to a phone: its text.
pub(super) async fn last_sms(app: &TestApp, phone: &Mobile) -> String {
    let mut conn = app.db.read().await.expect("read");
    let keys = conn.keys.clone();
    let all = gateways::outbox(&mut conn, &keys, 50)
        .await
        .expect("outbox");
    all.into_iter()
        .find(|m| m.receiver == phone.reveal())
        .expect("an SMS")
        .body
}

/// The code in the last SMS to a phone.
pub(super) async fn last_code(app: &TestApp, phone: &Mobile) -> String {
    let text = last_sms(app, phone).await;
    let digits: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| p.len() == 6)
        .collect();
    digits.first().expect("a code").to_string()
}

/// An administrator of an organisation, signed in.
pub(super) async fn admin(app: &TestApp, name: &str, serial: u32, org: &OrgRef) -> testkit::Client {
    let number = id_number("19900101", serial);
    account(app, name, &number, ADMIN_PASSWORD, Some(org)).await;
    signed_in(app, number.reveal(), ADMIN_PASSWORD).await
}

/// The texts of all in-site messages to an organisation.
pub(super) async fn messages_to(app: &TestApp, org: &OrgRef) -> Vec<String> {
    messages_for(app, org.id.0).await
}

/// The texts of all in-site messages to whoever has this id.
#[expect(
    clippy::disallowed_methods,
    reason = "the kit reads messages past their capability"
)]
pub(super) async fn messages_for(app: &TestApp, receiver: uuid::Uuid) -> Vec<String> {
    let mut conn = app.db.read().await.expect("read");
    sqlx::query_scalar::<_, String>(
        "select body from message where receiver_id = $1 order by created_at",
    )
    .bind(receiver)
    .fetch_all(&mut *conn)
    .await
    .expect("messages")
}

/// The kinds of cases of this room.
pub(super) fn kinds(profile: &str) -> approvals::Kinds {
    approvals::Kinds::new()
        .with(crate::RegistrationKind::new(
            people_policy(profile),
            base::Reserved::Accepted,
        ))
        .with(crate::AppealKind::new(policy(profile)))
        .with(crate::FourEyesKind)
}

fn orgs_policy(profile: &str) -> orgs::Policy {
    #[derive(serde::Deserialize)]
    struct File {
        orgs: orgs::Policy,
    }
    toml::from_str::<File>(&profile_text(profile))
        .expect("policy")
        .orgs
}

/// Changes rows past the capability's own statements.
#[expect(
    clippy::disallowed_methods,
    reason = "changes rows past the capability's own queries"
)]
pub(super) async fn run(app: &TestApp, sql: &'static str) {
    sqlx::query(sql)
        .execute(&app.db.pool)
        .await
        .expect("changed");
}

/// How many audit records of an action are about `subject`.
#[expect(
    clippy::disallowed_methods,
    reason = "the kit reads records past their room"
)]
pub(super) async fn recorded(app: &TestApp, action: &str, subject: uuid::Uuid) -> i64 {
    let mut conn = app.db.read().await.expect("read");
    sqlx::query_scalar("select count(*) from audit_log where action = $1 and subject_id = $2")
        .bind(action)
        .bind(subject)
        .fetch_one(&mut *conn)
        .await
        .expect("count")
}

/// How many refused sign-ins the security log has with this detail.
#[expect(
    clippy::disallowed_methods,
    reason = "the kit reads the log past the capability's own statements"
)]
pub(super) async fn refused_sign_ins(app: &TestApp, detail: &str) -> i64 {
    let mut conn = app.db.read().await.expect("read");
    sqlx::query_scalar(
        "select count(*) from security_event where kind = 'sign_in' and outcome = 'refused' and detail = $1",
    )
    .bind(detail)
    .fetch_one(&mut *conn)
    .await
    .expect("count")
}
