use super::*;

#[test]
fn trf_05_leading_bodies_start_nothing() {
    let p = national();
    for kind in [Kind::PullIn, Kind::BranchOut, Kind::Batch] {
        assert_eq!(
            may_start(kind, OrgCategory::LeadingBody, &p)
                .unwrap_err()
                .code,
            "transfer.leading_body"
        );
        assert!(may_start(kind, OrgCategory::Committee, &p).is_ok());
    }
    let told = may_start(Kind::PullIn, OrgCategory::LeadingBody, &p)
        .unwrap_err()
        .message;
    assert!(told.starts_with("团的领导机关不能办理转入"));
}

#[test]
fn trf_06_guangdong_receivers_cannot_pull() {
    let p = guangdong();
    assert_eq!(
        may_start(Kind::PullIn, OrgCategory::Branch, &p)
            .unwrap_err()
            .message,
        "请由团员本人或转出团支部发起转接"
    );
    assert!(may_start(Kind::BranchOut, OrgCategory::Branch, &p).is_ok() && p.allows(Kind::Member));
}

#[test]
fn trf_28_returning_needs_a_ground_open_to_the_decider() {
    let to = BranchKind::Ordinary;
    let code =
        |code: &str, text: &str, kind| return_input(code, text, kind).map_err(|fault| fault.code);
    assert_eq!(
        return_input("", "", to).unwrap_err().message,
        "退回须选择原因"
    );
    assert_eq!(code("mismatch", "", to), Ok(Returned::Mismatch));
    assert_eq!(
        code("other", "九个字九个字九个字", to),
        Err("transfer.return_text")
    );
    assert_eq!(
        code("other", "十个字十个字十个字了", to),
        Ok(Returned::Other)
    );
    // Worked example 9: only branches for graduates without work may say so.
    assert_eq!(
        code("employed_elsewhere", "", to),
        Err("transfer.return_code")
    );
    assert_eq!(
        code("employed_elsewhere", "", BranchKind::HandoverTemporary),
        Ok(Returned::EmployedElsewhere)
    );
}

#[test]
fn trf_29_inadmissible_grounds_are_recognised_by_their_words() {
    let p = national();
    assert_eq!(
        inadmissible_ground("试用期未满，暂不接收", &p),
        Some("试用期")
    );
    assert_eq!(inadmissible_ground("还没见到档案", &p), Some("档案"));
    assert_eq!(inadmissible_ground("已在外地落实工作", &p), None);
}

#[test]
fn trf_31_the_initiator_withdraws_until_the_in_side_decided() {
    let p = national();
    let asked = |kind, step: Step, handover, when: &str, p: &Policy| {
        withdrawal(kind, step.state(), step, handover, at(when), p).is_ok()
    };
    let september = "2026-09-18 10:00:00";
    assert!(asked(Kind::Member, Step::Out, false, september, &p));
    assert!(asked(Kind::Member, Step::In, false, september, &p));
    assert!(!asked(Kind::Member, Step::Allocate, false, september, &p));
    assert!(asked(Kind::PullIn, Step::Allocate, false, september, &p));
    // Graduates: freely until 31 August.
    assert!(asked(
        Kind::Member,
        Step::Allocate,
        true,
        "2026-08-31 23:59:59",
        &p
    ));
    assert!(!asked(
        Kind::Member,
        Step::Allocate,
        true,
        "2026-09-01 00:00:00",
        &p
    ));
    // Worked example 14: in guangdong after the in branch and before its superior.
    assert!(asked(
        Kind::Member,
        Step::InSuperior,
        false,
        september,
        &guangdong()
    ));
    let late = withdrawal(
        Kind::Member,
        State::Completed,
        Step::InSuperior,
        false,
        now(),
        &guangdong(),
    )
    .unwrap_err();
    assert_eq!(late.code, "transfer.ended");
    let late = withdrawal(
        Kind::Member,
        State::AwaitingAllocation,
        Step::Allocate,
        false,
        now(),
        &p,
    )
    .unwrap_err();
    assert_eq!(
        late.message,
        "转入方已审核，不能撤销；如转错请由现支部再次转出"
    );
}

#[test]
fn trf_42_batches_hold_30_in_national_and_are_absent_elsewhere() {
    assert_eq!(national().batch_max, 30);
    assert!(may_start(Kind::Batch, OrgCategory::GeneralBranch, &national()).is_ok());
    assert_eq!(
        may_start(Kind::Batch, OrgCategory::Branch, &national())
            .unwrap_err()
            .code,
        "transfer.batch_branch"
    );
    assert_eq!(
        may_start(Kind::Batch, OrgCategory::Committee, &guangdong())
            .unwrap_err()
            .code,
        "transfer.kind"
    );
}

#[test]
fn trf_50_graduates_of_this_year_are_handed_over_from_may_on() {
    let p = national();
    let mut branch = class();
    let is = |branch: &Org, when: &str| is_handover(branch, at(when), p.handover.apply_from);
    assert!(!is(&branch, "2026-06-10 00:00:00"));
    branch.graduation = YearMonth::new(2026, 6);
    assert!(!is(&branch, "2026-04-30 23:59:59") && is(&branch, "2026-05-01 00:00:00"));
    branch.graduation = YearMonth::new(2027, 6);
    assert!(!is(&branch, "2026-05-01 00:00:00"));
    branch.state = OrgState::Graduate;
    assert!(is(&branch, "2026-02-01 00:00:00"));
    branch.kind = BranchKind::DelayedGraduates;
    assert!(!is(&branch, "2026-06-01 00:00:00"), "TRF-57");
}
