//! The acts of the wizard and the work behind them.

use std::collections::BTreeSet;

use access::{Actor, Grant, OrgRef, Permission, Port, Relation, Role, Who};
use base::{Error, FileId, ImportId, OrgCategory, OrgId, OrgPath, PersonId, Result};
use bytes::Bytes;
use chrono::TimeDelta;
use db::{
    Event, Keyring, Tx,
    jobs::{Job, NewJob, Schedule},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;
use web::App;

use super::{
    Importer, Importers, Outcome, Run, TAKE_BACK, Target, Verdict,
    store::{self, Counts, Marks, NewRun, Stored},
};
use crate::{FileFault, Row, Template, read};

/// Rows sealed together.
const CHUNK: usize = 200;
/// How long rows of an import nobody confirmed are kept.
const UNCONFIRMED: TimeDelta = TimeDelta::days(7);

/// A row with what was found in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub row: Row,
    pub verdict: Verdict,
}

/// Who ordered the last step, for the work in the background.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    person: Option<PersonId>,
    name: String,
    role: String,
    org: OrgId,
    path: OrgPath,
    category: String,
    org_name: String,
    address: String,
    request: String,
}

impl Order {
    fn of(actor: &Actor) -> Result<serde_json::Value> {
        let grant = actor.acting.as_ref().ok_or(Error::NotFound)?;
        let order = Self {
            person: actor.person(),
            name: actor.name.clone(),
            role: grant.role.code().to_owned(),
            org: grant.org.id,
            path: grant.org.path.clone(),
            category: grant.org.category.code().to_owned(),
            org_name: grant.org_name.clone(),
            address: actor.address.clone(),
            request: actor.request.clone(),
        };
        Ok(serde_json::to_value(order).map_err(anyhow::Error::from)?)
    }

    fn actor(stored: &Stored) -> Result<Actor> {
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
            }),
            branch: None,
            port: Port::Console,
            address: order.address,
            request: order.request,
        })
    }
}

/// A run with its importer and its organisation as they are now.
pub(super) struct Open {
    pub stored: Stored,
    pub importer: Arc<dyn Importer>,
    pub target: Target,
}

impl Open {
    /// The run as importers see it.
    pub fn run(&self) -> Run {
        Run {
            id: ImportId(self.stored.import_id),
            target: self.target.clone(),
            owner: OrgId(self.stored.owner_id),
            created: self.stored.created.into(),
            applied_at: self.stored.applied_at,
        }
    }

    async fn of(app: &App, conn: &mut PgConnection, stored: Stored) -> Result<Self> {
        let importer = app.policy::<Importers>().find(&stored.kind)?;
        let target = importer
            .target(conn, OrgId(stored.org_id))
            .await?
            .ok_or(Error::NotFound)?;
        Ok(Self {
            stored,
            importer,
            target,
        })
    }
}

/// The run, for administrators of the organisation that imports and of its direct superior; for everybody else there
/// is none (SEC-12).
pub(super) async fn open(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    stored: Option<Stored>,
) -> Result<Open> {
    let open = Open::of(app, conn, stored.ok_or(Error::NotFound)?).await?;
    let owner = open
        .importer
        .target(conn, OrgId(open.stored.owner_id))
        .await?
        .ok_or(Error::NotFound)?;
    let role = actor.acting.as_ref().map(|grant| grant.role);
    let administers = matches!(role, Some(Role::Administrator | Role::Operator));
    let near = matches!(
        actor.relation(&owner.org),
        Relation::Own | Relation::DirectSuperior
    );
    if administers && near {
        Ok(open)
    } else {
        Err(Error::NotFound)
    }
}

/// The organisation to import into: the acting one, or one directly below it.
pub(super) async fn target(
    conn: &mut PgConnection,
    importer: &dyn Importer,
    actor: &Actor,
    chosen: Option<OrgId>,
) -> Result<Target> {
    let own = actor.org().ok_or(Error::NotFound)?.id;
    let target = importer
        .target(conn, chosen.unwrap_or(own))
        .await?
        .ok_or(Error::NotFound)?;
    match actor.relation(&target.org) {
        Relation::Own | Relation::DirectSuperior => {}
        Relation::HigherSuperior | Relation::None => return Err(Error::NotFound),
    }
    importer.authorise(actor, &target)?;
    Ok(target)
}

/// Takes an upload in and puts its check down.
pub(super) async fn upload(
    app: &App,
    tx: &mut Tx,
    importer: &dyn Importer,
    target: &Target,
    file_name: &str,
    bytes: Bytes,
) -> Result<ImportId> {
    let limits = importer.limits(app);
    if bytes.len() as u64 > limits.packed {
        let fault = FileFault::TooLarge {
            megabytes: limits.packed / (1024 * 1024),
        };
        return Err(Error::refused_at(
            "file",
            "import.too_large",
            fault.to_string(),
        ));
    }
    let actor = tx.actor().clone();
    let owner = actor.org().ok_or(Error::NotFound)?.id;
    let (id, file): (ImportId, FileId) = (tx.new_id(), tx.new_id());
    app.files().put(file, bytes).await?;
    let job = NewJob::new("imports.check", json!({ "import": id }))
        .watched(format!("{}：核对", importer.title()));
    let job = tx.enqueue(job).await?;
    let name: String = base::text::normalise(file_name)
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    let now = tx.now();
    let order = Order::of(&actor)?;
    let new = NewRun {
        id,
        kind: importer.kind(),
        org: target.org.id,
        org_name: &target.name,
        owner,
        actor: &order,
        file,
        file_name: &name,
        job,
        now,
    };
    store::insert(tx, &new).await?;
    tx.record(
        Event::new("import.uploaded", "import", id)
            .org(target.org.id)
            .after(json!({ "kind": importer.kind() })),
    );
    Ok(id)
}

/// Verdicts on all rows: what the declaration finds comes before what the importer finds in the same cell.
async fn judge(
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
            verdict.outcome = Outcome::Faulty(faults);
        }
    }
    Ok(verdicts)
}

fn counts(kept: &[Kept]) -> Counts {
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

/// Writes rows and their index: those at `changed`, or all.
async fn keep(
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
            let plain = serde_json::to_string(rows).map_err(anyhow::Error::from)?;
            numbers.push(number);
            sealed.push(tx.seal(&field(number), id, &plain));
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
        let plain = keys.open(&field(number), id.0, &sealed)?;
        let rows: Vec<Kept> = serde_json::from_str(&plain).map_err(anyhow::Error::from)?;
        kept.extend(rows);
    }
    Ok(kept)
}

/// Whether the work behind the run has been given up, so that its state stands still.
pub(super) async fn stuck(conn: &mut PgConnection, stored: &Stored) -> Result<bool> {
    Ok(match store::job(conn, stored.job_id).await? {
        Some((state, ..)) => state == "failed" || state == "cancelled",
        None => true,
    })
}

/// Lets only a run through that waits for its confirmation. One whose applying was given up waits again: nothing of it
/// was written.
async fn waiting(conn: &mut PgConnection, stored: &Stored) -> Result<()> {
    let waits = match stored.state.as_str() {
        "preview" => true,
        "applying" => stuck(conn, stored).await?,
        _ => false,
    };
    if waits {
        return Ok(());
    }
    Err(Error::Conflict(
        match stored.state.as_str() {
            "checking" => "表格还在核对，请等核对完成后再操作。",
            "applying" => "这次导入正在写入，不能再改动。请等写入完成后查看结果。",
            "done" => "这次导入已经完成，不能再改动。请把要补的行另存为一个文件，重新上传。",
            _ => "这次导入已经结束，不能再改动。请重新上传表格。",
        }
        .to_owned(),
    ))
}

/// Puts other values into cells of one row and judges the whole file again, as repeats concern several rows.
pub(super) async fn mend(
    app: &App,
    tx: &mut Tx,
    id: ImportId,
    row: u32,
    values: &[(String, String)],
) -> Result<()> {
    let stored = store::lock(tx, id).await?;
    let actor = tx.actor().clone();
    let open = open(app, tx, &actor, stored).await?;
    open.importer.authorise(&actor, &open.target)?;
    waiting(tx, &open.stored).await?;
    let template = open.importer.template(app, tx, &open.target).await?;
    let mut kept = load(tx, &app.db().keys, id, None).await?;
    let place = kept
        .iter()
        .position(|k| k.row.number == row)
        .ok_or(Error::NotFound)?;
    let mut columns = Vec::new();
    if let Some(mended) = kept.get_mut(place) {
        for (key, value) in values {
            // The page does not repeat a masked value: an empty answer leaves it as it is.
            let value: String = value.chars().take(500).collect();
            let kept = value.trim().is_empty() && template.column(key).is_none_or(|c| c.masked);
            if !kept && template.mend(&mut mended.row, key, &value) {
                columns.push(key.clone());
            }
        }
    }
    let rows: Vec<Row> = kept.iter().map(|k| k.row.clone()).collect();
    let verdicts = judge(app, tx, &open, &template, &rows).await?;
    let mut changed = BTreeSet::from([place]);
    for (place, (old, new)) in kept.iter_mut().zip(verdicts).enumerate() {
        if old.verdict != new {
            old.verdict = new;
            changed.insert(place);
        }
    }
    keep(tx, id, &kept, Some(&changed)).await?;
    store::set_preview(tx, id, counts(&kept)).await?;
    tx.record(
        Event::new("import.mended", "import", id)
            .org(open.target.org.id)
            .after(json!({ "row": row, "columns": columns })),
    );
    Ok(())
}

/// Confirms: puts the applying down.
pub(super) async fn confirm(app: &App, tx: &mut Tx, id: ImportId) -> Result<()> {
    let stored = store::lock(tx, id).await?;
    let actor = tx.actor().clone();
    let open = open(app, tx, &actor, stored).await?;
    open.importer.authorise(&actor, &open.target)?;
    waiting(tx, &open.stored).await?;
    if open.stored.ready == 0 {
        return Err(Error::refused(
            "import.nothing",
            "没有可以导入的行，什么也不会写入。请先改正有问题的行，或换一个文件。",
        ));
    }
    let job = NewJob::new("imports.apply", json!({ "import": id }))
        .unique(format!("import {id}"))
        .watched(format!("{}：写入", open.importer.title()));
    let job = tx.enqueue(job).await?;
    store::set_applying(tx, id, &Order::of(&actor)?, job).await?;
    tx.record(
        Event::new("import.confirmed", "import", id)
            .org(open.target.org.id)
            .after(json!({ "rows": open.stored.ready })),
    );
    Ok(())
}

/// Applies all good rows within `tx`; answers how many, or `None` when there is nothing to do any more. State and rows
/// become true together, so that a process killed at any moment leaves either the preview or the whole import.
pub(super) async fn apply(app: &App, tx: &mut Tx, id: ImportId) -> Result<Option<i64>> {
    let Some(stored) = store::lock(tx, id).await?.filter(|s| s.state == "applying") else {
        return Ok(None);
    };
    let open = Open::of(app, tx, stored).await?;
    let actor = tx.actor().clone();
    open.importer.authorise(&actor, &open.target)?;
    let template = open.importer.template(app, tx, &open.target).await?;
    let mut kept = load(tx, &app.db().keys, id, None).await?;
    let rows: Vec<Row> = kept.iter().map(|k| k.row.clone()).collect();
    // Between preview and now others worked too; what is no longer ready is left out and shown with its reason.
    let verdicts = judge(app, tx, &open, &template, &rows).await?;
    let (mut changed, mut good, mut numbers) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (place, (old, new)) in kept.iter_mut().zip(verdicts).enumerate() {
        if !matches!(old.verdict.outcome, Outcome::Ready(_)) {
            continue;
        }
        if matches!(new.outcome, Outcome::Ready(_)) {
            good.push(old.row.clone());
            numbers.push(i32::try_from(old.row.number).unwrap_or(i32::MAX));
        }
        if old.verdict != new {
            old.verdict = new;
            changed.insert(place);
        }
    }
    let made = if good.is_empty() {
        Vec::new()
    } else {
        open.importer.apply(app, tx, &open.run(), &good).await?
    };
    if made.len() != good.len() {
        return Err(Error::Internal(anyhow::anyhow!(
            "the importer answered {} results for {} rows",
            made.len(),
            good.len()
        )));
    }
    if !changed.is_empty() {
        keep(tx, id, &kept, Some(&changed)).await?;
    }
    store::put_results(tx, id, &numbers, &made).await?;
    let now = tx.now();
    let created = i32::try_from(made.len()).unwrap_or(i32::MAX);
    store::set_done(tx, id, counts(&kept), created, now).await?;
    tx.record(
        Event::new("import.applied", "import", id)
            .org(open.target.org.id)
            .after(json!({ "kind": open.stored.kind, "created": created })),
    );
    Ok(Some(created.into()))
}

/// Takes a finished import back (PEER-11).
pub(super) async fn take_back(app: &App, tx: &mut Tx, id: ImportId) -> Result<()> {
    let stored = store::lock(tx, id).await?;
    let actor = tx.actor().clone();
    let open = open(app, tx, &actor, stored).await?;
    actor.require(Permission::UndoImports, &open.target.org)?;
    let now = tx.now();
    let applied = match (open.stored.state.as_str(), open.stored.applied_at) {
        ("done", Some(applied)) => applied,
        ("taken_back", _) => {
            return Err(Error::Conflict(
                "这次导入已经撤回，无需再撤。请刷新页面查看。".into(),
            ));
        }
        _ => {
            return Err(Error::Conflict(
                "这次导入没有写入数据，无需撤回。请刷新页面查看。".into(),
            ));
        }
    };
    if now >= applied + TAKE_BACK {
        return Err(Error::refused(
            "import.too_late",
            format!(
                "已超过24小时，不能整批撤回：这次导入于{}完成。请到名单中逐条处理。",
                base::china_time(applied).format("%Y-%m-%d %H:%M")
            ),
        ));
    }
    let made = store::results(tx, id).await?;
    open.importer.take_back(app, tx, &open.run(), &made).await?;
    store::end(tx, id, "taken_back", None, now).await?;
    store::clear(tx, id, now).await?;
    tx.record(
        Event::new("import.taken_back", "import", id)
            .org(open.target.org.id)
            .after(json!({ "kind": open.stored.kind, "rows": made.len() })),
    );
    Ok(())
}

/// Gives a run up before anything was written.
pub(super) async fn cancel(app: &App, tx: &mut Tx, id: ImportId) -> Result<()> {
    let stored = store::lock(tx, id).await?;
    let actor = tx.actor().clone();
    let open = open(app, tx, &actor, stored).await?;
    open.importer.authorise(&actor, &open.target)?;
    waiting(tx, &open.stored).await?;
    let now = tx.now();
    store::end(tx, id, "cancelled", Some("已取消，没有写入任何数据。"), now).await?;
    store::clear(tx, id, now).await?;
    tx.record(Event::new("import.cancelled", "import", id).org(open.target.org.id));
    Ok(())
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
