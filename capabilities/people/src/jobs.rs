//! Nightly work: leaving at 28 (00:30) and its notices (00:40). Both go through the roster by birthday, in batches, each
//! batch its own transaction that also moves the watermark: a run killed anywhere goes on where the last batch ended, and
//! nights missed are caught up in order (OPS-41). A batch holds its members' rows and counters for a moment only.

use crate::departures::Departures;
use crate::rules::{Policy, born_by};
use crate::store::{self, After};
use crate::{actions, export};
use access::Actor;
use base::{Error, PersonId, Result, business_date};
use chrono::{DateTime, Days, NaiveDate, Utc};
use db::jobs::{Job, Run, Schedule};
use db::{Db, Event};
use messages::{Note, Receiver};

const LEAVE: &str = "people.leave28";
const NOTICES: &str = "people.notices28";
const DELAYED: &str = "people.delayed";
/// Members judged in one transaction.
const BATCH: i64 = 200;
/// How often one batch is read anew at once; after that the job pauses and goes on where it was.
const TRIES: u32 = 5;

/// Background work of people.
pub fn jobs(app: &web::App) -> (Vec<Job>, Vec<Schedule>) {
    let (policy, departures) = (
        app.policy::<Policy>().clone(),
        app.policy::<Departures>().clone(),
    );
    let leave = {
        let policy = policy.clone();
        Job::new(LEAVE, move |run| {
            let (policy, departures) = (policy.clone(), departures.clone());
            async move { leave28(&run, &policy, &departures).await }
        })
    };
    let notices = Job::new(NOTICES, move |run| {
        let policy = policy.clone();
        async move { notices(&run, &policy).await }
    });
    let delayed = Job::new(DELAYED, |run| async move { delayed(&run).await });
    let schedules = vec![
        Schedule {
            kind: LEAVE,
            cron: "30 0 * * *",
            title: "满28周岁离团核查",
        },
        Schedule {
            kind: NOTICES,
            cron: "40 0 * * *",
            title: "满28周岁离团预告",
        },
        Schedule {
            kind: DELAYED,
            cron: "40 0 * * *",
            title: "延迟毕业团员到期",
        },
    ];
    (vec![export::job(app), leave, notices, delayed], schedules)
}

/// Ends the marks of delayed graduates whose month has come, batch by batch: what is done is done, the rest is still due.
async fn delayed(run: &Run) -> Result<()> {
    let mut ended = 0;
    loop {
        let mut tx = run.db.begin(Actor::system(DELAYED)).await?;
        let done = actions::end_due(&mut tx, BATCH).await?;
        tx.commit_housekeeping().await?;
        ended += done as u64;
        run.progress(ended, 0).await?;
        if done < BATCH as usize {
            break;
        }
    }
    run.outcome(&format!("延迟毕业团员到期{ended}人"), None)
        .await
}

fn last_day(run: &Run) -> Result<NaiveDate> {
    Ok(business_date(run.get::<DateTime<Utc>>("due")?))
}

async fn leave28(run: &Run, policy: &Policy, departures: &Departures) -> Result<()> {
    let last = last_day(run)?;
    let mut sum = actions::Judged::default();
    let mut again = 0;
    loop {
        let done = match leave28_batch(&run.db, last, policy, departures).await {
            Ok(Some(done)) => done,
            Ok(None) => break,
            // Somebody took office or moved while the batch was judged: it is read and judged anew.
            Err(Error::Conflict(_)) if again < TRIES => {
                again += 1;
                continue;
            }
            Err(Error::Conflict(cause)) => return Err(Error::Internal(anyhow::anyhow!(cause))),
            Err(cause) => return Err(cause),
        };
        again = 0;
        sum.left += done.left;
        sum.proposed += done.proposed;
        sum.seen += done.seen;
        run.progress(sum.seen, 0).await?;
    }
    let words = format!(
        "核查满28周岁团员{}人：离团{}人，新增待办{}人",
        sum.seen, sum.left, sum.proposed
    );
    run.outcome(&words, None).await
}

/// One batch of the oldest unfinished night up to `last`; nothing when all are finished.
pub(crate) async fn leave28_batch(
    db: &Db,
    last: NaiveDate,
    policy: &Policy,
    departures: &Departures,
) -> Result<Option<actions::Judged>> {
    let mut tx = db.begin(Actor::system(LEAVE)).await?;
    let today = business_date(tx.now());
    let Some(night) = store::take_night(&mut tx, LEAVE, last, today).await? else {
        return Ok(None);
    };
    let after: Option<After> = night.cursor.and_then(|c| serde_json::from_value(c).ok());
    let by = born_by(night.day, policy.leave28_age);
    let aged = store::aged(&mut tx, None, by, after.as_ref(), BATCH).await?;
    let done = actions::judge(&mut tx, &aged, night.day, policy, departures).await?;
    store::leave_night(&mut tx, LEAVE, night.day, cursor(&aged)).await?;
    tx.commit_housekeeping().await?;
    Ok(Some(done))
}

/// Where the next batch begins; nothing after a batch that was not full.
fn cursor(aged: &[store::Aged]) -> Option<serde_json::Value> {
    let last = aged.last().filter(|_| aged.len() as i64 == BATCH)?;
    serde_json::to_value(last.place()).ok()
}

/// Tells those whose 28th birthday is 90, 30 or 7 days ahead (ROS-78).
async fn notices(run: &Run, policy: &Policy) -> Result<()> {
    let last = last_day(run)?;
    let mut told = 0;
    while let Some(batch) = notices_batch(&run.db, last, policy).await? {
        told += batch;
        run.progress(told, 0).await?;
    }
    run.outcome(&format!("预告满28周岁离团{told}人"), None)
        .await
}

/// One batch: the cursor names the distance it is at and the place in it.
async fn notices_batch(db: &Db, last: NaiveDate, policy: &Policy) -> Result<Option<u64>> {
    let mut tx = db.begin(Actor::system(NOTICES)).await?;
    let today = business_date(tx.now());
    let Some(night) = store::take_night(&mut tx, NOTICES, last, today).await? else {
        return Ok(None);
    };
    let (at, after): (usize, Option<After>) = night
        .cursor
        .and_then(|c| serde_json::from_value(c).ok())
        .unwrap_or((0, None));
    let Some(days) = policy.leave28_notice_days.get(at) else {
        store::leave_night(&mut tx, NOTICES, night.day, None).await?;
        tx.commit_housekeeping().await?;
        return Ok(Some(0));
    };
    let birthday = night.day + Days::new((*days).into());
    let born = born_by(birthday, policy.leave28_age);
    let aged = store::aged(&mut tx, Some(born), born, after.as_ref(), BATCH).await?;
    for one in &aged {
        let body = format!(
            "您将于{birthday}满28周岁（还有{days}天）。届时未任团内职务的将离团；请先交清团费，正在办理的组织关系转接会终止。"
        );
        let note = Note {
            kind: "membership",
            title: format!("{days}天后满28周岁"),
            body,
            jump: Some("/member/me".into()),
            about: None,
        };
        messages::tell(&mut tx, Receiver::Person(PersonId(one.person)), note).await?;
        tx.record(
            Event::new("leave28.noticed", "person", one.person)
                .org(base::OrgId(one.branch))
                .note(format!("{days}天")),
        );
    }
    let next = match cursor(&aged) {
        Some(place) => serde_json::json!([at, place]),
        None => serde_json::json!([at + 1, null]),
    };
    store::leave_night(&mut tx, NOTICES, night.day, Some(next)).await?;
    tx.commit_housekeeping().await?;
    Ok(Some(aged.len() as u64))
}
