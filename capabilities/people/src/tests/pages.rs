use super::kit::{app, enter, id, input, member};
use testkit::Client;

fn fields<'a>(
    typed: &'a crate::MemberInput,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("name", typed.name.as_str()),
        ("id_number", typed.id_number.as_str()),
        ("ethnic", typed.ethnic.as_str()),
        ("political", typed.political.as_str()),
        ("education", typed.education.as_str()),
        ("admitted_on", typed.admitted_on.as_str()),
        ("admission_number", typed.admission_number.as_str()),
        ("phone", typed.phone.as_str()),
    ];
    for (name, value) in more {
        match all.iter_mut().find(|(n, _)| n == name) {
            Some(field) => field.1 = value,
            None => all.push((name, value)),
        }
    }
    all
}

async fn submit_new(
    client: &Client,
    typed: &crate::MemberInput,
    more: &[(&str, &str)],
) -> testkit::Answer {
    client
        .submit(
            "/console/members/new",
            "/console/members/new",
            &fields(typed, more),
        )
        .await
}

#[tokio::test]
async fn ros_01_a_branch_enters_its_members_singly_and_a_direct_superior_chooses_the_branch() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let done = submit_new(&branch, &input("李演示", 1), &[])
        .await
        .expect(303);
    branch
        .get(&done.location)
        .await
        .expect(200)
        .see("李演示")
        .see("999****")
        .see("软件2023级1班团支部");
    branch
        .get("/console/members")
        .await
        .expect(200)
        .see("李演示")
        .see("共 1 人")
        .see("999****");

    let college = app.admin("赵演示", &app.league.college);
    submit_new(&college, &input("王演示", 2), &[])
        .await
        .expect(422)
        .see("请选择所在团支部");
    let number = app.league.number(&app.league.branch_2).to_string();
    submit_new(&college, &input("王演示", 2), &[("branch", &number)])
        .await
        .expect(303);
    college
        .get("/console/members")
        .await
        .expect(200)
        .see("王演示")
        .see("李演示");
    // The university is two levels up: it looks, but does not enter.
    let university = app.admin("孙演示", &app.league.university);
    university
        .get("/console/members")
        .await
        .expect(200)
        .see("王演示");
    university
        .get("/console/members/new")
        .await
        .expect(403)
        .see("直属团支部");
}

#[tokio::test]
async fn ros_24_the_form_shows_all_faults_beside_their_fields_and_keeps_what_was_typed() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let bad = [
        ("name", "李3"),
        ("id_number", "999001"),
        ("phone", "1"),
        ("admission_number", "2018370123"),
        ("ethnic", ""),
    ];
    let page = submit_new(&branch, &input("李演示", 1), &bad)
        .await
        .expect(422);
    for text in [
        "姓名应为2–30个汉字",
        "应为18位",
        "11位、以13–19开头",
        "编号前四位〔2018〕",
        "现为〔10〕位",
        "民族未填写",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(page.has("err-name") && page.has("value=\"李3\""));
    branch
        .get("/console/members")
        .await
        .expect(200)
        .see("还没有团员");
}

#[tokio::test]
async fn gen_08_the_same_submission_enters_nobody_twice() {
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    let key = branch.get("/console/members/new").await.expect(200).key();
    let typed = input("李演示", 1);
    let mut all = fields(&typed, &[]);
    all.push(("_key", &key));
    let first = branch
        .post("/console/members/new", &all)
        .await
        .expect(303)
        .location;
    let second = branch
        .post("/console/members/new", &all)
        .await
        .expect(303)
        .location;
    assert_eq!(first, second);
}

#[tokio::test]
async fn ros_25_28_identity_is_locked_with_its_way_and_the_number_is_corrected_at_once() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let place = format!("/console/members/{person}/edit");
    let form = branch
        .get(&place)
        .await
        .expect(200)
        .see("姓名、性别、身份证号码有误请申请更正，由省级团委修改。")
        .see("所在团支部随组织关系转接变更");
    assert!(!form.has("name=\"name\"") && !form.has(&id("20040520", 1)));
    let mut typed = input("换名字", 1);
    typed.id_number = id("20010101", 9);
    typed.admission_number = "201900000777".into();
    typed.phone = "100****0001".into();
    branch
        .submit(&place, &place, &fields(&typed, &[("version", "1")]))
        .await
        .expect(303);
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let after = crate::find(&mut r, &keys, person).await.unwrap().unwrap();
    assert_eq!(
        (after.name.as_str(), after.admission_number.as_deref()),
        ("李演示", Some("201900000777"))
    );
    assert_eq!(
        after.id_number.reveal(),
        id("20040520", 1),
        "identity stays whatever was sent"
    );
    assert_eq!(
        after.phone.unwrap().reveal(),
        "10000000001",
        "a masked phone sent back is no change"
    );
    branch
        .get(&format!("/console/members/{person}?kind=profile"))
        .await
        .expect(200)
        .see("201900000001 → 201900000777")
        .see("经办 钱演示");
    branch
        .submit(&place, &place, &fields(&typed, &[("version", "2")]))
        .await
        .expect(422)
        .see("没有任何改动");
}

#[tokio::test]
async fn gen_09_an_edit_on_old_data_is_told_and_changes_nothing() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let place = format!("/console/members/{person}/edit");
    branch
        .submit(
            &place,
            &place,
            &fields(
                &input("李演示", 1),
                &[("version", "1"), ("education", "大学专科")],
            ),
        )
        .await
        .expect(303);
    branch
        .submit(
            &place,
            &place,
            &fields(
                &input("李演示", 1),
                &[("version", "1"), ("education", "普通高中")],
            ),
        )
        .await
        .expect(409)
        .see("刚刚被他人修改");
}

#[tokio::test]
async fn ros_29_an_indirect_superior_looks_but_does_not_edit_and_strangers_see_nothing() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let (page, edit) = (
        format!("/console/members/{person}"),
        format!("/console/members/{person}/edit"),
    );
    let college = app.admin("赵演示", &app.league.college);
    college.get(&edit).await.expect(200);
    let university = app.admin("孙演示", &app.league.university);
    university
        .get(&page)
        .await
        .expect(200)
        .see("请由所在组织或直接上级修改。");
    university
        .get(&edit)
        .await
        .expect(403)
        .see("请由所在组织或直接上级修改。");
    for stranger in [
        &app.league.branch_2,
        &app.league.company,
        &app.league.other_city,
    ] {
        let other = app.admin("周演示", stranger);
        other.get(&page).await.expect(403);
        other.get(&edit).await.expect(403);
        assert!(
            !other
                .get("/console/members")
                .await
                .expect(200)
                .has("李演示")
        );
    }
}

#[tokio::test]
async fn ros_60_there_is_no_way_to_delete_and_the_page_says_what_to_do() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let page = branch
        .get(&format!("/console/members/{person}"))
        .await
        .expect(200);
    assert!(
        page.has("支部成员不能自行删除。已不在本支部：请办理组织关系转接；录入错误：请申请删除。")
    );
    assert!(!page.has("/delete"));
}

#[tokio::test]
async fn gen_07_the_roster_filters_sorts_pages_by_key_and_counts_link_to_their_list() {
    let app = app().await;
    for n in 1..=12 {
        let mut typed = input(["赵演示", "钱演示", "孙演示"][n as usize % 3], n);
        if n == 12 {
            typed.political = "中共预备党员".into();
        }
        let new = crate::check(
            &typed,
            &super::kit::policy(),
            &super::kit::around(crate::Demand::Member, base::OrgCategory::Branch),
        )
        .unwrap();
        enter(&app, &app.league.branch, new).await.unwrap();
    }
    let branch = app.admin("钱管理", &app.league.branch);
    let first = branch
        .get("/console/members?size=10&sort=name")
        .await
        .expect(200)
        .see("共 12 人")
        .see("下一页");
    let next = first
        .body
        .split("href=\"")
        .find(|part| part.contains("after="))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let second = branch.get(&next).await.expect(200).see("上一页");
    assert_eq!(second.body.matches("name=\"member\"").count(), 2);
    branch
        .get("/console/members?political=02")
        .await
        .expect(200)
        .see("共 1 人")
        .see("移除条件：中共预备党员");
    branch
        .get("/console/members?q=孙演")
        .await
        .expect(200)
        .see("共 4 人");
    branch
        .get("/console/members?q=sys")
        .await
        .expect(200)
        .see("共 4 人");
    // SEC-23: numbers come in the body, and no address on the page holds one.
    let number = id("20040520", 5);
    for (typed, shown) in [("10000000003", "查找 100****0003"), (&number, "查找 999")] {
        let found = branch
            .submit("/console/members", "/console/members", &[("q", typed)])
            .await
            .expect(200)
            .see("共 1 人")
            .see(shown);
        assert!(!found.has(typed), "{typed} stands on the page");
        let led = branch
            .get(&format!("/console/members?q={typed}&sex=1"))
            .await
            .expect(303);
        assert_eq!(led.location, "/console/members?sex=1");
    }
    let led = branch
        .submit(
            "/console/members",
            "/console/members",
            &[("q", "孙演"), ("sex", "")],
        )
        .await
        .expect(303);
    assert!(
        led.location.starts_with("/console/members?q=%E5"),
        "{}",
        led.location
    );
    branch
        .get("/console/members?q=没有")
        .await
        .expect(200)
        .see("没有符合条件的团员");
    branch
        .get("/console/members?view=unverified")
        .await
        .expect(200)
        .see("共 12 人");
    branch
        .get("/console/members?view=gaps")
        .await
        .expect(200)
        .see("共 1 人")
        .see("缺：入党年月");
    let rows = branch
        .fragment("/console/members?political=02")
        .await
        .expect(200);
    assert!(rows.has("id=\"rows\"") && !rows.has("<html"));
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "deletion belongs to another room"
)]
async fn org_09_where_nobody_can_be_entered_both_remedies_are_offered() {
    let app = app().await;
    // A general branch whose only branch has been deleted.
    sqlx::query("update org set state = 'deleted' where org_id = $1")
        .bind(app.league.branch_3.id.0)
        .execute(&app.db.pool)
        .await
        .expect("deleted");
    let general = app.admin("郑演示", &app.league.general);
    let page = general.get("/console/members/new").await.expect(403);
    let create = format!(
        "/console/orgs/new?parent={}",
        app.league.number(&app.league.general)
    );
    for text in [
        "团员只能编入团支部",
        "在其下建立团支部",
        "改建为团支部",
        "field=category",
        &create,
    ] {
        assert!(page.has(text), "{text}");
    }
    // With subordinates it first has to be rid of them.
    let university = app.admin("周演示", &app.league.university);
    let page = university.get("/console/members/new").await.expect(403);
    assert!(page.has("须先迁移或删除") && !page.has("field=category"));
}
