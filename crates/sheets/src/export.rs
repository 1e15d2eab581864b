//! Exports of lists as background work (GEN-07, SEC-34).

use access::Actor;
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

/// Who started a watched job, as things stand now: background work asks again what may have ended since it was put down
/// (STYLE 23). `allowed` is what it takes beyond holding something in the organisation; a permission the job names is asked
/// for in any case.
///
/// # Errors
/// When the starter may no longer have what comes of it.
pub async fn starter(app: &App, job: &Run, allowed: impl Fn(&Actor) -> bool) -> Result<Actor> {
    let (Some(person), Some(org)) = (job.person, job.org) else {
        let cause = anyhow::anyhow!("an export nobody watches");
        return Err(Error::Internal(cause));
    };
    let actor = app.doorkeeper().standing(app.db(), person.0, org).await?;
    let may = |actor: &Actor| {
        let named = |needs| actor.org().is_some_and(|own| actor.may_look(needs, own));
        job.needs.is_none_or(named) && allowed(actor)
    };
    actor.filter(may).ok_or_else(|| {
        Error::forbidden(
            "您在该组织的权限已经结束或改变，没有生成文件。仍需要这份名单的，请由该组织现任的管理员办理。",
        )
    })
}

/// Writes the rows of a watched job into a workbook its starter alone can fetch for 24 hours, and makes it the job's
/// result, if the starter may still have it then. `title` names the sheet and the file; the watermark names the starter. Rows
/// are written as they come.
///
/// # Errors
/// When a row cannot be read, the file not be written or kept, or the starter's right has ended.
pub async fn deliver(
    app: &App,
    job: &Run,
    title: &str,
    headings: &[&str],
    rows: impl Stream<Item = Result<Vec<String>>>,
    allowed: impl Fn(&Actor) -> bool,
) -> Result<()> {
    let actor = starter(app, job, &allowed).await?;
    let place = actor.acting.as_ref().map_or("", |grant| &grant.org_name);
    let reader = format!("{} {place}", actor.name);
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<String>>(256);
    let (name, by) = (title.to_owned(), reader);
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
    let actor = starter(app, job, &allowed).await?;
    let owner = actor.person().map(|p| p.0).unwrap_or_default();
    let mut tx = app.db().begin(actor).await?;
    let (file, now): (FileId, _) = (tx.new_id(), tx.now());
    let facts = files::StoredFile {
        owner,
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
