//! The background work of imports: checking, applying, clearing.

use access::{Actor, Grant, OrgRef, Port, Role, Who};
use base::{Error, FileId, ImportId, OrgCategory, OrgId, OrgPath, PersonId, Result};
use chrono::TimeDelta;
use db::jobs::{Job, Schedule};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::App;

use super::{
    Importers, TAKE_BACK,
    engine::{Open, apply},
    rows::{Kept, counts, judge, keep},
    store::{self, Stored},
};
use crate::read;

/// How long rows of an import nobody confirmed are kept.
const UNCONFIRMED: TimeDelta = TimeDelta::days(7);

/// Who ordered the last step, for the work in the background.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    person: Option<PersonId>,
    name: String,
    role: String,
    org: OrgId,
    path: OrgPath,
    category: String,
    org_name: String,
    #[serde(default)]
    covers: Vec<OrgPath>,
    #[serde(default)]
    bounds: access::Bounds,
    #[serde(default)]
    root: access::Root,
    address: String,
    request: String,
}

impl Order {
    /// What is stored of the actor of a request.
    pub(super) fn of(actor: &Actor) -> Result<serde_json::Value> {
        let grant = actor.acting.as_ref().ok_or(Error::NotFound)?;
        let order = Self {
            person: actor.person(),
            name: actor.name.clone(),
            role: grant.role.code().to_owned(),
            org: grant.org.id,
            path: grant.org.path.clone(),
            category: grant.org.category.code().to_owned(),
            org_name: grant.org_name.clone(),
            covers: grant.covers.clone(),
            bounds: grant.bounds.clone(),
            root: grant.root,
            address: actor.address.clone(),
            request: actor.request.clone(),
        };
        Ok(serde_json::to_value(order).map_err(anyhow::Error::from)?)
    }

    /// The actor again.
    pub(super) fn actor(stored: &Stored) -> Result<Actor> {
        let order: Self =
            serde_json::from_value(stored.actor.clone()).map_err(anyhow::Error::from)?;
        let unknown = || Error::Internal(anyhow::anyhow!("import ordered under an unknown role"));
        Ok(Actor {
            who: order.person.map_or(Who::Anonymous, Who::Person),
            name: order.name,
            acting: Some(Grant {
                role: Role::from_code(&order.role).ok_or_else(unknown)?,
                org: OrgRef {
                    id: order.org,
                    path: order.path,
                    category: OrgCategory::from_code(&order.category).ok_or_else(unknown)?,
                },
                org_name: order.org_name,
                covers: order.covers,
                bounds: order.bounds,
                root: order.root,
            }),
            branch: None,
            port: Port::Console,
            address: order.address,
            request: order.request,
        })
    }
}

/// The background work of imports and the clearing of old rows.
pub fn jobs(app: &App) -> (Vec<Job>, Vec<Schedule>) {
    let (for_check, for_apply, for_clear) = (app.clone(), app.clone(), app.clone());
    (
        vec![
            Job::new("imports.check", move |job| {
                check_job(for_check.clone(), job)
            }),
            Job::new("imports.apply", move |job| {
                apply_job(for_apply.clone(), job)
            }),
            Job::new("imports.clear", move |_| clear_job(for_clear.clone())),
        ],
        vec![Schedule {
            kind: "imports.clear",
            cron: "17 * * * *",
            title: "清除已过撤回期限的导入明细",
        }],
    )
}

async fn check_job(app: App, job: db::jobs::Run) -> Result<()> {
    let id: ImportId = job.get("import")?;
    let mut reader = app.db().read().await?;
    let Some(stored) = store::find(&mut reader, id).await? else {
        return Ok(());
    };
    let file = FileId(stored.file_id);
    if stored.state != "checking" {
        forget(&app, file).await;
        return Ok(());
    }
    let open = Open::of(&app, &mut reader, stored).await?;
    let template = open
        .importer
        .template(&app, &mut reader, &open.target)
        .await?;
    drop(reader);
    let bytes = app.files().get(file).await?;
    let limits = open.importer.limits(&app);
    let for_reading = template.clone();
    let parsed = tokio::task::spawn_blocking(move || read(&bytes, &for_reading, &limits))
        .await
        .map_err(anyhow::Error::from)?;
    let found = match parsed {
        Ok(sheet) => {
            let total = sheet.rows.len() as u64;
            job.progress(0, total).await?;
            let mut reader = app.db().read().await?;
            let verdicts = judge(&app, &mut reader, &open, &template, &sheet.rows).await?;
            Ok((sheet, verdicts, total))
        }
        Err(fault) => Err(fault),
    };
    let mut tx = app.db().begin(Order::actor(&open.stored)?).await?;
    let standing = store::lock(&mut tx, id).await?;
    if standing.is_none_or(|s| s.state != "checking") {
        return Ok(());
    }
    let now = tx.now();
    let (message, total) = match found {
        Ok((sheet, verdicts, total)) => {
            let kept: Vec<Kept> = sheet
                .rows
                .into_iter()
                .zip(verdicts)
                .map(|(row, verdict)| Kept { row, verdict })
                .collect();
            let sums = counts(&kept);
            keep(&mut tx, id, &kept, None).await?;
            let header = i32::try_from(sheet.header_row).unwrap_or(0);
            let ignored = sheet.ignored.join("\n");
            store::set_sheet(&mut tx, id, &sheet.name, header, &ignored).await?;
            store::set_preview(&mut tx, id, sums).await?;
            let message = format!(
                "核对完成：可导入{}行，有问题{}行，重复{}行。请打开结果确认导入。",
                sums.0, sums.2, sums.1
            );
            (message, total)
        }
        Err(fault) => {
            store::end(&mut tx, id, "failed", Some(&fault.to_string()), now).await?;
            (fault.to_string(), 0)
        }
    };
    tx.commit_housekeeping().await?;
    forget(&app, file).await;
    job.progress(total, total).await?;
    job.outcome(&message, Some(&format!("/console/imports/{id}")))
        .await
}

/// The upload is needed no more: its rows are sealed. A file that stays behind is no fault of the run.
async fn forget(app: &App, file: FileId) {
    if let Err(cause) = app.files().delete(file).await {
        tracing::debug!(%cause, "upload not deleted");
    }
}

async fn apply_job(app: App, job: db::jobs::Run) -> Result<()> {
    let id: ImportId = job.get("import")?;
    let mut reader = app.db().read().await?;
    let Some(stored) = store::find(&mut reader, id).await? else {
        return Ok(());
    };
    drop(reader);
    let ready = u64::try_from(stored.ready).unwrap_or(0);
    job.progress(0, ready).await?;
    let mut tx = app.db().begin(Order::actor(&stored)?).await?;
    // Nothing left to do when the work was handed out twice: whoever was first has finished it.
    let Some(created) = apply(&app, &mut tx, id).await? else {
        return Ok(());
    };
    tx.commit().await?;
    job.progress(ready, ready).await?;
    let importer = app.policy::<Importers>().find(&stored.kind)?;
    job.outcome(
        &format!("已导入{}。", importer.counted(created)),
        Some(&format!("/console/imports/{id}")),
    )
    .await
}

async fn clear_job(app: App) -> Result<()> {
    let now = app.now();
    loop {
        let mut reader = app.db().read().await?;
        let overdue: Vec<Uuid> =
            store::overdue(&mut reader, now - TAKE_BACK, now - UNCONFIRMED).await?;
        drop(reader);
        if overdue.is_empty() {
            return Ok(());
        }
        for id in overdue {
            let id = ImportId(id);
            let mut tx = app.db().begin(Actor::system("imports.clear")).await?;
            let Some(stored) = store::lock(&mut tx, id).await? else {
                continue;
            };
            if ["checking", "preview", "applying"].contains(&stored.state.as_str()) {
                let fault = "超过7天没有确认，已取消；没有写入任何数据。请重新上传表格。";
                store::end(&mut tx, id, "cancelled", Some(fault), now).await?;
            }
            store::clear(&mut tx, id, now).await?;
            tx.commit_housekeeping().await?;
            forget(&app, FileId(stored.file_id)).await;
        }
    }
}
