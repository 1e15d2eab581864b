//! Actions against a database.

use super::kit::{create, org, policy};
use crate::rules::InfoInput;
use crate::{Move, NewOrg, OrgState};
use access::Role;
use base::{Error, OrgCategory::*, Reserved};
use testkit::TestApp;

async fn app() -> TestApp {
    super::kit::app("national").await
}

#[tokio::test]
async fn org_02_only_the_superior_itself_creates_its_subordinates() {
    let app = app().await;
    let college = org(&app.db, &app.league.college).await;
    let new = || NewOrg::plain(Branch, "软件2026级1班团支部");
    for (role, whose) in [
        (Role::Administrator, &app.league.university),
        (Role::Cadre, &app.league.college),
    ] {
        let actor = app.actor("孙演示", role, whose);
        let answer = create(&app.db, actor, &college, new(), &policy("national")).await;
        assert!(matches!(answer, Err(Error::Forbidden(_))), "{answer:?}");
    }
    let elsewhere = app.actor("孙演示", Role::Administrator, &app.league.company);
    let answer = create(&app.db, elsewhere, &college, new(), &policy("national")).await;
    assert!(matches!(answer, Err(Error::NotFound)));
    let own = app.actor("赵演示", Role::Administrator, &app.league.college);
    let made = create(&app.db, own, &college, new(), &policy("national"))
        .await
        .unwrap();
    assert_eq!((made.number, made.state), (10000015, OrgState::Created));
    assert_eq!(made.full_name, "海棠理工大学信息学院软件2026级1班团支部");
    assert_eq!(made.path, app.league.college.path.child(3));
    let mut conn = app.db.read().await.unwrap();
    assert_eq!(crate::find(&mut conn, made.id).await.unwrap(), Some(made));
}

#[tokio::test]
async fn org_19_a_siblings_name_and_org_18_any_full_name_is_taken_once() {
    let app = app().await;
    let college = org(&app.db, &app.league.college).await;
    let actor = || app.actor("赵演示", Role::Administrator, &app.league.college);
    let again = NewOrg::plain(Branch, "软件2023级1班团支部");
    let answer = create(&app.db, actor(), &college, again, &policy("national"))
        .await
        .unwrap_err();
    assert!(
        answer.to_string().starts_with("同级已有该组织简称。"),
        "{answer}"
    );
    let mut same = NewOrg::plain(Branch, "总装团支部");
    same.full_name = Some("青禾制造公司总装车间团支部".into());
    let answer = create(&app.db, actor(), &college, same, &policy("national"))
        .await
        .unwrap_err();
    assert!(
        answer
            .to_string()
            .starts_with("组织全称与〔10000011〕重复。"),
        "{answer}"
    );
}

#[tokio::test]
async fn two_superiors_creating_at_once_get_different_places_and_numbers() {
    let app = app().await;
    let college = org(&app.db, &app.league.college).await;
    let make = |name: &'static str| {
        let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
        let (db, college) = (app.db.clone(), college.clone());
        tokio::spawn(async move {
            create(
                &db,
                actor,
                &college,
                NewOrg::plain(Branch, name),
                &policy("national"),
            )
            .await
        })
    };
    let names = [
        "甲2026级1班团支部",
        "甲2026级2班团支部",
        "甲2026级3班团支部",
        "甲2026级4班团支部",
    ];
    let mut made = Vec::new();
    for task in names.map(make) {
        made.push(task.await.unwrap().unwrap());
    }
    let mut paths: Vec<_> = made.iter().map(|o| o.path.clone()).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 4);
}

#[tokio::test]
async fn org_31_siblings_are_moved_up_down_and_to_a_number() {
    let app = app().await;
    let college = org(&app.db, &app.league.college).await;
    let admin = || app.actor("赵演示", Role::Administrator, &app.league.college);
    let new = NewOrg::plain(Branch, "软件2023级3班团支部");
    let third = create(&app.db, admin(), &college, new, &policy("national"))
        .await
        .unwrap();
    let order = || async {
        let mut conn = app.db.read().await.unwrap();
        let children = crate::children(&mut conn, college.id).await.unwrap();
        children
            .iter()
            .map(|o| o.short_name.chars().nth(7).unwrap())
            .collect::<String>()
    };
    let go = |to| {
        let (actor, db, third) = (admin(), app.db.clone(), third.clone());
        async move {
            let mut tx = db.begin(actor).await.unwrap();
            crate::reorder(&mut tx, &third, to).await?;
            tx.commit().await
        }
    };
    assert_eq!(order().await, "123");
    go(Move::Up).await.unwrap();
    assert_eq!(order().await, "132");
    go(Move::To(1)).await.unwrap();
    assert_eq!(order().await, "312");
    let first = go(Move::Up).await.unwrap_err();
    assert!(first.to_string().contains("已经排在第1位"), "{first}");
    go(Move::To(99)).await.unwrap();
    assert_eq!(order().await, "123", "as far as it goes");
    assert_eq!(go(Move::Down).await.unwrap_err().code(), "org.order_same");
    assert!(Move::read("0").is_err() && Move::read("x").is_err() && Move::read(" 2 ").is_ok());
    let mut tx = app
        .db
        .begin(app.actor("周演示", Role::Administrator, &app.league.university))
        .await
        .unwrap();
    assert!(matches!(
        crate::reorder(&mut tx, &third, Move::Up).await,
        Err(Error::Forbidden(_))
    ));
}

#[tokio::test]
async fn org_15_the_superior_corrects_names_only_before_anybody_signed_in() {
    let app = app().await;
    let college = org(&app.db, &app.league.college).await;
    let admin = || app.actor("赵演示", Role::Administrator, &app.league.college);
    let new = NewOrg::plain(Branch, "软件2026级9班团支部");
    let fresh = create(&app.db, admin(), &college, new, &policy("national"))
        .await
        .unwrap();
    let mut tx = app.db.begin(admin()).await.unwrap();
    crate::rename(
        &mut tx,
        &fresh,
        "软件2026级1班团支部",
        "海棠理工大学信息学院软件2026级1班团支部",
        &policy("national"),
    )
    .await
    .unwrap();
    crate::activate(&mut tx, fresh.id).await.unwrap();
    tx.commit().await.unwrap();
    let active = org(&app.db, &fresh.to_ref()).await;
    assert_eq!(
        (active.short_name.as_str(), active.state),
        ("软件2026级1班团支部", OrgState::Active)
    );
    let mut tx = app.db.begin(admin()).await.unwrap();
    let answer = crate::rename(
        &mut tx,
        &active,
        "乙团支部",
        "乙团支部",
        &policy("national"),
    )
    .await;
    assert_eq!(answer.unwrap_err().code(), "org.locked");
}

#[tokio::test]
async fn org_07_a_leading_body_is_renamed_while_the_building_phase_is_open() {
    let app = app().await;
    let city = org(&app.db, &app.league.city).await;
    let province = || app.actor("吴演示", Role::Administrator, &app.league.province);
    let mut closed = policy("national");
    closed.building_phase = false;
    let mut tx = app.db.begin(province()).await.unwrap();
    let name = "共青团海棠省青和市委员会";
    let answer = crate::rename(&mut tx, &city, "团青和市委", name, &closed).await;
    assert_eq!(answer.unwrap_err().code(), "org.locked");
    crate::rename(&mut tx, &city, "团青和市委", name, &policy("national"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        org(&app.db, &app.league.city).await.short_name,
        "团青和市委"
    );
}

#[tokio::test]
async fn org_11_the_first_saving_needs_a_second_look_and_org_10_only_the_own_administrator_saves() {
    let app = app().await;
    let form = InfoInput {
        sector: "国有企业".into(),
        admin_posts: "1".into(),
        admin_actual: "1".into(),
        inst_posts: "0".into(),
        inst_actual: "0".into(),
        version: "1".into(),
        ..InfoInput::default()
    };
    let save = |who: access::OrgRef, form: InfoInput| {
        let (actor, db, company) = (
            app.actor("郑演示", Role::Administrator, &who),
            app.db.clone(),
            app.league.company.clone(),
        );
        async move {
            let mut tx = db.begin(actor).await?;
            crate::update_information(
                &mut tx,
                company.id,
                &form,
                &policy("national"),
                Reserved::Accepted,
            )
            .await?;
            tx.commit().await
        }
    };
    let own = app.league.company.clone();
    assert_eq!(
        save(own.clone(), form.clone()).await.unwrap_err().code(),
        "org.confirm"
    );
    let confirmed = InfoInput {
        confirmed: "yes".into(),
        ..form
    };
    let superior = save(app.league.city.clone(), confirmed.clone()).await;
    assert!(matches!(superior, Err(Error::Forbidden(_))));
    save(own.clone(), confirmed.clone()).await.unwrap();
    let stale = save(own.clone(), confirmed.clone()).await;
    assert!(
        matches!(stale, Err(Error::Conflict(_))),
        "filled from an older state"
    );
    let mut conn = app.db.read().await.unwrap();
    let info = crate::information(&mut conn, own.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (info.admin_posts, info.saved_at.is_some(), info.org.version),
        (Some(1), true, 2)
    );
    assert_eq!(
        crate::missing_information(&info, &policy("national")),
        ["书记未录入"]
    );
}

#[tokio::test]
async fn org_03_committees_without_a_branch_are_unfinished_and_org_01_counts_the_steps() {
    let app = app().await;
    let university = org(&app.db, &app.league.university).await;
    let mut conn = app.db.read().await.unwrap();
    let unfinished = async |conn: &mut sqlx::PgConnection| {
        let figures = crate::figures(conn, &university.path, None).await.unwrap();
        figures.unfinished
    };
    assert_eq!(unfinished(&mut conn).await, 0);
    let actor = app.actor("周演示", Role::Administrator, &app.league.university);
    create(
        &app.db,
        actor,
        &university,
        NewOrg::plain(GeneralBranch, "理学院团总支"),
        &policy("national"),
    )
    .await
    .unwrap();
    let below = crate::below(&mut conn, &university).await.unwrap();
    assert_eq!((below.all, below.waiting), (3, 1));
    assert_eq!(unfinished(&mut conn).await, 1);
}

#[tokio::test]
async fn org_33_search_stays_in_the_scope_and_acc_43_finds_branches_by_words() {
    let app = app().await;
    let mut conn = app.db.read().await.unwrap();
    let scope = access::Scope::subtree(&app.league.university.path);
    let names = |orgs: Vec<crate::Org>| orgs.into_iter().map(|o| o.number).collect::<Vec<_>>();
    assert_eq!(
        names(
            crate::search(&mut conn, &scope, "团支部", 50)
                .await
                .unwrap()
        ),
        [10000006, 10000007, 10000009]
    );
    assert_eq!(
        names(
            crate::search(&mut conn, &scope, "10000009", 50)
                .await
                .unwrap()
        ),
        [10000009]
    );
    assert!(
        crate::search(&mut conn, &scope, "10000011", 50)
            .await
            .unwrap()
            .is_empty(),
        "outside"
    );
    assert!(
        crate::search(&mut conn, &scope, "%", 50)
            .await
            .unwrap()
            .is_empty(),
        "signs are literal"
    );
    assert_eq!(
        names(
            crate::find_branches(&mut conn, "软件 理工 2班", 9)
                .await
                .unwrap()
        ),
        [10000007]
    );
    assert!(
        crate::find_branches(&mut conn, "信息学院团委", 9)
            .await
            .unwrap()
            .is_empty(),
        "no branch"
    );
    assert!(
        crate::find_branches(&mut conn, " ", 9)
            .await
            .unwrap()
            .is_empty()
    );
}
