//! Leaving at 28 (ROS-75..78) and restoring (ROS-80, ROS-81).

use super::Policy;
use base::Error;
use chrono::{Months, NaiveDate};
use serde::Deserialize;

/// What the night does with somebody who has to leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveMode {
    /// The branch confirms.
    Propose,
    /// The person leaves.
    Auto,
}

/// What is known of somebody who is 28.
#[derive(Clone, Debug, Default)]
pub struct AgeFacts {
    /// Titles of the offices held, empty if none.
    pub offices: String,
    /// Exempted through this day.
    pub exempt_until: Option<NaiveDate>,
    /// What holds the leaving, in words (arrears); empty if nothing.
    pub held: String,
}

/// Where somebody who is 28 stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing28 {
    /// 保留团籍: holds an office.
    Office(String),
    /// Restored with an exemption that still holds.
    Exempt(String),
    /// 满28岁欠费未离团.
    Held(String),
    /// 满28岁待办离团: the branch confirms.
    Proposed,
    /// Leaves this night.
    Leaves,
}

impl Standing28 {
    /// The stored code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Office(_) => "office",
            Self::Exempt(_) => "exempt",
            Self::Held(_) => "held",
            Self::Proposed => "proposed",
            Self::Leaves => "left",
        }
    }

    /// Why, in words.
    pub fn reason(&self) -> &str {
        match self {
            Self::Office(text) | Self::Exempt(text) | Self::Held(text) => text,
            Self::Proposed => "满28周岁，未任团内职务",
            Self::Leaves => "满28周岁",
        }
    }
}

/// The last birthday of those who have reached the age on `day`: the birthday itself counts (ROS-75).
pub fn born_by(day: NaiveDate, age: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(age * 12)).unwrap_or(day)
}

/// Judges somebody who has reached the age on `day`. Joining the Party makes no difference.
pub fn judge_28(facts: &AgeFacts, day: NaiveDate, policy: &Policy) -> Standing28 {
    if !facts.offices.is_empty() {
        return Standing28::Office(format!("担任{}", facts.offices));
    }
    if let Some(until) = facts.exempt_until.filter(|until| *until >= day) {
        return Standing28::Exempt(format!("恢复团籍，保留至{until}"));
    }
    if policy.leave28_hold_for_arrears && !facts.held.is_empty() {
        return Standing28::Held(facts.held.clone());
    }
    match policy.leave28_mode {
        LeaveMode::Auto => Standing28::Leaves,
        LeaveMode::Propose => Standing28::Proposed,
    }
}

/// Why a restored person stays (ROS-81).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exemption {
    /// Until this day, itself included.
    Until(NaiveDate),
    /// As long as an office lasts.
    WhileOffice,
}

/// Longest exemption in years (ROS-81).
pub const EXEMPT_YEARS: u32 = 3;

impl Exemption {
    /// Reads the form's choice: exactly one of the two, a day ahead and within three years.
    ///
    /// # Errors
    /// What is wrong with the choice.
    pub fn read(kind: &str, until: &str, today: NaiveDate) -> Result<Self, Error> {
        if kind == "office" {
            return Ok(Self::WhileOffice);
        }
        if kind != "until" {
            return Err(Error::refused_at(
                "exempt",
                "restore.exemption",
                "请选择保留的依据：保留至某日，或任职期间保留；不选的话下一次核查会再次离团",
            ));
        }
        let Ok(day) = until.trim().parse::<NaiveDate>() else {
            return Err(Error::refused_at(
                "until",
                "restore.until",
                "请填写保留到哪一天，如 2027-06-30",
            ));
        };
        let last = today + Months::new(EXEMPT_YEARS * 12);
        if day <= today || day > last {
            return Err(Error::refused_at(
                "until",
                "restore.until",
                format!("保留的日期须在{today}之后、{last}以前（最长{EXEMPT_YEARS}年）"),
            ));
        }
        Ok(Self::Until(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::kit::policy_of;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn guangdong() -> Policy {
        policy_of(include_str!("../../../../profiles/guangdong.toml"))
    }

    #[test]
    fn ros_75_the_age_is_reached_on_the_birthday() {
        assert_eq!(born_by(day("2025-03-10"), 28), day("1997-03-10"));
        assert!(day("1997-03-10") > born_by(day("2025-03-09"), 28));
        // Born on a leap day: 28 years later is a leap year again.
        assert_eq!(born_by(day("2024-02-29"), 28), day("1996-02-29"));
    }

    #[test]
    fn ros_75_office_holders_stay_whatever_else_holds() {
        let facts = AgeFacts {
            offices: "书记".into(),
            held: "欠缴6元".into(),
            ..AgeFacts::default()
        };
        let night = day("2025-03-10");
        assert_eq!(
            judge_28(&facts, night, &guangdong()),
            Standing28::Office("担任书记".into())
        );
    }

    #[test]
    fn ros_76_arrears_hold_and_the_profile_says_who_ends_it() {
        let night = day("2025-03-10");
        let owing = AgeFacts {
            held: "欠缴6元".into(),
            ..AgeFacts::default()
        };
        assert_eq!(
            judge_28(&owing, night, &guangdong()),
            Standing28::Held("欠缴6元".into())
        );
        let free = AgeFacts::default();
        assert_eq!(judge_28(&free, night, &guangdong()), Standing28::Leaves);
        for text in [
            include_str!("../../../../profiles/national.toml"),
            include_str!("../../../../profiles/beijing.toml"),
        ] {
            assert_eq!(
                judge_28(&free, night, &policy_of(text)),
                Standing28::Proposed
            );
        }
    }

    #[test]
    fn ros_81_an_exemption_holds_through_its_last_day_and_is_three_years_at_most() {
        let facts = AgeFacts {
            exempt_until: Some(day("2026-06-30")),
            ..AgeFacts::default()
        };
        let policy = guangdong();
        assert_eq!(
            judge_28(&facts, day("2026-06-30"), &policy).code(),
            "exempt"
        );
        assert_eq!(judge_28(&facts, day("2026-07-01"), &policy).code(), "left");
        let today = day("2026-01-01");
        for (until, good) in [
            ("2026-01-01", false),
            ("2026-01-02", true),
            ("2029-01-01", true),
            ("2029-01-02", false),
            ("以后", false),
        ] {
            assert_eq!(
                Exemption::read("until", until, today).is_ok(),
                good,
                "{until}"
            );
        }
        assert!(Exemption::read("", "2026-02-01", today).is_err());
        assert_eq!(
            Exemption::read("office", "", today).ok(),
            Some(Exemption::WhileOffice)
        );
    }
}
