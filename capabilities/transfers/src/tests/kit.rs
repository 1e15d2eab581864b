//! What the tests of this crate share: invented members and the capabilities a transfer stands on.

use crate::actions::{self, Start};
use crate::rules::{Kind, Place, Reason, Request};
use crate::store::{self, Transfer};
use crate::{Policy, TransferKind};
use access::{Actor, OrgRef, Port, Role, Who};
use approvals::{Case, CaseKey, Kinds};
use base::{OrgCategory, OrgId, PersonId, Reserved, Result, check_digit};
use people::{Circumstances, Demand, How, MemberInput};
use testkit::{Client, TestApp};

/// Which profile a test runs under.
pub(crate) const NATIONAL: &str = include_str!("../../../../profiles/national.toml");
pub(crate) const BEIJING: &str = include_str!("../../../../profiles/beijing.toml");
pub(crate) const GUANGDONG: &str = include_str!("../../../../profiles/guangdong.toml");

fn section<T: serde::de::DeserializeOwned>(profile: &str, name: &str) -> T {
    let whole: toml::Table = profile.parse().expect("a profile");
    whole[name].clone().try_into().expect("its section")
}

/// The application with transfers, under a profile.
pub(crate) struct Kit {
    pub app: TestApp,
}

fn jobs(app: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    let (mut work, mut schedules) = crate::jobs(app);
    let (more, later) = approvals::jobs(app);
    work.extend(more);
    schedules.extend(later);
    (work, schedules)
}

impl Kit {
    pub(crate) async fn new() -> Self {
        Self::under(NATIONAL).await
    }

    pub(crate) async fn under(profile: &str) -> Self {
        let policy: Policy = section(profile, "transfers");
        let mut policies = web::Policies::default();
        policies.add(section::<orgs::Policy>(profile, "orgs"));
        policies.add(section::<people::Policy>(profile, "people"));
        policies.add(Kinds::new().with(TransferKind::new(policy.clone())));
        policies.add(policy);
        let app = TestApp::new(testkit::Setup {
            routes: crate::routes().and(approvals::routes()).and(orgs::routes()),
            policies,
            jobs: Some(jobs),
            ..testkit::Setup::default()
        })
        .await;
        // Schedules begin with their first tick.
        app.settle().await;
        Self { app }
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.app.app.policy()
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        self.app.app.policy()
    }

    pub(crate) fn admin(&self, org: &OrgRef) -> Actor {
        self.app.actor("赵演示", Role::Administrator, org)
    }

    /// A member on the own phone.
    pub(crate) fn me(&self, person: PersonId, name: &str, branch: &OrgRef) -> Actor {
        Actor {
            who: Who::Person(person),
            name: name.into(),
            branch: Some(branch.clone()),
            ..Actor::anonymous(Port::Member, "127.0.0.1".into(), "test".into())
        }
    }

    pub(crate) fn phone(&self, person: PersonId, name: &str, branch: &OrgRef) -> Client {
        self.app.member(person, name, branch)
    }

    /// Enters a member; `n` makes the record somebody's own.
    pub(crate) async fn member(&self, name: &str, n: u32, branch: &OrgRef) -> PersonId {
        self.member_since(name, n, branch, "2019-05").await
    }

    pub(crate) async fn member_since(
        &self,
        name: &str,
        n: u32,
        branch: &OrgRef,
        admitted: &str,
    ) -> PersonId {
        let year = &admitted[..4];
        let input = MemberInput {
            name: name.into(),
            id_number: id(n),
            ethnic: "汉族".into(),
            political: "共青团员".into(),
            education: "大学本科".into(),
            admitted_on: admitted.into(),
            admission_number: format!("{year}0000{n:04}"),
            phone: format!("1000000{n:04}"),
            ..MemberInput::default()
        };
        let around = Circumstances {
            today: "2026-09-18".parse().expect("a day"),
            reserved: Reserved::Accepted,
            xinjiang: false,
            demand: Demand::Member,
            category: OrgCategory::Branch,
            keep_number: false,
        };
        let new = people::check(&input, self.app.app.policy(), &around).expect("a good record");
        let mut tx = self
            .app
            .db
            .begin(self.admin(branch))
            .await
            .expect("transaction");
        let to = orgs::find(&mut tx, branch.id)
            .await
            .expect("query")
            .expect("a branch");
        let person = people::enter_member(&mut tx, &to, new, How::Entered, None)
            .await
            .expect("entered");
        tx.commit().await.expect("commit");
        person
    }

    pub(crate) async fn start(
        &self,
        actor: Actor,
        kind: Kind,
        person: PersonId,
        target: &OrgRef,
        request: Request,
    ) -> Result<Transfer> {
        let mut tx = self.app.db.begin(actor).await?;
        let start = Start {
            kind,
            person,
            target: target.id,
            request,
        };
        let transfer = actions::start(&mut tx, start, self.policy()).await?;
        tx.commit().await?;
        Ok(transfer)
    }

    /// 李演示 of the first branch applies for the workshop's branch.
    pub(crate) async fn applied(&self) -> Transfer {
        let league = &self.app.league;
        let person = self.member("李演示", 1, &league.branch).await;
        let me = self.me(person, "李演示", &league.branch);
        self.start(me, Kind::Member, person, &league.workshop, job())
            .await
            .expect("started")
    }

    pub(crate) async fn case(&self, transfer: &Transfer) -> Case {
        let mut reader = self.app.db.read().await.expect("reader");
        approvals::find_case(&mut reader, key(transfer))
            .await
            .expect("query")
            .expect("a case")
    }

    pub(crate) async fn now(&self, transfer: &Transfer) -> Transfer {
        let mut reader = self.app.db.read().await.expect("reader");
        let keys = reader.keys.clone();
        store::find(&mut reader, &keys, transfer.person, transfer.id)
            .await
            .expect("query")
            .expect("a transfer")
    }

    pub(crate) async fn branch_of(&self, person: PersonId) -> OrgId {
        let mut reader = self.app.db.read().await.expect("reader");
        people::membership(&mut reader, person)
            .await
            .expect("query")
            .expect("a membership")
            .branch
    }

    pub(crate) async fn members(&self, branch: &OrgRef) -> i32 {
        let mut reader = self.app.db.read().await.expect("reader");
        people::counts(&mut reader, branch.id)
            .await
            .expect("query")
            .members
    }

    pub(crate) async fn pass(
        &self,
        actor: Actor,
        transfer: &Transfer,
        answer: Option<OrgId>,
    ) -> Result<()> {
        let step = self.case(transfer).await.step_no;
        self.pass_at(actor, transfer, step, answer).await
    }

    pub(crate) async fn pass_at(
        &self,
        actor: Actor,
        transfer: &Transfer,
        step: i32,
        answer: Option<OrgId>,
    ) -> Result<()> {
        let mut tx = self.app.db.begin(actor).await?;
        let answer = answer.map(|org| org.to_string());
        approvals::pass(
            &mut tx,
            self.kinds(),
            key(transfer),
            step,
            "",
            answer.as_deref(),
        )
        .await?;
        tx.commit().await
    }

    pub(crate) async fn send_back(
        &self,
        actor: Actor,
        transfer: &Transfer,
        code: &str,
        text: &str,
        insist: bool,
    ) -> Result<()> {
        let step = self.case(transfer).await.step_no;
        self.send_back_at(actor, transfer, step, code, text, insist)
            .await
    }

    pub(crate) async fn send_back_at(
        &self,
        actor: Actor,
        transfer: &Transfer,
        step: i32,
        code: &str,
        text: &str,
        insist: bool,
    ) -> Result<()> {
        let mut tx = self.app.db.begin(actor).await?;
        let input = approvals::ReturnInput {
            code: code.into(),
            text: text.into(),
            insist,
        };
        approvals::return_(&mut tx, self.kinds(), key(transfer), step, input).await?;
        tx.commit().await
    }

    pub(crate) async fn withdraw(&self, actor: Actor, transfer: &Transfer) -> Result<()> {
        let mut tx = self.app.db.begin(actor).await?;
        actions::withdraw(
            &mut tx,
            transfer.person,
            transfer.id,
            self.kinds(),
            self.policy(),
        )
        .await?;
        tx.commit().await
    }

    /// Titles of the messages to a person or organisation, oldest first.
    #[expect(
        clippy::disallowed_methods,
        reason = "the kit looks past the capability that publishes no list yet"
    )]
    pub(crate) async fn told(&self, receiver: uuid::Uuid) -> Vec<String> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select title, body from message where receiver_id = $1 order by message_id",
        )
        .bind(receiver)
        .fetch_all(&self.app.db.pool)
        .await
        .expect("messages");
        rows.into_iter()
            .map(|(title, body)| format!("{title}｜{body}"))
            .collect()
    }

    /// Changes an organisation past its capability.
    pub(crate) async fn set_org(&self, org: &OrgRef, column: &str, value: &str) {
        let sql = format!(
            "update org set {column} = '{value}' where org_id = '{}'",
            org.id
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&self.app.db.pool)
            .await
            .expect("changed");
    }
}

pub(crate) fn key(transfer: &Transfer) -> CaseKey {
    CaseKey {
        subject: transfer.person,
        case: transfer.case.expect("an approval"),
    }
}

/// An invented ID number.
pub(crate) fn id(n: u32) -> String {
    let digits = format!("99900120040520{n:03}");
    format!("{digits}{}", check_digit(digits.as_bytes()))
}

/// Employed by a unit with an organisation.
pub(crate) fn job() -> Request {
    Request {
        reason: Some(Reason::EmployedOrg),
        dest_name: "青禾制造公司".into(),
        dest_address: "青禾市云栖路1号".into(),
        study_work: "青禾制造公司".into(),
        ..Request::default()
    }
}

/// Home without work.
pub(crate) fn home() -> Request {
    Request {
        reason: Some(Reason::Unemployed),
        place: Some(Place::Household),
        dest_region: "990202001".into(),
        ..Request::default()
    }
}

/// Only a reason.
pub(crate) fn because(reason: Reason) -> Request {
    Request {
        reason: Some(reason),
        ..Request::default()
    }
}
