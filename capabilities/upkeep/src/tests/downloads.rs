//! 全部下载: what may have ended since a list was asked for, and lists of any length.

use super::kit::Kit;
use crate::actions::history as actions;
use crate::store::{progress, report};
use access::Permission;
use chrono::{NaiveDate, TimeDelta};
use db::jobs::NewJob;
use serde_json::json;
use std::collections::BTreeSet;

const STATISTICS: &str = "/console/statistics";

async fn counted(kit: &Kit) {
    let admin = kit.admin(&kit.app.league.root);
    let mut tx = kit.app.db.begin(admin).await.expect("begin");
    crate::ask_progress(&mut tx).await.expect("asked");
    tx.commit().await.expect("commit");
    kit.app.settle().await;
}

/// State, message and result of the latest job somebody watches.
#[expect(
    clippy::disallowed_methods,
    reason = "tests read the facts past the pages"
)]
async fn latest(kit: &Kit) -> (String, String, Option<String>) {
    let row: (String, Option<String>, Option<String>) = sqlx::query_as(
        "select state, message, link from job where person_id is not null order by job_id desc limit 1",
    )
    .fetch_one(&kit.app.db.pool)
    .await
    .expect("a job");
    (row.0, row.1.unwrap_or_default(), row.2)
}

async fn publish(kit: &Kit, hours: i64) {
    let mut reader = kit.app.db.read().await.expect("reader");
    let at = reader.now() + TimeDelta::hours(hours);
    report::publish(&mut reader, at, 6)
        .await
        .expect("published");
}

#[tokio::test]
async fn fld_83_a_download_ends_with_the_statistics_it_began_with_or_says_that_they_are_gone() {
    let kit = Kit::new().await;
    counted(&kit).await;
    let client = kit.console(&kit.app.league.university);
    let export = format!("{STATISTICS}/export");
    client.submit(STATISTICS, &export, &[]).await.expect(303);
    // The next run is published before the job is done: the former one is still there.
    publish(&kit, 1).await;
    kit.app.settle().await;
    let (state, message, link) = latest(&kit).await;
    assert_eq!(state, "done", "{message}");
    assert!(link.is_some() && !message.contains("共0行"), "{message}");
    // After two more it is gone; the list is refused, neither cut nor empty.
    let (before, again) = (latest(&kit).await, client.get("/jobs").await);
    assert_eq!(before.0, "done", "{}", again.status);
    counted_again(&kit).await;
    client.submit(STATISTICS, &export, &[]).await.expect(303);
    publish(&kit, 30).await;
    publish(&kit, 31).await;
    kit.app.settle().await;
    let (state, message, link) = latest(&kit).await;
    assert_eq!((state.as_str(), link), ("failed", None));
    assert!(message.contains("新的一次统计取代"), "{message}");
}

/// A whole run again, a day later.
async fn counted_again(kit: &Kit) {
    kit.app.move_to("2026-09-19 12:00");
    kit.app.settle().await;
    counted(kit).await;
}

#[tokio::test]
async fn acc_68_a_list_is_not_made_for_whose_right_has_ended_meanwhile() {
    let kit = Kit::new().await;
    counted(&kit).await;
    let client = kit.console(&kit.app.league.university);
    let export = format!("{STATISTICS}/export");
    client.submit(STATISTICS, &export, &[]).await.expect(303);
    kit.app.end_rights("赵演示");
    kit.app.settle().await;
    let (state, message, link) = latest(&kit).await;
    assert_eq!((state.as_str(), link), ("failed", None));
    assert!(message.contains("权限已经结束或改变"), "{message}");
    let mut reader = kit.app.db.read().await.expect("reader");
    let owner = testkit::signed_in(
        "赵演示",
        access::Role::Administrator,
        &kit.app.league.university,
    );
    let now = reader.now();
    assert_eq!(
        files::owned(&mut reader, owner.account, now)
            .await
            .expect("query"),
        0
    );
}

#[tokio::test]
async fn acc_b9_handing_over_stops_the_lists_still_being_made_and_nothing_else() {
    let kit = Kit::new().await;
    let league = &kit.app.league;
    let (college, branch) = (league.college.clone(), league.branch.clone());
    let leaver = kit.cadre("赵演示", 1, &branch, &college, false).await;
    let next = kit.cadre("李演甲", 2, &branch, &college, false).await;
    kit.grant(leaver, "赵演示", &college).await;
    let mut actor = kit.admin(&college);
    actor.who = access::Who::Person(leaver);
    let mut tx = kit.app.db.begin(actor).await.expect("begin");
    let list = NewJob::new("upkeep.download", json!({}))
        .watched("下载")
        .free(Permission::ViewProgress);
    let roster = NewJob::new(people::EXPORT_JOB, json!({})).watched("导出团员名册");
    let import = NewJob::new("test.import", json!({})).watched("导入");
    let mut ids = Vec::new();
    for job in [list, roster, import] {
        ids.push(tx.enqueue(job).await.expect("queued"));
    }
    tx.commit_housekeeping().await.expect("commit");
    let org = college.id.to_string();
    let (from, to) = (leaver.to_string(), next.to_string());
    let place = format!("/console/handover?org={org}&leaver={from}");
    let fields = [("org", org.as_str()), ("leaver", &from), ("successor", &to)];
    let superior = kit.console(&league.university);
    superior
        .submit(&place, "/console/handover", &fields)
        .await
        .expect(303);
    let mut states = Vec::new();
    let mut reader = kit.app.db.read().await.expect("reader");
    for id in ids {
        let job = db::overview::one(&mut reader, leaver, id)
            .await
            .expect("query");
        states.push(job.expect("a job").state);
    }
    assert_eq!(states, ["cancelled", "cancelled", "waiting"]);
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

#[tokio::test]
async fn org_b8_differences_of_two_days_are_read_part_by_part_and_each_once() {
    let kit = Kit::new().await;
    let league = kit.app.league.clone();
    let client = kit.console(&league.university);
    client
        .submit("/console/history", "/console/history/keep", &[])
        .await
        .expect(303);
    kit.app.settle().await;
    kit.app.move_to("2026-09-19 10:00");
    kit.app.settle().await;
    // One is renamed, one ends, one is new, and one moves to another superior inside.
    let moved = kit.org(league.college.id).await.path.child(77);
    kit.sql(&format!(
        "update org set short_name = '改名团支部', full_name = '改名团支部' where org_id = '{}';
         update org set state = 'deleted', ended_at = now() where org_id = '{}';
         update org set path = '{moved}', parent_id = '{}' where org_id = '{}';
         insert into org (org_id, org_no, parent_id, path, category, kind, short_name, full_name, state, sort_no, founded_on, accepts_registration, created_at, version)
         select gen_random_uuid(), 20000001, org_id, path || '0009', 'branch', 'ordinary', '第9团支部', '第9团支部', 'active', 9, '2020-01-01', true, now(), 1
         from org where org_id = '{}'",
        league.branch.id, league.branch_2.id, league.college.id, league.branch_3.id, league.college.id
    ))
    .await;
    kit.app.move_to("2026-09-20 00:00");
    kit.app.settle().await;
    let days = (day("2026-09-18"), day("2026-09-19"));
    let mut reader = kit.app.db.read().await.expect("reader");
    let own = league.university.id;
    let (whole, _) = actions::changes(&mut reader, own, days, 1000)
        .await
        .expect("query");
    let key = |change: &crate::rules::history::Change| (change.version.number, change.word);
    let want: BTreeSet<_> = whole.iter().map(key).collect();
    assert_eq!(want.len(), 4, "{want:?}");
    for limit in [1, 2, 3, 100] {
        let (mut after, mut told, mut parts) = (None, Vec::new(), 0);
        loop {
            let (found, next) =
                actions::changes_part(&mut reader, own, days, after.as_deref(), limit)
                    .await
                    .expect("query");
            told.extend(found.iter().map(key));
            parts += 1;
            assert!(parts < 50, "no end");
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            told.len(),
            want.len(),
            "each once, {limit} rows a part: {told:?}"
        );
        assert_eq!(
            told.into_iter().collect::<BTreeSet<_>>(),
            want,
            "{limit} rows a part"
        );
    }
}

#[tokio::test]
async fn fld_85_what_was_found_before_its_day_was_kept_gets_the_day_of_the_next_look() {
    let kit = Kit::new().await;
    let org = kit.org(kit.app.league.branch.id).await;
    let found = [progress::Found {
        id: org.id,
        kind: "small".into(),
        path: org.path.clone(),
    }];
    let mut reader = kit.app.db.read().await.expect("reader");
    let first = reader.now();
    progress::save_found(&mut reader, &[org.id], &found, first)
        .await
        .expect("saved");
    kit.sql("update org_finding set since = null").await;
    let second = first + TimeDelta::days(1);
    for at in [second, second + TimeDelta::days(1)] {
        progress::save_found(&mut reader, &[org.id], &found, at)
            .await
            .expect("saved");
        assert_eq!(since(&kit).await, Some(second), "kept from then on");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests read the facts past the pages"
)]
async fn since(kit: &Kit) -> Option<chrono::DateTime<chrono::Utc>> {
    sqlx::query_scalar("select since from org_finding")
        .fetch_one(&kit.app.db.pool)
        .await
        .expect("a finding")
}
