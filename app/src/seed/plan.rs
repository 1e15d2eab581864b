//! The tree of a seeded league, drawn from scale and seed alone: the same every time, so that nothing about it has to be
//! kept to go on after an interruption.

mod grow;

use base::{OrgCategory, OrgId, OrgPath, Random};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use clap::ValueEnum;
use orgs::BranchKind;

/// How large a league.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// 30 members.
    Class,
    /// 12,000 members: a university.
    School,
    /// 400,000 members.
    City,
    /// 5,000,000 members, 250,000 organisations.
    Province,
    /// 7,400,000 members, 430,000 organisations: a tenth of the nation.
    Tenth,
}

impl Scale {
    /// Members.
    pub fn members(self) -> u32 {
        match self {
            Self::Class => 30,
            Self::School => 12_000,
            Self::City => 400_000,
            Self::Province => 5_000_000,
            Self::Tenth => 7_400_000,
        }
    }

    /// Organisations, where villages and communities fill up to a number.
    fn orgs(self) -> Option<usize> {
        match self {
            Self::Class | Self::School => None,
            Self::City => Some(20_000),
            Self::Province => Some(250_000),
            Self::Tenth => Some(430_000),
        }
    }

    fn cities(self) -> usize {
        match self {
            Self::Class | Self::School | Self::City => 1,
            Self::Province => 18,
            Self::Tenth => 26,
        }
    }
}

pub(super) const UNIVERSITY: &str = "普通高等院校(公办-学生)";

/// An organisation of the plan; its number in the list decides its ids.
pub(super) struct Node {
    pub(super) parent: Option<u32>,
    pub(super) path: OrgPath,
    pub(super) category: OrgCategory,
    pub(super) kind: BranchKind,
    pub(super) sector: Option<&'static str>,
    pub(super) region: Option<String>,
    pub(super) short: String,
    pub(super) full: String,
    /// What the full names of subordinates begin with.
    stem: String,
    children: u32,
    /// Year a class entered; 0 for working people.
    pub(super) entry: i32,
    pub(super) school_age: i32,
    pub(super) graduate: bool,
    pub(super) members: u32,
    /// Cadres who are no members here.
    pub(super) cadres: u32,
    /// Persons of all organisations before.
    pub(super) first: u32,
    /// Years in which members are born and admitted, a third of them each.
    pub(super) years: [Years; 3],
}

/// Birth and admission of a third of a branch, and where its admission numbers begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Years {
    pub(super) born: i32,
    pub(super) admitted: i32,
    pub(super) number: u32,
}

/// The whole league.
pub(super) struct Plan {
    pub(super) scale: Scale,
    pub(super) seed: u64,
    /// The moment the league is written as of.
    pub(super) now: DateTime<Utc>,
    pub(super) today: NaiveDate,
    pub(super) nodes: Vec<Node>,
    /// Branches with members.
    pub(super) branches: Vec<u32>,
    pub(super) persons: u32,
    random: Random,
}

pub(super) fn mix(seed: u64, salt: u64, n: u64) -> u64 {
    let mut x =
        seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Plan {
    /// Draws the league.
    pub(super) fn draw(scale: Scale, seed: u64, now: DateTime<Utc>) -> Self {
        let mut plan = Self {
            scale,
            seed,
            now,
            today: base::business_date(now),
            nodes: Vec::new(),
            branches: Vec::new(),
            persons: 0,
            random: Random::seeded(mix(seed, 1, 0)),
        };
        plan.grow();
        plan.number();
        plan
    }

    /// When an organisation was founded.
    pub(super) fn founded(&self, node: u32) -> DateTime<Utc> {
        let entry = self.nodes[node as usize].entry;
        let year = if entry > 0 {
            entry
        } else {
            self.today.year() - 6
        };
        let day = NaiveDate::from_ymd_opt(year, 9, 1).unwrap_or_default();
        (base::at_midnight(day) + TimeDelta::hours(9)).min(self.now - TimeDelta::days(25))
    }

    /// The id of an organisation, known without reading anything.
    pub(super) fn org_id(&self, node: u32) -> OrgId {
        OrgId(Random::seeded(mix(self.seed, 3, node.into())).uuid(self.founded(node)))
    }

    /// 组织ID.
    pub(super) fn org_no(node: u32) -> i64 {
        10_000_001 + i64::from(node)
    }

    fn below(&self, n: u64) -> u64 {
        self.random.below(n.max(1))
    }

    /// Between 0 and 1, small values far more often.
    fn skewed(&self) -> f64 {
        let x = self.below(1_000_000) as f64 / 1e6;
        x * x * x
    }

    /// The year of the newest class.
    fn school_year(&self) -> i32 {
        self.today.year() - i32::from(self.today.month() < 9)
    }

    fn add(
        &mut self,
        parent: Option<u32>,
        category: OrgCategory,
        short: String,
        sector: Option<&'static str>,
    ) -> u32 {
        let (path, prefix) = match parent {
            None => (OrgPath::root(), String::new()),
            Some(parent) => {
                let parent = &mut self.nodes[parent as usize];
                parent.children += 1;
                (parent.path.child(parent.children), parent.stem.clone())
            }
        };
        let base = ["团工委", "团总支", "团委", "团支部"]
            .iter()
            .find_map(|end| short.strip_suffix(end))
            .unwrap_or(&short);
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let cadres = match category {
            OrgCategory::Branch => 0,
            OrgCategory::LeadingBody => 4,
            OrgCategory::Committee | OrgCategory::WorkCommittee => 3,
            OrgCategory::GeneralBranch => 2,
        };
        self.nodes.push(Node {
            parent,
            path,
            category,
            kind: BranchKind::Ordinary,
            sector,
            region: None,
            stem: format!("{prefix}{base}"),
            full: format!("{prefix}{short}"),
            short,
            children: 0,
            entry: 0,
            school_age: 0,
            graduate: false,
            members: 0,
            cadres,
            first: 0,
            years: [Years::default(); 3],
        });
        id
    }

    fn body(&mut self, parent: Option<u32>, name: &str, place: &str, region: String) -> u32 {
        let id = self.add(
            parent,
            OrgCategory::LeadingBody,
            format!("团{name}委"),
            None,
        );
        let node = &mut self.nodes[id as usize];
        node.full = format!("共青团{place}委员会");
        node.stem = place.strip_prefix("海棠省").unwrap_or(place).to_owned();
        node.region = Some(region);
        id
    }

    fn branch(&mut self, parent: u32, short: String, sector: &'static str, members: u32) -> u32 {
        let id = self.add(Some(parent), OrgCategory::Branch, short, Some(sector));
        self.nodes[id as usize].members = members;
        id
    }

    fn class(
        &mut self,
        parent: u32,
        short: String,
        sector: &'static str,
        entry: i32,
        members: u32,
    ) {
        let newest = self.school_year();
        let id = self.branch(parent, short, sector, members);
        let node = &mut self.nodes[id as usize];
        node.entry = entry;
        node.school_age = if sector == UNIVERSITY { 18 } else { 15 };
        node.graduate = entry == newest - 4;
    }

    /// Persons and admission numbers: each organisation knows where its own begin.
    fn number(&mut self) {
        let mut next = std::collections::HashMap::<i32, u32>::new();
        let (today, mut first) = (self.today, 0);
        for (n, node) in self.nodes.iter_mut().enumerate() {
            node.first = first;
            first += node.members + node.cadres;
            if node.members == 0 {
                continue;
            }
            self.branches.push(u32::try_from(n).unwrap_or(u32::MAX));
            let third = node.members.div_ceil(3);
            for (k, years) in node.years.iter_mut().enumerate() {
                let k = i32::try_from(k).unwrap_or(0);
                // Nobody is admitted later than last summer; working people are 20 to 28.
                years.born = if node.entry > 0 {
                    node.entry - node.school_age
                } else {
                    today.year() - 28 + (n % 8) as i32 + k
                };
                let last = today.year() - i32::from(today.month() < 7);
                years.admitted = (years.born + 14 + if node.entry > 0 { k } else { 1 }).min(last);
                let number = next.entry(years.admitted).or_default();
                years.number = *number;
                *number += third;
            }
        }
        self.persons = first;
    }
}
