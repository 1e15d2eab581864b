//! 报到核对 and 无法注册登记 (ACC-47).

use super::kit;

const HERE: &str = "/console/arrivals";

#[tokio::test]
async fn acc_47_a_list_is_compared_with_the_branch() {
    let app = kit::app_of("beijing").await;
    let branch = app.league.branch.clone();
    for (name, serial) in [("冯演示", 91), ("蒋演示", 92)] {
        let number = kit::id_number("20040520", serial);
        kit::person(&app, name, &number, None, Some(&branch)).await;
    }
    let desk = app.admin("王样本", &branch);
    let check = async |names: &str, number: &str| {
        let fields = [("go", "check"), ("names", names), ("number", number)];
        desk.submit(HERE, HERE, &fields).await
    };
    check("冯演示\n陈演示\n陈演示", "")
        .await
        .expect(200)
        .see("应到 3 人，已到 2 人。")
        .see("还没到 1 人")
        .see("陈演示（名单2次，已到0人）")
        .see("名单之外 1 人");
    check("", "2").await.expect(200).see("全部到齐");
    check("", "两个")
        .await
        .expect(422)
        .see("请粘贴应到名单，或填写应到人数");
    let many = "某某\n".repeat(2_001);
    check(&many, "")
        .await
        .expect(422)
        .see("一次最多核对2000人，现有2001人");
}

#[tokio::test]
async fn acc_47_who_cannot_register_is_collected_passed_on_and_answered() {
    let app = kit::app_of("beijing").await;
    let league = app.league.clone();
    let (branch, college, university) = (
        app.admin("王样本", &league.branch),
        app.admin("李样本", &league.college),
        app.admin("周样本", &league.university),
    );
    let note = async |reason: &str| {
        let fields = [("go", "note"), ("name", "冯演示"), ("reason", reason)];
        branch.submit(HERE, HERE, &fields).await
    };
    note("不行").await.expect(422).see("至少5个字");
    note("提示证件号已被使用，申诉未通过").await.expect(303);
    branch.get(HERE).await.expect(200).see("待上级处理");
    let told = kit::messages_to(&app, &league.college).await.join("");
    assert!(told.contains("有人无法注册"), "{told}");
    university.get(HERE).await.expect(200).see("没有登记");
    let listed = college.get(HERE).await.expect(200).see("冯演示");
    let value = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let (_, rest) = listed.body.split_once(&mark).expect("a field");
        rest.chars().take(36).collect::<String>()
    };
    let (of, id) = (value("branch"), value("id"));
    let act = |go: &'static str, answer: &'static str| {
        [
            ("go", go),
            ("branch", of.as_str()),
            ("id", id.as_str()),
            ("answer", answer),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
    };
    let send = async |desk: &testkit::Client, fields: &[(String, String); 4]| {
        let fields = fields.each_ref().map(|(n, v)| (n.as_str(), v.as_str()));
        desk.submit(HERE, HERE, &fields).await
    };
    // Not on its desk yet.
    send(&university, &act("answer", "请重新申诉一次"))
        .await
        .expect(403);
    send(&college, &act("pass_on", "")).await.expect(303);
    branch.get(HERE).await.expect(200).see("已转报上级");
    send(&college, &act("answer", "请重新申诉一次"))
        .await
        .expect(403);
    send(&university, &act("answer", "好的"))
        .await
        .expect(422)
        .see("至少5个字");
    send(&university, &act("answer", "请重新申诉一次"))
        .await
        .expect(303);
    send(&university, &act("answer", "再说一遍也可以"))
        .await
        .expect(409);
    branch
        .get(HERE)
        .await
        .expect(200)
        .see("已答复")
        .see("海棠理工大学团委：请重新申诉一次");
}
