//! Posts, completeness, simultaneous acts.

use super::kit::{app, enter, id, input, member, org};
use crate::{How, Nature};
use access::Role;
use testkit::TestApp;

fn cadre<'a>(
    typed: &'a crate::MemberInput,
    org: &'a str,
    title: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("org", org),
        ("name", &typed.name),
        ("id_number", &typed.id_number),
        ("ethnic", &typed.ethnic),
        ("political", &typed.political),
        ("education", &typed.education),
        ("phone", &typed.phone),
        ("title", title),
    ]
}

async fn counts(app: &TestApp, org: &access::OrgRef) -> crate::Counts {
    let mut r = app.db.read().await.unwrap();
    crate::counts(&mut r, org.id).await.unwrap()
}

#[tokio::test]
async fn ros_31_32_several_posts_one_membership_and_no_second_membership() {
    let app = app().await;
    let secretary = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    let branch_no = app.league.number(&app.league.branch).to_string();
    let typed = input("李演示", 1);
    // The superior makes the member secretary, then the college takes the same person into its committee by number and name.
    college
        .submit(
            &format!("/console/cadres/new?org={branch_no}"),
            "/console/cadres/new",
            &cadre(&typed, &branch_no, "书记"),
        )
        .await
        .expect(303);
    let bare = [
        ("name", "李演示"),
        ("id_number", typed.id_number.as_str()),
        ("title", "委员"),
    ];
    college
        .submit("/console/cadres/new", "/console/cadres/new", &bare)
        .await
        .expect(303);
    college
        .get("/console/cadres")
        .await
        .expect(200)
        .see("李演示")
        .see("委员")
        .see("任委员");
    let mut r = app.db.read().await.unwrap();
    assert_eq!(crate::posts(&mut r, secretary).await.unwrap().len(), 2);
    assert_eq!(
        crate::memberships(&mut r, secretary).await.unwrap().len(),
        1
    );
    drop(r);
    assert_eq!(counts(&app, &app.league.college).await.cadres, 1);
    let wrong = [
        ("name", "王演示"),
        ("id_number", typed.id_number.as_str()),
        ("title", "常委"),
    ];
    college
        .submit("/console/cadres/new", "/console/cadres/new", &wrong)
        .await
        .expect(422)
        .see("姓名与该身份证号在系统中的姓名不一致");
    let again = enter(&app, &app.league.branch_2, member("李演示", 1))
        .await
        .unwrap_err();
    assert!(
        again.to_string().contains("软件2023级1班团支部"),
        "entry as member of another branch names the first"
    );
}

#[tokio::test]
async fn ros_41_posts_other_than_secretary_change_at_once_and_the_secretarys_is_the_superiors() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let typed = input("李演示", 1);
    let number = app.league.number(&app.league.branch).to_string();
    branch
        .submit(
            "/console/cadres/new",
            "/console/cadres/new",
            &cadre(&typed, &number, "书记"),
        )
        .await
        .expect(422)
        .see("变更团支部书记请联系上级团组织管理员。");
    branch
        .submit(
            "/console/cadres/new",
            "/console/cadres/new",
            &cadre(&typed, &number, "组织委员"),
        )
        .await
        .expect(303);
    let mut r = app.db.read().await.unwrap();
    let post = crate::posts(&mut r, person).await.unwrap()[0].id;
    drop(r);
    let place = format!("/console/cadres/{post}");
    let change = [
        ("act", "change"),
        ("title", "宣传委员"),
        ("nature", "part_time"),
        ("basis", "支委会分工调整"),
    ];
    branch
        .submit(&place, &place, &[("act", "change"), ("title", "组织委员")])
        .await
        .expect(422)
        .see("新职务与现职务相同");
    branch.submit(&place, &place, &change).await.expect(303);
    branch
        .get("/console/cadres")
        .await
        .see("李演示任宣传委员，依据：支委会分工调整")
        .see("李演示不再担任组织委员")
        .see("经办 钱演示");
    branch.get("/console/members").await.see("宣传委员");
    let mut r = app.db.read().await.unwrap();
    let post = crate::posts(&mut r, person).await.unwrap()[0].id;
    drop(r);
    let place = format!("/console/cadres/{post}");
    branch
        .submit(&place, &place, &[("act", "change"), ("title", "书记")])
        .await
        .expect(422)
        .see("变更团支部书记请联系上级团组织管理员。");
    let college = app.admin("赵演示", &app.league.college);
    college
        .get(&format!("{place}?org={number}"))
        .await
        .expect(403);
    branch
        .submit(&place, &place, &[("act", "end")])
        .await
        .expect(303);
    let counted = counts(&app, &app.league.branch).await;
    assert_eq!(
        (counted.members, counted.cadres),
        (1, 0),
        "the membership stays (ROS-46)"
    );
}

#[tokio::test]
async fn ros_42_a_new_secretary_ends_the_old_ones_post_after_confirmation() {
    let app = app().await;
    let old = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    enter(&app, &app.league.branch, member("王演示", 2))
        .await
        .unwrap();
    let number = app.league.number(&app.league.branch).to_string();
    let (page, college) = (
        format!("/console/cadres/new?org={number}"),
        app.admin("赵演示", &app.league.college),
    );
    college
        .get(&format!("/console/cadres?org={number}"))
        .await
        .see("书记空缺，尚未录入");
    let (first, second) = (input("李演示", 1), input("王演示", 2));
    college
        .submit(
            &page,
            "/console/cadres/new",
            &cadre(&first, &number, "书记"),
        )
        .await
        .expect(303);
    app.move_to("2026-09-28 10:00");
    college
        .submit(
            &page,
            "/console/cadres/new",
            &cadre(&second, &number, "书记"),
        )
        .await
        .expect(422)
        .see("现任书记是李演示");
    let mut sure = cadre(&second, &number, "书记");
    sure.push(("replace", "yes"));
    college
        .submit(&page, "/console/cadres/new", &sure)
        .await
        .expect(303);
    let mut r = app.db.read().await.unwrap();
    let history = crate::post_history(&mut r, old).await.unwrap();
    assert_eq!(history[0].until.unwrap().to_string(), "2026-09-28");
    assert!(crate::posts(&mut r, old).await.unwrap().is_empty());
    drop(r);
    assert_eq!(counts(&app, &app.league.branch).await.cadres, 1);
    let page = college
        .get(&format!("/console/cadres?org={number}"))
        .await
        .expect(200)
        .see("王演示任书记，接替李演示");
    assert!(!page.has("书记空缺"));
}

#[tokio::test]
async fn ros_42_two_secretaries_at_the_same_moment_follow_one_another() {
    let app = app().await;
    let (a, b) = (
        enter(&app, &app.league.branch, member("李演示", 1))
            .await
            .unwrap(),
        enter(&app, &app.league.branch, member("王演示", 2))
            .await
            .unwrap(),
    );
    let branch = org(&app, &app.league.branch).await;
    let one = async {
        let mut tx = app
            .db
            .begin(app.actor("赵演示", Role::Administrator, &app.league.college))
            .await?;
        crate::appoint(&mut tx, a, &branch, "书记", Nature::PartTime, true, "").await?;
        tx.commit().await
    };
    let two = async {
        let mut tx = app
            .db
            .begin(app.actor("孙演示", Role::Administrator, &app.league.college))
            .await?;
        crate::appoint(&mut tx, b, &branch, "书记", Nature::PartTime, true, "").await?;
        tx.commit().await
    };
    let (x, y) = tokio::join!(one, two);
    x.unwrap();
    y.unwrap();
    assert_eq!(counts(&app, &app.league.branch).await.cadres, 1);
}

#[tokio::test]
async fn ros_20_of_two_simultaneous_entries_one_is_told() {
    let app = app().await;
    let (x, y) = tokio::join!(
        enter(&app, &app.league.branch, member("李演示", 1)),
        enter(&app, &app.league.branch_2, member("李演示", 1))
    );
    let refused = [x, y]
        .into_iter()
        .filter_map(Result::err)
        .collect::<Vec<_>>();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code(), "id_number.elsewhere");
    let (one, two) = (
        counts(&app, &app.league.branch).await,
        counts(&app, &app.league.branch_2).await,
    );
    assert_eq!(one.members + two.members, 1);
}

#[tokio::test]
async fn ros_15_an_occupied_number_is_refused_and_the_identity_not_claimed() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let mut second = member("王演示", 2);
    second.admission_number = Some("201900000001".into());
    let refused = enter(&app, &app.league.branch_2, second).await.unwrap_err();
    assert_eq!(refused.code(), "number.taken");
    enter(&app, &app.league.branch_2, member("王演示", 2))
        .await
        .unwrap();
    // On file it is refused at the edit as well, and the old number is free after a correction.
    let college = app.admin("赵演示", &app.league.branch);
    let typed = input("李演示", 1);
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let person = crate::by_id_number(&mut r, &keys, &base::IdNumber::trusted(id("20040520", 1)))
        .await
        .unwrap()
        .unwrap();
    drop(r);
    let place = format!("/console/members/{person}/edit");
    let fields = |number: &'static str, version: &'static str| {
        vec![
            ("version", version),
            ("ethnic", typed.ethnic.as_str()),
            ("political", &typed.political),
            ("education", &typed.education),
            ("admitted_on", &typed.admitted_on),
            ("phone", &typed.phone),
            ("admission_number", number),
        ]
    };
    college
        .submit(&place, &place, &fields("201900000002", "1"))
        .await
        .expect(422)
        .see("该编号已被其他团员使用");
    college
        .submit(&place, &place, &fields("201900000009", "1"))
        .await
        .expect(303);
    let mut third = member("孙演示", 3);
    third.admission_number = Some("201900000001".into());
    enter(&app, &app.league.branch_2, third).await.unwrap();
}

#[tokio::test]
async fn ros_70_73_74_the_worked_example_of_completeness() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    enter(&app, &app.league.branch, member("王演示", 2))
        .await
        .unwrap();
    branch
        .get("/console/cadres")
        .await
        .see("人员录入未完成")
        .see("团员和团干部至少3人，现录入2人");
    // ORG-12: the secretary comes with name, number and phone only.
    let typed = input("孙样本", 3);
    let three = [
        ("name", "孙样本"),
        ("id_number", typed.id_number.as_str()),
        ("phone", typed.phone.as_str()),
    ];
    let to = branch
        .submit("/console/info/secretary", "/console/info/secretary", &three)
        .await
        .expect(303);
    assert_eq!(to.location, "/console/info");
    branch
        .get("/console/cadres")
        .await
        .see("1人资料不完整")
        .see("孙样本")
        .see("缺：民族、政治面貌、最高学历");
    let counted = counts(&app, &app.league.branch).await;
    assert_eq!(
        (
            counted.members,
            counted.cadres,
            counted.persons,
            counted.incomplete
        ),
        (2, 1, 3, 1)
    );
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let person = crate::by_id_number(
        &mut r,
        &keys,
        &base::IdNumber::trusted(typed.id_number.clone()),
    )
    .await
    .unwrap()
    .unwrap();
    drop(r);
    let place = format!("/console/members/{person}/edit");
    let filled = [
        ("version", "1"),
        ("ethnic", "01"),
        ("political", "03"),
        ("education", "20"),
        ("phone", typed.phone.as_str()),
    ];
    branch.submit(&place, &place, &filled).await.expect(303);
    branch.get("/console/cadres").await.see("人员录入已完成");
    assert_eq!(counts(&app, &app.league.branch).await.incomplete, 0);
    branch
        .submit("/console/info/secretary", "/console/info/secretary", &three)
        .await
        .expect(422)
        .see("变更团支部书记请联系上级团组织管理员。");
}

#[tokio::test]
async fn ros_20_a_cadre_without_membership_joins_a_branch_and_keeps_the_post() {
    let app = app().await;
    let college = app.admin("赵演示", &app.league.college);
    let typed = input("李演示", 1);
    let number = app.league.number(&app.league.college).to_string();
    college
        .submit(
            "/console/cadres/new",
            "/console/cadres/new",
            &cadre(&typed, &number, "委员"),
        )
        .await
        .expect(303);
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let mut r = app.db.read().await.unwrap();
    assert_eq!(crate::posts(&mut r, person).await.unwrap().len(), 1);
    let open = crate::membership(&mut r, person).await.unwrap().unwrap();
    assert_eq!(
        (open.branch, open.how),
        (app.league.branch.id, How::Entered)
    );
    let keys = r.keys.clone();
    assert_eq!(
        crate::find(&mut r, &keys, person)
            .await
            .unwrap()
            .unwrap()
            .admission_number
            .as_deref(),
        Some("201900000001")
    );
    drop(r);
    college.get("/console/members").await.see("李演示");
}
