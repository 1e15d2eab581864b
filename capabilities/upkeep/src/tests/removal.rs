use super::kit::Kit;
use orgs::OrgState;

fn here(org: &access::OrgRef) -> String {
    format!("/console/orgs/{}/remove", org.id)
}

#[tokio::test]
async fn org_71_deleting_follows_its_steps_and_the_page_shows_where_it_stands() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let secretary = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    let member = kit.member("李演乙", 2, &league.branch).await;
    kit.grant(secretary, "李演甲", &league.branch).await;
    let client = kit.console(&league.college);
    let here = here(&league.branch);
    let page = client.get(&here).await.expect(200);
    assert!(page.has("撤销这 1 名管理员") && page.has("先撤销管理员"));
    // ORG-72: all reasons at once.
    let refused = client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(422);
    assert!(
        refused.has("不能删除：〔尚有管理员1名；尚有团员2名；尚有团干部1名〕"),
        "{}",
        refused.body
    );
    let early = client
        .submit(&here, &here, &[("step", "empty"), ("confirm", "2")])
        .await
        .expect(422);
    assert!(early.has("请先撤销全部管理员"));
    client
        .submit(&here, &here, &[("step", "administrators")])
        .await
        .expect(303);
    assert!(kit.administrators(&league.branch).await.is_empty());
    let wrong = client
        .submit(&here, &here, &[("step", "empty"), ("confirm", "3")])
        .await
        .expect(422);
    assert!(wrong.has("请输入要清空的人数“2”"), "{}", wrong.body);
    client
        .submit(&here, &here, &[("step", "empty"), ("confirm", "2")])
        .await
        .expect(303);
    // ORG-73: nobody is deleted, all stand in the superior's 待接转团支部.
    let waiting = kit.org(kit.branch_of(member).await).await;
    assert_eq!(waiting.short_name, "待接转团支部");
    assert_eq!(waiting.parent, Some(league.college.id));
    assert_eq!(kit.branch_of(secretary).await, waiting.id);
    client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(303);
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Deleted);
    let tree = client.get("/console/recycle").await.expect(200);
    assert!(tree.has("软件2023级1班团支部"));
}

#[tokio::test]
async fn org_71_the_steps_stay_with_the_state_of_each_after_the_deletion() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.college);
    let here = here(&league.branch);
    // How the six steps stand: done, at hand, later.
    let stand = async || {
        let page = client.get(&here).await.expect(200);
        let list = page.body.split("tj-flow").nth(1).expect("the steps");
        let list = list.split("</ol>").next().expect("their end").to_owned();
        let of = |step: &str| match step {
            _ if step.starts_with("is-done") => 'x',
            _ if step.starts_with("is-now") => '>',
            _ => '.',
        };
        list.split("<li class=\"")
            .skip(1)
            .map(of)
            .collect::<String>()
    };
    let member = kit.member("李演甲", 1, &league.branch).await;
    assert_eq!(stand().await, "x>....");
    client
        .submit(&here, &here, &[("step", "empty"), ("confirm", "1")])
        .await
        .expect(303);
    assert_eq!(stand().await, "xx>...");
    let sent = client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(303);
    assert_eq!(sent.location, here);
    assert_eq!(stand().await, "xxx>..");
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.college))
        .await
        .expect("begin");
    let parent = kit.org(league.college.id).await;
    let new = orgs::NewOrg::plain(base::OrgCategory::Branch, "软件2023级1班团支部");
    let policy = kit.app.app.policy::<orgs::Policy>();
    let made = orgs::create(&mut tx, &parent, new, policy)
        .await
        .expect("created anew");
    tx.commit().await.expect("commit");
    assert_eq!(stand().await, "xxxx>.");
    let page = client.get(&here).await.expect(200);
    assert!(page.has(&made.number.to_string()) && page.has("管理员注册码"));
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.college))
        .await
        .expect("begin");
    let accounts = kit.app.app.policy::<accounts::Policy>();
    accounts::issue_code(&mut tx, accounts, &made)
        .await
        .expect("a code");
    tx.commit().await.expect("commit");
    assert_eq!(stand().await, "xxxxx>");
    kit.grant(member, "李演甲", &made.to_ref()).await;
    kit.sql(&format!(
        "update org set state = 'active' where org_id = '{}'",
        made.id
    ))
    .await;
    assert_eq!(stand().await, "xxxxxx");
}

#[tokio::test]
async fn org_74_only_the_direct_superior_deletes_and_never_a_leading_body() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let page = kit
        .console(&league.university)
        .get(&here(&league.branch))
        .await
        .expect(403);
    assert!(page.has("请由直接上级组织删除。"), "{}", page.body);
    kit.console(&league.company)
        .get(&here(&league.branch))
        .await
        .expect(403);
    let leading = kit
        .console(&league.province)
        .get(&here(&league.city))
        .await
        .expect(422);
    assert!(leading.has("团的领导机关不能删除"));
    kit.console(&league.branch)
        .get(&here(&league.branch))
        .await
        .expect(403);
}

#[tokio::test]
async fn org_72_subordinates_and_open_business_keep_an_organisation() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let here = here(&league.general);
    let refused = kit
        .console(&league.university)
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(422);
    assert!(refused.has("尚有下级组织1个"), "{}", refused.body);
}

#[tokio::test]
async fn org_b4_a_deleted_organisation_comes_back_within_thirty_days() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.college);
    kit.sql(&format!(
        "update org set graduation_month = 2027 * 12 + 5 where org_id = '{}'",
        league.branch.id
    ))
    .await;
    let here = here(&league.branch);
    client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(303);
    let org = league.branch.id.to_string();
    // Somebody has the name meanwhile.
    kit.sql(&format!(
        "update org set short_name = '软件2023级1班团支部' where org_id = '{}'",
        league.branch_2.id
    ))
    .await;
    let taken = client
        .submit("/console/recycle", "/console/recycle", &[("org", &org)])
        .await
        .expect(422);
    assert!(taken.has("名称已被〔10000007〕使用"), "{}", taken.body);
    kit.sql(&format!(
        "update org set short_name = '软件2023级2班团支部' where org_id = '{}'",
        league.branch_2.id
    ))
    .await;
    kit.app.move_to("2026-10-18 09:59");
    client
        .submit("/console/recycle", "/console/recycle", &[("org", &org)])
        .await
        .expect(303);
    let back = kit.org(league.branch.id).await;
    assert_eq!(back.state, OrgState::Active);
    assert!(back.graduation.is_some(), "the mark came back with it");
    client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(303);
    kit.app.move_to("2026-11-17 10:00");
    let page = client.get("/console/recycle").await.expect(200);
    assert!(page.has("回收站是空的"), "{}", page.body);
    let late = client
        .submit("/console/recycle", "/console/recycle", &[("org", &org)])
        .await
        .expect(422);
    assert!(late.has("30天以内"));
}

#[tokio::test]
async fn org_76_merging_moves_members_and_ends_posts_and_rights() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let secretary = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    kit.grant(secretary, "李演甲", &league.branch).await;
    let client = kit.console(&league.college);
    let here = here(&league.branch);
    let target = league.branch_2.id.to_string();
    let merge = |confirm: &'static str| {
        let target = target.clone();
        let client = &client;
        let here = &here;
        async move {
            client
                .submit(
                    here,
                    here,
                    &[("step", "merge"), ("target", &target), ("confirm", confirm)],
                )
                .await
        }
    };
    let wrong = merge("软件").await.expect(422);
    assert!(wrong.has("请输入合并到的团支部简称"));
    merge("软件2023级2班团支部").await.expect(303);
    assert_eq!(kit.org(league.branch.id).await.state, OrgState::Merged);
    assert_eq!(kit.branch_of(secretary).await, league.branch_2.id);
    assert!(kit.administrators(&league.branch).await.is_empty());
    let elsewhere = league.branch_3.id.to_string();
    let here = super::removal::here(&league.branch_2);
    let refused = client
        .submit(
            &here,
            &here,
            &[("step", "merge"), ("target", &elsewhere), ("confirm", "x")],
        )
        .await
        .expect(422);
    assert!(refused.has("同一上级之下"));
}

#[tokio::test]
async fn org_73_emptying_uses_the_one_waiting_branch_and_deletes_nobody() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let one = kit.member("李演甲", 1, &league.branch).await;
    let two = kit.member("李演乙", 2, &league.branch_2).await;
    let client = kit.console(&league.college);
    for branch in [&league.branch, &league.branch_2] {
        let here = here(branch);
        client
            .submit(&here, &here, &[("step", "empty"), ("confirm", "1")])
            .await
            .expect(303);
    }
    let waiting = kit.branch_of(one).await;
    assert_eq!(waiting, kit.branch_of(two).await, "one waiting branch");
    let waiting = kit.org(waiting).await;
    assert_eq!(waiting.kind, orgs::BranchKind::AwaitingTransfer);
    assert!(!waiting.accepts_registration);
}

#[tokio::test]
async fn org_73_every_leading_body_has_its_own_waiting_branch() {
    for (profile, names) in [
        (
            "national",
            ["海棠省青禾市待接转团支部", "海棠省白露市待接转团支部"],
        ),
        (
            "guangdong",
            [
                "中国共产主义青年团海棠省青禾市待接转支部委员会",
                "中国共产主义青年团海棠省白露市待接转支部委员会",
            ],
        ),
    ] {
        let kit = Kit::under(profile).await;
        let league = &kit.app.league;
        // A branch directly below each of two cities.
        kit.sql(&format!(
            "update org set parent_id = '{}', path = '{}' where org_id = '{}';
             update org set parent_id = '{}', path = '{}' where org_id = '{}';",
            league.city.id,
            league.city.path.child(8),
            league.branch.id,
            league.other_city.id,
            league.other_city.path.child(8),
            league.branch_2.id,
        ))
        .await;
        for (n, city, branch, name) in [
            (1, &league.city, &league.branch, names[0]),
            (2, &league.other_city, &league.branch_2, names[1]),
        ] {
            let at = access::OrgRef {
                path: city.path.child(8),
                ..branch.clone()
            };
            let member = kit.member("李演甲", n, &at).await;
            let here = here(branch);
            kit.console(city)
                .submit(&here, &here, &[("step", "empty"), ("confirm", "1")])
                .await
                .expect(303);
            let waiting = kit.org(kit.branch_of(member).await).await;
            assert_eq!(
                (waiting.parent, waiting.full_name.as_str()),
                (Some(city.id), name)
            );
        }
    }
}

#[tokio::test]
async fn org_77_an_abolished_branch_is_emptied_and_deleted_and_its_name_is_free_again() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let client = kit.console(&league.college);
    let here = here(&league.branch);
    client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(303);
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.college))
        .await
        .expect("begin");
    let parent = kit.org(league.college.id).await;
    let new = orgs::NewOrg::plain(base::OrgCategory::Branch, "软件2023级1班团支部");
    let policy = kit.app.app.policy::<orgs::Policy>();
    let made = orgs::create(&mut tx, &parent, new, policy)
        .await
        .expect("created anew");
    tx.commit().await.expect("commit");
    assert_ne!(made.id, league.branch.id);
    assert_ne!(made.number, league.number(&league.branch), "a new ID");
}

#[tokio::test]
async fn org_b9_a_small_branch_is_merged_from_the_proposal_after_its_result_was_seen() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let one = kit
        .cadre("李演甲", 1, &league.branch, &league.branch, true)
        .await;
    kit.grant(one, "李演甲", &league.branch).await;
    for n in 2..=4 {
        kit.member(
            ["李演乙", "李演丙", "李演丁"][n as usize - 2],
            n,
            &league.branch_2,
        )
        .await;
    }
    let client = kit.console(&league.college);
    let here = "/console/merging";
    kit.sql("update org set founded_on = '2026-09-18'::date - 89")
        .await;
    let young = client.get(here).await.expect(200);
    assert!(young.has("没有要合并的团支部"), "{}", young.body);
    kit.sql("update org set founded_on = '2026-09-18'::date - 90")
        .await;
    let page = client.get(here).await.expect(200);
    for text in [
        "软件2023级1班团支部",
        "软件2023级2班团支部",
        "合并后人数达到要求",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let plan = format!("/console/merging/{}", league.branch.id);
    let page = client.get(&plan).await.expect(200);
    for text in [
        "团员1名转入，〔软件2023级2班团支部〕由3名变为4名",
        "职务结束：李演甲",
        "1名管理员的权限结束",
        "还没有书记，合并后请任命",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let target = league.branch_2.id.to_string();
    let wrong = [("target", target.as_str()), ("confirm", "2班")];
    let refused = client.submit(&plan, &plan, &wrong).await.expect(422);
    assert!(
        refused.has("软件2023级2班团支部”，再提交"),
        "{}",
        refused.body
    );
    // Only the direct superior; a branch of another superior is not to be had.
    kit.console(&league.university).get(&plan).await.expect(403);
    let foreign = league.branch_3.id.to_string();
    let away = [
        ("target", foreign.as_str()),
        ("confirm", "汉语2024级1班团支部"),
    ];
    let refused = client.submit(&plan, &plan, &away).await.expect(422);
    assert!(refused.has("上级不同的请办理关系转接"));
    let right = [
        ("target", target.as_str()),
        ("confirm", "软件2023级2班团支部"),
    ];
    client.submit(&plan, &plan, &right).await.expect(303);
    assert_eq!(kit.branch_of(one).await, league.branch_2.id);
    assert_eq!(
        kit.org(league.branch.id).await.state,
        orgs::OrgState::Merged
    );
    assert!(kit.administrators(&league.branch).await.is_empty());
    assert!(client.get(here).await.expect(200).has("没有要合并的团支部"));
}

#[tokio::test]
async fn org_59_an_emptied_graduate_branch_is_deleted_in_one_step() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (branch, full) = (&league.branch, &league.branch_2);
    let secretary = kit.cadre("李演甲", 1, full, branch, true).await;
    kit.grant(secretary, "李演甲", branch).await;
    let client = kit.console(&league.college);
    // Not yet 毕业生团组织: the steps, as for any other.
    let refused = client
        .submit(&here(branch), &here(branch), &[("step", "emptied")])
        .await
        .expect(422);
    assert!(refused.has("只有团员已全部转出的毕业生团组织可以一步删除"));
    kit.sql("update org set state = 'graduate'").await;
    let list = client.get("/console/health?kind=emptied").await.expect(200);
    assert!(list.has(&here(branch)) && !list.has(&here(full)));
    let page = client.get(&here(branch)).await.expect(200);
    assert!(page.has("团员已全部转出，请及时删除该组织。"));
    let page = client.get(&here(full)).await.expect(200);
    assert!(!page.has("一步删除"), "a member is still there");
    client
        .submit(&here(full), &here(full), &[("step", "emptied")])
        .await
        .expect(422);
    // Only the direct superior.
    let university = kit.console(&league.university);
    university.get(&here(branch)).await.expect(403);
    client
        .submit(&here(branch), &here(branch), &[("step", "emptied")])
        .await
        .expect(303);
    assert_eq!(kit.org(branch.id).await.state, OrgState::Deleted);
    assert!(kit.administrators(branch).await.is_empty());
    let list = client.get("/console/health?kind=emptied").await.expect(200);
    assert!(!list.has(&here(branch)));
}

/// Transfers a member as the transfer does when it is completed.
async fn transferred(kit: &Kit, person: base::PersonId, to: &access::OrgRef) {
    let mut tx = kit
        .app
        .db
        .begin(access::Actor::system("test"))
        .await
        .expect("begin");
    let branch = orgs::find(&mut tx, to.id).await.expect("query");
    let branch = branch.expect("a branch");
    people::move_member(&mut tx, person, &branch, people::How::Transferred, to.id.0)
        .await
        .expect("moved");
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn org_73_thirty_members_and_two_administrators_as_in_the_worked_example() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let mut members = Vec::new();
    for n in 0..30_u32 {
        let at = |signs: &str, n: u32| signs.chars().nth(n as usize).expect("a sign");
        let name = format!(
            "{}演{}",
            at("赵钱孙", n / 10),
            at("甲乙丙丁戊己庚辛壬癸", n % 10)
        );
        members.push(if n < 2 {
            let cadre = kit.cadre(&name, n + 1, branch, branch, n == 0).await;
            kit.grant(cadre, &name, branch).await;
            cadre
        } else {
            kit.member(&name, n + 1, branch).await
        });
    }
    let client = kit.console(&league.college);
    let here = here(branch);
    let refused = client
        .submit(&here, &here, &[("step", "delete")])
        .await
        .expect(422);
    assert!(
        refused.has("尚有管理员2名") && refused.has("尚有团员30名"),
        "{}",
        refused.body
    );
    for fields in [
        vec![("step", "administrators")],
        vec![("step", "empty"), ("confirm", "30")],
        vec![("step", "delete")],
    ] {
        client.submit(&here, &here, &fields).await.expect(303);
    }
    let waiting = kit.branch_of(members[0]).await;
    for member in &members {
        assert_eq!(kit.branch_of(*member).await, waiting);
    }
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&league.college))
        .await
        .expect("begin");
    let parent = kit.org(league.college.id).await;
    let new = orgs::NewOrg::plain(base::OrgCategory::Branch, "软件2023级1班团支部");
    let policy = kit.app.app.policy::<orgs::Policy>();
    let made = orgs::create(&mut tx, &parent, new, policy)
        .await
        .expect("created anew");
    let accounts = kit.app.app.policy::<accounts::Policy>();
    accounts::issue_code(&mut tx, accounts, &made)
        .await
        .expect("a new code");
    tx.commit().await.expect("commit");
    assert!(made.id != branch.id && made.number != league.number(branch));
}

#[tokio::test]
async fn org_77_a_branch_is_abolished_once_its_members_were_transferred_to_chosen_branches() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let secretary = kit.cadre("李演甲", 1, branch, branch, true).await;
    kit.grant(secretary, "李演甲", branch).await;
    let member = kit.member("李演乙", 2, branch).await;
    let client = kit.console(&league.college);
    let here = here(branch);
    transferred(&kit, secretary, &league.branch_2).await;
    transferred(&kit, member, &league.branch_3).await;
    for step in ["administrators", "delete"] {
        client
            .submit(&here, &here, &[("step", step)])
            .await
            .expect(303);
    }
    assert_eq!(kit.org(branch.id).await.state, OrgState::Deleted);
    assert_eq!(kit.branch_of(secretary).await, league.branch_2.id);
    assert_eq!(kit.branch_of(member).await, league.branch_3.id);
}

#[tokio::test]
async fn org_59_the_last_transfer_out_of_a_graduate_branch_makes_the_to_do() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let (one, two) = (
        kit.member("李演甲", 1, branch).await,
        kit.member("李演乙", 2, branch).await,
    );
    kit.sql(&format!(
        "update org set state = 'graduate', graduated_at = '2026-06-01' where org_id = '{}'",
        branch.id
    ))
    .await;
    let waiting = async || {
        let mut reader = kit.app.db.read().await.expect("reader");
        crate::emptied(&mut reader, league.college.id)
            .await
            .expect("query")
    };
    transferred(&kit, one, &league.branch_2).await;
    assert_eq!(waiting().await, 0);
    transferred(&kit, two, &league.branch_2).await;
    assert_eq!(waiting().await, 1);
    let page = kit
        .console(&league.college)
        .get(&here(branch))
        .await
        .expect(200);
    assert!(page.has("团员已全部转出，请及时删除该组织。"));
}
