use super::*;

#[test]
fn trf_07_beijing_members_join_and_the_receiving_branch_alone_decides() {
    let (out, up, to, in_up) = four();
    let p = beijing();
    assert!(p.allows(Kind::Join) && !p.allows(Kind::Member));
    assert_eq!(
        steps(Kind::Join, &p, &out, &up, &to, &in_up),
        [(Step::In, Some(13), Some(14))]
    );
}

#[test]
fn trf_21_a_members_own_application_passes_out_then_in_then_allocation() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::Member, &p, &out, &up, &to, &in_up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::In, Some(13), Some(14))
        ]
    );
    assert_eq!(
        steps(Kind::Member, &p, &out, &up, &in_up, &up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::In, Some(14), None),
            (Step::Allocate, Some(14), None)
        ]
    );
}

#[test]
fn trf_22_a_pull_passes_the_out_side_and_allocates() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::PullIn, &p, &out, &up, &to, &in_up),
        [(Step::Out, Some(11), Some(12))]
    );
    assert_eq!(
        steps(Kind::PullIn, &p, &out, &up, &in_up, &up),
        [
            (Step::Out, Some(11), Some(12)),
            (Step::Allocate, Some(14), None)
        ]
    );
}

#[test]
fn trf_23_a_transfer_out_passes_the_in_side_and_allocates() {
    let (out, up, to, in_up) = four();
    let p = national();
    assert_eq!(
        steps(Kind::BranchOut, &p, &out, &up, &to, &in_up),
        [(Step::In, Some(13), Some(14))]
    );
    assert_eq!(
        steps(Kind::BranchOut, &p, &out, &up, &in_up, &up),
        [(Step::In, Some(14), None), (Step::Allocate, Some(14), None)]
    );
}

#[test]
fn trf_25_the_guangdong_chain_has_four_steps_and_skips_a_common_superior() {
    let (out, up, to, in_up) = four();
    let p = guangdong();
    let order = |steps: Vec<(Step, Option<i64>, Option<i64>)>| {
        steps.into_iter().map(|s| (s.0, s.1)).collect::<Vec<_>>()
    };
    assert_eq!(
        order(steps(Kind::Member, &p, &out, &up, &to, &in_up)),
        [
            (Step::Out, Some(11)),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13)),
            (Step::InSuperior, Some(14))
        ]
    );
    assert_eq!(
        order(steps(Kind::BranchOut, &p, &out, &up, &to, &in_up)),
        [
            (Step::Member, None),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13)),
            (Step::InSuperior, Some(14))
        ]
    );
    assert_eq!(
        order(steps(Kind::Member, &p, &out, &up, &to, &up)),
        [
            (Step::Out, Some(11)),
            (Step::OutSuperior, Some(12)),
            (Step::In, Some(13))
        ]
    );
    let parties = Parties {
        out_branch: &out,
        out_superior: Some(&up),
        in_org: &to,
        in_superior: Some(&in_up),
    };
    let first = &plan(Kind::Member, parties, &p)[0];
    assert_eq!(
        first.superior_from,
        Some(15),
        "TRF-34: the superior stands in from day 15"
    );
}

#[test]
fn trf_46_pupils_need_not_confirm() {
    let (mut out, up, to, in_up) = four();
    out.sector = Some("初中".into());
    assert_eq!(
        steps(Kind::BranchOut, &guangdong(), &out, &up, &to, &in_up)[0].0,
        Step::OutSuperior
    );
}
