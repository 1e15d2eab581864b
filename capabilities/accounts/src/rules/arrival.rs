//! 应到 against 已到 (ACC-47): who is missing, doubled or surplus.

use std::collections::BTreeMap;

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// 应到, as listed or as a number.
    pub expected: usize,
    /// 已到.
    pub arrived: usize,
    /// Expected, not there; with whether a registration waits.
    pub missing: Vec<(String, bool)>,
    /// There or listed more than once: name, times listed, times there.
    pub doubled: Vec<(String, usize, usize)>,
    /// There, not expected.
    pub surplus: Vec<String>,
}

/// Names out of a pasted column or line.
pub(crate) fn names(pasted: &str) -> Vec<String> {
    pasted
        .split(['\n', '\r', '\t', ',', '，', '、', ';', '；', ' ', '　'])
        .map(base::text::normalise)
        .filter(|name| !name.is_empty())
        .collect()
}

fn times(names: &[String]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for name in names {
        *times.entry(name.as_str()).or_insert(0) += 1;
    }
    times
}

/// Compares a list with who is there and who waits.
pub(crate) fn compare(expected: &[String], arrived: &[String], waiting: &[String]) -> Compared {
    let (listed, there) = (times(expected), times(arrived));
    let mut out = Compared {
        expected: expected.len(),
        arrived: arrived.len(),
        ..Compared::default()
    };
    for (&name, &many) in &listed {
        let here = there.get(name).copied().unwrap_or(0);
        if here == 0 {
            let waits = waiting.iter().any(|w| w == name);
            out.missing.push((name.to_owned(), waits));
        }
        if many > 1 || here > 1 {
            out.doubled.push((name.to_owned(), many, here));
        }
    }
    for (&name, &here) in &there {
        if !listed.contains_key(name) {
            out.surplus.push(name.to_owned());
            if here > 1 {
                out.doubled.push((name.to_owned(), 0, here));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_47_missing_doubled_and_surplus_are_told_apart() {
        let list = names("冯演示\n陈演示，褚演示 褚演示\t卫演示");
        let there = names("冯演示 卫演示 卫演示 蒋演示");
        let found = compare(&list, &there, &names("陈演示"));
        assert_eq!((found.expected, found.arrived), (5, 4));
        assert_eq!(
            found.missing,
            [("褚演示".to_owned(), false), ("陈演示".to_owned(), true)]
        );
        assert_eq!(
            found.doubled,
            [("卫演示".to_owned(), 1, 2), ("褚演示".to_owned(), 2, 0)]
        );
        assert_eq!(found.surplus, ["蒋演示"]);
    }
}
