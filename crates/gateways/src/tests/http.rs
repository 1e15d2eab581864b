//! Behaviour common to all vendors (GWY-03).

use crate::http::{Circuit, Fault};
use crate::{Caller, Patience};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use testkit::vendors;

fn at(seconds: i64) -> DateTime<Utc> {
    testkit::now() + TimeDelta::seconds(seconds)
}

fn filled(failures: usize) -> Circuit {
    let mut circuit = Circuit::default();
    for n in 0..20 {
        circuit.note(n >= failures, at(0));
    }
    circuit
}

#[test]
fn gwy_03_the_circuit_opens_at_half_of_twenty() {
    assert!(filled(9).lets(at(0)));
    assert!(!filled(10).lets(at(0)));
    let mut few = Circuit::default();
    for _ in 0..19 {
        few.note(false, at(0));
    }
    assert!(few.lets(at(0)), "nineteen say nothing yet");
}

#[test]
fn gwy_03_after_thirty_seconds_one_trial_is_made() {
    let mut circuit = filled(20);
    assert!(!circuit.lets(at(29)));
    assert!(circuit.lets(at(30)));
    assert!(!circuit.lets(at(30)), "the others wait for the trial");
    circuit.note(false, at(31));
    assert!(!circuit.lets(at(60)));
    assert!(circuit.lets(at(61)));
    circuit.note(true, at(62));
    assert!(circuit.lets(at(62)) && circuit.lets(at(62)));
}

#[test]
fn gwy_03_three_seconds_to_connect_ten_in_all() {
    let patience = Patience::default();
    assert_eq!(
        (patience.connect.as_secs(), patience.total.as_secs()),
        (3, 10)
    );
}

#[tokio::test]
async fn gwy_03_who_is_not_reached_did_nothing_and_is_spared_after_a_while() {
    let base = vendors::nobody().await;
    let caller = Caller::new(Patience::default());
    let request = Request::get(base).body(Bytes::new()).unwrap();
    for _ in 0..20 {
        let answer = caller.once(at(0), &request).await;
        assert!(matches!(answer, Err(Fault::NotReached(_))), "{answer:?}");
    }
    assert_eq!(caller.once(at(0), &request).await.err(), Some(Fault::Open));
    let trial = caller.once(at(30), &request).await;
    assert!(matches!(trial, Err(Fault::NotReached(_))), "{trial:?}");
}
