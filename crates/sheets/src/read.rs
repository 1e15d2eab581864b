//! Reads an uploaded workbook against its template.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, Reader, SheetType, SheetVisible, Xlsx};

use crate::cell::{Stored, match_key};
use crate::template::REASON;
use crate::write::{INSTRUCTIONS, MARK, OPTIONS};
use crate::{Cell, FileFault, Limits, Row, Template, Trouble, a1, archive, csv};

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Rows above the headings that somebody may have put there.
pub(crate) const HEADER_ROWS: u32 = 10;
/// Sheets and columns looked at; whoever has more has no template of ours.
const MOST_SHEETS: usize = 20;
pub(crate) const MOST_COLUMNS: u32 = 256;
const MOST_REGIONS: usize = 10_000;
/// Rows holding only prefilled cells that are put up with.
const SPARE_ROWS: usize = 11_000;
/// What is kept of one text, of one heading, and of all texts together.
const LONGEST_TEXT: usize = 2000;
pub(crate) const LONGEST_HEADING: usize = 200;
const TEXT_BYTES: usize = 32 * 1024 * 1024;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The sheet the rows come from.
    pub name: String,
    /// The row of the headings, as the program shows it.
    pub header_row: u32,
    /// Rows with anything in them, in order.
    pub rows: Vec<Row>,
    /// Headings that belong to no declared column; their cells were passed over.
    pub ignored: Vec<String>,
}

/// Reads the rows of an uploaded file, or says why the file as a whole is refused.
///
/// Blocks while it works: call it where blocking is allowed.
///
/// # Errors
/// A [`FileFault`] whose text is meant for the person who uploaded.
pub fn read(bytes: &[u8], template: &Template, limits: &Limits) -> Result<Sheet, FileFault> {
    if bytes.len() as u64 <= limits.packed
        && let Some(text) = csv::text_of(bytes)
    {
        return csv::read(&text, template, limits);
    }
    archive::check(bytes, limits)?;
    // The parser is not ours; should it stumble over a crafted file, the file is unreadable and nothing else happens.
    catch_unwind(AssertUnwindSafe(|| read_workbook(bytes, template, limits)))
        .unwrap_or(Err(FileFault::Unreadable))
}

fn read_workbook(bytes: &[u8], template: &Template, limits: &Limits) -> Result<Sheet, FileFault> {
    let mut book: Workbook<'_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| FileFault::Unreadable)?;
    let marked = check_mark(&mut book, template)?;
    let own = template.sheet_name();
    let mut names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|s| {
            s.typ == SheetType::WorkSheet
                && s.visible == SheetVisible::Visible
                && ![INSTRUCTIONS, OPTIONS, MARK].contains(&s.name.as_str())
        })
        .map(|s| s.name.clone())
        .take(MOST_SHEETS)
        .collect();
    // The sheet of the right name first; another one only if that one does not have the headings.
    names.sort_by_key(|name| *name != own);
    let mut best: Option<(String, Header)> = None;
    for name in names {
        let header = find_header(&mut book, &name, template)?;
        if best
            .as_ref()
            .is_none_or(|(_, b)| header.found() > b.found())
        {
            best = Some((name, header));
        }
    }
    let Some((name, header)) = best else {
        return Err(if marked {
            FileFault::StructureChanged {
                cell: "工作表".to_owned(),
                wanted: own,
                found: "没有这张表".to_owned(),
            }
        } else {
            FileFault::NotTemplate {
                title: template.title.clone(),
                missing: Vec::new(),
            }
        });
    };
    header.complete(template, &name, marked)?;
    read_rows(&mut book, &name, &header, template, limits)
}

/// As much of a text as could still be meant.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// Reads the version cell. `false`: there is none, so the headings alone decide.
fn check_mark(book: &mut Workbook<'_>, template: &Template) -> Result<bool, FileFault> {
    if !book.sheet_names().iter().any(|n| n == MARK) {
        return Ok(false);
    }
    let mut values: BTreeMap<u32, String> = BTreeMap::new();
    let mut cells = book
        .worksheet_cells_reader(MARK)
        .map_err(|_| FileFault::Unreadable)?;
    while let Some(cell) = cells.next_cell().map_err(|_| FileFault::Unreadable)? {
        let (row, column) = cell.get_position();
        if row < 4 && column == 1 {
            let text = Data::from(cell.get_value().clone()).to_string();
            values.insert(
                row,
                text.trim()
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(40)
                    .collect(),
            );
        }
    }
    let value = |row| values.get(&row).map_or("", String::as_str);
    if value(0) != template.kind {
        let found = if value(3).is_empty() {
            "其他"
        } else {
            value(3)
        };
        return Err(FileFault::WrongTemplate {
            found: found.to_owned(),
            wanted: template.title.clone(),
        });
    }
    if value(1) != template.version.to_string() || value(2) != template.checksum() {
        return Err(FileFault::OutdatedTemplate {
            title: template.title.clone(),
        });
    }
    Ok(true)
}

/// Where the columns stand.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) row: u32,
    /// Per declared column: the column in the file.
    places: Vec<Option<u32>>,
    /// All texts of the row, by column.
    texts: BTreeMap<u32, String>,
    /// A declared heading that stands twice.
    twice: Option<u32>,
}

impl Header {
    /// Nothing found yet.
    pub(crate) fn none(columns: usize) -> Self {
        Self {
            places: vec![None; columns],
            ..Self::default()
        }
    }

    pub(crate) fn found(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Where the declared column of this index stands in the file.
    pub(crate) fn place(&self, index: usize) -> Option<u32> {
        self.places.get(index).copied().flatten()
    }

    /// The declared columns found among the texts of a row: by heading, or else by one of their other names.
    pub(crate) fn of(row: u32, texts: BTreeMap<u32, String>, keys: &[Vec<String>]) -> Self {
        let mut header = Self {
            row,
            places: vec![None; keys.len()],
            ..Self::default()
        };
        for (column, text) in &texts {
            let text = heading_key(text);
            if let Some(place) = keys
                .iter()
                .position(|names| names.contains(&text))
                .and_then(|i| header.places.get_mut(i))
            {
                if place.is_some() {
                    header.twice.get_or_insert(*column);
                } else {
                    *place = Some(*column);
                }
            }
        }
        header.texts = texts;
        header
    }

    /// Whether every declared column is there once; in a table that is not our template, every required one (FLD-105).
    pub(crate) fn complete(
        &self,
        template: &Template,
        sheet: &str,
        marked: bool,
    ) -> Result<(), FileFault> {
        let found_at = |column: u32| {
            self.texts
                .get(&column)
                .map_or_else(|| "空白".to_owned(), |t| t.chars().take(30).collect())
        };
        if let Some(column) = self.twice {
            return Err(FileFault::StructureChanged {
                cell: format!("〔{sheet}〕{}", a1(self.row, column)),
                wanted: "每个表头只出现一次".to_owned(),
                found: found_at(column),
            });
        }
        let missing: Vec<(usize, &str)> = template
            .columns
            .iter()
            .enumerate()
            .filter(|(i, _)| self.place(*i).is_none())
            .filter(|(_, c)| marked || self.found() == 0 || (c.required && c.locked.is_none()))
            .map(|(i, c)| (i, c.heading))
            .collect();
        let Some((index, heading)) = missing.first().copied() else {
            return Ok(());
        };
        if !marked {
            let missing = if self.found() == 0 {
                Vec::new()
            } else {
                missing.iter().map(|(_, h)| (*h).to_owned()).collect()
            };
            return Err(FileFault::NotTemplate {
                title: template.title.clone(),
                missing,
            });
        }
        // Its own place if nothing of ours stands there, else the place after the last heading.
        let own = u32::try_from(index).unwrap_or(0);
        let column = if self.places.contains(&Some(own)) {
            self.texts.keys().next_back().map_or(0, |c| c + 1)
        } else {
            own
        };
        Err(FileFault::StructureChanged {
            cell: format!("〔{sheet}〕{}", a1(self.row, column)),
            wanted: heading.to_owned(),
            found: found_at(column),
        })
    }
}

fn heading_key(text: &str) -> String {
    match_key(text).trim_matches('*').to_owned()
}

/// By declared column: its heading and its other names.
pub(crate) fn heading_keys(template: &Template) -> Vec<Vec<String>> {
    template
        .columns
        .iter()
        .map(|c| {
            std::iter::once(&c.heading)
                .chain(c.aliases)
                .map(|name| heading_key(name))
                .collect()
        })
        .collect()
}

/// Headings of no declared column.
pub(crate) fn unknown_headings(header: &Header) -> Vec<String> {
    header
        .texts
        .iter()
        .filter(|(column, text)| {
            !header.places.contains(&Some(**column)) && heading_key(text) != REASON
        })
        .map(|(_, text)| text.chars().take(40).collect())
        .collect()
}

/// A row from the cells found, by declared column; what was not there is empty.
pub(crate) fn row_from(
    template: &Template,
    header: &Header,
    row: u32,
    mut cells: BTreeMap<usize, Cell>,
) -> Row {
    let cells = template
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let cell = cells.remove(&i).unwrap_or_else(|| Cell {
                at: header.place(i).map(|c| a1(row, c)).unwrap_or_default(),
                ..Cell::default()
            });
            (Cow::Borrowed(column.key), Template::fill(column, cell))
        })
        .collect();
    Row {
        number: row + 1,
        cells,
    }
}

/// The row among the first few that has most of the headings.
fn find_header(
    book: &mut Workbook<'_>,
    sheet: &str,
    template: &Template,
) -> Result<Header, FileFault> {
    let keys = heading_keys(template);
    let mut rows: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    let mut cells = book
        .worksheet_cells_reader(sheet)
        .map_err(|_| FileFault::Unreadable)?;
    while let Some(cell) = cells.next_cell().map_err(|_| FileFault::Unreadable)? {
        let (row, column) = cell.get_position();
        if row >= HEADER_ROWS {
            break;
        }
        let text = match cell.get_value() {
            DataRef::String(text) => text.trim(),
            DataRef::SharedString(text) => text.trim(),
            _ => continue,
        };
        if column < MOST_COLUMNS && !text.is_empty() {
            rows.entry(row)
                .or_default()
                .insert(column, text.chars().take(LONGEST_HEADING).collect());
        }
    }
    let mut best = Header::none(keys.len());
    for (row, texts) in rows {
        let header = Header::of(row, texts, &keys);
        if header.found() > best.found() {
            best = header;
        }
    }
    Ok(best)
}

fn read_rows(
    book: &mut Workbook<'_>,
    sheet: &str,
    header: &Header,
    template: &Template,
    limits: &Limits,
) -> Result<Sheet, FileFault> {
    let epoch_1904 = book.has_1904_epoch();
    // Column of the file → declared column.
    let places: BTreeMap<u32, usize> = header
        .places
        .iter()
        .enumerate()
        .filter_map(|(i, place)| place.map(|p| (p, i)))
        .collect();
    let mut found: BTreeMap<u32, BTreeMap<usize, Cell>> = BTreeMap::new();
    let mut budget = TEXT_BYTES;
    let mut cells = book
        .worksheet_cells_reader(sheet)
        .map_err(|_| FileFault::Unreadable)?;
    // Shared formulas are not expanded: that there is one is enough, and expanding costs what the file says.
    while let Some(record) = cells
        .next_cell_with_formula_metadata()
        .map_err(|_| FileFault::Unreadable)?
    {
        let (row, at) = record.pos;
        let Some(column) = places
            .get(&at)
            .and_then(|i| template.columns.get(*i).map(|c| (*i, c)))
        else {
            continue;
        };
        if row <= header.row {
            continue;
        }
        let stored = match record.value {
            DataRef::Empty => None,
            DataRef::String(text) => Some(Stored::Text(short(&text))),
            DataRef::SharedString(text) => Some(Stored::Text(short(text))),
            #[expect(
                clippy::cast_precision_loss,
                reason = "what is lost lies beyond the fifteen digits that are refused anyway"
            )]
            DataRef::Int(number) => Some(Stored::Number(number as f64)),
            DataRef::Float(number) => Some(Stored::Number(number)),
            DataRef::Bool(yes) => Some(Stored::Bool(yes)),
            DataRef::DateTime(time) if time.is_datetime() => Some(Stored::Serial(time.as_f64())),
            DataRef::DateTime(time) => Some(Stored::Number(time.as_f64())),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(Stored::Text(text)),
            DataRef::Error(error) => Some(Stored::Error(error.to_string())),
        };
        let shows_nothing = matches!(&stored, Some(Stored::Text(text)) if text.trim().is_empty());
        let mut cell = stored
            .map(|s| Cell::stored(&column.1.kind, s, epoch_1904))
            .unwrap_or_default();
        column.1.translate(&mut cell);
        // A formula filled down that shows nothing is a blank cell to the person; one never computed may be anything.
        if record.formula.is_some() && !shows_nothing {
            cell.trouble = Some(Trouble::Formula);
        }
        if cell.is_empty() {
            continue;
        }
        cell.at = a1(row, at);
        // One long text may be shared by every cell, so what is kept is counted, not what the file holds.
        budget = budget
            .checked_sub(cell.typed.len() + cell.text.len())
            .ok_or(FileFault::Bomb)?;
        found.entry(row).or_default().insert(column.0, cell);
        // Rows with nothing but prefilled cells are dropped below; this bounds them all the same.
        if found.len() > limits.rows.saturating_mul(2) + SPARE_ROWS {
            return Err(FileFault::TooManyRows { limit: limits.rows });
        }
    }
    drop(cells);
    let mut rows = Vec::new();
    for (row, cells) in found {
        if cells
            .keys()
            .all(|i| template.columns.get(*i).is_some_and(|c| c.locked.is_some()))
        {
            continue;
        }
        if rows.len() == limits.rows {
            return Err(FileFault::TooManyRows { limit: limits.rows });
        }
        rows.push(row_from(template, header, row, cells));
    }
    if rows.is_empty() {
        return Err(FileFault::Empty {
            sheet: sheet.to_owned(),
        });
    }
    if rows.iter().any(|row| {
        template
            .columns
            .iter()
            .any(|c| c.required && row.cell(c.key).is_none_or(Cell::is_empty))
    }) {
        mark_merged(book, sheet, header, template, &mut rows);
    }
    Ok(Sheet {
        name: sheet.to_owned(),
        header_row: header.row + 1,
        rows,
        ignored: unknown_headings(header),
    })
}

/// Says of blank cells under a merged one what they are, so that nobody wonders about a value plainly seen.
fn mark_merged(
    book: &mut Workbook<'_>,
    sheet: &str,
    header: &Header,
    template: &Template,
    rows: &mut [Row],
) {
    for region in book
        .merge_cells_by_sheet_name(sheet)
        .unwrap_or_default()
        .iter()
        .take(MOST_REGIONS)
    {
        let begin = rows.partition_point(|row| row.number <= region.start.0);
        for row in rows
            .iter_mut()
            .skip(begin)
            .take_while(|row| row.number.saturating_sub(1) <= region.end.0)
        {
            for (column, place) in template.columns.iter().zip(&header.places) {
                if place.is_some_and(|p| (region.start.1..=region.end.1).contains(&p))
                    && let Some(cell) = row.cells.get_mut(column.key).filter(|c| c.is_empty())
                {
                    cell.trouble = Some(Trouble::Merged);
                }
            }
        }
    }
}
