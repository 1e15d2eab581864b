//! Pages of the wizard.

use std::collections::HashMap;

use access::Permission;
use axum::http::{HeaderValue, header};
use axum::response::Html;
use base::{ImportId, OrgId, china_time};
use db::Reader;
use serde::Deserialize;
use uuid::Uuid;
use web::{Access, Multi, Routes, list::encode, prelude::*};

use super::{
    Importer, Importers, Outcome, Target, engine,
    rows::load,
    store,
    view::{RunPage, STEPS, Wish},
};
use crate::{Row, RowFault};
use base::Error;

/// Whoever administers an organisation has this in its scope; what a kind itself needs is asked at every step.
const GATE: Access = Access::Needs(Permission::UndoImports);
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Runs shown under the upload form.
const HISTORY: i64 = 20;

/// Pages of all kinds of import.
pub fn routes() -> Routes {
    Routes::new()
        .get("/console/import/{kind}", GATE, start)
        .post("/console/import/{kind}", GATE, upload)
        .get("/console/import/{kind}/template", GATE, template)
        .get("/console/imports/{id}", GATE, show)
        .get("/console/imports/{id}/confirm", GATE, last_look)
        .get("/console/imports/{id}/failed", GATE, failed)
        .post("/console/imports/{id}/rows/{row}", GATE, mend)
        .post("/console/imports/{id}/apply", GATE, apply)
        .post("/console/imports/{id}/cancel", GATE, cancel)
        .post("/console/imports/{id}/take-back", GATE, take_back)
}

type Asked = Query<HashMap<String, String>>;

/// The organisation an address or a form names; a name that is no id is answered like an unknown one.
fn chosen(text: &str) -> Result<Option<OrgId>> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(text.parse().map_err(|_| Error::NotFound)?))
}

struct Past {
    id: Uuid,
    file: String,
    org: String,
    at: String,
    by: String,
    state: &'static str,
    class: &'static str,
    result: String,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    shell: Shell,
    title: &'static str,
    kind: &'static str,
    org: String,
    org_id: String,
    explain: Vec<String>,
    limit: String,
    steps: [&'static str; 5],
    fault: String,
    history: Vec<Past>,
    older: Option<String>,
}

async fn start_page(
    ctx: &Ctx,
    reader: &mut Reader,
    importer: &dyn Importer,
    target: &Target,
    below: Option<Uuid>,
    fault: String,
) -> Result<StartPage> {
    let shell = ctx
        .shell(reader, importer.title(), importer.place())
        .await?;
    let owner = ctx.org()?.id;
    let mut runs = store::history(reader, owner, importer.kind(), below, HISTORY + 1).await?;
    let more = runs.len() > usize::try_from(HISTORY).unwrap_or(0);
    runs.truncate(usize::try_from(HISTORY).unwrap_or(0));
    let org_id = target.org.id.to_string();
    let older = runs.last().filter(|_| more).map(|last| {
        format!(
            "/console/import/{}?org={org_id}&below={}#history",
            importer.kind(),
            last.import_id
        )
    });
    let history = runs
        .into_iter()
        .map(|run| {
            let (state, class) = match run.state.as_str() {
                "checking" => ("核对中", "tj-info"),
                "preview" => ("待确认", "tj-warn"),
                "applying" => ("写入中", "tj-info"),
                "done" => ("已完成", "tj-ok"),
                "taken_back" => ("已撤回", ""),
                "cancelled" => ("已取消", ""),
                _ => ("未接收", "tj-bad"),
            };
            let result = match run.state.as_str() {
                "done" | "taken_back" => format!(
                    "导入{}，有问题{}行，重复{}行",
                    importer.counted(run.created.into()),
                    run.faulty,
                    run.duplicates
                ),
                "preview" => format!(
                    "可导入{}行，有问题{}行，重复{}行",
                    run.ready, run.faulty, run.duplicates
                ),
                _ => run.fault.unwrap_or_default(),
            };
            let by = run.actor.get("name").and_then(|n| n.as_str());
            Past {
                id: run.import_id,
                file: run.file_name,
                org: run.org_name,
                at: china_time(run.created_at)
                    .format("%Y-%m-%d %H:%M")
                    .to_string(),
                by: by.unwrap_or_default().to_owned(),
                state,
                class,
                result,
            }
        })
        .collect();
    let limits = importer.limits(&ctx.app);
    Ok(StartPage {
        shell,
        title: importer.title(),
        kind: importer.kind(),
        org: target.name.clone(),
        org_id,
        explain: importer.explain(&ctx.app, target),
        limit: format!(
            ".xlsx或.csv，不超过{}行、{}MB；可以是模板，也可以是列名对得上的自有表格",
            limits.rows,
            limits.packed / (1024 * 1024)
        ),
        steps: STEPS,
        fault,
        history,
        older,
    })
}

async fn start(ctx: Ctx, Path(kind): Path<String>, Query(asked): Asked) -> Result<Response> {
    let importer = ctx.app.policy::<Importers>().find(&kind)?;
    let mut reader = ctx.read().await?;
    let org = chosen(asked.get("org").map_or("", String::as_str))?;
    let target = engine::target(&mut reader, &*importer, &ctx.actor, org).await?;
    let below = asked.get("below").and_then(|b| b.parse().ok());
    let view = start_page(&ctx, &mut reader, &*importer, &target, below, String::new()).await?;
    page(StatusCode::OK, &view)
}

async fn template(ctx: Ctx, Path(kind): Path<String>, Query(asked): Asked) -> Result<Response> {
    let importer = ctx.app.policy::<Importers>().find(&kind)?;
    let mut reader = ctx.read().await?;
    let org = chosen(asked.get("org").map_or("", String::as_str))?;
    let target = engine::target(&mut reader, &*importer, &ctx.actor, org).await?;
    let template = importer.template(&ctx.app, &mut reader, &target).await?;
    drop(reader);
    let name = format!("{}模板.xlsx", template.title);
    let bytes = tokio::task::spawn_blocking(move || template.write(None))
        .await
        .map_err(anyhow::Error::from)?
        .map_err(anyhow::Error::from)?;
    Ok(download(&name, bytes))
}

fn download(name: &str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(XLSX));
    let name = format!(
        "attachment; filename*=UTF-8''{}",
        encode(name).replace('/', "%2F")
    );
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

async fn upload(ctx: Ctx, Path(kind): Path<String>, mut multi: Multi) -> Result<Response> {
    multi.declare(&ctx.app, &["org"], &["file"]).await;
    let importer = ctx.app.policy::<Importers>().find(&kind)?;
    let mut tx = ctx.begin().await?;
    let target =
        engine::target(&mut tx, &*importer, &ctx.actor, chosen(multi.field("org"))?).await?;
    if let Some(before) = tx.once(&multi.key).await? {
        return Ok(see_other(&before));
    }
    let taken = match multi.files.remove("file") {
        Some(file) => {
            engine::upload(
                &ctx.app, &mut tx, &*importer, &target, &file.name, file.bytes,
            )
            .await
        }
        None => Err(Error::refused_at(
            "file",
            "import.no_file",
            "还没有选择文件。请选择填好的.xlsx或.csv表格后再上传。",
        )),
    };
    match taken {
        Ok(id) => {
            let to = format!("/console/imports/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let mut reader = ctx.read().await?;
            let view = start_page(
                &ctx,
                &mut reader,
                &*importer,
                &target,
                None,
                refused.message,
            )
            .await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(other) => Err(other.into()),
    }
}

async fn opened(ctx: &Ctx, reader: &mut Reader, id: Uuid) -> Result<engine::Open> {
    let stored = store::find(reader, ImportId(id)).await?;
    Ok(engine::open(&ctx.app, reader, &ctx.actor, stored).await?)
}

fn wish(asked: &HashMap<String, String>) -> Wish {
    let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
    Wish {
        show: text("show"),
        reason: text("reason"),
        above: text("above").parse().unwrap_or(0),
    }
}

async fn show(ctx: Ctx, Path(id): Path<Uuid>, Query(asked): Asked) -> Result<Response> {
    run_page(&ctx, id, wish(&asked), None, false).await
}

async fn last_look(ctx: Ctx, Path(id): Path<Uuid>, Query(asked): Asked) -> Result<Response> {
    run_page(&ctx, id, wish(&asked), None, true).await
}

async fn run_page(
    ctx: &Ctx,
    id: Uuid,
    wish: Wish,
    refused: Option<String>,
    confirming: bool,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let open = opened(ctx, &mut reader, id).await?;
    // Only what waits can be confirmed; everything else has its own page.
    let confirming = confirming
        && open.stored.ready > 0
        && ["preview", "applying"].contains(&open.stored.state.as_str());
    let status = if refused.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let alert = refused.unwrap_or_default();
    let view = RunPage::of(ctx, &mut reader, open, wish, alert, confirming).await?;
    if ctx.is_htmx() {
        return Ok((status, Html(view.fragment()?)).into_response());
    }
    page(status, &view)
}

async fn failed(ctx: Ctx, Path(id): Path<Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let open = opened(&ctx, &mut reader, id).await?;
    open.importer.authorise(&ctx.actor, &open.target)?;
    let template = open
        .importer
        .template(&ctx.app, &mut reader, &open.target)
        .await?;
    let kept = load(&mut reader, &ctx.app.db().keys, ImportId(id), None).await?;
    drop(reader);
    let bad: Vec<(Row, Vec<RowFault>)> = kept
        .into_iter()
        .filter_map(|k| match k.verdict.outcome {
            Outcome::Faulty(faults) => Some((k.row, faults)),
            _ => None,
        })
        .collect();
    if bad.is_empty() {
        return Err(Error::NotFound.into());
    }
    let name = format!("{}失败{}行.xlsx", template.title, bad.len());
    let bytes = tokio::task::spawn_blocking(move || {
        template.write_failed(bad.iter().map(|(row, faults)| (row, faults.as_slice())))
    })
    .await
    .map_err(anyhow::Error::from)?
    .map_err(anyhow::Error::from)?;
    Ok(download(&name, bytes))
}

/// Only our own list of this run is returned to, whatever the form says.
fn back(id: Uuid, asked: &str) -> String {
    let own = format!("/console/imports/{id}");
    match asked.strip_prefix(&own) {
        Some(rest) if rest.starts_with('?') && !rest.contains(char::is_control) => asked.to_owned(),
        _ => own,
    }
}

async fn mend(
    ctx: Ctx,
    Path((id, row)): Path<(Uuid, u32)>,
    form: Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let mut to = back(id, "");
    let mut values = Vec::new();
    for (name, value) in form.input {
        if name == "back" {
            to = back(id, &value);
        } else if let Some(key) = name.strip_prefix("cell.") {
            values.push((key.to_owned(), value));
        }
    }
    engine::mend(&ctx.app, &mut tx, ImportId(id), row, &values).await?;
    tx.commit_to(&to).await?;
    Ok(see_other(&to))
}

#[derive(Deserialize)]
struct Nothing {}

async fn apply(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = engine::confirm(&ctx.app, &mut tx, ImportId(id)).await;
    finish(&ctx, tx, id, done).await
}

async fn cancel(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = engine::cancel(&ctx.app, &mut tx, ImportId(id)).await;
    finish(&ctx, tx, id, done).await
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    confirm: String,
}

async fn take_back(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Typed>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = if form.input.confirm.trim() == "撤回" {
        engine::take_back(&ctx.app, &mut tx, ImportId(id)).await
    } else {
        Err(Error::refused_at(
            "confirm",
            "import.unconfirmed",
            "没有撤回：请在框中输入“撤回”两个字，再按撤回这次导入。",
        ))
    };
    finish(&ctx, tx, id, done).await
}

/// Leads to the run's page, or shows it with the refusal.
async fn finish(ctx: &Ctx, tx: db::Tx, id: Uuid, done: Result<(), Error>) -> Result<Response> {
    match done {
        Ok(()) => {
            let to = format!("/console/imports/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            run_page(ctx, id, Wish::default(), Some(refused.message), false).await
        }
        Err(other) => Err(other.into()),
    }
}
