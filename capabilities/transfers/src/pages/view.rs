//! What several pages show of a transfer.

use crate::actions::Ending;
use crate::policy::Policy;
use crate::rules::{Due, Fault, Outcome, Returned, State, Step, forecast};
use crate::store::Transfer;
use base::{format_moment, mask_number};
use chrono::{DateTime, TimeDelta, Utc};

/// A step of the flow.
#[derive(Clone, Debug)]
pub struct FlowStep {
    /// `is-done`, `is-now`, `is-todo` or `is-bad`.
    pub class: &'static str,
    /// What.
    pub title: String,
    /// Who, when, why.
    pub sub: String,
}

impl From<approvals::StepView> for FlowStep {
    fn from(step: approvals::StepView) -> Self {
        let class = step.class();
        let took = if step.took.is_empty() {
            String::new()
        } else {
            format!("用时{}", step.took)
        };
        let parts = [step.who, step.when, took, step.comment];
        let sub = parts
            .iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("，");
        Self {
            class,
            title: step.name,
            sub,
        }
    }
}

/// Faults by field, for a form that shows them all at once (TRF-10).
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The message beside a field, empty if it is right.
    pub fn of(&self, field: &str) -> &str {
        self.0
            .iter()
            .find(|fault| fault.field == Some(field))
            .map_or("", |fault| fault.message.as_str())
    }

    /// Whether a field is wrong.
    pub fn has(&self, field: &str) -> bool {
        !self.of(field).is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// A remaining time in words: 剩 3 天, 剩 6 小时.
pub fn left(due: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let rest = due - now;
    if rest <= TimeDelta::zero() {
        "已到期".into()
    } else if rest >= TimeDelta::days(1) {
        format!("剩 {} 天", rest.num_days())
    } else if rest >= TimeDelta::hours(1) {
        format!("剩 {} 小时", rest.num_hours())
    } else {
        format!("剩 {} 分钟", rest.num_minutes().max(1))
    }
}

/// Colour of a remaining time.
pub fn urgency(due: DateTime<Utc>, now: DateTime<Utc>) -> &'static str {
    match due - now {
        rest if rest < TimeDelta::days(1) => "tj-bad",
        rest if rest < TimeDelta::days(4) => "tj-warn",
        _ => "",
    }
}

/// What happens to a transfer if nobody acts, as it will really come (TRF-40 included).
pub fn coming(transfer: &Transfer, now: DateTime<Utc>, policy: &Policy) -> Option<Due> {
    if !transfer.state.is_open() {
        return None;
    }
    forecast(
        transfer.step,
        &policy.step(transfer.step),
        transfer.step_since,
        transfer.is_handover,
        now,
        &policy.handover,
    )
}

/// The sentence that says until when, and what happens then.
pub fn until_when(transfer: &Transfer, now: DateTime<Utc>, policy: &Policy) -> String {
    let Some(due) = coming(transfer, now, policy) else {
        return "没有自动处理的期限，一直等到审核为止。".into();
    };
    // The deadline is 00:00; people read the last minute that still counts.
    let last = format_moment(due.at - TimeDelta::minutes(1), now);
    let then = match (due.outcome, transfer.step) {
        (_, Step::Allocate) => "到时没分配就先编入待接转团支部，没有的提醒上级",
        (Outcome::Pass, _) => "到时没办会自动通过",
        (Outcome::Return, Step::Member) => "到时没确认就自动取消",
        (Outcome::Return, _) => "到时没办会自动退回，需要重新申请",
        (Outcome::Nothing, _) => "到时还没办会提醒上级",
    };
    let phase = if transfer.due.is_none() && transfer.is_handover {
        "毕业转接在8月31日前不强制处理，9月1日起计时；"
    } else {
        ""
    };
    format!("{phase}最迟 {last}，{then}。")
}

/// Why it came back, as people read it.
pub fn return_reason(transfer: &Transfer) -> String {
    let label = transfer
        .return_code
        .as_deref()
        .map_or("", |code| match code {
            "overdue" => "超期未审核，自动退回",
            "target_gone" => "转入组织已撤销",
            "precheck" => "转接条件不再满足",
            code => Returned::from_code(code).map_or("其他", Returned::label),
        });
    match transfer.return_text.as_deref() {
        Some(text) if !text.is_empty() => format!("{label}：{text}"),
        _ => label.to_owned(),
    }
}

/// The last line of a flow that has ended.
pub fn ending(transfer: &Transfer, now: DateTime<Utc>) -> Option<FlowStep> {
    let at = transfer
        .ended_at
        .map(|at| format_moment(at, now))
        .unwrap_or_default();
    let (class, sub) = match transfer.state {
        State::Completed => {
            let how = transfer.how.as_deref().map_or("", Ending::label);
            let into = transfer.in_branch_name.as_deref().unwrap_or("");
            ("is-done", format!("{at}，编入{into}（{how}）"))
        }
        State::Returned => ("is-bad", format!("{at}，{}", return_reason(transfer))),
        state if state.is_open() => return None,
        _ => ("is-bad", at),
    };
    Some(FlowStep {
        class,
        title: transfer.state.label().into(),
        sub,
    })
}

/// An organisation's contact, as far as it published one.
#[derive(Clone, Debug)]
pub struct Contact {
    /// 转出方 or 转入方.
    pub side: &'static str,
    /// Full name.
    pub name: String,
    /// Office phone, whole: organisations publish theirs.
    pub phone: Option<String>,
}

impl Contact {
    /// Of an organisation.
    pub fn of(side: &'static str, org: &orgs::Org) -> Self {
        Self {
            side,
            name: org.full_name.clone(),
            phone: org.phone.clone(),
        }
    }
}

/// A mobile number, masked.
pub fn masked(phone: Option<&base::Mobile>) -> String {
    phone.map_or_else(|| "未填写".into(), |phone| mask_number(phone.reveal()))
}
