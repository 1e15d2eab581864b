//! What people read about a case: where it is, who can act, until when, what then (TRF-120, TRF-B2).

use super::decide::{names, past_words};
use super::{AtDeadline, Case, CaseState, Desk, HowDone, Past, Seat, Superior, clock::day_after};
use base::{china_time, format_moment};
use chrono::{DateTime, TimeDelta, Timelike, Utc};

/// `系统自动通过`.
pub(crate) fn at_deadline(outcome: AtDeadline) -> &'static str {
    match outcome {
        AtDeadline::Pass => "系统自动通过",
        AtDeadline::Return => "系统自动退回",
        AtDeadline::Nothing => "提醒直接上级",
    }
}

/// A moment as an end: 00:00 is 24:00 of the day before, which nobody misreads.
pub(crate) fn end_words(end: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let china = china_time(end);
    if china.hour() == 0 && china.minute() == 0 {
        let eve = format_moment(end - TimeDelta::minutes(1), now);
        eve.replace("23:59", "24:00")
    } else {
        format_moment(end, now)
    }
}

/// `剩 6 小时`, `剩 3 天`, `已超期 2 天`.
pub fn left(end: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let span = end - now;
    if span <= TimeDelta::zero() {
        let late = now - end;
        return if late >= TimeDelta::days(1) {
            format!("已超期 {} 天", late.num_days())
        } else {
            "已到期".to_owned()
        };
    }
    if span >= TimeDelta::hours(24) {
        format!("剩 {} 天", span.num_days())
    } else if span >= TimeDelta::hours(1) {
        format!("剩 {} 小时", span.num_hours())
    } else {
        format!("剩 {} 分钟", span.num_minutes().max(1))
    }
}

/// The chip's second half: `18:00 自动通过`, empty where nothing happens.
pub fn late(end: DateTime<Utc>, outcome: AtDeadline, now: DateTime<Utc>) -> String {
    match outcome {
        AtDeadline::Nothing => String::new(),
        _ => format!(
            "{} {}",
            end_words(end, now),
            &at_deadline(outcome)["系统".len()..]
        ),
    }
}

/// Who can act, until when, what then: one sentence each.
pub fn explain(case: &Case, desk: &Desk, now: DateTime<Utc>) -> Vec<String> {
    if !case.is_open() {
        return vec![match case.finished_at {
            Some(at) => format!(
                "已于{}办结：{}。",
                format_moment(at, now),
                case.state.label()
            ),
            None => format!("已办结：{}。", case.state.label()),
        }];
    }
    let step = case.step();
    let mut out = vec![match step.seat {
        Seat::Subject => format!("现在等{}本人在团员端确认。", case.subject_name),
        _ => format!("现在是“{}”，由{}办理。", step.name, names(case, desk, now)),
    }];
    if let (Superior::FromDay(days), Some(above)) = (step.superior, &desk.above) {
        let from = day_after(case.arrived_at, days);
        if now < from {
            out.push(format!(
                "{}起，{}〔{}〕也可以办理。",
                format_moment(from, now),
                step.superior_words(),
                above.short_name
            ));
        }
    }
    match case.deadline_at {
        Some(end) => {
            let then = match case.deadline_outcome {
                AtDeadline::Nothing => "到时不会自动办理，会列为超期并提醒直接上级".to_owned(),
                outcome => format!("到时未办理，{}", at_deadline(outcome)),
            };
            out.push(format!("办理时限到{}，{then}。", end_words(end, now)));
        }
        None => out.push("这一步没有自动办理的时限，会按期提醒。".to_owned()),
    }
    let next = usize::try_from(case.step_no)
        .ok()
        .and_then(|n| case.steps.get(n));
    out.push(match next {
        Some(next) => format!("同意后进入“{}”（{}）。", next.name, next.org_name),
        None => "同意后即办结。".to_owned(),
    });
    out
}

/// How a line of the timeline looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepState {
    /// Settled, going on.
    Done,
    /// Settled, ending it: sent back, withdrawn.
    Stopped,
    /// The present one.
    Now,
    /// To come.
    Todo,
    /// A note beside the chain: a new deadline.
    Note,
}

/// A line of the timeline (TRF-120).
#[derive(Clone, Debug)]
pub struct StepView {
    /// State.
    pub state: StepState,
    /// What: `转出审核`.
    pub name: String,
    /// Who: organisation, or organisation and person with role.
    pub who: String,
    /// When or until when, and what then.
    pub when: String,
    /// What was said.
    pub comment: String,
    /// How long it took: `2天3小时`.
    pub took: String,
}

impl StepView {
    /// Class of the design system's flow list.
    pub fn class(&self) -> &'static str {
        match self.state {
            StepState::Done | StepState::Note => "is-done",
            StepState::Stopped => "is-done is-bad",
            StepState::Now => "is-now",
            StepState::Todo => "is-todo",
        }
    }
}

fn span_words(span: TimeDelta) -> String {
    match (
        span.num_days(),
        span.num_hours() % 24,
        span.num_minutes() % 60,
    ) {
        (0, 0, minutes) => format!("{}分钟", minutes.max(1)),
        (0, hours, _) => format!("{hours}小时"),
        (days, 0, _) => format!("{days}天"),
        (days, hours, _) => format!("{days}天{hours}小时"),
    }
}

/// The whole way: started, done, now, to come.
pub fn timeline_of(
    case: &Case,
    history: &[Past],
    desk: &Desk,
    code_label: impl Fn(&str) -> String,
    now: DateTime<Utc>,
) -> Vec<StepView> {
    let mut out = vec![StepView {
        state: StepState::Done,
        name: "发起".to_owned(),
        who: case.initiator.name.clone(),
        when: format_moment(case.created_at, now),
        comment: String::new(),
        took: String::new(),
    }];
    for past in history {
        let step = usize::try_from(past.step_no - 1)
            .ok()
            .and_then(|n| case.steps.get(n));
        let name = step.map_or("", |step| step.name.as_str());
        let who = match (past.org_name.as_str(), past.by.is_some()) {
            (_, false) => "系统".to_owned(),
            ("", true) => past.by_name.clone(),
            (org, true) => format!("{org} {}{}", past.by_role, past.by_name),
        };
        let mut comment = if past.code.is_empty() {
            String::new()
        } else {
            code_label(&past.code)
        };
        if !past.comment.is_empty() {
            if !comment.is_empty() {
                comment.push('：');
            }
            comment.push_str(&past.comment);
        }
        out.push(StepView {
            state: match past.how {
                HowDone::Return | HowDone::AutoReturn | HowDone::Superseded => StepState::Stopped,
                HowDone::Reclocked | HowDone::HandedUp => StepState::Note,
                _ => StepState::Done,
            },
            name: format!("{name}：{}", past.how.label()),
            who,
            when: format_moment(past.decided_at, now),
            comment,
            took: if matches!(past.how, HowDone::Pass | HowDone::Return) {
                span_words(past.decided_at - past.arrived_at)
            } else {
                String::new()
            },
        });
    }
    if case.state == CaseState::Open {
        for (n, step) in case.steps.iter().enumerate() {
            let n = i32::try_from(n).unwrap_or(i32::MAX) + 1;
            if n < case.step_no {
                continue;
            }
            let current = n == case.step_no;
            let who = match (step.seat, current) {
                (Seat::Subject, _) => case.subject_name.clone(),
                (_, true) => names(case, desk, now),
                (Seat::Above, false) => format!("〔{}〕的直接上级", step.org_name),
                (Seat::Own, false) => format!("〔{}〕", step.org_name),
            };
            let when = match (current, case.deadline_at) {
                (true, Some(end)) => {
                    let then = late(end, case.deadline_outcome, now);
                    if then.is_empty() {
                        left(end, now)
                    } else {
                        format!("{}，{then}", left(end, now))
                    }
                }
                (true, None) => format!("已等{}", span_words(now - case.arrived_at)),
                (false, _) => step.deadline.map_or_else(String::new, |deadline| {
                    let length = deadline.length_words();
                    if length.is_empty() {
                        length
                    } else {
                        format!("{length}内")
                    }
                }),
            };
            out.push(StepView {
                state: if current {
                    StepState::Now
                } else {
                    StepState::Todo
                },
                name: step.name.clone(),
                who,
                when,
                comment: String::new(),
                took: String::new(),
            });
        }
    }
    out
}

/// How an item was done, for the list of done ones: `由赵演示于9月18日 10:00处理` (COM-04).
pub(crate) fn done_words(how: &str, by: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let when = format_moment(at, now);
    match HowDone::from_code(how) {
        HowDone::Pass | HowDone::Return => {
            format!("由{by}于{when}处理：{}", HowDone::from_code(how).label())
        }
        HowDone::Superseded => format!("已于{when}失效"),
        other => format!("{when} {}", other.label()),
    }
}

/// The sentence of a settled step, for messages.
pub(crate) fn settled(case: &Case, past: &Past, now: DateTime<Utc>) -> String {
    past_words(case, past, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn com_05_items_say_how_long_is_left_and_what_happens_then() {
        let now: DateTime<Utc> = "2026-09-18T12:00:00+08:00".parse().unwrap();
        let end: DateTime<Utc> = "2026-09-18T18:00:00+08:00".parse().unwrap();
        assert_eq!(left(end, now), "剩 6 小时");
        assert_eq!(left(now + TimeDelta::hours(24), now), "剩 1 天");
        assert_eq!(left(now + TimeDelta::seconds(20), now), "剩 1 分钟");
        assert_eq!(left(now - TimeDelta::days(2), now), "已超期 2 天");
        assert_eq!(late(end, AtDeadline::Pass, now), "9月18日 18:00 自动通过");
        let midnight: DateTime<Utc> = "2026-09-21T00:00:00+08:00".parse().unwrap();
        assert_eq!(
            late(midnight, AtDeadline::Return, now),
            "9月20日 24:00 自动退回"
        );
        assert_eq!(late(end, AtDeadline::Nothing, now), "");
    }
}
