//! Every form with a valid key, as every role in every relation (SEC-12): whoever the matrix gives nothing is answered 403,
//! whatever was typed; whoever it gives the act is told about the form, or obeyed. A handler without its check is seen here.

use crate::seats::{key, member, start};
use access::{Actor, Bounds, Mark, OrgRef, Permission, Role, Who};
use base::PersonId;
use testkit::{Answer, TestApp, signed_in};
use uuid::Uuid;
use web::{Route, SignedIn, routes::Access};

/// Forms that only read: a look is enough. What they give is inside the reader's scope by the same statement as the page's.
const READS: [&str; 11] = [
    "/console/search",
    "/console/members",
    "/console/members/export",
    "/console/graduation/simulation/export",
    "/console/progress/export",
    "/console/statistics/export",
    "/console/statistics/list/export",
    "/console/building/seen",
    "/console/health/export",
    "/console/history/export",
    "/console/history/changes/export",
];

/// Whoever administers decides what waits for the organisation: the step of each case says who (approvals' own tests).
const DECIDES: [&str; 3] = [
    "/console/inbox/pass",
    "/console/cases/{subject}/{case}/decide",
    "/cadre/cases/{subject}/{case}/decide",
];

/// Forms the matrix lets apply; the provincial and the central body's mark is more.
const APPLIES: [&str; 6] = [
    "/console/moves",
    "/console/moves/check",
    "/console/changes/new",
    "/console/changes/withdraw",
    "/console/administrators",
    "/console/handover",
];

/// Forms about an object that is not there in this walk, or that rules of their own give to fewer: 403 also to who may. That
/// they let the right ones through is shown in their capabilities.
const NAMES_AN_OBJECT: [&str; 37] = [
    // Another profile's.
    "/console/codes/org",
    "/console/codes/credentials",
    "/console/arrivals",
    "/console/alias",
    "/console/operators",
    // Typed: an organisation, a person or a case that nobody knows.
    "/console/four-eyes",
    "/console/deputies",
    "/console/subordinates/order",
    "/console/filings/new",
    "/console/filings/{branch}/{id}/reverse",
    "/console/cadres/state",
    "/console/cadres/{post}",
    "/console/cases/{subject}/{case}/decide",
    "/cadre/cases/{subject}/{case}/decide",
    "/console/auditors/{id}",
    "/console/transfers/out",
    "/console/transfers/in",
    "/console/transfers/batch/check",
    "/console/transfers/batch",
    "/console/transfers/{person}/{id}/withdraw",
    "/console/graduation/undo",
    "/console/progress/remind",
    "/console/orgs/{id}/remove",
    "/console/merging/{id}",
    "/console/recycle",
    "/console/changes/new",
    "/console/changes/withdraw",
    "/console/administrators",
    "/console/imports/{id}/rows/{row}",
    "/console/imports/{id}/apply",
    "/console/imports/{id}/cancel",
    "/console/imports/{id}/take-back",
    "/console/duplicates/settle",
    // The root alone, by its own rule; schools alone (ORG-51).
    "/console/building",
    "/console/graduation/check",
    // Schools alone (ROS-51).
    "/console/delayed",
    "/console/delayed/new",
];

/// Nothing has been counted or kept yet: there is nothing to download.
const NOTHING_YET: [&str; 4] = [
    "/console/statistics/export",
    "/console/statistics/list/export",
    "/console/history/export",
    "/console/history/changes/export",
];

/// Forms whose address names the organisation below, while the right is one of its superior.
const OF_THE_SUPERIOR: [&str; 3] = [
    "/console/orgs/{id}/rename",
    "/console/orgs/{id}/remove",
    "/console/merging/{id}",
];

struct Asker {
    name: &'static str,
    client: testkit::Client,
    actor: Actor,
}

fn asker(app: &TestApp, name: &'static str, me: SignedIn) -> Asker {
    let acting = me
        .acting
        .and_then(|org| me.grants.iter().find(|g| g.org.id == org))
        .cloned();
    let actor = Actor {
        who: Who::Person(PersonId(me.account)),
        name: me.name.clone(),
        acting,
        branch: me.branch.clone(),
        ..Actor::system("walk")
    };
    let client = app.client(me);
    Asker {
        name,
        client,
        actor,
    }
}

/// Who asks, about a branch, a member of it, and a branch elsewhere.
fn askers(app: &TestApp) -> Vec<Asker> {
    let l = &app.league;
    let one =
        |name: &'static str, role: Role, org: &OrgRef| asker(app, name, signed_in(name, role, org));
    let bound = |name: &'static str, role: Role, org: &OrgRef, bounds: Bounds| {
        let mut me = signed_in(name, role, org);
        me.grants[0].bounds = bounds;
        asker(app, name, me)
    };
    let without = |name: &'static str, role: Role| SignedIn {
        grants: Vec::new(),
        acting: None,
        ..signed_in(name, role, &l.branch)
    };
    let lent = Bounds::Deputy {
        of: "甲".into(),
        account: base::PersonId(uuid::Uuid::nil()),
        functions: vec![Permission::ResetPasswords, Permission::EditPeople],
    };
    vec![
        one("团支部管理员", Role::Administrator, &l.branch),
        one("团支部运营者", Role::Operator, &l.branch),
        one("团总支管理员", Role::Administrator, &l.general),
        one("直接上级管理员", Role::Administrator, &l.college),
        one("隔级上级管理员", Role::Administrator, &l.university),
        one("市级管理员", Role::Administrator, &l.city),
        one("省级管理员", Role::Administrator, &l.province),
        one("中央管理员", Role::Administrator, &l.root),
        bound("直接上级代理人", Role::Deputy, &l.college, lent),
        bound(
            "未复核的管理员",
            Role::Administrator,
            &l.college,
            Bounds::Unreviewed,
        ),
        one("团干部", Role::Cadre, &l.branch),
        one("上级团干部", Role::Cadre, &l.college),
        asker(
            app,
            "团员",
            SignedIn {
                branch: Some(l.branch.clone()),
                ..without("团员", Role::Member)
            },
        ),
        asker(
            app,
            "报到中",
            SignedIn {
                applicant: true,
                person: None,
                ..without("报到中", Role::Applicant)
            },
        ),
        one("审计员", Role::Auditor, &l.root),
        one("外单位管理员", Role::Administrator, &l.workshop),
        one("外单位团委管理员", Role::Administrator, &l.company),
        one("外市管理员", Role::Administrator, &l.other_city),
    ]
}

/// The path, about the branch or its member; cases, imports and posts are ids nobody knows.
fn fill(path: &str, branch: Uuid, person: PersonId) -> String {
    let people = ["/console/people/", "/console/members/", "/console/leaving/"];
    let about_people = people.iter().any(|start| path.starts_with(start));
    let orgs = ["/console/orgs/", "/console/codes/", "/console/merging/"];
    let about_orgs = orgs.iter().any(|start| path.starts_with(start));
    let part = |part: &str| match part {
        "{kind}" => "members".to_owned(),
        "{row}" => "1".to_owned(),
        "{branch}" => branch.to_string(),
        "{person}" => person.to_string(),
        "{id}" if about_people => person.to_string(),
        "{id}" if about_orgs => branch.to_string(),
        part if part.starts_with('{') => Uuid::from_u128(9).to_string(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A field no form declares, so that the record of such fields (SEC-14) is seen on every form as well.
const UNDECLARED: (&str, &str) = ("tj_undeclared", "1");

async fn send(asker: &Asker, path: &str, key: &str) -> Answer {
    let fields = [("_key", key), UNDECLARED];
    let answer = asker.client.post(path, &fields).await;
    if answer.has("文件没有传完整") {
        return asker.client.post_parts(path, &fields, &[]).await;
    }
    answer
}

/// Whether the matrix gives the act to somebody, for an address about the branch or for the own organisation and those below.
fn may(app: &TestApp, actor: &Actor, route: &Route, permission: Permission) -> bool {
    let l = &app.league;
    let needs = if READS.contains(&route.path) {
        Mark::Looks
    } else if APPLIES.contains(&route.path) {
        Mark::Applies
    } else {
        Mark::Does
    };
    // The console is for who acts for an organisation, whatever a member may see on the own port.
    if actor.acting.is_none() {
        return false;
    }
    if DECIDES.contains(&route.path) {
        return actor
            .acting
            .as_ref()
            .is_some_and(|grant| grant.role.administers());
    }
    let reaches = |org: &OrgRef| actor.mark(permission, org) >= needs;
    if OF_THE_SUPERIOR.contains(&route.path) {
        return reaches(&l.college);
    }
    let sees = actor.may_look(Permission::ViewOrg, &l.branch);
    // Members are in branches; a committee also starts for itself.
    let of_branches = [Permission::EnterMembers, Permission::StartTransfers].contains(&permission);
    match route.path {
        // The own progress, of an organisation in sight.
        "/console/orgs/{id}/gaps" => sees && actor.org().is_some_and(reaches),
        path if path.contains('{') && !path.starts_with("/console/import/") => reaches(&l.branch),
        _ => [
            &l.root,
            &l.province,
            &l.city,
            &l.university,
            &l.college,
            &l.branch,
            &l.general,
            &l.branch_3,
            &l.company,
            &l.workshop,
            &l.other_city,
            &l.street,
            &l.floating,
        ]
        .into_iter()
        .filter(|org| {
            !of_branches
                || org.category == base::OrgCategory::Branch
                || Some(org.id) == actor.org().map(|own| own.id)
        })
        .any(reaches),
    }
}

#[tokio::test]
async fn sec_12_every_form_with_a_valid_key_is_refused_to_whom_the_matrix_refuses_it() {
    let app: TestApp = start().await;
    let person = member(&app).await;
    let (mut wrong, mut refused, mut let_through) = (Vec::new(), 0, 0);
    for route in tuanjian::wiring::routes().table() {
        let Access::Needs(permission) = route.access else {
            continue;
        };
        if route.method != "POST" {
            continue;
        }
        // Somebody refused this often within a minute would be told to wait (SEC-71); passwords stay fresh (ACC-67).
        app.later_by(1);
        for asker in askers(&app) {
            let path = fill(route.path, app.league.branch.id.0, person);
            let key = key(&asker.client).await;
            assert!(!key.is_empty(), "{} has no page with a form", asker.name);
            let answer = send(&asker, &path, &key).await;
            assert!(
                answer.status < 500,
                "{path} as {}: {}",
                asker.name,
                answer.body
            );
            let may = may(&app, &asker.actor, route, permission);
            let stopped = answer.status == 403;
            let unknown =
                NAMES_AN_OBJECT.contains(&route.path) || NOTHING_YET.contains(&route.path);
            if may == stopped && !(may && unknown) {
                wrong.push(format!(
                    "{} as {}: {} {}",
                    route.path, asker.name, answer.status, answer.location
                ));
            }
            if may {
                let_through += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        refused > 500 && let_through > 300,
        "{refused} {let_through}"
    );
}

/// Forms whose fields are the filter of a list: they assign nothing, and their names are the list's.
const FILTERS: [&str; 8] = [
    "/console/graduation/simulation/export",
    "/console/progress/export",
    "/console/statistics/list/export",
    "/console/health/export",
    "/console/history/export",
    "/console/history/changes/export",
    "/console/members",
    "/console/members/export",
];

#[tokio::test]
async fn sec_14_every_form_records_what_it_does_not_declare() {
    let app: TestApp = start().await;
    let person = member(&app).await;
    let root = asker(
        &app,
        "中央管理员",
        signed_in("中央管理员", Role::Administrator, &app.league.root),
    );
    let branch = asker(
        &app,
        "团支部管理员",
        signed_in("团支部管理员", Role::Administrator, &app.league.branch),
    );
    let mut taken = Vec::new();
    for route in tuanjian::wiring::routes().table() {
        let by_programs = route.path.starts_with("/api/") || route.path.starts_with("/gateway/");
        if route.method != "POST" || by_programs || FILTERS.contains(&route.path) {
            continue;
        }
        app.later_by(1);
        for asker in [&root, &branch] {
            let path = fill(route.path, app.league.branch.id.0, person);
            let key = key(&asker.client).await;
            let answer = send(asker, &path, &key).await;
            // An address without object is refused before its form is read.
            if ![403, 404].contains(&answer.status) {
                taken.push(path);
            }
        }
    }
    let mut reader = app.db.read().await.unwrap();
    let recorded = sqlx::query_scalar!(
        r#"select detail as "detail!" from security_event where kind = 'extra_fields'"#
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    let known = |path: &String| {
        let line = format!("{path} {}", UNDECLARED.0);
        recorded.iter().any(|detail| detail.starts_with(&line))
    };
    taken.retain(|path| !known(path));
    taken.sort();
    taken.dedup();
    assert!(taken.is_empty(), "not recorded:\n{}", taken.join("\n"));
    assert!(recorded.len() > 60, "{}", recorded.len());
}
