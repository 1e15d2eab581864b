//! Deputies for a limited time (ACC-B5).

use super::kit::{self, ADMIN_PASSWORD};
use access::{OrgRef, Permission};
use base::PersonId;
use people::Nature;
use testkit::{Answer, Client, TestApp};

const HERE: &str = "/console/deputies";
/// A page everybody opens, for the key of a form.
const RIGHTS: &str = "/account";

/// A cadre of the college with an account, signed in.
pub(super) async fn cadre(app: &TestApp, name: &str, serial: u32) -> (PersonId, String) {
    let number = kit::id_number("19980910", serial);
    let person = kit::account(app, name, &number, ADMIN_PASSWORD, None).await;
    let mut tx = kit::begin(app).await;
    let org = orgs::find(&mut tx, app.league.college.id)
        .await
        .unwrap()
        .unwrap();
    let title = people::titles(org.category)[2];
    let nature = Nature::PartTime;
    people::appoint(&mut tx, person, &org, title, nature, false, "选举")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (person, number.reveal().to_owned())
}

async fn name(desk: &Client, person: PersonId, from: &str, to: &str, functions: &[&str]) -> Answer {
    let id = person.to_string();
    let mut fields = vec![
        ("what", "name"),
        ("person", id.as_str()),
        ("from", from),
        ("to", to),
    ];
    fields.extend(functions.iter().map(|code| ("functions", *code)));
    desk.submit(HERE, HERE, &fields).await
}

/// A member of a branch below the college whose password can be reset.
async fn member(app: &TestApp, serial: u32, branch: &OrgRef) -> String {
    let number = kit::id_number("20050305", serial);
    let person = kit::person(app, "孙演示", &number, None, Some(branch)).await;
    format!("/console/people/{person}/reset")
}

#[tokio::test]
async fn acc_b5_a_deputy_has_the_chosen_functions_signs_for_whom_and_it_ends_by_itself() {
    let app = kit::app().await;
    app.move_to("2026-09-18 09:00");
    let college = app.league.college.clone();
    let desk = kit::admin(&app, "赵演示", 401, &college).await;
    let (person, number) = cadre(&app, "李演示", 402).await;
    let reset = member(&app, 403, &app.league.branch).await;
    let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    let done = name(
        &desk,
        person,
        "2026-09-20",
        "2026-09-21",
        &["ResetPasswords"],
    )
    .await;
    done.expect(303);
    desk.get(HERE)
        .await
        .expect(200)
        .see("未开始")
        .see("2026-09-20至2026-09-21");
    // The day before nothing has begun.
    app.move_to("2026-09-19 23:59");
    let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    app.move_to("2026-09-20 00:00");
    let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    deputy
        .get("/account/rights")
        .await
        .expect(200)
        .see("代理人");
    deputy
        .get(&reset)
        .await
        .expect(200)
        .see("李演示（代〔赵演示〕）");
    deputy
        .submit(RIGHTS, &reset, &[])
        .await
        .expect(200)
        .see("验证码");
    // What was not chosen says who has it; rights are not passed on.
    let batch = deputy
        .submit(
            RIGHTS,
            &format!("/console/codes/{}/issue", app.league.branch.id),
            &[],
        )
        .await;
    batch.expect(403);
    deputy
        .submit(RIGHTS, HERE, &[("what", "name")])
        .await
        .expect(403);
    let place = format!(
        "/account/ask?right=ManageCodes&org={}",
        app.league.branch.id
    );
    let why = deputy.get(&place).await.expect(200);
    why.see("您代〔赵演示〕办理的事项不包括").see("代理人");
    assert_eq!(signers(&app).await, ["李演示（代〔赵演示〕）"]);
    let admin = kit::id_number("19900101", 401);
    let desk = kit::signed_in(&app, admin.reveal(), ADMIN_PASSWORD).await;
    let page = desk.get(HERE).await.expect(200).see("代理中");
    page.see("李演示（代〔赵演示〕）：重置密码验证码");
    // 24:00 of the last day: over, without anybody or any job.
    app.move_to("2026-09-21 23:59");
    let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(200);
    app.move_to("2026-09-22 00:00");
    deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    let desk = kit::signed_in(
        &app,
        kit::id_number("19900101", 401).reveal(),
        ADMIN_PASSWORD,
    )
    .await;
    desk.get(HERE).await.expect(200).see("已结束");
}

#[tokio::test]
async fn acc_b5_only_own_functions_are_lent_to_a_cadre_and_rights_over_rights_never() {
    let app = kit::app().await;
    app.move_to("2026-09-18 09:00");
    let desk = kit::admin(&app, "赵演示", 411, &app.league.college).await;
    let (person, _) = cadre(&app, "李演示", 412).await;
    let (from, to) = ("2026-09-18", "2026-09-30");
    let page = desk.get(HERE).await.expect(200);
    assert!(!page.has(Permission::ChangeAdministrators.code()) && page.has("ResetPasswords"));
    for functions in [
        &["ChangeAdministrators"][..],
        &["ResetPasswords", "ManageGrants"],
        &["ViewSystem"],
    ] {
        let answer = name(&desk, person, from, to, functions).await;
        answer.expect(422).see("只能选择您自己可以办理的事项");
    }
    name(&desk, person, from, to, &[])
        .await
        .expect(422)
        .see("请至少选择一项");
    let stranger = PersonId(uuid::Uuid::from_u128(7));
    let answer = name(&desk, stranger, from, to, &["ResetPasswords"]).await;
    answer.expect(422).see("请从本组织的团干部中选择");
    name(&desk, person, from, to, &["ResetPasswords"])
        .await
        .expect(303);
    let again = name(
        &desk,
        person,
        "2026-09-30",
        "2026-10-02",
        &["ResetPasswords"],
    )
    .await;
    again.expect(422).see("同一时间只能代一人");
    name(
        &desk,
        person,
        "2026-10-01",
        "2026-10-02",
        &["ResetPasswords"],
    )
    .await
    .expect(303);
}

#[tokio::test]
async fn acc_b5_it_ends_at_once_when_ended_when_the_principal_goes_or_the_post_ends() {
    let app = kit::app().await;
    app.move_to("2026-09-18 09:00");
    let college = app.league.college.clone();
    let number = kit::id_number("19900101", 421);
    let principal = kit::account(&app, "赵演示", &number, ADMIN_PASSWORD, Some(&college)).await;
    let desk = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let (person, cadre_number) = cadre(&app, "李演示", 422).await;
    let reset = member(&app, 423, &app.league.branch).await;
    let deputy = kit::signed_in(&app, &cadre_number, ADMIN_PASSWORD).await;
    let give = async || {
        name(
            &desk,
            person,
            "2026-09-18",
            "2026-09-30",
            &["ResetPasswords"],
        )
        .await
        .expect(303)
    };
    give().await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(200);
    let page = desk.get(HERE).await;
    let grant = page.body.split("name=\"grant\" value=\"").nth(1).unwrap();
    let grant = grant.split('"').next().unwrap().to_owned();
    let fields = [("what", "end"), ("grant", grant.as_str())];
    desk.submit(HERE, HERE, &fields).await.expect(303);
    deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    desk.submit(HERE, HERE, &fields)
        .await
        .expect(409)
        .see("已经结束");
    // The post rests: the deputy too.
    give().await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(200);
    let mut tx = kit::begin(&app).await;
    let post = people::posts(&mut tx, person).await.unwrap().remove(0);
    let org = orgs::find(&mut tx, college.id).await.unwrap().unwrap();
    people::end_post(&mut tx, &post, &org).await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(deputy.submit(RIGHTS, &reset, &[]).await.status, 200);
    // The principal goes: whoever acts in this place too.
    let (other, other_number) = cadre(&app, "周演示", 424).await;
    name(
        &desk,
        other,
        "2026-09-18",
        "2026-09-30",
        &["ResetPasswords"],
    )
    .await
    .expect(303);
    let deputy = kit::signed_in(&app, &other_number, ADMIN_PASSWORD).await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(200);
    let mut tx = kit::begin(&app).await;
    crate::disable(&mut tx, principal, "调离本单位")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    let told = kit::messages_for(&app, other.0).await;
    assert!(told.iter().any(|m| m.contains("提前结束")), "{told:?}");
}

#[tokio::test]
async fn acc_b5_a_deputy_makes_no_code_with_which_to_sign_in_as_an_administrator() {
    let app = kit::app().await;
    let (college, below) = (app.league.college.clone(), app.league.branch_2.clone());
    let desk = kit::admin(&app, "赵演示", 431, &college).await;
    let (person, number) = cadre(&app, "李演示", 432).await;
    let (from, to) = ("2026-09-18", "2026-09-30");
    name(&desk, person, from, to, &["ResetPasswords"])
        .await
        .expect(303);
    let holder = kit::id_number("19900101", 433);
    let holder = kit::account(&app, "钱演示", &holder, ADMIN_PASSWORD, Some(&below)).await;
    let place = format!("/console/people/{holder}/reset");
    let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
    deputy
        .submit(RIGHTS, &place, &[])
        .await
        .expect(403)
        .see("代理人不能为管理员");
    desk.submit(&place, &place, &[]).await.expect(200);
    // Codes that make somebody administrator are not lent at all.
    let refused = name(&desk, person, from, to, &["ManageCodes"]).await;
    refused.expect(422);
}

#[tokio::test]
async fn acc_b8_who_acts_for_somebody_nobody_confirmed_acts_no_longer() {
    let app = kit::app().await;
    app.move_to("2025-09-18 09:00");
    let college = app.league.college.clone();
    let number = kit::id_number("19900101", 441);
    let principal = kit::account(&app, "赵演示", &number, ADMIN_PASSWORD, Some(&college)).await;
    app.move_to("2026-09-17 09:00");
    let mut tx = kit::begin(&app).await;
    let privacy = kit::policy("national").privacy_version;
    crate::set_password(&mut tx, principal, ADMIN_PASSWORD, &privacy)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let desk = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let (person, cadre_number) = cadre(&app, "李演示", 442).await;
    let reset = member(&app, 443, &app.league.branch).await;
    let (from, to) = ("2026-09-17", "2026-11-30");
    name(&desk, person, from, to, &["ResetPasswords"])
        .await
        .expect(303);
    app.move_to("2026-09-18 04:20");
    crate::actions::review::night(&app.db).await.unwrap();
    // One named while the review is open has no more either.
    let desk = kit::signed_in(&app, number.reveal(), ADMIN_PASSWORD).await;
    let (late, late_number) = cadre(&app, "周演示", 444).await;
    name(&desk, late, "2026-09-18", to, &["ResetPasswords"])
        .await
        .expect(303);
    // The last minute of the thirtieth day, and the first of the next.
    for (moment, status) in [("2026-10-18 23:59", 200), ("2026-10-19 00:00", 403)] {
        app.move_to(moment);
        for number in [&cadre_number, &late_number] {
            let deputy = kit::signed_in(&app, number, ADMIN_PASSWORD).await;
            deputy.submit(RIGHTS, &reset, &[]).await.expect(status);
        }
    }
    // Confirmed, the principal acts again and so do they.
    let mut tx = kit::begin(&app).await;
    let rows = crate::store::review::of_org(&mut tx, college.id)
        .await
        .unwrap();
    let row = rows
        .iter()
        .find(|row| row.account_id == principal.0)
        .unwrap();
    crate::store::review::confirm(&mut tx, college.id, row.grant_id)
        .await
        .unwrap();
    tx.commit_housekeeping().await.unwrap();
    let deputy = kit::signed_in(&app, &cadre_number, ADMIN_PASSWORD).await;
    deputy.submit(RIGHTS, &reset, &[]).await.expect(200);
}

#[tokio::test]
async fn acc_68_a_stopped_account_is_nobodys_deputy_either() {
    let app = kit::app().await;
    app.move_to("2026-09-18 09:00");
    let desk = kit::admin(&app, "赵演示", 451, &app.league.college).await;
    let (person, number) = cadre(&app, "李演示", 452).await;
    let reset = member(&app, 453, &app.league.branch).await;
    for (from, to) in [("2026-09-18", "2026-09-30"), ("2026-10-08", "2026-10-10")] {
        name(&desk, person, from, to, &["ResetPasswords"])
            .await
            .expect(303);
    }
    let mut tx = kit::begin(&app).await;
    crate::disable(&mut tx, person, "核实中，暂停")
        .await
        .unwrap();
    crate::activate(&mut tx, person).await.unwrap();
    tx.commit().await.unwrap();
    for moment in ["2026-09-18 09:01", "2026-10-08 09:00"] {
        app.move_to(moment);
        let deputy = kit::signed_in(&app, &number, ADMIN_PASSWORD).await;
        deputy.submit(RIGHTS, &reset, &[]).await.expect(403);
    }
}

/// Whose names stand under the reset codes in the audit.
async fn signers(app: &TestApp) -> Vec<String> {
    let mut reader = app.db.read().await.unwrap();
    sqlx::query_scalar!(
        "select actor_name from audit_log where action like 'reset_code.%' order by at, seq"
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap()
}
