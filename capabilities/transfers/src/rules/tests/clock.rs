use super::*;

fn due(
    policy: &Policy,
    step: Step,
    arrived: &str,
    handover: bool,
    seen: &str,
) -> Option<(DateTime<Utc>, Outcome)> {
    deadline(
        step,
        &policy.step(step),
        at(arrived),
        handover,
        at(seen),
        &policy.handover,
    )
    .map(|due| (due.at, due.outcome))
}

#[test]
fn trf_33_after_15_natural_days_a_national_step_passes() {
    // Worked example 1.
    let got = due(
        &national(),
        Step::Out,
        "2020-03-02 10:00:00",
        false,
        "2020-03-02 10:00:00",
    )
    .unwrap();
    assert_eq!(got, (at("2020-03-18 00:00:00"), Outcome::Pass));
    assert!(at("2020-03-17 23:59:59") < got.0);
}

#[test]
fn trf_34_guangdong_waits_30_days_then_72_hours() {
    // Worked example 3.
    let p = guangdong();
    let branch = due(
        &p,
        Step::In,
        "2019-09-01 09:00:00",
        false,
        "2019-09-01 09:00:00",
    )
    .unwrap();
    assert_eq!(branch, (at("2019-10-02 00:00:00"), Outcome::Pass));
    let superior = due(
        &p,
        Step::InSuperior,
        "2019-10-02 00:00:00",
        false,
        "2019-10-02 00:00:00",
    )
    .unwrap();
    assert_eq!(superior, (at("2019-10-05 00:00:00"), Outcome::Pass));
    for step in [Step::Out, Step::OutSuperior] {
        assert_eq!(
            due(
                &p,
                step,
                "2019-09-01 09:00:00",
                false,
                "2019-12-01 00:00:00"
            ),
            None
        );
    }
    // TRF-46 and worked example 14: the member's week.
    let confirm = due(
        &p,
        Step::Member,
        "2019-09-01 10:00:00",
        false,
        "2019-09-01 10:00:00",
    )
    .unwrap();
    assert_eq!(confirm, (at("2019-09-09 00:00:00"), Outcome::Return));
}

#[test]
fn trf_36_nothing_is_forced_before_september() {
    let p = national();
    assert_eq!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            true,
            "2020-06-10 10:00:00"
        ),
        None
    );
    assert_eq!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            true,
            "2020-08-31 23:59:59"
        ),
        None
    );
    assert!(
        due(
            &p,
            Step::In,
            "2020-06-10 10:00:00",
            false,
            "2020-08-31 23:59:59"
        )
        .is_some(),
        "others keep their clock"
    );
}

#[test]
fn trf_37_in_september_the_ordinary_clock_runs() {
    // Worked example 2, first sentence.
    let p = national();
    let got = due(
        &p,
        Step::In,
        "2020-06-10 10:00:00",
        true,
        "2020-09-01 00:00:00",
    );
    assert_eq!(got, Some((at("2020-09-17 00:00:00"), Outcome::Pass)));
    let later = due(
        &p,
        Step::In,
        "2020-09-10 10:00:00",
        true,
        "2020-09-10 10:00:00",
    );
    assert_eq!(later, Some((at("2020-09-26 00:00:00"), Outcome::Pass)));
}

#[test]
fn trf_38_from_october_undecided_steps_are_returned() {
    // Worked example 2, the rest.
    let p = national();
    let open_on_the_first = due(
        &p,
        Step::In,
        "2020-09-25 10:00:00",
        true,
        "2020-10-01 00:00:00",
    );
    assert_eq!(
        open_on_the_first,
        Some((at("2020-10-12 00:00:00"), Outcome::Return))
    );
    let fresh = due(
        &p,
        Step::In,
        "2020-10-05 10:00:00",
        true,
        "2020-10-05 10:00:00",
    );
    assert_eq!(fresh, Some((at("2020-10-16 00:00:00"), Outcome::Return)));
    let april = due(
        &p,
        Step::In,
        "2021-04-15 10:00:00",
        true,
        "2021-04-30 23:59:59",
    );
    assert_eq!(april.map(|d| d.1), Some(Outcome::Return));
    assert_eq!(
        due(
            &p,
            Step::In,
            "2021-04-25 10:00:00",
            true,
            "2021-05-01 00:00:00"
        ),
        None,
        "ends 30 April"
    );
    let allocation = due(
        &p,
        Step::Allocate,
        "2020-10-05 10:00:00",
        true,
        "2020-10-05 10:00:00",
    );
    assert_eq!(
        allocation,
        Some((at("2020-10-21 00:00:00"), Outcome::Pass)),
        "placing is no review"
    );
}

#[test]
fn trf_40_phase_changes_are_foreseen() {
    let p = national();
    let see = |arrived: &str, now: &str| {
        forecast(
            Step::In,
            &p.step(Step::In),
            at(arrived),
            true,
            at(now),
            &p.handover,
        )
        .map(|due| (due.at, due.outcome))
    };
    assert_eq!(
        see("2020-06-10 10:00:00", "2020-06-10 10:00:00"),
        Some((at("2020-09-17 00:00:00"), Outcome::Pass))
    );
    assert_eq!(
        see("2020-09-25 10:00:00", "2020-09-25 10:00:00"),
        Some((at("2020-10-12 00:00:00"), Outcome::Return))
    );
    assert_eq!(
        see("2020-09-15 10:00:00", "2020-09-15 10:00:00"),
        Some((at("2020-10-01 00:00:00"), Outcome::Pass)),
        "due as the phase changes"
    );
    assert_eq!(
        see("2021-04-25 10:00:00", "2021-04-25 10:00:00"),
        Some((at("2021-09-17 00:00:00"), Outcome::Pass))
    );
    let starts = [
        "2020-04-30 23:59:59",
        "2020-05-01 00:00:00",
        "2020-09-01 00:00:00",
        "2020-10-01 00:00:00",
        "2021-01-01 00:00:00",
    ];
    assert_eq!(
        starts.map(|t| phase(at(t), &p.handover)),
        [
            Phase::Close,
            Phase::Apply,
            Phase::Review,
            Phase::Close,
            Phase::Close
        ]
    );
}
