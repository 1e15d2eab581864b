//! Reads a table saved as text: UTF-8, GB18030 or UTF-16, with commas, tabs or semicolons (FLD-105).

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::cell::Stored;
use crate::read::{
    HEADER_ROWS, Header, LONGEST_HEADING, MOST_COLUMNS, Sheet, heading_keys, row_from, short,
    unknown_headings,
};
use crate::{Cell, FileFault, Limits, Template, Trouble, a1};

/// The text of a file that is a table saved as text; `None` if it is something else.
pub(crate) fn text_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(std::str::from_utf8(rest).ok()?),
        [0xFF, 0xFE, rest @ ..] => {
            UTF_16LE.decode_without_bom_handling_and_without_replacement(rest)?
        }
        [0xFE, 0xFF, rest @ ..] => {
            UTF_16BE.decode_without_bom_handling_and_without_replacement(rest)?
        }
        // Every character of GB18030 that is not ASCII is refused by UTF-8 sooner or later, so UTF-8 is tried first.
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes)?,
        },
    };
    let begins = text.trim_start();
    let other = begins.is_empty()
        || text.contains('\0')
        || ["<", "%PDF", "{", "PK"]
            .iter()
            .any(|sign| begins.starts_with(sign));
    (!other && separator(&text).is_some()).then_some(text)
}

/// The sign that stands most often in the first rows, outside of quotes.
fn separator(text: &str) -> Option<char> {
    let mut counts = [(',', 0), ('\t', 0), (';', 0), ('，', 0)];
    let (mut quoted, mut lines) = (false, 0);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => {
                lines += 1;
                if lines == HEADER_ROWS {
                    break;
                }
            }
            _ if quoted => {}
            _ => {
                if let Some((_, n)) = counts.iter_mut().find(|(sign, _)| *sign == c) {
                    *n += 1;
                }
            }
        }
    }
    let (sign, most) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    (most > 0).then_some(sign)
}

/// The records of a table one after another; a quoted cell may hold the separator, line breaks and doubled quotes.
struct Records<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        self.rest.peek()?;
        let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(c) = self.rest.next() {
            match c {
                '"' if quoted && self.rest.peek() == Some(&'"') => {
                    self.rest.next();
                    cell.push('"');
                }
                // A quote opens a quoted cell at its beginning only; elsewhere it is a sign like any other.
                '"' if quoted || cell.is_empty() || cell == "=" => quoted = !quoted,
                '\r' if !quoted && self.rest.peek() == Some(&'\n') => {}
                '\n' | '\r' if !quoted => {
                    record.push(cell);
                    return Some(record);
                }
                _ if !quoted && c == self.separator => {
                    record.push(std::mem::take(&mut cell));
                }
                _ => cell.push(c),
            }
        }
        record.push(cell);
        Some(record)
    }
}

/// Reads the rows, or says why the file as a whole is refused.
pub(crate) fn read(text: &str, template: &Template, limits: &Limits) -> Result<Sheet, FileFault> {
    let name = "CSV".to_owned();
    let records = || Records {
        rest: text.chars().peekable(),
        separator: separator(text).unwrap_or(','),
    };
    let keys = heading_keys(template);
    let mut header = Header::none(keys.len());
    for (row, record) in (0..).zip(records().take(HEADER_ROWS as usize)) {
        let texts: BTreeMap<u32, String> = (0..MOST_COLUMNS)
            .zip(record)
            .map(|(column, text)| (column, text.trim().chars().take(LONGEST_HEADING).collect()))
            .filter(|(_, text): &(u32, String)| !text.is_empty())
            .collect();
        let found = Header::of(row, texts, &keys);
        if found.found() > header.found() {
            header = found;
        }
    }
    header.complete(template, &name, false)?;
    let mut rows = Vec::new();
    let first = header.row as usize + 1;
    for (row, record) in (header.row + 1..).zip(records().skip(first)) {
        let mut cells = BTreeMap::new();
        for (i, column) in template.columns.iter().enumerate() {
            let Some(at) = header.place(i) else { continue };
            let Some(typed) = record.get(at as usize) else {
                continue;
            };
            let mut cell = Cell::stored(&column.kind, Stored::Text(short(plain(typed))), false);
            column.translate(&mut cell);
            if typed.trim_start().starts_with('=') && plain(typed) == typed.as_str() {
                cell.trouble = Some(Trouble::Formula);
            }
            if !cell.is_empty() {
                cell.at = a1(row, at);
                cells.insert(i, cell);
            }
        }
        let only_prefilled = cells
            .keys()
            .all(|i| template.columns.get(*i).is_some_and(|c| c.locked.is_some()));
        if only_prefilled {
            continue;
        }
        if rows.len() == limits.rows {
            return Err(FileFault::TooManyRows { limit: limits.rows });
        }
        rows.push(row_from(template, &header, row, cells));
    }
    if rows.is_empty() {
        return Err(FileFault::Empty { sheet: name });
    }
    Ok(Sheet {
        name,
        header_row: header.row + 1,
        rows,
        ignored: unknown_headings(&header),
    })
}

/// `="0012"`, the way programs keep a number as text, means its digits, with the quotes or after they were read.
fn plain(typed: &str) -> &str {
    let digits = typed.trim().strip_prefix('=').map(|rest| {
        rest.strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(rest)
    });
    match digits {
        Some(digits)
            if !digits.is_empty()
                && digits
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == 'X' || c == 'x') =>
        {
            digits
        }
        _ => typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, separator: char) -> Vec<Vec<String>> {
        let rest = text.chars().peekable();
        Records { rest, separator }.collect()
    }

    #[test]
    fn fld_105_quotes_line_breaks_and_separators_within_cells() {
        assert_eq!(
            all("甲,\"乙,\"\"丙\"\"\"\r\n\"一\n二\",=\"0012\"\n,末", ','),
            [["甲", "乙,\"丙\""], ["一\n二", "=0012"], ["", "末"]]
        );
        assert_eq!(plain("=0012"), "0012");
        assert_eq!(plain("=\"0012\""), "0012");
        assert_eq!(plain("=1+1"), "=1+1");
    }

    #[test]
    fn fld_105_the_separator_is_found_and_other_files_are_not_taken_for_tables() {
        for (text, sign) in [
            ("甲,乙\n", ','),
            ("甲\t乙,丙\t丁\n", '\t'),
            ("甲;乙\n", ';'),
        ] {
            assert_eq!(separator(text), Some(sign));
        }
        for other in ["<html>,</html>", "%PDF-1.7, ", "一段话", "", "\u{feff}"] {
            assert!(text_of(other.as_bytes()).is_none(), "{other}");
        }
        let (gb, _, _) = GB18030.encode("姓名,民族\n王㐂,汉族\n");
        assert_eq!(text_of(&gb).as_deref(), Some("姓名,民族\n王㐂,汉族\n"));
        assert!(text_of(b"\xd0\xcf\x11\xe0,\0\0").is_none());
    }
}
