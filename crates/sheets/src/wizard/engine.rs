//! The acts of the wizard.

use std::collections::BTreeSet;
use std::sync::Arc;

use access::{Actor, Permission, Relation, Role};
use base::{Error, FileId, ImportId, OrgId, Result};
use bytes::Bytes;
use db::{Event, Tx, jobs::NewJob};
use serde_json::json;
use sqlx::PgConnection;
use web::App;

use super::{
    Importer, Importers, Outcome, Run, TAKE_BACK, Target, Verdict,
    rows::{Kept, counts, judge, keep, load},
    store::{self, NewRun, Stored},
    work::Order,
};
use crate::{FileFault, Row};

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

    pub async fn of(app: &App, conn: &mut PgConnection, stored: Stored) -> Result<Self> {
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
    // A deputy reads the runs of what was lent, and no others.
    let administers = actor.acting.as_ref().is_some_and(|grant| {
        grant.role.administers()
            && (grant.role != Role::Deputy || open.importer.authorise(actor, &owner).is_ok())
    });
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
    // Whoever comes second is told who was first (GEN-09).
    let by = stored.actor.get("name").and_then(|n| n.as_str());
    let by = by.unwrap_or_default();
    Err(Error::Conflict(
        match (stored.state.as_str(), stored.applied_at) {
            ("checking", _) => "表格还在核对，请等核对完成后再操作。".to_owned(),
            ("applying", _) => {
                format!("这次导入已由{by}确认，正在写入，不能再改动。请等写入完成后查看结果。")
            }
            ("done", Some(at)) => format!(
                "这次导入已由{by}确认，于{}完成，不能再改动。请把要补的行另存为一个文件，重新上传。",
                base::china_time(at).format("%Y-%m-%d %H:%M")
            ),
            _ => "这次导入已经结束，不能再改动。请重新上传表格。".to_owned(),
        },
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
    // Thousands of rows are heavy: they are moved from hand to hand, never copied.
    let kept = load(tx, &app.db().keys, id, None).await?;
    let (rows, before): (Vec<Row>, Vec<Verdict>) =
        kept.into_iter().map(|k| (k.row, k.verdict)).unzip();
    // Between preview and now others worked too; what is no longer ready is left out and shown with its reason.
    let verdicts = judge(app, tx, &open, &template, &rows).await?;
    let (mut changed, mut ready) = (BTreeSet::new(), Vec::with_capacity(rows.len()));
    let mut kept = Vec::with_capacity(rows.len());
    for (place, ((row, old), new)) in rows.into_iter().zip(before).zip(verdicts).enumerate() {
        let was_ready = matches!(old.outcome, Outcome::Ready(_));
        ready.push(was_ready && matches!(new.outcome, Outcome::Ready(_)));
        if was_ready && old != new {
            changed.insert(place);
        }
        let verdict = if was_ready { new } else { old };
        kept.push(Kept { row, verdict });
    }
    if !changed.is_empty() {
        keep(tx, id, &kept, Some(&changed)).await?;
    }
    let counted = counts(&kept);
    let good: Vec<Row> = kept
        .into_iter()
        .zip(ready)
        .filter_map(|(k, ready)| ready.then_some(k.row))
        .collect();
    let numbers: Vec<i32> = good
        .iter()
        .map(|row| i32::try_from(row.number).unwrap_or(i32::MAX))
        .collect();
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
    store::put_results(tx, id, &numbers, &made).await?;
    let now = tx.now();
    let created = i32::try_from(made.len()).unwrap_or(i32::MAX);
    store::set_done(tx, id, counted, created, now).await?;
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
