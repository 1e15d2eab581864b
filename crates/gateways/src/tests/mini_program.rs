//! The mini-program against WeChat's protocol (GWY-13, GWY-04, GWY-06).

use crate::{Account, Caller, MiniProgram, NotKnown, Patience, WechatMiniProgram};
use chrono::TimeDelta;
use db::Db;
use std::time::Duration;
use testkit::{
    database,
    vendors::{self, Fault, wechat},
};

const NUMBER: &str = "10000000017";

async fn stage() -> (Db, wechat::Wechat, WechatMiniProgram) {
    let db = database().await;
    let vendor = wechat::Wechat::start(&db.clock).await;
    let live = live(&vendor.base, wechat::SECRET, Patience::default());
    (db, vendor, live)
}

fn live(base: &str, secret: &str, patience: Patience) -> WechatMiniProgram {
    let account = Account {
        base: base.to_owned(),
        app_id: wechat::APP.to_owned(),
        secret: secret.to_owned(),
    };
    WechatMiniProgram::new(account, Caller::new(patience))
}

fn later(db: &Db, seconds: i64) {
    db.clock
        .move_to(db.clock.now() + TimeDelta::seconds(seconds));
}

fn unreachable<T>(answer: &Result<T, NotKnown>) -> bool {
    matches!(answer, Err(NotKnown::Unreachable(_)))
}

#[tokio::test]
async fn gwy_13_an_authorised_number_is_handed_over_once() {
    let (db, vendor, live) = stage().await;
    let code = vendor.phone_code("86", NUMBER);
    assert_eq!(live.phone(&db, &code).await.as_deref(), Ok(NUMBER));
    assert_eq!(live.phone(&db, &code).await, Err(NotKnown::Code));
    assert_eq!(live.phone(&db, "made-up").await, Err(NotKnown::Code));
}

#[tokio::test]
async fn gwy_13_a_code_lives_five_minutes() {
    let (db, vendor, live) = stage().await;
    let (early, late) = (
        vendor.phone_code("86", NUMBER),
        vendor.phone_code("86", NUMBER),
    );
    later(&db, 299);
    assert_eq!(live.phone(&db, &early).await.as_deref(), Ok(NUMBER));
    later(&db, 1);
    assert_eq!(live.phone(&db, &late).await, Err(NotKnown::Code));
}

#[tokio::test]
async fn gwy_13_a_number_from_abroad_keeps_its_country() {
    let (db, vendor, live) = stage().await;
    let code = vendor.phone_code("852", "10000017");
    assert_eq!(live.phone(&db, &code).await.as_deref(), Ok("+85210000017"));
}

#[tokio::test]
async fn gwy_13_the_watermark_must_be_ours_and_of_now() {
    let (db, vendor, live) = stage().await;
    vendor.forge_watermark("wx0000000000000111");
    let code = vendor.phone_code("86", NUMBER);
    let refused = live.phone(&db, &code).await;
    assert!(matches!(refused, Err(NotKnown::Refused(_))), "{refused:?}");
    // A server whose clock stands wrong takes no number for a fresh one.
    let other = database().await;
    later(&other, 301);
    vendor.forge_watermark(wechat::APP);
    let code = vendor.phone_code("86", NUMBER);
    assert_eq!(live.phone(&other, &code).await, Err(NotKnown::Code));
}

#[tokio::test]
async fn gwy_13_the_code_of_a_sign_in_names_the_person_once() {
    let (db, vendor, live) = stage().await;
    let code = vendor.login_code("openid-1");
    let identity = live.session(&db, &code).await.expect("an identity");
    assert_eq!(
        (identity.openid.as_str(), identity.unionid.as_deref()),
        ("openid-1", Some("union-openid-1"))
    );
    assert_eq!(live.session(&db, &code).await, Err(NotKnown::Code));
    let late = vendor.login_code("openid-1");
    later(&db, 300);
    assert_eq!(live.session(&db, &late).await, Err(NotKnown::Code));
    // No token is asked for this call, and the key of the session is in nothing that comes back.
    assert_eq!(vendor.faults.calls("token"), 0);
    assert!(!format!("{identity:?}").contains("c2VjcmV0"));
}

#[tokio::test]
async fn gwy_04_the_token_is_fetched_once_for_all_instances() {
    let (db, vendor, live) = stage().await;
    let second = self::live(&vendor.base, wechat::SECRET, Patience::default());
    for caller in [&live, &second, &live] {
        let code = vendor.phone_code("86", NUMBER);
        assert_eq!(caller.phone(&db, &code).await.as_deref(), Ok(NUMBER));
    }
    assert_eq!(vendor.faults.calls("token"), 1);
}

#[tokio::test]
async fn gwy_04_the_token_is_renewed_five_minutes_before_its_end() {
    let (db, vendor, live) = stage().await;
    let ask = async || {
        let code = vendor.phone_code("86", NUMBER);
        assert_eq!(live.phone(&db, &code).await.as_deref(), Ok(NUMBER));
        vendor.faults.calls("token")
    };
    assert_eq!(ask().await, 1);
    later(&db, 7200 - 301);
    assert_eq!(ask().await, 1);
    later(&db, 1);
    assert_eq!(ask().await, 2);
}

#[tokio::test]
async fn gwy_04_a_revoked_token_is_renewed_once_and_the_call_repeated_once() {
    let (db, vendor, live) = stage().await;
    let first = vendor.phone_code("86", NUMBER);
    live.phone(&db, &first).await.expect("a number");
    vendor.revoke_token();
    let code = vendor.phone_code("86", NUMBER);
    assert_eq!(live.phone(&db, &code).await.as_deref(), Ok(NUMBER));
    assert_eq!(
        (vendor.faults.calls("token"), vendor.faults.calls("phone")),
        (2, 3)
    );
}

#[tokio::test]
async fn gwy_06_what_wechat_refuses_is_told_apart() {
    let (db, vendor, live) = stage().await;
    for (code, later) in [(-1, true), (45011, true), (40226, false), (40013, false)] {
        vendor.refuse_next(code);
        let answer = live.session(&db, &vendor.login_code("openid-1")).await;
        assert_eq!(unreachable(&answer), later, "{code}: {answer:?}");
        assert_eq!(
            matches!(answer, Err(NotKnown::Refused(_))),
            !later,
            "{code}: {answer:?}"
        );
    }
    let wrong = self::live(&vendor.base, "another-secret", Patience::default());
    let answer = wrong.session(&db, &vendor.login_code("openid-1")).await;
    assert!(matches!(answer, Err(NotKnown::Refused(_))), "{answer:?}");
    let answer = wrong.phone(&db, &vendor.phone_code("86", NUMBER)).await;
    assert!(answer.is_err(), "no token with a wrong secret: {answer:?}");
}

#[tokio::test]
async fn gwy_06_only_the_token_is_asked_again_when_wechat_stumbles() {
    let (db, vendor, live) = stage().await;
    vendor.faults.next(Fault::Down);
    vendor.faults.next(Fault::Down);
    let code = vendor.phone_code("86", NUMBER);
    assert_eq!(live.phone(&db, &code).await.as_deref(), Ok(NUMBER));
    assert_eq!(vendor.faults.calls("token"), 3);
    for fault in [Fault::Down, Fault::Garbage] {
        vendor.faults.next(fault);
        let code = vendor.phone_code("86", NUMBER);
        let (before, answer) = (vendor.faults.calls("phone"), live.phone(&db, &code).await);
        assert!(unreachable(&answer), "{fault:?}: {answer:?}");
        assert_eq!(
            vendor.faults.calls("phone"),
            before + 1,
            "{fault:?}: asked once"
        );
    }
}

#[tokio::test]
async fn gwy_06_a_call_without_answer_is_given_up_and_not_repeated() {
    let (db, vendor, patient) = stage().await;
    patient
        .phone(&db, &vendor.phone_code("86", NUMBER))
        .await
        .expect("a number, and the token kept");
    let hasty = Patience {
        total: Duration::from_millis(100),
        ..Patience::default()
    };
    let live = live(&vendor.base, wechat::SECRET, hasty);
    for fault in [Fault::Silent, Fault::SilentAfter] {
        vendor.faults.next(fault);
        let answer = live.session(&db, &vendor.login_code("openid-1")).await;
        assert!(unreachable(&answer), "{fault:?}: {answer:?}");
    }
    // At most: on a slow machine one may not even have arrived.
    assert!(vendor.faults.calls("session") <= 2);
}

#[tokio::test]
async fn gwy_06_wechat_out_of_reach_and_back() {
    let db = database().await;
    let away = live(
        &vendors::nobody().await,
        wechat::SECRET,
        Patience::default(),
    );
    let answer = away.session(&db, "code").await;
    assert!(unreachable(&answer), "{answer:?}");
    let back = wechat::Wechat::start(&db.clock).await;
    let live = live(&back.base, wechat::SECRET, Patience::default());
    live.session(&db, &back.login_code("openid-1"))
        .await
        .expect("an identity");
}
