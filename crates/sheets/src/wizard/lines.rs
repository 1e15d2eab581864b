//! Rows as the page shows them.

use std::collections::BTreeSet;

use super::{
    Outcome,
    rows::{Kept, WHOLE_ROW},
};
use crate::{RowFault, Template};

/// Columns always shown; the others only where something is to be said about them.
const COLUMNS: usize = 4;

/// One cell as shown.
pub(super) struct CellView {
    pub text: String,
    pub faults: Vec<String>,
    pub warnings: Vec<String>,
}

/// A cell that can be mended in place.
pub(super) struct Mend {
    pub key: String,
    pub label: String,
    pub hint: String,
    pub value: String,
    pub suggestion: Option<String>,
}

/// One row as shown.
pub(super) struct Line {
    pub number: u32,
    pub cells: Vec<CellView>,
    pub notes: Vec<String>,
    pub mends: Vec<Mend>,
}

/// Cells of the rows: the first columns, and those something is said about.
pub(super) fn lay_out(
    template: &Template,
    kept: &[Kept],
    mendable: bool,
) -> (Vec<String>, Vec<Line>) {
    let said: BTreeSet<&str> = kept
        .iter()
        .flat_map(|k| faults(k).iter().chain(&k.verdict.warnings))
        .map(|f| f.column.as_str())
        .collect();
    let columns: Vec<_> = template
        .columns
        .iter()
        .enumerate()
        .filter(|(at, c)| *at < COLUMNS || said.contains(c.key))
        .map(|(_, c)| c)
        .collect();
    let headings = columns.iter().map(|c| c.heading.to_owned()).collect();
    let lines = kept
        .iter()
        .map(|k| {
            let of = |list: &[RowFault], key: &str| -> Vec<String> {
                list.iter()
                    .filter(|f| f.column == key)
                    .map(|f| f.message.clone())
                    .collect()
            };
            let cells = columns
                .iter()
                .map(|c| {
                    let cell = k.row.cell(c.key);
                    let typed = cell.map_or("", |cell| {
                        if cell.text.is_empty() {
                            cell.typed.as_str()
                        } else {
                            cell.text.as_str()
                        }
                    });
                    CellView {
                        text: if c.masked {
                            masked(typed)
                        } else {
                            typed.to_owned()
                        },
                        faults: of(faults(k), c.key),
                        warnings: of(&k.verdict.warnings, c.key),
                    }
                })
                .collect();
            let whole = |list: &[RowFault]| -> Vec<String> {
                list.iter()
                    .filter(|f| template.column(&f.column).is_none() || f.column == WHOLE_ROW)
                    .map(|f| f.message.clone())
                    .collect()
            };
            let mut notes = match &k.verdict.outcome {
                Outcome::Ready(facts) => facts.iter().map(|(l, v)| format!("{l}：{v}")).collect(),
                Outcome::Duplicate(reason) => vec![reason.clone()],
                Outcome::Faulty(found) => whole(found),
            };
            notes.extend(whole(&k.verdict.warnings));
            let mut mends: Vec<Mend> = Vec::new();
            for fault in faults(k).iter().filter(|_| mendable) {
                let Some(column) = template
                    .column(&fault.column)
                    .filter(|c| c.locked.is_none() && !mends.iter().any(|m| m.key == c.key))
                else {
                    continue;
                };
                mends.push(Mend {
                    key: column.key.to_owned(),
                    label: column.heading.to_owned(),
                    hint: if column.example.is_empty() {
                        format!("改填{}", column.heading)
                    } else {
                        format!("如{}", column.example)
                    },
                    // A masked value is not sent out again; left empty, its cell stays as it is.
                    value: if column.masked {
                        String::new()
                    } else {
                        k.row
                            .cell(column.key)
                            .map_or_else(String::new, |c| c.typed.clone())
                    },
                    suggestion: fault.suggestion.clone(),
                });
            }
            Line {
                number: k.row.number,
                cells,
                notes,
                mends,
            }
        })
        .collect();
    (headings, lines)
}

fn faults(kept: &Kept) -> &[RowFault] {
    match &kept.verdict.outcome {
        Outcome::Faulty(faults) => faults,
        _ => &[],
    }
}

/// The ends of a value that must not be read as a whole (GEN-05).
pub(super) fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (head, tail) = match chars.len() {
        0 => return String::new(),
        1..=4 => (0, 0),
        5..=10 => (1, 1),
        _ => (3, 4),
    };
    let part = |range: std::ops::Range<usize>| -> String {
        chars.get(range).unwrap_or_default().iter().collect()
    };
    format!(
        "{}****{}",
        part(0..head),
        part(chars.len() - tail..chars.len())
    )
}
