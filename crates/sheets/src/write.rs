//! Writes templates, files of failed rows and exports.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, Format, FormatAlign,
    FormatBorder, Formula, IgnoreError, Workbook, Worksheet, XlsxError,
};

use crate::template::REASON;
use crate::{Column, Kind, Row, RowFault, Template};

/// The sheet that explains.
pub(crate) const INSTRUCTIONS: &str = "填写说明";
/// The hidden sheet with the long lists of options.
pub(crate) const OPTIONS: &str = "选项";
/// The hidden sheet with the version cell.
pub(crate) const MARK: &str = "_模板";

/// Rows the dropdowns and formats reach to.
const REACH: u32 = 10_000;
/// Rows a locked column is prefilled for; below them an empty cell means the same.
const PREFILLED: u32 = 200;
/// Most characters a cell of a spreadsheet takes.
const LONGEST: usize = 32_000;

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not write the workbook: {0}")]
pub struct WriteError(#[from] XlsxError);

/// Who reads an export and when; stands on its last line and at the foot of every printed page (SEC-34).
#[derive(Debug, Clone)]
pub struct Watermark<'a> {
    /// Name of the reader, with the organisation where it matters.
    pub reader: &'a str,
    /// Local time.
    pub at: NaiveDateTime,
}

impl Watermark<'_> {
    fn line(&self) -> String {
        let reader: String = self
            .reader
            .chars()
            .filter(|c| !c.is_control())
            .take(60)
            .collect();
        format!(
            "由〔{reader}〕于{}导出，仅供本人履职使用，请勿外传",
            self.at.format("%Y-%m-%d %H:%M")
        )
    }
}

/// Whether a spreadsheet could take this text for a formula.
pub(crate) fn looks_like_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Text that no program takes for a formula (SEC-34): an apostrophe goes before it.
#[must_use]
pub fn neutral(text: &str) -> String {
    let short = text.chars().take(LONGEST);
    if looks_like_formula(text) {
        std::iter::once('\'').chain(short).collect()
    } else {
        short.collect()
    }
}

impl Template {
    /// The file to fill in, with these rows already in it.
    ///
    /// # Errors
    /// When the workbook cannot be written.
    pub fn write(&self, prefill: Option<&[Row]>) -> Result<Vec<u8>, WriteError> {
        let prefill = prefill.unwrap_or_default();
        self.workbook(|sheet| {
            let text = text_format();
            for (at, row) in (1..).zip(prefill) {
                for (column, declared) in (0..).zip(&self.columns) {
                    let typed = row.cell(declared.key).map_or("", |c| c.typed.as_str());
                    if !typed.is_empty() {
                        sheet.write_string_with_format(at, column, neutral(typed), &text)?;
                    }
                }
            }
            let locked = text_format()
                .set_background_color(Color::RGB(0x00EE_EEEE))
                .set_font_color(Color::RGB(0x0055_5555));
            let begin = u32::try_from(prefill.len()).unwrap_or(REACH) + 1;
            for (column, declared) in (0..).zip(&self.columns) {
                let Some(value) = &declared.locked else {
                    continue;
                };
                for row in begin..begin.max(PREFILLED + 1) {
                    sheet.write_string_with_format(row, column, neutral(value), &locked)?;
                }
            }
            Ok(())
        })
    }

    /// The same template with the rows that failed, as typed, and the reasons in a last column 失败原因.
    /// Corrected, the file can be uploaded as it is.
    ///
    /// # Errors
    /// When the workbook cannot be written.
    pub fn write_failed<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a Row, &'a [RowFault])>,
    ) -> Result<Vec<u8>, WriteError> {
        self.workbook(|sheet| {
            let last = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
            let text = text_format();
            let wrong = text_format()
                .set_background_color(Color::RGB(0x00FF_E1DD))
                .set_font_color(Color::RGB(0x009C_1A10));
            let reason = Format::new()
                .set_text_wrap()
                .set_font_color(Color::RGB(0x009C_1A10))
                .set_align(FormatAlign::Top);
            sheet.write_string_with_format(0, last, REASON, &heading_format(true))?;
            sheet.set_column_width(last, 60)?;
            for (at, (row, faults)) in (1..).zip(rows) {
                for (column, declared) in (0..).zip(&self.columns) {
                    let typed = row.cell(declared.key).map_or("", |c| c.typed.as_str());
                    let faulty = faults.iter().any(|f| f.column == declared.key);
                    if faulty && typed.is_empty() {
                        sheet.write_blank(at, column, &wrong)?;
                    } else if !typed.is_empty() {
                        sheet.write_string_with_format(
                            at,
                            column,
                            neutral(typed),
                            if faulty { &wrong } else { &text },
                        )?;
                    }
                }
                let messages: Vec<&str> = faults.iter().map(|f| f.message.as_str()).collect();
                sheet.write_string_with_format(at, last, neutral(&messages.join("\n")), &reason)?;
            }
            Ok(())
        })
    }

    fn workbook(
        &self,
        fill: impl FnOnce(&mut Worksheet) -> Result<(), XlsxError>,
    ) -> Result<Vec<u8>, WriteError> {
        let mut book = Workbook::new();
        self.write_instructions(book.add_worksheet())?;
        let sheet = book.add_worksheet();
        sheet.set_name(self.sheet_name())?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_row_height(0, 24)?;
        let reach = u16::try_from(self.columns.len())
            .unwrap_or(u16::MAX)
            .saturating_sub(1);
        sheet.ignore_error_range(1, 0, REACH, reach, IgnoreError::NumberStoredAsText)?;
        for (at, column) in (0..).zip(&self.columns) {
            let heading = if column.required {
                format!("{}*", column.heading)
            } else {
                column.heading.to_owned()
            };
            sheet.write_string_with_format(0, at, heading, &heading_format(column.required))?;
            sheet.set_column_width(at, column.width)?;
            // All cells are text: no program then turns a number or a month into something else.
            sheet.set_column_format(at, &Format::new().set_num_format("@"))?;
            sheet.add_data_validation(1, at, REACH, at, &column.validation(at)?)?;
        }
        fill(sheet)?;
        sheet.set_active(true);
        self.write_options(book.add_worksheet())?;
        let mark = book.add_worksheet();
        mark.set_name(MARK)?;
        for (row, (name, value)) in (0..).zip([
            ("模板", self.kind),
            ("版本", &self.version.to_string()),
            ("校验", &self.checksum()),
            ("名称", &self.title),
        ]) {
            mark.write_string(row, 0, name)?;
            mark.write_string(row, 1, value)?;
        }
        mark.set_hidden(true);
        Ok(book.save_to_buffer()?)
    }

    fn write_instructions(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        sheet.set_name(INSTRUCTIONS)?;
        sheet.write_string_with_format(
            0,
            0,
            format!("{} · {INSTRUCTIONS}", self.title),
            &Format::new().set_bold().set_font_size(14),
        )?;
        let mut row = 1;
        for (number, line) in (1..).zip(&self.instructions) {
            sheet.merge_range(row, 0, row, 3, &format!("{number}. {line}"), &wrap)?;
            sheet.set_row_height(
                row,
                16.0 * f64::from(u32::try_from(line.chars().count() / 48).unwrap_or(0) + 1),
            )?;
            row += 1;
        }
        row += 1;
        for (at, (heading, width)) in (0..).zip([
            ("列名", 20),
            ("是否必填", 10),
            ("填写要求", 56),
            ("示例", 26),
        ]) {
            sheet.write_string_with_format(row, at, heading, &heading_format(false))?;
            sheet.set_column_width(at, width)?;
        }
        for column in &self.columns {
            row += 1;
            sheet.write_string_with_format(row, 0, column.heading, &wrap)?;
            sheet.write_string_with_format(
                row,
                1,
                if column.required { "必填" } else { "选填" },
                &wrap,
            )?;
            sheet.write_string_with_format(row, 2, column.rule(), &wrap)?;
            sheet.write_string_with_format(row, 3, neutral(&column.example), &wrap)?;
        }
        Ok(())
    }

    /// One column per long list, at the place of its data column.
    fn write_options(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name(OPTIONS)?;
        for (at, column) in (0..).zip(&self.columns) {
            if let Kind::Code(options) = &column.kind {
                for (row, option) in (0..).zip(options) {
                    sheet.write_string(row, at, neutral(option))?;
                }
            }
        }
        sheet.set_hidden(true);
        Ok(())
    }
}

impl Column {
    /// The rule in words, for people.
    fn rule(&self) -> String {
        let form = match &self.kind {
            Kind::Code(_) => "从下拉项中选择",
            Kind::YearMonth => "年月，如2020-09",
            Kind::Date => "日期，如2020-09-01",
            Kind::IdLike => "文本格式，不要改成数值",
            Kind::Integer => "整数",
            Kind::Text => "",
        };
        let locked = if self.locked.is_some() {
            "已预填，请勿改动"
        } else {
            ""
        };
        [self.hint.as_str(), form, locked]
            .iter()
            .filter(|s| !s.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("；")
    }

    /// Dropdown and hint of the column's cells.
    fn validation(&self, at: u16) -> Result<DataValidation, XlsxError> {
        let rule = match (&self.locked, &self.kind) {
            (Some(value), _) if fits_in_line(std::slice::from_ref(value)) => {
                DataValidation::new().allow_list_strings(&[value])?
            }
            (None, Kind::Code(options)) if fits_in_line(options) => {
                DataValidation::new().allow_list_strings(options)?
            }
            (None, Kind::Code(options)) if !options.is_empty() => {
                let name = crate::a1(0, u32::from(at));
                let letters = name.trim_end_matches('1');
                DataValidation::new().allow_list_formula(Formula::new(format!(
                    "='{OPTIONS}'!${letters}$1:${letters}${}",
                    options.len()
                )))
            }
            // Only says what is too long; what else is wrong is said in words when the file is checked.
            _ => DataValidation::new().allow_text_length(DataValidationRule::LessThanOrEqualTo(
                u32::try_from(self.longest.max(24)).unwrap_or(u32::MAX),
            )),
        };
        let title: String = self.heading.chars().take(15).collect();
        let hint: String = self.rule().chars().take(120).collect();
        let rule = rule
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title(&title)?
            .set_error_message(format!("此格不符合要求：{hint}"))?;
        if hint.is_empty() {
            Ok(rule)
        } else {
            rule.set_input_title(&title)?.set_input_message(hint)
        }
    }
}

/// Whether a list may stand in the rule itself: 255 characters, no commas.
fn fits_in_line(options: &[String]) -> bool {
    !options.is_empty()
        && options
            .iter()
            .all(|o| !o.contains([',', '"']) && !o.is_empty())
        && options
            .iter()
            .map(|o| o.encode_utf16().count() + 1)
            .sum::<usize>()
            <= 255
}

fn text_format() -> Format {
    Format::new()
        .set_num_format("@")
        .set_align(FormatAlign::Top)
}

fn heading_format(required: bool) -> Format {
    Format::new()
        .set_bold()
        .set_num_format("@")
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0x00F3_EFE7))
        .set_border_bottom(FormatBorder::Thin)
        .set_font_color(Color::RGB(if required { 0x00B4_2318 } else { 0x0033_3333 }))
}

/// An export: headings, rows as they come (the memory used does not grow with them), then the watermark.
///
/// Every cell is text, and none can be taken for a formula.
///
/// # Errors
/// When the workbook cannot be written, or has more rows than a sheet takes.
pub fn write_table<R, C>(
    title: &str,
    headings: &[&str],
    rows: impl IntoIterator<Item = R>,
    watermark: &Watermark<'_>,
) -> Result<Vec<u8>, WriteError>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    let name: String = title
        .chars()
        .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''))
        .take(28)
        .collect();
    sheet.set_name(if name.is_empty() { "导出" } else { &name })?;
    sheet.set_freeze_panes(1, 0)?;
    let line = watermark.line();
    sheet.set_footer(format!("&C{}", line.replace('&', "&&")));
    let heading = heading_format(false);
    for (at, text) in (0..).zip(headings) {
        sheet.set_column_width(at, 18)?;
        sheet.write_string_with_format(0, at, neutral(text), &heading)?;
    }
    let format = text_format();
    let mut at = 1;
    for row in rows {
        for (column, text) in (0..).zip(row) {
            if !text.as_ref().is_empty() {
                sheet.write_string_with_format(at, column, neutral(text.as_ref()), &format)?;
            }
        }
        at += 1;
    }
    sheet.write_string_with_format(
        at + 1,
        0,
        neutral(&line),
        &Format::new()
            .set_italic()
            .set_font_color(Color::RGB(0x0066_6666)),
    )?;
    Ok(book.save_to_buffer()?)
}
