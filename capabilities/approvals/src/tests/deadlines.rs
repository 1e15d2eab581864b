use super::*;
use base::Error;
use chrono::{DateTime, Utc};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Runs the deadline job once; that the schedule starts it, the first test shows.
async fn due(app: &TestApp, kinds: &Kinds) {
    let beat = |_| async { Ok(()) };
    assert_eq!(jobs::drain(&app.db, kinds, beat).await.unwrap().failed, 0);
}

async fn outcomes(app: &TestApp, key: CaseKey) -> Vec<HowDone> {
    let mut conn = app.db.read().await.unwrap();
    history(&mut conn, key)
        .await
        .unwrap()
        .iter()
        .map(|p| p.how)
        .collect()
}

#[tokio::test]
async fn trf_33_fifteen_days_without_decision_pass_by_themselves_at_midnight() {
    let (app, trial, kinds) = app().await;
    app.settle().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    app.move_to("2026-10-03 23:59");
    app.settle().await;
    assert!(
        case(&app, key).await.is_open(),
        "the fifteenth day belongs to it"
    );
    app.move_to("2026-10-04 00:00");
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let late = passed(&app, &kinds, branch, key, 1).await.unwrap_err();
    assert!(
        matches!(&late, Error::Conflict(words) if words.contains("系统自动通过")),
        "{late}"
    );
    app.settle().await;
    let case = case(&app, key).await;
    assert_eq!(case.state, CaseState::Passed);
    assert_eq!(case.finished_at, Some(at("2026-10-04T00:00:00+08:00")));
    assert_eq!(outcomes(&app, key).await, [HowDone::AutoPass]);
    assert!(trial.ends.lock().unwrap()[0].automatic);
    let mut conn = app.db.read().await.unwrap();
    for receiver in [
        messages::Receiver::Person(ZHANG),
        messages::Receiver::Org(app.league.branch.id),
        messages::Receiver::Org(app.league.workshop.id),
    ] {
        let notes = messages::latest(&mut conn, &[receiver], 1).await.unwrap();
        assert!(
            notes[0].body.contains("超过15天未审核，系统自动通过"),
            "{}",
            notes[0].body
        );
    }
}

#[tokio::test]
async fn trf_33_a_decision_in_the_last_minute_counts() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    app.move_to("2026-10-03 23:59");
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    passed(&app, &kinds, branch, key, 1).await.unwrap();
    app.move_to("2026-10-04 00:00");
    due(&app, &kinds).await;
    assert_eq!(outcomes(&app, key).await, [HowDone::Pass]);
}

#[tokio::test]
async fn trf_34_the_next_clock_starts_at_the_deadline_even_when_caught_up_late() {
    let (app, _, kinds) = app().await;
    let steps = vec![
        by_branch(&app)
            .superior(Superior::Never)
            .deadline(Some(Deadline::days(30, AtDeadline::Pass))),
        Step::new(
            "in_superior",
            "转入上级审核",
            "转入待审核",
            app.league.branch.id,
            "软件2023级1班团支部",
        )
        .above()
        .deadline(Some(Deadline::hours(72, AtDeadline::Pass))),
    ];
    let key = opened(&app, steps.clone()).await;
    app.move_to("2026-10-19 08:00");
    due(&app, &kinds).await;
    let present = case(&app, key).await;
    assert_eq!(present.step_no, 2);
    assert_eq!(present.arrived_at, at("2026-10-19T00:00:00+08:00"));
    assert_eq!(present.deadline_at, Some(at("2026-10-22T00:00:00+08:00")));
    let other = opened(&app, steps).await;
    app.move_to("2026-12-31 08:00");
    due(&app, &kinds).await;
    let ended = case(&app, other).await;
    assert_eq!(
        ended.finished_at,
        Some(at("2026-11-22T00:00:00+08:00")),
        "both steps in one run"
    );
}

#[tokio::test]
async fn trf_34_the_superior_joins_on_the_fifteenth_day() {
    let (app, _, kinds) = app().await;
    let step = by_branch(&app)
        .deadline(None)
        .superior(Superior::FromDay(15))
        .remind_on(&[3, 7, 14]);
    let key = opened(&app, vec![step]).await;
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    app.move_to("2026-10-02 23:59");
    assert_eq!(waits(&app, &app.league.college).await, 0);
    let no = passed(&app, &kinds, college.clone(), key, 1)
        .await
        .unwrap_err();
    assert!(
        no.to_string().contains("10月3日 00:00起直接上级也可办理"),
        "{no}"
    );
    app.move_to("2026-10-03 00:00");
    assert_eq!(waits(&app, &app.league.college).await, 1);
    passed(&app, &kinds, college, key, 1).await.unwrap();
}

#[tokio::test]
async fn trf_35_reminders_are_sent_once_each_first_to_the_organisation_then_to_its_superior() {
    let (app, _, kinds) = app().await;
    opened(&app, vec![by_branch(&app).superior(Superior::Never)]).await;
    let both = async || {
        (
            told(&app, &app.league.branch).await,
            told(&app, &app.league.college).await,
        )
    };
    assert_eq!(both().await, (1, 0));
    for (moment, want) in [
        ("2026-09-26 04:59", (1, 0)),
        ("2026-09-26 05:00", (2, 0)),
        ("2026-09-26 06:00", (2, 0)),
        ("2026-10-01 00:00", (3, 1)),
        ("2026-10-03 00:00", (4, 2)),
        ("2026-10-03 23:59", (4, 2)),
    ] {
        app.move_to(moment);
        due(&app, &kinds).await;
        due(&app, &kinds).await;
        assert_eq!(both().await, want, "{moment}");
    }
}

#[tokio::test]
async fn trf_38_a_chain_may_declare_return_at_the_deadline() {
    let (app, trial, kinds) = app().await;
    let key = opened(
        &app,
        vec![by_branch(&app).deadline(Some(Deadline::days(10, AtDeadline::Return)))],
    )
    .await;
    app.move_to("2026-09-29 00:00");
    due(&app, &kinds).await;
    assert_eq!(outcomes(&app, key).await, [HowDone::AutoReturn]);
    assert_eq!(trial.ends.lock().unwrap()[0].state, CaseState::Returned);
}

#[tokio::test]
async fn trf_40_a_new_deadline_replaces_the_old_one_and_shows_in_the_timeline() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let mut tx = app.db.begin(Actor::system("test")).await.unwrap();
    let end = at("2026-10-12T00:00:00+08:00");
    reclock(
        &mut tx,
        key,
        Some((end, AtDeadline::Return)),
        "10月1日起超过10天未审核的退回",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    app.move_to("2026-10-11 23:59");
    due(&app, &kinds).await;
    let present = case(&app, key).await;
    assert!(present.is_open());
    let mut conn = app.db.read().await.unwrap();
    let lines = timeline(&mut conn, &kinds, &present, app.db.clock.now())
        .await
        .unwrap();
    assert!(
        lines
            .iter()
            .any(|l| l.name.contains("时限调整") && l.comment.contains("10月1日起"))
    );
    app.move_to("2026-10-12 00:00");
    due(&app, &kinds).await;
    assert_eq!(case(&app, key).await.state, CaseState::Returned);
}

#[tokio::test]
async fn trf_41_the_kind_may_overrule_its_deadline() {
    let (app, trial, kinds) = app().await;
    let step = by_college(&app).deadline(Some(Deadline::days(15, AtDeadline::Pass)));
    let key = opened(&app, vec![step]).await;
    *trial.due.lock().unwrap() = Some(Due::Later(at("2026-10-05T00:00:00+08:00")));
    app.move_to("2026-10-04 00:00");
    due(&app, &kinds).await;
    assert!(case(&app, key).await.is_open());
    *trial.due.lock().unwrap() = Some(Due::Pass(Some("1".into())));
    app.move_to("2026-10-05 00:00");
    due(&app, &kinds).await;
    assert_eq!(trial.ends.lock().unwrap()[0].answer.as_deref(), Some("1"));
}

#[tokio::test]
async fn two_workers_apply_each_deadline_once() {
    let (app, trial, kinds) = app().await;
    let mut keys = Vec::new();
    for n in 0..12 {
        keys.push(
            opened_for(
                &app,
                PersonId(Uuid::from_u128(500 + n)),
                vec![by_branch(&app)],
            )
            .await,
        );
    }
    app.move_to("2026-10-04 00:00");
    let beat = |_| async { Ok(()) };
    let (a, b) = tokio::join!(
        jobs::drain(&app.db, &kinds, beat),
        jobs::drain(&app.db, &kinds, beat)
    );
    assert_eq!(a.unwrap().done + b.unwrap().done, 12);
    assert_eq!(trial.ends.lock().unwrap().len(), 12);
    for key in keys {
        assert_eq!(outcomes(&app, key).await, [HowDone::AutoPass]);
    }
    assert_eq!(jobs::drain(&app.db, &kinds, beat).await.unwrap().done, 0);
}

#[tokio::test]
async fn com_01_counts_by_type_and_urgency_are_right_at_the_moment() {
    let (app, _, kinds) = app().await;
    let soon = opened(
        &app,
        vec![by_branch(&app).deadline(Some(Deadline::hours(10, AtDeadline::Pass)))],
    )
    .await;
    opened(
        &app,
        vec![by_branch(&app).deadline(Some(Deadline::days(3, AtDeadline::Pass)))],
    )
    .await;
    opened(&app, vec![by_branch(&app)]).await;
    let mut other = by_branch(&app).deadline(None);
    other.todo = "团员团干部注册审批".into();
    opened(&app, vec![other]).await;
    let mut conn = app.db.read().await.unwrap();
    let now = app.db.clock.now();
    let by_type = counts(&mut conn, app.league.branch.id, now).await.unwrap();
    let line = |w: &Waiting| (w.todo.clone(), w.all, w.today, w.week, w.later);
    assert_eq!(
        by_type.iter().map(line).collect::<Vec<_>>(),
        [
            ("转入待审核".into(), 3, 1, 1, 1),
            ("团员团干部注册审批".into(), 1, 0, 0, 1)
        ]
    );
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    passed(&app, &kinds, branch, soon, 1).await.unwrap();
    assert_eq!(waits(&app, &app.league.branch).await, 3);
    let both = waiting(
        &mut conn,
        &[
            app.league.branch.id,
            app.league.college.id,
            app.league.street.id,
        ],
        now,
    )
    .await
    .unwrap();
    assert_eq!(both.len(), 2);
}

#[tokio::test]
async fn a_case_that_fails_is_tried_again_later_and_holds_up_nobody() {
    let (app, trial, kinds) = app().await;
    let bad = opened(&app, vec![by_branch(&app)]).await;
    let good = opened_for(&app, PersonId(Uuid::from_u128(501)), vec![by_branch(&app)]).await;
    *trial.broken.lock().unwrap() = Some(ZHANG);
    app.move_to("2026-10-04 00:00");
    let beat = |_| async { Ok(()) };
    let sum = jobs::drain(&app.db, &kinds, beat).await.unwrap();
    assert_eq!((sum.done, sum.failed), (1, 1));
    assert!(case(&app, bad).await.is_open() && !case(&app, good).await.is_open());
    *trial.broken.lock().unwrap() = None;
    app.move_to("2026-10-04 00:09");
    assert_eq!(jobs::drain(&app.db, &kinds, beat).await.unwrap().done, 0);
    app.move_to("2026-10-04 00:10");
    assert_eq!(jobs::drain(&app.db, &kinds, beat).await.unwrap().done, 1);
    let ended = case(&app, bad).await;
    assert_eq!(ended.finished_at, Some(at("2026-10-04T00:00:00+08:00")));
}

#[tokio::test]
async fn com_05_automatic_decisions_are_marked_in_the_list() {
    let (app, _, kinds) = app().await;
    opened(&app, vec![by_branch(&app)]).await;
    app.move_to("2026-10-02 12:00");
    let branch = app.admin("孙样例", &app.league.branch);
    branch
        .get("/console/inbox")
        .await
        .expect(200)
        .see("tj-chip tj-warn");
    app.move_to("2026-10-03 12:00");
    branch
        .get("/console/inbox")
        .await
        .expect(200)
        .see("tj-chip tj-bad")
        .see("剩 12 小时");
    app.move_to("2026-10-04 00:00");
    due(&app, &kinds).await;
    branch
        .get("/console/inbox?view=done")
        .await
        .expect(200)
        .see("10月4日 00:00 系统自动通过");
}
