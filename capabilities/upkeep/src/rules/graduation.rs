//! When a branch graduates: the mark, who sets it, when it takes effect (ORG-50..56).

use crate::Policy;
use base::{Error, OrgCategory, Refused, Result, YearMonth, text};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use orgs::Org;

/// Why no month can be named (ORG-52).
pub(crate) const REASONS: [&str; 4] = ["学制未定", "联合培养", "教职工支部", "其他"];

/// What a branch is marked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// 预计毕业时间.
    Month(YearMonth),
    /// 无法确定理由.
    Reason(String),
}

impl Mark {
    /// The month or the reason.
    pub(crate) fn parts(&self) -> (Option<YearMonth>, Option<&str>) {
        match self {
            Self::Month(month) => (Some(*month), None),
            Self::Reason(reason) => (None, Some(reason)),
        }
    }
}

/// What was typed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Typed<'a> {
    pub(crate) month: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) text: &'a str,
}

fn refuse<T>(field: &'static str, code: &'static str, message: impl Into<String>) -> Result<T> {
    Err(Error::refused_at(field, code, message))
}

/// The months that can be chosen: January of last year to December eight years on (ORG-54).
pub(crate) fn months(today: NaiveDate) -> (YearMonth, YearMonth) {
    let this = YearMonth::of(today);
    let january = this.plus(1 - i32::try_from(this.month()).unwrap_or(1));
    (january.plus(-12), january.plus(8 * 12 + 11))
}

/// Whether the month has passed, so that it is asked once more (ORG-54).
pub(crate) fn is_past(month: YearMonth, now: DateTime<Utc>) -> bool {
    month < YearMonth::at(now)
}

/// Exactly one of month and reason (ORG-52), the month within its limits (ORG-54).
pub(crate) fn read(typed: &Typed<'_>, today: NaiveDate) -> Result<Mark> {
    let (month, reason) = (text::normalise(typed.month), text::normalise(typed.reason));
    match (month.is_empty(), reason.is_empty()) {
        (false, false) => {
            return refuse("month", "graduation.both", "毕业时间与理由只能填写一项。");
        }
        (true, true) => {
            return refuse("month", "graduation.none", "请选择毕业时间或填写理由。");
        }
        (false, true) => {
            let Ok(month) = month.parse::<YearMonth>() else {
                return refuse(
                    "month",
                    "graduation.month",
                    "毕业时间应为年月，如 2027-06，请重新选择。",
                );
            };
            let (from, to) = months(today);
            if month < from || month > to {
                return refuse(
                    "month",
                    "graduation.range",
                    format!(
                        "毕业时间应在{}至{}之间，请核对。",
                        from.chinese(),
                        to.chinese()
                    ),
                );
            }
            return Ok(Mark::Month(month));
        }
        (true, false) => {}
    }
    if !REASONS.contains(&reason.as_str()) {
        return refuse("reason", "graduation.reason", "请从列出的理由中选择一项。");
    }
    if reason != "其他" {
        return Ok(Mark::Reason(reason));
    }
    let why = text::normalise(typed.text);
    let length = why.chars().count();
    if !(5..=100).contains(&length) || text::has_control(&why) {
        return refuse(
            "text",
            "graduation.text",
            format!("选“其他”要写明理由，5–100个字，现有{length}个字。"),
        );
    }
    Ok(Mark::Reason(format!("其他：{why}")))
}

/// The entry year in a class name: the four digits before 级.
pub(crate) fn entry_year(short_name: &str) -> Option<i32> {
    short_name.match_indices('级').find_map(|(at, _)| {
        let digits: Vec<char> = short_name[..at]
            .chars()
            .rev()
            .take_while(char::is_ascii_digit)
            .take(4)
            .collect();
        let year: i32 = digits.iter().rev().collect::<String>().parse().ok()?;
        (1950..=2100).contains(&year).then_some(year)
    })
}

/// Branches by entry year, earliest first, those without a year last: for marking each group by itself (ORG-53).
pub(crate) fn groups(branches: &[Org]) -> Vec<(Option<i32>, Vec<&Org>)> {
    let mut groups: Vec<(Option<i32>, Vec<&Org>)> = Vec::new();
    for org in branches {
        let year = entry_year(&org.short_name);
        match groups.iter_mut().find(|(other, _)| *other == year) {
            Some((_, group)) => group.push(org),
            None => groups.push((year, vec![org])),
        }
    }
    groups.sort_by_key(|(year, _)| (year.is_none(), *year));
    groups
}

/// Whether these branches may be marked together (ORG-53): one entry year; names without one need the tick 毕业时间相同.
pub(crate) fn together(branches: &[Org], same: bool) -> Result<(), Refused> {
    let groups = groups(branches);
    let years: Vec<String> = groups
        .iter()
        .filter_map(|(year, _)| year.map(|y| format!("{y}级")))
        .collect();
    let fault = |code, message: String| Refused {
        code,
        message,
        field: Some("branch"),
    };
    if years.len() > 1 {
        return Err(fault(
            "graduation.years",
            format!("所选支部入学年份不同（{}），请分别标记。", years.join("、")),
        ));
    }
    let unnamed = groups.iter().any(|(year, _)| year.is_none());
    if unnamed && branches.len() > 1 && !same {
        return Err(fault(
            "graduation.unnamed",
            "所选支部中有名称不含入学年份的，确认毕业时间相同请勾选“毕业时间相同”，否则请分别标记。"
                .into(),
        ));
    }
    Ok(())
}

/// Whether an organisation marks branches of its subtree (ORG-51).
pub(crate) fn may_mark(category: OrgCategory, in_school: bool) -> Result<()> {
    if matches!(category, OrgCategory::LeadingBody | OrgCategory::Branch) {
        return Err(Error::forbidden(
            "团的领导机关和团支部不能标记毕业时间。请由学校的团委、团工委或团总支办理。",
        ));
    }
    if !in_school {
        return Err(Error::forbidden(
            "只有学校领域的团组织标记毕业时间。如本组织属于学校，请核对基本资料中的单位所属行业类别。",
        ));
    }
    Ok(())
}

/// Whether a branch takes a mark.
pub(crate) fn markable(branch: &Org, in_school: bool) -> Result<(), Refused> {
    let fault = |code, message: String| {
        Err(Refused {
            code,
            message: format!("〔{}〕{message}", branch.short_name),
            field: Some("branch"),
        })
    };
    if !branch.is_branch() || !branch.state.is_live() {
        return fault(
            "graduation.not_branch",
            "不是正常的团支部，不能标记。".into(),
        );
    }
    if !in_school {
        return fault(
            "graduation.not_school",
            "不属于学校领域，不用标记毕业时间。如属于学校，请先更正行业类别。".into(),
        );
    }
    if let Some(month) = branch.graduation {
        return fault(
            "graduation.marked",
            format!(
                "已标记{}，不可更改。确需更正请在“毕业时间更正”中申请。",
                month.chinese()
            ),
        );
    }
    Ok(())
}

/// The day on which a branch marked with `month` becomes 毕业生团组织 (ORG-54, ORG-56): the year counts, not the month.
pub(crate) fn switch_day(month: YearMonth, now: DateTime<Utc>, policy: &Policy) -> NaiveDate {
    let day = policy.switch_day(month.year());
    let today = base::business_date(now);
    if day > today {
        return day;
    }
    today + Days::new(1)
}

/// Marks before this month have taken effect by now: the whole year's from the day of the switch on.
pub(crate) fn due_limit(now: DateTime<Utc>, policy: &Policy) -> YearMonth {
    let year = base::business_date(now).year();
    let january = |year: i32| YearMonth::new(year, 1).unwrap_or(YearMonth::at(now));
    january(year + i32::from(policy.switched(now)))
}

/// The moment of the run that a simulation foretells (ORG-B5): ten past midnight of the year's day of the switch.
pub(crate) fn run_of(year: i32, policy: &Policy) -> DateTime<Utc> {
    base::at_midnight(policy.switch_day(year)) + TimeDelta::minutes(10)
}

/// The years whose switch can be foretold: the next one and the one after.
pub(crate) fn years_ahead(now: DateTime<Utc>, policy: &Policy) -> [i32; 2] {
    let year = base::business_date(now).year();
    let next = year + i32::from(policy.switched(now));
    [next, next + 1]
}

/// Whether an unmarked branch is asked for: from 1 March, urgently from 1 May until the switch (ORG-50).
pub(crate) fn urgency(today: NaiveDate) -> Option<bool> {
    match today.month() {
        3 | 4 => Some(false),
        5 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn month(text: &str) -> YearMonth {
        text.parse().expect("a month")
    }

    fn of<'a>(month: &'a str, reason: &'a str, text: &'a str) -> Typed<'a> {
        Typed {
            month,
            reason,
            text,
        }
    }

    fn code(typed: Typed<'_>) -> &'static str {
        read(&typed, day("2026-09-18")).expect_err("refused").code()
    }

    #[test]
    fn org_52_exactly_one_of_month_and_reason() {
        assert_eq!(code(of("", "", "")), "graduation.none");
        assert_eq!(code(of("2027-06", "学制未定", "")), "graduation.both");
        assert_eq!(code(of("", "不知道", "")), "graduation.reason");
        assert_eq!(code(of("", "其他", "四个字呀")), "graduation.text");
        assert_eq!(
            read(&of("", "其他", "五个字够了"), day("2026-09-18")).expect("five"),
            Mark::Reason("其他：五个字够了".into())
        );
        assert!(read(&of("", "其他", &"字".repeat(100)), day("2026-09-18")).is_ok());
        assert_eq!(code(of("", "其他", &"字".repeat(101))), "graduation.text");
        assert_eq!(
            read(&of("2027-06", "", ""), day("2026-09-18")).expect("a month"),
            Mark::Month(month("2027-06"))
        );
    }

    #[test]
    fn org_54_months_from_january_of_last_year_to_december_in_eight_years() {
        let at = |text| {
            read(
                &Typed {
                    month: text,
                    ..Typed::default()
                },
                day("2026-09-18"),
            )
        };
        assert!(at("2025-01").is_ok() && at("2034-12").is_ok());
        assert_eq!(at("2024-12").expect_err("early").code(), "graduation.range");
        assert_eq!(at("2035-01").expect_err("late").code(), "graduation.range");
    }

    #[test]
    fn org_56_the_year_counts_whatever_the_month() {
        let policy = crate::tests::policy("national");
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let before = at("2026-05-31T15:59:00Z"); // 23:59 in China
        let after = at("2026-05-31T16:10:00Z"); // 00:10 on 1 June
        assert!(month("2026-07") >= due_limit(before, &policy));
        assert!(month("2026-07") < due_limit(after, &policy));
        assert!(month("2026-12") < due_limit(after, &policy));
        assert!(month("2027-01") >= due_limit(after, &policy));
        assert!(month("2025-12") < due_limit(before, &policy));
        assert_eq!(
            switch_day(month("2026-07"), before, &policy),
            day("2026-06-01")
        );
        assert_eq!(
            switch_day(month("2026-07"), at("2026-06-20T04:00:00Z"), &policy),
            day("2026-06-21")
        );
        assert_eq!(
            switch_day(month("2027-01"), after, &policy),
            day("2027-06-01")
        );
    }

    #[test]
    fn org_53_the_entry_year_is_read_from_the_name() {
        for (name, year) in [
            ("2017级1班团支部", Some(2017)),
            ("计算机专业2017级3班团支部", Some(2017)),
            ("教工第一团支部", None),
            ("12级团支部", None),
            ("高级技工2019级2班团支部", Some(2019)),
            ("2023级级1班团支部", Some(2023)),
        ] {
            assert_eq!(entry_year(name), year, "{name}");
        }
    }

    #[test]
    fn org_50_unmarked_branches_are_listed_from_march_and_red_from_may() {
        assert_eq!(urgency(day("2026-02-28")), None);
        assert_eq!(urgency(day("2026-03-01")), Some(false));
        assert_eq!(urgency(day("2026-04-30")), Some(false));
        assert_eq!(urgency(day("2026-05-01")), Some(true));
        assert_eq!(urgency(day("2026-06-01")), None);
    }
}
