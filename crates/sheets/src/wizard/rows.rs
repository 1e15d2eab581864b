//! Rows of a run: judged together, sealed in chunks, indexed without their values.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use base::{Error, ImportId, Result};
use db::{Keyring, Tx};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use web::App;

use super::{
    Outcome, Verdict,
    engine::Open,
    store::{self, Counts, Marks},
};
use crate::{Row, Template};

/// Rows sealed together.
const CHUNK: usize = 200;

/// A row with what was found in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub row: Row,
    pub verdict: Verdict,
}

/// Verdicts on all rows: what the declaration finds comes before what the importer finds in the same cell.
pub(super) async fn judge(
    app: &App,
    conn: &mut PgConnection,
    open: &Open,
    template: &Template,
    rows: &[Row],
) -> Result<Vec<Verdict>> {
    let mut verdicts = open.importer.check(app, conn, &open.run(), rows).await?;
    if verdicts.len() != rows.len() {
        return Err(Error::Internal(anyhow::anyhow!(
            "the importer judged {} of {} rows",
            verdicts.len(),
            rows.len()
        )));
    }
    for (row, verdict) in rows.iter().zip(&mut verdicts) {
        let mut faults = template.check(row);
        if let Outcome::Faulty(found) = &mut verdict.outcome {
            let named: BTreeSet<String> = faults.iter().map(|f| f.column.clone()).collect();
            faults.extend(found.drain(..).filter(|f| !named.contains(&f.column)));
        }
        if !faults.is_empty() {
            // In the order of the columns; what concerns the row as a whole comes last.
            faults.sort_by_key(|f| {
                let place = template.columns.iter().position(|c| c.key == f.column);
                place.unwrap_or(usize::MAX)
            });
            verdict.outcome = Outcome::Faulty(faults);
        }
    }
    Ok(verdicts)
}

pub(super) fn counts(kept: &[Kept]) -> Counts {
    kept.iter().fold((0, 0, 0, 0), |mut sum, k| {
        match k.verdict.outcome {
            Outcome::Ready(_) => sum.0 += 1,
            Outcome::Duplicate(_) => sum.1 += 1,
            Outcome::Faulty(_) => sum.2 += 1,
        }
        if warned(&k.verdict) {
            sum.3 += 1;
        }
        sum
    })
}

/// Whether a row can be applied and ought to be looked at.
fn warned(verdict: &Verdict) -> bool {
    !verdict.warnings.is_empty() && matches!(verdict.outcome, Outcome::Ready(_))
}

/// The key a fault is grouped by; faults of a row as a whole have no column.
pub(super) const WHOLE_ROW: &str = "row";

fn mark(marks: &mut Marks, place: usize, kept: &Kept) {
    let (verdict, reasons) = match &kept.verdict.outcome {
        Outcome::Ready(_) => ("ready", String::new()),
        Outcome::Duplicate(_) => ("duplicate", String::new()),
        Outcome::Faulty(faults) => {
            let columns: BTreeSet<&str> = faults
                .iter()
                .map(|f| {
                    if f.column.is_empty() {
                        WHOLE_ROW
                    } else {
                        f.column.as_str()
                    }
                })
                .collect();
            let listed: Vec<&str> = columns.into_iter().collect();
            ("faulty", format!(",{},", listed.join(",")))
        }
    };
    marks
        .rows
        .push(i32::try_from(kept.row.number).unwrap_or(i32::MAX));
    marks
        .chunks
        .push(i32::try_from(place / CHUNK).unwrap_or(i32::MAX));
    marks.verdicts.push(verdict.to_owned());
    marks.warned.push(warned(&kept.verdict));
    marks.reasons.push(reasons);
}

/// The field a chunk is sealed for; its number is bound to it, so that chunks cannot be swapped.
fn field(chunk: i32) -> String {
    format!("import_chunk.sealed.{chunk}")
}

/// Rows say much the same, and sealing and storing cost by the byte: packed they take a tenth.
fn pack(rows: &[Kept]) -> std::io::Result<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&serde_json::to_vec(rows)?)?;
    packed.finish()
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<Kept>> {
    let mut plain = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut plain)?;
    Ok(serde_json::from_slice(&plain)?)
}

/// Writes rows and their index: those at `changed`, or all.
pub(super) async fn keep(
    tx: &mut Tx,
    id: ImportId,
    kept: &[Kept],
    changed: Option<&BTreeSet<usize>>,
) -> Result<()> {
    let mut marks = Marks::default();
    for (place, row) in kept.iter().enumerate() {
        if changed.is_none_or(|c| c.contains(&place)) {
            mark(&mut marks, place, row);
        }
    }
    let (mut numbers, mut sealed) = (Vec::new(), Vec::new());
    for (number, rows) in (0..).zip(kept.chunks(CHUNK)) {
        if changed.is_none() || marks.chunks.contains(&number) {
            let packed = pack(rows).map_err(anyhow::Error::from)?;
            numbers.push(number);
            sealed.push(
                tx.keys()
                    .seal_bytes(tx.random(), &field(number), id.0, &packed),
            );
        }
    }
    store::put_chunks(tx, id, &numbers, &sealed).await?;
    store::put_rows(tx, id, &marks).await
}

/// Rows of these chunks, or all, in order.
pub(super) async fn load(
    conn: &mut PgConnection,
    keys: &Keyring,
    id: ImportId,
    which: Option<&[i32]>,
) -> Result<Vec<Kept>> {
    let mut kept = Vec::new();
    for (number, sealed) in store::chunks(conn, id, which).await? {
        let packed = keys.open_bytes(&field(number), id.0, &sealed)?;
        kept.extend(unpack(&packed).map_err(anyhow::Error::from)?);
    }
    Ok(kept)
}
