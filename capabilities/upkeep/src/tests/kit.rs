//! What the tests of this room share.

use crate::Policy;
use access::{Actor, OrgRef, Role};
use base::{OrgCategory, OrgId, PersonId, Reserved, check_digit};
use orgs::Org;
use people::{Circumstances, Demand, How, MemberInput};
use testkit::{Client, TestApp};

pub(crate) const NATIONAL: &str = include_str!("../../../../profiles/national.toml");
const BEIJING: &str = include_str!("../../../../profiles/beijing.toml");
const GUANGDONG: &str = include_str!("../../../../profiles/guangdong.toml");

fn section<T: serde::de::DeserializeOwned>(profile: &str, name: &str) -> T {
    let whole: toml::Table = profile.parse().expect("a profile");
    whole[name].clone().try_into().expect("its section")
}

fn text(profile: &str) -> &'static str {
    match profile {
        "beijing" => BEIJING,
        "guangdong" => GUANGDONG,
        _ => NATIONAL,
    }
}

/// The `[upkeep]` section as it is shipped.
pub(crate) fn policy(profile: &str) -> Policy {
    section(text(profile), "upkeep")
}

/// The `[people]` section of the national profile.
pub(crate) fn people_policy() -> people::Policy {
    section(NATIONAL, "people")
}

/// The application with this room under a profile.
pub(crate) struct Kit {
    pub(crate) app: TestApp,
}

fn jobs(app: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    let (mut work, mut schedules) = crate::jobs(app);
    for (more, later) in [approvals::jobs(app), sheets::wizard::jobs(app)] {
        work.extend(more);
        schedules.extend(later);
    }
    (work, schedules)
}

impl Kit {
    pub(crate) async fn new() -> Self {
        Self::under("national").await
    }

    pub(crate) async fn under(profile: &str) -> Self {
        let text = text(profile);
        let mut policies = web::Policies::default();
        policies.add(section::<orgs::Policy>(text, "orgs"));
        policies.add(section::<people::Policy>(text, "people"));
        policies.add(people::Departures::default());
        policies.add(section::<accounts::Policy>(text, "accounts"));
        policies.add(section::<Policy>(text, "upkeep"));
        policies.add(sheets::wizard::Importers(vec![std::sync::Arc::new(
            crate::FreshmanImporter,
        )]));
        policies.add(approvals::Kinds::new().with(crate::ChangeKind::new(
            section(text, "orgs"),
            section(text, "upkeep"),
            section(text, "accounts"),
        )));
        let app = TestApp::new(testkit::Setup {
            routes: crate::routes()
                .and(people::routes())
                .and(approvals::routes())
                .and(sheets::wizard::routes()),
            policies,
            jobs: Some(jobs),
            ..testkit::Setup::default()
        })
        .await;
        // Schedules begin with their first tick.
        app.settle().await;
        Self { app }
    }

    pub(crate) fn admin(&self, org: &OrgRef) -> Actor {
        self.app.actor("赵演示", Role::Administrator, org)
    }

    pub(crate) fn console(&self, org: &OrgRef) -> Client {
        self.app.admin("赵演示", org)
    }

    pub(crate) async fn org(&self, id: OrgId) -> Org {
        let mut reader = self.app.db.read().await.expect("reader");
        orgs::find(&mut reader, id)
            .await
            .expect("query")
            .expect("an organisation")
    }

    /// Enters a member; `n` makes the record somebody's own.
    pub(crate) async fn member(&self, name: &str, n: u32, branch: &OrgRef) -> PersonId {
        let digits = format!("99900120040520{n:03}");
        let input = MemberInput {
            name: name.into(),
            id_number: format!("{digits}{}", check_digit(digits.as_bytes())),
            ethnic: "汉族".into(),
            political: "共青团员".into(),
            education: "大学本科".into(),
            admitted_on: "2019-05".into(),
            admission_number: format!("20190000{n:04}"),
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

    /// A member with a post in an organisation; the first title is the secretary's.
    pub(crate) async fn cadre(
        &self,
        name: &str,
        n: u32,
        branch: &OrgRef,
        org: &OrgRef,
        secretary: bool,
    ) -> PersonId {
        let person = self.member(name, n, branch).await;
        let mut tx = self.app.db.begin(self.admin(org)).await.expect("begin");
        let org = orgs::find(&mut tx, org.id)
            .await
            .expect("query")
            .expect("org");
        let titles = people::titles(org.category);
        let title = titles[usize::from(!secretary)];
        let nature = people::Nature::PartTime;
        people::appoint(&mut tx, person, &org, title, nature, secretary, "test")
            .await
            .expect("appointed");
        tx.commit().await.expect("commit");
        person
    }

    /// Makes somebody administrator.
    pub(crate) async fn grant(&self, person: PersonId, name: &str, org: &OrgRef) {
        let mut tx = self
            .app
            .db
            .begin(Actor::system("test"))
            .await
            .expect("begin");
        let org = orgs::find(&mut tx, org.id)
            .await
            .expect("query")
            .expect("org");
        let policy = self.app.app.policy::<accounts::Policy>();
        accounts::grant(
            &mut tx,
            policy,
            person,
            name,
            &org,
            Role::Administrator,
            "test",
        )
        .await
        .expect("granted");
        tx.commit().await.expect("commit");
    }

    /// Names of the administrators of an organisation.
    pub(crate) async fn administrators(&self, org: &OrgRef) -> Vec<String> {
        let mut reader = self.app.db.read().await.expect("reader");
        let holders = accounts::administrators(&mut reader, org.id).await;
        holders
            .expect("query")
            .into_iter()
            .map(|h| h.name)
            .collect()
    }

    /// Passes the present step of the latest change about an organisation, acting for `by`.
    pub(crate) async fn pass(&self, org: OrgId, by: &OrgRef) -> base::Result<()> {
        self.decide(org, by, true).await
    }

    /// Sends it back.
    pub(crate) async fn send_back(&self, org: OrgId, by: &OrgRef) -> base::Result<()> {
        self.decide(org, by, false).await
    }

    async fn decide(&self, org: OrgId, by: &OrgRef, pass: bool) -> base::Result<()> {
        let mut tx = self
            .app
            .db
            .begin(self.app.actor("孙演示", Role::Administrator, by))
            .await?;
        let change = crate::store::change::of(&mut tx, org, None, None, 1)
            .await?
            .pop()
            .ok_or(base::Error::NotFound)?;
        let key = crate::actions::change::key(&change)?;
        let case = approvals::find_case(&mut tx, key)
            .await?
            .ok_or(base::Error::NotFound)?;
        let kinds = self.app.app.policy::<approvals::Kinds>();
        if pass {
            approvals::pass(&mut tx, kinds, key, case.step_no, "", None).await?;
        } else {
            let input = approvals::ReturnInput {
                code: "disagree".into(),
                text: "暂不同意这件申请".into(),
                insist: false,
            };
            approvals::return_(&mut tx, kinds, key, case.step_no, input).await?;
        }
        tx.commit().await
    }

    /// State of the latest change about an organisation.
    pub(crate) async fn change_state(&self, org: OrgId) -> String {
        let mut reader = self.app.db.read().await.expect("reader");
        crate::store::change::of(&mut reader, org, None, None, 1)
            .await
            .expect("query")
            .pop()
            .expect("a change")
            .state
    }

    /// Where a person is a member.
    pub(crate) async fn branch_of(&self, person: PersonId) -> OrgId {
        let mut reader = self.app.db.read().await.expect("reader");
        people::membership(&mut reader, person)
            .await
            .expect("query")
            .expect("a membership")
            .branch
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

    /// Asks for a whole list on a page (FLD-83) and reads the file that comes of it, headings first.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests read the facts past the pages"
    )]
    pub(crate) async fn download(
        &self,
        client: &Client,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Vec<Vec<String>> {
        let sent = client.submit(page, action, fields).await.expect(303);
        self.app.settle().await;
        let id = sent.location.strip_prefix("/jobs/").expect("a job");
        let id: i64 = id.parse().expect("a number");
        let link: Option<String> = sqlx::query_scalar("select link from job where job_id = $1")
            .bind(id)
            .fetch_one(&self.app.db.pool)
            .await
            .expect("the job");
        let link = link.expect("a result");
        let file = link.strip_prefix("/files/").expect("a file");
        let bytes = self
            .app
            .app
            .files()
            .get(file.parse().expect("an id"))
            .await
            .expect("the file");
        table(bytes.to_vec())
    }

    /// Changes the database past its capabilities.
    pub(crate) async fn sql(&self, text: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
            .execute(&self.app.db.pool)
            .await
            .expect("changed");
    }
}

/// The first sheet of a workbook.
pub(crate) fn table(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).expect("a workbook");
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0)
        .expect("a sheet")
        .expect("readable");
    sheet
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}
