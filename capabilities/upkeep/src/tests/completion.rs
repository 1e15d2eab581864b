//! The people of an organisation: why their entry is not complete, and the way from member to administrator.

use super::kit::Kit;
use super::supervision::informed;

const HERE: &str = "/console/progress";
const ADMINS: &str = "/console/administrators";

#[tokio::test]
async fn ros_74_progress_says_why_the_people_are_not_complete_and_follows_at_the_next_hour() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (branch, college) = (&league.branch, kit.console(&league.college));
    informed(&kit, branch).await;
    for n in 1..=2 {
        kit.member("李演示", n, branch).await;
    }
    let gaps = format!("/console/orgs/{}/gaps", branch.id);
    college
        .get(&gaps)
        .await
        .expect(200)
        .see("团员、团干部没有录全")
        .see("团员和团干部至少3人，现录入2人");
    let third = kit.member("孙样本", 3, branch).await;
    kit.sql(&format!(
        "update roster set missing = array['education', 'party_on'] where person_id = '{third}';
         update branch_counter set incomplete = 1 where org_id = '{}'",
        branch.id
    ))
    .await;
    let page = college.get(&gaps).await.expect(200);
    for text in ["1人资料不完整", "孙样本</a>", "缺：最高学历、入党年月"] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    // Twenty are named, the rest stands behind a link.
    kit.sql(&format!(
        "insert into org_post (org_id, post_id, person_id, path, name, title, nature, is_secretary, since, basis, identity_state, missing)
         select org_id, gen_random_uuid(), gen_random_uuid(), path, '周演示', '委员', 'part_time', false, '2026-09-01', '', 'unverified', array['phone']
         from org cross join generate_series(1, 21) where org_id = '{}'",
        branch.id
    ))
    .await;
    let page = college.get(&gaps).await.expect(200);
    assert!(page.has("其余 2 人</a>"), "{}", page.body);
    kit.sql("delete from org_post where name = '周演示'").await;
    // Whoever is reminded reads how many; the names stand behind the link.
    college.submit(&gaps, &gaps, &[]).await.expect(303);
    let told = kit.told(branch.id.0).await;
    assert!(
        told[0].contains("没有录全：1人资料不完整") && !told[0].contains("孙样本"),
        "{told:?}"
    );
    kit.app.move_to("2026-09-18 11:00");
    kit.app.settle().await;
    let progress = college.get(HERE).await.expect(200);
    let link = format!("{gaps}\"><span class=\"tj-chip tj-warn\">否");
    assert!(progress.has(&link), "{}", progress.body);
    // Filled in: said at once where it is asked, in the figures after the full hour.
    kit.sql(&format!(
        "update roster set missing = '{{}}' where person_id = '{third}';
         update branch_counter set incomplete = 0 where org_id = '{}'",
        branch.id
    ))
    .await;
    assert!(!college.get(&gaps).await.has("没有录全"));
    assert!(college.get(HERE).await.has(&link));
    kit.app.move_to("2026-09-18 12:00");
    kit.app.settle().await;
    assert!(!college.get(HERE).await.has(&link));
}

#[tokio::test]
async fn ros_45_a_member_becomes_cadre_then_secretary_by_the_superior_then_administrator() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let branch = &league.branch;
    let person = kit.member("李演示", 1, branch).await;
    let number = league.number(branch).to_string();
    let id = {
        let mut reader = kit.app.db.read().await.expect("reader");
        let keys = reader.keys.clone();
        let found = people::find(&mut reader, &keys, person).await;
        found.expect("query").expect("a person").id_number
    };
    let cadres = "/console/cadres/new";
    let fields = |title: &'static str| {
        [
            ("org", number.as_str()),
            ("name", "李演示"),
            ("id_number", id.reveal()),
            ("title", title),
        ]
    };
    let (own, superior) = (kit.console(branch), kit.console(&league.college));
    let (org, who) = (branch.id.to_string(), person.to_string());
    let add = [
        ("org", org.as_str()),
        ("what", "add"),
        ("person", who.as_str()),
    ];
    // A plain member is not chosen.
    let page = superior.submit(ADMINS, ADMINS, &add).await.expect(422);
    assert!(kit.administrators(branch).await.is_empty(), "{}", page.body);
    // The branch finds its member by number and name, and adds a post; the secretary's is the superior's to give.
    own.submit(cadres, cadres, &fields("组织委员"))
        .await
        .expect(303);
    own.submit(cadres, cadres, &fields("书记"))
        .await
        .expect(422)
        .see("变更团支部书记请联系上级团组织管理员。");
    superior
        .submit(&format!("{cadres}?org={number}"), cadres, &fields("书记"))
        .await
        .expect(303);
    superior.submit(ADMINS, ADMINS, &add).await.expect(303);
    assert_eq!(kit.administrators(branch).await, ["李演示"]);
    // All the time the one member of the branch.
    let mut reader = kit.app.db.read().await.expect("reader");
    let counts = people::counts(&mut reader, branch.id).await.expect("query");
    assert_eq!((counts.members, counts.cadres, counts.persons), (1, 1, 1));
    let all = people::memberships(&mut reader, person).await;
    assert_eq!(all.expect("query").len(), 1);
}
