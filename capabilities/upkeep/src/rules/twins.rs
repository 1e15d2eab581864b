//! Which organisations may be one and the same (ORG-B7): one unit under two superiors, similar names, one school code.

use base::{OrgCategory, OrgId, OrgPath, text};
use pinyin::ToPinyin;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why two may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    Superior,
    Name,
    Code,
}

impl Why {
    pub(crate) const ALL: [Self; 3] = [Self::Superior, Self::Name, Self::Code];

    /// The stored code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Superior => "superior",
            Self::Name => "name",
            Self::Code => "code",
        }
    }

    /// What users read.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Superior => "同一单位建在两个上级之下",
            Self::Name => "名称相近",
            Self::Code => "学校编号相同",
        }
    }
}

/// An organisation as it is compared.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) id: OrgId,
    pub(crate) path: OrgPath,
    pub(crate) category: OrgCategory,
    pub(crate) full_name: String,
    pub(crate) school_code: Option<String>,
}

/// Pairs with their reasons; the one that comes first in the tree is first.
pub(crate) type Pairs = BTreeMap<(usize, usize), BTreeSet<Why>>;

/// Units of one name beyond so many are no finding but a pattern of names.
const CROWD: usize = 20;
/// Shorter stems are too common to be similar.
const SHORT: usize = 4;

/// What is left of a full name without category, legal form and punctuation: the unit itself.
fn stem(full_name: &str) -> String {
    const ENDS: [&str; 8] = [
        "委员会",
        "团支部",
        "团总支",
        "团工委",
        "总支部",
        "团委",
        "总支",
        "支部",
    ];
    const FORMS: [&str; 5] = [
        "有限责任公司",
        "股份有限公司",
        "有限公司",
        "股份公司",
        "公司",
    ];
    let mut name: String = text::normalise(full_name)
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    for prefix in ["中国共产主义青年团", "共青团"] {
        if let Some(rest) = name.strip_prefix(prefix) {
            name = rest.to_owned();
        }
    }
    if let Some(rest) = ENDS.iter().find_map(|end| name.strip_suffix(end)) {
        name = rest.to_owned();
    }
    for form in FORMS {
        name = name.replace(form, "");
    }
    name.chars().map(digit).collect()
}

/// Chinese numerals and Arabic ones are the same.
fn digit(c: char) -> char {
    const NUMERALS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let at = NUMERALS.iter().position(|n| *n == c);
    at.and_then(|n| char::from_digit(u32::try_from(n).unwrap_or(0), 10))
        .unwrap_or(c)
}

/// Characters that tell sister units apart: what differs in one of them is two.
fn tells_apart(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "十百第东南西北中上下左右前后内外男女大小新老甲乙丙丁本专研幼高初".contains(c)
}

/// The stem without the names of regions before it: `青禾市青禾制造` → `青禾制造`.
fn without_region(stem: &str) -> Vec<String> {
    let chars: Vec<char> = stem.chars().collect();
    let ends = chars
        .iter()
        .enumerate()
        .filter(|(at, c)| (1..9).contains(at) && "省市区县州".contains(**c));
    ends.map(|(at, _)| chars[at + 1..].iter().collect::<String>())
        .filter(|rest| rest.chars().count() >= SHORT)
        .collect()
}

/// The stem with one character less, or two neighbouring ones where it is long.
fn shortened(stem: &str) -> Vec<String> {
    let chars: Vec<char> = stem.chars().collect();
    let without = |from: usize, n: usize| -> Option<String> {
        let gone = &chars[from..from + n];
        if gone.iter().any(|c| tells_apart(*c)) || chars.len() - n <= SHORT {
            return None;
        }
        Some(chars[..from].iter().chain(&chars[from + n..]).collect())
    };
    let mut found: Vec<String> = (0..chars.len()).filter_map(|at| without(at, 1)).collect();
    if chars.len() >= 9 {
        found.extend((0..chars.len() - 1).filter_map(|at| without(at, 2)));
    }
    found
}

fn spelt(stem: &str) -> String {
    let mut spelt = String::new();
    for c in stem.chars() {
        match c.to_pinyin() {
            Some(pinyin) if !tells_apart(c) => spelt.push_str(pinyin.plain()),
            _ => spelt.push(c),
        }
        spelt.push(' ');
    }
    spelt
}

/// Finds all pairs among units in the order of the tree.
pub(crate) fn twins(units: &[Unit]) -> Pairs {
    let stems: Vec<String> = units.iter().map(|unit| stem(&unit.full_name)).collect();
    let mut pairs = Pairs::new();
    let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut sounding: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, stem) in stems.iter().enumerate() {
        named.entry(stem).or_default().push(at);
        if stem.chars().count() > SHORT {
            sounding.entry(spelt(stem)).or_default().push(at);
        }
    }
    let mut codes: HashMap<&str, Vec<usize>> = HashMap::new();
    let place: HashMap<&OrgPath, usize> = units
        .iter()
        .enumerate()
        .map(|(at, unit)| (&unit.path, at))
        .collect();
    for (at, unit) in units.iter().enumerate() {
        let Some(code) = unit.school_code.as_deref() else {
            continue;
        };
        // The code belongs to the school; colleges and classes inherit it (ORG-16).
        let above = unit
            .path
            .parent()
            .and_then(|path| place.get(&path).copied());
        if above.is_none_or(|up| units[up].school_code.as_deref() != Some(code)) {
            codes.entry(code).or_default().push(at);
        }
    }
    let mut add = |a: usize, b: usize, why: Why| {
        let (a, b) = (a.min(b), a.max(b));
        let (one, two) = (&units[a], &units[b]);
        // A unit is not a twin of its own superior.
        if a == b || one.path.contains(&two.path) {
            return;
        }
        let siblings = one.path.parent() == two.path.parent();
        let why = match why {
            Why::Superior if siblings => Why::Name,
            why => why,
        };
        if why != Why::Code && one.category != two.category && siblings {
            return;
        }
        pairs.entry((a, b)).or_default().insert(why);
    };
    let each_two = |group: &[usize], why: Why, add: &mut dyn FnMut(usize, usize, Why)| {
        if group.len() > CROWD {
            return;
        }
        for (i, a) in group.iter().enumerate() {
            for b in &group[i + 1..] {
                add(*a, *b, why);
            }
        }
    };
    for (name, group) in &named {
        if !name.is_empty() {
            each_two(group, Why::Superior, &mut add);
        }
    }
    for group in sounding.values() {
        let differ = group.iter().any(|at| stems[*at] != stems[group[0]]);
        if differ {
            each_two(group, Why::Name, &mut add);
        }
    }
    for group in codes.values() {
        each_two(group, Why::Code, &mut add);
    }
    for (at, stem) in stems.iter().enumerate() {
        for (variants, why) in [
            (without_region(stem), Why::Superior),
            (shortened(stem), Why::Name),
        ] {
            for variant in variants {
                let Some(others) = named.get(variant.as_str()) else {
                    continue;
                };
                for other in others.iter().take(CROWD) {
                    if why == Why::Superior || units[at].category == units[*other].category {
                        add(at, *other, why);
                    }
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrgCategory::{Branch, Committee};

    fn unit(n: u128, place: &[u32], category: OrgCategory, name: &str, code: &str) -> Unit {
        Unit {
            id: OrgId(uuid::Uuid::from_u128(n)),
            path: place
                .iter()
                .fold(OrgPath::root(), |path, label| path.child(*label)),
            category,
            full_name: name.into(),
            school_code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        }
    }

    fn found(units: &[Unit]) -> Vec<(u128, u128, Vec<&'static str>)> {
        let number = |at: usize| units[at].id.0.as_u128();
        twins(units)
            .into_iter()
            .map(|((a, b), why)| (number(a), number(b), why.iter().map(|w| w.code()).collect()))
            .collect()
    }

    #[test]
    fn org_b7_planted_pairs_are_found() {
        let units = [
            unit(1, &[1, 1], Committee, "青禾制造公司团委", ""),
            unit(2, &[1, 2], Committee, "海棠理工大学团委", "4137010425"),
            unit(
                3,
                &[1, 2, 1],
                Committee,
                "海棠理工大学信息学院团委",
                "4137010425",
            ),
            unit(
                4,
                &[1, 2, 2],
                Committee,
                "海棠理工大学信息工程学院团委",
                "4137010425",
            ),
            unit(
                5,
                &[1, 2, 3],
                Committee,
                "海棠理工大学数学学院团委",
                "4137010425",
            ),
            unit(
                6,
                &[2, 1],
                Committee,
                "青禾市青禾制造（集团）有限公司团委",
                "",
            ),
            unit(7, &[2, 2], Committee, "青禾市青禾制造有限责任公司团委", ""),
            unit(8, &[2, 3], Committee, "海棠理工团委", "4137010425"),
            unit(9, &[2, 4], Branch, "杏花敬老院团支部", ""),
            unit(10, &[3, 4], Branch, "杏花净老院团支部", ""),
        ];
        assert_eq!(
            found(&units),
            [
                (1, 7, vec!["superior"]),
                (2, 8, vec!["code"]),
                (3, 4, vec!["name"]),
                (6, 7, vec!["name"]),
                (9, 10, vec!["name"]),
            ]
        );
    }

    #[test]
    fn org_b7_sister_units_are_not_twins() {
        let units = [
            unit(1, &[1, 1], Committee, "青禾市第一中学团委", ""),
            unit(2, &[1, 2], Committee, "青禾市第二中学团委", ""),
            unit(3, &[2, 1], Committee, "白露市第一中学团委", ""),
            unit(4, &[1, 3], Committee, "海棠理工大学团委", ""),
            unit(5, &[1, 3, 1], Committee, "海棠理工大学软件学院团委", ""),
            unit(6, &[1, 3, 2], Committee, "海棠理工大学硬件学院团委", ""),
            unit(7, &[1, 3, 3], Committee, "海棠理工大学东区学生会团委", ""),
            unit(8, &[1, 3, 4], Committee, "海棠理工大学区学生会团委", ""),
            unit(9, &[1, 4], Branch, "总装车间一班团支部", ""),
            unit(10, &[1, 5], Branch, "总装车间2班团支部", ""),
        ];
        assert_eq!(found(&units), []);
    }
}
