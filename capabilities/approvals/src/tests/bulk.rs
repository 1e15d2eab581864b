use super::pages::tick;
use super::*;

#[tokio::test]
async fn trf_26_a_hundred_ticked_ones_are_passed_with_one_comment_each_with_its_result() {
    let (app, _, kinds) = app().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let key = opened_for(
            &app,
            PersonId(Uuid::from_u128(900 + n)),
            vec![by_branch(&app)],
        )
        .await;
        ids.push(tick(key, 1));
    }
    let lost = opened(&app, vec![by_branch(&app)]).await;
    let choice = opened(&app, vec![by_branch(&app).choose()]).await;
    ids.extend([tick(lost, 1), tick(choice, 1)]);
    let branch = app.admin("孙样例", &app.league.branch);
    let form = branch.get("/console/inbox").await.expect(200).key();
    passed(
        &app,
        &kinds,
        app.actor("赵演示", Role::Administrator, &app.league.college),
        lost,
        1,
    )
    .await
    .unwrap();
    let mut fields = vec![("_key", form.as_str()), ("text", "材料齐全")];
    fields.extend(ids.iter().map(|id| ("id", id.as_str())));
    let page = branch
        .post("/console/inbox/pass", &fields)
        .await
        .expect(200);
    let page = page
        .see("同意 <span class=\"tj-num\">3</span> 件")
        .see("赵演示同意")
        .see("请先选择，再提交");
    assert_eq!(page.body.matches("tj-chip tj-ok").count(), 3);
    branch
        .post("/console/inbox/pass", &fields)
        .await
        .expect(303);
    assert_eq!(waits(&app, &app.league.branch).await, 1);
    branch
        .submit("/console/inbox", "/console/inbox/pass", &[("text", "")])
        .await
        .expect(422)
        .see("请先在列表中勾选");
    let many: Vec<String> = (0..101)
        .map(|n| {
            tick(
                CaseKey {
                    subject: PersonId(Uuid::from_u128(n)),
                    case: base::CaseId(Uuid::from_u128(n)),
                },
                1,
            )
        })
        .collect();
    let form = branch.get("/console/inbox").await.key();
    let mut fields = vec![("_key", form.as_str())];
    fields.extend(many.iter().map(|id| ("id", id.as_str())));
    branch
        .post("/console/inbox/pass", &fields)
        .await
        .expect(422)
        .see("一次最多同意100件，现勾选了101件");
}

#[tokio::test]
async fn acc_46_a_kind_may_allow_fewer_together() {
    let (app, trial, _) = app().await;
    *trial.bulk.lock().unwrap() = Some(1);
    let mut ids = Vec::new();
    for n in 0..2 {
        let key = opened_for(
            &app,
            PersonId(Uuid::from_u128(900 + n)),
            vec![by_branch(&app)],
        )
        .await;
        ids.push(tick(key, 1));
    }
    let branch = app.admin("孙样例", &app.league.branch);
    let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
    let page = branch
        .submit("/console/inbox", "/console/inbox/pass", &fields)
        .await
        .expect(200);
    page.see("这类申请一次最多同意1件");
    assert_eq!(trial.ends.lock().unwrap().len(), 1);
}
