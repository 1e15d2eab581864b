//! Transfers as the engine sees them: grounds of return, choices, deadlines, and what an ending does.

use super::{TEMPORARY, above, at_deadline, panel};
use crate::actions::member_facts;
use crate::policy::Policy;
use crate::rules::{
    Fault, Outcome, Returned, Step, about_member, inadmissible_ground, return_input,
};
use crate::store::{self, Transfer};
use crate::tell;
use access::Permission;
use approvals::{Case, CaseKind, Due, Past, ReturnCode, ReturnInput, Sight};
use base::{Error, OrgId, Result, TransferId, at_midnight, business_date};
use chrono::Days;
use db::{Reader, Tx};
use futures::future::BoxFuture;
use messages::Receiver;
use orgs::{BranchKind, Org};
use sqlx::PgConnection;

/// The kind of case a transfer is.
#[derive(Clone, Debug)]
pub struct TransferKind {
    pub(super) policy: Policy,
}

const DISAGREE: &str = "disagree";
pub(super) const UNCONFIRMED: &str = "unconfirmed";
const TARGET_GONE: &str = "target_gone";

impl TransferKind {
    /// Under a profile.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    pub(super) async fn lock(tx: &mut Tx, case: &Case) -> Result<Transfer> {
        store::lock(tx, case.key.subject, TransferId(case.object))
            .await?
            .ok_or(Error::NotFound)
    }

    /// Whether passing the present step ends the case.
    pub(super) fn is_last(case: &Case) -> bool {
        usize::try_from(case.step_no).is_ok_and(|n| n >= case.steps.len())
    }

    /// The branch a passed case leads to.
    pub(super) async fn destination(
        conn: &mut PgConnection,
        transfer: &Transfer,
        answer: Option<&str>,
    ) -> Result<Org> {
        let target = orgs::find(conn, transfer.in_org)
            .await?
            .filter(|org| org.state.is_live())
            .ok_or_else(gone)?;
        if target.is_branch() {
            return Ok(target);
        }
        let chosen = match answer.and_then(|id| id.parse::<OrgId>().ok()) {
            Some(id) => orgs::find(conn, id).await?,
            None => None,
        };
        chosen
            .filter(|org| {
                target.path.contains(&org.path)
                    && org.is_branch()
                    && org.state.is_live()
                    && org.id != transfer.out_branch
            })
            .ok_or_else(|| {
                Error::refused_at(
                    "answer",
                    "transfer.no_such_branch",
                    "请选择本组织下、转出支部以外的一个团支部",
                )
            })
    }

    /// What still hinders the move (TRF-10: checked again at completion).
    async fn hindrance(&self, tx: &mut Tx, transfer: &Transfer) -> Result<Option<Fault>> {
        let (keys, now) = (tx.keys().clone(), tx.now());
        let Some((_, mut subject)) = member_facts(tx, &keys, transfer.person).await? else {
            return Ok(None);
        };
        subject.open = None;
        Ok(about_member(&subject, false, now, &self.policy)
            .into_iter()
            .next())
    }

    async fn due_now(&self, tx: &mut Tx, case: &Case) -> Result<Due> {
        let transfer = Self::lock(tx, case).await?;
        if orgs::find(tx, transfer.in_org)
            .await?
            .is_none_or(|org| !org.state.is_live())
        {
            return Ok(Due::Return {
                code: TARGET_GONE.into(),
                text: String::new(),
            });
        }
        match (
            transfer.step,
            at_deadline(Outcome::from_code(case.deadline_outcome.code())),
        ) {
            (Step::Member, _) => Ok(Due::Close {
                code: UNCONFIRMED.into(),
                text: "团员逾期未确认".into(),
            }),
            (Step::Allocate, _) => self.allocate_by_default(tx, &transfer).await,
            (_, approvals::AtDeadline::Pass) if Self::is_last(case) => {
                Ok(match self.hindrance(tx, &transfer).await? {
                    Some(fault) => Due::Return {
                        code: "precheck".into(),
                        text: fault.message,
                    },
                    None => Due::Pass(None),
                })
            }
            (_, outcome) => Ok(Due::declared(outcome)),
        }
    }

    /// Nobody placed the member: into the organisation's 待接转团支部; without one its superior is told daily (TRF-41).
    async fn allocate_by_default(&self, tx: &mut Tx, transfer: &Transfer) -> Result<Due> {
        if let Some(fault) = self.hindrance(tx, transfer).await? {
            return Ok(Due::Return {
                code: "precheck".into(),
                text: fault.message,
            });
        }
        let target = orgs::find(tx, transfer.in_org).await?.ok_or_else(gone)?;
        if let Some(branch) = store::awaiting_branch(tx, &target.path).await? {
            return Ok(Due::Pass(Some(branch.to_string())));
        }
        let told = above(tx, target.id).await?.map_or(target.id, |up| up.id);
        let body = format!(
            "〔{}〕超过期限没有为{}分配团支部，也没有待接转团支部，请督促分配",
            target.full_name, transfer.name
        );
        tell::tell(
            tx,
            Receiver::Org(told),
            transfer,
            "转入团员超期未分配",
            body,
        )
        .await?;
        Ok(Due::Later(at_midnight(
            business_date(tx.now()) + Days::new(1),
        )))
    }
}

/// The present step in this capability's words.
pub(super) fn step_of(case: &Case) -> Step {
    match case.step().code.as_str() {
        TEMPORARY => Step::In,
        code => Step::from_code(code).unwrap_or(Step::In),
    }
}

/// What the deciding branch is, as far as grounds of return depend on it.
fn target_kind(case: &Case) -> BranchKind {
    if case.step().code == TEMPORARY {
        BranchKind::HandoverTemporary
    } else {
        BranchKind::Ordinary
    }
}

fn gone() -> Error {
    Error::refused(
        "transfer.target_gone",
        "转入组织已撤销，请退回，由发起人重新选择",
    )
}

impl CaseKind for TransferKind {
    fn code(&self) -> &'static str {
        super::CODE
    }

    fn label(&self) -> &'static str {
        "组织关系转接"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::DecideTransfers)
    }

    fn return_codes(&self, case: &Case) -> Vec<ReturnCode> {
        if step_of(case) == Step::Member {
            return vec![ReturnCode::new(DISAGREE, "团员不同意")];
        }
        Returned::open_to(target_kind(case))
            .map(|ground| match ground {
                Returned::Other => ReturnCode::with_text(ground.code(), ground.label(), 10),
                _ => ReturnCode::new(ground.code(), ground.label()),
            })
            .collect()
    }

    fn check_return(&self, case: &Case, input: &ReturnInput) -> Result<()> {
        if step_of(case) == Step::Member {
            return Ok(());
        }
        return_input(&input.code, &input.text, target_kind(case))?;
        match inadmissible_ground(&input.text, &self.policy) {
            Some(word) if !input.insist => Err(Error::refused_at(
                "text",
                "approval.insist",
                format!(
                    "“{word}”不是退回的理由：不在编、非本地户籍、试用期、没见到档案或档案存放在别处，都应当接收。若仍要退回，将记为疑似不合理退回，并通知直接上级和双方的共同上级"
                ),
            )),
            _ => Ok(()),
        }
    }

    fn reason_label(&self, _case: &Case, code: &str) -> String {
        match code {
            "" => String::new(),
            "overdue" => "超期退回".into(),
            TARGET_GONE => "转入组织已撤销".into(),
            "precheck" => "转接条件不再满足".into(),
            UNCONFIRMED => "逾期未确认".into(),
            DISAGREE => "团员不同意".into(),
            code => Returned::from_code(code).map_or(String::new(), |ground| ground.label().into()),
        }
    }

    fn subject_link(&self, case: &Case) -> Option<String> {
        Some(format!("/member/transfers/{}", case.object))
    }

    fn check_pass<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        answer: Option<&'a str>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let transfer = Self::lock(tx, case).await?;
            if orgs::find(tx, transfer.in_org)
                .await?
                .is_none_or(|org| !org.state.is_live())
            {
                return Err(gone());
            }
            if Self::is_last(case) {
                Self::destination(tx, &transfer, answer).await?;
                if let Some(fault) = self.hindrance(tx, &transfer).await? {
                    return Err(fault.into());
                }
            }
            Ok(())
        })
    }

    fn choices<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>>> {
        Box::pin(async move {
            let keys = reader.keys.clone();
            let Some(transfer) =
                store::find(reader, &keys, case.key.subject, TransferId(case.object)).await?
            else {
                return Ok(Vec::new());
            };
            let Some(target) = orgs::find(reader, transfer.in_org).await? else {
                return Ok(Vec::new());
            };
            let ids = store::branches_below(reader, &target.path, 500).await?;
            let mut found = orgs::find_many(reader, &ids).await?;
            found.retain(|org| {
                org.id != transfer.out_branch && org.state != orgs::OrgState::Graduate
            });
            found.sort_by(|a, b| a.path.cmp(&b.path));
            Ok(found
                .into_iter()
                .map(|org| (org.id.to_string(), org.full_name))
                .collect())
        })
    }

    fn reached<'a>(&'a self, tx: &'a mut Tx, case: &'a Case) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.arrive(tx, case))
    }

    fn settled<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        _: &'a approvals::Step,
        past: &'a Past,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(Self::tell_progress(tx, case, past))
    }

    fn ended<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        outcome: &'a approvals::Outcome,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.finish(tx, case, outcome))
    }

    fn due<'a>(&'a self, tx: &'a mut Tx, case: &'a Case) -> BoxFuture<'a, Result<Due>> {
        Box::pin(self.due_now(tx, case))
    }

    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(panel::panel(reader, case, sight, &self.policy))
    }
}
