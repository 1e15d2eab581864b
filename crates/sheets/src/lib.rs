#![doc = include_str!("../README.md")]

mod archive;
mod cell;
mod csv;
pub mod export;
mod fault;
mod moment;
mod read;
mod template;
pub mod wizard;
mod write;

pub use archive::Limits;
pub use cell::{Cell, Trouble, clean};
pub use fault::{FaultKind, FileFault, RowFault};
pub use moment::{date, year_month};
pub use read::{Sheet, read};
pub use template::{Column, Kind, Row, Template};
pub use wizard::{Importer, Importers};
pub use write::{Watermark, WriteError, neutral, write_table};

/// The `A1` name of a cell; row and column are counted from nought.
#[must_use]
pub fn a1(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", u64::from(row) + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_named_as_the_program_shows_them() {
        for (row, column, name) in [
            (0, 0, "A1"),
            (6, 1, "B7"),
            (0, 25, "Z1"),
            (0, 26, "AA1"),
            (9, 701, "ZZ10"),
            (9, 702, "AAA10"),
        ] {
            assert_eq!(super::a1(row, column), name);
        }
    }
}
