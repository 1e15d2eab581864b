//! A template: the declared columns of one import, and what they ask of a row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Cell, FaultKind, RowFault, Trouble, moment};

/// The last column of the file of failed rows; skipped when such a file is read.
pub(crate) const REASON: &str = "失败原因";

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these, offered as a dropdown.
    Code(Vec<String>),
    /// Year and month, understood as `2020-09`.
    YearMonth,
    /// A date, understood as `2020-09-01`.
    Date,
    /// An identifier: text, never a number.
    IdLike,
    /// A whole number.
    Integer,
}

/// One column of a template.
#[derive(Debug, Clone)]
pub struct Column {
    /// How code calls it.
    pub key: &'static str,
    /// How people call it.
    pub heading: &'static str,
    /// What people call it in tables of their own (FLD-105).
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
    /// Whether a row without it is refused.
    pub required: bool,
    /// The rule in words, shown when a cell is entered and in 填写说明.
    pub hint: String,
    /// An example, shown in 填写说明.
    pub example: String,
    /// Width in characters.
    pub width: u16,
    /// Most characters.
    pub longest: usize,
    /// The only value this column may have here; prefilled, and put in where left empty.
    pub locked: Option<String>,
    /// Pages show it masked: ID numbers, phones.
    pub masked: bool,
    /// Other words for its options: a code, an old number, another label, and the option each stands for (FLD-01).
    pub words: Vec<(String, String)>,
}

impl Column {
    /// An optional column; the rest is added by the methods below.
    #[must_use]
    pub fn new(key: &'static str, heading: &'static str, kind: Kind) -> Self {
        Self {
            key,
            heading,
            aliases: &[],
            kind,
            required: false,
            hint: String::new(),
            example: String::new(),
            width: 16,
            longest: 100,
            locked: None,
            masked: false,
            words: Vec::new(),
        }
    }

    /// Other words its options are understood by, each with its option.
    #[must_use]
    pub fn understands(mut self, words: Vec<(String, String)>) -> Self {
        self.words = words;
        self
    }

    /// The option a cell's other word stands for.
    pub(crate) fn translate(&self, cell: &mut Cell) {
        if let Kind::Code(options) = &self.kind
            && !options.contains(&cell.text)
            && let Some((_, option)) = self.words.iter().find(|(word, _)| *word == cell.text)
        {
            cell.text.clone_from(option);
        }
    }

    /// Other headings it is recognised by.
    #[must_use]
    pub fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Makes it required.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The rule in words.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// An example.
    #[must_use]
    pub fn example(mut self, example: impl Into<String>) -> Self {
        self.example = example.into();
        self
    }

    /// Width in characters.
    #[must_use]
    pub fn width(mut self, width: u16) -> Self {
        self.width = width;
        self
    }

    /// Most characters.
    #[must_use]
    pub fn longest(mut self, longest: usize) -> Self {
        self.longest = longest;
        self
    }

    /// The only value it may have.
    #[must_use]
    pub fn locked(mut self, value: impl Into<String>) -> Self {
        self.locked = Some(value.into());
        self
    }

    /// Pages show it masked.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.masked = true;
        self
    }

    /// The faults of one cell, by what the column declares.
    #[must_use]
    pub fn check(&self, cell: &Cell) -> Option<RowFault> {
        let heading = self.heading;
        let fault = |kind, message: String| Some(RowFault::new(self, kind, message));
        match cell.trouble {
            Some(Trouble::Formula) => {
                return fault(
                    FaultKind::Formula,
                    format!(
                        "{heading}：单元格是公式，系统不计算公式。请复制该列后“粘贴为值”，再重新上传。"
                    ),
                );
            }
            Some(Trouble::LostDigits) => {
                return fault(
                    FaultKind::LostDigits,
                    format!(
                        "{heading}：单元格是数值格式，末几位已丢失：请把该列设为文本后重新填写。"
                    ),
                );
            }
            Some(Trouble::AmbiguousMonth) => {
                let typed = &cell.typed;
                return fault(
                    FaultKind::YearMonth,
                    format!(
                        "{heading}〔{typed}〕可能是1月，也可能是10月：单元格是数值格式，末尾的0会丢失。请把该列设为文本，填成2020-01这样的形式。"
                    ),
                );
            }
            Some(Trouble::Characters) => {
                return fault(
                    FaultKind::Characters,
                    format!("{heading}：含有换行或不可见的控制字符。请删去该格内容后重新键入。"),
                );
            }
            Some(Trouble::ErrorValue) => {
                return fault(
                    FaultKind::ErrorValue,
                    format!(
                        "{heading}〔{}〕是错误值，不是数据。请重新填写该格。",
                        shown(&cell.typed)
                    ),
                );
            }
            Some(Trouble::Merged) => {
                return fault(
                    FaultKind::Merged,
                    format!(
                        "{heading}：该格被合并单元格盖住，合并后只有第一格有值。请取消合并，逐行填写。"
                    ),
                );
            }
            None => {}
        }
        let text = cell.text.as_str();
        if let Some(locked) = &self.locked
            && text != locked
            && !text.is_empty()
        {
            return fault(
                FaultKind::Locked,
                format!(
                    "{heading}〔{}〕与本次导入的〔{locked}〕不符，该列不能改动。请恢复原值或清空该格。",
                    shown(text)
                ),
            );
        }
        if text.is_empty() {
            return if self.required && self.locked.is_none() {
                fault(
                    FaultKind::Required,
                    format!("{heading}为空：此项必填。请补填该格。"),
                )
            } else {
                None
            };
        }
        let length = text.chars().count();
        if length > self.longest {
            return fault(
                FaultKind::TooLong,
                format!(
                    "{heading}超长：最多{}个字，现为{length}个。请缩短后重新填写。",
                    self.longest
                ),
            );
        }
        match &self.kind {
            Kind::Code(options) if !options.iter().any(|o| o == text) => {
                let near = base::text::nearest(text, options.iter().map(String::as_str));
                let rule = if options.len() <= 3 {
                    format!("只能是{}之一", options.join("、"))
                } else {
                    format!("最接近的是{}", near.join("、"))
                };
                let meant = near.first().filter(|one| base::text::resembles(text, one));
                fault(
                    FaultKind::Option,
                    format!(
                        "{heading}〔{}〕不在下拉项内：{rule}。请改选下拉项。",
                        shown(text)
                    ),
                )
                .map(|fault| match meant {
                    Some(one) => fault.suggest(*one),
                    None => fault,
                })
            }
            Kind::YearMonth if moment::year_month(text).is_none() => fault(
                FaultKind::YearMonth,
                format!(
                    "{heading}〔{}〕不是有效的年月：须有四位年份和月份，如2020-09或2020年9月。请改正该格。",
                    shown(text)
                ),
            ),
            Kind::Date if moment::date(text).is_none() => fault(
                FaultKind::Date,
                format!(
                    "{heading}〔{}〕不是有效的日期：须有四位年份、月份和日，如2020-09-01。请改正该格。",
                    shown(text)
                ),
            ),
            Kind::Integer if !is_integer(text) => fault(
                FaultKind::Integer,
                format!(
                    "{heading}〔{}〕不是整数：只能填数字，如12。请改正该格。",
                    shown(text)
                ),
            ),
            _ => None,
        }
    }
}

/// At most fifteen digits, with or without a minus.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A value as it is repeated in a message: never so long that it hides the rest.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(30).collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}

/// One data row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The row's number in the file, as the program shows it.
    pub number: u32,
    /// Cells by the key of their column; every declared column is there.
    pub cells: BTreeMap<Cow<'static, str>, Cell>,
}

impl Row {
    /// The cell of this column.
    #[must_use]
    pub fn cell(&self, key: &str) -> Option<&Cell> {
        self.cells.get(key)
    }

    /// What the cell means; empty when nothing was typed.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.cell(key).map_or("", |c| c.text.as_str())
    }

    /// Year and month of the cell.
    #[must_use]
    pub fn year_month(&self, key: &str) -> Option<base::YearMonth> {
        let (year, month) = moment::year_month(self.text(key))?;
        base::YearMonth::new(year, month)
    }

    /// Date of the cell.
    #[must_use]
    pub fn date(&self, key: &str) -> Option<NaiveDate> {
        moment::date(self.text(key))
    }

    /// Whole number of the cell.
    #[must_use]
    pub fn integer(&self, key: &str) -> Option<i64> {
        Some(self.text(key)).filter(|t| is_integer(t))?.parse().ok()
    }
}

/// The declared columns of one import.
#[derive(Debug, Clone)]
pub struct Template {
    /// How code calls it; stands in the file.
    pub kind: &'static str,
    /// Raised with every change of the columns.
    pub version: u32,
    /// How people call it; also the name of the data sheet.
    pub title: String,
    /// Lines of the sheet 填写说明.
    pub instructions: Vec<String>,
    /// The columns in order.
    pub columns: Vec<Column>,
}

impl Template {
    /// The column with this key.
    #[must_use]
    pub fn column(&self, key: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.key == key)
    }

    /// A row from what was typed on a page, or to prefill a template with. Unknown keys are passed over.
    #[must_use]
    pub fn row(&self, number: u32, typed: &[(&str, &str)]) -> Row {
        let typed: BTreeMap<&str, &str> = typed.iter().copied().collect();
        let cells = self
            .columns
            .iter()
            .map(|c| {
                (
                    Cow::Borrowed(c.key),
                    Self::fill(c, Cell::typed(&c.kind, typed.get(c.key).unwrap_or(&""))),
                )
            })
            .collect();
        Row { number, cells }
    }

    /// Puts another value into one cell of a row, as mending on the page does. Answers whether the column exists.
    pub fn mend(&self, row: &mut Row, key: &str, typed: &str) -> bool {
        let Some(column) = self.column(key) else {
            return false;
        };
        let at = row.cell(key).map(|c| c.at.clone()).unwrap_or_default();
        let cell = Self::fill(
            column,
            Cell {
                at,
                ..Cell::typed(&column.kind, typed)
            },
        );
        row.cells.insert(Cow::Borrowed(column.key), cell);
        true
    }

    /// An empty cell of a locked column means its value.
    pub(crate) fn fill(column: &Column, mut cell: Cell) -> Cell {
        if let Some(locked) = &column.locked {
            if cell.is_empty() {
                cell.typed.clone_from(locked);
                cell.text.clone_from(locked);
            } else if crate::cell::match_key(&cell.text) == crate::cell::match_key(locked) {
                cell.text.clone_from(locked);
            }
        }
        cell
    }

    /// All faults of a row that the declaration itself can find, in the order of the columns (ROS-24: all at once).
    #[must_use]
    pub fn check(&self, row: &Row) -> Vec<RowFault> {
        let empty = Cell::default();
        self.columns
            .iter()
            .filter_map(|column| column.check(row.cell(column.key).unwrap_or(&empty)))
            .collect()
    }

    /// The name of the data sheet: what a sheet name cannot hold is left out.
    #[must_use]
    pub fn sheet_name(&self) -> String {
        let name: String = self
            .title
            .chars()
            .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''))
            .take(28)
            .collect();
        if name.is_empty() {
            "数据".to_owned()
        } else {
            name
        }
    }

    /// Changes when a heading is added, dropped, renamed or moved (FNV-1a, 64 bit): it recognises, it does not protect.
    #[must_use]
    pub fn checksum(&self) -> String {
        let bytes = self
            .columns
            .iter()
            .flat_map(|c| c.heading.bytes().chain(std::iter::once(0)));
        format!(
            "{:016x}",
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash
                ^ u64::from(byte))
            .wrapping_mul(0x0100_0000_01b3))
        )
    }
}
