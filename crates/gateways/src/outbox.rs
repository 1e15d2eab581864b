//! Messages to be sent and the providers that send them.

use crate::{
    codes,
    mini_program::{MiniProgram, SimulatedWeb, SimulatedWechat},
    sms::{Accepted, Message, NotTaken, Receipt, Sms, Words},
    store::{self, Outgoing, Put},
    web_sign_in::WebSignIn,
};
use base::{Error, Mobile, Result};
use db::{
    Db, Event, Tx,
    jobs::{Job, NewJob, Run},
    limits,
};
use futures::future::BoxFuture;
use serde_json::json;
use sqlx::PgConnection;
use std::sync::Arc;

/// Why a provider did not take a message.
#[derive(Debug, Clone)]
pub enum NotSent {
    /// It may take it later.
    Later(String),
    /// It never will: no such number, text refused.
    Never(String),
    /// No answer came: whether it took it is not known, so it is not sent again.
    Unclear(String),
}

/// Sends mail.
pub trait Mail: Send + Sync {
    /// Hands one over.
    fn send<'a>(
        &'a self,
        db: &'a Db,
        to: &'a str,
        subject: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, Result<(), NotSent>>;
}

/// The provider of development and demonstration (ACC-76): what is sent is what stands in the outbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outbox;

/// How the outbox answers, chosen on its page (GWY-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutboxAnswer {
    /// It takes the message.
    #[default]
    Success,
    /// It refuses it for good.
    Refusal,
    /// It cannot take it now; the message waits and is tried again.
    Delay,
    /// No answer comes: whether it was taken is not known.
    None,
}

impl OutboxAnswer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Success, Self::Refusal, Self::Delay, Self::None];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refusal => "refusal",
            Self::Delay => "delay",
            Self::None => "none",
        }
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Success => "接受",
            Self::Refusal => "拒绝",
            Self::Delay => "暂时不可用，稍后再试",
            Self::None => "没有应答",
        }
    }

    /// Reads a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.code() == code)
    }
}

/// How the outbox answers now.
pub async fn outbox_answer(conn: &mut PgConnection) -> Result<OutboxAnswer> {
    let stored = store::outbox_answer(conn).await?;
    Ok(stored
        .and_then(|code| OutboxAnswer::from_code(&code))
        .unwrap_or_default())
}

/// Chooses it.
pub async fn choose_outbox_answer(tx: &mut Tx, answer: OutboxAnswer) -> Result<()> {
    store::set_outbox_answer(tx, answer.code()).await?;
    tx.record(
        Event::new("demo.outbox_answer", "setting", uuid::Uuid::nil()).after(json!(answer.code())),
    );
    Ok(())
}

async fn answer(db: &Db) -> OutboxAnswer {
    let chosen = async {
        let mut conn = db.read().await?;
        outbox_answer(&mut conn).await
    };
    chosen.await.unwrap_or_default()
}

const REFUSED: &str = "发件箱按选择拒绝";
const LATER: &str = "发件箱按选择暂不可用";
const SILENT: &str = "发件箱按选择没有应答";

impl Sms for Outbox {
    fn name(&self) -> &'static str {
        "outbox"
    }

    fn send<'a>(&'a self, db: &'a Db, _: &'a Message) -> BoxFuture<'a, Result<Accepted, NotTaken>> {
        Box::pin(async move {
            match answer(db).await {
                OutboxAnswer::Success => Ok(Accepted { serial: None }),
                OutboxAnswer::Refusal => Err(NotTaken::Never(REFUSED.into())),
                OutboxAnswer::Delay => Err(NotTaken::Later(LATER.into())),
                OutboxAnswer::None => Err(NotTaken::Unclear(SILENT.into())),
            }
        })
    }

    fn receipts(&self, _: &[u8]) -> Option<Vec<Receipt>> {
        None
    }

    fn receipt_answer(&self, _: bool) -> serde_json::Value {
        serde_json::Value::Null
    }
}

impl Mail for Outbox {
    fn send<'a>(
        &'a self,
        db: &'a Db,
        _: &'a str,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), NotSent>> {
        Box::pin(async move {
            match answer(db).await {
                OutboxAnswer::Success => Ok(()),
                OutboxAnswer::Refusal => Err(NotSent::Never(REFUSED.into())),
                OutboxAnswer::Delay => Err(NotSent::Later(LATER.into())),
                OutboxAnswer::None => Err(NotSent::Unclear(SILENT.into())),
            }
        })
    }
}

/// The providers in use; what is not there is not offered (ACC-76).
#[derive(Clone, Default)]
pub struct Gateways {
    /// SMS.
    pub sms: Option<Arc<dyn Sms>>,
    /// The secret part of the address receipts of SMS are called back at.
    pub sms_receipts: Option<String>,
    /// Mail.
    pub mail: Option<Arc<dyn Mail>>,
    /// The mini-program's WeChat.
    pub mini_program: Option<Arc<dyn MiniProgram>>,
    /// WeChat in the browser.
    pub wechat: Option<Arc<dyn WebSignIn>>,
    /// Enterprise WeChat in the browser.
    pub wecom: Option<Arc<dyn WebSignIn>>,
}

impl Gateways {
    /// Those of demonstrations and tests: outboxes and simulated vendors (GWY-01).
    pub fn simulated() -> Self {
        Self {
            sms: Some(Arc::new(Outbox)),
            sms_receipts: None,
            mail: Some(Arc::new(Outbox)),
            mini_program: Some(Arc::new(SimulatedWechat)),
            wechat: Some(Arc::new(SimulatedWeb("wechat"))),
            wecom: Some(Arc::new(SimulatedWeb("wecom"))),
        }
    }

    /// What is there, for the operator.
    pub fn describe(&self) -> String {
        let sms = self
            .sms
            .as_ref()
            .map_or_else(|| "无".to_owned(), |sms| sms.name().to_owned());
        let has = |there: bool| if there { "有" } else { "无" };
        format!(
            "短信{sms}，小程序{}，公众号{}，企业微信{}",
            has(self.mini_program.is_some()),
            has(self.wechat.is_some()),
            has(self.wecom.is_some())
        )
    }
}

/// Puts an SMS down to be sent with this transaction: its sentence, for the outbox, and what providers take of it.
pub async fn sms(tx: &mut Tx, to: &Mobile, subject: &str, text: &str, words: &Words) -> Result<()> {
    let put = Put {
        channel: "sms",
        to: to.reveal(),
        mask: &to.masked(),
        subject,
        text,
        words: Some(words),
    };
    put_down(tx, &put).await
}

/// Puts a mail down to be sent with this transaction.
pub async fn mail(tx: &mut Tx, to: &str, subject: &str, text: &str) -> Result<()> {
    let (name, host) = to.split_once('@').unwrap_or((to, ""));
    let mask = format!("{}***@{host}", name.chars().take(1).collect::<String>());
    let put = Put {
        channel: "mail",
        to,
        mask: &mask,
        subject,
        text,
        words: None,
    };
    put_down(tx, &put).await
}

async fn put_down(tx: &mut Tx, put: &Put<'_>) -> Result<()> {
    let id = store::insert(tx, put).await?;
    tx.enqueue(NewJob::new("gateway.send", json!({ "outgoing": id })))
        .await?;
    Ok(())
}

/// The job that sends.
pub fn jobs(gateways: &Gateways) -> Vec<Job> {
    let gateways = gateways.clone();
    vec![Job::new("gateway.send", move |run: Run| {
        let gateways = gateways.clone();
        async move { send(&gateways, run).await }
    })]
}

/// How sending ended.
struct Ended {
    state: &'static str,
    fault: Option<String>,
    accepted: Option<Accepted>,
    frequent: bool,
}

impl Ended {
    fn with(state: &'static str, fault: impl Into<String>) -> Self {
        Self {
            state,
            fault: Some(fault.into()),
            accepted: None,
            frequent: false,
        }
    }
}

/// Sends one message, once: it is marked before it is handed over, so that a worker killed in between leaves it marked and
/// whoever comes next does not send it again (GWY-06).
async fn send(gateways: &Gateways, run: Run) -> Result<()> {
    let id: i64 = run.get("outgoing")?;
    let actor = || access::Actor::system("gateway.send");
    let mut tx = run.db.begin(actor()).await?;
    let Some(message) = store::waiting_for_update(&mut tx, id).await? else {
        return Ok(());
    };
    if message.state == "sending" {
        store::settle(&mut tx, id, "unclear", Some("worker lost"), None, None).await?;
        return tx.commit_housekeeping().await;
    }
    store::settle(&mut tx, id, "sending", None, None, None).await?;
    tx.commit_housekeeping().await?;
    let ended = hand_over(gateways, &run.db, &message).await;
    let mut tx = run.db.begin(actor()).await?;
    if ended.frequent {
        let now = tx.now();
        let key = codes::frequent_key(tx.keys(), &message.receiver);
        limits::hit(&mut tx, &key, now, codes::FREQUENT).await?;
    }
    let provider = gateways.sms.as_ref().map(|sms| sms.name());
    let provider = provider.filter(|_| message.channel == "sms");
    let serial = ended.accepted.as_ref().and_then(|a| a.serial.as_deref());
    let fault = ended.fault.as_deref();
    store::settle(&mut tx, id, ended.state, fault, provider, serial).await?;
    tx.commit_housekeeping().await?;
    match (ended.state, ended.fault) {
        // The job comes back later.
        ("waiting", Some(why)) => Err(Error::Internal(anyhow::anyhow!("gateway: {why}"))),
        _ => Ok(()),
    }
}

async fn hand_over(gateways: &Gateways, db: &Db, message: &Outgoing) -> Ended {
    let sent = Ended {
        state: "sent",
        fault: None,
        accepted: None,
        frequent: false,
    };
    if message.channel != "sms" {
        let Some(mail) = &gateways.mail else {
            return Ended::with("failed", "no provider");
        };
        let (to, subject) = (&message.receiver, &message.subject);
        return match mail.send(db, to, subject, &message.body).await {
            Ok(()) => sent,
            Err(NotSent::Later(why)) => Ended::with("waiting", why),
            Err(NotSent::Never(why)) => Ended::with("failed", why),
            Err(NotSent::Unclear(why)) => Ended::with("unclear", why),
        };
    }
    let (Some(sms), Some(words)) = (&gateways.sms, &message.words) else {
        return Ended::with("failed", "no provider");
    };
    if words
        .life()
        .is_some_and(|life| message.created_at + life <= db.clock.now())
    {
        return Ended::with("failed", "too late");
    }
    let letter = Message {
        id: message.id,
        to: message.receiver.clone(),
        words: words.clone(),
    };
    match sms.send(db, &letter).await {
        Ok(accepted) => Ended {
            accepted: Some(accepted),
            ..sent
        },
        Err(NotTaken::Later(why)) => Ended::with("waiting", why),
        Err(NotTaken::Never(why)) => Ended::with("failed", why),
        Err(NotTaken::Unclear(why)) => Ended::with("unclear", why),
        Err(NotTaken::Frequent(why)) => Ended {
            frequent: true,
            ..Ended::with("failed", format!("发送过于频繁（{why}）"))
        },
    }
}

/// Takes what a provider calls back with; answers whether every message was known. The first word about a message stands:
/// the same again, and what comes late or in another order, changes nothing.
pub async fn take_receipts(tx: &mut Tx, provider: &str, receipts: &[Receipt]) -> Result<bool> {
    let mut known = true;
    for receipt in receipts {
        let what = if receipt.delivered {
            "delivered"
        } else {
            &receipt.code
        };
        known &= store::take_receipt(tx, provider, &receipt.serial, what).await?;
    }
    Ok(known)
}
