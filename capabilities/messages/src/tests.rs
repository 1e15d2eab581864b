use crate::{Note, Receiver};
use access::{Actor, Role};
use base::PersonId;
use testkit::{Setup, TestApp, signed_in};
use uuid::Uuid;

async fn app() -> TestApp {
    TestApp::new(Setup {
        routes: crate::routes(),
        ..Setup::default()
    })
    .await
}

fn note(title: &str, about: Option<u128>) -> Note {
    Note {
        kind: "approval",
        title: title.into(),
        body: format!("{title}的内容"),
        jump: Some("/console/inbox".into()),
        about: about.map(Uuid::from_u128),
    }
}

async fn told(app: &TestApp, receiver: Receiver, note: Note) {
    let mut tx = app.db.begin(Actor::system("test")).await.unwrap();
    crate::tell(&mut tx, receiver, note).await.unwrap();
    tx.commit_housekeeping().await.unwrap();
}

async fn unread(app: &TestApp, receiver: Receiver) -> i64 {
    let mut conn = app.db.read().await.unwrap();
    crate::unread(&mut conn, &[receiver]).await.unwrap()
}

#[tokio::test]
async fn com_03_the_message_reaches_administrators_and_operators_and_nobody_else() {
    let app = app().await;
    let org = Receiver::Org(app.league.branch.id);
    told(&app, org, note("有新的转入申请", None)).await;
    let operator = app.client(signed_in("王样本", Role::Operator, &app.league.branch));
    operator
        .get("/messages")
        .await
        .expect(200)
        .see("有新的转入申请");
    let cadre = app.client(signed_in("郑例", Role::Cadre, &app.league.branch));
    assert!(
        !cadre
            .get("/messages")
            .await
            .expect(200)
            .has("有新的转入申请")
    );
    let other = app.admin("赵演示", &app.league.college);
    assert!(
        !other
            .get("/messages")
            .await
            .expect(200)
            .has("有新的转入申请")
    );
    assert!(
        app.guest()
            .get("/messages")
            .await
            .expect(303)
            .location
            .starts_with("/login")
    );
}

#[tokio::test]
async fn com_06_messages_about_one_object_merge_within_ten_minutes() {
    let app = app().await;
    let org = Receiver::Org(app.league.branch.id);
    told(&app, org, note("第一条", Some(1))).await;
    told(&app, org, note("另一件", Some(2))).await;
    app.move_to("2026-09-18 10:09");
    told(&app, org, note("第二条", Some(1))).await;
    assert_eq!(unread(&app, org).await, 2);
    let page = app
        .admin("孙样例", &app.league.branch)
        .get("/messages")
        .await
        .expect(200);
    let page = page.see("第二条").see("合并 2 条").see("第一条的内容");
    assert!(!page.has("<b>第一条</b>"));
    app.move_to("2026-09-18 10:19");
    told(&app, org, note("第三条", Some(1))).await;
    assert_eq!(
        unread(&app, org).await,
        3,
        "ten minutes later it is a new one"
    );
}

#[tokio::test]
async fn com_07_all_read_marks_what_is_listed_but_not_what_asks_to_be_confirmed() {
    let app = app().await;
    let org = Receiver::Org(app.league.branch.id);
    told(&app, org, note("普通", None)).await;
    told(
        &app,
        org,
        Note {
            kind: "import",
            ..note("导入完成", None)
        },
    )
    .await;
    let mut tx = app.db.begin(Actor::system("test")).await.unwrap();
    crate::tell_to_confirm(&mut tx, org, note("请知晓", None))
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    let branch = app.admin("孙样例", &app.league.branch);
    let page = branch.get("/messages?kind=import").await.expect(200);
    assert!(!page.has("普通") && page.has("导入完成"));
    let key = page.key();
    let until = page
        .body
        .split("name=\"until\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#43;", "+");
    // A message that comes after the page was shown stays unread.
    app.move_to("2026-09-18 10:30");
    told(
        &app,
        org,
        Note {
            kind: "import",
            ..note("刚到的", None)
        },
    )
    .await;
    branch
        .post(
            "/messages/read-all",
            &[("_key", &key), ("kind", "import"), ("until", &until)],
        )
        .await
        .expect(303);
    assert_eq!(unread(&app, org).await, 3);
    branch
        .submit("/messages", "/messages/read-all", &[])
        .await
        .expect(303);
    assert_eq!(unread(&app, org).await, 1);
    let page = branch
        .get("/messages?unread=1")
        .await
        .expect(200)
        .see("我已知晓")
        .see("请知晓");
    let id = page
        .body
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let answer = branch
        .submit("/messages", "/messages/read", &[("id", &id), ("go", "1")])
        .await
        .expect(303);
    assert_eq!(
        (answer.location.as_str(), unread(&app, org).await),
        ("/console/inbox", 0)
    );
    branch
        .get("/messages?unread=1")
        .await
        .expect(200)
        .see("没有符合条件的消息");
}

#[tokio::test]
async fn sec_12_nobody_reads_or_marks_messages_of_others() {
    let app = app().await;
    let me = PersonId(Uuid::from_u128(5));
    told(&app, Receiver::Person(me), note("您的申请已通过", None)).await;
    let member = app.member(me, "张测试", &app.league.branch);
    let page = member
        .get("/member/messages")
        .await
        .expect(200)
        .see("您的申请已通过");
    let id = page
        .body
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let other = app.member(PersonId(Uuid::from_u128(6)), "李例", &app.league.branch);
    other
        .get("/member/messages")
        .await
        .expect(200)
        .see("还没有消息");
    told(
        &app,
        Receiver::Person(PersonId(Uuid::from_u128(6))),
        note("给李例", None),
    )
    .await;
    let answer = other
        .submit("/member/messages", "/member/messages/read", &[("id", &id)])
        .await
        .expect(403);
    assert!(answer.has("该对象不存在或不在您的管理范围内"));
    assert_eq!(unread(&app, Receiver::Person(me)).await, 1);
    let answer = member
        .submit("/member/messages", "/member/messages/read", &[("id", &id)])
        .await
        .expect(303);
    assert_eq!(
        (
            answer.location.as_str(),
            unread(&app, Receiver::Person(me)).await
        ),
        ("/member/messages", 0)
    );
}
