//! Journey 5: two decide at once, a form comes twice, and somebody guesses addresses.

use crate::{stage::Stage, waiting};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_5_gen_09_the_first_decision_wins_and_the_second_is_told_who_and_when() {
    let stage = Stage::new().await;
    let league = &stage.league;
    let who = stage.active("孙演示", 3, &league.branch).await;
    let secretary = stage.active("钱演示", 2, &league.branch).await;
    stage.appoint(&secretary, &league.branch).await;
    let superior = stage.administrator("李演示", 4, &league.college).await;
    let stranger = stage.active("郑演示", 6, &league.branch_3).await;
    stage.appoint(&stranger, &league.branch_3).await;
    let phone = stage.phone_of(&who).await;
    let progress = waiting::apply(&phone, &stage).await;

    // Both have the case before them.
    let first = stage.desk_of(&secretary).await;
    let second = stage.desk_of(&superior).await;
    for desk in [&first, &second] {
        desk.goto("/console/inbox").await;
        desk.click(&who.name).await;
        desk.see("走到哪一步").await;
    }
    let case = first.run(
        "return document.querySelector('#panel form.tj-dock').getAttribute('action')",
        &[],
    );
    let case = case.await.as_str().expect("the form's address").to_owned();
    first.click("#panel button[value=pass]").await;
    first.see("没有").await;
    second.choose("code", "信息有误").await;
    second.fill("text", "姓名写错了，请核对后再交").await;
    second.click("#panel button[value=return]").await;
    second.see("钱演示").await;
    second.see("同意").await;
    second.flawless().await;
    phone.goto(&progress).await;
    phone.see("等总装车间团支部审核").await;

    // SEC-12: an administrator of another branch guesses the case's address.
    let other = stage.desk_of(&stranger).await;
    let address = case.trim_end_matches("/decide");
    other.goto(address).await;
    assert_eq!(other.status().await, 403);
    assert!(!other.sees(&who.name).await);
    other.flawless().await;
    stage.audit_holds().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_journey_5_gen_08_a_form_sent_twice_takes_effect_once() {
    let stage = Stage::new().await;
    let who = stage.active("孙演示", 3, &stage.league.branch).await;
    let phone = stage.phone_of(&who).await;
    let target = stage.league.workshop.id;
    phone
        .goto(&format!(
            "/member/transfers/new/form?reason=employed_org&target={target}"
        ))
        .await;
    phone.fill("dest_name", "青禾制造公司").await;
    phone.fill("dest_address", "青禾市云栖路1号").await;
    // The same form leaves twice at once, as a double tap would send it.
    let script = "const form = document.getElementById('f'), body = new URLSearchParams(new FormData(form));
        const send = () => fetch(form.action, { method: 'POST', body }).then(a => [a.status, new URL(a.url).pathname]);
        return Promise.all([send(), send()])";
    let answers = phone.run(script, &[]).await;
    assert_eq!(answers[0], answers[1], "the same answer");
    assert_eq!(answers[0][0], json!(200));
    assert_eq!(stage.audited("transfer.started").await, 1, "one effect");
    phone.goto("/member/transfers").await;
    phone.see("1 件").await;
    stage.audit_holds().await;
}
