use super::kit::{GUANGDONG, Kit, job};
use crate::rules::{Kind, State};
use base::Error;

#[tokio::test]
async fn trf_28_a_return_needs_a_ground_and_is_told() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let refused = kit
        .send_back(kit.admin(&league.branch), &transfer, "", "不同意", false)
        .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("退回须选择原因")
    );
    let only_temporary = kit
        .send_back(
            kit.admin(&league.branch),
            &transfer,
            "employed_elsewhere",
            "",
            false,
        )
        .await;
    assert!(only_temporary.is_err());
    kit.send_back(
        kit.admin(&league.branch),
        &transfer,
        "mismatch",
        "去向写错了",
        false,
    )
    .await
    .unwrap();
    let back = kit.now(&transfer).await;
    assert_eq!(
        (back.state, back.return_code.as_deref(), back.flagged),
        (State::Returned, Some("mismatch"), false)
    );
    assert_eq!(
        back.returned_by.as_deref(),
        Some("海棠理工大学信息学院软件2023级1班团支部")
    );
    let told = kit.told(transfer.person.0).await;
    assert!(
        told.iter()
            .any(|m| m.contains("去向不符") && m.contains("去向写错了")),
        "{told:?}"
    );
    assert_eq!(kit.branch_of(transfer.person).await, league.branch.id);
}

#[tokio::test]
async fn trf_28_a_temporary_branch_may_say_employed_elsewhere() {
    // Worked example 9, first sentence.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    kit.set_org(&league.floating, "kind", "handover_temporary")
        .await;
    let person = kit.member("李演示", 1, &league.branch).await;
    let transfer = kit
        .start(
            kit.admin(&league.branch),
            Kind::BranchOut,
            person,
            &league.floating,
            super::kit::home(),
        )
        .await
        .unwrap();
    kit.send_back(
        kit.admin(&league.floating),
        &transfer,
        "employed_elsewhere",
        "",
        false,
    )
    .await
    .unwrap();
    assert!(!kit.now(&transfer).await.flagged);
}

#[tokio::test]
async fn trf_29_an_inadmissible_ground_is_shown_the_rule_and_then_flagged() {
    // Worked example 9, second sentence.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    let boxed = kit
        .send_back(
            kit.admin(&league.workshop),
            &transfer,
            "not_ours",
            "试用期未满",
            false,
        )
        .await;
    assert_eq!(boxed.unwrap_err().code(), "approval.insist");
    kit.send_back(
        kit.admin(&league.workshop),
        &transfer,
        "not_ours",
        "试用期未满",
        true,
    )
    .await
    .unwrap();
    assert!(kit.now(&transfer).await.flagged);
    for superior in [league.company.id, league.city.id] {
        let told = kit.told(superior.0).await;
        assert!(
            told.iter().any(|m| m.starts_with("疑似不合理退回")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn trf_31_the_initiator_withdraws_and_the_to_dos_vanish() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let other = kit.withdraw(kit.admin(&league.branch), &transfer).await;
    assert_eq!(
        other.unwrap_err().to_string(),
        "此申请由团员本人发起，请本人撤回"
    );
    let me = kit.me(transfer.person, "李演示", &league.branch);
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.withdraw(me.clone(), &transfer).await.unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::Withdrawn);
    let late = kit.pass(kit.admin(&league.workshop), &transfer, None).await;
    assert!(matches!(late, Err(Error::Conflict(_))));
    let again = kit.withdraw(me, &transfer).await;
    assert_eq!(again.unwrap_err().code(), "transfer.ended");
}

#[tokio::test]
async fn trf_31_after_the_in_side_decided_it_is_too_late() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.me(person, "李演示", &league.branch);
    let transfer = kit
        .start(me.clone(), Kind::Member, person, &league.company, job())
        .await
        .unwrap();
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.company), &transfer, None)
        .await
        .unwrap();
    let late = kit.withdraw(me, &transfer).await;
    assert_eq!(
        late.unwrap_err().to_string(),
        "转入方已审核，不能撤销；如转错请由现支部再次转出"
    );
}

#[tokio::test]
async fn trf_31_in_guangdong_until_the_in_branchs_superior_approved() {
    // Worked example 14, first half.
    let kit = Kit::under(GUANGDONG).await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    for org in [&league.branch, &league.college, &league.workshop] {
        kit.pass(kit.admin(org), &transfer, None).await.unwrap();
    }
    kit.withdraw(kit.me(transfer.person, "李演示", &league.branch), &transfer)
        .await
        .unwrap();
    assert_eq!(kit.now(&transfer).await.state, State::Withdrawn);
}
