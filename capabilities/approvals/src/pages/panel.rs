//! One case as its reader sees it: what the kind shows, the way so far, what can be done here and why not.

use crate::actions;
use crate::kinds::{Kinds, Sight};
use crate::rules::{self, Case, CaseKey, Seat, StepView, Superior};
use access::Port;
use base::{Error, Refused, format_moment};
use db::Reader;
use web::Ctx;
use web::list::Choice;

/// What was typed, to be shown again with its faults.
#[derive(Clone, Default)]
pub(super) struct Typed {
    pub(super) code: String,
    pub(super) text: String,
    pub(super) answer: String,
    pub(super) fault: Option<Refused>,
}

impl Typed {
    fn at(&self, field: &str) -> String {
        self.fault
            .as_ref()
            .filter(|fault| fault.field == Some(field))
            .map_or_else(String::new, |fault| fault.message.clone())
    }
}

/// The view of a case, for console and phone.
pub(super) struct Panel {
    pub(super) action: String,
    pub(super) step_no: i32,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) label: &'static str,
    pub(super) todo: String,
    pub(super) step_name: String,
    pub(super) state: &'static str,
    pub(super) open: bool,
    pub(super) chip: String,
    pub(super) chip_class: &'static str,
    pub(super) started: String,
    pub(super) body: String,
    pub(super) timeline: Vec<StepView>,
    pub(super) explain: Vec<String>,
    /// Why the reader cannot decide; empty if he can.
    pub(super) blocked: String,
    pub(super) hand_up: String,
    pub(super) may_return: bool,
    pub(super) choose: bool,
    pub(super) choices: Vec<Choice>,
    pub(super) codes: Vec<Choice>,
    pub(super) text: String,
    /// The rule against the ground given was shown; it may be insisted on (TRF-29).
    pub(super) insist: bool,
    pub(super) fault_code: String,
    pub(super) fault_text: String,
    pub(super) fault_answer: String,
    pub(super) fault: String,
}

/// Reads the case and all that is shown of it; out of sight it does not exist (SEC-12).
pub(super) async fn panel(
    ctx: &Ctx,
    reader: &mut Reader,
    key: CaseKey,
    typed: &Typed,
) -> base::Result<Panel> {
    let case = crate::find_case(reader, key)
        .await?
        .ok_or(Error::NotFound)?;
    let full = actions::sight(reader, &case, &ctx.actor)
        .await?
        .ok_or(Error::NotFound)?;
    let kinds = ctx.app.policy::<Kinds>();
    let kind = kinds.get(&case.kind)?;
    let now = reader.now();
    let desk = actions::desk(reader, &case).await?;
    let history = crate::history(reader, key).await?;
    let allowed = if case.is_open() {
        rules::still_there(&case, case.step_no, &history, now)
            .and_then(|()| rules::who_may(&case, &desk, kind.permission(), &ctx.actor, now))
    } else {
        Err(Error::Conflict(String::new()))
    };
    let phone = ctx.port() == Port::Cadre;
    let sight = Sight {
        full,
        phone,
        decides: allowed.is_ok(),
    };
    let body = kind.panel(reader, &case, sight).await?;
    let choose = case.step().choose;
    let choices = if allowed.is_ok() && choose {
        let options = kind.choices(reader, &case).await?;
        Choice::list(
            options.iter().map(|(v, l)| (v.as_str(), l.as_str())),
            &typed.answer,
        )
    } else {
        Vec::new()
    };
    let codes = kind.return_codes(&case);
    let (chip, chip_class) = chip(&case, now);
    Ok(Panel {
        action: format!(
            "{}/cases/{}/{}/decide",
            if phone { "/cadre" } else { "/console" },
            key.subject,
            key.case
        ),
        step_no: case.step_no,
        title: kind.list_title(&case),
        label: kind.label(),
        todo: case.step().todo.clone(),
        step_name: case.step().name.clone(),
        state: case.state.label(),
        open: case.is_open(),
        chip,
        chip_class,
        started: format!(
            "{} {}发起",
            case.initiator.name,
            format_moment(case.created_at, now)
        ),
        body,
        timeline: rules::timeline_of(
            &case,
            &history,
            &desk,
            |code| kind.reason_label(&case, code),
            now,
        ),
        explain: rules::explain(&case, &desk, now),
        hand_up: hand_up(ctx, &case, &desk),
        blocked: allowed
            .err()
            .map_or_else(String::new, |why| why.to_string()),
        may_return: case.step().may_return && case.step().seat != Seat::Subject,
        choose,
        choices,
        codes: Choice::list(codes.iter().map(|c| (c.code, c.label)), &typed.code),
        text: typed.text.clone(),
        insist: typed
            .fault
            .as_ref()
            .is_some_and(|fault| fault.code == "approval.insist"),
        fault_code: typed.at("code"),
        fault_text: typed.at("text"),
        fault_answer: typed.at("answer"),
        fault: typed
            .fault
            .as_ref()
            .filter(|fault| !matches!(fault.field, Some("code" | "text" | "answer")))
            .map_or_else(String::new, |fault| fault.message.clone()),
        name: case.subject_name,
        summary: case.summary,
    })
}

fn chip(case: &Case, now: chrono::DateTime<chrono::Utc>) -> (String, &'static str) {
    match case.deadline_at.filter(|_| case.is_open()) {
        Some(end) => {
            let then = rules::late(end, case.deadline_outcome, now);
            let left = rules::left(end, now);
            let text = if then.is_empty() {
                left
            } else {
                format!("{left}，{then}")
            };
            (
                text,
                super::chip_class(rules::urgency(case.arrived_at, case.deadline_at, now)),
            )
        }
        None => (String::new(), ""),
    }
}

/// The superior an administrator concerned by the case can hand it to (ACC-73); empty if that is no way.
fn hand_up(ctx: &Ctx, case: &Case, desk: &rules::Desk) -> String {
    let person = ctx.actor.person();
    let concerned =
        person.is_some() && (person == Some(case.key.subject) || person == case.initiator.person);
    let here = ctx.actor.acting.as_ref().is_some_and(|grant| {
        grant.acts(None) && desk.own.as_ref().is_some_and(|own| own.id == grant.org.id)
    });
    match &desk.above {
        Some(above)
            if concerned && here && case.is_open() && case.step().superior != Superior::Also =>
        {
            above.short_name.clone()
        }
        _ => String::new(),
    }
}
