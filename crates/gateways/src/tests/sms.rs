//! SMS against both providers' protocols (GWY-10, GWY-06).

use super::codes::{code_of, later, phone, send};
use crate::{
    Aliyun, AliyunAccount, Approved, ApprovedTexts, Caller, Gateways, Message, NotTaken, Patience,
    Receipt, Settings, Sms, Tencent, TencentAccount, Words, take_receipts,
};
use access::Actor;
use db::{Db, jobs::Registry};
use std::{sync::Arc, time::Duration};
use testkit::{
    database,
    vendors::{self, Fault, sms},
};

fn texts() -> ApprovedTexts {
    let code = Approved {
        id: sms::TEXT.into(),
        params: vec!["purpose".into(), "code".into()],
    };
    [("code".to_owned(), code)].into()
}

fn tencent(base: &str, key: &str, patience: Patience) -> Tencent {
    let account = TencentAccount {
        base: base.into(),
        region: "ap-guangzhou".into(),
        secret_id: sms::KEY_ID.into(),
        secret_key: key.into(),
        app_id: sms::APP.into(),
        sign: sms::SIGN.into(),
        texts: texts(),
    };
    Tencent::new(account, Caller::new(patience))
}

fn aliyun(base: &str, key: &str, patience: Patience) -> Aliyun {
    let account = AliyunAccount {
        base: base.into(),
        key_id: sms::KEY_ID.into(),
        key_secret: key.into(),
        sign: sms::SIGN.into(),
        texts: texts(),
    };
    Aliyun::new(account, Caller::new(patience))
}

/// Both vendors with what calls them.
async fn both(db: &Db, key: &str) -> Vec<(sms::Vendor, Arc<dyn Sms>)> {
    let (one, two) = (
        sms::Vendor::tencent(&db.clock).await,
        sms::Vendor::aliyun(&db.clock).await,
    );
    let patience = Patience::default();
    let callers: [Arc<dyn Sms>; 2] = [
        Arc::new(tencent(&one.base, key, patience)),
        Arc::new(aliyun(&two.base, key, patience)),
    ];
    [one, two].into_iter().zip(callers).collect()
}

fn letter(purpose: &str) -> Message {
    Message {
        id: 7,
        to: "10000000017".into(),
        words: Words::new(
            "code",
            &[("purpose", purpose), ("code", "012345"), ("minutes", "5")],
        ),
    }
}

/// The work of a deployment with this provider.
fn work(provider: Option<Arc<dyn Sms>>) -> Registry {
    let gateways = Gateways {
        sms: provider,
        ..Gateways::default()
    };
    let mut registry = Registry::default();
    registry.add(crate::jobs(&gateways), Vec::new());
    registry
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads the table past the outbox page"
)]
async fn standing(db: &Db) -> (String, Option<String>, Option<String>) {
    let mut conn = db.read().await.expect("read");
    sqlx::query_as("select state, error, receipt from outgoing order by outgoing_id desc limit 1")
        .fetch_one(&mut *conn)
        .await
        .expect("a message")
}

async fn receipts(db: &Db, provider: &str, list: &[Receipt]) -> bool {
    let mut tx = db.begin(Actor::system("test")).await.expect("tx");
    let known = take_receipts(&mut tx, provider, list).await.expect("taken");
    tx.commit_housekeeping().await.expect("commit");
    known
}

#[tokio::test]
async fn gwy_10_both_providers_take_a_signed_sms_with_its_approved_text() {
    let db = database().await;
    for (vendor, caller) in both(&db, sms::KEY).await {
        let sent = caller.send(&db, &letter("首次登录")).await.expect("taken");
        let taken = vendor.taken().remove(0);
        assert_eq!(sent.serial.as_deref(), Some(taken.serial.as_str()));
        assert!(taken.to.ends_with("10000000017"), "{taken:?}");
        assert_eq!(
            (taken.params, taken.out_id.as_str()),
            (vec!["首次登录".to_owned(), "012345".to_owned()], "7")
        );
    }
    let one = sms::Vendor::tencent(&db.clock).await;
    let caller = tencent(&one.base, sms::KEY, Patience::default());
    caller.send(&db, &letter("首次登录")).await.expect("taken");
    assert_eq!(one.taken()[0].to, "+8610000000017", "E.164");
}

#[tokio::test]
async fn gwy_10_a_wrong_key_signs_nothing() {
    let db = database().await;
    for (vendor, caller) in both(&db, "another-key").await {
        let refused = caller.send(&db, &letter("首次登录")).await;
        assert!(matches!(refused, Err(NotTaken::Later(_))), "{refused:?}");
        assert!(vendor.taken().is_empty());
    }
}

#[tokio::test]
async fn gwy_10_a_clock_that_stands_wrong_signs_nothing() {
    let db = database().await;
    let wrong = database().await;
    later(&wrong, 901);
    for (vendor, caller) in both(&db, sms::KEY).await {
        let refused = caller.send(&wrong, &letter("首次登录")).await;
        assert!(matches!(refused, Err(NotTaken::Later(_))), "{refused:?}");
        assert!(vendor.taken().is_empty());
    }
}

#[tokio::test]
async fn gwy_10_parameters_hold_no_links_and_every_text_must_be_approved() {
    let db = database().await;
    for (vendor, caller) in both(&db, sms::KEY).await {
        for purpose in ["https://a.example", "WWW.a.example"] {
            let refused = caller.send(&db, &letter(purpose)).await;
            assert!(matches!(refused, Err(NotTaken::Never(_))), "{refused:?}");
        }
        let unknown = Message {
            words: Words::new("another", &[]),
            ..letter("")
        };
        let refused = caller.send(&db, &unknown).await;
        assert!(matches!(refused, Err(NotTaken::Never(_))), "{refused:?}");
        assert_eq!(vendor.faults.calls("send"), 0, "not even asked");
        let long = "长".repeat(40);
        let refused = caller.send(&db, &letter(&long)).await;
        assert!(matches!(refused, Err(NotTaken::Never(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn gwy_10_refusals_are_told_apart() {
    let db = database().await;
    let vendors = both(&db, sms::KEY).await;
    let cases = [
        (0, "LimitExceeded.PhoneNumberDailyLimit", "frequent"),
        (0, "LimitExceeded.PhoneNumberOneHourLimit", "frequent"),
        (
            0,
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "later",
        ),
        (0, "InternalError.OtherError", "later"),
        (0, "FailedOperation.PhoneNumberInBlacklist", "never"),
        (1, "isv.BUSINESS_LIMIT_CONTROL", "frequent"),
        (1, "isv.AMOUNT_NOT_ENOUGH", "later"),
        (1, "Throttling.User", "later"),
        (1, "isv.BLACK_KEY_CONTROL_LIMIT", "never"),
    ];
    for (which, code, want) in cases {
        let (vendor, caller) = &vendors[which];
        vendor.refuse_next(code);
        let got = match caller.send(&db, &letter("首次登录")).await {
            Err(NotTaken::Frequent(_)) => "frequent",
            Err(NotTaken::Later(_)) => "later",
            Err(NotTaken::Never(_)) => "never",
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(got, want, "{code}");
    }
}

#[tokio::test]
async fn gwy_06_an_answer_that_never_came_means_no_second_sms() {
    let db = database().await;
    let hasty = Patience {
        total: Duration::from_millis(100),
        ..Patience::default()
    };
    let vendor = sms::Vendor::tencent(&db.clock).await;
    vendor.faults.next(Fault::SilentAfter);
    send(&db, &phone()).await.unwrap();
    let hasty = work(Some(Arc::new(tencent(&vendor.base, sms::KEY, hasty))));
    hasty.drain(&db).await.unwrap();
    let (state, ..) = standing(&db).await;
    assert!(matches!(state.as_str(), "unclear" | "waiting"), "{state}");
    if state == "unclear" {
        let patient = work(Some(Arc::new(tencent(
            &vendor.base,
            sms::KEY,
            Patience::default(),
        ))));
        patient.drain(&db).await.unwrap();
        assert!(vendor.faults.calls("send") <= 1);
        assert_eq!(standing(&db).await.0, "unclear");
    }
}

#[tokio::test]
async fn gwy_06_a_worker_killed_while_sending_sends_nothing_again() {
    let db = database().await;
    let vendor = sms::Vendor::aliyun(&db.clock).await;
    send(&db, &phone()).await.unwrap();
    mark_sending(&db).await;
    let jobs = work(Some(Arc::new(aliyun(
        &vendor.base,
        sms::KEY,
        Patience::default(),
    ))));
    jobs.drain(&db).await.unwrap();
    assert_eq!(standing(&db).await.0, "unclear");
    assert!(vendor.taken().is_empty());
}

#[expect(
    clippy::disallowed_methods,
    reason = "plays the worker that was killed"
)]
async fn mark_sending(db: &Db) {
    let mut conn = db.read().await.expect("read");
    sqlx::query("update outgoing set state = 'sending'")
        .execute(&mut *conn)
        .await
        .expect("marked");
}

#[tokio::test]
async fn gwy_10_a_code_goes_out_by_the_provider_and_its_receipt_comes_back() {
    let db = database().await;
    for (vendor, caller) in both(&db, sms::KEY).await {
        send(&db, &phone()).await.unwrap();
        work(Some(caller.clone())).drain(&db).await.unwrap();
        assert_eq!(standing(&db).await.0, "sent");
        let taken = vendor.taken().remove(0);
        let body = match caller.name() {
            "tencent" => format!(
                r#"[{{"user_receive_time":"2026-09-18 09:00:00","nationcode":"86","mobile":"10000000017","report_status":"FAIL","errmsg":"UNDELIV","description":"x","sid":"{0}"}}]"#,
                taken.serial
            ),
            _ => format!(
                r#"[{{"phone_number":"10000000017","success":false,"biz_id":"{0}","out_id":"{1}","err_code":"UNDELIV","send_time":"","report_time":"","sms_size":"1"}}]"#,
                taken.serial, taken.out_id
            ),
        };
        let list = caller.receipts(body.as_bytes()).expect("receipts");
        assert!(receipts(&db, caller.name(), &list).await);
        assert_eq!(standing(&db).await.2.as_deref(), Some("UNDELIV"));
        // The same again, and a later word that contradicts it, change nothing.
        let good = Receipt {
            delivered: true,
            ..list[0].clone()
        };
        assert!(receipts(&db, caller.name(), &[list[0].clone(), good]).await);
        assert_eq!(standing(&db).await.2.as_deref(), Some("UNDELIV"));
        // One that is not known (yet), or another provider's, is asked for again.
        let stranger = Receipt {
            serial: "serial-999".into(),
            ..list[0].clone()
        };
        assert!(!receipts(&db, caller.name(), &[stranger]).await);
        assert!(!receipts(&db, "another", &list).await);
        assert!(caller.receipts(b"no json").is_none());
        later(&db, 120);
    }
}

#[tokio::test]
async fn gwy_10_a_number_called_frequent_rests() {
    let db = database().await;
    let vendor = sms::Vendor::tencent(&db.clock).await;
    let jobs = work(Some(Arc::new(tencent(
        &vendor.base,
        sms::KEY,
        Patience::default(),
    ))));
    send(&db, &phone()).await.unwrap();
    vendor.refuse_next("LimitExceeded.PhoneNumberOneHourLimit");
    jobs.drain(&db).await.unwrap();
    let (state, error, _) = standing(&db).await;
    assert_eq!(state, "failed");
    assert!(error.unwrap_or_default().starts_with("发送过于频繁"));
    later(&db, 61);
    assert_eq!(code_of(send(&db, &phone())).await, "sms.frequent");
    later(&db, 600);
    assert_eq!(code_of(send(&db, &phone())).await, "right");
}

#[tokio::test]
async fn gwy_06_a_vendor_down_for_twenty_minutes_and_back() {
    let db = database().await;
    let away = vendors::nobody().await;
    let jobs = work(Some(Arc::new(aliyun(&away, sms::KEY, Patience::default()))));
    send(&db, &phone()).await.unwrap();
    jobs.drain(&db).await.unwrap();
    assert_eq!(standing(&db).await.0, "waiting");
    later(&db, 1200);
    let back = sms::Vendor::aliyun(&db.clock).await;
    let jobs = work(Some(Arc::new(aliyun(
        &back.base,
        sms::KEY,
        Patience::default(),
    ))));
    jobs.drain(&db).await.unwrap();
    // A code of twenty minutes ago helps nobody.
    assert_eq!(standing(&db).await.0, "failed");
    assert!(back.taken().is_empty());
    send(&db, &phone()).await.unwrap();
    jobs.drain(&db).await.unwrap();
    assert_eq!(standing(&db).await.0, "sent");
}

#[tokio::test]
async fn gwy_01_without_a_provider_nothing_is_called_sent() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    work(None).drain(&db).await.unwrap();
    let (state, error, _) = standing(&db).await;
    assert_eq!(
        (state.as_str(), error.as_deref()),
        ("failed", Some("no provider"))
    );
}

fn settings(text: &str) -> Result<Gateways, String> {
    toml::from_str::<Settings>(text)
        .map_err(|e| e.to_string())?
        .gateways()
        .map_err(|e| format!("{e:#}"))
}

#[test]
fn gwy_10_the_settings_say_what_is_wrong_with_them() {
    let folder = std::env::temp_dir().join(format!("tuanjian-sms-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let key = folder.join("key");
    std::fs::write(&key, "secret\n").unwrap();
    let good = format!(
        r#"[sms]
provider = "tencent"
key_id = "AKID"
key_file = "{}"
sign = "团建"
app_id = "1400000000"
[sms.texts]
code = {{ id = "1", params = ["purpose", "code"] }}
reset_code = {{ id = "2", params = ["name", "code", "hours"] }}
registered = {{ id = "3", params = ["name", "branch"] }}
appeal_objection = {{ id = "4", params = ["phone", "until", "code"] }}
appeal_result = {{ id = "5", params = ["result"] }}
"#,
        key.display()
    );
    assert!(settings(&good).is_ok_and(|g| g.sms.is_some()));
    assert!(settings("").is_ok_and(|g| g.sms.is_none()));
    let cases = [
        (
            good.replace("\"purpose\", \"code\"", "\"purpose\""),
            "必须有参数 code",
        ),
        (
            good.replace("\"branch\"", "\"school\""),
            "没有名为 school 的参数",
        ),
        (good.replace("registered", "another"), "缺少 registered"),
        (good.replace("app_id = \"1400000000\"", ""), "SdkAppId"),
        (
            good.replace("sign =", "base = \"http://sms.example\"\nsign ="),
            "https://",
        ),
        (good.replace("/key\"", "/none\""), "读不到密钥文件"),
        (good.replace("sign =", "signature ="), "signature"),
    ];
    for (text, want) in cases {
        let told = settings(&text).err().unwrap_or_default();
        assert!(told.contains(want), "{want}: {told}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn gwy_02_slow_answers_count_and_duplicate_or_reordered_receipts_change_nothing() {
    let db = database().await;
    for (vendor, caller) in both(&db, sms::KEY).await {
        vendor.faults.next(vendors::Fault::Slow);
        send(&db, &phone()).await.unwrap();
        work(Some(caller.clone())).drain(&db).await.unwrap();
        assert_eq!(standing(&db).await.0, "sent", "{}", caller.name());
        let taken = vendor.taken();
        assert_eq!(taken.len(), 1, "sent once");
        let word = |delivered: bool| Receipt {
            serial: taken[0].serial.clone(),
            delivered,
            code: "UNDELIV".into(),
        };
        // Reordered and doubled: the first word about a message stands.
        for list in [[word(true), word(false)], [word(false), word(true)]] {
            assert!(receipts(&db, caller.name(), &list).await);
            assert_eq!(standing(&db).await.2.as_deref(), Some("delivered"));
        }
        later(&db, 120);
    }
}

#[tokio::test]
async fn gwy_05_a_permanent_answer_is_told_as_such_and_not_tried_again() {
    let db = database().await;
    let vendors = both(&db, sms::KEY).await;
    for (which, code) in [
        (0, "FailedOperation.PhoneNumberInBlacklist"),
        (0, "InvalidParameterValue.IncorrectPhoneNumber"),
        (1, "isv.MOBILE_NUMBER_ILLEGAL"),
        (1, "isv.BLACK_KEY_CONTROL_LIMIT"),
    ] {
        let (vendor, caller) = &vendors[which];
        vendor.refuse_next(code);
        send(&db, &phone()).await.unwrap();
        let jobs = work(Some(caller.clone()));
        jobs.drain(&db).await.unwrap();
        let (state, error, _) = standing(&db).await;
        assert_eq!(state, "failed", "{code}");
        assert!(
            error.is_some_and(|why| why.contains(code)),
            "{code}: the outbox says why"
        );
        // Nobody tries again later.
        let before = vendor.taken().len();
        later(&db, 3600);
        jobs.drain(&db).await.unwrap();
        assert_eq!(vendor.taken().len(), before, "{code}");
    }
}
