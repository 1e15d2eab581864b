//! The overview of one's own background work (PEER-14).
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use access::Role;
use base::{OrgCategory, Reserved, check_digit};
use people::{Demand, How, MemberInput};
use testkit::{Client, Setup, TestApp};

const EXPORT: &str = "/console/members/export";

/// The work of the capabilities these tests ask of.
fn jobs(app: &web::App) -> (Vec<db::jobs::Job>, Vec<db::jobs::Schedule>) {
    let (mut work, _) = people::jobs(app);
    work.extend(sheets::wizard::jobs(app).0);
    (work, Vec::new())
}

async fn start() -> TestApp {
    let app = TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies: tuanjian::wiring::policies("national").expect("a shipped profile"),
        shell: Some(std::sync::Arc::new(tuanjian::shell::ProgramShell)),
        jobs: Some(jobs),
        ..Setup::default()
    })
    .await;
    let digits = "99900120040520001";
    let around = people::Circumstances {
        today: base::business_date(app.db.clock.now()),
        reserved: Reserved::Accepted,
        xinjiang: false,
        keep_number: false,
        demand: Demand::Member,
        category: OrgCategory::Branch,
    };
    let typed = MemberInput {
        name: "李演示".into(),
        id_number: format!("{digits}{}", check_digit(digits.as_bytes())),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: "2019-05".into(),
        admission_number: "201900000001".into(),
        phone: "10000000001".into(),
        ..MemberInput::default()
    };
    let new = people::check(&typed, app.app.policy(), &around).expect("a good record");
    let branch = &app.league.branch;
    let mut tx = app
        .db
        .begin(app.actor("钱演示", Role::Administrator, branch))
        .await
        .unwrap();
    let org = orgs::find(&mut tx, branch.id).await.unwrap().unwrap();
    people::enter_member(&mut tx, &org, new, How::Entered, None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app
}

/// Puts an export down; its page.
async fn export(client: &Client) -> String {
    client
        .submit(EXPORT, EXPORT, &[])
        .await
        .expect(303)
        .location
}

#[tokio::test]
async fn peer_14_own_work_is_listed_with_state_result_and_message_and_told_when_it_ends() {
    let app = start().await;
    let admin = app.admin("钱演示", &app.league.branch);
    let job = export(&admin).await;
    admin
        .get("/jobs")
        .await
        .expect(200)
        .see("导出团员名册")
        .see("排队中")
        .see("取消");
    // Every page asks for the end while work is under way.
    admin
        .get("/console/members")
        .await
        .expect(200)
        .see("hx-get=\"/jobs/news?here=/console/members\"");
    app.settle().await;
    admin
        .get("/jobs/news?here=/console/members")
        .await
        .expect(200)
        .see("〔导出团员名册〕已完成")
        .see("共1行");
    let page = admin
        .get("/console/members")
        .await
        .expect(200)
        .see("〔导出团员名册〕已完成");
    assert!(!page.has("hx-get=\"/jobs/news"), "nothing is under way");
    admin
        .get("/jobs")
        .await
        .expect(200)
        .see("共1行")
        .see("打开结果")
        .see("重新办理");
    let file = admin
        .submit(
            "/console/members",
            &format!("{job}/seen"),
            &[("then", "result")],
        )
        .await
        .expect(303)
        .location;
    assert!(admin.get(&file).await.expect(200).bytes.starts_with(b"PK"));
    assert!(
        !admin
            .get("/console/members")
            .await
            .has("〔导出团员名册〕已完成"),
        "told once"
    );
    // Nobody else's (SEC-12).
    let other = app.admin("赵演示", &app.league.college);
    assert!(!other.get("/jobs").await.expect(200).has("导出团员名册"));
    for place in [job.clone(), file] {
        assert_ne!(other.get(&place).await.status, 200, "{place}");
    }
    for deed in ["seen", "cancel", "repeat"] {
        let sent = other.submit("/jobs", &format!("{job}/{deed}"), &[]).await;
        assert!(sent.status >= 400, "{deed}");
    }
}

#[tokio::test]
async fn peer_14_an_export_is_cancelled_and_repeated_by_its_starter() {
    let app = start().await;
    let admin = app.admin("钱演示", &app.league.branch);
    let job = export(&admin).await;
    let again = format!("{job}/repeat");
    admin
        .submit(&job, &again, &[])
        .await
        .expect(422)
        .see("还没有结束");
    admin
        .submit(&job, &format!("{job}/cancel"), &[])
        .await
        .expect(303);
    app.settle().await;
    let page = admin
        .get(&job)
        .await
        .expect(200)
        .see("已取消")
        .see("重新办理");
    assert!(!page.has("打开结果"), "cancelled work has no result");
    admin
        .submit(&job, &format!("{job}/cancel"), &[])
        .await
        .expect(422)
        .see("已经结束");
    let second = admin.submit(&job, &again, &[]).await.expect(303).location;
    assert_ne!(second, job);
    app.settle().await;
    admin
        .get(&second)
        .await
        .expect(200)
        .see("已完成")
        .see("打开结果");
}

#[tokio::test]
async fn peer_14_running_work_that_was_cancelled_stops_where_it_tells_its_progress() {
    let app = start().await;
    let admin = app.actor("钱演示", Role::Administrator, &app.league.branch);
    let person = admin.person().unwrap();
    let mut tx = app.db.begin(admin.clone()).await.unwrap();
    let work = db::jobs::NewJob::new("test.long", serde_json::json!({}));
    let work = work
        .watched("长的工作")
        .free(access::Permission::ViewPeople);
    let id = tx.enqueue(work).await.unwrap();
    tx.commit_housekeeping().await.unwrap();
    let mut registry = db::jobs::Registry::default();
    let long = db::jobs::Job::new("test.long", move |run| {
        let admin = admin.clone();
        async move {
            run.progress(1, 10).await?;
            let mut tx = run.db.begin(admin).await?;
            db::overview::cancel(&mut tx, person, id).await?;
            tx.commit().await?;
            run.progress(2, 10).await?;
            run.outcome("不会说出来", None).await
        }
    });
    registry.add(vec![long], Vec::new());
    assert!(registry.run_one(&app.db).await.unwrap());
    let mut reader = app.db.read().await.unwrap();
    let job = db::overview::one(&mut reader, person, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (job.state_label(), job.message.as_deref()),
        ("已取消", Some("本人取消"))
    );
    assert!(job.link.is_none() && job.can_repeat());
    drop(reader);
    assert!(
        !registry.run_one(&app.db).await.unwrap(),
        "it is not taken up again"
    );
}

#[tokio::test]
async fn peer_14_work_that_changes_data_is_not_cancelled_nor_repeated() {
    let app = start().await;
    let college = app.admin("赵演示", &app.league.college);
    let file = {
        let mut reader = app.db.read().await.unwrap();
        let importer = orgs::OrgImporter;
        let target = sheets::Importer::target(&importer, &mut reader, app.league.college.id)
            .await
            .unwrap()
            .unwrap();
        let template = sheets::Importer::template(&importer, &app.app, &mut reader, &target)
            .await
            .unwrap();
        let cells = [("short_name", "2026级9班团支部"), ("category", "团支部")];
        template.write(Some(&[template.row(0, &cells)])).unwrap()
    };
    let page = "/console/import/orgs";
    college
        .upload(page, page, &[], "组织.xlsx", &file)
        .await
        .expect(303);
    let list = college
        .get("/jobs")
        .await
        .expect(200)
        .see("批量创建下级组织：核对");
    let job = list
        .body
        .split('"')
        .find(|part| part.starts_with("/jobs/") && part[6..].parse::<i64>().is_ok())
        .unwrap()
        .to_owned();
    assert!(!list.has(&format!("{job}/cancel")) && !list.has(&format!("{job}/repeat")));
    college
        .submit("/jobs", &format!("{job}/cancel"), &[])
        .await
        .expect(422)
        .see("不能中途取消");
    app.settle().await;
    college
        .submit("/jobs", &format!("{job}/repeat"), &[])
        .await
        .expect(422)
        .see("不能重复");
}
