//! Exports of lists as background work (GEN-07, SEC-34).

use access::{Actor, Who};
use base::{Error, FileId, Result};
use bytes::Bytes;
use chrono::TimeDelta;
use db::{Event, jobs::Run};
use futures::{Stream, StreamExt};
use serde_json::json;
use web::App;

use crate::{Watermark, write_table};

/// How long the file can be fetched (SEC-34).
const KEPT: TimeDelta = TimeDelta::hours(24);
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Writes the rows of a watched job into a workbook its starter alone can fetch for 24 hours, and makes it the job's
/// result. `title` names the sheet and the file, `reader` stands in the watermark. Rows are written as they come.
///
/// # Errors
/// When a row cannot be read, or the file not be written or kept.
pub async fn deliver(
    app: &App,
    job: &Run,
    reader: &str,
    title: &str,
    headings: &[&str],
    rows: impl Stream<Item = Result<Vec<String>>>,
) -> Result<()> {
    let person = job
        .person
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("an export nobody watches")))?;
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<String>>(256);
    let (name, by) = (title.to_owned(), reader.to_owned());
    let headings: Vec<String> = headings.iter().map(|&h| h.to_owned()).collect();
    let at = base::china_time(app.now()).naive_local();
    let writing = tokio::task::spawn_blocking(move || {
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        let rows = std::iter::from_fn(|| receiver.blocking_recv());
        write_table(&name, &headings, rows, &Watermark { reader: &by, at })
    });
    let mut rows = std::pin::pin!(rows);
    let mut count: u64 = 0;
    while let Some(row) = rows.next().await {
        if sender.send(row?).await.is_err() {
            break; // The writer stopped; its fault is told below.
        }
        count += 1;
        if count.is_multiple_of(2000) {
            job.progress(count, 0).await?;
        }
    }
    drop(sender);
    let bytes = writing
        .await
        .map_err(anyhow::Error::from)?
        .map_err(anyhow::Error::from)?;
    let actor = Actor {
        who: Who::Person(person),
        name: reader.to_owned(),
        ..Actor::system("export")
    };
    let mut tx = app.db().begin(actor).await?;
    let (file, now): (FileId, _) = (tx.new_id(), tx.now());
    let facts = files::StoredFile {
        owner: person.0,
        name: format!("{title}-{}.xlsx", at.format("%Y%m%d%H%M")),
        content_type: XLSX.to_owned(),
        expires_at: Some(now + KEPT),
    };
    let size = bytes.len();
    app.files().put(file, Bytes::from(bytes)).await?;
    files::register(&mut tx, file, &facts, "export", size, now).await?;
    tx.record(
        Event::new("export.made", "file", file).after(json!({ "title": title, "rows": count })),
    );
    tx.commit().await?;
    job.progress(count, count).await?;
    job.outcome(
        &format!("共{count}行。文件仅供本人下载，24小时后失效。"),
        Some(&format!("/files/{file}")),
    )
    .await
}
