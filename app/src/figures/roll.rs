//! The roll-up, the survey of what moves with the clock, and the nightly writing of all rows.

use super::{moment, store};
use access::Actor;
use base::{OrgPath, Result};
use chrono::TimeDelta;
use db::Db;
use pinyin::ToPinyin;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Marks of one roll-up.
const MARKS: i64 = 2_000;
/// Organisations written by one statement.
const BATCH: usize = 2_000;
/// Time between two roll-ups, and between two surveys.
const EVERY: Duration = Duration::from_secs(2);
const SURVEY: TimeDelta = TimeDelta::seconds(15);

/// Rolls up and surveys until told to stop. Any number of processes may do so: one after another.
pub async fn keep(db: Db, policy: people::Policy, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let done = async {
            survey_if_due(&db, &policy).await?;
            roll(&db).await
        };
        if let Err(cause) = done.await {
            tracing::error!(%cause, "figures not rolled up, tried again");
        }
        tokio::select! { _ = stopped.changed() => {}, () = tokio::time::sleep(EVERY) => {} }
    }
}

/// Takes all marks; answers how many organisations were written.
pub async fn roll(db: &Db) -> Result<u64> {
    let mut done = 0;
    loop {
        let mut tx = db.begin(Actor::system("figures")).await?;
        let now = tx.now();
        store::lock(&mut tx).await?;
        let marks = store::marks(&mut tx, MARKS).await?;
        if marks.is_empty() {
            // Everything marked before this transaction began has been counted.
            store::ran(&mut tx, "roll", now).await?;
            tx.commit_housekeeping().await?;
            return Ok(done);
        }
        let (ids, orgs): (Vec<i64>, Vec<Uuid>) = marks.into_iter().unzip();
        done += count_up(&mut tx, &orgs).await?;
        store::forget_marks(&mut tx, &ids).await?;
        tx.commit_housekeeping().await?;
    }
}

/// Writes the rows of these organisations and of all above them, where they stand and where they stood.
async fn count_up(tx: &mut db::Tx, orgs: &[Uuid]) -> Result<u64> {
    let mut paths = BTreeSet::new();
    for path in store::places(tx, orgs).await? {
        let path = OrgPath::new(path);
        paths.extend(path.ancestors());
        paths.insert(path);
    }
    let mut levels: Vec<Vec<Uuid>> = Vec::new();
    let paths: Vec<String> = paths.iter().map(OrgPath::to_string).collect();
    for (id, path) in store::at(tx, &paths).await? {
        let depth = OrgPath::new(path).depth();
        levels.resize(levels.len().max(depth + 1), Vec::new());
        levels[depth].push(id);
    }
    let mut done = 0;
    for level in levels.iter().rev() {
        for batch in level.chunks(BATCH) {
            done += store::write(tx, batch).await?;
        }
    }
    spell(tx, orgs).await?;
    Ok(done)
}

/// Writes how these organisations' names sound.
async fn spell(tx: &mut db::Tx, orgs: &[Uuid]) -> Result<()> {
    let names = store::names(tx, orgs).await?;
    let (ids, spelled): (Vec<Uuid>, Vec<String>) = names
        .into_iter()
        .map(|(id, name)| (id, sound(&name)))
        .unzip();
    store::write_spelling(tx, &ids, &spelled).await
}

/// Full pinyin, a blank, the initials.
fn sound(name: &str) -> String {
    let (mut full, mut initials) = (String::new(), String::new());
    for c in name.chars() {
        match c.to_pinyin() {
            // ü is typed as v.
            Some(sound) => {
                let sound = sound.plain().replace('ü', "v");
                initials.extend(sound.chars().next());
                full.push_str(&sound);
            }
            None if c.is_ascii_alphanumeric() => {
                initials.push(c.to_ascii_lowercase());
                full.push(c.to_ascii_lowercase());
            }
            None => {}
        }
    }
    format!("{full} {initials}")
}

async fn survey_if_due(db: &Db, policy: &people::Policy) -> Result<()> {
    let last = store::ran_at(&mut *db.read().await?, "survey").await?;
    let now = db.clock.now();
    // A moment ahead was written before the demonstration clock was moved back.
    if last.is_none_or(|at| at > now || at + SURVEY <= now) {
        survey(db, policy).await?;
    }
    Ok(())
}

/// Counts anew, for all organisations, what waits and who turns 28 soon, and marks those where that changed. Both come
/// from indexes alone: as many entries as there are open steps and birthdays of a month.
pub async fn survey(db: &Db, policy: &people::Policy) -> Result<()> {
    let mut tx = db.begin(Actor::system("figures")).await?;
    let at = moment(policy, tx.now());
    store::lock(&mut tx).await?;
    let changed = store::survey(&mut tx, at).await?;
    for batch in changed.chunks(BATCH) {
        store::write_survey(&mut tx, batch).await?;
        let ids: Vec<_> = batch.iter().map(|own| base::OrgId(own.org)).collect();
        orgs::mark(&mut tx, &ids).await?;
    }
    store::ran(&mut tx, "survey", at.now).await?;
    tx.commit_housekeeping().await
}

/// Writes all rows, the deepest level first, each batch in a transaction of its own.
pub async fn refill<F, Fut>(db: &Db, policy: &people::Policy, beat: F) -> Result<u64>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    survey(db, policy).await?;
    let deepest = store::deepest(&mut *db.read().await?).await?;
    let mut done = 0;
    for length in (1..=deepest / OrgPath::LABEL as i32).rev() {
        let mut after = String::new();
        loop {
            let mut tx = db.begin(Actor::system("figures")).await?;
            store::lock(&mut tx).await?;
            let length = length * OrgPath::LABEL as i32;
            let batch = store::level(&mut tx, length, &after, BATCH as i64).await?;
            let Some((_, last)) = batch.last() else {
                break;
            };
            after.clone_from(last);
            let ids: Vec<Uuid> = batch.iter().map(|(id, _)| *id).collect();
            store::write(&mut tx, &ids).await?;
            spell(&mut tx, &ids).await?;
            tx.commit_housekeeping().await?;
            done += ids.len() as u64;
            beat(done).await?;
        }
    }
    roll(db).await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    #[test]
    fn peer_06_names_of_organisations_sound_in_full_and_by_initials() {
        assert_eq!(
            super::sound("软件2023级1班团支部"),
            "ruanjian2023ji1bantuanzhibu rj2023j1btzb"
        );
    }
}
