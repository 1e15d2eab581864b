use super::*;
use testkit::{Client, signed_in};

pub(super) fn case_page(key: CaseKey) -> String {
    format!("/console/cases/{}/{}", key.subject, key.case)
}

pub(super) fn tick(key: CaseKey, step: i32) -> String {
    format!("{}.{}.{step}", key.subject.0.simple(), key.case.0.simple())
}

async fn decide(client: &Client, key: CaseKey, fields: &[(&str, &str)]) -> testkit::Answer {
    let page = case_page(key);
    let action = format!("{page}/decide");
    client.submit(&page, &action, fields).await
}

#[tokio::test]
async fn com_02_the_inbox_lists_by_urgency_and_type_and_decides_in_place() {
    let (app, _, _) = app().await;
    let later = opened(&app, vec![by_branch(&app)]).await;
    let soon = opened(
        &app,
        vec![by_branch(&app).deadline(Some(Deadline::hours(6, AtDeadline::Pass)))],
    )
    .await;
    let mut other = by_branch(&app);
    other.todo = "团员团干部注册审批".into();
    opened(&app, vec![other]).await;
    let branch = app.admin("孙样例", &app.league.branch);
    let page = branch
        .get("/console/inbox")
        .await
        .expect(200)
        .see("待我审核 3 件，1 件今天到期")
        .see("剩 6 小时")
        .see("所有类型");
    let (first, second) = (
        page.body.find("剩 6 小时").unwrap(),
        page.body.find("剩 15 天").unwrap(),
    );
    assert!(first < second);
    assert!(
        page.has("剩 6 小时，9月18日 16:00 自动通过"),
        "the most urgent one stands on the right"
    );
    let kind = web::list::encode("转入待审核");
    let filtered = branch
        .get(&format!("/console/inbox?kind={kind}"))
        .await
        .expect(200);
    assert_eq!(
        filtered.body.matches("团员团干部注册审批").count(),
        2,
        "in the filter only"
    );
    let shown = format!(
        "/console/inbox?kind={kind}&case={}",
        tick(soon, 1).trim_end_matches(".1")
    );
    let fragment = branch.fragment(&shown).await.expect(200);
    assert!(fragment.body.trim_start().starts_with("<section") && fragment.has("id=\"panel\""));
    let back = format!("kind={kind}");
    let action = format!("{}/decide", case_page(soon));
    let answer = branch
        .submit(
            &shown,
            &action,
            &[("do", "pass"), ("step_no", "1"), ("back", &back)],
        )
        .await
        .expect(303);
    assert!(
        answer
            .location
            .contains(&format!("case={}", tick(later, 1).trim_end_matches(".1"))),
        "{}",
        answer.location
    );
    branch
        .get(&answer.location)
        .await
        .expect(200)
        .see("张测试的试办申请已通过")
        .see("待我审核 2 件");
}

#[tokio::test]
async fn acc_36_a_plain_cadre_sees_no_buttons_and_is_refused() {
    let (app, _, _) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let cadre = app.client(signed_in("郑例", Role::Cadre, &app.league.branch));
    let page = cadre
        .get("/cadre")
        .await
        .expect(200)
        .see("仅组织运营者可审核");
    assert!(!page.has("value=\"pass\""));
    decide(&cadre, key, &[("do", "pass"), ("step_no", "1")])
        .await
        .expect(403)
        .see("仅组织运营者可审核，请联系");
}

#[tokio::test]
async fn com_04_done_items_say_who_handled_them_and_a_cadre_only_looks() {
    let (app, _, _) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let cadre = app.client(signed_in("郑例", Role::Cadre, &app.league.branch));
    let page = cadre
        .get("/console/inbox")
        .await
        .expect(200)
        .see("待我审核 1 件")
        .see("仅组织运营者可审核");
    assert!(!page.has("value=\"pass\""));
    cadre
        .get("/cadre")
        .await
        .expect(200)
        .see("1 件等你办")
        .see("仅组织运营者可审核");
    let branch = app.admin("孙样例", &app.league.branch);
    decide(&branch, key, &[("do", "pass"), ("step_no", "1")])
        .await
        .expect(303);
    for who in [&cadre, &app.admin("赵演示", &app.league.college)] {
        who.get("/console/inbox?view=done")
            .await
            .expect(200)
            .see("由孙样例于9月18日 10:00处理：同意");
        who.get("/console/inbox")
            .await
            .expect(200)
            .see("没有等您办的事");
    }
}

#[tokio::test]
async fn gen_08_a_decision_sent_twice_takes_effect_once_and_answers_the_same() {
    let (app, trial, _) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.admin("孙样例", &app.league.branch);
    let form = branch.get(&case_page(key)).await.expect(200).key();
    let action = format!("{}/decide", case_page(key));
    let fields = [("_key", form.as_str()), ("do", "pass"), ("step_no", "1")];
    let first = branch.post(&action, &fields).await.expect(303);
    let second = branch.post(&action, &fields).await.expect(303);
    assert_eq!(first.location, second.location);
    assert_eq!(trial.ends.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn gen_09_a_late_decision_is_told_who_decided_what_and_when() {
    let (app, _, _) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let (branch, college) = (
        app.admin("孙样例", &app.league.branch),
        app.admin("赵演示", &app.league.college),
    );
    let form = branch.get(&case_page(key)).await.expect(200).key();
    decide(
        &college,
        key,
        &[("do", "return"), ("step_no", "1"), ("code", "wrong")],
    )
    .await
    .expect(303);
    let action = format!("{}/decide", case_page(key));
    let page = branch
        .post(
            &action,
            &[("_key", &form), ("do", "pass"), ("step_no", "1")],
        )
        .await
        .expect(409);
    page.see("已于9月18日 10:00由〔信息学院团委〕赵演示退回。");
}

#[tokio::test]
async fn trf_28_a_refused_return_shows_the_form_again_with_what_was_typed() {
    let (app, _, _) = app().await;
    let key = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.admin("孙样例", &app.league.branch);
    let back = ("back", "");
    decide(
        &branch,
        key,
        &[
            ("do", "return"),
            ("step_no", "1"),
            ("text", "写了字没选原因"),
            back,
        ],
    )
    .await
    .expect(422)
    .see("退回须选择原因")
    .see("写了字没选原因</textarea>");
    decide(
        &branch,
        key,
        &[
            ("do", "return"),
            ("step_no", "1"),
            ("code", "other"),
            ("text", "太短"),
        ],
    )
    .await
    .expect(422)
    .see("至少写10个字")
    .see("value=\"other\" checked");
    let page = decide(
        &branch,
        key,
        &[
            ("do", "return"),
            ("step_no", "1"),
            ("code", "wrong"),
            ("text", "不在编制"),
            ("back", "page=case"),
        ],
    )
    .await
    .expect(422)
    .see("不能作为退回理由");
    assert!(page.has("name=\"insist\""));
    let insisted = [
        ("do", "return"),
        ("step_no", "1"),
        ("code", "wrong"),
        ("text", "不在编制"),
        ("insist", "1"),
    ];
    decide(&branch, key, &insisted).await.expect(303);
}

#[tokio::test]
async fn acc_71_blocked_actions_are_explained_and_what_is_out_of_sight_does_not_exist() {
    let (app, _, _) = app().await;
    let key = opened(&app, vec![by_branch(&app), by_college(&app)]).await;
    let university = app.admin("李例", &app.league.university);
    let page = university.get(&case_page(key)).await.expect(200);
    assert!(
        page.has("此操作仅〔软件2023级1班团支部〕或其直接上级〔信息学院团委〕的管理员可办理")
            && !page.has("value=\"pass\"")
    );
    let stranger = app.admin("周例", &app.league.street);
    stranger
        .get(&case_page(key))
        .await
        .expect(403)
        .see("该对象不存在或不在您的管理范围内");
    let form = app
        .admin("周例", &app.league.street)
        .get("/console/inbox")
        .await
        .expect(200);
    form.see("没有等您办的事");
    let member = app.member(PersonId(Uuid::from_u128(3)), "李例", &app.league.branch);
    member
        .get("/console/inbox")
        .await
        .expect(403)
        .see("您没有可代表的组织");
    let unknown = CaseKey {
        subject: ZHANG,
        case: base::CaseId(Uuid::from_u128(1)),
    };
    stranger
        .get(&case_page(unknown))
        .await
        .expect(403)
        .see("该对象不存在或不在您的管理范围内");
}

#[tokio::test]
async fn acc_73_the_page_offers_to_hand_an_own_matter_to_the_superior() {
    let (app, _, _) = app().await;
    let sun = signed_in("孙样例", Role::Administrator, &app.league.branch);
    let step = by_branch(&app).superior(Superior::Never);
    let key = opened_for(&app, sun.person.unwrap(), vec![step]).await;
    let sun = app.client(sun);
    sun.get(&case_page(key))
        .await
        .expect(200)
        .see("不能办理本人提交的或关于本人的申请")
        .see("转由直接上级〔信息学院团委〕办理");
    decide(&sun, key, &[("do", "hand_up"), ("step_no", "1")])
        .await
        .expect(303);
    let college = app.admin("赵演示", &app.league.college);
    decide(&college, key, &[("do", "pass"), ("step_no", "1")])
        .await
        .expect(303);
}

#[tokio::test]
async fn trf_122_the_side_whose_turn_has_not_come_sees_no_data() {
    let (app, _, _) = app().await;
    let key = opened(
        &app,
        vec![
            by_branch(&app),
            Step::new(
                "x",
                "外省审核",
                "转入待审核",
                app.league.street.id,
                "云栖街道团工委",
            ),
        ],
    )
    .await;
    let street = app.admin("周例", &app.league.street);
    street
        .get(&case_page(key))
        .await
        .expect(200)
        .see("资料暂不显示");
    let branch = app.admin("孙样例", &app.league.branch);
    branch
        .get(&case_page(key))
        .await
        .expect(200)
        .see("资料齐全");
    decide(&branch, key, &[("do", "pass"), ("step_no", "1")])
        .await
        .expect(303);
    street
        .get(&case_page(key))
        .await
        .expect(200)
        .see("资料齐全");
}

#[tokio::test]
async fn trf_26_the_cadre_phone_decides_one_after_the_other() {
    let (app, trial, _) = app().await;
    let first = opened(
        &app,
        vec![by_branch(&app).deadline(Some(Deadline::days(1, AtDeadline::Pass)))],
    )
    .await;
    let second = opened(&app, vec![by_branch(&app)]).await;
    let branch = app.admin("孙样例", &app.league.branch);
    let page = |key: CaseKey| format!("/cadre/cases/{}/{}", key.subject, key.case);
    branch
        .get("/cadre")
        .await
        .expect(200)
        .see("2 件等你办")
        .see("转入待审核")
        .see(&page(first));
    branch
        .get(&page(first))
        .await
        .expect(200)
        .see("同意，看下一件")
        .see("还有 1 件等你办")
        .see("资料齐全");
    let answer = branch
        .submit(
            &page(first),
            &format!("{}/decide", page(first)),
            &[("do", "pass"), ("step_no", "1")],
        )
        .await
        .expect(303);
    assert_eq!(answer.location, page(second));
    let refused = [("do", "return"), ("step_no", "1")];
    branch
        .submit(&page(second), &format!("{}/decide", page(second)), &refused)
        .await
        .expect(422)
        .see("退回须选择原因");
    let sent = [("do", "return"), ("step_no", "1"), ("code", "wrong")];
    let answer = branch
        .submit(&page(second), &format!("{}/decide", page(second)), &sent)
        .await
        .expect(303);
    assert_eq!(answer.location, "/cadre");
    branch
        .get("/cadre")
        .await
        .expect(200)
        .see("没有等你办的事")
        .see("都办完了");
    assert_eq!(trial.ends.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn com_08_other_organisations_wait_in_one_line() {
    let (app, _, _) = app().await;
    opened(&app, vec![by_branch(&app)]).await;
    let mut me = signed_in("何例", Role::Administrator, &app.league.street);
    me.grants.push(access::Grant {
        role: Role::Administrator,
        org: app.league.branch.clone(),
        org_name: "软件2023级1班团支部".into(),
        covers: Vec::new(),
        bounds: access::Bounds::Whole,
        root: access::Root::default(),
    });
    let me = app.client(me);
    me.get("/console/inbox")
        .await
        .expect(200)
        .see("没有等您办的事")
        .see("其他组织还有 1 项");
    me.get("/cadre").await.expect(200).see("其他组织还有 1 项");
}

#[tokio::test]
async fn gen_07_the_inbox_pages_by_key_and_says_when_a_filter_finds_nothing() {
    let (app, _, _) = app().await;
    for n in 0..12 {
        opened_for(
            &app,
            PersonId(Uuid::from_u128(900 + n)),
            vec![by_branch(&app)],
        )
        .await;
    }
    let branch = app.admin("孙样例", &app.league.branch);
    let first = branch.get("/console/inbox").await.expect(200);
    assert_eq!(first.body.matches("name=\"id\"").count(), 10);
    let after = first
        .body
        .split("href=\"")
        .find_map(|h| {
            h.starts_with("/console/inbox?after=")
                .then(|| h.split('"').next().unwrap().to_owned())
        })
        .unwrap();
    let second = branch.get(&after).await.expect(200).see("上一页");
    assert_eq!(second.body.matches("name=\"id\"").count(), 2);
    branch
        .get("/console/inbox?kind=x")
        .await
        .expect(200)
        .see("没有这个类型的申请");
    branch
        .get("/console/inbox?view=done")
        .await
        .expect(200)
        .see("还没有办过的申请");
    branch
        .get("/console/inbox?view=sent")
        .await
        .expect(200)
        .see("本组织没有发起或关注的申请");
    let workshop = app.admin("钱样例", &app.league.workshop);
    workshop
        .get("/console/inbox?view=sent")
        .await
        .expect(200)
        .see("本组织发起")
        .see("办理中");
}
