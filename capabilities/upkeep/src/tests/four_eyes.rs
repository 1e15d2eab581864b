//! Deleting under 双人复核 (ACC-B11).

use super::kit::Kit;
use approvals::four_eyes::{Act, switch};
use orgs::OrgState;

#[tokio::test]
async fn acc_b11_a_deletion_waits_for_the_second_administrator_and_lapses_after_72_hours() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (college, branch) = (&league.college, &league.branch_2);
    let mut tx = kit.app.db.begin(kit.admin(college)).await.unwrap();
    switch(&mut tx, college.id, Act::Deletion, true)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let client = kit.console(college);
    let here = format!("/console/orgs/{}/remove", branch.id);
    let delete = [("step", "delete")];
    let asked = client.submit(&here, &here, &delete).await.expect(303);
    client
        .get(&asked.location)
        .await
        .expect(200)
        .see("删除组织");
    assert!(kit.org(branch.id).await.state.is_live());
    client
        .submit(&here, &here, &delete)
        .await
        .expect(422)
        .see("正等另一位管理员确认");
    // 72 hours and nobody confirmed: nothing happened, and it can be asked for again.
    kit.app.later_by(72 * 3600);
    assert!(kit.pass(branch.id, college).await.is_err());
    kit.app.settle().await;
    assert_eq!(kit.change_state(branch.id).await, "refused");
    assert!(kit.org(branch.id).await.state.is_live());
    client.submit(&here, &here, &delete).await.expect(303);
    kit.app.later_by(72 * 3600 - 1);
    assert!(
        kit.pass(branch.id, &league.university).await.is_err(),
        "not the superior's"
    );
    kit.pass(branch.id, college).await.expect("confirmed");
    assert_eq!(kit.org(branch.id).await.state, OrgState::Deleted);
    assert_eq!(kit.change_state(branch.id).await, "effective");
}
