//! Background work a person watches (PEER-14) and the files it produces.

use axum::http::{HeaderValue, header};
use base::{Error, FileId};
use chrono::TimeDelta;
use db::overview::{self, Watched};
use serde::Deserialize;
use web::prelude::*;

/// Whose work it is: a person's, or that of the account of an organisation, which has no person (ACC-29).
fn watcher(ctx: &Ctx) -> Result<base::PersonId> {
    match ctx.actor.person() {
        Some(account) if ctx.me.person.is_none() && !ctx.me.applicant => Ok(account),
        _ => ctx.person(),
    }
}

#[derive(Template)]
#[template(path = "work_show.html", blocks = ["progress"])]
struct Show {
    shell: Shell,
    job: Watched,
}

/// Progress of one piece of work, for whoever started it.
pub(super) async fn show(ctx: Ctx, Path(id): Path<i64>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let job = overview::one(&mut reader, watcher(&ctx)?, id)
        .await?
        .ok_or(Error::NotFound)?;
    if !job.is_open() && !job.seen {
        // This page tells of the end, so that the others need not.
        let mut tx = ctx.begin().await?;
        overview::see(&mut tx, watcher(&ctx)?, id).await?;
        tx.commit_housekeeping().await?;
    }
    let shell = ctx.shell(&mut reader, "办理进度", "").await?;
    let view = Show { shell, job };
    if ctx.is_htmx() {
        return Ok(
            axum::response::Html(view.as_progress().render().map_err(anyhow::Error::from)?)
                .into_response(),
        );
    }
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "work_mine.html")]
struct Mine {
    shell: Shell,
    jobs: Vec<(Watched, String)>,
}

/// All work of this person, newest first.
pub(super) async fn mine(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let jobs = overview::mine(&mut reader, watcher(&ctx)?).await?;
    let jobs = jobs
        .into_iter()
        .map(|job| {
            let at = base::format_moment(job.created_at, now);
            (job, at)
        })
        .collect();
    let shell = ctx.shell(&mut reader, "我的后台任务", "").await?;
    page(StatusCode::OK, &Mine { shell, jobs })
}

#[derive(Template)]
#[template(path = "work_news.html")]
struct News {
    shell: Shell,
}

/// Which page asks.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asking {
    here: String,
}

/// What ended since: asked by a page while work is under way (PEER-14).
pub(super) async fn news(ctx: Ctx, Query(asking): Query<Asking>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let mut shell = ctx.shell(&mut reader, "我的后台任务", "").await?;
    shell.here = asking.here;
    page(StatusCode::OK, &News { shell })
}

/// Where to go when the end was seen: the result, or back to the page that told.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Then {
    then: String,
}

/// The end was seen.
pub(super) async fn seen(ctx: Ctx, Path(id): Path<i64>, form: Form<Then>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let job = overview::see(&mut tx, watcher(&ctx)?, id).await?;
    tx.commit_housekeeping().await?;
    let back = &form.input.then;
    Ok(see_other(&match job.link {
        _ if web::is_local(back) => back.clone(),
        Some(link) => link,
        None => format!("/jobs/{id}"),
    }))
}

/// Nothing is typed.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// Stops work (PEER-14).
pub(super) async fn cancel(ctx: Ctx, Path(id): Path<i64>, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    overview::cancel(&mut tx, watcher(&ctx)?, id).await?;
    tx.commit_to("/jobs").await?;
    Ok(see_other("/jobs"))
}

/// Puts the same work down once more (PEER-14).
pub(super) async fn repeat(ctx: Ctx, Path(id): Path<i64>, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let again = overview::repeat(&mut tx, watcher(&ctx)?, id).await?;
    let to = format!("/jobs/{again}");
    tx.commit_to(&to).await?;
    Ok(see_other(&to))
}

/// A produced file, for its owner: the person, or an organisation acted for. Always as a download (SEC-31).
pub(super) async fn file(ctx: Ctx, Path(id): Path<uuid::Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let found = files::find(&mut reader, FileId(id), now)
        .await?
        .ok_or(Error::NotFound)?;
    let mine =
        ctx.me.account == found.owner || ctx.actor.org().is_some_and(|org| org.id.0 == found.owner);
    if !mine {
        return Err(Error::NotFound.into());
    }
    drop(reader);
    let mut tx = ctx.begin().await?;
    // Time enough to fetch it again where the line broke.
    if files::take(&mut tx, FileId(id), now + TimeDelta::minutes(10)).await? {
        tx.record(db::Event::new("file.taken", "file", id));
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let bytes = ctx.app.files().get(FileId(id)).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let name = format!(
        "attachment; filename*=UTF-8''{}",
        web::list::encode(&found.name).replace('/', "%2F")
    );
    if let (Ok(kind), Ok(name)) = (
        HeaderValue::from_str(&found.content_type),
        HeaderValue::from_str(&name),
    ) {
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
