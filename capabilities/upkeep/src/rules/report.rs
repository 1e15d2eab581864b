//! What 数据统计 counts (ORG-34, FLD-80, FLD-82, FLD-84), as sums that add up the tree.

use base::YearMonth;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Row of 查看分类统计 for leading bodies, and for organisations without a sector.
pub(crate) const LEADING: &str = "领导机关";
/// See [`LEADING`].
pub(crate) const UNFILLED: &str = "未填";
/// A branch with so many members or fewer is 空心团支部.
pub(crate) const FEW: i32 = 2;

macro_rules! sums {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: i64,)* }

        impl $name {
            fn add(&mut self, other: &Self) { $(self.$field += other.$field;)* }
        }
    };
}

sums! {
    /// The columns of the statistics page.
    Counts {
        /// 已建立组织总数, itself included.
        orgs,
        /// 已建立支部数.
        branches,
        /// 空心团委数.
        hollow,
        /// 空心团支部数.
        few,
        /// 无团干团支部数.
        headless,
        /// Members whose report-in was approved.
        members,
        /// Report-ins that wait for review.
        pending,
        /// 已录入团干数: persons.
        cadres,
        /// Of these 已入驻.
        joined,
        /// 转出中.
        out_open,
        /// 已转出.
        out,
        /// 待确认接收.
        in_open,
        /// 已接收.
        taken_in,
        /// 需响应: open on the month's first day or arrived since.
        must,
        /// Of these decided by the organisation itself in time.
        done,
        /// Of these with the time over or decided by anybody (INS-40).
        due,
    }
}

sums! {
    /// One row of 查看分类统计.
    Line {
        /// 基层团委数.
        committees,
        /// 基层团工委数.
        work_committees,
        /// 团总支数.
        general_branches,
        /// 团支部数.
        branches,
        /// 团员数.
        members,
        /// 上年新发展团员数.
        admitted,
        /// 专职团干部数.
        full_time,
        /// 兼职.
        part_time,
        /// 挂职.
        seconded,
    }
}

/// Which runs of the statistics can be read: the last one, and of each earlier month its last (FLD-83).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Runs {
    /// The run in force; none before the first.
    pub(crate) at: Option<DateTime<Utc>>,
    /// The last runs of earlier months, the newest first.
    pub(crate) months: Vec<DateTime<Utc>>,
    /// The one before the one in force: downloads that began with it end with it.
    #[serde(default)]
    pub(crate) former: Option<DateTime<Utc>>,
}

impl Runs {
    /// As it is kept; before months were, it was the moment alone.
    pub(crate) fn from_setting(value: serde_json::Value) -> Self {
        if value.is_string() {
            let at = serde_json::from_value(value).ok();
            return Self {
                at,
                ..Self::default()
            };
        }
        serde_json::from_value(value).unwrap_or_default()
    }

    /// A run is whole: the former one stays if it was its month's last, as many months as are shown.
    pub(crate) fn publish(&mut self, at: DateTime<Utc>, months_shown: usize) {
        let this = YearMonth::at(at);
        if let Some(former) = self.at.replace(at) {
            self.months.insert(0, former);
            self.former = Some(former);
        }
        // A demonstration's clock also goes back.
        self.months.retain(|run| YearMonth::at(*run) < this);
        self.months.dedup_by_key(|run| YearMonth::at(*run));
        self.months.truncate(months_shown);
    }

    /// All that can be chosen, the newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.at.into_iter().chain(self.months.iter().copied())
    }

    /// All whose rows are there.
    pub(crate) fn kept(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.all().chain(self.former)
    }

    /// The one an address asks for, `2026-08`; the one in force without.
    pub(crate) fn chosen(&self, month: &str) -> Option<DateTime<Utc>> {
        if month.is_empty() {
            return self.at;
        }
        self.all()
            .find(|run| YearMonth::at(*run).to_string() == month)
    }
}

/// Members by a code, here those by education and those by band of income.
pub(crate) type Classes = (BTreeMap<String, i64>, BTreeMap<String, i64>);

/// What is counted of one organisation or a whole subtree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// The subtree.
    pub(crate) all: Counts,
    /// The three 本级 columns come from here.
    pub(crate) own: Counts,
    /// By sector.
    pub(crate) sectors: BTreeMap<String, Line>,
    /// Members by code of 最高学历.
    pub(crate) education: BTreeMap<String, i64>,
    /// Members by band of income; runs kept from before have none.
    #[serde(default)]
    pub(crate) income: BTreeMap<String, i64>,
}

/// 专职 goes before 挂职 before 兼职, where somebody has several posts (FLD-82).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    FullTime,
    Seconded,
    PartTime,
}

impl Rank {
    /// Of a stored nature.
    pub(crate) fn of(nature: &str) -> Self {
        match nature {
            "full_time" => Self::FullTime,
            "seconded" => Self::Seconded,
            _ => Self::PartTime,
        }
    }
}

/// A person who holds a post.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cadre {
    pub(crate) rank: Rank,
    pub(crate) sector: String,
    /// 已入驻: has an account in use, and is not 禁用 in every organisation counted (FLD-12).
    pub(crate) joined: bool,
}

/// A subtree while it is being added up. Who holds posts in several organisations is kept by person, so that everybody
/// counts once wherever the posts lie; the others are sums from the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    figures: Figures,
    several: BTreeMap<Uuid, Cadre>,
}

impl Sums {
    /// Of one organisation itself, without its cadres.
    pub(crate) fn of(own: Counts, sector: &str, line: Line, (education, income): Classes) -> Self {
        Self {
            figures: Figures {
                all: own,
                own,
                sectors: BTreeMap::from([(sector.to_owned(), line)]),
                education,
                income,
            },
            several: BTreeMap::new(),
        }
    }

    /// Adds somebody who holds a post here; `several` if there are posts elsewhere.
    pub(crate) fn cadre(&mut self, person: Uuid, cadre: Cadre, several: bool) {
        if several {
            keep_best(&mut self.several, person, cadre);
        } else {
            count(&mut self.figures, &cadre);
        }
    }

    /// Adds a subordinate's subtree.
    pub(crate) fn below(&mut self, sub: Self) {
        self.figures.all.add(&sub.figures.all);
        for (sector, line) in sub.figures.sectors {
            self.figures.sectors.entry(sector).or_default().add(&line);
        }
        for (code, n) in sub.figures.education {
            *self.figures.education.entry(code).or_default() += n;
        }
        for (band, n) in sub.figures.income {
            *self.figures.income.entry(band).or_default() += n;
        }
        for (person, cadre) in sub.several {
            keep_best(&mut self.several, person, cadre);
        }
    }

    /// The organisation has subordinates after all: it is not hollow.
    pub(crate) fn is_parent(&mut self) {
        self.figures.all.hollow -= self.figures.own.hollow;
        self.figures.own.hollow = 0;
    }

    /// What is written down.
    pub(crate) fn figures(&self) -> Figures {
        let mut figures = self.figures.clone();
        for cadre in self.several.values() {
            count(&mut figures, cadre);
        }
        figures
    }
}

fn keep_best(several: &mut BTreeMap<Uuid, Cadre>, person: Uuid, cadre: Cadre) {
    let best = several.entry(person).or_insert_with(|| cadre.clone());
    let joined = best.joined || cadre.joined;
    if cadre < *best {
        *best = cadre;
    }
    best.joined = joined;
}

fn count(figures: &mut Figures, cadre: &Cadre) {
    figures.all.cadres += 1;
    figures.all.joined += i64::from(cadre.joined);
    let line = figures.sectors.entry(cadre.sector.clone()).or_default();
    match cadre.rank {
        Rank::FullTime => line.full_time += 1,
        Rank::Seconded => line.seconded += 1,
        Rank::PartTime => line.part_time += 1,
    }
}

/// The sum of all rows.
pub(crate) fn total(lines: &BTreeMap<String, Line>) -> Line {
    let mut all = Line::default();
    lines.values().for_each(|line| all.add(line));
    all
}

/// `66.6 %`, cut and not rounded; nothing to divide by is 「—」.
pub(crate) fn rate(done: i64, of: i64) -> String {
    if of <= 0 {
        return "—".into();
    }
    let thousandths = done * 1000 / of;
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// When the month of a moment began, in China.
pub(crate) fn month_start(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = base::business_date(now);
    base::at_midnight(day.with_day(1).unwrap_or(day))
}

/// A step somebody was to decide, as the response rate sees it (FLD-84).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) arrived: DateTime<Utc>,
    pub(crate) done: Option<(DateTime<Utc>, &'a str)>,
}

/// Kinds of cases the response rate counts: 团员报到, 资料修改, 转接 (FLD-84).
pub(crate) fn is_member_business(kind: &str) -> bool {
    matches!(kind, "registration" | "profile" | "transfer")
}

/// What one step adds: (must, done, due). Withdrawn and lapsed ones leave; automatic outcomes stay and never count as done.
/// A superior joins no step before its fifteenth day, so whoever decided within the hours was the organisation itself.
pub(crate) fn response(step: Step<'_>, now: DateTime<Utc>, hours: i64) -> (i64, i64, i64) {
    let limit = TimeDelta::hours(hours);
    match step.done {
        None => (1, 0, i64::from(now - step.arrived > limit)),
        Some((at, how)) if at >= month_start(now) => match how {
            "pass" | "return" => (1, i64::from(at - step.arrived <= limit), 1),
            "auto_pass" | "auto_return" => (1, 0, 1),
            _ => (0, 0, 0),
        },
        Some(_) => (0, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+08:00").parse().expect("a moment")
    }

    #[test]
    fn fld_84_the_worked_example_of_the_monthly_response() {
        let now = at("2026-03-31T23:59:00");
        let step = |arrived: &str, done: Option<(&str, &'static str)>| Step {
            arrived: at(arrived),
            done: done.map(|(when, how)| (at(when), how)),
        };
        let mut steps = vec![step("2026-03-31T20:00:00", None)];
        for _ in 0..8 {
            steps.push(step(
                "2026-03-05T10:00:00",
                Some(("2026-03-07T10:00:00", "pass")),
            ));
            if steps.len() < 5 {
                steps.push(step(
                    "2026-02-20T10:00:00",
                    Some(("2026-03-02T10:00:00", "return")),
                ));
            }
        }
        steps.push(step(
            "2026-03-05T10:00:00",
            Some(("2026-03-07T10:00:01", "pass")),
        ));
        let sum = |steps: &[Step<'_>], now| {
            steps.iter().fold((0, 0, 0), |sum, step| {
                let one = response(*step, now, 48);
                (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2)
            })
        };
        let (must, done, _) = sum(&steps, now);
        assert_eq!((must, done), (12, 8));
        assert_eq!(rate(done, must), "66.6%");
        // The open one is April's starting value and counts there.
        let now = at("2026-04-02T12:00:00");
        steps[0] = step("2026-03-31T20:00:00", Some(("2026-04-01T10:00:00", "pass")));
        assert_eq!(sum(&steps, now), (1, 1, 1));
        // Automatic outcomes stay, withdrawn ones leave; a month without any has no rate.
        let passed = step(
            "2026-04-01T09:00:00",
            Some(("2026-04-02T09:00:00", "auto_pass")),
        );
        assert_eq!(response(passed, now, 48), (1, 0, 1));
        let gone = step(
            "2026-04-01T09:00:00",
            Some(("2026-04-02T09:00:00", "superseded")),
        );
        assert_eq!(response(gone, now, 48), (0, 0, 0));
        assert_eq!(rate(0, 0), "—");
    }

    #[test]
    fn fld_83_a_month_is_its_last_snapshot_and_six_stay() {
        let mut runs = Runs::from_setting(serde_json::json!("2026-03-30T18:00:00Z"));
        assert_eq!(
            runs.at,
            Some(at("2026-03-31T02:00:00")),
            "kept before months"
        );
        // Within a month the later run replaces the earlier one; the month's last stays.
        for day in ["2026-04-01", "2026-04-02", "2026-04-30", "2026-05-01"] {
            runs.publish(at(&format!("{day}T02:00:00")), 6);
        }
        let months = [at("2026-04-30T02:00:00"), at("2026-03-31T02:00:00")];
        assert_eq!(runs.months, months);
        assert_eq!(runs.chosen("2026-04"), Some(months[0]));
        assert_eq!(runs.chosen("2026-05"), runs.at);
        assert_eq!(runs.chosen(""), runs.at);
        assert_eq!(runs.chosen("2026-02"), None);
        for month in 6..=10 {
            runs.publish(at(&format!("2026-{month:02}-02T02:00:00")), 6);
        }
        let kept: Vec<String> = runs
            .months
            .iter()
            .map(|run| YearMonth::at(*run).to_string())
            .collect();
        assert_eq!(
            kept,
            [
                "2026-09", "2026-08", "2026-07", "2026-06", "2026-05", "2026-04"
            ]
        );
        assert_eq!(runs.all().count(), 7);
        assert_eq!(runs.former, Some(at("2026-09-02T02:00:00")));
        runs.publish(at("2026-10-02T03:00:00"), 6);
        let former = at("2026-10-02T02:00:00");
        assert!(
            runs.kept().any(|run| run == former),
            "downloads end with it"
        );
        assert!(runs.all().all(|run| run != former), "nobody chooses it");
        runs.publish(at("2026-10-02T04:00:00"), 6);
        assert!(runs.kept().all(|run| run != former));
        // Midnight in China divides the months.
        let mut runs = Runs {
            at: Some(at("2026-09-30T23:59:59")),
            ..Runs::default()
        };
        runs.publish(at("2026-10-01T00:00:00"), 6);
        assert_eq!(runs.months, [at("2026-09-30T23:59:59")]);
    }

    #[test]
    fn fld_82_a_person_with_several_posts_counts_once_full_time_first() {
        let person = Uuid::from_u128(1);
        let cadre = |rank, sector: &str| Cadre {
            rank,
            sector: sector.into(),
            joined: true,
        };
        let sub = |sector: &str, rank| {
            let mut sums = Sums::of(
                Counts::default(),
                sector,
                Line::default(),
                Default::default(),
            );
            sums.cadre(person, cadre(rank, sector), true);
            sums
        };
        let mut top = sub("机关", Rank::PartTime);
        top.below(sub("国有企业", Rank::Seconded));
        top.below(sub("其他", Rank::FullTime));
        let figures = top.figures();
        assert_eq!((figures.all.cadres, figures.all.joined), (1, 1));
        let all = total(&figures.sectors);
        assert_eq!((all.full_time, all.seconded, all.part_time), (1, 0, 0));
        assert_eq!(figures.sectors["其他"].full_time, 1);
    }
}
