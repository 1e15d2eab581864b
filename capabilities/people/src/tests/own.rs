//! Own data, search, looking at whole numbers, export.

use super::kit::{app, enter, id, input, member};

#[tokio::test]
async fn gen_05_whole_numbers_are_shown_for_a_purpose_for_sixty_seconds_and_the_person_sees_who_looked()
 {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let place = format!("/console/members/{person}/reveal");
    branch
        .submit(&place, &place, &[("purpose", "其他"), ("other", "看看")])
        .await
        .expect(422)
        .see("请选择用途");
    let shown = branch
        .submit(&place, &place, &[("purpose", "核对入团志愿书")])
        .await
        .expect(200);
    assert!(
        shown.has(&id("20040520", 1))
            && shown.has("10000000001")
            && shown.has("显示 60 秒后自动返回")
    );
    let me = app.member(person, "李演示", &app.league.branch);
    me.get("/member/me")
        .await
        .expect(200)
        .see("谁看过我的完整证件号")
        .see("钱演示查看完整证件号和手机号：核对入团志愿书");
    let university = app.admin("孙演示", &app.league.university);
    university
        .get(&place)
        .await
        .expect(403)
        .see("由所在组织或直接上级查看");
    let page = branch
        .get(&format!("/console/members/{person}"))
        .await
        .expect(200);
    assert!(!page.has(&id("20040520", 1)) && !page.has("10000000001"));
}

#[tokio::test]
async fn ros_92_the_export_is_masked_unless_a_purpose_is_given_and_runs_in_the_background() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    enter(&app, &app.league.branch_2, member("王演示", 2))
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    college
        .get("/console/members/export")
        .await
        .expect(200)
        .see("2 人")
        .see("完整名册只能按本级或直属的一个团支部导出");
    let job = college
        .submit(
            "/console/members/export?q=王",
            "/console/members/export",
            &[("q", "王")],
        )
        .await
        .expect(303);
    assert!(job.location.starts_with("/jobs/"));
    assert_eq!(app.settle().await, 1);
    let whole = [("whole", "yes"), ("purpose", "核对档案")];
    college
        .submit("/console/members/export", "/console/members/export", &whole)
        .await
        .expect(403);
    let branch = app.admin("钱演示", &app.league.branch);
    branch
        .submit(
            "/console/members/export",
            "/console/members/export",
            &[("whole", "yes")],
        )
        .await
        .expect(422)
        .see("请写明用途");
    branch
        .submit("/console/members/export", "/console/members/export", &whole)
        .await
        .expect(303);
    assert_eq!(app.settle().await, 1);
    app.move_to("2026-09-18 10:11");
    let late = app.client(web::SignedIn {
        proved_at: app.db.clock.now() - chrono::TimeDelta::minutes(10),
        ..testkit::signed_in("钱演示", access::Role::Administrator, &app.league.branch)
    });
    let stale = late
        .submit("/console/members/export", "/console/members/export", &whole)
        .await
        .expect(303);
    assert!(
        stale.location.starts_with("/account/proof?next="),
        "{}",
        stale.location
    );
}

#[tokio::test]
async fn acc_68_a_roster_with_whole_numbers_is_not_given_to_whose_right_ended_before_it_was_made() {
    let app = app().await;
    enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let branch = app.admin("钱演示", &app.league.branch);
    let owner =
        testkit::signed_in("钱演示", access::Role::Administrator, &app.league.branch).account;
    let page = "/console/members/export";
    let whole = [("whole", "yes"), ("purpose", "核对档案")];
    let made = async || {
        let mut reader = app.db.read().await.unwrap();
        let now = reader.now();
        files::owned(&mut reader, owner, now).await.unwrap()
    };
    branch.submit(page, page, &whole).await.expect(303);
    app.settle().await;
    assert_eq!(made().await, 1);
    branch.submit(page, page, &whole).await.expect(303);
    app.end_rights("钱演示");
    app.settle().await;
    assert_eq!(made().await, 1, "none but the first");
    // A name is in no payload: what is put down holds ids and codes.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test reads the table past its room"
    )]
    let named: i64 =
        sqlx::query_scalar("select count(*) from job where payload::text like '%演示%'")
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
    assert_eq!(named, 0);
}

#[tokio::test]
async fn ros_25_28_members_change_their_own_data_at_once_and_see_why_the_rest_is_locked() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let me = app.member(person, "李演示", &app.league.branch);
    me.get("/member/me")
        .await
        .expect(200)
        .see("姓名、性别、身份证号码有误请申请更正，由省级团委修改。")
        .see("999****")
        .see("录入团员信息");
    let typed = input("李演示", 1);
    let fields = |number: &'static str| {
        vec![
            ("version", "1"),
            ("name", "换名字"),
            ("ethnic", typed.ethnic.as_str()),
            ("political", &typed.political),
            ("education", &typed.education),
            ("admitted_on", &typed.admitted_on),
            ("phone", "100****0001"),
            ("admission_number", number),
        ]
    };
    me.submit(
        "/member/me/edit",
        "/member/me/edit",
        &fields("201800000055"),
    )
    .await
    .expect(422)
    .see("编号前四位〔2018〕与入团年份〔2019〕不一致");
    me.submit(
        "/member/me/edit",
        "/member/me/edit",
        &fields("201900000055"),
    )
    .await
    .expect(303);
    me.get("/member/me")
        .await
        .expect(200)
        .see("201900000055")
        .see("李演示")
        .see("修改资料：发展团员编号");
}

#[tokio::test]
async fn ros_26_guangdong_members_do_not_change_admission_and_branch() {
    let guangdong = super::kit::policy_of(include_str!("../../../../profiles/guangdong.toml"));
    for field in ["name", "id_number", "admitted_on", "branch"] {
        assert!(guangdong.is_locked_for_member(field), "{field}");
    }
    assert!(!guangdong.is_locked_for_member("admission_number"));
    assert!(!super::kit::policy().is_locked_for_member("admitted_on"));
}

#[tokio::test]
async fn ros_27_guangdong_political_status_waits_for_the_branch_and_the_rest_holds_at_once() {
    let guangdong = super::kit::policy_of(include_str!("../../../../profiles/guangdong.toml"));
    let app = super::kit::app_with(guangdong, crate::Departures::default()).await;
    let branch = &app.league.branch;
    let person = enter(&app, branch, member("李演示", 1)).await.unwrap();
    let me = app.member(person, "李演示", branch);
    let admin = app.admin("钱演示", branch);
    let typed = input("李演示", 1);
    let submit = async |version: &str, political: &str, party: &str, school: &str| {
        let fields = [
            ("version", version),
            ("ethnic", typed.ethnic.as_str()),
            ("political", political),
            ("education", &typed.education),
            ("admission_number", &typed.admission_number),
            ("party_on", party),
            ("school", school),
        ];
        me.submit("/member/me/edit", "/member/me/edit", &fields)
            .await
    };
    let political = async || {
        let mut r = app.db.read().await.unwrap();
        let keys = r.keys.clone();
        crate::find(&mut r, &keys, person)
            .await
            .unwrap()
            .unwrap()
            .political
    };
    // FLD-21: what would be wrong later is refused now; nothing changed is refused.
    submit("1", "99", "", "").await.expect(422);
    submit("1", "03", "", "")
        .await
        .expect(422)
        .see("没有任何改动");
    submit("1", "02", "2026-06", "青禾大学").await.expect(303);
    me.get("/member/me")
        .await
        .see("修改待团支部审核")
        .see("共青团员 → 中共预备党员")
        .see("青禾大学");
    assert_eq!(political().await.as_deref(), Some("03"));
    // A second submission takes the place of the first; the branch sees one, before and after.
    submit("2", "01", "2026-06", "青禾大学").await.expect(303);
    let link = super::kit::first_case(&admin).await;
    admin
        .get(&link)
        .await
        .expect(200)
        .see("审核通过前，以原资料为准")
        .see("中共党员");
    let decide = format!("{link}/decide");
    admin
        .submit(
            &link,
            &decide,
            &[("do", "return"), ("step_no", "1"), ("code", "other")],
        )
        .await
        .expect(422);
    admin
        .submit(&link, &decide, &[("do", "pass"), ("step_no", "1")])
        .await
        .expect(303);
    assert_eq!(political().await.as_deref(), Some("01"));
    me.get("/member/me").await.see("修改资料：政治面貌");
    // What waits can be taken back.
    submit("3", "03", "", "青禾大学").await.expect(303);
    me.submit("/member/me", "/member/me/withdraw", &[])
        .await
        .expect(303);
    assert!(!me.get("/member/me").await.has("修改待团支部审核"));
    assert_eq!(political().await.as_deref(), Some("01"));
}

#[tokio::test]
async fn acc_b12_a_member_sees_at_once_who_looked_for_which_organisation_when_and_why() {
    let app = app().await;
    let person = enter(&app, &app.league.branch, member("李演示", 2))
        .await
        .unwrap();
    let place = format!("/console/members/{person}/reveal");
    let me = app.member(person, "李演示", &app.league.branch);
    let page = me.get("/member/me").await.expect(200);
    assert!(!page.has("谁看过我的完整证件号"), "nobody has looked");
    for (name, org, purpose) in [
        ("钱演示", &app.league.branch, "核对入团志愿书"),
        ("孙演示", &app.league.college, "档案整理"),
    ] {
        let purposes = [("purpose", "其他"), ("other", purpose)];
        app.admin(name, org)
            .submit(&place, &place, &purposes)
            .await
            .expect(200);
        app.later_by(30);
    }
    let page = me.get("/member/me").await.expect(200);
    let first = "〔软件2023级1班团支部〕组织管理员钱演示查看完整证件号和手机号：核对入团志愿书";
    let second = "〔信息学院团委〕组织管理员孙演示查看完整证件号和手机号：档案整理";
    let at = |text: &str| page.body.find(text).expect(text);
    assert!(at(second) < at(first), "the newest first");
}

#[tokio::test]
async fn fld_21_the_band_of_income_waits_for_the_branch_and_is_asked_in_guangdong_only() {
    let guangdong = super::kit::policy_of(include_str!("../../../../profiles/guangdong.toml"));
    let app = super::kit::app_with(guangdong, crate::Departures::default()).await;
    let branch = &app.league.branch;
    let person = enter(&app, branch, member("李演示", 1)).await.unwrap();
    let me = app.member(person, "李演示", branch);
    let typed = input("李演示", 1);
    let submit = async |income: &str| {
        let fields = [
            ("version", "1"),
            ("ethnic", typed.ethnic.as_str()),
            ("political", &typed.political),
            ("education", &typed.education),
            ("admission_number", &typed.admission_number),
            ("income", income),
        ];
        me.submit("/member/me/edit", "/member/me/edit", &fields)
            .await
    };
    let band = async || {
        let mut r = app.db.read().await.unwrap();
        let keys = r.keys.clone();
        crate::find(&mut r, &keys, person)
            .await
            .unwrap()
            .unwrap()
            .income
    };
    submit("b9").await.expect(422);
    submit("b2").await.expect(303);
    me.get("/member/me")
        .await
        .see("修改待团支部审核")
        .see("空值 → 2000元至5000元");
    assert_eq!(band().await, None, "until then the old value rules");
    let admin = app.admin("钱演示", branch);
    let link = super::kit::first_case(&admin).await;
    admin
        .submit(
            &link,
            &format!("{link}/decide"),
            &[("do", "pass"), ("step_no", "1")],
        )
        .await
        .expect(303);
    assert_eq!(band().await.as_deref(), Some("b2"));
    // Its copy in the roster is what the statistics count (FLD-82).
    #[expect(clippy::disallowed_methods, reason = "a look at the copy")]
    let copy: Option<String> = sqlx::query_scalar("select income from roster where person_id = $1")
        .bind(person.0)
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(copy.as_deref(), Some("b2"));
    let national = super::kit::app().await;
    let other = enter(&national, &national.league.branch, member("王演示", 2))
        .await
        .unwrap();
    let page = national
        .member(other, "王演示", &national.league.branch)
        .get("/member/me/edit")
        .await
        .expect(200);
    assert!(!page.has("name=\"income\""));
}

#[tokio::test]
async fn ros_91_exact_name_and_number_outside_the_subtree_answer_organisation_and_state_only() {
    let app = app().await;
    let here = enter(&app, &app.league.branch, member("李演示", 1))
        .await
        .unwrap();
    let away = enter(&app, &app.league.workshop, member("王演示", 2))
        .await
        .unwrap();
    let college = app.admin("赵演示", &app.league.college);
    let find = async |q: &str| {
        let sent = [("q", q)];
        college
            .submit("/console/members", "/console/members", &sent)
            .await
    };
    let (one, two) = (id("20040520", 1), id("20040520", 2));
    // Within: the row, however the number is typed; no address ever holds it.
    for q in [one.clone(), format!("李演示 {one}")] {
        let page = find(&q).await.expect(200).see("李演示").see("共 1 人");
        assert!(!page.has(&one) && !page.has("不在您的管理范围"), "{q}");
    }
    let page = find(&format!("王演示　{two}")).await.expect(200);
    assert!(
        page.has("不在您的管理范围：</b>在〔青禾制造公司总装车间团支部〕，正常"),
        "{}",
        page.body
    );
    // Organisation and state, and nothing that leads further.
    for hidden in [
        two.as_str(),
        "100****0002",
        "201900000002",
        away.to_string().as_str(),
    ] {
        assert!(!page.has(hidden), "{hidden}");
    }
    college
        .get(&format!("/console/members/{away}"))
        .await
        .expect(403);
    // Number alone, another name, nobody's number: no answer.
    for q in [
        two.clone(),
        format!("王演 {two}"),
        format!("王演示 {}", id("20040520", 3)),
    ] {
        let page = find(&q).await.expect(200);
        assert!(!page.has("不在您的管理范围"), "{q}");
    }
    // Mistyped by one sign it finds nobody, and is kept out of the address all the same.
    let mut wrong = two.clone();
    wrong.replace_range(17.., if two.ends_with('1') { "2" } else { "1" });
    for q in [wrong.clone(), format!("王演示 {wrong}")] {
        let page = find(&q).await.expect(200);
        assert!(page.has("没有符合条件的团员") && !page.has(&wrong), "{q}");
    }
    #[expect(clippy::disallowed_methods, reason = "a look at the audit")]
    let recorded: Vec<uuid::Uuid> =
        sqlx::query_scalar("select subject_id from audit_log where action = 'person.located'")
            .fetch_all(&app.db.pool)
            .await
            .unwrap();
    assert_eq!(recorded, [away.0], "once for the answer given");
    assert_ne!(here, away);
    // An address made by hand with such a text is led to one without.
    let typed = college
        .get(&format!(
            "/console/members?q={}",
            web::list::encode(&format!("王演示 {two}"))
        ))
        .await
        .expect(303);
    assert!(!typed.location.contains(&two), "{}", typed.location);
}

#[tokio::test]
async fn ros_28_in_every_profile_a_member_corrects_the_own_number_at_any_time() {
    let profiles = [
        include_str!("../../../../profiles/national.toml"),
        include_str!("../../../../profiles/guangdong.toml"),
        include_str!("../../../../profiles/beijing.toml"),
    ];
    for profile in profiles {
        let policy = super::kit::policy_of(profile);
        let app = super::kit::app_with(policy, crate::Departures::default()).await;
        let branch = &app.league.branch;
        let person = enter(&app, branch, member("李演示", 1)).await.unwrap();
        let typed = input("李演示", 1);
        let me = app.member(person, "李演示", branch);
        let fields = |version: &'static str, number: &'static str| {
            vec![
                ("version", version),
                ("ethnic", typed.ethnic.as_str()),
                ("political", &typed.political),
                ("education", &typed.education),
                ("admitted_on", &typed.admitted_on),
                ("phone", &typed.phone),
                ("admission_number", number),
            ]
        };
        let edit = "/member/me/edit";
        me.submit(edit, edit, &fields("1", "20190000123"))
            .await
            .expect(422)
            .see("编号应为12位，现为〔11〕位");
        // Years after the entry, and once more: nobody has to be asked.
        app.move_to("2029-09-18 10:00");
        for (version, number) in [("1", "201900000123"), ("2", "201900000124")] {
            me.submit(edit, edit, &fields(version, number))
                .await
                .expect(303);
            me.get("/member/me").await.see(number);
            let admin = app.admin("钱演示", branch);
            admin
                .get(&format!("/console/members/{person}"))
                .await
                .see(number);
        }
    }
}
