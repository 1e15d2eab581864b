//! Who may decide, and whether there is anything left to decide.

use super::clock::day_after;
use super::{Case, CaseState, HowDone, Past, ReturnCode, ReturnInput, Seat, Superior};
use access::{Actor, Permission, Who};
use base::{Error, Result, format_moment, text};
use chrono::{DateTime, Utc};
use orgs::Org;

/// The organisations of a step as of now (TRF-30).
#[derive(Clone, Debug)]
pub struct Desk {
    /// Whose turn it is; none if it is the person's, or if the organisation has no superior any more.
    pub own: Option<Org>,
    /// Its direct superior.
    pub above: Option<Org>,
}

/// In which standing somebody decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// For the organisation whose turn it is.
    Own,
    /// As its direct superior (代审).
    Superior,
    /// The person confirms.
    Subject,
}

/// Lets the actor decide, or says who may (ACC-71, ACC-73, COM-04, TRF-24).
pub fn who_may(
    case: &Case,
    desk: &Desk,
    permission: Option<Permission>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Standing> {
    let step = case.step();
    if step.seat == Seat::Subject {
        return if actor.person() == Some(case.key.subject) {
            Ok(Standing::Subject)
        } else {
            Err(Error::forbidden(format!(
                "这一步由{}本人在团员端确认，其他人不能代办。",
                case.subject_name
            )))
        };
    }
    if let Who::System(_) = actor.who {
        return Ok(Standing::Own);
    }
    let names = names(case, desk, now);
    let Some(acting) = &actor.acting else {
        return Err(Error::forbidden(format!("此步骤由{names}办理。")));
    };
    let own = desk.own.as_ref().is_some_and(|org| org.id == acting.org.id);
    // In place of one without administrator its superior does what it would do, above a subordinate and for one (ACC-79).
    let vacant = |org: &Org| acting.covers.contains(&org.path);
    let above = desk
        .above
        .as_ref()
        .is_some_and(|org| org.id == acting.org.id || vacant(org));
    let deputy = step.seat == Seat::Above && desk.own.as_ref().is_some_and(vacant);
    let standing = match (own, above, step.superior) {
        (true, ..) => Standing::Own,
        _ if deputy => Standing::Superior,
        (_, true, Superior::Also) => Standing::Superior,
        (_, true, Superior::FromDay(days)) => {
            let from = day_after(case.arrived_at, days);
            if now < from {
                return Err(Error::forbidden(format!(
                    "此步骤现由{names}办理；{}起{}也可办理。",
                    format_moment(from, now),
                    step.superior_words()
                )));
            }
            Standing::Superior
        }
        _ => {
            return Err(Error::forbidden(format!(
                "此操作仅{names}可办理，隔级上级和其他组织不能代办。"
            )));
        }
    };
    let person = actor.person();
    let mine = |who| person == Some(who) || acting.bounds.principal() == Some(who);
    let begun = [case.initiator.person, case.asked_by];
    if mine(case.key.subject) || begun.into_iter().flatten().any(mine) {
        return Err(Error::forbidden(own_matter(desk)));
    }
    if !acting.role.administers() {
        return Err(Error::forbidden(format!(
            "仅组织运营者可审核，请联系{names}。"
        )));
    }
    if acting.bounds.bars(permission) {
        let what = permission.map_or(step.name.as_str(), |permission| permission.label());
        return Err(Error::forbidden(acting.bounds.refusal(what)));
    }
    if let Some(permission) = permission {
        let target = match standing {
            _ if step.seat == Seat::Above && (own || deputy) => None,
            _ => desk.own.as_ref(),
        };
        if let Some(target) = target {
            actor.require(permission, &target.to_ref())?;
        }
    }
    Ok(standing)
}

/// The sentence for somebody who would decide about himself (ACC-73).
pub(crate) fn own_matter(desk: &Desk) -> String {
    let above = desk.above.as_ref().map_or_else(
        || "本组织其他管理员".to_owned(),
        |org| format!("直接上级〔{}〕", org.short_name),
    );
    format!("不能办理本人提交的或关于本人的申请，请由本组织其他管理员或{above}办理。")
}

/// `〔甲支部〕或其直接上级〔乙团委〕的管理员`.
pub(crate) fn names(case: &Case, desk: &Desk, now: DateTime<Utc>) -> String {
    let step = case.step();
    let own = desk
        .own
        .as_ref()
        .map_or(step.org_name.as_str(), |org| org.short_name.as_str());
    let joined = match step.superior {
        Superior::Never => false,
        Superior::Also => true,
        Superior::FromDay(days) => now >= day_after(case.arrived_at, days),
    };
    match (&desk.above, joined) {
        (Some(above), true) => format!(
            "〔{own}〕或其{}〔{}〕的管理员",
            step.superior_words(),
            above.short_name
        ),
        _ => format!("〔{own}〕的管理员"),
    }
}

/// The first decision stands: the second is told who decided what and when (GEN-09, TRF-24).
pub fn still_there(case: &Case, step_no: i32, history: &[Past], now: DateTime<Utc>) -> Result<()> {
    if case.is_open() && case.step_no == step_no {
        return match case.deadline_at {
            Some(end) if end <= now && case.deadline_outcome != super::AtDeadline::Nothing => {
                Err(Error::Conflict(format!(
                    "已于{}超过办理时限，由{}。",
                    format_moment(end, now),
                    super::words::at_deadline(case.deadline_outcome)
                )))
            }
            _ => Ok(()),
        };
    }
    let settled = history
        .iter()
        .find(|past| past.step_no == step_no && past.how.settles());
    Err(Error::Conflict(match settled {
        Some(past) => past_words(case, past, now),
        None => format!("这件申请{}，不需要再办理。", case.state.label()),
    }))
}

/// `已于9月18日 10:00由〔甲〕赵演示同意`.
pub(crate) fn past_words(case: &Case, past: &Past, now: DateTime<Utc>) -> String {
    let when = format_moment(past.decided_at, now);
    match past.how {
        HowDone::Pass | HowDone::Return => format!(
            "已于{when}由{}{}{}。",
            if past.org_name.is_empty() {
                String::new()
            } else {
                format!("〔{}〕", past.org_name)
            },
            past.by_name,
            past.how.label()
        ),
        HowDone::AutoPass | HowDone::AutoReturn => format!("已于{when}由{}。", past.how.label()),
        HowDone::Superseded if case.state == CaseState::Withdrawn => {
            format!("已于{when}由{}撤销。", past.by_name)
        }
        _ => format!("已于{when}结束（{}）。", past.how.label()),
    }
}

/// A reason is compulsory; 其他 needs words (TRF-28).
pub fn check_return(codes: &[ReturnCode], input: &ReturnInput) -> Result<()> {
    let code = codes
        .iter()
        .find(|code| code.code == input.code)
        .ok_or_else(|| {
            Error::refused_at(
                "code",
                "approval.no_reason",
                "退回须选择原因，请先选一个原因再退回",
            )
        })?;
    let length = text::normalise(&input.text).chars().count();
    if length < code.min_text {
        return Err(Error::refused_at(
            "text",
            "approval.reason_short",
            format!(
                "原因选“{}”时，说明至少写{}个字，对方会看到这段话",
                code.label, code.min_text
            ),
        ));
    }
    if length > 200 {
        return Err(Error::refused_at(
            "text",
            "approval.reason_long",
            "说明最多200个字，请精简",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: [ReturnCode; 2] = [
        ReturnCode::new("wrong", "信息有误"),
        ReturnCode::with_text("other", "其他", 10),
    ];

    fn input(code: &str, text: &str) -> ReturnInput {
        ReturnInput {
            code: code.to_owned(),
            text: text.to_owned(),
            insist: false,
        }
    }

    #[test]
    fn trf_28_a_reason_is_compulsory_and_other_needs_ten_characters() {
        let code = |x: ReturnInput| check_return(&CODES, &x).map_err(|e| e.code()).err();
        assert_eq!(
            code(input("", "写了说明但没有选原因")),
            Some("approval.no_reason")
        );
        assert_eq!(code(input("unknown", "")), Some("approval.no_reason"));
        assert_eq!(code(input("wrong", "")), None);
        assert_eq!(
            code(input("other", "一二三四五六七八九")),
            Some("approval.reason_short")
        );
        assert_eq!(code(input("other", "一二三四五六七八九十")), None);
        assert_eq!(code(input("wrong", &"字".repeat(200))), None);
        assert_eq!(
            code(input("wrong", &"字".repeat(201))),
            Some("approval.reason_long")
        );
        let words = check_return(&CODES, &input("", ""))
            .unwrap_err()
            .to_string();
        assert!(words.contains("退回须选择原因"), "{words}");
    }
}
