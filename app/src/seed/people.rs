//! Invented people of an organisation, checked by the same rules as typed ones.

use super::{names, plan::Plan};
use anyhow::anyhow;
use base::{OrgCategory, Random, Reserved, check_digit};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use people::{Circumstances, Demand, MemberInput, NewMember, Policy};
use uuid::Uuid;

/// Somebody invented.
pub(super) struct Person {
    pub(super) id: Uuid,
    /// Number among all persons of the league.
    pub(super) serial: u32,
    pub(super) new: NewMember,
    pub(super) entered: DateTime<Utc>,
    pub(super) identity: &'static str,
    pub(super) certification: &'static str,
    /// Further draws about this person.
    pub(super) random: Random,
}

/// Admission numbers of one year lie in the reserved segment 00; a province has more than a million, which go on in the
/// segments of regions without a provincial League committee.
const SEGMENTS: [&str; 4] = ["00", "71", "81", "82"];

/// One in so many, by a draw of this person.
fn one_in(random: &Random, many: u64) -> bool {
    random.below(many) == 0
}

/// A birthday in `year` and an ID number nobody else has: consecutive people share region and order, and have birthdays
/// of different classes; 26 classes of fourteen days, 500 orders for each sex and 600 regions are 7.8 million people.
fn id_number(serial: u32, year: i32, today: NaiveDate, random: &Random) -> String {
    let day = u64::from(serial % 26) + 26 * random.below(14);
    let at = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default() + Days::new(day);
    let mut born = at(year);
    // Nobody is past 28 and still here.
    if year + 28 == today.year() && born.with_year(today.year()).is_none_or(|day| day <= today) {
        born = at(year + 1);
    }
    let place = serial / 26;
    let order = place % 500 * 2 + random.below(2) as u32;
    let front = format!("999{:03}{}{order:03}", place / 500, born.format("%Y%m%d"));
    format!("{front}{}", check_digit(front.as_bytes()))
}

/// The ID number of somebody of the plan.
pub(super) fn number_of(plan: &Plan, node: u32, i: u32) -> String {
    let org = &plan.nodes[node as usize];
    let random = draws(plan, org.first + i);
    let year = if i < org.members {
        org.years[(i % 3) as usize].born
    } else {
        plan.today.year() - 29 - random.below(18) as i32
    };
    id_number(org.first + i, year, plan.today, &random)
}

fn draws(plan: &Plan, serial: u32) -> Random {
    Random::seeded(super::plan::mix(plan.seed, 4, serial.into()))
}

/// Invents the `i`th person of an organisation: its members come first, then its cadres.
pub(super) fn invent(plan: &Plan, node: u32, i: u32, policy: &Policy) -> anyhow::Result<Person> {
    let org = &plan.nodes[node as usize];
    let (serial, today) = (org.first + i, plan.today);
    let member = i < org.members;
    let id_number = number_of(plan, node, i);
    let random = draws(plan, serial.wrapping_add(0x8000_0000));
    let years = org.years[(i % 3) as usize];
    let born: i32 = id_number[6..10].parse()?;
    let moment = |year, month, day| {
        base::at_midnight(NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default())
    };
    let late = plan.now - TimeDelta::days(21);
    let entered = match (member, org.entry) {
        (true, 0) | (false, _) => plan.now - TimeDelta::days(30 + random.below(690) as i64),
        (true, entry) => moment(entry, 9, 8).max(moment(years.admitted, 6, 15)),
    }
    .min(late)
        + TimeDelta::minutes(540 + random.below(480) as i64);
    let party = age_of(born, today) >= 20 && (!member || one_in(&random, 25));
    let mut input = MemberInput {
        name: names::person(random.below(1 << 32), random.below(1 << 32)),
        id_number,
        ethnic: ["汉族", "壮族", "满族", "回族", "苗族", "维吾尔族"][[
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5,
        ][random.below(20) as usize]]
            .into(),
        political: if party {
            "中共党员"
        } else {
            "共青团员"
        }
        .into(),
        education: match org.school_age {
            15 => "初中",
            18 => "普通高中",
            _ => ["大学本科", "大学专科", "普通高中", "中等专科"][random.below(4) as usize],
        }
        .into(),
        phone: format!("100{serial:08}"),
        is_student: if org.school_age == 18 { "是" } else { "否" }.into(),
        ..MemberInput::default()
    };
    if party && !one_in(&random, 12) {
        input.party_on = format!("{}-06", (born + 19).min(today.year() - 1));
    }
    let mut irregular = false;
    if member {
        let index = years.number + i / 3;
        input.admitted_on = format!("{}-05", years.admitted);
        let segment = SEGMENTS[(index / 1_000_000) as usize % SEGMENTS.len()];
        irregular = one_in(&random, 90);
        // An irregular one has a digit too many.
        let tail = if irregular { "0" } else { "" };
        input.admission_number =
            format!("{}{segment}{:06}{tail}", years.admitted, index % 1_000_000);
    } else if org.category != OrgCategory::Branch {
        input.title = title(org.category, i).into();
    }
    let around = Circumstances {
        today,
        reserved: Reserved::Accepted,
        xinjiang: false,
        keep_number: irregular,
        demand: if member {
            Demand::Member
        } else {
            Demand::Cadre
        },
        category: org.category,
    };
    let mut new = people::check(&input, policy, &around)
        .map_err(|faults| anyhow!("{} {}: {faults:?}", org.full, input.name))?;
    // Records of old have gaps, the holders of posts have not.
    if i > 2 && one_in(&random, 60) {
        new.phone = None;
        new.missing.insert(0, "phone".into());
    }
    if i > 2 && one_in(&random, 80) {
        new.education = None;
        new.missing.insert(0, "education".into());
    }
    let certification = match (new.certification, random.below(200)) {
        ("none", 0..=7) => "none",
        ("none", 8) => "failed",
        ("none", _) => "certified",
        (as_it_is, _) => as_it_is,
    };
    let identity = match random.below(200) {
        0..=7 => "unverified",
        8 => "failed_mismatch",
        9 => "sent",
        _ => "passed",
    };
    Ok(Person {
        id: random.uuid(entered),
        serial,
        new,
        entered,
        identity,
        certification,
        random,
    })
}

fn age_of(born: i32, today: NaiveDate) -> i32 {
    today.year() - born
}

/// What the `i`th person of an organisation is there.
pub(super) fn title(category: OrgCategory, i: u32) -> &'static str {
    match (category, i) {
        (_, 0) => "书记",
        (OrgCategory::Branch, 1) => "组织委员",
        (OrgCategory::Branch, _) => "宣传委员",
        (_, 1) => "副书记",
        _ => "委员",
    }
}
