//! What a second administrator confirms, as the approvals engine sees it (ACC-B11).

use crate::{actions::four_eyes as actions, store};
use approvals::{Case, CaseKind, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, OrgId, Result};
use db::{Reader, Tx};
use futures::future::BoxFuture;

/// The kind of case a held act is.
#[derive(Clone, Copy, Debug)]
pub struct FourEyesKind;

#[derive(Template)]
#[template(path = "four_eyes_panel.html")]
struct Panel {
    asked_by: String,
    title: String,
    detail: String,
    phone: bool,
}

impl CaseKind for FourEyesKind {
    fn code(&self) -> &'static str {
        actions::CODE
    }

    fn label(&self) -> &'static str {
        "双人复核"
    }

    fn bulk_max(&self) -> usize {
        // Each is read by itself.
        1
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
        Box::pin(actions::decided(tx, case, outcome))
    }

    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let held = store::held::find(reader, OrgId(case.key.subject.0), case.object)
                .await?
                .ok_or(Error::NotFound)?;
            Panel {
                asked_by: held.asked_by,
                title: held.title,
                detail: if sight.full {
                    held.detail
                } else {
                    String::new()
                },
                phone: sight.phone,
            }
            .render()
            .map_err(|cause| Error::Internal(anyhow::anyhow!("template: {cause}")))
        })
    }
}
