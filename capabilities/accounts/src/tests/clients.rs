//! Client keys of outside systems (ACC-74).

use super::kit;
use crate::{NewClient, clients, make_client, revoke_client};
use serde_json::Value;
use testkit::{Answer, TestApp};
use uuid::Uuid;

fn new(app: &TestApp) -> NewClient {
    NewClient {
        name: "学校学工系统".into(),
        scopes: vec!["org.read".into()],
        orgs: vec![app.league.number(&app.league.college)],
        per_minute: 3,
        until: "2027-06-30".into(),
    }
}

async fn make(app: &TestApp, new: &NewClient) -> base::Result<(Uuid, String)> {
    let mut tx = kit::begin(app).await;
    let made = make_client(&mut tx, new).await?;
    tx.commit().await?;
    Ok(made)
}

async fn ask(app: &TestApp, key: &str, number: i64) -> Answer {
    let path = format!("/api/v1/orgs/{number}");
    app.guest().call("GET", &path, key).await
}

#[tokio::test]
async fn acc_74_a_client_reads_its_organisations_and_those_below_and_no_others() {
    let app = kit::app().await;
    let league = &app.league;
    let (id, key) = make(&app, &new(&app)).await.unwrap();
    let told = ask(&app, &key, league.number(&league.college))
        .await
        .expect(200);
    let told: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["category"], "committee");
    assert!(!told["subordinates"].as_array().unwrap().is_empty());
    ask(&app, &key, league.number(&league.branch))
        .await
        .expect(200);
    // The superior's and what does not exist answer alike.
    let superior = ask(&app, &key, league.number(&league.university))
        .await
        .expect(403);
    app.later_by(60);
    let nobody = ask(&app, &key, 1).await.expect(403);
    assert_eq!(superior.body, nobody.body);
    // Every call is recorded, refused ones too.
    let calls = kit::recorded(&app, "client.called", id).await;
    assert_eq!(calls, 4);
}

#[tokio::test]
async fn acc_74_a_scope_not_given_is_refused() {
    let app = kit::app().await;
    let (_, key) = make(&app, &new(&app)).await.unwrap();
    let number = app.league.number(&app.league.college);
    let path = format!("/api/v1/orgs/{number}/figures");
    app.guest()
        .call("GET", &path, &key)
        .await
        .expect(403)
        .see("没有这项权限范围");
    let both = NewClient {
        scopes: vec!["stat.read".into()],
        ..new(&app)
    };
    let (_, key) = make(&app, &both).await.unwrap();
    let told = app.guest().call("GET", &path, &key).await.expect(200);
    let told: Value = serde_json::from_str(&told.body).unwrap();
    assert!(told["members"].is_i64());
    ask(&app, &key, number).await.expect(403);
}

#[tokio::test]
async fn acc_74_a_client_waits_after_its_calls_of_a_minute() {
    let app = kit::app().await;
    let (_, key) = make(&app, &new(&app)).await.unwrap();
    let number = app.league.number(&app.league.college);
    for _ in 0..3 {
        ask(&app, &key, number).await.expect(200);
    }
    ask(&app, &key, number).await.expect(429).see("秒后再试");
    app.later_by(60);
    ask(&app, &key, number).await.expect(200);
}

#[tokio::test]
async fn acc_74_a_key_ends_on_its_day_and_when_it_is_taken_away() {
    let app = kit::app().await;
    let until = NewClient {
        until: "2026-09-19".into(),
        ..new(&app)
    };
    let (_, key) = make(&app, &until).await.unwrap();
    let number = app.league.number(&app.league.college);
    app.move_to("2026-09-19 23:59");
    ask(&app, &key, number).await.expect(200);
    app.move_to("2026-09-20 00:00");
    ask(&app, &key, number)
        .await
        .expect(401)
        .see("已到期或已撤销");
    let (id, key) = make(&app, &new(&app)).await.unwrap();
    ask(&app, &key, number).await.expect(200);
    let mut tx = kit::begin(&app).await;
    revoke_client(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    ask(&app, &key, number).await.expect(401);
    ask(&app, "tj_AAAA", number).await.expect(401);
    let states: Vec<&str> = clients(&app.db)
        .await
        .unwrap()
        .iter()
        .map(|c| c.state)
        .collect();
    assert_eq!(states, ["已撤销", "已到期"]);
    let mut tx = kit::begin(&app).await;
    assert!(revoke_client(&mut tx, id).await.is_err(), "once");
}

#[tokio::test]
async fn acc_74_a_client_needs_name_scope_organisation_rate_and_an_end_within_a_year() {
    let app = kit::app().await;
    let good = new(&app);
    let wrong = [
        (
            NewClient {
                name: "x".into(),
                ..good.clone()
            },
            "name",
        ),
        (
            NewClient {
                scopes: vec![],
                ..good.clone()
            },
            "scope",
        ),
        (
            NewClient {
                scopes: vec!["member.write".into()],
                ..good.clone()
            },
            "scope",
        ),
        (
            NewClient {
                orgs: vec![],
                ..good.clone()
            },
            "org",
        ),
        (
            NewClient {
                orgs: vec![1],
                ..good.clone()
            },
            "org",
        ),
        (
            NewClient {
                per_minute: 0,
                ..good.clone()
            },
            "rate",
        ),
        (
            NewClient {
                per_minute: 6001,
                ..good.clone()
            },
            "rate",
        ),
        (
            NewClient {
                until: "2026-09-18".into(),
                ..good.clone()
            },
            "until",
        ),
        (
            NewClient {
                until: "2027-09-19".into(),
                ..good.clone()
            },
            "until",
        ),
    ];
    for (new, field) in wrong {
        match make(&app, &new).await {
            Err(base::Error::Refused(refused)) => assert_eq!(refused.field, Some(field), "{new:?}"),
            other => panic!("{new:?}: {other:?}"),
        }
    }
    let last = NewClient {
        until: "2027-09-18".into(),
        ..good
    };
    make(&app, &last).await.unwrap();
    // A leap day has no anniversary: the year ends on the last of February.
    app.move_to("2028-02-29 10:00");
    for (until, good) in [("2029-02-28", true), ("2029-03-01", false)] {
        let new = NewClient {
            until: until.into(),
            ..last.clone()
        };
        assert_eq!(make(&app, &new).await.is_ok(), good, "{until}");
    }
}
