//! The axis from 14 to 28 years (DESIGN.md): 1,060 units for 168 months.

use super::Seen;
use base::YearMonth;
use chrono::NaiveDate;

/// A coloured stretch of the axis.
pub(super) struct Stretch {
    pub(super) x: i64,
    pub(super) text_x: i64,
    pub(super) width: i64,
    pub(super) label: String,
    pub(super) class: &'static str,
}

pub(super) struct Pin {
    pub(super) x: i64,
    pub(super) label: String,
    pub(super) date: String,
    pub(super) high: bool,
}

/// What the drawing shows.
pub(super) struct Axis {
    pub(super) stretches: Vec<Stretch>,
    pub(super) pins: Vec<Pin>,
    pub(super) from: YearMonth,
    pub(super) to: YearMonth,
    pub(super) now: Option<(i64, i64, bool)>,
    pub(super) now_label: String,
    pub(super) description: String,
}

const LEFT: i64 = 30;
const WIDTH: i64 = 1060;

pub(super) fn axis(seen: &Seen, today: NaiveDate) -> Axis {
    let person = &seen.person;
    let from = YearMonth::of(person.turns(14));
    let to = YearMonth::of(person.turns(28));
    let at =
        |month: YearMonth| LEFT + i64::from(month.months_since(from)).clamp(0, 168) * WIDTH / 168;
    let day = |date: NaiveDate| at(YearMonth::of(date));
    let mut stretches = Vec::new();
    let count = seen.memberships.len();
    for (i, m) in seen.memberships.iter().rev().enumerate() {
        // The first membership begins with the admission where that is known.
        let start = if i == 0 {
            person
                .admitted_on
                .map_or(day(m.since), |month| at(month).min(day(m.since)))
        } else {
            day(m.since)
        };
        let end = m.until.map_or(day(today), day);
        if end > start {
            let room = (end - start) as usize / 13;
            let label: String = m.branch_name.chars().take(room).collect();
            let class = if i + 1 == count { "s1" } else { "s2" };
            stretches.push(Stretch {
                x: start,
                text_x: start + 12,
                width: end - start,
                label: if room < 4 { String::new() } else { label },
                class,
            });
        }
    }
    let mut marks: Vec<(i64, String, String)> = Vec::new();
    if let Some(month) = person.admitted_on {
        marks.push((at(month), "入团".into(), month.to_string()));
    }
    for m in seen.memberships.iter().rev().skip(1) {
        marks.push((
            day(m.since),
            m.how.label().to_owned(),
            YearMonth::of(m.since).to_string(),
        ));
    }
    for post in seen.posts.iter().rev() {
        marks.push((
            day(post.since),
            format!("任{}", post.title),
            YearMonth::of(post.since).to_string(),
        ));
    }
    marks.sort();
    let mut last = -200;
    let pins = marks
        .into_iter()
        .map(|(x, label, date)| {
            // Pins closer than their words keep the dot and drop the words.
            let high = x - last >= 86;
            if high {
                last = x;
            }
            Pin {
                x,
                label,
                date,
                high,
            }
        })
        .collect();
    let league = person
        .admitted_on
        .map(|month| YearMonth::of(today).months_since(month))
        .filter(|m| *m >= 0);
    let now_label = league.map_or_else(
        || "今天".to_owned(),
        |m| format!("今天，团龄 {} 年 {} 个月", m / 12, m % 12),
    );
    let within = today >= person.turns(14) && today <= person.turns(28);
    let x = day(today);
    let description = format!(
        "{}；今天 {} 岁；{}满 28 周岁。",
        person.admitted_on.map_or_else(
            || "没有入团年月".to_owned(),
            |m| format!("{}入团", m.chinese())
        ),
        person.age(today),
        to.chinese()
    );
    // Close to the right end the words stand left of the line.
    let late = x > LEFT + WIDTH - 200;
    Axis {
        stretches,
        pins,
        from,
        to,
        now: within.then_some((x, if late { x - 12 } else { x + 12 }, late)),
        now_label,
        description,
    }
}
