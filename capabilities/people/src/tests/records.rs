//! Members who become cadres, whom an organisation has to enter, the single form.

use super::kit::{app, app_with, enter, input, member, policy_of};
use testkit::TestApp;

const NEW: &str = "/console/cadres/new";

async fn guangdong() -> TestApp {
    let policy = policy_of(include_str!("../../../../profiles/guangdong.toml"));
    app_with(policy, crate::Departures::default()).await
}

#[tokio::test]
async fn ros_45_a_member_is_made_a_cadre_out_of_the_own_record_with_nothing_typed_again() {
    let app = guangdong().await;
    let branch = &app.league.branch;
    let person = enter(&app, branch, member("李演示", 1)).await.unwrap();
    let admin = app.admin("钱演示", branch);
    let form = format!("{NEW}?person={person}");
    admin
        .get(&format!("/console/members/{person}"))
        .await
        .see("转为团干")
        .see(&form);
    let page = admin.get(&form).await.expect(200);
    assert!(page.has("李演示") && page.has("沿用团员资料") && page.has("999****"));
    let typed = input("李演示", 1);
    assert!(!page.has(&typed.id_number) && !page.has("name=\"id_number\""));
    let who = person.to_string();
    admin
        .submit(&form, NEW, &[("person", &who)])
        .await
        .expect(422)
        .see("职务未选择")
        .see("沿用团员资料");
    admin
        .submit(&form, NEW, &[("person", &who), ("title", "书记")])
        .await
        .expect(422)
        .see("变更团支部书记请联系上级团组织管理员。");
    let post = [("person", who.as_str()), ("title", "宣传委员")];
    admin.submit(&form, NEW, &post).await.expect(303);
    admin
        .get("/console/cadres")
        .await
        .see("李演示")
        .see("宣传委员")
        .see("100****0001");
    let mut r = app.db.read().await.unwrap();
    let counts = crate::counts(&mut r, branch.id).await.unwrap();
    assert_eq!((counts.members, counts.cadres, counts.persons), (1, 1, 1));
    drop(r);
    // Of another branch: that branch's own, and of nobody outside the scope anything is told.
    let other = enter(&app, &app.league.branch_2, member("王演示", 2))
        .await
        .unwrap();
    admin
        .get(&format!("{NEW}?person={other}"))
        .await
        .expect(403);
    let college = app.admin("赵演示", &app.league.college);
    college
        .get(&format!("{NEW}?person={other}"))
        .await
        .expect(409)
        .see("其他组织的人员请填姓名和身份证号录入");
}

#[tokio::test]
async fn ros_43_guangdong_says_whom_an_organisation_has_to_enter_and_lets_a_branch_enter_others() {
    let app = guangdong().await;
    let league = &app.league;
    for (org, words) in [
        (&league.city, "本级委员会成员和机关工作人员都要录入"),
        (&league.college, "本级委员会成员和机关工作人员都要录入"),
        (&league.street, "本级委员会成员和机关工作人员都要录入"),
        (&league.general, "团总支委员会成员都要录入"),
        (&league.branch, "团支部只须录入书记，其他支部委员可以不录"),
    ] {
        app.admin("赵演示", org)
            .get(NEW)
            .await
            .expect(200)
            .see(words);
    }
    let typed = input("李演示", 1);
    let other = [
        ("name", "李演示"),
        ("id_number", typed.id_number.as_str()),
        ("ethnic", "汉族"),
        ("political", "群众"),
        ("education", "大学本科"),
        ("phone", &typed.phone),
        ("title", "学习委员"),
    ];
    let branch = app.admin("钱演示", &league.branch);
    branch.submit(NEW, NEW, &other).await.expect(303);
    branch.get("/console/cadres").await.see("学习委员");
    let national = super::kit::app().await;
    let desk = national.admin("钱演示", &national.league.branch);
    assert!(!desk.get(NEW).await.expect(200).has("录入范围"));
}

#[tokio::test]
async fn ros_02_the_single_form_marks_what_is_required_and_no_post_means_plain_member() {
    let app = app().await;
    let admin = app.admin("钱演示", &app.league.branch);
    let place = "/console/members/new";
    let form = admin.get(place).await.expect(200);
    for label in [
        "姓名",
        "身份证号码",
        "民族",
        "政治面貌",
        "最高学历",
        "入团年月",
        "手机号码",
    ] {
        let marked = form.body.split("form-label").any(|part| {
            part.starts_with(" required") && part.split("</label>").next().unwrap().contains(label)
        });
        assert!(marked, "{label}: {}", form.body);
    }
    assert!(form.has("职务（普通团员不填）") && form.has("无职务"));
    let submit = async |typed: &crate::MemberInput, title: &str| {
        let fields = [
            ("name", typed.name.as_str()),
            ("id_number", &typed.id_number),
            ("ethnic", &typed.ethnic),
            ("political", &typed.political),
            ("education", &typed.education),
            ("admitted_on", &typed.admitted_on),
            ("admission_number", &typed.admission_number),
            ("phone", &typed.phone),
            ("title", title),
        ];
        admin.submit(place, place, &fields).await.expect(303);
        let mut r = app.db.read().await.unwrap();
        let counts = crate::counts(&mut r, app.league.branch.id).await.unwrap();
        (counts.members, counts.cadres)
    };
    assert_eq!(submit(&input("李演示", 1), "").await, (1, 0));
    assert_eq!(submit(&input("王演示", 2), "学习委员").await, (2, 1));
    // A committee has cadres only and is led to their form.
    let committee = app.admin("赵演示", &app.league.university);
    committee.get(place).await.expect(403).see("没有直属团支部");
    committee.get(NEW).await.expect(200).see("录入本级团干部");
}

#[tokio::test]
async fn ros_62_other_wrong_data_are_set_right_in_place_by_the_branch_or_its_direct_superior() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let place = format!("/console/members/{person}/edit");
    let typed = input("李演示", 1);
    let fields = |version: &'static str, ethnic: &'static str, month: &'static str| {
        vec![
            ("version", version),
            // Sent along by hand: what only the province changes stays as it is.
            ("name", "换名字"),
            ("id_number", "999001200405200999"),
            ("ethnic", ethnic),
            ("political", "03"),
            ("education", "30"),
            ("admitted_on", month),
            ("admission_number", typed.admission_number.as_str()),
            ("phone", "10000000077"),
        ]
    };
    let branch = app.admin("钱演示", &app.league.branch);
    branch
        .submit(&place, &place, &fields("1", "11", "2019-06"))
        .await
        .expect(303);
    app.admin("赵演示", &app.league.college)
        .submit(&place, &place, &fields("2", "01", "2019-07"))
        .await
        .expect(303);
    let page = branch.get(&format!("/console/members/{person}")).await;
    for text in ["李演示", "汉族", "2019年7月", "100****0077", "大学专科"] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    assert!(!page.has("换名字"));
    let mut r = app.db.read().await.unwrap();
    let keys = r.keys.clone();
    let kept = crate::find(&mut r, &keys, person).await.unwrap().unwrap();
    assert_eq!(kept.id_number.reveal(), typed.id_number);
    // The same membership all the time: nothing was deleted and entered anew.
    assert_eq!(crate::memberships(&mut r, person).await.unwrap().len(), 1);
}

#[tokio::test]
async fn ros_46_guangdong_keeps_the_record_of_a_cadre_who_leaves_the_league_until_it_is_deleted() {
    let app = guangdong().await;
    let league = &app.league;
    let branch = &league.branch;
    let who = enter(&app, branch, member("曾演示", 1)).await.unwrap();
    let actor = app.actor("赵演示", access::Role::Administrator, &league.college);
    for org in [branch, &league.college] {
        let mut tx = app.db.begin(actor.clone()).await.unwrap();
        let place = super::kit::org(&app, org).await;
        let part = crate::Nature::PartTime;
        crate::appoint(&mut tx, who, &place, "委员", part, false, "选举")
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let admin = app.admin("钱演示", branch);
    let id = who.to_string();
    let form = format!("/console/filings/new?person={id}");
    admin.get(&form).await.see("团干部记录不变");
    let fields = [
        ("person", id.as_str()),
        ("kind", "resign"),
        ("decided_on", "2026-09-01"),
        ("organ", "支部大会"),
        (
            "reason",
            "本人书面申请退团，支部大会讨论并表决通过，本人知悉决定内容及其后果，材料附后，请上级审核备案。",
        ),
        ("typed_name", "曾演示"),
    ];
    let pdf = b"%PDF-1.7 an invented decision";
    admin
        .upload(&form, "/console/filings/new", &fields, "决定.pdf", pdf)
        .await
        .expect(303);
    let standing = async || {
        let mut r = app.db.read().await.unwrap();
        let open = crate::membership(&mut r, who).await.unwrap().is_some();
        (open, crate::posts(&mut r, who).await.unwrap().len())
    };
    assert_eq!(standing().await, (false, 2), "no member, still a cadre");
    assert!(!admin.get("/console/members").await.has("曾演示"));
    admin.get("/console/cadres").await.see("曾演示").see("委员");
    // Each organisation deletes its own record; the other's stays.
    let state = "/console/cadres/state";
    let remove = [("person", id.as_str()), ("act", "remove")];
    admin
        .submit(&format!("{state}?person={id}"), state, &remove)
        .await
        .expect(303);
    assert_eq!(standing().await, (false, 1));
    // Of a member who stays, deleting the record leaves the membership alone.
    let other = enter(&app, branch, member("贾演示", 2)).await.unwrap();
    let id = other.to_string();
    let post = [("person", id.as_str()), ("title", "宣传委员")];
    admin
        .submit(&format!("{NEW}?person={id}"), NEW, &post)
        .await
        .expect(303);
    let remove = [
        ("person", id.as_str()),
        ("act", "remove"),
        ("confirm", "贾演示"),
    ];
    admin
        .submit(&format!("{state}?person={id}"), state, &remove)
        .await
        .expect(303);
    let mut r = app.db.read().await.unwrap();
    assert!(crate::posts(&mut r, other).await.unwrap().is_empty());
    assert!(crate::membership(&mut r, other).await.unwrap().is_some());
}
