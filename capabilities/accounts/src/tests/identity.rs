use super::kit;
use crate::actions::identity::{Tally, night};
use base::PersonId;
use chrono::TimeDelta;
use futures::future::BoxFuture;
use gateways::{IdentityRegister, NotSent, Question, Verdict};
use people::IdentityState;
use std::sync::{Mutex, PoisonError};
use testkit::TestApp;

/// A register that says what the test wants, and remembers what it was asked.
struct Register(Result<Verdict, ()>, Mutex<Vec<String>>);

impl Register {
    fn saying(verdict: Verdict) -> Self {
        Self(Ok(verdict), Mutex::default())
    }

    fn broken() -> Self {
        Self(Err(()), Mutex::default())
    }

    fn asked(&self) -> Vec<String> {
        self.1
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl IdentityRegister for Register {
    fn source(&self) -> &'static str {
        "test"
    }

    fn ask<'a>(&'a self, lot: &'a [Question]) -> BoxFuture<'a, Result<Vec<Verdict>, NotSent>> {
        self.1
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(lot.iter().map(|q| q.name.clone()));
        let verdict = self.0;
        Box::pin(async move {
            let verdict = verdict.map_err(|()| NotSent::Later("down".into()))?;
            Ok(lot.iter().map(|_| verdict).collect())
        })
    }
}

async fn entered() -> (TestApp, PersonId) {
    let app = kit::app().await;
    let number = kit::id_number("20050305", 71);
    let person = kit::person(&app, "孙演示", &number, None, Some(&app.league.branch)).await;
    (app, person)
}

async fn state(app: &TestApp, person: PersonId) -> IdentityState {
    let mut conn = app.db.read().await.unwrap();
    let keys = conn.keys.clone();
    let file = people::find(&mut conn, &keys, person)
        .await
        .unwrap()
        .unwrap();
    file.identity_state
}

async fn unverified(app: &TestApp) -> i32 {
    let mut conn = app.db.read().await.unwrap();
    sqlx::query_scalar!(
        "select unverified from branch_counter where org_id = $1",
        app.league.branch.id.0
    )
    .fetch_one(&mut *conn)
    .await
    .unwrap()
}

#[tokio::test]
async fn acc_61_whoever_was_entered_is_unverified_until_the_nightly_batch_has_come_back() {
    let (app, person) = entered().await;
    assert_eq!(
        (state(&app, person).await, unverified(&app).await),
        (IdentityState::Unverified, 1)
    );
    let register = Register::saying(Verdict::Same);
    let tally = night(&app.db, &register).await.unwrap();
    assert_eq!(
        tally,
        Tally {
            passed: 1,
            failed: 0,
            left: 0
        }
    );
    assert_eq!(
        (state(&app, person).await, unverified(&app).await),
        (IdentityState::Passed, 0)
    );
    // Nobody is asked for twice.
    night(&app.db, &register).await.unwrap();
    assert_eq!(register.asked(), ["孙演示"]);
}

#[tokio::test]
async fn acc_60_a_person_not_passed_keeps_a_state_that_is_explained_on_the_own_page() {
    let (app, person) = entered().await;
    night(&app.db, &Register::saying(Verdict::Differs))
        .await
        .unwrap();
    assert_eq!(
        state(&app, person).await.label(),
        "认证不通过（姓名与证件不一致）"
    );
    for state in IdentityState::ALL {
        assert!(state.advice().ends_with('。'), "{state:?} says what to do");
    }
    let told = app.db.read().await.unwrap();
    drop(told);
}

#[tokio::test]
async fn acc_62_the_reason_follows_from_the_register_and_from_what_was_asked_before() {
    let (app, person) = entered().await;
    night(&app.db, &Register::saying(Verdict::Differs))
        .await
        .unwrap();
    assert_eq!(
        state(&app, person).await,
        IdentityState::Mismatch,
        "reason 1"
    );
    // Somebody else's name is written over it.
    let mut tx = kit::begin(&app).await;
    sqlx::query!(
        "update person set name = '周另' where person_id = $1",
        person.0
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    people::set_identity(&mut tx, &[person], IdentityState::Unverified)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    night(&app.db, &Register::saying(Verdict::Differs))
        .await
        .unwrap();
    assert_eq!(
        state(&app, person).await,
        IdentityState::Altered,
        "reason 2"
    );
    let (app, person) = entered().await;
    night(&app.db, &Register::saying(Verdict::NoRecord))
        .await
        .unwrap();
    assert_eq!(
        state(&app, person).await,
        IdentityState::RegisterLag,
        "reason 3"
    );
}

#[tokio::test]
async fn acc_63_whom_the_register_does_not_know_yet_is_asked_for_again_on_the_first_of_the_month() {
    let (app, person) = entered().await;
    app.move_to("2026-09-20 02:00");
    night(&app.db, &Register::saying(Verdict::NoRecord))
        .await
        .unwrap();
    let register = Register::saying(Verdict::Same);
    app.move_to("2026-09-30 02:00");
    night(&app.db, &register).await.unwrap();
    assert_eq!(state(&app, person).await, IdentityState::RegisterLag);
    app.move_to("2026-10-01 02:00");
    night(&app.db, &register).await.unwrap();
    assert_eq!(state(&app, person).await, IdentityState::Passed);
}

#[tokio::test]
async fn gwy_16_a_fault_of_the_source_leaves_people_unverified_for_the_next_night() {
    let (app, person) = entered().await;
    let tally = night(&app.db, &Register::broken()).await.unwrap();
    assert_eq!(tally.left, 1);
    assert_eq!(state(&app, person).await, IdentityState::Unverified);
    night(&app.db, &Register::saying(Verdict::Same))
        .await
        .unwrap();
    assert_eq!(state(&app, person).await, IdentityState::Passed);
}

#[tokio::test]
async fn acc_61_what_nobody_answered_in_72_hours_is_unverified_again() {
    let (app, person) = entered().await;
    // Killed between sending and the answer.
    let mut tx = kit::begin(&app).await;
    let keys = tx.keys().clone();
    let claims = people::identities(&mut tx, &keys, IdentityState::Unverified, None, 9)
        .await
        .unwrap();
    let batch = tx.new_id();
    crate::store::identity::send(&mut tx, batch, "test", &claims)
        .await
        .unwrap();
    people::set_identity(&mut tx, &[person], IdentityState::Sent)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let start = app.db.clock.now();
    app.db
        .clock
        .move_to(start + TimeDelta::hours(72) - TimeDelta::seconds(1));
    let register = Register::saying(Verdict::Same);
    night(&app.db, &register).await.unwrap();
    assert_eq!(state(&app, person).await, IdentityState::Sent);
    app.db.clock.move_to(start + TimeDelta::hours(72));
    night(&app.db, &register).await.unwrap();
    assert_eq!(
        state(&app, person).await,
        IdentityState::Passed,
        "asked anew the same night"
    );
}
