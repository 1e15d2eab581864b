use super::kit::Kit;
use base::OrgCategory;
use orgs::OrgState;

const NEW: &str = "/console/changes/new";

#[tokio::test]
async fn org_15_a_locked_field_goes_up_level_by_level_to_the_province() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.college.id;
    let org = id.to_string();
    let client = kit.console(&league.college);
    let fields = [
        ("org", org.as_str()),
        ("field", "short_name"),
        ("short_name", "计算机学院团委"),
        ("reason", "学院已更名，附批复文号"),
    ];
    let short = [fields[0], fields[1], fields[2], ("reason", "更名")];
    let refused = client.submit(NEW, NEW, &short).await.expect(422);
    assert!(refused.has("5–249个字"));
    client.submit(NEW, NEW, &fields).await.expect(303);
    let twice = client.submit(NEW, NEW, &fields).await.expect(422);
    assert!(twice.has("已有在办的更正申请"));
    assert_eq!(kit.org(id).await.short_name, "信息学院团委");
    for level in [&league.university, &league.city] {
        kit.pass(id, level).await.expect("forwarded");
        assert_eq!(kit.org(id).await.short_name, "信息学院团委");
    }
    assert!(kit.pass(id, &league.city).await.is_err(), "not their turn");
    kit.pass(id, &league.province).await.expect("decided");
    assert_eq!(kit.org(id).await.short_name, "计算机学院团委");
    assert_eq!(kit.change_state(id).await, "effective");
    let told = kit.told(id.0).await;
    assert!(
        told.iter().any(|m| m.contains("已更正为“计算机学院团委”")),
        "{told:?}"
    );
    let page = client.get("/console/changes").await.expect(200);
    assert!(page.has("信息学院团委 → 计算机学院团委") && page.has("已生效"));
}

#[tokio::test]
async fn org_15_each_level_may_send_it_back_and_the_applicant_may_take_it_back() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.college.id;
    let org = id.to_string();
    let client = kit.console(&league.college);
    let fields = [
        ("org", org.as_str()),
        ("field", "sector"),
        ("sector", "国有企业"),
        ("reason", "行业类别选错了，请更正"),
    ];
    client.submit(NEW, NEW, &fields).await.expect(303);
    kit.send_back(id, &league.university).await.expect("back");
    assert_eq!(kit.change_state(id).await, "refused");
    kit.app.move_to("2026-09-18 10:01");
    client.submit(NEW, NEW, &fields).await.expect(303);
    let mut reader = kit.app.db.read().await.expect("reader");
    let change = crate::store::change::of(&mut reader, id, None, None, 1)
        .await
        .expect("query")[0]
        .id
        .to_string();
    drop(reader);
    client
        .submit(
            "/console/changes",
            "/console/changes/withdraw",
            &[("org", &org), ("change", &change)],
        )
        .await
        .expect(303);
    assert_eq!(kit.change_state(id).await, "withdrawn");
}

#[tokio::test]
async fn org_15_a_marked_branch_stays_in_the_school_sector() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.branch.id;
    let org = id.to_string();
    let client = kit.console(&league.branch);
    let fields = [
        ("org", org.as_str()),
        ("field", "sector"),
        ("sector", "国有企业"),
        ("reason", "行业类别选错了，请更正"),
    ];
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id = '{id}'"
    ))
    .await;
    client
        .submit(NEW, NEW, &fields)
        .await
        .expect(422)
        .see("已标记毕业时间的组织不能由学校领域改为其他行业");
    // A branch marked by a reason is marked as well (2.2); the province lifts that mark too.
    kit.sql(&format!(
        "update org set graduation_month = null, graduation_reason = '学制未定' where org_id = '{id}'"
    ))
    .await;
    client
        .submit(NEW, NEW, &fields)
        .await
        .expect(422)
        .see("已标记毕业时间的组织不能由学校领域改为其他行业");
    let lift = [fields[0], ("field", "graduation"), fields[3]];
    let province = kit.console(&league.province);
    province.submit(NEW, NEW, &lift).await.expect(303);
    client.submit(NEW, NEW, &fields).await.expect(303);
}

#[tokio::test]
async fn org_15_the_direct_superior_decides_alone_while_nobody_has_signed_in() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.sql(&format!(
        "update org set state = 'created' where org_id = '{}'",
        league.branch.id
    ))
    .await;
    let org = league.branch.id.to_string();
    let client = kit.console(&league.college);
    let fields = [
        ("org", org.as_str()),
        ("field", "category"),
        ("category", "general_branch"),
        ("reason", "类别选错了，应为团总支"),
    ];
    // ORG-19, ORG-05: the short name goes with its category, in the same correction.
    let refused = client.submit(NEW, NEW, &fields).await.expect(422);
    assert!(
        refused.has("简称应以〔团总支〕结尾。确认该组织是直接管理团员的支部吗？"),
        "{}",
        refused.body
    );
    let fields = [
        fields[0],
        fields[1],
        fields[2],
        ("short_name", "软件2023级团总支"),
        fields[3],
    ];
    client.submit(NEW, NEW, &fields).await.expect(303);
    let now = kit.org(league.branch.id).await;
    assert_eq!(now.category, OrgCategory::GeneralBranch);
    assert_eq!(now.short_name, "软件2023级团总支");
    assert_eq!(now.full_name, "海棠理工大学信息学院软件2023级团总支");
    assert!(!now.accepts_registration);
    // Two levels up it is not theirs, and a branch of others is not there at all.
    kit.console(&league.university)
        .submit(NEW, NEW, &fields)
        .await
        .expect(403);
    kit.console(&league.company)
        .submit(NEW, NEW, &fields)
        .await
        .expect(403);
}

#[tokio::test]
async fn org_09_a_branch_with_members_does_not_become_another_category() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.member("李演甲", 1, &league.branch).await;
    let org = league.branch.id.to_string();
    let client = kit.console(&league.province);
    let ask = |field: &'static str, value: &'static str, org: String| {
        let client = &client;
        async move {
            let fields = [
                ("org", org.as_str()),
                ("field", field),
                (field, value),
                ("reason", "请核实后更正"),
            ];
            client.submit(NEW, NEW, &fields).await
        }
    };
    let refused = ask("category", "committee", org.clone()).await.expect(422);
    assert!(
        refused.has("有1名团员，只有团支部才有团员"),
        "{}",
        refused.body
    );
    let college = league.college.id.to_string();
    let refused = ask("category", "branch", college).await.expect(422);
    assert!(refused.has("不能设在团支部之下"), "{}", refused.body);
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id = '{org}'"
    ))
    .await;
    let refused = ask("sector", "国有企业", org).await.expect(422);
    assert!(
        refused.has("不能由学校领域改为其他行业"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn org_57_a_wrong_mark_is_corrected_through_the_province_even_after_the_switch() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.branch.id;
    kit.sql(&format!(
        "update org set graduation_month = 2026 * 12 + 5, state = 'graduate', graduated_at = '2026-06-01', accepts_registration = false where org_id = '{id}'"
    ))
    .await;
    let org = id.to_string();
    let fields = [
        ("org", org.as_str()),
        ("field", "graduation"),
        ("graduation", "2027-06"),
        ("reason", "本支部学制四年，标记错了一年"),
    ];
    // The school collects: two levels above the branch.
    kit.console(&league.university)
        .submit(NEW, NEW, &fields)
        .await
        .expect(303);
    kit.pass(id, &league.city).await.expect("forwarded");
    kit.pass(id, &league.province).await.expect("decided");
    let now = kit.org(id).await;
    assert_eq!(now.graduation.expect("a mark").to_string(), "2027-06");
    assert_eq!(now.state, OrgState::Active);
    assert!(now.accepts_registration);
    // The province itself corrects at once.
    let clear = [fields[0], fields[1], fields[3]];
    kit.console(&league.province)
        .submit(NEW, NEW, &clear)
        .await
        .expect(303);
    assert!(kit.org(id).await.graduation.is_none());
}

#[tokio::test]
async fn org_15_category_and_names_go_up_together_and_are_checked_again_when_decided() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.general.id;
    let org = id.to_string();
    let fields = [
        ("org", org.as_str()),
        ("field", "category"),
        ("category", "committee"),
        ("short_name", "文学院团委"),
        ("full_name", "海棠理工大学文学院（文科）团委"),
        ("reason", "学院团总支已改建为团委"),
    ];
    kit.console(&league.general)
        .submit(NEW, NEW, &fields)
        .await
        .expect(303);
    for level in [&league.university, &league.city] {
        kit.pass(id, level).await.expect("forwarded");
    }
    // Meanwhile a sibling has taken the name.
    let rename = |name: &'static str| {
        format!(
            "update org set short_name = '{name}' where org_id = '{}'",
            league.college.id
        )
    };
    kit.sql(&rename("文学院团委")).await;
    assert!(kit.pass(id, &league.province).await.is_err());
    kit.sql(&rename("信息学院团委")).await;
    kit.pass(id, &league.province).await.expect("decided");
    let now = kit.org(id).await;
    assert_eq!(now.category, OrgCategory::Committee);
    assert_eq!(now.short_name, "文学院团委");
    assert_eq!(now.full_name, "海棠理工大学文学院（文科）团委");
}

#[tokio::test]
async fn org_15_a_provincial_body_puts_its_own_correction_before_the_central_one() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.province.id;
    let org = id.to_string();
    let fields = [
        ("org", org.as_str()),
        ("field", "short_name"),
        ("short_name", "团海棠花省委"),
        ("reason", "行政区划已更名，附文件"),
    ];
    kit.console(&league.province)
        .submit(NEW, NEW, &fields)
        .await
        .expect(303);
    assert_eq!(kit.org(id).await.short_name, "团海棠省委");
    kit.pass(id, &league.root).await.expect("decided");
    assert_eq!(kit.org(id).await.short_name, "团海棠花省委");
}

#[tokio::test]
async fn org_15_below_a_root_that_is_the_province_a_city_does_not_decide_alone() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    // What stands on level two here is a city.
    kit.sql("update org set region = '990000' where parent_id is null")
        .await;
    let provincial = |org: &access::OrgRef| {
        let mut me = testkit::signed_in("赵演示", access::Role::Administrator, org);
        me.grants[0].root = access::Root::Provincial;
        kit.app.client(me)
    };
    let (city, root) = (&league.province, &league.root);
    let org = league.company.id.to_string();
    let fields = [
        ("org", org.as_str()),
        ("field", "short_name"),
        ("short_name", "青禾重工公司团委"),
        ("reason", "公司已更名，附批复文号"),
    ];
    provincial(city).submit(NEW, NEW, &fields).await.expect(403);
    provincial(&league.company)
        .submit(NEW, NEW, &fields)
        .await
        .expect(303);
    for level in [&league.city, city, root] {
        assert_eq!(
            kit.org(league.company.id).await.short_name,
            "青禾制造公司团委"
        );
        kit.pass(league.company.id, level).await.expect("passed");
    }
    assert_eq!(
        kit.org(league.company.id).await.short_name,
        "青禾重工公司团委"
    );
    // The root's own: nobody stands above it.
    let org = root.id.to_string();
    let own = [
        ("org", org.as_str()),
        fields[1],
        ("short_name", "团海棠花省委"),
        fields[3],
    ];
    provincial(root).submit(NEW, NEW, &own).await.expect(303);
    assert_eq!(kit.org(root.id).await.short_name, "团海棠花省委");
}

#[tokio::test]
async fn org_15_the_kind_of_a_branch_is_corrected_to_what_its_superior_may_set_up() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.branch_2.id;
    let org = id.to_string();
    let client = kit.console(&league.branch_2);
    let fields = |kind| {
        [
            ("org", org.as_str()),
            ("field", "kind"),
            ("kind", kind),
            ("reason", "建立时选错了支部类型"),
        ]
    };
    let form = format!("{NEW}?org={org}");
    client
        .get(&form)
        .await
        .expect(200)
        .see("支部类型")
        .see("学校编号");
    client
        .submit(&form, NEW, &fields("floating"))
        .await
        .expect(422)
        .see("此处不能建");
    client
        .submit(&form, NEW, &fields("ordinary"))
        .await
        .expect(422)
        .see("与现在的内容相同");
    client
        .submit(&form, NEW, &fields("awaiting_transfer"))
        .await
        .expect(303);
    for level in [
        &league.college,
        &league.university,
        &league.city,
        &league.province,
    ] {
        kit.pass(id, level).await.expect("passed");
    }
    let now = kit.org(id).await;
    assert_eq!(now.kind, orgs::BranchKind::AwaitingTransfer);
    assert!(!now.accepts_registration, "waiting branches take none");
    // A second one is refused.
    let other = kit.console(&league.branch);
    let org = league.branch.id.to_string();
    let fields = [
        ("org", org.as_str()),
        ("field", "kind"),
        ("kind", "awaiting_transfer"),
        ("reason", "建立时选错了支部类型"),
    ];
    other
        .submit(NEW, NEW, &fields)
        .await
        .expect(422)
        .see("之下已有待接转团支部");
    // What is no branch has none.
    let college = league.college.id.to_string();
    let fields = [("org", college.as_str()), fields[1], fields[2], fields[3]];
    let college = kit.console(&league.college);
    let page = college.submit(NEW, NEW, &fields).await.expect(422);
    assert!(page.has("只有团支部有支部类型"));
}

#[tokio::test]
async fn org_16_a_wrong_school_code_is_corrected_for_the_school_and_all_that_inherited_it() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let id = league.university.id;
    let org = id.to_string();
    let client = kit.console(&league.university);
    let fields = |code| {
        [
            ("org", org.as_str()),
            ("field", "school_code"),
            ("school_code", code),
            ("reason", "学校编号录入时有误"),
        ]
    };
    client
        .submit(NEW, NEW, &fields("411500126"))
        .await
        .expect(422)
        .see("应为10位数字");
    for code in ["4115001267", "4115001268"] {
        client.submit(NEW, NEW, &fields(code)).await.expect(303);
        for level in [&league.city, &league.province] {
            kit.pass(id, level).await.expect("passed");
        }
        let mut reader = kit.app.db.read().await.unwrap();
        for below in [&league.university, &league.college, &league.branch] {
            let info = orgs::information(&mut reader, below.id)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(info.school_code.as_deref(), Some(code));
        }
    }
    let college = kit.console(&league.college);
    let id = league.college.id.to_string();
    let fields = [
        ("org", id.as_str()),
        ("field", "school_code"),
        ("school_code", "4115001269"),
        ("reason", "学校编号录入时有误"),
    ];
    college
        .submit(NEW, NEW, &fields)
        .await
        .expect(422)
        .see("请由独立设置的学校申请更正");
}
