//! Filings about a membership as a kind of case: the direct superior confirms (ROS-85, FLD-36).

use crate::actions;
use crate::departures::Departures;
use crate::rules::{FilingOf, GROUNDS, Policy};
use crate::store;
use approvals::{Case, CaseKind, CaseState, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, Result};
use db::{Event, Reader, Tx};
use futures::future::BoxFuture;
use messages::{Note, Receiver};

/// The kind of case behind 团籍备案确认.
#[derive(Clone)]
pub struct FilingKind {
    policy: Policy,
    departures: Departures,
}

const RETURNS: [ReturnCode; 3] = [
    ReturnCode::with_text("procedure", "程序不符合规定", 5),
    ReturnCode::with_text("document", "材料不全或不清楚", 5),
    ReturnCode::with_text("other", "其他", 5),
];

#[derive(Template)]
#[template(path = "filing_panel.html")]
struct Panel {
    phone: bool,
    facts: Vec<(&'static str, String)>,
    document: String,
    effect: String,
}

impl FilingKind {
    /// With those who have to be told when a membership ends.
    pub fn new(policy: Policy, departures: Departures) -> Self {
        Self { policy, departures }
    }

    async fn finish(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let branch = case.steps[0].org;
        let state = match outcome.state {
            CaseState::Open => return Ok(()),
            CaseState::Passed => {
                let row = store::lock_filing(tx, branch, case.object)
                    .await?
                    .ok_or(Error::NotFound)?;
                actions::carry_out(tx, &row, &self.policy, &self.departures).await?;
                // Confirmed by a second administrator alone: the superior learns of it now (ACC-B11).
                if case.steps.iter().all(|step| step.code == "second") {
                    let org = orgs::find(tx, branch).await?.ok_or(Error::NotFound)?;
                    let kind = FilingOf::from_code(&row.kind).ok_or(Error::NotFound)?;
                    actions::tell_superior(tx, &org, &row.name, kind, row.id).await?;
                }
                return Ok(());
            }
            CaseState::Returned | CaseState::Withdrawn | CaseState::Closed => "returned",
        };
        store::end_filing(tx, branch, case.object, state, None).await?;
        self.tell_returned(tx, case, outcome).await?;
        tx.record(
            Event::new("filing.returned", "person", case.key.subject)
                .org(branch)
                .note(outcome.comment.clone()),
        );
        Ok(())
    }

    /// The branch learns why, the person that nothing changed; whoever was to be suspended was not told before either.
    async fn tell_returned(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let branch = case.steps[0].org;
        let note = |body: String, jump: String| Note {
            kind: "membership",
            title: format!("{}备案已退回", case.title),
            body,
            jump: Some(jump),
            about: None,
        };
        let body = format!(
            "{}的{}备案被退回：{}。团籍没有变动，改正后可重新备案。",
            case.subject_name, case.title, outcome.comment
        );
        let place = format!("/console/filings/{branch}/{}", case.object);
        messages::tell(tx, Receiver::Org(branch), note(body, place)).await?;
        // Nobody was told of what a second administrator has not let pass.
        let told = case.steps.iter().any(|step| step.code == "confirm");
        if told && case.title != FilingOf::Suspend.label() {
            let body = format!("{}备案已被退回，您的团籍没有变动。", case.title);
            let person = Receiver::Person(case.key.subject);
            messages::tell(tx, person, note(body, "/member/me".to_owned())).await?;
        }
        Ok(())
    }

    async fn show(&self, reader: &mut Reader, case: &Case, sight: Sight) -> Result<String> {
        let row = store::filing(reader, case.steps[0].org, case.object)
            .await?
            .ok_or(Error::NotFound)?;
        let kind = FilingOf::from_code(&row.kind).ok_or(Error::NotFound)?;
        let grounds: Vec<&str> = GROUNDS
            .iter()
            .filter(|(code, _)| row.grounds.iter().any(|g| g == code))
            .map(|(_, label)| *label)
            .collect();
        let mut facts = vec![
            ("办理", kind.label().to_owned()),
            ("申请支部", case.steps[0].org_name.clone()),
            ("会议日期", row.decided_on.to_string()),
            ("决定机关", row.organ.clone()),
            ("脱团理由", grounds.join("、")),
            (
                "失去联系自",
                row.lost_since
                    .map_or_else(String::new, |day| day.to_string()),
            ),
        ];
        if sight.full {
            facts.push(("说明", row.reason.clone()));
        }
        facts.retain(|(_, value)| !value.is_empty());
        let view = Panel {
            phone: sight.phone,
            facts,
            document: if sight.full && !sight.phone {
                format!("/console/filings/{}/{}/document", row.branch, row.id)
            } else {
                String::new()
            },
            effect: if kind.ends() {
                let office = match actions::keeps_offices(kind, &self.policy) {
                    true => "进行中的转接一并结束，团干部记录不变",
                    false => "职务、管理权限和进行中的转接一并结束",
                };
                format!(
                    "同意后团籍变为“{}”：退出名册和统计，{office}，档案保留。",
                    kind.outcome().label()
                )
            } else {
                format!("同意后团籍变为“{}”。", kind.outcome().label())
            },
        };
        view.render().map_err(|cause| Error::Internal(cause.into()))
    }
}

impl CaseKind for FilingKind {
    fn code(&self) -> &'static str {
        actions::FILING
    }

    fn label(&self) -> &'static str {
        "团籍备案确认"
    }

    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        RETURNS.to_vec()
    }

    fn bulk_max(&self) -> usize {
        // Each is read by itself (FLD-36).
        1
    }

    fn tells(&self) -> bool {
        // A suspended person is not told (ROS-86); all others learn it from the filing's own words.
        true
    }

    fn ended<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        outcome: &'a Outcome,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.finish(tx, case, outcome))
    }

    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.show(reader, case, sight))
    }
}
