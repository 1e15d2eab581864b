//! WeChat and enterprise WeChat in the browser against their protocols (GWY-11, GWY-12, GWY-06).

use super::codes::later;
use crate::{
    Caller, NotKnown, OfficialAccount, OfficialSettings, Patience, WeCom, WeComSettings, WebSignIn,
};
use testkit::{
    database,
    vendors::{Fault, wechat, wecom},
};

const SITE: &str = "https://league.example.org";

fn official(base: &str, secret: &str) -> OfficialAccount {
    let own = OfficialSettings {
        base: base.into(),
        site: SITE.into(),
        app_id: wechat::APP.into(),
        secret: secret.into(),
    };
    OfficialAccount::new(own, Caller::new(Patience::default()))
}

fn enterprise(base: &str, secret: &str) -> WeCom {
    let own = WeComSettings {
        base: base.into(),
        site: SITE.into(),
        corp_id: wecom::CORP.into(),
        agent_id: "1000002".into(),
        secret: secret.into(),
    };
    WeCom::new(own, Caller::new(Patience::default()))
}

#[tokio::test]
async fn gwy_11_the_browser_is_sent_to_wechat_with_the_state() {
    let address = official("http://127.0.0.1:1", "s").address("/login/wechat/back", "abc");
    assert_eq!(
        address,
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0000000000000999\
         &redirect_uri=https%3A%2F%2Fleague.example.org%2Flogin%2Fwechat%2Fback&response_type=code\
         &scope=snsapi_base&state=abc#wechat_redirect"
    );
    let address = enterprise("http://127.0.0.1:1", "s").address("/login/wecom/back", "abc");
    assert!(address.contains("scope=snsapi_privateinfo&state=abc&agentid=1000002#"));
}

#[tokio::test]
async fn gwy_11_a_code_names_the_visitor_once_within_five_minutes() {
    let db = database().await;
    let vendor = wechat::Wechat::start(&db.clock).await;
    let live = official(&vendor.base, wechat::SECRET);
    let (code, late) = (vendor.login_code("openid-1"), vendor.login_code("openid-1"));
    let visitor = live.visitor(&db, &code).await.expect("a visitor");
    assert_eq!((visitor.id.as_str(), visitor.phone), ("openid-1", None));
    assert_eq!(live.visitor(&db, &code).await, Err(NotKnown::Code));
    later(&db, 300);
    assert_eq!(live.visitor(&db, &late).await, Err(NotKnown::Code));
    let wrong = official(&vendor.base, "another-secret");
    let code = vendor.login_code("openid-1");
    let answer = wrong.visitor(&db, &code).await;
    assert!(matches!(answer, Err(NotKnown::Refused(_))), "{answer:?}");
    for fault in [Fault::Down, Fault::Garbage] {
        vendor.faults.next(fault);
        let before = vendor.faults.calls("visitor");
        let answer = live.visitor(&db, &code).await;
        assert!(
            matches!(answer, Err(NotKnown::Unreachable(_))),
            "{answer:?}"
        );
        assert_eq!(vendor.faults.calls("visitor"), before + 1, "asked once");
    }
}

#[tokio::test]
async fn gwy_12_a_member_comes_with_the_mobile_of_the_address_book() {
    let db = database().await;
    let vendor = wecom::WeCom::start(&db.clock).await;
    let live = enterprise(&vendor.base, wecom::SECRET);
    let code = vendor.code("zhang", "10000000017");
    let visitor = live.visitor(&db, &code).await.expect("a member");
    assert_eq!(
        (visitor.id.as_str(), visitor.phone.as_deref()),
        ("zhang", Some("10000000017"))
    );
    assert_eq!(live.visitor(&db, &code).await, Err(NotKnown::Code));
    let shy = live.visitor(&db, &vendor.code("li", "")).await;
    assert_eq!(shy.expect("a member").phone, None);
    let outsider = live.visitor(&db, &vendor.code("", "")).await;
    assert!(
        matches!(outsider, Err(NotKnown::Refused(_))),
        "{outsider:?}"
    );
    assert_eq!(vendor.faults.calls("token"), 1);
}

#[tokio::test]
async fn gwy_12_tokens_are_renewed_and_refusals_told_apart() {
    let db = database().await;
    let vendor = wecom::WeCom::start(&db.clock).await;
    let live = enterprise(&vendor.base, wecom::SECRET);
    let ask = async || {
        live.visitor(&db, &vendor.code("zhang", "10000000017"))
            .await
    };
    ask().await.expect("a member");
    vendor.revoke_token();
    ask().await.expect("a member, with a fresh token");
    assert_eq!(vendor.faults.calls("token"), 2);
    vendor.refuse_next(60020);
    let told = ask().await;
    assert!(
        matches!(&told, Err(NotKnown::Refused(why)) if why.contains("address is not allowed")),
        "{told:?}"
    );
    vendor.refuse_next(45009);
    let told = ask().await;
    assert!(matches!(told, Err(NotKnown::Unreachable(_))), "{told:?}");
    let other = database().await;
    let wrong = enterprise(&vendor.base, "another-secret");
    let told = wrong.visitor(&other, &vendor.code("zhang", "")).await;
    assert!(told.is_err(), "{told:?}");
}

#[tokio::test]
async fn gwy_02_each_of_wechats_services_meets_every_fault() {
    let db = database().await;
    let hasty = || {
        Caller::new(Patience {
            total: std::time::Duration::from_millis(60),
            ..Patience::default()
        })
    };
    let vendor = wechat::Wechat::start(&db.clock).await;
    let (live, impatient) = (
        official(&vendor.base, wechat::SECRET),
        OfficialAccount::new(
            OfficialSettings {
                base: vendor.base.clone(),
                site: SITE.into(),
                app_id: wechat::APP.into(),
                secret: wechat::SECRET.into(),
            },
            hasty(),
        ),
    );
    // Late is not never.
    vendor.faults.next(Fault::Slow);
    let visitor = live.visitor(&db, &vendor.login_code("openid-1")).await;
    assert_eq!(visitor.expect("a visitor").id, "openid-1");
    for fault in [
        Fault::Down,
        Fault::Garbage,
        Fault::Silent,
        Fault::SilentAfter,
    ] {
        vendor.faults.next(fault);
        let who = match fault {
            Fault::Silent | Fault::SilentAfter => &impatient,
            _ => &live,
        };
        let code = vendor.login_code("openid-1");
        let answer = who.visitor(&db, &code).await;
        assert!(
            matches!(answer, Err(NotKnown::Unreachable(_))),
            "{fault:?}: {answer:?}"
        );
    }
    // Forged, and a wrong key: never anybody.
    assert_eq!(live.visitor(&db, "forged").await, Err(NotKnown::Code));
    let wrong = official(&vendor.base, "another-secret");
    let answer = wrong.visitor(&db, &vendor.login_code("openid-1")).await;
    assert!(matches!(answer, Err(NotKnown::Refused(_))), "{answer:?}");

    let vendor = wecom::WeCom::start(&db.clock).await;
    let live = enterprise(&vendor.base, wecom::SECRET);
    let code = || vendor.code("zhang", "10000000017");
    live.visitor(&db, &code()).await.expect("the token is kept");
    vendor.faults.next(Fault::Slow);
    live.visitor(&db, &code()).await.expect("late is not never");
    for fault in [Fault::Down, Fault::Garbage] {
        vendor.faults.next(fault);
        let answer = live.visitor(&db, &code()).await;
        assert!(
            matches!(answer, Err(NotKnown::Unreachable(_))),
            "{fault:?}: {answer:?}"
        );
    }
    let own = WeComSettings {
        base: vendor.base.clone(),
        site: SITE.into(),
        corp_id: wecom::CORP.into(),
        agent_id: "1000002".into(),
        secret: wecom::SECRET.into(),
    };
    let impatient = WeCom::new(own, hasty());
    for fault in [Fault::Silent, Fault::SilentAfter] {
        vendor.faults.next(fault);
        let answer = impatient.visitor(&db, &code()).await;
        assert!(
            matches!(answer, Err(NotKnown::Unreachable(_))),
            "{fault:?}: {answer:?}"
        );
    }
    assert_eq!(live.visitor(&db, "forged").await, Err(NotKnown::Code));
}

#[tokio::test]
async fn gwy_05_what_never_will_work_is_told_apart_from_what_may_later() {
    let db = database().await;
    let vendor = wecom::WeCom::start(&db.clock).await;
    let live = enterprise(&vendor.base, wecom::SECRET);
    // Not allowed address and unknown member stay so until somebody mends them; used-up calls do not.
    for (code, permanent) in [(60020, true), (60111, true), (45009, false), (-1, false)] {
        vendor.refuse_next(code);
        let answer = live
            .visitor(&db, &vendor.code("zhang", "10000000017"))
            .await;
        assert_eq!(
            matches!(answer, Err(NotKnown::Refused(_))),
            permanent,
            "{code}: {answer:?}"
        );
    }
}
