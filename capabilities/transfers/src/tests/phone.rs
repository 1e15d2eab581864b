use super::kit::Kit;

const REASON: (&str, &str) = ("reason", "employed_org");

fn typed(target: &str) -> Vec<(&str, &str)> {
    vec![
        REASON,
        ("target", target),
        ("dest_name", "青禾制造公司"),
        ("dest_address", "青禾市云栖路1号"),
    ]
}

#[tokio::test]
async fn trf_01_a_member_goes_through_the_steps_and_reads_the_progress() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.phone(person, "李演示", &league.branch);
    me.get("/member/transfers")
        .await
        .expect(200)
        .see("可以申请");
    me.get("/member/transfers/new")
        .await
        .expect(200)
        .see("就业（单位有团组织）");
    let found = me
        .get("/member/transfers/new/target?reason=employed_org&q=总装车间")
        .await
        .expect(200)
        .see("选它");
    assert!(found.has(&format!("target={}", league.workshop.id)));
    let form = format!(
        "/member/transfers/new/form?reason=employed_org&target={}",
        league.workshop.id
    );
    let target = league.workshop.id.to_string();
    me.get(&form)
        .await
        .expect(200)
        .see("提交后这样走")
        .see("不填就用资料里的 100****0001");
    let sent = me
        .submit(&form, "/member/transfers", &typed(&target))
        .await
        .expect(303);
    me.get(&sent.location)
        .await
        .expect(200)
        .see("转接申请已提交")
        .see("等软件2023级1班团支部审核")
        .see("待转出审核")
        .see("未登记电话")
        .see("10月3日 23:59");
    me.get("/member/transfers/new")
        .await
        .expect(200)
        .see("已有进行中的转接");
}

#[tokio::test]
async fn trf_14_targets_are_found_by_path_by_name_and_by_number() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.phone(person, "李演示", &league.branch);
    let stem = "/member/transfers/new/target?reason=employed_org";
    let choice = format!("target={}", league.workshop.id);
    for query in [
        format!("{stem}&q=10000011"),
        format!("{stem}&q=青禾制造公司总装车间团支部"),
        format!("{stem}&at={}", league.company.id),
    ] {
        assert!(me.get(&query).await.expect(200).has(&choice), "{query}");
    }
    me.get(&format!("{stem}&at={}", league.college.id))
        .await
        .expect(200)
        .see("转入团支部不能与转出团支部相同");
    me.get(&format!("{stem}&q=没有这个组织"))
        .await
        .expect(200)
        .see("没有找到符合的组织");
    me.get(stem)
        .await
        .expect(200)
        .see("团海棠省委")
        .see("看下级");
}

#[tokio::test]
async fn trf_10_a_refused_form_keeps_what_was_typed_and_shows_every_fault() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.phone(person, "李演示", &league.branch);
    let target = league.workshop.id.to_string();
    let form = format!("/member/transfers/new/form?reason=employed_org&target={target}");
    let fields = [
        REASON,
        ("target", target.as_str()),
        ("dest_address", "青禾市云栖路1号"),
        ("contact", "123"),
        ("remark", "尽快办"),
    ];
    let back = me
        .submit(&form, "/member/transfers", &fields)
        .await
        .expect(422);
    let back = back
        .see("手机号码应为11位")
        .see("青禾市云栖路1号")
        .see("尽快办");
    assert!(back.has("aria-invalid"));
    let fields = [REASON, ("target", target.as_str())];
    me.submit(&form, "/member/transfers", &fields)
        .await
        .expect(422)
        .see("请填写工作单位全称")
        .see("请填写详细地址");
}

#[tokio::test]
async fn gen_08_a_form_sent_twice_takes_effect_once() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let me = kit.phone(person, "李演示", &league.branch);
    let target = league.workshop.id.to_string();
    let form = format!("/member/transfers/new/form?reason=employed_org&target={target}");
    let key = me.get(&form).await.expect(200).key();
    let mut fields = typed(&target);
    fields.push(("_key", key.as_str()));
    let first = me.post("/member/transfers", &fields).await.expect(303);
    let second = me.post("/member/transfers", &fields).await.expect(303);
    assert_eq!(first.location, second.location);
}

#[tokio::test]
async fn trf_31_a_member_withdraws_on_the_phone() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let me = kit.phone(transfer.person, "李演示", &league.branch);
    let page = format!("/member/transfers/{}", transfer.id);
    me.get(&page).await.expect(200).see("撤回申请");
    let ask = format!("{page}/withdraw");
    let done = me.submit(&ask, &ask, &[]).await.expect(303);
    me.get(&done.location)
        .await
        .expect(200)
        .see("转接已撤销")
        .see("改好重新申请");
    me.submit(&ask, &ask, &[])
        .await
        .expect(422)
        .see("不能再撤销");
}
