//! One box for everything (PEER-06).
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use access::Role;
use base::{OrgCategory, Reserved, check_digit};
use people::{Demand, How, MemberInput};
use testkit::{Client, Setup, TestApp};

async fn start() -> TestApp {
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies: tuanjian::wiring::policies("national").expect("a shipped profile"),
        shell: Some(std::sync::Arc::new(tuanjian::shell::ProgramShell)),
        ..Setup::default()
    })
    .await
}

fn id(n: u32) -> String {
    let digits = format!("99900120040520{n:03}");
    format!("{digits}{}", check_digit(digits.as_bytes()))
}

async fn enter(app: &TestApp, branch: &access::OrgRef, name: &str, n: u32) {
    let around = people::Circumstances {
        today: base::business_date(app.db.clock.now()),
        reserved: Reserved::Accepted,
        xinjiang: false,
        keep_number: false,
        demand: Demand::Member,
        category: OrgCategory::Branch,
    };
    let typed = MemberInput {
        name: name.into(),
        id_number: id(n),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: "2019-05".into(),
        admission_number: format!("20190000{n:04}"),
        phone: format!("1000000{n:04}"),
        ..MemberInput::default()
    };
    let new = people::check(&typed, app.app.policy(), &around).expect("a good record");
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
}

async fn find(client: &Client, q: &str) -> testkit::Answer {
    client
        .submit("/console/search", "/console/search", &[("q", q)])
        .await
        .expect(200)
}

#[tokio::test]
async fn peer_06_ros_91_the_search_box_finds_people_and_organisations_in_the_scope_only() {
    let app = start().await;
    enter(&app, &app.league.branch, "曾演示", 1).await;
    enter(&app, &app.league.workshop, "曾范例", 2).await;
    tuanjian::figures::refill(&app.db, app.app.policy(), |_| async { Ok(()) })
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    for q in [
        "曾",
        "曾演",
        "演示",
        "示",
        "zengyan",
        "zys",
        "10000000001",
        id(1).as_str(),
        "201900000001",
    ] {
        let page = find(&college, q).await;
        assert!(page.has("曾演示") && page.has("软件2023级1班团支部"), "{q}");
        assert!(!page.has("曾范例"), "{q}");
    }
    for q in [
        "软件2023",
        "2班",
        "班",
        "rj2023j2b",
        "ruanjian2023",
        "10000007",
    ] {
        let page = find(&college, q).await;
        assert!(page.has("团支部 10000007"), "{q}");
        assert!(!page.has("总装车间"), "{q}");
    }
    for q in [
        "曾范例",
        "范例",
        "总装",
        "zongzhuang",
        id(2).as_str(),
        "没有这个",
    ] {
        assert!(find(&college, q).await.has("没有找到"), "{q}");
    }
    find(&college, &format!("曾范例 {}", id(2)))
        .await
        .see("在〔青禾制造公司总装车间团支部〕，正常");
    find(&college, &format!("曾错名 {}", id(2)))
        .await
        .see("没有找到");
    // Functions of the own menu, by name and by sound.
    for q in ["名册", "tuanyuanmingce", "tymc"] {
        assert!(
            find(&college, q)
                .await
                .has("团员名册</a> <span class=\"tj-chip\">人员"),
            "{q}"
        );
    }
}
