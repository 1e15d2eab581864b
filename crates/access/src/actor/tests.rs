//! The matrix' answers, for actors of every standing.

use super::*;
use base::OrgPath;
use uuid::Uuid;

fn org(n: u128, path: OrgPath, category: OrgCategory) -> OrgRef {
    OrgRef {
        id: OrgId(Uuid::from_u128(n)),
        path,
        category,
    }
}

fn acting(role: Role, org: &OrgRef) -> Actor {
    Actor {
        who: Who::Person(PersonId(Uuid::from_u128(9))),
        acting: Some(Grant {
            role,
            org: org.clone(),
            org_name: "甲".into(),
            covers: Vec::new(),
            bounds: Bounds::Whole,
            root: Root::Central,
        }),
        ..Actor::anonymous(Port::Console, String::new(), String::new())
    }
}

struct Tree {
    city: OrgRef,
    university: OrgRef,
    college: OrgRef,
    branch: OrgRef,
    elsewhere: OrgRef,
}

fn tree() -> Tree {
    let root = OrgPath::root();
    let city = root.child(1).child(1);
    let university = city.child(1);
    let college = university.child(1);
    Tree {
        branch: org(5, college.child(1), OrgCategory::Branch),
        elsewhere: org(6, university.child(2).child(1), OrgCategory::Branch),
        college: org(4, college, OrgCategory::Committee),
        university: org(3, university, OrgCategory::Committee),
        city: org(2, city, OrgCategory::LeadingBody),
    }
}

#[test]
fn acc_71_refusals_name_who_has_the_right() {
    let t = tree();
    let university = acting(Role::Administrator, &t.university);
    let answer = university
        .require(Permission::EditPeople, &t.branch)
        .unwrap_err();
    assert!(
        answer.to_string().contains("所在组织或直接上级的管理员"),
        "{answer}"
    );
    assert!(
        acting(Role::Administrator, &t.college)
            .require(Permission::EditPeople, &t.branch)
            .is_ok()
    );
}

#[test]
fn acc_72_a_higher_superior_looks_but_does_not_act() {
    let t = tree();
    let city = acting(Role::Administrator, &t.city);
    assert!(city.may_look(Permission::ViewPeople, &t.branch));
    assert!(!city.may(Permission::ManageCodes, &t.branch));
    assert!(acting(Role::Administrator, &t.college).may(Permission::ManageCodes, &t.branch));
}

#[test]
fn acc_78_a_cadre_looks_and_decides_nothing() {
    let t = tree();
    let cadre = acting(Role::Cadre, &t.college);
    assert!(cadre.may_look(Permission::ViewPeople, &t.branch));
    for (permission, ..) in crate::table::MATRIX {
        assert!(!cadre.may(*permission, &t.branch), "{permission:?}");
    }
}

#[test]
fn acc_80_rights_follow_the_acting_organisation() {
    let t = tree();
    let mut x = acting(Role::Administrator, &t.college);
    assert!(x.may(Permission::DecideTransfers, &t.branch));
    x.acting = Some(Grant {
        role: Role::Cadre,
        org: t.branch.clone(),
        org_name: "乙".into(),
        covers: Vec::new(),
        bounds: Bounds::Whole,
        root: Root::Central,
    });
    assert!(!x.may(Permission::DecideTransfers, &t.branch));
}

#[test]
fn acc_81_the_category_decides_functions() {
    let t = tree();
    assert!(
        acting(Role::Administrator, &t.college).may(Permission::CreateSubordinates, &t.college)
    );
    assert!(!acting(Role::Administrator, &t.branch).may(Permission::CreateSubordinates, &t.branch));
    assert!(!acting(Role::Administrator, &t.city).may(Permission::StartTransfers, &t.city));
}

#[test]
fn sec_12_what_may_not_be_seen_is_answered_as_if_it_did_not_exist() {
    let t = tree();
    let branch = acting(Role::Administrator, &t.branch);
    assert!(matches!(
        branch.require(Permission::EditPeople, &t.elsewhere),
        Err(Error::NotFound)
    ));
    assert!(matches!(
        branch.require_look(Permission::ViewPeople, &t.elsewhere),
        Err(Error::NotFound)
    ));
}

#[test]
fn a_scope_answers_as_the_single_check_does() {
    let t = tree();
    let all = [&t.city, &t.university, &t.college, &t.branch, &t.elsewhere];
    for own in all {
        for role in [Role::Administrator, Role::Cadre] {
            let actor = acting(role, own);
            let scope = actor.scope(Permission::ViewPeople);
            for target in all {
                assert_eq!(
                    scope.covers(&target.path),
                    actor.may_look(Permission::ViewPeople, target),
                    "{own:?} {target:?}"
                );
            }
        }
    }
    let only = Scope::only(&t.college.path);
    assert!(
        only.covers(&t.college.path)
            && !only.covers(&t.branch.path)
            && !only.covers(&t.university.path)
    );
}

#[test]
fn acc_79_a_superior_in_place_of_one_without_administrator_does_what_a_direct_superior_does() {
    let t = tree();
    let mut university = acting(Role::Administrator, &t.university);
    assert!(!university.may(Permission::ManageCodes, &t.branch));
    if let Some(grant) = &mut university.acting {
        grant.covers = vec![t.college.path.clone()];
    }
    assert_eq!(university.relation(&t.branch), Relation::DirectSuperior);
    assert!(university.may(Permission::ManageCodes, &t.branch));
    assert_eq!(
        university.relation(&t.elsewhere),
        Relation::HigherSuperior,
        "below another college everything stays as it was"
    );
    let mut cadre = acting(Role::Cadre, &t.university);
    if let Some(grant) = &mut cadre.acting {
        grant.covers = vec![t.college.path.clone()];
    }
    assert!(!cadre.may(Permission::ManageCodes, &t.branch));
}

#[test]
fn acc_b5_a_deputy_does_what_was_chosen_and_looks_like_a_cadre_otherwise() {
    let t = tree();
    let mut deputy = acting(Role::Deputy, &t.college);
    if let Some(grant) = &mut deputy.acting {
        grant.bounds = Bounds::Deputy {
            of: "赵".into(),
            account: base::PersonId(uuid::Uuid::nil()),
            functions: vec![Permission::EnterMembers],
        };
    }
    let (whole, cadre) = (
        acting(Role::Administrator, &t.college),
        acting(Role::Cadre, &t.college),
    );
    for target in [&t.college, &t.branch, &t.university, &t.elsewhere] {
        for (permission, ..) in crate::table::MATRIX {
            let like = if *permission == Permission::EnterMembers {
                &whole
            } else {
                &cadre
            };
            let mark = like.mark(*permission, target);
            assert_eq!(deputy.mark(*permission, target), mark, "{permission:?}");
        }
    }
    assert!(deputy.may(Permission::EnterMembers, &t.branch));
    let fault = deputy.require(Permission::ManageCodes, &t.branch);
    assert!(fault.unwrap_err().to_string().contains("代〔赵〕"));
    // What the table has no row for is not lent.
    let acts = |actor: &Actor, what: Option<Permission>| {
        actor.acting.as_ref().is_some_and(|grant| grant.acts(what))
    };
    assert!(acts(&deputy, Some(Permission::EnterMembers)) && !acts(&deputy, None));
    assert!(acts(&whole, None) && !acts(&cadre, None));
    // What the administrator cannot do either is explained by the table.
    let fault = deputy.require(Permission::EditOrg, &t.branch);
    assert!(!fault.unwrap_err().to_string().contains("代〔赵〕"));
}

#[test]
fn acc_b8_an_unconfirmed_grant_reads_and_confirms_others() {
    let t = tree();
    let mut late = acting(Role::Administrator, &t.college);
    if let Some(grant) = &mut late.acting {
        grant.bounds = Bounds::Unreviewed;
    }
    let whole = acting(Role::Administrator, &t.college);
    for target in [&t.college, &t.branch, &t.university, &t.elsewhere] {
        for (permission, ..) in crate::table::MATRIX {
            let (mark, was) = (
                late.mark(*permission, target),
                whole.mark(*permission, target),
            );
            if *permission == Permission::ReviewGrants {
                assert_eq!(mark, was);
            } else {
                assert_eq!(mark, was.min(Mark::Looks), "{permission:?}");
            }
        }
    }
}

#[test]
fn acc_70_a_root_that_is_the_province_alone_has_its_rights() {
    let root = org(1, OrgPath::root(), OrgCategory::LeadingBody);
    let second = org(2, root.path.child(1), OrgCategory::LeadingBody);
    let branch = org(3, second.path.child(1).child(1), OrgCategory::Branch);
    let mark = |at: &OrgRef, top: Option<&str>| {
        let mut actor = acting(Role::Administrator, at);
        actor.acting.as_mut().unwrap().root = Root::of(top);
        (
            actor.is_high(),
            actor.mark(Permission::CorrectOrgs, &branch),
        )
    };
    assert_eq!(mark(&second, None), (true, Mark::Does));
    assert!(mark(&root, None).0);
    // A city below a province: looks on, decides nothing.
    let (high, looks) = mark(&second, Some("440000"));
    assert!(!high && looks < Mark::Does);
    assert_eq!(mark(&root, Some("440000")), (true, Mark::Does));
    assert_eq!(Root::of(Some("440100")), Root::Central);
}
