//! 毕业日历 (ORG-B3): when branches should graduate by entry year and length of study, and which marks contradict it.

use super::graduation::entry_year;
use base::{OrgId, YearMonth};
use std::collections::BTreeMap;

/// A branch of the school sector with its mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) id: OrgId,
    pub(crate) superior: Option<OrgId>,
    pub(crate) short_name: String,
    pub(crate) full_name: String,
    pub(crate) sector: Option<String>,
    /// Has become 毕业生团组织.
    pub(crate) graduate: bool,
    pub(crate) month: Option<YearMonth>,
    pub(crate) reason: Option<String>,
}

/// Branches that enter and leave together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) entry: Option<i32>,
    pub(crate) years: Option<i32>,
    /// The month they should be marked with.
    pub(crate) proposed: Option<YearMonth>,
    pub(crate) unmarked: Vec<Branch>,
    /// Marked as proposed, or with a reason.
    pub(crate) agreed: usize,
    pub(crate) graduates: usize,
    /// Marks that contradict, each with what is wrong.
    pub(crate) contradictory: Vec<(Branch, String)>,
}

/// Years of study that a name tells; it wins over the usual years of the sector.
fn named_years(full_name: &str) -> Option<i32> {
    const WORDS: [(&str, i32); 7] = [
        ("专升本", 2),
        ("博士", 4),
        ("硕士", 3),
        ("研究生", 3),
        ("专科", 3),
        ("高职", 3),
        ("五年制", 5),
    ];
    WORDS
        .iter()
        .find(|(word, _)| full_name.contains(word))
        .map(|(_, years)| *years)
}

/// Groups branches by entry year and length of study, earliest first, those without a year last. `chosen` is the length
/// the reader asks for instead of the usual one.
pub(crate) fn calendar(
    branches: Vec<Branch>,
    usual: &BTreeMap<String, i32>,
    chosen: Option<i32>,
) -> Vec<Group> {
    let mut groups: BTreeMap<(bool, Option<i32>, Option<i32>), Vec<Branch>> = BTreeMap::new();
    for branch in branches {
        let entry = entry_year(&branch.short_name);
        let sector = branch.sector.as_deref().unwrap_or_default();
        let years = entry.and_then(|_| {
            chosen
                .or_else(|| named_years(&branch.full_name))
                .or_else(|| usual.get(sector).copied())
        });
        groups
            .entry((entry.is_none(), entry, years))
            .or_default()
            .push(branch);
    }
    groups
        .into_iter()
        .map(|((_, entry, years), branches)| group(entry, years, branches))
        .collect()
}

fn group(entry: Option<i32>, years: Option<i32>, branches: Vec<Branch>) -> Group {
    let proposed = entry
        .zip(years)
        .and_then(|(entry, years)| YearMonth::new(entry + years, 6));
    // Without a proposal the marks of most of them are the measure.
    let measure = proposed
        .map(YearMonth::year)
        .or_else(|| entry.and_then(|_| commonest(&branches)));
    let mut group = Group {
        entry,
        years,
        proposed,
        ..Group::default()
    };
    for branch in branches {
        if branch.graduate {
            group.graduates += 1;
        } else if let Some(fault) = contradiction(&branch, entry, measure) {
            group.contradictory.push((branch, fault));
        } else if branch.month.is_none() && branch.reason.is_none() {
            group.unmarked.push(branch);
        } else {
            group.agreed += 1;
        }
    }
    group
}

/// The year most of them are marked with; the earlier of two.
fn commonest(branches: &[Branch]) -> Option<i32> {
    let mut years: BTreeMap<i32, usize> = BTreeMap::new();
    for month in branches.iter().filter_map(|branch| branch.month) {
        *years.entry(month.year()).or_default() += 1;
    }
    let most = years.values().max().copied()?;
    years
        .into_iter()
        .find(|(_, n)| *n == most)
        .map(|(year, _)| year)
}

/// What is wrong with a mark; the year counts, not the month (ORG-56).
fn contradiction(branch: &Branch, entry: Option<i32>, measure: Option<i32>) -> Option<String> {
    match (branch.month, &branch.reason) {
        (Some(month), _) => {
            if entry.is_some_and(|entry| month.year() <= entry) {
                return Some(format!(
                    "标记{}，不晚于入学年份{}年",
                    month.chinese(),
                    entry.unwrap_or_default()
                ));
            }
            measure
                .filter(|year| *year != month.year())
                .map(|year| format!("标记{}，按入学年份应为{year}年", month.chinese()))
        }
        (None, Some(reason)) if reason == "教职工支部" => {
            entry.map(|entry| format!("理由是教职工支部，名称却是{entry}级班级"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(n: u128, name: &str, sector: &str, mark: &str) -> Branch {
        let month = mark.parse().ok();
        Branch {
            id: OrgId(uuid::Uuid::from_u128(n)),
            superior: None,
            short_name: name.into(),
            full_name: format!("某某大学{name}"),
            sector: Some(sector.into()),
            graduate: false,
            reason: (month.is_none() && !mark.is_empty()).then(|| mark.into()),
            month,
        }
    }

    #[test]
    fn org_b3_months_are_proposed_from_entry_year_and_length_of_study() {
        let usual = BTreeMap::from([("大学".to_owned(), 4), ("高中".to_owned(), 3)]);
        let groups = calendar(
            vec![
                branch(1, "软件2024级1班团支部", "大学", ""),
                branch(2, "软件2023级1班团支部", "大学", "2027-12"),
                branch(3, "软件2023级2班团支部", "大学", "2026-06"),
                branch(4, "软件2023级3班团支部", "大学", "2023-06"),
                branch(5, "软件2023级4班团支部", "大学", "教职工支部"),
                branch(6, "软件2023级5班团支部", "大学", "联合培养"),
                branch(7, "软件2023级硕士1班团支部", "大学", ""),
                branch(8, "高一2024级1班团支部", "高中", ""),
                branch(9, "教工第一团支部", "大学", "教职工支部"),
                branch(10, "2022级1班团支部", "艺术", "2025-06"),
                branch(11, "2022级2班团支部", "艺术", "2025-07"),
                branch(12, "2022级3班团支部", "艺术", "2026-06"),
            ],
            &usual,
            None,
        );
        let said: Vec<_> = groups
            .iter()
            .map(|g| {
                let month = g.proposed.map(|m| m.to_string());
                (
                    g.entry,
                    month,
                    g.unmarked.len(),
                    g.agreed,
                    g.contradictory.len(),
                )
            })
            .collect();
        let month = |text: &str| Some(text.to_owned());
        assert_eq!(
            said,
            [
                (Some(2022), None, 0, 2, 1),
                (Some(2023), month("2026-06"), 1, 0, 0),
                (Some(2023), month("2027-06"), 0, 2, 3),
                (Some(2024), month("2027-06"), 1, 0, 0),
                (Some(2024), month("2028-06"), 1, 0, 0),
                (None, None, 0, 1, 0),
            ]
        );
        let faults: Vec<&str> = groups[2]
            .contradictory
            .iter()
            .map(|(_, fault)| fault.as_str())
            .collect();
        assert_eq!(
            faults,
            [
                "标记2026年6月，按入学年份应为2027年",
                "标记2023年6月，不晚于入学年份2023年",
                "理由是教职工支部，名称却是2023级班级"
            ]
        );
    }

    #[test]
    fn org_b3_another_length_of_study_moves_all_proposals() {
        let usual = BTreeMap::from([("大学".to_owned(), 4)]);
        let one = vec![branch(1, "临床2024级1班团支部", "大学", "")];
        let groups = calendar(one, &usual, Some(5));
        assert_eq!(groups[0].proposed, YearMonth::new(2029, 6));
    }
}
