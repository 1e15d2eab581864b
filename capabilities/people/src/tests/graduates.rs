//! Delayed graduates and teachers (ROS-50..54).

use super::kit::{app, enter, member};
use access::OrgRef;
use base::PersonId;
use testkit::{Client, TestApp};
use uuid::Uuid;

const LIST: &str = "/console/delayed";
const NEW: &str = "/console/delayed/new";

#[expect(
    clippy::disallowed_methods,
    reason = "graduation belongs to another room"
)]
async fn run(app: &TestApp, statement: &str, id: Uuid) {
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
        .bind(id)
        .execute(&app.db.pool)
        .await
        .expect("a statement");
}

/// The branch of the university graduated in June 2026, with two members.
async fn graduated() -> (TestApp, PersonId, PersonId) {
    let app = app().await;
    let branch = &app.league.branch;
    let first = enter(&app, branch, member("李演示", 1)).await.unwrap();
    let second = enter(&app, branch, member("王演示", 2)).await.unwrap();
    run(
        &app,
        "update org set state = 'graduate', graduation_month = 2026 * 12 + 5 where org_id = $1",
        branch.id.0,
    )
    .await;
    for org in [&app.league.college, &app.league.university] {
        run(
            &app,
            "update org set sector = '普通高等院校(公办-学生)' where org_id = $1",
            org.id.0,
        )
        .await;
    }
    (app, first, second)
}

fn college(app: &TestApp) -> Client {
    app.admin("赵演示", &app.league.college)
}

async fn mark(client: &Client, person: PersonId, fields: &[(&str, &str)]) -> testkit::Answer {
    let id = person.to_string();
    let mut all = vec![("member", id.as_str())];
    all.extend(fields);
    client
        .submit(&format!("{NEW}?member={id}"), NEW, &all)
        .await
}

const DELAYED: [(&str, &str); 3] = [
    ("kind", "delayed"),
    ("expected", "2027-07"),
    ("reason", "休学一年后复学"),
];

#[tokio::test]
async fn ros_50_members_of_a_graduate_branch_read_so_and_marks_show_in_the_list() {
    let (app, first, second) = graduated().await;
    let client = college(&app);
    let list = client.get("/console/members").await.expect(200);
    assert!(
        list.has("毕业生 2026-06")
            && list.has("延迟毕业团员列表")
            && list.has("标记延迟毕业、教师")
    );
    mark(&client, first, &DELAYED).await.expect(303);
    mark(&client, second, &[("kind", "teacher")])
        .await
        .expect(303);
    let list = client.get("/console/members").await.expect(200);
    assert!(list.has("延迟毕业生 2027-07") && list.has(">教师<") && !list.has("毕业生 2026-06"));
    client
        .get(&format!("/console/members/{first}"))
        .await
        .expect(200)
        .see("延迟毕业生，预计2027年7月毕业")
        .see("休学一年后复学");
    // A branch that has not graduated has none of it.
    let other = app.admin("钱演示", &app.league.branch_2);
    assert!(
        !other
            .get("/console/members")
            .await
            .expect(200)
            .has("延迟毕业")
    );
}

#[tokio::test]
async fn ros_51_schools_mark_members_of_graduate_branches_and_nobody_else_does() {
    let (app, first, second) = graduated().await;
    let client = college(&app);
    let form = client
        .get(&format!("{NEW}?member={first}&member={second}"))
        .await
        .expect(200);
    assert!(form.has("李演示") && form.has("王演示") && form.has("2026-06"));
    mark(
        &client,
        first,
        &[
            ("kind", "delayed"),
            ("expected", "2026-06"),
            ("reason", "休学一年后复学"),
        ],
    )
    .await
    .expect(422)
    .see("预计毕业时间须晚于本支部毕业时间〔2026-06〕。");
    mark(&client, first, &DELAYED).await.expect(303);
    mark(&client, first, &DELAYED)
        .await
        .expect(422)
        .see("李演示已经标记过");
    client
        .get(NEW)
        .await
        .expect(422)
        .see("请先在团员名册中勾选");
    // The higher superior within the school as well; the branch itself and the city do not.
    let university = app.admin("周演示", &app.league.university);
    mark(&university, second, &[("kind", "teacher")])
        .await
        .expect(303);
    for (name, org) in [("钱演示", &app.league.branch), ("吴演示", &app.league.city)] {
        let other: &OrgRef = org;
        app.admin(name, other)
            .get(&format!("{NEW}?member={first}"))
            .await
            .expect(403);
    }
    // Before 1 June nobody is marked.
    let third = enter(&app, &app.league.branch_2, member("孙演示", 3))
        .await
        .unwrap();
    mark(&client, third, &DELAYED)
        .await
        .expect(422)
        .see("请先标记支部毕业时间，转为毕业生团组织后再标记个人。");
    // Whoever belongs to another school does not exist here.
    let foreign = enter(&app, &app.league.workshop, member("周演示", 4))
        .await
        .unwrap();
    client
        .get(&format!("{NEW}?member={foreign}"))
        .await
        .expect(403);
}

#[tokio::test]
async fn ros_53_revoking_gives_back_the_branchs_month_also_after_a_move() {
    let (app, first, second) = graduated().await;
    let client = college(&app);
    mark(&client, first, &DELAYED).await.expect(303);
    mark(&client, second, &[("kind", "teacher")])
        .await
        .expect(303);
    // Moved meanwhile.
    let to = super::kit::org(&app, &app.league.branch_2).await;
    let mut tx = app
        .db
        .begin(app.actor("赵演示", access::Role::Administrator, &app.league.college))
        .await
        .unwrap();
    crate::move_member(&mut tx, first, &to, crate::How::Transferred, Uuid::nil())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let list = client.get(LIST).await.expect(200);
    assert!(
        list.has("李演示") && list.has("2027-07") && list.has("2026-06") && !list.has("王演示")
    );
    let branch = app.league.branch.id;
    let value = format!("{branch}:{first}");
    client
        .submit(LIST, LIST, &[("mark", &value)])
        .await
        .expect(303);
    client
        .submit(LIST, LIST, &[("mark", &value)])
        .await
        .expect(409);
    client
        .submit(LIST, LIST, &[])
        .await
        .expect(422)
        .see("请先勾选");
    let teachers = client
        .get("/console/delayed?view=teacher")
        .await
        .expect(200);
    assert!(teachers.has("王演示") && teachers.has("撤销教师标记"));
    let value = format!("{branch}:{second}");
    let city = app.admin("吴演示", &app.league.city);
    city.submit(LIST, LIST, &[("mark", &value)])
        .await
        .expect(403);
    client
        .submit(LIST, LIST, &[("mark", &value)])
        .await
        .expect(303);
    let list = client.get("/console/members").await.expect(200);
    assert!(list.has("毕业生 2026-06") && !list.has(">教师<"));
    client
        .get(&format!("/console/members/{second}"))
        .await
        .see("撤销教师标记，身份为毕业生，毕业时间2026年6月");
}

#[tokio::test]
async fn ros_53_in_the_expected_month_the_mark_ends_and_the_school_is_told() {
    let (app, first, _) = graduated().await;
    let client = college(&app);
    app.settle().await;
    mark(&client, first, &DELAYED).await.expect(303);
    app.move_to("2027-06-30 12:00");
    app.settle().await;
    assert!(client.get(LIST).await.expect(200).has("李演示"));
    app.move_to("2027-07-01 00:41");
    app.settle().await;
    assert!(!client.get(LIST).await.expect(200).has("李演示"));
    let mut reader = app.db.read().await.unwrap();
    let told = sqlx::query_scalar!(
        r#"select count(*) as "n!" from message where receiver_id = $1 and title = '延迟毕业团员已到预计毕业时间'"#,
        app.league.college.id.0
    )
    .fetch_one(&mut *reader)
    .await
    .unwrap();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn ros_54_the_guide_leads_from_each_change_at_school() {
    let (app, ..) = graduated().await;
    let page = college(&app)
        .get("/console/delayed/guide")
        .await
        .expect(200);
    for text in [
        "休学",
        "退学",
        "户籍所在地",
        "短期出国",
        "出国（境）学习研究团员团支部",
        "延迟毕业",
        "资料有误",
    ] {
        assert!(page.has(text), "{text}");
    }
}
