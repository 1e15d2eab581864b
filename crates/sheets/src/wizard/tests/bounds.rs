//! Who sees a run, how long its rows live, what can be taken back.

use super::*;

#[tokio::test]
async fn peer_11_an_import_is_taken_back_until_24_hours_have_passed() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let action = format!("{run}/take-back");
    admin
        .submit(&run, &action, &[("confirm", "撤")])
        .await
        .expect(422)
        .see("请在框中输入“撤回”");
    app.move_to("2026-10-02 07:59");
    app.settle().await;
    admin.get(&run).await.see("可在2026-10-02 08:00前整批撤回");
    admin
        .submit(&run, &action, &[("confirm", "撤回")])
        .await
        .expect(303);
    assert!(notes(&app).await.is_empty());
    admin.get(&run).await.see("已撤回").see("2条便签");
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("confirm", "撤回")])
        .await
        .expect(409);
}

#[tokio::test]
async fn peer_11_after_24_hours_or_later_work_it_is_refused_with_the_reason() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let action = format!("{run}/take-back");
    sqlx::query("update setting set value = '{}' where name = '甲'")
        .execute(&app.db.pool)
        .await
        .expect("changed");
    admin
        .submit(&run, &action, &[("confirm", "撤回")])
        .await
        .expect(422)
        .see("有便签已经改动");
    assert_eq!(notes(&app).await, ["乙"], "wholly or not at all");
    app.move_to("2026-10-02 08:00");
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("confirm", "撤回")])
        .await
        .expect(422)
        .see("已超过24小时");
    assert!(!admin.get(&run).await.has("撤回这次导入"));
}

#[tokio::test]
async fn sec_12_the_run_of_another_organisation_answers_like_none() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    let own = app.admin("钱演示", &app.league.branch);
    own.get(&run).await.expect(200);
    let superior = app.admin("孙演示", &app.league.college);
    superior.get(&run).await.expect(200);
    let none = "/console/imports/01900000-0000-7000-8000-000000000001";
    // The whole page but the request's own number.
    let said = |answer: Answer| -> Vec<String> {
        let lines = answer.body.lines().filter(|l| !l.contains("tj-code"));
        lines.map(str::to_owned).collect()
    };
    let unseen = said(admin.get(none).await.expect(403));
    for org in [
        &app.league.branch_2,
        &app.league.university,
        &app.league.workshop,
    ] {
        let other = app.admin("李演示", org);
        for page in ["", "/confirm", "/failed"] {
            let answer = other.get(&format!("{run}{page}")).await.expect(403);
            assert_eq!(said(answer), unseen);
        }
        let start = other.get(PAGE).await;
        if org.category != base::OrgCategory::Branch {
            assert_eq!(start.status, 403, "only branches take notes in themselves");
            continue;
        }
        let key = start.expect(200).key();
        for act in ["apply", "cancel", "take-back", "rows/2"] {
            let fields = [("_key", key.as_str()), ("confirm", "撤回")];
            other
                .post(&format!("{run}/{act}"), &fields)
                .await
                .expect(403);
        }
    }
    let cadre = app.client(signed_in("周演示", Role::Cadre, &app.league.branch));
    cadre.get(&run).await.expect(403);
    cadre.get(PAGE).await.expect(403);
    app.settle().await;
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn ros_01_a_direct_superior_imports_into_a_branch_it_names() {
    let app = start().await;
    let superior = app.admin("孙演示", &app.league.college);
    let branch = app.league.branch.id.to_string();
    let page = format!("{PAGE}?org={branch}");
    superior.get(PAGE).await.expect(403);
    let sent = superior
        .upload(
            &page,
            PAGE,
            &[("org", &branch)],
            "便签.xlsx",
            &book(&template(), &TWO),
        )
        .await
        .expect(303);
    app.settle().await;
    superior
        .get(&sent.location)
        .await
        .see("海棠理工大学信息学院软件2023级1班团支部");
    app.admin("赵演示", &app.league.branch)
        .get(&sent.location)
        .await
        .expect(403);
    confirm(&superior, &sent.location).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    for wrong in [app.league.branch_3.id.to_string(), "x".to_owned()] {
        superior
            .get(&format!("{PAGE}?org={wrong}"))
            .await
            .expect(403);
    }
    let by: String =
        sqlx::query_scalar("select actor_name from audit_log where action = 'import.applied'")
            .fetch_one(&app.db.pool)
            .await
            .expect("one entry");
    assert_eq!(by, "孙演示");
}

#[tokio::test]
async fn gen_05_rows_are_sealed_shown_masked_and_deleted() {
    let app = start().await;
    app.move_to("2026-10-01 08:00");
    let admin = app.admin("赵演示", &app.league.branch);
    let number = "999101200501011234";
    let run = checked(&app, &admin, &[["甲", "", number], ["乙", "二", number]]).await;
    let page = admin.get(&run).await.see("999****1234");
    assert!(!page.has(number));
    let plain: i64 = sqlx::query_scalar(
        "select count(*) from import_chunk where position(convert_to($1, 'UTF8') in sealed) > 0",
    )
    .bind(number)
    .fetch_one(&app.db.pool)
    .await
    .expect("count");
    assert_eq!(plain, 0);
    let kept = async || -> i64 {
        sqlx::query_scalar("select count(*) from import_chunk")
            .fetch_one(&app.db.pool)
            .await
            .expect("count")
    };
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let open = checked(&app, &admin, &[["丙", "", number]]).await;
    app.move_to("2026-10-02 07:59");
    app.settle().await;
    assert_eq!(kept().await, 2);
    app.move_to("2026-10-02 09:00");
    app.settle().await;
    assert_eq!(kept().await, 1);
    admin.get(&run).await.expect(200).see("已导入2条便签");
    app.move_to("2026-10-08 07:59");
    app.settle().await;
    assert_eq!(kept().await, 1);
    app.move_to("2026-10-08 09:00");
    app.settle().await;
    assert_eq!(kept().await, 0);
    admin.get(&open).await.see("超过7天没有确认");
}

#[tokio::test]
async fn peer_11_a_preview_can_be_given_up() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    admin
        .submit(&run, &format!("{run}/cancel"), &[])
        .await
        .expect(303);
    admin.get(&run).await.see("已取消，没有写入任何数据");
    let key = admin.get(PAGE).await.see("已取消").key();
    admin
        .post(&format!("{run}/apply"), &[("_key", &key)])
        .await
        .expect(409);
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn sec_34_an_export_is_for_one_person_and_24_hours() {
    async fn listing(app: App, job: db::jobs::Run) -> Result<()> {
        let rows = futures::stream::iter((0..3000).map(|n| Ok(vec![format!("={n}")])));
        crate::export::deliver(&app, &job, "便签", &["名称"], rows, |_| true).await
    }
    async fn broken(app: App, job: db::jobs::Run) -> Result<()> {
        let rows = futures::stream::iter([Ok(vec![String::new()]), Err(Error::NotFound)]);
        crate::export::deliver(&app, &job, "便签", &["名称"], rows, |_| true).await
    }
    let app = TestApp::new(Setup {
        jobs: Some(|app| {
            let (one, two) = (app.clone(), app.clone());
            let jobs = vec![
                db::jobs::Job::new("notes.export", move |job| listing(one.clone(), job)),
                db::jobs::Job::new("notes.broken", move |job| broken(two.clone(), job)),
            ];
            (jobs, Vec::new())
        }),
        ..Setup::default()
    })
    .await;
    app.admin("赵演示", &app.league.branch);
    let actor = app.actor("赵演示", Role::Administrator, &app.league.branch);
    let person = actor.person().expect("a person");
    let mut links = Vec::new();
    for kind in ["notes.export", "notes.broken"] {
        let mut tx = app.db.begin(actor.clone()).await.expect("tx");
        let job = db::jobs::NewJob::new(kind, serde_json::json!({})).watched("导出便签");
        let job = tx.enqueue(job).await.expect("job");
        tx.commit_housekeeping().await.expect("commit");
        app.settle().await;
        let mut reader = app.db.read().await.expect("reader");
        let standing = db::overview::one(&mut reader, person, job).await;
        links.push(standing.expect("standing").expect("own job").link);
    }
    assert_eq!(links[1], None, "half an export is none");
    let link = links[0].clone().expect("a link");
    let file: base::FileId = link
        .strip_prefix("/files/")
        .expect("file")
        .parse()
        .expect("id");
    let mut reader = app.db.read().await.expect("reader");
    let made = testkit::now();
    let facts = files::find(&mut reader, file, made + TimeDelta::minutes(1439)).await;
    assert_eq!(facts.expect("found").expect("still there").owner, person.0);
    let late = files::find(&mut reader, file, made + TimeDelta::minutes(1440)).await;
    assert!(late.expect("looked").is_none());
    let bytes = app.app.files().get(file).await.expect("bytes");
    let list = Template {
        columns: vec![Column::new("name", "名称", Kind::Text)],
        ..template()
    };
    let sheet = crate::read(&bytes, &list, &Limits::new(5000, 1)).expect("readable");
    // The last row is the watermark.
    assert_eq!((sheet.rows.len(), sheet.rows[0].text("name")), (3001, "=0"));
    assert!(sheet.rows[3000].text("name").contains("赵演示"));
}

#[tokio::test]
async fn acc_b5_a_deputy_reads_the_runs_of_what_was_lent_and_no_others() {
    let app = start().await;
    let branch = app.league.branch.clone();
    let run = checked(&app, &app.admin("赵演示", &branch), &TWO).await;
    let lent = [
        access::Permission::EnterMembers,
        access::Permission::ViewOrg,
    ];
    for (function, status) in lent.into_iter().zip([200, 403]) {
        let mut deputy = testkit::signed_in("李演示", access::Role::Deputy, &branch);
        deputy.grants[0].bounds = access::Bounds::Deputy {
            of: "赵演示".into(),
            account: base::PersonId(uuid::Uuid::from_u128(1)),
            functions: vec![function],
        };
        app.client(deputy).get(&run).await.expect(status);
    }
}
