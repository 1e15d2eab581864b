use crate::{CodeLimits, Gateways, check_code, outbox, send_code};
use access::Actor;
use base::{Mobile, Result};
use db::{Db, jobs::Registry};
use testkit::database;

const LIMITS: CodeLimits = CodeLimits {
    phone_day: 10,
    address_hour: 30,
};

pub(super) fn phone() -> Mobile {
    Mobile::trusted("10000000017")
}

pub(super) async fn send(db: &Db, phone: &Mobile) -> Result<()> {
    let mut tx = db.begin(Actor::system("test")).await?;
    send_code(&mut tx, phone, "首次登录", "127.0.0.1", LIMITS).await?;
    tx.commit_housekeeping().await
}

async fn last_code(db: &Db) -> String {
    let mut conn = db.read().await.unwrap();
    let text = outbox(&mut conn, &db.keys, 1).await.unwrap().remove(0).body;
    text.chars().filter(char::is_ascii_digit).take(6).collect()
}

pub(super) fn later(db: &Db, seconds: i64) {
    db.clock
        .move_to(db.clock.now() + chrono::TimeDelta::seconds(seconds));
}

pub(super) async fn code_of(result: impl Future<Output = Result<()>>) -> &'static str {
    result.await.err().map_or("right", |e| e.code())
}

#[tokio::test]
async fn sec_07_a_code_is_good_once_and_for_its_purpose() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    let code = last_code(&db).await;
    assert_eq!(
        code_of(check_code(&db, &phone(), "找回密码", &code)).await,
        "sms.gone"
    );
    assert_eq!(
        code_of(check_code(&db, &phone(), "首次登录", &code)).await,
        "right"
    );
    assert_eq!(
        code_of(check_code(&db, &phone(), "首次登录", &code)).await,
        "sms.gone"
    );
}

#[tokio::test]
async fn sec_07_a_code_lives_five_minutes() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    let code = last_code(&db).await;
    later(&db, 299);
    assert_eq!(
        code_of(check_code(&db, &phone(), "首次登录", "000000x")).await,
        "sms.wrong"
    );
    later(&db, 1);
    assert_eq!(
        code_of(check_code(&db, &phone(), "首次登录", &code)).await,
        "sms.gone"
    );
}

#[tokio::test]
async fn sec_07_five_wrong_tries_void_a_code() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    let code = last_code(&db).await;
    for _ in 0..5 {
        assert_eq!(
            code_of(check_code(&db, &phone(), "首次登录", "12345x")).await,
            "sms.wrong"
        );
    }
    assert_eq!(
        code_of(check_code(&db, &phone(), "首次登录", &code)).await,
        "sms.gone"
    );
}

#[tokio::test]
async fn sec_07_the_next_code_waits_a_minute_and_ten_a_day_are_enough() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    later(&db, 59);
    assert_eq!(code_of(send(&db, &phone())).await, "sms.resend");
    for _ in 0..9 {
        later(&db, 60);
        send(&db, &phone()).await.unwrap();
    }
    later(&db, 60);
    assert_eq!(code_of(send(&db, &phone())).await, "sms.limit");
    later(&db, 24 * 3600);
    send(&db, &phone()).await.unwrap();
}

#[tokio::test]
async fn sec_76_thirty_codes_an_hour_from_one_address() {
    let db = database().await;
    for n in 0..30 {
        send(&db, &Mobile::trusted(format!("100000001{n:02}")))
            .await
            .unwrap();
    }
    assert_eq!(code_of(send(&db, &phone())).await, "sms.limit");
}

#[tokio::test]
async fn gwy_01_what_is_put_down_is_sent_by_a_job_and_lies_sealed() {
    let db = database().await;
    send(&db, &phone()).await.unwrap();
    let mut jobs = Registry::default();
    jobs.add(crate::jobs(&Gateways::simulated()), Vec::new());
    assert_eq!(jobs.drain(&db).await.unwrap(), 1);
    let mut conn = db.read().await.unwrap();
    let message = outbox(&mut conn, &db.keys, 5).await.unwrap().remove(0);
    assert_eq!(
        (message.state.as_str(), message.receiver_mask.as_str()),
        ("sent", "100****0017")
    );
}

#[tokio::test]
async fn gwy_01_the_outbox_answers_as_it_was_chosen_to() {
    use crate::{OutboxAnswer, choose_outbox_answer};
    let db = database().await;
    let mut work = Registry::default();
    work.add(crate::jobs(&Gateways::simulated()), Vec::new());
    let state = async || {
        let mut conn = db.read().await.unwrap();
        outbox(&mut conn, &db.keys, 1)
            .await
            .unwrap()
            .remove(0)
            .state
    };
    let choose = async |answer| {
        let mut tx = db.begin(Actor::system("test")).await.unwrap();
        choose_outbox_answer(&mut tx, answer).await.unwrap();
        tx.commit().await.unwrap();
    };
    let wanted = [
        (OutboxAnswer::Success, "sent"),
        (OutboxAnswer::Refusal, "failed"),
        (OutboxAnswer::None, "unclear"),
        (OutboxAnswer::Delay, "waiting"),
    ];
    for (answer, becomes) in wanted {
        choose(answer).await;
        later(&db, 61);
        send(&db, &phone()).await.unwrap();
        work.drain(&db).await.unwrap();
        assert_eq!(state().await, becomes, "{answer:?}");
    }
    // What waited goes out when the provider is there again.
    choose(OutboxAnswer::Success).await;
    later(&db, 30);
    work.drain(&db).await.unwrap();
    assert_eq!(state().await, "sent");
}
