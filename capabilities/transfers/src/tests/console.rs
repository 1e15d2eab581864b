use super::kit::{Kit, id, job};
use crate::rules::Kind;

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
async fn trf_122_a_guessed_address_answers_like_one_that_does_not_exist() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let record = format!("/console/transfers/{}/{}", transfer.person, transfer.id);
    kit.app
        .admin("赵演示", &league.branch)
        .get(&record)
        .await
        .expect(200)
        .see("流转记录")
        .see("李演示");
    kit.app
        .admin("赵演示", &league.workshop)
        .get(&record)
        .await
        .expect(200)
        .see("李*示")
        .see("到本组织审核时可以看到");
    let stranger = kit.app.admin("钱演示", &league.branch_2);
    let guessed = stranger.get(&record).await.expect(403);
    let absent = stranger
        .get(&format!(
            "/console/transfers/{}/{}",
            transfer.person, transfer.person
        ))
        .await
        .expect(403);
    let plain = |body: &str| body.split("编号").next().unwrap_or("").to_owned();
    assert_eq!(plain(&guessed.body), plain(&absent.body));
    let other = kit.member("王样本", 2, &league.branch).await;
    kit.phone(other, "王样本", &league.branch)
        .get(&format!("/member/transfers/{}", transfer.id))
        .await
        .expect(403);
}

#[tokio::test]
async fn trf_26_the_console_lists_what_is_open_and_what_is_done() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let branch = kit.app.admin("赵演示", &league.branch);
    branch
        .get("/console/transfers")
        .await
        .expect(200)
        .see("李演示")
        .see("待转出审核")
        .see("办理转出");
    assert!(
        !branch
            .get("/console/transfers?side=in")
            .await
            .expect(200)
            .has("李演示")
    );
    kit.app
        .admin("赵演示", &league.workshop)
        .get("/console/transfers?side=in")
        .await
        .expect(200)
        .see("软件2023级1班团支部");
    let city = kit.app.admin("赵演示", &league.city);
    let once = city.get("/console/transfers").await.expect(200);
    assert_eq!(
        once.body.matches(">李演示</a>").count(),
        1,
        "one line a transfer, although both sides lie below"
    );
    city.get("/console/transfers")
        .await
        .expect(200)
        .see("李演示")
        .see("团的领导机关不能办理转出");
    kit.pass(kit.admin(&league.branch), &transfer, None)
        .await
        .unwrap();
    kit.pass(kit.admin(&league.workshop), &transfer, None)
        .await
        .unwrap();
    branch
        .get("/console/transfers")
        .await
        .expect(200)
        .see("没有在途的转接");
    branch
        .get("/console/transfers?tab=done")
        .await
        .expect(200)
        .see("李演示")
        .see("已完成");
}

#[tokio::test]
async fn trf_02_a_branch_starts_a_transfer_out_on_one_page_after_another() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let admin = kit.app.admin("赵演示", &league.branch);
    admin
        .get("/console/transfers/out")
        .await
        .expect(200)
        .see("李演示")
        .see("999****");
    let stem = format!("/console/transfers/out?person={person}");
    admin.get(&stem).await.expect(200).see("团籍正常，可以转出");
    admin
        .get(&format!("{stem}&reason=employed_org&q=总装车间"))
        .await
        .expect(200)
        .see("选它");
    let form = format!("{stem}&reason=employed_org&target={}", league.workshop.id);
    let (target, who) = (league.workshop.id.to_string(), person.to_string());
    let mut fields = typed(&target);
    fields.push(("person", &who));
    let sent = admin
        .submit(&form, "/console/transfers/out", &fields)
        .await
        .expect(303);
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("转接已提交")
        .see("待转入审核");
    kit.app
        .admin("钱演示", &league.branch_2)
        .get(&stem)
        .await
        .expect(403);
    kit.app
        .admin("钱演示", &league.city)
        .get("/console/transfers/out")
        .await
        .expect(403)
        .see("团的领导机关不能办理转出");
    kit.app
        .admin("孙样例", &league.college)
        .get("/console/transfers/out")
        .await
        .expect(200)
        .see("软件2023级1班团支部");
}

#[tokio::test]
async fn trf_04_pulling_in_begins_with_a_query_and_a_guessed_person_starts_nothing() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let admin = kit.app.admin("赵演示", &league.workshop);
    let who = person.to_string();
    let fields = [("person", who.as_str()), ("reason", "job_change")];
    admin
        .submit("/console/transfers/in", "/console/transfers/in", &fields)
        .await
        .expect(422)
        .see("请先用姓名和身份证号码查询到该团员");
    let number = id(1);
    let asked = [("name", "李演示"), ("id_number", number.as_str())];
    let found = admin
        .submit(
            "/console/transfers/in",
            "/console/transfers/in/query",
            &asked,
        )
        .await
        .expect(200);
    let found = found.see("软件2023级1班团支部").see("999****");
    assert!(!found.has(&number), "the whole number never comes back");
    admin
        .submit(
            "/console/transfers/in",
            "/console/transfers/in",
            &[("person", who.as_str())],
        )
        .await
        .expect(422)
        .see("请选择转接原因");
    let sent = admin
        .submit("/console/transfers/in", "/console/transfers/in", &fields)
        .await
        .expect(303);
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("待转出审核")
        .see("办理转入");
    kit.app
        .admin("钱演示", &league.city)
        .get("/console/transfers/in")
        .await
        .expect(403)
        .see("团的领导机关不能办理转入");
}

#[tokio::test]
async fn gen_06_a_batch_is_confirmed_by_typing_the_name() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let person = kit.member("李演示", 1, &league.branch).await;
    let admin = kit.app.admin("赵演示", &league.college);
    admin
        .get("/console/transfers/batch")
        .await
        .expect(200)
        .see("软件2023级1班团支部");
    let form = format!("/console/transfers/batch?out={}", league.branch.id);
    let (out, into, who) = (
        league.branch.id.to_string(),
        league.branch_2.id.to_string(),
        person.to_string(),
    );
    let mut fields = vec![
        ("out", out.as_str()),
        ("in", into.as_str()),
        ("reason", "regroup"),
    ];
    admin
        .submit(&form, "/console/transfers/batch/check", &fields)
        .await
        .expect(422)
        .see("请选择转出团员");
    fields.push(("member", &who));
    admin
        .submit(&form, "/console/transfers/batch/check", &fields)
        .await
        .expect(200)
        .see("1 名团员")
        .see("软件2023级2班团支部");
    fields.push(("confirm", "二班"));
    admin
        .submit(&form, "/console/transfers/batch", &fields)
        .await
        .expect(422)
        .see("没有转接任何人");
    assert_eq!(kit.branch_of(person).await, league.branch.id);
    fields.pop();
    fields.push(("confirm", "软件2023级2班团支部"));
    admin
        .submit(&form, "/console/transfers/batch", &fields)
        .await
        .expect(303);
    assert_eq!(kit.branch_of(person).await, league.branch_2.id);
    kit.app
        .admin("钱演示", &league.branch)
        .get("/console/transfers/batch")
        .await
        .expect(403)
        .see("团支部不能批量转接");
}

#[tokio::test]
async fn trf_27_the_reviewer_sees_record_certification_reason_returns_contacts_and_what_then() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let first = kit.applied().await;
    kit.send_back(
        kit.admin(&league.branch),
        &first,
        "mismatch",
        "去向写错了",
        false,
    )
    .await
    .unwrap();
    let me = kit.me(first.person, "李演示", &league.branch);
    let again = kit
        .start(me, Kind::Member, first.person, &league.workshop, job())
        .await
        .unwrap();
    let key = super::kit::key(&again);
    let case = format!("/console/cases/{}/{}", key.subject, key.case);
    let page = kit
        .app
        .admin("赵演示", &league.branch)
        .get(&case)
        .await
        .expect(200);
    for text in [
        "999****",
        "2019年5月",
        "不需要团员身份认证",
        "就业（单位有团组织）",
        "青禾市云栖路1号",
        "被退回过 1 次",
        "去向写错了",
        "未登记电话",
        "剩 15 天",
        "10月3日 24:00",
        "系统自动通过",
        "去向不符",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(
        !page.has("已在外地落实工作"),
        "a ground of temporary branches only"
    );
    let early = kit
        .app
        .admin("赵演示", &league.workshop)
        .get(&case)
        .await
        .expect(200);
    assert!(!early.has("999****"), "not its turn yet (TRF-122)");
}

#[tokio::test]
async fn trf_26_a_decision_in_the_inbox_moves_the_transfer() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let transfer = kit.applied().await;
    let key = super::kit::key(&transfer);
    let branch = kit.app.admin("赵演示", &league.branch);
    branch
        .get("/console/transfers")
        .await
        .expect(200)
        .see("/console/inbox?kind=%E8%BD%AC%E5%87%BA");
    branch
        .get("/console/inbox?kind=转出待审核")
        .await
        .expect(200)
        .see("李演示");
    let record = format!("/console/transfers/{}/{}", transfer.person, transfer.id);
    let case = format!("/console/cases/{}/{}", key.subject, key.case);
    branch
        .get(&record)
        .await
        .expect(200)
        .see(&case)
        .see("去审核");
    branch
        .submit(
            &case,
            &format!("{case}/decide"),
            &[("step_no", "1"), ("do", "pass")],
        )
        .await
        .expect(303);
    assert_eq!(kit.now(&transfer).await.step, crate::rules::Step::In);
    assert!(!branch.get(&record).await.expect(200).has("去审核"));
}
