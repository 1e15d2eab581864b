//! Background work a person watches (PEER-14) and the files it produces.

use axum::http::{HeaderValue, header};
use base::{Error, FileId};
use web::prelude::*;

#[derive(Template)]
#[template(path = "work_show.html", blocks = ["progress"])]
struct Show {
    shell: Shell,
    id: i64,
    standing: db::jobs::Standing,
}

impl Show {
    fn open(&self) -> bool {
        matches!(self.standing.state.as_str(), "waiting" | "running")
    }

    fn percent(&self) -> i64 {
        if self.standing.total > 0 {
            (self.standing.done * 100 / self.standing.total).min(100)
        } else {
            0
        }
    }

    fn state_label(&self) -> &'static str {
        match self.standing.state.as_str() {
            "waiting" => "排队中",
            "running" => "正在办理",
            "done" => "已完成",
            "cancelled" => "已取消",
            _ => "没有成功",
        }
    }
}

/// Progress of one piece of work, for whoever started it.
pub(super) async fn show(ctx: Ctx, Path(id): Path<i64>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let standing = db::jobs::standing(&mut reader, ctx.person()?, id)
        .await?
        .ok_or(Error::NotFound)?;
    let shell = ctx.shell(&mut reader, "办理进度", "").await?;
    let view = Show {
        shell,
        id,
        standing,
    };
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
    jobs: Vec<Line>,
}

struct Line {
    id: i64,
    title: String,
    state: &'static str,
    message: String,
    at: String,
}

/// All work of this person, newest first.
pub(super) async fn mine(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let rows = sqlx::query!(
        r#"select job_id, coalesce(title, '') as "title!", state, coalesce(message, '') as "message!", created_at
           from job where person_id = $1 order by job_id desc limit 50"#,
        ctx.person()?.0
    )
    .fetch_all(&mut *reader)
    .await?;
    let jobs = rows
        .into_iter()
        .map(|row| Line {
            id: row.job_id,
            title: row.title,
            state: match row.state.as_str() {
                "done" => "已完成",
                "failed" => "没有成功",
                "cancelled" => "已取消",
                _ => "进行中",
            },
            message: row.message,
            at: base::format_moment(row.created_at, now),
        })
        .collect();
    let shell = ctx.shell(&mut reader, "我的后台任务", "").await?;
    page(StatusCode::OK, &Mine { shell, jobs })
}

/// A produced file, for its owner: the person, or an organisation acted for. Always as a download (SEC-31).
pub(super) async fn file(ctx: Ctx, Path(id): Path<uuid::Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let found = files::find(&mut reader, FileId(id), now)
        .await?
        .ok_or(Error::NotFound)?;
    let mine = ctx.me.person.is_some_and(|p| p.0 == found.owner)
        || ctx.actor.org().is_some_and(|org| org.id.0 == found.owner);
    if !mine {
        return Err(Error::NotFound.into());
    }
    drop(reader);
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
