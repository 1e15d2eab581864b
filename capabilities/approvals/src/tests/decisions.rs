use super::*;
use base::Error;

#[tokio::test]
async fn trf_24_either_may_decide_and_the_first_decision_stands() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    assert_eq!(
        (
            waits(&app, &app.league.branch).await,
            waits(&app, &app.league.college).await
        ),
        (1, 1)
    );
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    let done = passed(&app, &kinds, college, key, 1).await.unwrap();
    assert_eq!(done.state, CaseState::Passed);
    assert_eq!(
        (
            waits(&app, &app.league.branch).await,
            waits(&app, &app.league.college).await
        ),
        (0, 0)
    );
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let late = passed(&app, &kinds, branch, key, 1).await.unwrap_err();
    assert!(matches!(late, Error::Conflict(_)));
    assert_eq!(
        late.to_string(),
        "已于9月18日 10:00由〔信息学院团委〕赵演示同意。"
    );
    assert_eq!(trial.ends.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn trf_24_a_superior_two_levels_up_is_told_who_may() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let university = app.actor("李例", Role::Administrator, &app.league.university);
    let no = passed(&app, &kinds, university, key, 1).await.unwrap_err();
    assert!(matches!(no, Error::Forbidden(_)));
    let words = no.to_string();
    assert!(
        words.contains("软件2023级1班团支部") && words.contains("信息学院团委"),
        "{words}"
    );
    let stranger = app.actor("周例", Role::Administrator, &app.league.street);
    assert!(matches!(
        passed(&app, &kinds, stranger, key, 1).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn trf_30_the_step_follows_the_present_superior() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let path = app.league.general.path.child(9);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "update org set parent_id = '{}', path = '{path}' where org_id = '{}'",
        app.league.general.id, app.league.branch.id
    )))
    .execute(&app.db.pool)
    .await
    .unwrap();
    let mut tx = app.db.begin(Actor::system("test")).await.unwrap();
    assert_eq!(
        actions::follow(&mut tx, app.league.branch.id, app.league.college.id)
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    assert_eq!(
        (
            waits(&app, &app.league.college).await,
            waits(&app, &app.league.general).await
        ),
        (0, 1)
    );
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    assert!(passed(&app, &kinds, college, key, 1).await.is_err());
    let general = app.actor("吴例", Role::Administrator, &app.league.general);
    assert!(passed(&app, &kinds, general, key, 1).await.is_ok());
}

#[tokio::test]
async fn trf_28_sending_back_needs_a_reason_and_tells_it() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let mut tx = app.db.begin(branch.clone()).await.unwrap();
    let no = return_(&mut tx, &kinds, key, 1, ReturnInput::default())
        .await
        .unwrap_err();
    assert_eq!(no.code(), "approval.no_reason");
    drop(tx);
    let input = ReturnInput {
        code: "wrong".into(),
        text: "姓名不符".into(),
        insist: false,
    };
    let mut tx = app.db.begin(branch).await.unwrap();
    return_(&mut tx, &kinds, key, 1, input).await.unwrap();
    tx.commit().await.unwrap();
    let case = case(&app, key).await;
    assert_eq!((case.state, case.alarm_at), (CaseState::Returned, None));
    let end = trial.ends.lock().unwrap()[0].clone();
    assert_eq!(
        (end.code.as_str(), end.comment.as_str(), end.automatic),
        ("wrong", "姓名不符", false)
    );
    let mut conn = app.db.read().await.unwrap();
    let notes = messages::latest(&mut conn, &[messages::Receiver::Person(ZHANG)], 1)
        .await
        .unwrap();
    assert!(
        notes[0].body.contains("原因：信息有误，姓名不符"),
        "{}",
        notes[0].body
    );
}

#[tokio::test]
async fn trf_29_an_inadmissible_ground_is_shown_before_it_may_be_insisted_on() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let mut input = ReturnInput {
        code: "wrong".into(),
        text: "不在编制内".into(),
        insist: false,
    };
    let mut tx = app.db.begin(branch.clone()).await.unwrap();
    let no = return_(&mut tx, &kinds, key, 1, input.clone())
        .await
        .unwrap_err();
    assert_eq!(no.code(), "approval.insist");
    drop(tx);
    input.insist = true;
    let mut tx = app.db.begin(branch).await.unwrap();
    return_(&mut tx, &kinds, key, 1, input).await.unwrap();
    tx.commit().await.unwrap();
    assert!(trial.ends.lock().unwrap()[0].insisted);
}

#[tokio::test]
async fn acc_73_nobody_decides_about_himself_and_the_superior_can_be_asked() {
    let (app, _, kinds) = app().await;
    let sun = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let step = by_branch(&app).superior(Superior::Never);
    let key = opened_for(&app, sun.person().unwrap(), vec![step]).await;
    let no = passed(&app, &kinds, sun.clone(), key, 1).await.unwrap_err();
    assert!(matches!(no, Error::Forbidden(_)));
    assert!(no.to_string().contains("直接上级〔信息学院团委〕"), "{no}");
    assert_eq!(waits(&app, &app.league.college).await, 0);
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    assert!(passed(&app, &kinds, college.clone(), key, 1).await.is_err());
    let mut tx = app.db.begin(sun).await.unwrap();
    hand_up(&mut tx, key, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&app, &app.league.college).await, 1);
    passed(&app, &kinds, college, key, 1).await.unwrap();
}

#[tokio::test]
async fn acc_77_two_administrators_have_equal_rights_and_a_cadre_has_none() {
    let (app, _, kinds) = app().await;
    let first = opened(&app, vec![by_branch(&app)]).await;
    let second = opened(&app, vec![by_branch(&app)]).await;
    let cadre = app.actor("郑例", Role::Cadre, &app.league.branch);
    let no = passed(&app, &kinds, cadre, first, 1).await.unwrap_err();
    assert!(no.to_string().starts_with("仅组织运营者可审核"), "{no}");
    let one = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let two = app.actor("王样本", Role::Operator, &app.league.branch);
    passed(&app, &kinds, one, first, 1).await.unwrap();
    passed(&app, &kinds, two.clone(), second, 1).await.unwrap();
    let late = passed(&app, &kinds, two, first, 1).await.unwrap_err();
    assert!(late.to_string().contains("孙样例"), "{late}");
}

#[tokio::test]
async fn gen_09_of_two_decisions_at_once_one_wins_and_the_other_is_told() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app), by_college(&app)]).await;
    let one = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let two = app.actor("赵演示", Role::Administrator, &app.league.college);
    let (a, b) = tokio::join!(
        passed(&app, &kinds, one, key, 1),
        passed(&app, &kinds, two, key, 1)
    );
    assert!(a.is_ok() != b.is_ok());
    let lost = a.err().or(b.err()).unwrap();
    assert!(
        matches!(&lost, Error::Conflict(words) if words.contains("同意")),
        "{lost}"
    );
    assert_eq!(*trial.reached.lock().unwrap(), ["allocate"]);
    assert_eq!(case(&app, key).await.step_no, 2);
}

#[tokio::test]
async fn trf_23_a_step_may_ask_for_a_choice() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app), by_college(&app)]).await;
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let done = passed(&app, &kinds, branch, key, 1).await.unwrap();
    assert_eq!(done.next.as_deref(), Some("分配团支部"));
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    for (answer, code) in [(None, "approval.no_choice"), (Some("9"), "trial.branch")] {
        let mut tx = app.db.begin(college.clone()).await.unwrap();
        let no = pass(&mut tx, &kinds, key, 2, "", answer).await.unwrap_err();
        assert_eq!(no.code(), code);
    }
    let mut tx = app.db.begin(college).await.unwrap();
    pass(&mut tx, &kinds, key, 2, "", Some("2")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(trial.ends.lock().unwrap()[0].answer.as_deref(), Some("2"));
}

#[tokio::test]
async fn trf_25_one_superior_of_both_settles_its_second_step() {
    let (app, _, kinds) = app().await;
    let name = "软件2023级1班团支部";
    let steps = vec![
        Step::new(
            "out_superior",
            "转出上级审核",
            "转出待审核",
            app.league.branch.id,
            name,
        )
        .above(),
        Step::new(
            "in",
            "转入审核",
            "转入待审核",
            app.league.branch_2.id,
            "软件2023级2班团支部",
        ),
        Step::new(
            "in_superior",
            "转入上级审核",
            "转入待审核",
            app.league.branch_2.id,
            "软件2023级2班团支部",
        )
        .above()
        .settled_by_earlier(),
    ];
    let key = opened(&app, steps).await;
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    passed(&app, &kinds, college, key, 1).await.unwrap();
    let branch = app.actor("何例", Role::Administrator, &app.league.branch_2);
    let done = passed(&app, &kinds, branch, key, 2).await.unwrap();
    assert_eq!(done.state, CaseState::Passed);
    let mut conn = app.db.read().await.unwrap();
    let past = history(&mut conn, key).await.unwrap();
    assert_eq!(
        past.iter().map(|p| p.how).collect::<Vec<_>>(),
        [HowDone::Pass, HowDone::Pass, HowDone::Skipped]
    );
}

#[tokio::test]
async fn trf_31_only_the_initiator_withdraws_and_the_to_dos_vanish() {
    let (app, trial, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let mut tx = app.db.begin(branch).await.unwrap();
    assert!(matches!(
        withdraw(&mut tx, &kinds, key, "").await,
        Err(Error::Forbidden(_))
    ));
    drop(tx);
    let workshop = app.actor("钱样例", Role::Administrator, &app.league.workshop);
    let mut tx = app.db.begin(workshop).await.unwrap();
    withdraw(&mut tx, &kinds, key, "填错了").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&app, &app.league.branch).await, 0);
    assert_eq!(trial.ends.lock().unwrap()[0].state, CaseState::Withdrawn);
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let late = passed(&app, &kinds, branch, key, 1).await.unwrap_err();
    assert_eq!(late.to_string(), "已于9月18日 10:00由钱样例撤销。");
}

#[tokio::test]
async fn trf_120_the_timeline_tells_done_now_and_to_come() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app), by_college(&app)]).await;
    let mut conn = app.db.read().await.unwrap();
    let now = app.db.clock.now();
    let lines = timeline(&mut conn, &kinds, &case(&app, key).await, now)
        .await
        .unwrap();
    let of = |lines: &[StepView]| {
        lines
            .iter()
            .map(|l| format!("{}|{}|{}", l.name, l.who, l.when))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(&lines),
        [
            "发起|总装车间团支部 钱样例|9月18日 10:00",
            "转入审核|〔软件2023级1班团支部〕或其直接上级〔信息学院团委〕的管理员|剩 15 天，10月3日 24:00 自动通过",
            "分配团支部|〔信息学院团委〕|"
        ]
    );
    app.move_to("2026-09-20 13:00");
    let college = app.actor("赵演示", Role::Administrator, &app.league.college);
    passed(&app, &kinds, college, key, 1).await.unwrap();
    let present = case(&app, key).await;
    let now = app.db.clock.now();
    let lines = timeline(&mut conn, &kinds, &present, now).await.unwrap();
    assert_eq!(lines[1].name, "转入审核：同意");
    assert_eq!(
        lines[1].who,
        "信息学院团委 组织管理员（直接上级代审）赵演示"
    );
    assert_eq!(lines[1].took, "2天3小时");
    assert_eq!(lines[2].class(), "is-now");
    let words = explain(&present, &desk(&mut conn, &present).await.unwrap(), now).join("");
    assert!(
        words.contains("分配团支部")
            && words.contains("信息学院团委")
            && words.contains("同意后即办结"),
        "{words}"
    );
}

#[tokio::test]
async fn trf_123_messages_stand_in_the_transaction_of_the_step() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    assert_eq!(
        (
            told(&app, &app.league.branch).await,
            told(&app, &app.league.college).await
        ),
        (1, 1)
    );
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let mut tx = app.db.begin(branch.clone()).await.unwrap();
    pass(&mut tx, &kinds, key, 1, "", None).await.unwrap();
    drop(tx);
    assert_eq!(
        told(&app, &app.league.workshop).await,
        0,
        "rolled back, nothing told"
    );
    passed(&app, &kinds, branch, key, 1).await.unwrap();
    assert_eq!(
        (
            told(&app, &app.league.workshop).await,
            told(&app, &app.league.company).await
        ),
        (1, 1)
    );
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(
        messages::unread(&mut conn, &[messages::Receiver::Person(ZHANG)])
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn trf_46_a_step_of_the_person_is_confirmed_by_that_person_only() {
    let (app, _, kinds) = app().await;
    let name = "软件2023级1班团支部";
    let confirm =
        Step::new("member", "团员确认", "转接确认", app.league.branch.id, name).by_subject();
    let key = opened(&app, vec![confirm, by_branch(&app)]).await;
    assert_eq!(waits(&app, &app.league.branch).await, 0);
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let no = passed(&app, &kinds, branch, key, 1).await.unwrap_err();
    assert!(no.to_string().contains("由张测试本人在团员端确认"), "{no}");
    let mut member = app.actor("张测试", Role::Administrator, &app.league.branch);
    member.who = access::Who::Person(ZHANG);
    member.acting = None;
    passed(&app, &kinds, member, key, 1).await.unwrap();
    assert_eq!(waits(&app, &app.league.branch).await, 1);
}

#[tokio::test]
async fn a_kind_that_tells_itself_is_not_doubled() {
    let (app, trial, kinds) = app().await;
    *trial.tells.lock().unwrap() = true;
    let key = opened(&app, vec![by_branch(&app)]).await;
    assert_eq!(
        told(&app, &app.league.branch).await,
        1,
        "who has to act is told"
    );
    let branch = app.actor("孙样例", Role::Administrator, &app.league.branch);
    passed(&app, &kinds, branch, key, 1).await.unwrap();
    assert_eq!(told(&app, &app.league.workshop).await, 0);
}

#[tokio::test]
async fn fld_11_an_operators_decision_is_signed_with_organisation_label_and_name() {
    let (app, _, kinds) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    // The doorkeeper gives an operator's actor the position label of the moment with the name.
    let operator = app.actor("组织委员王样本", Role::Operator, &app.league.branch);
    passed(&app, &kinds, operator, key, 1).await.unwrap();
    let mut conn = app.db.read().await.unwrap();
    let now = app.db.clock.now();
    let present = case(&app, key).await;
    let lines = timeline(&mut conn, &kinds, &present, now).await.unwrap();
    assert_eq!(lines[1].who, "软件2023级1班团支部 组织委员王样本");
}

#[tokio::test]
async fn acc_73_a_deputy_decides_no_matter_of_the_one_whose_place_it_is() {
    let (app, _, kinds) = app().await;
    let sun = app.actor("孙样例", Role::Administrator, &app.league.branch);
    let principal = sun.person().unwrap();
    let own = opened_for(&app, principal, vec![by_branch(&app)]).await;
    let other = opened(&app, vec![by_branch(&app)]).await;
    let mut deputy = app.actor("李样例", Role::Deputy, &app.league.branch);
    if let Some(grant) = &mut deputy.acting {
        grant.bounds = access::Bounds::Deputy {
            of: "孙样例".into(),
            account: principal,
            functions: vec![access::Permission::DecideTransfers],
        };
    }
    let no = passed(&app, &kinds, deputy.clone(), own, 1).await;
    assert!(no.unwrap_err().to_string().contains("关于本人的申请"));
    passed(&app, &kinds, deputy, other, 1).await.unwrap();
}

#[tokio::test]
async fn acc_73_what_was_handed_on_stays_the_own_of_who_asked() {
    let (app, _, kinds) = app().await;
    // The one who asked at the workshop administers the college as well.
    let asker = app.actor("钱样例", Role::Administrator, &app.league.workshop);
    let key = opened(&app, vec![by_college(&app)]).await;
    let next = PersonId(uuid::Uuid::from_u128(0xbb01));
    let mut tx = app.db.begin(asker.clone()).await.unwrap();
    let workshop = orgs::find(&mut tx, app.league.workshop.id).await.unwrap();
    let from = asker.person().unwrap();
    let handed = hand_on(&mut tx, &workshop.unwrap(), from, (next, "周样例")).await;
    assert_eq!(handed.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(case(&app, key).await.initiator.person, Some(next));
    let above = app.actor("钱样例", Role::Administrator, &app.league.college);
    let mut tx = app.db.begin(above).await.unwrap();
    let no = pass(&mut tx, &kinds, key, 1, "", Some("1")).await;
    assert!(no.unwrap_err().to_string().contains("本人提交的"));
    drop(tx);
    let other = app.actor("赵演示", Role::Administrator, &app.league.college);
    let mut tx = app.db.begin(other).await.unwrap();
    pass(&mut tx, &kinds, key, 1, "", Some("1")).await.unwrap();
}
