//! Who stands in which column of the matrix, and what the walks have in common.

use access::{OrgRef, Role};
use base::PersonId;
use testkit::{Client, League, Setup, TestApp, signed_in};
use uuid::Uuid;
use web::SignedIn;

/// The wired program in the national profile.
pub(crate) async fn start() -> TestApp {
    let policies = tuanjian::wiring::policies("national").expect("a shipped profile");
    TestApp::new(Setup {
        routes: tuanjian::wiring::routes(),
        policies,
        ..Setup::default()
    })
    .await
}

/// Somebody of a column and the organisation concerned.
pub(crate) struct Seat {
    pub column: usize,
    pub client: Client,
    pub acts_for: Option<OrgRef>,
    pub target: OrgRef,
}

/// Columns of the level alone give nothing less than the column of the relation the level stands in (01b section 2).
pub(crate) fn expected(column: usize, cells: &[access::Mark; 12]) -> access::Mark {
    match column {
        6 | 7 => cells[column].max(cells[5]),
        _ => cells[column],
    }
}

pub(crate) fn seats(app: &TestApp) -> Vec<Seat> {
    let l = &app.league;
    let admin = |column, org: &OrgRef, target: &OrgRef| Seat {
        column,
        client: app.admin("甲演示", org),
        acts_for: Some(org.clone()),
        target: target.clone(),
    };
    let role = |column, role: Role, org: &OrgRef, target: &OrgRef| Seat {
        column,
        client: app.client(signed_in("乙演示", role, org)),
        acts_for: Some(org.clone()),
        target: target.clone(),
    };
    vec![
        admin(0, &l.branch, &l.branch),
        admin(1, &l.general, &l.general),
        admin(2, &l.college, &l.college),
        admin(3, &l.city, &l.city),
        admin(4, &l.college, &l.branch),
        admin(5, &l.university, &l.branch),
        admin(6, &l.province, &l.branch),
        admin(7, &l.root, &l.branch),
        role(8, Role::Cadre, &l.branch, &l.branch),
        Seat {
            column: 9,
            client: app.member(PersonId(Uuid::from_u128(77)), "丙演示", &l.branch),
            acts_for: None,
            target: l.branch.clone(),
        },
        Seat {
            column: 10,
            client: app.client(SignedIn {
                applicant: true,
                person: None,
                grants: Vec::new(),
                acting: None,
                ..signed_in("丁演示", Role::Applicant, &l.branch)
            }),
            acts_for: None,
            target: l.branch.clone(),
        },
        role(11, Role::Auditor, &l.root, &l.branch),
    ]
}

/// A member of the branch.
pub(crate) async fn member(app: &TestApp) -> PersonId {
    let League { branch, .. } = &app.league;
    let input = people::MemberInput {
        name: "李样本".into(),
        id_number: testkit_id(),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: "2019-05".into(),
        admission_number: "201900000001".into(),
        phone: "10000000001".into(),
        ..people::MemberInput::default()
    };
    let around = people::Circumstances {
        today: "2026-09-18".parse().expect("a day"),
        reserved: base::Reserved::Accepted,
        xinjiang: false,
        demand: people::Demand::Member,
        category: base::OrgCategory::Branch,
        keep_number: false,
    };
    let new = people::check(&input, app.app.policy(), &around).expect("a good record");
    let actor = app.actor("赵演示", Role::Administrator, branch);
    let mut tx = app.db.begin(actor).await.expect("transaction");
    let to = orgs::find(&mut tx, branch.id)
        .await
        .expect("query")
        .expect("a branch");
    let person = people::enter_member(&mut tx, &to, new, people::How::Entered, None)
        .await
        .expect("entered");
    tx.commit().await.expect("commit");
    person
}

/// An invented number: 999, the birth date, a serial.
fn testkit_id() -> String {
    let front = "99900020050203001";
    format!("{front}{}", base::check_digit(front.as_bytes()))
}

/// A form key of this browser: of a page everybody signed in may open, or of the sign-in page.
pub(crate) async fn key(client: &Client) -> String {
    for page in ["/account", "/account/redeem", "/login"] {
        let page = client.get(page).await;
        if page.status == 200 {
            return page.key();
        }
    }
    String::new()
}
