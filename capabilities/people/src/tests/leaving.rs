//! Leaving at 28, what holds it, and restoring, as the night and the pages do it.

use super::kit::{app, app_with, enter, id, input, org, policy_of};
use crate::jobs::leave28_batch;
use crate::{Departure, Departures, Gone, How, MembershipState, Nature, NewMember, Policy};
use access::{OrgRef, Role};
use base::{OrgCategory, PersonId, Result, business_date};
use futures::future::BoxFuture;
use sqlx::PgConnection;
use std::sync::{Arc, Mutex};
use testkit::TestApp;

/// Somebody born on this day, admitted with fourteen.
fn born(name: &str, day: &str, n: u32) -> NewMember {
    let year: i32 = day[..4].parse().expect("a year");
    let typed = crate::MemberInput {
        id_number: id(day, n),
        admitted_on: format!("{}-12", year + 14),
        admission_number: String::new(),
        ..input(name, n)
    };
    crate::check(
        &typed,
        &super::kit::policy(),
        &super::kit::around(crate::Demand::Member, OrgCategory::Branch),
    )
    .expect("a good record")
}

fn guangdong() -> Policy {
    policy_of(include_str!("../../../../profiles/guangdong.toml"))
}

/// A capability with arrears, which notes who left.
#[derive(Default)]
struct Dues {
    owing: Mutex<Vec<PersonId>>,
    ended: Mutex<Vec<Gone>>,
    restored: Mutex<Vec<PersonId>>,
}

impl Departure for Dues {
    fn holds<'a>(
        &'a self,
        _: &'a mut PgConnection,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<(PersonId, String)>>> {
        let owing = self.owing.lock().unwrap();
        let found = people.iter().filter(|p| owing.contains(p));
        let found = found.map(|p| (*p, "欠缴团费6.00元".to_owned())).collect();
        Box::pin(async move { Ok(found) })
    }

    fn ended<'a>(&'a self, _: &'a mut db::Tx, gone: &'a [Gone]) -> BoxFuture<'a, Result<()>> {
        self.ended.lock().unwrap().extend(gone);
        Box::pin(async { Ok(()) })
    }

    fn restored<'a>(&'a self, _: &'a mut db::Tx, person: PersonId) -> BoxFuture<'a, Result<()>> {
        self.restored.lock().unwrap().push(person);
        Box::pin(async { Ok(()) })
    }
}

async fn guangdong_app() -> (TestApp, Arc<Dues>) {
    let dues = Arc::new(Dues::default());
    let app = app_with(guangdong(), Departures(vec![dues.clone()])).await;
    // The schedules begin with their first tick.
    app.settle().await;
    (app, dues)
}

async fn last(app: &TestApp, person: PersonId) -> crate::Membership {
    let mut r = app.db.read().await.unwrap();
    crate::memberships(&mut r, person).await.unwrap().remove(0)
}

async fn night(app: &TestApp, china: &str) {
    app.move_to(china);
    app.settle().await;
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().expect("a day")
}

#[tokio::test]
async fn ros_75_78_guangdong_the_night_of_the_birthday_ends_the_membership_with_all_effects() {
    let (app, dues) = guangdong_app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, born("曾演示", "19981010", 1))
        .await
        .unwrap();
    let later = enter(&app, branch, born("贾演示", "19981011", 2))
        .await
        .unwrap();
    night(&app, "2026-10-09 09:00").await;
    assert_eq!(last(&app, who).await.state, MembershipState::Normal);
    night(&app, "2026-10-10 00:31").await;
    let ended = last(&app, who).await;
    assert_eq!(
        (ended.state, ended.until),
        (MembershipState::LeftAt28, Some(day("2026-10-10")))
    );
    assert_eq!(last(&app, later).await.state, MembershipState::Normal);
    assert_eq!(dues.ended.lock().unwrap().len(), 1, "told to others once");
    let mut r = app.db.read().await.unwrap();
    assert_eq!(crate::counts(&mut r, branch.id).await.unwrap().members, 1);
    let own = messages::latest(&mut r, &[messages::Receiver::Person(who)], 5)
        .await
        .unwrap();
    assert!(own.iter().any(|m| m.title == "您已满28周岁离团"));
    drop(r);
    let admin = app.admin("钱演示", branch);
    admin
        .get("/console/leaving?view=left")
        .await
        .expect(200)
        .see("曾演示")
        .see("2026-10-10")
        .see("恢复团籍");
    assert!(!admin.get("/console/members").await.has("曾演示"));
    // The former member reads and prints, and changes nothing.
    let own = app.member(who, "曾演示", branch);
    own.get("/member/certificate")
        .await
        .expect(200)
        .see("满28岁离团")
        .see("13 年 10 个月");
    own.get("/member/me")
        .await
        .expect(200)
        .see("已离团，无法修改");
}

#[tokio::test]
async fn ros_76_arrears_hold_the_leaving_until_the_night_after_payment() {
    let (app, dues) = guangdong_app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, born("曾演示", "19981010", 1))
        .await
        .unwrap();
    dues.owing.lock().unwrap().push(who);
    night(&app, "2026-10-10 00:31").await;
    let reminders = async || {
        let mut r = app.db.read().await.unwrap();
        let to = [messages::Receiver::Person(who)];
        let all = messages::latest(&mut r, &to, 50);
        let all = all.await.unwrap();
        all.iter().filter(|m| m.title == "满28岁欠费未离团").count()
    };
    assert_eq!(reminders().await, 1);
    app.admin("钱演示", branch)
        .get("/console/leaving?view=held")
        .await
        .see("曾演示")
        .see("欠缴团费6.00元");
    night(&app, "2026-11-09 00:31").await;
    assert_eq!(reminders().await, 1, "a month is not over");
    night(&app, "2026-11-10 00:31").await;
    assert_eq!(reminders().await, 2);
    assert_eq!(last(&app, who).await.state, MembershipState::Normal);
    dues.owing.lock().unwrap().clear();
    night(&app, "2026-11-11 00:31").await;
    assert_eq!(last(&app, who).await.until, Some(day("2026-11-11")));
}

#[tokio::test]
async fn ros_77_a_secretary_stays_and_leaves_in_the_night_after_the_office_ends() {
    let (app, _) = guangdong_app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, born("曾演示", "19981010", 1))
        .await
        .unwrap();
    let place = org(&app, branch).await;
    let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
    let mut tx = app.db.begin(actor.clone()).await.unwrap();
    crate::appoint(&mut tx, who, &place, "书记", Nature::PartTime, true, "选举")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    night(&app, "2026-10-10 00:31").await;
    app.admin("钱演示", branch)
        .get("/console/leaving?view=office")
        .await
        .see("曾演示")
        .see("书记");
    let mut tx = app.db.begin(actor).await.unwrap();
    let post = crate::posts(&mut tx, who).await.unwrap().remove(0);
    crate::end_post(&mut tx, &post, &place).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(last(&app, who).await.state, MembershipState::Normal);
    night(&app, "2026-10-11 00:31").await;
    assert_eq!(last(&app, who).await.until, Some(day("2026-10-11")));
}

#[tokio::test]
async fn ros_76_national_proposes_the_branch_confirms_and_after_sixty_days_the_superior_may() {
    let app = app().await;
    app.settle().await;
    let branch = app.league.branch.clone();
    let one = enter(&app, &branch, born("曾演示", "19981010", 1))
        .await
        .unwrap();
    let two = enter(&app, &branch, born("贾演示", "19981010", 2))
        .await
        .unwrap();
    night(&app, "2026-10-10 00:31").await;
    assert_eq!(last(&app, one).await.state, MembershipState::Normal);
    let admin = app.admin("钱演示", &branch);
    let college = app.admin("赵演示", &app.league.college);
    admin
        .get("/console/leaving")
        .await
        .expect(200)
        .see("曾演示")
        .see("全部确认离团");
    let pair = format!("{}:{one}", branch.id);
    let tick = [("person", pair.as_str())];
    college
        .submit("/console/leaving", "/console/leaving", &tick)
        .await
        .expect(403)
        .see("由所在团支部确认，超过60天未确认的由直接上级办理");
    admin
        .submit("/console/leaving", "/console/leaving", &[])
        .await
        .expect(422)
        .see("请先勾选");
    admin
        .submit("/console/leaving", "/console/leaving", &tick)
        .await
        .expect(303);
    assert_eq!(last(&app, one).await.state, MembershipState::LeftAt28);
    // Sent from a page opened before: somebody has done it already.
    admin
        .submit("/console/leaving", "/console/leaving", &tick)
        .await
        .expect(409);
    night(&app, "2026-12-08 00:31").await;
    let pair = format!("{}:{two}", branch.id);
    let tick = [("person", pair.as_str())];
    college
        .submit("/console/leaving", "/console/leaving", &tick)
        .await
        .expect(403);
    night(&app, "2026-12-09 00:31").await;
    app.admin("孙演示", &app.league.workshop)
        .submit("/console/leaving", "/console/leaving", &tick)
        .await
        .expect(403)
        .see("不在您的管理范围内");
    college
        .submit("/console/leaving", "/console/leaving", &[("all", "yes")])
        .await
        .expect(303);
    assert_eq!(last(&app, two).await.state, MembershipState::LeftAt28);
}

#[tokio::test]
async fn ros_80_81_restoring_needs_a_branch_a_reason_and_one_exemption_and_the_night_after_it_ends_it()
 {
    let (app, dues) = guangdong_app().await;
    let branch = &app.league.branch;
    let who = enter(&app, branch, born("曾演示", "19981010", 1))
        .await
        .unwrap();
    night(&app, "2026-10-10 00:31").await;
    let admin = app.admin("钱演示", branch);
    let place = format!("/console/leaving/{who}/restore");
    admin
        .get(&format!("{place}?q=不存在"))
        .await
        .see("未找到该团支部");
    let here = branch.id.to_string();
    let other = app.league.workshop.id.to_string();
    let (reason, until) = ("留校工作，继续担任辅导", "2026-12-31");
    for (branch, reason, exempt, until, words) in [
        (&here, "短", "until", until, "请写明恢复团籍的原因"),
        (&here, reason, "", until, "请选择保留的依据"),
        (&here, reason, "until", "2026-10-10", "须在2026-10-10之后"),
        (&here, reason, "office", "", "现在没有团内职务"),
        (&other, reason, "until", until, "未找到该团支部"),
    ] {
        let fields = [
            ("branch", branch.as_str()),
            ("reason", reason),
            ("exempt", exempt),
            ("until", until),
        ];
        admin
            .submit(&place, &place, &fields)
            .await
            .expect(422)
            .see(words);
    }
    let fields = [
        ("branch", here.as_str()),
        ("reason", reason),
        ("exempt", "until"),
        ("until", until),
    ];
    admin.submit(&place, &place, &fields).await.expect(303);
    assert_eq!(*dues.restored.lock().unwrap(), [who]);
    let back = last(&app, who).await;
    assert_eq!(
        (back.state, back.how),
        (MembershipState::Normal, How::Restored)
    );
    admin.get("/console/members").await.see("曾演示");
    admin
        .get("/console/leaving?view=restored")
        .await
        .see("留校工作");
    admin.submit(&place, &place, &fields).await.expect(409);
    night(&app, "2026-12-31 00:31").await;
    assert_eq!(last(&app, who).await.until, None);
    night(&app, "2027-01-01 00:31").await;
    assert_eq!(last(&app, who).await.until, Some(day("2027-01-01")));
}

#[tokio::test]
async fn ros_78_notices_come_ninety_thirty_and_seven_days_before() {
    let (app, _) = guangdong_app().await;
    let who = enter(&app, &app.league.branch, born("曾演示", "19990101", 1))
        .await
        .unwrap();
    let titles = async || {
        let mut r = app.db.read().await.unwrap();
        let to = [messages::Receiver::Person(who)];
        let all = messages::latest(&mut r, &to, 50);
        let mut all: Vec<String> = all.await.unwrap().into_iter().map(|m| m.title).collect();
        all.sort();
        all
    };
    night(&app, "2026-10-02 00:41").await;
    assert!(titles().await.is_empty());
    night(&app, "2026-10-03 00:41").await;
    assert_eq!(titles().await, ["90天后满28周岁"]);
    // Down for three weeks: what fell due meanwhile is told all the same, once each.
    night(&app, "2026-12-30 08:00").await;
    app.settle().await;
    assert_eq!(
        titles().await,
        ["30天后满28周岁", "7天后满28周岁", "90天后满28周岁"]
    );
}

async fn many(app: &TestApp, branch: &OrgRef, n: u32, day: &str, from: u32) -> Vec<PersonId> {
    let place = org(app, branch).await;
    let entries = (from..from + n).map(|i| crate::Entry {
        org: &place,
        new: born(
            &format!("团员{}", char::from_u32(0x4e00 + i).expect("a sign")),
            day,
            i,
        ),
    });
    let actor = app.actor("钱演示", Role::Administrator, branch);
    let mut tx = app.db.begin(actor).await.unwrap();
    let done = crate::enter_members(&mut tx, entries.collect(), How::Imported, None);
    let done = done.await.unwrap();
    tx.commit().await.unwrap();
    done.into_iter()
        .map(|outcome| match outcome {
            crate::Outcome::Entered(person) => person,
            crate::Outcome::Refused(fault) => panic!("{fault:?}"),
        })
        .collect()
}

#[tokio::test]
async fn ops_41_a_killed_run_goes_on_where_it_was_and_missed_nights_are_caught_up_in_order() {
    let (app, dues) = guangdong_app().await;
    let branch = app.league.branch.clone();
    let first = many(&app, &branch, 450, "19981010", 0).await;
    let second = many(&app, &branch, 3, "19981012", 450).await;
    app.move_to("2026-10-13 08:00");
    let (policy, departures) = (guangdong(), Departures(vec![dues.clone()]));
    let night = business_date(app.db.clock.now());
    // The watermark begins with the first night asked for.
    let to = day("2026-10-10");
    let one = leave28_batch(&app.db, to, &policy, &departures)
        .await
        .unwrap();
    assert_eq!(one.unwrap().left, 200);
    // A worker dies in the middle of the second batch.
    {
        let mut tx = app
            .db
            .begin(access::Actor::system("people.leave28"))
            .await
            .unwrap();
        let taken = crate::store::take_night(&mut tx, "people.leave28", to, night).await;
        assert!(taken.unwrap().unwrap().cursor.is_some());
        let by = day("1998-10-10");
        let aged = crate::store::aged(&mut tx, None, by, None, 200)
            .await
            .unwrap();
        let nobody = Departures::default();
        crate::actions::leave(&mut tx, &aged, to, &nobody)
            .await
            .unwrap();
    }
    // The clock says four nights have passed; two workers come back at once.
    app.settle().await;
    let work = async || {
        while leave28_batch(&app.db, night, &policy, &departures)
            .await
            .unwrap()
            .is_some()
        {}
    };
    tokio::join!(work(), work());
    for (people, until) in [(&first, "2026-10-10"), (&second, "2026-10-12")] {
        for person in people {
            assert_eq!(last(&app, *person).await.until, Some(day(until)));
        }
    }
    let mut told: Vec<PersonId> = dues
        .ended
        .lock()
        .unwrap()
        .iter()
        .map(|g| g.person)
        .collect();
    assert_eq!(told.len(), 453, "each once");
    told.dedup();
    assert_eq!(told.len(), 453);
    let mut r = app.db.read().await.unwrap();
    assert_eq!(crate::counts(&mut r, branch.id).await.unwrap().members, 0);
    let lines = crate::history(&mut r, first[0], Some("transfer"))
        .await
        .unwrap();
    assert_eq!(lines.len(), 1);
}
