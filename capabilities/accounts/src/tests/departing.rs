//! What becomes of an account when the membership ends.

use super::kit::{self, PASSWORD};
use people::{Departure, Gone, MembershipState};

#[tokio::test]
async fn ros_78_the_account_of_somebody_who_left_reads_only_and_administers_nothing() {
    let app = kit::app().await;
    let branch = &app.league.branch_2;
    let number = kit::id_number("19980910", 31);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, Some(branch)).await;
    let browser = kit::signed_in(&app, number.reveal(), PASSWORD).await;
    browser.get("/console/grants").await.expect(200);
    let gone = [Gone {
        person,
        branch: branch.id,
        state: MembershipState::LeftAt28,
    }];
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture.ended(&mut tx, &gone).await.unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "read_only");
    let left = crate::administrators(&mut tx, branch.id).await.unwrap();
    assert!(left.iter().all(|holder| holder.account_id != person.0));
    tx.commit().await.unwrap();
    // Still signed in, for the own records; nothing to administer.
    assert_ne!(browser.get("/console/grants").await.status, 200);
    kit::signed_in(&app, number.reveal(), PASSWORD).await;
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture
        .restored(&mut tx, person)
        .await
        .unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "active");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn ros_63_the_account_of_a_wrong_entry_is_closed() {
    let app = kit::app().await;
    let number = kit::id_number("20040910", 31);
    let person = kit::account(&app, "孙演示", &number, PASSWORD, None).await;
    let gone = [Gone {
        person,
        branch: app.league.branch_2.id,
        state: MembershipState::Void,
    }];
    let mut tx = kit::begin(&app).await;
    crate::AccountDeparture.ended(&mut tx, &gone).await.unwrap();
    let state = crate::store::account::find(&mut tx, person.0)
        .await
        .unwrap();
    assert_eq!(state.unwrap().state, "disabled");
    tx.commit().await.unwrap();
}
