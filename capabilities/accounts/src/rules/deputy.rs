//! What an administrator may lend, and for how long (ACC-B5).

use access::{Actor, OrgRef, Permission, table::MATRIX};
use base::{Error, OrgCategory, OrgId, Result, at_midnight, business_date};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Days a deputy acts at the longest: leave and handing over, not an office of its own.
const LONGEST: i64 = 90;
/// Days ahead it may begin at the latest.
const AHEAD: i64 = 90;

/// What the actor can lend: what it does itself for the own organisation or for those below, but for rights over rights.
pub(crate) fn lendable(actor: &Actor) -> Vec<Permission> {
    let Some(own) = actor.org() else {
        return Vec::new();
    };
    let below = OrgRef {
        id: OrgId(uuid::Uuid::nil()),
        path: own.path.child(1),
        category: OrgCategory::Branch,
    };
    MATRIX
        .iter()
        .map(|row| row.0)
        .filter(|permission| !permission.is_about_rights())
        .filter(|permission| {
            let down = own.category != OrgCategory::Branch && actor.may(*permission, &below);
            down || actor.may(*permission, own)
        })
        .collect()
}

/// From the beginning of the first day to the end of the last.
pub(crate) fn span(
    from: &str,
    to: &str,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let day = |field, typed: &str, what| {
        let typed = base::text::normalise(typed);
        typed.parse::<NaiveDate>().map_err(|_| {
            Error::refused_at(
                field,
                "deputy.date",
                format!("请填写{what}，格式如2026-09-01"),
            )
        })
    };
    let (from, to) = (day("from", from, "开始日期")?, day("to", to, "结束日期")?);
    let today = business_date(now);
    if from < today {
        return Err(Error::refused_at(
            "from",
            "deputy.past",
            "开始日期不能早于今天",
        ));
    }
    if (from - today).num_days() > AHEAD {
        return Err(Error::refused_at(
            "from",
            "deputy.far",
            format!("开始日期最晚在{AHEAD}天以内，请临近时再指定"),
        ));
    }
    if to < from {
        return Err(Error::refused_at(
            "to",
            "deputy.order",
            "结束日期不能早于开始日期",
        ));
    }
    if (to - from).num_days() >= LONGEST {
        return Err(Error::refused_at(
            "to",
            "deputy.long",
            format!("代理最长{LONGEST}天。更长的请办理管理员变更。"),
        ));
    }
    Ok((at_midnight(from), at_midnight(to + Days::new(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn china(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().expect("a moment")
    }

    #[test]
    fn acc_b5_a_deputy_acts_whole_days_ninety_at_the_most() {
        let now = china("2026-09-18T10:00:00");
        let code = |from, to| span(from, to, now).map_err(|fault| fault.code()).err();
        assert_eq!(
            span("2026-09-18", "2026-09-30", now).unwrap(),
            (china("2026-09-18T00:00:00"), china("2026-10-01T00:00:00"))
        );
        assert_eq!(code("2026-09-17", "2026-09-30"), Some("deputy.past"));
        assert_eq!(code("2026-12-17", "2026-12-18"), None);
        assert_eq!(code("2026-12-18", "2026-12-18"), Some("deputy.far"));
        assert_eq!(code("2026-09-20", "2026-09-19"), Some("deputy.order"));
        assert_eq!(code("2026-09-20", "2026-12-18"), None);
        assert_eq!(code("2026-09-20", "2026-12-19"), Some("deputy.long"));
        assert_eq!(code("明天", "2026-12-19"), Some("deputy.date"));
    }
}
