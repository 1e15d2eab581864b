//! Menus per role (ACC-83): what is offered opens, what is not offered is refused, and members and administrators each
//! find their own.

use access::Role;
use testkit::{Client, Setup, TestApp, signed_in};

async fn start() -> TestApp {
    let policies = tuanjian::wiring::policies("national").expect("a shipped profile");
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies,
        shell: Some(std::sync::Arc::new(tuanjian::shell::ProgramShell)),
        ..Setup::default()
    })
    .await
}

/// The places of the console's menu.
async fn menu(client: &Client) -> Vec<String> {
    let page = client.get("/console").await.expect(200);
    let nav = page.body.split("<nav").nth(1).expect("a menu");
    let nav = nav.split("</nav>").next().expect("its end");
    nav.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|place| place.starts_with("/console"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn acc_83_each_role_finds_in_its_menu_what_it_may_open_and_nothing_else() {
    let app = start().await;
    let l = &app.league;
    let committee_only = ["/console/subordinates", "/console/codes"];
    for (role, org) in [
        (Role::Administrator, &l.branch),
        (Role::Administrator, &l.general),
        (Role::Administrator, &l.college),
        (Role::Administrator, &l.city),
        (Role::Cadre, &l.college),
        (Role::Cadre, &l.branch),
        (Role::Auditor, &l.root),
    ] {
        let client = app.client(signed_in("赵演示", role, org));
        let places = menu(&client).await;
        assert!(places.len() > 5, "{role:?} {places:?}");
        for place in &places {
            let answer = client.get(place).await;
            assert_eq!(answer.status, 200, "{role:?} {:?} {place}", org.category);
        }
        for place in committee_only {
            let offered = places.iter().any(|p| p == place);
            let opens = client.get(place).await.status == 200;
            assert_eq!(offered, opens, "{role:?} {:?} {place}", org.category);
        }
        let manages = role == Role::Administrator && org.category != base::OrgCategory::Branch;
        assert_eq!(
            places.iter().any(|p| p == "/console/codes"),
            manages,
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn acc_83_members_have_their_own_port_and_whoever_is_both_finds_both() {
    let app = start().await;
    let l = &app.league;
    let person = base::PersonId(uuid::Uuid::from_u128(77));
    let member = app.member(person, "孙演示", &l.branch);
    member.get("/console").await.expect(403);
    let both = app.client(web::SignedIn {
        branch: Some(l.branch.clone()),
        ..signed_in("赵演示", Role::Administrator, &l.branch)
    });
    assert!(!menu(&both).await.is_empty());
    let cadre = both.get("/cadre").await.expect(200);
    cadre.see("href=\"/member\"").see("href=\"/console\"");
}
