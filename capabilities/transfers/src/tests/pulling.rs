use super::kit::{GUANGDONG, Kit, because, id};
use crate::actions::query_person;
use crate::rules::{Kind, Reason, Step};
use access::OrgRef;
use base::{Error, Reserved, Result};

async fn ask(kit: &Kit, org: &OrgRef, name: &str, id_number: &str) -> Result<String> {
    let mut tx = kit.app.db.begin(kit.admin(org)).await?;
    let answer = query_person(&mut tx, name, id_number, Reserved::Accepted, kit.policy()).await?;
    tx.commit_housekeeping().await?;
    answer.map(|found| {
        format!(
            "{} {} {}",
            found.name, found.id_masked, found.branch.full_name
        )
    })
}

#[tokio::test]
async fn trf_04_only_an_exact_match_of_name_and_number_shows_the_person() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    let found = ask(&kit, &league.workshop, "李演示", &id(1)).await.unwrap();
    assert!(
        found.ends_with("软件2023级1班团支部") && found.contains("999****"),
        "{found}"
    );
    for (name, number) in [("李演", id(1)), ("李演示", id(2))] {
        let missed = ask(&kit, &league.workshop, name, &number)
            .await
            .unwrap_err();
        assert!(
            missed
                .to_string()
                .starts_with("未查询到该团员，请核对姓名和身份证号码")
        );
    }
    assert_eq!(
        ask(&kit, &league.workshop, "李演示", "123")
            .await
            .unwrap_err()
            .code(),
        "transfer.query_id"
    );
    let leading = ask(&kit, &league.city, "李演示", &id(1)).await.unwrap_err();
    assert!(
        leading.to_string().starts_with("团的领导机关不能办理转入"),
        "TRF-05"
    );
}

#[tokio::test]
async fn trf_04_after_30_misses_a_day_the_query_stops_until_midnight() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    for _ in 0..30 {
        assert_eq!(
            ask(&kit, &league.workshop, "王样本", &id(9))
                .await
                .unwrap_err()
                .code(),
            "transfer.query_nobody"
        );
    }
    assert_eq!(
        ask(&kit, &league.workshop, "李演示", &id(1))
            .await
            .unwrap_err()
            .code(),
        "transfer.query_blocked"
    );
    kit.app.move_to("2026-09-18 23:59");
    assert_eq!(
        ask(&kit, &league.workshop, "李演示", &id(1))
            .await
            .unwrap_err()
            .code(),
        "transfer.query_blocked"
    );
    kit.app.move_to("2026-09-19 00:00");
    assert!(ask(&kit, &league.workshop, "李演示", &id(1)).await.is_ok());
}

#[tokio::test]
async fn trf_06_in_guangdong_nobody_pulls() {
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    kit.member("李演示", 1, &league.branch).await;
    let refused = ask(&kit, &league.workshop, "李演示", &id(1))
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "请由团员本人或转出团支部发起转接");
}

#[tokio::test]
async fn trf_22_a_pull_by_a_committee_passes_the_out_side_and_is_allocated() {
    // Worked example 7.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch_3).await;
    let transfer = kit
        .start(
            kit.admin(&league.company),
            Kind::PullIn,
            person,
            &league.company,
            because(Reason::JobChange),
        )
        .await
        .unwrap();
    assert_eq!(transfer.step, Step::Out);
    kit.pass(kit.admin(&league.general), &transfer, None)
        .await
        .unwrap();
    let late = kit
        .pass_at(kit.admin(&league.branch_3), &transfer, 1, None)
        .await;
    assert!(matches!(late, Err(Error::Conflict(told)) if told.contains("文学院团总支")));
    kit.pass(
        kit.admin(&league.company),
        &transfer,
        Some(league.workshop.id),
    )
    .await
    .unwrap();
    assert_eq!(kit.branch_of(person).await, league.workshop.id);
}

#[tokio::test]
async fn trf_20_a_person_in_a_wrong_branch_is_pulled_in_by_any_branch() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.floating).await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::PullIn,
            person,
            &league.branch,
            because(Reason::Second),
        )
        .await
        .unwrap();
    kit.pass(kit.admin(&league.floating), &transfer, None)
        .await
        .unwrap();
    assert_eq!(kit.branch_of(person).await, league.branch.id);
}
