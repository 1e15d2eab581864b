//! What the tests of this crate share: invented people and the national policy.

use crate::{Circumstances, Demand, How, MemberInput, NewMember, Policy, check};
use access::{OrgRef, Role};
use base::{OrgCategory, PersonId, Reserved, check_digit};
use orgs::Org;
use testkit::TestApp;

pub(crate) fn policy() -> Policy {
    policy_of(include_str!("../../../../profiles/national.toml"))
}

pub(crate) fn policy_of(text: &str) -> Policy {
    let whole: toml::Table = text.parse().expect("a profile");
    whole["people"].clone().try_into().expect("section people")
}

fn orgs_policy() -> orgs::Policy {
    let whole: toml::Table = include_str!("../../../../profiles/national.toml")
        .parse()
        .expect("a profile");
    whole["orgs"].clone().try_into().expect("section orgs")
}

/// An invented ID number: `999001`, birth, order (odd is male), check character.
pub(crate) fn id(born: &str, order: u32) -> String {
    let digits = format!("999001{born}{order:03}");
    format!("{digits}{}", check_digit(digits.as_bytes()))
}

pub(crate) fn around(demand: Demand, category: OrgCategory) -> Circumstances {
    Circumstances {
        today: "2026-09-18".parse().expect("a day"),
        reserved: Reserved::Accepted,
        xinjiang: false,
        keep_number: false,
        demand,
        category,
    }
}

/// A complete record; `n` makes it somebody's own.
pub(crate) fn input(name: &str, n: u32) -> MemberInput {
    MemberInput {
        name: name.into(),
        id_number: id("20040520", n),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: "2019-05".into(),
        admission_number: format!("20190000{n:04}"),
        phone: format!("1000000{n:04}"),
        ..MemberInput::default()
    }
}

pub(crate) fn member(name: &str, n: u32) -> NewMember {
    check(
        &input(name, n),
        &policy(),
        &around(Demand::Member, OrgCategory::Branch),
    )
    .expect("a good record")
}

fn jobs(app: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    let (mut work, mut schedules) = crate::jobs(app);
    for (more, later) in [sheets::wizard::jobs(app), approvals::jobs(app)] {
        work.extend(more);
        schedules.extend(later);
    }
    (work, schedules)
}

pub(crate) async fn app() -> TestApp {
    app_with(policy(), crate::Departures::default()).await
}

pub(crate) async fn app_with(policy: Policy, departures: crate::Departures) -> TestApp {
    let mut policies = web::Policies::default();
    policies.add(
        approvals::Kinds::new()
            .with(crate::ProfileKind::new(policy.clone(), Reserved::Accepted))
            .with(crate::FilingKind::new(policy.clone(), departures.clone())),
    );
    policies.add(policy);
    policies.add(orgs_policy());
    policies.add(departures);
    policies.add(sheets::wizard::Importers(vec![
        std::sync::Arc::new(crate::MemberImporter),
        std::sync::Arc::new(crate::CadreImporter),
    ]));
    let routes = crate::routes()
        .and(approvals::routes())
        .and(sheets::wizard::routes());
    TestApp::new(testkit::Setup {
        routes,
        policies,
        jobs: Some(jobs),
        ..testkit::Setup::default()
    })
    .await
}

pub(crate) async fn org(app: &TestApp, org: &OrgRef) -> Org {
    let mut reader = app.db.read().await.expect("reader");
    orgs::find(&mut reader, org.id)
        .await
        .expect("query")
        .expect("an organisation")
}

/// Enters somebody as the branch's administrator.
pub(crate) async fn enter(
    app: &TestApp,
    branch: &OrgRef,
    new: NewMember,
) -> base::Result<PersonId> {
    let to = org(app, branch).await;
    let mut tx = app
        .db
        .begin(app.actor("钱演示", Role::Administrator, branch))
        .await?;
    let person = crate::enter_member(&mut tx, &to, new, How::Entered, None).await?;
    tx.commit().await?;
    Ok(person)
}

/// The file produced last.
#[expect(
    clippy::disallowed_methods,
    reason = "tests read the facts past the pages"
)]
pub(crate) async fn newest_file(app: &TestApp) -> base::FileId {
    let id: uuid::Uuid =
        sqlx::query_scalar("select file_id from stored_file order by created_at desc limit 1")
            .fetch_one(&app.db.pool)
            .await
            .expect("a file");
    base::FileId(id)
}

/// The page of the first case in somebody's inbox.
pub(crate) async fn first_case(client: &testkit::Client) -> String {
    let inbox = client.get("/console/inbox").await.expect(200);
    let links = inbox.body.split("/console/cases/").skip(1);
    // Two ids of 36 characters; the case beside the list is the first.
    let mut links = links.filter_map(|rest| {
        let link = rest.get(..73)?;
        (link.matches('-').count() == 8).then_some(link)
    });
    format!("/console/cases/{}", links.next().expect("a case waits"))
}
