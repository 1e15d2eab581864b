//! Invented people: ID numbers of the reserved range 999, phones of the reserved range 100, names put together from
//! common characters, ages that fit the branch.

use base::{Random, Sex, YearMonth, check_digit};
use chrono::{Datelike, NaiveDate};

const SURNAMES: [&str; 40] = [
    "李", "王", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕",
];
const GIVEN: [&str; 44] = [
    "知夏", "一鸣", "思远", "雨桐", "子墨", "若溪", "明轩", "书瑶", "景行", "安然", "嘉禾", "清越",
    "云舒", "望舒", "星河", "念慈", "怀瑾", "予安", "南乔", "北辰", "芷若", "修远", "言蹊", "乐之",
    "晏如", "时雨", "采薇", "子衿", "静姝", "维桢", "凯风", "鹿鸣", "棠棣", "木兮", "晨曦", "可心",
    "浩然", "欣怡", "俊杰", "梦琪", "宇航", "诗涵", "梓萱", "博文",
];
const ETHNIC: [(&str, u64); 5] = [
    ("汉族", 88),
    ("壮族", 4),
    ("满族", 3),
    ("回族", 3),
    ("维吾尔族", 2),
];

/// An invented person with the membership data of the member table.
pub(super) struct Invented {
    pub(super) name: String,
    pub(super) id_number: String,
    pub(super) phone: String,
    pub(super) ethnic: &'static str,
    pub(super) political: &'static str,
    pub(super) education: &'static str,
    pub(super) admitted_on: YearMonth,
    pub(super) admission_number: String,
}

/// Makes people, each with numbers of its own; the same in every seeding.
pub(super) struct Maker {
    random: Random,
    serial: u32,
    today: NaiveDate,
}

impl Maker {
    pub(super) fn new(random: Random, today: NaiveDate) -> Self {
        Self {
            random,
            serial: 0,
            today,
        }
    }

    fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.random.below(of.len() as u64) as usize]
    }

    /// An ID number of the reserved range.
    fn id_number(&mut self, born: NaiveDate, sex: Sex) -> String {
        let order = self.serial % 500 * 2 + u32::from(sex == Sex::Male);
        let region = self.serial / 500 % 1000;
        let front = format!("999{region:03}{}{order:03}", born.format("%Y%m%d"));
        format!("{front}{}", check_digit(front.as_bytes()))
    }

    /// Somebody of a branch: a student who entered school in `entry_year`, or (0) somebody at work.
    pub(super) fn member(
        &mut self,
        entry_year: i32,
        school_age: i32,
        entered: YearMonth,
    ) -> Invented {
        self.serial += 1;
        let sex = if self.random.below(2) == 0 {
            Sex::Male
        } else {
            Sex::Female
        };
        let year = if entry_year > 0 {
            entry_year - school_age
        } else {
            self.today.year() - 20 - self.random.below(7) as i32
        };
        // Working members of the oldest year are born late in it, so that nobody is past 28 already.
        let born = NaiveDate::from_ymd_opt(
            year,
            1 + self.random.below(12) as u32,
            1 + self.random.below(28) as u32,
        )
        .unwrap_or_default();
        // Admitted at 14 to 17, in May or December, and before being entered here.
        let mut admitted = YearMonth::new(
            year + 14 + self.random.below(3) as i32,
            if self.random.below(3) == 0 { 12 } else { 5 },
        );
        let last = entered;
        while admitted.is_some_and(|month| month >= last) {
            admitted = admitted.map(|month| month.plus(-12));
        }
        let admitted_on = admitted
            .filter(|m| m.months_since(YearMonth::of(born)) >= 13 * 12)
            .unwrap_or(YearMonth::of(born).plus(14 * 12));
        let mut draw = self.random.below(100);
        let ethnic = ETHNIC
            .iter()
            .find(|(_, share)| {
                let hit = draw < *share;
                draw = draw.saturating_sub(*share);
                hit
            })
            .map_or("汉族", |(name, _)| *name);
        let political = match self.random.below(40) {
            0 if self.today.year() - year >= 20 => "中共党员",
            1 if self.today.year() - year >= 19 => "中共预备党员",
            _ => "共青团员",
        };
        let education = if school_age == 15 && entry_year > 0 {
            "初中"
        } else if entry_year > 0 {
            "普通高中"
        } else {
            "大学本科"
        };
        let name = if self.serial % 211 == 17 {
            "阿依演示·吐尔样本".to_owned()
        } else {
            format!("{}{}", self.pick(&SURNAMES), self.pick(&GIVEN))
        };
        Invented {
            name,
            id_number: self.id_number(born, sex),
            phone: format!("100{:08}", self.serial),
            ethnic,
            political,
            education,
            admitted_on,
            // The reserved province segment 00, serials without gaps.
            admission_number: format!("{}00{:06}", admitted_on.year(), self.serial),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{IdNumber, Mobile, Reserved};

    #[test]
    fn invented_people_have_valid_numbers_of_the_reserved_ranges_and_differ() {
        let today = NaiveDate::from_ymd_opt(2026, 9, 18).unwrap();
        let mut maker = Maker::new(Random::seeded(1), today);
        let mut seen = std::collections::HashSet::new();
        for n in 0..2000 {
            let person = maker.member(if n % 2 == 0 { 2023 } else { 0 }, 18, YearMonth::of(today));
            let id = IdNumber::parse(&person.id_number, today, Reserved::Accepted).unwrap();
            assert!(
                seen.insert(person.id_number.clone()),
                "{}",
                person.id_number
            );
            Mobile::parse(&person.phone, Reserved::Accepted).unwrap();
            assert!(person.admitted_on.months_since(YearMonth::of(id.born())) >= 13 * 12);
            assert!(person.admitted_on < YearMonth::of(today));
        }
    }
}
