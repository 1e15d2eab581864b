use super::kit::{Kit, job};
use crate::actions::{Batch, batch};
use crate::rules::{Kind, Reason};
use access::OrgRef;
use base::{PersonId, Result};

async fn move_all(kit: &Kit, own: &OrgRef, members: &[PersonId]) -> Result<usize> {
    let league = &kit.app.league;
    let mut tx = kit.app.db.begin(kit.admin(own)).await?;
    let what = Batch {
        out_branch: league.branch.id,
        members: members.to_vec(),
        in_branch: league.branch_2.id,
        reason: Reason::Regroup,
        remark: String::new(),
    };
    let moved = batch(&mut tx, what, kit.policy()).await?;
    tx.commit().await?;
    Ok(moved)
}

/// 赵甲, 赵乙, …: no two alike.
fn name(n: u32) -> String {
    let at = |signs: &str, n: u32| signs.chars().nth(n as usize).unwrap();
    format!(
        "{}{}",
        at("赵钱孙李", n / 10),
        at("甲乙丙丁戊己庚辛壬癸", n % 10)
    )
}

#[tokio::test]
async fn trf_42_one_to_thirty_members_move_at_once_and_31_do_not() {
    // Worked example 5.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let mut members = Vec::new();
    for n in 1..=31 {
        members.push(kit.member(&name(n), n, &league.branch).await);
    }
    assert_eq!(
        move_all(&kit, &league.college, &[])
            .await
            .unwrap_err()
            .to_string(),
        "请选择转出团员"
    );
    let many = move_all(&kit, &league.college, &members).await.unwrap_err();
    assert!(many.to_string().starts_with("一次最多转接30人"), "{many}");
    assert_eq!(
        move_all(&kit, &league.college, &members[..1])
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        move_all(&kit, &league.university, &members[1..])
            .await
            .unwrap(),
        30
    );
    assert_eq!(
        (
            kit.members(&league.branch).await,
            kit.members(&league.branch_2).await
        ),
        (0, 31)
    );
    let told = kit.told(members[7].0).await;
    assert!(
        told.iter().any(|m| m.starts_with("组织关系转接已完成")),
        "{told:?}"
    );
}

#[tokio::test]
async fn trf_42_one_hindered_member_stops_the_whole_batch_and_is_named() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let good = kit.member("李演示", 1, &league.branch).await;
    let fresh = kit
        .member_since("王样本", 2, &league.branch, "2021-05")
        .await;
    let busy = kit.member("张测试", 3, &league.branch).await;
    kit.start(
        kit.admin(&league.branch),
        Kind::BranchOut,
        busy,
        &league.workshop,
        job(),
    )
    .await
    .unwrap();
    let refused = move_all(&kit, &league.college, &[good, fresh, busy])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("王样本（新发展团员须先完成团员身份认证）")
            && refused.contains("张测试（已有进行中的转接"),
        "{refused}"
    );
    assert!(!refused.contains("李演示"));
    assert_eq!(kit.members(&league.branch_2).await, 0);
}

#[tokio::test]
async fn trf_42_branches_and_leading_bodies_make_no_batches_and_outsiders_none_of_these() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    for (own, code) in [
        (&league.branch, "transfer.batch_branch"),
        (&league.general, "transfer.not_below"),
    ] {
        assert_eq!(
            move_all(&kit, own, &[person]).await.unwrap_err().code(),
            code
        );
    }
    assert!(move_all(&kit, &league.city, &[person]).await.is_err());
}

#[tokio::test]
async fn org_73_one_batch_of_thirty_brings_those_of_an_emptied_branch_back() {
    // Section 7 of 02, 「Delete」: out of the 待接转团支部 into the branch that was built anew.
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let mut members = Vec::new();
    for n in 1..=30 {
        members.push(kit.member(&name(n), n, &league.branch).await);
    }
    for (column, value) in [
        ("kind", "awaiting_transfer"),
        ("short_name", "待接转团支部"),
        ("accepts_registration", "false"),
    ] {
        kit.set_org(&league.branch, column, value).await;
    }
    let moved = move_all(&kit, &league.college, &members).await;
    assert_eq!(moved.unwrap(), 30);
    assert_eq!(
        (
            kit.members(&league.branch).await,
            kit.members(&league.branch_2).await
        ),
        (0, 30)
    );
}
