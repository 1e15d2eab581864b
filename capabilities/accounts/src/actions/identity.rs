//! The nightly asking of the citizens' register (ACC-61, ACC-62, ACC-63).

use crate::store;
use base::{PersonId, Result, business_date};
use chrono::{Datelike, TimeDelta};
use db::{Db, Tx};
use gateways::{IdentityRegister, NotSent, Question, Verdict};
use messages::{Note, Receiver};
use people::{IdentityClaim, IdentityState, identity_mark};
use uuid::Uuid;

/// People asked for at a time.
const LOT: i64 = 5_000;
/// People settled in one transaction.
const PART: usize = 500;
/// Hours without an answer after which somebody is 未认证 again.
const PATIENCE: TimeDelta = TimeDelta::hours(72);

/// What a night came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub passed: usize,
    pub failed: usize,
    /// Left for the next night by a fault of the source.
    pub left: usize,
}

/// One night: what nobody answered goes back; on the first of the month those the register did not know are asked for again;
/// then everybody 未认证, lot by lot. May be killed at any point: what was sent and not answered lapses.
pub(crate) async fn night(db: &Db, register: &dyn IdentityRegister) -> Result<Tally> {
    lapse(db).await?;
    if business_date(db.clock.now()).day() == 1 {
        move_all(db, IdentityState::RegisterLag, IdentityState::Unverified).await?;
    }
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let lot = {
            let mut reader = db.read().await?;
            people::identities(&mut reader, &db.keys, IdentityState::Unverified, after, LOT).await?
        };
        let Some(last) = lot.last() else {
            return Ok(tally);
        };
        after = Some(last.person);
        let batch: Uuid = db.random.uuid(db.clock.now());
        send(db, register.source(), batch, &lot).await?;
        let questions: Vec<Question> = lot
            .iter()
            .map(|claim| Question {
                name: claim.name.clone(),
                number: claim.number.reveal().to_owned(),
            })
            .collect();
        match register.ask(&questions).await {
            Ok(verdicts) if verdicts.len() == lot.len() => {
                for (claims, verdicts) in lot.chunks(PART).zip(verdicts.chunks(PART)) {
                    take(db, batch, claims, verdicts, &mut tally).await?;
                }
            }
            // A fault of the source is no answer: everybody stays 未认证 for the next night (GWY-16).
            fault => {
                if let Err(NotSent::Later(why) | NotSent::Never(why)) = fault {
                    tracing::warn!(why, "identity register");
                }
                for claims in lot.chunks(PART) {
                    give_back(db, batch, claims).await?;
                }
                tally.left += lot.len();
                return Ok(tally);
            }
        }
    }
}

async fn begin(db: &Db) -> Result<Tx> {
    db.begin(access::Actor::system("accounts.identity")).await
}

async fn send(db: &Db, source: &str, batch: Uuid, lot: &[IdentityClaim]) -> Result<()> {
    for claims in lot.chunks(PART) {
        let mut tx = begin(db).await?;
        store::identity::send(&mut tx, batch, source, claims).await?;
        people::set_identity(&mut tx, &of(claims), IdentityState::Sent).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn of(claims: &[IdentityClaim]) -> Vec<PersonId> {
    claims.iter().map(|claim| claim.person).collect()
}

async fn give_back(db: &Db, batch: Uuid, claims: &[IdentityClaim]) -> Result<()> {
    let mut tx = begin(db).await?;
    store::identity::answer(&mut tx, batch, &of(claims), "void").await?;
    people::set_identity(&mut tx, &of(claims), IdentityState::Unverified).await?;
    tx.commit().await
}

/// Settles a part of a lot. Whoever was corrected meanwhile is no longer the one asked for, and stays 未认证.
async fn take(
    db: &Db,
    batch: Uuid,
    claims: &[IdentityClaim],
    verdicts: &[Verdict],
    tally: &mut Tally,
) -> Result<()> {
    let mut tx = begin(db).await?;
    let keys = tx.keys().clone();
    let before = store::identity::asked_before(&mut tx, batch, &of(claims)).await?;
    let mut settled: Vec<(PersonId, IdentityState)> = Vec::with_capacity(claims.len());
    for (claim, verdict) in claims.iter().zip(verdicts) {
        let now = people::find(&mut tx, &keys, claim.person).await?;
        let same = now.is_some_and(|now| now.name == claim.name && now.id_number == claim.number);
        let mark = identity_mark(&keys, &claim.number);
        let altered = before
            .get(&claim.person)
            .is_some_and(|(name, number)| *name != claim.name || *number != mark);
        let state = match verdict {
            _ if !same => IdentityState::Unverified,
            Verdict::Same => IdentityState::Passed,
            Verdict::NoRecord => IdentityState::RegisterLag,
            Verdict::Differs if altered => IdentityState::Altered,
            Verdict::Differs => IdentityState::Mismatch,
        };
        settled.push((claim.person, state));
    }
    for state in IdentityState::ALL {
        let people: Vec<PersonId> = settled
            .iter()
            .filter(|(_, s)| s == state)
            .map(|(person, _)| *person)
            .collect();
        if people.is_empty() {
            continue;
        }
        let kept = if *state == IdentityState::Unverified {
            "void"
        } else {
            state.code()
        };
        store::identity::answer(&mut tx, batch, &people, kept).await?;
        people::set_identity(&mut tx, &people, *state).await?;
        if state.is_passed() {
            tally.passed += people.len();
        } else if *state != IdentityState::Unverified {
            tally.failed += people.len();
            for person in people {
                tell(&mut tx, person, *state).await?;
            }
        }
    }
    tx.commit().await
}

async fn tell(tx: &mut Tx, person: PersonId, state: IdentityState) -> Result<()> {
    let note = Note {
        kind: "account",
        title: state.label().into(),
        body: state.advice().into(),
        jump: Some("/member/me".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person), note).await
}

async fn lapse(db: &Db) -> Result<()> {
    loop {
        let mut tx = begin(db).await?;
        let before = tx.now() - PATIENCE;
        let mut people = store::identity::lapse(&mut tx, before, PART as i64).await?;
        if people.is_empty() {
            return Ok(());
        }
        people.sort_unstable();
        people.dedup();
        people::set_identity(&mut tx, &people, IdentityState::Unverified).await?;
        tx.commit().await?;
    }
}

async fn move_all(db: &Db, from: IdentityState, to: IdentityState) -> Result<()> {
    loop {
        let mut tx = begin(db).await?;
        let keys = tx.keys().clone();
        let claims = people::identities(&mut tx, &keys, from, None, PART as i64).await?;
        if claims.is_empty() {
            return Ok(());
        }
        people::set_identity(&mut tx, &of(&claims), to).await?;
        tx.commit().await?;
    }
}
