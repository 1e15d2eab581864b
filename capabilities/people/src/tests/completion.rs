//! When the entry of an organisation is complete, by category, and what is named while it is not (ROS-71..74).

use super::kit::{app, enter, input, member};
use testkit::{Client, TestApp};

const DONE: &str = "人员录入已完成";

/// Enters a cadre of the client's own organisation.
async fn cadre(desk: &Client, name: &str, n: u32, title: &str, more: &[(&str, &str)]) {
    let typed = input(name, n);
    let mut fields = vec![
        ("name", name),
        ("id_number", typed.id_number.as_str()),
        ("ethnic", "汉族"),
        ("political", "群众"),
        ("education", "大学本科"),
        ("phone", &typed.phone),
        ("title", title),
    ];
    for (field, value) in more {
        fields.retain(|(name, _)| name != field);
        fields.push((field, value));
    }
    desk.submit("/console/cadres/new", "/console/cadres/new", &fields)
        .await
        .expect(303);
}

async fn fill(app: &TestApp, desk: &Client, n: u32, more: &[(&str, &str)]) {
    let id = base::IdNumber::trusted(input("", n).id_number);
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let person = crate::by_id_number(&mut r, &keys, &id).await.unwrap();
    drop(r);
    let place = format!("/console/members/{}/edit", person.unwrap());
    desk.submit(&place, &place, more).await.expect(303);
}

#[tokio::test]
async fn ros_71_a_leading_body_is_complete_once_every_cadre_is() {
    let app = app().await;
    let city = app.admin("周演示", &app.league.city);
    city.get("/console/cadres")
        .await
        .see("团干部至少1人，现录入0人");
    cadre(&city, "李演示", 1, "常委", &[]).await;
    city.get("/console/cadres").await.see(DONE);
    cadre(&city, "王演示", 2, "委员", &[("political", "中共党员")]).await;
    let page = city.get("/console/cadres").await;
    let gap = "王演示</a> <span class=\"tj-mute\">缺：入党年月";
    assert!(page.has("1人资料不完整") && page.has(gap) && !page.has(DONE));
    let phone = input("", 2).phone;
    let whole = [
        ("version", "1"),
        ("ethnic", "01"),
        ("political", "01"),
        ("education", "20"),
        ("phone", phone.as_str()),
        ("party_on", "2025-06"),
    ];
    fill(&app, &city, 2, &whole).await;
    city.get("/console/cadres").await.see(DONE);
}

#[tokio::test]
async fn ros_72_committees_and_general_branches_need_two_complete_cadres() {
    let app = app().await;
    let league = &app.league;
    for (n, org) in [
        (10, &league.college),
        (20, &league.general),
        (30, &league.street),
    ] {
        let desk = app.admin("赵演示", org);
        cadre(&desk, "李演示", n, "副书记", &[]).await;
        let page = desk.get("/console/cadres").await;
        assert!(page.has("团干部至少2人，现录入1人"), "{}", page.body);
        // Two posts of one person are one cadre.
        cadre(&desk, "李演示", n, "委员", &[]).await;
        desk.get("/console/cadres")
            .await
            .see("团干部至少2人，现录入1人");
        cadre(&desk, "王演示", n + 1, "委员", &[("political", "中共党员")]).await;
        let page = desk.get("/console/cadres").await;
        assert!(page.has("1人资料不完整") && !page.has("至少2人"));
        let phone = input("", n + 1).phone;
        let whole = [
            ("version", "1"),
            ("ethnic", "01"),
            ("political", "13"),
            ("education", "20"),
            ("phone", phone.as_str()),
        ];
        fill(&app, &desk, n + 1, &whole).await;
        // ROS-70: nobody's identity has been verified yet.
        desk.get("/console/cadres").await.see(DONE).see("未认证");
    }
    // Members of the branches below are not the committee's.
    enter(&app, &league.branch, member("孙演示", 40))
        .await
        .unwrap();
    app.admin("赵演示", &league.university)
        .get("/console/cadres")
        .await
        .see("团干部至少2人，现录入0人");
}

#[tokio::test]
async fn ros_73_a_branch_needs_three_persons_each_counted_once_and_cadres_without_membership_count()
{
    let app = app().await;
    let branch = app.admin("钱演示", &app.league.branch);
    for (name, n) in [("李演示", 1), ("王演示", 2)] {
        enter(&app, &app.league.branch, member(name, n))
            .await
            .unwrap();
    }
    // Member and cadre in one person.
    cadre(&branch, "李演示", 1, "组织委员", &[]).await;
    branch
        .get("/console/cadres")
        .await
        .see("团员和团干部至少3人，现录入2人");
    // A teacher who is no member.
    cadre(&branch, "孙样本", 3, "宣传委员", &[]).await;
    branch.get("/console/cadres").await.see(DONE);
}

#[tokio::test]
async fn ros_74_members_and_cadres_are_named_with_what_each_lacks() {
    let app = app().await;
    let league = &app.league;
    let branch = app.admin("钱演示", &league.branch);
    for (name, n) in [("李演示", 1), ("王演示", 2)] {
        enter(&app, &league.branch, member(name, n)).await.unwrap();
    }
    let typed = input("孙样本", 3);
    let bare = [
        ("name", "孙样本"),
        ("id_number", typed.id_number.as_str()),
        ("phone", &typed.phone),
    ];
    branch
        .submit("/console/info/secretary", "/console/info/secretary", &bare)
        .await
        .expect(303);
    // A member on whose record the party month is wanted since the edit.
    let own = input("李演示", 1);
    let party = [
        ("version", "1"),
        ("ethnic", "01"),
        ("political", "02"),
        ("education", "20"),
        ("admitted_on", own.admitted_on.as_str()),
        ("admission_number", &own.admission_number),
        ("phone", &own.phone),
    ];
    fill(&app, &branch, 1, &party).await;
    let number = league.number(&league.branch);
    let college = app.admin("赵演示", &league.college);
    for desk in [&branch, &college] {
        let page = desk.get(&format!("/console/cadres?org={number}")).await;
        for text in [
            "人员录入未完成：</b>2人资料不完整",
            "孙样本</a> <span class=\"tj-mute\">缺：民族、政治面貌、最高学历",
            "李演示</a> <span class=\"tj-mute\">缺：入党年月",
        ] {
            assert!(page.has(text), "{text}: {}", page.body);
        }
        assert!(!page.has("王演示</a> <span class=\"tj-mute\">缺"));
    }
}
