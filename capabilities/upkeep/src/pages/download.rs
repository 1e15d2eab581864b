//! 全部下载 (FLD-83, INS-08): whole lists as workbooks, made in the background a thousand rows at a time, for who asked alone.

use super::{health, history, progress, report, report_list, simulation};
use crate::store::report as store;
use access::Permission;
use base::{OrgId, OrgPath, Result as Outcome, YearMonth};
use chrono::{DateTime, NaiveDate, Utc};
use db::jobs::{Job, NewJob, Run};
use db::{Event, Reader};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use web::App;
use web::prelude::*;

/// Kind of the job.
const KIND: &str = "upkeep.download";
/// Rows read at a time.
pub(super) const PART: i64 = 1000;

/// Which list; its bounds as they were settled when it was asked for. Ids, codes and days only.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    /// 数据统计: the organisation and all its direct subordinates.
    Report { org: OrgId, at: DateTime<Utc> },
    /// The organisations behind a number.
    Behind {
        stood: OrgPath,
        at: DateTime<Utc>,
        kind: String,
        sector: Option<String>,
    },
    /// 录入情况 of one level.
    Progress {
        top: OrgPath,
        depth: usize,
        only: Option<String>,
    },
    /// A list of 数据体检.
    Health {
        top: OrgPath,
        kind: String,
        large: bool,
    },
    /// The tree of a day.
    Tree { node: OrgPath, on: NaiveDate },
    /// What is different between two days.
    Changes {
        own: OrgId,
        from: NaiveDate,
        to: NaiveDate,
    },
    /// Who would switch.
    Simulation {
        top: OrgPath,
        limit: YearMonth,
        sectors: Option<Vec<String>>,
    },
}

/// What the job carries.
#[derive(Serialize, Deserialize)]
struct Order {
    wanted: Wanted,
    title: String,
}

/// Some rows, and where the next ones begin.
pub(super) type Part = (Vec<Vec<String>>, Option<String>);

/// The next part begins after the last row of a full one.
pub(super) fn next<T>(rows: &[T], key: impl Fn(&T) -> String) -> Option<String> {
    rows.last().filter(|_| rows.len() as i64 == PART).map(key)
}

/// Puts the work down and leads to it; the page asked has settled what may be seen.
pub(super) async fn ask(
    ctx: &Ctx,
    key: &str,
    needs: Permission,
    title: &str,
    wanted: Wanted,
) -> Result<Response> {
    let own = ctx.org()?.id;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(key).await? {
        return Ok(see_other(&before));
    }
    let order = Order {
        wanted,
        title: title.to_owned(),
    };
    let work = NewJob::new(KIND, json!({ "order": order }));
    let job = tx
        .enqueue(work.watched(format!("下载{title}")).free(needs))
        .await?;
    tx.record(
        Event::new("list.exported", "org", own)
            .org(own)
            .after(json!({ "title": title, "job": job })),
    );
    let to = format!("/jobs/{job}");
    tx.commit_to(&to).await?;
    Ok(see_other(&to))
}

/// The work.
pub(crate) fn job(app: &App) -> Job {
    let app = app.clone();
    Job::new(KIND, move |run| {
        let app = app.clone();
        async move { write(&app, &run).await }
    })
}

async fn write(app: &App, run: &Run) -> Outcome<()> {
    let Order { wanted, title } = run.get("order")?;
    let headings = match &wanted {
        Wanted::Report { .. } => report::headings(app.policy()),
        Wanted::Behind { .. } => report_list::HEADINGS.to_vec(),
        Wanted::Progress { .. } => progress::HEADINGS.to_vec(),
        Wanted::Health { .. } => health::HEADINGS.to_vec(),
        Wanted::Tree { .. } => history::HEADINGS.to_vec(),
        Wanted::Changes { .. } => history::CHANGE_HEADINGS.to_vec(),
        Wanted::Simulation { .. } => simulation::HEADINGS.to_vec(),
    };
    let from = (app.clone(), run.db.clone(), Arc::new(wanted));
    let rows = stream::try_unfold(Some(None::<String>), move |at| {
        let (app, db, wanted) = from.clone();
        async move {
            let Some(after) = at else { return Ok(None) };
            let mut conn = db.read().await?;
            let (rows, next) = part(&app, &mut conn, &wanted, after.as_deref()).await?;
            Ok::<_, base::Error>(Some((rows, next.map(Some))))
        }
    })
    .map_ok(|rows| stream::iter(rows).map(Ok))
    .try_flatten();
    sheets::export::deliver(app, run, &title, &headings, rows, |_| true).await
}

async fn part(app: &App, conn: &mut Reader, wanted: &Wanted, after: Option<&str>) -> Outcome<Part> {
    match wanted {
        Wanted::Report { org, at } => {
            let rows = report::part(conn, *org, *at, after, app.policy()).await?;
            still_kept(conn, *at).await?;
            Ok(rows)
        }
        Wanted::Behind {
            stood,
            at,
            kind,
            sector,
        } => {
            let rows =
                report_list::part(conn, stood, *at, (kind, sector.as_deref()), after).await?;
            still_kept(conn, *at).await?;
            Ok(rows)
        }
        Wanted::Progress { top, depth, only } => {
            progress::part(conn, top, *depth, only.as_deref(), after).await
        }
        Wanted::Health { top, kind, large } => {
            health::part(conn, (top, kind, *large), after, app.policy()).await
        }
        Wanted::Tree { node, on } => history::part(conn, node, *on, after).await,
        Wanted::Changes { own, from, to } => {
            history::change_part(conn, *own, (*from, *to), after).await
        }
        Wanted::Simulation {
            top,
            limit,
            sectors,
        } => simulation::part(conn, top, *limit, sectors.as_deref(), after).await,
    }
}

/// A run of the statistics is dropped when a newer one has taken its place: rows read after that would be missing without a
/// word, so the list is refused instead of cut.
async fn still_kept(conn: &mut Reader, at: DateTime<Utc>) -> Outcome<()> {
    if store::runs(conn).await?.kept().any(|run| run == at) {
        return Ok(());
    }
    Err(base::Error::Conflict(
        "这份统计已被新的一次统计取代，旧的数据不再保留。请回到数据统计页面，按新的数据重新下载。"
            .into(),
    ))
}
