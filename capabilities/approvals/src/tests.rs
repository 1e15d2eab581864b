//! A small kind of case to test the engine with: one step of a branch, its superior beside it, then a choice.

mod bulk;
mod deadlines;
mod decisions;
mod pages;

use crate::*;
use access::{Actor, OrgRef, Permission, Role};
use base::{PersonId, Result};
use db::{Reader, Tx};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use testkit::{Setup, TestApp};
use uuid::Uuid;

/// The person all cases here are about.
pub(crate) const ZHANG: PersonId = PersonId(Uuid::from_u128(0xaa01));

/// A kind that notes what it is told.
#[derive(Clone, Default)]
pub(crate) struct Trial {
    pub(crate) ends: Arc<Mutex<Vec<Outcome>>>,
    pub(crate) reached: Arc<Mutex<Vec<String>>>,
    pub(crate) due: Arc<Mutex<Option<Due>>>,
    /// Fewer together than a hundred.
    pub(crate) bulk: Arc<Mutex<Option<usize>>>,
    /// Tells itself.
    pub(crate) tells: Arc<Mutex<bool>>,
    /// Applying the end of a case about this person fails.
    pub(crate) broken: Arc<Mutex<Option<PersonId>>>,
}

impl CaseKind for Trial {
    fn code(&self) -> &'static str {
        "trial"
    }
    fn label(&self) -> &'static str {
        "试办申请"
    }
    fn permission(&self) -> Option<Permission> {
        Some(Permission::DecideTransfers)
    }
    fn bulk_max(&self) -> usize {
        self.bulk.lock().unwrap().unwrap_or(100)
    }
    fn tells(&self) -> bool {
        *self.tells.lock().unwrap()
    }
    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        vec![
            ReturnCode::new("wrong", "信息有误"),
            ReturnCode::with_text("other", "其他", 10),
        ]
    }
    fn check_return(&self, _: &Case, input: &ReturnInput) -> Result<()> {
        if input.text.contains("编制") && !input.insist {
            return Err(base::Error::refused_at(
                "text",
                "approval.insist",
                "不在编制内不能作为退回理由（TRF-29）",
            ));
        }
        Ok(())
    }
    fn choices<'a>(
        &'a self,
        _: &'a mut Reader,
        _: &'a Case,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>>> {
        Box::pin(async {
            Ok(vec![
                ("1".into(), "一支部".into()),
                ("2".into(), "二支部".into()),
            ])
        })
    }
    fn check_pass<'a>(
        &'a self,
        _: &'a mut Tx,
        _: &'a Case,
        answer: Option<&'a str>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match answer {
                None | Some("1" | "2") => Ok(()),
                Some(_) => Err(base::Error::refused_at(
                    "answer",
                    "trial.branch",
                    "请选择下级团支部",
                )),
            }
        })
    }
    fn reached<'a>(&'a self, _: &'a mut Tx, case: &'a Case) -> BoxFuture<'a, Result<()>> {
        self.reached.lock().unwrap().push(case.step().code.clone());
        Box::pin(async { Ok(()) })
    }
    fn ended<'a>(
        &'a self,
        _: &'a mut Tx,
        case: &'a Case,
        outcome: &'a Outcome,
    ) -> BoxFuture<'a, Result<()>> {
        if *self.broken.lock().unwrap() == Some(case.key.subject) {
            return Box::pin(async { Err(base::Error::refused("trial.broken", "不成立")) });
        }
        self.ends.lock().unwrap().push(outcome.clone());
        Box::pin(async { Ok(()) })
    }
    fn due<'a>(&'a self, _: &'a mut Tx, case: &'a Case) -> BoxFuture<'a, Result<Due>> {
        let due = self.due.lock().unwrap().take();
        let due = due.unwrap_or_else(|| Due::declared(case.deadline_outcome));
        Box::pin(async move { Ok(due) })
    }
    fn panel<'a>(
        &'a self,
        _: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        let shown = if sight.full {
            "资料齐全"
        } else {
            "资料暂不显示"
        };
        let html = format!("<p class=\"trial\">{} {shown}</p>", case.object);
        Box::pin(async move { Ok(html) })
    }
}

/// An application with the test kind.
pub(crate) async fn app() -> (TestApp, Trial, Kinds) {
    let trial = Trial::default();
    let kinds = Kinds::new().with(trial.clone());
    let mut policies = web::Policies::default();
    policies.add(kinds.clone());
    let app = TestApp::new(Setup {
        routes: crate::routes(),
        policies,
        jobs: Some(crate::jobs),
        ..Setup::default()
    })
    .await;
    (app, trial, kinds)
}

/// One step of the branch; 15 days, then it passes; the superior may act.
pub(crate) fn by_branch(app: &TestApp) -> Step {
    Step::new(
        "in",
        "转入审核",
        "转入待审核",
        app.league.branch.id,
        "软件2023级1班团支部",
    )
    .superior(Superior::Also)
    .deadline(Some(Deadline::days(15, AtDeadline::Pass)))
}

/// The choice of a branch by the college.
pub(crate) fn by_college(app: &TestApp) -> Step {
    Step::new(
        "allocate",
        "分配团支部",
        "待分配团支部",
        app.league.college.id,
        "信息学院团委",
    )
    .choose()
}

/// Opens a case about 张测试, started by the company.
pub(crate) async fn opened(app: &TestApp, steps: Vec<Step>) -> CaseKey {
    opened_for(app, ZHANG, steps).await
}

/// The same about somebody.
pub(crate) async fn opened_for(app: &TestApp, subject: PersonId, steps: Vec<Step>) -> CaseKey {
    let actor = app.actor("钱样例", Role::Administrator, &app.league.workshop);
    let mut tx = app.db.begin(actor.clone()).await.unwrap();
    let case = open(
        &mut tx,
        NewCase {
            kind: "trial",
            subject,
            subject_name: "张测试".into(),
            object: Uuid::from_u128(77),
            title: "升学".into(),
            summary: "总装车间团支部 → 软件2023级1班团支部".into(),
            initiator: Initiator {
                person: actor.person(),
                org: Some(app.league.workshop.id),
                name: "总装车间团支部 钱样例".into(),
            },
            steps,
            watchers: vec![app.league.company.id],
        },
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    CaseKey { subject, case }
}

/// Passes step `n` as this actor and commits.
pub(crate) async fn passed(
    app: &TestApp,
    kinds: &Kinds,
    actor: Actor,
    key: CaseKey,
    n: i32,
) -> Result<Decided> {
    let mut tx = app.db.begin(actor).await?;
    let done = pass(&mut tx, kinds, key, n, "", None).await?;
    tx.commit().await?;
    Ok(done)
}

/// The case as it stands.
pub(crate) async fn case(app: &TestApp, key: CaseKey) -> Case {
    let mut conn = app.db.read().await.unwrap();
    find_case(&mut conn, key).await.unwrap().unwrap()
}

/// What waits for an organisation: number in all.
pub(crate) async fn waits(app: &TestApp, org: &OrgRef) -> i64 {
    let mut conn = app.db.read().await.unwrap();
    let now = app.db.clock.now();
    counts(&mut conn, org.id, now)
        .await
        .unwrap()
        .iter()
        .map(|w| w.all)
        .sum()
}

/// Unread messages of an organisation.
pub(crate) async fn told(app: &TestApp, org: &OrgRef) -> i64 {
    let mut conn = app.db.read().await.unwrap();
    messages::unread(&mut conn, &[messages::Receiver::Org(org.id)])
        .await
        .unwrap()
}
