use super::kit::Kit;

const HERE: &str = "/console/administrators";

#[tokio::test]
async fn org_62_the_own_needs_approval_and_the_superior_acts_at_once() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, false)
        .await;
    let other = kit
        .cadre("李演乙", 2, &league.branch, &league.branch, true)
        .await;
    let (org, id) = (league.branch.id.to_string(), person.to_string());
    let own = kit.console(&league.branch);
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    let answer = own.submit(HERE, HERE, &fields).await.expect(303);
    let page = own.get(&answer.location).await.expect(200);
    assert!(page.has("已提交，待上级组织管理员审批后生效。"));
    assert!(kit.administrators(&league.branch).await.is_empty());
    let twice = own.submit(HERE, HERE, &fields).await.expect(422);
    assert!(twice.has("已有在办的管理员变更"));
    assert!(
        kit.pass(league.branch.id, &league.university)
            .await
            .is_err(),
        "not two levels up before the fourteenth day"
    );
    kit.pass(league.branch.id, &league.college)
        .await
        .expect("approved");
    assert_eq!(kit.administrators(&league.branch).await, ["李演甲"]);
    let id = other.to_string();
    let fields = [fields[0], fields[1], ("person", id.as_str())];
    let superior = kit.console(&league.college);
    let answer = superior.submit(HERE, HERE, &fields).await.expect(303);
    let page = superior.get(&answer.location).await.expect(200);
    assert!(page.has("已立即生效。"));
    assert_eq!(kit.administrators(&league.branch).await.len(), 2);
    kit.console(&league.university)
        .get(&format!("{HERE}?org={org}"))
        .await
        .expect(403);
}

#[tokio::test]
async fn org_62_after_fourteen_days_the_superiors_superior_may_decide() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, false)
        .await;
    let (org, id) = (league.branch.id.to_string(), person.to_string());
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    kit.console(&league.branch)
        .submit(HERE, HERE, &fields)
        .await
        .expect(303);
    kit.app.move_to("2026-10-01 23:59");
    assert!(
        kit.pass(league.branch.id, &league.university)
            .await
            .is_err()
    );
    kit.app.move_to("2026-10-03 00:00");
    kit.pass(league.branch.id, &league.university)
        .await
        .expect("approved");
    assert_eq!(kit.administrators(&league.branch).await, ["李演甲"]);
}

#[tokio::test]
async fn org_61_only_cadres_of_the_organisation_are_offered() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let plain = kit.member("李演甲", 1, &league.branch).await;
    let (org, id) = (league.branch.id.to_string(), plain.to_string());
    let superior = kit.console(&league.college);
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    let none = superior.submit(HERE, HERE, &fields).await.expect(422);
    assert!(none.has("该组织尚无团干部，请先录入团干部。"));
    kit.cadre("李演乙", 2, &league.branch, &league.branch, true)
        .await;
    let refused = superior.submit(HERE, HERE, &fields).await.expect(422);
    assert!(refused.has("只能选择该组织的团干部"));
}

#[tokio::test]
async fn org_63_a_third_one_takes_somebodys_place() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let mut people = Vec::new();
    for (n, name) in (1..).zip(["李演甲", "李演乙", "李演丙"]) {
        let person = kit
            .cadre(name, n, &league.branch, &league.branch, n == 1)
            .await;
        people.push(person.to_string());
        if n < 3 {
            kit.grant(person, name, &league.branch).await;
        }
    }
    let org = league.branch.id.to_string();
    let superior = kit.console(&league.college);
    let add = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", people[2].as_str()),
    ];
    let full = superior.submit(HERE, HERE, &add).await.expect(422);
    assert!(full.has("已有两位管理员，请使用变更或先撤销。"));
    let change = [
        add[0],
        ("what", "change"),
        add[2],
        ("replaced", people[1].as_str()),
    ];
    superior.submit(HERE, HERE, &change).await.expect(303);
    assert_eq!(
        kit.administrators(&league.branch).await,
        ["李演丙", "李演甲"]
    );
}

#[tokio::test]
async fn org_64_a_secretarys_right_is_revoked_by_the_superior_only() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let secretary = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    let other = kit
        .cadre("李演乙", 2, &league.branch, &league.branch, false)
        .await;
    kit.grant(secretary, "李演甲", &league.branch).await;
    kit.grant(other, "李演乙", &league.branch).await;
    let org = league.branch.id.to_string();
    let (one, two) = (secretary.to_string(), other.to_string());
    let revoke = |id: &str| {
        [
            ("org".to_owned(), org.clone()),
            ("what".to_owned(), "revoke".to_owned()),
            ("replaced".to_owned(), id.to_owned()),
        ]
    };
    fn fields(list: &[(String, String); 3]) -> Vec<(&str, &str)> {
        list.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
    }
    let own = kit.console(&league.branch);
    let refused = own
        .submit(HERE, HERE, &fields(&revoke(&one)))
        .await
        .expect(422);
    assert!(refused.has("撤销团支书管理员权限请联系上级组织管理员。"));
    own.submit(HERE, HERE, &fields(&revoke(&two)))
        .await
        .expect(303);
    assert_eq!(kit.administrators(&league.branch).await, ["李演甲"]);
    kit.console(&league.college)
        .submit(HERE, HERE, &fields(&revoke(&one)))
        .await
        .expect(303);
    assert!(kit.administrators(&league.branch).await.is_empty());
}

#[tokio::test]
async fn org_64_nobody_revokes_himself_if_he_is_the_last() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let mut holders = Vec::new();
    for (n, name) in (1..).zip(["李演甲", "李演乙"]) {
        let person = kit
            .cadre(name, n, &league.branch, &league.branch, false)
            .await;
        kit.grant(person, name, &league.branch).await;
        holders.push(person);
    }
    let org = kit.org(league.branch.id).await;
    // The first takes the own right while there is a second, the second may not.
    for (person, gone) in [(holders[0], true), (holders[1], false)] {
        let mut actor = kit.admin(&league.branch);
        actor.who = access::Who::Person(person);
        let mut tx = kit.app.db.begin(actor).await.expect("begin");
        let asked = crate::actions::administrators::Asked {
            kind: "revoke".into(),
            replaced: Some(person.0),
            ..Default::default()
        };
        let accounts = kit.app.app.policy::<accounts::Policy>();
        let own = kit.app.app.policy::<crate::Policy>();
        let done = crate::actions::administrators::ask(&mut tx, &org, &asked, own, accounts).await;
        match done {
            Ok(_) => tx.commit().await.expect("commit"),
            Err(error) => assert!(error.to_string().contains("最后一位管理员"), "{error}"),
        }
        let left = kit.administrators(&league.branch).await;
        assert_eq!(left, ["李演乙"], "{gone}");
    }
}

#[tokio::test]
async fn org_64_a_secretary_is_not_replaced_by_the_branch_itself_where_nobody_approves() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    let secretary = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    let other = kit
        .cadre("李演乙", 2, &league.branch, &league.branch, false)
        .await;
    kit.grant(secretary, "李演甲", &league.branch).await;
    let (org, one, two) = (
        league.branch.id.to_string(),
        secretary.to_string(),
        other.to_string(),
    );
    let fields = [
        ("org", org.as_str()),
        ("what", "change"),
        ("person", two.as_str()),
        ("replaced", one.as_str()),
    ];
    kit.console(&league.branch)
        .submit(HERE, HERE, &fields)
        .await
        .expect(422)
        .see("撤销团支书管理员权限请联系上级组织管理员。");
    assert_eq!(kit.administrators(&league.branch).await, ["李演甲"]);
    kit.console(&league.college)
        .submit(HERE, HERE, &fields)
        .await
        .expect(303);
    assert_eq!(kit.administrators(&league.branch).await, ["李演乙"]);
}

#[tokio::test]
async fn org_66_guangdong_and_beijing_have_no_such_approvals() {
    for profile in ["guangdong", "beijing"] {
        let kit = Kit::under(profile).await;
        let league = &kit.app.league;
        let person = kit
            .cadre("李演甲", 1, &league.branch, &league.branch, false)
            .await;
        let (org, id) = (league.branch.id.to_string(), person.to_string());
        let fields = [
            ("org", org.as_str()),
            ("what", "add"),
            ("person", id.as_str()),
        ];
        kit.console(&league.branch)
            .submit(HERE, HERE, &fields)
            .await
            .expect(303);
        assert_eq!(
            kit.administrators(&league.branch).await,
            ["李演甲"],
            "{profile}"
        );
    }
}

#[tokio::test]
async fn org_65_the_page_leads_from_plain_member_to_administrator() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let own = kit.console(&league.branch);
    let page = own.get(HERE).await.expect(200);
    for text in [
        "没有可选的团干部",
        "/console/cadres/new",
        "一、由该组织录入为团干部",
        "二、职务由直接上级任命",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
}

#[tokio::test]
async fn org_60_the_own_organisation_and_direct_subordinates_can_be_chosen() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let page = kit.console(&league.college).get(HERE).await.expect(200);
    for text in [
        "信息学院团委",
        "软件2023级1班团支部",
        "每个组织最多 2 名管理员",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("汉语2024级1班团支部"));
}

#[tokio::test]
async fn org_61_a_disabled_cadre_is_not_offered_and_not_taken() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, false)
        .await;
    let disabled = |yes: bool| {
        format!(
            "update org_post set disabled = {yes} where person_id = '{person}';
             update person_post set disabled = {yes} where person_id = '{person}'"
        )
    };
    let (org, id) = (league.branch.id.to_string(), person.to_string());
    let here = format!("{HERE}?org={org}");
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    let superior = kit.console(&league.college);
    kit.sql(&disabled(true)).await;
    assert!(!superior.get(&here).await.expect(200).has(&id));
    superior.submit(HERE, HERE, &fields).await.expect(422);
    assert!(kit.administrators(&league.branch).await.is_empty());
    kit.sql(&disabled(false)).await;
    assert!(superior.get(&here).await.expect(200).has(&id));
    // Disabled between application and approval.
    kit.console(&league.branch)
        .submit(HERE, HERE, &fields)
        .await
        .expect(303);
    kit.sql(&disabled(true)).await;
    assert!(kit.pass(league.branch.id, &league.college).await.is_err());
    kit.sql(&disabled(false)).await;
    kit.pass(league.branch.id, &league.college)
        .await
        .expect("approved");
    assert_eq!(kit.administrators(&league.branch).await, ["李演甲"]);
}

#[tokio::test]
async fn org_62_the_roots_own_change_waits_for_its_second_administrator() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit
        .cadre("李演甲", 1, &league.branch, &league.root, false)
        .await;
    let (org, id) = (league.root.id.to_string(), person.to_string());
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    kit.console(&league.root)
        .submit(HERE, HERE, &fields)
        .await
        .expect(303);
    assert!(kit.administrators(&league.root).await.is_empty());
    // Whoever applied does not approve; the other one does.
    let mut tx = kit.app.db.begin(kit.admin(&league.root)).await.unwrap();
    let change = crate::store::change::of(&mut tx, league.root.id, None, None, 1)
        .await
        .unwrap()
        .remove(0);
    let key = crate::actions::change::key(&change).unwrap();
    let kinds = kit.app.app.policy::<approvals::Kinds>();
    let own = approvals::pass(&mut tx, kinds, key, 1, "", None).await;
    assert!(own.is_err(), "nobody approves his own");
    drop(tx);
    kit.pass(league.root.id, &league.root)
        .await
        .expect("the second administrator");
    assert_eq!(kit.administrators(&league.root).await, ["李演甲"]);
}

#[tokio::test]
async fn org_62_an_application_is_refused_with_a_reason_withdrawn_or_no_longer_possible() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let person = kit.cadre("李演甲", 1, branch, branch, false).await;
    let (org, id) = (branch.id.to_string(), person.to_string());
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    let own = kit.console(branch);
    let apply = async |at: &str| {
        kit.app.move_to(at);
        own.submit(HERE, HERE, &fields).await.expect(303);
    };
    apply("2026-09-18 10:01").await;
    kit.send_back(branch.id, &league.college)
        .await
        .expect("refused");
    assert_eq!(kit.change_state(branch.id).await, "refused");
    let told = kit.told(branch.id.0).await;
    assert!(
        told.iter().any(|m| m.contains("暂不同意这件申请")),
        "{told:?}"
    );
    assert!(kit.administrators(branch).await.is_empty());
    apply("2026-09-18 10:02").await;
    let mut reader = kit.app.db.read().await.expect("reader");
    let change = crate::store::change::of(&mut reader, branch.id, None, None, 1)
        .await
        .expect("query")
        .remove(0);
    drop(reader);
    let change = change.id.to_string();
    own.submit(
        "/console/changes",
        "/console/changes/withdraw",
        &[("org", &org), ("change", &change)],
    )
    .await
    .expect(303);
    assert_eq!(kit.change_state(branch.id).await, "withdrawn");
    // Meanwhile the seats are taken: the approval is refused and nothing happens.
    apply("2026-09-18 10:03").await;
    for (n, name) in [(2, "李演乙"), (3, "李演丙")] {
        let other = kit.cadre(name, n, branch, branch, false).await;
        kit.grant(other, name, branch).await;
    }
    assert!(kit.pass(branch.id, &league.college).await.is_err());
    assert_eq!(kit.change_state(branch.id).await, "pending");
    assert_eq!(kit.administrators(branch).await.len(), 2);
    // No cadre any more: refused as well.
    kit.sql(&format!(
        "update org_admin set until = '2026-09-18' where org_id = '{org}';
         update org_seat set administrators = 0 where org_id = '{org}';
         update org_post set until = '2026-09-18' where person_id = '{id}'"
    ))
    .await;
    let refused = kit.pass(branch.id, &league.college).await.unwrap_err();
    assert!(
        refused.to_string().contains("已不是该组织的团干部"),
        "{refused}"
    );
}

#[tokio::test]
async fn org_62_the_superior_is_reminded_on_the_seventh_day_and_its_superior_on_the_fourteenth() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let person = kit.cadre("李演甲", 1, branch, branch, false).await;
    let (org, id) = (branch.id.to_string(), person.to_string());
    let fields = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", id.as_str()),
    ];
    kit.console(branch)
        .submit(HERE, HERE, &fields)
        .await
        .expect(303);
    let reminders = async |of: &access::OrgRef| {
        let told = kit.told(of.id.0).await;
        told.iter().filter(|m| m.contains("催办")).count()
    };
    for (at, superior, higher) in [
        ("2026-09-24 23:59", 0, 0),
        ("2026-09-25 00:01", 1, 0),
        ("2026-10-01 23:59", 1, 0),
        ("2026-10-02 00:01", 2, 1),
    ] {
        kit.app.move_to(at);
        kit.app.settle().await;
        let now = (
            reminders(&league.college).await,
            reminders(&league.university).await,
        );
        assert_eq!(now, (superior, higher), "{at}");
    }
}
