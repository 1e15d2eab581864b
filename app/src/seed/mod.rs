//! Leagues of every size, invented and written straight into the tables with COPY: for measuring, never for use. The
//! league is a function of scale, seed and moment, cut into chunks of organisations that are written in a transaction
//! each; a chunk is there when its first organisation is. So a seeding that was killed goes on where it stood.

mod business;
mod copy;
mod names;
mod people;
mod plan;
mod rows;
mod store;
#[cfg(test)]
mod tests;

pub use plan::Scale;

use access::Actor;
use anyhow::{bail, ensure};
use base::OrgCategory;
use copy::Rows;
use db::Event;
use futures::{StreamExt, TryStreamExt, stream};
use plan::Plan;
use rows::Kit;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use store::Mark;
use uuid::Uuid;
use web::App;

/// The password of all accounts of a seeded league.
const PASSWORD: &str = "Haitang2026!";
/// Persons a chunk holds about.
const CHUNK: u32 = 3_000;
/// From so many members on, indexes are made after the rows.
const LARGE: u32 = 100_000;

/// What to write.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// How large.
    pub scale: Scale,
    /// Which of the many possible ones.
    pub seed: u64,
    /// Chunks written at a time.
    pub jobs: usize,
    /// Persons a chunk holds about; a seeding that goes on keeps what it began with.
    pub chunk: u32,
    /// Stop after so many chunks, as if killed (tests).
    pub stop_after: Option<usize>,
}

impl Order {
    /// The usual order for a scale.
    pub fn new(scale: Scale, seed: u64, jobs: usize) -> Self {
        Self {
            scale,
            seed,
            jobs,
            chunk: CHUNK,
            stop_after: None,
        }
    }
}

/// Writes the league, or what is missing of it. Refuses a database with another league in it.
pub async fn seed(app: &App, order: Order, say: impl Fn(String) + Sync) -> anyhow::Result<()> {
    let mark = begin(app, order).await?;
    let began = Instant::now();
    let plan = Plan::draw(mark.scale, mark.seed, mark.at);
    say(format!("{} 个组织、{} 人", plan.nodes.len(), plan.persons));
    let policy = app.policy::<accounts::Policy>();
    let kit = Arc::new(Kit {
        keys: app.db().keys.clone(),
        nonces: app.db().random.clone(),
        people: app.policy::<::people::Policy>().clone(),
        transfers: app.policy::<transfers::Policy>().clone(),
        privacy: policy.privacy_version.clone(),
        password: accounts::hash_password(&app.db().keys, &app.db().random, PASSWORD).await?,
        plan,
    });
    let all = chunks(&kit.plan, mark.chunk);
    let missing = missing(app, &all).await?;
    if missing.len() < all.len() {
        say(format!(
            "已写入 {}/{} 段，继续",
            all.len() - missing.len(),
            all.len()
        ));
    }
    let persons = |chunk: &Range<u32>| -> u64 {
        kit.plan.nodes[chunk.start as usize..chunk.end as usize]
            .iter()
            .map(|node| u64::from(node.members + node.cadres))
            .sum()
    };
    let total: u64 = missing.iter().map(&persons).sum();
    let (done, told) = (AtomicU64::new(0), AtomicU64::new(0));
    let todo = missing
        .into_iter()
        .take(order.stop_after.unwrap_or(usize::MAX));
    stream::iter(todo.map(Ok::<_, anyhow::Error>))
        .try_for_each_concurrent(order.jobs.max(1), |chunk| {
            let (kit, app, count) = (kit.clone(), app.clone(), persons(&chunk));
            let (done, told, say) = (&done, &told, &say);
            async move {
                tokio::spawn(write(app, kit, chunk)).await??;
                let now = done.fetch_add(count, Ordering::Relaxed) + count;
                let seconds = began.elapsed().as_secs();
                if told.swap(seconds / 5, Ordering::Relaxed) < seconds / 5 {
                    say(progress(now, total, began));
                }
                Ok(())
            }
        })
        .await?;
    if order.stop_after.is_some() {
        return Ok(());
    }
    say(format!("全部写入，用时 {} 秒", began.elapsed().as_secs()));
    finish(app, &kit.plan, mark, &say).await?;
    say(format!("完成，共用时 {} 秒", began.elapsed().as_secs()));
    Ok(())
}

fn progress(now: u64, total: u64, began: Instant) -> String {
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    let rate = now as f64 / seconds;
    let rest = (total.saturating_sub(now)) as f64 / rate.max(1.0);
    format!(
        "{now}/{total} 人（{}%），每秒 {rate:.0} 人，约剩 {} 分 {} 秒",
        100 * now / total.max(1),
        rest as u64 / 60,
        rest as u64 % 60
    )
}

/// Marks the database as invented before the first row, so that production mode refuses it from then on (SEC-08).
async fn begin(app: &App, order: Order) -> anyhow::Result<Mark> {
    let mut tx = app.db().begin(Actor::system("seed")).await?;
    if let Some(mark) = store::mark(&mut tx).await? {
        ensure!(
            mark.unfinished,
            "这个数据库里已经写好了一个虚构的团组织；要另写请换一个空数据库。"
        );
        ensure!(
            mark.scale == order.scale && mark.seed == order.seed,
            "这个数据库里有没写完的虚构数据（规模 {:?}，种子 {}）；请用同样的规模和种子继续，或换一个空数据库。",
            mark.scale,
            mark.seed
        );
        return Ok(mark);
    }
    if store::any_org(&mut tx).await? {
        bail!("这个数据库里已经有组织，不能再写入虚构数据。请换一个空数据库。");
    }
    let indexes = if order.scale.members() >= LARGE {
        store::put_off_indexes(&mut tx, &copy::tables()).await?
    } else {
        Vec::new()
    };
    let mark = Mark {
        scale: order.scale,
        seed: order.seed,
        profile: app.profile().to_owned(),
        at: tx.now(),
        chunk: order.chunk,
        unfinished: true,
        indexes,
    };
    store::set_mark(&mut tx, &mark).await?;
    tx.record(
        Event::new("seed.begun", "setting", Uuid::nil())
            .note(format!("{:?}, {}", order.scale, order.seed)),
    );
    tx.commit().await?;
    Ok(mark)
}

/// Neighbouring organisations, so many that a transaction is worth its while.
fn chunks(plan: &Plan, persons: u32) -> Vec<Range<u32>> {
    let mut list = Vec::new();
    let (mut start, mut weight) = (0, 0);
    for (n, node) in (0_u32..).zip(&plan.nodes) {
        weight += node.members + node.cadres + 2;
        if weight >= persons {
            list.push(start..n + 1);
            (start, weight) = (n + 1, 0);
        }
    }
    let end = u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX);
    if start < end {
        list.push(start..end);
    }
    list
}

async fn missing(app: &App, all: &[Range<u32>]) -> anyhow::Result<Vec<Range<u32>>> {
    let first = |chunk: &Range<u32>| Plan::org_no(chunk.start);
    let numbers: Vec<i64> = all.iter().map(first).collect();
    let there: std::collections::HashSet<i64> =
        store::there(&mut *app.db().pool.acquire().await?, &numbers)
            .await?
            .into_iter()
            .collect();
    Ok(all
        .iter()
        .filter(|chunk| !there.contains(&first(chunk)))
        .cloned()
        .collect())
}

async fn write(app: App, kit: Arc<Kit>, chunk: Range<u32>) -> anyhow::Result<()> {
    let nodes = chunk.clone();
    let rows = tokio::task::spawn_blocking(move || {
        let mut rows = Rows::default();
        for n in nodes {
            rows::organisation(&kit, n, &mut rows)?;
        }
        anyhow::Ok(rows)
    })
    .await??;
    let mut tx = app.db().begin(Actor::system("seed")).await?;
    // What is lost in a crash of the machine is written again.
    sqlx::raw_sql("set local synchronous_commit = off")
        .execute(&mut *tx)
        .await?;
    let count = rows.copy(&mut tx).await?;
    tx.record(
        Event::new("seed.written", "setting", Uuid::nil()).note(format!(
            "organisations {}..{}, {count} rows",
            Plan::org_no(chunk.start),
            Plan::org_no(chunk.end)
        )),
    );
    tx.commit().await?;
    Ok(())
}

/// Indexes, statistics, number ranges; then the league is complete.
async fn finish(
    app: &App,
    plan: &Plan,
    mut mark: Mark,
    say: &(impl Fn(String) + Sync),
) -> anyhow::Result<()> {
    let free =
        "set statement_timeout = 0; set lock_timeout = 0; set maintenance_work_mem = '256MB'";
    let pool = &app.db().pool;
    stream::iter(mark.indexes.iter().map(Ok::<_, anyhow::Error>))
        .try_for_each_concurrent(2, |definition| async move {
            let mut conn = pool.acquire().await?.detach();
            sqlx::raw_sql(free).execute(&mut conn).await?;
            let began = Instant::now();
            store::make_index(&mut conn, definition).await?;
            let name = definition.split_whitespace().nth(2).unwrap_or_default();
            say(format!("索引 {name}，{} 秒", began.elapsed().as_secs()));
            Ok(())
        })
        .await?;
    stream::iter(copy::tables())
        .map(Ok::<_, anyhow::Error>)
        .try_for_each_concurrent(2, |table| async move {
            let mut conn = pool.acquire().await?.detach();
            sqlx::raw_sql(free).execute(&mut conn).await?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("vacuum (analyze) {table}")))
                .execute(&mut conn)
                .await?;
            Ok(())
        })
        .await?;
    crate::figures::refill(app.db(), app.policy(), |_| async { Ok(()) }).await?;
    let mut tx = app.db().begin(Actor::system("seed")).await?;
    let orgs = u32::try_from(plan.nodes.len())?;
    let transfers = 100_000_000_001 + i64::from(plan.persons);
    store::set_numbers(&mut tx, Plan::org_no(orgs), transfers).await?;
    mark.unfinished = false;
    mark.indexes.clear();
    store::set_mark(&mut tx, &mark).await?;
    tx.record(Event::new("seed.finished", "setting", Uuid::nil()));
    tx.commit().await?;
    Ok(())
}

/// Accounts of the seeded league this database holds, as lines for the terminal; none if it holds no such league.
pub async fn describe(app: &App) -> anyhow::Result<Option<String>> {
    let Some(mark) = store::mark(&mut *app.db().pool.acquire().await?).await? else {
        return Ok(None);
    };
    ensure!(
        !mark.unfinished,
        "这个数据库里的虚构数据没有写完，请先用同样的规模和种子运行 tuanjian seed 继续"
    );
    let plan = Plan::draw(mark.scale, mark.seed, mark.at);
    Ok(Some(
        accounts_of(&plan)
            .into_iter()
            .map(|(role, login)| format!("  {role}：账号 {login}  密码 {PASSWORD}\n"))
            .collect(),
    ))
}

/// Who can be tried: role and ID number, several of each level spread over the tree.
fn accounts_of(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    let of = |wanted: &dyn Fn(&plan::Node) -> bool, most: usize| -> Vec<u32> {
        let all: Vec<u32> = (0_u32..)
            .zip(&plan.nodes)
            .filter(|(_, node)| wanted(node))
            .map(|(n, _)| n)
            .collect();
        let step = all.len().div_ceil(most).max(1);
        all.into_iter().step_by(step).collect()
    };
    let body = |depth| {
        move |node: &plan::Node| {
            node.category == OrgCategory::LeadingBody && node.path.depth() == depth
        }
    };
    let university = |node: &plan::Node| node.sector == Some(plan::UNIVERSITY);
    let above = |node: &plan::Node| node.parent.map(|up| &plan.nodes[up as usize]);
    let branches = of(
        &|node| node.members > 12 && node.first % 25 != 24 && !node.graduate,
        40,
    );
    for (role, nodes) in [
        ("省级管理员", of(&body(2), 1)),
        ("市级管理员", of(&body(3), 8)),
        ("县级管理员", of(&body(4), 8)),
        (
            "校团委管理员",
            of(
                &|node| university(node) && above(node).is_some_and(|up| !university(up)),
                12,
            ),
        ),
        (
            "学院团委管理员",
            of(
                &|node| {
                    node.category == OrgCategory::Committee
                        && university(node)
                        && above(node).is_some_and(university)
                },
                12,
            ),
        ),
        ("支部书记（管理员）", branches.clone()),
    ] {
        for n in nodes {
            list.push((role, people::number_of(plan, n, 0)));
            if role == "省级管理员" {
                list.push((role, people::number_of(plan, n, 1)));
            }
        }
    }
    // A member of each of these branches, whose application somebody decides who can be tried too, and of others.
    let mut theirs = branches;
    theirs.extend(of(&|node| node.members > 12 && !node.graduate, 40));
    theirs.sort_unstable();
    theirs.dedup();
    for n in theirs {
        list.push(("团员", people::number_of(plan, n, 3)));
    }
    list
}
