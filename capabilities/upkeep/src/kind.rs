//! Changes of organisations as the approvals engine sees them.

use crate::Policy;
use crate::actions::{administrators, change, correction, moving, removal};
use crate::store::change as store;
use approvals::{Case, CaseKind, CaseState, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, OrgId, Result};
use db::{Event, Reader, Tx};
use futures::future::BoxFuture;

/// The kind of case a change of an organisation is.
#[derive(Clone, Debug)]
pub struct ChangeKind {
    orgs: orgs::Policy,
    own: Policy,
    accounts: accounts::Policy,
}

impl ChangeKind {
    /// Under a profile.
    pub fn new(orgs: orgs::Policy, own: Policy, accounts: accounts::Policy) -> Self {
        Self {
            orgs,
            own,
            accounts,
        }
    }

    async fn finish(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let change = store::lock(tx, OrgId(case.key.subject.0), case.object)
            .await?
            .ok_or(Error::NotFound)?;
        let now = tx.now();
        let (state, title) = match outcome.state {
            CaseState::Passed => {
                return match change.kind.as_str() {
                    "move" => moving::agreed(tx, &change, &self.orgs, &self.own).await,
                    "removal" => removal::agreed(tx, &change).await,
                    "correction" => correction::agreed(tx, &change, &self.orgs).await,
                    _ => administrators::agreed(tx, &change, &self.accounts).await,
                };
            }
            CaseState::Withdrawn => ("withdrawn", "申请已撤销"),
            _ => ("refused", "申请被退回"),
        };
        store::set_state(tx, change.org, change.id, state, Some(now)).await?;
        tx.record(
            Event::new("org.change_ended", "org", change.org)
                .org(change.org)
                .note(state),
        );
        let body = if outcome.comment.is_empty() {
            change.title.clone()
        } else {
            format!("{}：{}", change.title, outcome.comment)
        };
        change::tell(tx, &change, title, body).await
    }
}

#[derive(Template)]
#[template(path = "change_panel.html")]
struct Panel {
    lines: Vec<change::Line>,
    reason: String,
    applicant: String,
    phone: bool,
}

impl CaseKind for ChangeKind {
    fn code(&self) -> &'static str {
        change::CODE
    }

    fn label(&self) -> &'static str {
        "组织变更"
    }

    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        vec![
            ReturnCode::with_text("disagree", "不同意", 5),
            ReturnCode::with_text("wrong", "内容有误", 5),
        ]
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
        Box::pin(async move {
            let change = store::find(reader, OrgId(case.key.subject.0), case.object)
                .await?
                .ok_or(Error::NotFound)?;
            let lines = serde_json::from_value(change.detail["lines"].clone()).unwrap_or_default();
            Panel {
                lines,
                reason: change.reason,
                applicant: format!("{} {}", change.applicant_org_name, change.applicant_name),
                phone: sight.phone,
            }
            .render()
            .map_err(|cause| Error::Internal(anyhow::anyhow!("template: {cause}")))
        })
    }
}
