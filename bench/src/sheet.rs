//! The file to import: the program's own template with invented members in it.

use anyhow::{Context, Result, ensure};
use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use std::io::Cursor;

/// Invented members, each with numbers nobody has.
fn value(heading: &str, n: usize) -> Option<String> {
    // 28 days of each month of four years and 99 people a day: far more than are asked for.
    let (day, rest) = (n % 28 + 1, n / 28);
    let (month, rest) = (rest % 12 + 1, rest / 12);
    let (year, order) = (2004 + rest % 4, rest / 4 + 500);
    // Regions from 900 on are nobody's: a seeded league uses those below 600.
    let digits = format!("999988{year}{month:02}{day:02}{order:03}");
    Some(match heading {
        "姓名" => format!(
            "林{}{}",
            GIVEN[n % GIVEN.len()],
            GIVEN[n / GIVEN.len() % GIVEN.len()]
        ),
        "身份证号" | "身份证号码" => {
            format!("{digits}{}", base::check_digit(digits.as_bytes()))
        }
        "性别" => if order % 2 == 1 { "男" } else { "女" }.to_owned(),
        "民族" => "汉族".to_owned(),
        "政治面貌" => "共青团员".to_owned(),
        "最高学历" | "学历" => "大学本科".to_owned(),
        "入团年月" => "2021-05".to_owned(),
        "发展团员编号" => format!("202100{:06}", 500_000 + n),
        "手机号码" | "手机号" => format!("100{:08}", 50_000_000 + n),
        _ => return None,
    })
}

const GIVEN: [&str; 12] = [
    "安", "宁", "乐", "远", "知", "行", "以", "清", "和", "平", "若", "水",
];

/// A template's sheets as plain text: name and rows.
type Sheets = Vec<(String, Vec<Vec<String>>)>;

fn read(bytes: &[u8]) -> Result<Sheets> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        // A range begins at its first cell; ours all begin at A1.
        let rows = range
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        sheets.push((name, rows));
    }
    Ok(sheets)
}

/// The template with `count` members in it.
pub(crate) fn fill(template: &[u8], count: usize) -> Result<Vec<u8>> {
    let sheets = read(template)?;
    let mut book = Workbook::new();
    let mut filled = false;
    for (name, rows) in &sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        let data = rows
            .first()
            .is_some_and(|row| row.iter().any(|cell| cell.trim_end_matches('*') == "姓名"));
        for (at, row) in (0..).zip(rows) {
            for (column, text) in (0..).zip(row) {
                if !text.is_empty() {
                    sheet.write_string(at, column, text)?;
                }
            }
        }
        if data {
            filled = true;
            let headings = &rows[0];
            for n in 0..count {
                let at = u32::try_from(n + 1)?;
                for (column, heading) in (0..).zip(headings) {
                    if let Some(text) = value(heading.trim_end_matches('*'), n) {
                        sheet.write_string(at, column, text)?;
                    }
                }
            }
        }
    }
    ensure!(filled, "the template has no sheet with a column 姓名");
    Ok(book.save_to_buffer()?)
}

/// The cells of the largest sheet, read as barely as the library can.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Vec<String>>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let mut largest = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        if range.height() > largest.len() {
            let text = |cell: &Data| cell.to_string();
            largest = range
                .rows()
                .skip(1)
                .map(|row| row.iter().map(text).collect())
                .collect();
        }
    }
    largest.first().context("no rows")?;
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_has_numbers_of_his_own() {
        let all = |heading: &str| {
            (0..5000)
                .filter_map(|n| value(heading, n))
                .collect::<std::collections::HashSet<_>>()
                .len()
        };
        assert_eq!(
            (all("身份证号"), all("发展团员编号"), all("手机号码")),
            (5000, 5000, 5000)
        );
    }
}
