//! What stands where: the province with its cities and counties, a few huge universities and many small ones, schools,
//! companies, and towns with many tiny branches.

use super::{Plan, UNIVERSITY};
use crate::seed::names;
use base::OrgCategory;
use orgs::BranchKind;

const VOCATIONAL: &str = "中等职业学校";
const HIGH: &str = "普通高中";
const STATE: &str = "国有企业";
const PRIVATE: &str = "非公有制企业";

impl Plan {
    pub(super) fn grow(&mut self) {
        let scale = self.scale;
        let root = self.add(
            None,
            OrgCategory::LeadingBody,
            "团中央（演示）".into(),
            None,
        );
        self.nodes[0].full = "共青团中央（演示）".into();
        self.nodes[0].region = Some("000000".into());
        let province = self.body(Some(root), "海棠省", "海棠省", "990000".into());
        self.nodes[province as usize].stem = String::new();
        let mut cities = Vec::new();
        let mut counties = Vec::new();
        for (c, name) in names::CITIES.iter().enumerate().take(scale.cities()) {
            let city = self.body(
                Some(province),
                &format!("{name}市"),
                &format!("海棠省{name}市"),
                format!("99{:02}00", c + 1),
            );
            cities.push(city);
            if scale.orgs().is_some() {
                for k in 0..4 + self.below(8) as usize {
                    let place = names::county(c * 11 + k);
                    let end = ["区", "县", "县"][k % 3];
                    counties.push(self.body(
                        Some(city),
                        &format!("{place}{end}"),
                        &format!("海棠省{name}市{place}{end}"),
                        format!("99{:02}{:02}", c + 1, k + 1),
                    ));
                }
            }
        }
        let total = scale.members();
        let mut left = total;
        let universities = if scale.orgs().is_some() {
            total / 100 * 38
        } else {
            total
        };
        left -= universities;
        self.universities(province, &cities, universities);
        if let Some(orgs) = scale.orgs() {
            let (schools, companies) = (total / 100 * 40, total / 100 * 12);
            left -= schools + companies;
            self.schools(&counties, schools);
            self.companies(&cities, &counties, companies);
            self.towns(&counties, orgs, left);
        }
    }

    /// A few huge ones and many small.
    fn universities(&mut self, province: u32, cities: &[u32], members: u32) {
        let count = (members / 22_000).max(1);
        let weights: Vec<f64> = (0..count)
            .map(|k| 1.0 / f64::from(k + 2).powf(0.75))
            .collect();
        let sum: f64 = weights.iter().sum();
        let mut left = members;
        for (k, weight) in weights.iter().enumerate() {
            let last = k + 1 == weights.len();
            let size = if last {
                left
            } else {
                ((f64::from(members) * weight / sum) as u32).min(left)
            };
            left -= size;
            let kind = names::UNIVERSITIES[k % 12];
            let (parent, name) = if k < 5 && cities.len() > 1 {
                (province, format!("海棠{kind}"))
            } else {
                let c = k % cities.len();
                let again = (5..k)
                    .filter(|earlier| earlier % 12 == k % 12 && earlier % cities.len() == c)
                    .count();
                let mark = names::ordinal(again);
                (cities[c], format!("{}{mark}{kind}", names::CITIES[c]))
            };
            self.university(parent, &name, size);
        }
    }

    fn university(&mut self, parent: u32, name: &str, members: u32) {
        let id = self.add(
            Some(parent),
            OrgCategory::Committee,
            format!("{name}团委"),
            Some(UNIVERSITY),
        );
        self.nodes[id as usize].stem = name.to_owned();
        self.nodes[id as usize].full = format!("{name}团委");
        let count = ((members / 1400) as usize).clamp(1, names::COLLEGES.len());
        let weights: Vec<f64> = (0..count).map(|_| 0.35 + self.skewed() * 2.5).collect();
        let sum: f64 = weights.iter().sum();
        let (mut left, shift) = (members, self.below(28) as usize);
        let newest = self.school_year();
        for (k, weight) in weights.iter().enumerate() {
            let size = if k + 1 == count {
                left
            } else {
                ((f64::from(members) * weight / sum) as u32).min(left)
            };
            left -= size;
            let (college, majors) = names::COLLEGES[(k + shift) % names::COLLEGES.len()];
            let college = self.add(
                Some(id),
                OrgCategory::Committee,
                format!("{college}团委"),
                Some(UNIVERSITY),
            );
            // Large colleges have a general branch for each year.
            let grades: Vec<u32> = if size > 1500 {
                (0..5)
                    .map(|back| {
                        self.add(
                            Some(college),
                            OrgCategory::GeneralBranch,
                            format!("{}级团总支", newest - back),
                            Some(UNIVERSITY),
                        )
                    })
                    .collect()
            } else {
                Vec::new()
            };
            let mut todo = size;
            let mut n = 0;
            while todo > 0 {
                // Four years and a few who have graduated and not gone yet.
                let back = if n % 23 == 22 { 4 } else { n % 4 };
                let major = majors[(n / 4 % 3) as usize];
                let class = n / 12 + 1;
                let want = 24 + self.below(20) as u32;
                let want = if back == 4 { want / 3 } else { want };
                let size = if todo < want + 8 { todo } else { want };
                todo -= size;
                let entry = newest - back;
                let parent = grades.get(back as usize).copied().unwrap_or(college);
                self.class(
                    parent,
                    format!("{major}专业{entry}级{class}班团支部"),
                    UNIVERSITY,
                    entry,
                    size,
                );
                n += 1;
            }
        }
    }

    fn schools(&mut self, counties: &[u32], members: u32) {
        let (mut left, mut n) = (members, 0_usize);
        let newest = self.school_year();
        let mut seen = vec![[0_usize; 2]; counties.len()];
        while left > 0 {
            let size = (500 + (self.skewed() * 4500.0) as u32).min(left);
            let size = if left - size < 400 { left } else { size };
            left -= size;
            // The first counties of the list are larger.
            let c = ((self.below(1000) as f64 / 1000.0).powf(1.3) * counties.len() as f64) as usize;
            let vocational = n % 4 == 3;
            let (sector, kind) = if vocational {
                (VOCATIONAL, "职业技术学校")
            } else {
                (HIGH, "中学")
            };
            seen[c][usize::from(vocational)] += 1;
            let place = self.nodes[counties[c] as usize].stem.clone();
            let short = format!("第{}{kind}团委", seen[c][usize::from(vocational)]);
            let short = format!("{}{short}", place.rsplit('市').next().unwrap_or(""));
            let school = self.add(
                Some(counties[c]),
                OrgCategory::Committee,
                short.clone(),
                Some(sector),
            );
            let city = place.split('市').next().unwrap_or("").to_owned();
            let node = &mut self.nodes[school as usize];
            node.full = format!("{city}市{short}");
            node.stem = node.full.trim_end_matches("团委").to_owned();
            let (mut todo, mut class) = (size, 0);
            while todo > 0 {
                let want = 28 + self.below(16) as u32;
                let size = if todo < want + 8 { todo } else { want };
                todo -= size;
                let entry = newest - class % 3;
                let name = if vocational {
                    let trade = names::TRADES[(class / 3 % 12) as usize];
                    format!("{trade}专业{entry}级{}班团支部", class / 36 + 1)
                } else {
                    format!("{entry}级{}班团支部", class / 3 + 1)
                };
                self.class(school, name, sector, entry, size);
                class += 1;
            }
            n += 1;
        }
    }

    fn companies(&mut self, cities: &[u32], counties: &[u32], members: u32) {
        let (mut left, mut n) = (members, 0_usize);
        while left > 0 {
            let size = (8 + (self.skewed() * self.skewed() * 6000.0) as u32).min(left);
            let size = if left - size < 8 { left } else { size };
            left -= size;
            let (parent, sector) = if size > 600 {
                (cities[n % cities.len()], STATE)
            } else {
                (counties[n % counties.len()], PRIVATE)
            };
            let place = self.nodes[parent as usize].stem.clone();
            let name = names::company(n);
            let (category, end) = if size > 60 {
                (OrgCategory::Committee, "团委")
            } else {
                (OrgCategory::GeneralBranch, "团总支")
            };
            let unit = if sector == STATE { "集团" } else { "公司" };
            let id = self.add(
                Some(parent),
                category,
                format!("{name}{unit}{end}"),
                Some(sector),
            );
            let node = &mut self.nodes[id as usize];
            node.full = format!("{place}{name}{unit}{end}");
            node.stem = format!("{place}{name}{unit}");
            let (mut todo, mut k) = (size, 0);
            while todo > 0 {
                let want = 4 + self.below(21) as u32;
                let size = if todo < want + 4 { todo } else { want };
                todo -= size;
                self.branch(id, format!("{}团支部", names::department(k)), sector, size);
                k += 1;
            }
            n += 1;
        }
    }

    /// Villages and communities: many, tiny.
    fn towns(&mut self, counties: &[u32], orgs: usize, members: u32) {
        let rest = orgs
            .saturating_sub(self.nodes.len())
            .max(2 * counties.len());
        let towns = (rest / 38).max(counties.len());
        let branches = rest - towns;
        let weights: Vec<f64> = (0..branches).map(|_| 0.02 + self.skewed()).collect();
        let sum: f64 = weights.iter().sum();
        let spare = f64::from(members.saturating_sub(u32::try_from(branches).unwrap_or(members)));
        let mut sizes: Vec<u32> = weights
            .iter()
            .map(|w| 1 + (spare * w / sum) as u32)
            .collect();
        let mut over = members - sizes.iter().sum::<u32>().min(members);
        for size in &mut sizes {
            if over == 0 {
                break;
            }
            *size += 1;
            over -= 1;
        }
        let mut sizes = sizes.into_iter();
        let mut seen = vec![0_usize; counties.len()];
        for t in 0..towns {
            let c = t % counties.len();
            let street = t % 3 == 0;
            let (end, category, sector, village) = if street {
                ("街道团工委", OrgCategory::WorkCommittee, "城市街道", "社区")
            } else {
                ("镇团委", OrgCategory::Committee, "乡镇", "村")
            };
            let name = names::town(seen[c]);
            seen[c] += 1;
            let town = self.add(
                Some(counties[c]),
                category,
                format!("{name}{end}"),
                Some(sector),
            );
            let region = self.nodes[counties[c] as usize].region.clone();
            self.nodes[town as usize].region = region.map(|r| format!("{r}{:03}", seen[c] % 1000));
            let share = branches / towns + usize::from(t < branches % towns);
            for v in 0..share {
                let Some(size) = sizes.next() else { break };
                let kind = if v == 0 {
                    BranchKind::Floating
                } else {
                    BranchKind::Ordinary
                };
                let name = if v == 0 {
                    format!("{name}流动团员团支部")
                } else {
                    format!("{}{village}团支部", names::village(v - 1))
                };
                let sector = if street { "社区" } else { "行政村" };
                let id = self.branch(town, name, sector, size);
                self.nodes[id as usize].kind = kind;
            }
        }
    }
}
