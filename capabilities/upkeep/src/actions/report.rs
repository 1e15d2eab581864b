//! Making the statistics' snapshot.

use crate::Policy;
use crate::rules::report::{
    self as rules, Cadre, Classes, Counts, FEW, LEADING, Line, Rank, Step, Sums, UNFILLED,
};
use crate::rules::walk::Walk;
use crate::store::report::{self as store, Held, Met, Row};
use access::Actor;
use base::{OrgPath, Result, YearMonth};
use chrono::{DateTime, Datelike, Utc};
use db::jobs::Run;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The kind of the job.
pub(crate) const JOB: &str = "upkeep.report";
const CHUNK: i64 = 1000;

/// What is written of an organisation whose subtree is through.
fn row(met: Met, sums: &Sums) -> Row {
    let figures = sums.figures();
    let own = &figures.own;
    Row {
        sector: sector(&met),
        flags: [own.hollow, own.few, own.headless].map(|n| n > 0),
        listed: is_listed(&met),
        figures,
        met,
    }
}

/// Holder branches, vaults and awaiting-transfer branches stand apart, in no row.
fn is_listed(met: &Met) -> bool {
    !matches!(
        met.kind.as_str(),
        "awaiting_transfer" | "special_unit_vault"
    )
}

fn sector(met: &Met) -> Option<String> {
    met.sector
        .clone()
        .filter(|_| met.category != "leading_body")
}

/// Walks the tree in its order, a thousand organisations at a time, and adds up each subtree when the walk leaves it.
/// Killed half-way, the former run stays in force.
pub(crate) async fn make(run: &Run, policy: &Policy) -> Result<u64> {
    let at = run.db.clock.now();
    let (mut after, mut done) = (String::new(), 0);
    let mut walk: Walk<(Met, Sums)> = Walk::default();
    loop {
        let mut tx = run.db.begin(Actor::system(JOB)).await?;
        let met = store::after(&mut tx, &after, CHUNK).await?;
        let mut rows = Vec::new();
        if let Some(last) = met.last() {
            after.clone_from(&last.path);
        }
        let end = met.is_empty();
        let own = count(&mut tx, &met, at, policy).await?;
        let mut whole = |(met, sums): (Met, Sums), superior: Option<&mut (Met, Sums)>| {
            rows.push(row(met, &sums));
            if let Some((_, superior)) = superior {
                superior.below(sums);
            }
        };
        for (met, sums) in met.into_iter().zip(own) {
            let path = OrgPath::new(met.path.clone());
            if let Some((_, superior)) = walk.enter(path, (met, sums), &mut whole) {
                superior.is_parent();
            }
        }
        if end {
            walk.end(&mut whole);
        }
        store::save(&mut tx, &rows, at).await?;
        if end {
            store::publish(&mut tx, at, policy.months_shown).await?;
        }
        tx.commit_housekeeping().await?;
        done += rows.len() as u64;
        if end {
            return Ok(done);
        }
        run.progress(done, 0).await?;
    }
}

/// What each of these organisations has itself.
async fn count(
    conn: &mut PgConnection,
    met: &[Met],
    now: DateTime<Utc>,
    policy: &Policy,
) -> Result<Vec<Sums>> {
    let ids: Vec<Uuid> = met.iter().map(|met| met.id).collect();
    let year = base::business_date(now).year() - 1;
    let month = |month| YearMonth::new(year, month).map_or(0, YearMonth::index);
    let mut classes: HashMap<Uuid, Classes> = HashMap::new();
    let mut admitted: HashMap<Uuid, i64> = HashMap::new();
    for alike in store::members(conn, &ids, (month(1), month(12))).await? {
        let (education, income) = classes.entry(alike.branch).or_default();
        *education.entry(alike.education).or_default() += alike.n;
        *income.entry(alike.income).or_default() += alike.n;
        *admitted.entry(alike.branch).or_default() += alike.new;
    }
    let transfers = store::transfers(conn, &ids).await?;
    let mut pending: HashMap<Uuid, i64> = HashMap::new();
    let mut answers: HashMap<Uuid, (i64, i64, i64)> = HashMap::new();
    for desk in store::desks(conn, &ids, rules::month_start(now), now).await? {
        if desk.kind == "registration" && desk.done_at.is_none() {
            *pending.entry(desk.org).or_default() += 1;
        }
        if policy.timely_hours > 0 && rules::is_member_business(&desk.kind) {
            let step = Step {
                arrived: desk.arrived,
                done: desk.done_at.zip(desk.done_how.as_deref()),
            };
            let one = rules::response(step, now, policy.timely_hours);
            let all = answers.entry(desk.org).or_default();
            *all = (all.0 + one.0, all.1 + one.1, all.2 + one.2);
        }
    }
    let posts = store::posts(conn, &ids).await?;
    let enabled: HashSet<Uuid> = posts
        .iter()
        .filter(|held| !held.disabled)
        .map(|held| held.org)
        .collect();
    let mut sums: Vec<Sums> = met
        .iter()
        .map(|met| {
            if !is_listed(met) {
                return Sums::default();
            }
            let of = |map: &HashMap<Uuid, i64>| map.get(&met.id).copied().unwrap_or_default();
            let moves = transfers.get(&met.id).copied().unwrap_or_default();
            let (must, done, due) = answers.get(&met.id).copied().unwrap_or_default();
            let branch = i64::from(met.category == "branch");
            let counts = Counts {
                orgs: 1,
                branches: branch,
                hollow: 1 - branch,
                few: i64::from(branch == 1 && met.members <= FEW),
                headless: i64::from(branch == 1 && !enabled.contains(&met.id)),
                members: met.members.into(),
                pending: of(&pending),
                out_open: moves[0],
                out: moves[1],
                in_open: moves[2],
                taken_in: moves[3],
                must,
                done,
                due,
                ..Counts::default()
            };
            let is = |category: &str| i64::from(met.category == category);
            let line = Line {
                committees: is("committee"),
                work_committees: is("work_committee"),
                general_branches: is("general_branch"),
                branches: branch,
                members: met.members.into(),
                admitted: of(&admitted),
                ..Line::default()
            };
            let classes = classes.remove(&met.id).unwrap_or_default();
            Sums::of(counts, row_of(met), line, classes)
        })
        .collect();
    add_cadres(conn, met, posts, &mut sums).await?;
    Ok(sums)
}

/// The row of 查看分类统计 an organisation is counted in.
fn row_of(met: &Met) -> &str {
    match (&met.sector, met.category.as_str()) {
        (_, "leading_body") => LEADING,
        (Some(sector), _) => sector,
        (None, _) => UNFILLED,
    }
}

async fn add_cadres(
    conn: &mut PgConnection,
    met: &[Met],
    posts: Vec<Held>,
    sums: &mut [Sums],
) -> Result<()> {
    let mut best: BTreeMap<(Uuid, Uuid), (Rank, bool)> = BTreeMap::new();
    for held in posts {
        let rank = Rank::of(&held.nature);
        let known = best
            .entry((held.org, held.person))
            .or_insert((rank, held.disabled));
        known.0 = rank.min(known.0);
        known.1 &= held.disabled;
    }
    let mut persons: Vec<Uuid> = best.keys().map(|(_, person)| *person).collect();
    persons.sort_unstable();
    persons.dedup();
    let (several, joined) = store::standing(conn, &persons).await?;
    let places: HashMap<Uuid, usize> = met.iter().enumerate().map(|(n, m)| (m.id, n)).collect();
    for ((org, person), (rank, disabled)) in best {
        let Some(place) = places.get(&org).copied().filter(|n| is_listed(&met[*n])) else {
            continue;
        };
        let cadre = Cadre {
            rank,
            sector: row_of(&met[place]).to_owned(),
            joined: joined.contains(&person) && !disabled,
        };
        sums[place].cadre(person, cadre, several.contains(&person));
    }
    Ok(())
}
