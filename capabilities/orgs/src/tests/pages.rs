//! Pages as browsers see them.

use super::kit::{app, create, org, policy};
use crate::NewOrg;
use access::Role;
use base::OrgCategory::*;

#[tokio::test]
async fn org_33_the_tree_opens_level_by_level_and_shows_the_chosen_one() {
    let app = app("national").await;
    let admin = app.admin("周演示", &app.league.university);
    let page = admin.get("/console/orgs").await.expect(200);
    for text in [
        "<h1>组织树</h1>",
        "信息学院团委",
        "文学院团总支",
        "二级",
        "可以办的事",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("软件2023级1班团支部"), "closed: {}", page.body);
    assert!(!page.has("青禾制造公司团委"), "outside the subtree");
    let college = app.league.college.id;
    let node = admin
        .fragment(&format!("/console/orgs/{college}/children"))
        .await
        .expect(200);
    assert!(node.body.trim_start().starts_with("<li>") && node.has("软件2023级2班团支部"));
    let closed = admin
        .fragment(&format!("/console/orgs/{college}/children?open=no"))
        .await;
    assert!(!closed.expect(200).has("软件2023级2班团支部"));
    let plain = admin
        .get(&format!("/console/orgs/{college}/children"))
        .await
        .expect(303);
    assert_eq!(plain.location, "/console/orgs?at=10000005");
    let at = admin.get(&plain.location).await.expect(200);
    assert!(at.has("软件2023级1班团支部") && at.has("海棠理工大学信息学院团委"));
    admin.get("/console/orgs?at=10000010").await.expect(403);
    admin
        .get(&format!("/console/orgs/{}", app.league.province.id))
        .await
        .expect(403);
}

#[tokio::test]
async fn org_33_search_filters_and_every_number_leads_to_its_list() {
    let app = app("national").await;
    let admin = app.admin("周演示", &app.league.university);
    let found = admin.get("/console/orgs?q=10000009").await.expect(200);
    assert!(found.has("汉语2024级1班团支部") && found.has("共 1 个"));
    let branches = admin.get("/console/orgs?category=branch").await.expect(200);
    assert!(branches.has("共 3 个"), "{}", branches.body);
    let within = admin
        .get("/console/orgs?within=10000005&category=branch")
        .await
        .expect(200);
    assert!(within.has("共 2 个"));
    let none = admin.get("/console/orgs?q=没有这个").await.expect(200);
    assert!(none.has("没有符合条件的组织"));
    let detail = admin.get("/console/orgs?at=10000005").await.expect(200);
    for link in [
        "/console/members?org=10000005",
        "/console/cadres?org=10000005",
        "within=10000005&#38;list=1",
    ] {
        assert!(detail.has(link), "{link}: {}", detail.body);
    }
}

#[tokio::test]
async fn acc_71_what_cannot_be_done_says_who_does_it() {
    let app = app("national").await;
    let college = app.league.college.id;
    let superior = app.admin("周演示", &app.league.university);
    let page = superior
        .get(&format!("/console/orgs/{college}"))
        .await
        .expect(200);
    assert!(page.has("上级不能代填") && page.has("由〔信息学院团委〕自己的管理员创建"));
    let higher = app.admin("吴演示", &app.league.city);
    let page = higher
        .get(&format!("/console/orgs/{college}"))
        .await
        .expect(200);
    assert!(
        page.has("由〔海棠理工大学团委〕的管理员办理"),
        "{}",
        page.body
    );
    let cadre = app.client(testkit::signed_in(
        "冯演示",
        Role::Cadre,
        &app.league.college,
    ));
    let page = cadre.get("/console/orgs").await.expect(200);
    assert!(!page.has("创建下级组织</a>"));
    cadre.get("/console/orgs/new").await.expect(403);
    app.guest().get("/console/orgs").await.expect(303);
}

#[tokio::test]
async fn org_20_one_is_created_and_the_next_keeps_category_and_sector() {
    let app = app("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let form = "/console/orgs/new?parent=10000005";
    let fields = [
        ("parent", "10000005"),
        ("category", "branch"),
        ("short_name", "软件2026级1班团支部"),
        ("sector", "普通高等院校(公办-学生)"),
    ];
    let with = |r#do: &'static str| {
        let mut all = fields.to_vec();
        all.push(("do", r#do));
        all
    };
    let checked = admin
        .submit(form, "/console/orgs/new", &with("check"))
        .await
        .expect(200);
    assert!(
        checked.has("检查通过，还没有创建")
            && checked.has("value=\"海棠理工大学信息学院软件2026级1班团支部\"")
    );
    let name = admin
        .fragment(
            "/console/orgs/new/name?parent=10000005&category=branch&short_name=软件2026级1班团支部",
        )
        .await
        .expect(200);
    assert!(name.has("海棠理工大学信息学院软件2026级1班团支部") && !name.has("<html"));
    let made = admin
        .submit(form, "/console/orgs/new", &with("create"))
        .await
        .expect(303);
    let next = admin.get(&made.location).await.expect(200);
    assert!(next.has("已创建〔软件2026级1班团支部〕") && next.has("生成管理员注册码"));
    assert!(
        next.has(r#"value="branch" selected"#)
            && next.has(r#"value="普通高等院校(公办-学生)" selected"#)
    );
    let again = admin
        .submit(form, "/console/orgs/new", &with("create"))
        .await
        .expect(422);
    assert!(
        again.has("同级已有该组织简称。") && again.has("软件2026级1班团支部"),
        "values are kept"
    );
    let empty = admin
        .submit(form, "/console/orgs/new", &[("do", "create")])
        .await
        .expect(422);
    assert!(
        empty.has("类别为空或不在下拉项内") && empty.has("简称为空") && empty.has("有2处需要修改")
    );
    app.admin("周演示", &app.league.university)
        .get(form)
        .await
        .expect(403);
}

#[tokio::test]
async fn gen_08_sending_the_same_form_twice_creates_once() {
    let app = app("national").await;
    let admin = app.admin("赵演示", &app.league.college);
    let key = admin.get("/console/orgs/new").await.expect(200).key();
    let fields = [
        ("_key", key.as_str()),
        ("category", "branch"),
        ("short_name", "软件2026级1班团支部"),
        ("sector", "普通高等院校(公办-学生)"),
        ("do", "create"),
    ];
    let first = admin.post("/console/orgs/new", &fields).await.expect(303);
    let second = admin.post("/console/orgs/new", &fields).await.expect(303);
    assert_eq!(first.location, second.location);
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(
        crate::children(&mut conn, app.league.college.id)
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn org_28_what_comes_after_creation_is_the_profiles() {
    let app = app("guangdong").await;
    let admin = app.admin("赵演示", &app.league.college);
    let form = admin.get("/console/orgs/new").await.expect(200);
    assert!(form.has("是否学校组织") && form.has("毕业年份"));
    let made = admin
        .submit(
            "/console/orgs/new",
            "/console/orgs/new",
            &[
                ("category", "branch"),
                ("short_name", "软件2026级1班团支部"),
                ("sector", "普通高等院校(公办-学生)"),
                ("is_school", "是"),
                ("school_code", "4137010425"),
                ("graduation_year", "2030"),
                ("do", "create"),
            ],
        )
        .await
        .expect(303);
    let next = admin.get(&made.location).await.expect(200);
    assert!(
        next.has("取得组织账号和初始密码") && !next.has("生成管理员注册码"),
        "{}",
        next.body
    );
    assert!(next.has("中国共产主义青年团海棠理工大学信息学院软件2026级1班支部委员会"));
    assert!(!super::kit::policy("national").asks_school);
}

#[tokio::test]
async fn org_15_the_rename_page_is_open_only_while_nobody_signed_in() {
    let app = app("national").await;
    let admin = app.admin("周演示", &app.league.university);
    let closed = admin
        .get(&format!("/console/orgs/{}/rename", app.league.college.id))
        .await
        .expect(200);
    assert!(closed.has("名称已锁定"));
    let university = org(&app.db, &app.league.university).await;
    let actor = app.actor("周演示", Role::Administrator, &app.league.university);
    let new = NewOrg::plain(Committee, "理学院团委");
    let made = create(&app.db, actor, &university, new, &policy("national"))
        .await
        .unwrap();
    let form = format!("/console/orgs/{}/rename", made.id);
    let bad = admin
        .submit(&form, &form, &[("short_name", "理学院"), ("full_name", "")])
        .await;
    bad.expect(422).see("简称应以〔团委〕结尾。");
    let done = admin
        .submit(
            &form,
            &form,
            &[("short_name", "数理学院团委"), ("full_name", "")],
        )
        .await
        .expect(303);
    assert!(
        admin
            .get(&done.location)
            .await
            .expect(200)
            .has("海棠理工大学数理学院团委")
    );
}

#[tokio::test]
async fn org_01_and_org_03_show_what_is_unfinished() {
    let app = app("national").await;
    let university = org(&app.db, &app.league.university).await;
    let actor = app.actor("周演示", Role::Administrator, &app.league.university);
    let new = NewOrg::plain(Committee, "理学院团委");
    let made = create(&app.db, actor, &university, new, &policy("national"))
        .await
        .unwrap();
    let admin = app.admin("周演示", &app.league.university);
    let list = admin.get("/console/orgs?only=unfinished").await.expect(200);
    assert!(list.has("理学院团委") && list.has("共 1 个"));
    let page = admin
        .get(&format!("/console/orgs/{}", made.id))
        .await
        .expect(200);
    assert!(page.has("组织树最末端须为团支部。"));
}

#[tokio::test]
async fn org_33_on_the_cadre_port_the_own_organisation_and_its_subordinates_are_looked_at() {
    let app = app("national").await;
    let cadre = app.admin("赵演示", &app.league.college);
    let own = cadre.get("/cadre/org").await.expect(200);
    for text in [
        "海棠理工大学信息学院团委",
        "软件2023级1班团支部",
        "不足100人",
        "组织信息未完善",
    ] {
        assert!(own.has(text), "{text}");
    }
    let number = app.league.number(&app.league.branch);
    let link = format!("/cadre/org?at={number}");
    assert!(own.has(&link));
    let below = cadre.get(&link).await.expect(200);
    assert!(
        below.has("href=\"/cadre/org?at=") && below.has("信息学院团委") && !below.has("下级组织")
    );
    let elsewhere = app.league.number(&app.league.company);
    let answer = cadre.get(&format!("/cadre/org?at={elsewhere}")).await;
    answer.expect(403);
    // What does not exist answers like what one may not look at (SEC-12).
    cadre.get("/cadre/org?at=x").await.expect(403);
    let person = base::PersonId(uuid::Uuid::from_u128(77));
    app.member(person, "李示例", &app.league.branch)
        .get("/cadre/org")
        .await
        .expect(403);
}
