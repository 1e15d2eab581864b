//! What a capability gives the engine: one [`CaseKind`] each, collected in [`Kinds`].

use crate::{AtDeadline, Case, Outcome, Past, ReturnCode, ReturnInput, Step};
use access::Permission;
use base::{Error, Result};
use chrono::{DateTime, Utc};
use db::{Reader, Tx};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};

/// What a deadline does to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Passes, with the choice the step asked for.
    Pass(Option<String>),
    /// Goes back for this reason.
    Return {
        /// Reason.
        code: String,
        /// Words.
        text: String,
    },
    /// Ends without result (逾期未确认).
    Close {
        /// Reason.
        code: String,
        /// Words.
        text: String,
    },
    /// Waits on, with a new deadline.
    Later(DateTime<Utc>),
    /// Waits on without one.
    Stay,
}

impl Due {
    /// What the chain declared.
    pub fn declared(outcome: AtDeadline) -> Self {
        match outcome {
            AtDeadline::Pass => Self::Pass(None),
            AtDeadline::Return => Self::Return {
                code: "overdue".to_owned(),
                text: "超过办理时限，系统自动退回".to_owned(),
            },
            AtDeadline::Nothing => Self::Stay,
        }
    }
}

/// Who looks at a panel.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The person's data may be shown: the reader's side has its turn, or had it (TRF-122).
    pub full: bool,
    /// On the cadre phone.
    pub phone: bool,
    /// The reader may decide the present step.
    pub decides: bool,
}

/// A kind of case. All hooks run inside the transaction that decides, under the case's lock.
pub trait CaseKind: Send + Sync {
    /// Stored code: `transfer`.
    fn code(&self) -> &'static str;

    /// What users read: `组织关系转接`.
    fn label(&self) -> &'static str;

    /// What the deciding role must be allowed, beyond standing at the step.
    fn permission(&self) -> Option<Permission> {
        None
    }

    /// How many may be passed together (TRF-26; ACC-46 says 50).
    fn bulk_max(&self) -> usize {
        100
    }

    /// Title in lists; the case's own unless it says more.
    fn list_title(&self, case: &Case) -> String {
        case.title.clone()
    }

    /// Reasons for sending this step back.
    fn return_codes(&self, case: &Case) -> Vec<ReturnCode>;

    /// Further checks of a reason that stands in the list. Refuse with code `approval.insist` to show the rule first and
    /// let the reader send it back all the same ([`ReturnInput::insist`]).
    fn check_return(&self, _case: &Case, _input: &ReturnInput) -> Result<()> {
        Ok(())
    }

    /// What a stored reason is called; also for reasons only the system gives.
    fn reason_label(&self, case: &Case, code: &str) -> String {
        self.return_codes(case)
            .into_iter()
            .find(|reason| reason.code == code)
            .map_or_else(
                || {
                    if code == "overdue" {
                        "超期".to_owned()
                    } else {
                        String::new()
                    }
                },
                |reason| reason.label.to_owned(),
            )
    }

    /// The kind tells the person and both sides itself about automatic decisions and the end; the engine then tells only
    /// those who have to act.
    fn tells(&self) -> bool {
        false
    }

    /// Where the person the case is about reads of it, if there is such a page.
    fn subject_link(&self, _case: &Case) -> Option<String> {
        None
    }

    /// Checks before a step is passed by somebody; `answer` is the choice of a step that asks for one.
    fn check_pass<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _case: &'a Case,
        _answer: Option<&'a str>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// Options of a step that asks for a choice: value and text.
    fn choices<'a>(
        &'a self,
        _reader: &'a mut Reader,
        _case: &'a Case,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The case has come to its present step (not called for the first, which the opener knows).
    fn reached<'a>(&'a self, _tx: &'a mut Tx, _case: &'a Case) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// A step was settled; called before the case goes on.
    fn settled<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _case: &'a Case,
        _step: &'a Step,
        _past: &'a Past,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// The case has ended: do what it was for.
    fn ended<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        outcome: &'a Outcome,
    ) -> BoxFuture<'a, Result<()>>;

    /// The deadline of the present step is reached; what the chain declared, unless the kind knows better (TRF-36, TRF-41).
    fn due<'a>(&'a self, _tx: &'a mut Tx, case: &'a Case) -> BoxFuture<'a, Result<Due>> {
        let due = Due::declared(case.deadline_outcome);
        Box::pin(async move { Ok(due) })
    }

    /// The middle of the case's page, as HTML: what the reviewer must see (TRF-27).
    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>>;
}

/// All kinds of cases of the program; a section of `web::Policies`.
#[derive(Clone, Default)]
pub struct Kinds(Vec<Arc<dyn CaseKind>>);

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|kind| kind.code()))
            .finish()
    }
}

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    pub fn with(mut self, kind: impl CaseKind + 'static) -> Self {
        self.0.push(Arc::new(kind));
        self
    }

    /// The kind with this code.
    pub fn get(&self, code: &str) -> Result<Arc<dyn CaseKind>> {
        self.0
            .iter()
            .find(|kind| kind.code() == code)
            .cloned()
            .ok_or_else(|| Error::Internal(anyhow::anyhow!("no kind of case is called {code}")))
    }
}
